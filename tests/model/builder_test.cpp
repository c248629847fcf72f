// SPDX-License-Identifier: Apache-2.0
// What the Builder promises: interning, constant folding, tracked objects, opaque rules with every outcome.
#include "model/builder.hpp"

#include <catch2/catch.hpp>

#include "model/print.hpp"
#include "model/validate.hpp"

using namespace egresslint;
using namespace egresslint::model;

TEST_CASE("equal expressions and sets are one") {
    Builder b("x");
    const auto a = b.all({b.proto(6), b.dport(IntervalSet::single(25))});
    CHECK(a == b.all({b.proto(6), b.dport(IntervalSet::single(25))}));
    CHECK(a != b.all({b.dport(IntervalSet::single(25)), b.proto(6)}));  // order is what the operator wrote
    CHECK(b.either({b.proto(6), b.proto(17)}) == b.either({b.proto(17), b.proto(6), b.proto(6)}));
    CHECK(b.in(Field::src, b.numbers(IntervalSet::single(25))) != b.in(Field::dst, b.numbers(IntervalSet::single(25))));
    const auto sets = b.device().sets.size();
    b.numbers(IntervalSet::single(25));
    CHECK(b.device().sets.size() == sets);
    b.numbers(IntervalSet::single(25), b.define("set", "smtp", {}));  // the name is part of it
    CHECK(b.device().sets.size() == sets + 1);
    const auto view = FieldRef{Field::dport, View::original, {}};
    CHECK(b.in(view, b.numbers(IntervalSet::single(25))) != b.dport(IntervalSet::single(25)));
}

TEST_CASE("constants fold, and nested conjunctions flatten") {
    Builder b("x");
    const auto p = b.proto(6), q = b.dport(IntervalSet::single(25)), r = b.sport(IntervalSet::single(1));
    CHECK(b.all({}) == b.yes());
    CHECK(b.either({}) == b.no());
    CHECK(b.all({p, b.no()}) == b.no());
    CHECK(b.either({p, b.yes()}) == b.yes());
    CHECK(b.all({p, b.yes(), p}) == p);
    CHECK(b.either({p, b.no()}) == p);
    CHECK(b.all({b.all({p, q}), r}) == b.all({p, q, r}));
    CHECK(b.negate(b.negate(p)) == p);
    CHECK(b.negate(b.yes()) == b.no());
    CHECK(b.in(Field::dport, IntervalSet{}) == b.no());
    Relation none;
    none.columns = {FieldRef{Field::src}};
    CHECK(b.in_tuple(none) == b.no());
}

TEST_CASE("long conjunctions keep each part once and in order") {
    Builder b("x");
    std::vector<ExprId> parts, twice;
    for (unsigned port = 1; port <= 100; ++port) parts.push_back(b.dport(IntervalSet::single(port)));
    for (const auto p : parts) twice.insert(twice.end(), {p, parts.front(), p});
    const auto all = b.all(twice);
    CHECK(all == b.all(parts));
    CHECK(std::get<And>(b.device().exprs[all.index()].is).e == parts);
}

TEST_CASE("what is interned is what comparing with everything finds") {
    // Ids are found beside the newest part, in an index, or not at all; each way must know what the others know.
    Builder b("x");
    std::vector<ExprId> pool{b.proto(6), b.proto(17)};
    unsigned state = 1;
    const auto below = [&](std::size_t n) {
        state = state * 1103515245u + 12345u;
        return (state >> 8) % static_cast<unsigned>(n);
    };
    for (int round = 0; round < 3'000; ++round) {
        if (round == 1'500) b = Builder(std::move(b).finish());
        ExprId made;
        switch (below(5)) {
            case 0: made = b.in_interval(below(2) ? Field::sport : Field::dport, {below(40), 40 + below(3)}); break;
            case 1:
                made = b.in(below(2) ? Field::src : Field::dst, b.address_interval(Family::v4, {7, 7 + below(9)}));
                break;
            case 2: made = b.negate(pool[below(pool.size())]); break;
            case 3: made = b.all({pool[below(pool.size())], pool[below(pool.size())], pool[below(9)]}); break;
            default: made = b.either({pool[below(pool.size())], pool[below(pool.size())]}); break;
        }
        if (pool.size() < 60) pool.push_back(made);
        pool[below(pool.size())] = made;
    }
    const auto& d = b.device();
    for (std::size_t i = 0; i < d.exprs.size(); ++i)
        for (std::size_t k = 0; k < i; ++k)
            if (d.exprs[i] == d.exprs[k]) FAIL("expressions " << k << " and " << i << " are equal");
    for (std::size_t i = 0; i < d.sets.size(); ++i)
        for (std::size_t k = 0; k < i; ++k)
            if (d.sets[i] == d.sets[k]) FAIL("sets " << k << " and " << i << " are equal");
    CHECK(d.exprs.size() > 500);
    CHECK(b.number_interval({5, 4}) == b.numbers({}));
    CHECK(b.number_interval({4, 5}) == b.numbers(IntervalSet{{4, 5}}));
    CHECK(b.address_interval(Family::v6, {4, 5}) == b.addresses({}, IntervalSet{{4, 5}}));
}

TEST_CASE("a Builder goes on with a device as if it had never stopped") {
    Builder b("x");
    const auto eth = b.interface("eth0");
    const auto mark = b.reg("mark", 7);
    const auto p = b.predicate("limit", PredicateKind::rate);
    const auto e = b.all({b.proto(6), b.unknown(p)});
    b.use("set", "later", {});
    Builder again(std::move(b).finish());
    CHECK(again.interface("eth0") == eth);
    CHECK(again.interface("eth1") != eth);
    CHECK(again.reg("mark") == mark);
    CHECK(again.device().registers[mark.index()].initial == 7);
    CHECK(again.predicate("limit", PredicateKind::rate) == p);
    CHECK(again.predicate("limit", PredicateKind::time) != p);
    CHECK(again.all({again.proto(6), again.unknown(p)}) == e);
    const auto later = again.define("set", "later", {});
    CHECK(again.device().objects[later.index()].state == ObjectState::defined);
}

TEST_CASE("objects are undefined until defined, and a second definition shows") {
    Builder b("x");
    const auto used = b.use("set", "a", {});
    CHECK(b.device().objects[used.index()].state == ObjectState::undefined);
    CHECK(b.define("set", "a", {}) == used);
    CHECK(b.device().objects[used.index()].state == ObjectState::defined);
    b.define("set", "a", {});
    CHECK(b.device().objects[used.index()].state == ObjectState::duplicate);
    CHECK(b.define("map", "a", {}) != used);
}

TEST_CASE("what is not understood may do anything that it could have meant") {
    Builder b("x");
    const auto c = b.chain("c");
    const auto which = b.opaque_rule(c, b.proto(6), b.origin({}, "frobnicate 7"), true, true);
    CHECK(b.device().predicates[which.index()].choices == 5);
    CHECK(b.device().predicates[which.index()].kind == PredicateKind::opaque);
    b.stage("s", Label::filter, b.yes(), c);
    const auto d = std::move(b).finish();
    CHECK(validate(d).empty());
    REQUIRE(d.chains[0].rules.size() == 4);
    std::string actions;
    for (const auto r : d.chains[0].rules) actions += print_action(d, d.rules[r.index()]) + "; ";
    CHECK(actions.find("accept; drop; accept src:=unknown(") == 0);
    CHECK(actions.find("dst:=unknown(") != std::string::npos);
}
