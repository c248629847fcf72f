// SPDX-License-Identifier: Apache-2.0
#include "flow/shadow_calls.hpp"

#include <algorithm>

namespace egresslint::flow::shadow {

using base::IntervalSet;
using model::Field;

namespace {
constexpr std::size_t worth_another_index = 256;
constexpr std::size_t most_other_indexes = 4;
}  // namespace

Calls::Calls(const model::Device& device, const Reach& reach, Matches& matches)
    : device_(device), reach_(reach), matches_(matches), bodies_(device.chains.size()) {
    find_values();
}

/// A routing stage that leaves no packet without an out interface: whoever has none enters it, and what finds no route
/// ends there.
bool Calls::routes_all(const model::Stage& stage) const {
    if (const auto* in = std::get_if<model::In>(&device_.exprs[stage.when.index()].is)) {
        const auto* set = std::get_if<model::LiteralSet>(&device_.sets[in->set.index()].is);
        if (in->what.field != Field::out_if || !set || !set->values.contains(model::no_interface)) return false;
    } else if (stage.when.value != model::expr_true) {
        return false;
    }
    if (stage.fallthrough.verdict != model::Verdict::accept) return true;
    const auto& rules = device_.chains[stage.entry.index()].rules;
    if (rules.empty()) return false;
    const auto& last = device_.rules[rules.back().index()];
    const auto* d = std::get_if<model::Decide>(&last.control);
    return last.active && last.match.value == model::expr_true && d && d->final && d->verdict != model::Verdict::accept;
}

/// The values that interfaces and registers can have anywhere on this device.
void Calls::find_values() {
    std::vector<base::Interval> in{{model::self_interface, model::self_interface}}, out = in;
    for (std::size_t i = model::first_interface; i < device_.interfaces.size(); ++i)
        if (!device_.interfaces[i].absent) in.push_back({i, i});
    out = in;
    for (const auto& r : device_.registers)
        register_values_.push_back(r.from_packet_mark ? std::nullopt : std::optional(IntervalSet::single(r.initial)));
    for (const auto& rule : device_.rules) {
        if (!rule.active) continue;
        for (const auto& e : rule.effects) {
            const auto* a = std::get_if<model::Assign>(&e);
            if (!a) continue;
            if (a->to.field == Field::out_if) out.push_back({a->value, a->value});
            if (a->to.field != Field::reg) continue;
            auto& values = register_values_[a->to.reg.index()];
            if (a->and_a != 0 || a->and_b != 0)
                values.reset();
            else if (values)
                values = values->unite(IntervalSet::single(a->value));
        }
    }
    in_ = IntervalSet(std::move(in));
    out_ = IntervalSet(std::move(out));
    // Before the first stage that routes the out interface is none; after a routing chain it is some.
    std::uint8_t now = 0;
    for (const auto& stage : device_.pipeline) {
        const auto& entry = device_.chains[stage.entry.index()];
        routed_.push_back(now);
        if (entry.routing && routes_all(stage))
            now = 2;
        else if (now == 0 && (reach_.chain(stage.entry).writes & slot_bit(out_if_slot)))
            now = 1;
    }
}

const Body& Calls::body(model::ChainId chain) {
    Body& b = bodies_[chain.index()];
    if (b.known) return b;
    b.known = true;
    for (const auto id : device_.chains[chain.index()].rules) {
        const auto& rule = device_.rules[id.index()];
        if (!rule.active) continue;
        Item item;
        item.rule = id;
        item.match = matches_.compile(rule.match);
        item.acts = !rule.effects.empty();
        for (const auto& e : rule.effects) item.writes |= Reach::writes(e);
        SlotMask below = 0;
        if (const auto* d = std::get_if<model::Decide>(&rule.control)) {
            item.does = d->final ? Does::decides : Does::goes_on;
            item.acts = item.acts || !d->final;
            b.pending = b.pending || !d->final;
        } else if (std::holds_alternative<model::Return>(rule.control)) {
            item.does = Does::returns;
        } else if (std::holds_alternative<model::Settle>(rule.control)) {
            item.does = Does::settles;
        } else if (const auto* j = std::get_if<model::Jump>(&rule.control)) {
            item.does = Does::jumps;
            item.to = j->to;
        } else if (const auto* g = std::get_if<model::Goto>(&rule.control)) {
            item.does = Does::goes;
            item.to = g->to;
        }
        if (item.to.valid()) {
            const ChainFacts& facts = reach_.chain(item.to);
            below = facts.writes & ~pending_bit;
            b.pending = b.pending || (facts.writes & pending_bit);
        }
        if (item.writes | below)
            b.written_at.emplace_back(static_cast<std::uint32_t>(b.items.size()), item.writes | below);
        b.writes |= item.writes | below;
        b.items.push_back(item);
    }
    return b;
}

std::unique_ptr<Index> Calls::make_index(const Body& body, std::uint64_t allowed) const {
    std::vector<Index::Entry> entries;
    for (std::uint32_t i = 0; i < body.items.size(); ++i) {
        const Item& item = body.items[i];
        if (item.does == Does::goes_on && !item.acts) continue;
        if (!left_out_.empty() && left_out_[item.rule.index()]) continue;
        if (!matches_.never(item.match)) entries.push_back({i, item.match});
    }
    return std::make_unique<Index>(matches_, entries, allowed);
}

const Index& Calls::index(model::ChainId chain) {
    body(chain);
    Body& b = bodies_[chain.index()];
    if (!b.index) b.index = make_index(b, ~std::uint64_t{0});
    return *b.index;
}

const Index& Calls::index(model::ChainId chain, const Region& region) {
    const Index& usual = index(chain);
    Body& b = bodies_[chain.index()];
    if (b.items.size() < worth_another_index) return usual;
    std::uint64_t mask = 0;
    for (const auto& c : region.conditions)
        if (c.variable < std::min<std::size_t>(matches_.variables().size(), 64)) mask |= std::uint64_t{1} << c.variable;
    mask &= usual.useful();
    if (mask == 0 || (mask & usual.splits_first())) return usual;
    for (const auto& [allowed, other] : b.others)
        if (allowed == mask) return *other;
    if (b.others.size() >= most_other_indexes) return usual;
    b.others.emplace_back(mask, make_index(b, mask));
    return *b.others.back().second;
}

void Calls::leave_out(const std::vector<bool>& dead) {
    left_out_ = dead;
    for (auto& b : bodies_) b.index.reset(), b.others.clear();
}

SlotMask Calls::writes(model::ChainId chain, std::uint32_t from, std::uint32_t end) {
    const Body& b = body(chain);
    SlotMask out = 0;
    auto at = std::lower_bound(b.written_at.begin(), b.written_at.end(), from,
                               [](const auto& w, std::uint32_t p) { return w.first < p; });
    for (; at != b.written_at.end() && at->first < end && out != b.writes; ++at) out |= at->second;
    return out;
}

Region Calls::entrance(model::StageId id) {
    const auto& stage = device_.pipeline[id.index()];
    Region out = matches_.narrow(Region{}, matches_.compile(stage.when));
    auto limit = [&](const model::FieldRef& what, const IntervalSet& set) {
        if (!out.never) matches_.narrow(out, matches_.variable(what), set);
    };
    limit({Field::in_if, model::View::current, {}}, in_);
    const auto none = IntervalSet::single(model::no_interface);
    const auto routed = routed_[id.index()];
    limit({Field::out_if, model::View::current, {}}, routed == 0 ? none : routed == 1 ? out_.unite(none) : out_);
    for (std::uint32_t r = 0; r < register_values_.size(); ++r)
        if (register_values_[r]) limit({Field::reg, model::View::current, model::RegisterId(r)}, *register_values_[r]);
    return without(out, body(stage.entry).writes);
}

/// Less what says something about slots that are written.
Region Calls::without(const Region& region, SlotMask written) const {
    if (written == 0 || region.never) return region;
    Region out;
    for (const auto& c : region.conditions)
        if (c.variable >= matches_.variables().size() || !(matches_.variables()[c.variable].slot & written))
            out.conditions.push_back(c);
    for (const auto e : region.rest)
        if (!(reach_.reads(e) & written)) out.rest.push_back(e);
    out.own = region.own;
    return out;
}

Path Calls::follow(const Path& path, const Spot& call) {
    const Body& b = body(call.chain);
    const Item& item = b.items[call.position];
    Path out;
    out.stage = path.stage;
    out.steps = path.steps;
    out.steps.push_back(call);
    // What is written on the way to the call, by the call, or anywhere in the chain called, is not what was asked
    // before. (In the chain called: coarse, but the same for all its rules.)
    const SlotMask before = path.written | writes(call.chain, 0, call.position);
    const SlotMask after = item.writes | body(item.to).writes;
    out.written = item.writes;
    out.region = matches_.narrow(without(path.region, before | after), item.match, after);
    return out;
}

}  // namespace egresslint::flow::shadow
