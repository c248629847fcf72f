// SPDX-License-Identifier: Apache-2.0
#include "report/json_values.hpp"

namespace egresslint::report {
namespace {

/// A number where it is one, "LOW-HIGH" for an open choice.
void port(Json& out, const char* key, const std::string& text) {
    if (text.empty()) return;
    if (text.size() <= 5 && text.find_first_not_of("0123456789") == std::string::npos)
        out[key] = std::stoul(text);
    else
        out[key] = text;
}

}  // namespace

Json location_json(const base::Span& span, const base::Sources& sources) {
    if (!span.valid()) return nullptr;
    const base::Position at = sources.begin(span);
    const base::Position end = sources.end(span);
    return Json{{"file", sources.file(span.file).path},
                {"line", at.line},
                {"column", at.column},
                {"end_line", end.line},
                {"end_column", end.column}};
}

Json packet_json(const lint::PacketText& packet) {
    Json out{{"in", packet.in}, {"src", packet.src}, {"dst", packet.dst}, {"proto", packet.proto}};
    if (packet.sport) out["sport"] = *packet.sport;
    if (packet.dport) out["dport"] = *packet.dport;
    if (packet.icmp_type) out["icmp_type"] = *packet.icmp_type;
    if (packet.icmp_code) out["icmp_code"] = *packet.icmp_code;
    return out;
}

Json outcome_json(const lint::OutcomeText& outcome) {
    Json out{{"verdict", outcome.verdict}};
    out["out"] = outcome.out.empty() ? Json(nullptr) : Json(outcome.out);
    out["src"] = outcome.src;
    out["dst"] = outcome.dst;
    port(out, "sport", outcome.sport);
    port(out, "dport", outcome.dport);
    out["logged"] = outcome.logged;
    return out;
}

std::string_view certainty_name(lint::Certainty certainty) {
    return certainty == lint::Certainty::proven ? "proven" : "possible";
}

std::string dumped(const Json& json, int indent) {
    return json.dump(indent, ' ', true, Json::error_handler_t::replace) + "\n";
}

Json steps_json(const std::vector<lint::TraceStep>& steps, const base::Sources& sources) {
    Json out = Json::array();
    for (const lint::TraceStep& step : steps)
        out.push_back(Json{{"location", location_json(step.span, sources)},
                           {"stage", step.stage},
                           {"text", step.text},
                           {"effect", step.effect},
                           {"uncertain", step.uncertain}});
    return out;
}

}  // namespace egresslint::report
