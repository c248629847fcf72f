// SPDX-License-Identifier: Apache-2.0
#include "report/excerpt.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "report/escape.hpp"

namespace egresslint::report {
namespace {

constexpr std::size_t widest_line = 140;  ///< a set of thousands of elements may stand on one line
constexpr std::size_t kept_before = 48;   ///< columns before the span in a clipped line

/// Escaped text with tabs as spaces up to the next multiple of four; `column` is where the text begins.
std::string shown(std::string_view raw, std::size_t column) {
    std::string out;
    std::size_t start = 0;
    while (start <= raw.size()) {
        const std::size_t tab = std::min(raw.find('\t', start), raw.size());
        const std::string piece = escaped(raw.substr(start, tab - start));
        out += piece;
        column += display_width(piece);
        if (tab == raw.size()) break;
        const std::size_t fill = 4 - column % 4;
        out.append(fill, ' ');
        column += fill;
        start = tab + 1;
    }
    return out;
}

std::string_view without_line_end(std::string_view line) {
    while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
    return line;
}

/// The last `columns` columns or so of escaped text.
std::string_view tail(std::string_view text, std::size_t columns) {
    const std::size_t width = display_width(text);
    if (width <= columns) return text;
    return text.substr(clipped(text, width - columns).size());
}

}  // namespace

std::size_t gutter_width(const base::Sources& sources, const base::Span& span) {
    return span.valid() ? fmt::formatted_size("{}", sources.begin(span).line) : 1;
}

std::string excerpt_text(const Excerpt& excerpt, const base::Sources& sources, const Style& style, std::size_t gutter) {
    const base::Span& span = excerpt.span;
    if (!span.valid()) return "";
    const base::Position at = sources.begin(span);
    const base::Position end = sources.end(span);
    const std::string_view whole = sources.line(span.file, at.line);
    const std::string_view line = without_line_end(whole);

    const std::size_t from = std::min<std::size_t>(at.column - 1, line.size());
    std::size_t to = end.line == at.line ? std::min<std::size_t>(end.column - 1, line.size()) : line.size();
    to = std::max(to, from);
    const bool goes_on = end.line > at.line;

    std::string before = shown(line.substr(0, from), 0);
    std::string marked = shown(line.substr(from, to - from), display_width(before));
    std::string after = shown(line.substr(to), display_width(before) + display_width(marked));
    if (display_width(before) + display_width(marked) + display_width(after) > widest_line) {
        if (display_width(before) > kept_before) before = "..." + std::string(tail(before, kept_before));
        const std::size_t left = widest_line - display_width(before);
        if (display_width(marked) > left) {
            marked = std::string(clipped(marked, left)) + "...";
            after.clear();
        } else if (display_width(marked) + display_width(after) > left) {
            after = std::string(clipped(after, left - display_width(marked))) + "...";
        }
    }

    const std::string pad(gutter, ' ');
    const std::string bar = style.frame("|");
    const std::string arrow = style.frame(excerpt.primary ? "-->" : ":::");
    const std::string place = fmt::format("{}:{}:{}", escaped(sources.file(span.file).path), at.line, at.column);
    std::string out = fmt::format("{}{} {}\n{} {}\n", pad, arrow, place, pad, bar);
    out +=
        fmt::format("{} {} {}{}{}\n", style.frame(fmt::format("{:>{}}", at.line, gutter)), bar, before, marked, after);
    const std::size_t width = std::max<std::size_t>(display_width(marked), 1);
    std::string underline(width, excerpt.primary ? '^' : '-');
    if (goes_on) underline += "...";
    if (!excerpt.label.empty()) underline += " " + escaped(excerpt.label);
    const std::string colored = excerpt.primary ? style.severity(excerpt.severity, underline) : style.second(underline);
    out += fmt::format("{} {} {}{}\n", pad, bar, std::string(display_width(before), ' '), colored);
    return out;
}

}  // namespace egresslint::report
