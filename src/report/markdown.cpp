// SPDX-License-Identifier: Apache-2.0
// The report for a comment on a change, a ticket or a job summary: a table of what was found, then each finding as the
// text format shows it. What comes from a configuration stands in code spans, in fenced blocks, or has its marks
// escaped.
#include <fmt/format.h>

#include <algorithm>

#include "report/details.hpp"
#include "report/escape.hpp"
#include "report/excerpt.hpp"
#include "report/place.hpp"
#include "report/report.hpp"
#include "report/words.hpp"

namespace egresslint::report {
namespace {

constexpr std::size_t widest_sources = 12;
constexpr std::size_t longest_cell = 400;

std::string level_of(const lint::Finding& finding) {
    return (finding.certainty == lint::Certainty::possible ? "possible " : "") +
           std::string(severity_name(finding.severity));
}

std::string text_of(std::string_view untrusted, std::size_t longest = 4'000) {
    return markdown_text(shortened_to(escaped(untrusted), longest));
}

std::string lines_of(const std::vector<std::string>& lines) {
    std::string out;
    for (const std::string& line : lines) out += line + "\n";
    return out;
}

std::string place_code(const Place& place, bool in_table) {
    const std::string path = shortened_to(escaped(place.path), longest_cell);
    return markdown_code(place.exact ? fmt::format("{}:{}:{}", path, place.line, place.column) : path, in_table);
}

std::string row_of(const lint::Finding& finding, const Place& place) {
    return fmt::format("| {} | {} {} | {} | {} |\n", level_of(finding), text_of(finding.rule), text_of(finding.name),
                       place_code(place, true), text_of(finding.message, longest_cell));
}

std::string details_of(const lint::Finding& finding, const Place& place, const Context& context) {
    const base::Sources& sources = context.sources;
    std::string out =
        fmt::format("\n### {} {}: {}\n\n", level_of(finding), text_of(finding.rule), text_of(finding.message));
    std::size_t gutter = gutter_width(sources, finding.span);
    for (const lint::Related& related : finding.related) gutter = std::max(gutter, gutter_width(sources, related.span));
    const Style plain(false);
    std::string excerpts = excerpt_text({finding.span, finding.label, true, finding.severity}, sources, plain, gutter);
    for (const lint::Related& related : finding.related)
        excerpts += excerpt_text({related.span, related.label, false, finding.severity}, sources, plain, gutter);
    if (excerpts.empty())
        out += fmt::format("In {}, device {}.\n", place_code(place, false), markdown_code(escaped(finding.device)));
    else
        out += markdown_block(excerpts, "text");
    out += "\n";

    const auto item = [&](std::string_view name, const std::string& value) {
        if (!value.empty()) out += fmt::format("- {}: {}\n", name, value);
    };
    for (const lint::Related& related : finding.related)
        if (!related.span.valid()) item("note", text_of(related.label));
    item("sources", markdown_code(joined(finding.sources, ", ", widest_sources)));
    for (const auto& [name, value] : finding.flows) {
        std::string spoken = name;
        std::replace(spoken.begin(), spoken.end(), '_', ' ');
        item(text_of(spoken), markdown_code(escaped(value)));
    }
    if (finding.witness) item("witness", markdown_code(packet_text(*finding.witness)));
    if (finding.outcome) item("outcome", markdown_code(outcome_text(*finding.outcome)));
    const bool possible = finding.certainty == lint::Certainty::possible;
    for (const std::string& what : finding.depends_on) item(possible ? "depends on" : "assumes", text_of(what));
    for (const std::string& reason : finding.because) item("because", text_of(reason));
    item("help", text_of(finding.help));
    if (!finding.trace.empty())
        out += "\nThe packet's way:\n\n" + markdown_block(lines_of(trace_lines(finding.trace, sources)), "text");
    if (finding.fix)
        out += fmt::format("\nFix: {}{}\n\n", text_of(finding.fix->description),
                           finding.fix->safe ? "" : " (a person should look at it)") +
               markdown_block(lines_of(edit_lines(*finding.fix, sources)), "text");
    return out;
}

std::string surroundings(const lint::Report& report) {
    std::string out;
    if (!report.assumptions.empty()) out += "\n### Assumptions\n\n";
    for (const lint::Assumption& assumption : report.assumptions)
        out += fmt::format("- {}{}{}{}\n", assumption.guessed ? "(guessed) " : "assumed: ", text_of(assumption.what),
                           assumption.because.empty() ? "" : ": ", text_of(assumption.because));
    if (!report.egress.empty())
        out += "\n### Who leaves as what\n\n| device | sources | ports | out | leaves as |\n|---|---|---|---|---|\n";
    for (const lint::EgressRow& row : report.egress)
        out += fmt::format("| {} | {} | {} | {} | {}{} |\n", markdown_code(escaped(row.device), true),
                           markdown_code(joined(row.sources, ", ", widest_sources), true),
                           markdown_code(escaped(row.ports), true), markdown_code(escaped(row.out), true),
                           markdown_code(escaped(row.leaves_as), true),
                           row.certainty == lint::Certainty::possible ? " (possible)" : "");
    return out;
}

}  // namespace

FindingMarkdown finding_markdown(const lint::Finding& finding, const lint::Report& report, const Context& context) {
    const Place place = Places(report, context, Columns::bytes).of(finding);
    return {row_of(finding, place), details_of(finding, place, context)};
}

std::string markdown_words(std::string_view untrusted) { return text_of(untrusted, longest_cell); }

std::string markdown_within(std::size_t bytes, const lint::Report& report, const Context& context) {
    if (!context.problems.empty()) {
        std::string out = "## egresslint: no verdict\n\n";
        for (const Problem& problem : context.problems) {
            const std::string where = context.sources.where(problem.span);
            out += fmt::format("- error: {}{}{}\n", where.empty() ? "" : markdown_code(escaped(where)),
                               where.empty() ? "" : ": ", text_of(problem.message));
        }
        return out;
    }
    const Places places(report, context, Columns::bytes);
    const std::vector<const lint::Finding*> findings = most_severe_first(report.findings);
    std::string around = context.assumptions ? surroundings(report) : "";
    if (around.size() > bytes / 2) around.clear();
    std::string rows = findings.empty() ? "" : "\n| level | rule | place | finding |\n|---|---|---|---|\n";
    std::string details;
    std::size_t shown = 0;
    // What says how much was left out needs room as well.
    constexpr std::size_t reserve = 300;
    for (const lint::Finding* finding : findings) {
        const Place place = places.of(*finding);
        const std::string row = row_of(*finding, place);
        const std::string detail = details_of(*finding, place, context);
        if (around.size() + rows.size() + details.size() + row.size() + detail.size() + reserve > bytes) break;
        rows += row;
        details += detail;
        ++shown;
    }
    std::string out = fmt::format("## egresslint: {}\n", count_text(report)) + rows;
    if (shown < findings.size())
        out += fmt::format("\n{} more findings are not shown here, for lack of room.\n", findings.size() - shown);
    return out + around + details;
}

std::string write_markdown(const lint::Report& report, const Context& context) {
    return markdown_within(static_cast<std::size_t>(-1), report, context);
}

}  // namespace egresslint::report
