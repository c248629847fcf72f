// SPDX-License-Identifier: Apache-2.0
// The query language: its text, its mistakes, and its answers against sets worked out by hand.
#include "check_text.hpp"

#include <tao/pegtl.hpp>
#include <tao/pegtl/contrib/analyze.hpp>

#include "grammars/query.hpp"
#include "lint/query.hpp"

using namespace egresslint;
using namespace egresslint::lint;

namespace {
std::string mistake(std::string_view text) {
    const auto q = query::parse(text);
    REQUIRE_FALSE(q);
    return render(q.error(), text);
}
const std::string office = R"(table ip nat {
  chain post {
    type nat hook postrouting priority srcnat
    oifname "wan" ip saddr 10.20.0.25 snat to 198.51.100.5
    oifname "wan" snat to 198.51.100.2
  }
}
table ip fw {
  set printers {
    type ipv4_addr; flags interval
    elements = { 10.20.7.0/24 }
  }
  chain forward {
    type filter hook forward priority filter; policy drop;
    ip saddr @printers tcp dport { 80, 443 } log accept
    ip saddr 10.20.0.25 tcp dport 25 accept
    iifname "lan" oifname "wan" udp dport 53 limit rate 10/second accept
    tcp dport 25 reject
  }
}
)";
const std::string office_intent = R"([site]
internal = ["10.20.0.0/16"]
[[mail_server]]
name = "exchange"
address = ["10.20.0.25"]
outbound = ["198.51.100.5"]
[[device]]
name = "edge"
external = ["wan"]
)";
std::vector<QueryAnswer> ask(const std::string& text) {
    testing::Run run;
    std::vector<Prepared> prepared;
    for (DeviceInput& input : testing::read(run, "nft", office, office_intent))
        prepared.push_back(prepare(std::move(input), run.intent, run.sources));
    const auto answers = run_query(text, prepared, run.intent);
    INFO(text);
    if (!answers) FAIL(render(answers.error(), text));
    return *answers;
}
}  // namespace

TEST_CASE("the grammar of queries has no endless loop", "[query]") {
    CHECK(tao::pegtl::analyze<grammar::query::query>() == 0);
}

TEST_CASE("a wrong query gets a caret and a suggestion", "[query]") {
    CHECK(
        mistake("src in 10.20.7.0/24 and acepted") ==
        "src in 10.20.7.0/24 and acepted\n"
        "                        ^^^^^^^\n"
        "expected a comparison such as `src in 10.0.0.0/8`, or a fact such as `accepted`; did you mean \"accepted\"?");
    CHECK(mistake("dport = smpt") ==
          "dport = smpt\n        ^^^^\n\"smpt\" is not a port from 0 to 65535; did you mean \"smtp\"?");
    CHECK(
        mistake("src in 10.0.0.0/33") ==
        "src in 10.0.0.0/33\n       ^^^^^^^^^^^\n\"10.0.0.0/33\" is not an address, a prefix, a range or a named set");
    CHECK(mistake("(accepted") == "(accepted\n         ^\nexpected `and`, `or` or `)`");
    CHECK(mistake("for each mail server m: leaves as in m.outbond") ==
          "for each mail server m: leaves as in m.outbond\n"
          "                                     ^^^^^^^^^\n"
          "a mail server has no \"outbond\"; did you mean \"m.outbound\"?");
    CHECK(mistake("accepted and from mars") ==
          "accepted and from mars\n"
          "                  ^^^^\n"
          "\"mars\" is no place; after \"from\" stands device, internet, inside or the mail server of "
          "\"for each mail server\"");
    CHECK(mistake("accepted and by rul \"x\"") ==
          "accepted and by rul \"x\"\n"
          "                ^^^\n"
          "after `by` stands `rule \"text\"`, `rule at FILE:LINE`, `rule in chain \"name\"` or `policy`; did you mean "
          "\"rule\"?");
    CHECK(mistake("by rule at 53").find("a place is a file and a line, such as edge.nft:53") != std::string::npos);
    CHECK(mistake("accepted and nat src != dst") ==
          "accepted and nat src != dst\n"
          "                        ^^^\n"
          "only a translated field is compared with a field, and only with itself as it came: `nat src != src`");
    CHECK(mistake("through").find("expected a name") != std::string::npos);
    CHECK(mistake("") != "");
    CHECK(mistake("accepted accepted").find("expected `and`, `or` or the end of the query") != std::string::npos);
    CHECK(mistake("dport < 0").find("no value can be that") != std::string::npos);
}

TEST_CASE("hostile queries are refused, not followed", "[query]") {
    CHECK(mistake(std::string(5000, '(')).find("200 levels") != std::string::npos);
    std::string nots;
    for (int i = 0; i < 3000; ++i) nots += "not ";
    CHECK(mistake(nots + "accepted").find("200 levels") != std::string::npos);
    CHECK(mistake(std::string(20000, 'a')).find("16,384") != std::string::npos);
    std::string wide = "accepted";
    for (int i = 0; i < 1500; ++i) wide += " or any";
    CHECK(query::parse(wide).has_value());
}

TEST_CASE("queries parse to the tree that they say", "[query]") {
    const auto q = query::parse(
        "forbid for each mail server m: from m and not (tcp dport in {25, 587} or leaves as not in m.outbound)");
    REQUIRE(q);
    CHECK(q->mode == query::Mode::forbid);
    CHECK(q->each_server);
    CHECK(q->variable == "m");
    REQUIRE(q->root.kind == query::Node::Kind::all_of);
    REQUIRE(q->root.children.size() == 2);
    CHECK(q->root.children[0].fact == query::Fact::from_server);
    CHECK(q->root.children[1].kind == query::Node::Kind::negate);
    const query::Node& any = q->root.children[1].children.front();
    REQUIRE(any.kind == query::Node::Kind::any_of);
    CHECK(any.children[0].kind == query::Node::Kind::all_of);  // tcp and dport
    CHECK(any.children[1].negated);
    CHECK(any.children[1].target == query::Target::nat_src);
}

TEST_CASE("queries are answered with exact sets", "[query]") {
    auto a = ask("src in 10.20.7.0/24 and accepted and to internet and proto tcp");
    REQUIRE(a.size() == 1);
    CHECK_FALSE(a[0].empty);
    CHECK(a[0].sources == std::vector<std::string>{"10.20.7.0/24"});
    CHECK(a[0].ports == "80, 443");
    CHECK(a[0].certainty == Certainty::proven);
    REQUIRE(a[0].witness);
    CHECK(a[0].witness->dst == "198.18.0.9");
    REQUIRE(a[0].outcome);
    CHECK(a[0].outcome->src == "198.51.100.2");

    CHECK(ask("src in 10.20.7.0/24 and accepted and to internet and tcp dport 25")[0].empty);
    a = ask("accepted and tcp dport 25 and from inside and to internet");
    CHECK(a[0].sources == std::vector<std::string>{"10.20.0.25"});
    a = ask("src in @printers and accepted and logged and to internet");
    CHECK(a[0].ports == "80, 443");
    CHECK(ask("src in @printers and accepted and not logged and proto tcp and to internet")[0].empty);
    a = ask("from inside and tcp dport 25 and rejected and to internet and src in 10.20.0.24/31");
    CHECK(a[0].sources == std::vector<std::string>{"10.20.0.24"});
    a = ask("from inside and leaves as 198.51.100.5 and accepted and to internet");
    CHECK(a[0].sources == std::vector<std::string>{"10.20.0.25"});
    a = ask("udp dport 53 and accepted and from inside and to internet");
    CHECK(a[0].certainty == Certainty::proven);  // within its rate a limiter lets some packet through
    a = ask("for each mail server m: from m and accepted and to internet");
    CHECK(a[0].subject == "mail server exchange");
    CHECK(a[0].ports == "25, 53");
    CHECK(ask("for each mail server m: from m and tcp and accepted and to internet and leaves as not in m.outbound")[0]
              .empty);
    a = ask("tcp dport > 442 and dport <= 443 and accepted and in = lan and out = wan");
    CHECK(a[0].ports == "443");
    CHECK(ask("family ipv6 and accepted")[0].empty);
    // What comes in from outside with an inside source is asked by who names the outside.
    CHECK(ask("src in 10.20.0.25 and accepted and to internet and tcp dport 25")[0].witness->in == "lan");
    a = ask("from internet and accepted and tcp dport 25 and out lan");
    CHECK(a[0].empty);
    CHECK_FALSE(ask("in wan and src in 10.20.0.25 and tcp dport 25 and accepted")[0].empty);
}

TEST_CASE("queries ask which rule decided and what a packet went through", "[query]") {
    CHECK(ask("by rule \"printers\" and accepted and to internet")[0].ports == "80, 443");
    CHECK(ask("by rule at edge.nft:15 and accepted and to internet")[0].ports == "80, 443");
    CHECK(ask("by rule at edge.nft:16 and accepted and to internet")[0].sources ==
          std::vector<std::string>{"10.20.0.25"});
    CHECK(ask("by rule in chain \"ip fw forward\" and from inside and blocked and to internet")[0].ports == "25");
    const auto policy = ask("by policy and from inside and blocked and to internet and tcp dport 24-26");
    CHECK(policy[0].ports == "24, 26");
    CHECK(ask("not by policy and from inside and blocked and to internet")[0].ports == "25");
    // What the translation decided is a decision too.
    CHECK(ask("by rule in chain post and leaves as 198.51.100.5 and to internet and accepted")[0].sources ==
          std::vector<std::string>{"10.20.0.25"});
    CHECK(ask("accepted and to internet and from inside and not through \"ip fw forward\"")[0].empty);
    CHECK_FALSE(ask("accepted and to internet and from inside and through post")[0].empty);
    CHECK(ask("blocked and to internet and from inside and through post")[0].empty);
}

TEST_CASE("the site's named sets are known to its queries", "[query]") {
    testing::Run run;
    std::vector<Prepared> prepared;
    const std::string sets =
        "[sets]\nscanners = [\"10.20.7.1-10.20.7.9\"]\nweb = [80]\nprinters = [\"10.20.7.128/25\"]\n" + office_intent;
    for (DeviceInput& input : testing::read(run, "nft", office, sets))
        prepared.push_back(prepare(std::move(input), run.intent, run.sources));
    const auto asked = [&](const std::string& text) {
        const auto answer = run_query(text, prepared, run.intent);
        REQUIRE(answer);
        return answer->front();
    };
    CHECK(asked("src in @scanners and accepted and to internet and tcp").ports == "80, 443");
    CHECK(asked("src in @scanners and dport in @web and accepted and to internet and tcp").ports == "80");
    // The site's set hides the configuration's, which its full name still names.
    CHECK(asked("src in @printers and accepted and to internet and tcp").sources ==
          std::vector<std::string>{"10.20.7.128/25"});
    CHECK(asked("src in set \"ip fw printers\" and accepted and to internet and tcp").sources ==
          std::vector<std::string>{"10.20.7.0/24"});
}

TEST_CASE("never looks at all states of a limiter", "[query]") {
    // Within its rate DNS is accepted, above it the policy drops it.
    CHECK_FALSE(ask("udp dport 53 and from inside and to internet and not accepted")[0].empty);
    CHECK(ask("udp dport 53 and from inside and to internet and never accepted")[0].empty);
    CHECK(ask("udp dport 52-54 and from inside and to internet and never accepted")[0].ports == "52, 54");
    CHECK(ask("udp dport 53 and from inside and to internet and never limited")[0].empty);
    CHECK(ask("udp dport 52-53 and from inside and to internet and not never limited")[0].ports == "53");
}

TEST_CASE("translated fields are compared with what they were", "[query]") {
    CHECK(ask("from inside and to internet and accepted and nat src = src")[0].empty);
    CHECK_FALSE(ask("from inside and to internet and accepted and nat src != src")[0].empty);
    CHECK(ask("from inside and to internet and accepted and nat dst != dst")[0].empty);
    CHECK(ask("src 198.51.100.2 and in lan and out wan and accepted and nat src = src and tcp")[0].empty);
    CHECK(ask("dst in internet and dst in 198.51.100.0/29 and from inside and accepted and tcp dport 443")[0]
              .destinations ==
          std::vector<std::string>{"198.51.100.0/31", "198.51.100.3", "198.51.100.4", "198.51.100.6/31"});
}

TEST_CASE("names that no device has are mistakes of the query", "[query]") {
    testing::Run run;
    std::vector<Prepared> prepared;
    for (DeviceInput& input : testing::read(run, "nft", office, office_intent))
        prepared.push_back(prepare(std::move(input), run.intent, run.sources));
    auto answer = run_query("src in @printer and accepted", prepared, run.intent);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().message == "no device has a set named \"printer\"");
    CHECK(answer.error().suggestion == "printers");
    answer = run_query("accepted and out wann", prepared, run.intent);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().suggestion == "wan");
    answer = run_query("accepted and by rule in chain forwad", prepared, run.intent);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().message == "no device has a chain named \"forwad\"");
    CHECK(answer.error().suggestion == "forward");
    answer = run_query("accepted and by rule at edge.nft:1", prepared, run.intent);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().message == "no device has a rule at edge.nft:1");
    answer = run_query("accepted and by rule \"telnet\"", prepared, run.intent);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().message == "no device has a rule that is named \"telnet\" or has \"telnet\" in its text");
}
