// SPDX-License-Identifier: Apache-2.0
// GitLab Code Quality: a JSON array, an object a finding. GitLab compares the fingerprints of two pipelines and shows
// one finding of each, so they are unique here and hang on no line. Source: GitLab's documentation "Code Quality",
// app/validators/json_schemas/codeclimate.json of GitLab, and Code Climate's SPEC.md for `categories` and `content`.
#include <fmt/format.h>

#include <set>

#include "report/escape.hpp"
#include "report/json_values.hpp"
#include "report/place.hpp"
#include "report/report.hpp"
#include "report/sentences.hpp"

namespace egresslint::report {
namespace {

std::string_view severity_of(const lint::Finding& finding) {
    const bool proven = finding.certainty == lint::Certainty::proven;
    switch (finding.severity) {
        case base::Severity::error: return proven ? "critical" : "major";
        case base::Severity::warning: return "minor";
        case base::Severity::note: break;
    }
    return "info";
}

Json lines_json(const Place& place) {
    return Json{{"path", place.path}, {"lines", Json{{"begin", place.line}, {"end", place.end_line}}}};
}

}  // namespace

std::string write_gitlab(const lint::Report& report, const Context& context) {
    const Places places(report, context, Columns::bytes);
    Json out = Json::array();
    std::set<std::string> used;
    for (const lint::Finding& finding : report.findings) {
        std::string fingerprint = finding.fingerprint;
        for (unsigned n = 2; !used.insert(fingerprint).second; ++n)
            fingerprint = fmt::format("{}-{}", finding.fingerprint, n);
        std::string body;
        for (const std::string& more : explanation(finding)) body += markdown_text(more) + "\n\n";
        Json one{{"type", "issue"},
                 {"description", fmt::format("{}: {}{}", escaped(finding.rule),
                                             finding.certainty == lint::Certainty::possible ? "possible: " : "",
                                             escaped(finding.message))},
                 {"check_name", finding.name.empty() ? finding.rule : finding.name},
                 {"fingerprint", fingerprint},
                 {"severity", severity_of(finding)},
                 {"categories", Json::array({finding.rule.starts_with("EL2") ? "Clarity" : "Security"})},
                 {"location", lines_json(places.of(finding))}};
        if (!body.empty()) one["content"] = Json{{"body", body}};
        out.push_back(std::move(one));
    }
    // An empty array would say that everything is well.
    for (const Problem& problem : context.problems)
        out.push_back(Json{{"type", "issue"},
                           {"description", "egresslint gives no verdict: " + escaped(problem.message)},
                           {"check_name", report.status},
                           {"fingerprint", fmt::format("{}-{}", report.status, out.size())},
                           {"severity", "blocker"},
                           {"categories", Json::array({"Bug Risk"})},
                           {"location", lines_json(places.of(problem))}});
    return dumped(out, 2);
}

}  // namespace egresslint::report
