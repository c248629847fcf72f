// SPDX-License-Identifier: Apache-2.0
// EL207, EL208: what lets everything through that nobody thought of: a rule without a condition that accepts, and a
// default that accepts where the rules leave packets over.
#include <fmt/format.h>

#include <algorithm>

#include "lint/checks/checks.hpp"

namespace egresslint::lint::checks {

using namespace model;

namespace {

bool restricts(const Device& d, ChainId chain) {
    return std::any_of(d.chains[chain.index()].rules.begin(), d.chains[chain.index()].rules.end(), [&](RuleId r) {
        const auto* decide = std::get_if<Decide>(&d.rules[r.index()].control);
        return decide != nullptr && decide->verdict != Verdict::accept;
    });
}

std::string family_words(bool v4, bool v6) { return v4 && v6 ? "" : v4 ? " (IPv4)" : " (IPv6)"; }

base::Span stage_span(const Device& d, const Stage& stage) {
    const OriginId o = stage.origin.valid() ? stage.origin : d.chains[stage.entry.index()].origin;
    return o.valid() ? d.origins[o.index()].span : base::Span{};
}

void catch_alls(Context& c) {
    const Device& d = c.device;
    for (const Stage& stage : d.pipeline) {
        if (stage.label != Label::filter) continue;
        const Path path = path_of(d, stage);
        if (path != Path::forwarded && path != Path::to_device) continue;
        for (const RuleId r : d.chains[stage.entry.index()].rules) {
            const Rule& rule = d.rules[r.index()];
            const auto* decide = std::get_if<Decide>(&rule.control);
            if (decide == nullptr || decide->verdict != Verdict::accept || !rule.active || !c.is_written(r)) continue;
            const auto standing = c.shadow().of(r).standing;
            if (flow::is_dead(standing) || !c.shadow().matches_everything(r)) continue;
            Finding f = c.finding("EL207", rule_span(d, r));
            if (path == Path::to_device) f.severity = base::Severity::note;
            f.message = fmt::format("this rule accepts every packet {} that the rules before it leave",
                                    path == Path::forwarded ? "to be forwarded" : "to the device itself");
            f.label = "no condition";
            c.show_packet(f, r);
            c.report(std::move(f), rule_text(d, r));
        }
    }
}

void defaults(Context& c) {
    const Device& d = c.device;
    const bool translates = std::any_of(d.pipeline.begin(), d.pipeline.end(), [&](const Stage& s) {
        return (s.label == Label::source_translation || s.label == Label::destination_translation) &&
               !d.chains[s.entry.index()].rules.empty();
    });
    for (const Path path : {Path::forwarded, Path::to_device}) {
        // A packet is let through by default only if every stage on its way does so.
        bool open[2] = {false, false};
        const Stage* shown = nullptr;
        RuleId helper;
        for (const Family family : {Family::v4, Family::v6}) {
            bool some = false, every = true;
            const Stage* best = nullptr;
            RuleId by;
            for (std::size_t s = 0; s < d.pipeline.size(); ++s) {
                const Stage& stage = d.pipeline[s];
                if (stage.label != Label::filter || path_of(d, stage) != path || !sees(d, stage, family)) continue;
                some = true;
                const auto at = std::find_if(c.defaults().begin(), c.defaults().end(), [&](const Default& x) {
                    return x.stage == StageId(s) && x.family == family;
                });
                if (at != c.defaults().end()) by = at->rule;
                every = every && at != c.defaults().end() && !flow::is_dead(c.shadow().of(at->rule).standing);
                if (best == nullptr || (restricts(d, stage.entry) && !restricts(d, best->entry)) ||
                    (d.chains[best->entry.index()].rules.empty() && !d.chains[stage.entry.index()].rules.empty()))
                    best = &stage;
            }
            open[family == Family::v6] = some && every;
            if (some && every && shown == nullptr) shown = best, helper = by;
        }
        if (shown == nullptr) continue;
        const bool has_rules = !d.chains[shown->entry.index()].rules.empty();
        // A host that forwards nothing has this chain as well, empty; and one that filters nothing has decided so.
        if (path == Path::forwarded ? !has_rules && !translates : !has_rules) continue;
        Finding f = c.finding("EL208", stage_span(d, *shown));
        if (path == Path::to_device) f.severity = base::Severity::note;
        f.message = fmt::format("packets {} that no rule decides are accepted{}",
                                path == Path::forwarded ? "to be forwarded" : "to the device itself",
                                family_words(open[0], open[1]));
        f.label = "accepts by default";
        c.show_packet(f, helper);
        c.report(std::move(f), shown->name);
    }
}

}  // namespace

void accepts(Context& c) {
    if (c.selected("EL207")) catch_alls(c);
    if (c.selected("EL208")) defaults(c);
}

}  // namespace egresslint::lint::checks
