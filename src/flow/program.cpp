// SPDX-License-Identifier: Apache-2.0
// Two readings of every expression. `condition` says exactly when it holds. `necessary` says what must hold of single
// fields for it not to be false, as a box for the index; it may say less than the truth, never more: whatever lies
// outside the box makes the expression *no* in the three-valued logic of the tracer, whatever the unknowns are.
#include "flow/program.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include "base/check.hpp"

namespace egresslint::flow {
namespace {

using namespace model;
using base::u128;

constexpr std::uint32_t no_index = 0xffffffffu;
/// A box with more intervals in one dimension gets their hull: it would be wide anyway, and a named set of thousands
/// must not be copied for every rule that mentions it.
constexpr std::size_t max_intervals = 64;
/// A disjunction of more has no box: joining the boxes of its parts would take longer than it saves.
constexpr std::size_t max_alternatives = 256;
/// Conjuncts of one rule that become checks; the others become expressions.
constexpr std::size_t most_checks = 0x4000;

Dimension dimension_of(const FieldRef& ref) {
    const bool before = ref.view == View::original;
    switch (ref.field) {
        case Field::src: return before ? dim_src_before : dim_src;
        case Field::dst: return before ? dim_dst_before : dim_dst;
        case Field::sport: return before ? dim_sport_before : dim_sport;
        case Field::dport: return before ? dim_dport_before : dim_dport;
        case Field::in_if: return dim_in_if;
        case Field::out_if: return dim_out_if;
        case Field::proto: return dim_proto;
        case Field::icmp_type: return dim_icmp_type;
        case Field::icmp_code: return dim_icmp_code;
        case Field::tcp_flags: return dim_tcp_flags;
        case Field::ct_state: return dim_ct_state;
        case Field::reg: return static_cast<Dimension>(first_register + ref.reg.index());
        case Field::family: break;
    }
    return first_register;
}

std::uint8_t open_bit(std::uint16_t dimension) {
    const bool may_be_open =
        dimension == dim_src || dimension == dim_dst || dimension == dim_sport || dimension == dim_dport;
    return may_be_open ? static_cast<std::uint8_t>(1u << dimension) : std::uint8_t{0};
}

class Compiler {
public:
    Compiler(Program& program, const Device& device, Family family, const CutLimits& limits)
        : p_(program),
          d_(device),
          family_(family),
          limits_(limits),
          expr_of_(device.exprs.size(), no_index),
          relation_of_(device.relations.size(), no_index) {}

    void run() {
        p_.wide = family_ == Family::v6;
        p_.chains.resize(d_.chains.size());
        std::vector<ChainId> waiting;
        std::vector<bool> seen(d_.chains.size());
        const auto reach = [&](ChainId id) {
            if (!seen[id.index()]) waiting.push_back(id);
            seen[id.index()] = true;
        };
        for (const Stage& stage : d_.pipeline) {
            p_.stages.push_back({condition(stage.when), stage.entry, decision(stage.fallthrough)});
            reach(stage.entry);
        }
        while (!waiting.empty()) {
            const ChainId id = waiting.back();
            waiting.pop_back();
            chain(id);
            for (const RuleId r : d_.chains[id.index()].rules) {
                const Rule& rule = d_.rules[r.index()];
                if (!rule.active) continue;
                if (const auto* jump = std::get_if<Jump>(&rule.control)) reach(jump->to);
                if (const auto* go = std::get_if<Goto>(&rule.control)) reach(go->to);
            }
        }
    }

private:
    void chain(ChainId id) {
        CompiledChain& out = p_.chains[id.index()];
        out.rules = static_cast<std::uint32_t>(p_.rules.size());
        std::vector<Box> boxes;
        for (const RuleId r : d_.chains[id.index()].rules) {
            const Rule& rule = d_.rules[r.index()];
            if (!rule.active) continue;
            CompiledRule compiled;
            compiled.rule = r;
            compiled.when = condition(rule.match, &compiled);
            const EffectRange list = effects(rule.effects);
            EGL_CHECK(list.count <= 0xffff);
            compiled.effects = list.first;
            compiled.effect_count = static_cast<std::uint16_t>(list.count);
            control(rule.control, compiled);
            p_.rules.push_back(compiled);
            boxes.push_back(necessary(rule.match, false));
        }
        out.count = static_cast<std::uint32_t>(boxes.size());
        out.index = RuleIndex(boxes, p_.wide, limits_);
    }

    // -- actions

    /// Nothing for a translation of the other family. Rewrites of ports are for packets with ports; the tracer looks.
    void effect(const Translate& t) {
        if (is_address(t.field) && t.family && *t.family != family_) return;
        CompiledEffect e;
        e.slot = static_cast<std::uint8_t>(rewritable_slot(t.field));
        const auto* fixed = std::get_if<Fixed>(&t.to);
        if (std::holds_alternative<Keep>(t.to)) return;
        if (fixed && fixed->value <= 0xffffffffu) {
            e.kind = CompiledEffect::Kind::set_number;
            e.value = static_cast<std::uint32_t>(fixed->value);
        } else {
            e.kind = CompiledEffect::Kind::translate;
            e.value = static_cast<std::uint32_t>(p_.translations.size());
            p_.translations.push_back(&t);
        }
        p_.effects.push_back(e);
    }
    void effect(const Assign& a) {
        CompiledEffect e;
        e.dimension = dimension_of(a.to);
        if (a.and_a == 0 && a.and_b == 0) {
            e.kind = CompiledEffect::Kind::set_known;
            e.value = a.value;
        } else {
            e.kind = CompiledEffect::Kind::assign;
            e.value = static_cast<std::uint32_t>(p_.assignments.size());
            p_.assignments.push_back(&a);
        }
        p_.effects.push_back(e);
    }
    void effect(const Log&) { p_.effects.push_back({CompiledEffect::Kind::log}); }
    void effect(const Limited&) { p_.effects.push_back({CompiledEffect::Kind::limited}); }
    void effect(const Inspected&) { p_.effects.push_back({CompiledEffect::Kind::inspected}); }
    void effect(const Effect& e) {
        std::visit([&](const auto& one) { effect(one); }, e);
    }

    template <class List>
    EffectRange effects(const List& list) {
        EffectRange out{static_cast<std::uint32_t>(p_.effects.size()), 0};
        for (const auto& e : list) effect(e);
        out.count = static_cast<std::uint32_t>(p_.effects.size()) - out.first;
        return out;
    }

    /// Most decisions translate nothing; those of one verdict are the same.
    std::uint32_t decision(const Decide& d) {
        const CompiledDecision made{d.verdict, effects(d.then)};
        std::uint32_t& plain = plain_decisions_[static_cast<std::size_t>(d.verdict)];
        if (made.then.count == 0 && plain != no_index) return plain;
        const auto id = static_cast<std::uint32_t>(p_.decisions.size());
        p_.decisions.push_back(made);
        if (made.then.count == 0) plain = id;
        return id;
    }

    void control(const Control& c, CompiledRule& out) {
        using Kind = CompiledRule::Control;
        if (std::holds_alternative<Return>(c)) out.control = Kind::leave;
        if (std::holds_alternative<Settle>(c)) out.control = Kind::settle;
        if (const auto* jump = std::get_if<Jump>(&c)) out.control = Kind::jump, out.target = jump->to.value;
        if (const auto* go = std::get_if<Goto>(&c)) out.control = Kind::go_to, out.target = go->to.value;
        if (const auto* d = std::get_if<Decide>(&c)) {
            out.control = d->final ? Kind::decide : Kind::propose;
            out.target = decision(*d);
        }
    }

    // -- exactly

    /// With `rule`, the first checks stand in it.
    Condition condition(ExprId id, CompiledRule* rule = nullptr) {
        Condition out;
        out.expr = id;
        std::vector<Check> checks;
        conjuncts(id, checks, out.open_fields);
        EGL_CHECK(checks.size() <= 0xffff);
        auto rest = checks.begin();
        if (rule) {
            rule->first_count = static_cast<std::uint8_t>(std::min(checks.size(), CompiledRule::most_first));
            rest += rule->first_count;
            std::copy(checks.begin(), rest, rule->first.begin());
        }
        out.checks = static_cast<std::uint32_t>(p_.checks.size());
        out.count = static_cast<std::uint16_t>(checks.end() - rest);
        p_.checks.insert(p_.checks.end(), rest, checks.end());
        return out;
    }

    void conjuncts(ExprId id, std::vector<Check>& out, std::uint8_t& open) {
        if (out.size() >= most_checks) return rest(id, out, open);
        const auto& e = d_.exprs[id.index()].is;
        if (const auto* a = std::get_if<And>(&e)) {
            if (a->e.size() > 0xff) return rest(id, out, open);
            for (const ExprId x : a->e) conjuncts(x, out, open);
        } else if (const auto* in = std::get_if<In>(&e); in && in->what.field != Field::family && full_mask(*in)) {
            const Check c = check(in->what, literal(in->set, in->what.field), false);
            out.push_back(c);
            open |= open_bit(c.dimension);
        } else if (const auto* n = std::get_if<Not>(&e); n && closed_in(n->e)) {
            // Only of fields that are never open: the tracer's order of questions must not change.
            const auto& negated = std::get<In>(d_.exprs[n->e.index()].is);
            out.push_back(check(negated.what, literal(negated.set, negated.what.field), true));
        } else {
            rest(id, out, open);
        }
    }

    void rest(ExprId id, std::vector<Check>& out, std::uint8_t& open) {
        const std::uint32_t node = expression(id, open);
        const CompiledExpr& e = p_.exprs[node];
        if (e.kind == CompiledExpr::Kind::constant) {
            if (e.first == 0) out.push_back({});  // never
            return;
        }
        out.push_back({Check::Kind::expression, 0, node, 0});
    }

    static bool full_mask(const In& in) { return in.mask == 0xffffffffu || !has_mask(in.what.field); }
    /// The tracer masks these and ignores the mask of others.
    static bool has_mask(Field f) {
        return f != Field::src && f != Field::dst && f != Field::sport && f != Field::dport;
    }
    bool closed_in(ExprId id) const {
        const auto* in = std::get_if<In>(&d_.exprs[id.index()].is);
        return in && in->what.field != Field::family && full_mask(*in) && !open_bit(dimension_of(in->what));
    }

    const IntervalSet& literal(SetId id, Field field) const {
        const auto* set = std::get_if<LiteralSet>(&d_.sets[id.index()].is);
        EGL_CHECK(set != nullptr);
        return set->of(field, family_);
    }

    bool is_wide(std::uint16_t dimension) const { return p_.wide && dimension < wide_dimensions; }

    Check check(const FieldRef& ref, const IntervalSet& values, bool negated) {
        const std::uint16_t dimension = dimension_of(ref);
        const u128 top = is_wide(dimension) ? ~u128{0} : u128{0xffffffffu};
        // Edges: a value is inside when an odd number of them is not above it.
        std::vector<u128> edges;
        if (negated) edges.push_back(0);
        for (const auto& i : values.intervals()) {
            if (i.first > top) break;
            if (!edges.empty() && edges.back() == i.first)
                edges.pop_back();
            else
                edges.push_back(i.first);
            if (i.last < top) edges.push_back(i.last + 1);
        }
        if (edges.empty()) return {};
        if (edges.size() <= 2) {
            const u128 first = edges[0], last = edges.size() == 2 ? edges[1] - 1 : top;
            if (!is_wide(dimension))
                return {Check::Kind::range, dimension, static_cast<std::uint32_t>(first),
                        static_cast<std::uint32_t>(last - first)};
            p_.wide_ranges.push_back({first, last - first});
            return {Check::Kind::wide_range, dimension, static_cast<std::uint32_t>(p_.wide_ranges.size() - 1), 0};
        }
        // The same set in many rules is stored once.
        auto [known, fresh] = set_of_.try_emplace({&values, negated, is_wide(dimension)}, 0u);
        if (fresh) {
            known->second = static_cast<std::uint32_t>(p_.sets.size());
            CompiledSet s;
            s.count = static_cast<std::uint32_t>(edges.size());
            if (is_wide(dimension)) {
                s.first = static_cast<std::uint32_t>(p_.wide_edges.size());
                p_.wide_edges.insert(p_.wide_edges.end(), edges.begin(), edges.end());
            } else {
                s.first = static_cast<std::uint32_t>(p_.edges.size());
                for (const u128 edge : edges) p_.edges.push_back(static_cast<std::uint32_t>(edge));
            }
            p_.sets.push_back(s);
        }
        return {Check::Kind::set, dimension, known->second, 0};
    }

    std::uint32_t expression(ExprId id, std::uint8_t& open) {
        if (expr_of_[id.index()] == no_index) {
            std::uint8_t mine = 0;
            CompiledExpr e = compiled(id, mine);
            expr_of_[id.index()] = static_cast<std::uint32_t>(p_.exprs.size());
            p_.exprs.push_back(e);
            open_of_.push_back(mine);
        }
        open |= open_of_[expr_of_[id.index()]];
        return expr_of_[id.index()];
    }

    CompiledExpr compiled(ExprId id, std::uint8_t& open) {
        using Kind = CompiledExpr::Kind;
        CompiledExpr out;
        const auto& e = d_.exprs[id.index()].is;
        if (const auto* b = std::get_if<bool>(&e)) {
            out.first = *b ? 1 : 0;
        } else if (const auto* in = std::get_if<In>(&e)) {
            const IntervalSet& set = literal(in->set, in->what.field);
            if (in->what.field == Field::family) {
                out.first = set.contains(static_cast<std::uint32_t>(family_) & in->mask) ? 1 : 0;
            } else if (full_mask(*in)) {
                out.kind = Kind::check;
                out.check = check(in->what, set, false);
                open |= open_bit(dimension_of(in->what));
            } else {
                out.kind = Kind::masked;
                out.check = check(in->what, set, false);
                out.first = in->mask;
            }
        } else if (const auto* tuple = std::get_if<InTuple>(&e)) {
            out.kind = Kind::tuple;
            out.first = relation(tuple->relation);
            for (const FieldRef& column : d_.relations[tuple->relation.index()].columns)
                if (column.field != Field::family) open |= open_bit(dimension_of(column));
        } else if (const auto* unknown = std::get_if<Unknown>(&e)) {
            out.kind = Kind::unknown;
            out.first = unknown->which.value;
            out.count = unknown->value;
        } else if (const auto* n = std::get_if<Not>(&e)) {
            const std::uint32_t child = expression(n->e, open);
            out.kind = Kind::negation;
            out.first = child;
            if (p_.exprs[child].kind == Kind::constant) {
                out.kind = Kind::constant;
                out.first = p_.exprs[child].first ? 0 : 1;
            }
        } else {
            const bool conjunction = std::holds_alternative<And>(e);
            const auto& list = conjunction ? std::get<And>(e).e : std::get<Or>(e).e;
            std::vector<std::uint32_t> nodes;
            for (const ExprId x : list) nodes.push_back(expression(x, open));
            out.kind = conjunction ? Kind::conjunction : Kind::disjunction;
            out.first = static_cast<std::uint32_t>(p_.children.size());
            out.count = static_cast<std::uint32_t>(nodes.size());
            p_.children.insert(p_.children.end(), nodes.begin(), nodes.end());
        }
        return out;
    }

    std::uint32_t relation(RelationId id) {
        if (relation_of_[id.index()] != no_index) return relation_of_[id.index()];
        const Relation& r = d_.relations[id.index()];
        CompiledRelation out;
        out.rows = static_cast<std::uint32_t>(p_.rows.size());
        std::vector<Box> boxes;
        for (const auto& row : r.rows) {
            Condition c;
            c.checks = static_cast<std::uint32_t>(p_.checks.size());
            Box box;
            for (std::size_t i = 0; i < row.size(); ++i) {
                const FieldRef& column = r.columns[i];
                const IntervalSet& values = literal(row[i], column.field);
                if (column.field == Field::family) {
                    if (!values.contains(static_cast<std::uint32_t>(family_)))
                        p_.checks.push_back({}), box.never = true;
                    continue;
                }
                p_.checks.push_back(check(column, values, false));
                narrow(box, dimension_of(column), values);
            }
            c.count = static_cast<std::uint16_t>(p_.checks.size() - c.checks);
            p_.rows.push_back(c);
            boxes.push_back(std::move(box));
        }
        out.index = RuleIndex(boxes, p_.wide, limits_);
        relation_of_[id.index()] = static_cast<std::uint32_t>(p_.relations.size());
        p_.relations.push_back(std::move(out));
        return relation_of_[id.index()];
    }

    // -- what a box must hold

    /// An empty intersection is left out: the fields may be open, and then the tracer asks about both halves.
    void narrow(Box& box, std::uint16_t dimension, const IntervalSet& values) const {
        if (values.empty()) box.never = true;
        if (values.intervals().size() > max_intervals)
            return narrow(box, dimension,
                          IntervalSet::range(values.intervals().front().first, values.intervals().back().last));
        if (values.is_full(is_wide(dimension) ? 128 : 32)) return;
        for (Bound& b : box.bounds)
            if (b.dimension == dimension) {
                IntervalSet both = b.values.intersect(values);
                if (!both.empty()) b.values = std::move(both);
                return;
            }
        box.bounds.push_back({dimension, values});
    }

    void narrow(Box& box, const Box& other) const {
        box.never = box.never || other.never;
        for (const Bound& b : other.bounds) narrow(box, b.dimension, b.values);
    }

    static void widen(std::optional<Box>& box, const Box& other) {
        if (other.never) return;
        if (!box) {
            box = other;
            return;
        }
        std::erase_if(box->bounds, [&](Bound& mine) {
            for (const Bound& b : other.bounds)
                if (b.dimension == mine.dimension) {
                    mine.values = mine.values.unite(b.values);
                    return false;
                }
            return true;
        });
    }

    Box necessary(ExprId id, bool negated) {
        const auto& e = d_.exprs[id.index()].is;
        Box out;
        if (const auto* b = std::get_if<bool>(&e)) {
            out.never = *b == negated;
        } else if (const auto* in = std::get_if<In>(&e)) {
            const IntervalSet& set = literal(in->set, in->what.field);
            if (in->what.field == Field::family) {
                out.never = set.contains(static_cast<std::uint32_t>(family_) & in->mask) == negated;
            } else if (full_mask(*in)) {
                const std::uint16_t dimension = dimension_of(in->what);
                if (negated && set.intervals().size() > max_intervals) return out;
                if (negated)
                    narrow(out, dimension, set.complement(is_wide(dimension) ? 128 : 32));
                else
                    narrow(out, dimension, set);
            }
        } else if (const auto* tuple = std::get_if<InTuple>(&e)) {
            if (!negated) out = columns(tuple->relation);
        } else if (const auto* n = std::get_if<Not>(&e)) {
            out = necessary(n->e, !negated);
        } else if (!std::holds_alternative<Unknown>(e)) {
            const bool conjunction = std::holds_alternative<And>(e);
            const auto& list = conjunction ? std::get<And>(e).e : std::get<Or>(e).e;
            if (conjunction != negated) {
                for (const ExprId x : list) narrow(out, necessary(x, negated));
            } else if (list.size() <= max_alternatives) {
                std::optional<Box> any;
                for (const ExprId x : list) widen(any, necessary(x, negated));
                if (any)
                    out = std::move(*any);
                else
                    out.never = true;
            }
        }
        return out;
    }

    /// The union of each column; the same for every rule that asks the relation.
    const Box& columns(RelationId id) {
        const auto [known, fresh] = columns_of_.try_emplace(id.value);
        Box& box = known->second;
        if (!fresh) return box;
        const Relation& r = d_.relations[id.index()];
        box.never = r.rows.empty();
        for (std::size_t c = 0; c < r.columns.size(); ++c) {
            if (r.columns[c].field == Field::family) continue;
            std::vector<base::Interval> all;
            for (const auto& row : r.rows) {
                const auto& intervals = literal(row[c], r.columns[c].field).intervals();
                all.insert(all.end(), intervals.begin(), intervals.end());
            }
            narrow(box, dimension_of(r.columns[c]), IntervalSet(std::move(all)));
        }
        return box;
    }

    Program& p_;
    const Device& d_;
    Family family_;
    CutLimits limits_;
    std::vector<std::uint32_t> expr_of_, relation_of_;
    std::array<std::uint32_t, 3> plain_decisions_{no_index, no_index, no_index};  ///< by verdict
    std::vector<std::uint8_t> open_of_;                                           ///< by compiled expression
    std::map<std::tuple<const IntervalSet*, bool, bool>, std::uint32_t> set_of_;
    std::map<std::uint32_t, Box> columns_of_;
};

template <class T>
std::size_t bytes_of(const std::vector<T>& v) {
    return v.capacity() * sizeof(T);
}

}  // namespace

std::size_t rewritable_slot(Field field) {
    switch (field) {
        case Field::src: return 0;
        case Field::dst: return 1;
        case Field::sport: return 2;
        default: return 3;
    }
}

Program::Program(const Device& device, Family family, const CutLimits& limits) {
    Compiler(*this, device, family, limits).run();
}

std::size_t Program::bytes() const {
    std::size_t sum = bytes_of(checks) + bytes_of(rules) + bytes_of(chains) + bytes_of(stages) + bytes_of(decisions) +
                      bytes_of(effects) + bytes_of(translations) + bytes_of(assignments) + bytes_of(exprs) +
                      bytes_of(children) + bytes_of(relations) + bytes_of(rows) + bytes_of(sets) + bytes_of(edges) +
                      bytes_of(wide_edges) + bytes_of(wide_ranges);
    for (const CompiledChain& c : chains) sum += c.index.bytes();
    for (const CompiledRelation& r : relations) sum += r.index.bytes();
    return sum;
}

}  // namespace egresslint::flow
