// SPDX-License-Identifier: Apache-2.0
// The printed form of the model, which other tests and people read: stable, and linear in the device.
#include "model/print.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <nlohmann/json.hpp>

#include "model/builder.hpp"

using namespace egresslint;
using namespace egresslint::model;

namespace {

base::u128 ip(const char* text) { return base::parse_address(text)->bits; }

}  // namespace

TEST_CASE("a device prints as stages of chains with matches, actions and places") {
    base::Sources sources;
    const auto file = sources.add("edge.nft", "line one\nline two\nline three\n");
    Builder b("edge");
    const auto lan = b.interface("lan"), wan = b.interface("wan");
    const auto mark = b.reg("ct mark");
    b.device().interfaces[lan.index()].addresses.push_back({*base::parse_address("10.0.0.1"), 24});
    const auto id = [](InterfaceId i) { return IntervalSet::single(i.value); };
    const auto c = b.chain("forward"), rest = b.chain("rest");
    Rule r;
    r.match =
        b.all({b.prefix(Field::src, *base::parse_prefix("10.0.0.25")), b.proto(6), b.dport(IntervalSet::single(25))});
    r.control = Decide{};
    b.rule(c, r, base::Span{file, 9, 17}, "ip saddr …");
    r.match = b.all({b.in(Field::in_if, id(lan)), b.in(Field::out_if, id(wan))});
    r.effects = {Assign{{Field::reg, View::current, mark}, {}, 0, {}, 0, 7}};
    r.control = Continue{};
    b.rule(c, r, base::Span{file, 18, 20}, "mark");
    r.effects.clear();
    r.match = b.yes();
    r.control = Goto{rest};
    b.rule(c, r);
    const auto self = b.in(Field::out_if, IntervalSet::single(self_interface));
    b.stage("inet filter forward", Label::filter, b.negate(self), c, Verdict::drop);
    CHECK(print(b.device(), &sources) ==
          "device edge\n"
          "interface lan 10.0.0.1/24\n"
          "interface wan\n"
          "stage inet filter forward when out_if!=self\n"
          "  chain forward\n"
          "    src=10.0.0.25 proto=tcp dport=25            accept                             ; edge.nft:2\n"
          "    in_if=lan out_if=wan                        ct_mark<-7; continue               ; edge.nft:3\n"
          "    any                                         goto rest\n"
          "  else drop\n"
          "chain rest\n");
}

TEST_CASE("expressions print short, and never hide what decides") {
    Builder b("x");
    const auto p = b.predicate("limit rate 10/second", PredicateKind::rate);
    const auto k = b.predicate("route", PredicateKind::ambiguity, Field::dst, {}, 3);
    const auto text = [&](ExprId e) { return print_expr(b.device(), e); };
    const auto net = *base::parse_prefix("10.0.0.0/8");
    CHECK(text(b.yes()) == "any");
    CHECK(text(b.no()) == "none");
    CHECK(text(b.prefix(Field::src, net, View::original)) == "src@o=10.0.0.0/8");
    // The family guard is implied by a positive match only.
    CHECK(text(b.all({b.family(Family::v4), b.negate(b.in(Field::src, b.addresses(IntervalSet::prefix(net), {})))})) ==
          "family=4 src!=10.0.0.0/8");
    CHECK(text(b.unknown(p)) == "?\"limit rate 10/second\"");
    CHECK(text(b.unknown(p, 0)) == "!?\"limit rate 10/second\"");
    CHECK(text(b.unknown(k, 2)) == "?\"route\"=2");
    CHECK(text(b.negate(b.all({b.proto(6), b.unknown(p)}))) == "!(proto=tcp ?\"limit rate 10/second\")");
    CHECK(text(b.either({b.proto(6), b.proto(17)})) == "(proto=tcp | proto=udp)");
    CHECK(text(b.in_register(b.reg("mark"), IntervalSet::single(0x10), 0xf0)) == "mark&0xf0=0x10");
    CHECK(text(b.in(Field::ct_state, IntervalSet::range(2, 3))) == "ct_state={established, related}");
    CHECK(text(b.dport(IntervalSet{{25, 25}, {465, 587}})) == "dport={25, 465-587}");
    CHECK(text(b.in(Field::src, b.addresses(IntervalSet::single(ip("10.0.0.25")), {}, b.define("set", "mx", {})))) ==
          "src=@mx{10.0.0.25}");
    CHECK(text(b.interface_names(Field::in_if, {"eth*"})) == "in_if=eth*");
    CHECK(text(b.in(Field::dst, b.set(Set{DeviceAddresses{}, {}}))) == "dst=local");
    Relation r;
    r.columns = {FieldRef{Field::src}, FieldRef{Field::dport}};
    r.rows = {{b.addresses(IntervalSet::single(ip("10.0.0.25")), {}), b.numbers(IntervalSet::single(25))}};
    CHECK(text(b.in_tuple(r)) == "(src . dport)={10.0.0.25 . 25}");
    const auto quoted = b.predicate("odd \"name\"\n", PredicateKind::packet);
    CHECK(text(b.unknown(quoted)) == "?\"odd \\\"name\\\"\\x0a\"");
}

TEST_CASE("actions print with := for translations, <- for assignments, ~> for pending decisions") {
    Builder b("x");
    const auto wan = b.interface("wan");
    const auto mark = b.reg("mark"), other = b.reg("ct mark");
    Choice pool;
    pool.text = "pool";
    pool.candidates.values = IntervalSet::range(ip("198.51.100.8"), ip("198.51.100.15"));
    const auto id = b.choice(pool);
    pool.text = "address of wan";
    pool.varies = false;
    const auto hidden = b.choice(pool);
    const auto action = [&](Control control, std::vector<Effect> effects = {}) {
        Rule r;
        r.control = std::move(control);
        r.effects = std::move(effects);
        return print_action(b.device(), r);
    };
    const auto to = [&](auto target, Field field = Field::src) {
        return action(Decide{Verdict::accept, {Translate{field, Family::v4, target}}, true});
    };
    CHECK(to(Fixed{ip("198.51.100.5")}) == "accept src:=198.51.100.5");
    CHECK(to(Pick{id, false}) == "accept src:=pick(198.51.100.8/29)");
    CHECK(to(Pick{hidden, false}) == "accept src:=unknown(\"address of wan\")");
    CHECK(to(OutInterfaceAddress{}) == "accept src:=address(out_if)");
    CHECK(to(InInterfaceAddress{}, Field::dst) == "accept dst:=address(in_if)");
    CHECK(to(Keep{}) == "accept src:=keep");
    CHECK(to(Shift{ip("10.0.0.0"), ip("192.0.2.0"), 24}) == "accept src:=10.0.0.0/24->192.0.2.0/24");
    CHECK(action(Decide{Verdict::drop, {}, false}) == "~> drop");
    CHECK(action(Settle{}) == "settle");
    CHECK(action(Return{}, {Log{}, Limited{}}) == "log; limited; return");
    CHECK(action(Continue{}, {Inspected{}}) == "inspected; continue");
    CHECK(action(Jump{b.chain("mail")}) == "jump mail");
    const FieldRef m{Field::reg, View::current, mark};
    CHECK(action(Continue{}, {Assign{m, {}, 0, {}, 0, 0x10}}) == "mark<-0x10; continue");
    CHECK(action(Continue{}, {Assign{m, mark, 0xff00, other, 0xffffffff, 1}}) ==
          "mark<-mark&0xff00^ct_mark^1; continue");
    CHECK(action(Continue{}, {Assign{{Field::out_if}, {}, 0, {}, 0, wan.value}}) == "out_if<-wan; continue");
    CHECK(action(Continue{}, {Assign{{Field::ct_state}, {}, 0, {}, 0, 4}}) == "ct_state<-untracked; continue");
}

TEST_CASE("chains of one name are told apart, and a shared chain prints once") {
    Builder b("x");
    const auto a = b.chain("input"), c = b.chain("input");
    b.stage("one", Label::filter, b.yes(), a);
    b.stage("two", Label::filter, b.yes(), c);
    b.stage("three", Label::filter, b.yes(), a);
    CHECK(print(b.device()) ==
          "device x\nstage one\n  chain input#0\n  else accept\nstage two\n  chain input#1\n  else accept\n"
          "stage three\n  chain input#0 (as above)\n  else accept\n");
}

TEST_CASE("JSON holds every table, with ids that can be followed") {
    base::Sources sources;
    const auto file = sources.add("edge.nft", "tcp dport 25 drop\n");
    Builder b("edge");
    const auto c = b.chain("forward");
    Rule r;
    r.match = b.all({b.proto(6), b.dport(IntervalSet::single(25))});
    r.control = Decide{Verdict::drop, {}, true};
    b.rule(c, r, base::Span{file, 0, 17}, "tcp dport 25 drop");
    b.stage("forward", Label::filter, b.yes(), c);
    const auto json = to_json(b.device(), sources);
    const auto& rule =
        json["rules"][json["chains"][json["pipeline"][0]["chain"].get<std::size_t>()]["rules"][0].get<std::size_t>()];
    CHECK(rule["match_text"] == "proto=tcp dport=25");
    CHECK(rule["control"]["decide"]["verdict"] == "drop");
    CHECK(rule["origin"]["where"]["line"] == 1);
    CHECK(rule["origin"]["where"]["end_column"] == 18);
    const auto& match = json["expressions"][rule["match"].get<std::size_t>()]["and"];
    const auto& port = json["expressions"][match[1].get<std::size_t>()]["in"];
    CHECK(port["field"] == "dport");
    CHECK(json["sets"][port["set"].get<std::size_t>()]["values"] == nlohmann::json::parse("[[25,25]]"));
    CHECK(json["resolved"] == false);
    CHECK(json["gateway_register"] == nullptr);
}

TEST_CASE("a hundred thousand rules print in linear time") {
    const auto seconds = [](std::uint32_t rules) {
        Builder b("x");
        const auto c = b.chain("c");
        for (std::uint32_t i = 0; i < rules; ++i) {
            Rule r;
            r.match = b.prefix(Field::src, base::make_prefix({Family::v4, i}, 32));
            r.control = Decide{Verdict::drop, {}, true};
            b.rule(c, r);
        }
        b.stage("s", Label::filter, b.yes(), c);
        const auto start = std::chrono::steady_clock::now();
        const auto text = print(b.device());
        CHECK(text.size() > rules * 20u);
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    };
    const double small = seconds(5000), large = seconds(50000);
    CHECK(large < 40 * small + 0.1);
}
