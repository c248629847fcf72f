// SPDX-License-Identifier: Apache-2.0
#include "model/builder.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace egresslint::model {
namespace {

// Ids are small and dense: without the multiplication most bits of the seed stay alike and buckets fill up.
void mix(std::size_t& seed, std::size_t value) {
    seed = (seed ^ value) * 0x9e3779b97f4a7c15ull;
    seed ^= seed >> 32;
}

std::size_t hash_text(std::string_view text) { return std::hash<std::string_view>{}(text); }

std::size_t hash_of(const FieldRef& ref) {
    return static_cast<std::size_t>(ref.field) | static_cast<std::size_t>(ref.view) << 8 |
           static_cast<std::size_t>(ref.reg.value) << 16;
}

std::size_t hash_of(const Expr& expr) {
    std::size_t seed = expr.is.index();
    struct Visitor {
        std::size_t& seed;
        void operator()(bool b) const { mix(seed, b ? 2 : 1); }
        void operator()(const In& in) const {
            mix(seed, hash_of(in.what));
            mix(seed, in.set.value);
            mix(seed, in.mask);
        }
        void operator()(const InTuple& t) const { mix(seed, t.relation.value); }
        void operator()(const Unknown& u) const {
            mix(seed, u.which.value);
            mix(seed, u.value);
        }
        void operator()(const Not& n) const { mix(seed, n.e.value); }
        void operator()(const And& a) const {
            for (auto e : a.e) mix(seed, e.value);
        }
        void operator()(const Or& o) const {
            for (auto e : o.e) mix(seed, e.value);
        }
    };
    std::visit(Visitor{seed}, expr.is);
    return seed;
}

std::size_t hash_of(const Set& set) {
    std::size_t seed = set.is.index();
    mix(seed, set.object.value);
    struct Visitor {
        std::size_t& seed;
        void operator()(const LiteralSet& s) const {
            mix(seed, s.values.hash());
            mix(seed, s.values6.hash());
        }
        void operator()(const InterfaceNames& s) const {
            for (const auto& p : s.patterns) mix(seed, hash_text(p));
        }
        void operator()(const InterfaceAddresses& s) const { mix(seed, hash_text(s.interface) + (s.network ? 1 : 0)); }
        void operator()(const DeviceAddresses&) const {}
        void operator()(const DeviceBroadcasts&) const {}
    };
    std::visit(Visitor{seed}, set.is);
    return seed;
}

std::string object_key(std::string_view kind, std::string_view name) {
    std::string key(kind);
    key += '\0';
    key += name;
    return key;
}

}  // namespace

Builder::Builder(std::string name) {
    device_.name = std::move(name);
    device_.interfaces.resize(first_interface);
    device_.interfaces[no_interface].name = "(none)";
    device_.interfaces[self_interface].name = "(self)";
    device_.exprs.push_back(Expr{false});
    device_.exprs.push_back(Expr{true});
}

Builder::Builder(Device device) : device_(std::move(device)) {
    EGL_CHECK(device_.exprs.size() >= 2);
    for (std::size_t i = 0; i < device_.exprs.size(); ++i)
        exprs_.emplace(hash_of(device_.exprs[i]), static_cast<std::uint32_t>(i));
    for (std::size_t i = 0; i < device_.sets.size(); ++i)
        sets_.emplace(hash_of(device_.sets[i]), static_cast<std::uint32_t>(i));
    for (std::size_t i = 0; i < device_.objects.size(); ++i)
        objects_.emplace(object_key(device_.objects[i].kind, device_.objects[i].name), static_cast<std::uint32_t>(i));
    for (std::size_t i = first_interface; i < device_.interfaces.size(); ++i)
        if (!device_.interfaces[i].representative)
            interfaces_.emplace(device_.interfaces[i].name, static_cast<std::uint32_t>(i));
    for (std::size_t i = 0; i < device_.predicates.size(); ++i)
        predicates_.emplace(
            object_key(std::to_string(static_cast<int>(device_.predicates[i].kind)), device_.predicates[i].text),
            static_cast<std::uint32_t>(i));
}

Device Builder::finish() && { return std::move(device_); }

OriginId Builder::origin(Span span, std::string text, bool synthetic) {
    device_.origins.push_back(Origin{span, std::move(text), synthetic, false});
    return OriginId(device_.origins.size() - 1);
}

ObjectId Builder::define(std::string_view kind, std::string_view name, Span where) {
    auto [it, fresh] = objects_.try_emplace(object_key(kind, name), static_cast<std::uint32_t>(device_.objects.size()));
    if (fresh) {
        device_.objects.push_back(Object{std::string(kind), std::string(name), where, {}, ObjectState::defined});
    } else {
        auto& object = device_.objects[it->second];
        object.state = object.state == ObjectState::undefined ? ObjectState::defined : ObjectState::duplicate;
        if (object.state == ObjectState::defined) object.defined = where;
    }
    return ObjectId(it->second);
}

ObjectId Builder::use(std::string_view kind, std::string_view name, Span where) {
    auto [it, fresh] = objects_.try_emplace(object_key(kind, name), static_cast<std::uint32_t>(device_.objects.size()));
    if (fresh) device_.objects.push_back(Object{std::string(kind), std::string(name), {}, {}, ObjectState::undefined});
    device_.objects[it->second].used.push_back(where);
    return ObjectId(it->second);
}

InterfaceId Builder::interface(std::string_view name) {
    auto [it, fresh] =
        interfaces_.try_emplace(std::string(name), static_cast<std::uint32_t>(device_.interfaces.size()));
    if (fresh) {
        device_.interfaces.emplace_back();
        device_.interfaces.back().name = name;
    }
    return InterfaceId(it->second);
}

RegisterId Builder::reg(std::string_view name, std::uint32_t initial) {
    for (std::size_t i = 0; i < device_.registers.size(); ++i)
        if (device_.registers[i].name == name) return RegisterId(i);
    device_.registers.push_back(Register{std::string(name), initial, false});
    return RegisterId(device_.registers.size() - 1);
}

PredicateId Builder::predicate(std::string text, PredicateKind kind, Field beside, OriginId origin,
                               std::uint16_t choices) {
    auto [it, fresh] = predicates_.try_emplace(object_key(std::to_string(static_cast<int>(kind)), text),
                                               static_cast<std::uint32_t>(device_.predicates.size()));
    if (fresh) device_.predicates.push_back(Predicate{std::move(text), kind, choices, beside, origin, 0, {}, {}});
    return PredicateId(it->second);
}

void Builder::depends(PredicateId which, FieldMask reads, ChainId asked_in) {
    auto& p = device_.predicates[which.index()];
    p.reads = static_cast<FieldMask>(p.reads | reads);
    if (asked_in.valid()) p.asked_in = asked_in;
}

ChoiceId Builder::choice(Choice choice) {
    for (std::size_t i = 0; i < device_.choices.size(); ++i) {
        const auto& c = device_.choices[i];
        if (c.text == choice.text && c.field == choice.field && c.varies == choice.varies &&
            c.origin == choice.origin && c.candidates == choice.candidates)
            return ChoiceId(i);
    }
    device_.choices.push_back(std::move(choice));
    return ChoiceId(device_.choices.size() - 1);
}

SetId Builder::set(Set set) {
    const auto hash = hash_of(set);
    auto [first, last] = sets_.equal_range(hash);
    for (; first != last; ++first)
        if (device_.sets[first->second] == set) return SetId(first->second);
    sets_.emplace(hash, static_cast<std::uint32_t>(device_.sets.size()));
    device_.sets.push_back(std::move(set));
    return SetId(device_.sets.size() - 1);
}

SetId Builder::numbers(IntervalSet values, ObjectId object) {
    return set(Set{LiteralSet{std::move(values), {}}, object});
}

SetId Builder::addresses(IntervalSet v4, IntervalSet v6, ObjectId object) {
    return set(Set{LiteralSet{std::move(v4), std::move(v6)}, object});
}

ExprId Builder::intern(Expr expr) {
    const auto hash = hash_of(expr);
    auto [first, last] = exprs_.equal_range(hash);
    for (; first != last; ++first)
        if (device_.exprs[first->second] == expr) return ExprId(first->second);
    exprs_.emplace(hash, static_cast<std::uint32_t>(device_.exprs.size()));
    device_.exprs.push_back(std::move(expr));
    return ExprId(device_.exprs.size() - 1);
}

ExprId Builder::in(FieldRef what, SetId set, std::uint32_t mask) {
    if (const auto* literal = std::get_if<LiteralSet>(&device_.sets[set.index()].is);
        literal && literal->values.empty() && literal->values6.empty())
        return no();
    return intern(Expr{In{what, set, mask}});
}

ExprId Builder::in_register(RegisterId reg, IntervalSet values, std::uint32_t mask) {
    return in(FieldRef{Field::reg, View::current, reg}, numbers(std::move(values)), mask);
}

ExprId Builder::in_tuple(Relation relation) {
    if (relation.rows.empty()) return no();
    device_.relations.push_back(std::move(relation));
    return intern(Expr{InTuple{RelationId(device_.relations.size() - 1)}});
}

ExprId Builder::unknown(PredicateId which, std::uint16_t value) { return intern(Expr{Unknown{which, value}}); }

ExprId Builder::negate(ExprId e) {
    if (e == yes()) return no();
    if (e == no()) return yes();
    if (const auto* inner = std::get_if<Not>(&device_.exprs[e.index()].is)) return inner->e;
    return intern(Expr{Not{e}});
}

ExprId Builder::all(std::vector<ExprId> e) {
    std::vector<ExprId> kept;
    for (auto x : e) {
        if (x == no()) return no();
        if (x == yes()) continue;
        if (const auto* inner = std::get_if<And>(&device_.exprs[x.index()].is)) {
            for (auto y : inner->e)
                if (std::find(kept.begin(), kept.end(), y) == kept.end()) kept.push_back(y);
        } else if (std::find(kept.begin(), kept.end(), x) == kept.end()) {
            kept.push_back(x);
        }
    }
    if (kept.empty()) return yes();
    if (kept.size() == 1) return kept.front();
    return intern(Expr{And{std::move(kept)}});
}

ExprId Builder::either(std::vector<ExprId> e) {
    std::vector<ExprId> kept;
    for (auto x : e) {
        if (x == yes()) return yes();
        if (x == no()) continue;
        kept.push_back(x);
    }
    std::sort(kept.begin(), kept.end());
    kept.erase(std::unique(kept.begin(), kept.end()), kept.end());
    if (kept.empty()) return no();
    if (kept.size() == 1) return kept.front();
    return intern(Expr{Or{std::move(kept)}});
}

ExprId Builder::family(Family f) { return in(Field::family, IntervalSet::single(static_cast<base::u128>(f))); }

ExprId Builder::address(Field field, Family f, IntervalSet values, View view) {
    const bool v6 = f == Family::v6;
    auto id = v6 ? addresses({}, std::move(values)) : addresses(std::move(values), {});
    return all({family(f), in(FieldRef{field, view, {}}, id)});
}

ExprId Builder::prefix(Field field, const Prefix& p, View view) {
    return address(field, p.base.family, IntervalSet::prefix(p), view);
}

ExprId Builder::interface_names(Field field, std::vector<std::string> patterns) {
    for (const auto& p : patterns)
        if (!p.empty() && p.back() != '*') interface(p);
    return in(field, set(Set{InterfaceNames{std::move(patterns)}, {}}));
}

ChainId Builder::chain(std::string name, OriginId origin) {
    device_.chains.push_back(Chain{std::move(name), {}, origin, false});
    return ChainId(device_.chains.size() - 1);
}

RuleId Builder::rule(ChainId chain, Rule rule) {
    if (!rule.match.valid()) rule.match = yes();
    device_.rules.push_back(std::move(rule));
    const RuleId id(device_.rules.size() - 1);
    device_.chains[chain.index()].rules.push_back(id);
    return id;
}

RuleId Builder::rule(ChainId chain, Rule rule, Span span, std::string text) {
    rule.origin = origin(span, std::move(text));
    return this->rule(chain, std::move(rule));
}

StageId Builder::stage(std::string name, Label label, ExprId when, ChainId entry, Verdict fallthrough,
                       OriginId origin) {
    device_.pipeline.push_back(Stage{when, entry, Decide{fallthrough, {}, true}, std::move(name), label, origin});
    return StageId(device_.pipeline.size() - 1);
}

PredicateId Builder::opaque_rule(ChainId chain, ExprId match, OriginId origin, bool translates_source,
                                 bool translates_destination) {
    // One k-way predicate a statement: 0 nothing, 1 accept, 2 drop, 3 source to anything, 4 destination to anything.
    const auto& written = device_.origins[origin.index()];
    std::string text = "not understood: " + written.text + " #" + std::to_string(origin.value);
    const std::uint16_t choices = translates_destination ? 5 : translates_source ? 4 : 3;
    const auto which = predicate(std::move(text), PredicateKind::opaque, Field::proto, origin, choices);
    depends(which, 0, chain);
    auto guarded = [&](std::uint16_t value, Control control) {
        Rule r;
        r.match = all({match, unknown(which, value)});
        r.control = std::move(control);
        r.origin = origin;
        rule(chain, std::move(r));
    };
    guarded(1, Decide{Verdict::accept, {}, true});
    guarded(2, Decide{Verdict::drop, {}, true});
    auto anything = [&](Field field) {
        std::vector<Translate> then;
        for (auto f : {Family::v4, Family::v6}) {
            Choice c;
            c.text = "not understood: any address";
            c.field = field;
            c.varies = false;
            (f == Family::v4 ? c.candidates.values : c.candidates.values6) = IntervalSet::full(base::address_bits(f));
            c.origin = origin;
            then.push_back(Translate{field, f, Pick{choice(std::move(c)), false}});
        }
        return Decide{Verdict::accept, std::move(then), true};
    };
    if (translates_source) guarded(3, anything(Field::src));
    if (translates_destination) guarded(4, anything(Field::dst));
    return which;
}

}  // namespace egresslint::model
