// SPDX-License-Identifier: Apache-2.0
// Suppressions in the comment syntax of each kind of text; tests/cli/known_findings_test.cpp has the rest.
#include "lint/suppress.hpp"

#include <catch2/catch.hpp>

using namespace egresslint;
using namespace egresslint::lint;

namespace {

/// How many findings EL102 on `line` (0-based) of `text` are left, with "!" for each complaint about the suppression.
std::string left(const std::string& text, const std::string& words, unsigned line) {
    base::Sources sources;
    const auto file = sources.add("edge", text);
    std::uint32_t begin = 0;
    for (unsigned i = 0; i < line; ++i) begin = static_cast<std::uint32_t>(text.find('\n', begin)) + 1;
    Finding f;
    f.rule = "EL102";
    f.span = {file, begin, begin + 1};
    std::vector<Finding> findings{f};
    SuppressionRules rules;
    rules.selected = rules.known = [](std::string_view) { return true; };
    rules.comments["edge"] = words;
    apply_suppressions(findings, {}, sources, rules);
    std::string out;
    for (const Finding& g : findings) out += g.rule == "EL102" ? "EL102" : "!" + g.rule;
    return out;
}

}  // namespace

TEST_CASE("suppressions stand in the comments of the dialect", "[suppress]") {
    const std::string allow = "egresslint: allow EL102 -- the lab";
    CHECK(left("! " + allow + "\npermit ip any any\n", "! remark", 1) == "");
    CHECK(left("access-list IN remark " + allow + "\naccess-list IN remark more\npermit\n", "! remark", 2) == "");
    CHECK(left("access-list IN remark " + allow + "\npermit\npermit\n", "! remark", 2) == "EL102!EL905");
    // "remark" as a part of a name is none, and nor is a sign of another dialect.
    CHECK(left("object network no-remark " + allow + "\npermit\n", "! remark", 1) == "EL102");
    CHECK(left("a != b # " + allow + "\n", "! remark", 0) == "");
    CHECK(left("a b # " + allow + "\n", "! remark", 0) == "EL102");
    CHECK(left("a b ! " + allow + "\n", "#", 0) == "EL102");

    const std::string xml = "<!-- <descr> <description>";
    CHECK(left("<!-- " + allow + " -->\n<rule>\n</rule>\n", xml, 1) == "");
    CHECK(left("<rule> <!-- " + allow + " --> </rule>\n", xml, 0) == "");
    CHECK(left("<descr>" + allow + "</descr>\n", xml, 0) == "");
    CHECK(left("<descr><![CDATA[" + allow + "]]></descr>\n", xml, 0) == "");
    CHECK(left("<type>" + allow + "</type>\n", xml, 0) == "EL102");
    CHECK(left("<descr>egresslint: allow EL102</descr>\n", xml, 0) == "EL102!EL904");
    CHECK(left("set comments \"" + allow + "\"\n", "#", 0) == "");
}
