// SPDX-License-Identifier: Apache-2.0
// DNS texts that nobody vouches for: cut off, bits flipped, parts of others put in, large and monotonous. A reader
// comes back soon with something that can be printed, and so does SPF over what it read.
#include <chrono>
#include <random>

#include "dns_text.hpp"
#include "evidence/spf.hpp"
#include "evidence/spf_record.hpp"

using namespace egresslint;
using namespace egresslint::evidence;

namespace {

const std::vector<std::string>& texts() {
    static const std::vector<std::string> all{
        "$ORIGIN example.com.\n$TTL 1h\n@ IN SOA ns1 host (\n 1 2h ; c\n 3 4 5 )\n NS ns1\n MX 10 mail\n TXT \"v=spf1 "
        "mx a:%{d} include:x.example.com exists:%{ir}.l.%{d2r} ~all\" \"x\\\"\\065\"\nmail A 198.51.100.5\n AAAA "
        "2001:db8::25\n* CNAME mail\nx TXT \"v=spf1 redirect=y.example.com\"\ny DNAME example.com.\n$GENERATE 1-9/2 "
        "h${1,3,x} A 198.51.100.$\nw TYPE65280 \\# 2 0001\nz ALIAS x.\n$INCLUDE a b\n",
        "\n; <<>> DiG 9.18 <<>> a\n;; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 1\n;; flags: qr; QUERY: 1\n;; "
        "QUESTION SECTION:\n;a.example.com. IN A\n\n;; ANSWER SECTION:\na.example.com. 1 IN CNAME b.example.com.\n"
        "b.example.com. 1 IN A 198.51.100.5\n;; ->>HEADER<<- opcode: QUERY, status: NXDOMAIN, id: 1\n;; QUESTION "
        "SECTION:\n;c.example.com. IN MX\n",
        "options { directory \"/x\"; };\nkey \"k\" { secret \"c2VjcmV0\"; };\nzone \"example.com\" IN { type primary; "
        "file \"nowhere\"; }; /* c */\n",
        "server:\n zonesdir: \"/x\"\nzone:\n name: example.com\n zonefile: \"%s\"\npattern:\n name: p\n zonefile: q\n",
        "server:\n local-zone: \"example.com\" redirect\n local-data: \"example.com A 198.51.100.5\"\n local-data-ptr: "
        "\"198.51.100.5 60 mail.example.com\"\n local-zone: \"a.example\" static\n",
    };
    return all;
}

void read(const std::string& text) {
    base::Sources sources;
    base::Diagnostics diagnostics;
    const Dns dns = read_dns(sources, {{sources.add("text", text), ""}}, base::disk(), diagnostics);
    for (const base::Diagnostic& d : diagnostics) {
        REQUIRE(d.span.valid());
        REQUIRE(d.span.begin <= d.span.end);
        REQUIRE(d.span.end <= sources.text(d.span.file).size() + 1);
        REQUIRE_FALSE(d.message.empty());
    }
    for (const RecordType type : {RecordType::a, RecordType::mx, RecordType::txt})
        for (const char* name : {"example.com", "a.b.example.com", "mail.example.com", "5.100.51.198.in-addr.arpa"}) {
            const Lookup found = dns.lookup(name, type);
            REQUIRE((found.answer == Answer::yes) == !found.records.empty());
        }
    for (const SpfPart& part : check_host(dns, "example.com", base::Family::v4, base::IntervalSet::range(1, 4096), ""))
        REQUIRE_FALSE(part.because.empty());
}

}  // namespace

TEST_CASE("DNS texts that end early", "[spoilt]") {
    for (const std::string& text : texts())
        for (std::size_t n = 0; n <= text.size(); ++n) {
            INFO(text.substr(0, n));
            read(text.substr(0, n));
        }
}

TEST_CASE("DNS texts with bits flipped and parts of others in them", "[spoilt]") {
    const std::uint32_t seed = 20261128;
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const auto below = [&](std::size_t n) { return n == 0 ? 0 : random() % n; };
    const std::string odd("$@%{}()\"\\;:.-/\n\t \xff\x80\0#", 21);
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
                    text.insert(at, other.substr(below(other.size()), below(40)));
                }
            }
        }
        INFO(text);
        read(text);
    }
}

TEST_CASE("DNS texts that are large and monotonous", "[spoilt]") {
    const std::string head = "$ORIGIN example.com.\n$TTL 60\n@ SOA a b 1 2 3 4 5\n";
    for (const std::string& part :
         {std::string("@ MX 10 mail\n"), std::string("@ TXT \"v=spf1 mx -all\"\n"),
          std::string("a.a.a.a.a.a.a.a.a.a A 192.0.2.1\n"), std::string("("), std::string("()"), std::string("a "),
          std::string(";\n"), std::string("\\\\"), std::string("\"a\" "), std::string("$ORIGIN a\n"),
          std::string("$GENERATE 1-60000 $ A 192.0.2.1\n"), std::string("zone \"a\" { type master; file \"b\"; };\n"),
          std::string("local-data: \"a. A 192.0.2.1\"\n"), std::string(";; ->>HEADER<<- status: NOERROR\n")})
        for (const std::string& before : {std::string(), head}) {
            std::string text = before;
            while (text.size() < 300'000) text += part;
            const auto begin = std::chrono::steady_clock::now();
            INFO(before << part);
            read(text);
            // Generous for a slow machine: what grows with the square takes minutes.
            CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(20));
        }
}

TEST_CASE("SPF records of any bytes", "[spoilt]") {
    std::mt19937 random(7);
    const std::string alphabet = "v=spf1 +-~?amxip46:/.%{}dlhr0123redicton=";
    for (int round = 0; round < 20'000; ++round) {
        std::string text = "v=spf1 ";
        for (std::size_t i = 0, n = random() % 40; i < n; ++i) text += alphabet[random() % alphabet.size()];
        INFO(text);
        if (const auto record = parse_spf(text)) {
            const SpfMacros macros{"example.com", "example.com", "", base::Address{base::Family::v4, 1},
                                   base::Family::v4};
            for (const SpfTerm& term : record->terms) static_cast<void>(expand(term.domain, macros));
            static_cast<void>(expand(record->redirect, macros));
        }
    }
}
