// SPDX-License-Identifier: Apache-2.0
// A change for machines, schema 1: the report's own object (its findings are the new ones) with what only a change has
// under "change".
#include "report/change.hpp"
#include "report/json_values.hpp"

namespace egresslint::report {
namespace {

using lint::DeviceChange;

Json flow_json(const lint::FlowChange& flow, const base::Sources& sources) {
    Json kinds = Json::array();
    for (const lint::FlowKind kind : flow.kinds) kinds.push_back(kind_name(kind));
    Json boxes = Json::array();
    for (const auto& box : flow.flows) {
        Json one = Json::object();
        for (const auto& [field, value] : box) one[field] = value;
        boxes.push_back(std::move(one));
    }
    Json causes = Json::array();
    for (const lint::Cause& cause : flow.causes)
        causes.push_back(Json{{"version", cause.after ? "after" : "before"},
                              {"what", cause.what},
                              {"text", cause.text},
                              {"location", location_json(cause.span, sources)}});
    const auto side = [&](const lint::OutcomeText& outcome, const std::vector<lint::TraceStep>& trace) {
        return Json{{"outcome", flow.witness ? outcome_json(outcome) : Json(nullptr)},
                    {"trace", steps_json(trace, sources)}};
    };
    return Json{{"kinds", std::move(kinds)},
                {"certainty", certainty_name(flow.certainty)},
                {"family", flow.family},
                {"flows", std::move(boxes)},
                {"complete", flow.complete},
                {"sources", flow.sources},
                {"destinations", flow.destinations},
                {"witness", flow.witness ? packet_json(*flow.witness) : Json(nullptr)},
                {"before", side(flow.before, flow.trace_before)},
                {"after", side(flow.after, flow.trace_after)},
                {"causes", std::move(causes)},
                {"depends_on", flow.depends_on}};
}

Json device_json(const DeviceChange& device, const base::Sources& sources) {
    constexpr const char* states[] = {"compared", "added", "removed"};
    Json flows = Json::array();
    for (const lint::FlowChange& flow : device.flows) flows.push_back(flow_json(flow, sources));
    const bool compared = device.is == DeviceChange::Is::compared;
    return Json{{"name", device.name},
                {"status", states[static_cast<std::size_t>(device.is)]},
                {"files_before", device.files_before},
                {"files_after", device.files_after},
                {"dialect_before", device.dialect_before},
                {"dialect_after", device.dialect_after},
                {"same_text", device.same_text},
                {"equal", compared && device.undecided.empty() ? Json(device.flows.empty()) : Json(nullptr)},
                {"undecided", device.undecided},
                {"notes", device.notes},
                {"flows", std::move(flows)}};
}

Json remarks_json(const lint::RemarkChanges& changes, const base::Sources& sources) {
    const auto list = [&](const std::vector<lint::Remark>& remarks) {
        Json out = Json::array();
        for (const lint::Remark& remark : remarks)
            out.push_back(Json{{"text", remark.text}, {"location", location_json(remark.span, sources)}});
        return out;
    };
    return Json{{"added", list(changes.added)}, {"removed", list(changes.removed)}};
}

}  // namespace

std::string change_json(const lint::ChangeReport& change, const Context& context) {
    const base::Sources& sources = context.sources;
    Json out = report_json(change.report, context);
    if (!context.problems.empty()) return dumped(out, 2);
    Json devices = Json::array();
    for (const DeviceChange& device : change.devices) devices.push_back(device_json(device, sources));
    Json gone = Json::array();
    for (const lint::Finding& finding : change.gone) gone.push_back(finding_json(finding, sources));
    Json hidden = Json::array();
    for (const lint::SuppressedFinding& one : change.hidden)
        hidden.push_back(Json{{"finding", finding_json(one.finding, sources)},
                              {"reason", one.reason},
                              {"by", location_json(one.by, sources)}});
    out["change"] = Json{{"before", change.before},
                         {"after", change.after},
                         {"verdict", verdict_of(change)},
                         {"nothing_changes", change.nothing_changes()},
                         {"devices", std::move(devices)},
                         {"untouched", change.same},
                         {"gone", std::move(gone)},
                         {"suppressed_now", std::move(hidden)},
                         {"unchanged", change.unchanged},
                         {"suppressions", remarks_json(change.suppressions, sources)},
                         {"assumptions", remarks_json(change.assumptions, sources)},
                         {"intent", remarks_json(change.intent, sources)}};
    return dumped(out, 2);
}

}  // namespace egresslint::report
