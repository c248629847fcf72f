// SPDX-License-Identifier: Apache-2.0
// Postfix. Sources: postconf(5) and master(5) of Postfix 3.7; postconf itself is asked by postconf_test.cpp.
#include <catch2/catch.hpp>

#include "mta_reading.hpp"

using egresslint::tests::MtaReading;
using egresslint::tests::MtaTexts;
using Lines = std::vector<std::string>;

namespace {

// Every master.cf that Debian installs has these (master(5)).
const std::string services =
    "smtp      inet  n       -       y       -       -       smtpd\n"
    "smtp      unix  -       -       y       -       -       smtp\n"
    "relay     unix  -       -       y       -       -       smtp\n"
    "        -o syslog_name=postfix/$service_name\n";

MtaReading both(const std::string& main, const std::string& master = services) {
    return MtaReading(MtaTexts{{"main.cf", main}, {"master.cf", master}});
}

}  // namespace

TEST_CASE("the greeting is smtp_helo_name, which is myhostname unless set", "[mta]") {
    CHECK(both("myhostname = mail.example.com\ncompatibility_level = 3.6\n").senders() ==
          Lines{"smtp helo=mail.example.com@1 v4 v6"});
    CHECK(
        both("myhostname = mail.example.com\nsmtp_helo_name = out.example.com.\ncompatibility_level = 2\n").sender() ==
        "smtp helo=out.example.com@2 v4 v6");
    // mydomain is myhostname without its first part.
    CHECK(both("myhostname = mail.example.com\nsmtp_helo_name = out.$mydomain\ncompatibility_level=2\n").sender() ==
          "smtp helo=out.example.com@2 v4 v6");
    const auto reading = both("myhostname = mail.example.com\n");
    CHECK(reading.mtas.at(0).host_name.value == "mail.example.com");
    CHECK(reading.mtas.at(0).product == "Postfix");
    CHECK(reading.problems().empty());
}

TEST_CASE("a name that the system has is not known", "[mta]") {
    CHECK(both("relayhost =\ncompatibility_level = 2\n").sender() ==
          "smtp helo?(myhostname is not set: it is the name of the system, which no file here states) v4 v6");
    CHECK(both("myhostname = mail.example.com\nsmtp_helo_name = $mail_version\ncompatibility_level = 2\n").sender() ==
          "smtp helo?(mail_version is set nowhere, and its default is not known here) v4 v6");
}

TEST_CASE("relay_domains decides whether the transport relay sends", "[mta]") {
    // Below compatibility level 2 it is mydestination, which is not empty (COMPATIBILITY_README).
    CHECK(both("myhostname = mail.example.com\n").senders().size() == 2);
    CHECK(both("myhostname = mail.example.com\ncompatibility_level = 2\n").senders().size() == 1);
    CHECK(both("myhostname = mail.example.com\nrelay_domains =\n").senders().size() == 1);
    CHECK(
        both("myhostname = mail.example.com\nrelay_domains = example.org\nrelay_transport = smtp\n").senders().size() ==
        1);
}

TEST_CASE("options of a service win over main.cf, the last one of a name over those before", "[mta]") {
    const auto reading = both("myhostname = mail.example.com\ndefault_transport = out\ncompatibility_level = 2\n",
                              services +
                                  "out unix - - n - - smtp -o smtp_helo_name=first.example.com\n"
                                  "# a comment\n"
                                  "  -o { smtp_helo_name = out.$mydomain } -o inet_protocols=ipv4 -v\n"
                                  "\n"
                                  "  -osmtp_bind_address=192.0.2.25\n");
    CHECK(reading.senders() == Lines{"out helo=out.example.com@5 bind=192.0.2.25@5 v4"});
    CHECK(reading.problems().empty());
    // The last service of a name and type is the one (master(5)).
    CHECK(both("myhostname = a.example.com\ncompatibility_level=2\n",
               services + "smtp unix - - y - - smtp -o myhostname=b.example.com\n")
              .sender() == "smtp helo=b.example.com@5 v4 v6");
}

TEST_CASE("tables may choose any client, and say so", "[mta]") {
    CHECK(both("myhostname = mail.example.com\ncompatibility_level = 2\ntransport_maps = hash:/etc/postfix/transport\n")
              .senders() == Lines{"smtp helo=mail.example.com@1 relay?(transport_maps is a lookup table) v4 v6",
                                  "relay helo=mail.example.com@1 relay?(transport_maps is a lookup table) v4 v6"});
    CHECK(both("myhostname = mail.example.com\ncompatibility_level = 2\nrelayhost = [relay.example.net]:587\n"
               "sender_dependent_relayhost_maps = hash:/etc/postfix/relays\nsmtp_fallback_relay = [b.example.net]\n")
              .sender() ==
          "smtp helo=mail.example.com@1 relay=[relay.example.net]:587@3 "
          "relay?(sender_dependent_relayhost_maps is a lookup table) "
          "relay?(smtp_fallback_relay gets what cannot be delivered) v4 v6");
    CHECK(
        both("myhostname = m.example.com\ncompatibility_level = 2\ndefault_transport = smtp:[192.0.2.9]\n").sender() ==
        "smtp helo=m.example.com@1 relay=[192.0.2.9]@3 v4 v6");
}

TEST_CASE("addresses that are bound", "[mta]") {
    const std::string head = "myhostname = m.example.com\ncompatibility_level = 2\n";
    CHECK(both(head + "smtp_bind_address = 192.0.2.25\nsmtp_bind_address6 = 2001:db8::25\n").sender() ==
          "smtp helo=m.example.com@1 bind=192.0.2.25@3 bind=2001:db8::25@4 v4 v6");
    CHECK(both(head + "smtp_bind_address = mail.example.com\n").sender() ==
          "smtp helo=m.example.com@1 bind?(smtp_bind_address is \"mail.example.com\", which is no address) v4 v6");
    // postconf(5), smtp_bind_address, note 1: a single address that inet_interfaces names, unless it is a loopback one.
    CHECK(both(head + "inet_interfaces = 192.0.2.25\n").sender() ==
          "smtp helo=m.example.com@1 bind=192.0.2.25@3 v4 v6");
    CHECK(both(head + "inet_interfaces = 192.0.2.25, 127.0.0.1\n").sender() == "smtp helo=m.example.com@1 v4 v6");
    CHECK(both(head + "inet_interfaces = 127.0.0.1\n").sender() == "smtp helo=m.example.com@1 v4 v6");
    CHECK(both(head + "inet_interfaces = loopback-only\n").sender() == "smtp helo=m.example.com@1 v4 v6");
    CHECK(both(head + "inet_interfaces = [192.0.2.25] [2001:db8::25]\n").sender() ==
          "smtp helo=m.example.com@1 bind=192.0.2.25@3 bind=2001:db8::25@3 v4 v6");
    CHECK(both(head + "inet_interfaces = $myhostname\n").senders().at(0).find("bind?") != std::string::npos);
}

TEST_CASE("IP versions", "[mta]") {
    const std::string head = "myhostname = m.example.com\ncompatibility_level = 2\n";
    CHECK(both(head + "inet_protocols = ipv4\n").sender() == "smtp helo=m.example.com@1 v4");
    CHECK(both(head + "inet_protocols = ipv6\n").sender() == "smtp helo=m.example.com@1 v6");
    CHECK(both(head + "inet_protocols = ipv4, ipv6\n").sender() == "smtp helo=m.example.com@1 v4 v6");
    const auto wrong = both(head + "inet_protocols = ipv5\n");
    CHECK(wrong.problems() == Lines{"fatal main.cf:3:1 inet_protocols is all, ipv4, ipv6 or a list of these"});
}

TEST_CASE("a main.cf alone, a master.cf alone", "[mta]") {
    CHECK(MtaReading(MtaTexts{{"main.cf", "myhostname = m.example.com\n"}}).sender() ==
          "smtp helo=m.example.com@1 helo?(no master.cf was given: its services may say another smtp_helo_name) "
          "bind?(no master.cf was given: its services may say another smtp_bind_address) v4 v6");
    const auto alone = MtaReading(MtaTexts{{"master.cf", services}});
    REQUIRE(alone.senders().size() == 2);
    CHECK(alone.sender().find("helo?(smtp_helo_name is not overridden here, and no main.cf was given)") !=
          std::string::npos);
    // Two hosts in two folders are two MTAs.
    const MtaReading two(MtaTexts{{"a/main.cf", "myhostname = a.example.com\ncompatibility_level=2\n"},
                                  {"a/master.cf", services},
                                  {"b/main.cf", "myhostname = b.example.com\ncompatibility_level=2\n"},
                                  {"b/master.cf", services}});
    REQUIRE(two.mtas.size() == 2);
    CHECK(two.senders(1) == Lines{"smtp helo=b.example.com@1 v4 v6"});
}

TEST_CASE("what postconf prints is read as well", "[mta]") {
    // postconf -n, postconf -M and postconf -P of Postfix 3.7.
    const MtaReading printed(MtaTexts{
        {"n.txt", "compatibility_level = 3.6\nmyhostname = m.example.com\n"},
        {"M.txt", "smtp       unix  -       -       y       -       -       smtp -o smtp_helo_name=o.$mydomain\n"}});
    CHECK(printed.senders() == Lines{"smtp helo=o.example.com@1 v4 v6"});
    const MtaReading overrides(MtaTexts{{"n.txt", "compatibility_level = 3.6\nmyhostname = m.example.com\n"},
                                        {"M.txt", "smtp       unix  -       -       y       -       -       smtp\n"},
                                        {"P.txt", "smtp/unix/smtp_helo_name = p.example.com\n"}});
    CHECK(overrides.senders() == Lines{"smtp helo=p.example.com@1 v4 v6"});
}

TEST_CASE("what Postfix refuses is one error with its place", "[mta]") {
    CHECK(both("myhostname = $mydomain\nmydomain = $myhostname\n").problems().at(0).starts_with("fatal main.cf:1:1 "));
    CHECK(both("myhostname = ${mydomain\n").problems() ==
          Lines{"fatal main.cf:1:1 a macro is not closed: a bracket is missing"});
    CHECK(both("myhostname = m.example.com\nnonsense\n").problems() ==
          Lines{"fatal main.cf:2:1 this is no \"name = value\", so Postfix refuses main.cf"});
    CHECK(both("myhostname = m\n", "smtp unix - - y - - smtp -o\n").problems() ==
          Lines{"fatal master.cf:1:1 -o has nothing behind it"});
    // 30 doublings are a thousand million names; the reader gives up long before.
    std::string bomb = "myhostname = ${a0}\n";
    for (int i = 0; i < 30; ++i) bomb += fmt::format("a{} = $a{}$a{}\n", i, i + 1, i + 1);
    bomb += "a30 = x\n";
    CHECK(both(bomb).problems().at(0).find("too much text") != std::string::npos);
}

TEST_CASE("passwords in main.cf and master.cf are blotted out", "[mta][secrets]") {
    const auto reading = both(
        "myhostname = m.example.com\nsmtp_sasl_password_maps = static:user:planted1\n"
        "my_secret = inline:{\n   {a = planted2}\n\n# c\n   planted3 }\n"
        "# smtp_password = planted4\nrelayhost = [r.example.net]\n",
        services + "x unix - - n - - pipe\n  -o db_password=planted5\n");
    for (std::size_t i = 0; i < reading.sources.size(); ++i)
        CHECK(reading.sources.text(egresslint::base::FileId(i)).find("planted") == std::string_view::npos);
    CHECK(reading.sender().find("relay=[r.example.net]") != std::string::npos);
    // Where a password file lies is no secret.
    const auto path = both("smtp_sasl_password_maps = hash:/etc/postfix/sasl_passwd\n");
    CHECK(path.sources.text(egresslint::base::FileId(0)).find("sasl_passwd") != std::string_view::npos);
}
