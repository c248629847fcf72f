// SPDX-License-Identifier: Apache-2.0
// Reviewdog's diagnostic format, rdjson: lines and columns from 1, columns in bytes of UTF-8, ends exclusive. A proven
// fix is a suggestion, which reviewdog offers as a change to accept. Source: reviewdog, proto/rdf/reviewdog.proto.
#include "report/escape.hpp"
#include "report/json_values.hpp"
#include "report/place.hpp"
#include "report/report.hpp"
#include "report/sentences.hpp"

namespace egresslint::report {
namespace {

Json position(std::uint32_t line, std::uint32_t column) { return Json{{"line", line}, {"column", column}}; }

Json rdf_location(const Place& place) {
    Json out{{"path", place.path}};
    if (place.exact)
        out["range"] =
            Json{{"start", position(place.line, place.column)}, {"end", position(place.end_line, place.end_column)}};
    else
        out["range"] = Json{{"start", Json{{"line", place.line}}}};
    return out;
}

std::string_view severity_of(base::Severity severity) {
    return severity == base::Severity::error ? "ERROR" : severity == base::Severity::warning ? "WARNING" : "INFO";
}

std::string message_of(const lint::Finding& finding) {
    std::string out = sentence(escaped(finding.message));
    for (const std::string& more : explanation(finding)) out += "\n" + more;
    return out;
}

/// Suggestions of the file that the finding stands in: a suggestion has no path of its own.
Json suggestions(const lint::Finding& finding, const base::Sources& sources) {
    Json out = Json::array();
    if (!finding.fix) return out;
    for (const lint::Edit& edit : finding.fix->edits) {
        if (edit.span.file != finding.span.file) return Json::array();
        const base::Position begin = sources.begin(edit.span);
        const base::Position end = sources.end(edit.span);
        out.push_back(Json{
            {"range", Json{{"start", position(begin.line, begin.column)}, {"end", position(end.line, end.column)}}},
            {"text", edit.replacement}});
    }
    return out;
}

}  // namespace

std::string write_rdjson(const lint::Report& report, const Context& context) {
    const Places places(report, context, Columns::bytes);
    Json diagnostics = Json::array();
    for (const lint::Finding& finding : report.findings) {
        Json one{{"message", message_of(finding)},
                 {"location", rdf_location(places.of(finding))},
                 {"severity", severity_of(finding.severity)},
                 {"code", Json{{"value", finding.rule}}}};
        if (Json offered = suggestions(finding, context.sources); !offered.empty())
            one["suggestions"] = std::move(offered);
        Json related = Json::array();
        for (const lint::Related& other : finding.related)
            if (other.span.valid())
                related.push_back(
                    Json{{"message", escaped(other.label)}, {"location", rdf_location(places.of(other.span))}});
        if (!related.empty()) one["related_locations"] = std::move(related);
        diagnostics.push_back(std::move(one));
    }
    for (const Problem& problem : context.problems)
        diagnostics.push_back(Json{{"message", "egresslint gives no verdict: " + escaped(problem.message)},
                                   {"location", rdf_location(places.of(problem))},
                                   {"severity", "ERROR"},
                                   {"code", Json{{"value", report.status}}}});
    return dumped(Json{{"source", Json{{"name", "egresslint"}}}, {"diagnostics", std::move(diagnostics)}}, 2);
}

}  // namespace egresslint::report
