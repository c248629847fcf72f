// SPDX-License-Identifier: Apache-2.0
// The text: what is recognised, how UCI is read, what is reported.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "dialects/dialect.hpp"
#include "tests/dialects/openwrt/support.hpp"

namespace egresslint::test::openwrt {
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
const std::string block =
    " option src lan\n option dest wan\n option proto tcp\n option dest_port 25\n option target DROP\n";

}  // namespace

TEST_CASE("openwrt: recognised", "[openwrt][detect]") {
    CHECK(detected("config defaults\n\toption input 'REJECT'\n") == "openwrt");
    CHECK(detected("package firewall\n\nconfig zone 'lan'\n\toption name 'lan'\n") == "openwrt");
    CHECK(detected("config rule\n\toption name x\n\toption target DROP\n") == "openwrt");
    CHECK(detected("firewall.@zone[0]=zone\nfirewall.@zone[0].name='lan'\n") == "openwrt");
    CHECK(detected("config interface 'lan'\n\toption proto 'static'\n") == "openwrt-network");
    CHECK(detected("config rule\n\toption in lan\n\toption lookup 100\n") == "none");
    CHECK(detected("config system\n\toption hostname x\n") == "none");
    std::size_t own = 0;
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(EGRESSLINT_SOURCE_DIR) / "fixtures")) {
        if (!entry.is_regular_file() || entry.path().extension() == ".toml") continue;
        const bool mine = entry.path().string().find("/fixtures/openwrt/") != std::string::npos;
        INFO(entry.path().string());
        CHECK(detected(slurp(entry.path())).starts_with("openwrt") == mine);
        own += mine;
    }
    CHECK(own >= 4);
}

// Source: OpenWrt, "The UCI System", file syntax.
TEST_CASE("openwrt: UCI as files, exports and shows", "[openwrt][text]") {
    const char* packet = "br-lan tcp 10.0.0.25:40000 > 198.18.0.9:25";
    CHECK(traced("config rule\n" + block, packet) == "drop");
    CHECK(traced("config 'rule' \"x\" # a comment\r\n" + block, packet) == "drop");
    CHECK(traced("config rule; option src lan; option dest wan; option proto tcp; option dest_port 2'5'; "
                 "option target DROP\n",
                 packet) == "drop");
    // An option that is set twice is as it was set last; a list grows.
    CHECK(traced("config rule\n" + block + " option dest_port 26\n", packet) ==
          "accept eth1 203.0.113.2 > 198.18.0.9:25");
    CHECK(traced("config rule\n" + block + " list src_ip 10.0.0.9\n list src_ip 10.0.0.25\n", packet) == "drop");
    CHECK(traced("firewall.@rule[0]=rule\nfirewall.@rule[0].src='lan'\nfirewall.@rule[0].dest='wan'\n"
                 "firewall.@rule[0].proto='tcp'\nfirewall.@rule[0].dest_port='25'\nfirewall.@rule[0].src_ip='10.0.0.9' "
                 "'10.0.0.25'\nfirewall.@rule[0].target='DROP'\n",
                 packet) == "drop");
}

TEST_CASE("openwrt: a text that was cut is refused", "[openwrt][text]") {
    CHECK(read(zones + "config rule\n option name 'open\n").fatal());
    CHECK_FALSE(read(zones + "config rule\n option name 'closed'\n").fatal());
}

TEST_CASE("openwrt: what is not understood is said", "[openwrt]") {
    const auto says = [](const std::string& sections, const std::string& message) {
        const auto r = read(zones + sections + network);
        INFO(sections << "\n" << r.messages());
        CHECK_THAT(r.messages(), Catch::Contains(message));
    };
    says("config teleport\n", "config teleport is not understood");
    says("config rule\n option wormhole 1\n" + block, "option wormhole is not understood");
    says("config include\n option path /etc/firewall.user\n", "the include /etc/firewall.user is not read");
    says("config rule\n option src lan\n option target TELEPORT\n", "the target \"TELEPORT\" is not understood");
    says("config rule\n option target MARK\n option set_mark 1\n", "the target mark is not modelled");
    says("config rule\n option extra '-m owner'\n" + block, "extra arguments are not read");
    says("config rule\n option proto teleport\n option target DROP\n", "the protocol teleport is not known");
    says("config rule\n option src_ip teleport\n" + block, "\"teleport\" is no address that is understood");
    says("config nat\n option src wan\n option target SNAT\n option snat_ip lan\n",
         "\"lan\" is no address to translate to");
    says("package network\nconfig rule\n option in lan\n option lookup 100\n", "policy routing is not read");
    says("package mwan3\nconfig policy\n", "the package mwan3 is not read: it may filter, translate or route");
    says("config defaults\n option wormhole 1\n", "option wormhole is not understood");
    says("config redirect\n option src wan\n option proto tcp\n option dest_ip 10.0.0.9\n option dest_port smtp\n",
         "\"smtp\" is no port");
    says("package network\nconfig interface x\n option proto static\n option ip4table 100\n",
         "routes of other tables are not read");
    says("teleport\n", "\"teleport\" is no statement of UCI");
    CHECK(read(zones + network).messages().empty());
    // Without the network's file, which device a network is is not known.
    CHECK_THAT(read(zones).messages(), Catch::Contains("EL903"));
}

TEST_CASE("openwrt: secrets are blotted out", "[openwrt][secrets]") {
    const auto r =
        read(zones + network +
             "config interface vpn\n option proto wireguard\n option private_key 'SECRET01'\n"
             "config interface ppp\n option proto pppoe\n option password 'SECRET02'\n option pincode SECRET03\n"
             "package wireless\nconfig wifi-iface\n option key 'SECRET04'\n option sae_password \"SECRET05\"\n"
             "wireless.@wifi-iface[0]=wifi-iface\nwireless.@wifi-iface[0].key='SECRET06'\n");
    CHECK_FALSE(r.fatal());
    const std::string seen(r.sources.text(base::FileId(0)));
    CHECK_FALSE(seen.find("SECRET") != std::string::npos);
}

TEST_CASE("openwrt: interfaces that are aliases of each other", "[openwrt]") {
    CHECK_FALSE(
        read(zones +
             "package network\nconfig interface lan\n option device @wan\nconfig interface wan\n option device @lan\n")
            .fatal());
}

}  // namespace egresslint::test::openwrt
