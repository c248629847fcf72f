// SPDX-License-Identifier: Apache-2.0
// What the rules on hygiene must see that a comparison of pairs of lines cannot, and what they must not say. Texts run
// through their readers; what no reader here can make (disabled rules) is built by hand.
#include "check_text.hpp"

#include "base/address.hpp"
#include "model/builder.hpp"

using namespace egresslint;
using namespace egresslint::lint;

namespace {

using Places = std::vector<std::string>;

struct Hygiene : testing::Run {
    explicit Hygiene(const std::string& fence, const std::string& text, std::vector<std::string> select = {"EL2"}) {
        Options options;
        options.select = std::move(select);
        testing::check_with(*this, fence, text, {}, options);
    }
    [[nodiscard]] Places found() const { return testing::places(*this); }
    [[nodiscard]] std::string text() const { return testing::told(*this); }
    /// Lines of the further places of a finding.
    [[nodiscard]] std::vector<unsigned> related(const std::string& code) const {
        std::vector<unsigned> lines;
        if (const Finding* f = testing::finding(*this, code))
            for (const Related& r : f->related) lines.push_back(sources.begin(r.span).line);
        return lines;
    }
};

/// Lines of a filter for forwarded packets; the first one is line 4.
std::string forward(const std::string& rules, const std::string& before = {}, const std::string& after = {}) {
    return before + "table inet fw {\n  chain forward {\n    type filter hook forward priority filter; policy drop;\n" +
           rules + "  }\n" + after + "}\n";
}

}  // namespace

TEST_CASE("a union of rules shadows what no single one of them does", "[hygiene]") {
    const Hygiene h("nft", forward("    ip saddr 10.0.0.0/9 accept\n"
                                   "    tcp dport 443 accept\n"
                                   "    ip saddr 10.128.0.0/9 accept\n"
                                   "    ip saddr 10.0.0.0/8 drop\n"));
    INFO(h.text());
    CHECK(h.found() == Places{"EL201@7"});
    // The rule for port 443 takes some of the packets too, but is not needed.
    CHECK(h.related("EL201") == std::vector<unsigned>{4, 6});
    CHECK(testing::finding(h, "EL201")->message.find("lines 4 and 6 accept all of its packets") != std::string::npos);
}

TEST_CASE("rules of other chains shadow, behind jumps and gotos and before returns", "[hygiene]") {
    const auto with = [](const std::string& call, const std::string& sub) {
        return forward("    iifname \"lan0\" " + call + " office\n    iifname \"lan0\" tcp dport 25 reject\n", {},
                       "  chain office {\n" + sub + "  }\n");
    };
    CHECK(Hygiene("nft", with("jump", "    ip saddr 10.0.0.0/8 accept\n    drop\n")).found() == Places{"EL201@5"});
    // What follows a goto is reached by nobody that went there, whatever the chain does.
    CHECK(Hygiene("nft", with("goto", "    ip saddr 10.0.0.0/8 accept\n")).found() == Places{"EL201@5"});
    // Here some come back.
    CHECK(Hygiene("nft", with("jump", "    ip saddr 10.0.0.0/8 accept\n")).found().empty());
    CHECK(Hygiene("nft", with("jump", "    tcp dport 25 return\n    drop\n")).found().empty());
    // A rule in the chain is shadowed by one in front of the call.
    const Hygiene before("nft", forward("    tcp dport 25 drop\n    jump office\n", {},
                                        "  chain office {\n    ip saddr 10.0.0.1 tcp dport 25 accept\n"
                                        "    tcp dport 443 accept\n  }\n"));
    INFO(before.text());
    CHECK(before.found() == Places{"EL201@8"});
    CHECK(before.related("EL201") == std::vector<unsigned>{4});
}

TEST_CASE("rules for connection states are no false alarm", "[hygiene]") {
    const Hygiene h("nft", forward("    ct state established,related accept\n"
                                   "    ct state invalid drop\n"
                                   "    ct state new tcp dport 25 drop\n"
                                   "    ct state new ip saddr 10.0.0.0/8 accept\n"
                                   "    ip saddr 10.0.0.0/8 udp dport 53 accept\n"));
    INFO(h.text());
    // The last one sees untracked packets only.
    CHECK(h.found().empty());
    const Hygiene iptables("iptables",
                           "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n"
                           "-A FORWARD -s 10.0.0.0/8 -m conntrack --ctstate NEW -j ACCEPT\n"
                           "-A FORWARD -s 10.0.0.1/32 -p tcp -m tcp --dport 25 -j DROP\n"
                           "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\nCOMMIT\n");
    INFO(iptables.text());
    CHECK(iptables.found().empty());
    // All states together are all packets.
    const Hygiene all("nft", forward("    ct state new,established,related,invalid,untracked accept\n"
                                     "    tcp dport 25 drop\n"));
    INFO(all.text());
    CHECK(all.found() == Places{"EL201@5", "EL207@4"});
}

TEST_CASE("what an unknown condition may revive is never called dead", "[hygiene]") {
    for (const std::string first :
         {"ip saddr 10.0.0.0/8 limit rate 10/second accept", "ip saddr 10.0.0.0/8 meta length 100-200 accept",
          "ip saddr 10.0.0.0/8 meta skuid 1000 accept", "ip saddr 10.0.0.0/8 @th,0,16 25 accept"}) {
        const Hygiene h("nft", forward("    " + first + "\n    ip saddr 10.0.0.1 drop\n"));
        INFO(h.text());
        CHECK(h.found().empty());
    }
    // A rule and its negation leave nothing, whatever the answer is.
    const Hygiene h("nft", forward("    meta length 100-200 accept\n    meta length != 100-200 accept\n    drop\n"));
    INFO(h.text());
    CHECK(h.found() == Places{"EL201@6"});
    // Sets that rules write.
    const Hygiene set("nft",
                      "table inet fw {\n  set seen { type ipv4_addr; flags dynamic; }\n  chain forward {\n"
                      "    type filter hook forward priority filter; policy drop;\n"
                      "    ip saddr @seen accept\n    ip saddr 10.0.0.1 add @seen { ip saddr } accept\n  }\n}\n");
    INFO(set.text());
    CHECK(set.found().empty());
}

TEST_CASE("a rule is dead only if it is in both IP versions", "[hygiene]") {
    CHECK(
        Hygiene("nft", forward("    ip saddr 0.0.0.0/0 tcp dport 25 drop\n    tcp dport 25 accept\n")).found().empty());
    CHECK(Hygiene("nft", forward("    ip saddr 0.0.0.0/0 tcp dport 25 drop\n    ip6 saddr ::/0 tcp dport 25 drop\n"
                                 "    tcp dport 25 accept\n"))
              .found() == Places{"EL201@6"});
}

TEST_CASE("what was written as one is reported as one", "[hygiene]") {
    // One element of the map and one part of the list are dead; the map and the list are not.
    const Hygiene part("nft", forward("    ip saddr 10.0.0.1 accept\n"
                                      "    ip saddr vmap { 10.0.0.1 : drop, 10.0.0.2 : drop, 10.0.0.3 : accept }\n"
                                      "    ip saddr { 10.0.0.1,\n      10.0.0.9 } tcp dport 25 accept\n"));
    INFO(part.text());
    CHECK(part.found().empty());
    const Hygiene whole("nft", forward("    ip saddr 10.0.0.0/24 drop\n"
                                       "    ip saddr vmap { 10.0.0.1 : drop, 10.0.0.2 : accept }\n"
                                       "    ip saddr { 10.0.0.1,\n      10.0.0.9 } tcp dport 25 accept\n"));
    INFO(whole.text());
    CHECK(whole.found() == Places{"EL201@5", "EL201@6"});
}

TEST_CASE("hygiene is suppressed like everything else", "[hygiene]") {
    const std::string rules =
        "    tcp dport 25 drop\n    # egresslint: allow EL201 -- until the relay is moved\n"
        "    tcp dport 25 ip saddr 10.0.0.1 accept\n";
    CHECK(Hygiene("nft", forward(rules), {"EL2", "EL9"}).found().empty());
}

TEST_CASE("hygiene never makes a run fail that it should not", "[hygiene]") {
    for (const RuleFile& rule : rules()) {
        if (rule.code.starts_with("EL2") && rule.code != "EL206") CHECK(rule.severity != Severity::error);
    }
}

TEST_CASE("large rulesets say that hygiene was left out, and do it when asked", "[hygiene]") {
    std::string text =
        "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n"
        "-A FORWARD -s 10.0.0.0/8 -p tcp -m tcp --dport 25 -j DROP\n";
    for (unsigned i = 0; i < 20'100; ++i)
        text += "-A FORWARD -s 10." + std::to_string(i / 256 % 256) + "." + std::to_string(i % 256) +
                ".0/24 -p tcp -m tcp --dport 25 -j DROP\n";
    text += "COMMIT\n";
    testing::Run unasked;
    testing::check_with(unasked, "iptables", text, {}, {});
    const Finding* note = testing::finding(unasked, "EL903");
    while (note != nullptr && note->message.find("hygiene") == std::string::npos)
        note = note == &unasked.report.findings.back() ? nullptr : note + 1;
    REQUIRE(note != nullptr);
    CHECK(note->severity == Severity::note);
    CHECK(testing::finding(unasked, "EL202") == nullptr);
    const Hygiene asked("iptables", text, {"EL202"});
    CHECK(asked.report.findings.size() == 20'100);
}

TEST_CASE("a disabled rule matters when it would change who sends mail, or as whom", "[hygiene]") {
    using namespace egresslint::model;
    const auto findings = [](bool mail_rule, bool active) {
        testing::Run run;
        const auto file = run.sources.add("edge.conf", "rule 1\nrule 2\n");
        Builder b("edge");
        const auto outside = b.interface_names(Field::out_if, {"wan0"});
        const auto routing = b.chain("routing");
        b.device().chains[routing.index()].routing = true;
        b.stage("routing", Label::routing, b.in(Field::out_if, IntervalSet::single(no_interface)), routing);
        const auto filter = b.chain("filter");
        const auto from = [&](const char* address) { return b.prefix(Field::src, *base::parse_prefix(address)); };
        model::Rule rule;
        rule.match =
            b.all({from("10.20.0.0/16"), outside, b.proto(6), b.dport(IntervalSet::single(mail_rule ? 25 : 443))});
        rule.control = Decide{Verdict::accept, {}, true};
        rule.active = active;
        b.rule(filter, rule, {file, 0, 6}, "rule 1");
        const auto forwarded = b.all({b.negate(b.in(Field::in_if, IntervalSet::single(self_interface))),
                                      b.negate(b.in(Field::out_if, IntervalSet::single(self_interface)))});
        b.stage("filter", Label::filter, forwarded, filter, Verdict::drop);
        DeviceInput input;
        input.device = std::move(b).finish();
        input.device.filters_v4 = true;
        input.dialect = "by hand";
        std::vector<DeviceInput> devices;
        devices.push_back(std::move(input));
        Options options;
        options.select = {"EL214"};
        return check(std::move(devices), run.intent, run.sources, options).findings.size();
    };
    CHECK(findings(true, false) == 1);
    CHECK(findings(true, true) == 0);
    CHECK(findings(false, false) == 0);
}
