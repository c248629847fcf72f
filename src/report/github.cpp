// SPDX-License-Identifier: Apache-2.0
// Workflow commands that become annotations beside the lines of a change:
//
//   ::error file=edge.nft,line=53,endLine=53,col=3,endColumn=51,title=EL102 smtp-egress-open::tcp/25 is open …
//
// Of one step ten annotations of each kind are shown and the rest dropped without a word (github/orgs/community 26680).
// So the most severe findings come first, the tenth says how many more there are, and these follow as plain lines of
// the log. The job summary holds them all; `cli` writes it.
#include <fmt/format.h>

#include <array>

#include "report/escape.hpp"
#include "report/place.hpp"
#include "report/report.hpp"
#include "report/sentences.hpp"

namespace egresslint::report {
namespace {

constexpr std::size_t most_of_a_kind = 10;
constexpr std::size_t longest_title = 255;
constexpr std::size_t longest_message = 4'000;

constexpr std::array<std::string_view, 3> kinds{"notice", "warning", "error"};  ///< by severity
constexpr std::array<std::string_view, 3> names{"note", "warning", "error"};

std::string annotation(std::string_view kind, const Place* place, std::string_view title, std::string_view message) {
    std::string out = fmt::format("::{} ", kind);
    if (place != nullptr) {
        out += fmt::format("file={},line={}", command_property(escaped(place->path)), place->line);
        if (place->exact) {
            out += fmt::format(",endLine={}", place->end_line);
            // Columns of several lines mean nothing to it.
            if (place->end_line == place->line)
                out += fmt::format(",col={},endColumn={}", place->column, place->end_column);
        }
        out += ',';
    }
    out += fmt::format("title={}::{}\n", command_property(shortened_to(title, longest_title)),
                       command_data(shortened_to(message, longest_message)));
    return out;
}

std::string title_of(const lint::Finding& finding) {
    return fmt::format("{}{}{}{}", finding.certainty == lint::Certainty::possible ? "possible " : "",
                       escaped(finding.rule), finding.name.empty() ? "" : " ", escaped(finding.name));
}

std::string message_of(const lint::Finding& finding) {
    std::string out = sentence(escaped(finding.message));
    for (const std::string& more : explanation(finding)) out += "\n" + more;
    return out;
}

}  // namespace

std::string write_github(const lint::Report& report, const Context& context) {
    const Places places(report, context, Columns::utf16);
    std::string out;
    for (const Problem& problem : context.problems) {
        const Place place = places.of(problem);
        out += annotation("error", problem.span.valid() ? &place : nullptr, "egresslint gives no verdict",
                          escaped(problem.message));
    }
    std::array<std::size_t, 3> all{};
    for (const lint::Finding& finding : report.findings) ++all[static_cast<std::size_t>(finding.severity)];
    std::array<std::size_t, 3> shown{};
    std::string rest;
    for (const lint::Finding* finding : most_severe_first(report.findings)) {
        const auto kind = static_cast<std::size_t>(finding->severity);
        const Place place = places.of(*finding);
        const std::size_t room = all[kind] > most_of_a_kind ? most_of_a_kind - 1 : most_of_a_kind;
        if (shown[kind] < room) {
            ++shown[kind];
            out += annotation(kinds[kind], &place, title_of(*finding), message_of(*finding));
            continue;
        }
        if (shown[kind] == room) {
            ++shown[kind];
            const std::size_t left = all[kind] - room;
            out += annotation(
                kinds[kind], nullptr, fmt::format("{} more {}s", left, names[kind]),
                "This service shows ten annotations of a kind. The rest is in the log of this step and in the "
                "job summary.");
        }
        rest += fmt::format("{}:{}:{}: {} {}{}: {}\n", escaped_path(place.path), place.line, place.column,
                            escaped(finding->rule), finding->certainty == lint::Certainty::possible ? "possible " : "",
                            names[kind], escaped(finding->message));
    }
    return out + rest;
}

}  // namespace egresslint::report
