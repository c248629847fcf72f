// SPDX-License-Identifier: Apache-2.0
// Sendmail. Sources: cf/README and the Installation and Operation Guide of Sendmail 8.17, section 5.6
// (ClientPortOptions, DaemonPortOptions); the lines of sendmail.cf are what m4 makes of the text above them with
// Debian's sendmail-cf.
#include <catch2/catch.hpp>

#include "mta_reading.hpp"

using egresslint::tests::MtaReading;
using egresslint::tests::MtaTexts;

namespace {

MtaReading mc(const std::string& text) { return MtaReading(MtaTexts{{"sendmail.mc", "OSTYPE(`linux')dnl\n" + text}}); }
MtaReading cf(const std::string& text) { return MtaReading(MtaTexts{{"sendmail.cf", "V10/Berkeley\n" + text}}); }

}  // namespace

TEST_CASE("the m4 text and the sendmail.cf made of it say the same", "[mta]") {
    CHECK(mc("define(`confDOMAIN_NAME', `mail.example.com')dnl\ndefine(`SMART_HOST', `esmtp:[relay.example.net]')\n"
             "CLIENT_OPTIONS(`Family=inet, Address=192.0.2.25')\nCLIENT_OPTIONS(`Family=inet6, Address=2001:db8::25')\n"
             "DAEMON_OPTIONS(`Name=MTA-v4, Family=inet, Addr=127.0.0.1, Port=smtp')\nFEATURE(`mailertable')\n")
              .sender() ==
          "esmtp helo=mail.example.com@2 bind=192.0.2.25@4 bind=2001:db8::25@5 "
          "relay=[relay.example.net]@3 relay?(mailertable is a lookup table) v4 v6");
    CHECK(cf("Djmail.example.com\nDSesmtp:[relay.example.net]\nKmailertable hash /etc/mail/mailertable\n"
             "O DaemonPortOptions=Name=MTA-v4, Family=inet, Addr=127.0.0.1, Port=smtp\n"
             "O DaemonPortOptions=Port=587, Name=MSA, M=E\n"
             "O ClientPortOptions=Family=inet, Address=192.0.2.25\nO ClientPortOptions=Family=inet6, "
             "Address=2001:db8::25\n")
              .sender() ==
          "esmtp helo=mail.example.com@2 bind=192.0.2.25@7 bind=2001:db8::25@8 "
          "relay=[relay.example.net]@3 relay?(mailertable is a lookup table) v4 v6");
}

TEST_CASE("names of Sendmail are macros", "[mta]") {
    CHECK(cf("Dwmail\nDmexample.com\nDj$w.$m\n").sender() == "esmtp helo=mail.example.com@4 v4 v6?");
    CHECK(cf("D{host}mail\nDj${host}.example.com.\n").sender() == "esmtp helo=mail.example.com@3 v4 v6?");
    CHECK(cf("#Dj$w.Foo.COM\nDS\n").sender() ==
          "esmtp helo?($j is made of the system's own name, which no text here states) v4 v6?");
    CHECK(mc("define(`confDOMAIN_NAME', `$w.example.com')dnl\n").sender() ==
          "esmtp helo?($w is made of the system's own name, which no text here states) v4 v6?");
    CHECK(mc("define(`confDOMAIN_NAME', `$w.example.com')\nLOCAL_CONFIG\nDwmail\n").sender() ==
          "esmtp helo=mail.example.com@2 v4 v6?");
    CHECK(cf("Dja$b\nDbx$j\n").sender() == "esmtp helo?(the macros name each other in a circle) v4 v6?");
    CHECK(cf("D{x\n").problems().at(0) == "EL901 sendmail.cf:2:1 a macro's name is not closed");
    CHECK(mc("dnl define(`confDOMAIN_NAME', `old.example.com')\ndefine(`confDOMAIN_NAME',\n  `new.example.com')\n")
              .sender() == "esmtp helo=new.example.com@3 v4 v6?");
}

TEST_CASE("modifiers and files that decide at run time", "[mta]") {
    CHECK(cf("Djm.example.com\nO ClientPortOptions=Family=inet, Address=0.0.0.0, Modifier=h\n").sender() ==
          "esmtp helo=m.example.com@2 helo?(modifier h: HELO says the name of the interface that is used) v4 v6?");
    CHECK(cf("Djm.example.com\nO DaemonPortOptions=Name=MTA, M=bE\n").sender() ==
          "esmtp helo=m.example.com@2 bind?(modifier b: mail goes out from the address that it came in by) v4 v6?");
    CHECK(cf("Djm.example.com\nO ClientPortOptions=Address=mail.example.com\n").sender() ==
          "esmtp helo=m.example.com@2 bind?(ClientPortOptions is \"mail.example.com\", which is no address) v4 v6?");
    CHECK(mc("define(`confDOMAIN_NAME', `m.example.com')\ninclude(`/etc/mail/site.m4')\n")
              .sender()
              .find("helo?(include takes in a file that was not given)") != std::string::npos);
    CHECK(mc("include(`/usr/share/sendmail/cf/m4/cf.m4')\ndefine(`confDOMAIN_NAME', `m.example.com')\n").sender() ==
          "esmtp helo=m.example.com@3 v4 v6?");
    CHECK(mc("FEATURE(`nullclient', `hub.example.com')\n").sender().find("relay=hub.example.com@2") !=
          std::string::npos);
    CHECK(mc("define(`SMART_HOST', `a\n").problems().at(0) ==
          "fatal sendmail.mc:2:1 a bracket or a quotation is not closed");
}
