// SPDX-License-Identifier: Apache-2.0
// Compiling and testing; diagrams and samples are in shadow_sets.cpp.
#include "flow/shadow_match.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace egresslint::flow::shadow {

using base::IntervalSet;
using base::u128;
using model::ExprId;
using model::Field;

namespace {

constexpr std::size_t most_alternatives = 256;

bool is_narrow(const model::In& in, base::Family family) {
    return in.mask == 0xffffffffu || (in.what.field != Field::reg && model::field_bits(in.what.field, family) <= 16);
}

Truth both(Truth a, Truth b) {
    if (a == Truth::never || b == Truth::never) return Truth::never;
    return a == Truth::maybe || b == Truth::maybe ? Truth::maybe : Truth::always;
}
Truth either(Truth a, Truth b) {
    if (a == Truth::always || b == Truth::always) return Truth::always;
    return a == Truth::maybe || b == Truth::maybe ? Truth::maybe : Truth::never;
}
Truth inverse(Truth t) { return t == Truth::maybe ? t : t == Truth::never ? Truth::always : Truth::never; }

}  // namespace

const IntervalSet* Region::find(VariableId variable) const {
    const auto at = std::lower_bound(conditions.begin(), conditions.end(), variable,
                                     [](const Condition& c, VariableId v) { return c.variable < v; });
    return at != conditions.end() && at->variable == variable ? at->set : nullptr;
}

Matches::Matches(const model::Device& device, base::Family family, const Reach& reach)
    : device_(device), family_(family), reach_(reach), fixed_(device.predicates.size()) {
    for (std::size_t p = 0; p < fixed_.size(); ++p) fixed_[p] = !model::occurs_both_ways(device.predicates[p].kind);
    make_variables();
    surely_modes_.assign(maxima_.size(), Space::Quantify::keep);
    for (std::uint32_t p = 0; p < fixed_.size(); ++p) {
        if (!fixed_[p] || !reach.predicates[p]) continue;
        surely_modes_[blocks_[predicate_blocks_[p]].first] = Space::Quantify::forall;
        any_fixed_ = true;
    }
}

Matches::~Matches() {
    if (space_) space_->abandon();
}

void Matches::add_variable(const model::FieldRef& what, unsigned bits, u128 maximum, SlotMask slot) {
    Variable v{what, maximum, slot, static_cast<BlockId>(blocks_.size()), false};
    Block b{Block::Kind::field, static_cast<std::uint32_t>(variables_.size()),
            static_cast<std::uint32_t>(maxima_.size()), bits == 128 ? 4u : 1u, bits};
    if (what.field == Field::reg) {
        v.by_bits = std::any_of(device_.exprs.begin(), device_.exprs.end(), [&](const model::Expr& e) {
            const auto* in = std::get_if<model::In>(&e.is);
            return in && in->mask != 0xffffffffu && in->what.field == Field::reg && in->what.reg == what.reg;
        });
        if (v.by_bits) b.count = 32, b.bits = 1;
    }
    for (std::uint32_t i = 0; i < b.count; ++i)
        maxima_.push_back(v.by_bits ? 1u : static_cast<std::uint32_t>(bits == 128 ? u128{0xffffffffu} : maximum));
    blocks_.push_back(b);
    variables_.push_back(v);
}

void Matches::make_variables() {
    std::array<bool, model::field_count> original{};  // read as the device received it
    auto note = [&](const model::FieldRef& ref) {
        if (ref.view == model::View::original) original[static_cast<std::size_t>(ref.field)] = true;
    };
    for (const auto& e : device_.exprs) {
        if (const auto* in = std::get_if<model::In>(&e.is)) note(in->what);
        if (const auto* t = std::get_if<model::InTuple>(&e.is))
            for (const auto& c : device_.relations[t->relation.index()].columns) note(c);
    }
    predicate_blocks_.assign(device_.predicates.size(), 0);
    auto predicates_beside = [&](Field field) {
        for (std::uint32_t p = 0; p < device_.predicates.size(); ++p) {
            const Field beside =
                model::is_header(device_.predicates[p].beside) ? device_.predicates[p].beside : Field::proto;
            if (!reach_.predicates[p] || beside != field) continue;
            predicate_blocks_[p] = static_cast<BlockId>(blocks_.size());
            blocks_.push_back({Block::Kind::predicate, p, static_cast<std::uint32_t>(maxima_.size()), 1, 16});
            maxima_.push_back(std::max<std::uint32_t>(device_.predicates[p].choices, 2) - 1);
        }
    };
    for (const Field f : {Field::in_if, Field::src, Field::dst, Field::proto, Field::sport, Field::dport,
                          Field::icmp_type, Field::icmp_code, Field::tcp_flags}) {
        const auto at = static_cast<std::size_t>(f);
        const unsigned bits = f == Field::in_if ? 32 : model::field_bits(f, family_);
        const bool moves = has_rewrite_slot(f) && reach_.rewritable[at];
        current_[at] = original_[at] = static_cast<VariableId>(variables_.size());
        add_variable({f, model::View::current, {}}, bits, base::low_mask(bits), moves ? slot_bit(rewrite_slot(f)) : 0);
        if (moves && original[at]) {
            original_[at] = static_cast<VariableId>(variables_.size());
            add_variable({f, model::View::original, {}}, bits, base::low_mask(bits), 0);
        }
        predicates_beside(f);
    }
    current_[static_cast<std::size_t>(Field::out_if)] = static_cast<VariableId>(variables_.size());
    add_variable({Field::out_if, model::View::current, {}}, 32, base::low_mask(32), slot_bit(out_if_slot));
    current_[static_cast<std::size_t>(Field::ct_state)] = static_cast<VariableId>(variables_.size());
    add_variable({Field::ct_state, model::View::current, {}}, 8, static_cast<u128>(model::ConnectionState::untracked),
                 slot_bit(ct_state_slot));
    for (std::uint32_t r = 0; r < device_.registers.size(); ++r) {
        registers_.push_back(static_cast<VariableId>(variables_.size()));
        add_variable({Field::reg, model::View::current, model::RegisterId(r)}, 32, base::low_mask(32),
                     slot_bit(register_slot(model::RegisterId(r))));
    }
}

VariableId Matches::variable(const model::FieldRef& what) const {
    if (what.field == Field::reg) return registers_[what.reg.index()];
    const auto at = static_cast<std::size_t>(what.field);
    return what.view == model::View::original && has_rewrite_slot(what.field) ? original_[at] : current_[at];
}

const IntervalSet& Matches::literal(model::SetId set, Field field) const {
    static const IntervalSet nothing;
    const auto* l = std::get_if<model::LiteralSet>(&device_.sets[set.index()].is);
    return l ? l->of(field, family_) : nothing;
}

u128 Matches::maximum(VariableId v) const {
    if (v < variables_.size()) return variables_[v].maximum;
    return std::max<std::uint32_t>(device_.predicates[v - variables_.size()].choices, 2) - 1u;
}
bool Matches::full(VariableId v, const IntervalSet& set) const {
    const auto& list = set.intervals();
    return list.size() == 1 && list[0].first == 0 && list[0].last >= maximum(v);
}

// -- regions --------------------------------------------------------------------------------------------------------

void Matches::add(Region& region, VariableId v, const IntervalSet& set, bool lasting) const {
    if (region.never || full(v, set)) return;
    const auto at = std::lower_bound(region.conditions.begin(), region.conditions.end(), v,
                                     [](const Condition& c, VariableId id) { return c.variable < id; });
    const bool known = at != region.conditions.end() && at->variable == v;
    const bool beyond = !set.empty() && set.intervals().back().last > maximum(v);
    if (known && at->set == &set) return;
    const IntervalSet* use = &set;
    if (known || beyond || !lasting) {
        IntervalSet made = known ? common(*at->set, set) : set;
        if (beyond) made = made.intersect(IntervalSet::range(0, maximum(v)));
        if (known && made == *at->set) return;
        region.own.push_back(std::make_shared<const IntervalSet>(std::move(made)));
        use = region.own.back().get();
    }
    if (use->empty()) region.never = true;
    if (known)
        at->set = use;
    else
        region.conditions.insert(at, {v, use});
}

void Matches::narrow(Region& region, VariableId variable, const IntervalSet& set) const {
    add(region, variable, set, false);
}

Region Matches::narrow(const Region& region, MatchId m, SlotMask without) const {
    Region out = region;
    const Compiled& c = compiled_[m];
    if (c.never) out.never = true;
    for (const auto& condition : conditions(m)) {
        if (condition.variable < variables_.size() && (variables_[condition.variable].slot & without)) continue;
        add(out, condition.variable, *condition.set, true);
        if (out.never) return out;
    }
    for (std::uint32_t i = 0; i < c.rest_count; ++i)
        if (const ExprId e = rests_[c.rest_first + i]; !(reach_.reads(e) & without)) out.rest.push_back(e);
    return out;
}

bool Matches::covers(MatchId m, const Region& region) const {
    const Compiled& c = compiled_[m];
    if (c.never) return false;
    for (std::uint32_t i = 0; i < c.rest_count; ++i)
        if (std::find(region.rest.begin(), region.rest.end(), rests_[c.rest_first + i]) == region.rest.end())
            return false;
    return std::all_of(conditions(m).begin(), conditions(m).end(), [&](const Condition& x) {
        const IntervalSet* there = region.find(x.variable);
        return there && (there == x.set || holds_all(*x.set, *there));
    });
}

bool Matches::apart(MatchId m, const Region& region) const {
    if (compiled_[m].never) return true;
    return std::any_of(conditions(m).begin(), conditions(m).end(), [&](const Condition& x) {
        const IntervalSet* there = region.find(x.variable);
        return there && there != x.set && !meets(*x.set, *there);
    });
}

// -- compiling ------------------------------------------------------------------------------------------------------

MatchId Matches::compile(ExprId expr) {
    const auto [it, fresh] = by_expr_.try_emplace(expr.value, static_cast<MatchId>(compiled_.size()));
    if (!fresh) return it->second;
    Region draft;
    if (!gather(expr, true, draft)) draft.rest.push_back(expr);
    Compiled c;
    c.expr = expr;
    c.reads = reach_.reads(expr);
    c.never = draft.never;
    c.first = static_cast<std::uint32_t>(conditions_.size());
    c.rest_first = static_cast<std::uint32_t>(rests_.size());
    if (!draft.never) {
        c.count = static_cast<std::uint32_t>(draft.conditions.size());
        c.rest_count = static_cast<std::uint32_t>(draft.rest.size());
        conditions_.insert(conditions_.end(), draft.conditions.begin(), draft.conditions.end());
        rests_.insert(rests_.end(), draft.rest.begin(), draft.rest.end());
        for (auto& set : draft.own) pool_.push_back(std::move(set));
        c.fixed_unknown = fixed_unknown(draft);
    }
    compiled_.push_back(c);
    return it->second;
}

bool Matches::always(MatchId m) const {
    const Compiled& c = compiled_[m];
    return !c.never && c.count == 0 && c.rest_count == 0;
}

/// Adds what the expression says to the draft. False: what was added is true of every match, but does not say all.
bool Matches::gather(ExprId id, bool positive, Region& draft) const {
    const auto& e = device_.exprs[id.index()].is;
    if (const auto* b = std::get_if<bool>(&e)) {
        if (*b != positive) draft.never = true;
        return true;
    }
    if (const auto* in = std::get_if<model::In>(&e)) return gather_in(*in, positive, draft);
    if (const auto* u = std::get_if<model::Unknown>(&e)) {
        const auto v = static_cast<VariableId>(variables_.size() + u->which.index());
        const auto set = IntervalSet::single(u->value);
        add(draft, v, positive ? set : set.complement(16), false);
        return true;
    }
    if (const auto* n = std::get_if<model::Not>(&e)) return gather(n->e, !positive, draft);
    if (const auto* t = std::get_if<model::InTuple>(&e)) return positive && gather_tuple(*t, draft);
    const auto* a = std::get_if<model::And>(&e);
    const auto& parts = a ? a->e : std::get<model::Or>(e).e;
    if ((a != nullptr) != positive) return positive && gather_either(parts, draft);
    bool all = true;
    for (const auto x : parts) {
        if (gather(x, positive, draft)) continue;
        if (positive)
            draft.rest.push_back(x);
        else
            all = false;
    }
    return all;
}

bool Matches::gather_in(const model::In& in, bool positive, Region& draft) const {
    const IntervalSet& set = literal(in.set, in.what.field);
    if (in.what.field == Field::family) {
        if (set.contains(static_cast<u128>(family_) & in.mask) != positive) draft.never = true;
        return true;
    }
    if (!is_narrow(in, family_)) return false;
    const VariableId v = variable(in.what);
    if (in.mask == 0xffffffffu && positive) {
        add(draft, v, set, true);
        return true;
    }
    const unsigned bits = in.what.field == Field::in_if ? 32 : model::field_bits(in.what.field, family_);
    IntervalSet wanted = set;
    if (in.mask != 0xffffffffu) {
        std::vector<base::Interval> listed;
        for (u128 x = 0; x <= base::low_mask(std::min(bits, 16u)); ++x)
            if (set.contains(x & in.mask)) listed.push_back({x, x});
        wanted = IntervalSet(std::move(listed));
    }
    add(draft, v, positive ? wanted : wanted.complement(bits), false);
    return true;
}

bool Matches::gather_tuple(const model::InTuple& tuple, Region& draft) const {
    const auto& relation = device_.relations[tuple.relation.index()];
    std::size_t alive = 0;
    std::vector<std::vector<base::Interval>> hull(relation.columns.size());
    for (const auto& row : relation.rows) {
        const auto possible = [&](std::size_t c) {
            const auto field = relation.columns[c].field;
            const IntervalSet& set = literal(row[c], field);
            return field == Field::family ? set.contains(static_cast<u128>(family_)) : !set.empty();
        };
        bool all = true;
        for (std::size_t c = 0; c < row.size() && all; ++c) all = possible(c);
        if (!all) continue;
        ++alive;
        for (std::size_t c = 0; c < row.size(); ++c) {
            const auto& list = literal(row[c], relation.columns[c].field).intervals();
            hull[c].insert(hull[c].end(), list.begin(), list.end());
        }
    }
    if (alive == 0) draft.never = true;
    for (std::size_t c = 0; c < hull.size() && alive; ++c)
        if (relation.columns[c].field != Field::family)
            add(draft, variable(relation.columns[c]), IntervalSet(std::move(hull[c])), false);
    return alive <= 1 || hull.size() == 1;
}

bool Matches::gather_either(const std::vector<ExprId>& e, Region& draft) const {
    if (e.size() > most_alternatives) return false;
    std::vector<Region> parts;
    bool whole = true;
    for (const auto x : e) {
        Region one;
        if (!gather(x, true, one)) one.rest.push_back(x);
        if (one.never) continue;
        whole = whole && one.rest.empty();
        if (one.conditions.empty() && one.rest.empty()) return true;
        parts.push_back(std::move(one));
    }
    if (parts.empty()) draft.never = true;
    if (parts.empty()) return true;
    if (parts.size() == 1) {
        for (const auto& c : parts[0].conditions) add(draft, c.variable, *c.set, false);
        draft.rest.insert(draft.rest.end(), parts[0].rest.begin(), parts[0].rest.end());
        return true;
    }
    for (const auto& c : parts[0].conditions) {
        IntervalSet hull = *c.set;
        bool in_all = true;
        for (std::size_t i = 1; i < parts.size() && in_all; ++i) {
            const IntervalSet* there = parts[i].find(c.variable);
            in_all = there != nullptr;
            if (there) hull = hull.unite(*there);
        }
        if (in_all) add(draft, c.variable, hull, false);
    }
    return whole && std::all_of(parts.begin(), parts.end(), [&](const Region& r) {
               return r.conditions.size() == 1 && r.conditions[0].variable == parts[0].conditions[0].variable;
           });
}

bool Matches::has_fixed_unknown(ExprId id) const {
    const auto& e = device_.exprs[id.index()].is;
    if (const auto* u = std::get_if<model::Unknown>(&e)) return fixed_[u->which.index()];
    if (const auto* n = std::get_if<model::Not>(&e)) return has_fixed_unknown(n->e);
    const auto any = [&](const std::vector<ExprId>& parts) {
        return std::any_of(parts.begin(), parts.end(), [&](ExprId x) { return has_fixed_unknown(x); });
    };
    if (const auto* a = std::get_if<model::And>(&e)) return any(a->e);
    if (const auto* o = std::get_if<model::Or>(&e)) return any(o->e);
    return false;
}

bool Matches::fixed_unknown(const Region& region) const {
    const auto& conditions = region.conditions;
    return any_fixed_ &&
           ((!conditions.empty() && std::any_of(conditions.begin(), conditions.end(),
                                                [&](const Condition& c) {
                                                    return c.variable >= variables_.size() &&
                                                           fixed_[c.variable - variables_.size()];
                                                })) ||
            std::any_of(region.rest.begin(), region.rest.end(), [&](ExprId e) { return has_fixed_unknown(e); }));
}

// -- testing --------------------------------------------------------------------------------------------------------

std::optional<std::uint16_t> Matches::answer(const Point& p, std::uint32_t predicate) const {
    for (const auto& [id, value] : p.predicates)
        if (id == predicate) return value;
    if (p.leave_open && fixed_[predicate]) return std::nullopt;
    std::uint64_t h = (p.seed + predicate + 1) * 0x9e3779b97f4a7c15ull;
    h = (h ^ (h >> 31)) * 0xbf58476d1ce4e5b9ull;
    return static_cast<std::uint16_t>((h >> 33) % std::max<std::uint32_t>(device_.predicates[predicate].choices, 2));
}

Truth Matches::test(MatchId m, const Point& p) const {
    const Compiled& c = compiled_[m];
    if (c.never) return Truth::never;
    Truth all = Truth::always;
    for (const auto& x : conditions(m)) {
        if (x.variable < variables_.size()) {
            if (!x.set->contains(p.values[x.variable])) return Truth::never;
            continue;
        }
        const auto value = answer(p, x.variable - static_cast<std::uint32_t>(variables_.size()));
        if (!value)
            all = Truth::maybe;
        else if (!x.set->contains(*value))
            return Truth::never;
    }
    for (std::uint32_t i = 0; i < c.rest_count && all != Truth::never; ++i)
        all = both(all, test(rests_[c.rest_first + i], p));
    return all;
}

Truth Matches::test(const model::In& in, const Point& p) const {
    const u128 value = in.what.field == Field::family ? static_cast<u128>(family_) : p.values[variable(in.what)];
    return literal(in.set, in.what.field).contains(in.mask == 0xffffffffu ? value : value & in.mask) ? Truth::always
                                                                                                     : Truth::never;
}

Truth Matches::test(ExprId id, const Point& p) const {
    const auto& e = device_.exprs[id.index()].is;
    if (const auto* b = std::get_if<bool>(&e)) return *b ? Truth::always : Truth::never;
    if (const auto* in = std::get_if<model::In>(&e)) return test(*in, p);
    if (const auto* n = std::get_if<model::Not>(&e)) return inverse(test(n->e, p));
    if (const auto* u = std::get_if<model::Unknown>(&e)) {
        const auto value = answer(p, u->which.value);
        return !value ? Truth::maybe : *value == u->value ? Truth::always : Truth::never;
    }
    if (const auto* t = std::get_if<model::InTuple>(&e)) {
        const auto& relation = device_.relations[t->relation.index()];
        if (relation.columns.empty()) return Truth::never;
        auto& rows = rows_[t->relation.value];
        if (!rows) rows = std::make_unique<const RowFinder>(device_, relation, family_);
        const auto& by = relation.columns[rows->column()];
        const u128 value = by.field == Field::family ? static_cast<u128>(family_) : p.values[variable(by)];
        return rows->any(value,
                         [&](std::uint32_t r) {
                             for (std::size_t c = 0; c < relation.columns.size(); ++c)
                                 if (test(model::In{relation.columns[c], relation.rows[r][c]}, p) != Truth::always)
                                     return false;
                             return true;
                         })
                   ? Truth::always
                   : Truth::never;
    }
    if (const auto* a = std::get_if<model::And>(&e)) {
        Truth all = Truth::always;
        for (const auto x : a->e)
            if ((all = both(all, test(x, p))) == Truth::never) break;
        return all;
    }
    Truth any = Truth::never;
    for (const auto x : std::get<model::Or>(e).e)
        if ((any = either(any, test(x, p))) == Truth::always) break;
    return any;
}

}  // namespace egresslint::flow::shadow
