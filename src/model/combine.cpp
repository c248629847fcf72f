// SPDX-License-Identifier: Apache-2.0
#include "model/combine.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "model/remap.hpp"

namespace egresslint::model {
namespace {

/// Where each thing of the second device is in the combined one.
struct Places {
    std::vector<std::uint32_t> registers, predicates, choices, interfaces;
    std::uint32_t alternative = 0;
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

namespace {

/// "whether the destination after ip nat prerouting is …": stages have other names in another dialect, and the question
/// is the same.
std::string question(const Predicate& p) {
    std::string text = without_places(p.text);
    const auto after = text.find(" after "), is = text.find(" is ");
    if (p.kind == PredicateKind::ambiguity && text.starts_with("whether the ") && after < is && is != std::string::npos)
        text.erase(after, is - after);
    return text;
}

bool same_addresses(const Interface& a, const Interface& b) {
    return a.unknown_address4 == b.unknown_address4 && a.unknown_address6 == b.unknown_address6 &&
           std::equal(a.addresses.begin(), a.addresses.end(), b.addresses.begin(), b.addresses.end(),
                      [](const InterfaceAddress& p, const InterfaceAddress& q) {
                          return p.address == q.address && p.length == q.length && p.secondary == q.secondary &&
                                 p.global == q.global;
                      });
}

class Combiner {
public:
    Combiner(const Device& first, const Device& second)
        : second_(second), out_{first, {}, {}, {}, {}, 0, 0, 0, {}, {}} {}

    Combined run() {
        pair_unknowns();
        pair_interfaces();
        append_tables();
        pipelines();
        if (!d().gateway_register.valid()) d().gateway_register = places_.at(second_.gateway_register);
        d().filters_v4 = d().filters_v4 || second_.filters_v4;
        d().filters_v6 = d().filters_v6 || second_.filters_v6;
        d().addresses_known = d().addresses_known && second_.addresses_known;
        out_.interfaces = std::move(places_.interfaces);
        out_.predicates = std::move(places_.predicates);
        out_.choices = std::move(places_.choices);
        return std::move(out_);
    }

private:
    Device& d() { return out_.device; }

    void pair_unknowns() {
        places_.registers = pair_up(d().registers, second_.registers, [](const Register& r) {
            return std::tuple(r.name, r.initial, r.from_packet_mark);
        });
        old_predicates_ = d().predicates.size();
        places_.predicates = pair_up(d().predicates, second_.predicates, [](const Predicate& p) {
            return std::tuple(question(p), p.kind, p.choices, p.beside, p.reads, p.asked_in.valid());
        });
        const auto values = [](const LiteralSet& set) {
            std::vector<std::pair<base::u128, base::u128>> list;
            for (const IntervalSet* s : {&set.values, &set.values6})
                for (const base::Interval& i : s->intervals()) list.emplace_back(i.first, i.last);
            return list;
        };
        old_choices_ = d().choices.size();
        places_.choices = pair_up(d().choices, second_.choices, [&](const Choice& c) {
            return std::tuple(without_places(c.text), c.field, c.varies, values(c.candidates));
        });
    }

    void pair_interfaces() {
        std::map<std::pair<std::string, bool>, std::uint32_t> there;
        for (std::uint32_t i = first_interface; i < d().interfaces.size(); ++i)
            there.emplace(std::pair(d().interfaces[i].name, d().interfaces[i].representative), i);
        std::vector<bool> met(d().interfaces.size(), false);
        std::vector<Interface> other;  // the first's interfaces with the second's addresses
        places_.interfaces.assign(std::min<std::size_t>(first_interface, second_.interfaces.size()), 0);
        for (std::uint32_t i = 0; i < places_.interfaces.size(); ++i) places_.interfaces[i] = i;
        other = d().interfaces;
        for (std::uint32_t i = first_interface; i < second_.interfaces.size(); ++i) {
            Interface theirs = second_.interfaces[i];
            theirs.unknown_address4 = places_.at(theirs.unknown_address4);
            theirs.unknown_address6 = places_.at(theirs.unknown_address6);
            const auto known = there.find({theirs.name, theirs.representative});
            if (known == there.end() || met[known->second]) {
                const auto at = static_cast<std::uint32_t>(d().interfaces.size());
                if (!theirs.absent) out_.only_second.push_back(at);
                places_.interfaces.push_back(at);
                other.push_back(theirs);
                d().interfaces.push_back(std::move(theirs));
                met.push_back(true);
                continue;
            }
            const std::uint32_t at = known->second;
            places_.interfaces.push_back(at);
            met[at] = true;
            Interface& mine = d().interfaces[at];
            if (mine.absent && !theirs.absent) out_.only_second.push_back(at);
            if (!mine.absent && theirs.absent) out_.only_first.push_back(at);
            mine.absent = mine.absent && theirs.absent;
            theirs.absent = mine.absent;
            other[at] = std::move(theirs);
        }
        for (std::uint32_t i = first_interface; i < met.size(); ++i)
            if (!met[i] && !d().interfaces[i].absent) out_.only_first.push_back(i);
        if (!std::equal(other.begin(), other.end(), d().interfaces.begin(), same_addresses)) {
            d().alternatives.push_back(std::move(other));
            places_.alternative = static_cast<std::uint32_t>(d().alternatives.size());
        }
        for (std::uint32_t i = 0; i < places_.interfaces.size(); ++i) moved_ |= places_.interfaces[i] != i;
    }

    void append_tables() {
        const std::size_t first_exprs = d().exprs.size();
        out_.rules = static_cast<std::uint32_t>(d().rules.size());
        places_.sets = append(d().sets, second_.sets);
        places_.relations = append(d().relations, second_.relations);
        // [0] and [1] are the constants on both sides.
        places_.exprs = static_cast<std::uint32_t>(first_exprs) - (expr_true + 1);
        for (std::size_t i = expr_true + 1; i < second_.exprs.size(); ++i) d().exprs.push_back(second_.exprs[i]);
        places_.rules = append(d().rules, second_.rules);
        places_.chains = append(d().chains, second_.chains);
        places_.origins = append(d().origins, second_.origins);

        for (std::size_t i = old_predicates_; i < d().predicates.size(); ++i) {
            Predicate& p = d().predicates[i];
            p.origin = places_.at(p.origin);
            p.asked_in = places_.at(p.asked_in);
            p.version_of = places_.at(p.version_of);
        }
        for (std::size_t i = old_choices_; i < d().choices.size(); ++i)
            d().choices[i].origin = places_.at(d().choices[i].origin);
        for (std::size_t i = places_.sets; i < d().sets.size(); ++i) d().sets[i].object = {};
        for (std::size_t i = places_.relations; i < d().relations.size(); ++i) {
            Relation& r = d().relations[i];
            r.object = {};
            for (FieldRef& column : r.columns) column = places_.at(column);
            for (auto& row : r.rows)
                for (std::size_t c = 0; c < row.size(); ++c) row[c] = interfaces_of(r.columns[c], places_.at(row[c]));
        }
        for (std::size_t i = first_exprs; i < d().exprs.size(); ++i) {
            places_.move(d().exprs[i]);
            if (auto* in = std::get_if<In>(&d().exprs[i].is)) in->set = interfaces_of(in->what, in->set);
        }
        for (std::size_t i = places_.rules; i < d().rules.size(); ++i) {
            remap(d().rules[i], places_);
            for (Effect& effect : d().rules[i].effects)
                if (auto* assign = std::get_if<Assign>(&effect)) assign_interface(*assign);
        }
        for (std::size_t i = places_.chains; i < d().chains.size(); ++i) {
            d().chains[i].origin = places_.at(d().chains[i].origin);
            for (RuleId& rule : d().chains[i].rules) rule = places_.at(rule);
        }
    }

    /// The set with the second device's interfaces as the combined device numbers them.
    SetId interfaces_of(const FieldRef& what, SetId set) {
        if (!moved_ || (what.field != Field::in_if && what.field != Field::out_if)) return set;
        const auto [known, fresh] = moved_sets_.emplace(set.value, SetId{});
        if (!fresh) return known->second;
        std::vector<base::Interval> ids;
        for (const base::Interval& range : std::get<LiteralSet>(d().sets[set.index()].is).values.intervals())
            for (base::u128 id = range.first; id <= range.last && id < places_.interfaces.size(); ++id) {
                const base::u128 at = places_.interfaces[static_cast<std::size_t>(id)];
                ids.push_back({at, at});
            }
        d().sets.push_back({LiteralSet{IntervalSet(std::move(ids)), {}}, {}});
        return known->second = SetId(d().sets.size() - 1);
    }

    void assign_interface(Assign& assign) const {
        // Routing assigns constants; nothing computes interface numbers.
        if (assign.to.field == Field::out_if && assign.and_a == 0 && assign.and_b == 0 &&
            assign.value < places_.interfaces.size())
            assign.value = places_.interfaces[assign.value];
    }

    /// One of the two pipelines is dead in every run.
    void pipelines() {
        out_.version = RegisterId(d().registers.size());
        d().registers.push_back({"version", 0, false});
        std::vector<Stage> stages;
        refuse(out_.only_first, 1, stages);
        refuse(out_.only_second, 0, stages);
        out_.first_stages = static_cast<std::uint32_t>(stages.size());
        for (Stage& stage : d().pipeline) {
            stage.when = both(stage.when, runs(0));
            stages.push_back(std::move(stage));
        }
        out_.second_stages = static_cast<std::uint32_t>(stages.size());
        for (Stage stage : second_.pipeline) {
            stage.when = both(places_.at(stage.when), runs(1));
            stage.entry = places_.at(stage.entry);
            stage.origin = places_.at(stage.origin);
            remap(stage.fallthrough, places_);
            stages.push_back(std::move(stage));
        }
        d().pipeline = std::move(stages);
    }

    /// What enters by interfaces that this version lacks.
    void refuse(const std::vector<std::uint32_t>& interfaces, std::uint32_t version, std::vector<Stage>& stages) {
        if (interfaces.empty()) return;
        std::vector<base::Interval> ids;
        for (const std::uint32_t id : interfaces) ids.push_back({id, id});
        Stage stage;
        stage.when = both(in(FieldRef{Field::in_if, View::original, {}}, IntervalSet(std::move(ids))), runs(version));
        stage.entry = ChainId(d().chains.size());
        stage.fallthrough = Decide{Verdict::drop, {}, true};
        stage.name = "no such interface";
        d().chains.push_back({"no such interface", {}, {}, false});
        stages.push_back(std::move(stage));
    }

    ExprId in(FieldRef what, IntervalSet values) {
        d().sets.push_back({LiteralSet{std::move(values), {}}, {}});
        d().exprs.push_back({In{what, SetId(d().sets.size() - 1)}});
        return ExprId(d().exprs.size() - 1);
    }
    ExprId runs(std::uint32_t version) {
        return in(FieldRef{Field::reg, View::current, out_.version}, IntervalSet::single(version));
    }
    ExprId both(ExprId a, ExprId b) {
        if (a.value == expr_true) return b;
        d().exprs.push_back({And{{a, b}}});
        return ExprId(d().exprs.size() - 1);
    }

    const Device& second_;
    Combined out_;
    Places places_;
    std::size_t old_predicates_ = 0, old_choices_ = 0;
    bool moved_ = false;  ///< interfaces of the second device have other numbers
    std::map<std::uint32_t, SetId> moved_sets_;
};

}  // namespace

Combined combine(const Device& first, const Device& second) { return Combiner(first, second).run(); }

}  // namespace egresslint::model
