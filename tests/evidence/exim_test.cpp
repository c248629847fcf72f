// SPDX-License-Identifier: Apache-2.0
// Exim 4. Source: the Exim specification (4.96), chapters 6 "The Exim configuration file", 14 "Main configuration",
// 20 "The manualroute router", 30 "The smtp transport"; exim_test of oracles/ asks `exim -bP`.
#include <catch2/catch.hpp>

#include "mta_reading.hpp"

using egresslint::tests::MtaReading;
using egresslint::tests::MtaTexts;
using Lines = std::vector<std::string>;

namespace {

MtaReading one(const std::string& main, const std::string& transport,
               const std::string& router = "  driver = dnslookup\n") {
    return MtaReading(
        MtaTexts{{"exim4.conf", main + "begin routers\nout:\n" + router +
                                    "  transport = smtp_out\nbegin transports\nsmtp_out:\n  driver = smtp\n" +
                                    transport + "local:\n  driver = appendfile\nbegin retry\n* * F,2h,15m\n"}});
}

}  // namespace

TEST_CASE("Exim greets with helo_data, which is primary_hostname unless set", "[mta]") {
    CHECK(one("primary_hostname = mail.example.com\n", "").senders() ==
          Lines{"smtp_out helo=mail.example.com@1 v4 v6"});
    CHECK(one("primary_hostname = mail.example.com\n", "  helo_data = out.example.com.\n").sender() ==
          "smtp_out helo=out.example.com@9 v4 v6");
    CHECK(one("primary_hostname = mail.example.com\n", "  helo_data = \"$primary_hostname\"\n").sender() ==
          "smtp_out helo=mail.example.com@9 v4 v6");
    CHECK(one("primary_hostname = mail.example.com\n", "  helo_data = x-${primary_hostname}\n").sender() ==
          "smtp_out helo=x-mail.example.com@9 v4 v6");
    CHECK(one("", "").sender() ==
          "smtp_out helo?(primary_hostname is not set: it is the name of the system, which no file here states) v4 v6");
    CHECK(one("primary_hostname = m\n", "  helo_data = ${lookup dnsdb{ptr=$sending_ip_address}{$value}}\n").sender() ==
          "smtp_out helo?(\"${lookup dnsdb{ptr=$sending_ip_address}{$value}}\" is expanded for each connection) v4 v6");
}

TEST_CASE("Exim binds the first address of a family", "[mta]") {
    const std::string main = "primary_hostname = m.example.com\n";
    CHECK(one(main, "  interface = 192.0.2.25 : 192.0.2.26\n").sender() ==
          "smtp_out helo=m.example.com@1 bind=192.0.2.25@9 v4 v6");
    CHECK(one(main, "  interface = <; 192.0.2.25 ; 2001:db8::25\n").sender() ==
          "smtp_out helo=m.example.com@1 bind=192.0.2.25@9 bind=2001:db8::25@9 v4 v6");
    // A doubled colon is a colon of the element.
    CHECK(one(main, "  interface = 2001::db8::::25\n").sender() ==
          "smtp_out helo=m.example.com@1 bind=2001:db8::25@9 v4 v6");
    CHECK(one(main, "  interface = ${if eq{$sender_address}{}{192.0.2.1}{192.0.2.2}}\n").sender().find("bind?") !=
          std::string::npos);
    CHECK(one(main, "  interface = mail.example.com\n").sender().find("bind?(interface is \"mail.example.com\"") !=
          std::string::npos);
    CHECK(one(main, "  socks_proxy = 192.0.2.1\n").sender().find("bind?(socks_proxy") != std::string::npos);
}

TEST_CASE("Exim's relays and IP versions", "[mta]") {
    const std::string main = "primary_hostname = m.example.com\n";
    CHECK(one(main, "", "  driver = manualroute\n  route_list = * relay.example.net::587 byname\n").sender() ==
          "smtp_out helo=m.example.com@1 relay=relay.example.net:587@5 v4 v6");
    CHECK(
        one(main, "",
            "  driver = manualroute\n  route_list = example.org a.example.net ; * \"b.example.net : c.example.net\"\n")
            .sender() ==
        "smtp_out helo=m.example.com@1 relay=b.example.net@5 relay=c.example.net@5 "
        "relay?(route_list of the router out sends some domains to a.example.net) v4 v6");
    CHECK(one(main, "", "  driver = manualroute\n  route_data = ${lookup{$domain}lsearch{/etc/exim4/hubbed_hosts}}\n")
              .sender()
              .find("relay?(\"${lookup") != std::string::npos);
    CHECK(one(main, "  hosts = relay.example.net\n", "  driver = accept\n").sender() ==
          "smtp_out helo=m.example.com@1 relay=relay.example.net@9 v4 v6");
    CHECK(one(main + "disable_ipv6\n", "").sender() == "smtp_out helo=m.example.com@1 v4");
    CHECK(one(main + "disable_ipv6 = true\n", "").sender() == "smtp_out helo=m.example.com@1 v4");
    CHECK(one(main + "no_disable_ipv6\n", "").sender() == "smtp_out helo=m.example.com@1 v4 v6");
    CHECK(one(main + "dns_ipv4_lookup = *\n", "").sender() == "smtp_out helo=m.example.com@1 v4");
    CHECK(one(main + "dns_ipv4_lookup = *.example.org\n", "").sender() == "smtp_out helo=m.example.com@1 v4 v6?");
    // A transport that no router leads to sends nothing.
    CHECK(MtaReading(MtaTexts{{"e",
                               "begin routers\nr:\n  driver = accept\n  transport = local\nbegin transports\n"
                               "local:\n  driver = appendfile\nsmtp_out:\n  driver = smtp\n"}})
              .senders()
              .empty());
}

TEST_CASE("macros and conditions of Exim", "[mta]") {
    CHECK(one("DOMAIN = example.com\nHOST = mail.DOMAIN\nprimary_hostname = HOST\n", "").sender() ==
          "smtp_out helo=mail.example.com@3 v4 v6");
    CHECK(one("A = 1\nprimary_hostname = \\\n   mail.\\\n# c\n   example.com\n.ifdef A\n.ifndef "
              "B\ndisable_ipv6\n.endif\n.endif\n",
              "")
              .sender() == "smtp_out helo=mail.example.com@2 v4");
    CHECK(
        one(".ifdef X Y\nprimary_hostname = a\n.elifdef Z\nprimary_hostname = b\n.else\nprimary_hostname = c\n.endif\n",
            "")
            .sender() == "smtp_out helo=c@6 v4 v6");
    CHECK(one("A = a\nA == b\nprimary_hostname = A.example.com\n", "").sender() ==
          "smtp_out helo=b.example.com@3 v4 v6");
    // What hangs on how Exim was built is not known.
    CHECK(one("primary_hostname = m\n", ".ifdef _HAVE_SOCKS\n  helo_data = x\n.endif\n").sender() ==
          "smtp_out helo?(whether helo_data is set hangs on how Exim was built) v4 v6");
    CHECK(one(".ifdef _HAVE_X\nH = x\n.endif\nprimary_hostname = m\ndomainlist l = @ : *.example.com\n",
              "  helo_data = H\n")
              .sender() == "smtp_out helo?(whether helo_data is set hangs on how Exim was built) v4 v6");
    CHECK(one("A = a\nA = b\n", "").problems().at(0).starts_with("fatal exim4.conf:2:1 the macro A is defined twice"));
    CHECK(one("AA = a\nAAA = b\n", "").problems().at(0).find("has the name of AA") != std::string::npos);
    CHECK(one("primary_hostname = \\\n\n  m.example.com\n", "").problems().at(0) ==
          "fatal exim4.conf:3:1 this is no option of Exim");
    CHECK(one(".endif\n", "").problems().at(0) == "fatal exim4.conf:1:1 .endif without .ifdef");
    CHECK(one(".ifdef A\n", "").problems().at(0) == "fatal exim4.conf:1:1 this condition has no .endif");
    std::string bomb = "A0 = xxxxxxxxxx\n";
    for (int i = 1; i < 20; ++i)
        bomb += fmt::format("B{0} = {1}{1}{1}{1}{1}{1}{1}{1}\n", i, i == 1 ? "A0" : fmt::format("B{}", i - 1));
    CHECK(one(bomb, "").problems().at(0).find("more than 64 KiB") != std::string::npos);
}

TEST_CASE("files that Exim includes", "[mta]") {
    const std::string rest =
        "begin routers\nr:\n  driver = dnslookup\n  transport = t\nbegin transports\n.include /etc/exim4/t.conf\n";
    const MtaReading with(MtaTexts{{"exim/exim4.conf", "primary_hostname = m.example.com\n" + rest},
                                   {"exim/t.conf", "t:\n  driver = smtp\n  helo_data = t.example.com\n"}});
    CHECK(with.senders() == Lines{"t helo=t.example.com@3 v4 v6"});
    CHECK(with.problems().empty());
    const MtaReading without(
        MtaTexts{{"exim4.conf", "primary_hostname = m.example.com\n" + rest + "u:\n  driver = smtp\n"}});
    CHECK(without.sender().find("helo?(/etc/exim4/t.conf is included and was not given)") != std::string::npos);
    CHECK(without.problems() == Lines{"EL903 exim4.conf:7:1 /etc/exim4/t.conf is included and was not given"});
    const MtaReading circle(
        MtaTexts{{"exim4.conf", "primary_hostname = m\nbegin acl\n.include x\n"}, {"x", ".include x\n"}});
    CHECK(circle.problems().at(0).find("deeper than 16 files") != std::string::npos);
    // A text that nothing includes is not one of an MTA.
    CHECK(
        MtaReading(MtaTexts{{"x", "hello\n"}}).problems().at(0).starts_with("fatal x:1:1 no configuration of an MTA"));
}

TEST_CASE("what exim -bP prints", "[mta]") {
    CHECK(
        MtaReading(MtaTexts{{"bp", "primary_hostname = m.example.com\ndisable_ipv6\n"}}).sender() ==
        "smtp helo=m.example.com@1 helo?(no transports were given (exim -bP transports): they may say something else) "
        "bind?(no transports were given (exim -bP transports): they may say something else) relay?(no routers were "
        "given) v4");
    CHECK(MtaReading(MtaTexts{{"bp", "primary_hostname = m.example.com\nno_disable_ipv6\n"},
                              {"t",
                               "\nremote_smtp transport:\ndriver = smtp\nhelo_data = $primary_hostname\n"
                               "interface = 192.0.2.25\n"}})
              .senders()
              .empty() == false);
}

TEST_CASE("passwords in Exim's files are blotted out", "[mta][secrets]") {
    const auto r = one("primary_hostname = m\nhide mysql_servers = h/d/u/planted1\nMYPASSWORD = planted2\n", "",
                       "  driver = dnslookup\n");
    const MtaReading auth(MtaTexts{{"e",
                                    "primary_hostname = m\nbegin authenticators\nplain:\n  driver = plaintext\n"
                                    "  client_send = \\\n  ^user^planted3\n  client_secret = planted4\n"}});
    for (const auto* reading : {&r, &auth})
        CHECK(reading->sources.text(egresslint::base::FileId(0)).find("planted") == std::string_view::npos);
    CHECK(r.sender() == "smtp_out helo=m@1 v4 v6");
    // Only what goes on behind a backslash is hidden with it, and never a name that identity needs.
    CHECK(one("primary_hostname = m\n", "  x_password = planted\n  hide helo_data = x.example.com\n").sender() ==
          "smtp_out helo=x.example.com@10 v4 v6");
}
