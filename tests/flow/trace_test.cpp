// SPDX-License-Identifier: Apache-2.0
// The tracer against the semantics stated at the head of model/device.hpp, one sentence a test. Addresses: RFC 5737.
#include "flow/trace.hpp"

#include <catch2/catch.hpp>

#include "model/builder.hpp"

using namespace egresslint;
using namespace egresslint::model;
using base::IntervalSet;
using flow::Answer;

namespace {

base::u128 ip(const char* text) { return base::parse_address(text)->bits; }

struct World {
    Builder b{"test"};
    InterfaceId lan = b.interface("lan"), wan = b.interface("wan");
    RegisterId mark = b.reg("mark"), gateway = b.reg("gateway");

    RuleId rule(ChainId chain, ExprId match, Control control, std::vector<Effect> effects = {}) {
        Rule r;
        r.match = match;
        r.control = std::move(control);
        r.effects = std::move(effects);
        return b.rule(chain, std::move(r));
    }
    StageId stage(ChainId chain, Verdict otherwise = Verdict::accept) {
        return b.stage("stage", Label::filter, b.yes(), chain, otherwise);
    }
    Effect set_mark(std::uint32_t value) { return Assign{{Field::reg, View::current, mark}, {}, 0, {}, 0, value}; }
    ExprId marked(std::uint32_t value, std::uint32_t mask = 0xffffffffu) {
        return b.in_register(mark, IntervalSet::single(value), mask);
    }
    ExprId port(std::uint16_t p) { return b.dport(IntervalSet::single(p)); }
    Device device() {
        b.device().gateway_register = gateway;
        b.device().resolved = true;
        return b.device();
    }
    flow::Trace trace(flow::Packet p = packet(), const flow::Valuation& v = {}) { return flow::trace(device(), p, v); }
    static flow::Packet packet() {
        flow::Packet p;
        p.in_if = 2;
        p.src = ip("10.0.0.25");
        p.dst = ip("198.18.0.9");
        p.sport = 40000;
        p.dport = 25;
        p.tcp_flags = 2;
        return p;
    }
};

Translate source(const char* to) { return {Field::src, base::Family::v4, Fixed{ip(to)}}; }
Decide pending(Verdict v) { return Decide{v, {}, false}; }

}  // namespace

TEST_CASE("the first matching final decision ends a stage, and its default stands without one") {
    World w;
    const auto c = w.b.chain("c");
    w.rule(c, w.port(80), Decide{Verdict::drop});
    w.rule(c, w.port(25), Decide{Verdict::reject});
    w.rule(c, w.b.yes(), Decide{Verdict::drop});
    w.stage(c);
    CHECK(w.trace().answer == Answer::reject);
    World v;
    v.stage(v.b.chain("empty"), Verdict::drop);
    const auto t = v.trace();
    CHECK(t.answer == Answer::drop);
    REQUIRE(t.outcome.steps.size() == 1);
    CHECK_FALSE(t.outcome.steps[0].rule.valid());
    CHECK(t.outcome.steps[0].effect == "drop");
}

TEST_CASE("accept goes on to the next stage, drop ends the packet") {
    World w;
    const auto a = w.b.chain("a"), c = w.b.chain("b");
    w.rule(a, w.b.yes(), Decide{Verdict::accept});
    w.rule(c, w.b.yes(), Decide{Verdict::drop});
    w.stage(a);
    w.stage(c);
    w.stage(w.b.chain("never"), Verdict::accept);
    CHECK(w.trace().answer == Answer::drop);
    CHECK(w.trace().outcome.steps.size() == 2);
    CHECK(World{}.trace().answer == Answer::accept);  // the end of the pipeline
}

TEST_CASE("a stage whose guard is false is skipped") {
    World w;
    w.b.stage("s", Label::filter, w.b.in(Field::in_if, IntervalSet::single(w.wan.value)), w.b.chain("c"),
              Verdict::drop);
    CHECK(w.trace().answer == Answer::accept);
}

TEST_CASE("jump comes back, return leaves one chain, goto does not come back") {
    const auto run = [](bool go_to, bool returns) {
        World w;
        const auto outer = w.b.chain("outer"), inner = w.b.chain("inner"), top = w.b.chain("top");
        w.rule(top, w.b.yes(), Jump{outer});
        w.rule(top, w.b.yes(), Continue{}, {w.set_mark(1)});
        w.rule(top, w.b.yes(), Decide{Verdict::drop});
        if (go_to)
            w.rule(outer, w.b.yes(), Goto{inner});
        else
            w.rule(outer, w.b.yes(), Jump{inner});
        w.rule(outer, w.b.yes(), Decide{Verdict::reject});
        if (returns) w.rule(inner, w.b.yes(), Return{});
        w.stage(top);
        return w.trace();
    };
    CHECK(run(false, false).answer == Answer::reject);
    CHECK(run(false, true).answer == Answer::reject);
    CHECK(run(true, false).answer == Answer::drop);
    CHECK(run(true, true).answer == Answer::drop);
    CHECK(run(true, true).outcome.registers[0] == 1);
}

TEST_CASE("return at the entry of a stage leaves the decision to pending, then default") {
    World w;
    const auto c = w.b.chain("c");
    w.rule(c, w.b.yes(), Return{});
    w.rule(c, w.b.yes(), Decide{Verdict::accept});
    w.stage(c, Verdict::drop);
    CHECK(w.trace().answer == Answer::drop);
}

TEST_CASE("the last pending decision stands, a final one overrules it, settle makes it final") {
    const auto run = [](int variant) {
        World w;
        const auto c = w.b.chain("c");
        w.rule(c, w.b.yes(), Settle{});  // nothing pending yet: no effect
        w.rule(c, w.b.yes(), pending(Verdict::drop));
        if (variant == 1) w.rule(c, w.b.yes(), Settle{});
        w.rule(c, w.b.yes(), pending(Verdict::reject));
        if (variant == 2) w.rule(c, w.b.yes(), Decide{Verdict::accept});
        w.stage(c);
        return w.trace().answer;
    };
    CHECK(run(0) == Answer::reject);
    CHECK(run(1) == Answer::drop);
    CHECK(run(2) == Answer::accept);
}

TEST_CASE("settle ends the whole stage from inside a called chain, and pending does not outlive its stage") {
    World w;
    const auto outer = w.b.chain("outer"), inner = w.b.chain("inner");
    w.rule(outer, w.b.yes(), pending(Verdict::accept));
    w.rule(outer, w.b.yes(), Jump{inner});
    w.rule(outer, w.b.yes(), Decide{Verdict::drop});
    w.rule(inner, w.b.yes(), Settle{});
    w.stage(outer, Verdict::drop);
    CHECK(w.trace().answer == Answer::accept);
    w.stage(w.b.chain("empty"), Verdict::reject);
    CHECK(w.trace().answer == Answer::reject);
}

TEST_CASE("effects take place at once, translations of a decision when the stage ends") {
    World w;
    const auto c = w.b.chain("c");
    w.rule(c, w.b.yes(), Continue{}, {source("192.0.2.1")});
    w.rule(c, w.b.prefix(Field::src, *base::parse_prefix("10.0.0.25")), Decide{Verdict::drop});
    Decide d{Verdict::accept, {source("192.0.2.2")}, false};
    w.rule(c, w.b.prefix(Field::src, *base::parse_prefix("10.0.0.25"), View::original), d);
    w.rule(c, w.b.prefix(Field::src, *base::parse_prefix("192.0.2.2")), Decide{Verdict::drop});
    w.stage(c);
    const auto t = w.trace();
    CHECK(t.answer == Answer::accept);
    CHECK(t.outcome.src == base::Interval{ip("192.0.2.2"), ip("192.0.2.2")});
    CHECK(t.outcome.steps.at(1).effect == "~> accept src:=192.0.2.2");
}

TEST_CASE("assignments have the form (a & m) ^ (b & n) ^ value, in order") {
    World w;
    const auto c = w.b.chain("c");
    const FieldRef mark{Field::reg, View::current, w.mark}, other{Field::reg, View::current, w.gateway};
    w.rule(c, w.b.yes(), Continue{}, {w.set_mark(0xff00), Assign{other, w.mark, 0x0f00, {}, 0, 0x1}});
    w.rule(c, w.b.yes(), Continue{}, {Assign{mark, w.mark, 0xf000, w.gateway, 0xffff, 0x11}});
    w.rule(c, w.b.negate(w.marked(0xf000, 0xf000)), Decide{Verdict::drop});
    w.rule(c, w.b.yes(), Continue{}, {Assign{{Field::out_if}, {}, 0, {}, 0, w.wan.value}});
    w.rule(c, w.b.yes(), Continue{}, {Assign{{Field::ct_state}, {}, 0, {}, 0, 4}});
    w.rule(c, w.b.in(Field::ct_state, IntervalSet::single(4)), Decide{Verdict::accept});
    w.stage(c, Verdict::drop);
    const auto t = w.trace();
    CHECK(t.answer == Answer::accept);
    CHECK(t.outcome.registers[1] == 0x0f01);
    CHECK(t.outcome.registers[0] == (0xf000 ^ 0x0f01 ^ 0x11));
    CHECK(t.outcome.out_if == w.wan.value);
}

TEST_CASE("one predicate has one truth in the whole pipeline; the answer is unknown only when it matters") {
    World w;
    const auto which = w.b.predicate("limit", PredicateKind::rate);
    const auto a = w.b.chain("a"), c = w.b.chain("b");
    w.rule(a, w.b.unknown(which), Continue{}, {w.set_mark(1)});
    w.stage(a);
    w.rule(c, w.b.all({w.b.unknown(which), w.marked(0)}), Decide{Verdict::drop});
    w.rule(c, w.b.all({w.b.unknown(which, 0), w.marked(1)}), Decide{Verdict::drop});
    w.stage(c);
    auto t = w.trace();
    CHECK(t.answer == Answer::accept);
    CHECK(t.branches.size() == 2);
    CHECK(t.depends_on.empty());
    w.rule(c, w.marked(1), Decide{Verdict::drop});
    t = w.trace();
    CHECK(t.answer == Answer::unknown);
    CHECK(t.depends_on == std::vector{which});
    CHECK(w.trace(World::packet(), {{{which.value, 1}}, {}}).answer == Answer::drop);
    CHECK(w.trace(World::packet(), {{{which.value, 0}}, {}}).answer == Answer::accept);
    // No branch when another conjunct settles it.
    World v;
    const auto d = v.b.chain("d");
    v.rule(d, v.b.all({v.b.unknown(v.b.predicate("x", PredicateKind::packet)), v.port(80)}), Decide{Verdict::drop});
    v.stage(d);
    CHECK(v.trace().branches.size() == 1);
}

TEST_CASE("an open choice is a range that matches cut") {
    World w;
    Choice pool;
    pool.text = "pool";
    pool.candidates.values = IntervalSet::range(ip("198.51.100.8"), ip("198.51.100.15"));
    const auto id = w.b.choice(pool);
    const auto a = w.b.chain("a"), c = w.b.chain("b");
    w.rule(a, w.b.yes(), Decide{Verdict::accept, {Translate{Field::src, base::Family::v4, Pick{id, false}}}});
    w.stage(a);
    auto t = w.trace();
    CHECK(t.outcome.src == base::Interval{ip("198.51.100.8"), ip("198.51.100.15")});
    w.rule(c, w.b.prefix(Field::src, *base::parse_prefix("198.51.100.12/30")), Decide{Verdict::drop});
    w.stage(c);
    t = w.trace();
    CHECK(t.answer == Answer::unknown);
    REQUIRE(t.branches.size() == 2);
    CHECK(t.branches[0].src == base::Interval{ip("198.51.100.12"), ip("198.51.100.15")});
    CHECK(t.branches[1].src == base::Interval{ip("198.51.100.8"), ip("198.51.100.11")});
    CHECK(w.trace(World::packet(), {{}, {{id.value, ip("198.51.100.13")}}}).answer == Answer::drop);
}

TEST_CASE("a port among the candidates stays where the device keeps it") {
    World w;
    Choice ports;
    ports.text = "ports";
    ports.field = Field::sport;
    ports.candidates.values = IntervalSet::range(1024, 39999);
    const auto id = w.b.choice(ports);
    const auto c = w.b.chain("c");
    w.rule(c, w.b.yes(), Decide{Verdict::accept, {Translate{Field::sport, {}, Pick{id, true}}}});
    w.stage(c);
    auto p = World::packet();
    CHECK(w.trace(p).outcome.sport == base::Interval{1024, 39999});
    p.sport = 1025;
    CHECK(w.trace(p).outcome.sport == base::Interval{1025, 1025});
}

TEST_CASE("masquerade takes the gateway register's address, else the first primary global one") {
    World w;
    auto& wan = w.b.device().interfaces[w.wan.index()];
    const auto address = [](const char* text, bool secondary, bool global) {
        return InterfaceAddress{*base::parse_address(text), 24, secondary, global};
    };
    wan.addresses = {address("fe80::1", false, false), address("169.254.0.1", false, false),
                     address("198.51.100.3", true, true), address("198.51.100.2", false, true)};
    const auto a = w.b.chain("a"), c = w.b.chain("b");
    w.rule(a, w.b.yes(), Continue{}, {Assign{{Field::out_if}, {}, 0, {}, 0, w.wan.value}});
    w.rule(a, w.port(26), Continue{}, {Assign{{Field::reg, View::current, w.gateway}, {}, 0, {}, 0, 3}});
    w.stage(a);
    w.rule(c, w.b.yes(), Decide{Verdict::accept, {Translate{Field::src, {}, OutInterfaceAddress{}}}});
    w.stage(c);
    CHECK(w.trace().outcome.src.first == ip("198.51.100.2"));
    auto p = World::packet();
    p.dport = 26;
    CHECK(w.trace(p).outcome.src.first == ip("198.51.100.3"));
    p = World::packet();
    p.family = base::Family::v6;
    CHECK(w.trace(p).outcome.src.first == ip("fe80::1"));
    p.dport = 26;  // the register's address is of the other family
    CHECK(w.trace(p).outcome.src.first == ip("fe80::1"));
    w.b.device().interfaces[w.wan.index()].addresses = {address("198.51.100.3", true, true),
                                                        address("169.254.0.1", false, false)};
    CHECK(w.trace().outcome.src.first == ip("198.51.100.3"));
}

TEST_CASE("redirect of the device's own packets goes to the loopback address") {
    World w;
    const auto c = w.b.chain("c");
    w.rule(c, w.b.yes(), Decide{Verdict::accept, {Translate{Field::dst, {}, InInterfaceAddress{}}}});
    w.stage(c);
    auto p = World::packet();
    p.in_if = self_interface;
    CHECK(w.trace(p).outcome.dst.first == ip("127.0.0.1"));
    p.family = base::Family::v6;
    CHECK(w.trace(p).outcome.dst.first == ip("::1"));
    CHECK(w.trace().outcome.dst.first == ip("198.18.0.9"));  // lan has no address: nothing to redirect to
}

TEST_CASE("network translation keeps the host part and touches only its network") {
    World w;
    const auto c = w.b.chain("c");
    const Shift shift{ip("10.0.0.0"), ip("192.0.2.0"), 24};
    w.rule(c, w.b.yes(),
           Decide{Verdict::accept,
                  {Translate{Field::src, base::Family::v4, shift}, Translate{Field::dst, base::Family::v4, shift}}});
    w.stage(c);
    const auto t = w.trace();
    CHECK(t.outcome.src.first == ip("192.0.2.25"));
    CHECK(t.outcome.dst.first == ip("198.18.0.9"));
}

TEST_CASE("a network translation of an open choice cuts it at the network and moves it") {
    World w;
    Choice pool;
    pool.text = "pool";
    pool.candidates.values = IntervalSet::range(ip("10.0.0.254"), ip("10.0.1.1"));
    const auto id = w.b.choice(pool);
    const auto c = w.b.chain("c");
    w.rule(c, w.b.yes(), Continue{}, {Translate{Field::src, base::Family::v4, Pick{id, false}}});
    w.rule(c, w.b.yes(), Continue{},
           {Translate{Field::src, base::Family::v4, Shift{ip("10.0.0.0"), ip("192.0.2.0"), 24}}});
    w.rule(c, w.b.prefix(Field::src, *base::parse_prefix("192.0.2.255")), Decide{Verdict::drop});
    w.stage(c);
    const auto t = w.trace();
    REQUIRE(t.branches.size() == 3);
    CHECK(t.branches[0].verdict == Verdict::drop);
    CHECK(t.branches[0].src == base::Interval{ip("192.0.2.255"), ip("192.0.2.255")});
    CHECK(t.branches[1].src == base::Interval{ip("192.0.2.254"), ip("192.0.2.254")});
    CHECK(t.branches[2].src == base::Interval{ip("10.0.1.0"), ip("10.0.1.1")});
}

TEST_CASE("a choice without candidates of the family, and a port where there is none, stay as they are") {
    World w;
    Choice pool;
    pool.text = "pool";
    pool.candidates.values6 = IntervalSet::single(ip("2001:db8::1"));
    const auto c = w.b.chain("c");
    w.rule(c, w.b.yes(), Continue{}, {Translate{Field::src, {}, Pick{w.b.choice(pool), false}}});
    w.rule(c, w.b.yes(), Continue{}, {Translate{Field::dport, {}, Fixed{2525}}});
    w.stage(c);
    auto p = World::packet();
    CHECK(w.trace(p).outcome.src.first == ip("10.0.0.25"));
    CHECK(w.trace(p).outcome.dport.first == 2525);
    p.proto = 1;
    CHECK(w.trace(p).outcome.dport.first == 0);
}

TEST_CASE("rewrites of the other family and inactive rules do nothing") {
    World w;
    const auto c = w.b.chain("c");
    w.rule(c, w.b.yes(), Continue{}, {Translate{Field::src, base::Family::v6, Fixed{1}}});
    const auto off = w.rule(c, w.b.yes(), Decide{Verdict::drop});
    w.b.device().rules[off.index()].active = false;
    w.stage(c);
    const auto t = w.trace();
    CHECK(t.answer == Answer::accept);
    CHECK(t.outcome.src.first == ip("10.0.0.25"));
}

TEST_CASE("tuples match by row, and fields that the protocol lacks are 0") {
    World w;
    const auto one = [&](base::u128 v) { return w.b.numbers(IntervalSet::single(v)); };
    const auto host = [&](const char* a) { return w.b.addresses(IntervalSet::single(ip(a)), {}); };
    Relation r;
    r.columns = {FieldRef{Field::src}, FieldRef{Field::dport}};
    r.rows = {{host("10.0.0.24"), one(25)}, {host("10.0.0.25"), one(587)}};
    const auto c = w.b.chain("c");
    w.rule(c, w.b.in_tuple(r), Decide{Verdict::drop});
    w.stage(c);
    auto p = World::packet();
    CHECK(w.trace(p).answer == Answer::accept);
    p.dport = 587;
    CHECK(w.trace(p).answer == Answer::drop);
    p.proto = 1;
    CHECK(w.trace(p).answer == Answer::accept);
}

TEST_CASE("more branches than the limit is an unknown answer, never a wrong one") {
    World w;
    const auto c = w.b.chain("c");
    for (int i = 0; i < 12; ++i)
        w.rule(c, w.b.unknown(w.b.predicate("p" + std::to_string(i), PredicateKind::packet)), Continue{},
               {w.set_mark(static_cast<std::uint32_t>(i))});
    w.stage(c);
    const auto t = flow::trace(w.device(), World::packet(), {}, 256);
    CHECK(t.truncated);
    CHECK(t.answer == Answer::unknown);
    CHECK(flow::trace(w.device(), World::packet(), {}, 5000).answer == Answer::accept);
}
