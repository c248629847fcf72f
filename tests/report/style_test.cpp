// SPDX-License-Identifier: Apache-2.0
// Sources: no-color.org (NO_COLOR counts when not empty), bixense.com/clicolors (CLICOLOR_FORCE), the order of our own
// contract: --color, NO_COLOR, the forcing variables, TERM=dumb, terminal.
#include "report/style.hpp"

#include <catch2/catch.hpp>

using namespace egresslint::report;

TEST_CASE("the option beats every variable") {
    ColorFacts facts;
    facts.choice = ColorChoice::always;
    facts.no_color = "1";
    CHECK(use_color(facts));
    facts.choice = ColorChoice::never;
    facts.no_color = "";
    facts.clicolor_force = "1";
    facts.terminal = true;
    CHECK_FALSE(use_color(facts));
}

TEST_CASE("NO_COLOR beats what forces, what forces beats the terminal") {
    ColorFacts facts;
    CHECK_FALSE(use_color(facts));
    facts.terminal = true;
    CHECK(use_color(facts));
    facts.term = "dumb";
    CHECK_FALSE(use_color(facts));
    facts.force_color = "1";
    CHECK(use_color(facts));
    facts.no_color = "1";
    CHECK_FALSE(use_color(facts));
}

TEST_CASE("a forcing variable of 0 forces nothing") {
    ColorFacts facts;
    facts.clicolor_force = "0";
    facts.force_color = "0";
    CHECK_FALSE(use_color(facts));
}

TEST_CASE("without colour text is unchanged") {
    CHECK(Style(false).severity(egresslint::base::Severity::error, "x") == "x");
    CHECK(Style(true).severity(egresslint::base::Severity::error, "x") == "\x1b[1;31mx\x1b[0m");
    CHECK(Style(true).bold("").empty());
}
