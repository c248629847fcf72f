// SPDX-License-Identifier: Apache-2.0
// Exim itself is asked what macros, conditions, continued lines and quotes come to: `exim -C FILE -bP transports`
// prints helo_data and interface as Exim has read them. EGRESSLINT_EXIM names another binary than exim4.
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "../mta_reading.hpp"
#include "command.hpp"
#include "evidence/plain_text.hpp"

namespace {

namespace fs = std::filesystem;
using egresslint::kernel::run;
using egresslint::tests::MtaReading;
using egresslint::tests::MtaTexts;

std::string exim() {
    const char* named = std::getenv("EGRESSLINT_EXIM");
    return named != nullptr ? named : "exim4";
}

/// The first "NAME = value" of what Exim prints.
std::string printed(const std::string& output, const std::string& name) {
    for (const std::string_view line : egresslint::evidence::lines(output))
        if (line.starts_with(name + " =")) return std::string(egresslint::evidence::trim(line.substr(name.size() + 2)));
    return "";
}

void compare(const std::string& main, const std::string& transport) {
    const std::string text =
        main + "begin routers\nr:\n  driver = dnslookup\n  transport = out\nbegin transports\nout:\n  driver = smtp\n" +
        transport + "\nbegin authenticators\n";
    INFO(text);
    const fs::path file = fs::path(EGRESSLINT_BINARY_DIR) / "exim-test.conf";
    std::ofstream(file) << text;
    const auto transports = run({exim(), "-C", file.string(), "-bP", "transports"});
    const auto host = run({exim(), "-C", file.string(), "-bP", "primary_hostname"});
    fs::remove(file);
    const MtaReading ours(MtaTexts{{"exim4.conf", text}});
    INFO(transports.output << transports.error << ours.sender());
    // Exim complains of logs that it cannot write, and of the environment, and goes on.
    if (printed(transports.output, "driver").empty()) {
        REQUIRE_FALSE(ours.diagnostics.empty());
        CHECK(ours.diagnostics.front().kind == egresslint::base::Diagnostic::Kind::fatal);
        return;
    }
    REQUIRE(ours.mtas.size() == 1);
    REQUIRE(ours.mtas[0].senders.size() == 1);
    CHECK(ours.problems().empty());
    std::string helo = printed(transports.output, "helo_data");
    if (helo == "$primary_hostname") helo = printed(host.output, "primary_hostname");
    const auto& sender = ours.mtas[0].senders[0];
    REQUIRE(sender.helo.size() == 1);
    CHECK(sender.helo[0].value == helo);
    const std::string bind = printed(transports.output, "interface");
    std::string bound;
    for (const auto& b : sender.bind) bound += (bound.empty() ? "" : " : ") + egresslint::base::to_string(b.address);
    CHECK(bound == bind);
}

const std::string host = "primary_hostname = mail.example.com\n";

}  // namespace

TEST_CASE("what Exim has read", "[exim]") {
    for (const char* transport :
         {"", "  helo_data = a.example.com\n", "  helo_data=a.example.com\n  interface = 192.0.2.25\n",
          "  helo_data = \"quoted.example.com\"\n", "  helo_data = a.\\\n     example.com\n",
          "  helo_data = a.\\   \n  # comment\n   example.com\n", "  helo_data = $primary_hostname\n",
          "  helo_data = one\\\n.\\\ntwo\n", "  hide helo_data = x.example.com\n"}) {
        compare(host, transport);
    }
    // A line that goes on over an empty one.
    compare(host, "  helo_data = a.\\\n\n  example.com\n");
}

TEST_CASE("Exim's macros", "[exim]") {
    for (const char* main :
         {"D = example.com\nH = h.D\n", "AA = x\nAAA = y\nH = AAA.example.com\n",
          "H = h.example.com\nH == i.example.com\n", "L = a.example.com\nX = L\nH = X\n", "H = \\\n  h.example.com\n",
          "H = h.example.com # no comment\n", "A_B = q\nH = A_B.cA_Bd\n", "  H = h.example.com\n", "H=h.example.com\n",
          "H = a\nH = b\n", "B = H\nH = z.example.com\n", "H = mHn\n"}) {
        compare(main + host, "  helo_data = H\n");
    }
}

TEST_CASE("Exim's conditions", "[exim]") {
    for (const char* transport :
         {".ifdef A\n  helo_data = yes\n.endif\n", ".ifndef A\n  helo_data = yes\n.endif\n",
          ".ifdef NO\n  helo_data = a\n.else\n  helo_data = b\n.endif\n",
          ".ifdef NO OTHER A\n  helo_data = a\n.endif\n",
          ".ifdef NO\n  helo_data = a\n.elifdef A\n  helo_data = b\n.else\n  helo_data = c\n.endif\n",
          ".ifdef A\n.ifdef NO\n  helo_data = a\n.else\n  helo_data = b\n.endif\n.endif\n",
          ".ifdef NO\n.ifdef A\n  helo_data = a\n.endif\n.endif\n",
          ".ifndef NO\n  helo_data = a\n.elifndef NO\n  helo_data = b\n.endif\n",
          ".ifdef xAy\n  helo_data = inside\n.endif\n", "  .ifdef A\n  helo_data = indented\n  .endif\n",
          ".ifdef A\n  helo_data = open\n", ".endif\n", ".else\n"}) {
        compare("A = 1\n" + host, transport);
    }
}

int main(int argc, char** argv) {
    if (!egresslint::kernel::have(exim())) {
        std::fprintf(stderr, "SKIPPED: %s is not installed\n", exim().c_str());
        return 77;
    }
    return Catch::Session().run(argc, argv);
}
