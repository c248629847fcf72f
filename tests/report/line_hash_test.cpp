// SPDX-License-Identifier: Apache-2.0
// Expected values are what hash() of github/codeql-action, src/fingerprints.ts (f3f1edbedfb4), gave for the same bytes.
#include "report/line_hash.hpp"

#include <catch2/catch.hpp>

using egresslint::report::line_hashes;

TEST_CASE("lines have the hash that code scanning's upload gives them") {
    const std::string text =
        "\tchain forward {\n\t\tpolicy drop;\r\n\t\ttcp dport 25 reject\r\r  }\n"
        "\xf0\x9f\x90\x87 \xff\xe2\x82 x\n";
    CHECK(line_hashes(text, {1, 2, 3, 4, 5, 6, 7, 8}) == std::map<std::uint32_t, std::string>{
                                                             {1, "4763c166fc47f269:1"},
                                                             {2, "eb37d27aa1aa4b38:1"},
                                                             {3, "27b2b8e6140871ea:1"},
                                                             {4, "bfa8f7ed7e6669c8:1"},
                                                             {5, "bb4baf4d45acb77e:1"},
                                                             {6, "59879c5e2d2829e3:1"},
                                                             {7, "c129715d7a2bc9a3:1"},
                                                         });
    CHECK(line_hashes("", {1}) == std::map<std::uint32_t, std::string>{{1, "c129715d7a2bc9a3:1"}});
}

TEST_CASE("equal lines are counted, whether all of them are wanted or not") {
    const std::string line =
        "oifname \"wan0\" drop comment \"the same line, which is longer than a hundred characters once its blanks are "
        "gone, again and again and again and again\"\n";
    const auto hashes = line_hashes(line + line + line + line + "end", {3, 5});
    CHECK(hashes == std::map<std::uint32_t, std::string>{{3, "85ce264b0a2d3f2:3"}, {5, "43b6461eda086fe2:1"}});
    CHECK(line_hashes(line, {}).empty());
}
