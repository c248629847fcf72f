// SPDX-License-Identifier: Apache-2.0
// What differs between the answers of two tracers, in a word; "" if nothing does. Private to tests.
#pragma once

#include <string>

#include "flow/compiled_trace.hpp"

namespace egresslint::testing {

inline std::string difference(const flow::Outcome& a, const flow::Outcome& b) {
    if (a.verdict != b.verdict) return "verdict";
    if (a.out_if != b.out_if) return "out_if";
    if (!(a.src == b.src)) return "src";
    if (!(a.dst == b.dst)) return "dst";
    if (!(a.sport == b.sport)) return "sport";
    if (!(a.dport == b.dport)) return "dport";
    if (a.logged != b.logged || a.limited != b.limited || a.inspected != b.inspected)
        return "logged, limited or inspected";
    if (a.taken.predicates != b.taken.predicates) return "predicates taken";
    if (a.taken.choices != b.taken.choices) return "choices taken";
    if (a.registers != b.registers) return "registers";
    if (a.steps.size() != b.steps.size()) return "number of steps";
    for (std::size_t i = 0; i < a.steps.size(); ++i) {
        const flow::Step &x = a.steps[i], &y = b.steps[i];
        if (x.stage != y.stage || x.chain != y.chain || x.rule != y.rule || x.effect != y.effect ||
            x.uncertain != y.uncertain)
            return "step " + std::to_string(i);
    }
    return "";
}

inline std::string difference(const flow::Trace& a, const flow::Trace& b) {
    if (a.truncated != b.truncated) return "truncated";
    if (a.branches.size() != b.branches.size())
        return "branches: " + std::to_string(a.branches.size()) + " and " + std::to_string(b.branches.size());
    for (std::size_t i = 0; i < a.branches.size(); ++i)
        if (auto what = difference(a.branches[i], b.branches[i]); !what.empty())
            return "branch " + std::to_string(i) + ": " + what;
    if (a.answer != b.answer) return "answer";
    if (a.depends_on != b.depends_on) return "depends_on";
    return difference(a.outcome, b.outcome);
}

inline std::string difference(const flow::Trace& full, const flow::BriefTrace& brief) {
    if (full.answer != brief.answer) return "brief answer";
    if (full.truncated != brief.truncated) return "brief truncated";
    if (full.branches.size() != brief.branches) return "brief branches";
    if (full.depends_on != brief.depends_on) return "brief depends_on";
    const flow::Outcome& o = full.outcome;
    if (o.verdict != brief.verdict || o.out_if != brief.out_if || o.logged != brief.logged ||
        o.limited != brief.limited || o.inspected != brief.inspected || !(o.src == brief.src) ||
        !(o.dst == brief.dst) || !(o.sport == brief.sport) || !(o.dport == brief.dport))
        return "brief outcome";
    if (o.steps.size() != brief.steps.size()) return "brief steps";
    for (std::size_t i = 0; i < o.steps.size(); ++i) {
        const flow::Step& s = o.steps[i];
        if (!(flow::BriefStep{s.stage, s.chain, s.rule, s.uncertain} == brief.steps[i]))
            return "brief step " + std::to_string(i);
    }
    return "";
}

}  // namespace egresslint::testing
