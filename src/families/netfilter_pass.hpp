// SPDX-License-Identifier: Apache-2.0
// The pass that turns base chains into the netfilter pipeline. Inside this room only; the door is netfilter.hpp.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <vector>

#include "families/netfilter.hpp"

namespace egresslint::families::netfilter {

using namespace egresslint::model;

inline constexpr std::int32_t conntrack_priority = -200;
inline constexpr std::int32_t destination_nat_priority = -100;
inline constexpr std::int32_t source_nat_priority = 100;
inline constexpr std::uint32_t source_nat_bit = 16;
inline constexpr std::uint32_t destination_nat_bit = 32;

constexpr auto state_value(ConnectionState state) { return static_cast<base::u128>(state); }

inline bool translates_destination(Hook hook) { return hook == Hook::prerouting || hook == Hook::output; }

inline Assign assign(RegisterId to, std::uint32_t value) {
    return Assign{FieldRef{Field::reg, View::current, to}, {}, 0, {}, 0, value};
}
inline Assign copy(RegisterId to, RegisterId from) {
    return Assign{FieldRef{Field::reg, View::current, to}, from, ~0u, {}, 0, 0};
}
inline Assign set_bit(RegisterId to, std::uint32_t bit) {
    return Assign{FieldRef{Field::reg, View::current, to}, to, ~bit, {}, 0, bit};
}
inline bool writes(const Effect& effect, RegisterId reg) {
    const auto* a = std::get_if<Assign>(&effect);
    return a != nullptr && a->to.field == Field::reg && a->to.reg == reg;
}
inline bool is_notrack(const Effect& effect) {
    const auto* a = std::get_if<Assign>(&effect);
    return a != nullptr && a->to.field == Field::ct_state;
}

inline Label label_of(const BaseChain& chain) {
    if (chain.label != Label::filter || chain.type == ChainType::filter) return chain.label;
    if (chain.type == ChainType::route) return Label::classify;
    return translates_destination(chain.hook) ? Label::destination_translation : Label::source_translation;
}

/// What a chain with all it calls reads and writes: enough to tell whether the order of two of them can matter.
struct Footprint {
    std::set<std::uint32_t> reads;  ///< keys, see below
    std::set<std::uint32_t> writes;
    bool drops = false, rejects = false;
    bool notes = false;  ///< logs or counts
    [[nodiscard]] bool blocks() const { return drops || rejects; }
};
constexpr std::uint32_t key(Field field, RegisterId reg = {}) {
    return field == Field::reg ? 1000 + reg.value : static_cast<std::uint32_t>(field);
}

class Pass {
public:
    Pass(Builder& builder, const Registers& registers, const std::vector<BaseChain>& chains)
        : b_(builder), registers_(registers), chains_(chains) {}

    /// A translation to the value that the packet has already leaves no trace in the connection's status and looks up
    /// no route. Where somebody would see the difference, each such rule becomes two. Before adjust_to_conntrack.
    void split_idle_translations();
    /// A redirected local packet gets its new route after the output hook; until then rules see the old interface.
    void defer_redirects_of_output();
    void adjust_to_conntrack();
    void write_pipeline();

private:
    // -- chains and what they reach
    [[nodiscard]] std::vector<std::uint32_t> reached(ChainId entry) const;
    [[nodiscard]] Footprint footprint(const BaseChain& chain) const;
    void add_reads(ExprId e, Footprint& print) const;
    [[nodiscard]] bool reach_writes(const BaseChain& chain, RegisterId reg) const;

    // -- translations that change nothing
    [[nodiscard]] bool status_is_seen() const;
    [[nodiscard]] ExprId keeps(const Translate& translate, Family family, OriginId origin);
    [[nodiscard]] ExprId keeps_everything(const std::vector<Translate>& then, OriginId origin);
    [[nodiscard]] bool excludes(ExprId match, const std::vector<Translate>& then) const;

    // -- before connection tracking
    [[nodiscard]] ExprId before_tracking(ExprId e);
    [[nodiscard]] bool of_connection(const FieldRef& what) const;
    template <class Test>
    [[nodiscard]] bool any_atom(ExprId e, Test test) const;
    /// For every expression there is now whether one of its atoms passes the test.
    template <class Test>
    [[nodiscard]] std::vector<bool> with_atom(Test test) const;
    [[nodiscard]] ExprId untracked() {
        return b_.in(Field::ct_state, IntervalSet::single(state_value(ConnectionState::untracked)));
    }

    // -- stages
    [[nodiscard]] ExprId is(Field field, std::uint32_t id) { return b_.in(field, IntervalSet::single(id)); }
    [[nodiscard]] ExprId hook_guard(Hook hook);
    [[nodiscard]] ExprId chain_guard(const BaseChain& chain);
    using NatChains = std::map<std::int32_t, std::vector<const BaseChain*>>;
    [[nodiscard]] PredicateId order_against_nat(const std::vector<const BaseChain*>& group, const NatChains& nat);
    void write_hook(Hook hook);
    void write_group(const std::vector<const BaseChain*>& group, ExprId extra);
    void write_unordered(const std::vector<const BaseChain*>& chains, ExprId extra);
    void write_chain(const BaseChain& chain, ExprId extra);
    void write_routing(std::string name);
    void write_assignment(std::string name, ExprId when, std::vector<Effect> effects);
    void write_tracked(Hook hook);
    void write_new_route();
    void write_loopback();

    Builder& b_;
    const Registers& registers_;
    const std::vector<BaseChain>& chains_;
    ChainId routing_;
    [[nodiscard]] bool needs_tracking() const;
    bool tracking_needed_ = true;
    RegisterId tracked_;  ///< 1 after priority -200; only where a chain is called from both sides of it
    bool reroute_may_be_set_ = false;
    RegisterId routes_again_;  ///< 1 when a local packet was routed again; only where that can happen
    RegisterId mark_of_route_;
    std::unordered_map<std::uint32_t, ExprId> early_;
};

template <class Test>
bool Pass::any_atom(ExprId e, Test test) const {
    const auto& device = b_.device();
    std::vector<ExprId> todo{e};
    std::set<std::uint32_t> seen;
    while (!todo.empty()) {
        const auto at = todo.back();
        todo.pop_back();
        if (!seen.insert(at.value).second) continue;
        const auto& is = device.exprs[at.index()].is;
        if (const auto* n = std::get_if<Not>(&is)) todo.push_back(n->e);
        if (const auto* a = std::get_if<And>(&is)) todo.insert(todo.end(), a->e.begin(), a->e.end());
        if (const auto* o = std::get_if<Or>(&is)) todo.insert(todo.end(), o->e.begin(), o->e.end());
        if (const auto* in = std::get_if<In>(&is); in != nullptr && test(in->what)) return true;
        if (const auto* tuple = std::get_if<InTuple>(&is))
            for (const auto& column : device.relations[tuple->relation.index()].columns)
                if (test(column)) return true;
    }
    return false;
}

/// Parts stand before the whole: expressions of a builder refer to earlier ones only.
template <class Test>
std::vector<bool> Pass::with_atom(Test test) const {
    const auto& device = b_.device();
    std::vector<bool> found(device.exprs.size());
    const auto any = [&](const std::vector<ExprId>& parts) {
        return std::any_of(parts.begin(), parts.end(), [&](ExprId e) { return found[e.index()]; });
    };
    for (std::size_t i = 0; i < found.size(); ++i) {
        const auto& is = device.exprs[i].is;
        if (const auto* in = std::get_if<In>(&is))
            found[i] = test(in->what);
        else if (const auto* a = std::get_if<And>(&is))
            found[i] = any(a->e);
        else if (const auto* o = std::get_if<Or>(&is))
            found[i] = any(o->e);
        else if (const auto* n = std::get_if<Not>(&is))
            found[i] = found[n->e.index()];
        else if (const auto* tuple = std::get_if<InTuple>(&is)) {
            const auto& columns = device.relations[tuple->relation.index()].columns;
            found[i] = std::any_of(columns.begin(), columns.end(), test);
        }
    }
    return found;
}

}  // namespace egresslint::families::netfilter
