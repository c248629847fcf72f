// SPDX-License-Identifier: Apache-2.0
// Every file of fixtures/kernel: the kernel does what it says, and the model, tracer and flow table, agrees.
#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "fixture.hpp"
#include "oracle.hpp"

using namespace egresslint::kernel;

namespace {

void perform(const std::filesystem::path& path) {
    INFO(path.filename().string());
    std::ifstream file(path);
    const Fixture fixture = parse_fixture(std::string{std::istreambuf_iterator<char>(file), {}});
    INFO(fixture.why);
    Lab lab;
    REQUIRE(lab.route_by(fixture.routing) == "");
    if (const std::string complaint = load(fixture.ruleset); !complaint.empty()) {
        if (!is_missing_support(complaint)) FAIL(complaint);
        std::fprintf(stderr, "SKIPPED: %s: this kernel or system lacks it: %s\n", path.c_str(), complaint.c_str());
        return;
    }
    std::vector<Line> lines;
    std::vector<Probe> probes;
    for (const std::string& text : fixture.packets) {
        lines.push_back(parse_line(text));
        probes.push_back(lines.back().probe);
    }
    const std::vector<Seen> seen = lab.send(probes);
    const Read read = read_model(fixture.ruleset, lab);
    INFO("remarks: " << read.remarks);
    REQUIRE(read.problems == "");
    Tables tables(read.device);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const Verdict verdict = tables.compare(probes[i], seen[i]);
        INFO("packet: " << lines[i].text << "\nkernel: " << to_string(seen[i]) << "\nmodel:  " << verdict.model);
        CHECK(matches(lines[i].expected, seen[i]));
        CHECK(verdict.agrees);
        if (!lines[i].expected.undecided_allowed) CHECK(verdict.decided);
    }
}

}  // namespace

TEST_CASE("fixtures: what was once found holds", "[fixtures]") {
    std::set<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(EGRESSLINT_SOURCE_DIR "/fixtures/kernel"))
        if (entry.path().extension() == ".case") paths.insert(entry.path());
    REQUIRE(!paths.empty());
    for (const auto& path : paths) DYNAMIC_SECTION(path.filename().string()) {
            perform(path);
        }
}

TEST_CASE("fixtures: written and read again they are the same", "[fixtures]") {
    const Fixture fixture{
        "two\nlines",
        {"fwmark 7 lookup 100", "-6 from fd00:a::25 lookup 100"},
        {{{Ruleset::Loader::ipset, "create a hash:ip\n"}, {Ruleset::Loader::ip6tables_nft, "*filter\nCOMMIT\n"}}},
        {"lan0 10.0.0.25 > 198.18.0.9 tcp 25 = drop"}};
    const std::string text = to_text(fixture);
    const Fixture again = parse_fixture(text);
    CHECK(to_text(again) == text);
    CHECK(again.why == fixture.why);
    CHECK(again.routing == fixture.routing);
    REQUIRE(again.ruleset.parts.size() == 2);
    CHECK(again.ruleset.parts[1].loader == Ruleset::Loader::ip6tables_nft);
    CHECK(again.ruleset.parts[1].text == "*filter\nCOMMIT\n");
    CHECK(again.packets == fixture.packets);
    CHECK_THROWS_AS(parse_fixture("--- nft\n"), std::invalid_argument);
    CHECK_THROWS_AS(parse_fixture("--- pf\n--- packets\nx\n"), std::invalid_argument);
}

TEST_CASE("fixtures: an expectation says what was seen", "[fixtures]") {
    Line line = parse_line("lan0 10.0.0.25 > 198.18.0.9 tcp 25:4000 = wan0 203.0.113.25 > 198.18.0.10 :26 sport 5");
    Seen seen;
    seen.what = Seen::What::left;
    seen.out = "wan0";
    seen.src = *egresslint::base::parse_address("203.0.113.25");
    seen.dst = *egresslint::base::parse_address("198.18.0.10");
    seen.sport = 5;
    seen.dport = 26;
    CHECK(expectation(line.probe, seen) == line.text);
    CHECK(matches(line.expected, seen));
    seen.what = Seen::What::nothing;
    CHECK(expectation(line.probe, seen) == "lan0 10.0.0.25 > 198.18.0.9 tcp 25:4000 = drop");
    CHECK_FALSE(matches(line.expected, seen));
}
