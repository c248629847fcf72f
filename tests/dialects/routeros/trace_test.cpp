// SPDX-License-Identifier: Apache-2.0
// What becomes of a packet. Every expectation is what the named page of MikroTik's documentation (help.mikrotik.com)
// says of such a configuration; addresses are those of the office (support.hpp).
#include <catch2/catch.hpp>

#include "tests/dialects/routeros/support.hpp"

namespace egresslint::test::routeros {
namespace {

struct Case {
    const char* what;
    const char* source;
    std::string config;  ///< behind the office's
    const char* packet;
    const char* answer;
};

void run(const std::vector<Case>& cases) {
    for (const auto& c : cases) {
        INFO(c.what << " (" << c.source << ")\n" << c.config);
        INFO(read(office() + c.config).messages());
        CHECK(traced(office() + c.config, c.packet) == c.answer);
    }
}

constexpr const char* mail_out = "lan tcp 10.0.0.25:40000 > 198.18.0.9:25";
constexpr const char* pc_out = "lan tcp 10.0.0.99:40000 > 198.18.0.9:25";
constexpr const char* mail_in = "wan tcp 198.18.0.9:40000 > 203.0.113.25:25";
constexpr const char* nat = "NAT";
constexpr const char* common = "Common Firewall Matchers and Actions";

const std::string masquerade = "add action=masquerade chain=srcnat out-interface-list=WAN\n";
const std::string mapping =
    "add action=dst-nat chain=dstnat dst-address=203.0.113.25 dst-port=25 protocol=tcp to-addresses=10.0.0.25\n";

}  // namespace

TEST_CASE("RouterOS: source NAT", "[routeros][trace]") {
    const std::string n = "/ip firewall nat\n";
    run({
        {"without a rule nothing is translated", nat, "", mail_out, "accept wan 10.0.0.25 > 198.18.0.9:25"},
        {"masquerade takes the interface's address", nat, n + masquerade, mail_out,
         "accept wan 203.0.113.2 > 198.18.0.9:25"},
        {"a destination NAT does nothing for what the server opens", nat, n + mapping + masquerade, mail_out,
         "accept wan 203.0.113.2 > 198.18.0.9:25"},
        {"src-nat takes the stated address", nat,
         n + "add action=src-nat chain=srcnat src-address=10.0.0.25 to-addresses=203.0.113.25\n" + masquerade, mail_out,
         "accept wan 203.0.113.25 > 198.18.0.9:25"},
        {"… and nobody else's", nat,
         n + "add action=src-nat chain=srcnat src-address=10.0.0.25 to-addresses=203.0.113.25\n" + masquerade, pc_out,
         "accept wan 203.0.113.2 > 198.18.0.9:25"},
        {"rules are tried from the top: below masquerade it is too late", "Filter (chains)",
         n + masquerade + "add action=src-nat chain=srcnat src-address=10.0.0.25 to-addresses=203.0.113.25\n", mail_out,
         "accept wan 203.0.113.2 > 198.18.0.9:25"},
        {"accept exempts", nat, n + "add action=accept chain=srcnat src-address=10.0.0.25\n" + masquerade, mail_out,
         "accept wan 10.0.0.25 > 198.18.0.9:25"},
        {"accept is the default action", common, n + "add chain=srcnat src-address=10.0.0.25\n" + masquerade, mail_out,
         "accept wan 10.0.0.25 > 198.18.0.9:25"},
        {"a range is a pool", nat, n + "add action=src-nat chain=srcnat to-addresses=203.0.113.30-203.0.113.31\n",
         mail_out, "accept wan 203.0.113.30-203.0.113.31 > 198.18.0.9:25"},
        {"same takes one of a range", nat, n + "add action=same chain=srcnat to-addresses=203.0.113.30-203.0.113.31\n",
         mail_out, "accept wan 203.0.113.30-203.0.113.31 > 198.18.0.9:25"},
        {"netmap keeps the host part", nat,
         n + "add action=netmap chain=srcnat src-address=10.0.0.0/24 to-addresses=192.0.2.0/24\n", mail_out,
         "accept wan 192.0.2.25 > 198.18.0.9:25"},
        {"the source port counts as the packet has it", common,
         n + "add action=src-nat chain=srcnat protocol=tcp src-port=25 to-addresses=203.0.113.25\n" + masquerade,
         mail_out, "accept wan 203.0.113.2 > 198.18.0.9:25"},
        {"a negated address", common,
         n + "add action=src-nat chain=srcnat src-address=!10.0.0.99 to-addresses=203.0.113.25\n" + masquerade, pc_out,
         "accept wan 203.0.113.2 > 198.18.0.9:25"},
        {"disabled=yes is no rule", common,
         n + "add action=src-nat chain=srcnat disabled=yes src-address=10.0.0.25 to-addresses=203.0.113.25\n" +
             masquerade,
         mail_out, "accept wan 203.0.113.2 > 198.18.0.9:25"},
        {"place-before=0 puts a rule in front", "Console (place-before)",
         n + masquerade +
             "add action=src-nat chain=srcnat place-before=0 src-address=10.0.0.25 to-addresses=203.0.113.25\n",
         mail_out, "accept wan 203.0.113.25 > 198.18.0.9:25"},
        {"a chain of one's own", "Filter (jump-target)",
         n +
             "add action=jump chain=srcnat jump-target=mail src-address=10.0.0.25\nadd action=src-nat chain=mail "
             "to-addresses=203.0.113.25\n" +
             masquerade,
         mail_out, "accept wan 203.0.113.25 > 198.18.0.9:25"},
        {"return goes back to where the jump was", common,
         n +
             "add action=jump chain=srcnat jump-target=mail\nadd action=return chain=mail\nadd action=src-nat "
             "chain=mail "
             "to-addresses=203.0.113.25\n" +
             masquerade,
         mail_out, "accept wan 203.0.113.2 > 198.18.0.9:25"},
        {"ipsec-policy=out,none holds where there is no policy", "Common Firewall Matchers and Actions (ipsec-policy)",
         n + "add action=masquerade chain=srcnat ipsec-policy=out,none out-interface-list=WAN\n", mail_out,
         "accept wan 203.0.113.2 > 198.18.0.9:25"},
        {"… and not for what a policy covers", "IPsec (Policies)",
         "/ip ipsec policy\nadd dst-address=192.168.9.0/24 peer=site src-address=10.0.0.0/24 tunnel=yes\n" + n +
             "add action=masquerade chain=srcnat ipsec-policy=out,none out-interface-list=WAN\n",
         "lan tcp 10.0.0.25:40000 > 192.168.9.9:25", "accept wan 10.0.0.25 > 192.168.9.9:25"},
    });
}

TEST_CASE("RouterOS: destination NAT", "[routeros][trace]") {
    const std::string n = "/ip firewall nat\n";
    run({
        {"a port mapping", nat, n + mapping, mail_in, "accept lan 198.18.0.9 > 10.0.0.25:25"},
        {"another port is another matter: it is for the router", nat, n + mapping,
         "wan tcp 198.18.0.9:40000 > 203.0.113.25:80", "accept self 198.18.0.9 > 203.0.113.25:80"},
        {"to-ports", nat,
         n + "add action=dst-nat chain=dstnat dst-port=2525 protocol=tcp to-addresses=10.0.0.25 to-ports=25\n",
         "wan tcp 198.18.0.9:40000 > 203.0.113.2:2525", "accept lan 198.18.0.9 > 10.0.0.25:25"},
        {"redirect ends at the router", nat,
         n + "add action=redirect chain=dstnat dst-port=25 protocol=tcp to-ports=2525\n", mail_out,
         "accept self 10.0.0.25 > 10.0.0.1:2525"},
        {"netmap of a network, the host part kept", nat,
         n + "add action=netmap chain=dstnat dst-address=192.0.2.0/24 to-addresses=10.0.0.0/24\n",
         "wan tcp 198.18.0.9:40000 > 192.0.2.25:25", "accept lan 198.18.0.9 > 10.0.0.25:25"},
        {"dst-address-type=local", common,
         n + "add action=dst-nat chain=dstnat dst-address-type=local dst-port=25 in-interface=wan protocol=tcp "
             "to-addresses=10.0.0.25\n",
         mail_in, "accept lan 198.18.0.9 > 10.0.0.25:25"},
        {"dstnat is not asked about packets of the router itself", "Packet Flow in RouterOS",
         n + "add action=dst-nat chain=dstnat dst-port=25 protocol=tcp to-addresses=10.0.0.25\n",
         "self tcp 203.0.113.2:40000 > 198.18.0.9:25", "accept wan 203.0.113.2 > 198.18.0.9:25"},
    });
}

TEST_CASE("RouterOS: filter", "[routeros][trace]") {
    const std::string f = "/ip firewall filter\n";
    run({
        {"what no rule decides passes", "Filter", f + "add action=drop chain=forward dst-port=26 protocol=tcp\n",
         mail_out, "accept wan 10.0.0.25 > 198.18.0.9:25"},
        {"drop", common, f + "add action=drop chain=forward dst-port=25 protocol=tcp\n", mail_out, "drop"},
        {"reject", "Filter", f + "add action=reject chain=forward dst-port=25 protocol=tcp reject-with=tcp-reset\n",
         mail_out, "reject"},
        {"input is not asked about what is forwarded", "Filter (chains)", f + "add action=drop chain=input\n", mail_out,
         "accept wan 10.0.0.25 > 198.18.0.9:25"},
        {"forward sees the destination after dst-nat", "Packet Flow in RouterOS",
         "/ip firewall nat\n" + mapping + f +
             "add chain=forward dst-address=10.0.0.25\nadd action=drop chain=forward\n",
         mail_in, "accept lan 198.18.0.9 > 10.0.0.25:25"},
        {"forward sees the source before src-nat", "Packet Flow in RouterOS",
         "/ip firewall nat\n" + masquerade + f +
             "add chain=forward src-address=10.0.0.25\nadd action=drop chain=forward\n",
         mail_out, "accept wan 203.0.113.2 > 198.18.0.9:25"},
        {"connection-nat-state=!dstnat lets mapped connections through", "Building Your First Firewall",
         "/ip firewall nat\n" + mapping + f +
             "add action=drop chain=forward connection-nat-state=!dstnat connection-state=new in-interface-list=WAN\n",
         mail_in, "accept lan 198.18.0.9 > 10.0.0.25:25"},
        {"… and nothing else", "Building Your First Firewall",
         "/ip firewall nat\n" + mapping + f +
             "add action=drop chain=forward connection-nat-state=!dstnat connection-state=new in-interface-list=WAN\n",
         "wan tcp 198.18.0.9:40000 > 10.0.0.25:25", "drop"},
        {"established and related are not the first packet", common,
         f + "add chain=forward connection-state=established,related\nadd action=drop chain=forward\n", mail_out,
         "drop"},
        {"an address list", "Address-lists",
         "/ip firewall address-list\nadd address=10.0.0.20-10.0.0.29 list=mail\n" + f +
             "add chain=forward src-address-list=mail\nadd action=drop chain=forward\n",
         mail_out, "accept wan 10.0.0.25 > 198.18.0.9:25"},
        {"… negated", "Address-lists",
         "/ip firewall address-list\nadd address=10.0.0.25 list=mail\n" + f +
             "add action=drop chain=forward dst-port=25 protocol=tcp src-address-list=!mail\n",
         pc_out, "drop"},
        {"a disabled entry is not in the list", "Address-lists",
         "/ip firewall address-list\nadd address=10.0.0.25 disabled=yes list=mail\n" + f +
             "add chain=forward src-address-list=mail\nadd action=drop chain=forward\n",
         mail_out, "drop"},
        {"a list with a DNS name may hold anything", "Address-lists",
         "/ip firewall address-list\nadd address=mail.example.com list=mail\n" + f +
             "add chain=forward src-address-list=mail\nadd action=drop chain=forward\n",
         mail_out, "unknown"},
        {"a list that rules fill may hold anything", "Address-lists",
         f + "add action=add-src-to-address-list address-list=seen chain=forward dst-port=9999 protocol=tcp\nadd "
             "chain=forward src-address-list=seen\nadd action=drop chain=forward\n",
         mail_out, "unknown"},
        {"adding to a list lets the packet go on", common,
         f + "add action=add-src-to-address-list address-list=seen chain=forward\nadd action=drop chain=forward\n",
         mail_out, "drop"},
        {"passthrough and log go on", common,
         f + "add action=passthrough chain=forward\nadd action=log chain=forward\nadd action=drop chain=forward\n",
         mail_out, "drop"},
        {"a port list with a range", common, f + "add action=drop chain=forward dst-port=20-24,25,587 protocol=tcp\n",
         mail_out, "drop"},
        {"port is either of both", common, f + "add action=drop chain=forward port=40000 protocol=tcp\n", mail_out,
         "drop"},
        {"ports of another protocol", common, f + "add action=drop chain=forward dst-port=25 protocol=udp\n", mail_out,
         "accept wan 10.0.0.25 > 198.18.0.9:25"},
        {"a limiter may or may not hold", common,
         f + "add chain=forward limit=10,5:packet\nadd action=drop chain=forward\n", mail_out, "unknown"},
        {"a rule that names a port of a bridge is invalid", "Bridge Firewall",
         f + "add action=drop chain=forward in-interface=ether2\n", mail_out, "accept wan 10.0.0.25 > 198.18.0.9:25"},
        {"exclude of an interface list", "Interface Lists",
         "/interface list\nadd exclude=LAN include=WAN name=OUT\n" + f +
             "add action=drop chain=forward out-interface-list=OUT\n",
         mail_out, "drop"},
        {"the router's own packets meet output", "Filter (chains)",
         f + "add action=drop chain=output dst-port=25 protocol=tcp\n", "self tcp 203.0.113.2:40000 > 198.18.0.9:25",
         "drop"},
        {"raw drops before anything else", "RAW",
         "/ip firewall raw\nadd action=drop chain=prerouting dst-port=25 protocol=tcp\n", mail_out, "drop"},
        {"notrack keeps NAT off", "RAW",
         "/ip firewall raw\nadd action=notrack chain=prerouting src-address=10.0.0.25\n/ip firewall nat\n" + masquerade,
         mail_out, "accept wan 10.0.0.25 > 198.18.0.9:25"},
        {"tcp-flags=syn,!ack", common, f + "add action=drop chain=forward protocol=tcp tcp-flags=syn,!ack\n", mail_out,
         "drop"},
    });
}

TEST_CASE("RouterOS: routing", "[routeros][trace]") {
    run({
        {"the lower distance wins", "IP Routing", "/ip route\nadd distance=2 gateway=198.51.100.1\n", mail_out,
         "accept wan 10.0.0.25 > 198.18.0.9:25"},
        {"a longer prefix wins", "IP Routing", "/ip route\nadd dst-address=198.18.0.0/15 gateway=198.51.100.1\n",
         mail_out, "accept wan2 10.0.0.25 > 198.18.0.9:25"},
        {"a gateway may be an interface", "IP Routing", "/ip route\nadd dst-address=198.18.0.0/15 gateway=wan2\n",
         mail_out, "accept wan2 10.0.0.25 > 198.18.0.9:25"},
        {"a gateway behind another one", "IP Routing (Nexthop lookup)",
         "/ip route\nadd dst-address=192.0.2.1 gateway=198.51.100.1\nadd dst-address=198.18.0.0/15 gateway=192.0.2.1\n",
         mail_out, "accept wan2 10.0.0.25 > 198.18.0.9:25"},
        {"a black hole", "IP Routing", "/ip route\nadd blackhole dst-address=198.18.0.0/15\n", mail_out, "drop"},
        {"a routing mark chooses the table", "Policy Routing",
         "/routing table\nadd fib name=second\n/ip route\nadd gateway=198.51.100.1 routing-table=second\n/ip firewall "
         "mangle\nadd action=mark-routing chain=prerouting new-routing-mark=second src-address=10.0.0.25\n",
         mail_out, "accept wan2 10.0.0.25 > 198.18.0.9:25"},
        {"… for those that have it", "Policy Routing",
         "/routing table\nadd fib name=second\n/ip route\nadd gateway=198.51.100.1 routing-table=second\n/ip firewall "
         "mangle\nadd action=mark-routing chain=prerouting new-routing-mark=second src-address=10.0.0.25\n",
         pc_out, "accept wan 10.0.0.99 > 198.18.0.9:25"},
        {"a routing rule by source", "Policy Routing",
         "/routing table\nadd fib name=second\n/ip route\nadd gateway=198.51.100.1 routing-table=second\n/routing "
         "rule\nadd action=lookup src-address=10.0.0.25 table=second\n",
         mail_out, "accept wan2 10.0.0.25 > 198.18.0.9:25"},
        {"version 6 names the table by the mark", "Manual:IP/Route (v6)",
         "/ip route\nadd gateway=198.51.100.1 routing-mark=second\n/ip route rule\nadd src-address=10.0.0.25/32 "
         "table=second\n",
         mail_out, "accept wan2 10.0.0.25 > 198.18.0.9:25"},
        {"mark-connection, then by the connection's mark", "Mangle",
         "/routing table\nadd fib name=second\n/ip route\nadd gateway=198.51.100.1 routing-table=second\n/ip firewall "
         "mangle\nadd action=mark-connection chain=prerouting new-connection-mark=c src-address=10.0.0.25\nadd "
         "action=mark-routing chain=prerouting connection-mark=c new-routing-mark=second passthrough=no\n",
         mail_out, "accept wan2 10.0.0.25 > 198.18.0.9:25"},
        {"passthrough=no ends mangle", "Mangle",
         "/routing table\nadd fib name=second\n/ip route\nadd gateway=198.51.100.1 routing-table=second\n/ip firewall "
         "mangle\nadd action=mark-packet chain=prerouting new-packet-mark=p passthrough=no\nadd action=mark-routing "
         "chain=prerouting new-routing-mark=second\n",
         mail_out, "accept wan 10.0.0.25 > 198.18.0.9:25"},
        {"IPv6 has its own chains", "Filter (IPv6)",
         "/ipv6 address\nadd address=2001:db8:1::1/64 interface=lan\nadd address=2001:db8:2::2/64 interface=wan\n/ipv6 "
         "route\nadd gateway=2001:db8:2::1\n/ip firewall filter\nadd action=drop chain=forward\n",
         "lan tcp [2001:db8:1::25]:40000 > [2001:db8:9::9]:25", "accept wan 2001:db8:1::25 > 2001:db8:9::9:25"},
        {"… that drop", "Filter (IPv6)",
         "/ipv6 address\nadd address=2001:db8:1::1/64 interface=lan\nadd address=2001:db8:2::2/64 interface=wan\n/ipv6 "
         "route\nadd gateway=2001:db8:2::1\n/ipv6 firewall filter\nadd action=drop chain=forward dst-port=25 "
         "protocol=tcp\n",
         "lan tcp [2001:db8:1::25]:40000 > [2001:db8:9::9]:25", "drop"},
    });
}

}  // namespace egresslint::test::routeros
