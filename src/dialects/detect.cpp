// SPDX-License-Identifier: Apache-2.0
// Which dialect a text is of: each dialect scores the text itself, the highest score wins, and a tie is no answer.
#include <fmt/format.h>

#include "dialects/dialect.hpp"

namespace egresslint::dialects {

Detected detect(std::string_view text) {
    const Dialect* best = nullptr;
    const Dialect* rival = nullptr;
    Evidence evidence;
    for (const Dialect& dialect : all()) {
        Evidence mine = dialect.detect(text);
        if (mine.score <= 0) continue;
        if (best != nullptr && mine.score == evidence.score) {
            rival = &dialect;
        } else if (best == nullptr || mine.score > evidence.score) {
            best = &dialect;
            rival = nullptr;
            evidence = std::move(mine);
        }
    }
    if (rival != nullptr) return {nullptr, fmt::format("it could be {} or {}", best->name, rival->name)};
    if (best != nullptr) return {best, std::move(evidence.because)};
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return {nullptr, "the file is empty"};
    std::string names;
    for (const Dialect& dialect : all()) names += (names.empty() ? "" : ", ") + std::string(dialect.name);
    return {nullptr, fmt::format("no dialect recognises it (known: {})", names)};
}

}  // namespace egresslint::dialects
