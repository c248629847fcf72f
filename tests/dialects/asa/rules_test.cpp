// SPDX-License-Identifier: Apache-2.0
// One written line, one printed rule. Every row names where the meaning comes from: CR is the Cisco ASA Series Command
// Reference, FW the Firewall CLI Configuration Guide 9.x.
#include <catch2/catch.hpp>

#include "support.hpp"

using namespace egresslint::test;

namespace {

struct Case {
    const char* line;
    const char* expected;
    const char* source;
};

const std::string objects = R"(name 10.0.0.7 printer
object network MAIL
 host 10.0.0.25
object network NET
 subnet 10.0.0.0 255.255.255.0
object network RANGE
 range 10.0.0.5 10.0.0.9
object network DNSNAME
 fqdn v4 mx.example.com
object network V6
 subnet 2001:db8::/32
object service SMTPS
 service tcp source gt 1023 destination eq 465
object-group network G
 network-object object MAIL
 network-object host 10.0.0.26
object-group service PORTS tcp
 port-object eq smtp
 port-object eq 587
object-group icmp-type PING
 icmp-object echo
 icmp-object echo-reply
)";

std::string entry(const std::string& line, const char* version = "ASA Version 9.8(2)") {
    std::string text = modern_office;
    text.replace(0, text.find('\n'), version);
    const auto result =
        read(text + objects + "access-list L " + line + "\naccess-group L in interface inside\nlogging enable\n");
    if (result.devices.empty()) return "no device: " + result.messages();
    std::string out = chain_text(result.devices[0], "access-list L");
    for (const auto& d : result.diagnostics) out += " [" + d.code + "]";
    return out;
}

}  // namespace

// FW "SMTP and Extended SMTP Inspection": TCP 25 by default; "Configuring the service policy": global, or an interface
// in both directions. Command Reference 6.3, "fixup protocol".
TEST_CASE("asa, pix: SMTP inspection") {
    const auto inspection = [](const std::string& office, const std::string& lines) {
        const auto result = read(office + lines);
        REQUIRE(result.devices.size() == 1);
        return chain_text(result.devices[0], "inspect esmtp");
    };
    const std::string policy =
        "class-map inspection_default\n match default-inspection-traffic\nclass-map odd\n match "
        "port tcp range 587 588\nclass-map few\n match access-list A\npolicy-map p\n class ";
    CHECK(inspection(modern_office, policy + "inspection_default\n  inspect esmtp\nservice-policy p global\n") ==
          "proto=tcp dport=25 => inspected; accept");
    CHECK(inspection(modern_office, policy + "odd\n  inspect esmtp MAP\nservice-policy p interface dmz\n") ==
          "(in_if=dmz | out_if=dmz) proto=tcp dport=587-588 => inspected; accept");
    CHECK(inspection(modern_office, policy + "few\n  inspect esmtp\nservice-policy p global\n") ==
          "proto=tcp ?\"class-map few: match access-list A\" => inspected; accept");
    // A class map that is missing holds nobody knows what: never everything.
    CHECK(inspection(modern_office, policy + "absent\n  inspect esmtp\nservice-policy p global\n") ==
          "proto=tcp ?\"class-map absent: not defined\" => inspected; accept");
    CHECK(inspection(modern_office, policy + "inspection_default\n  inspect esmtp\n").empty());  // applied nowhere
    CHECK(inspection(modern_office, policy + "inspection_default\n  inspect ftp\nservice-policy p global\n").empty());
    // Command Reference, "set connection": 0 is no limit. Only SMTP is looked at.
    const auto limits = [](const std::string& lines) {
        const auto result = read(modern_office + lines);
        REQUIRE(result.devices.size() == 1);
        return chain_text(result.devices[0], "connection limits");
    };
    CHECK(limits(policy + "class-default\n  set connection per-client-max 20\nservice-policy p global\n") ==
          "proto=tcp dport=25 => limited; continue");
    CHECK(limits(policy + "odd\n  police input 8000 conform-action transmit\nservice-policy p interface dmz\n") ==
          "(in_if=dmz | out_if=dmz) proto=tcp dport=587-588 => limited; continue");
    CHECK(limits(policy + "class-default\n  set connection conn-max 0\nservice-policy p global\n").empty());
    CHECK(inspection(classic_office, "fixup protocol smtp 25-26\n") == "proto=tcp dport=25-26 => inspected; accept");
    CHECK(inspection(classic_office, "fixup protocol smtp 25\nno fixup protocol smtp 25\n").empty());
}

TEST_CASE("asa: entries of access lists") {
    const std::vector<Case> cases{
        {"extended permit ip any any", "any => accept", "CR access-list extended: any is both IP versions since 9.0"},
        {"extended permit ip any4 any4", "family=4 => accept", "CR access-list extended"},
        {"extended permit ip any6 any", "family=6 => accept", "CR access-list extended"},
        {"extended permit tcp host 10.0.0.25 any eq smtp", "src=10.0.0.25 proto=tcp dport=25 => accept", "CR"},
        {"extended permit tcp printer 255.255.255.255 any", "src=10.0.0.7 proto=tcp => accept", "CR name"},
        {"extended permit tcp 10.0.0.9 255.255.255.0 any range 20 smtp",
         "src=10.0.0.0/24 proto=tcp dport=20-25 => accept", "CR: a netmask, not a wildcard"},
        {"extended deny tcp any any neq 25", "proto=tcp dport={0-24, 26-65535} => log; drop",
         "CR: a denial writes 106023"},
        {"extended deny tcp any any lt 25 log disable", "proto=tcp dport=0-24 => drop", "CR: log disable"},
        {"extended permit tcp any gt 1023 any eq 25 log 7 interval 60",
         "proto=tcp sport=1024-65535 dport=25 => log; accept", "CR: log"},
        {"extended permit tcp any any eq 25 inactive", "(inactive) proto=tcp dport=25 => accept", "CR: inactive"},
        {"line 3 extended permit udp any any eq 53", "proto=udp dport=53 => accept", "CR: line"},
        {"permit tcp any any eq 25", "proto=tcp dport=25 => accept", "CR: extended is the default"},
        {"extended permit object SMTPS object MAIL object NET",
         "src=@MAIL{10.0.0.25} dst=@NET{10.0.0.0/24} proto=tcp sport=1024-65535 dport=465 => accept", "FW objects"},
        {"extended permit tcp object-group G any object-group PORTS",
         "src=@G{10.0.0.25-10.0.0.26} proto=tcp dport={25, 587} => accept", "FW objects"},
        {"extended permit tcp object RANGE any", "src=@RANGE{10.0.0.5-10.0.0.9} proto=tcp => accept", "FW objects"},
        {"extended permit icmp any any object-group PING", "proto=icmp icmp_type={0, 8} => accept", "FW objects"},
        {"extended permit icmp any any unreachable 4", "proto=icmp icmp_type=3 icmp_code=4 => accept", "CR"},
        {"extended permit icmp6 any6 any6 echo", "family=6 proto=icmpv6 icmp_type=128 => accept", "CR"},
        {"extended permit 47 any any", "proto=gre => accept", "CR"},
        {"extended permit ip object V6 any", "src=@V6{2001:db8::/32} => accept", "CR: unified lists since 9.0"},
        {"extended permit tcp interface inside any", "src=addresses(inside) proto=tcp => accept", "CR: interface"},
        {"extended permit tcp object DNSNAME any eq 25",
         "?\"source is an address of mx.example.com\" proto=tcp dport=25 => accept [EL903]",
         "FW objects: an FQDN is resolved by the device"},
        {"extended permit tcp user LOCAL\\mary any any eq 25",
         "proto=tcp dport=25 ?\"user or group user LOCAL\\\\mary\" => accept [EL901]", "FW identity firewall"},
        {"extended permit tcp any any eq nosuchport",
         "?\"not understood: access-list L extended permit tcp any any eq nosuchport #", "unknown word"},
        {"extended permit tcp object NONE any eq 25",
         "?\"source is in object network NONE, which is not defined\" proto=tcp dport=25 => accept [EL903]",
         "undefined"},
    };
    for (const auto& c : cases) {
        INFO(c.line << "\nsource: " << c.source);
        const std::string got = entry(c.line), expected = c.expected;
        if (expected.ends_with('#'))
            CHECK(got.substr(0, expected.size()) == expected);
        else
            CHECK(got == expected);
    }
    CHECK(entry("extended permit ip any any", "ASA Version 8.4(7)") == "family=4 => accept");
}

TEST_CASE("asa: a rule of NAT is two rules") {
    const auto halves = [](const std::string& nat) {
        const auto result = read(modern_office + objects + nat);
        REQUIRE(result.devices.size() == 1);
        return chain_text(result.devices[0], "un-translate") + "\n--\n" + chain_text(result.devices[0], "translate");
    };
    CHECK(halves("object network MAIL\n nat (inside,outside) static 203.0.113.25\n") ==
          "in_if=outside dst=203.0.113.25 => out_if<-inside; nat_rule<-3; accept dst:=10.0.0.25\n--\n"
          "in_if=inside out_if=outside src=@MAIL{10.0.0.25} => accept src:=203.0.113.25");
    CHECK(halves("object network NET\n nat (inside,outside) static 192.0.2.0\n") ==
          "in_if=outside dst=192.0.2.0/24 => out_if<-inside; nat_rule<-3; accept dst:=192.0.2.0/24->10.0.0.0/24\n--\n"
          "in_if=inside out_if=outside src=@NET{10.0.0.0/24} => accept src:=10.0.0.0/24->192.0.2.0/24");
    CHECK(halves("nat (inside,outside) source dynamic any interface\n") ==
          "\n--\nin_if=inside out_if=outside => accept src:=address(out_if)");
    CHECK(halves("nat (any,outside) after-auto source dynamic NET interface\n") ==
          "\n--\nout_if=outside src=@NET{10.0.0.0/24} => accept src:=address(out_if)");
}
