// SPDX-License-Identifier: Apache-2.0
#include "flow/compiled_state.hpp"

#include "base/check.hpp"

namespace egresslint::flow {

using namespace model;
using base::u128;

namespace {

Truth negated(Truth t) { return t == Truth::open ? t : t == Truth::yes ? Truth::no : Truth::yes; }
Truth truth(bool b) { return b ? Truth::yes : Truth::no; }

}  // namespace

// -- numbers

bool ConditionEvaluator::holds(const Check& check, std::uint32_t value) const {
    if (check.kind == Check::Kind::range) return value - check.a <= check.b;
    if (check.kind != Check::Kind::set) return false;
    const CompiledSet& set = program_.sets[check.a];
    return keys_up_to(program_.edges.data() + set.first, set.count, value) & 1;
}

bool ConditionEvaluator::holds(const TraceBranch& m, const Check& check) const {
    if (!program_.wide || check.dimension >= wide_dimensions) return holds(check, m.value[check.dimension]);
    const u128 value = m.wide[check.dimension];
    if (check.kind == Check::Kind::wide_range) {
        const WideRange& range = program_.wide_ranges[check.a];
        return value - range.first <= range.width;
    }
    if (check.kind != Check::Kind::set) return false;
    const CompiledSet& set = program_.sets[check.a];
    return keys_up_to(program_.wide_edges.data() + set.first, set.count, value) & 1;
}

bool ConditionEvaluator::row_holds(const TraceBranch& m, const Condition& row) const {
    const Check* check = program_.checks.data() + row.checks;
    for (const Check* end = check + row.count; check != end; ++check)
        if (!holds(m, *check)) return false;
    return true;
}

bool ConditionEvaluator::tuple(const TraceBranch& m, const CompiledRelation& relation) {
    found_.clear();
    relation.index.look({m.value.data(), m.wide.data()}, 0, found_);
    for (const Candidates& list : found_)
        for (const std::uint32_t* row = list.at; row != list.end; ++row)
            if (row_holds(m, program_.rows[relation.rows + *row])) return true;
    return false;
}

Truth ConditionEvaluator::expr(const TraceBranch& m, std::uint32_t id) {
    using Kind = CompiledExpr::Kind;
    const CompiledExpr& e = program_.exprs[id];
    const std::uint32_t* child = program_.children.data() + e.first;
    switch (e.kind) {
        case Kind::constant: return truth(e.first != 0);
        case Kind::check: return truth(holds(m, e.check));
        case Kind::masked: return truth(holds(e.check, m.value[e.check.dimension] & e.first));
        case Kind::tuple: return truth(tuple(m, program_.relations[e.first]));
        case Kind::unknown: return unknown(m, e.first, e.count);
        case Kind::negation: return negated(expr(m, e.first));
        case Kind::conjunction: {
            Truth all = Truth::yes;
            for (std::uint32_t i = 0; i < e.count; ++i) {
                const Truth one = expr(m, child[i]);
                if (one == Truth::no) return one;
                if (one == Truth::open) all = one;
            }
            return all;
        }
        case Kind::disjunction: {
            Truth any = Truth::no;
            for (std::uint32_t i = 0; i < e.count; ++i) {
                const Truth one = expr(m, child[i]);
                if (one == Truth::yes) return one;
                if (one == Truth::open) any = one;
            }
            return any;
        }
    }
    return Truth::no;
}

// -- unknowns

Truth ConditionEvaluator::unknown(const TraceBranch& m, std::uint32_t which, std::uint32_t value) {
    if (some_predicates_)
        if (const auto it = given_->predicates.find(which); it != given_->predicates.end())
            return truth(it->second == value);
    uncertain_ = true;
    if (const LeftOfUnknown* left = m.find(true, which)) {
        if (device_.predicates[which].choices <= LeftOfUnknown::most_bits) {
            const std::uint64_t bit = std::uint64_t{1} << value;
            if (!(left->bits & bit)) return Truth::no;
            if (left->bits == bit) return Truth::yes;
        } else {
            if (!left->set.contains(value)) return Truth::no;
            if (left->set.single_value()) return Truth::yes;
        }
    }
    if (question_.about == TraceQuestion::About::nothing) {
        question_.about = TraceQuestion::About::predicate;
        question_.which = which;
        question_.value = static_cast<std::uint16_t>(value);
    }
    return Truth::open;
}

const IntervalSet& ConditionEvaluator::candidates(ChoiceId id) const {
    const Choice& c = device_.choices[id.index()];
    return c.candidates.of(c.field, family_);
}

const IntervalSet& ConditionEvaluator::left_of_choice(const TraceBranch& m, ChoiceId id) const {
    const LeftOfUnknown* left = m.find(false, id.value);
    return left ? left->set : candidates(id);
}

void ConditionEvaluator::answer(TraceBranch& m, const TraceQuestion& q, bool yes) const {
    const bool predicate = q.about == TraceQuestion::About::predicate;
    auto* left = const_cast<LeftOfUnknown*>(m.find(predicate, q.which));
    const std::uint32_t values = predicate ? device_.predicates[q.which].choices : 0;
    if (!left) {
        left = &m.left.emplace_back();
        left->predicate = predicate;
        left->which = q.which;
        if (!predicate)
            left->set = candidates(ChoiceId(q.which));
        else if (values > LeftOfUnknown::most_bits)
            left->set = IntervalSet::range(0, values - 1u);
        else
            left->bits = values == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << values) - 1;
    }
    if (!predicate) {
        left->set = yes ? left->set.intersect(q.inside) : left->set.minus(q.inside);
    } else if (values > LeftOfUnknown::most_bits) {
        const auto one = IntervalSet::single(q.value);
        left->set = yes ? one : left->set.minus(one);
    } else {
        const std::uint64_t bit = std::uint64_t{1} << q.value;
        left->bits = yes ? bit : left->bits & ~bit;
    }
}

// -- on the model

Truth ConditionEvaluator::inside(const TraceBranch& m, const TracedValue& value, unsigned bits,
                                 const IntervalSet& set) {
    if (!value.choice.valid()) return truth(set.contains(value.number));
    uncertain_ = true;
    const IntervalSet& left = left_of_choice(m, value.choice);
    IntervalSet wanted = value.number ? set.shifted(~value.number + 1, bits) : set;
    if (!left.intersects(wanted)) return Truth::no;
    if (wanted.contains_all(left)) return Truth::yes;
    if (question_.about == TraceQuestion::About::nothing) {
        question_.about = TraceQuestion::About::choice;
        question_.which = value.choice.value;
        question_.inside = std::move(wanted);
    }
    return Truth::open;
}

Truth ConditionEvaluator::model_field(const TraceBranch& m, const FieldRef& ref, std::uint32_t mask, SetId id) {
    const auto* literal = std::get_if<LiteralSet>(&device_.sets[id.index()].is);
    EGL_CHECK(literal != nullptr);
    const IntervalSet& set = literal->of(ref.field, family_);
    const auto number = [&](std::uint32_t v) { return truth(set.contains(v & mask)); };
    const bool before = ref.view == View::original;
    switch (ref.field) {
        case Field::family: return number(static_cast<std::uint32_t>(family_));
        case Field::src:
        case Field::dst:
        case Field::sport:
        case Field::dport: {
            const std::size_t slot = rewritable_slot(ref.field);
            if (!before) return inside(m, m.now[slot], field_bits(ref.field, family_), set);
            const std::uint16_t dimension = static_cast<std::uint16_t>(rewritable[slot] + 2);
            const bool wide = program_.wide && dimension < wide_dimensions;
            return truth(set.contains(wide ? m.wide[dimension] : u128{m.value[dimension]}));
        }
        case Field::in_if: return number(m.value[dim_in_if]);
        case Field::out_if: return number(m.value[dim_out_if]);
        case Field::proto: return number(m.value[dim_proto]);
        case Field::icmp_type: return number(m.value[dim_icmp_type]);
        case Field::icmp_code: return number(m.value[dim_icmp_code]);
        case Field::tcp_flags: return number(m.value[dim_tcp_flags]);
        case Field::ct_state: return number(m.value[dim_ct_state]);
        case Field::reg: return number(m.value[first_register + ref.reg.index()]);
    }
    return Truth::no;
}

Truth ConditionEvaluator::model_tuple(const TraceBranch& m, const Relation& relation) {
    Truth any = Truth::no;
    for (const auto& row : relation.rows) {
        Truth all = Truth::yes;
        for (std::size_t c = 0; c < row.size() && all != Truth::no; ++c) {
            const Truth one = model_field(m, relation.columns[c], 0xffffffffu, row[c]);
            if (one != Truth::yes) all = one;
        }
        if (all == Truth::yes) return all;
        if (all == Truth::open) any = all;
    }
    return any;
}

Truth ConditionEvaluator::model_expr(const TraceBranch& m, ExprId id) {
    const auto& e = device_.exprs[id.index()].is;
    if (const auto* b = std::get_if<bool>(&e)) return truth(*b);
    if (const auto* in = std::get_if<In>(&e)) return model_field(m, in->what, in->mask, in->set);
    if (const auto* t = std::get_if<InTuple>(&e)) return model_tuple(m, device_.relations[t->relation.index()]);
    if (const auto* u = std::get_if<Unknown>(&e)) return unknown(m, u->which.value, u->value);
    if (const auto* n = std::get_if<Not>(&e)) return negated(model_expr(m, n->e));
    const bool conjunction = std::holds_alternative<And>(e);
    const Truth settled = conjunction ? Truth::no : Truth::yes;
    Truth result = negated(settled);
    for (const ExprId x : conjunction ? std::get<And>(e).e : std::get<Or>(e).e) {
        const Truth one = model_expr(m, x);
        if (one == settled) return one;
        if (one == Truth::open) result = one;
    }
    return result;
}

}  // namespace egresslint::flow
