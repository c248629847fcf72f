// SPDX-License-Identifier: Apache-2.0
// The text: what is recognised, how words and lines are read, what is reported.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/dialects/pf/support.hpp"

namespace egresslint::test::pf {
namespace {

namespace fs = std::filesystem;

std::string slurp(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}
std::string_view detected(std::string_view text) {
    const auto d = dialects::detect(text);
    return d.dialect == nullptr ? std::string_view("none") : d.dialect->name;
}
std::string filter_in(const std::string& text) {
    auto r = read(text);
    if (r.devices.empty()) return r.messages();
    std::string out = chain_text(r.devices[0], "filter in");
    // Without what stands at the end of every chain.
    for (const std::string_view end : {"any => settle", "any => accept"})
        if (const auto at = out.rfind(end); at != std::string::npos) out.erase(at == 0 ? 0 : at - 1);
    return out;
}

}  // namespace

TEST_CASE("pf: recognised", "[pf][detect]") {
    CHECK(detected("set skip on lo\nblock all\npass out\n") == "pf");
    CHECK(detected("ext_if=\"em0\"\nnat on $ext_if from 10.0.0.0/8 -> ($ext_if)\npass in all\n") == "pf");
    CHECK(detected("block drop in all\npass out all flags S/SA keep state\n") == "pf");
    CHECK(detected("match out on egress inet from any to any nat-to (egress:0)\nblock log\n") == "pf");
    // IP Filter's rules look alike.
    CHECK(
        detected("block in log quick on fxp0 all head 100\npass in quick proto tcp/udp from any to any group 100\n") !=
        "pf");
    CHECK(detected("block in quick all with short\npass in all\npass out all\n") != "pf");
    std::size_t own = 0;
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(EGRESSLINT_SOURCE_DIR) / "fixtures")) {
        if (!entry.is_regular_file() || entry.path().extension() == ".toml") continue;
        const bool mine = entry.path().string().find("/fixtures/pf/") != std::string::npos;
        INFO(entry.path().string());
        CHECK((detected(slurp(entry.path())) == "pf") == mine);
        own += mine;
    }
    CHECK(own >= 4);
}

TEST_CASE("pf: lines, lists, macros and comments", "[pf][text]") {
    const std::string drop = "src=10.0.0.5 => ~> drop";
    CHECK(filter_in("block in from 10.0.0.5\n") == drop);
    CHECK(filter_in("block in \\\n\tfrom 10.0.0.5 # to 10.0.0.6\n") == drop);
    CHECK(filter_in("block in from {\n\t10.0.0.5 # the old one\n}\n") == drop);
    CHECK(filter_in("h = \"10.0.0.5\"\nblock in from $h\n") == drop);
    CHECK(filter_in("if = em1\nblock in on $if from $if:network") == filter_in("block in on em1 from em1:network\n"));
    CHECK(filter_in("block in from 10.0.0.5 label \"a { b\"\n") == drop);
    CHECK(filter_in("block in log (all, to pflog1) from 10.0.0.5\n") == "src=10.0.0.5 => log; ~> drop");
}

TEST_CASE("pf: a text that was cut is refused", "[pf][text]") {
    for (const std::string text : {"block in from { 10.0.0.5,\npass in\n", "pass in label \"open\nblock\n",
                                   "anchor x {\n\tblock in\n", "block in from $nobody\n"}) {
        INFO(text);
        CHECK(read(text).fatal());
    }
}

TEST_CASE("pf: what is not understood is said", "[pf]") {
    const auto says = [](const std::string& text, const std::string& message) {
        const auto r = read(text);
        INFO(text << "\n" << r.messages());
        CHECK_THAT(r.messages(), Catch::Contains(message));
    };
    says("pass in teleport 3\n", "EL901 pf.conf:1:9 \"teleport 3\" is not understood");
    says("pass in rtable 2\n", "\"rtable 2\" is not understood");
    says("pass in divert-to 127.0.0.1 port 25\n", "\"divert-to 127.0.0.1 port 25\" is not understood");
    says("frobnicate all\n", "\"frobnicate\" begins no statement of pf.conf");
    says("include \"/etc/pf.mail\"\npass\n", "EL903 pf.conf:1:1 what this file includes is not read");
    says("anchor \"relayd/*\"\npass\n", "EL903 pf.conf:1:1 the rules of the anchor relayd/* are not in this file");
    says("match on em0 from { 10.0.0.1 10.0.0.2 } binat-to 203.0.113.1\n",
         "binat-to of several addresses is not understood");
    says("binat on em0 from 10.0.0.0/24 to any -> 203.0.113.1\n",
         "binat wants two addresses or two networks of one size");
    says("pass in on em1 route-to 198.51.100.1\n", "by which interface route-to 198.51.100.1 leaves is not known");
    says("pass in proto teleport\n", "the protocol teleport is not known");
    // A doubt of one rule is a predicate.
    const auto r = read("pass in teleport 3\n");
    REQUIRE(r.diagnostics.size() == 1);
    CHECK(r.diagnostics[0].predicate >= 0);
    CHECK(read("set timeout interval 10\nset limit { states 1000, frags 100 }\nscrub in all\nqueue std on em0 "
               "bandwidth 1G\n"
               "pass in set prio 5 queue (std, ack) label x\n")
              .messages()
              .empty());
}

TEST_CASE("pf: interface groups may hold what has a name of its own", "[pf]") {
    // Which interfaces are in `egress` is not said here; em1 may be one.
    CHECK_THAT(filter_in("block in on egress\npass in on em1\n"),
               Catch::Contains("whether em1 is in the interface group egress"));
    // The group of a driver holds what it makes.
    CHECK_THAT(filter_in("block in on lo\npass in on em1\n"), !Catch::Contains("whether"));
}

}  // namespace egresslint::test::pf
