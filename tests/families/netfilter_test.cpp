// SPDX-License-Identifier: Apache-2.0
// The netfilter pipeline by what becomes of packets. [LAB x] names a kernel experiment: a router in network namespaces,
// kernel 6.18, repeated by the programs in tests/kernel.
#include "families/netfilter.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "flow/trace.hpp"
#include "model/resolve.hpp"

using namespace egresslint;
using namespace egresslint::model;
using families::netfilter::BaseChain;
using families::netfilter::ChainType;
using families::netfilter::Hook;
using families::netfilter::Netfilter;

namespace {

constexpr base::u128 mail = 0x0a000019;      // 10.0.0.25
constexpr base::u128 publicly = 0xcb007119;  // 203.0.113.25
constexpr base::u128 other = 0xcb007102;     // 203.0.113.2
constexpr base::u128 far_away = 0xc0000250;  // 192.0.2.80

struct Lab {
    Builder b{"lab"};
    Netfilter netfilter{b};
    std::uint32_t lan = b.interface("lan").value;
    std::uint32_t wan = b.interface("wan").value;

    ChainId chain(Hook hook, ChainType type, std::int32_t priority, Verdict policy = Verdict::accept,
                  std::int32_t registration = -1) {
        BaseChain c;
        c.name = "chain" + std::to_string(b.device().chains.size());
        c.entry = b.chain(c.name);
        c.hook = hook;
        c.type = type;
        c.priority = priority;
        c.policy = policy;
        c.registration = registration;
        c.origin = b.origin({}, c.name, true);
        netfilter.base_chain(c);
        return c.entry;
    }
    void add(ChainId chain, Rule rule) {
        rule.origin = b.origin({}, "rule");
        b.rule(chain, std::move(rule));
    }
    void decide(ChainId chain, ExprId match, Verdict verdict) {
        Rule r;
        r.match = match;
        r.control = Decide{verdict, {}, true};
        add(chain, std::move(r));
    }
    ExprId source(base::u128 a) { return b.address(Field::src, Family::v4, IntervalSet::single(a)); }
    void snat(ChainId chain, base::u128 to, ExprId match) {
        add(chain, netfilter.source_translation(match, {{Field::src, Family::v4, Fixed{to}}}));
    }
    void dnat(ChainId chain, base::u128 to, ExprId match) {
        add(chain, netfilter.destination_translation(match, {{Field::dst, Family::v4, Fixed{to}}}));
    }

    /// Everything 10/8 behind lan, the rest behind wan.
    void finish() {
        netfilter.finish();
        auto& d = b.device();
        d.interfaces_known = d.addresses_known = d.routes_known = true;
        d.interfaces[lan].addresses = {{{Family::v4, 0x0a000001}, 24, false, true}};
        d.interfaces[wan].addresses = {{{Family::v4, other}, 24, false, true}};
        d.routes = {
            {{{Family::v4, 0x0a000000}, 8}, {{std::nullopt, "lan"}}, RouteType::unicast, 254, 0, {}, false},
            {{{Family::v4, 0}, 0}, {{Address{Family::v4, 0xcb007101}, "wan"}}, RouteType::unicast, 254, 0, {}, false}};
        base::Diagnostics diagnostics;
        resolve(d, diagnostics);
    }
    flow::Packet packet(base::u128 src = mail, base::u128 dst = far_away) const {
        flow::Packet p;
        p.in_if = lan;
        p.src = src;
        p.dst = dst;
        p.sport = 40000;
        p.dport = 25;
        p.tcp_flags = 2;
        return p;
    }
    flow::Trace trace(const flow::Packet& p) const { return flow::trace(b.device(), p); }
    /// Source address it leaves with; 0 when it does not.
    base::u128 leaves_as(const flow::Packet& p) const {
        const auto t = trace(p);
        return t.answer == flow::Answer::accept && t.outcome.src.first == t.outcome.src.last ? t.outcome.src.first : 0;
    }
};

}  // namespace

TEST_CASE("netfilter: the first nat chain that binds wins, whatever comes later") {
    // [LAB e1] snat at 90, masquerade at 100 in another table.
    Lab lab;
    const auto late = lab.chain(Hook::postrouting, ChainType::nat, 100);
    const auto early = lab.chain(Hook::postrouting, ChainType::nat, 90);
    lab.snat(late, other, lab.b.yes());
    lab.snat(early, publicly, lab.source(mail));
    lab.finish();
    CHECK(lab.leaves_as(lab.packet()) == publicly);
    CHECK(lab.leaves_as(lab.packet(mail + 1)) == other);
}

TEST_CASE("netfilter: accepting in a nat chain binds nothing") {
    // [LAB e1] accept at 90, masquerade at 100: still masqueraded.
    Lab lab;
    lab.decide(lab.chain(Hook::postrouting, ChainType::nat, 90), lab.source(mail), Verdict::accept);
    lab.snat(lab.chain(Hook::postrouting, ChainType::nat, 100), other, lab.b.yes());
    lab.finish();
    CHECK(lab.leaves_as(lab.packet()) == other);
}

TEST_CASE("netfilter: the policy of a nat chain really drops") {
    // [LAB e3] nat chain policy drop.
    Lab lab;
    lab.snat(lab.chain(Hook::postrouting, ChainType::nat, 100, Verdict::drop), publicly, lab.source(mail));
    lab.finish();
    CHECK(lab.leaves_as(lab.packet()) == publicly);
    CHECK(lab.trace(lab.packet(mail + 1)).answer == flow::Answer::drop);
}

TEST_CASE("netfilter: a nat chain that only drops is asked only where connections are tracked") {
    // [LAB] On 6.18 nothing else needs connection tracking, so that the chain is not asked; another ruleset may need
    // it.
    Lab lab;
    lab.decide(lab.chain(Hook::postrouting, ChainType::nat, 100), lab.source(mail), Verdict::drop);
    lab.finish();
    const auto t = lab.trace(lab.packet());
    CHECK(t.answer == flow::Answer::unknown);
    CHECK(t.depends_on.size() == 1);
    CHECK(lab.leaves_as(lab.packet(mail + 1)) == mail + 1);

    Lab needed;
    needed.decide(needed.chain(Hook::postrouting, ChainType::nat, 100), needed.source(mail), Verdict::drop);
    needed.decide(needed.chain(Hook::forward, ChainType::filter, 0),
                  needed.netfilter.connection_state({ConnectionState::established}), Verdict::accept);
    needed.finish();
    CHECK(needed.trace(needed.packet()).answer == flow::Answer::drop);
}

TEST_CASE("netfilter: translation happens at 100 whatever priority its chain names") {
    // [LAB nat-priority] snat chain at 300, filter at 200 drops the private source: the packet passes.
    Lab lab;
    lab.snat(lab.chain(Hook::postrouting, ChainType::nat, 300), publicly, lab.b.yes());
    lab.decide(lab.chain(Hook::postrouting, ChainType::filter, 200), lab.source(mail), Verdict::drop);
    lab.finish();
    CHECK(lab.leaves_as(lab.packet()) == publicly);
}

TEST_CASE("netfilter: a filter before 100 sees the private source, one after it the public one") {
    // [LAB e2] filter chains in postrouting at 50 and 200.
    for (const auto& [priority, seen] : {std::pair{50, mail}, std::pair{200, publicly}}) {
        Lab lab;
        lab.snat(lab.chain(Hook::postrouting, ChainType::nat, 100), publicly, lab.b.yes());
        lab.decide(lab.chain(Hook::postrouting, ChainType::filter, priority), lab.source(seen), Verdict::drop);
        lab.finish();
        CHECK(lab.trace(lab.packet()).answer == flow::Answer::drop);
    }
}

TEST_CASE("netfilter: chains of equal priority run in either order") {
    // [LAB e1] equal priority: the one registered later ran first; documented as undefined.
    Lab lab;
    lab.snat(lab.chain(Hook::postrouting, ChainType::nat, 100), publicly, lab.b.yes());
    lab.snat(lab.chain(Hook::postrouting, ChainType::nat, 100), other, lab.b.yes());
    lab.finish();
    const auto t = lab.trace(lab.packet());
    CHECK(t.answer == flow::Answer::accept);
    std::set<base::u128> sources;
    for (const auto& branch : t.branches) sources.insert(branch.src.first);
    CHECK(sources == std::set<base::u128>{publicly, other});
    REQUIRE(t.depends_on.size() == 1);
    CHECK(lab.b.device().predicates[t.depends_on[0].index()].kind == PredicateKind::ambiguity);
}

TEST_CASE("netfilter: filters of equal priority need no ambiguity") {
    Lab lab;
    lab.decide(lab.chain(Hook::forward, ChainType::filter, 0), lab.source(mail), Verdict::drop);
    lab.decide(lab.chain(Hook::forward, ChainType::filter, 0), lab.source(mail), Verdict::accept);
    lab.finish();
    CHECK(lab.b.device().predicates.empty());
    CHECK(lab.trace(lab.packet()).answer == flow::Answer::drop);
}

TEST_CASE("netfilter: more than four chains of equal priority allow every order") {
    Lab lab;
    for (base::u128 i = 0; i < 5; ++i)
        lab.snat(lab.chain(Hook::postrouting, ChainType::nat, 100), publicly + i, lab.b.yes());
    lab.finish();
    std::set<base::u128> sources;
    for (const auto& branch : flow::trace(lab.b.device(), lab.packet(), {}, 100'000).branches)
        sources.insert(branch.src.first);
    for (base::u128 i = 0; i < 5; ++i) CHECK(sources.contains(publicly + i));
}

TEST_CASE("netfilter: an untracked packet is not translated") {
    // [LAB e3] notrack in prerouting at -300; [LAB late-notrack] at -150 it does nothing.
    for (const auto& [priority, expected] : {std::pair{-300, mail}, std::pair{-150, publicly}}) {
        Lab lab;
        Rule r;
        r.match = lab.b.yes();
        r.effects.push_back(lab.netfilter.notrack());
        lab.add(lab.chain(Hook::prerouting, ChainType::filter, priority), std::move(r));
        lab.snat(lab.chain(Hook::postrouting, ChainType::nat, 100), publicly, lab.b.yes());
        lab.finish();
        CHECK(lab.leaves_as(lab.packet()) == expected);
    }
}

TEST_CASE("netfilter: before connection tracking every packet is invalid") {
    // [LAB early-state] prerouting -300: `ct state new drop` lets it pass, `ct state invalid drop` drops.
    for (const auto& [state, answer] : {std::pair{ConnectionState::fresh, flow::Answer::accept},
                                        std::pair{ConnectionState::invalid, flow::Answer::drop}}) {
        Lab lab;
        lab.decide(lab.chain(Hook::prerouting, ChainType::filter, -300), lab.netfilter.connection_state({state}),
                   Verdict::drop);
        lab.finish();
        CHECK(lab.trace(lab.packet()).answer == answer);
    }
}

TEST_CASE("netfilter: without a connection its mark matches nothing, not even negated") {
    // [LAB early-ct-mark] `ct mark != 5 drop` at -300 lets the packet pass; [LAB untracked-ct-mark] so in forward after
    // notrack.
    for (const bool early : {true, false}) {
        Lab lab;
        const auto raw = lab.chain(Hook::prerouting, ChainType::filter, -300);
        if (!early) {
            Rule r;
            r.match = lab.b.yes();
            r.effects.push_back(lab.netfilter.notrack());
            lab.add(raw, std::move(r));
        }
        const auto where = early ? raw : lab.chain(Hook::forward, ChainType::filter, 0);
        lab.decide(where, lab.b.negate(lab.b.in_register(lab.netfilter.registers().ct_mark, IntervalSet::single(5))),
                   Verdict::drop);
        lab.finish();
        CHECK(lab.trace(lab.packet()).answer == flow::Answer::accept);
    }
}

TEST_CASE("netfilter: a chain called from both sides of connection tracking means two things") {
    Lab lab;
    const auto shared = lab.b.chain("shared");
    lab.decide(shared, lab.netfilter.connection_state({ConnectionState::fresh}), Verdict::drop);
    for (const auto& [hook, priority] : {std::pair{Hook::prerouting, -300}, std::pair{Hook::forward, 0}}) {
        Rule jump;
        jump.match = lab.source(hook == Hook::forward ? mail : mail + 1);
        jump.control = Jump{shared};
        lab.add(lab.chain(hook, ChainType::filter, priority), std::move(jump));
    }
    lab.finish();
    CHECK(lab.trace(lab.packet(mail)).answer == flow::Answer::drop);
    CHECK(lab.trace(lab.packet(mail + 1)).answer == flow::Answer::accept);
}

TEST_CASE("netfilter: the destination is translated before routing and filters") {
    // nft(8) dnat in prerouting; [LAB e2].
    Lab lab;
    lab.dnat(lab.chain(Hook::prerouting, ChainType::nat, -100), mail,
             lab.b.address(Field::dst, Family::v4, IntervalSet::single(publicly)));
    lab.decide(lab.chain(Hook::forward, ChainType::filter, 0, Verdict::drop),
               lab.b.all({lab.b.address(Field::dst, Family::v4, IntervalSet::single(mail)),
                          lab.b.in_register(lab.netfilter.registers().ct_status, IntervalSet::single(32), 32)}),
               Verdict::accept);
    lab.finish();
    auto p = lab.packet(far_away, publicly);
    p.in_if = lab.wan;
    const auto t = lab.trace(p);
    CHECK(t.answer == flow::Answer::accept);
    CHECK(t.outcome.out_if == lab.lan);
    CHECK(t.outcome.dst.first == mail);
}

TEST_CASE("netfilter: redirect delivers to the device itself") {
    Lab lab;
    lab.add(lab.chain(Hook::prerouting, ChainType::nat, -100),
            lab.netfilter.redirect(lab.b.yes(), {{Field::dport, std::nullopt, Fixed{3128}}}));
    lab.decide(lab.chain(Hook::forward, ChainType::filter, 0), lab.b.yes(), Verdict::drop);
    lab.finish();
    const auto t = lab.trace(lab.packet());
    CHECK(t.answer == flow::Answer::accept);
    CHECK(t.outcome.out_if == self_interface);
    CHECK(t.outcome.dst.first == 0x0a000001);
    CHECK(t.outcome.dport.first == 3128);
}

TEST_CASE("netfilter: local packets pass output and postrouting, never forward") {
    Lab lab;
    lab.decide(lab.chain(Hook::forward, ChainType::filter, 0), lab.b.yes(), Verdict::drop);
    lab.decide(lab.chain(Hook::prerouting, ChainType::filter, 0), lab.b.yes(), Verdict::drop);
    lab.snat(lab.chain(Hook::postrouting, ChainType::nat, 100), publicly, lab.b.yes());
    lab.finish();
    auto p = lab.packet(other);
    p.in_if = self_interface;
    CHECK(lab.leaves_as(p) == publicly);
}

TEST_CASE("netfilter: a local packet whose destination was translated is routed again") {
    Lab lab;
    lab.dnat(lab.chain(Hook::output, ChainType::nat, -100), mail, lab.b.yes());
    lab.finish();
    auto p = lab.packet(other);
    p.in_if = self_interface;
    const auto t = lab.trace(p);
    CHECK(t.outcome.out_if == lab.lan);
    CHECK(t.outcome.dst.first == mail);
}

TEST_CASE("netfilter: a mark reroutes local packets from a route chain only") {
    // nft(8): type route, "reroutes packets … if the mark … has changed".
    for (const auto type : {ChainType::route, ChainType::filter}) {
        Lab lab;
        Rule r;
        r.match = lab.b.yes();
        r.effects = lab.netfilter.set_mark(0, 7);
        lab.add(lab.chain(Hook::output, type, -150), std::move(r));
        lab.netfilter.finish();
        bool again = false;
        for (const auto& stage : lab.b.device().pipeline) again |= stage.name.starts_with("routing again");
        CHECK(again == (type == ChainType::route));
    }
}

TEST_CASE("netfilter: an established connection runs through no nat chain") {
    // nft(8): only the first packet of a connection.
    Lab lab;
    lab.decide(lab.chain(Hook::postrouting, ChainType::nat, 100), lab.b.yes(), Verdict::drop);
    lab.finish();
    auto p = lab.packet();
    p.state = ConnectionState::established;
    CHECK(lab.trace(p).answer == flow::Answer::accept);
}

TEST_CASE("netfilter: a filter at the very place of translation is ambiguous where it matters") {
    // [LAB filter-at-100] declared before the nat chain it passed, declared after it it dropped.
    Lab lab;
    lab.decide(lab.chain(Hook::postrouting, ChainType::filter, 100), lab.source(mail), Verdict::drop);
    lab.snat(lab.chain(Hook::postrouting, ChainType::nat, 100), publicly, lab.b.yes());
    lab.finish();
    CHECK(lab.trace(lab.packet()).answer == flow::Answer::unknown);
}
