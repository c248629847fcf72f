// SPDX-License-Identifier: Apache-2.0
#include "base/edit.hpp"

#include <algorithm>

namespace egresslint::base {

std::optional<std::string> apply_edits(std::string_view text, FileId file, std::vector<TextEdit> edits) {
    std::erase_if(edits, [&](const TextEdit& e) { return !(e.span.file == file); });
    std::stable_sort(edits.begin(), edits.end(),
                     [](const TextEdit& a, const TextEdit& b) { return a.span.begin < b.span.begin; });
    std::string out;
    std::size_t at = 0;
    for (const TextEdit& e : edits) {
        if (e.span.begin < at || e.span.end < e.span.begin || e.span.end > text.size()) return std::nullopt;
        out += text.substr(at, e.span.begin - at);
        out += e.replacement;
        at = e.span.end;
    }
    out += text.substr(at);
    return out;
}

}  // namespace egresslint::base
