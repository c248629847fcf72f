// SPDX-License-Identifier: Apache-2.0
// Large and hostile inputs: the short ways of the reader say what the long ones say, and work grows with the text. The
// bounds are of processor time and generous: what they catch is work that grows with the square.
#include <catch2/catch.hpp>
#include <ctime>

#include "support.hpp"

using namespace egresslint;
using namespace egresslint::test;

namespace {

const std::string head = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n";

/// Seconds of processor time until the text is read; the device goes to `out`.
double seconds_to_read(const std::string& text, ReadResult& out) {
    const auto begin = std::clock();
    out = read(text);
    return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
}
constexpr double bound = 10;

std::string host(unsigned i) {
    return "10." + std::to_string(i >> 16 & 255) + "." + std::to_string(i >> 8 & 255) + "." + std::to_string(i & 255);
}

}  // namespace

TEST_CASE("iptables: words are the same whether the grammar splits them or not") {
    // A quoted word sends a line through the grammar (grammars/iptables.hpp).
    const auto quoted = rule_text("-s \"10.0.0.1\" -p tcp -m tcp --dport 25 -j ACCEPT");
    CHECK(quoted == "src=10.0.0.1 proto=tcp dport=25 => accept");
    for (const std::string rule :
         {"-s 10.0.0.1 -p tcp -m tcp --dport 25 -j ACCEPT", "  -s   10.0.0.1\t-p tcp -m tcp\t\t--dport 25 -j ACCEPT",
          "-s 10.0.0.1/32 -p tcp -m tcp --dport 25 -j ACCEPT ", "-s 10.0.0.1 -p TCP -m tcp --dport=25 -jACCEPT"})
        CHECK(rule_text(rule) == quoted);
    // Spellings that the short way leaves to the long one.
    CHECK(rule_text("-s 10.0.0.0/0x8 -j DROP") == "src=10.0.0.0/8 => drop");
    CHECK(rule_text("-s 10.0.0.0/010 -j DROP") == "src=10.0.0.0/8 => drop");
    CHECK(rule_text("-s 10.0.0.0/255.0.0.0 -j DROP") == "src=10.0.0.0/8 => drop");
    CHECK(rule_text("-s 10.9.9.9/0 -j DROP") == "any => drop");
}

TEST_CASE("iptables: addresses say the IP version, not words in comments") {
    const auto result =
        read({{"rules", head + "-A FORWARD -m comment --comment \"icmpv6 is dropped elsewhere\" -j DROP\n"
                               "-A FORWARD -s 10.0.0.25/32 -j ACCEPT\nCOMMIT\n"}});
    REQUIRE(result.devices.size() == 1);
    CHECK(result.devices[0].filters_v4);
    CHECK_FALSE(result.devices[0].filters_v6);
    CHECK(result.messages() == "");
}

TEST_CASE("iptables: an option goes to the last match of its kind, however often kinds are loaded") {
    CHECK(rule_text("-p tcp -m tcp --dport 25 -m comment --comment x -m tcp --sport 99 -j DROP") ==
          "proto=tcp dport=25 sport=99 => drop");
    ReadResult result;
    std::string rule;
    for (unsigned i = 0; i < 50'000; ++i) rule += " -m foo" + std::to_string(i) + " --bar " + std::to_string(i);
    CHECK(seconds_to_read(head + "-A FORWARD" + rule + " -j ACCEPT\nCOMMIT\n", result) < bound);
    REQUIRE(result.devices.size() == 1);
    CHECK(result.devices[0].predicates.size() == 50'000);
}

TEST_CASE("iptables: a set of many members is read once for all rules that match on it") {
    std::string rules, members;
    for (unsigned i = 0; i < 5'000; ++i)
        rules += "-A FORWARD -d " + host(i) + "/32 -m set --match-set big src -j DROP\n";
    for (unsigned i = 0; i < 50'000; ++i) members += "add big " + host(i * 3) + "\n";
    ReadResult result;
    CHECK(seconds_to_read(head + rules + "COMMIT\ncreate big hash:ip family inet\n" + members, result) < bound);
    REQUIRE(result.devices.size() == 1);
    CHECK(result.messages() == "");
    // What is missing is said at each use all the same.
    const auto missing = read(head +
                              "-A FORWARD -m set --match-set gone src -j DROP\n"
                              "-A FORWARD -m set --match-set gone src -j ACCEPT\nCOMMIT\n");
    CHECK(missing.diagnostics.size() == 3);  // one of them: nothing says the IP version
}

TEST_CASE("iptables: as many pools as rules") {
    std::string rules;
    for (unsigned i = 0; i < 50'000; ++i)
        rules += "-A POSTROUTING -s " + host(i) + " -j SNAT --to-source " + host(i) + "-" + host(i + 7) + "\n";
    ReadResult result;
    CHECK(seconds_to_read("*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n" + rules + "COMMIT\n", result) <
          bound);
    REQUIRE(result.devices.size() == 1);
    CHECK(result.devices[0].choices.size() == 50'000);
}

TEST_CASE("iptables: rules are deleted as written, quotes and blanks aside") {
    const auto left = [](const std::string& rules) {
        const auto result = read(head + rules + "COMMIT\n");
        return result.devices.empty() ? std::string("none") : chain_text(result.devices[0], "filter FORWARD");
    };
    const std::string both = "-A FORWARD -s 10.0.0.1 -j ACCEPT\n-A FORWARD -s 10.0.0.12 -j DROP\n";
    CHECK(left(both + "-D FORWARD -s   10.0.0.1  -j ACCEPT\n") == "src=10.0.0.12 => drop");
    CHECK(left(both + "-D FORWARD -s \"10.0.0.1\" -j ACCEPT\n") == "src=10.0.0.12 => drop");
    CHECK(left(both + "-D FORWARD -s 10.0.0.12 -j DROP\n") == "src=10.0.0.1 => accept");
    CHECK(left("-A FORWARD -s \"10.0.0.1\" -j ACCEPT\n-D FORWARD -s 10.0.0.1 -j ACCEPT\n") == "");
    // A beginning is not the whole.
    CHECK(left("-A FORWARD -s 10.0.0.1 -j ACCEPT\n-D FORWARD -s 10.0.0.1\n") == "src=10.0.0.1 => accept");
    CHECK(left("-A FORWARD -s 10.0.0.1\n-D FORWARD -s 10.0.0.1 -j ACCEPT\n") == "src=10.0.0.1 => continue");
}
