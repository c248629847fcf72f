// SPDX-License-Identifier: Apache-2.0
// Packets through access lists, translation and routing, each with the document that says what becomes of them. NO is
// Cisco, "NAT Order of Operation"; CR the Cisco IOS Security Command Reference; AS the IP Addressing Services Command
// Reference; ACL the Security Configuration Guide: Access Control Lists; NAT the IP Addressing: NAT Configuration
// Guide; RT the IP Routing: Protocol-Independent Command Reference. Batfish is a peer; its tests are named.
#include <catch2/catch.hpp>

#include "support.hpp"

using namespace egresslint::test;

namespace {

void check(const std::vector<Case>& cases) {
    for (const auto& c : cases) {
        INFO(c.config << "\n"
                      << c.packet.in << " " << c.packet.src << " > " << c.packet.dst << "\nsource: " << c.source);
        CHECK(outcome(c) == c.expected);
    }
}

const char* const lan = "access-list 1 permit 10.0.0.0 0.0.0.255\n";
const char* const own = "accept GigabitEthernet0/0 203.0.113.2:40000 > 198.51.100.9:25";
const char* const published = "accept GigabitEthernet0/0 203.0.113.25:40000 > 198.51.100.9:25";
const char* const as_it_is = "accept GigabitEthernet0/0 10.0.0.25:40000 > 198.51.100.9:25";
const char* const other_as_it_is = "accept GigabitEthernet0/0 10.0.0.99:40000 > 198.51.100.9:25";
const char* const delivered = "accept GigabitEthernet0/1 198.51.100.9:40000 > 10.0.0.25:25";

}  // namespace

TEST_CASE("ios: access lists of interfaces") {
    check({
        {"", other_out, other_as_it_is, "ACL IP Access List Overview: without a list everything is forwarded"},
        {"interface Gi0/1\n ip access-group 101 in\naccess-list 101 permit tcp host 10.0.0.25 any eq smtp\n", mail_out,
         as_it_is, "ACL: first match"},
        {"interface GigabitEthernet0/1\n ip access-group 101 in\n"
         "access-list 101 permit tcp host 10.0.0.25 any eq smtp\n",
         other_out, "drop", "ACL: implicit deny at the end"},
        {"interface GigabitEthernet0/1\n ip access-group NONE in\n", other_out, other_as_it_is,
         "CR ip access-group: a list that does not exist passes all packets"},
        {"interface GigabitEthernet0/1\n ip access-group A in\nip access-list extended A\n remark later\n", other_out,
         other_as_it_is, "ACL IP Access List Overview: an empty list permits everything"},
        {"interface GigabitEthernet0/0\n ip access-group A out\nip access-list extended A\n deny tcp any any eq 25\n"
         " permit ip any any\n",
         other_out, "drop", "CR ip access-group: out"},
        {"interface GigabitEthernet0/0\n ip access-group A out\nip access-list extended A\n deny ip any any\n",
         {"self", "tcp", "203.0.113.2", 40000, "198.51.100.9", 25},
         "accept GigabitEthernet0/0 203.0.113.2:40000 > 198.51.100.9:25",
         "ACL: lists do not filter traffic that originates from the device (Catalyst guide 15.2(4)E, page 1264)"},
        {"interface GigabitEthernet0/1\n ip access-group A in\nip access-list extended A\n 20 permit ip any any\n"
         " 10 deny tcp any any eq smtp\n",
         other_out, "drop", "ACL IP Access List Entry Sequence Numbering"},
        {"interface GigabitEthernet0/1\n ip access-group 7 in\naccess-list 7 deny 10.0.0.99\naccess-list 7 permit "
         "any\n",
         other_out, "drop", "CR access-list (IP standard): an address alone is a host"},
        {"interface GigabitEthernet0/1\n ip access-group 7 in\naccess-list 7 deny 10.0.0.99\naccess-list 7 permit "
         "any\n",
         mail_out, as_it_is, "the same"},
        {"interface GigabitEthernet0/1\n ip access-group 101 in\n"
         "access-list 101 permit tcp 10.0.0.1 0.0.0.254 any eq 25\n",
         mail_out, as_it_is, "ACL: a one in the wildcard mask is a bit that does not matter (odd hosts)"},
        {"interface GigabitEthernet0/1\n ip access-group 101 in\n"
         "access-list 101 permit tcp 10.0.0.1 0.0.0.254 any eq 25\n",
         {"GigabitEthernet0/1", "tcp", "10.0.0.26", 40000, "198.51.100.9", 25},
         "drop",
         "the same (even hosts)"},
        {"interface GigabitEthernet0/0\n ip access-group 101 in\naccess-list 101 permit tcp any any established\n",
         {"GigabitEthernet0/0", "tcp", "198.51.100.9", 25, "172.16.0.9", 40000},
         "drop",
         "CR permit (IP): established matches segments with ACK or RST"},
        {"interface GigabitEthernet0/0\n ip access-group 101 in\naccess-list 101 permit tcp any any established\n",
         {"GigabitEthernet0/0", "tcp", "198.51.100.9", 25, "172.16.0.9", 40000, 0x12},
         "accept GigabitEthernet0/2 198.51.100.9:25 > 172.16.0.9:40000",
         "the same"},
        {"interface GigabitEthernet0/1\n ip access-group A in\nip access-list extended A\n"
         " deny ip any any fragments\n permit ip any any\n",
         other_out, other_as_it_is, "CR permit (IP): fragments are non-initial fragments"},
        {"interface GigabitEthernet0/1\n ip access-group A in\nip access-list extended A\n"
         " permit tcp any any eq 25 time-range WORK\n",
         other_out, "accept GigabitEthernet0/0 10.0.0.99:40000 > 198.51.100.9:25 | drop", "CR time-range"},
        {"interface GigabitEthernet0/1\n ip access-group A in\nip access-list extended A\n"
         " permit tcp any any eq www 443 smtp\n",
         other_out, other_as_it_is, "CR permit (IP): eq takes up to ten ports"},
        {"object-group network MTA\n host 10.0.0.25\n 10.0.0.96 255.255.255.252\n"
         "interface GigabitEthernet0/1\n ip access-group A in\nip access-list extended A\n"
         " permit tcp object-group MTA any eq smtp\n",
         other_out, other_as_it_is, "ACL Object Groups for ACLs: members have netmasks"},
        {"object-group service MAIL\n tcp eq smtp\n tcp range 587 588\nobject-group network MTA\n host 10.0.0.25\n"
         "interface GigabitEthernet0/1\n ip access-group A in\nip access-list extended A\n"
         " permit object-group MAIL object-group MTA any\n",
         {"GigabitEthernet0/1", "tcp", "10.0.0.25", 40000, "198.51.100.9", 588},
         "accept GigabitEthernet0/0 10.0.0.25:40000 > 198.51.100.9:588",
         "ACL Object Groups for ACLs"},
        {"interface GigabitEthernet0/0\n ip access-group IN in\n ip access-group OUT out\n"
         "ip access-list extended OUT\n permit tcp any any reflect MIRROR\nip access-list extended IN\n evaluate "
         "MIRROR\n",
         {"GigabitEthernet0/0", "tcp", "198.51.100.9", 40000, "172.16.0.9", 25},
         "drop",
         "CR evaluate: only answers of what reflect saw"},
        {"interface GigabitEthernet0/1\n ip access-group A in\nip access-list extended A\n permit tcp any any eq "
         "nosuch\n",
         other_out, "accept GigabitEthernet0/0 10.0.0.99:40000 > 198.51.100.9:25 | drop", "an unknown word: either"},
        {"interface GigabitEthernet0/1\n shutdown\n", other_out, "drop", "Interface Command Reference, shutdown"},
    });
}

// CR permit (IP): match-any is met by one of the flags, match-all by all of them; - means that a flag is not set.
TEST_CASE("ios: TCP flags") {
    const auto passes = [](const std::string& flags, unsigned octet) {
        const std::string lines =
            "interface GigabitEthernet0/1\n ip access-group 101 in\naccess-list 101 permit tcp any any ";
        return fate(office + lines + flags + "\n",
                    {"GigabitEthernet0/1", "tcp", "10.0.0.25", 40000, "198.51.100.9", 25, octet}) == as_it_is;
    };
    constexpr unsigned syn = 2, rst = 4, ack = 16;
    CHECK(passes("match-all +ack -syn", ack));
    CHECK_FALSE(passes("match-all +ack -syn", syn));
    CHECK_FALSE(passes("match-all +ack -syn", syn | ack));
    CHECK(passes("match-any +ack -syn", syn | ack));
    CHECK(passes("match-any +ack -syn", rst));
    CHECK_FALSE(passes("match-any +ack -syn", syn));
    CHECK(passes("ack rst", rst));
    CHECK_FALSE(passes("ack rst", syn));
    CHECK(passes("established", rst));
    CHECK_FALSE(passes("established", syn));
}

TEST_CASE("ios: IPv6 access lists") {
    const std::string v6 =
        "interface GigabitEthernet0/0\n ipv6 address 2001:db8:1::2/64\ninterface GigabitEthernet0/1\n"
        " ipv6 address 2001:db8:2::1/64\nipv6 route ::/0 2001:db8:1::1\n";
    const Sent out{"GigabitEthernet0/1", "tcp", "2001:db8:2::25", 40000, "2001:db8:9::9", 25};
    const char* passes = "accept GigabitEthernet0/0 2001:db8:2::25:40000 > 2001:db8:9::9:25";
    CHECK(fate(office + v6, out) == passes);  // no list, no filter
    const std::string list = "interface GigabitEthernet0/1\n ipv6 traffic-filter A in\nipv6 access-list A\n";
    // CR ipv6 traffic-filter, ipv6 access-list: implicit deny ipv6 any any
    CHECK(fate(office + v6 + list + " sequence 10 permit tcp host 2001:db8:2::26 any eq 25\n", out) == "drop");
    CHECK(fate(office + v6 + list + " permit tcp 2001:db8:2::/64 any eq 25\n", out) == passes);
    // CR ipv6 access-list: neighbour discovery is permitted before the implicit deny
    CHECK(fate(office + v6 + list + " deny tcp any any\n",
               {"GigabitEthernet0/1", "icmp6", "2001:db8:2::25", 0, "2001:db8:9::9", 135}) ==
          "accept GigabitEthernet0/0 2001:db8:2::25 > 2001:db8:9::9");
    // An IPv4 list says nothing about IPv6.
    CHECK(fate(office + v6 + "interface GigabitEthernet0/1\n ip access-group 1 in\naccess-list 1 deny any\n", out) ==
          passes);
    // IPv6 Command Reference, ipv6 unicast-routing: disabled by default
    std::string without = office;
    without.erase(without.find("ipv6 unicast-routing\n"), 21);
    CHECK(fate(without + v6, out) == "drop");
}

TEST_CASE("ios: static translation") {
    const std::string overload =
        std::string(lan) + "ip nat inside source list 1 interface GigabitEthernet0/0 overload\n";
    const std::string host = overload + "ip nat inside source static 10.0.0.25 203.0.113.25\n";
    const std::string port = overload + "ip nat inside source static tcp 10.0.0.25 25 203.0.113.25 25 extendable\n";
    const std::string own_port = overload + "ip nat inside source static tcp 10.0.0.25 2525 interface Gi0/0 25\n";
    const std::string net = "ip nat inside source static network 10.0.0.0 203.0.113.0 /24 no-alias\n";
    const std::string both = net + "ip nat inside source static 10.0.0.25 192.0.2.25\n";
    check({
        {host.c_str(), mail_out, published, "NAT Configuring NAT for IP Address Conservation: static, before dynamic"},
        {host.c_str(), other_out, own, "the same: the others are translated dynamically"},
        {host.c_str(), mail_in, delivered, "NAT: a static translation lets the outside begin"},
        {port.c_str(), mail_in, delivered, "AS ip nat inside source: static tcp"},
        {port.c_str(), mail_out, own,
         "AS ip nat inside source: a translation of port 25 is for segments from port 25; the list translates the "
         "rest"},
        {port.c_str(),
         {"GigabitEthernet0/1", "tcp", "10.0.0.25", 25, "198.51.100.9", 40000},
         "accept GigabitEthernet0/0 203.0.113.25:25 > 198.51.100.9:40000",
         "the same"},
        {own_port.c_str(),
         {"GigabitEthernet0/0", "tcp", "198.51.100.9", 40000, "203.0.113.2", 25},
         "accept GigabitEthernet0/1 198.51.100.9:40000 > 10.0.0.25:2525",
         "AS ip nat inside source: interface"},
        {net.c_str(), mail_out, published, "AS ip nat inside source: static network keeps the host part"},
        {net.c_str(), mail_in, delivered, "the same"},
        {both.c_str(), mail_out, "accept GigabitEthernet0/0 192.0.2.25:40000 > 198.51.100.9:25",
         "Batfish CiscoIosStaticNatTest.testNatCompare: the longer local prefix first"},
        {host.c_str(),
         {"GigabitEthernet0/2", "tcp", "172.16.0.9", 40000, "198.51.100.9", 25},
         "accept GigabitEthernet0/0 172.16.0.9:40000 > 198.51.100.9:25",
         "AS ip nat: only between inside and outside interfaces"},
        {host.c_str(),
         {"GigabitEthernet0/1", "tcp", "10.0.0.25", 40000, "172.16.0.9", 25},
         "accept GigabitEthernet0/2 10.0.0.25:40000 > 172.16.0.9:25",
         "the same"},
    });
}

TEST_CASE("ios: dynamic translation") {
    const std::string overload =
        std::string(lan) + "ip nat inside source list 1 interface GigabitEthernet0/0 overload\n";
    const std::string pool = std::string(lan) +
                             "ip nat pool P 203.0.113.8 203.0.113.11 prefix-length 29\n"
                             "ip nat inside source list 1 pool P overload\n";
    const std::string single = std::string(lan) +
                               "ip nat pool P 203.0.113.25 203.0.113.25 netmask 255.255.255.224\n"
                               "ip nat inside source list 1 pool P overload\n";
    const std::string exempt =
        "access-list 101 deny tcp any any eq smtp\naccess-list 101 permit ip 10.0.0.0 0.0.0.255 any\n"
        "ip nat inside source list 101 interface GigabitEthernet0/0 overload\n";
    const std::string order =
        "access-list 10 permit any\naccess-list 2 permit host 10.0.0.25\n"
        "ip nat pool A 203.0.113.25 203.0.113.25 netmask 255.255.255.224\n"
        "ip nat inside source list 10 interface GigabitEthernet0/0 overload\nip nat inside source list 2 pool A\n";
    const std::string named =
        "ip access-list standard LAN\n permit any\naccess-list 10 permit host 10.0.0.25\n"
        "ip nat pool A 203.0.113.25 203.0.113.25 netmask 255.255.255.224\n"
        "ip nat inside source list LAN interface GigabitEthernet0/0 overload\nip nat inside source list 10 pool A\n";
    const std::string by_map =
        "access-list 1 permit any\nroute-map ISP permit 10\n match ip address 1\n match interface GigabitEthernet0/0\n"
        "ip nat inside source route-map ISP interface GigabitEthernet0/0 overload\n";
    const std::string loopback =
        "interface Loopback0\n ip address 192.0.2.1 255.255.255.255\naccess-list 1 permit any\n"
        "ip nat inside source list 1 interface Loopback0 overload\n";
    const std::string no_inside = overload + "interface GigabitEthernet0/1\n no ip nat inside\n";
    check({
        {overload.c_str(), mail_out, own, "AS ip nat inside source: interface overload"},
        {pool.c_str(), mail_out, "accept GigabitEthernet0/0 203.0.113.8-203.0.113.11:40000 > 198.51.100.9:25",
         "AS ip nat pool: one of the addresses"},
        {single.c_str(), mail_out, published, "AS ip nat pool: of one address"},
        {exempt.c_str(), mail_out, as_it_is,
         "NAT: what the list denies is not translated (real extended lists; Batfish takes standard ones only)"},
        {exempt.c_str(),
         {"GigabitEthernet0/1", "tcp", "10.0.0.25", 40000, "198.51.100.9", 80},
         "accept GigabitEthernet0/0 203.0.113.2:40000 > 198.51.100.9:80",
         "the same"},
        {order.c_str(), mail_out, published,
         "Batfish CiscoIosDynamicNat.natCompare: lists by number, not as they stand in the text"},
        {named.c_str(), mail_out, published, "Batfish CiscoIosDynamicNat.natCompare: numbers before names"},
        {by_map.c_str(), mail_out, own, "NAT: route maps, match interface is the way out"},
        {loopback.c_str(), mail_out, "accept GigabitEthernet0/0 192.0.2.1:40000 > 198.51.100.9:25",
         "AS ip nat inside source: the address of the interface named, whichever the packet leaves by"},
        {no_inside.c_str(), mail_out, as_it_is,
         "AS ip nat: packets of an interface that is not inside stay as they are"},
        {overload.c_str(),
         {"self", "tcp", "10.0.0.1", 40000, "198.51.100.9", 25},
         own,
         "Batfish CiscoIosDynamicNat: what the router sends itself is translated as well where the list means it"},
        {"access-list 2 permit host 203.0.113.80\nip nat pool R 10.0.0.8 10.0.0.9 prefix-length 28 type rotary\n"
         "ip nat inside destination list 2 pool R\n",
         {"GigabitEthernet0/0", "tcp", "198.51.100.9", 40000, "203.0.113.80", 80},
         "accept GigabitEthernet0/1 198.51.100.9:40000 > 10.0.0.8-10.0.0.9:80",
         "NAT Configuring Destination Address Rotary Translation"},
        {"ip nat outside source static 198.51.100.9 10.9.0.9\nip route 10.9.0.0 255.255.0.0 203.0.113.1\n",
         {"GigabitEthernet0/1", "tcp", "10.0.0.25", 40000, "10.9.0.9", 25},
         as_it_is,
         "AS ip nat outside source static: inside, the outside host has the local address"},
        {"ip nat outside source static 198.51.100.9 10.9.0.9\nip route 10.9.0.0 255.255.0.0 203.0.113.1\n",
         {"GigabitEthernet0/0", "tcp", "198.51.100.9", 40000, "10.0.0.25", 25},
         "accept GigabitEthernet0/1 10.9.0.9:40000 > 10.0.0.25:25",
         "the same"},
        {"interface GigabitEthernet0/0\n ip nat enable\ninterface GigabitEthernet0/1\n ip nat enable\n"
         "access-list 1 permit any\nip nat source list 1 interface GigabitEthernet0/0 overload\n"
         "ip nat source static 10.0.0.25 203.0.113.25\n",
         mail_out, published, "NAT Configuring the NAT Virtual Interface"},
        {"interface GigabitEthernet0/0\n ip nat enable\ninterface GigabitEthernet0/1\n ip nat enable\n"
         "ip nat source static 10.0.0.25 203.0.113.25\n",
         mail_in, delivered, "the same"},
    });
}

TEST_CASE("ios: order of access lists, translation and routing") {
    const std::string host = "ip nat inside source static 10.0.0.25 203.0.113.25\n";
    const auto with = [&](const std::string& more) { return host + more; };
    const std::string in_public = with(
        "interface GigabitEthernet0/0\n ip access-group I in\n"
        "ip access-list extended I\n permit tcp any host 203.0.113.25 eq smtp\n");
    const std::string in_private = with(
        "interface GigabitEthernet0/0\n ip access-group I in\n"
        "ip access-list extended I\n permit tcp any host 10.0.0.25 eq smtp\n");
    const std::string out_public = with(
        "interface GigabitEthernet0/0\n ip access-group O out\n"
        "ip access-list extended O\n permit tcp host 203.0.113.25 any eq smtp\n");
    const std::string out_private = with(
        "interface GigabitEthernet0/0\n ip access-group O out\n"
        "ip access-list extended O\n permit tcp host 10.0.0.25 any eq smtp\n");
    const std::string inside_out = with(
        "interface GigabitEthernet0/1\n ip access-group O out\n"
        "ip access-list extended O\n permit tcp any host 10.0.0.25 eq smtp\n");
    check({
        {in_public.c_str(), mail_in, delivered, "NO outside to inside: input access list before NAT"},
        {in_private.c_str(), mail_in, "drop", "the same"},
        {out_public.c_str(), mail_out, published, "NO inside to outside: NAT before the output access list"},
        {out_private.c_str(), mail_out, "drop", "the same"},
        {inside_out.c_str(), mail_in, delivered, "NO outside to inside: NAT before the output access list"},
    });
}

TEST_CASE("ios: routes and policy routing") {
    const std::string second = "interface GigabitEthernet0/3\n ip address 192.0.2.2 255.255.255.0\n ip nat outside\n";
    const auto with = [&](const std::string& more) { return second + more; };
    const std::string policy = with(
        "interface GigabitEthernet0/1\n ip policy route-map R\naccess-list 101 permit tcp any any eq smtp\n"
        "route-map R permit 10\n match ip address 101\n set ip next-hop 192.0.2.1\n");
    const std::string denied = with(
        "interface GigabitEthernet0/1\n ip policy route-map R\naccess-list 101 permit tcp host 10.0.0.25 any\n"
        "route-map R deny 5\n match ip address 101\nroute-map R permit 10\n set interface GigabitEthernet0/3\n");
    const std::string by_default = with(
        "interface GigabitEthernet0/1\n ip policy route-map R\nroute-map R permit 10\n"
        " set ip default next-hop 192.0.2.1\n");
    const std::string floating = with("ip route 0.0.0.0 0.0.0.0 192.0.2.1 250\n");
    const std::string longest = with("ip route 198.51.100.0 255.255.255.0 GigabitEthernet0/3 192.0.2.1\n");
    const std::string null0 = "ip route 198.51.100.0 255.255.255.0 Null0\n";
    const std::string tracked = "ip route 198.51.100.0 255.255.255.0 Null0 track 1\n";
    const std::string vrf =
        "vrf definition GUEST\ninterface GigabitEthernet0/4\n vrf forwarding GUEST\n ip address 10.7.0.1 "
        "255.255.255.0\n"
        "ip route vrf GUEST 0.0.0.0 0.0.0.0 10.7.0.254\n";
    check({
        {policy.c_str(), mail_out, "accept GigabitEthernet0/3 10.0.0.25:40000 > 198.51.100.9:25",
         "RT set ip next-hop; NO: policy routing before routing"},
        {policy.c_str(),
         {"GigabitEthernet0/1", "tcp", "10.0.0.25", 40000, "198.51.100.9", 80},
         "accept GigabitEthernet0/0 10.0.0.25:40000 > 198.51.100.9:80",
         "RT ip policy route-map: what no clause means is routed as usual"},
        {denied.c_str(), mail_out, as_it_is, "RT route-map: deny leaves the packet to the routes"},
        {denied.c_str(), other_out, "accept GigabitEthernet0/3 10.0.0.99:40000 > 198.51.100.9:25", "RT set interface"},
        {by_default.c_str(), mail_out,
         "accept GigabitEthernet0/0 10.0.0.25:40000 > 198.51.100.9:25 | accept GigabitEthernet0/1 10.0.0.25:40000 > "
         "198.51.100.9:25 | accept GigabitEthernet0/2 10.0.0.25:40000 > 198.51.100.9:25 | accept GigabitEthernet0/3 "
         "10.0.0.25:40000 > 198.51.100.9:25",
         "RT set ip default next-hop hangs on all routes: not analysed, so anywhere"},
        {floating.c_str(), mail_out, as_it_is, "RT ip route: the shorter distance"},
        {longest.c_str(), mail_out, "accept GigabitEthernet0/3 10.0.0.25:40000 > 198.51.100.9:25",
         "RT ip route: the longest prefix"},
        {null0.c_str(), mail_out, "drop", "RT ip route: Null0"},
        {tracked.c_str(), mail_out, "accept GigabitEthernet0/0 10.0.0.25:40000 > 198.51.100.9:25 | drop",
         "RT ip route: track"},
        {vrf.c_str(),
         {"GigabitEthernet0/4", "tcp", "10.7.0.9", 40000, "198.51.100.9", 25},
         "accept GigabitEthernet0/4 10.7.0.9:40000 > 198.51.100.9:25",
         "RT ip route vrf: a table of its own"},
        {vrf.c_str(),
         {"GigabitEthernet0/4", "tcp", "10.7.0.9", 40000, "10.0.0.25", 25},
         "accept GigabitEthernet0/4 10.7.0.9:40000 > 10.0.0.25:25",
         "the same: no way to the networks of another table but by its own routes"},
    });
}

TEST_CASE("ios: what stays undecided goes either way") {
    const std::string overload =
        std::string(lan) + "ip nat inside source list 1 interface GigabitEthernet0/0 overload\n";
    const std::string two = overload +
                            "ip nat inside source static 10.0.0.25 203.0.113.25 extendable\n"
                            "ip nat inside source static 10.0.0.25 192.0.2.25 extendable\n";
    const std::string deny =
        "access-list 102 permit tcp any any eq smtp\nroute-map M deny 5\n match ip address 102\nroute-map M permit 10\n"
        "ip nat inside source route-map M interface GigabitEthernet0/0 overload\n";
    const std::string map =
        "route-map M permit 10\n match interface GigabitEthernet0/0\n"
        "ip nat inside source static 10.0.0.25 203.0.113.25 route-map M extendable\n";
    check({
        {two.c_str(), mail_out,
         "accept GigabitEthernet0/0 192.0.2.25:40000 > 198.51.100.9:25 | accept GigabitEthernet0/0 "
         "203.0.113.25:40000 > 198.51.100.9:25 | accept GigabitEthernet0/0 203.0.113.2:40000 > 198.51.100.9:25",
         "Cisco NAT FAQ, extendable: the dynamic rules decide for a connection from inside; others saw a static one"},
        {two.c_str(), mail_in, delivered, "the same: from outside either address works"},
        {deny.c_str(), mail_out,
         "accept GigabitEthernet0/0 10.0.0.25:40000 > 198.51.100.9:25 | accept GigabitEthernet0/0 203.0.113.2:40000 > "
         "198.51.100.9:25",
         "deny clauses of a route map in NAT are disputed"},
        {map.c_str(), mail_out, published, "NAT Static NAT with route maps: outbound by the route map"},
        {map.c_str(), mail_in,
         "accept GigabitEthernet0/0 198.51.100.9:40000 > 203.0.113.25:25 | accept "
         "GigabitEthernet0/1 198.51.100.9:40000 > 10.0.0.25:25",
         "AS ip nat inside source: without reversible it is not said whether the outside may begin"},
    });
    CHECK(read(office + two).messages().empty());
}
