// SPDX-License-Identifier: Apache-2.0
// The pages of rules/ are their own tests: every fenced example is read by its dialect's reader and must give exactly
// the findings that it announces, at the lines that it announces.
#include "check_text.hpp"

#include <map>
#include <set>

#include "lint/query.hpp"

using namespace egresslint;
using namespace egresslint::lint;

TEST_CASE("every example of every rule page gives exactly the findings that it announces", "[rules]") {
    REQUIRE_FALSE(rules().empty());
    for (const RuleFile& rule : rules()) {
        for (const RuleExample& example : rule.examples) {
            DYNAMIC_SECTION(rule.path << ":" << example.line) {
                testing::Run run;
                // Pages on mail are not about hygiene, and the other way round.
                Options options;
                if (rule.code.starts_with("EL2")) {
                    options.select = {"EL2"};
                } else {
                    options.ignore = {"EL2"};
                    options.extend_select = {rule.code};
                }
                testing::check_with(run, example.dialect, example.text, example.intent, options, example.addresses,
                                    example.evidence);
                std::vector<std::string> expected;
                for (const auto& [code, line] : example.expect) expected.push_back(code + "@" + std::to_string(line));
                std::sort(expected.begin(), expected.end());
                INFO(testing::told(run));
                CHECK(testing::places(run) == expected);
            }
        }
    }
}

TEST_CASE("every rule of the pipeline shows a fault and a clean configuration in both netfilter dialects", "[rules]") {
    for (const RuleFile& rule : rules()) {
        if (rule.kind == RuleKind::native) continue;
        INFO(rule.path);
        for (const std::string dialect : {"nft", "iptables"}) {
            const auto some = [&](bool clean) {
                return std::any_of(rule.examples.begin(), rule.examples.end(), [&](const RuleExample& e) {
                    const bool fires = std::any_of(e.expect.begin(), e.expect.end(),
                                                   [&](const auto& x) { return x.first == rule.code; });
                    return e.dialect == dialect && (clean ? e.expect.empty() : fires);
                });
            };
            CHECK(some(true));
            CHECK(some(false));
        }
    }
}

TEST_CASE("codes, names and file names of rules agree", "[rules]") {
    std::set<std::string> codes, names;
    for (const RuleFile& rule : rules()) {
        CHECK(rule.path == "rules/" + rule.code + "-" + rule.name + ".md");
        CHECK(codes.insert(rule.code).second);
        CHECK(names.insert(rule.name).second);
        CHECK_FALSE(rule.summary.empty());
        CHECK(find_rule(rule.code) == &rule);
        CHECK(find_rule(rule.name) == &rule);
        for (const std::string& query : {rule.query, rule.also_query})
            if (!query.empty()) CHECK(query::parse(query).has_value());
    }
    CHECK(find_rule("el101") == find_rule("mail-source-not-own"));
    CHECK(find_rule("EL999") == nullptr);
    CHECK(nearest_rule("EL1O1") == "EL101");
}

TEST_CASE("a rule file with a mistake says where", "[rules]") {
    const auto front = [](const std::string& keys) { return "+++\n" + keys + "+++\n# page\n"; };
    auto r = parse_rule_file("x.md", "# no front matter\n");
    REQUIRE_FALSE(r);
    CHECK(r.error().line == 1);
    r = parse_rule_file("x.md", front("code = \"X1\"\nname = \"x\"\nqery = \"any\"\n"));
    REQUIRE_FALSE(r);
    CHECK(r.error().line == 4);
    CHECK(r.error().message == "unknown key \"qery\"; did you mean \"query\"?");
    r = parse_rule_file("x.md", front("code = \"X1\"\nname = \"x\"\nquery = \"any\"\nmessage = \"m\"\n"));
    REQUIRE_FALSE(r);
    CHECK(r.error().message == "the page lacks the head \"## What it does\"");

    // A site's rule may do without a page, may not be called as ours, and is read whole at once.
    const std::string site = front("code = \"SITE1\"\nname = \"x\"\nquery = \"any\"\nmessage = \"m\"\n");
    r = parse_rule_file("x.md", site, Whose::site);
    REQUIRE(r);
    CHECK(r->summary == "m");
    r = parse_rule_file("x.md", front("code = \"EL101\"\nname = \"x\"\nquery = \"any\"\nmessage = \"m\"\n"),
                        Whose::site);
    REQUIRE_FALSE(r);
    CHECK(r.error().message == "codes that begin with EL are egresslint's own: \"EL101\"");
    const std::string typo = front("code = \"SITE1\"\nname = \"x\"\nquery = \"any and acepted\"\nmessage = \"m\"\n");
    r = parse_rule_file("x.md", typo, Whose::site);
    REQUIRE_FALSE(r);
    CHECK(r.error().line == 4);
    CHECK(typo.substr(r.error().begin, r.error().end - r.error().begin) == "acepted");
}
