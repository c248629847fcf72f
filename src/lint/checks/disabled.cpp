// SPDX-License-Identifier: Apache-2.0
// EL214: a disabled rule that, enabled, would change who may send mail to the internet, or as which address. Each is
// enabled alone in a copy of the device and the same questions are asked of both.
#include <fmt/format.h>

#include <algorithm>

#include "lint/checks/checks.hpp"
#include "lint/query.hpp"
#include "lint/query_eval.hpp"

namespace egresslint::lint::checks {

using namespace model;

namespace {

/// Each costs a run of the pipeline.
constexpr std::size_t most_rules = 64;

/// What is compared: who may send, and what the mail servers leave as.
constexpr std::string_view questions[] = {
    "tcp dport in smtp.ports and accepted and to internet",
    "for each mail server m: from m and tcp dport in smtp.ports and accepted and to internet",
};

/// The sources that the packets of an answer leave with.
IntervalSet sources_after(query::Evaluation& e, const query::Answer& answer) {
    IntervalSet out;
    for (const query::Part& part : answer.parts) {
        const flow::Rewritten& src = part.row->src;
        switch (src.form) {
            case flow::Rewritten::Form::fixed: out = out.unite(IntervalSet::single(src.value)); break;
            case flow::Rewritten::Form::chosen:
                out =
                    out.unite(e.analysis().device().choices[src.choice.index()].candidates.of(Field::src, e.family()));
                break;
            case flow::Rewritten::Form::unchanged:
                out = out.unite(e.analysis().project(part.headers, Field::src));
                break;
            case flow::Rewritten::Form::shifted:
                out = out.unite(e.analysis().values_after(*part.row, Field::src));
                break;
        }
    }
    return out;
}

/// The answers as interval sets, which unlike diagrams can be compared between two analyses; nullopt: too large.
std::optional<std::vector<IntervalSet>> answers(const Prepared& p, const Intent& intent, flow::Budget budget) {
    std::vector<IntervalSet> out;
    for (const Family family : {Family::v4, Family::v6}) {
        if (family == Family::v6 ? !p.device.filters_v6 : !p.device.filters_v4 && p.device.filters_v6) continue;
        query::Evaluation e(p, intent, family, budget);
        for (const std::string_view text : questions) {
            const auto q = query::parse(text);
            std::vector<const ServerView*> servers;
            if (q->each_server)
                for (const ServerView& s : p.network.mail_servers) servers.push_back(&s);
            else
                servers.push_back(nullptr);
            for (const ServerView* server : servers) {
                const auto answer = e.run(q->root, server, false);
                if (!answer) return std::nullopt;
                for (const Field field : {Field::src, Field::dst, Field::in_if, Field::dport})
                    out.push_back(e.analysis().project(answer->headers, field));
                if (server != nullptr) out.push_back(sources_after(e, *answer));
            }
        }
    }
    return out;
}

}  // namespace

void disabled_rules(Context& c) {
    std::vector<RuleId> list;
    for (std::size_t r = 0; r < c.device.rules.size(); ++r)
        if (!c.device.rules[r].active && list.size() < most_rules) list.push_back(RuleId(r));
    if (list.empty()) return;
    const auto before = answers(c.prepared, c.intent, c.options.budget);
    if (!before) return;
    for (const RuleId r : list) {
        Prepared enabled = c.prepared;
        enabled.device.rules[r.index()].active = true;
        const auto after = answers(enabled, c.intent, c.options.budget);
        if (!after || *after == *before) continue;
        Finding f = c.finding("EL214", rule_span(c.device, r));
        f.message = "this rule is disabled; enabled, it would change who sends mail to the internet, or as whom";
        f.label = "disabled";
        c.report(std::move(f), rule_text(c.device, r));
    }
}

}  // namespace egresslint::lint::checks
