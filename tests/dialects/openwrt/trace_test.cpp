// SPDX-License-Identifier: Apache-2.0
// What becomes of a packet. Sources: OpenWrt, "Firewall configuration /etc/config/firewall" (section named), and
// firewall4 itself: what its fw4.uc (function named) and templates/ruleset.uc write for nftables.
#include <catch2/catch.hpp>

#include "tests/dialects/openwrt/support.hpp"

namespace egresslint::test::openwrt {
namespace {

struct Case {
    const char* what;
    const char* source;
    std::string sections;
    const char* packet;
    const char* answer;
};

void run(const std::vector<Case>& cases) {
    for (const auto& c : cases) {
        INFO(c.what << " (" << c.source << ")\n" << c.sections << read(zones + c.sections + network).messages());
        CHECK(traced(c.sections, c.packet) == c.answer);
    }
}

constexpr const char* mail_out = "br-lan tcp 10.0.0.25:40000 > 198.18.0.9:25";
constexpr const char* web_out = "br-lan tcp 10.0.0.99:40000 > 198.18.0.9:443";
constexpr const char* mail_in = "eth1 tcp 198.18.0.9:40000 > 203.0.113.5:25";
constexpr const char* masqueraded = "accept eth1 203.0.113.2 > 198.18.0.9:25";

std::string rule(const std::string& options) { return "config rule\n" + options; }
const std::string lan_to_wan = " option src lan\n option dest wan\n";
const std::string port_25 = " option proto tcp\n option dest_port 25\n";
const std::string mail_map =
    "config redirect\n option src wan\n option dest lan\n option src_dip 203.0.113.5\n option proto tcp\n"
    " option src_dport 25\n option dest_ip 10.0.0.25\n";
const std::string mail_nat =
    "config nat\n option src wan\n option src_ip 10.0.0.25\n option target SNAT\n option snat_ip 203.0.113.5\n";

}  // namespace

TEST_CASE("openwrt: zones and forwardings", "[openwrt][trace]") {
    run({
        {"a forwarding lets lan out, masqueraded", "Zones, masq; Forwardings", "", mail_out, masqueraded},
        {"no forwarding: the zone's forward policy does not reach other zones, the default does", "Zones, forward", "",
         "eth2 tcp 10.0.9.9:40000 > 198.18.0.9:25", "reject"},
        {"forward ACCEPT is between interfaces of the zone", "Zones, forward", "",
         "br-lan tcp 10.0.0.9:40000 > 10.0.9.9:25", "reject"},
        {"a disabled forwarding", "fw4.uc, parse_forwarding",
         "config forwarding\n option src dmz\n option dest wan\n option enabled 0\n",
         "eth2 tcp 10.0.9.9:40000 > 198.18.0.9:25", "reject"},
        {"a forwarding from every zone", "fw4.uc, parse_forwarding",
         "config forwarding\n option src '*'\n option dest wan\n", "eth2 tcp 10.0.9.9:40000 > 198.18.0.9:25",
         "accept eth1 203.0.113.2 > 198.18.0.9:25"},
        {"a forwarding of one IP version", "Forwardings, family",
         "config forwarding\n option src dmz\n option dest wan\n option family ipv6\n",
         "eth2 tcp 10.0.9.9:40000 > 198.18.0.9:25", "reject"},
        {"a zone that is not there leaves its forwarding out", "fw4.uc, parse_forwarding",
         "config forwarding\n option src dmz\n option dest nowhere\n", "eth2 tcp 10.0.9.9:40000 > 198.18.0.9:25",
         "reject"},
        {"input of a zone", "Zones, input", "", "eth1 tcp 198.18.0.9:40000 > 203.0.113.2:22", "drop"},
        {"more first packets than the rate are dropped", "Defaults, synflood_protect",
         "config defaults\n option input REJECT\n option output ACCEPT\n option forward REJECT\n option syn_flood 1\n",
         "br-lan tcp 10.0.0.9:40000 > 10.0.0.1:22", "unknown"},
        {"input of lan", "Zones, input", "", "br-lan tcp 10.0.0.9:40000 > 10.0.0.1:22",
         "accept self 10.0.0.9 > 10.0.0.1:22"},
        {"masquerading is IPv4's", "Zones, masq and masq6", "", "br-lan tcp fd00:a::25:40000 > 2001:db8:99::9:25",
         "accept eth1 fd00:a::25 > 2001:db8:99::9:25"},
    });
}

TEST_CASE("openwrt: rules", "[openwrt][trace]") {
    run({
        {"with src and dest it is about forwarding", "Rules", rule(lan_to_wan + port_25 + " option target REJECT\n"),
         mail_out, "reject"},
        {"with src alone it is about the router itself", "Rules",
         rule(" option src lan\n" + port_25 + " option target REJECT\n"), mail_out, masqueraded},
        {"… which it does refuse", "Rules", rule(" option src lan\n" + port_25 + " option target REJECT\n"),
         "br-lan tcp 10.0.0.9:40000 > 10.0.0.1:25", "reject"},
        {"dest '*' is every zone", "Rules",
         rule(" option src lan\n option dest '*'\n" + port_25 + " option target DROP\n"), mail_out, "drop"},
        {"src '*' is every zone", "Rules",
         rule(" option src '*'\n option dest wan\n" + port_25 + " option target DROP\n"), mail_out, "drop"},
        {"rules come before forwardings, wherever they stand", "ruleset.uc, forward_ZONE",
         "config forwarding\n option src lan\n option dest dmz\n" +
             rule(lan_to_wan + port_25 + " option target DROP\n"),
         mail_out, "drop"},
        {"the first rule that matches decides", "ruleset.uc, forward_ZONE",
         rule(lan_to_wan + port_25 + " option src_ip 10.0.0.25\n option target ACCEPT\n") +
             rule(lan_to_wan + port_25 + " option target DROP\n"),
         mail_out, masqueraded},
        {"tcp and udp unless stated", "Rules, proto", rule(lan_to_wan + " option dest_port 25\n option target DROP\n"),
         mail_out, "drop"},
        {"… and no other protocol", "Rules, proto", rule(lan_to_wan + " option target DROP\n"),
         "br-lan icmp 10.0.0.25:0 > 198.18.0.9:0", "accept eth1 203.0.113.2 > 198.18.0.9:0"},
        {"proto all", "Rules, proto", rule(lan_to_wan + " option proto all\n option target DROP\n"),
         "br-lan icmp 10.0.0.25:0 > 198.18.0.9:0", "drop"},
        {"ports of a protocol that has none: left out by fw4", "fw4.uc, parse_rule",
         rule(lan_to_wan + " option proto all\n option dest_port 25\n option target DROP\n"), web_out, "unknown"},
        {"lists of ports and ranges", "Rules, dest_port",
         rule(lan_to_wan + " option proto tcp\n option dest_port '25 465-587'\n option target DROP\n"),
         "br-lan tcp 10.0.0.25:40000 > 198.18.0.9:587", "drop"},
        {"! negates", "Rules, src_ip",
         rule(lan_to_wan + port_25 + " option src_ip '!10.0.0.25'\n option target DROP\n"), mail_out, masqueraded},
        {"a mask for a prefix", "fw4.uc, parse_subnet",
         rule(lan_to_wan + port_25 + " option src_ip 10.0.0.24/255.255.255.248\n option target DROP\n"), mail_out,
         "drop"},
        {"words may be short and small", "fw4.uc, parse_enum", rule(lan_to_wan + port_25 + " option target rej\n"),
         mail_out, "reject"},
        {"family", "Rules, family", rule(lan_to_wan + port_25 + " option family IPv6\n option target DROP\n"), mail_out,
         masqueraded},
        {"a family with addresses of the other leaves the rule out", "fw4.uc, parse_rule",
         rule(lan_to_wan + port_25 + " option src_ip 10.0.0.25\n option family ipv6\n option target DROP\n"), mail_out,
         masqueraded},
        {"a rule of one IP version's addresses is of that version", "fw4.uc, parse_rule",
         rule(lan_to_wan + port_25 + " option src_ip '!10.0.0.99'\n option target DROP\n"),
         "br-lan tcp fd00:a::25:40000 > 2001:db8:99::9:25", "accept eth1 fd00:a::25 > 2001:db8:99::9:25"},
        {"disabled", "Rules, enabled", rule(lan_to_wan + port_25 + " option target DROP\n option enabled 0\n"),
         mail_out, masqueraded},
        {"no target", "fw4.uc, parse_rule: only counted; older versions drop", rule(lan_to_wan + port_25), mail_out,
         "unknown"},
        {"an ipset's members are not all in the file", "Rules, ipset",
         "config ipset\n option name m\n list match src_ip\n" +
             rule(lan_to_wan + port_25 + " option ipset m\n option target DROP\n"),
         mail_out, "unknown"},
        {"times", "Rules, start_time", rule(lan_to_wan + port_25 + " option start_time 20:00\n option target DROP\n"),
         mail_out, "unknown"},
        {"MARK ends nothing", "Rules, target",
         rule(lan_to_wan + port_25 + " option target DSCP\n option set_dscp CS1\n"), mail_out, masqueraded},
    });
}

TEST_CASE("openwrt: translations", "[openwrt][trace]") {
    run({
        {"a redirect maps and lets in", "Redirects", mail_map, mail_in, "accept br-lan 198.18.0.9 > 10.0.0.25:25"},
        {"… another port is not mapped", "Redirects", mail_map, "eth1 tcp 198.18.0.9:40000 > 203.0.113.5:26", "drop"},
        {"… and does not translate what goes out", "Redirects", mail_map, mail_out, masqueraded},
        {"dest_port", "Redirects, dest_port", mail_map + " option dest_port 2525\n", mail_in,
         "accept br-lan 198.18.0.9 > 10.0.0.25:2525"},
        {"without dest_ip it is the router itself", "Redirects, dest_ip",
         "config redirect\n option src wan\n option proto tcp\n option src_dport 25\n option dest_port 2525\n", mail_in,
         "accept self 198.18.0.9 > 203.0.113.2:2525"},
        {"a nat section: the zone is where it leaves", "NAT", mail_nat, mail_out,
         "accept eth1 203.0.113.5 > 198.18.0.9:25"},
        {"… and comes before the masquerading", "ruleset.uc, srcnat_ZONE", mail_nat, web_out,
         "accept eth1 203.0.113.2 > 198.18.0.9:443"},
        {"nat without proto is every protocol", "fw4.uc, parse_nat", mail_nat, "br-lan icmp 10.0.0.25:0 > 198.18.0.9:0",
         "accept eth1 203.0.113.5 > 198.18.0.9:0"},
        {"nat ACCEPT leaves the source as it is", "NAT, target",
         "config nat\n option src wan\n option src_ip 10.0.0.25\n option target ACCEPT\n", mail_out,
         "accept eth1 10.0.0.25 > 198.18.0.9:25"},
        {"nat of every zone comes first", "ruleset.uc, srcnat",
         mail_nat + "config nat\n option src '*'\n option src_ip 10.0.0.25\n option target ACCEPT\n", mail_out,
         "accept eth1 10.0.0.25 > 198.18.0.9:25"},
        {"a redirect from every zone: left out by fw4", "fw4.uc, parse_redirect",
         "config redirect\n option src '*'\n option dest lan\n option proto tcp\n option src_dport 2\n option dest_ip "
         "10.0.0.25\n",
         "eth1 tcp 198.18.0.9:40000 > 203.0.113.5:2", "unknown"},
        {"a redirect of target SNAT", "Redirects, target",
         "config redirect\n option src lan\n option dest wan\n option target SNAT\n option proto tcp\n"
         " option src_ip 10.0.0.25\n option src_dip 203.0.113.5\n",
         mail_out, "accept eth1 203.0.113.5 > 198.18.0.9:25"},
        {"a disabled one", "NAT, enabled", mail_nat + " option enabled 0\n", mail_out, masqueraded},
        {"reflection: hosts inside use the public address", "Redirects, reflection", mail_map,
         "br-lan tcp 10.0.0.99:40000 > 203.0.113.5:25", "accept br-lan 10.0.0.1 > 10.0.0.25:25"},
        {"… from the outer address", "Redirects, reflection_src", mail_map + " option reflection_src external\n",
         "br-lan tcp 10.0.0.99:40000 > 203.0.113.5:25", "accept br-lan 203.0.113.5 > 10.0.0.25:25"},
        {"… and without dest, where dest_ip is", "fw4.uc, resolve_dest",
         "config redirect\n option src wan\n option src_dip 203.0.113.5\n option proto tcp\n option src_dport 25\n"
         " option dest_ip 10.0.0.25\n",
         "br-lan tcp 10.0.0.99:40000 > 203.0.113.5:25", "accept br-lan 10.0.0.1 > 10.0.0.25:25"},
        {"… or not", "Redirects, reflection", mail_map + " option reflection 0\n",
         "br-lan tcp 10.0.0.99:40000 > 203.0.113.5:25", "accept self 10.0.0.99 > 203.0.113.5:25"},
    });
}

}  // namespace egresslint::test::openwrt
