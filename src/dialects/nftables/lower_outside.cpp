// SPDX-License-Identifier: Apache-2.0
#include "dialects/nftables/lower_outside.hpp"

#include <algorithm>

namespace egresslint::dialects::nftables {
namespace {

using base::Influence;

/// What a statement of these families could do to the packets that we follow.
struct PacketInfluence {
    bool base_drops;
    Influence operator()(const VerdictStatement& v) const {
        if (v.verdict.kind == "drop" || v.verdict.kind == "queue") return Influence::filter;
        return v.verdict.kind == "accept" && base_drops ? Influence::filter : Influence::nothing;
    }
    Influence operator()(const VerdictMapStatement&) const { return Influence::filter; }
    Influence operator()(const Reject&) const { return Influence::filter; }
    Influence operator()(const Queue&) const { return Influence::everything; }
    Influence operator()(const Nat&) const { return Influence::everything; }
    Influence operator()(const Duplicate&) const { return Influence::everything; }
    Influence operator()(const TransparentProxy&) const { return Influence::everything; }
    Influence operator()(const Mangle&) const {
        return Influence::routing | Influence::source | Influence::destination;
    }
    Influence operator()(const XtStatement&) const { return Influence::everything; }
    Influence operator()(const UnknownStatement&) const { return Influence::everything; }
    template <class Other>
    Influence operator()(const Other&) const {
        return Influence::nothing;
    }
};

Influence influence_of(const Statement& s, bool base_drops) { return std::visit(PacketInfluence{base_drops}, s.is); }

Influence influence_of(const ChainState& chain) {
    const bool drops = chain.policy == "drop";
    auto out = chain.base && drops ? Influence::filter : Influence::nothing;
    RuleNode scratch;
    for (const auto* rule : chain.rules)
        for (const auto& s : whole(*rule, scratch).statements) out = out | influence_of(s, drops);
    return out;
}

void report(base::Diagnostics& diagnostics, base::Span span, const std::string& what, Influence influence) {
    base::Diagnostic d;
    d.code = "EL901";
    d.span = span;
    d.influence = influence;
    d.message = what + " is outside the analysis" +
                (influence == Influence::nothing ? "; nothing in it decides a packet" : ", and may decide packets");
    diagnostics.push_back(std::move(d));
}

}  // namespace

void report_outside(const TableState& table, base::Diagnostics& diagnostics) {
    auto influence = Influence::nothing;
    const auto chains = table.chains.all();
    // Without a base chain nothing in the table ever runs.
    const bool runs =
        std::any_of(chains.begin(), chains.end(), [](const ChainState* c) { return c->base.has_value(); });
    if (runs)
        for (const auto* chain : chains) influence = influence | influence_of(*chain);
    report(diagnostics, table.span, "table " + table.title(), influence);
}

void report_outside_chain(const TableState& table, const ChainState& chain, base::Diagnostics& diagnostics) {
    auto influence = influence_of(chain);
    // What it calls is in the table; take the worst of it.
    for (const auto* rule : chain.rules)
        for (const auto& s : rule->statements)
            if (const auto* v = std::get_if<VerdictStatement>(&s.is); v != nullptr && !v->verdict.target.empty())
                influence = influence | Influence::filter;
    report(diagnostics, chain.span, "chain " + table.title() + " " + chain.name + " (hook " + chain.base->hook + ")",
           influence);
}

}  // namespace egresslint::dialects::nftables
