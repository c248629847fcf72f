// SPDX-License-Identifier: Apache-2.0
#include "families/lines.hpp"

#include <algorithm>

namespace egresslint::families {

bool blank(std::string_view text) { return text.find_first_not_of(" \t\r") == std::string_view::npos; }

Lines lines_of(const base::Sources& sources, const base::Span& span) {
    Lines out;
    out.text = sources.text(span.file);
    const std::size_t before = span.begin == 0 ? std::string_view::npos : out.text.rfind('\n', span.begin - 1);
    out.begin = before == std::string_view::npos ? 0 : static_cast<std::uint32_t>(before + 1);
    // A span that takes its line end along is of that line.
    const std::size_t from = span.end > span.begin && out.text[span.end - 1] == '\n' ? span.end - 1 : span.end;
    const std::size_t newline = std::min(out.text.find('\n', from), out.text.size());
    out.end = static_cast<std::uint32_t>(std::min(newline + 1, out.text.size()));
    out.lead = out.text.substr(out.begin, span.begin - out.begin);
    out.rest = out.text.substr(from, newline - from);
    const std::size_t some = newline < out.text.size() ? newline : out.text.find('\n');
    out.line_end = some != std::string_view::npos && some > 0 && out.text[some - 1] == '\r' ? "\r\n" : "\n";
    if (!out.rest.empty() && out.rest.back() == '\r') out.rest.remove_suffix(1);
    return out;
}

std::uint32_t Lines::above_comments(char comment) const {
    std::uint32_t at = begin;
    while (at > 0) {
        const std::size_t previous = at == 1 ? std::string_view::npos : text.rfind('\n', at - 2);
        const std::uint32_t start = previous == std::string_view::npos ? 0 : static_cast<std::uint32_t>(previous + 1);
        const std::string_view line = text.substr(start, at - start);
        const std::size_t first = line.find_first_not_of(" \t");
        if (first == std::string_view::npos || line[first] != comment) break;
        at = start;
    }
    return at;
}

}  // namespace egresslint::families
