// SPDX-License-Identifier: Apache-2.0
// Sendmail's own m4 macros make sendmail.cf of the texts here; the reader must say the same of both. What m4 made may
// know more (it has the includes), never something else. EGRESSLINT_SENDMAIL_CF names another folder than Debian's.
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "../mta_reading.hpp"
#include "command.hpp"

namespace {

using egresslint::kernel::run;
using egresslint::tests::MtaReading;
using egresslint::tests::MtaTexts;

std::string folder() {
    const char* named = std::getenv("EGRESSLINT_SENDMAIL_CF");
    return named != nullptr ? named : "/usr/share/sendmail/cf";
}

/// Without the numbers of lines, which differ.
std::string flat(const std::string& sender) {
    std::string out;
    for (std::size_t i = 0; i < sender.size(); ++i) {
        if (sender[i] != '@') {
            out += sender[i];
            continue;
        }
        while (i + 1 < sender.size() && sender[i + 1] >= '0' && sender[i + 1] <= '9') ++i;
    }
    return out;
}

}  // namespace

TEST_CASE("sendmail.mc and the sendmail.cf that m4 makes of it", "[sendmail]") {
    for (const char* text :
         {"",
          "define(`confDOMAIN_NAME', `mail.example.com')dnl\n",
          "define(`confDOMAIN_NAME',\n   `mail.example.com')\n",
          "define(`confDOMAIN_NAME', mail.example.com)\n",
          "define(`confDOMAIN_NAME', `a')\ndefine(`confDOMAIN_NAME', `b.example.com')\n",
          "dnl define(`confDOMAIN_NAME', `no')\n",
          "define(`confDOMAIN_NAME', `$w.example.com')\nLOCAL_CONFIG\nDwmail\n",
          "define(`confDOMAIN_NAME', `a')\nundefine(`confDOMAIN_NAME')\n",
          "define(`SMART_HOST', `relay.example.net')\n",
          "define(`SMART_HOST', `esmtp:[relay.example.net]')\n",
          "define(`SMART_HOST', `smtp:relay.example.net.')\n",
          "define(`SMART_HOST', `[192.0.2.9]')\n",
          "CLIENT_OPTIONS(`Family=inet, Address=192.0.2.25')\n",
          "CLIENT_OPTIONS(`Family=inet6, Addr=2001:db8::25')\nCLIENT_OPTIONS(`Family=inet, A=192.0.2.25')\n",
          "CLIENT_OPTIONS(`Family=inet, Address=0.0.0.0, Modifier=h')\n",
          "DAEMON_OPTIONS(`Name=MTA, Port=smtp, M=b')\n",
          "FEATURE(`mailertable')\n",
          "define(`confFALLBACK_SMARTHOST', `b.example.net')\n",
          "# define(`confDOMAIN_NAME', `comment.example.com')\n",
          "divert(-1)\ndefine(`confDOMAIN_NAME', `diverted.example.com')\ndivert(0)\n"}) {
        const std::string mc = "OSTYPE(`linux')dnl\n" + std::string(text) + "MAILER(`local')\nMAILER(`smtp')\n";
        // LOCAL_CONFIG comes last, as cf/README wants it.
        const auto made = run({"m4", "-D_CF_DIR_=" + folder() + "/", folder() + "/m4/cf.m4", "-"}, mc);
        INFO(mc << made.error);
        REQUIRE(made.status == 0);
        REQUIRE(made.output.size() > 10000);
        const MtaReading written(MtaTexts{{"sendmail.mc", mc}});
        const MtaReading cf(MtaTexts{{"sendmail.cf", made.output}});
        CHECK(written.problems().empty());
        CHECK(cf.problems().empty());
        CHECK(flat(written.sender()) == flat(cf.sender()));
    }
}

int main(int argc, char** argv) {
    if (!egresslint::kernel::have("m4") || !std::filesystem::exists(folder() + "/m4/cf.m4")) {
        std::fprintf(stderr, "SKIPPED: m4 or Sendmail's macros (%s) are not installed\n", folder().c_str());
        return 77;
    }
    return Catch::Session().run(argc, argv);
}
