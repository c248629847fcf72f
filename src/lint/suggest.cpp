// SPDX-License-Identifier: Apache-2.0
// Optimal string alignment distance over two short words; longer words are cut, nobody misspells 64 letters by one.
#include "lint/suggest.hpp"

#include <algorithm>
#include <array>

namespace egresslint::lint {
namespace {

std::string lower(std::string_view text) {
    std::string out(text.substr(0, 64));
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

std::size_t distance(const std::string& a, const std::string& b) {
    std::array<std::array<std::size_t, 65>, 3> rows{};
    std::size_t before = 0, last = 1, now = 2;
    for (std::size_t j = 0; j <= b.size(); ++j) rows[last][j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        rows[now][0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t same = a[i - 1] == b[j - 1] ? 0 : 1;
            rows[now][j] = std::min({rows[last][j] + 1, rows[now][j - 1] + 1, rows[last][j - 1] + same});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                rows[now][j] = std::min(rows[now][j], rows[before][j - 2] + 1);
        }
        const std::size_t spare = before;
        before = last;
        last = now;
        now = spare;
    }
    return rows[last][b.size()];
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string_view>& words) {
    const std::string wanted = lower(word);
    std::string best;
    std::size_t best_distance = std::max<std::size_t>(1, wanted.size() / 3) + 1;
    for (const std::string_view candidate : words) {
        const std::size_t d = distance(wanted, lower(candidate));
        if (d < best_distance) {
            best_distance = d;
            best = std::string(candidate);
        }
    }
    return best;
}

}  // namespace egresslint::lint
