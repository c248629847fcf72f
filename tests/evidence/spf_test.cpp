// SPDX-License-Identifier: Apache-2.0
// SPF on the evidence. Sections are RFC 7208's.
#include "evidence/spf.hpp"
#include "dns_text.hpp"

using namespace egresslint;
using namespace egresslint::evidence;
using testing::read_texts;
using testing::Texts;

namespace {

/// A zone example.com whose apex has the SPF record.
Texts zone(const std::string& spf, const std::string& more = "") {
    return read_texts({{"x.zone", "$ORIGIN example.com.\n$TTL 1h\n@ SOA ns1 host 1 2 3 4 5\n TXT \"" + spf +
                                      "\"\nmail A 198.51.100.5\n AAAA 2001:db8::25\n@ MX 10 mail\n" + more}});
}

/// "198.51.100.5 pass" for each part.
std::string results(const Texts& t, const std::string& addresses, const std::string& helo = "",
                    const std::string& domain = "example.com") {
    const auto prefix = base::parse_prefix(addresses);
    REQUIRE(prefix);
    const base::Family family = prefix->base.family;
    std::string out;
    for (const SpfPart& p : check_host(t.dns, domain, family, base::IntervalSet::prefix(*prefix), helo)) {
        if (!out.empty()) out += "; ";
        out += base::addresses_to_string(p.addresses, family) + " " + std::string(to_string(p.result));
    }
    return out;
}
std::string one(const std::string& spf, const std::string& more = "", const std::string& address = "198.51.100.5") {
    const Texts t = zone(spf, more);
    CHECK(t.problems() == "");
    const std::string text = results(t, address);
    return text.substr(text.find(' ') + 1);
}

}  // namespace

TEST_CASE("SPF: mechanisms and qualifiers", "[spf]") {
    CHECK(one("v=spf1 ip4:198.51.100.5 -all") == "pass");  // 5.6
    CHECK(one("v=spf1 ip4:198.51.100.0/28 -all") == "pass");
    CHECK(one("v=spf1 ip4:198.51.100.6 -all") == "fail");  // 5.1
    CHECK(one("v=spf1 ip4:198.51.100.6 ~all") == "softfail");
    CHECK(one("v=spf1 ip4:198.51.100.6 ?all") == "neutral");
    CHECK(one("v=spf1 ip4:198.51.100.6") == "neutral");      // 4.7
    CHECK(one("V=SPF1 A:MAIL.example.com -ALL") == "pass");  // 5.3
    CHECK(one("v=spf1 a -all", "@ A 198.51.100.80\n") == "fail");
    CHECK(one("v=spf1 a/28 -all", "@ A 198.51.100.8\n") == "pass");
    CHECK(one("v=spf1 mx -all") == "pass");  // 5.4
    CHECK(one("v=spf1 mx -all", "@ MX 20 mail.example.net.\n") == "pass");
    CHECK(one("v=spf1 mx -all", "@ MX 20 mail.example.net.\n", "198.51.100.6") == "not known");
    CHECK(one("v=spf1 mx//64 -all", "", "2001:db8::99") == "pass");
    CHECK(one("v=spf1 mx -all", "", "2001:db8::99") == "fail");
    CHECK(one("v=spf1 ip6:2001:db8::/32 -all", "", "2001:db8::99") == "pass");
    CHECK(one("v=spf1 ip4:0.0.0.0/0 -all", "", "2001:db8::99") == "fail");
    CHECK(one("v=spf1 exists:mail.example.com -all", "", "2001:db8::99") == "pass");  // 5.7: an A record
    CHECK(one("v=spf1 exists:nobody.example.com -all") == "fail");
}

TEST_CASE("SPF: no record, several records, mistakes (3.2, 4.5, 4.6)", "[spf]") {
    CHECK(one("v=spf10 -all") == "none");
    CHECK(one("v=spf1 -all", "@ TXT \"v=spf1 mx\"\n") == "permerror");
    CHECK(one("v=spf1 -all", "@ TXT \"v=spf1x\"\n") == "fail");
    for (const char* wrong : {"v=spf1 ip4:198.51.100.5 ipv4:1.2.3.4", "v=spf1 mx a:museum", "v=spf1 ip4:198.51.100.999",
                              "v=spf1 ip4:198.51.100.5/33", "v=spf1 all:x", "v=spf1 include",
                              "v=spf1 redirect=a.example redirect=b.example", "v=spf1 a:%{x}.example.com",
                              "v=spf1 mx/024", "v=spf1 exists:%a.example.com"}) {
        INFO(wrong);
        CHECK(one(wrong) == "permerror");
    }
    // Modifiers that nobody knows are no mistakes (6).
    CHECK(one("v=spf1 moo.x=%{d} mx -all") == "pass");
}

TEST_CASE("SPF: include and redirect (5.2, 6.1)", "[spf]") {
    CHECK(one("v=spf1 include:sub.example.com -all", "sub TXT \"v=spf1 ip4:198.51.100.5 -all\"\n") == "pass");
    CHECK(one("v=spf1 include:sub.example.com ~all", "sub TXT \"v=spf1 -all\"\n") == "softfail");
    CHECK(one("v=spf1 include:none.example.com ~all") == "permerror");
    CHECK(one("v=spf1 include:_spf.example.net ~all") == "not known");
    CHECK(one("v=spf1 mx include:_spf.example.net ~all") == "pass");
    CHECK(one("v=spf1 redirect=sub.example.com", "sub TXT \"v=spf1 -all\"\n") == "fail");
    CHECK(one("v=spf1 redirect=sub.example.com ?all", "sub TXT \"v=spf1 -all\"\n") == "neutral");
    CHECK(one("v=spf1 redirect=none.example.com") == "permerror");
}

TEST_CASE("SPF: limits end loops (4.6.4)", "[spf]") {
    CHECK(one("v=spf1 include:example.com -all") == "permerror");
    CHECK(one("v=spf1 redirect=example.com") == "permerror");
    CHECK(one("v=spf1 include:a.example.com -all",
              "a TXT \"v=spf1 include:b.example.com include:b.example.com -all\"\nb TXT \"v=spf1 include:a.example.com "
              "include:a.example.com -all\"\n") == "permerror");
    const std::string nine =
        "a:mail.example.com a:mail.example.com a:mail.example.com a:mail.example.com "
        "a:mail.example.com a:mail.example.com a:mail.example.com a:mail.example.com "
        "a:mail.example.com";
    CHECK(one("v=spf1 " + nine + " mx -all", "", "198.51.100.6") == "fail");
    CHECK(one("v=spf1 " + nine + " mx mx -all", "", "198.51.100.6") == "permerror");
    // What matches before the limit is reached counts.
    CHECK(one("v=spf1 " + nine + " mx mx -all", "") == "pass");
    CHECK(one("v=spf1 a:x1.example.com a:x2.example.com mx -all") == "pass");
    CHECK(one("v=spf1 a:x1.example.com a:x2.example.com a:x3.example.com mx -all") == "permerror");
}

TEST_CASE("SPF: macros (7)", "[spf]") {
    CHECK(one("v=spf1 exists:%{ir}.%{v}._spf.%{d} -all", "5.100.51.198.in-addr._spf A 127.0.0.2\n") == "pass");
    CHECK(one("v=spf1 exists:%{ir}.%{v}._spf.%{d} -all", "6.100.51.198.in-addr._spf A 127.0.0.2\n") == "fail");
    CHECK(one("v=spf1 a:mail.%{d2} -all") == "pass");
    CHECK(one("v=spf1 exists:%{l}.example.com -all") == "not known");
    CHECK(one("v=spf1 ip4:198.51.100.5 exists:%{l}.example.com -all") == "pass");
    const Texts t = zone("v=spf1 a:%{h} -all");
    CHECK(results(t, "198.51.100.5", "mail.example.com") == "198.51.100.5 pass");
    CHECK(results(t, "198.51.100.5") == "198.51.100.5 not known");
    // The example of 7.4: %{ir} of an IPv6 address is its nibbles from behind.
    CHECK(one("v=spf1 exists:%{ir}.x.%{d} -all",
              "5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.x A 127.0.0.2\n",
              "2001:db8::25") == "pass");
}

TEST_CASE("SPF: ptr needs a name that leads back (5.5)", "[spf]") {
    const std::string reverse =
        "$ORIGIN 100.51.198.in-addr.arpa.\n@ 60 SOA ns.example.com. host.example.com. 1 2 3 4 5\n5 PTR "
        "mail.example.com.\n6 PTR "
        "mail.example.com.\n";
    const std::string forward =
        "$ORIGIN example.com.\n@ 60 SOA ns1 host 1 2 3 4 5\n TXT \"v=spf1 ptr -all\"\nmail A 198.51.100.5\n";
    const Texts t = read_texts({{"r.zone", reverse}, {"f.zone", forward}});
    CHECK(results(t, "198.51.100.5") == "198.51.100.5 pass");
    CHECK(results(t, "198.51.100.6") == "198.51.100.6 fail");
    CHECK(results(read_texts({{"f.zone", forward}}), "198.51.100.5") == "198.51.100.5 not known");
}

TEST_CASE("SPF: a pool falls into parts", "[spf]") {
    const Texts t = zone("v=spf1 mx ip4:198.51.100.8/30 exists:%{i}.x.%{d} ~all", "198.51.100.14.x A 127.0.0.2\n");
    CHECK(results(t, "198.51.100.0/28") ==
          "198.51.100.5 pass; 198.51.100.8/30 pass; 198.51.100.14 pass; 198.51.100.0-198.51.100.4, 198.51.100.6/31, "
          "198.51.100.12/31, 198.51.100.15 softfail");
    // Too many for a macro of the address: nothing is said of those that it decides.
    CHECK(results(t, "198.51.100.0/23").find("pass") != std::string::npos);
    CHECK(results(t, "198.51.100.0/23").find("not known") != std::string::npos);
    CHECK(results(t, "198.51.100.0/23").find("softfail") == std::string::npos);
}
