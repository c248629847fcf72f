// SPDX-License-Identifier: Apache-2.0
#include "report/flow.hpp"

#include <fmt/format.h>

#include "report/escape.hpp"
#include "report/json_values.hpp"
#include "report/report.hpp"
#include "report/words.hpp"

namespace egresslint::report {
namespace {

std::string indented(const std::vector<std::string>& lines, std::string_view indent) {
    std::string out;
    for (const std::string& line : lines) out += fmt::format("{}{}\n", indent, line);
    return out;
}

}  // namespace

std::string traced_jsonl(const TracedPacket& traced, const base::Sources& sources) {
    Json out = outcome_json(traced.outcome);
    out["rules"] = steps_json(traced.steps, sources);
    if (!traced.depends_on.empty()) out["depends_on"] = traced.depends_on;
    for (const lint::Alternative& alternative : traced.alternatives) {
        Json one = outcome_json(alternative.outcome);
        one["rules"] = steps_json(alternative.steps, sources);
        one["when"] = alternative.when;
        out["alternatives"].push_back(std::move(one));
    }
    return dumped(out, -1);
}

std::string traced_text(const TracedPacket& traced, const base::Sources& sources, const Style& style) {
    std::string out =
        fmt::format("{}: {}\n", escaped_path(sources.where(traced.span)), style.bold(packet_text(traced.packet)));
    out += fmt::format("  {}\n", outcome_text(traced.outcome));
    out += indented(trace_lines(traced.steps, sources), "    ");
    for (const std::string& what : traced.depends_on) out += fmt::format("    depends on {}\n", escaped(what));
    for (const lint::Alternative& alternative : traced.alternatives) {
        out += fmt::format("  either {}\n", outcome_text(alternative.outcome));
        for (const std::string& what : alternative.when) out += fmt::format("    if {}\n", escaped(what));
        // What all have in common stands above.
        auto own = alternative.steps;
        own.erase(own.begin(), own.begin() + static_cast<std::ptrdiff_t>(std::min(own.size(), traced.steps.size())));
        out += indented(trace_lines(own, sources), "    ");
    }
    return out + "\n";
}

std::string answers_json(const std::string& query, const std::vector<lint::QueryAnswer>& answers,
                         const base::Sources& sources, std::string_view status) {
    Json list = Json::array();
    for (const lint::QueryAnswer& answer : answers) {
        Json flows = Json::array();
        for (const auto& box : answer.flows) {
            Json fields = Json::object();
            for (const auto& [field, values] : box) fields[field] = values;
            flows.push_back(std::move(fields));
        }
        Json one{{"device", answer.device}, {"family", answer.family}};
        one["subject"] = answer.subject;
        one["empty"] = answer.empty;
        one["certainty"] = certainty_name(answer.certainty);
        one["complete"] = answer.complete;
        one["flows"] = std::move(flows);
        one["sources"] = answer.sources;
        one["destinations"] = answer.destinations;
        one["ports"] = answer.ports;
        one["witness"] = answer.witness ? packet_json(*answer.witness) : Json(nullptr);
        one["outcome"] = answer.outcome ? outcome_json(*answer.outcome) : Json(nullptr);
        one["trace"] = steps_json(answer.trace, sources);
        one["depends_on"] = answer.depends_on;
        list.push_back(std::move(one));
    }
    Json out{{"schema", 1}, {"status", status}};
    out["query"] = query;
    out["answers"] = std::move(list);
    return dumped(out, 2);
}

std::string answers_text(const std::vector<lint::QueryAnswer>& answers, const base::Sources& sources,
                         const Style& style) {
    std::string out;
    for (const lint::QueryAnswer& answer : answers) {
        std::string head = fmt::format("{}, {}", escaped(answer.device), answer.family);
        if (!answer.subject.empty()) head += ", " + escaped(answer.subject);
        out += style.bold(head) + ": ";
        if (answer.empty) {
            out += "no packets\n";
            continue;
        }
        out += answer.certainty == lint::Certainty::proven ? "packets exist, proven\n" : "packets may exist\n";
        std::vector<std::vector<std::string>> rows;
        for (const auto& box : answer.flows) {
            std::vector<std::string> row;
            for (const auto& [field, values] : box) row.push_back(fmt::format("{} {}", field, escaped(values)));
            rows.push_back(std::move(row));
        }
        out += indented(aligned(rows), "  ");
        if (!answer.complete) out += "  and more\n";
        if (answer.witness) out += fmt::format("  witness: {}\n", packet_text(*answer.witness));
        if (answer.outcome) out += fmt::format("  outcome: {}\n", outcome_text(*answer.outcome));
        out += indented(trace_lines(answer.trace, sources), "    ");
        for (const std::string& what : answer.depends_on) out += fmt::format("  depends on {}\n", escaped(what));
    }
    return out;
}

namespace {
/// "always"; who asks it else.
std::string_view runs_name(lint::RuleRuns runs) {
    if (runs == lint::RuleRuns::audit) return "audit";
    return runs == lint::RuleRuns::selected ? "selected" : "always";
}
}  // namespace

std::string rules_json(const std::vector<lint::RuleFile>& rules, bool pages) {
    Json list = Json::array();
    for (const lint::RuleFile& rule : rules) {
        Json one{{"code", rule.code}, {"name", rule.name}};
        one["severity"] = severity_name(rule.severity);
        one["runs"] = runs_name(rule.runs);
        one["summary"] = rule.summary;
        if (pages) {
            one["query"] = rule.query;
            one["help"] = rule.help;
            one["page"] = rule.page;
        }
        list.push_back(std::move(one));
    }
    Json out{{"schema", 1}, {"status", "ok"}};
    out["rules"] = std::move(list);
    return dumped(out, 2);
}

std::string rules_text(const std::vector<lint::RuleFile>& rules, const Style& style) {
    std::vector<std::vector<std::string>> rows;
    for (const lint::RuleFile& rule : rules)
        rows.push_back({rule.code, rule.name,
                        rule.runs == lint::RuleRuns::always
                            ? std::string(severity_name(rule.severity))
                            : fmt::format("{} ({})", severity_name(rule.severity), runs_name(rule.runs)),
                        escaped(rule.summary)});
    std::string out;
    for (const std::string& line : aligned(rows)) {
        const std::size_t code = line.find(' ');
        out += style.bold(line.substr(0, code)) + line.substr(code) + "\n";
    }
    return out;
}

}  // namespace egresslint::report
