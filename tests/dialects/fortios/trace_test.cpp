// SPDX-License-Identifier: Apache-2.0
// What becomes of a packet. Every expectation is what the named source says of such a configuration; addresses are
// those of the office (support.hpp).
#include <catch2/catch.hpp>

#include "tests/dialects/fortios/support.hpp"

namespace egresslint::test::fortios {
namespace {

struct Case {
    const char* what;
    const char* source;
    std::string config;  ///< behind the office's
    const char* packet;
    const char* answer;
    const char* version = "7.2.8";
};

void run(const std::vector<Case>& cases) {
    for (const auto& c : cases) {
        INFO(c.what << " (" << c.source << ")");
        const std::string text = office(c.version) + c.config;
        INFO(read(text).messages());
        CHECK(traced(text, c.packet) == c.answer);
    }
}

std::string policy(const std::string& id, const std::string& from, const std::string& to, const std::string& src,
                   const std::string& dst, const std::string& more) {
    return "config firewall policy\nedit " + id + "\nset srcintf " + from + "\nset dstintf " + to + "\nset srcaddr " +
           src + "\nset dstaddr " + dst + "\nset schedule \"always\"\n" + more + "\nnext\nend\n";
}
const std::string all_out =
    policy("10", "lan", "wan1", "all", "all", "set action accept\nset service ALL\nset nat enable");
const std::string deny_all = "set service ALL";

std::string vip(const std::string& name, const std::string& more) {
    return "config firewall vip\nedit \"" + name +
           "\"\nset extip 203.0.113.25\nset mappedip \"10.0.0.25\"\nset extintf \"wan1\"\n" + more + "next\nend\n";
}
const std::string mail_in = policy("1", "wan1", "lan", "all", "\"mail\"", "set action accept\nset service ALL");
std::string pool(const std::string& name, const std::string& first, const std::string& last,
                 const std::string& more = "") {
    return "config firewall ippool\nedit \"" + name + "\"\nset startip " + first + "\nset endip " + last + "\n" + more +
           "next\nend\n";
}
std::string pooled(const std::string& names) {
    return policy("10", "lan", "wan1", "all", "all",
                  "set action accept\nset service ALL\nset nat enable\nset ippool enable\nset poolname " + names);
}
std::string central(const std::string& entries) {
    return "config system settings\nset central-nat enable\nend\n" +
           policy("10", "lan", "wan1", "all", "all", "set action accept\nset service ALL") +
           "config firewall central-snat-map\n" + entries + "end\n";
}
const std::string any_to_wan = "set srcintf lan\nset dstintf wan1\nset orig-addr all\nset dst-addr all\n";

constexpr const char* mail_out = "lan tcp 10.0.0.25:40000 > 198.18.0.9:25";
constexpr const char* pc_out = "lan tcp 10.0.0.99:40000 > 198.18.0.9:25";

}  // namespace

TEST_CASE("FortiOS: source NAT of a policy", "[fortios][trace]") {
    const char* order = "community.fortinet.com ta-p/193423";
    const char* referenced = "community.fortinet.com ta-p/189947";
    run({
        {"nat enable takes the interface's address", "FortiOS Administration Guide, Static SNAT", all_out, mail_out,
         "accept wan1 203.0.113.2 > 198.18.0.9:25"},
        {"without nat nothing is translated", "FortiOS 6.0 CLI Reference, firewall policy: nat, default disable",
         policy("10", "lan", "wan1", "all", "all", "set action accept\nset service ALL"), mail_out,
         "accept wan1 10.0.0.25 > 198.18.0.9:25"},
        {"a one-to-one VIP works backwards", "community.fortinet.com ta-p/312247", vip("mail", "") + mail_in + all_out,
         mail_out, "accept wan1 203.0.113.25 > 198.18.0.9:25"},
        {"other hosts keep the interface's address", "community.fortinet.com ta-p/247631",
         vip("mail", "") + mail_in + all_out, pc_out, "accept wan1 203.0.113.2 > 198.18.0.9:25"},
        {"a VIP that no policy uses is not consulted", referenced, vip("mail", "") + all_out, mail_out,
         "accept wan1 203.0.113.2 > 198.18.0.9:25"},
        {"a policy with source none and schedule none is use enough", referenced,
         vip("mail", "set nat-source-vip enable\n") +
             "config firewall policy\nedit 2\nset srcintf wan1\nset dstintf lan\nset srcaddr none\nset dstaddr "
             "mail\nset action accept\n"
             "set schedule none\nset service NONE\nnext\nend\n" +
             all_out,
         mail_out, "accept wan1 203.0.113.25 > 198.18.0.9:25"},
        {"extintf must be the outgoing interface", referenced,
         "config firewall vip\nedit mail\nset extip 198.51.100.25\nset mappedip 10.0.0.25\nset extintf "
         "wan2\nnext\nend\n" +
             policy("1", "wan2", "lan", "all", "mail", "set action accept\nset service ALL") + all_out,
         mail_out, "accept wan1 203.0.113.2 > 198.18.0.9:25"},
        {"extintf any is every interface", referenced,
         "config firewall vip\nedit mail\nset extip 203.0.113.25\nset mappedip 10.0.0.25\nset extintf "
         "any\nnext\nend\n" +
             mail_in + all_out,
         mail_out, "accept wan1 203.0.113.25 > 198.18.0.9:25"},
        {"a pool comes before a VIP without nat-source-vip", order,
         vip("mail", "") + mail_in + pool("p", "203.0.113.40", "203.0.113.40") + pooled("p"), mail_out,
         "accept wan1 203.0.113.40 > 198.18.0.9:25"},
        {"a VIP with nat-source-vip comes before a pool", order,
         vip("mail", "set nat-source-vip enable\n") + mail_in + pool("p", "203.0.113.40", "203.0.113.40") + pooled("p"),
         mail_out, "accept wan1 203.0.113.25 > 198.18.0.9:25"},
        {"a port forward does not cover what the host opens",
         "community.fortinet.com ta-p/189955 (port and protocol must match)",
         vip("mail", "set portforward enable\nset extport 25\nset mappedport 25\n") + mail_in + all_out, mail_out,
         "accept wan1 203.0.113.2 > 198.18.0.9:25"},
        {"a VIP for a protocol covers that protocol", "community.fortinet.com ta-p/189955 (services ALL_TCP)",
         vip("mail", "set service ALL_TCP\n") + mail_in + all_out, mail_out,
         "accept wan1 203.0.113.25 > 198.18.0.9:25"},
        {"… and no other one", "community.fortinet.com ta-p/189955 (services ALL_TCP)",
         vip("mail", "set service ALL_TCP\n") + mail_in + all_out, "lan udp 10.0.0.25:40000 > 198.18.0.9:53",
         "accept wan1 203.0.113.2 > 198.18.0.9:53"},
        {"a VIP without NAT in the policy translates nothing", order,
         vip("mail", "") + mail_in + policy("10", "lan", "wan1", "all", "all", "set action accept\nset service ALL"),
         mail_out, "accept wan1 10.0.0.25 > 198.18.0.9:25"},
        {"a disabled policy uses no VIP", referenced,
         vip("mail", "") +
             policy("1", "wan1", "lan", "all", "mail", "set action accept\nset service ALL\nset status disable") +
             all_out,
         mail_out, "accept wan1 203.0.113.2 > 198.18.0.9:25"},
        {"a range maps one to one, backwards too", "FortiOS CLI Reference, firewall vip: extip, mappedip are ranges",
         "config firewall vip\nedit mail\nset extip 203.0.113.20-203.0.113.29\nset mappedip 10.0.0.20-10.0.0.29\nset "
         "extintf wan1\nnext\nend\n" +
             mail_in + all_out,
         mail_out, "accept wan1 203.0.113.25 > 198.18.0.9:25"},
        {"an overload pool of one address", "community.fortinet.com ta-p/195322",
         pool("p", "203.0.113.40", "203.0.113.40") + pooled("p"), mail_out, "accept wan1 203.0.113.40 > 198.18.0.9:25"},
        {"an overload pool of several", "community.fortinet.com ta-p/195322",
         pool("p", "203.0.113.40", "203.0.113.41") + pooled("p"), mail_out,
         "accept wan1 203.0.113.40-203.0.113.41 > 198.18.0.9:25"},
        {"pools are used one after the other", "community.fortinet.com ta-p/192079",
         pool("a", "203.0.113.40", "203.0.113.40") + pool("b", "203.0.113.41", "203.0.113.41") + pooled("a b"),
         mail_out, "accept wan1 203.0.113.40-203.0.113.41 > 198.18.0.9:25"},
        {"one-to-one pools too", "FortiOS 5.0 Handbook, IP pools",
         pool("p", "203.0.113.40", "203.0.113.43", "set type one-to-one\n") + pooled("p"), mail_out,
         "accept wan1 203.0.113.40-203.0.113.43 > 198.18.0.9:25"},
        {"poolname without ippool enable is nothing", "FortiOS CLI Reference, firewall policy: ippool",
         pool("p", "203.0.113.40", "203.0.113.40") +
             policy("10", "lan", "wan1", "all", "all",
                    "set action accept\nset service ALL\nset nat enable\nset poolname p"),
         mail_out, "accept wan1 203.0.113.2 > 198.18.0.9:25"},
        {"secondary addresses are not taken",
         "FortiOS Administration Guide, Static SNAT: the outgoing interface's address",
         "config system interface\nedit wan1\nset secondary-IP enable\nconfig secondaryip\nedit 1\nset ip 203.0.113.25 "
         "255.255.255.0\nnext\nend\nnext\nend\n" +
             all_out,
         mail_out, "accept wan1 203.0.113.2 > 198.18.0.9:25"},
    });
}

TEST_CASE("FortiOS: central NAT", "[fortios][trace]") {
    const char* guide = "FortiOS 7.6.1 Administration Guide, Central SNAT (421028)";
    const char* vips = "community.fortinet.com ta-p/209514";
    const std::string p = pool("p", "203.0.113.40", "203.0.113.40");
    run({
        {"an entry without pool takes the interface's address", guide, central("edit 1\n" + any_to_wan + "next\n"),
         mail_out, "accept wan1 203.0.113.2 > 198.18.0.9:25"},
        {"an entry with a pool", guide, p + central("edit 1\n" + any_to_wan + "set nat-ippool p\nnext\n"), mail_out,
         "accept wan1 203.0.113.40 > 198.18.0.9:25"},
        {"the first entry that matches", guide,
         p + central("edit 2\n" + any_to_wan + "next\nedit 1\n" + any_to_wan + "set nat-ippool p\nnext\n"), mail_out,
         "accept wan1 203.0.113.2 > 198.18.0.9:25"},
        {"sources are matched", guide,
         p + central("edit 1\nset srcintf lan\nset dstintf wan1\nset orig-addr mailserver\nset dst-addr all\nset "
                     "nat-ippool p\nnext\nedit 2\n" +
                     any_to_wan + "next\n"),
         pc_out, "accept wan1 203.0.113.2 > 198.18.0.9:25"},
        {"nat of the policy is skipped", guide, "config system settings\nset central-nat enable\nend\n" + all_out,
         mail_out, "accept wan1 10.0.0.25 > 198.18.0.9:25"},
        {"a VIP without nat-source-vip never translates sources", vips,
         vip("mail", "") + central("edit 1\n" + any_to_wan + "next\n"), mail_out,
         "accept wan1 203.0.113.2 > 198.18.0.9:25"},
        {"one with nat-source-vip does, without a policy that uses it, before a pool", vips,
         p + vip("mail", "set nat-source-vip enable\n") + central("edit 1\n" + any_to_wan + "set nat-ippool p\nnext\n"),
         mail_out, "accept wan1 203.0.113.25 > 198.18.0.9:25"},
        {"nat disable exempts", "FortiOS 6.2 CLI Reference, central-snat-map: nat",
         central("edit 1\n" + any_to_wan + "set nat disable\nnext\nedit 2\n" + any_to_wan + "next\n"), mail_out,
         "accept wan1 10.0.0.25 > 198.18.0.9:25"},
        {"a disabled entry is passed over", "FortiOS 6.2 CLI Reference, central-snat-map: status",
         p + central("edit 1\n" + any_to_wan + "set nat-ippool p\nset status disable\nnext\nedit 2\n" + any_to_wan +
                     "next\n"),
         mail_out, "accept wan1 203.0.113.2 > 198.18.0.9:25"},
        {"a protocol", "FortiOS 6.2 CLI Reference, central-snat-map: protocol",
         p + central("edit 1\n" + any_to_wan + "set protocol 17\nset nat-ippool p\nnext\nedit 2\n" + any_to_wan +
                     "next\n"),
         mail_out, "accept wan1 203.0.113.2 > 198.18.0.9:25"},
        {"a destination port", "FortiOS 7.4.0 New Features, destination port matching (531801)",
         p + central("edit 3\n" + any_to_wan + "set protocol 6\nset nat-ippool p\nset dst-port 80-443\nnext\nedit 5\n" +
                     any_to_wan + "next\n"),
         "lan tcp 10.0.0.25:40000 > 198.18.0.9:80", "accept wan1 203.0.113.40 > 198.18.0.9:80", "7.4.0"},
        {"… and another one", "FortiOS 7.4.0 New Features, destination port matching (531801)",
         p + central("edit 3\n" + any_to_wan + "set protocol 6\nset nat-ippool p\nset dst-port 80-443\nnext\nedit 5\n" +
                     any_to_wan + "next\n"),
         mail_out, "accept wan1 203.0.113.2 > 198.18.0.9:25", "7.4.0"},
        {"a VIP acts without a policy that names it; the policy sees the mapped address", guide,
         vip("mail", "") + "config system settings\nset central-nat enable\nend\n" +
             policy("1", "wan1", "lan", "all", "mailserver", "set action accept\nset service SMTP"),
         "wan1 tcp 198.18.0.9:40000 > 203.0.113.25:25", "accept lan 198.18.0.9 > 10.0.0.25:25"},
    });
}

TEST_CASE("FortiOS: policies", "[fortios][trace]") {
    const char* first = "batfish FortiosGrammarTest, firewall_policy: file order, numbers are only names";
    const std::string block = policy("9", "lan", "wan1", "all", "all", "set service SMTP");
    const std::string smtp_accept =
        policy("20", "lan", "wan1", "mailserver", "all", "set action accept\nset service SMTP");
    run({
        {"implicit deny", "FortiOS Administration Guide, Firewall policy: implicit deny", "", pc_out, "drop"},
        {"no action is deny", "batfish representation/fortios/Policy.java: default action", block + all_out, pc_out,
         "drop"},
        {"the first policy in the text decides, whatever its number", first, all_out + block, pc_out,
         "accept wan1 203.0.113.2 > 198.18.0.9:25"},
        {"status disable is skipped", first,
         policy("9", "lan", "wan1", "all", "all", "set service SMTP\nset status disable") + all_out, pc_out,
         "accept wan1 203.0.113.2 > 198.18.0.9:25"},
        {"move before", "batfish testconfigs/fortios/policy_move",
         all_out + block + "config firewall policy\nmove 9 before 10\nend\n", pc_out, "drop"},
        {"move after", "batfish testconfigs/fortios/policy_move",
         block + all_out + "config firewall policy\nmove 9 after 10\nend\n", pc_out,
         "accept wan1 203.0.113.2 > 198.18.0.9:25"},
        {"delete", "batfish testconfigs/fortios/policy_delete",
         block + all_out + "config firewall policy\ndelete 9\nend\n", pc_out,
         "accept wan1 203.0.113.2 > 198.18.0.9:25"},
        {"send-deny-packet answers", "FortiOS 6.4.3 CLI Reference, firewall policy: send-deny-packet",
         policy("9", "lan", "wan1", "all", "all", "set service SMTP\nset send-deny-packet enable"), pc_out, "reject"},
        {"another interface", first, policy("9", "lan", "wan2", "all", "all", "set action accept\nset service ALL"),
         pc_out, "drop"},
        {"any interface", "FortiOS Administration Guide, interface any",
         policy("9", "any", "any", "all", "all", "set action accept\nset service ALL"), pc_out,
         "accept wan1 10.0.0.99 > 198.18.0.9:25"},
        {"srcaddr-negate", "FortiOS CLI Reference, firewall policy: srcaddr-negate",
         policy("9", "lan", "wan1", "mailserver", "all", "set srcaddr-negate enable\nset service SMTP") + all_out,
         pc_out, "drop"},
        {"… spares who is named", "FortiOS CLI Reference, firewall policy: srcaddr-negate",
         policy("9", "lan", "wan1", "mailserver", "all", "set srcaddr-negate enable\nset service SMTP") + all_out,
         mail_out, "accept wan1 203.0.113.2 > 198.18.0.9:25"},
        {"service-negate", "FortiOS CLI Reference, firewall policy: service-negate",
         policy("9", "lan", "wan1", "all", "all", "set action accept\nset service SMTP\nset service-negate enable"),
         pc_out, "drop"},
        {"a schedule may hold or not", "FortiOS Administration Guide, Schedules",
         "config firewall schedule recurring\nedit work\nset day monday\nset start 08:00\nset end 17:00\nnext\nend\n"
         "config firewall policy\nedit 9\nset srcintf lan\nset dstintf wan1\nset srcaddr all\nset dstaddr all\nset "
         "schedule work\nset action accept\nset service ALL\nnext\nend\n",
         pc_out, "unknown"},
        {"a service group", "batfish testconfigs/fortios/service_group",
         "config firewall service custom\nedit mx\nset tcp-portrange 25 587\nnext\nend\nconfig firewall service "
         "group\nedit mail\nset member mx HTTP\nnext\nend\n" +
             policy("9", "lan", "wan1", "all", "all", "set action accept\nset service mail"),
         pc_out, "accept wan1 10.0.0.99 > 198.18.0.9:25"},
        {"source ports of a service",
         "FortiOS CLI Reference, firewall service custom: tcp-portrange destination:source",
         "config firewall service custom\nedit odd\nset tcp-portrange 25:1000-2000\nnext\nend\n" +
             policy("9", "lan", "wan1", "all", "all", "set action accept\nset service odd"),
         pc_out, "drop"},
        {"a group with an exclusion", "FortiOS 6.2 New Features, address group exclusions",
         "config firewall addrgrp\nedit g\nset member office\nset exclude enable\nset exclude-member "
         "mailserver\nnext\nend\n" +
             policy("9", "lan", "wan1", "g", "all", "set action accept\nset service ALL"),
         mail_out, "drop"},
        {"zones stand for their interfaces", "FortiOS 7.4.5 Administration Guide, Zone (116821)",
         "config system zone\nedit inside\nset interface lan dmz\nnext\nend\n" +
             policy("9", "inside", "wan1", "all", "all", "set action accept\nset service ALL\nset nat enable"),
         "dmz tcp 10.1.0.5:40000 > 198.18.0.9:25", "accept wan1 203.0.113.2 > 198.18.0.9:25"},
        {"inside a zone nothing passes by default", "FortiOS 7.4.5 Administration Guide, Zone (116821)",
         "config system zone\nedit inside\nset interface lan dmz\nnext\nend\n" + all_out,
         "lan tcp 10.0.0.9:40000 > 10.1.0.5:25", "drop"},
        {"intrazone allow", "community.fortinet.com ta-p/264457",
         "config system zone\nedit inside\nset interface lan dmz\nset intrazone allow\nnext\nend\n",
         "lan tcp 10.0.0.9:40000 > 10.1.0.5:25", "accept dmz 10.0.0.9 > 10.1.0.5:25"},
        {"policies come before intrazone allow", "community.fortinet.com ta-p/264457",
         "config system zone\nedit inside\nset interface lan dmz\nset intrazone allow\nnext\nend\n" +
             policy("999", "any", "any", "all", "all", deny_all),
         "lan tcp 10.0.0.9:40000 > 10.1.0.5:25", "drop"},
        {"IPv6 of a unified policy", "FortiOS 6.4.3 CLI Reference, firewall policy: srcaddr6",
         "config firewall policy\nedit 8\nset srcintf lan\nset dstintf any\nset srcaddr6 all\nset dstaddr6 all\nset "
         "action accept\nset schedule always\nset service SMTP\nnext\nend\n" +
             block,
         pc_out, "drop"},
    });
}

TEST_CASE("FortiOS: virtual IPs", "[fortios][trace]") {
    const char* deny = "community.fortinet.com ta-p/192456";
    const char* in25 = "wan1 tcp 198.18.0.9:40000 > 203.0.113.25:25";
    const std::string deny_first = policy("5", "wan1", "any", "all", "all", deny_all);
    run({
        {"to the mapped address", "community.fortinet.com ta-p/247631", vip("mail", "") + mail_in, in25,
         "accept lan 198.18.0.9 > 10.0.0.25:25"},
        {"a port forward", "FortiOS Administration Guide, Virtual IP with port forwarding",
         vip("mail", "set portforward enable\nset extport 2525\nset mappedport 25\n") +
             policy("1", "wan1", "lan", "all", "mail", "set action accept\nset service SMTP"),
         "wan1 tcp 198.18.0.9:40000 > 203.0.113.25:2525", "accept lan 198.18.0.9 > 10.0.0.25:25"},
        {"the policy's service is the mapped port", "community.fortinet.com ta-p/355966",
         vip("mail", "set portforward enable\nset extport 25\nset mappedport 2525\n") +
             policy("1", "wan1", "lan", "all", "mail", "set action accept\nset service SMTP"),
         in25, "drop"},
        {"a deny policy to all did not stop a VIP", deny, vip("mail", "") + deny_first + mail_in, in25,
         "accept lan 198.18.0.9 > 10.0.0.25:25", "7.0.5"},
        {"… with match-vip it does", deny,
         vip("mail", "") + policy("5", "wan1", "any", "all", "all", deny_all + "\nset match-vip enable") + mail_in,
         in25, "drop", "7.0.5"},
        {"… which is the default since 7.2.4", "FortiGate Administrator 7.6 study guide: match-vip",
         vip("mail", "") + deny_first + mail_in, in25, "drop"},
        {"a deny policy that names the VIP", deny,
         vip("mail", "") + policy("5", "wan1", "any", "all", "mail", deny_all) + mail_in, in25, "drop", "7.0.5"},
        {"accept to all is not accept to a VIP", deny,
         vip("mail", "") + policy("1", "wan1", "lan", "all", "all", "set action accept\nset service ALL") +
             policy("2", "dmz", "lan", "all", "mail", "set action accept\nset service ALL"),
         in25, "drop", "7.0.5"},
        {"a VIP of another interface", "FortiOS CLI Reference, firewall vip: extintf", vip("mail", "") + mail_in,
         "wan2 tcp 198.18.0.9:40000 > 203.0.113.25:25", "drop"},
        {"src-filter", "FortiOS CLI Reference, firewall vip: src-filter",
         vip("mail", "set src-filter \"192.0.2.0/24\"\n") + mail_in, in25, "drop"},
        {"a VIP group", "FortiOS CLI Reference, firewall vipgrp",
         vip("m1", "") + "config firewall vipgrp\nedit mail\nset interface wan1\nset member m1\nnext\nend\n" + mail_in,
         in25, "accept lan 198.18.0.9 > 10.0.0.25:25"},
        {"inbound NAT hides the client", "FortiOS Administration Guide, Static SNAT",
         vip("mail", "") +
             policy("1", "wan1", "lan", "all", "mail", "set action accept\nset service ALL\nset nat enable"),
         in25, "accept lan 10.0.0.1 > 10.0.0.25:25"},
        {"a range of ports keeps its distance", "FortiOS CLI Reference, firewall vip: extport, mappedport",
         vip("mail", "set portforward enable\nset extport 2000-2010\nset mappedport 3000-3010\n") + mail_in,
         "wan1 tcp 198.18.0.9:40000 > 203.0.113.25:2005", "accept lan 198.18.0.9 > 10.0.0.25:3005"},
        {"load balancing picks one of the servers", "FortiOS Administration Guide, Virtual server load balance",
         "config firewall vip\nedit mail\nset type server-load-balance\nset extip 203.0.113.25\nset extintf wan1\nset "
         "server-type tcp\nset extport 25\nconfig realservers\n"
         "edit 1\nset ip 10.0.0.25\nset port 25\nnext\nedit 2\nset ip 10.0.0.26\nset port 25\nnext\nend\nnext\nend\n" +
             mail_in,
         in25, "accept lan 198.18.0.9 > 10.0.0.25-10.0.0.26:25"},
    });
}

TEST_CASE("FortiOS: routing and the device itself", "[fortios][trace]") {
    const char* order = "FortiOS Administration Guide, Policy routes: before SD-WAN rules and the routing table";
    const std::string any =
        policy("9", "any", "any", "all", "all", "set action accept\nset service ALL\nset nat enable");
    const std::string second = "config router static\nedit 2\nset gateway 198.51.100.1\nset device wan2\n";
    const std::string to_wan2 =
        "config router policy\nedit 1\nset input-device lan\nset src 10.0.0.25/255.255.255.255\nset gateway "
        "198.51.100.1\nset output-device wan2\nnext\nend\n";
    const std::string sdwan =
        "config router static\ndelete 1\nend\nconfig system sdwan\nset status enable\nconfig members\nedit 1\nset "
        "interface wan1\nset gateway 203.0.113.1\nnext\n"
        "edit 2\nset interface wan2\nset gateway 198.51.100.1\nnext\nend\n";
    const std::string wan_route =
        "config router static\nedit 1\nset distance 1\nset sdwan-zone virtual-wan-link\nnext\nend\n";
    run({
        {"equal distance is balanced", "FortiOS Administration Guide, ECMP", any + second + "next\nend\n", mail_out,
         "accept ? 198.51.100.2-203.0.113.2 > 198.18.0.9:25"},
        {"the lower priority is preferred", "FortiOS Administration Guide, Static routing: priority",
         any + second + "set priority 5\nnext\nend\n", mail_out, "accept wan1 203.0.113.2 > 198.18.0.9:25"},
        {"the lower distance is installed", "FortiOS Administration Guide, Static routing: distance",
         any + second + "set distance 5\nnext\nend\n", mail_out, "accept wan2 198.51.100.2 > 198.18.0.9:25"},
        {"a longer prefix", "FortiOS Administration Guide, Routing concepts",
         any + second + "set dst 198.18.0.0 255.254.0.0\nset distance 200\nnext\nend\n", mail_out,
         "accept wan2 198.51.100.2 > 198.18.0.9:25"},
        {"a disabled route", "FortiOS CLI Reference, router static: status",
         any + second + "set distance 5\nset status disable\nnext\nend\n", mail_out,
         "accept wan1 203.0.113.2 > 198.18.0.9:25"},
        {"blackhole", "FortiOS CLI Reference, router static: blackhole",
         any + "config router static\nedit 2\nset dst 198.18.0.0/15\nset blackhole enable\nnext\nend\n", mail_out,
         "drop"},
        {"a policy route first", order, any + to_wan2, mail_out, "accept wan2 198.51.100.2 > 198.18.0.9:25"},
        {"… for whom it is", order, any + to_wan2, pc_out, "accept wan1 203.0.113.2 > 198.18.0.9:25"},
        {"stop policy routing", "community.fortinet.com ta-p/190646",
         any + "config router policy\nedit 1\nset input-device lan\nset src 10.0.0.25/32\nset dst 198.18.0.0/15\nset "
               "action deny\nnext\nedit 2\nset input-device lan\nset gateway "
               "198.51.100.1\nset output-device wan2\nnext\nend\n",
         mail_out, "accept wan1 203.0.113.2 > 198.18.0.9:25"},
        {"SD-WAN balances", "FortiOS 6.0 Handbook, Configuring SD-WAN rules: implicit rule",
         any + sdwan + "end\n" + wan_route, mail_out, "accept ? 198.51.100.2-203.0.113.2 > 198.18.0.9:25"},
        {"an SD-WAN rule steers", "FortiOS 6.0 Handbook, Configuring SD-WAN rules",
         any + sdwan +
             "config service\nedit 1\nset dst all\nset src mailserver\nset priority-members 2\nnext\nend\nend\n" +
             wan_route,
         mail_out, "accept wan2 198.51.100.2 > 198.18.0.9:25"},
        {"policies name the SD-WAN zone", "FortiOS Administration Guide, SD-WAN zones",
         policy("9", "lan", "virtual-wan-link", "all", "all", "set action accept\nset service ALL\nset nat enable") +
             sdwan +
             "config service\nedit 1\nset dst all\nset src mailserver\nset priority-members 2\nnext\nend\nend\n" +
             wan_route,
         mail_out, "accept wan2 198.51.100.2 > 198.18.0.9:25"},
        {"what the device sends is not filtered", "FortiOS Administration Guide, local-out traffic", "",
         "self tcp 203.0.113.2:40000 > 198.18.0.9:25", "accept wan1 203.0.113.2 > 198.18.0.9:25"},
        {"alert mail has a source of its own", "FortiOS CLI Reference, system email-server: source-ip",
         "config system email-server\nset source-ip 203.0.113.25\nend\n", "self tcp 203.0.113.2:40000 > 198.18.0.9:25",
         "accept wan1 203.0.113.25 > 198.18.0.9:25"},
        {"no mail to the device", "FortiOS Administration Guide, Local-in policies", any,
         "wan1 tcp 198.18.0.9:40000 > 203.0.113.2:25", "drop"},
        {"administrative access", "FortiOS CLI Reference, system interface: allowaccess",
         "config system interface\nedit lan\nset allowaccess https\nnext\nend\n",
         "lan tcp 10.0.0.9:40000 > 10.0.0.1:443", "accept self 10.0.0.9 > 10.0.0.1:443"},
        {"a local-in policy comes first", "FortiOS Administration Guide, Local-in policies",
         "config system interface\nedit lan\nset allowaccess https\nnext\nend\nconfig firewall local-in-policy\nedit "
         "1\nset intf lan\nset srcaddr all\nset dstaddr all\nset service "
         "HTTPS\nset schedule always\nnext\nend\n",
         "lan tcp 10.0.0.9:40000 > 10.0.0.1:443", "drop"},
    });
}

}  // namespace egresslint::test::fortios
