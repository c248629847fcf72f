// SPDX-License-Identifier: Apache-2.0
#include "model/validate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "model/field.hpp"

namespace egresslint::model {
namespace {

constexpr std::size_t max_lines = 50;

template <class Tag, class T>
bool in_range(Id<Tag> id, const std::vector<T>& table) {
    return id.valid() && id.index() < table.size();
}
template <class Tag, class T>
bool absent_or_in_range(Id<Tag> id, const std::vector<T>& table) {
    return !id.valid() || id.index() < table.size();
}

/// Post-order walk over a graph of `size` nodes without recursion. Returns heights (edges to the deepest leaf), or an
/// empty vector when a cycle is reachable from `roots`.
template <class Children>
std::vector<unsigned> heights(std::size_t size, const std::vector<std::size_t>& roots, const Children& children) {
    enum : std::uint8_t { fresh, open, done };
    std::vector<std::uint8_t> state(size, fresh);
    std::vector<unsigned> height(size, 0);
    struct Frame {
        std::size_t node;
        std::vector<std::size_t> next;
        std::size_t at = 0;
    };
    std::vector<Frame> stack;
    for (const auto root : roots) {
        if (state[root] == done) continue;
        state[root] = open;
        stack.push_back({root, children(root)});
        while (!stack.empty()) {
            auto& top = stack.back();
            if (top.at < top.next.size()) {
                const auto child = top.next[top.at++];
                if (state[child] == open) return {};
                if (state[child] == fresh) {
                    state[child] = open;
                    stack.push_back({child, children(child)});
                } else {
                    height[top.node] = std::max(height[top.node], height[child] + 1);
                }
            } else {
                const auto node = top.node;
                state[node] = done;
                stack.pop_back();
                if (!stack.empty()) {
                    auto& parent = height[stack.back().node];
                    parent = std::max(parent, height[node] + 1);
                }
            }
        }
    }
    if (size == 0) height.push_back(0);  // an empty result means a cycle
    return height;
}

class Validator {
public:
    explicit Validator(const Device& device) : d_(device) {}

    std::vector<std::string> run() {
        tables();
        for (std::size_t i = 0; i < d_.exprs.size(); ++i) expr(i);
        for (std::size_t i = 0; i < d_.chains.size(); ++i)
            for (const auto r : d_.chains[i].rules)
                check(in_range(r, d_.rules), [&] { return fmt::format("chain {}: rule out of range", i); });
        for (std::size_t i = 0; i < d_.rules.size(); ++i) rule(i);
        for (std::size_t i = 0; i < d_.pipeline.size(); ++i) stage(i);
        // The walks below follow ids, so they need them in range.
        if (lines_.empty()) {
            if (!expressions_acyclic()) lines_.emplace_back("expressions refer to themselves");
            if (!jumps_are_acyclic(d_)) lines_.emplace_back("jumps form a cycle or nest too deeply");
        }
        return std::move(lines_);
    }

private:
    template <class Message>
    void check(bool good, const Message& message) {
        if (!good && lines_.size() < max_lines) lines_.push_back(message());
    }

    void tables() {
        const auto line = [](const char* text) { return [text] { return std::string(text); }; };
        check(d_.exprs.size() >= 2 && d_.exprs[0] == Expr{false} && d_.exprs[1] == Expr{true},
              line("expressions 0 and 1 are not false and true"));
        check(d_.interfaces.size() >= first_interface, line("interfaces 0 and 1 are not reserved"));
        check(absent_or_in_range(d_.gateway_register, d_.registers), line("gateway register out of range"));
        for (std::size_t i = 0; i < d_.predicates.size(); ++i)
            check(d_.predicates[i].choices >= 2 && is_header(d_.predicates[i].beside),
                  [&] { return fmt::format("predicate {}: fewer than two values, or beside no header field", i); });
        for (std::size_t i = 0; i < d_.choices.size(); ++i) {
            const auto& c = d_.choices[i];
            check(translatable(c.field), [&] { return fmt::format("choice {}: field cannot be translated", i); });
            check(fits(c.candidates.values, is_address(c.field) ? 32 : 16) && fits(c.candidates.values6, 128),
                  [&] { return fmt::format("choice {}: candidate wider than the field", i); });
            check(!c.candidates.values.empty() || !c.candidates.values6.empty(),
                  [&] { return fmt::format("choice {}: no candidates", i); });
        }
        for (std::size_t i = 0; i < d_.sets.size(); ++i)
            check(!d_.resolved || std::holds_alternative<LiteralSet>(d_.sets[i].is) || !used_set(i),
                  [&] { return fmt::format("set {}: symbolic in a resolved device", i); });
        for (std::size_t i = 0; i < d_.relations.size(); ++i) {
            const auto& r = d_.relations[i];
            for (const auto& c : r.columns) field(c, [&] { return fmt::format("relation {}", i); });
            for (const auto& row : r.rows) {
                check(row.size() == r.columns.size(),
                      [&] { return fmt::format("relation {}: row of another width", i); });
                for (const auto s : row)
                    check(in_range(s, d_.sets), [&] { return fmt::format("relation {}: set out of range", i); });
            }
        }
        interfaces(d_.interfaces);
        for (const auto& alternative : d_.alternatives) {
            check(alternative.size() == d_.interfaces.size(),
                  [&] { return std::string("an alternative has other interfaces"); });
            interfaces(alternative);
        }
    }

    void interfaces(const std::vector<Interface>& all) {
        for (std::size_t i = first_interface; i < all.size(); ++i)
            check(absent_or_in_range(all[i].unknown_address4, d_.choices) &&
                      absent_or_in_range(all[i].unknown_address6, d_.choices),
                  [&] { return fmt::format("interface {}: choice out of range", i); });
    }

    /// Sets that no expression mentions any more may stay symbolic: resolve rewrites expressions, not sets.
    bool used_set(std::size_t index) {
        if (used_sets_.empty()) {
            used_sets_.resize(d_.sets.size() + 1);
            for (const auto& e : d_.exprs)
                if (const auto* in = std::get_if<In>(&e.is); in && in_range(in->set, d_.sets))
                    used_sets_[in->set.index()] = true;
            for (const auto& r : d_.relations)
                for (const auto& row : r.rows)
                    for (const auto s : row)
                        if (in_range(s, d_.sets)) used_sets_[s.index()] = true;
        }
        return used_sets_[index];
    }

    static bool translatable(Field f) {
        return f == Field::src || f == Field::dst || f == Field::sport || f == Field::dport;
    }
    static bool fits(const IntervalSet& set, unsigned bits) {
        return set.empty() || set.intervals().back().last <= base::low_mask(bits);
    }

    template <class Where>
    void field(const FieldRef& ref, const Where& where) {
        check(ref.field != Field::reg || in_range(ref.reg, d_.registers),
              [&] { return where() + ": register out of range"; });
        check(ref.view == View::current || is_header(ref.field),
              [&] { return where() + ": original view of metadata"; });
    }

    void expr(std::size_t i) {
        const auto where = [i] { return fmt::format("expression {}", i); };
        const auto child = [&](ExprId id) {
            check(in_range(id, d_.exprs), [&] { return where() + ": operand out of range"; });
        };
        const auto& e = d_.exprs[i].is;
        if (const auto* in = std::get_if<In>(&e)) {
            field(in->what, where);
            check(in_range(in->set, d_.sets), [&] { return where() + ": set out of range"; });
            check(in->mask == 0xffffffffu || !is_header(in->what.field),
                  [&] { return where() + ": mask on a header field"; });
        } else if (const auto* tuple = std::get_if<InTuple>(&e)) {
            check(in_range(tuple->relation, d_.relations), [&] { return where() + ": relation out of range"; });
        } else if (const auto* unknown = std::get_if<Unknown>(&e)) {
            check(in_range(unknown->which, d_.predicates), [&] { return where() + ": predicate out of range"; });
            if (in_range(unknown->which, d_.predicates))
                check(unknown->value < d_.predicates[unknown->which.index()].choices,
                      [&] { return where() + ": the predicate has no such value"; });
        } else if (const auto* n = std::get_if<Not>(&e)) {
            child(n->e);
        } else if (const auto* a = std::get_if<And>(&e)) {
            for (const auto x : a->e) child(x);
        } else if (const auto* o = std::get_if<Or>(&e)) {
            for (const auto x : o->e) child(x);
        }
    }

    template <class Where>
    void translate(const Translate& t, const Where& where) {
        check(translatable(t.field), [&] { return where() + ": field cannot be translated"; });
        const unsigned bits = is_address(t.field) ? base::address_bits(t.family.value_or(Family::v6)) : 16;
        const auto narrow = [&](base::u128 value) { return value <= base::low_mask(bits); };
        if (const auto* fixed = std::get_if<Fixed>(&t.to)) {
            check(narrow(fixed->value), [&] { return where() + ": value wider than the field"; });
            check(!is_address(t.field) || t.family, [&] { return where() + ": a fixed address without its family"; });
        } else if (const auto* pick = std::get_if<Pick>(&t.to)) {
            check(in_range(pick->choice, d_.choices), [&] { return where() + ": choice out of range"; });
        } else if (const auto* shift = std::get_if<Shift>(&t.to)) {
            const auto host =
                shift->prefix_length <= bits ? base::low_mask(bits - shift->prefix_length) : ~base::u128{0};
            check(is_address(t.field) && t.family && shift->prefix_length <= bits && narrow(shift->from) &&
                      narrow(shift->to) && !(shift->from & host) && !(shift->to & host),
                  [&] { return where() + ": not a pair of networks"; });
        } else if (const auto* out = std::get_if<OutInterfaceAddress>(&t.to)) {
            interface_address(t, out->alternative, where);
        } else if (const auto* in = std::get_if<InInterfaceAddress>(&t.to)) {
            interface_address(t, in->alternative, where);
        }
    }

    template <class Where>
    void interface_address(const Translate& t, std::uint32_t alternative, const Where& where) {
        check(is_address(t.field), [&] { return where() + ": an interface address for a port"; });
        check(alternative <= d_.alternatives.size(), [&] { return where() + ": alternative out of range"; });
    }

    template <class Where>
    void decide(const Decide& decision, const Where& where) {
        for (const auto& t : decision.then) translate(t, where);
    }

    void rule(std::size_t i) {
        const auto& r = d_.rules[i];
        const auto where = [i] { return fmt::format("rule {}", i); };
        check(in_range(r.match, d_.exprs), [&] { return where() + ": match out of range"; });
        check(absent_or_in_range(r.origin, d_.origins), [&] { return where() + ": origin out of range"; });
        for (const auto o : r.uses) check(in_range(o, d_.objects), [&] { return where() + ": object out of range"; });
        for (const auto& effect : r.effects) {
            if (const auto* t = std::get_if<Translate>(&effect)) {
                translate(*t, where);
            } else if (const auto* a = std::get_if<Assign>(&effect)) {
                const auto to = a->to.field;
                check(to == Field::reg || to == Field::out_if || to == Field::ct_state,
                      [&] { return where() + ": assigns a field that is not metadata"; });
                field(a->to, where);
                check((!a->and_a || in_range(a->a, d_.registers)) && (!a->and_b || in_range(a->b, d_.registers)),
                      [&] { return where() + ": assigns from no register"; });
                check(to != Field::out_if || a->and_a || a->and_b || a->value < d_.interfaces.size(),
                      [&] { return where() + ": assigns an interface out of range"; });
            }
        }
        if (const auto* j = std::get_if<Jump>(&r.control))
            check(in_range(j->to, d_.chains), [&] { return where() + ": chain out of range"; });
        else if (const auto* g = std::get_if<Goto>(&r.control))
            check(in_range(g->to, d_.chains), [&] { return where() + ": chain out of range"; });
        else if (const auto* decision = std::get_if<Decide>(&r.control))
            decide(*decision, where);
    }

    void stage(std::size_t i) {
        const auto& s = d_.pipeline[i];
        const auto where = [i] { return fmt::format("stage {}", i); };
        check(in_range(s.when, d_.exprs), [&] { return where() + ": guard out of range"; });
        check(in_range(s.entry, d_.chains), [&] { return where() + ": chain out of range"; });
        check(s.fallthrough.final, [&] { return where() + ": its default is a pending decision"; });
        decide(s.fallthrough, where);
    }

    /// Parts that stand before the whole, as a Builder makes them, leave no room for a cycle.
    bool parts_before_whole() const {
        for (std::size_t i = 0; i < d_.exprs.size(); ++i) {
            const auto& e = d_.exprs[i].is;
            const auto before = [i](ExprId part) { return part.index() < i; };
            if (const auto* n = std::get_if<Not>(&e); n && !before(n->e)) return false;
            if (const auto* a = std::get_if<And>(&e); a && !std::all_of(a->e.begin(), a->e.end(), before)) return false;
            if (const auto* o = std::get_if<Or>(&e); o && !std::all_of(o->e.begin(), o->e.end(), before)) return false;
        }
        return true;
    }
    bool expressions_acyclic() const {
        if (parts_before_whole()) return true;
        std::vector<std::size_t> roots(d_.exprs.size());
        for (std::size_t i = 0; i < roots.size(); ++i) roots[i] = i;
        return !heights(d_.exprs.size(), roots, [this](std::size_t node) {
                    std::vector<std::size_t> next;
                    const auto& e = d_.exprs[node].is;
                    if (const auto* n = std::get_if<Not>(&e)) next.push_back(n->e.index());
                    if (const auto* a = std::get_if<And>(&e))
                        for (const auto x : a->e) next.push_back(x.index());
                    if (const auto* o = std::get_if<Or>(&e))
                        for (const auto x : o->e) next.push_back(x.index());
                    return next;
                }).empty();
    }

    const Device& d_;
    std::vector<std::string> lines_;
    std::vector<bool> used_sets_;
};

}  // namespace

std::vector<std::string> validate(const Device& device) { return Validator(device).run(); }

bool jumps_are_acyclic(const Device& device, unsigned limit) {
    std::vector<std::size_t> roots;
    for (const auto& s : device.pipeline)
        if (s.entry.valid() && s.entry.index() < device.chains.size()) roots.push_back(s.entry.index());
    const auto result = heights(device.chains.size(), roots, [&](std::size_t node) {
        std::vector<std::size_t> next;
        for (const auto id : device.chains[node].rules) {
            const auto& r = device.rules[id.index()];
            if (!r.active) continue;
            const auto* j = std::get_if<Jump>(&r.control);
            const auto* g = std::get_if<Goto>(&r.control);
            const auto to = j ? j->to : g ? g->to : ChainId();
            if (to.valid() && to.index() < device.chains.size()) next.push_back(to.index());
        }
        return next;
    });
    if (result.empty()) return false;
    return std::all_of(roots.begin(), roots.end(), [&](std::size_t r) { return result[r] < limit; });
}

}  // namespace egresslint::model
