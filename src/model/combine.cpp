// SPDX-License-Identifier: Apache-2.0
#include "model/combine.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "model/remap.hpp"

namespace egresslint::model {
namespace {

bool same_interfaces(const Device& a, const Device& b) {
    const auto same = [](const Interface& x, const Interface& y) {
        return x.name == y.name && x.representative == y.representative && x.absent == y.absent &&
               x.addresses.size() == y.addresses.size() &&
               std::equal(x.addresses.begin(), x.addresses.end(), y.addresses.begin(),
                          [](const InterfaceAddress& p, const InterfaceAddress& q) {
                              return p.address == q.address && p.length == q.length && p.secondary == q.secondary;
                          });
    };
    return std::equal(a.interfaces.begin(), a.interfaces.end(), b.interfaces.begin(), b.interfaces.end(), same);
}

/// Where each thing of the second device is in the combined one.
struct Places {
    std::vector<std::uint32_t> registers, predicates, choices;
    std::uint32_t sets = 0, relations = 0, exprs = 0, rules = 0, chains = 0, origins = 0;

    template <class I>
    static I shifted(I id, std::uint32_t by) {
        return id.valid() ? I(id.value + by) : id;
    }
    template <class I>
    static I found(I id, const std::vector<std::uint32_t>& at) {
        return id.valid() ? I(at[id.index()]) : id;
    }
    [[nodiscard]] ExprId at(ExprId id) const { return id.valid() && id.value > expr_true ? shifted(id, exprs) : id; }
    [[nodiscard]] SetId at(SetId id) const { return shifted(id, sets); }
    [[nodiscard]] RelationId at(RelationId id) const { return shifted(id, relations); }
    [[nodiscard]] RuleId at(RuleId id) const { return shifted(id, rules); }
    [[nodiscard]] ChainId at(ChainId id) const { return shifted(id, chains); }
    [[nodiscard]] OriginId at(OriginId id) const { return shifted(id, origins); }
    [[nodiscard]] RegisterId at(RegisterId id) const { return found(id, registers); }
    [[nodiscard]] PredicateId at(PredicateId id) const { return found(id, predicates); }
    [[nodiscard]] ChoiceId at(ChoiceId id) const { return found(id, choices); }
    [[nodiscard]] FieldRef at(FieldRef f) const {
        f.reg = at(f.reg);
        return f;
    }
    void move(Expr& e) const {
        if (auto* in = std::get_if<In>(&e.is)) in->what = at(in->what), in->set = at(in->set);
        if (auto* tuple = std::get_if<InTuple>(&e.is)) tuple->relation = at(tuple->relation);
        if (auto* unknown = std::get_if<Unknown>(&e.is)) unknown->which = at(unknown->which);
        if (auto* no = std::get_if<Not>(&e.is)) no->e = at(no->e);
        if (auto* all = std::get_if<And>(&e.is))
            for (ExprId& id : all->e) id = at(id);
        if (auto* any = std::get_if<Or>(&e.is))
            for (ExprId& id : any->e) id = at(id);
    }
};

/// Pairs the n-th thing of a key with the n-th of the same key on the other side; what has no partner is appended.
template <class T, class Key>
std::vector<std::uint32_t> pair_up(std::vector<T>& to, const std::vector<T>& from, const Key& key) {
    std::map<decltype(key(from[0])), std::vector<std::uint32_t>> there;
    for (std::uint32_t i = 0; i < to.size(); ++i) there[key(to[i])].push_back(i);
    std::map<decltype(key(from[0])), std::size_t> used;
    std::vector<std::uint32_t> out;
    for (const T& thing : from) {
        auto k = key(thing);
        const std::size_t n = used[k]++;
        const auto at = there.find(k);
        if (at != there.end() && n < at->second.size()) {
            out.push_back(at->second[n]);
        } else {
            out.push_back(static_cast<std::uint32_t>(to.size()));
            to.push_back(thing);
        }
    }
    return out;
}

template <class T>
std::uint32_t append(std::vector<T>& to, const std::vector<T>& from) {
    const auto at = static_cast<std::uint32_t>(to.size());
    to.insert(to.end(), from.begin(), from.end());
    return at;
}

}  // namespace

std::string without_places(std::string text) {
    for (auto open = text.find(" ("); open != std::string::npos;) {
        const auto close = text.find(')', open);
        if (close == std::string::npos) break;
        const bool place = text[close - 1] >= '0' && text[close - 1] <= '9' &&
                           text.substr(open, close - open).find(':') != std::string::npos;
        if (place) text.erase(open, close - open + 1);
        open = text.find(" (", place ? open : close);
    }
    return text;
}

tl::expected<Combined, std::string> combine(const Device& first, const Device& second) {
    if (!same_interfaces(first, second))
        return tl::unexpected(std::string("the two versions do not have the same interfaces"));
    Combined out{first, {}};
    Device& d = out.device;
    Places places;

    places.registers = pair_up(d.registers, second.registers,
                               [](const Register& r) { return std::tuple(r.name, r.initial, r.from_packet_mark); });
    const std::size_t old_predicates = d.predicates.size();
    places.predicates = pair_up(d.predicates, second.predicates, [](const Predicate& p) {
        return std::tuple(without_places(p.text), p.kind, p.choices, p.beside, p.reads, p.asked_in.valid());
    });
    const auto values = [](const LiteralSet& set) {
        std::vector<std::pair<base::u128, base::u128>> list;
        for (const IntervalSet* s : {&set.values, &set.values6})
            for (const base::Interval& i : s->intervals()) list.emplace_back(i.first, i.last);
        return list;
    };
    const std::size_t old_choices = d.choices.size();
    places.choices = pair_up(d.choices, second.choices, [&](const Choice& c) {
        return std::tuple(without_places(c.text), c.field, c.varies, values(c.candidates));
    });
    places.sets = append(d.sets, second.sets);
    places.relations = append(d.relations, second.relations);
    // [0] and [1] are the constants on both sides.
    places.exprs = static_cast<std::uint32_t>(d.exprs.size()) - (expr_true + 1);
    for (std::size_t i = expr_true + 1; i < second.exprs.size(); ++i) d.exprs.push_back(second.exprs[i]);
    places.rules = append(d.rules, second.rules);
    places.chains = append(d.chains, second.chains);
    places.origins = append(d.origins, second.origins);

    for (std::size_t i = old_predicates; i < d.predicates.size(); ++i) {
        Predicate& p = d.predicates[i];
        p.origin = places.at(p.origin);
        p.asked_in = places.at(p.asked_in);
        p.version_of = places.at(p.version_of);
    }
    for (std::size_t i = old_choices; i < d.choices.size(); ++i) d.choices[i].origin = places.at(d.choices[i].origin);
    for (std::size_t i = places.sets; i < d.sets.size(); ++i) d.sets[i].object = {};
    for (std::size_t i = places.relations; i < d.relations.size(); ++i) {
        Relation& r = d.relations[i];
        r.object = {};
        for (FieldRef& column : r.columns) column = places.at(column);
        for (auto& row : r.rows)
            for (SetId& set : row) set = places.at(set);
    }
    for (std::size_t i = first.exprs.size(); i < d.exprs.size(); ++i) places.move(d.exprs[i]);
    for (std::size_t i = places.rules; i < d.rules.size(); ++i) remap(d.rules[i], places);
    for (std::size_t i = places.chains; i < d.chains.size(); ++i) {
        d.chains[i].origin = places.at(d.chains[i].origin);
        for (RuleId& rule : d.chains[i].rules) rule = places.at(rule);
    }

    // One of the two pipelines is dead in every run.
    out.version = RegisterId(d.registers.size());
    d.registers.push_back({"version", 0, false});
    const auto guarded = [&](ExprId when, std::uint32_t version) {
        d.sets.push_back({LiteralSet{IntervalSet::single(version), {}}, {}});
        d.exprs.push_back({In{FieldRef{Field::reg, View::current, out.version}, SetId(d.sets.size() - 1)}});
        const ExprId here(d.exprs.size() - 1);
        if (when.value == expr_true) return here;
        d.exprs.push_back({And{{when, here}}});
        return ExprId(d.exprs.size() - 1);
    };
    for (Stage& stage : d.pipeline) stage.when = guarded(stage.when, 0);
    for (Stage stage : second.pipeline) {
        stage.when = guarded(places.at(stage.when), 1);
        stage.entry = places.at(stage.entry);
        stage.origin = places.at(stage.origin);
        remap(stage.fallthrough, places);
        d.pipeline.push_back(std::move(stage));
    }
    if (!d.gateway_register.valid()) d.gateway_register = places.at(second.gateway_register);
    d.filters_v4 = first.filters_v4 || second.filters_v4;
    d.filters_v6 = first.filters_v6 || second.filters_v6;
    return out;
}

}  // namespace egresslint::model
