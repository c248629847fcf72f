// SPDX-License-Identifier: Apache-2.0
// What Analysis promises, on devices small enough to know the answer by hand.
#include "flow/analysis.hpp"

#include <catch2/catch.hpp>

#include "model/builder.hpp"

using namespace egresslint;
using base::Family;
using base::IntervalSet;
using base::u128;
using model::Builder;
using model::Field;
using model::FieldRef;
using model::Verdict;
using model::View;

namespace {

u128 v4(const char* text) { return base::parse_address(text)->bits; }
IntervalSet net(const char* text) { return IntervalSet::prefix(*base::parse_prefix(text)); }

model::Translate to(Field field, Family family, u128 value) {
    model::Translate t;
    t.field = field;
    t.family = family;
    t.to = model::Fixed{value};
    return t;
}
model::Rule decide(model::ExprId match, Verdict verdict, std::vector<model::Translate> then = {}, bool final = true) {
    model::Rule r;
    r.match = match;
    r.control = model::Decide{verdict, std::move(then), final};
    return r;
}
model::Effect assign(FieldRef what, std::uint32_t value) { return model::Assign{what, {}, 0, {}, 0, value}; }

model::Device finish(Builder&& b) {
    b.device().resolved = true;
    return std::move(b).finish();
}

const flow::Row* row_of(flow::Analysis& a, const flow::FlowTable& t, const flow::Packet& p,
                        const flow::Valuation& v = {}) {
    const flow::Row* found = nullptr;
    for (const auto& r : t.rows)
        if (a.contains(r.headers, p, v)) {
            REQUIRE(found == nullptr);
            found = &r;
        }
    return found;
}

}  // namespace

TEST_CASE("new flows: what a first packet looks like (RFC 9293 for TCP flags)") {
    Builder b("x");
    b.interface("lan");
    const auto d = finish(std::move(b));
    flow::Analysis a(d, Family::v4);
    const auto flows = a.new_flows();
    flow::Packet p;
    p.in_if = 2;
    p.tcp_flags = 2;
    p.sport = 1234;
    p.dport = 25;
    CHECK(a.contains(flows, p, {}));
    p.tcp_flags = 0x12;  // SYN ACK
    CHECK_FALSE(a.contains(flows, p, {}));
    p.tcp_flags = 0xc2;  // SYN with ECE and CWR, RFC 3168
    CHECK(a.contains(flows, p, {}));
    p.proto = 17;
    CHECK_FALSE(a.contains(flows, p, {}));  // UDP has no flags
    p.tcp_flags = 0;
    CHECK(a.contains(flows, p, {}));
    p.proto = 47;
    CHECK_FALSE(a.contains(flows, p, {}));  // GRE has no ports
    p.in_if = 3;
    CHECK_FALSE(a.contains(a.all(), p, {}));  // there is no interface 3
    CHECK(a.subset(flows, a.all()));
}

TEST_CASE("the device sends from its own addresses, when they are known") {
    Builder b("x");
    auto& i = b.device().interfaces[b.interface("wan").index()];
    i.addresses.push_back({{Family::v4, v4("198.51.100.2")}, 28});
    b.device().addresses_known = true;
    const auto d = finish(std::move(b));
    flow::Analysis a(d, Family::v4);
    const auto own = a.meet(a.all(), a.where(Field::in_if, IntervalSet::single(model::self_interface)));
    CHECK(a.project(own, Field::src) ==
          IntervalSet{{v4("127.0.0.0"), v4("127.255.255.255")}, {v4("198.51.100.2"), v4("198.51.100.2")}});
    CHECK(a.project(a.all(), Field::src).is_full(32));
}

TEST_CASE("may and must: what is merely unknown has to hold for every value, what occurs both ways for one") {
    Builder b("x");
    b.interface("lan");
    const auto mac = b.predicate("mac", model::PredicateKind::packet, Field::src);
    const auto limit = b.predicate("limit", model::PredicateKind::rate);
    const auto chain = b.chain("forward");
    const auto port = [&](u128 n) { return b.dport(IntervalSet::single(n)); };
    b.rule(chain, decide(b.all({port(1), b.unknown(mac)}), Verdict::accept));
    b.rule(chain, decide(b.all({port(2), b.unknown(limit)}), Verdict::accept));
    b.rule(chain, decide(b.all({port(3), b.either({b.unknown(mac), b.unknown(mac, 0)})}), Verdict::accept));
    // Accepted where the limit agrees with the unknown: for each value of it, some moment accepts.
    b.rule(chain, decide(b.all({port(4), b.unknown(mac), b.unknown(limit)}), Verdict::accept));
    b.rule(chain, decide(b.all({port(4), b.unknown(mac, 0), b.unknown(limit, 0)}), Verdict::accept));
    b.stage("forward", model::Label::filter, b.yes(), chain, Verdict::drop);
    const auto d = finish(std::move(b));
    flow::Analysis a(d, Family::v4);
    flow::Interest accepted;
    accepted.accepted_only = true;
    const auto t = a.run(a.all(), flow::Detail::verdicts, accepted);
    REQUIRE(t->rows.size() == 1);
    const auto& set = t->rows[0].headers;
    CHECK(a.project(a.may(set), Field::dport) == IntervalSet{{1, 4}});
    CHECK(a.project(a.must(set), Field::dport) == IntervalSet{{2, 4}});
    CHECK(a.predicates_of(set) == std::vector<model::PredicateId>{mac, limit});
    CHECK(a.predicates_of(a.must(set)).empty());
    CHECK(a.subset(a.must(set), a.may(set)));
}

TEST_CASE("a pool may hold the address, a fixed but unknown address may or may not be it") {
    for (const bool varies : {true, false}) {
        Builder b("x");
        const auto wan = b.interface("wan");
        model::Choice c;
        c.text = "pool";
        c.candidates.values = net("198.51.100.8/29");
        c.varies = varies;
        const auto pool = b.choice(c);
        const auto chain = b.chain("nat");
        model::Translate t;
        t.to = model::Pick{pool, false};
        auto r = decide(b.yes(), Verdict::accept, {t});
        r.effects.push_back(assign({Field::out_if, View::current, {}}, wan.value));
        b.rule(chain, r);
        b.stage("nat", model::Label::source_translation, b.yes(), chain);
        const auto d = finish(std::move(b));
        flow::Analysis a(d, Family::v4);
        const auto table = a.run(a.all(), flow::Detail::translations);
        REQUIRE(table->rows.size() == 1);
        const auto& row = table->rows[0];
        CHECK(row.src.form == flow::Rewritten::Form::chosen);
        CHECK(a.values_after(row, Field::src) == net("198.51.100.8/29"));
        const auto one = a.where_after(row, Field::src, IntervalSet::single(v4("198.51.100.9")));
        CHECK(a.may(one) == a.all());
        CHECK(a.must(one) == (varies ? a.all() : a.none()));
        CHECK(a.must(a.where_after(row, Field::src, net("198.51.100.0/24"))) == a.all());
        CHECK(a.where_after(row, Field::src, net("203.0.113.0/24")).empty());
        CHECK(a.choices_of(one) == std::vector<model::ChoiceId>{pool});
        const auto w = a.witness(one);
        CHECK(w->valuation.choices.at(pool.value) == v4("198.51.100.9"));
    }
}

TEST_CASE("pf: the last matching rule decides unless it is quick, and match nat-to is seen by later rules") {
    // pf.conf(5): "for each packet … the last matching rule decides", "quick … considered the last matching rule";
    // translation of a match rule takes effect immediately.
    Builder b("pf");
    const auto lan = b.interface("lan"), wan = b.interface("wan");
    const auto rules = b.chain("rules");
    const auto on = [&](Field f, model::InterfaceId i) { return b.in(f, IntervalSet::single(i.value)); };
    const auto src = [&](const char* t) { return b.prefix(Field::src, *base::parse_prefix(t)); };
    model::Rule match;
    match.match = b.all({on(Field::out_if, wan), src("10.0.0.0/24")});
    match.effects.push_back(to(Field::src, Family::v4, v4("203.0.113.2")));
    b.rule(rules, match);
    match.match = b.all({on(Field::out_if, wan), src("10.0.0.25/32")});  // never: the source is public by now
    match.effects[0] = to(Field::src, Family::v4, v4("203.0.113.25"));
    b.rule(rules, match);
    b.rule(rules, decide(b.dport(IntervalSet::single(25)), Verdict::drop, {}, false));
    b.rule(rules, decide(b.all({on(Field::in_if, lan), src("203.0.113.2/32")}), Verdict::accept, {}, false));
    b.rule(rules, decide(b.dport(IntervalSet::single(23)), Verdict::drop));  // quick
    model::Rule settle;
    settle.match = b.dport(IntervalSet::single(80));
    settle.control = model::Settle{};
    b.rule(rules, settle);
    b.rule(rules, decide(b.dport(IntervalSet::single(80)), Verdict::drop, {}, false));
    const auto route = b.chain("route");
    auto routed = decide(b.yes(), Verdict::accept);
    routed.effects.push_back(assign({Field::out_if, View::current, {}}, wan.value));
    b.rule(route, routed);
    b.stage("route", model::Label::routing, b.yes(), route);
    b.stage("pf", model::Label::filter, b.yes(), rules, Verdict::drop);
    const auto d = finish(std::move(b));
    flow::Analysis a(d, Family::v4);
    const auto t = a.run(a.all(), flow::Detail::rules);
    flow::Packet p;
    p.in_if = lan.value;
    p.src = v4("10.0.0.25");
    p.dst = v4("198.18.0.9");
    p.tcp_flags = 2;
    for (const auto& [port, verdict] : {std::pair{25, Verdict::accept}, {23, Verdict::drop}, {80, Verdict::accept}}) {
        p.dport = static_cast<std::uint16_t>(port);
        const auto* row = row_of(a, *t, p);
        REQUIRE(row);
        CHECK(row->verdict == verdict);
        CHECK((row->src.value == v4("203.0.113.2")));
        // The trail names the translating rule and the one that decided.
        std::vector<std::uint32_t> named;
        for (const auto& s : row->decisions)
            if (s.stage.value == 1) named.push_back(s.rule.value);
        CHECK(named == std::vector<std::uint32_t>{0, port == 23 ? 4u : 3u});
    }
    p.src = v4("192.0.2.7");
    p.dport = 25;
    CHECK(row_of(a, *t, p)->verdict == Verdict::drop);
}

TEST_CASE("netmap in both families keeps the host part") {
    for (const Family f : {Family::v4, Family::v6}) {
        Builder b("netmap");
        b.interface("wan");
        const auto chain = b.chain("nat");
        const auto from = *base::parse_prefix(f == Family::v4 ? "10.0.0.0/24" : "fd00:1::/64");
        const auto target = *base::parse_prefix(f == Family::v4 ? "203.0.113.0/24" : "2001:db8:7::/64");
        model::Translate t;
        t.family = f;
        t.to = model::Shift{from.first(), target.first(), from.length};
        b.rule(chain, decide(b.prefix(Field::src, from), Verdict::accept, {t}));
        b.stage("nat", model::Label::source_translation, b.yes(), chain);
        const auto d = finish(std::move(b));
        flow::Analysis a(d, f);
        const auto table = a.run(a.all(), flow::Detail::translations);
        REQUIRE(table->rows.size() == 2);
        const auto& row = table->rows[0].src.form == flow::Rewritten::Form::shifted ? table->rows[0] : table->rows[1];
        CHECK(a.project(row.headers, Field::src) == IntervalSet::prefix(from));
        CHECK(a.values_after(row, Field::src) == IntervalSet::prefix(target));
        const auto one = a.where_after(row, Field::src, IntervalSet::single(target.first() + 25));
        CHECK(a.project(one, Field::src) == IntervalSet::single(from.first() + 25));
        // Nothing is left of the question by which hosts leave with an address outside.
        flow::Interest interest;
        interest.leaves_with_source = f == Family::v4 ? model::LiteralSet{IntervalSet::single(target.first() + 9), {}}
                                                      : model::LiteralSet{{}, IntervalSet::single(target.first() + 9)};
        const auto narrow = a.run(a.all(), flow::Detail::translations, interest);
        std::vector<flow::HeaderSet> all;
        for (const auto& r : narrow->rows) all.push_back(r.headers);
        CHECK(a.project(a.join_all(all), Field::src) ==
              IntervalSet{{from.first() + 9, from.first() + 9}, {target.first() + 9, target.first() + 9}});
    }
}

TEST_CASE("an IPv6 range that crosses 32-bit words comes back as it went in") {
    Builder b("x");
    b.interface("wan");
    const auto d = finish(std::move(b));
    flow::Analysis a(d, Family::v6);
    const auto at = [](const char* t) { return base::parse_address(t)->bits; };
    const IntervalSet ranges{{at("2001:db8::ffff:ffff:fff0"), at("2001:db8:0:1::3")},
                             {at("2001:db8:5::"), at("2001:db9::7")},
                             {at("ff00::"), ~u128{0}},
                             {0, 5}};
    const auto set = a.where(Field::dst, ranges);
    CHECK(a.project(set, Field::dst) == ranges);
    CHECK(a.project(a.minus(a.all(), set), Field::dst) == ranges.complement(128));
    IntervalSet seen;
    std::size_t boxes = 0;
    CHECK(a.boxes(set, 100, [&](const flow::Analysis::Box& box) {
        ++boxes;
        REQUIRE(box.size() == 1);
        seen = seen.unite(box[0].second);
    }));
    CHECK(seen == ranges);
    CHECK(boxes == 1);
    flow::Packet p;
    p.family = Family::v6;
    p.in_if = 2;
    for (const auto& [value, inside] : {std::pair{at("2001:db8:0:1::3"), true},
                                        {at("2001:db8:0:1::4"), false},
                                        {at("2001:db8::ffff:ffff:ffef"), false},
                                        {at("2001:db8:ffff::"), true}}) {
        p.dst = value;
        CHECK(a.contains(set, p, {}) == inside);
    }
}

TEST_CASE("boxes partition a set, and say so when there are too many") {
    Builder b("x");
    b.interface("lan");
    const auto d = finish(std::move(b));
    flow::Analysis a(d, Family::v4);
    const auto one = a.cube(std::vector<std::pair<Field, IntervalSet>>{{Field::src, net("10.0.0.0/8")},
                                                                       {Field::dport, IntervalSet::single(25)}});
    const auto two = a.cube(std::vector<std::pair<Field, IntervalSet>>{
        {Field::src, net("10.1.0.0/16")}, {Field::dport, IntervalSet{{80, 80}, {443, 443}}}});
    const auto set = a.join(one, two);
    std::vector<flow::HeaderSet> parts;
    CHECK(a.boxes(set, 10, [&](const auto& box) {
        const auto part = a.cube(box);
        for (const auto& other : parts) CHECK(a.disjoint(part, other));
        parts.push_back(part);
    }));
    CHECK(a.join_all(parts) == set);
    CHECK_FALSE(a.boxes(set, 1, [](const auto&) {}));
}

TEST_CASE("a witness is in the set, prefers what it is told to prefer, and names the unknowns it needs") {
    Builder b("x");
    b.interface("lan");
    const auto p = b.predicate("mac", model::PredicateKind::packet, Field::src);
    const auto chain = b.chain("c");
    b.rule(chain,
           decide(b.all({b.prefix(Field::src, *base::parse_prefix("10.0.0.0/24")), b.unknown(p)}), Verdict::accept));
    b.stage("s", model::Label::filter, b.yes(), chain, Verdict::drop);
    const auto d = finish(std::move(b));
    flow::Analysis a(d, Family::v4);
    const auto t = a.run(a.new_flows(), flow::Detail::verdicts, {.accepted_only = true});
    const std::vector<flow::HeaderSet> prefer{a.where(Field::dst, IntervalSet::single(v4("198.18.0.9"))),
                                              a.where(Field::src, net("172.16.0.0/12")),  // impossible: passed over
                                              a.where(Field::dport, IntervalSet::single(25)),
                                              a.where(Field::proto, IntervalSet::single(6))};
    const auto w = a.witness(t->rows.at(0).headers, prefer);
    REQUIRE(w);
    CHECK(a.contains(t->rows[0].headers, w->packet, w->valuation));
    CHECK((w->packet.dst == v4("198.18.0.9")));
    CHECK((w->packet.src == v4("10.0.0.1")));
    CHECK(w->packet.dport == 25);
    CHECK(w->packet.sport == 40000);
    CHECK(w->packet.tcp_flags == 2);
    CHECK(w->valuation.predicates.at(p.value) == 1);
    CHECK_FALSE(a.witness(a.none()));
}

TEST_CASE("masquerade takes the address that the next hop's register names, else the primary one") {
    // Linux inet_select_addr prefers the first primary address of global scope.
    for (const std::uint32_t gateway : {0u, 1u, 3u}) {
        Builder b("x");
        const auto wan = b.interface("wan");
        auto& i = b.device().interfaces[wan.index()];
        i.addresses.push_back({{Family::v4, v4("198.51.100.9")}, 28, true, true});
        i.addresses.push_back({{Family::v4, v4("198.51.100.2")}, 28, false, true});
        i.addresses.push_back({{Family::v4, v4("203.0.113.2")}, 28, false, true});
        const auto reg = b.reg("gateway");
        b.device().gateway_register = reg;
        const auto chain = b.chain("nat");
        model::Translate t;
        t.to = model::OutInterfaceAddress{};
        auto r = decide(b.yes(), Verdict::accept, {t});
        r.effects.push_back(assign({Field::out_if, View::current, {}}, wan.value));
        r.effects.push_back(assign({Field::reg, View::current, reg}, gateway));
        b.rule(chain, r);
        b.stage("nat", model::Label::source_translation, b.yes(), chain);
        const auto d = finish(std::move(b));
        flow::Analysis a(d, Family::v4);
        const auto table = a.run(a.all(), flow::Detail::verdicts);
        REQUIRE(table->rows.size() == 1);
        CHECK((table->rows[0].src.value == v4(gateway == 1   ? "198.51.100.9"
                                              : gateway == 3 ? "203.0.113.2"
                                                             : "198.51.100.2")));
    }
}

TEST_CASE("what exceeds the budget is an answer, and the analysis goes on") {
    Builder b("x");
    b.interface("lan");
    const auto chain = b.chain("c");
    for (std::uint32_t i = 0; i < 400; ++i)
        b.rule(chain,
               decide(b.all({b.in(Field::src, b.addresses(IntervalSet::range(i * 77777u, i * 77777u + 5000000u), {})),
                             b.in(Field::dst, b.addresses(IntervalSet::range(i * 99991u, i * 99991u + 900000u), {}))}),
                      i % 2 ? Verdict::accept : Verdict::drop));
    b.stage("s", model::Label::filter, b.yes(), chain, Verdict::drop);
    const auto d = finish(std::move(b));
    flow::Analysis a(d, Family::v4, flow::Budget{.max_nodes = 3000});
    const auto t = a.run(a.all(), flow::Detail::verdicts);
    REQUIRE_FALSE(t.has_value());
    CHECK(t.error().what.find("nodes") != std::string::npos);
    CHECK(a.run(a.where(Field::src, IntervalSet::single(4)), flow::Detail::verdicts).has_value());
    flow::Analysis roomy(d, Family::v4);
    CHECK(roomy.run(roomy.all(), flow::Detail::verdicts)->rows.size() == 2);
}

TEST_CASE("rows cover the headers, do not overlap, and merge where they agree") {
    Builder b("x");
    b.interface("lan");
    const auto mark = b.reg("mark");
    const auto chain = b.chain("mangle");
    for (std::uint32_t i = 0; i < 20; ++i) {  // twenty marks that nobody reads
        model::Rule r;
        r.match = b.dport(IntervalSet::single(i));
        r.effects.push_back(assign({Field::reg, View::current, mark}, i + 1));
        b.rule(chain, r);
    }
    b.stage("mangle", model::Label::classify, b.yes(), chain);
    const auto d = finish(std::move(b));
    flow::Analysis a(d, Family::v4);
    const auto t = a.run(a.all(), flow::Detail::verdicts);
    REQUIRE(t->rows.size() == 1);
    CHECK(t->rows[0].headers == a.all());
}
