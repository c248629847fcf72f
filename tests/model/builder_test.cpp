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
