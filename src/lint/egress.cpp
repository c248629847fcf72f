// SPDX-License-Identifier: Apache-2.0
// The egress map: original sources -> public address -> the rule that translates them. One row for each pair of
// translating rule and result; sources are what the filter lets out.
#include <fmt/format.h>

#include <algorithm>

#include "lint/address_space.hpp"
#include "lint/device_check.hpp"
#include "lint/guards.hpp"
#include "model/print.hpp"

namespace egresslint::lint {

using namespace model;
using flow::HeaderSet;

void DeviceCheck::egress_map(std::vector<EgressRow>& rows) {
    std::string text = "from inside and accepted and to internet";
    if (!options_.egress_ports.empty()) {
        text += " and tcp dport in {";
        for (std::size_t i = 0; i < options_.egress_ports.size(); ++i)
            text += fmt::format("{}{}", i == 0 ? "" : ", ", options_.egress_ports[i]);
        text += "}";
    }
    const auto query = query::parse(text);
    if (!query) return;
    for (auto& e : families_) {
        const auto answer = e->run(query->root, nullptr, false);
        if (!answer) {
            too_large(answer.error());
            continue;
        }
        flow::Analysis& a = e->analysis();
        struct Line {
            RuleId rule;
            std::string leaves, out;
            HeaderSet headers;
        };
        std::vector<Line> lines;
        for (const query::Part& part : answer->parts) {
            RuleId by;
            for (const flow::Decision& d : part.row->decisions)
                if (d.rule.valid())
                    for (const Translate& t : translations(p_.device.rules[d.rule.index()]))
                        if (t.field == Field::src && !std::holds_alternative<Keep>(t.to)) by = d.rule;
            const std::string leaves =
                part.row->src.form == flow::Rewritten::Form::unchanged ? "unchanged" : leaves_as(*e, *part.row);
            const std::string out = interface_name(p_.device, part.row->out_if);
            const auto same = std::find_if(lines.begin(), lines.end(), [&](const Line& l) {
                return l.rule == by && l.leaves == leaves && l.out == out;
            });
            if (same != lines.end())
                same->headers = a.join(same->headers, part.headers);
            else
                lines.push_back({by, leaves, out, part.headers});
        }
        for (const Line& line : lines) {
            EgressRow row;
            row.device = p_.device.name;
            row.family = e->family() == Family::v4 ? "IPv4" : "IPv6";
            const auto prefixes = to_prefixes(shown_sources(*e, line.headers, false), e->family());
            for (std::size_t i = 0; i < prefixes.size() && i < 256; ++i)
                row.sources.push_back(prefixes[i].length == base::address_bits(e->family())
                                          ? base::to_string(prefixes[i].base)
                                          : base::to_string(prefixes[i]));
            if (prefixes.size() > 256) row.sources.push_back(fmt::format("and {} more", prefixes.size() - 256));
            const IntervalSet ports = a.project(line.headers, Field::dport);
            row.ports = ports.size() > 60000 ? "any" : base::numbers_to_string(ports);
            row.out = line.out;
            row.leaves_as = line.leaves;
            row.rule = rule_text(p_.device, line.rule);
            row.span = rule_span(p_.device, line.rule);
            row.certainty = e->surely(line.headers).empty() ? Certainty::possible : Certainty::proven;
            rows.push_back(std::move(row));
        }
    }
}

}  // namespace egresslint::lint
