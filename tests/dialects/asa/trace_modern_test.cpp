// SPDX-License-Identifier: Apache-2.0
// Packets through configurations of ASA 8.3 and later, each with the document that says what becomes of them. FW is the
// Cisco ASA Series Firewall CLI Configuration Guide 9.x; CR the ASA Series Command Reference.
#include <catch2/catch.hpp>

#include "support.hpp"

using namespace egresslint::test;

namespace {

struct Case {
    const char* config;
    Sent packet;
    const char* expected;
    const char* source;
};

void check(const std::vector<Case>& cases) {
    for (const auto& c : cases) {
        INFO(c.config << "\n"
                      << c.packet.in << " " << c.packet.src << " > " << c.packet.dst << "\nsource: " << c.source);
        CHECK(fate(modern_office + c.config, c.packet) == c.expected);
    }
}

const Sent mail_out{"inside", "tcp", "10.0.0.25", 40000, "198.51.100.9", 25};
const Sent other_out{"inside", "tcp", "10.0.0.99", 40000, "198.51.100.9", 25};
const Sent mail_in{"outside", "tcp", "198.51.100.9", 40000, "203.0.113.25", 25};

}  // namespace

TEST_CASE("asa: security levels") {
    check({
        {"", mail_out, "accept outside 10.0.0.25:40000 > 198.51.100.9:25",
         "FW Access Rules, Implicit Permits: higher to lower security level is allowed"},
        {"",
         {"outside", "tcp", "198.51.100.9", 40000, "10.0.0.25", 25},
         "drop",
         "FW Access Rules: lower to higher needs a rule"},
        {"", {"dmz", "tcp", "172.16.0.9", 40000, "10.0.0.25", 25}, "drop", "the same"},
        {"",
         {"dmz", "tcp", "172.16.0.9", 40000, "198.51.100.9", 25},
         "accept outside 172.16.0.9:40000 > 198.51.100.9:25",
         "the same"},
        {"interface GigabitEthernet0/3\n nameif second\n security-level 100\n ip address 10.5.0.1 255.255.255.0\n",
         {"inside", "tcp", "10.0.0.25", 40000, "10.5.0.9", 25},
         "drop",
         "CR same-security-traffic: interfaces of one level do not communicate by default"},
        {"interface GigabitEthernet0/3\n nameif second\n security-level 100\n ip address 10.5.0.1 255.255.255.0\n"
         "same-security-traffic permit inter-interface\n",
         {"inside", "tcp", "10.0.0.25", 40000, "10.5.0.9", 25},
         "accept second 10.0.0.25:40000 > 10.5.0.9:25",
         "CR same-security-traffic"},
        {"",
         {"inside", "tcp", "10.0.0.25", 40000, "10.1.0.9", 25},
         "drop",
         "CR same-security-traffic: not out of the interface it came in by"},
        {"same-security-traffic permit intra-interface\n",
         {"inside", "tcp", "10.0.0.25", 40000, "10.1.0.9", 25},
         "accept inside 10.0.0.25:40000 > 10.1.0.9:25",
         "CR same-security-traffic"},
        {"",
         {"self", "tcp", "203.0.113.2", 40000, "198.51.100.9", 25},
         "accept outside 203.0.113.2:40000 > 198.51.100.9:25",
         "FW Access Rules: not applied to what the ASA sends"},
        {"",
         {"outside", "tcp", "198.51.100.9", 40000, "203.0.113.2", 25},
         "drop",
         "CR: no service of the ASA listens on tcp/25"},
        {"",
         {"inside", "tcp", "10.0.0.25", 40000, "203.0.113.2", 443},
         "drop",
         "FW: the address of another interface does not answer"},
    });
}

TEST_CASE("asa: access lists") {
    check({
        {"access-list I extended permit tcp host 10.0.0.25 any eq smtp\naccess-group I in interface inside\n", mail_out,
         "accept outside 10.0.0.25:40000 > 198.51.100.9:25", "FW Access Rules"},
        {"access-list I extended permit tcp host 10.0.0.25 any eq smtp\naccess-group I in interface inside\n",
         other_out, "drop", "FW Access Rules: implicit deny at the end"},
        {"access-list I extended permit ip any any\naccess-list I extended deny tcp any any eq 25\n"
         "access-group I in interface inside\n",
         other_out, "accept outside 10.0.0.99:40000 > 198.51.100.9:25", "FW Access Rules: first match"},
        {"access-list I extended deny tcp any any eq 25 inactive\naccess-list I extended permit ip any any\n"
         "access-group I in interface inside\n",
         other_out, "accept outside 10.0.0.99:40000 > 198.51.100.9:25", "CR access-list extended: inactive"},
        {"access-list G extended permit tcp any any eq 80\naccess-group G global\n", other_out, "drop",
         "FW Access Rules, Global access rules: the implicit deny comes after them"},
        {"access-list I extended permit tcp any any eq 80\naccess-list G extended permit tcp any any eq 25\n"
         "access-group I in interface inside\naccess-group G global\n",
         other_out, "accept outside 10.0.0.99:40000 > 198.51.100.9:25",
         "FW Access Rules: interface rules first, then the global ones, then the implicit deny"},
        {"access-list I extended deny tcp any any eq 25\naccess-list G extended permit tcp any any eq 25\n"
         "access-group I in interface inside\naccess-group G global\n",
         other_out, "drop", "the same"},
        {"access-list O extended deny tcp any any eq 25\naccess-list O extended permit ip any any\n"
         "access-group O out interface outside\n",
         other_out, "drop", "FW Access Rules: outbound rules act where traffic leaves the interface"},
        {"access-list I extended deny tcp any4 any4 eq 25\naccess-group I in interface inside control-plane\n",
         other_out, "accept outside 10.0.0.99:40000 > 198.51.100.9:25",
         "CR access-group: control-plane is for to-the-box traffic"},
        {"object-group network G\n network-object host 10.0.0.25\n group-object H\nobject-group network H\n"
         " network-object 10.0.0.96 255.255.255.224\naccess-list I extended permit tcp object-group G any eq 25\n"
         "access-group I in interface inside\n",
         other_out, "accept outside 10.0.0.99:40000 > 198.51.100.9:25", "FW Objects: nested groups"},
        {"object-group service S tcp\n port-object eq smtp\n port-object range 587 588\n"
         "access-list I extended permit tcp any any object-group S\naccess-group I in interface inside\n",
         {"inside", "tcp", "10.0.0.25", 40000, "198.51.100.9", 587},
         "accept outside 10.0.0.25:40000 > 198.51.100.9:587",
         "FW Objects: service groups of a protocol"},
        {"object-group service S\n service-object tcp destination eq smtp\n service-object icmp echo\n"
         "access-list I extended permit object-group S any any\naccess-group I in interface inside\n",
         {"inside", "icmp", "10.0.0.25", 0, "198.51.100.9", 8},
         "accept outside 10.0.0.25 > 198.51.100.9",
         "FW Objects: service groups without a protocol"},
        {"object-group protocol P\n protocol-object tcp\n protocol-object udp\n"
         "access-list I extended permit object-group P any any eq 53\naccess-group I in interface inside\n",
         {"inside", "udp", "10.0.0.25", 40000, "198.51.100.9", 53},
         "accept outside 10.0.0.25:40000 > 198.51.100.9:53",
         "FW Objects: protocol groups"},
        {"access-list I extended permit tcp any any neq 25\naccess-group I in interface inside\n", other_out, "drop",
         "CR access-list extended: neq"},
        {"time-range WORK\n periodic weekdays 8:00 to 18:00\n"
         "access-list I extended permit tcp any any eq 25 time-range WORK\naccess-group I in interface inside\n",
         other_out, "accept outside 10.0.0.99:40000 > 198.51.100.9:25 | drop", "CR access-list extended: time-range"},
        {"ip verify reverse-path interface inside\n",
         {"inside", "tcp", "192.0.2.7", 40000, "198.51.100.9", 25},
         "drop",
         "CR ip verify reverse-path: the route back must use the interface"},
        {"ip verify reverse-path interface inside\n",
         {"inside", "tcp", "10.1.0.7", 40000, "198.51.100.9", 25},
         "accept outside 10.1.0.7:40000 > 198.51.100.9:25",
         "CR ip verify reverse-path"},
    });
}

TEST_CASE("asa: object NAT") {
    const char* fixed =
        "object network MAIL\n host 10.0.0.25\n nat (inside,outside) static 203.0.113.25\n"
        "access-list O extended permit tcp any object MAIL eq smtp\naccess-group O in interface outside\n";
    check({
        {fixed, mail_out, "accept outside 203.0.113.25:40000 > 198.51.100.9:25", "FW NAT: static NAT is bidirectional"},
        {fixed, mail_in, "accept inside 198.51.100.9:40000 > 10.0.0.25:25",
         "FW NAT: access rules use the real address even if the mapped one is reached"},
        {fixed, {"outside", "tcp", "198.51.100.9", 40000, "203.0.113.25", 80}, "drop", "the same"},
        {fixed, other_out, "accept outside 10.0.0.99:40000 > 198.51.100.9:25", "FW NAT: what no rule matches passes"},
        {"object network MAIL\n host 10.0.0.25\n nat (dmz,outside) static 203.0.113.25\n", mail_out,
         "accept outside 10.0.0.25:40000 > 198.51.100.9:25", "FW NAT: a rule is for its pair of interfaces"},
        {"object network MAIL\n host 10.0.0.25\n nat (any,any) static 203.0.113.25\n", mail_out,
         "accept outside 203.0.113.25:40000 > 198.51.100.9:25", "CR nat (object): any"},
        {"object network MAIL\n host 10.0.0.25\n nat static 203.0.113.25\n", mail_out,
         "accept outside 203.0.113.25:40000 > 198.51.100.9:25", "CR nat (object): without interfaces any is used"},
        {"object network MAIL\n host 10.0.0.25\n nat (inside,outside) static 203.0.113.25 service tcp smtp smtp\n"
         "object network LAN\n subnet 10.0.0.0 255.255.255.0\n nat (inside,outside) dynamic interface\n",
         mail_out, "accept outside 203.0.113.2:40000 > 198.51.100.9:25",
         "FW NAT, static NAT with port translation: the real port is that of the server"},
        {"object network MAIL\n host 10.0.0.25\n nat (inside,outside) static 203.0.113.25 service tcp 25 2525\n"
         "access-list O extended permit tcp any object MAIL eq 25\naccess-group O in interface outside\n",
         {"outside", "tcp", "198.51.100.9", 40000, "203.0.113.25", 2525},
         "accept inside 198.51.100.9:40000 > 10.0.0.25:25",
         "FW NAT, static NAT with port translation; access rules use the real port"},
        {"object network MAIL\n host 10.0.0.25\n nat (inside,outside) static interface service tcp 25 25\n"
         "access-list O extended permit tcp any object MAIL eq 25\naccess-group O in interface outside\n",
         {"outside", "tcp", "198.51.100.9", 40000, "203.0.113.2", 25},
         "accept inside 198.51.100.9:40000 > 10.0.0.25:25",
         "FW NAT: static interface NAT with port translation"},
        {"object network A\n subnet 10.0.0.0 255.255.255.0\n nat (inside,outside) dynamic interface\n"
         "object network MAIL\n host 10.0.0.25\n nat (inside,outside) dynamic 203.0.113.25\n",
         mail_out, "accept outside 203.0.113.25:40000 > 198.51.100.9:25",
         "FW NAT rule order, section 2: fewer real addresses first"},
        {"object network A\n host 10.0.0.25\n nat (inside,outside) dynamic interface\n"
         "object network Z\n subnet 10.0.0.0 255.255.255.0\n nat (inside,outside) static 192.0.2.0\n",
         mail_out, "accept outside 192.0.2.25:40000 > 198.51.100.9:25", "FW NAT rule order, section 2: static first"},
        {"object network B\n host 10.0.0.25\n nat (inside,outside) static 203.0.113.26\n"
         "object network A\n host 10.0.0.25\n nat (inside,outside) static 203.0.113.25\n",
         mail_out, "accept outside 203.0.113.25:40000 > 198.51.100.9:25",
         "FW NAT rule order, section 2: of equal ones the name decides"},
        {"object network POOL\n range 203.0.113.10 203.0.113.12\nobject network LAN\n subnet 10.0.0.0 255.255.255.0\n"
         " nat (inside,outside) dynamic POOL\n",
         mail_out, "accept outside 203.0.113.10-203.0.113.12:40000 > 198.51.100.9:25", "FW NAT: dynamic NAT"},
        {"object network POOL\n range 203.0.113.10 203.0.113.12\nobject network LAN\n subnet 10.0.0.0 255.255.255.0\n"
         " nat (inside,outside) dynamic POOL interface\n",
         mail_out,
         "accept outside 203.0.113.10-203.0.113.12:40000 > 198.51.100.9:25 | accept outside 203.0.113.2:40000 > "
         "198.51.100.9:25",
         "FW NAT: interface PAT fallback when the pool is used up"},
        {"object network POOL\n range 203.0.113.10 203.0.113.12\nobject network LAN\n subnet 10.0.0.0 255.255.255.0\n"
         " nat (inside,outside) dynamic pat-pool POOL\n",
         mail_out,
         "accept outside 203.0.113.10:40000 > 198.51.100.9:25 | accept outside 203.0.113.11-203.0.113.12:40000 > "
         "198.51.100.9:25",
         "FW NAT, PAT pools: all ports of an address before the next address is used"},
        {"object network POOL\n range 203.0.113.10 203.0.113.12\nobject network LAN\n subnet 10.0.0.0 255.255.255.0\n"
         " nat (inside,outside) dynamic pat-pool POOL round-robin\n",
         mail_out, "accept outside 203.0.113.10-203.0.113.12:40000 > 198.51.100.9:25", "FW NAT: round robin"},
        {"object network LAN\n subnet 10.0.0.0 255.255.255.0\n nat (inside,outside) dynamic interface\n"
         "access-list O extended permit ip any any\naccess-group O in interface outside\n",
         {"outside", "tcp", "198.51.100.9", 40000, "10.0.0.99", 25},
         "drop",
         "syslog 305013: asymmetric NAT rules matched for forward and reverse flows"},
    });
}

TEST_CASE("asa: twice NAT") {
    const std::string objects =
        "object network MAIL\n host 10.0.0.25\nobject network PUB\n host 203.0.113.25\n"
        "object network LAN\n subnet 10.0.0.0 255.255.255.0\nobject network PARTNER\n subnet 192.0.2.0 255.255.255.0\n"
        "object network FAR\n host 192.0.2.9\nobject network NEAR\n host 172.31.0.9\n"
        "object service SMTP\n service tcp source eq smtp\nobject service ALT\n service tcp source eq 2525\n"
        "object service D25\n service tcp destination eq smtp\nobject service D26\n service tcp destination eq 26\n"
        "access-list O extended permit ip any any\naccess-group O in interface outside\n";
    const auto with = [&](const char* nat, const Sent& packet) { return fate(modern_office + objects + nat, packet); };
    struct Row {
        const char* nat;
        Sent packet;
        const char* expected;
        const char* source;
    };
    const std::vector<Row> rows{
        {"nat (inside,outside) source static MAIL PUB\n", mail_out,
         "accept outside 203.0.113.25:40000 > 198.51.100.9:25", "FW NAT, twice NAT: static"},
        {"nat (inside,outside) source static MAIL PUB\n", mail_in, "accept inside 198.51.100.9:40000 > 10.0.0.25:25",
         "FW NAT, twice NAT: static is bidirectional"},
        {"nat (inside,outside) source static MAIL PUB unidirectional\n", mail_in, "drop",
         "CR nat (global): unidirectional, the destination addresses cannot initiate; 203.0.113.25 is then nobody's "
         "and "
         "its network is outside's"},
        {"nat (inside,outside) source static MAIL PUB unidirectional\n", mail_out,
         "accept outside 203.0.113.25:40000 > 198.51.100.9:25", "CR nat (global): unidirectional"},
        {"nat (inside,outside) source dynamic any interface\nnat (inside,outside) source static MAIL PUB\n", mail_out,
         "accept outside 203.0.113.2:40000 > 198.51.100.9:25", "FW NAT rule order: section 1, first match"},
        {"nat (inside,outside) after-auto source dynamic any interface\nobject network MAIL\n nat (inside,outside) "
         "static "
         "PUB\n",
         mail_out, "accept outside 203.0.113.25:40000 > 198.51.100.9:25", "FW NAT rule order: section 2 before 3"},
        {"nat (inside,outside) source dynamic any interface\nobject network MAIL\n nat (inside,outside) static PUB\n",
         mail_out, "accept outside 203.0.113.2:40000 > 198.51.100.9:25", "FW NAT rule order: section 1 before 2"},
        {"nat (inside,outside) source dynamic any interface\nobject network MAIL\n nat (inside,outside) static PUB\n",
         mail_in, "drop", "syslog 305013: the answers would match section 1"},
        {"nat (inside,outside) source static MAIL PUB inactive\nnat (inside,outside) source dynamic any interface\n",
         mail_out, "accept outside 203.0.113.2:40000 > 198.51.100.9:25", "CR nat (global): inactive"},
        {"nat (inside,outside) source static LAN LAN destination static PARTNER PARTNER\n"
         "nat (inside,outside) source dynamic any interface\n",
         {"inside", "tcp", "10.0.0.25", 40000, "192.0.2.7", 25},
         "accept outside 10.0.0.25:40000 > 192.0.2.7:25",
         "FW NAT: identity NAT for VPN"},
        {"nat (inside,outside) source static LAN LAN destination static PARTNER PARTNER\n"
         "nat (inside,outside) source dynamic any interface\n",
         mail_out, "accept outside 203.0.113.2:40000 > 198.51.100.9:25", "FW NAT: the destination has to match too"},
        {"nat (inside,outside) source static LAN LAN\nnat (inside,outside) source dynamic any interface\n", mail_out,
         "accept outside 10.0.0.25:40000 > 198.51.100.9:25", "FW NAT: identity NAT"},
        {"nat (inside,outside) source static MAIL PUB destination static NEAR FAR\n",
         {"inside", "tcp", "10.0.0.25", 40000, "172.31.0.9", 25},
         "accept outside 203.0.113.25:40000 > 192.0.2.9:25",
         "CR nat (global): destination static MAPPED REAL"},
        {"nat (inside,outside) source static MAIL PUB destination static NEAR FAR\n",
         {"outside", "tcp", "192.0.2.9", 40000, "203.0.113.25", 25},
         "accept inside 172.31.0.9:40000 > 10.0.0.25:25",
         "CR nat (global): the reverse translates both"},
        {"nat (inside,outside) source static MAIL PUB destination static NEAR FAR\n",
         {"outside", "tcp", "198.51.100.9", 40000, "203.0.113.25", 25},
         "drop",
         "CR nat (global): both have to match; the network of the address is outside's"},
        {"nat (inside,outside) source static MAIL PUB service SMTP ALT\n",
         {"outside", "tcp", "198.51.100.9", 40000, "203.0.113.25", 2525},
         "accept inside 198.51.100.9:40000 > 10.0.0.25:25",
         "CR nat (global): service REAL MAPPED with a source port"},
        {"nat (inside,outside) source static MAIL PUB service SMTP ALT\n", mail_out,
         "accept outside 10.0.0.25:40000 > 198.51.100.9:25", "the same: a client's port is another"},
        {"nat (inside,outside) source dynamic LAN interface destination static FAR FAR service D25 D26\n",
         {"inside", "tcp", "10.0.0.25", 40000, "192.0.2.9", 25},
         "accept outside 203.0.113.2:40000 > 192.0.2.9:26",
         "CR nat (global): service of the destination, mapped then real"},
        {"nat (outside,inside) source dynamic any interface destination static PUB MAIL\n", mail_in,
         "accept inside 10.0.0.1:40000 > 10.0.0.25:25", "FW NAT: source of outside hosts hidden"},
        {"nat (outside,inside) source static any any destination static PUB MAIL\n", mail_out,
         "accept outside 203.0.113.25:40000 > 198.51.100.9:25", "CR nat (global): the reverse of the destination"},
        {"nat (outside,inside) source static any any destination static PUB MAIL unidirectional\n", mail_out,
         "accept outside 10.0.0.25:40000 > 198.51.100.9:25", "CR nat (global): unidirectional"},
        {"nat (inside,dmz) source static MAIL MAIL destination static PARTNER PARTNER\n",
         {"inside", "tcp", "10.0.0.25", 40000, "192.0.2.7", 25},
         "drop",
         "FW NAT, determining the egress interface: by the NAT rule, here without a route"},
        {"nat (inside,dmz) source static MAIL MAIL destination static PARTNER PARTNER route-lookup\n",
         {"inside", "tcp", "10.0.0.25", 40000, "192.0.2.7", 25},
         "accept outside 10.0.0.25:40000 > 192.0.2.7:25",
         "FW NAT, determining the egress interface: route-lookup"},
        {"same-security-traffic permit intra-interface\nnat (inside,inside) source dynamic LAN interface destination "
         "static PUB MAIL\n",
         {"inside", "tcp", "10.0.0.99", 40000, "203.0.113.25", 25},
         "accept inside 10.0.0.1:40000 > 10.0.0.25:25",
         "FW NAT: hairpin"},
    };
    for (const Row& r : rows) {
        INFO(r.nat << "\n" << r.packet.in << " " << r.packet.src << " > " << r.packet.dst << "\nsource: " << r.source);
        CHECK(with(r.nat, r.packet) == r.expected);
    }
}

TEST_CASE("asa: tunnels") {
    const char* map =
        "access-list V extended permit ip 10.0.0.0 255.255.255.0 192.0.2.0 255.255.255.0\n"
        "crypto map M 10 match address V\ncrypto map M 10 set peer 198.51.100.1\ncrypto map M interface "
        "outside\nobject network LAN\n subnet 10.0.0.0 255.255.255.0\n";
    const std::string with_pat = std::string(map) + "nat (inside,outside) source dynamic LAN interface\n";
    const std::string closed = std::string(map) +
                               "access-list O extended deny ip any any\naccess-group O in interface "
                               "outside\n";
    const std::string no_bypass = closed + "no sysopt connection permit-vpn\n";
    check({
        {map,
         {"inside", "tcp", "10.0.0.25", 40000, "192.0.2.7", 25},
         "accept tunnel M 10 10.0.0.25:40000 > 192.0.2.7:25",
         "CR crypto map: match address"},
        {map, mail_out, "accept outside 10.0.0.25:40000 > 198.51.100.9:25",
         "CR crypto map: what does not match is sent as it is"},
        {with_pat.c_str(),
         {"inside", "tcp", "10.0.0.25", 40000, "192.0.2.7", 25},
         "accept outside 203.0.113.2:40000 > 192.0.2.7:25",
         "FW NAT and VPN: translation comes first, so that the list no longer matches"},
        {closed.c_str(),
         {"outside", "tcp", "192.0.2.7", 40000, "10.0.0.25", 25},
         "accept inside 192.0.2.7:40000 > 10.0.0.25:25 | drop",
         "CR sysopt connection permit-vpn: decrypted traffic passes by access lists, by default"},
        {no_bypass.c_str(),
         {"outside", "tcp", "192.0.2.7", 40000, "10.0.0.25", 25},
         "drop",
         "CR sysopt connection permit-vpn"},
    });
}

TEST_CASE("asa: IPv6") {
    const std::string v6 =
        "interface GigabitEthernet0/0\n nameif outside\n security-level 0\n ip address 203.0.113.2 "
        "255.255.255.224\n ipv6 address 2001:db8:0:1::2/64\ninterface GigabitEthernet0/1\n nameif inside\n "
        "security-level 100\n ip address 10.0.0.1 255.255.255.0\n ipv6 address 2001:db8:0:2::1/64\nipv6 "
        "route outside ::/0 2001:db8:0:1::1\n";
    const Sent out6{"inside", "tcp", "2001:db8:0:2::25", 40000, "2001:db8:ffff::9", 25};
    const std::string any4 = v6 + "access-list I extended permit ip any4 any4\naccess-group I in interface inside\n";
    const std::string any = v6 + "access-list I extended permit ip any any\naccess-group I in interface inside\n";
    check({
        {"", out6, "drop", "CR ipv6 address: IPv6 is off until it is configured on the interface"},
        {v6.c_str(), out6, "accept outside 2001:db8:0:2::25:40000 > 2001:db8:ffff::9:25",
         "FW Access Rules, Implicit Permits: IPv6 too"},
        {any4.c_str(), out6, "drop", "FW Access Rules: one list for both IP versions since 9.0"},
        {any.c_str(), out6, "accept outside 2001:db8:0:2::25:40000 > 2001:db8:ffff::9:25",
         "CR access-list extended: any"},
    });
}
