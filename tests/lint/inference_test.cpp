// SPDX-License-Identifier: Apache-2.0
// What is inferred without an intent file, from what evidence, and what counts as a guess.
#include "check_text.hpp"

using namespace egresslint;
using namespace egresslint::lint;

namespace {
const Assumption* assumed(const Report& report, const std::string& part) {
    for (const Assumption& a : report.assumptions)
        if (a.what.find(part) != std::string::npos) return &a;
    return nullptr;
}
}  // namespace

TEST_CASE("a mapping of inbound tcp/25 shows the mail server and its own address", "[infer]") {
    testing::Run run;
    testing::check_text(run, "iptables", R"(*nat
:PREROUTING ACCEPT [0:0]
:MAILIN - [0:0]
-A PREROUTING -i wan0 -d 198.51.100.5/32 -j MAILIN
-A MAILIN -p tcp -m multiport --dports 25,587 -j DNAT --to-destination 10.20.0.25
COMMIT
)");
    INFO(testing::told(run));
    REQUIRE(run.report.devices.size() == 1);
    CHECK(run.report.devices[0].mail_servers == std::vector<std::string>{"10.20.0.25 -> 198.51.100.5"});
    CHECK(run.report.devices[0].external == std::vector<std::string>{"wan0"});
    const Assumption* server = assumed(run.report, "mail server 10.20.0.25");
    REQUIRE(server);
    CHECK_FALSE(server->guessed);
    CHECK(server->because == "inbound tcp/25 to 198.51.100.5 is translated to it (edge.iptables:5)");
}

TEST_CASE("publishing every port makes a mail server only where the filter lets SMTP in", "[infer]") {
    const std::string nat = R"(table ip nat {
  chain pre {
    type nat hook prerouting priority dstnat
    iifname "wan" ip daddr 198.51.100.9 dnat to 10.20.0.9
  }
}
table ip fw {
  chain forward {
    type filter hook forward priority filter; policy drop;
)";
    testing::Run web, mail;
    testing::check_text(web, "nft", nat + "    iifname \"wan\" ip daddr 10.20.0.9 tcp dport 443 accept\n  }\n}\n");
    CHECK(web.report.devices.at(0).mail_servers.empty());
    testing::check_text(mail, "nft", nat + "    iifname \"wan\" ip daddr 10.20.0.9 tcp dport 25 accept\n  }\n}\n");
    CHECK(mail.report.devices.at(0).mail_servers == std::vector<std::string>{"10.20.0.9 -> 198.51.100.9"});
}

TEST_CASE("mappings that come from inside publish nothing", "[infer]") {
    testing::Run run;
    testing::check_text(run, "nft", R"(table ip nat {
  chain pre {
    type nat hook prerouting priority dstnat
    iifname "lan" ip daddr 198.51.100.5 tcp dport 25 dnat to 10.20.0.25
  }
  chain post {
    type nat hook postrouting priority srcnat
    oifname "wan" masquerade
    oifname "lan" ip saddr 10.20.0.0/16 ip daddr 10.20.0.25 masquerade
  }
}
)");
    INFO(testing::told(run));
    CHECK(run.report.devices.at(0).mail_servers.empty());
    // The hairpin translation towards the inside does not make lan an outside.
    CHECK(run.report.devices.at(0).external == std::vector<std::string>{"wan"});
}

TEST_CASE("names alone are guesses, and said to be", "[infer]") {
    testing::Run run;
    testing::check_text(run, "nft", R"(table ip fw {
  chain forward {
    type filter hook forward priority filter; policy drop;
    iifname "lan0" oifname "wan0" tcp dport 443 accept
  }
}
)");
    const Assumption* outside = assumed(run.report, "faces the internet");
    REQUIRE(outside);
    CHECK(outside->guessed);
    REQUIRE(testing::finding(run, "EL902"));
}

TEST_CASE("without a known mail server open SMTP is possible, with the reason", "[infer]") {
    testing::Run run;
    testing::check_text(run, "nft", R"(table ip nat {
  chain post {
    type nat hook postrouting priority srcnat
    oifname "eth0" masquerade
  }
}
table ip fw {
  chain forward {
    type filter hook forward priority filter; policy drop;
    iifname "eth1" accept
  }
}
)");
    INFO(testing::told(run));
    const Finding* open = testing::finding(run, "EL102");
    REQUIRE(open);
    CHECK(open->certainty == Certainty::possible);
    REQUIRE_FALSE(open->depends_on.empty());
    CHECK(open->depends_on.back() ==
          "that none of these hosts is a mail server: none is declared and none could be inferred");
    CHECK(testing::finding(run, "EL101") == nullptr);
}

TEST_CASE("a masquerade address that nobody stated leaves EL101 possible, and no other host guilty", "[infer]") {
    testing::Run run;
    testing::check_text(run, "iptables", R"(*nat
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -i wan0 -d 198.51.100.5/32 -p tcp -m tcp --dport 25 -j DNAT --to-destination 10.20.0.25
-A POSTROUTING -o wan0 -j MASQUERADE
COMMIT
*filter
:FORWARD DROP [0:0]
-A FORWARD -s 10.20.0.25/32 -i lan0 -o wan0 -p tcp -m tcp --dport 25 -j ACCEPT
-A FORWARD -i lan0 -o wan0 -p tcp -m tcp --dport 443 -j ACCEPT
COMMIT
)");
    INFO(testing::told(run));
    const Finding* f = testing::finding(run, "EL101");
    REQUIRE(f);
    CHECK(f->certainty == Certainty::possible);
    CHECK(f->message == "mail server 10.20.0.25 sends SMTP as the address of wan0, not as its own 198.51.100.5");
    CHECK(testing::finding(run, "EL103") == nullptr);
    CHECK(testing::finding(run, "EL111") == nullptr);
}
