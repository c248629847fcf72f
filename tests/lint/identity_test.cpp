// SPDX-License-Identifier: Apache-2.0
// The EL3xx rules beyond their pages' examples: pools, what is not known, several servers, block lists.
#include "lint/identity.hpp"
#include "check_text.hpp"

using namespace egresslint;
using namespace egresslint::lint;
using testing::Run;

namespace {

const std::string intent = R"([[mail_server]]
name = "exchange"
address = ["10.20.0.25"]
outbound = ["198.51.100.0/28"]
[[device]]
name = "edge"
external = ["wan0"]
)";

std::string edge(const std::string& snat) {
    return "table ip nat {\n  chain pre {\n    type nat hook prerouting priority dstnat\n    iifname \"wan0\" ip daddr "
           "198.51.100.5 tcp dport 25 dnat to 10.20.0.25\n  }\n  chain post {\n    type nat hook postrouting priority "
           "srcnat\n    oifname \"wan0\" ip saddr 10.20.0.25 snat to " +
           snat +
           "\n  }\n}\ntable ip fw {\n  chain forward {\n    type filter hook forward priority filter; policy drop;\n   "
           " "
           "iifname \"wan0\" oifname \"lan0\" ip daddr 10.20.0.25 tcp dport 25 accept\n    iifname \"lan0\" oifname "
           "\"wan0\" ip saddr 10.20.0.25 tcp dport 25 accept\n  }\n}\n";
}

const std::string soa = "@ 60 SOA ns1.example.com. host.example.com. 1 2 3 4 5\n";
const std::string forward =
    "$ORIGIN example.com.\n$TTL 60\n" + soa + "@ MX 10 mail\n TXT \"v=spf1 mx -all\"\nmail A 198.51.100.5\n";
const std::string reverse = "$ORIGIN 100.51.198.in-addr.arpa.\n$TTL 60\n" + soa + "5 PTR mail.example.com.\n";

using Texts = std::vector<std::pair<std::string, std::string>>;

void look(Run& run, const std::string& snat, const Texts& texts, const std::string& more = "") {
    Options options;
    options.select = {"EL3", "EL903"};
    testing::check_with(run, "nft", edge(snat), intent + more, options, {}, texts);
}

std::string messages(const Run& run) {
    std::string out;
    for (const Finding& f : run.report.findings) out += f.rule + " " + f.message + "\n";
    return out;
}

}  // namespace

TEST_CASE("every address of a pool is looked at, and those of which the same is true are one finding", "[identity]") {
    Run run;
    look(run, "198.51.100.4-198.51.100.7", {{"zone", forward}, {"zone", reverse}});
    CHECK(messages(run) ==
          "EL301 198.51.100.4, 198.51.100.6/31, as which exchange sends mail, has no PTR record\n"
          "EL307 SPF of example.com does not name 198.51.100.4, 198.51.100.6/31, as which exchange sends mail: the "
          "result "
          "is \"fail\"\n");
    CHECK(run.report.findings.front().certainty == Certainty::proven);
}

TEST_CASE("a finding points at the records and at the rule that makes the address the source", "[identity]") {
    Run run;
    const std::string stale = "$ORIGIN example.com.\n$TTL 60\n" + soa + "mail A 198.51.100.6\n";
    look(run, "198.51.100.5", {{"zone", stale}, {"zone", reverse}});
    const Finding* f = testing::finding(run, "EL302");
    REQUIRE(f != nullptr);
    CHECK(run.sources.text(f->span) == "5 PTR mail.example.com.");
    REQUIRE(f->related.size() == 2);
    CHECK(run.sources.text(f->related[0].span) == "mail A 198.51.100.6");
    CHECK(run.sources.text(f->related[1].span).find("snat to 198.51.100.5") != std::string_view::npos);
}

TEST_CASE("what the evidence does not say is a note and no finding; without evidence there is silence", "[identity]") {
    Run only_forward;
    look(only_forward, "198.51.100.5", {{"zone", forward}});
    CHECK(messages(only_forward) ==
          "EL903 whether 198.51.100.5 has a PTR record is not known: no text is about 5.100.51.198.in-addr.arpa\n");
    CHECK(only_forward.report.findings.front().severity == Severity::note);

    Run only_reverse;
    look(only_reverse, "198.51.100.5", {{"zone", reverse}});
    CHECK(
        messages(only_reverse) ==
        "EL903 whether the PTR record of 198.51.100.5 is confirmed is not known: no text is about mail.example.com\n");

    Run none;
    look(none, "198.51.100.5", {});
    CHECK(messages(none).empty());
}

TEST_CASE("SPF that hangs on another's zone is not known", "[identity]") {
    Run run;
    const std::string other = "$ORIGIN example.com.\n$TTL 60\n" + soa +
                              "@ MX 10 mail\n TXT \"v=spf1 include:_spf.example.net -all\"\nmail A 198.51.100.5\n";
    look(run, "198.51.100.5", {{"zone", other}, {"zone", reverse}});
    CHECK(messages(run) ==
          "EL903 what SPF of example.com says of 198.51.100.5 is not known: \"include:_spf.example.net\": "
          "no text is about _spf.example.net\n");
}

TEST_CASE("a domain whose mail goes to others is no fault of this server", "[identity]") {
    Run run;
    const std::string hosted = "$ORIGIN example.org.\n$TTL 60\n" + soa +
                               "@ MX 10 mx.hosting\n TXT \"v=spf1 -all\"\nmx.hosting A 203.0.113.9\n";
    look(run, "198.51.100.5", {{"zone", forward}, {"zone", reverse}, {"zone", hosted}});
    CHECK(messages(run).empty());
    // The null MX (RFC 7505) is no broken one.
    Run null;
    look(null, "198.51.100.5",
         {{"zone", forward}, {"zone", reverse}, {"zone", "$ORIGIN example.org.\n" + soa + "@ 60 MX 0 .\n"}});
    CHECK(messages(null).empty());
}

TEST_CASE("MX to an address of the device that is mapped to no mail server", "[identity]") {
    Run run;
    const std::string text = edge("198.51.100.5");
    std::string more = text;
    more.insert(more.find("    iifname \"wan0\" ip daddr 198.51.100.5"),
                "    iifname \"wan0\" ip daddr 198.51.100.6 tcp dport 443 dnat to 10.20.0.30\n");
    Options options;
    options.select = {"EL3"};
    const std::string zone = "$ORIGIN example.com.\n$TTL 60\n" + soa +
                             "@ MX 10 mail\n@ MX 20 web\nmail A 198.51.100.5\nweb A 198.51.100.6\n";
    testing::check_with(run, "nft", more, intent, options, {}, {{"zone", zone}, {"zone", reverse}});
    REQUIRE(run.report.findings.size() == 1);
    CHECK(run.report.findings.front().rule == "EL306");
    CHECK(run.report.findings.front().message ==
          "MX of example.com names web.example.com: 198.51.100.6 is an address of edge on which tcp/25 reaches no mail "
          "server");
}

TEST_CASE("an MTA that opens no connections over an IP version is asked nothing about its addresses", "[identity]") {
    const std::string main = "myhostname = wrong.example.com\ncompatibility_level = 2\ninet_protocols = ";
    const std::string master = "smtp unix - - n - - smtp\n";
    Run other;
    look(other, "198.51.100.5", {{"mta", main + "ipv6\n"}, {"mta", master}, {"zone", forward}, {"zone", reverse}});
    CHECK(messages(other).find("EL305") == std::string::npos);
    Run all;
    look(all, "198.51.100.5", {{"mta", main + "all\n"}, {"mta", master}, {"zone", forward}, {"zone", reverse}});
    CHECK(messages(all).find("EL305 exchange greets with wrong.example.com") != std::string::npos);
}

TEST_CASE("a listed address is EL310, a list that says nothing is a note", "[identity]") {
    Run run;
    auto devices = testing::read(run, "nft", edge("198.51.100.5"), intent);
    EvidenceInput facts;
    evidence::Record record{
        "5.100.51.198.bl.example.net", evidence::RecordType::a, "127.0.0.2", base::parse_address("127.0.0.2"), 0, {}};
    facts.listings = [&](const base::Address& address) {
        evidence::Lookup yes, open;
        yes.answer = evidence::Answer::yes;
        yes.records = {&record};
        open.because = "the resolver did not answer";
        CHECK(base::to_string(address) == "198.51.100.5");
        return std::vector<Listing>{{"bl.example.net", yes, "spam source"}, {"bl.example.org", open, ""}};
    };
    Options options;
    options.select = {"EL3", "EL903"};
    options.evidence = &facts;
    run.report = check(std::move(devices), run.intent, run.sources, options);
    CHECK(messages(run) ==
          "EL310 198.51.100.5, as which exchange sends mail, is listed by bl.example.net: spam source\n"
          "EL903 whether bl.example.org lists 198.51.100.5 is not known: the resolver did not answer\n");
}

TEST_CASE("names that spell their address, or say that they are handed out, are generic", "[identity]") {
    const auto generic = [](const char* name, const char* address) {
        return !generic_name(name, *base::parse_address(address)).empty();
    };
    for (const char* name :
         {"host-198-51-100-5.example.net", "5.100.51.198.static.example.net", "198.51.100.5.example.net",
          "c6336405.example.net", "ip198051100005.example.net", "h5-100-51-198.example.net", "dyn7.cust.example.net",
          "dsl-line.example.net", "x.pool12.example.net"}) {
        INFO(name);
        CHECK(generic(name, "198.51.100.5"));
    }
    for (const char* name :
         {"mail.example.com", "mx5.example.com", "mail-51.example.com", "mail.pool.com", "relay1.dsl.example"}) {
        INFO(name);
        CHECK_FALSE(generic(name, "198.51.100.5"));
    }
    CHECK(generic("2001-db8-0-0-0-0-0-25.example.net", "2001:db8::25"));
    CHECK(generic("x0000000000000025.example.net", "2001:db8::25"));
    CHECK_FALSE(generic("mail.example.com", "2001:db8::25"));
}

TEST_CASE("what is no public host name in HELO (RFC 5321, 2.3.5; RFC 1123, 2.1)", "[identity]") {
    for (const char* name : {"exchange", "localhost", "exchange.office.local", "[198.51.100.5]", "198.51.100.5",
                             "mail_1.example.com", "-mail.example.com", "mail.corp", "mx.home.arpa", ""}) {
        INFO(name);
        CHECK_FALSE(not_public_name(name).empty());
    }
    for (const char* name : {"mail.example.com", "Mail.Example.COM.", "xn--mil-ula.example.com", "local.example.com"}) {
        INFO(name);
        CHECK(not_public_name(name).empty());
    }
}
