// SPDX-License-Identifier: Apache-2.0
#include "lint/repair.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "flow/difference.hpp"
#include "lint/address_space.hpp"
#include "model/combine.hpp"

namespace egresslint::lint {
namespace {

using namespace model;
using base::u128;
using flow::HeaderSet;

/// What makes two findings of two runs one: the same words about the same text.
using Key = std::tuple<std::string, std::string, std::string>;
Key key_of(const Finding& f, const base::Sources& sources) {
    return {f.rule, f.message, f.span.valid() ? std::string(sources.text(f.span)) : std::string{}};
}

bool serious(const Finding& f) {
    return f.severity == base::Severity::error || (f.severity == base::Severity::warning && f.rule.starts_with("EL1"));
}

/// Everything found before the repair may be found after it, but for the finding itself; nothing else may. Places and
/// names of rules do not count for what is new: a rule that the repair wrote may be the one that decides now.
bool mends(const Finding& finding, const std::vector<Finding>& before, const base::Sources& before_sources,
           const std::vector<Finding>& after, const base::Sources& after_sources) {
    std::map<Key, int> whole;
    std::map<std::pair<std::string, std::string>, int> words;
    std::set<std::pair<std::string, std::string>> places;
    const auto place = [](const Finding& f, const base::Sources& sources) {
        return std::pair(f.rule, f.span.valid() ? std::string(sources.text(f.span)) : std::string{});
    };
    for (const Finding& f : before) {
        ++whole[key_of(f, before_sources)];
        ++words[{f.rule, f.message}];
        places.insert(place(f, before_sources));
    }
    const Key gone = key_of(finding, before_sources);
    int left = 0;
    for (const Finding& f : after) {
        if (key_of(f, after_sources) == gone) ++left;
        if (!serious(f) || --words[{f.rule, f.message}] >= 0) continue;
        // Another rule's finding at the same place, about fewer hosts than before, is none that the repair made.
        if (f.rule == finding.rule || !f.span.valid() || !places.contains(place(f, after_sources))) return false;
    }
    return left < whole[gone];
}

class Proof {
public:
    Proof(const Combined& combined, Family family, flow::Budget budget)
        : combined_(combined), analysis_(combined.device, family, budget) {}

    /// Every difference is permitted.
    bool holds(const Permission& permits, const IntervalSet& private_space) {
        const auto found = flow::differences(analysis_, combined_, analysis_.new_flows());
        if (!found) return false;
        return std::all_of(found->begin(), found->end(),
                           [&](const flow::Difference& d) { return permitted(d, permits, private_space); });
    }
    [[nodiscard]] Family family() const { return analysis_.family(); }

private:
    bool permitted(const flow::Difference& d, const Permission& permits, const IntervalSet& private_space) {
        if (d.accepted || d.destination || d.way) return false;
        const bool port = permits.sources && another_port(d);
        if (d.otherwise && !port && !d.only_logged() && d.before.verdict == Verdict::accept) return false;
        const bool blocked_twice = d.otherwise && d.before.verdict != Verdict::accept;
        if (d.blocked && !permits.blocks) return false;
        if (d.source && !permits.sources) return false;
        if (d.otherwise && !port && !(blocked_twice && (permits.logs || permits.blocks))) return false;
        if (d.source && !permits.untranslated) {
            // Never out with an address that the internet cannot answer.
            if (d.after.src.form == flow::Rewritten::Form::unchanged &&
                !analysis_.disjoint(d.headers, analysis_.where(Field::src, private_space)))
                return false;
        }
        HeaderSet may = box(d, permits);
        if (d.blocked) may = analysis_.join(may, answered_by_nobody());
        return analysis_.subset(d.headers, may);
    }

    /// TCP to a multicast or broadcast address: every host discards it (RFC 1122, 4.2.3.10), so that blocking it blocks
    /// nothing.
    HeaderSet answered_by_nobody() {
        std::vector<base::Interval> to;
        if (family() == Family::v4) {
            to.push_back({u128{224} << 24, base::low_mask(32)});
            for (const Interface& i : combined_.device.interfaces)
                for (const InterfaceAddress& a : i.addresses)
                    if (a.address.family == Family::v4 && a.length < 31) {
                        const u128 last = base::make_prefix(a.address, a.length).last();
                        to.push_back({last, last});
                    }
        } else {
            to.push_back({u128{0xff} << 120, base::low_mask(128)});
        }
        return analysis_.meet(analysis_.where(Field::proto, IntervalSet::single(6)),
                              analysis_.where(Field::dst, IntervalSet(std::move(to))));
    }

    /// The translation changes nothing but the source port: part of the source where that may change.
    static bool another_port(const flow::Difference& d) {
        return d.otherwise && d.before.verdict == Verdict::accept && d.after.verdict == Verdict::accept &&
               d.before.logged == d.after.logged && d.before.limited == d.after.limited;
    }

    HeaderSet box(const flow::Difference& d, const Permission& permits) {
        HeaderSet set = analysis_.all();
        const auto inside = [&](Field field, const LiteralSet& values) {
            if (!empty(values)) set = analysis_.meet(set, analysis_.where(field, values.of(field, family())));
        };
        if (!permits.tcp_dports.empty()) {
            std::vector<base::Interval> ports;
            for (const std::uint16_t port : permits.tcp_dports) ports.push_back({port, port});
            set = analysis_.meet(set, analysis_.where(Field::proto, IntervalSet::single(6)));
            // The port that the device lets through or stops is the one after translation.
            set =
                analysis_.meet(set, analysis_.join(analysis_.where(Field::dport, IntervalSet(ports)),
                                                   analysis_.where_after(d.before, Field::dport, IntervalSet(ports))));
        }
        // Who sent what is blocked either way makes no difference.
        if (d.otherwise && !(permits.sources && another_port(d))) return set;
        inside(Field::src, permits.src);
        inside(Field::dst, permits.dst);
        if (!empty(permits.not_src))
            set = analysis_.minus(set, analysis_.where(Field::src, permits.not_src.of(Field::src, family())));
        if (!permits.out.empty() && d.before.verdict == Verdict::accept &&
            std::find(permits.out.begin(), permits.out.end(), d.before.out_if) == permits.out.end())
            return analysis_.none();
        if (!empty(permits.left_as))
            set = analysis_.meet(set,
                                 analysis_.where_after(d.before, Field::src, permits.left_as.of(Field::src, family())));
        return set;
    }

    const Combined& combined_;
    flow::Analysis analysis_;
};

std::size_t not_understood(const Prepared& p) {
    return static_cast<std::size_t>(
        std::count_if(p.diagnostics.begin(), p.diagnostics.end(), [](const base::Diagnostic& d) {
            return d.kind == base::Diagnostic::Kind::not_understood || d.kind == base::Diagnostic::Kind::incomplete;
        }));
}

std::optional<std::vector<base::TextEdit>> written(const Proposal& proposal, const Prepared& prepared,
                                                   std::size_t device, const Workshop& workshop) {
    std::vector<base::TextEdit> edits;
    for (const Amendment& step : proposal.steps) {
        auto some = workshop.write(device, prepared.device, step);
        if (!some) return std::nullopt;
        for (base::TextEdit& edit : *some) {
            // Steps at one place are one insertion, in their order.
            if (!edits.empty() && edit.span.begin == edit.span.end && edits.back().span == edit.span)
                edits.back().replacement += edit.replacement;
            else
                edits.push_back(std::move(edit));
        }
    }
    return edits;
}

}  // namespace

void offer_fixes(std::vector<Finding>& findings, const Prepared& prepared, const Intent& intent,
                 const base::Sources& sources, std::size_t device, const Workshop& workshop, const Recheck& recheck,
                 flow::Budget budget) {
    // A proof on two versions with many unknowns may grow without end; a fix that takes so much is not offered.
    budget.max_nodes = std::min<std::size_t>(budget.max_nodes, 3'000'000);
    budget.max_edges = std::min<std::size_t>(budget.max_edges, 60'000'000);
    budget.max_rows = std::min<std::size_t>(budget.max_rows, 30'000);
    if (!workshop.write || !workshop.read || prepared.device.rules.size() > workshop.most_rules) return;
    const std::vector<Finding> before = findings;
    std::size_t proofs = 0;
    for (Finding& finding : findings) {
        for (const Proposal& proposal : proposals(finding, prepared, intent, sources)) {
            if (proofs == workshop.most_proofs) return;
            ++proofs;
            const auto edits = written(proposal, prepared, device, workshop);
            if (!edits || edits->empty()) continue;
            auto reread = workshop.read(device, *edits);
            if (!reread) continue;
            const Prepared after = prepare(std::move(reread->input), intent, *reread->sources);
            if (!after.violations.empty() || not_understood(after) > not_understood(prepared)) continue;
            if (!mends(finding, before, sources, recheck(after, *reread->sources, finding.rule.starts_with("EL2")),
                       *reread->sources))
                continue;
            const Combined combined = combine(prepared.device, after.device);
            bool holds = true;
            for (const Family family : {Family::v4, Family::v6}) {
                if (!holds) break;
                Proof proof(combined, family, budget);
                holds = proof.holds(proposal.permits, private_addresses().of(Field::src, family));
            }
            if (!holds) continue;
            finding.fix = Fix{proposal.description, *edits, proposal.safe};
            break;
        }
    }
}

}  // namespace egresslint::lint
