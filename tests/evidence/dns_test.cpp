// SPDX-License-Identifier: Apache-2.0
// DNS evidence. Each case names the document that says how it is to be read.
#include "dns_text.hpp"

#include <filesystem>
#include <fstream>

#include "evidence/domain_name.hpp"

using namespace egresslint;
using namespace egresslint::evidence;
using testing::read_texts;
using testing::Texts;
namespace fs = std::filesystem;

namespace {

const std::string head = "$ORIGIN example.com.\n$TTL 1h\n@ IN SOA ns1 hostmaster 1 2h 30m 2w 1h\n  IN NS ns1\n";

/// A directory that goes away.
struct Directory {
    fs::path path;
    Directory() {
        std::string pattern = (fs::temp_directory_path() / "egresslint-dns-XXXXXX").string();
        path = ::mkdtemp(pattern.data());
    }
    ~Directory() { fs::remove_all(path); }
    std::string write(const std::string& name, const std::string& text) const {
        fs::create_directories((path / name).parent_path());
        std::ofstream(path / name, std::ios::binary) << text;
        return (path / name).string();
    }
};

}  // namespace

TEST_CASE("names are compared without case and without the trailing dot (RFC 4343, RFC 1035 3.1)", "[dns]") {
    CHECK(plain_name("Mail.Example.COM.") == "mail.example.com");
    CHECK(parent_name("a\\.b.example.com") == "example.com");
    CHECK(is_within("mail.example.com", "example.com"));
    CHECK_FALSE(is_within("mailexample.com", "example.com"));
    CHECK(reverse_name(*base::parse_address("198.51.100.5")) == "5.100.51.198.in-addr.arpa");
    CHECK(reverse_name(*base::parse_address("2001:db8::25")) ==
          "5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
    for (const char* text : {"198.51.100.5", "2001:db8::25"})
        CHECK(address_of_reverse(reverse_name(*base::parse_address(text))) == base::parse_address(text));
    CHECK(is_host_name("mail.example.com"));
    CHECK_FALSE(is_host_name("mail_1.example.com"));
    CHECK_FALSE(is_host_name("-mail.example.com"));
}

TEST_CASE("master files: origins, owners left out, parentheses, comments, strings (RFC 1035 5.1)", "[dns]") {
    const Texts t = read_texts({{"x.zone",
                                 "$ORIGIN example.com.\n"
                                 "$TTL 3600 ; a comment\n"
                                 "@ IN SOA ns1 hostmaster (\n"
                                 "   2026112801 ; serial ) not the end\n"
                                 "   7200 1800\n"
                                 "   1209600 3600 )\n"
                                 "\tNS ns1\n"
                                 "        MX 10 mail\n"
                                 "        3600 IN TXT \"v=spf1 \" \"mx; -all\"\n"
                                 "ns1 IN 3600 A 198.51.100.53\n"
                                 "MAIL A 198.51.100.5\n"
                                 " AAAA 2001:db8::25\n"
                                 "$ORIGIN sub.example.com.\n"
                                 "www CNAME mail.example.com.\n"}});
    CHECK(t.problems() == "");
    CHECK(t.ask("example.com", RecordType::mx) == "yes mail.example.com");
    CHECK(t.ask("example.com", RecordType::txt) == "yes v=spf1 mx; -all");
    CHECK(t.ask("mail.example.com", RecordType::a) == "yes 198.51.100.5");
    CHECK(t.ask("mail.example.com", RecordType::aaaa) == "yes 2001:db8::25");
    CHECK(t.ask("www.sub.example.com", RecordType::a) == "yes 198.51.100.5");
    CHECK(t.dns.lookup("www.sub.example.com", RecordType::a).aliases.size() == 1);
    // The name between exists though nothing is said of it (RFC 8020): there is no record, but there is a name.
    CHECK(t.ask("sub.example.com", RecordType::a) == "no");
    CHECK(t.ask("nobody.example.com", RecordType::a) == "no name");
    CHECK(t.ask("example.net", RecordType::a) == "not known");
    const Lookup mx = t.dns.lookup("example.com", RecordType::mx);
    CHECK(t.sources.where(mx.records.front()->span) == "x.zone:8:9");
    CHECK(t.sources.begin(t.dns.lookup("nobody.example.com", RecordType::a).span).line == 3);
}

TEST_CASE("wildcards answer for names below the closest one that exists (RFC 4592)", "[dns]") {
    const Texts t = read_texts({{"x.zone", head + "*.dyn A 198.51.100.99\nhost.dyn TXT \"a\"\nns1 A 198.51.100.53\n"}});
    CHECK(t.ask("a.dyn.example.com", RecordType::a) == "yes 198.51.100.99");
    CHECK(t.ask("a.b.dyn.example.com", RecordType::a) == "yes 198.51.100.99");
    CHECK(t.ask("a.dyn.example.com", RecordType::mx) == "no");
    CHECK(t.ask("host.dyn.example.com", RecordType::a) == "no");
    CHECK(t.ask("below.host.dyn.example.com", RecordType::a) == "no name");
}

TEST_CASE("what is delegated is not denied (RFC 1034 4.3.2)", "[dns]") {
    const Texts t = read_texts({{"x.zone", head + "ns1 A 198.51.100.53\nsub NS ns.sub\nns.sub A 198.51.100.54\n"}});
    CHECK(t.ask("www.sub.example.com", RecordType::a) == "not known");
    CHECK(t.ask("sub.example.com", RecordType::mx) == "not known");
}

TEST_CASE("classless delegation of reverse zones: CNAME into the customer's zone (RFC 2317)", "[dns]") {
    const std::string parent =
        "$ORIGIN 100.51.198.in-addr.arpa.\n@ 3600 SOA ns.example.net. host.example.net. 1 2 3 4 5\n"
        "0/28 NS ns1.example.com.\n$GENERATE 1-14 $ CNAME $.0/28\n";
    const std::string child =
        "$ORIGIN 0/28.100.51.198.in-addr.arpa.\n@ 3600 SOA ns1.example.com. host.example.com. 1 2 3 4 5\n"
        "5 PTR mail.example.com.\n";
    const Texts both = read_texts({{"parent.zone", parent}, {"child.zone", child}});
    CHECK(both.problems() == "");
    CHECK(both.ask("5.100.51.198.in-addr.arpa", RecordType::ptr) == "yes mail.example.com");
    CHECK(both.ask("2.100.51.198.in-addr.arpa", RecordType::ptr) == "no name");
    CHECK(both.ask("99.100.51.198.in-addr.arpa", RecordType::ptr) == "no name");
    const Texts alone = read_texts({{"parent.zone", parent}});
    CHECK(alone.ask("5.100.51.198.in-addr.arpa", RecordType::ptr) == "not known");
}

TEST_CASE("$GENERATE counts, shifts, pads and writes nibbles (BIND 9 reference, 'The $GENERATE directive')", "[dns]") {
    const Texts t = read_texts({{"x.zone", head + "ns1 A 198.51.100.53\n"
                                                  "$GENERATE 1-5/2 host-${10,3,d} A 198.51.100.$\n"
                                                  "$GENERATE 26-27 n-${0,3,n} A 192.0.2.$\n"
                                                  "$GENERATE 255-255 x-${0,0,x} A 192.0.2.$\n"}});
    CHECK(t.problems() == "");
    CHECK(t.ask("host-011.example.com", RecordType::a) == "yes 198.51.100.1");
    CHECK(t.ask("host-013.example.com", RecordType::a) == "yes 198.51.100.3");
    CHECK(t.ask("host-012.example.com", RecordType::a) == "no name");
    CHECK(t.ask("n-a.1.example.com", RecordType::a) == "yes 192.0.2.26");
    CHECK(t.ask("x-ff.example.com", RecordType::a) == "yes 192.0.2.255");
}

TEST_CASE("aliases in a circle end, and so do long ones", "[dns]") {
    const Texts t = read_texts({{"x.zone", head + "ns1 A 198.51.100.53\na CNAME b\nb CNAME a\n"}});
    CHECK(t.ask("a.example.com", RecordType::a) == "no");
    CHECK(t.dns.lookup("a.example.com", RecordType::a).because == "the aliases of a.example.com lead in a circle");
    CHECK(t.ask("a.example.com", RecordType::cname) == "yes b.example.com");
}

TEST_CASE("includes: origin and owner come back, loops end, what is missing denies nothing (RFC 1035 5.1)", "[dns]") {
    const Directory d;
    d.write("zones/hosts", "www A 198.51.100.80\n");
    const std::string main =
        d.write("main.zone", head +
                                 "ns1 A 198.51.100.53\nmail A 198.51.100.5\n$INCLUDE zones/hosts sub\n"
                                 " TXT \"still mail\"\n");
    const auto read = [&](const std::string& path) {
        std::ifstream in(path, std::ios::binary);
        return std::string(std::istreambuf_iterator<char>(in), {});
    };
    const Texts t = read_texts({{main, read(main)}});
    CHECK(t.problems() == "");
    CHECK(t.ask("www.sub.example.com", RecordType::a) == "yes 198.51.100.80");
    CHECK(t.ask("mail.example.com", RecordType::txt) == "yes still mail");

    const std::string loop = d.write("loop.zone", head + "$INCLUDE loop.zone\n");
    const Texts l = read_texts({{loop, read(loop)}});
    CHECK(l.problems() == "fatal " + loop + ":5:1 loop.zone includes itself\n");

    const std::string outside = d.write("outside.zone", head + "ns1 A 198.51.100.53\n$INCLUDE /etc/passwd\n");
    const Texts o = read_texts({{outside, read(outside)}});
    CHECK(o.problems() == "EL903 " + outside +
                              ":6:1 /etc/passwd is not read: outside the directory of the including file; nothing is "
                              "denied that it may hold\n");
    CHECK(o.ask("ns1.example.com", RecordType::a) == "yes 198.51.100.53");
    CHECK(o.ask("mail.example.com", RecordType::a) == "not known");
}

TEST_CASE("a malformed zone is one error with its place", "[dns]") {
    const auto problems = [](const std::string& text) { return read_texts({{"x.zone", text}}).problems(); };
    CHECK(
        problems(head + "ns1 A 198.51.100.999\nns2 A x\n").starts_with("fatal x.zone:5:1 this A record does not read"));
    CHECK(problems(head + "mail TXT \"open\nns1 A 192.0.2.1\n") ==
          "fatal x.zone:5:10 the quotation mark is not closed on its line\n");
    CHECK(problems(head + "mail MX ( 10 mail\n") == "fatal x.zone:5:9 the parenthesis is not closed\n");
    CHECK(problems(head + "mail MX 10 mail )\n") == "fatal x.zone:5:17 a closing parenthesis without an opening one\n");
    CHECK(problems(head + "$GENERATE 1-99999999 h$ A 192.0.2.1\n") == "fatal x.zone:5:11 more than 65536 records\n");
    CHECK(problems(head + "$ORIGN x.\n") == "fatal x.zone:5:1 there is no directive $ORIGN\n");
    CHECK(problems("$TTL 5\n@ SOA a b 1 2 3 4 5\n")
              .starts_with("fatal x.zone:2:1 \"@\" is a relative name, and nothing says relative to what"));
    CHECK(problems(head + std::string("ns1 A 192.0.2.1\0x\n", 18)).starts_with("fatal x.zone:5:16 a zero byte"));
    CHECK(problems(head + std::string(400, '(') + "a").starts_with("fatal x.zone:5:1 the parenthesis is not closed"));
}

TEST_CASE("a file's name may say the zone, and a type that is not known hides its name only", "[dns]") {
    const Texts t = read_texts(
        {{"zones/db.example.org",
          "@ 1h SOA ns host 1 2 3 4 5\nns A 192.0.2.53\nwww ALIAS cdn.example.net.\nwww2 TYPE65280 \\# 2 0001\n"}});
    CHECK(t.problems() ==
          "EL903 zones/db.example.org:1:1 nothing but the name of the file says that its names are relative to "
          "example.org; $ORIGIN states it\nEL901 zones/db.example.org:3:1 the record type ALIAS is not known; nothing "
          "is said about "
          "www.example.org\n");
    CHECK(t.ask("ns.example.org", RecordType::a) == "yes 192.0.2.53");
    CHECK(t.ask("www.example.org", RecordType::a) == "not known");
    CHECK(t.ask("www2.example.org", RecordType::a) == "no");
}

TEST_CASE("a zone that two files hold says nothing", "[dns]") {
    const Texts t = read_texts({{"inside.zone", head + "ns1 A 198.51.100.53\nmail A 10.20.0.25\n"},
                                {"outside.zone", head + "ns1 A 198.51.100.53\nmail A 198.51.100.5\n"}});
    CHECK(t.ask("mail.example.com", RecordType::a) == "not known");
    CHECK(t.problems().starts_with("EL903 outside.zone:3:1 the zone example.com is given twice"));
}

TEST_CASE("dig: answers, denials, transfers", "[dns]") {
    const Texts t =
        read_texts({{"a.txt",
                     "\n; <<>> DiG 9.18.49 <<>> mail.example.com A\n;; global options: +cmd\n;; Got answer:\n"
                     ";; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 1\n"
                     ";; flags: qr rd ra; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 1\n\n"
                     ";; QUESTION SECTION:\n;mail.example.com.\t\tIN\tA\n\n"
                     ";; ANSWER SECTION:\nmail.example.com.\t3600\tIN\tA\t198.51.100.5\n\n;; Query time: 1 msec\n"
                     "; <<>> DiG 9.18.49 <<>> -x 198.51.100.2\n"
                     ";; ->>HEADER<<- opcode: QUERY, status: NXDOMAIN, id: 2\n"
                     ";; flags: qr rd ra; QUERY: 1, ANSWER: 0, AUTHORITY: 1, ADDITIONAL: 1\n"
                     ";; QUESTION SECTION:\n;2.100.51.198.in-addr.arpa.\tIN\tPTR\n\n"
                     ";; AUTHORITY SECTION:\n100.51.198.in-addr.arpa. 60 IN SOA a. b. 1 2 3 4 5\n"
                     ";; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 3\n"
                     ";; QUESTION SECTION:\n;mail.example.com.\tIN\tAAAA\n"
                     ";; ->>HEADER<<- opcode: QUERY, status: SERVFAIL, id: 4\n"
                     ";; QUESTION SECTION:\n;example.com.\tIN\tMX\n"}});
    CHECK(t.ask("mail.example.com", RecordType::a) == "yes 198.51.100.5");
    CHECK(t.ask("mail.example.com", RecordType::aaaa) == "no");
    CHECK(t.ask("mail.example.com", RecordType::mx) == "not known");
    CHECK(t.ask("2.100.51.198.in-addr.arpa", RecordType::ptr) == "no name");
    CHECK(t.ask("example.com", RecordType::mx) == "not known");
    CHECK(t.problems() == "EL903 a.txt:26:1 the answer about example.com is SERVFAIL: it says nothing\n");

    // RFC 5936, 2.2: the SOA record at both ends.
    const std::string soa = "example.com. 60 IN SOA ns1.example.com. host.example.com. 1 2 3 4 5\n";
    const Texts axfr =
        read_texts({{"axfr.txt", "; <<>> DiG 9.18.49 <<>> axfr example.com\n" + soa +
                                     "mail.example.com. 60 IN A 198.51.100.5\n" + soa + ";; XFR size: 3 records\n"}});
    CHECK(axfr.ask("mail.example.com", RecordType::mx) == "no");
    CHECK(axfr.ask("www.example.com", RecordType::a) == "no name");
    const Texts cut = read_texts({{"axfr.txt", "; <<>> DiG 9.18.49 <<>> axfr example.com\n" + soa +
                                                   "mail.example.com. 60 IN A 198.51.100.5\n"}});
    CHECK(cut.ask("www.example.com", RecordType::a) == "not known");
    CHECK(cut.ask("mail.example.com", RecordType::a) == "yes 198.51.100.5");
}

TEST_CASE("an answer that contradicts a zone is worth as little as the zone", "[dns]") {
    const Texts t = read_texts(
        {{"x.zone", head + "ns1 A 198.51.100.53\nmail A 198.51.100.5\n"},
         {"a.txt",
          ";; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 1\n;; QUESTION SECTION:\n;mail.example.com. IN A\n"
          ";; ANSWER SECTION:\nmail.example.com. 60 IN A 198.51.100.6\n"}});
    CHECK(t.ask("mail.example.com", RecordType::a) == "not known");
    CHECK(t.ask("ns1.example.com", RecordType::a) == "yes 198.51.100.53");
}

TEST_CASE("BIND and NSD say which zone a file holds; keys are blotted out", "[dns]") {
    const Directory d;
    const std::string zone = d.write("zones/z1", "@ 1h SOA ns host 1 2 3 4 5\nns A 192.0.2.53\n");
    const std::string named =
        "options { directory \"/var/cache/bind\"; };\n/* zone \"no\" { */\n"
        "key \"k\" { algorithm hmac-sha256; secret \"c2VjcmV0\"; };\n"
        "zone \".\" { type hint; file \"/usr/share/dns/root.hints\"; };\n"
        "zone \"Example.COM\" IN { type primary; file \"zones/z1\"; };\nzone \"gone.example\" { type master; file "
        "\"zones/z2\"; };\n";
    const std::string conf = d.write("named.conf", named);
    CHECK(dns_format(named) == "configuration of BIND");
    const Texts t = read_texts({{conf, named}, {zone, "@ 1h SOA ns host 1 2 3 4 5\nns A 192.0.2.53\n"}});
    CHECK(t.ask("ns.example.com", RecordType::a) == "yes 192.0.2.53");
    CHECK(t.problems() == "EL903 " + conf + ":6:1 the zone gone.example is not read: zones/z2: no such file\n");
    CHECK(t.sources.text(base::FileId(0)).find("c2VjcmV0") == std::string_view::npos);

    const std::string nsd =
        "server:\n  zonesdir: \"/etc/nsd\"\npattern:\n  name: p\n  zonefile: \"zones/%s\"\n"
        "key:\n  name: k\n  secret: \"c2VjcmV0\"\nzone:\n  name: \"z1\"\n  include-pattern: p\n";
    CHECK(dns_format(nsd) == "configuration of NSD");
    const Texts n = read_texts({{d.write("nsd.conf", nsd), nsd}});
    CHECK(n.problems() == "");
    CHECK(n.ask("ns.z1", RecordType::a) == "yes 192.0.2.53");
    CHECK(n.sources.text(base::FileId(0)).find("c2VjcmV0") == std::string_view::npos);
}

TEST_CASE("Unbound: local data are single statements; only a static zone denies (unbound.conf(5), local-zone)",
          "[dns]") {
    const std::string text =
        "server:\n  local-zone: \"static.example\" static\n  local-data: \"mail.static.example. IN A 198.51.100.5\"\n"
        "  local-data: 'other.example. 60 TXT \"v=spf1 -all\"'\n  local-data-ptr: \"198.51.100.5 "
        "mail.static.example\"\n";
    CHECK(dns_format(text) == "configuration of Unbound");
    const Texts t = read_texts({{"unbound.conf", text}});
    CHECK(t.problems() == "");
    CHECK(t.ask("mail.static.example", RecordType::a) == "yes 198.51.100.5");
    CHECK(t.ask("www.static.example", RecordType::a) == "no name");
    CHECK(t.ask("other.example", RecordType::txt) == "yes v=spf1 -all");
    CHECK(t.ask("other.example", RecordType::a) == "not known");
    CHECK(t.ask("5.100.51.198.in-addr.arpa", RecordType::ptr) == "yes mail.static.example");
}

TEST_CASE("texts are told apart by what they hold", "[dns]") {
    CHECK(dns_format(head) == "zone file");
    CHECK(dns_format("; a comment\nexample.com. 60 IN SOA a. b. 1 2 3 4 5\n") == "zone file");
    CHECK(dns_format("table ip nat {\n}\n") == "");
    CHECK(dns_format("*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n") == "");
    CHECK(dns_format("zone wan { }\n") == "");
    CHECK(dns_format("") == "");
    CHECK(dns_format("myhostname = mail.example.com\n") == "");
}
