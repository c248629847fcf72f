// SPDX-License-Identifier: Apache-2.0
// One written line, one printed rule. Every row names where the meaning comes from: CR is the Cisco IOS Security
// Command Reference, AS the IP Addressing Services Command Reference.
#include <catch2/catch.hpp>

#include "support.hpp"

using namespace egresslint::test;

namespace {

struct Line {
    const char* line;
    const char* expected;
    const char* source;
};

std::string entry(const std::string& head, const std::string& line) {
    const auto result =
        read(office + "interface GigabitEthernet0/1\n ip access-group L in\n ipv6 traffic-filter L in\n" + head +
             "\n " + line + "\n");
    if (result.devices.empty()) return "no device: " + result.messages();
    std::string out = chain_text(result.devices[0], head.starts_with("ipv6") ? "ipv6 access-list L" : "access-list L");
    for (const auto& d : result.diagnostics) out += " [" + d.code + "]";
    return out;
}

void check(const std::string& head, const std::vector<Line>& lines) {
    for (const auto& c : lines) {
        INFO(c.line << "\nsource: " << c.source);
        const std::string got = entry(head, c.line), expected = c.expected;
        if (expected.ends_with('#'))
            CHECK(got.substr(0, expected.size() - 1) == expected.substr(0, expected.size() - 1));
        else
            CHECK(got == expected);
    }
}

}  // namespace

TEST_CASE("ios: entries of extended lists") {
    check("ip access-list extended L",
          {
              {"permit ip any any", "any => accept", "CR permit (IP)"},
              {"10 permit tcp host 10.0.0.25 any eq smtp log-input", "src=10.0.0.25 proto=tcp dport=25 => log; accept",
               "CR: log-input"},
              {"deny tcp any any eq 25 log SPAM", "proto=tcp dport=25 => log; drop", "CR: log with a cookie"},
              {"permit tcp 10.0.0.0 0.0.0.255 gt 1023 any range 20 smtp",
               "src=10.0.0.0/24 proto=tcp sport=1024-65535 dport=20-25 => accept", "CR"},
              {"permit udp any any lt 53", "proto=udp dport=0-52 => accept", "CR: lt"},
              {"permit tcp any any neq 25 www", "proto=tcp dport={0-24, 26-79, 81-65535} => accept", "CR: neq"},
              {"permit udp any eq ntp any eq non500-isakmp", "proto=udp sport=123 dport=4500 => accept", "CR"},
              {"permit icmp any any echo", "proto=icmp icmp_type=8 => accept", "CR: ICMP messages"},
              {"permit icmp any any host-unreachable", "proto=icmp icmp_type=3 icmp_code=1 => accept", "CR"},
              {"permit icmp any any 3 4", "proto=icmp icmp_type=3 icmp_code=4 => accept", "CR: type and code"},
              {"permit esp any any", "proto=esp => accept", "CR"},
              {"permit 47 any any", "proto=gre => accept", "CR"},
              {"permit tcp 10.0.0.25 0.0.0.0 any", "src=10.0.0.25 proto=tcp => accept", "CR: 0.0.0.0 is one host"},
              {"permit tcp 0.0.0.0 255.255.255.255 any", "src=0.0.0.0/0 proto=tcp => accept", "CR: the same as any"},
              {"permit tcp 10.0.1.0 0.0.2.0 any", "src={10.0.1.0, 10.0.3.0} proto=tcp => accept",
               "ACL wildcard masks need not be contiguous"},
              {"permit ip any any dscp ef", "?\"dscp ef\" => accept", "CR: dscp, a property of the packet"},
              {"permit ip any any ttl lt 5", "?\"ttl lt 5\" => accept", "CR: ttl"},
              {"deny ip any any fragments", "none => drop", "CR: fragments are not first packets"},
              {"evaluate NONE", "ct_state=established => accept", "CR evaluate"},
              {"dynamic T timeout 5 permit tcp any any eq 25",
               "proto=tcp dport=25 ?\"packet is of a user who has opened dynamic T\" => accept [EL903]", "CR dynamic"},
              {"permit tcp object-group NONE any eq 25",
               "?\"source is in object-group NONE, which is not defined\" proto=tcp dport=25 => accept [EL903]",
               "undefined"},
              {"permit tcp any any eq nosuchport", "?\"not understood: permit tcp any any eq nosuchport #",
               "an unknown word"},
              {"permit tcp 10.0.0.0 170.170.170.170 any eq 25",
               "?\"source is in 10.0.0.0 170.170.170.170 (wildcard)\" proto=tcp dport=25 => accept [EL901]",
               "too many pieces"},
          });
}

TEST_CASE("ios: entries of standard and IPv6 lists") {
    check("ip access-list standard L", {
                                           {"permit 10.0.0.0 0.0.0.255", "src=10.0.0.0/24 => accept", "CR"},
                                           {"deny host 10.0.0.9 log", "src=10.0.0.9 => log; drop", "CR"},
                                           {"permit 10.0.0.9", "src=10.0.0.9 => accept", "CR: a host"},
                                           {"permit any", "any => accept", "CR"},
                                       });
    const std::string discovery = "\nproto=icmpv6 icmp_type=135-136 => accept";
    const std::vector<std::pair<std::string, std::string>> lines{
        {"permit ipv6 any any", "any => accept"},
        {"sequence 10 permit tcp 2001:db8::/32 any eq smtp", "src=2001:db8::/32 proto=tcp dport=25 => accept"},
        {"deny icmp any host 2001:db8::1 echo-request log", "dst=2001:db8::1 proto=icmpv6 icmp_type=128 => log; drop"},
        {"permit ipv6 any any undetermined-transport", "?\"undetermined-transport\" => accept"},
    };
    // CR, permit (IPv6), ipv6 access-list
    for (const auto& [line, expected] : lines) CHECK(entry("ipv6 access-list L", line) == expected + discovery);
}

TEST_CASE("ios: a translation is two rules") {
    // AS ip nat inside source
    const auto halves = [](const std::string& nat) {
        const auto result = read(office + nat);
        REQUIRE(result.devices.size() == 1);
        return chain_text(result.devices[0], "un-translate") + "\n--\n" + chain_text(result.devices[0], "translate");
    };
    CHECK(
        halves("ip nat inside source static 10.0.0.25 203.0.113.25\n") ==
        "in_if=GigabitEthernet0/0 dst=203.0.113.25 => accept dst:=10.0.0.25\n--\n"
        "(in_if=GigabitEthernet0/1 | in_if=self) out_if=GigabitEthernet0/0 src=10.0.0.25 => accept src:=203.0.113.25");
    CHECK(halves("ip nat inside source static network 10.0.0.0 192.0.2.0 /24\n") ==
          "in_if=GigabitEthernet0/0 dst=192.0.2.0/24 => accept dst:=192.0.2.0/24->10.0.0.0/24\n--\n"
          "(in_if=GigabitEthernet0/1 | in_if=self) out_if=GigabitEthernet0/0 src=10.0.0.0/24 => accept "
          "src:=10.0.0.0/24->192.0.2.0/24");
}
