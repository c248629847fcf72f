// SPDX-License-Identifier: Apache-2.0
// The netfilter pipeline. Facts marked LAB were measured on kernel 6.18 in network namespaces; tests/families names the
// experiment beside each case.
//
//  - Filter and route chains of a hook run by ascending priority. NAT base chains do not: the kernel runs all of them
//  at
//    one place, -100 in prerouting and output, 100 in postrouting and input; their own priority only orders them among
//    themselves [LAB nat-priority].
//  - A nat chain sees the first packet of a connection only, and only while no earlier one has bound it; accepting or
//    falling through binds nothing, so that a later nat base chain may still translate [LAB].
//  - Connection tracking runs only while some rule needs it. Without it no nat chain is asked at all, not even one that
//  drops [LAB]; other rulesets, or an older kernel, may keep it running.
//  - Connection tracking happens at priority -200. Before it the state of every packet reads as invalid, and notrack
//    works only there.
#include "families/netfilter.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <utility>

#include "families/netfilter_pass.hpp"

namespace egresslint::families::netfilter {

std::vector<std::uint32_t> Pass::reached(ChainId entry) const {
    const auto& device = b_.device();
    std::vector<std::uint32_t> found{entry.value};
    std::set<std::uint32_t> seen{entry.value};
    for (std::size_t i = 0; i < found.size(); ++i) {
        for (auto id : device.chains[found[i]].rules) {
            const auto& control = device.rules[id.index()].control;
            ChainId to;
            if (const auto* jump = std::get_if<Jump>(&control)) to = jump->to;
            if (const auto* go = std::get_if<Goto>(&control)) to = go->to;
            if (to.valid() && seen.insert(to.value).second) found.push_back(to.value);
        }
    }
    return found;
}

void Pass::add_reads(ExprId e, Footprint& print) const {
    (void)any_atom(e, [&](const FieldRef& what) {
        if (what.view == View::current) print.reads.insert(key(what.field, what.reg));
        return false;
    });
}

Footprint Pass::footprint(const BaseChain& chain) const {
    const auto& device = b_.device();
    Footprint print;
    const auto ends = [&](Verdict verdict) {
        print.drops |= verdict == Verdict::drop;
        print.rejects |= verdict == Verdict::reject;
    };
    ends(chain.policy);
    if (chain.type == ChainType::nat) {
        const auto bound = translates_destination(chain.hook) ? registers_.destination_bound : registers_.source_bound;
        print.reads.insert(key(Field::reg, bound));
    }
    auto add_translates = [&](const std::vector<Translate>& then) {
        for (const auto& t : then) print.writes.insert(key(t.field));
    };
    for (auto c : reached(chain.entry)) {
        for (auto id : device.chains[c].rules) {
            const auto& rule = device.rules[id.index()];
            if (!rule.active) continue;
            add_reads(rule.match, print);
            for (const auto& effect : rule.effects) {
                print.notes |= std::holds_alternative<Log>(effect) || std::holds_alternative<Limited>(effect) ||
                               std::holds_alternative<Inspected>(effect);
                if (const auto* t = std::get_if<Translate>(&effect)) add_translates({*t});
                if (const auto* a = std::get_if<Assign>(&effect)) {
                    print.writes.insert(key(a->to.field, a->to.reg));
                    if (a->a.valid() && a->and_a != 0) print.reads.insert(key(Field::reg, a->a));
                    if (a->b.valid() && a->and_b != 0) print.reads.insert(key(Field::reg, a->b));
                }
            }
            if (const auto* decide = std::get_if<Decide>(&rule.control)) {
                add_translates(decide->then);
                ends(decide->verdict);
            }
        }
    }
    return print;
}

namespace {

bool meet(const std::set<std::uint32_t>& a, const std::set<std::uint32_t>& b) {
    return std::any_of(a.begin(), a.end(), [&](auto x) { return b.contains(x); });
}

/// Whether the order of two base chains of one hook can change what happens to any packet. Two chains that only filter
/// commute as to whether a packet passes, but one that drops hides the answer of one that rejects, and what is blocked
/// first is not logged later [LAB: kernel oracle, drop and reject at one priority].
bool order_matters(const BaseChain& x, const Footprint& a, const BaseChain& y, const Footprint& b) {
    if (!((x.ipv4 && y.ipv4) || (x.ipv6 && y.ipv6))) return false;
    // A nat chain that neither translates nor blocks does nothing, whatever it reads.
    if (a.writes.empty() && !a.blocks() && !a.notes) return false;
    if (b.writes.empty() && !b.blocks() && !b.notes) return false;
    if ((a.drops && b.rejects) || (a.rejects && b.drops)) return true;
    if ((a.notes && b.blocks()) || (b.notes && a.blocks())) return true;
    return meet(a.writes, b.reads) || meet(b.writes, a.reads) || meet(a.writes, b.writes);
}

}  // namespace

bool Pass::reach_writes(const BaseChain& chain, RegisterId reg) const {
    const auto& device = b_.device();
    for (auto c : reached(chain.entry))
        for (auto id : device.chains[c].rules)
            for (const auto& effect : device.rules[id.index()].effects)
                if (writes(effect, reg)) return true;
    return false;
}

ExprId Pass::hook_guard(Hook hook) {
    const auto local_out = is(Field::in_if, self_interface);
    const auto local_in = is(Field::out_if, self_interface);
    switch (hook) {
        case Hook::prerouting: return b_.negate(local_out);
        case Hook::input: return b_.all({b_.negate(local_out), local_in});
        case Hook::forward: return b_.all({b_.negate(local_out), b_.negate(local_in)});
        case Hook::output: return local_out;
        case Hook::postrouting: return b_.negate(local_in);
    }
    return b_.yes();
}

ExprId Pass::chain_guard(const BaseChain& chain) {
    std::vector<ExprId> guard{hook_guard(chain.hook)};
    if (!chain.ipv6) guard.push_back(b_.family(Family::v4));
    if (!chain.ipv4) guard.push_back(b_.family(Family::v6));
    if (chain.type == ChainType::nat) {
        const auto bound = translates_destination(chain.hook) ? registers_.destination_bound : registers_.source_bound;
        guard.push_back(b_.in(Field::ct_state, IntervalSet::range(state_value(ConnectionState::fresh),
                                                                  state_value(ConnectionState::fresh))
                                                   .unite(IntervalSet::single(state_value(ConnectionState::related)))));
        guard.push_back(b_.in_register(bound, IntervalSet::single(0)));
        if (!tracking_needed_)
            guard.push_back(b_.unknown(b_.predicate(
                "connection tracking runs, though nothing in this ruleset needs it, so that nat chains are asked",
                PredicateKind::ambiguity, Field::proto, chain.origin)));
    }
    return b_.all(std::move(guard));
}

void Pass::write_assignment(std::string name, ExprId when, std::vector<Effect> effects) {
    const auto origin = b_.origin({}, name, true);
    const auto chain = b_.chain(name, origin);
    Rule rule;
    rule.match = b_.yes();
    rule.effects = std::move(effects);
    rule.origin = origin;
    b_.rule(chain, std::move(rule));
    b_.stage(std::move(name), Label::classify, when, chain, Verdict::accept, origin);
}

void Pass::write_routing(std::string name) {
    if (!routing_.valid()) {
        routing_ = b_.chain("routing", b_.origin({}, "routing", true));
        b_.device().chains[routing_.index()].routing = true;
    }
    b_.stage(std::move(name), Label::routing, is(Field::out_if, no_interface), routing_, Verdict::accept,
             b_.origin({}, "routing", true));
}

void Pass::write_tracked(Hook hook) {
    if (!tracked_.valid()) return;
    write_assignment(hook == Hook::output ? "connection tracking (output)" : "connection tracking", hook_guard(hook),
                     {assign(tracked_, 1)});
}

void Pass::write_chain(const BaseChain& chain, ExprId extra) {
    // A route chain routes again after a new mark; translation after a new destination, never for a mark alone
    // [LAB: a mark set in a nat chain of output does not reroute].
    const bool of_nat = chain.type == ChainType::nat;
    const bool flags = chain.hook == Hook::output && reach_writes(chain, registers_.reroute);
    const bool may_reroute =
        flags && (of_nat ? reach_writes(chain, registers_.destination_bound) : chain.type == ChainType::route);
    const auto local = is(Field::in_if, self_interface);
    // A mark that another chain wrote does not reroute: forget it before a chain whose end looks at the flag.
    if (may_reroute && !of_nat && reroute_may_be_set_)
        write_assignment("before " + chain.name, local, {assign(registers_.reroute, 0)});
    if (flags && (of_nat || !may_reroute)) reroute_may_be_set_ = true;

    b_.stage(chain.name, label_of(chain), b_.all({chain_guard(chain), extra}), chain.entry, chain.policy, chain.origin);

    if (!may_reroute) return;
    auto flagged = b_.in_register(registers_.reroute, IntervalSet::single(1));
    if (of_nat)
        flagged = b_.all({flagged, b_.in_register(registers_.ct_status, IntervalSet::single(destination_nat_bit),
                                                  destination_nat_bit)});
    // The route is looked up at once, with the mark as it is now, but the rest of the hook still sees the old
    // interface.
    if (!routes_again_.valid()) {
        routes_again_ = b_.reg("routed again");
        mark_of_route_ = b_.reg("mark of the new route");
    }
    write_assignment("rerouting after " + chain.name, b_.all({local, flagged}),
                     {assign(registers_.reroute, 0), assign(routes_again_, 1), copy(mark_of_route_, registers_.mark)});
}

/// After the output hook: the interface of the last new route [LAB: what output sees after rerouting].
void Pass::write_new_route() {
    if (!routes_again_.valid()) return;
    const auto again = [&] {
        return b_.all({is(Field::in_if, self_interface), b_.in_register(routes_again_, IntervalSet::single(1))});
    };
    const auto kept = b_.reg("mark after output");
    write_assignment("new route of output", again(),
                     {copy(kept, registers_.mark), copy(registers_.mark, mark_of_route_),
                      Assign{FieldRef{Field::out_if, View::current, {}}, {}, 0, {}, 0, no_interface}});
    write_routing("routing again after output");
    write_assignment("after the new route of output", again(), {copy(registers_.mark, kept)});
}

/// Chains whose order is not defined: every order, chosen by one ambiguity predicate. Measured on 6.18: the one
/// registered later runs first; that is order 1 of two.
void Pass::write_unordered(const std::vector<const BaseChain*>& chains, ExprId extra) {
    const auto n = chains.size();
    if (n == 1) return write_chain(*chains.front(), extra);
    std::string names;
    for (const auto* c : chains) names += (names.empty() ? "" : ", ") + c->name;
    if (n <= 4) {
        std::vector<std::vector<std::size_t>> orders;
        std::vector<std::size_t> order(n);
        std::iota(order.begin(), order.end(), std::size_t{0});
        do orders.push_back(order);
        while (std::next_permutation(order.begin(), order.end()));
        const auto which =
            b_.predicate("order of chains of equal priority: " + names, PredicateKind::ambiguity, Field::proto,
                         chains.front()->origin, static_cast<std::uint16_t>(orders.size()));
        for (std::size_t slot = 0; slot < n; ++slot) {
            for (std::size_t c = 0; c < n; ++c) {
                std::vector<ExprId> when;
                for (std::size_t o = 0; o < orders.size(); ++o)
                    if (orders[o][slot] == c) when.push_back(b_.unknown(which, static_cast<std::uint16_t>(o)));
                write_chain(*chains[c], b_.all({extra, b_.either(std::move(when))}));
            }
        }
        return;
    }
    // Too many permutations to name: each chain picks a place, which allows every order (and a few impossible ones).
    const auto places = std::min<std::size_t>(n, 64);
    std::vector<PredicateId> place;
    for (const auto* c : chains)
        place.push_back(b_.predicate("place of " + c->name + " among chains of equal priority: " + names,
                                     PredicateKind::ambiguity, Field::proto, c->origin,
                                     static_cast<std::uint16_t>(places)));
    for (std::size_t slot = 0; slot < places; ++slot)
        for (std::size_t c = 0; c < n; ++c)
            write_chain(*chains[c], b_.all({extra, b_.unknown(place[c], static_cast<std::uint16_t>(slot))}));
}

void Pass::write_group(const std::vector<const BaseChain*>& group, ExprId extra) {
    const auto n = group.size();
    const bool known = std::all_of(group.begin(), group.end(), [](auto* c) { return c->registration >= 0; });
    if (n == 1 || known) {
        auto sorted = group;
        std::stable_sort(sorted.begin(), sorted.end(),
                         [](auto* x, auto* y) { return x->registration < y->registration; });
        for (const auto* c : sorted) write_chain(*c, extra);
        return;
    }
    std::vector<Footprint> prints;
    for (const auto* c : group) prints.push_back(footprint(*c));
    // Connected parts of the graph "order matters"; between parts every order is as good.
    std::vector<std::size_t> part(n);
    std::iota(part.begin(), part.end(), std::size_t{0});
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = i + 1; j < n; ++j)
            if (part[i] != part[j] && order_matters(*group[i], prints[i], *group[j], prints[j]))
                std::replace(part.begin(), part.end(), std::max(part[i], part[j]), std::min(part[i], part[j]));
    for (std::size_t p = 0; p < n; ++p) {
        std::vector<const BaseChain*> members;
        for (std::size_t i = 0; i < n; ++i)
            if (part[i] == p) members.push_back(group[i]);
        if (!members.empty()) write_unordered(members, extra);
    }
}

void Pass::write_hook(Hook hook) {
    const bool tracks = translates_destination(hook);
    const auto nat_place = tracks ? destination_nat_priority : source_nat_priority;
    std::map<std::int32_t, std::vector<const BaseChain*>> places;
    NatChains nat;  // by their own priority, all at nat_place
    for (const auto& chain : chains_) {
        if (chain.hook != hook) continue;
        (chain.type == ChainType::nat ? nat : places)[chain.priority].push_back(&chain);
    }
    if (!nat.empty()) places.try_emplace(nat_place);
    auto write_nat = [&] {
        for (const auto& [priority, group] : nat) write_group(group, b_.yes());
    };
    bool tracked = !tracks;
    for (const auto& [place, group] : places) {
        if (!tracked && place >= conntrack_priority) {
            write_tracked(hook);
            tracked = true;
        }
        if (place != nat_place || nat.empty()) {
            write_group(group, b_.yes());
            continue;
        }
        if (const auto before = order_against_nat(group, nat); before.valid()) {
            write_group(group, b_.unknown(before, 0));
            write_nat();
            write_group(group, b_.unknown(before, 1));
        } else {
            if (!group.empty()) write_group(group, b_.yes());
            write_nat();
        }
    }
    if (!tracked) write_tracked(hook);
}

/// Filter chains at the very priority where NAT happens: whether they run before (0) or after it (1) is not defined.
/// No predicate when it cannot matter.
PredicateId Pass::order_against_nat(const std::vector<const BaseChain*>& group, const NatChains& nat) {
    for (const auto* filter : group) {
        const auto print = footprint(*filter);
        for (const auto& [priority, chains] : nat)
            for (const auto* c : chains)
                if (order_matters(*filter, print, *c, footprint(*c)))
                    return b_.predicate("order of " + filter->name + " and " + c->name + ", which run at one priority",
                                        PredicateKind::ambiguity, Field::proto, filter->origin);
    }
    return {};
}

void Pass::write_pipeline() {
    write_hook(Hook::prerouting);
    write_routing("routing");
    write_hook(Hook::output);
    write_new_route();
    write_hook(Hook::input);
    write_hook(Hook::forward);
    write_hook(Hook::postrouting);
    write_loopback();
}

/// A packet from the device to itself leaves by lo (postrouting) and comes in by lo again (prerouting, input), where
/// rules read lo as its interface. The model has one in interface a packet, so this second way is not walked; whether
/// it passes stays open wherever a chain on it could block [LAB: packets to oneself go through lo].
void Pass::write_loopback() {
    const bool may_block = std::any_of(chains_.begin(), chains_.end(), [&](const BaseChain& chain) {
        return chain.hook != Hook::output && chain.hook != Hook::forward && footprint(chain).blocks();
    });
    if (!may_block) return;
    const auto origin = b_.origin({}, "a packet from the device to itself comes in by lo", true);
    const auto which = b_.predicate("whether the chains on lo let a packet from the device to itself pass",
                                    PredicateKind::ambiguity, Field::dst, origin);
    const auto chain = b_.chain("lo", origin);
    Rule rule;
    rule.match = b_.negate(b_.unknown(which));
    rule.control = Decide{Verdict::drop, {}, true};
    rule.origin = origin;
    b_.rule(chain, std::move(rule));
    b_.stage("lo", Label::filter, b_.all({is(Field::in_if, self_interface), is(Field::out_if, self_interface)}), chain,
             Verdict::accept, origin);
}

Netfilter::Netfilter(model::Builder& builder) : builder_(builder) {
    registers_.mark = builder.reg("mark");
    builder.device().registers[registers_.mark.index()].from_packet_mark = true;
    registers_.ct_mark = builder.reg("ct mark");
    registers_.ct_status = builder.reg("ct status");
    registers_.source_bound = builder.reg("source bound");
    registers_.destination_bound = builder.reg("destination bound");
    registers_.reroute = builder.reg("reroute");
    registers_.priority = builder.reg("priority");
}

void Netfilter::base_chain(BaseChain chain) { chains_.push_back(std::move(chain)); }

namespace {
/// The kernel sets the status bit when the tuple changes; a translation that keeps everything changes nothing.
bool changes_something(const std::vector<model::Translate>& then) {
    return std::any_of(then.begin(), then.end(),
                       [](const auto& t) { return !std::holds_alternative<model::Keep>(t.to); });
}
}  // namespace

model::Rule Netfilter::source_translation(model::ExprId match, std::vector<model::Translate> then) const {
    model::Rule rule;
    rule.match = match;
    rule.effects.push_back(assign(registers_.source_bound, 1));
    if (changes_something(then)) rule.effects.push_back(set_bit(registers_.ct_status, source_nat_bit));
    rule.control = model::Decide{model::Verdict::accept, std::move(then), true};
    return rule;
}

model::Rule Netfilter::destination_translation(model::ExprId match, std::vector<model::Translate> then) const {
    model::Rule rule;
    rule.match = match;
    rule.effects.push_back(assign(registers_.destination_bound, 1));
    if (changes_something(then)) {
        rule.effects.push_back(set_bit(registers_.ct_status, destination_nat_bit));
        rule.effects.push_back(assign(registers_.reroute, 1));
    }
    rule.control = model::Decide{model::Verdict::accept, std::move(then), true};
    return rule;
}

model::Rule Netfilter::redirect(model::ExprId match, std::vector<model::Translate> ports) const {
    std::vector<model::Translate> then{{model::Field::dst, std::nullopt, model::InInterfaceAddress{}}};
    then.insert(then.end(), ports.begin(), ports.end());
    model::Rule rule;
    rule.match = match;
    rule.effects = {
        assign(registers_.destination_bound, 1), set_bit(registers_.ct_status, destination_nat_bit),
        model::Assign{{model::Field::out_if, model::View::current, {}}, {}, 0, {}, 0, model::self_interface}};
    rule.control = model::Decide{model::Verdict::accept, std::move(then), true};
    return rule;
}

model::Effect Netfilter::notrack() const {
    return model::Assign{{model::Field::ct_state, model::View::current, {}},           {}, 0, {}, 0,
                         static_cast<std::uint32_t>(model::ConnectionState::untracked)};
}

std::vector<model::Effect> Netfilter::set_mark(std::uint32_t and_a, std::uint32_t value) const {
    return {
        model::Assign{{model::Field::reg, model::View::current, registers_.mark}, registers_.mark, and_a, {}, 0, value},
        assign(registers_.reroute, 1)};
}

model::ExprId Netfilter::connection_state(std::vector<model::ConnectionState> states) const {
    base::IntervalSet values;
    for (auto state : states) values = values.unite(base::IntervalSet::single(state_value(state)));
    if (values.size() == 5) return builder_.yes();
    return builder_.in(model::Field::ct_state, std::move(values));
}

void Netfilter::finish() {
    for (const auto& chain : chains_) {
        builder_.device().filters_v4 |= chain.ipv4;
        builder_.device().filters_v6 |= chain.ipv6;
    }
    Pass pass(builder_, registers_, chains_);
    pass.split_idle_translations();
    pass.defer_redirects_of_output();
    pass.adjust_to_conntrack();
    pass.write_pipeline();
}

}  // namespace egresslint::families::netfilter
