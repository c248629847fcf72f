// SPDX-License-Identifier: Apache-2.0
#include "model/builder.hpp"

#include <algorithm>
#include <utility>

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

std::size_t hash_of_junction(std::size_t index, std::span<const ExprId> parts) {
    std::size_t seed = index;
    for (const auto e : parts) mix(seed, e.value);
    return seed;
}

std::size_t hash_of(const Expr& expr) {
    if (const auto* a = std::get_if<And>(&expr.is)) return hash_of_junction(expr.is.index(), a->e);
    if (const auto* o = std::get_if<Or>(&expr.is)) return hash_of_junction(expr.is.index(), o->e);
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
        void operator()(const And&) const {}
        void operator()(const Or&) const {}
    };
    std::visit(Visitor{seed}, expr.is);
    return seed;
}

std::size_t hash_of_literal(std::size_t index, ObjectId object, std::size_t values, std::size_t values6) {
    std::size_t seed = index;
    mix(seed, object.value);
    mix(seed, values);
    mix(seed, values6);
    return seed;
}

std::size_t hash_of(const Set& set) {
    if (const auto* literal = std::get_if<LiteralSet>(&set.is))
        return hash_of_literal(set.is.index(), set.object, literal->values.hash(), literal->values6.hash());
    std::size_t seed = set.is.index();
    mix(seed, set.object.value);
    struct Visitor {
        std::size_t& seed;
        void operator()(const LiteralSet&) const {}
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

std::size_t hash_of_object(std::string_view kind, std::string_view name) {
    std::size_t seed = hash_text(kind);
    mix(seed, hash_text(name));
    return seed;
}
std::size_t hash_of_predicate(PredicateKind kind, std::string_view text) {
    std::size_t seed = static_cast<std::size_t>(kind);
    mix(seed, hash_text(text));
    return seed;
}
std::size_t hash_of_interface(std::string_view name) {
    std::size_t seed = 0;
    mix(seed, hash_text(name));
    return seed;
}
std::size_t hash_of(const Choice& choice) {
    std::size_t seed = hash_text(choice.text);
    mix(seed, static_cast<std::size_t>(choice.field) | (choice.varies ? 256u : 0u));
    mix(seed, choice.origin.value);
    mix(seed, choice.candidates.values.hash());
    mix(seed, choice.candidates.values6.hash());
    return seed;
}

/// Conjunctions longer than this are searched for what they hold already by marks, not one by one.
constexpr std::size_t long_conjunction = 16;

}  // namespace

Builder::Builder(std::string name) {
    device_.name = std::move(name);
    device_.interfaces.resize(first_interface);
    device_.interfaces[no_interface].name = "(none)";
    device_.interfaces[self_interface].name = "(self)";
    device_.exprs.push_back(Expr{false});
    device_.exprs.push_back(Expr{true});
}

void Builder::reserve(std::size_t rules) {
    // Doubling still holds where callers come back with one more file.
    const auto more = [rules](auto& table, std::size_t each) {
        const std::size_t wanted = table.size() + rules * each;
        if (wanted > table.capacity()) table.reserve(std::max(wanted, table.capacity() * 2));
    };
    more(device_.rules, 1);
    more(device_.origins, 1);
}

Builder::Builder(Device device) : device_(std::move(device)) {
    EGL_CHECK(device_.exprs.size() >= 2);
    // Entries that are equal (a device made by hand) stay apart; the first one is found.
    const auto index = [](NumberIndex& to, std::size_t first, const auto& table, const auto& hash) {
        to.reserve(table.size() + table.size() / 8);
        for (std::size_t i = first; i < table.size(); ++i) to.insert(hash(table[i]), static_cast<std::uint32_t>(i));
    };
    for (std::size_t i = 0; i < device_.exprs.size(); ++i) {
        auto* first = first_beside(device_.exprs[i]);
        if (first != nullptr && *first == NumberIndex::none)
            *first = static_cast<std::uint32_t>(i);
        else
            exprs_.insert(hash_of(device_.exprs[i]), static_cast<std::uint32_t>(i));
    }
    index(sets_, 0, device_.sets, [](const Set& s) { return hash_of(s); });
    index(objects_, 0, device_.objects, [](const Object& o) { return hash_of_object(o.kind, o.name); });
    index(predicates_, 0, device_.predicates, [](const Predicate& p) { return hash_of_predicate(p.kind, p.text); });
    index(choices_, 0, device_.choices, [](const Choice& c) { return hash_of(c); });
    for (std::size_t i = first_interface; i < device_.interfaces.size(); ++i)
        if (!device_.interfaces[i].representative)
            interfaces_.insert(hash_of_interface(device_.interfaces[i].name), static_cast<std::uint32_t>(i));
}

Device Builder::finish() && { return std::move(device_); }

OriginId Builder::origin(Span span, std::string text, bool synthetic) {
    device_.origins.push_back(Origin{span, std::move(text), synthetic, false});
    return OriginId(device_.origins.size() - 1);
}

std::uint32_t Builder::find_object(std::uint64_t hash, std::string_view kind, std::string_view name) const {
    return objects_.find(
        hash, [&](std::uint32_t i) { return device_.objects[i].name == name && device_.objects[i].kind == kind; });
}

ObjectId Builder::define(std::string_view kind, std::string_view name, Span where) {
    const auto hash = hash_of_object(kind, name);
    if (const auto known = find_object(hash, kind, name); known != NumberIndex::none) {
        auto& object = device_.objects[known];
        object.state = object.state == ObjectState::undefined ? ObjectState::defined : ObjectState::duplicate;
        if (object.state == ObjectState::defined) object.defined = where;
        return ObjectId(known);
    }
    objects_.insert(hash, static_cast<std::uint32_t>(device_.objects.size()));
    device_.objects.push_back(Object{std::string(kind), std::string(name), where, {}, ObjectState::defined});
    return ObjectId(device_.objects.size() - 1);
}

ObjectId Builder::use(std::string_view kind, std::string_view name, Span where) {
    const auto hash = hash_of_object(kind, name);
    auto known = find_object(hash, kind, name);
    if (known == NumberIndex::none) {
        known = static_cast<std::uint32_t>(device_.objects.size());
        objects_.insert(hash, known);
        device_.objects.push_back(Object{std::string(kind), std::string(name), {}, {}, ObjectState::undefined});
    }
    device_.objects[known].used.push_back(where);
    return ObjectId(known);
}

InterfaceId Builder::interface(std::string_view name) {
    const auto hash = hash_of_interface(name);
    const auto known = interfaces_.find(hash, [&](std::uint32_t i) { return device_.interfaces[i].name == name; });
    if (known != NumberIndex::none) return InterfaceId(known);
    interfaces_.insert(hash, static_cast<std::uint32_t>(device_.interfaces.size()));
    device_.interfaces.emplace_back();
    device_.interfaces.back().name = name;
    return InterfaceId(device_.interfaces.size() - 1);
}

RegisterId Builder::reg(std::string_view name, std::uint32_t initial) {
    for (std::size_t i = 0; i < device_.registers.size(); ++i)
        if (device_.registers[i].name == name) return RegisterId(i);
    device_.registers.push_back(Register{std::string(name), initial, false});
    return RegisterId(device_.registers.size() - 1);
}

PredicateId Builder::predicate(std::string text, PredicateKind kind, Field beside, OriginId origin,
                               std::uint16_t choices) {
    const auto hash = hash_of_predicate(kind, text);
    const auto known = predicates_.find(hash, [&](std::uint32_t i) {
        return device_.predicates[i].kind == kind && device_.predicates[i].text == text;
    });
    if (known != NumberIndex::none) return PredicateId(known);
    predicates_.insert(hash, static_cast<std::uint32_t>(device_.predicates.size()));
    device_.predicates.push_back(Predicate{std::move(text), kind, choices, beside, origin, 0, {}, {}});
    return PredicateId(device_.predicates.size() - 1);
}

void Builder::depends(PredicateId which, FieldMask reads, ChainId asked_in) {
    auto& p = device_.predicates[which.index()];
    p.reads = static_cast<FieldMask>(p.reads | reads);
    if (asked_in.valid()) p.asked_in = asked_in;
}

ChoiceId Builder::choice(Choice choice) {
    const auto hash = hash_of(choice);
    const auto known = choices_.find(hash, [&](std::uint32_t i) {
        const auto& c = device_.choices[i];
        return c.text == choice.text && c.field == choice.field && c.varies == choice.varies &&
               c.origin == choice.origin && c.candidates == choice.candidates;
    });
    if (known != NumberIndex::none) return ChoiceId(known);
    choices_.insert(hash, static_cast<std::uint32_t>(device_.choices.size()));
    device_.choices.push_back(std::move(choice));
    return ChoiceId(device_.choices.size() - 1);
}

SetId Builder::set(Set set) {
    const auto hash = hash_of(set);
    const auto known = sets_.find(hash, [&](std::uint32_t i) { return device_.sets[i] == set; });
    if (known != NumberIndex::none) return SetId(known);
    sets_.insert(hash, static_cast<std::uint32_t>(device_.sets.size()));
    device_.sets.push_back(std::move(set));
    return SetId(device_.sets.size() - 1);
}

SetId Builder::literal(std::span<const base::Interval> values, std::span<const base::Interval> values6) {
    constexpr std::size_t literal_index = 0;
    static_assert(std::is_same_v<std::variant_alternative_t<literal_index, decltype(Set::is)>, LiteralSet>);
    const auto hash = hash_of_literal(literal_index, {}, IntervalSet::hash(values), IntervalSet::hash(values6));
    const auto known = sets_.find(hash, [&](std::uint32_t i) {
        const auto* other = std::get_if<LiteralSet>(&device_.sets[i].is);
        return other != nullptr && !device_.sets[i].object.valid() &&
               std::ranges::equal(other->values.intervals(), values) &&
               std::ranges::equal(other->values6.intervals(), values6);
    });
    if (known != NumberIndex::none) return SetId(known);
    const auto made = [](std::span<const base::Interval> list) {
        return list.size() == 1 ? IntervalSet{list.front()}
                                : IntervalSet(std::vector<base::Interval>(list.begin(), list.end()));
    };
    sets_.insert(hash, static_cast<std::uint32_t>(device_.sets.size()));
    device_.sets.push_back(Set{LiteralSet{made(values), made(values6)}, {}});
    return SetId(device_.sets.size() - 1);
}

SetId Builder::number_interval(const base::Interval& values) {
    if (values.first > values.last) return numbers({});
    return literal({&values, 1}, {});
}

SetId Builder::address_interval(Family family, const base::Interval& values) {
    if (values.first > values.last) return addresses({}, {});
    return family == Family::v6 ? literal({}, {&values, 1}) : literal({&values, 1}, {});
}

SetId Builder::numbers(IntervalSet values, ObjectId object) {
    return set(Set{LiteralSet{std::move(values), {}}, object});
}

SetId Builder::addresses(IntervalSet v4, IntervalSet v6, ObjectId object) {
    return set(Set{LiteralSet{std::move(v4), std::move(v6)}, object});
}

std::uint32_t& Builder::first_of(SetId set) {
    if (set.index() >= first_of_set_.size()) first_of_set_.resize(device_.sets.size(), NumberIndex::none);
    return first_of_set_[set.index()];
}

std::uint32_t& Builder::first_of(ExprId newest_part) {
    if (newest_part.index() >= first_of_expr_.size()) first_of_expr_.resize(device_.exprs.size(), NumberIndex::none);
    return first_of_expr_[newest_part.index()];
}

/// nullptr: it is made of nothing that could say where it is.
std::uint32_t* Builder::first_beside(const Expr& expr) {
    const auto beside = [this](std::span<const ExprId> parts) -> std::uint32_t* {
        if (parts.empty()) return nullptr;
        const auto newest = *std::max_element(parts.begin(), parts.end());
        return newest.index() < device_.exprs.size() ? &first_of(newest) : nullptr;
    };
    if (const auto* in = std::get_if<In>(&expr.is))
        return in->set.index() < device_.sets.size() ? &first_of(in->set) : nullptr;
    if (const auto* n = std::get_if<Not>(&expr.is)) return beside({&n->e, 1});
    if (const auto* a = std::get_if<And>(&expr.is)) return beside(a->e);
    if (const auto* o = std::get_if<Or>(&expr.is)) return beside(o->e);
    return nullptr;
}

ExprId Builder::add(Expr expr) {
    device_.exprs.push_back(std::move(expr));
    return ExprId(device_.exprs.size() - 1);
}

ExprId Builder::intern(Expr expr) {
    if (auto* first = first_beside(expr)) {
        if (*first == NumberIndex::none) {
            *first = static_cast<std::uint32_t>(device_.exprs.size());
            return add(std::move(expr));
        }
        if (device_.exprs[*first] == expr) return ExprId(*first);
    }
    const auto hash = hash_of(expr);
    const auto known = exprs_.find(hash, [&](std::uint32_t i) { return device_.exprs[i] == expr; });
    if (known != NumberIndex::none) return ExprId(known);
    exprs_.insert(hash, static_cast<std::uint32_t>(device_.exprs.size()));
    return add(std::move(expr));
}

template <class Junction>
ExprId Builder::intern_scratch() {
    const auto made = [this] { return Expr{Junction{std::vector<ExprId>(scratch_.begin(), scratch_.end())}}; };
    const auto same = [this](std::uint32_t i) {
        const auto* other = std::get_if<Junction>(&device_.exprs[i].is);
        return other != nullptr && other->e == scratch_;
    };
    auto& first = first_of(*std::max_element(scratch_.begin(), scratch_.end()));
    if (first == NumberIndex::none) {
        first = static_cast<std::uint32_t>(device_.exprs.size());
        return add(made());
    }
    if (same(first)) return ExprId(first);
    static const std::size_t index = Expr{Junction{}}.is.index();
    const auto hash = hash_of_junction(index, scratch_);
    const auto known = exprs_.find(hash, same);
    if (known != NumberIndex::none) return ExprId(known);
    exprs_.insert(hash, static_cast<std::uint32_t>(device_.exprs.size()));
    return add(made());
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

/// Appends to scratch_ what is not in it yet.
void Builder::keep_new(ExprId e) {
    if (scratch_.size() < long_conjunction) {
        if (std::find(scratch_.begin(), scratch_.end(), e) == scratch_.end()) scratch_.push_back(e);
        return;
    }
    if (scratch_.size() == long_conjunction) {
        marks_.resize(device_.exprs.size());
        ++mark_;
        for (const auto x : scratch_) marks_[x.index()] = mark_;
    }
    if (std::exchange(marks_[e.index()], mark_) != mark_) scratch_.push_back(e);
}

ExprId Builder::all(std::span<const ExprId> e) {
    scratch_.clear();
    for (const auto x : e) {
        if (x == no()) return no();
        if (x == yes()) continue;
        if (const auto* inner = std::get_if<And>(&device_.exprs[x.index()].is))
            for (const auto y : inner->e) keep_new(y);
        else
            keep_new(x);
    }
    if (scratch_.empty()) return yes();
    if (scratch_.size() == 1) return scratch_.front();
    return intern_scratch<And>();
}

ExprId Builder::either(std::span<const ExprId> e) {
    scratch_.clear();
    for (const auto x : e) {
        if (x == yes()) return yes();
        if (x != no()) scratch_.push_back(x);
    }
    std::sort(scratch_.begin(), scratch_.end());
    scratch_.erase(std::unique(scratch_.begin(), scratch_.end()), scratch_.end());
    if (scratch_.empty()) return no();
    if (scratch_.size() == 1) return scratch_.front();
    return intern_scratch<Or>();
}

ExprId Builder::family(Family f) {
    return in_interval(Field::family, {static_cast<base::u128>(f), static_cast<base::u128>(f)});
}

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
