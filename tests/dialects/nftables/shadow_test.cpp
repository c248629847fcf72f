// SPDX-License-Identifier: Apache-2.0
// Which rules can never act, on rulesets as people write them. The cases are those that comparing rules in pairs gets
// wrong: cover by a union, across chains, below a test of the connection state, and behind what is not known. First
// match wins and a base chain's policy is its end: nft(8) VERDICT STATEMENT, CHAINS. Addresses: RFC 5737, RFC 3849.
#include <catch2/catch.hpp>

#include "dialects/nftables/read.hpp"
#include "flow/shadow.hpp"
#include "model/print.hpp"
#include "model/resolve.hpp"

using namespace egresslint;
using flow::Agreement;
using flow::Standing;

namespace {

/// One table with the chains given; rules are named by their text.
struct Case {
    base::Sources sources;
    model::Device device;
    std::unique_ptr<flow::Shadow> shadow;

    explicit Case(const std::string& chains) {
        base::Diagnostics diagnostics;
        const auto file = sources.add("edge.nft", "table inet t {\n" + chains + "\n}\n");
        auto read = dialects::nftables::read(sources, {{file, "", false}}, diagnostics);
        REQUIRE(read.devices.size() == 1);
        device = std::move(read.devices.front());
        model::resolve(device, diagnostics);
        for (const auto& d : diagnostics) INFO(d.message);
        shadow = std::make_unique<flow::Shadow>(device);
    }

    [[nodiscard]] std::string text(model::RuleId id) const {
        const auto origin = device.rules[id.index()].origin;
        return origin.valid() ? device.origins[origin.index()].text : "";
    }
    [[nodiscard]] model::RuleId rule(const std::string& written) const {
        model::RuleId found;
        for (std::size_t r = 0; r < device.rules.size(); ++r)
            if (text(model::RuleId(r)) == written) found = model::RuleId(r);
        INFO(written);
        REQUIRE(found.valid());
        return found;
    }
    const flow::RuleShadow& operator[](const std::string& written) const { return shadow->of(rule(written)); }
    [[nodiscard]] std::vector<std::string> cover(const std::string& written) const {
        std::vector<std::string> out;
        for (const auto r : (*this)[written].cover) out.push_back(text(r));
        return out;
    }
    [[nodiscard]] std::vector<std::string> same_by(const std::string& written) const {
        std::vector<std::string> out;
        for (const auto r : (*this)[written].same_by) out.push_back(text(r));
        return out;
    }
};

using Texts = std::vector<std::string>;

std::string forward(const std::string& rules, const std::string& policy = "drop", const std::string& more = "") {
    return more + "chain forward { type filter hook forward priority 0; policy " + policy + ";\n" + rules + "\n}\n";
}

}  // namespace

TEST_CASE("one rule before it takes all of its packets", "[shadow]") {
    const Case c(
        forward("ip saddr 10.0.0.0/8 drop\nip saddr 10.1.0.0/16 tcp dport 25 accept\n"
                "ip saddr 10.2.0.0/16 drop\nip saddr 192.0.2.0/24 accept\n"));
    CHECK(c["ip saddr 10.1.0.0/16 tcp dport 25 accept"].standing == Standing::covered);
    CHECK(c["ip saddr 10.1.0.0/16 tcp dport 25 accept"].agreement == Agreement::different);
    CHECK(c.cover("ip saddr 10.1.0.0/16 tcp dport 25 accept") == Texts{"ip saddr 10.0.0.0/8 drop"});
    CHECK(c["ip saddr 10.2.0.0/16 drop"].agreement == Agreement::same);
    CHECK(c["ip saddr 192.0.2.0/24 accept"].standing == Standing::live);
}

TEST_CASE("only several rules together take all of its packets", "[shadow]") {
    const Case c(
        forward("tcp dport 1-100 drop\nip saddr 10.0.0.0/9 drop\nip saddr 10.128.0.0/9 accept\n"
                "ip saddr 10.0.0.0/8 tcp dport 25 accept\nip saddr 10.0.0.0/8 udp dport 53 accept\n"
                "ip saddr 10.0.0.0/7 udp dport 53 accept\n"));
    CHECK(c.cover("ip saddr 10.0.0.0/8 tcp dport 25 accept") == Texts{"tcp dport 1-100 drop"});
    CHECK(c.cover("ip saddr 10.0.0.0/8 udp dport 53 accept") ==
          Texts{"ip saddr 10.0.0.0/9 drop", "ip saddr 10.128.0.0/9 accept"});
    CHECK(c["ip saddr 10.0.0.0/8 udp dport 53 accept"].agreement == Agreement::mixed);
    CHECK(c["ip saddr 10.0.0.0/7 udp dport 53 accept"].standing == Standing::live);
}

TEST_CASE("a rule in another chain takes its packets", "[shadow]") {
    const Case c(
        forward("ip saddr 10.0.0.0/8 jump lan\nip saddr 10.0.0.0/16 tcp dport 25 accept\n"
                "ip saddr 10.0.0.0/16 tcp dport 80 accept\ntcp dport 443 accept\ngoto rest\naccept\n",
                "drop",
                "chain lan { tcp dport 25 drop\n ip saddr 10.0.1.0/24 return\n tcp dport 80 drop\n }\n"
                "chain rest { tcp dport 443 drop\n udp dport 53 accept\n }\n"));
    CHECK(c.cover("ip saddr 10.0.0.0/16 tcp dport 25 accept") == Texts{"tcp dport 25 drop"});
    CHECK(c["ip saddr 10.0.0.0/16 tcp dport 80 accept"].standing == Standing::live);  // 10.0.1.0/24 comes back
    CHECK(c["tcp dport 443 drop"].standing == Standing::covered);
    CHECK(c.cover("tcp dport 443 drop") == Texts{"tcp dport 443 accept"});
    CHECK(c["udp dport 53 accept"].standing == Standing::live);
    CHECK(c["accept"].standing == Standing::covered);
    CHECK(c["accept"].agreement == Agreement::mixed);
}

TEST_CASE("a rule below a test of the connection state is not shadowed by it", "[shadow]") {
    // Tools that compare pairs without the state call the second and third rule shadowed.
    const Case c(
        forward("ct state established,related accept\nct state new tcp dport 25 drop\ntcp dport 25 accept\n"
                "ct state new,invalid,untracked tcp dport 80 drop\ntcp dport 80 accept\n"));
    CHECK(c["ct state new tcp dport 25 drop"].standing == Standing::live);
    CHECK(c["tcp dport 25 accept"].standing == Standing::live);  // invalid and untracked packets
    // The states are used up: five there are, ct(8) in nft(8) CT STATE.
    CHECK(c.cover("tcp dport 80 accept") ==
          Texts{"ct state established,related accept", "ct state new,invalid,untracked tcp dport 80 drop"});
}

TEST_CASE("what is not known may bring a rule to life", "[shadow]") {
    const Case c(
        forward("ether saddr 02:00:00:00:00:01 tcp dport 25 drop\ntcp dport 25 accept\n"
                "limit rate 10/second udp dport 53 accept\nudp dport 53 drop\n"
                "ether saddr 02:00:00:00:00:02 tcp dport 80 drop\n"
                "ether saddr != 02:00:00:00:00:02 tcp dport 80 drop\ntcp dport 80 accept\n"));
    CHECK(c["tcp dport 25 accept"].standing == Standing::depends);
    REQUIRE(c["tcp dport 25 accept"].depends_on.size() == 1);
    CHECK(c.device.predicates[c["tcp dport 25 accept"].depends_on[0].index()].text.find("02:00:00:00:00:01") !=
          std::string::npos);
    CHECK(c["udp dport 53 drop"].standing == Standing::live);       // a limit is exceeded now and then
    CHECK(c["tcp dport 80 accept"].standing == Standing::covered);  // true or not true, something takes it
}

TEST_CASE("inverted sets, duplicates and IPv6", "[shadow]") {
    const Case c(
        forward("ip saddr != { 192.0.2.1, 192.0.2.2 } drop\nip saddr 198.51.100.0/24 accept\n"
                "ip saddr 192.0.2.0/24 accept\nip saddr 192.0.2.2 drop\nip6 saddr 2001:db8::/32 accept\n"
                "ip6 saddr 2001:db8:1::/48 accept\nip6 saddr 2001:db8:2::/48 tcp dport 25 drop\n"
                "meta nfproto ipv4 ip6 saddr 2001:db8::1 accept\ntcp dport 0-65535 accept\n"
                "tcp dport 25 accept\n"));
    CHECK(c.cover("ip saddr 198.51.100.0/24 accept") == Texts{"ip saddr != { 192.0.2.1, 192.0.2.2 } drop"});
    CHECK(c["ip saddr 192.0.2.0/24 accept"].standing == Standing::live);
    CHECK(c.cover("ip saddr 192.0.2.2 drop") == Texts{"ip saddr 192.0.2.0/24 accept"});
    CHECK(c["ip6 saddr 2001:db8:1::/48 accept"].agreement == Agreement::same);
    CHECK(c["ip6 saddr 2001:db8:2::/48 tcp dport 25 drop"].agreement == Agreement::different);
    CHECK(c["meta nfproto ipv4 ip6 saddr 2001:db8::1 accept"].standing == Standing::never);
    CHECK(c["meta nfproto ipv4 ip6 saddr 2001:db8::1 accept"].why == flow::Why::match);
    CHECK(c["tcp dport 25 accept"].standing == Standing::covered);
    // Dead in one IP version only is alive.
    const Case both(forward("ip saddr 0.0.0.0/0 tcp dport 25 drop\ntcp dport 25 accept\n"));
    CHECK(both["tcp dport 25 accept"].standing == Standing::live);
}

TEST_CASE("chains that nobody comes to", "[shadow]") {
    const Case c(forward("tcp dport 25 drop\ntcp dport 25 jump mail\nip saddr 10.0.0.0/8 jump lan\n", "drop",
                         "chain mail { ip saddr 192.0.2.1 accept\n }\n"
                         "chain lan { ip saddr 192.0.2.9 drop\n ip daddr 192.0.2.9 drop\n }\n"
                         "chain lonely { ip saddr 192.0.2.2 accept\n }\n"));
    CHECK(c["tcp dport 25 jump mail"].standing == Standing::covered);
    CHECK(c["ip saddr 192.0.2.1 accept"].standing == Standing::unreached);
    const auto mail = c["ip saddr 192.0.2.1 accept"].chain;
    CHECK(c.shadow->of(mail).called);
    CHECK_FALSE(c.shadow->of(mail).reached);
    CHECK(c.shadow->of(mail).calls == std::vector<model::RuleId>{c.rule("tcp dport 25 jump mail")});
    CHECK_FALSE(c.shadow->of(c["ip saddr 192.0.2.2 accept"].chain).called);
    CHECK(c["ip saddr 192.0.2.9 drop"].standing == Standing::never);
    CHECK(c["ip saddr 192.0.2.9 drop"].why == flow::Why::callers);
}

TEST_CASE("rules that could go", "[shadow]") {
    const Case c(
        forward("ip saddr 192.0.2.7 drop\ntcp dport 25 drop\nip saddr 10.0.0.5 tcp dport 80 accept\n"
                "ip saddr 10.0.0.0/24 tcp dport 80 accept\nip saddr 10.0.0.6 udp dport 53 accept\n"
                "ip saddr 10.0.0.6 udp drop\nip saddr 10.0.0.0/24 udp dport 53 accept\n"
                "ip saddr 192.0.2.0/24 tcp dport 443 accept\ncounter log drop\n"));
    // 192.0.2.7 would be let through by a later rule.
    CHECK_FALSE(c["ip saddr 192.0.2.7 drop"].redundant);
    CHECK(c["ip saddr 10.0.0.5 tcp dport 80 accept"].redundant);
    CHECK(c.same_by("ip saddr 10.0.0.5 tcp dport 80 accept") == Texts{"ip saddr 10.0.0.0/24 tcp dport 80 accept"});
    CHECK_FALSE(c["ip saddr 10.0.0.0/24 tcp dport 80 accept"].redundant);
    CHECK_FALSE(c["ip saddr 10.0.0.6 udp dport 53 accept"].redundant);  // another rule is between
    // Without it these packets are logged.
    CHECK_FALSE(c["tcp dport 25 drop"].redundant);

    const Case plain(forward("tcp dport 25 drop\ntcp dport 80 accept\n"));
    CHECK(plain["tcp dport 25 drop"].redundant);
    CHECK(plain["tcp dport 25 drop"].same_default);
    CHECK(plain["tcp dport 25 drop"].same_by.empty());
    CHECK_FALSE(plain["tcp dport 80 accept"].redundant);
}

TEST_CASE("of two rules that make each other redundant only one can go", "[shadow]") {
    const Case c(
        forward("ip saddr 10.0.0.0/24 accept\nip daddr 192.0.2.0/24 drop\nip saddr 10.0.0.0/25 accept\n"
                "tcp dport 25 accept\ntcp dport 25 accept comment \"again\"\n"));
    CHECK(c["ip saddr 10.0.0.0/25 accept"].standing == Standing::covered);
    CHECK_FALSE(c["ip saddr 10.0.0.0/24 accept"].redundant);
    CHECK(c["tcp dport 25 accept comment \"again\""].standing == Standing::covered);
    CHECK_FALSE(c["tcp dport 25 accept"].redundant);
}

TEST_CASE("marks that rules write are not what was tested before", "[shadow]") {
    const Case c(
        forward("meta mark 1 drop\nip saddr 10.0.0.0/8 meta mark set 1\nmeta mark 1 tcp dport 25 accept\n"
                "meta mark 1 tcp dport 25 drop\n"));
    CHECK(c["meta mark 1 tcp dport 25 accept"].standing == Standing::live);
    CHECK(c["meta mark 1 tcp dport 25 drop"].standing == Standing::covered);
    CHECK(c.cover("meta mark 1 tcp dport 25 drop") == Texts{"meta mark 1 tcp dport 25 accept"});
}

TEST_CASE("one chain called from two places dies only if it does from both", "[shadow]") {
    const Case c(
        forward("ip saddr 10.0.0.0/8 tcp dport 25 drop\nip saddr 10.0.0.0/8 jump common\n"
                "ip saddr 192.0.2.0/24 jump common\n",
                "drop", "chain common { tcp dport 25 accept\n ip saddr 198.51.100.1 drop\n }\n"));
    CHECK(c["tcp dport 25 accept"].standing == Standing::live);
    CHECK(c["ip saddr 198.51.100.1 drop"].standing == Standing::never);
    const Case dead(forward("tcp dport 25 drop\nip saddr 10.0.0.0/8 jump common\nip saddr 192.0.2.0/24 jump common\n",
                            "drop", "chain common { tcp dport 25 accept\n }\n"));
    CHECK(dead.cover("tcp dport 25 accept") == Texts{"tcp dport 25 drop"});
}

TEST_CASE("translations that never act", "[shadow]") {
    const Case c(
        "chain post { type nat hook postrouting priority srcnat; policy accept;\n"
        "oifname \"wan0\" masquerade\nip saddr 10.0.0.25 oifname \"wan0\" snat ip to 198.51.100.5\n"
        "ip saddr 10.0.0.25 oifname \"wan1\" snat ip to 198.51.100.6\n}\n");
    const auto& snat = c["ip saddr 10.0.0.25 oifname \"wan0\" snat ip to 198.51.100.5"];
    CHECK(snat.standing == Standing::covered);
    CHECK(snat.agreement == Agreement::different);
    CHECK(c["ip saddr 10.0.0.25 oifname \"wan1\" snat ip to 198.51.100.6"].standing == Standing::live);
    CHECK(c.shadow->overlap(c.rule("oifname \"wan0\" masquerade"),
                            c.rule("ip saddr 10.0.0.25 oifname \"wan0\" snat ip to 198.51.100.5")));
    CHECK_FALSE(c.shadow->overlap(c.rule("oifname \"wan0\" masquerade"),
                                  c.rule("ip saddr 10.0.0.25 oifname \"wan1\" snat ip to 198.51.100.6")));
}

TEST_CASE("a witness acts on the rule, and dead rules have none", "[shadow]") {
    Case c(
        forward("ct state established accept\niifname \"lan0\" oifname \"wan0\" ip saddr 10.0.0.5 tcp dport 25 accept\n"
                "tcp dport 25 drop\ntcp dport 25 accept\nmeta mark 7 udp dport 53 accept\naccept\n"));
    for (const auto* text :
         {"ct state established accept", "iifname \"lan0\" oifname \"wan0\" ip saddr 10.0.0.5 tcp dport 25 accept",
          "tcp dport 25 drop", "meta mark 7 udp dport 53 accept", "accept"}) {
        INFO(text);
        const auto w = c.shadow->witness(c.rule(text));
        REQUIRE(w);
        const auto t = flow::trace(c.device, w->packet, w->valuation);
        bool hit = false;
        for (const auto& b : t.branches)
            for (const auto& s : b.steps) hit = hit || s.rule == c.rule(text);
        CHECK(hit);
    }
    CHECK_FALSE(c.shadow->witness(c.rule("tcp dport 25 accept")));
    CHECK(c.shadow->matches_everything(c.rule("accept")));
    CHECK_FALSE(c.shadow->matches_everything(c.rule("tcp dport 25 drop")));
}

TEST_CASE("what was written as one rule is judged as one", "[shadow]") {
    const Case c(
        forward("ip saddr 10.0.0.0/8 drop\nip saddr 10.1.0.0/16 meta mark set 1 limit rate 10/second accept\n"
                "ip saddr { 10.0.0.1, 192.0.2.1 } tcp dport vmap { 25 : drop, 80 : accept }\n"));
    const auto find = [&](const std::string& text) -> flow::Shadow::Written {
        for (auto& w : c.shadow->written())
            if (c.device.origins[w.origin.index()].text == text) return w;
        FAIL("no rule " << text);
        return {};
    };
    const auto marks = find("ip saddr 10.1.0.0/16 meta mark set 1 limit rate 10/second accept");
    CHECK(marks.rules.size() > 1);  // a rule for the mark, a rule for what the limit lets through
    CHECK(marks.together.standing == Standing::covered);
    CHECK(marks.together.cover == std::vector<model::RuleId>{c.rule("ip saddr 10.0.0.0/8 drop")});
    CHECK(find("ip saddr { 10.0.0.1, 192.0.2.1 } tcp dport vmap { 25 : drop, 80 : accept }").together.standing ==
          Standing::live);
    // Alone it is nothing but the policy in other words; as a part of the rule it is not reported alone.
    const auto element = find("25 : drop");
    CHECK(c.device.origins[element.origin.index()].element);
    CHECK(element.together.redundant);
    CHECK(element.together.same_default);
}
