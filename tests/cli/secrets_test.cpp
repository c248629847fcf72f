// SPDX-License-Identifier: Apache-2.0
// Configurations hold passwords, keys and communities: no command prints one.
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "program.hpp"

using egresslint::tests::Ran;
using egresslint::tests::Scratch;

namespace {

std::string fixture(const std::string& path) {
    std::ifstream in(std::string(EGRESSLINT_SOURCE_DIR) + "/fixtures/" + path, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

}  // namespace

TEST_CASE("planted secrets of a FortiGate appear nowhere", "[secrets]") {
    const std::string text = fixture("fortios/secrets.conf");
    REQUIRE(text.find("planted") != std::string::npos);
    const Scratch scratch(
        {{"fw.conf", text},
         {"broken.conf", text + "config user local\n    edit \"x\"\n        set passwd \"plantedAtTheEnd\n"},
         {"packets", R"({"in":"lan","src":"10.0.0.25","dst":"198.18.0.9","proto":"tcp","sport":40000,"dport":25})"
                     "\n"}});
    for (const char* command :
         {"audit fw.conf", "audit fw.conf --format json", "audit fw.conf --format sarif", "audit fw.conf --diff",
          "check fw.conf", "egress fw.conf", "model fw.conf --format text", "model fw.conf", "matrix fw.conf",
          "trace fw.conf --packets packets", "trace fw.conf --packets packets --format jsonl",
          "query 'src in 10.0.0.25 and accepted' fw.conf", "init fw.conf --stdout", "audit broken.conf",
          "audit broken.conf --format json"}) {
        const Ran ran = scratch.run(command);
        INFO(command);
        CHECK_FALSE((ran.out + ran.err).empty());
        CHECK((ran.out + ran.err).find("planted") == std::string::npos);
    }
    // What a fix writes back holds them as before.
    CHECK(scratch.run("audit fw.conf --fix").err.find("planted") == std::string::npos);
    const std::string fixed = scratch.read("fw.conf");
    CHECK(fixed != text);
    for (const char* secret : {"plantedTacacsKey", "plantedKeyLineTwo", "plantedCommunity", "plantedPsk"})
        CHECK(fixed.find(secret) != std::string::npos);
}

TEST_CASE("planted secrets of an ASA appear nowhere", "[secrets]") {
    const std::string text = fixture("asa/secrets.cfg");
    REQUIRE(text.find("planted") != std::string::npos);
    const Scratch scratch(
        {{"fw.cfg", text},
         {"packets", R"({"in":"inside","src":"10.0.0.25","dst":"198.18.0.9","proto":"tcp","sport":40000,"dport":25})"
                     "\n"}});
    for (const char* command :
         {"audit fw.cfg", "audit fw.cfg --format json", "audit fw.cfg --format sarif", "audit fw.cfg --diff",
          "check fw.cfg", "egress fw.cfg", "model fw.cfg --format text", "model fw.cfg", "matrix fw.cfg",
          "trace fw.cfg --packets packets", "trace fw.cfg --packets packets --format jsonl",
          "query 'src in 10.0.0.25 and accepted' fw.cfg", "init fw.cfg --stdout"}) {
        const Ran ran = scratch.run(command);
        INFO(command);
        CHECK_FALSE((ran.out + ran.err).empty());
        CHECK((ran.out + ran.err).find("planted") == std::string::npos);
        CHECK((ran.out + ran.err).find("deadbeef") == std::string::npos);
    }
    // What a fix writes back holds them as before.
    CHECK(scratch.run("audit fw.cfg --fix").err.find("planted") == std::string::npos);
    const std::string fixed = scratch.read("fw.cfg");
    CHECK(fixed != text);
    for (const char* secret : {"plantedEnable", "plantedPsk2", "plantedUrl", "plantedFailover"})
        CHECK(fixed.find(secret) != std::string::npos);
}
