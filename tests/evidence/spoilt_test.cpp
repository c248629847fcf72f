// SPDX-License-Identifier: Apache-2.0
// Evidence is input that nobody vouches for: every reader is given texts that end early, have bits flipped, lines
// repeated or parts of other texts put in. It must come back, soon, with something that can be printed. That it does
// not read or write out of bounds is what the sanitizers look for while this runs.
#include <catch2/catch.hpp>
#include <chrono>
#include <random>

#include "evidence/dns.hpp"
#include "evidence/registry.hpp"
#include "mta_reading.hpp"

using namespace egresslint;

namespace {

const std::vector<std::string>& texts() {
    static const std::vector<std::string> all{
        "# c\nmyhostname = mail.$mydomain\nmydomain = example.com\nsmtp_helo_name = ${relayhost?{a}:{$myhostname}}\n"
        "x = ${{$mydomain} == {example.com} ? {yes} : {no}}\ninet_interfaces = 192.0.2.25,\n  localhost\nrelayhost =\n"
        "inet_protocols = ipv4, ipv6\nsmtp_bind_address = 192.0.2.25\nsmtp_sasl_password_maps = static:u:p\n",
        "smtp unix - - y - - smtp\nrelay unix - - y - - smtp\n  -o { smtp_helo_name = a b } -o inet_protocols=ipv4 "
        "-v\n",
        "smtp/unix/smtp_helo_name = p.example.com\n",
        "D = example.com\n.ifdef D\nprimary_hostname = m.D\n.else\n.include /x\n.endif\nbegin routers\nr:\n  driver = "
        "manualroute\n  route_list = * \"a.example.net::587 : b\" byname ; *.org c\n  transport = t\nbegin "
        "transports\nt:\n  driver = smtp\n  helo_data = \"x$primary_hostname\\\\\"\n  interface = <; 192.0.2.25 ; "
        "2001:db8::25\n",
        "primary_hostname = m\nno_disable_ipv6\nt transport:\ndriver = smtp\ninterface = 192.0.2.1\n",
        "OSTYPE(`linux')dnl\ndefine(`confDOMAIN_NAME', `$w.`example'.com')\nCLIENT_OPTIONS(`Family=inet6, "
        "Addr=2001:db8::1, M=h')\nLOCAL_CONFIG\nDwmail\nMAILER(`smtp')\n",
        "V10/Berkeley\nDj$w.${d}\nD{d}example.com\nO ClientPortOptions=Addr=192.0.2.1,\n Modifier=h\nDSesmtp:[r]\n",
        R"([{"Name":"I","Fqdn":{"Domain":"m.example.com"},"SmartHosts":["a",{"Address":"192.0.2.1"}],"SourceTransportServers":["E"],"Password":"p\"q"}])",
        "Fqdn            : m.example.com\nAddressSpaces   : {SMTP:*;1}\nSmartHosts      : {a,\n                  "
        "b...}\n",
        R"(<Objs xmlns="http://schemas.microsoft.com/powershell/2004/04"><Obj><Props><S N="Fqdn">m</S><Obj N="SourceTransportServers"><LST><S>a</S></LST></Obj></Props></Obj></Objs>)",
        R"(<Backup><BackupInformation/><Properties><hostname StringValue="m"/><smtpdeliverybindtoip StringValue="192.0.2.1"/></Properties></Backup>)",
        R"({"rdapConformance":["rdap_level_0"],"objectClassName":"ip network","startAddress":"192.0.2.0","endAddress":"192.0.2.255","cidr0_cidrs":[{"v4prefix":"192.0.2.0","length":24}],"entities":[{"handle":"E","roles":["registrant"],"vcardArray":["vcard",[["fn",{},"text","Ex\u00e4mple \"GmbH\""],["org",{},"text",["a","b"]]]]}]})",
        "inetnum: 192.0.2.0 - 192.0.2.255\nnetname: N\norg: O\ndescr: D\n\norganisation: O\norg-name: Example GmbH\n\n"
        "inetnum: 200.1/16\nowner: X\n",
        "NetRange: 192.0.2.0 - 192.0.2.15\nOrganization: Example Inc. (E-1)\n\nCustName: C\nX N (NET-192-0-2-0-1) "
        "192.0.2.0 - 192.0.2.255\n",
    };
    return all;
}

/// Reads a text as everything that it could be; what comes back must name places that exist.
void read(const std::string& text) {
    const tests::MtaReading alone(tests::MtaTexts{{"text", text}});
    const tests::MtaReading beside(tests::MtaTexts{{"main.cf", texts()[0]}, {"text", text}});
    for (const auto* reading : {&alone, &beside}) {
        for (const auto& d : reading->diagnostics) {
            REQUIRE(d.span.valid());
            REQUIRE(d.span.end <= reading->sources.text(d.span.file).size());
            REQUIRE(d.span.begin <= d.span.end);
        }
        for (std::size_t i = 0; i < reading->mtas.size(); ++i) (void)reading->senders(i);
    }
    base::Sources sources;
    base::Diagnostics diagnostics;
    const auto registry = evidence::read_registry(sources, {sources.add("text", text)}, diagnostics);
    for (const auto& d : diagnostics) REQUIRE(d.span.end <= sources.text(d.span.file).size());
    for (const auto& r : registry.ranges) {
        REQUIRE(r.range.first <= r.range.last);
        REQUIRE(r.span.end <= sources.text(r.span.file).size());
        (void)evidence::same_holder(r, "Example GmbH");
    }
}

}  // namespace

TEST_CASE("texts that end early", "[spoilt]") {
    for (const std::string& text : texts())
        for (std::size_t n = 0; n <= text.size(); ++n) {
            INFO(text.substr(0, n));
            read(text.substr(0, n));
        }
}

TEST_CASE("texts with bits flipped and parts of others in them", "[spoilt]") {
    const std::uint32_t seed = 20240607;
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const auto below = [&](std::size_t n) { return n == 0 ? 0 : random() % n; };
    const std::string odd =
        "${}()'`\"\\<>[]{}:;,=#.$\n\t \xff\x80\0"
        "9";
    for (int round = 0; round < 3000; ++round) {
        std::string text = texts()[below(texts().size())];
        for (std::size_t i = 0, n = 1 + below(4); i < n; ++i) {
            const std::size_t at = below(text.size());
            switch (below(4)) {
                case 0: text[at] = static_cast<char>(text[at] ^ (1 << below(8))); break;
                case 1: text[at] = odd[below(odd.size())]; break;
                case 2: text.insert(at, 1 + below(20), odd[below(odd.size())]); break;
                default: {
                    const std::string& other = texts()[below(texts().size())];
                    const std::size_t from = below(other.size());
                    text.insert(at, other.substr(from, below(40)));
                }
            }
        }
        INFO(text);
        read(text);
    }
}

TEST_CASE("texts that are large and monotonous", "[spoilt]") {
    const auto repeated = [](const std::string& part, std::size_t bytes) {
        std::string out;
        while (out.size() < bytes) out += part;
        return out;
    };
    for (const std::string& part :
         {std::string("myhostname = ${a?{"), std::string("myhostname = a\n"), std::string("smtp unix - - y - - smtp\n"),
          std::string("begin transports\nt:\n"), std::string(".ifdef A\n"), std::string("MAILER(`"),
          std::string("V10/Berkeley\nDj$j"), std::string("[{\"Fqdn\":"), std::string("<Backup>"),
          std::string("{\"rdapConformance\":["), std::string("inetnum: 192.0.2.0/24\n"),
          std::string("NetRange: 192.0.2.0 - 192.0.2.255\n\n"), std::string("a (NET) 192.0.2.0/24\n"),
          std::string("\\\n"), std::string("x_password = \\\n"), std::string("\"password\": \""),
          std::string("\xff\xfe")}) {
        const auto begin = std::chrono::steady_clock::now();
        INFO(part);
        read(repeated(part, 300'000));
        // Generous for a slow machine: what grows with the square takes minutes.
        CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(20));
    }
}

TEST_CASE("a text of evidence is of one kind only", "[spoilt]") {
    for (const std::string& text : texts()) {
        INFO(text);
        const int kinds = static_cast<int>(!evidence::mta_format(text).empty()) +
                          static_cast<int>(!evidence::registry_format(text).empty()) +
                          static_cast<int>(!evidence::dns_format(text).empty());
        CHECK(kinds == 1);
    }
}
