// SPDX-License-Identifier: Apache-2.0
// `init` writes down what was inferred; a check finds the same with it as without it.
#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "program.hpp"

using egresslint::tests::Ran;
using egresslint::tests::Scratch;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string fixture(const std::string& name) {
    std::ifstream in(std::string(EGRESSLINT_SOURCE_DIR "/fixtures/") + name, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    REQUIRE(!text.str().empty());
    return text.str();
}

std::multiset<std::string> fingerprints(const Ran& ran) {
    std::multiset<std::string> out;
    const auto json = nlohmann::json::parse(ran.out);
    for (const auto& f : json["findings"])
        out.insert(f["fingerprint"].get<std::string>() + " " + f["message"].get<std::string>());
    return out;
}

void same_findings(const Scratch& scratch, const std::string& paths) {
    const auto before = fingerprints(scratch.run("check " + paths + " --format json"));
    const Ran init = scratch.run("init " + paths);
    INFO(init.err);
    REQUIRE(init.status == 0);
    INFO(scratch.read("egresslint.toml"));
    const Ran with = scratch.run("check --format json");
    INFO(with.err);
    CHECK(fingerprints(with) == before);
    CHECK(fingerprints(scratch.run("check " + paths.substr(0, paths.find(" --")) + " --format json")) == before);
}

}  // namespace

TEST_CASE("a check finds the same with what init wrote", "[init]") {
    const Scratch scratch(
        {{"edge.nft", fixture("story/edge.nft")},
         {"edge.rules", fixture("story/edge.rules")},
         {"repaired.nft", fixture("story/edge-repaired.nft")},
         {"up.rules", fixture("cases/two-uplinks.rules")},
         {"addr.json", fixture("cases/two-uplinks.addr.json")},
         {"route.json", fixture("cases/two-uplinks.route.json")},
         {"guess.nft",
          "table ip fw {\n chain f {\n type filter hook forward priority 0; policy drop\n iifname \"lan0\" "
          "oifname \"wan0\" tcp dport 443 accept\n }\n}\n"}});
    SECTION("nft") { same_findings(scratch, "edge.nft"); }
    SECTION("iptables") { same_findings(scratch, "edge.rules"); }
    SECTION("clean") { same_findings(scratch, "repaired.nft"); }
    SECTION("dumps") { same_findings(scratch, "up.rules --addresses addr.json --routes route.json"); }
    SECTION("two devices") { same_findings(scratch, "edge.nft guess.nft"); }
    SECTION("a guess stays one") {
        same_findings(scratch, "guess.nft");
        CHECK(has(scratch.read("egresslint.toml"), "# external = [\"wan0\"]"));
        CHECK(has(scratch.read("egresslint.toml"), "guessed: "));
    }
}

TEST_CASE("init says why, and overwrites nothing", "[init]") {
    const Scratch scratch({{"edge.nft", fixture("story/edge.nft")}});
    const Ran shown = scratch.run("init edge.nft --stdout");
    CHECK(shown.status == 0);
    CHECK(has(shown.out, "[[mail_server]]\nname = \"10.20.0.25\"\naddress = [\"10.20.0.25\"]\n"));
    CHECK(
        has(shown.out, "# mail server 10.20.0.25: inbound tcp/25 to 198.51.100.5 is translated to it (edge.nft:72)\n"));
    CHECK(has(shown.out, "external = [\"wan0\"]\n"));
    CHECK(has(shown.out, "# outbound = [\"198.51.100.5\"]\n"));
    scratch.write("egresslint.toml", "# mine\n");
    CHECK(scratch.run("init edge.nft").status == 2);
    CHECK(scratch.read("egresslint.toml") == "# mine\n");
    CHECK(scratch.run("init edge.nft --force").status == 0);
    CHECK(scratch.read("egresslint.toml") == shown.out);
}

TEST_CASE("hostile names are quoted", "[init]") {
    const Scratch scratch({{"a\"b\\c.nft", fixture("story/edge.nft")}});
    const Ran ran = scratch.run("init 'a\"b\\c.nft'");
    INFO(ran.err);
    CHECK(ran.status == 0);
    CHECK(scratch.run("check --format json").status == 1);
}
