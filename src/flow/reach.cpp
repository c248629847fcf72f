// SPDX-License-Identifier: Apache-2.0
#include "flow/reach.hpp"

#include <algorithm>

namespace egresslint::flow {

using model::Field;

namespace {
constexpr SlotMask unknown = ~SlotMask{0};
}

void ChainFacts::operator|=(const ChainFacts& other) {
    reads |= other.reads;
    writes |= other.writes;
    decision_reads |= other.decision_reads;
    translates |= other.translates;
    translates_source |= other.translates_source;
}

Reach::Reach(const model::Device& device, base::Family family)
    : predicates(device.predicates.size()),
      choices(device.choices.size()),
      device_(device),
      family_(family),
      exprs_(device.exprs.size(), unknown),
      chains_(device.chains.size()) {
    ChainFacts ignored;
    // Depth first without recursion, so that a chain is finished after the chains it jumps to.
    enum State : std::uint8_t { fresh, open, finished };
    std::vector<State> state(device.chains.size(), fresh);
    std::vector<std::vector<std::uint32_t>> targets(device.chains.size());
    std::vector<std::uint32_t> stack;
    for (const auto& stage : device.pipeline) {
        expr(stage.when);
        decide(stage.fallthrough, ignored);
        stack.push_back(stage.entry.value);
        while (!stack.empty()) {
            const auto id = stack.back();
            if (state[id] == fresh) {
                state[id] = open;
                for (const auto r : device.chains[id].rules) rule(device.rules[r.index()], chains_[id], targets[id]);
                std::sort(targets[id].begin(), targets[id].end());
                targets[id].erase(std::unique(targets[id].begin(), targets[id].end()), targets[id].end());
                for (const auto t : targets[id])
                    if (state[t] == fresh) stack.push_back(t);
                continue;
            }
            stack.pop_back();
            if (state[id] == finished) continue;
            for (const auto t : targets[id]) chains_[id] |= chains_[t];
            state[id] = finished;
        }
    }
    // A field that nothing rewrites is its original everywhere.
    SlotMask never = 0;
    for (const Field f : {Field::src, Field::dst, Field::sport, Field::dport})
        if (!rewritable[static_cast<std::size_t>(f)]) never |= slot_bit(rewrite_slot(f));
    for (auto& mask : exprs_) mask = mask == unknown ? 0 : mask & ~never;
    for (auto& c : chains_) c.reads &= ~never;
}

SlotMask Reach::reads(const model::Translate& t) const {
    SlotMask mask = 0;
    const auto* pick = std::get_if<model::Pick>(&t.to);
    if (std::holds_alternative<model::Shift>(t.to) || (pick && pick->keep_if_inside))
        mask |= slot_bit(rewrite_slot(t.field));
    if (std::holds_alternative<model::OutInterfaceAddress>(t.to)) {
        mask |= slot_bit(out_if_slot);
        if (device_.gateway_register.valid()) mask |= slot_bit(register_slot(device_.gateway_register));
    }
    return mask;
}

SlotMask Reach::reads(const model::Effect& effect) const {
    if (const auto* t = std::get_if<model::Translate>(&effect)) return reads(*t);
    SlotMask mask = 0;
    if (const auto* a = std::get_if<model::Assign>(&effect)) {
        if (a->and_a != 0) mask |= slot_bit(register_slot(a->a));
        if (a->and_b != 0) mask |= slot_bit(register_slot(a->b));
    }
    return mask;
}

SlotMask Reach::writes(const model::Effect& effect) {
    if (const auto* t = std::get_if<model::Translate>(&effect))
        return has_rewrite_slot(t->field) ? slot_bit(rewrite_slot(t->field)) : 0;
    if (const auto* a = std::get_if<model::Assign>(&effect)) return slot_bit(slot_of(a->to));
    return 0;
}

void Reach::rule(const model::Rule& r, ChainFacts& facts, std::vector<std::uint32_t>& targets) {
    if (!r.active) return;
    facts.reads |= expr(r.match);
    for (const auto& e : r.effects) {
        if (const auto* t = std::get_if<model::Translate>(&e)) translate(*t, facts);
        facts.reads |= reads(e);
        facts.writes |= writes(e);
    }
    if (const auto* d = std::get_if<model::Decide>(&r.control)) {
        decide(*d, facts);
    } else if (std::holds_alternative<model::Settle>(r.control)) {
        facts.reads |= pending_bit;
    } else if (std::holds_alternative<model::Jump>(r.control) || std::holds_alternative<model::Goto>(r.control)) {
        const auto* jump = std::get_if<model::Jump>(&r.control);
        targets.push_back(jump ? jump->to.value : std::get<model::Goto>(r.control).to.value);
        if (mentions(r.match, Field::in_if))
            ++interface_dispatch;
        else if (mentions(r.match, Field::src) || mentions(r.match, Field::dst))
            ++address_dispatch;
    }
}

void Reach::decide(const model::Decide& d, ChainFacts& facts) {
    if (!d.final) facts.writes |= pending_bit;
    for (const auto& t : d.then) {
        translate(t, facts);
        facts.decision_reads |= reads(t);
    }
}

void Reach::unknown_addresses(const std::vector<model::Interface>& interfaces) {
    for (const auto& i : interfaces) {
        const auto c = family_ == base::Family::v6 ? i.unknown_address6 : i.unknown_address4;
        if (c.valid()) choices[c.index()] = true;
    }
}

void Reach::translate(const model::Translate& t, ChainFacts& facts) {
    facts.translates = true;
    if (model::is_address(t.field) && t.family && *t.family != family_) return;
    if (std::holds_alternative<model::Keep>(t.to)) return;
    facts.translates_source |= t.field == Field::src;
    rewritable[static_cast<std::size_t>(t.field)] = true;
    if (const auto* pick = std::get_if<model::Pick>(&t.to)) {
        choices[pick->choice.index()] = true;
    } else if (std::holds_alternative<model::OutInterfaceAddress>(t.to) ||
               std::holds_alternative<model::InInterfaceAddress>(t.to)) {
        if (interfaces_) return;
        interfaces_ = true;
        unknown_addresses(device_.interfaces);
        for (const auto& alternative : device_.alternatives) unknown_addresses(alternative);
    }
}

SlotMask Reach::expr(model::ExprId id) {
    if (!id.valid()) return 0;
    SlotMask& known = exprs_[id.index()];
    if (known != unknown) return known;
    SlotMask mask = 0;
    auto field = [&](const model::FieldRef& ref) {
        if (ref.field == Field::out_if || ref.field == Field::ct_state || ref.field == Field::reg)
            mask |= slot_bit(slot_of(ref));
        else if (has_rewrite_slot(ref.field) && ref.view == model::View::current)
            mask |= slot_bit(rewrite_slot(ref.field));
    };
    const auto& e = device_.exprs[id.index()].is;
    if (const auto* in = std::get_if<model::In>(&e))
        field(in->what);
    else if (const auto* tuple = std::get_if<model::InTuple>(&e))
        for (const auto& c : device_.relations[tuple->relation.index()].columns) field(c);
    else if (const auto* u = std::get_if<model::Unknown>(&e))
        predicates[u->which.index()] = true;
    else if (const auto* n = std::get_if<model::Not>(&e))
        mask = expr(n->e);
    else if (const auto* a = std::get_if<model::And>(&e))
        for (const auto x : a->e) mask |= expr(x);
    else if (const auto* o = std::get_if<model::Or>(&e))
        for (const auto x : o->e) mask |= expr(x);
    return exprs_[id.index()] = mask;
}

bool Reach::mentions(model::ExprId id, Field field) const {
    const auto& e = device_.exprs[id.index()].is;
    if (const auto* in = std::get_if<model::In>(&e)) return in->what.field == field;
    if (const auto* a = std::get_if<model::And>(&e))
        return std::any_of(a->e.begin(), a->e.end(), [&](auto x) { return mentions(x, field); });
    if (const auto* n = std::get_if<model::Not>(&e)) return mentions(n->e, field);
    return false;
}

}  // namespace egresslint::flow
