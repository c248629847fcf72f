// SPDX-License-Identifier: Apache-2.0
// The shrinker at work: the model is told something else than the kernel (every goto reads as a jump, every DNAT goes
// to another host), and what the campaign then finds must be small, written down, and true.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "campaign.hpp"
#include "oracle.hpp"

using namespace egresslint::kernel;

namespace {

std::string replaced(std::string text, const std::string& what, const std::string& by) {
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
        text.replace(at, what.size(), by);
    return text;
}

std::function<Ruleset(Ruleset)> misreads(const char* what, const char* by) {
    return [what, by](Ruleset ruleset) {
        for (Ruleset::Part& part : ruleset.parts) part.text = replaced(std::move(part.text), what, by);
        return ruleset;
    };
}

std::size_t lines_of(const Ruleset& ruleset) {
    std::size_t lines = 0;
    for (const Ruleset::Part& part : ruleset.parts)
        for (const char c : part.text) lines += c == '\n';
    return lines;
}

/// Does the fixture show a disagreement, the model reading it that way?
bool disagrees(const Fixture& fixture, const std::function<Ruleset(Ruleset)>& misread) {
    Lab lab;
    REQUIRE(lab.route_by(fixture.routing) == "");
    REQUIRE(load(fixture.ruleset) == "");
    std::vector<Probe> probes;
    for (const std::string& text : fixture.packets) probes.push_back(parse_line(text).probe);
    const std::vector<Seen> seen = lab.send(probes);
    const Read read = read_model(misread ? misread(fixture.ruleset) : fixture.ruleset, lab);
    REQUIRE(read.problems == "");
    Tables tables(read.device);
    bool wrong = false;
    for (std::size_t i = 0; i < probes.size(); ++i) {
        CHECK(matches(parse_line(fixture.packets[i]).expected, seen[i]));
        wrong = wrong || !tables.compare(probes[i], seen[i]).agrees;
    }
    return wrong;
}

void find_and_shrink(const char* what, const char* by, std::size_t most_lines) {
    Campaign::Options options;
    options.packets = 60;
    options.fixtures = EGRESSLINT_BINARY_DIR "/kernel-planted";
    options.misread = misreads(what, by);
    std::filesystem::remove_all(options.fixtures);
    Campaign campaign(options);
    std::vector<Campaign::Found> found;
    for (std::uint64_t seed = 1; seed < 200 && found.empty(); ++seed) found = campaign.try_seed(seed);
    REQUIRE(!found.empty());
    INFO(found.front().text);
    CHECK(lines_of(found.front().fixture.ruleset) <= most_lines);
    CHECK(found.front().fixture.packets.size() == 1);
    std::ifstream file(found.front().path);
    const Fixture written = parse_fixture(std::string{std::istreambuf_iterator<char>(file), {}});
    CHECK(disagrees(written, options.misread));
    CHECK_FALSE(disagrees(written, {}));
}

}  // namespace

TEST_CASE("shrinker: a planted fault becomes a small fixture", "[shrinker]") {
    SECTION("goto read as jump") { find_and_shrink("goto ", "jump ", 16); }
    SECTION("dnat read as another host") {
        find_and_shrink("-j DNAT --to-destination 10.", "-j DNAT --to-destination 11.", 14);
    }
}
