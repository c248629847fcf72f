// SPDX-License-Identifier: Apache-2.0
// The readers agree: what people write, what `nft list ruleset` prints of it, what `nft -j list ruleset` prints of it
// and what egresslint-nft gives (--via-kernel) are one flow table. On the hand-written rulesets of fixtures/ and on
// generated ones; tests/corpus/run does the same on a corpus. Needs namespaces: loud skip.
//
// EGRESSLINT_READERS_SEED and EGRESSLINT_READERS_RULESETS ask for others or more.
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/io.hpp"
#include "command.hpp"
#include "compare.hpp"
#include "enter.hpp"
#include "generate_nft.hpp"

namespace {

namespace fs = std::filesystem;
using namespace egresslint;
using kernel::run;

std::size_t from_environment(const char* name, std::size_t otherwise) {
    const char* text = std::getenv(name);
    return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

const std::vector<std::string> interfaces{"lan0", "dmz0", "wan0", "wan1"};

struct Counts {
    std::size_t rulesets = 0, refused = 0, ends = 0, narrowed = 0;
};

/// Loads `text`, which came from `path`, and holds every reading against the text's own.
void examine(const std::string& path, const std::string& text, Counts& counts) {
    run({"nft", "flush", "ruleset"});
    const auto loaded = run({"nft", "-f", "-"}, text);
    if (loaded.status != 0) {
        ++counts.refused;
        std::printf("%s: %s\n", path.c_str(), loaded.error.c_str());
        return;
    }
    ++counts.rulesets;
    std::vector<std::string> helper{EGRESSLINT_NFT, "via-kernel"};
    for (const auto& name : interfaces) helper.insert(helper.end(), {"--interface", name});
    const std::pair<const char*, kernel::Finished> others[] = {{"listing", run({"nft", "list", "ruleset"})},
                                                               {"JSON", run({"nft", "-j", "list", "ruleset"})},
                                                               {"via-kernel", run(helper, text)}};
    run({"nft", "flush", "ruleset"});
    const auto written = readers::read(path, text);
    INFO(path << "\n" << text);
    REQUIRE(written->refused == "");
    for (const auto& [name, finished] : others) {
        INFO(name << ":\n" << finished.output << finished.error);
        REQUIRE(finished.status == 0);
        const auto reading = readers::read(name, finished.output);
        REQUIRE(reading->refused == "");
        const auto found = readers::compare(written->device, reading->device);
        CHECK(found.difference == "");
        counts.ends += found.rows;
        counts.narrowed += found.scope != readers::Comparison::Scope::all ? 1 : 0;
    }
}

std::string generated(std::uint64_t seed) {
    kernel::Dice dice(seed);
    return kernel::NftGenerator(dice).ruleset().nft_text();
}

void report(const char* what, const Counts& counts) {
    std::printf("readers: %zu %s rulesets (%zu refused by nft), %zu ends compared, %zu comparisons not of all flows\n",
                counts.rulesets, what, counts.refused, counts.ends, counts.narrowed);
}

}  // namespace

TEST_CASE("hand-written rulesets: every reader gives the same flow table", "[readers]") {
    Counts counts;
    for (const auto& entry : fs::recursive_directory_iterator(EGRESSLINT_SOURCE_DIR "/fixtures")) {
        if (entry.path().extension() != ".nft") continue;
        const auto text = base::read_file(entry.path().string());
        REQUIRE(text);
        examine(entry.path().string(), *text, counts);
    }
    report("hand-written", counts);
    CHECK(counts.rulesets >= 3);
    CHECK(counts.refused == 0);
}

TEST_CASE("what nft's JSON has no words for", "[readers]") {
    // Measured with nft 1.0.6: these statements come as strings of text, or keep their meaning in one place only.
    Counts counts;
    const std::string head =
        "table ip t {\n counter hits { }\n map m { type ipv4_addr : mark; flags timeout,dynamic; }\n"
        " ct helper sip { type \"sip\" protocol udp; }\n"
        " chain c {\n type filter hook forward priority 0; policy drop;\n ";
    for (const char* rule : {"tcp dport 25 jump {\n ip saddr 192.0.2.1 accept\n ip daddr 192.0.2.2 drop\n }\n accept",
                             "tcp dport 25 goto {\n ip saddr 192.0.2.1 accept\n }\n accept",
                             "udp dport 53 jump {\n return\n }\n tcp dport 25 jump {\n accept\n }",
                             "update @m { ip saddr timeout 5s : 0x2 } tcp dport 25 accept",
                             "ct helper set udp dport map { 5060 : \"sip\" } ip saddr 192.0.2.1 accept",
                             "ct helper set udp dport map { 5060 : \"sip\" }\n accept",
                             "counter name tcp dport map { 25 : \"hits\" } accept",
                             "ip saddr 192.0.2.1 meta mark set ip daddr map { 192.0.2.7 : 1 } accept",
                             "ether saddr 00:00:5E:00:53:0A meta iifkind \"ipip\" accept"}) {
        examine("JSON", head + rule + "\n }\n}\n", counts);
    }
    CHECK(counts.refused == 0);
}

TEST_CASE("generated rulesets: every reader gives the same flow table", "[readers]") {
    Counts counts;
    const auto first = from_environment("EGRESSLINT_READERS_SEED", 1);
    const auto rulesets = from_environment("EGRESSLINT_READERS_RULESETS", 12);
    for (std::size_t seed = first; seed < first + rulesets; ++seed)
        examine("seed " + std::to_string(seed), generated(seed), counts);
    report("generated", counts);
    CHECK(counts.refused * 10 <= rulesets);
}

#ifdef EGRESSLINT_GENERATOR
TEST_CASE("an office as the benchmarks have it: every reader gives the same flow table", "[readers]") {
    Counts counts;
    for (const char* seed : {"1", "2"})
        examine("office", run({EGRESSLINT_GENERATOR, "nft", "300", seed}).output, counts);
    report("office", counts);
    CHECK(counts.refused == 0);
}
#endif

TEST_CASE("two rulesets that differ in one flow are told apart", "[readers]") {
    // The comparison itself must be able to fail: a port, an address, a translation, an unknown.
    const std::string text =
        "table ip t {\n chain f {\n type filter hook forward priority 0; policy drop;\n tcp dport 25 ip saddr "
        "192.0.2.0/24 "
        "accept\n meta length 100 udp dport 53 accept\n }\n chain s {\n type nat hook postrouting priority 100;\n "
        "oifname wan0 "
        "snat to 198.51.100.2\n }\n}\n";
    const auto whole = readers::read("a", text);
    REQUIRE(whole->refused == "");
    CHECK(readers::compare(whole->device, readers::read("b", text)->device).difference == "");
    for (const auto& [from, to] : {std::pair{"dport 25", "dport 26"}, std::pair{"192.0.2.0/24", "192.0.2.0/25"},
                                   std::pair{"100.2", "100.3"}, std::pair{"length 100", "length 101"},
                                   std::pair{"wan0", "wan1"}, std::pair{"policy drop", "policy accept"}}) {
        auto other = text;
        other.replace(other.find(from), std::string(from).size(), to);
        INFO(other);
        CHECK(readers::compare(whole->device, readers::read("b", other)->device).difference != "");
    }
}

int main(int argc, char** argv) {
    if (const std::string reason = kernel::enter_namespaces(); !reason.empty()) {
        std::fprintf(stderr, "SKIPPED: namespaces are denied here (%s)\n", reason.c_str());
        return kernel::skipped;
    }
    if (!kernel::have("nft")) {
        std::fprintf(stderr, "SKIPPED: nft is not installed\n");
        return kernel::skipped;
    }
    // Rulesets that name an interface by index need it to exist.
    for (const auto& name : interfaces)
        if (run({"ip", "link", "add", name, "type", "dummy"}).status != 0 &&
            run({"ip", "link", "add", name, "type", "veth", "peer", "name", name + "p"}).status != 0)
            std::fprintf(stderr, "no interface %s could be made; rulesets that name it by index do not load\n",
                         name.c_str());
    return Catch::Session().run(argc, argv);
}
