// SPDX-License-Identifier: Apache-2.0
#include "report/trace_summary.hpp"

#include <fmt/format.h>

#include "report/escape.hpp"
#include "report/json_values.hpp"
#include "report/words.hpp"

namespace egresslint::report {

std::string trace_summary_jsonl(const TraceSummary& summary, const base::Sources& sources) {
    Json out = Json::object();
    out["packets"] = summary.packets;
    out["verdicts"] = Json{{"accept", summary.accepted},
                           {"drop", summary.dropped},
                           {"reject", summary.rejected},
                           {"unknown", summary.unknown}};
    out["out"] = Json::array();
    for (const TraceSummary::Out& o : summary.out)
        out["out"].push_back(Json{{"interface", o.interface}, {"packets", o.packets}});
    out["rules"] = Json::array();
    for (const TraceSummary::Rule& rule : summary.rules)
        out["rules"].push_back(Json{{"location", location_json(rule.step.span, sources)},
                                    {"stage", rule.step.stage},
                                    {"text", rule.step.text},
                                    {"effect", rule.step.effect},
                                    {"packets", rule.packets}});
    return dumped(out, -1);
}

std::string trace_summary_text(const TraceSummary& summary, const base::Sources& sources, const Style& style) {
    std::string out = style.bold(fmt::format("{} packet{}", summary.packets, summary.packets == 1 ? "" : "s")) +
                      fmt::format(": {} accepted, {} dropped, {} rejected, {} unknown\n", summary.accepted,
                                  summary.dropped, summary.rejected, summary.unknown);
    std::vector<std::vector<std::string>> rows;
    for (const TraceSummary::Out& o : summary.out)
        rows.push_back(
            {"out " + (o.interface.empty() ? "(not settled)" : escaped(o.interface)), fmt::format("{}", o.packets)});
    for (const std::string& line : aligned(rows)) out += "  " + line + "\n";
    rows.clear();
    for (const TraceSummary::Rule& rule : summary.rules)
        rows.push_back({fmt::format("{}", rule.packets), escaped_path(sources.where(rule.step.span)),
                        shortened(rule.step.text, widest_rule)});
    if (!rows.empty()) out += "rules and the packets that matched them:\n";
    for (const std::string& line : aligned(rows)) out += "  " + line + "\n";
    return out;
}

}  // namespace egresslint::report
