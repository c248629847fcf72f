// SPDX-License-Identifier: Apache-2.0
// Root causes: the rule that did it, and why the one that was meant did not. Faults F1 to F3 and F10 of the field.
#include "check_text.hpp"

using namespace egresslint;
using namespace egresslint::lint;

namespace {
/// The office with the given source translations; only the server may send.
std::string office(const std::string& post, const std::string& more = {}) {
    return "table ip nat {\n"
           "  chain pre {\n"
           "    type nat hook prerouting priority dstnat\n"
           "    iifname \"wan0\" ip daddr 198.51.100.5 tcp dport 25 dnat to 10.20.0.25\n"
           "  }\n"
           "  chain post {\n"
           "    type nat hook postrouting priority srcnat\n" +
           post + "  }\n" + more +
           "}\n"
           "table ip fw {\n"
           "  chain forward {\n"
           "    type filter hook forward priority filter; policy drop;\n"
           "    iifname \"lan0\" oifname \"wan0\" ip saddr 10.20.0.25 tcp dport 25 accept\n"
           "  }\n"
           "}\n";
}
std::string cause_of(const std::string& text) {
    testing::Run run;
    testing::check_text(run, "nft", text);
    const Finding* f = testing::finding(run, "EL101");
    INFO(testing::told(run));
    REQUIRE(f);
    CHECK(f->certainty == Certainty::proven);
    REQUIRE_FALSE(f->because.empty());
    return f->because.front();
}
const std::string general = "    oifname \"wan0\" snat to 198.51.100.2\n";
}  // namespace

TEST_CASE("F1: only an inbound mapping exists", "[cause]") {
    CHECK(cause_of(office(general)) ==
          "the port mapping at edge.nft:4 covers inbound connections only; no rule translates the connections that "
          "10.20.0.25 opens itself to its own address");
}
TEST_CASE("F2: the rule for the server stands behind a general one", "[cause]") {
    CHECK(cause_of(office(general + "    ip saddr 10.20.0.25 oifname \"wan0\" snat to 198.51.100.5\n")) ==
          "the rule at edge.nft:9 would translate to 198.51.100.5, but comes too late: edge.nft:8 matches first and is "
          "more general");
}
TEST_CASE("F3: the rule for the server is for another port", "[cause]") {
    CHECK(cause_of(office("    ip saddr 10.20.0.25 tcp dport 587 snat to 198.51.100.5\n" + general)) ==
          "the rule at edge.nft:8 would translate to 198.51.100.5, but acts only for destination port 587");
}
TEST_CASE("F3: the rule for the server is keyed on its own port", "[cause]") {
    CHECK(cause_of(office("    ip saddr 10.20.0.25 tcp sport 25 snat to 198.51.100.5\n" + general)) ==
          "the rule at edge.nft:8 would translate to 198.51.100.5, but acts only for source port 25, and a client's "
          "connection comes from another");
}
TEST_CASE("F3: the rule for the server is for another protocol", "[cause]") {
    CHECK(cause_of(office("    ip saddr 10.20.0.25 meta l4proto udp snat to 198.51.100.5\n" + general)) ==
          "the rule at edge.nft:8 would translate to 198.51.100.5, but acts only for protocol udp");
}
TEST_CASE("F3: the rule for the server is for another interface", "[cause]") {
    CHECK(cause_of(office("    ip saddr 10.20.0.25 oifname \"tun0\" snat to 198.51.100.5\n" + general)) ==
          "the rule at edge.nft:8 would translate to 198.51.100.5, but acts only for packets that leave by tun0, and "
          "this one leaves by wan0");
}
TEST_CASE("F3: the rule for the server names another source", "[cause]") {
    CHECK(cause_of(office("    ip saddr 10.20.0.52 snat to 198.51.100.5\n" + general)) ==
          "the rule at edge.nft:8 would translate to 198.51.100.5, but acts only for source 10.20.0.52");
}
TEST_CASE("F10: the chain of the rule for the server is never reached", "[cause]") {
    CHECK(cause_of(office(general, "  chain mail {\n    ip saddr 10.20.0.25 snat to 198.51.100.5\n  }\n")) ==
          "the rule at edge.nft:11 would translate to 198.51.100.5, but stands in a chain that is never reached");
}
TEST_CASE("an exemption from translation is named", "[cause]") {
    testing::Run run;
    testing::check_text(run, "nft", office("    ip saddr 10.20.0.0/16 accept\n" + general));
    const Finding* f = testing::finding(run, "EL101");
    INFO(testing::told(run));
    REQUIRE(f);
    REQUIRE(f->because.size() == 2);
    CHECK(f->because[1] == "the rule at edge.nft:8 lets it pass untranslated");
}
TEST_CASE("open SMTP names the rule that was to block it", "[cause]") {
    testing::Run run;
    testing::check_text(run, "iptables", R"(*nat
-A PREROUTING -i wan0 -d 198.51.100.5/32 -p tcp -m tcp --dport 25 -j DNAT --to-destination 10.20.0.25
-A POSTROUTING -s 10.20.0.25/32 -o wan0 -j SNAT --to-source 198.51.100.5
-A POSTROUTING -o wan0 -j SNAT --to-source 198.51.100.2
COMMIT
*filter
:FORWARD DROP [0:0]
-A FORWARD -i lan0 -o wan0 -j ACCEPT
-A FORWARD -i lan0 -o wan0 -p tcp -m tcp --dport 25 -j REJECT
COMMIT
)");
    const Finding* f = testing::finding(run, "EL102");
    INFO(testing::told(run));
    REQUIRE(f);
    REQUIRE_FALSE(f->because.empty());
    CHECK(f->because[0] ==
          "the rule at edge.iptables:9 would block it, but comes too late: edge.iptables:8 lets it through first");
    CHECK(f->help == "move the rule at edge.iptables:9 above edge.iptables:8");
}
TEST_CASE("fingerprints survive moved lines and tell findings apart", "[cause]") {
    testing::Run a, b;
    testing::check_text(a, "nft", office(general));
    testing::check_text(b, "nft", "# a comment above\n\n" + office(general));
    REQUIRE(testing::finding(a, "EL101"));
    REQUIRE(testing::finding(b, "EL101"));
    CHECK(testing::finding(a, "EL101")->fingerprint == testing::finding(b, "EL101")->fingerprint);
    CHECK(testing::finding(a, "EL101")->span != testing::finding(b, "EL101")->span);
}
