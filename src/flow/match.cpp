// SPDX-License-Identifier: Apache-2.0
#include "flow/match.hpp"

#include <algorithm>

namespace egresslint::flow {

using base::Family;
using base::IntervalSet;
using base::u128;
using model::Field;

namespace {

constexpr Field header_fields[] = {Field::in_if, Field::src,       Field::dst,       Field::proto,    Field::sport,
                                   Field::dport, Field::icmp_type, Field::icmp_code, Field::tcp_flags};

constexpr std::size_t at(Field field) { return static_cast<std::size_t>(field); }
unsigned bits_of(Field field, Family family) { return field == Field::in_if ? 32 : model::field_bits(field, family); }

Truth negate(Truth t) { return t == Truth::maybe ? t : t == Truth::never ? Truth::always : Truth::never; }

/// Terminal of a rewrite: 0 is "nothing written", so that a shift back to the original can be told from it.
NodeId written(std::uint32_t form) { return terminal(form + 1); }

}  // namespace

Box whole_box(Family family) {
    Box box;
    for (const Field f : header_fields) {
        box.values[at(f)] = IntervalSet::full(bits_of(f, family));
        box.full[at(f)] = true;
    }
    return box;
}

Box box_around(const Space& space, const Layout& layout, NodeId set) {
    Box box;
    for (const Field f : header_fields) {
        box.values[at(f)] = project(space, layout, set, layout.block(f));
        box.full[at(f)] = box.values[at(f)].is_full(bits_of(f, layout.family()));
    }
    return box;
}

Matcher::Matcher(const model::Device& device, Space& space, const Layout& layout, const Reach& reach,
                 Terminals& terminals, Box box)
    : device_(device),
      space_(space),
      layout_(layout),
      reach_(reach),
      terminals_(terminals),
      box_(std::move(box)),
      family_(layout.family()),
      glances_(device.exprs.size()) {}

const IntervalSet& Matcher::literal(model::SetId set, Field field) const {
    static const IntervalSet nothing;
    const auto* l = std::get_if<model::LiteralSet>(&device_.sets[set.index()].is);
    return l ? l->of(field, family_) : nothing;  // a resolved device has literal sets only
}

const IntervalSet& Matcher::candidates(model::ChoiceId id) const {
    const auto& c = device_.choices[id.index()];
    return c.candidates.of(c.field, family_);
}

/// The match is about the original value of a header field.
bool Matcher::plain(const model::FieldRef& ref, const Execution* execution) const {
    if (!model::is_header(ref.field)) return false;
    if (ref.view == model::View::original || !has_rewrite_slot(ref.field) || !layout_.rewritable(ref.field))
        return true;
    return execution && execution->slots[rewrite_slot(ref.field)] == 0;
}

// -- glances --------------------------------------------------------------------------------------------------------

Truth Matcher::in_box(Field field, const IntervalSet& values) const {
    if (values.empty()) return Truth::never;
    const IntervalSet& box = box_.values[at(field)];
    if (box_.full[at(field)])
        return values.intervals().size() == 1 && values.contains_all(box) ? Truth::always : Truth::maybe;
    if (!values.intersects(box)) return Truth::never;
    return values.contains_all(box) ? Truth::always : Truth::maybe;
}

Truth Matcher::glance(const model::In& in, const Execution* execution) {
    const Field field = in.what.field;
    const IntervalSet& values = literal(in.set, field);
    auto constant = [&](u128 v) { return values.contains(v & in.mask) ? Truth::always : Truth::never; };
    if (field == Field::family) return constant(static_cast<u128>(family_));
    if (plain(in.what, execution)) return in.mask == 0xffffffffu ? in_box(field, values) : Truth::maybe;
    if (!execution) return Truth::maybe;
    if (field == Field::out_if) return constant(execution->slots[out_if_slot]);
    if (field == Field::ct_state) return constant(execution->slots[ct_state_slot]);
    if (field == Field::reg) return constant(execution->slots[register_slot(in.what.reg)]);
    const Rewritten& form = terminals_.rewritten(execution->slots[rewrite_slot(field)]);
    if (form.form == Rewritten::Form::fixed) return values.contains(form.value) ? Truth::always : Truth::never;
    return Truth::maybe;
}

Truth Matcher::glance_children(const std::vector<model::ExprId>& e, bool conjunction, const Execution* execution) {
    const Truth absorbing = conjunction ? Truth::never : Truth::always;
    Truth result = negate(absorbing);
    for (const auto x : e) {
        const Truth t = execution ? glance(x, *execution) : glance(x);
        if (t == absorbing) return absorbing;
        if (t == Truth::maybe) result = Truth::maybe;
    }
    return result;
}

Truth Matcher::glance(model::ExprId id) {
    auto& known = glances_[id.index()];
    if (known != 0) return static_cast<Truth>(known);
    Truth t = Truth::maybe;
    const auto& e = device_.exprs[id.index()].is;
    if (const auto* in = std::get_if<model::In>(&e))
        t = glance(*in, nullptr);
    else if (const auto* b = std::get_if<bool>(&e))
        t = *b ? Truth::always : Truth::never;
    else if (const auto* n = std::get_if<model::Not>(&e))
        t = negate(glance(n->e));
    else if (const auto* a = std::get_if<model::And>(&e))
        t = glance_children(a->e, true, nullptr);
    else if (const auto* o = std::get_if<model::Or>(&e))
        t = glance_children(o->e, false, nullptr);
    glances_[id.index()] = static_cast<std::uint8_t>(t);
    return t;
}

Truth Matcher::glance(model::ExprId id, const Execution& execution) {
    const Truth known = glance(id);
    if (known != Truth::maybe || reach_.reads(id) == 0) return known;
    const auto& e = device_.exprs[id.index()].is;
    if (const auto* in = std::get_if<model::In>(&e)) return glance(*in, &execution);
    if (const auto* n = std::get_if<model::Not>(&e)) return negate(glance(n->e, execution));
    if (const auto* a = std::get_if<model::And>(&e)) return glance_children(a->e, true, &execution);
    if (const auto* o = std::get_if<model::Or>(&e)) return glance_children(o->e, false, &execution);
    return Truth::maybe;
}

// -- sets -----------------------------------------------------------------------------------------------------------

NodeId Matcher::original(Field field, const IntervalSet& values) {
    switch (in_box(field, values)) {
        case Truth::never: return nowhere;
        case Truth::always: return everywhere;
        case Truth::maybe: break;
    }
    if (box_.full[at(field)]) {
        const Constraint c{layout_.block(field), &values};
        return make_cube(space_, layout_, {&c, 1});
    }
    const IntervalSet inside = values.intersect(box_.values[at(field)]);
    const Constraint c{layout_.block(field), &inside};
    return make_cube(space_, layout_, {&c, 1});
}

NodeId Matcher::choice(model::ChoiceId id, const IntervalSet& values, unsigned bits) {
    const auto block = layout_.block(id);
    if (!block) return nowhere;
    const IntervalSet wide = widen(values, candidates(id), bits);
    if (wide.is_full(bits)) return everywhere;
    const Constraint c{*block, &wide};
    return make_cube(space_, layout_, {&c, 1});
}

NodeId Matcher::select(Field field, const IntervalSet& values, const Execution& execution) {
    const unsigned bits = bits_of(field, family_);
    if (plain({field, model::View::current, {}}, &execution)) return original(field, values);
    const Rewritten form = terminals_.rewritten(execution.slots[rewrite_slot(field)]);
    switch (form.form) {
        case Rewritten::Form::unchanged: return original(field, values);
        case Rewritten::Form::fixed: return values.contains(form.value) ? everywhere : nowhere;
        case Rewritten::Form::shifted: return original(field, values.shifted(u128{0} - form.delta, bits));
        case Rewritten::Form::chosen: break;
    }
    // chosen: candidate + delta, or with keep_if_inside the original value (no delta then) where it is a candidate.
    const IntervalSet& from = candidates(form.choice);
    const IntervalSet back = form.delta == 0 ? values : values.shifted(u128{0} - form.delta, bits);
    const NodeId picked = choice(form.choice, back, bits);
    if (!form.keep_if_inside) return picked;
    const NodeId kept = original(field, values.intersect(from));
    return space_.overlay(kept, space_.minus(picked, original(field, from)));
}

IntervalSet Matcher::masked(const model::In& in, const IntervalSet& values) const {
    // Only narrow fields can be masked (tcp flags); listing their values is simplest.
    std::vector<base::Interval> out;
    const u128 end = u128{1} << std::min(16u, bits_of(in.what.field, family_));
    for (u128 v = 0; v < end; ++v)
        if (values.contains(v & in.mask)) out.push_back({v, v});
    return IntervalSet(std::move(out));
}

NodeId Matcher::select(const model::In& in, const Execution& execution) {
    const Field field = in.what.field;
    if (!model::is_header(field)) return glance(in, &execution) == Truth::always ? everywhere : nowhere;
    const IntervalSet& values = literal(in.set, field);
    const bool narrow = in.mask != 0xffffffffu && bits_of(field, family_) <= 16;
    const IntervalSet& wanted = values;
    if (narrow) {
        const IntervalSet listed = masked(in, values);
        return plain(in.what, &execution) ? original(field, listed) : select(field, listed, execution);
    }
    return plain(in.what, &execution) ? original(field, wanted) : select(field, wanted, execution);
}

NodeId Matcher::select(const model::InTuple& tuple, const Execution& execution) {
    const auto& relation = device_.relations[tuple.relation.index()];
    std::vector<NodeId> rows;
    for (const auto& row : relation.rows) {
        bool possible = true;
        for (std::size_t c = 0; c < row.size() && possible; ++c)
            possible = glance(model::In{relation.columns[c], row[c]}, &execution) != Truth::never;
        NodeId cell = possible ? everywhere : nowhere;
        // From the last column up: blocks further down first keeps the meets small.
        for (std::size_t c = row.size(); c-- > 0 && cell != nowhere;)
            cell = space_.meet(select(model::In{relation.columns[c], row[c]}, execution), cell);
        if (cell != nowhere) rows.push_back(cell);
    }
    return space_.overlay_all(rows);
}

NodeId Matcher::conjunction(const std::vector<model::ExprId>& e, const Execution& execution) {
    // Conditions on original fields become one cube, built without any operation; the rest is met with it.
    std::vector<Constraint> cube;
    std::vector<IntervalSet> own;  // intersections that the cube refers to
    own.reserve(e.size() * 2);
    std::vector<NodeId> rest;
    for (const auto x : e) {
        switch (glance(x, execution)) {
            case Truth::never: return nowhere;
            case Truth::always: continue;
            case Truth::maybe: break;
        }
        const auto* in = std::get_if<model::In>(&device_.exprs[x.index()].is);
        if (!in || in->mask != 0xffffffffu || !plain(in->what, &execution)) {
            rest.push_back(select(x, execution));
            if (rest.back() == nowhere) return nowhere;
            continue;
        }
        const Field field = in->what.field;
        const IntervalSet* values = &literal(in->set, field);
        if (!box_.full[at(field)]) values = &own.emplace_back(values->intersect(box_.values[at(field)]));
        const BlockId block = layout_.block(field);
        const auto same = std::find_if(cube.begin(), cube.end(), [&](const auto& c) { return c.block == block; });
        if (same == cube.end())
            cube.push_back({block, values});
        else
            same->values = &own.emplace_back(same->values->intersect(*values));
    }
    // From the lowest level up: each meet then adds on top, and thousands of predicates do not walk each other.
    std::sort(rest.begin(), rest.end(), [&](NodeId a, NodeId b) { return space_.level(a) > space_.level(b); });
    NodeId result = everywhere;
    for (const NodeId n : rest) result = space_.meet(n, result);
    return space_.meet(make_cube(space_, layout_, cube), result);
}

NodeId Matcher::select(model::ExprId id, const Execution& execution) {
    switch (glance(id, execution)) {
        case Truth::never: return nowhere;
        case Truth::always: return everywhere;
        case Truth::maybe: break;
    }
    const std::uint64_t key =
        static_cast<std::uint64_t>(id.value) << 32 | terminals_.projection(execution, reach_.reads(id));
    if (const auto it = selected_.find(key); it != selected_.end()) return it->second;
    NodeId result = nowhere;
    const auto& e = device_.exprs[id.index()].is;
    if (const auto* in = std::get_if<model::In>(&e)) {
        result = select(*in, execution);
    } else if (const auto* tuple = std::get_if<model::InTuple>(&e)) {
        result = select(*tuple, execution);
    } else if (const auto* u = std::get_if<model::Unknown>(&e)) {
        if (const auto block = layout_.block(u->which)) {
            const IntervalSet value = IntervalSet::single(u->value);
            const Constraint c{*block, &value};
            result = make_cube(space_, layout_, {&c, 1});
        }
    } else if (const auto* n = std::get_if<model::Not>(&e)) {
        result = space_.complement(select(n->e, execution));
    } else if (const auto* a = std::get_if<model::And>(&e)) {
        result = conjunction(a->e, execution);
    } else if (const auto* o = std::get_if<model::Or>(&e)) {
        std::vector<NodeId> parts;
        for (const auto x : o->e)
            if (const NodeId part = select(x, execution); part != nowhere) parts.push_back(part);
        result = space_.overlay_all(parts);
    }
    selected_.emplace(key, result);
    return result;
}

// -- translations ---------------------------------------------------------------------------------------------------

/// The form of "address of this interface": the one the gateway register names, the only or the primary one, or the
/// choice that stands for an address that nobody told us. 0 if the interface has none at all.
std::uint32_t Matcher::interface_address(std::uint32_t interface, std::uint32_t alternative, model::RegisterId gateway,
                                         const Execution& execution) {
    if (interface >= device_.interfaces.size()) return 0;
    const auto& i = model::addressed(device_, interface, alternative);
    auto fixed = [&](u128 value) {
        Rewritten form;
        form.form = Rewritten::Form::fixed;
        form.value = value;
        return terminals_.rewritten(form);
    };
    if (gateway.valid()) {
        const std::uint32_t g = execution.slots[register_slot(gateway)];
        if (g > 0 && g <= i.addresses.size() && i.addresses[g - 1].address.family == family_)
            return fixed(i.addresses[g - 1].address.bits);
    }
    const model::InterfaceAddress* best = nullptr;
    auto rank = [](const model::InterfaceAddress& a) { return (a.global ? 2 : 0) + (a.secondary ? 0 : 1); };
    for (const auto& a : i.addresses)
        if (a.address.family == family_ && (!best || rank(a) > rank(*best))) best = &a;
    if (best) return fixed(best->address.bits);
    const auto unknown = family_ == Family::v6 ? i.unknown_address6 : i.unknown_address4;
    if (!unknown.valid() || candidates(unknown).empty()) return 0;
    Rewritten form;
    form.form = Rewritten::Form::chosen;
    form.choice = unknown;
    return terminals_.rewritten(form);
}

NodeId Matcher::shift(const model::Translate& t, const model::Shift& s, const Execution& execution) {
    const unsigned bits = bits_of(t.field, family_);
    const unsigned host = bits > s.prefix_length ? bits - s.prefix_length : 0;
    const u128 mask = base::low_mask(bits);
    const IntervalSet from =
        IntervalSet::range(s.from & ~base::low_mask(host) & mask, (s.from | base::low_mask(host)) & mask);
    const u128 delta = (s.to - s.from) & mask;
    const NodeId inside = select(t.field, from, execution);
    if (inside == nowhere) return nowhere;
    const Rewritten now = terminals_.rewritten(execution.slots[rewrite_slot(t.field)]);
    auto form = [&](const Rewritten& to) { return written(terminals_.rewritten(to)); };
    Rewritten next = now;
    switch (now.form) {
        case Rewritten::Form::fixed: next.value = (now.value + delta) & mask; break;
        case Rewritten::Form::unchanged:
        case Rewritten::Form::shifted:
            next.delta = (now.delta + delta) & mask;
            next.form = next.delta == 0 ? Rewritten::Form::unchanged : Rewritten::Form::shifted;
            break;
        case Rewritten::Form::chosen: {
            next.delta = (now.delta + delta) & mask;
            next.keep_if_inside = false;
            if (!now.keep_if_inside) break;
            Rewritten kept;
            kept.form = Rewritten::Form::shifted;
            kept.delta = delta;
            const NodeId stays = original(t.field, candidates(now.choice));
            return space_.gate(inside, space_.overlay(space_.gate(stays, form(kept)), form(next)));
        }
    }
    return space_.gate(inside, form(next));
}

NodeId Matcher::pick(const model::Translate& t, const model::Pick& p, const Execution& execution) {
    const IntervalSet& from = candidates(p.choice);
    if (from.empty()) return nowhere;  // a pool of the other family
    Rewritten form;
    form.form = Rewritten::Form::chosen;
    form.choice = p.choice;
    if (const auto single = from.single_value()) {
        form = {};
        form.form = Rewritten::Form::fixed;
        form.value = *single;
    }
    if (!p.keep_if_inside) return written(terminals_.rewritten(form));
    const Rewritten now = terminals_.rewritten(execution.slots[rewrite_slot(t.field)]);
    if (now.form == Rewritten::Form::unchanged && form.form == Rewritten::Form::chosen) {
        form.keep_if_inside = true;
        return written(terminals_.rewritten(form));
    }
    return space_.minus(written(terminals_.rewritten(form)), select(t.field, from, execution));
}

NodeId Matcher::rewrite(const model::Translate& t, const Execution& execution) {
    if (!has_rewrite_slot(t.field)) return nowhere;
    if (model::is_address(t.field) && t.family && *t.family != family_) return nowhere;
    NodeId result = nowhere;
    if (const auto* f = std::get_if<model::Fixed>(&t.to)) {
        Rewritten form;
        form.form = Rewritten::Form::fixed;
        form.value = f->value;
        result = written(terminals_.rewritten(form));
    } else if (const auto* p = std::get_if<model::Pick>(&t.to)) {
        result = pick(t, *p, execution);
    } else if (const auto* s = std::get_if<model::Shift>(&t.to)) {
        result = shift(t, *s, execution);
    } else if (const auto* out = std::get_if<model::OutInterfaceAddress>(&t.to)) {
        const auto form =
            interface_address(execution.slots[out_if_slot], out->alternative, device_.gateway_register, execution);
        if (form != 0) result = written(form);
    } else if (const auto* in = std::get_if<model::InInterfaceAddress>(&t.to)) {
        std::vector<NodeId> parts;
        for (std::uint32_t i = model::self_interface; i < device_.interfaces.size(); ++i) {
            std::uint32_t form = 0;
            if (i == model::self_interface) {
                Rewritten loopback;
                loopback.form = Rewritten::Form::fixed;
                loopback.value = family_ == Family::v6 ? u128{1} : u128{0x7f000001u};
                form = terminals_.rewritten(loopback);
            } else {
                form = interface_address(i, in->alternative, {}, execution);
            }
            if (form != 0) parts.push_back(space_.gate(original(Field::in_if, IntervalSet::single(i)), written(form)));
        }
        result = space_.overlay_all(parts);
    }
    if (!model::is_address(t.field) && result != nowhere)
        result = space_.gate(original(Field::proto, model::protocols_with_ports()), result);
    return result;
}

}  // namespace egresslint::flow
