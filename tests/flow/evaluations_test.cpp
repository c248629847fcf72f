// SPDX-License-Identifier: Apache-2.0
// Unknown predicates that one packet meets more than once (model/evaluations.hpp), by what becomes of packets. The
// kernel says the same in tests/kernel: "a lookup before and after a translation asks of two addresses", "a limiter in
// a chain that is called twice is asked twice".
#include "model/evaluations.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "flow/trace.hpp"
#include "model/resolve.hpp"
#include "model/validate.hpp"

using namespace egresslint;
using namespace egresslint::model;

namespace {

struct Box {
    Builder b{"box"};
    ChainId ask = b.chain("ask");
    PredicateId which = b.predicate("in the list", PredicateKind::dynamic_set, Field::dst);
    RegisterId hits = b.reg("hits");

    /// The chain that asks flips a bit for each yes.
    Box() {
        Rule rule;
        rule.match = b.unknown(which);
        rule.effects = {Assign{{Field::reg, View::current, hits}, hits, ~0u, {}, 0, 1}};
        b.rule(ask, rule);
    }
    ChainId stage(const char* name, ExprId when) {
        const auto chain = b.chain(name);
        b.stage(name, Label::filter, when, chain);
        return chain;
    }
    ChainId stage(const char* name) { return stage(name, b.yes()); }
    void call(ChainId from) {
        Rule rule;
        rule.control = Jump{ask};
        b.rule(from, rule);
    }
    void decide(ChainId chain, ExprId match, Verdict verdict, std::vector<Translate> then = {}) {
        Rule rule;
        rule.match = match;
        rule.control = Decide{verdict, std::move(then), true};
        b.rule(chain, rule);
    }
    Translate dnat() const { return {Field::dst, Family::v4, Fixed{0x0a000019}}; }
    /// Drops a packet with exactly one yes.
    void drop_odd(ChainId chain) { decide(chain, b.in_register(hits, IntervalSet::single(1)), Verdict::drop); }

    flow::Trace trace(std::uint16_t dport = 25) {
        auto& d = b.device();
        base::Diagnostics diagnostics;
        resolve(d, diagnostics);
        CHECK(validate(d).empty());
        flow::Packet p;
        p.in_if = first_interface;
        p.dst = 0xcb007119;
        p.dport = dport;
        return flow::trace(d, p);
    }
    /// Predicates that resolve made of `which`.
    std::vector<std::string> versions() const {
        std::vector<std::string> out;
        for (const auto& p : b.device().predicates)
            if (p.version_of == which) out.push_back(p.text);
        return out;
    }
    static std::set<Verdict> verdicts(const flow::Trace& t) {
        std::set<Verdict> out;
        for (const auto& branch : t.branches) out.insert(branch.verdict);
        return out;
    }
};

const std::set<Verdict> passes{Verdict::accept}, either{Verdict::accept, Verdict::drop};

}  // namespace

TEST_CASE("a predicate that reads a field is another one after a rewrite of that field") {
    for (const bool reads : {true, false}) {
        Box box;
        if (reads) box.b.depends(box.which, field_bit(Field::dst));
        box.call(box.stage("before"));
        const auto nat = box.stage("nat");
        box.decide(nat, box.b.dport(IntervalSet::single(25)), Verdict::accept, {box.dnat()});
        const auto after = box.stage("after");
        box.call(after);
        box.drop_odd(after);
        CHECK(Box::verdicts(box.trace()) == (reads ? either : passes));
        // A packet that is not translated keeps its address, and so the answer.
        CHECK(Box::verdicts(box.trace(80)) == passes);
    }
}

TEST_CASE("a rewrite of another field leaves the answer alone") {
    Box box;
    box.b.depends(box.which, field_bit(Field::src));
    box.call(box.stage("before"));
    box.decide(box.stage("nat"), box.b.yes(), Verdict::accept, {box.dnat()});
    const auto after = box.stage("after");
    box.call(after);
    box.drop_odd(after);
    CHECK(Box::verdicts(box.trace()) == passes);
    CHECK(box.versions().empty());
}

TEST_CASE("a predicate met on one side of a rewrite only stays one") {
    Box box;
    box.b.depends(box.which, field_bit(Field::dst));
    box.decide(box.stage("nat"), box.b.yes(), Verdict::accept, {box.dnat()});
    box.call(box.stage("after"));
    const auto last = box.stage("last");
    box.call(last);
    box.drop_odd(last);
    CHECK(Box::verdicts(box.trace()) == passes);
    CHECK(box.versions().empty());
}

TEST_CASE("stages that one packet cannot pass both do not count") {
    Box box;
    box.b.depends(box.which, field_bit(Field::dst));
    const auto own = box.b.in(Field::in_if, IntervalSet::single(self_interface));
    box.call(box.stage("received", box.b.negate(own)));
    box.decide(box.stage("nat"), box.b.yes(), Verdict::accept, {box.dnat()});
    box.call(box.stage("generated", own));
    (void)box.trace();
    CHECK(box.versions().empty());
}

TEST_CASE("state that moves on is asked anew on each visit") {
    for (const bool moves : {true, false}) {
        Box box;
        if (moves) box.b.depends(box.which, 0, box.ask);
        const auto first = box.stage("first");
        box.call(first);
        box.call(first);
        box.drop_odd(box.stage("second"));
        CHECK(Box::verdicts(box.trace()) == (moves ? either : passes));
    }
}

TEST_CASE("a chain that ends the packet is visited once") {
    Box box;
    box.b.depends(box.which, 0, box.ask);
    box.decide(box.ask, box.b.yes(), Verdict::drop);
    const auto first = box.stage("first");
    box.call(first);
    box.call(first);
    (void)box.trace();
    CHECK(box.versions().empty());
}

TEST_CASE("versions of a predicate name the one they were made of") {
    Box box;
    box.b.depends(box.which, 0, box.ask);
    const auto first = box.stage("first");
    for (int i = 0; i < 3; ++i) box.call(first);
    box.drop_odd(first);
    CHECK(Box::verdicts(box.trace()) == either);
    CHECK(box.versions() ==
          std::vector<std::string>{"in the list (asked again, visit 2)", "in the list (asked again, visit 3)"});
}
