// SPDX-License-Identifier: Apache-2.0
#include "model/connect.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "model/builder.hpp"
#include "model/print.hpp"
#include "model/remap.hpp"

namespace egresslint::model {
namespace {

using Written = std::array<bool, field_count>;

void note(const std::vector<Translate>& list, Written& out) {
    for (const Translate& t : list)
        if (!std::holds_alternative<Keep>(t.to)) out[static_cast<std::size_t>(t.field)] = true;
}

void note(const Rule& rule, Written& out) {
    for (const Effect& effect : rule.effects) {
        if (const auto* t = std::get_if<Translate>(&effect)) note({*t}, out);
        if (const auto* a = std::get_if<Assign>(&effect))
            if (a->to.field != Field::reg) out[static_cast<std::size_t>(a->to.field)] = true;
    }
    if (const auto* decide = std::get_if<Decide>(&rule.control)) note(decide->then, out);
}

std::vector<ChainId> called(const Device& d, ChainId chain) {
    std::vector<ChainId> out;
    for (const RuleId r : d.chains[chain.index()].rules) {
        const Control& control = d.rules[r.index()].control;
        if (const auto* jump = std::get_if<Jump>(&control)) out.push_back(jump->to);
        if (const auto* go = std::get_if<Goto>(&control)) out.push_back(go->to);
    }
    return out;
}

/// What a device rewrites, and which of it a chain may find rewritten already.
struct Rewriting {
    Written anywhere{};
    std::vector<Written> before;  ///< by chain
    std::vector<Written> stages;  ///< by stage, as it begins

    explicit Rewriting(const Device& d) : before(d.chains.size()) {
        for (const Stage& stage : d.pipeline) {
            stages.push_back(anywhere);
            std::vector<bool> reached(d.chains.size());
            std::vector<ChainId> open;
            if (stage.entry.valid()) open.push_back(stage.entry);
            Written here = anywhere;
            note(stage.fallthrough.then, anywhere);
            std::vector<ChainId> all;
            while (!open.empty()) {
                const ChainId chain = open.back();
                open.pop_back();
                if (reached[chain.index()]) continue;
                reached[chain.index()] = true;
                all.push_back(chain);
                for (const RuleId r : d.chains[chain.index()].rules) {
                    const Rule& rule = d.rules[r.index()];
                    note(rule, anywhere);
                    // Effects take place at once, inside the stage; what a decision translates comes at its end.
                    for (const Effect& effect : rule.effects)
                        if (const auto* t = std::get_if<Translate>(&effect))
                            here[static_cast<std::size_t>(t->field)] = true;
                }
                for (const ChainId next : called(d, chain)) open.push_back(next);
            }
            for (const ChainId chain : all)
                for (std::size_t f = 0; f < field_count; ++f) before[chain.index()][f] |= here[f];
        }
    }
};

/// Where the things of one device are that all copies of its pipeline share.
struct Shared {
    std::vector<std::uint32_t> registers, predicates, choices;
    std::uint32_t origins = 0;
    std::vector<std::uint32_t> in, out;  ///< interfaces as a packet's way in and way out
};

/// One copy of a device's pipeline.
class Copy {
public:
    /// `by`: packets come from the other device, by this interface; `other` is what that one may have rewritten.
    Copy(Builder& b, const Device& from, const Shared& shared, std::optional<std::uint32_t> by, const Rewriting& own,
         const Written& other)
        : b_(b), d_(from), shared_(shared), by_(by), own_(own), other_(other) {
        chains_.reserve(d_.chains.size());
        for (const Chain& chain : d_.chains) chains_.push_back(b_.chain(chain.name, at(chain.origin)));
        for (std::size_t c = 0; c < d_.chains.size(); ++c) {
            begin(own_.before[c]);
            for (const RuleId id : d_.chains[c].rules) {
                Rule rule = d_.rules[id.index()];
                for (Effect& effect : rule.effects) {
                    auto* assign = std::get_if<Assign>(&effect);
                    if (assign != nullptr && assign->to.field == Field::out_if)
                        assign->value = shared_.out[assign->value];
                    if (auto* t = std::get_if<Translate>(&effect)) arrive(*t);
                }
                if (auto* decide = std::get_if<Decide>(&rule.control))
                    for (Translate& t : decide->then) arrive(t);
                remap(rule, *this);
                b_.rule(chains_[c], std::move(rule));
            }
        }
        begin({});
    }

    void stages(ExprId guard) {
        for (std::size_t i = 0; i < d_.pipeline.size(); ++i) {
            const Stage& stage = d_.pipeline[i];
            Stage copy = stage;
            begin(own_.stages[i]);
            copy.when = b_.all({guard, at(stage.when)});
            copy.entry = at(stage.entry);
            copy.origin = at(stage.origin);
            for (Translate& t : copy.fallthrough.then) arrive(t);
            remap(copy.fallthrough, *this);
            copy.name = d_.name + ": " + stage.name;
            b_.device().pipeline.push_back(std::move(copy));
        }
    }

    // -- where things are, for remap
    [[nodiscard]] OriginId at(OriginId id) const { return id.valid() ? OriginId(id.value + shared_.origins) : id; }
    [[nodiscard]] ChainId at(ChainId id) const { return id.valid() ? chains_[id.index()] : id; }
    [[nodiscard]] RegisterId at(RegisterId id) const {
        return id.valid() ? RegisterId(shared_.registers[id.index()]) : id;
    }
    [[nodiscard]] PredicateId at(PredicateId id) const {
        return id.valid() ? PredicateId(shared_.predicates[id.index()]) : id;
    }
    [[nodiscard]] ChoiceId at(ChoiceId id) const { return id.valid() ? ChoiceId(shared_.choices[id.index()]) : id; }
    [[nodiscard]] FieldRef at(FieldRef f) const {
        f.reg = at(f.reg);
        return f;
    }
    [[nodiscard]] ExprId at(ExprId id) const {
        if (!id.valid() || id.value <= expr_true) return id;
        if (made_.size() < d_.exprs.size()) made_.resize(d_.exprs.size());
        // Parts of an expression were made before it; no nesting of the input is followed by recursion here.
        std::vector<ExprId> open{id};
        while (!open.empty()) {
            const ExprId e = open.back();
            const std::size_t waiting = open.size();
            const auto& is = d_.exprs[e.index()].is;
            const auto need = [&](ExprId part) {
                if (part.value > expr_true && !made_[part.index()].valid()) open.push_back(part);
            };
            if (const auto* no = std::get_if<Not>(&is)) need(no->e);
            if (const auto* all = std::get_if<And>(&is)) std::for_each(all->e.begin(), all->e.end(), need);
            if (const auto* any = std::get_if<Or>(&is)) std::for_each(any->e.begin(), any->e.end(), need);
            if (open.size() > waiting) continue;
            open.pop_back();
            if (!made_[e.index()].valid()) made_[e.index()] = make(is);
        }
        return made_[id.index()];
    }

private:
    /// Expressions mean something else where other fields have been rewritten.
    void begin(const Written& before) {
        if (before == before_) return;
        before_ = before;
        made_.clear();
    }

    [[nodiscard]] ExprId known(ExprId id) const { return id.value <= expr_true ? id : made_[id.index()]; }

    [[nodiscard]] ExprId make(const decltype(Expr::is)& is) const {
        if (const auto* in = std::get_if<In>(&is)) return make(*in);
        if (const auto* tuple = std::get_if<InTuple>(&is)) return make(d_.relations[tuple->relation.index()]);
        if (const auto* unknown = std::get_if<Unknown>(&is)) return b_.unknown(at(unknown->which), unknown->value);
        if (const auto* no = std::get_if<Not>(&is)) return b_.negate(known(no->e));
        std::vector<ExprId> parts;
        if (const auto* all = std::get_if<And>(&is)) {
            for (const ExprId e : all->e) parts.push_back(known(e));
            return b_.all(parts);
        }
        if (const auto* any = std::get_if<Or>(&is)) {
            for (const ExprId e : any->e) parts.push_back(known(e));
            return b_.either(parts);
        }
        return std::get<bool>(is) ? b_.yes() : b_.no();
    }

    [[nodiscard]] ExprId make(const In& in) const {
        const Set& set = d_.sets[in.set.index()];
        FieldRef what = at(in.what);
        if (what.field == Field::in_if || what.field == Field::out_if) {
            const auto& values = std::get<LiteralSet>(set.is).values;
            if (what.field == Field::in_if && by_) return values.contains(*by_) ? b_.yes() : b_.no();
            const auto& ids = what.field == Field::in_if ? shared_.in : shared_.out;
            std::vector<base::Interval> list;
            for (std::size_t i = 0; i < ids.size(); ++i)
                if (values.contains(i)) list.push_back({ids[i], ids[i]});
            return b_.in(what, b_.numbers(IntervalSet(std::move(list))));
        }
        if (by_ && what.view == View::original) {
            const auto f = static_cast<std::size_t>(what.field);
            if (!before_[f]) {
                what.view = View::current;
            } else if (other_[f]) {
                return b_.unknown(b_.predicate(d_.name + ": what the " + std::string(field_name(what.field)) +
                                                   " was when the packet came from the other device",
                                               PredicateKind::ambiguity, what.field));
            }
        }
        return b_.in(what, b_.set(Set{set.is, {}}), in.mask);
    }

    [[nodiscard]] ExprId make(const Relation& relation) const {
        const bool plain = std::none_of(relation.columns.begin(), relation.columns.end(), [&](const FieldRef& c) {
            return c.field == Field::in_if || c.field == Field::out_if || (by_ && c.view == View::original);
        });
        if (plain) {
            Relation copy = relation;
            copy.object = {};
            for (FieldRef& column : copy.columns) column = at(column);
            for (auto& row : copy.rows)
                for (SetId& set : row) set = b_.set(Set{d_.sets[set.index()].is, {}});
            return b_.in_tuple(std::move(copy));
        }
        std::vector<ExprId> rows;
        for (const auto& row : relation.rows) {
            std::vector<ExprId> columns;
            for (std::size_t i = 0; i < row.size(); ++i) columns.push_back(make(In{relation.columns[i], row[i]}));
            rows.push_back(b_.all(columns));
        }
        return b_.either(rows);
    }

    /// "The address of the interface it came in by" is known where that is a link.
    void arrive(Translate& t) const {
        if (!by_ || !std::holds_alternative<InInterfaceAddress>(t.to)) return;
        const Interface& f = d_.interfaces[*by_];
        const Family family = t.family.value_or(Family::v4);
        for (const InterfaceAddress& a : f.addresses)
            if (a.address.family == family && !a.secondary) {
                t.family = family;
                t.to = Fixed{a.address.bits};
                return;
            }
        const ChoiceId unknown = family == Family::v4 ? f.unknown_address4 : f.unknown_address6;
        if (unknown.valid()) t.to = Pick{unknown, false};
    }

    Builder& b_;
    const Device& d_;
    const Shared& shared_;
    std::optional<std::uint32_t> by_;
    const Rewriting& own_;
    const Written& other_;
    std::vector<ChainId> chains_;
    Written before_{};
    mutable std::vector<ExprId> made_;
};

/// Registers, predicates, choices and origins of one device, appended.
Shared share(Builder& b, const Device& from, bool first) {
    Device& d = b.device();
    Shared out;
    out.origins = static_cast<std::uint32_t>(d.origins.size());
    d.origins.insert(d.origins.end(), from.origins.begin(), from.origins.end());
    for (std::size_t i = 0; i < from.registers.size(); ++i) {
        const Register& r = from.registers[i];
        const bool gateway = from.gateway_register == RegisterId(i);
        if (gateway && d.gateway_register.valid()) {
            out.registers.push_back(d.gateway_register.value);
            continue;
        }
        out.registers.push_back(static_cast<std::uint32_t>(d.registers.size()));
        // A mark stays in the device that set it.
        d.registers.push_back({first ? r.name : from.name + " " + r.name, r.initial, first && r.from_packet_mark});
        if (gateway) d.gateway_register = RegisterId(d.registers.size() - 1);
    }
    const auto origin = [&](OriginId id) { return id.valid() ? OriginId(id.value + out.origins) : id; };
    const auto base = static_cast<std::uint32_t>(d.predicates.size());
    for (std::uint32_t i = 0; i < from.predicates.size(); ++i) {
        Predicate p = from.predicates[i];
        p.origin = origin(p.origin);
        p.asked_in = {};  // visits were told apart by resolve
        if (p.version_of.valid()) p.version_of.value += base;
        out.predicates.push_back(base + i);
        d.predicates.push_back(std::move(p));
    }
    for (const Choice& choice : from.choices) {
        out.choices.push_back(static_cast<std::uint32_t>(d.choices.size()));
        d.choices.push_back(choice);
        d.choices.back().origin = origin(choice.origin);
    }
    return out;
}

std::vector<std::uint32_t> interfaces(Builder& b, const Device& from, const Device& other, const Shared& shared) {
    Device& d = b.device();
    std::vector<std::uint32_t> ids{no_interface, self_interface};
    for (std::size_t i = first_interface; i < from.interfaces.size(); ++i) {
        Interface f = from.interfaces[i];
        const bool taken = std::any_of(other.interfaces.begin() + first_interface, other.interfaces.end(),
                                       [&](const Interface& g) { return g.name == f.name; });
        if (taken || f.name.empty()) f.name = from.name + ":" + f.name;
        if (f.unknown_address4.valid()) f.unknown_address4 = ChoiceId(shared.choices[f.unknown_address4.index()]);
        if (f.unknown_address6.valid()) f.unknown_address6 = ChoiceId(shared.choices[f.unknown_address6.index()]);
        ids.push_back(static_cast<std::uint32_t>(d.interfaces.size()));
        d.interfaces.push_back(std::move(f));
    }
    return ids;
}

IntervalSet numbers(const std::vector<std::uint32_t>& ids) {
    std::vector<base::Interval> list;
    for (const std::uint32_t id : ids) list.push_back({id, id});
    return IntervalSet(std::move(list));
}

}  // namespace

Connected connect(const Device& first, const Device& second, const std::vector<Link>& links) {
    Connected out;
    Builder b(first.name + " -> " + second.name);
    Shared one = share(b, first, true);
    Shared two = share(b, second, false);
    out.first_predicates = one.predicates;
    out.second_predicates = two.predicates;
    out.second_origins = two.origins;
    one.in = one.out = out.first_interfaces = interfaces(b, first, second, one);
    two.in = two.out = out.second_interfaces = interfaces(b, second, first, two);
    out.first_itself = static_cast<std::uint32_t>(b.device().interfaces.size());
    Interface itself;
    itself.name = first.name + " itself";
    b.device().interfaces.push_back(itself);
    one.in[self_interface] = out.first_itself;

    const Rewriting by_first(first), by_second(second);
    const RegisterId up = b.reg("came up the link"), down = b.reg("came down the link");
    const auto among = [&](Field field, const std::vector<std::uint32_t>& ids) { return b.in(field, numbers(ids)); };
    std::vector<std::uint32_t> at_first{out.first_itself}, at_second{self_interface};
    for (std::size_t i = first_interface; i < first.interfaces.size(); ++i) at_first.push_back(one.in[i]);
    for (std::size_t i = first_interface; i < second.interfaces.size(); ++i) at_second.push_back(two.in[i]);

    // What the first device generates has one of its addresses.
    std::vector<base::Interval> own4, own6;
    for (const Interface& f : first.interfaces)
        for (const InterfaceAddress& a : f.addresses)
            (a.address.family == Family::v4 ? own4 : own6).push_back({a.address.bits, a.address.bits});
    if (!own4.empty() || !own6.empty()) {
        const ChainId chain = b.chain(itself.name);
        Rule foreign;
        foreign.match = b.negate(b.in(Field::src, b.addresses(IntervalSet(own4), IntervalSet(own6))));
        // There are no such packets: nobody need ask where they are logged.
        foreign.effects.emplace_back(Log{});
        foreign.control = Decide{Verdict::drop, {}, true};
        b.rule(chain, std::move(foreign));
        b.stage(itself.name, Label::classify, among(Field::in_if, {out.first_itself}), chain);
    }

    const auto pass_on = [&](std::uint32_t out_if, RegisterId reg, std::uint32_t number, ExprId from,
                             const Written& written) {
        const ChainId chain = b.chain("link");
        Rule rule;
        rule.match = b.yes();
        rule.effects.emplace_back(Assign{FieldRef{Field::reg, View::current, reg}, {}, 0, {}, 0, number});
        rule.effects.emplace_back(Assign{FieldRef{Field::out_if, View::current, {}}, {}, 0, {}, 0, no_interface});
        if (written[static_cast<std::size_t>(Field::ct_state)])
            rule.effects.emplace_back(Assign{FieldRef{Field::ct_state, View::current, {}},
                                             {},
                                             0,
                                             {},
                                             0,
                                             static_cast<std::uint32_t>(ConnectionState::fresh)});
        if (const RegisterId gateway = b.device().gateway_register; gateway.valid())
            rule.effects.emplace_back(Assign{FieldRef{Field::reg, View::current, gateway},
                                             {},
                                             0,
                                             {},
                                             0,
                                             b.device().registers[gateway.index()].initial});
        rule.control = Decide{Verdict::accept, {}, true};
        b.rule(chain, std::move(rule));
        b.stage("link", Label::classify, b.all({from, among(Field::out_if, {out_if})}), chain);
    };

    const ExprId in_first = among(Field::in_if, at_first), in_second = among(Field::in_if, at_second);
    const Written nothing{};
    Copy(b, first, one, std::nullopt, by_first, nothing).stages(in_first);
    for (std::uint32_t k = 0; k < links.size(); ++k)
        pass_on(one.out[links[k].uplink], up, k + 1, b.all({in_first, b.in_register(up, IntervalSet::single(0))}),
                by_first.anywhere);
    for (std::uint32_t k = 0; k < links.size(); ++k)
        Copy(b, second, two, links[k].downlink, by_second, by_first.anywhere)
            .stages(b.in_register(up, IntervalSet::single(k + 1)));
    Copy(b, second, two, std::nullopt, by_second, nothing).stages(in_second);
    for (std::uint32_t k = 0; k < links.size(); ++k)
        pass_on(two.out[links[k].downlink], down, k + 1,
                b.all({in_second, b.in_register(down, IntervalSet::single(0))}), by_second.anywhere);
    for (std::uint32_t k = 0; k < links.size(); ++k)
        Copy(b, first, one, links[k].uplink, by_first, by_second.anywhere)
            .stages(b.in_register(down, IntervalSet::single(k + 1)));

    Device& d = b.device();
    d.filters_v4 = first.filters_v4 || second.filters_v4;
    d.filters_v6 = first.filters_v6 || second.filters_v6;
    d.interfaces_known = first.interfaces_known && second.interfaces_known;
    d.addresses_known = first.addresses_known && second.addresses_known;
    d.routes_known = true;
    d.resolved = true;
    out.device = std::move(b).finish();
    return out;
}

}  // namespace egresslint::model
