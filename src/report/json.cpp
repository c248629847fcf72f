// SPDX-License-Identifier: Apache-2.0
// The machine's report, schema 1. Keys keep the order in which they are written here, text is ASCII with \u escapes
// (bytes that are no UTF-8 become U+FFFD), and nothing in it depends on time or memory, so that equal input gives equal
// bytes.

#include "report/json_values.hpp"
#include "report/report.hpp"

namespace egresslint::report {
Json finding_json(const lint::Finding& finding, const base::Sources& sources) {
    Json flows{{"sources", finding.sources}};
    for (const auto& [name, value] : finding.flows) flows[name] = value;
    Json out{{"rule", finding.rule},
             {"name", finding.name},
             {"severity", severity_name(finding.severity)},
             {"certainty", certainty_name(finding.certainty)},
             {"device", finding.device},
             {"message", finding.message},
             {"location", location_json(finding.span, sources)},
             {"flows", std::move(flows)},
             {"witness", finding.witness ? packet_json(*finding.witness) : Json(nullptr)},
             {"outcome", finding.outcome ? outcome_json(*finding.outcome) : Json(nullptr)}};
    out["trace"] = steps_json(finding.trace, sources);
    out["because"] = finding.because;
    Json related = Json::array();
    for (const lint::Related& place : finding.related)
        related.push_back(Json{{"location", location_json(place.span, sources)}, {"label", place.label}});
    out["related"] = std::move(related);
    out["depends_on"] = finding.depends_on;
    out["help"] = finding.help;
    if (finding.fix) {
        Json edits = Json::array();
        for (const lint::Edit& edit : finding.fix->edits)
            edits.push_back(Json{{"location", location_json(edit.span, sources)}, {"replacement", edit.replacement}});
        out["fix"] =
            Json{{"description", finding.fix->description}, {"edits", std::move(edits)}, {"safe", finding.fix->safe}};
    } else {
        out["fix"] = nullptr;
    }
    out["fingerprint"] = finding.fingerprint;
    return out;
}

Json report_json(const lint::Report& report, const Context& context) {
    const base::Sources& sources = context.sources;
    Json out{{"schema", 1}, {"status", report.status}};
    Json devices = Json::array();
    for (const lint::DeviceReport& device : report.devices)
        devices.push_back(Json{{"name", device.name},
                               {"dialect", device.dialect},
                               {"files", device.files},
                               {"rules", device.rules},
                               {"mail_servers", device.mail_servers},
                               {"external", device.external}});
    out["devices"] = std::move(devices);
    Json assumptions = Json::array();
    for (const lint::Assumption& assumption : report.assumptions)
        assumptions.push_back(Json{{"device", assumption.device},
                                   {"what", assumption.what},
                                   {"because", assumption.because},
                                   {"guessed", assumption.guessed},
                                   {"location", location_json(assumption.span, sources)}});
    out["assumptions"] = std::move(assumptions);
    if (!report.egress.empty()) {
        Json egress = Json::array();
        for (const lint::EgressRow& row : report.egress)
            egress.push_back(Json{{"device", row.device},
                                  {"family", row.family},
                                  {"sources", row.sources},
                                  {"ports", row.ports},
                                  {"out", row.out},
                                  {"leaves_as", row.leaves_as},
                                  {"rule", row.rule},
                                  {"location", location_json(row.span, sources)},
                                  {"certainty", certainty_name(row.certainty)}});
        out["egress"] = std::move(egress);
    }
    Json findings = Json::array();
    for (const lint::Finding& finding : report.findings) findings.push_back(finding_json(finding, sources));
    out["findings"] = std::move(findings);
    out["suppressed"] = report.suppressed.size();
    out["in_baseline"] = report.in_baseline;
    if (!context.problems.empty()) {
        Json errors = Json::array();
        for (const Problem& problem : context.problems)
            errors.push_back(Json{{"message", problem.message}, {"location", location_json(problem.span, sources)}});
        out["errors"] = std::move(errors);
    }
    return out;
}

std::string write_json(const lint::Report& report, const Context& context) {
    return dumped(report_json(report, context), 2);
}

std::string write_jsonl(const lint::Report& report, const Context& context) {
    std::string out;
    for (const lint::Finding& finding : report.findings) out += dumped(finding_json(finding, context.sources), -1);
    return out;
}

}  // namespace egresslint::report
