// SPDX-License-Identifier: Apache-2.0
// The text of an export: what is recognised, how words and lines are read, what is reported, and secrets.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "model/print.hpp"
#include "tests/dialects/routeros/support.hpp"

namespace egresslint::test::routeros {
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
std::string forward(const std::string& rules) {
    auto r = read("/ip firewall filter\n" + rules);
    return r.devices.empty() ? r.messages() : chain_text(r.devices[0], "ip firewall filter forward");
}

}  // namespace

TEST_CASE("RouterOS: recognised", "[routeros][detect]") {
    CHECK(detected("# jan/02/1970 00:00:11 by RouterOS 6.49.10\n# software id = \n/interface bridge\nadd name=b\n") ==
          "routeros");
    CHECK(detected("/ip firewall nat\nadd chain=srcnat action=masquerade\n") == "routeros");
    CHECK(detected("/ip firewall nat add chain=srcnat action=masquerade out-interface=wan\n") == "routeros");
    CHECK(detected("/ip/firewall/nat/add chain=srcnat action=masquerade\n") == "routeros");
    CHECK(detected("ip address 10.0.0.1 255.255.255.0\nip route 0.0.0.0 0.0.0.0 10.0.0.254\n") != "routeros");
    CHECK(detected("#!/bin/sh\n/sbin/ip addr add 10.0.0.1/24 dev eth0\n/ip link\n") != "routeros");
    std::size_t own = 0;
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(EGRESSLINT_SOURCE_DIR) / "fixtures")) {
        if (!entry.is_regular_file() || entry.path().extension() == ".toml") continue;
        const bool mine = entry.path().string().find("/fixtures/routeros/") != std::string::npos;
        INFO(entry.path().string());
        CHECK((detected(slurp(entry.path())) == "routeros") == mine);
        own += mine;
    }
    CHECK(own >= 3);
}

// Source: "Scripting" (Line Structure; Strings and escape sequences), help.mikrotik.com.
TEST_CASE("RouterOS: lines, words and strings", "[routeros][text]") {
    const std::string drop = "src=10.0.0.5 => drop";
    CHECK(forward("add chain=forward action=drop src-address=10.0.0.5\n") == drop);
    CHECK(forward("add chain=forward \\\n    action=drop src-address=10.0.0.5\n") == drop);
    CHECK(forward("add chain=forward action=drop src-addr\\\n    ess=10.0.0.5\r\n") == drop);
    CHECK(forward("add chain=\"forward\" action=drop comment=\"a; b \\\"c\\\" \\\n    d\" src-address=10.0.0.5\n") ==
          drop);
    CHECK(forward("# add chain=forward\nadd chain=forward action=drop src-address=10.0.0.5; add chain=input\n") ==
          drop);
    CHECK(forward("/ip/firewall/filter/add chain=forward action=drop src-address=10.0.0.5\n") == drop);
    CHECK(forward("/ip firewall filter add chain=forward action=drop src-address=10.0.0.5\n") == drop);
    CHECK(forward("add chain=forward action=drop !dst-limit src-address=10.0.0.5\n") == drop);
    // A menu with a command does not become the place where one is.
    CHECK(forward("/system identity set name=x\nadd chain=forward action=drop src-address=10.0.0.5\n") == drop);
    CHECK(forward("add chain=forward disabled=yes action=drop\n") == "(inactive) any => drop");
}

TEST_CASE("RouterOS: a text that was cut is refused", "[routeros][text]") {
    for (const std::string text :
         {"/ip firewall filter\nadd chain=forward comment=\"open\nadd action=drop chain=forward\n",
          "/ip firewall filter\nset [ find default-name=ether1 name=x\n"}) {
        const auto r = read(text);
        INFO(text);
        CHECK(r.fatal());
        CHECK_THAT(r.messages(), Catch::Contains("the text is cut"));
    }
}

TEST_CASE("RouterOS: what is not understood is said", "[routeros]") {
    const auto says = [](const std::string& text, const std::string& message) {
        const auto r = read(text);
        INFO(text << "\n" << r.messages());
        CHECK_THAT(r.messages(), Catch::Contains(message));
    };
    const std::string f = "/ip firewall filter\n";
    says(f + "add chain=forward action=teleport\n", "EL901 office.rsc:2:19 the action teleport is not understood");
    says(f + "add chain=forward action=drop new-matcher=7\n", "EL901 office.rsc:2:31 new-matcher is not understood");
    says(f + "add chain=forward action=drop src-address=tower\n", "src-address=tower is not understood");
    says(f + "add chain=forward action=drop connection-state=odd\n", "connection-state=odd is not understood");
    says(f + "add chain=forward action=drop place-before=3\n", "where place-before puts this rule is not known");
    says(f + "move 3 0\n", "/ip firewall filter move is not understood");
    says("/ip firewall nat\nadd chain=srcnat action=src-nat to-addresses=tower\n",
         "the action src-nat is not understood");
    says("/interface bridge filter\nadd action=drop chain=forward\n", "/interface bridge filter add is not understood");
    says("/ip hotspot\nadd interface=lan name=h\n", "/ip hotspot add is not understood");
    says("/ip firewall connection tracking\nset enabled=no\n", "connection tracking is switched off");
    says("/ip firewall filter\n:if ([/ip route find]) do={ /ip firewall filter add chain=forward }\n",
         "the script command :if is not run");
    says("/teleport\nset enabled=yes\n", "/teleport set is not understood");
    // What only some packets of a rule may be is a doubt of that rule, not of everything.
    const auto r = read(f + "add chain=forward action=drop new-matcher=7\n");
    REQUIRE(r.diagnostics.size() == 1);
    CHECK(r.diagnostics[0].predicate >= 0);
    // Menus that decide nothing are silent.
    CHECK(read("/ip dns\nset servers=9.9.9.9\n/system clock\nset time-zone-name=UTC\n/queue simple\nadd name=q\n" + f +
               "add chain=forward\n")
              .messages()
              .empty());
}

TEST_CASE("RouterOS: chains that jump in a circle are refused", "[routeros]") {
    const auto r = read(
        "/ip firewall filter\nadd action=jump chain=forward jump-target=a\nadd action=jump chain=a jump-target=b\nadd "
        "action=jump chain=b jump-target=a\n");
    CHECK(r.fatal());
    CHECK_THAT(r.messages(), Catch::Contains("jumps to itself"));
}

TEST_CASE("RouterOS: what refers to nothing is known", "[routeros]") {
    const auto r = read(
        "/ip firewall filter\nadd action=drop chain=forward src-address-list=nobody\nadd action=jump chain=forward "
        "jump-target=nowhere\nadd action=drop chain=forward in-interface-list=NONE-SUCH\n");
    REQUIRE(r.devices.size() == 1);
    std::string undefined;
    for (const auto& object : r.devices[0].objects)
        if (object.state == model::ObjectState::undefined) undefined += object.kind + " " + object.name + "; ";
    CHECK(undefined == "address list nobody; chain ip firewall filter nowhere; interface list NONE-SUCH; ");
    CHECK(chain_text(r.devices[0], "ip firewall filter forward") == "none => drop\nany => continue\nnone => drop");
}

TEST_CASE("RouterOS: addresses and routes are known only where all of them are stated", "[routeros]") {
    const auto known = [](const std::string& more) {
        const auto r = read(office() + more);
        REQUIRE(r.devices.size() == 1);
        return std::string(r.devices[0].addresses_known ? "addresses " : "") +
               (r.devices[0].routes_known ? "routes" : "");
    };
    CHECK(known("") == "addresses routes");
    CHECK(known("/ip dhcp-client\nadd interface=wan2\n") == "routes");
    CHECK(known("/ip dhcp-client\nadd disabled=yes interface=wan2\n") == "addresses routes");
    CHECK(known("/interface pppoe-client\nadd interface=wan2 name=pppoe-out1\n") == "routes");
    CHECK(known("/routing ospf instance\nadd name=o\n") == "addresses ");
    // Part of an export: nobody knows what else there is.
    const auto part = read("/ip address\nadd address=10.0.0.1/24 interface=lan\n/ip route\nadd gateway=10.0.0.254\n");
    CHECK_FALSE(part.devices[0].addresses_known);
    CHECK_FALSE(part.devices[0].routes_known);
}

TEST_CASE("RouterOS: secrets are blotted out", "[routeros][secrets]") {
    const std::string text = slurp(fs::path(EGRESSLINT_SOURCE_DIR) / "fixtures/routeros/secrets.rsc");
    REQUIRE(text.find("planted") != std::string::npos);
    auto r = read(text);
    REQUIRE(r.devices.size() == 1);
    CHECK(std::string(r.sources.text(base::FileId(0))).find("planted") == std::string::npos);
    CHECK(r.sources.raw(base::FileId(0)) == text);
    CHECK(r.messages().find("planted") == std::string::npos);
    model::resolve(r.devices[0], r.diagnostics);
    CHECK(model::print(r.devices[0], &r.sources).find("planted") == std::string::npos);
    CHECK(model::to_json(r.devices[0], r.sources).dump().find("planted") == std::string::npos);
}

}  // namespace egresslint::test::routeros
