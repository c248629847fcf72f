// SPDX-License-Identifier: Apache-2.0
#include "report/words.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "report/escape.hpp"

namespace egresslint::report {
namespace {

std::string padded(std::string text, std::size_t columns) {
    const std::size_t width = display_width(text);
    if (width < columns) text.append(columns - width, ' ');
    return text;
}

}  // namespace

std::string joined(const std::vector<std::string>& parts, std::string_view separator, std::size_t limit) {
    std::string out;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (i == limit) {
            out += fmt::format(" and {} more", parts.size() - limit);
            break;
        }
        if (i != 0) out += separator;
        out += escaped(parts[i]);
    }
    return out;
}

std::string shortened(std::string_view text, std::size_t columns) {
    const std::string safe = escaped(text);
    if (display_width(safe) <= columns) return safe;
    return std::string(clipped(safe, columns - 3)) + "...";
}

std::vector<std::string> aligned(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()), 0);
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
    }
    std::vector<std::string> lines;
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i)
            line += i + 1 == row.size() ? row[i] : padded(row[i], widths[i]) + "  ";
        line.erase(line.find_last_not_of(' ') + 1);
        lines.push_back(std::move(line));
    }
    return lines;
}

std::string outcome_text(const lint::OutcomeText& outcome) {
    std::string out = escaped(outcome.verdict);
    if (outcome.out == "(self)")
        out += outcome.verdict == "accept" ? ", delivered to the device itself" : ", on its way to the device itself";
    else if (!outcome.out.empty())
        out += (outcome.verdict == "accept" ? ", out " : ", on its way out ") + escaped(outcome.out);
    if (outcome.verdict == "accept" && !outcome.src.empty()) {
        const bool v6 = outcome.src.find(':') != std::string::npos;
        out += outcome.out == "(self)" ? ", source " : ", leaves as ";
        out += v6 && !outcome.sport.empty() ? "[" + escaped(outcome.src) + "]" : escaped(outcome.src);
        if (!outcome.sport.empty()) out += ":" + escaped(outcome.sport);
    }
    if (outcome.logged) out += ", logged";
    return out;
}

std::vector<std::string> trace_lines(const std::vector<lint::TraceStep>& trace, const base::Sources& sources) {
    std::vector<std::vector<std::string>> rows;
    for (const lint::TraceStep& step : trace)
        rows.push_back({escaped(step.stage), escaped(sources.where(step.span)), shortened(step.text, widest_rule),
                        escaped(step.effect) + (step.uncertain ? " (if it matches)" : "")});
    return aligned(rows);
}

std::vector<std::string> edit_lines(const lint::Fix& fix, const base::Sources& sources) {
    std::vector<std::string> out;
    for (const lint::Edit& edit : fix.edits) {
        const std::string where =
            escaped(sources.file(edit.span.file).path) + ":" + std::to_string(sources.begin(edit.span).line);
        const auto each_line = [&](std::string_view text, char sign) {
            while (!text.empty()) {
                const std::size_t cut = std::min(text.find('\n'), text.size());
                std::string_view line = text.substr(0, cut);
                const std::size_t first = std::min(line.find_first_not_of(" \t"), line.size());
                line.remove_prefix(first);
                if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
                out.push_back(fmt::format("{}: {} {}", where, sign, escaped(line)));
                text.remove_prefix(std::min(cut + 1, text.size()));
            }
        };
        each_line(sources.text(edit.span), '-');
        each_line(edit.replacement, '+');
    }
    return out;
}

}  // namespace egresslint::report
