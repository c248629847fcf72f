// SPDX-License-Identifier: Apache-2.0
// Zone-based policy firewall and CBAC. ZFW is Cisco, "Zone-Based Policy Firewall Design Guide" (its rules also in the
// SDM 2.5 User's Guide, page 34-4); CR the Cisco IOS Security Command Reference.
#include <catch2/catch.hpp>

#include "support.hpp"

using namespace egresslint::test;

namespace {

const std::string zones =
    "zone security in\nzone security out\ninterface GigabitEthernet0/0\n zone-member security out\n"
    "interface GigabitEthernet0/1\n zone-member security in\n";
const std::string pair = "zone-pair security in-out source in destination out\n service-policy type inspect P\n";
const char* const as_it_is = "accept GigabitEthernet0/0 10.0.0.99:40000 > 198.51.100.9:25";

std::string policy(const std::string& classes, const std::string& maps = "") {
    return zones + maps + "policy-map type inspect P\n" + classes + pair;
}
std::string of(const std::string& config, const Sent& packet = other_out) { return fate(office + config, packet); }

}  // namespace

TEST_CASE("ios: zones") {
    const std::string smtp = "class-map type inspect match-any MAIL\n match protocol smtp\n";
    // ZFW: between zones nothing passes without a zone-pair
    CHECK(of(zones) == "drop");
    // ZFW: inspect and pass forward, class-default drops
    CHECK(of(policy(" class type inspect MAIL\n  inspect\n class class-default\n  drop log\n", smtp)) == as_it_is);
    CHECK(of(policy(" class type inspect MAIL\n  pass\n", smtp)) == as_it_is);
    CHECK(of(policy(" class type inspect MAIL\n  drop log\n class class-default\n  pass\n", smtp)) == "drop");
    CHECK(of(policy(" class type inspect MAIL\n  inspect\n", smtp),
             {"GigabitEthernet0/1", "tcp", "10.0.0.99", 40000, "198.51.100.9", 80}) == "drop");
    // ZFW: not between a zone and an interface without one
    CHECK(of(zones, {"GigabitEthernet0/1", "tcp", "10.0.0.99", 40000, "172.16.0.9", 25}) == "drop");
    // ZFW: within a zone everything passes
    CHECK(of(zones + "interface GigabitEthernet0/2\n zone-member security in\n",
             {"GigabitEthernet0/1", "tcp", "10.0.0.99", 40000, "172.16.0.9", 25}) ==
          "accept GigabitEthernet0/2 10.0.0.99:40000 > 172.16.0.9:25");
    // ZFW: the self zone is the exception to the default
    CHECK(of(zones, {"self", "tcp", "203.0.113.2", 40000, "198.51.100.9", 25}) ==
          "accept GigabitEthernet0/0 203.0.113.2:40000 > 198.51.100.9:25");
    CHECK(of(zones + "policy-map type inspect S\n class class-default\n  drop\nzone-pair security self-out source self "
                     "destination out\n service-policy type inspect S\n",
             {"self", "tcp", "203.0.113.2", 40000, "198.51.100.9", 25}) == "drop");
    // CR class-map type inspect: match-all is the default
    const std::string both =
        "class-map type inspect match-all BOTH\n match protocol smtp\n match access-group name MTA\n"
        "ip access-list extended MTA\n permit ip host 10.0.0.25 any\n";
    CHECK(of(policy(" class type inspect BOTH\n  inspect\n", both)) == "drop");
    CHECK(of(policy(" class type inspect BOTH\n  inspect\n", both), mail_out) ==
          "accept GigabitEthernet0/0 10.0.0.25:40000 > 198.51.100.9:25");
    // CR match class-map
    const std::string nested =
        smtp + "class-map type inspect match-any ALL\n match protocol icmp\n match class-map MAIL\n";
    CHECK(of(policy(" class type inspect ALL\n  inspect\n", nested)) == as_it_is);
    // CR ip port-map
    CHECK(of("ip port-map smtp port tcp 2525\n" + policy(" class type inspect MAIL\n  inspect\n", smtp),
             {"GigabitEthernet0/1", "tcp", "10.0.0.99", 40000, "198.51.100.9", 2525}) ==
          "accept GigabitEthernet0/0 10.0.0.99:40000 > 198.51.100.9:2525");
    // An application that is not in the table of ports: either.
    CHECK(of(policy(" class type inspect ODD\n  inspect\n",
                    "class-map type inspect match-any ODD\n match protocol kazaa2\n")) ==
          "accept GigabitEthernet0/0 10.0.0.99:40000 > 198.51.100.9:25 | drop");
}

TEST_CASE("ios: zones see inside addresses") {
    // ZFW, "ZFW and NAT": policies name private addresses on either way.
    const std::string nat = "ip nat inside source static 10.0.0.25 203.0.113.25\n";
    const std::string both = nat +
                             policy(" class type inspect C\n  inspect\n",
                                    "class-map type inspect match-all C\n match access-group name MTA\n"
                                    "ip access-list extended MTA\n permit ip host 10.0.0.25 any\n permit ip any host "
                                    "10.0.0.25\n") +
                             "zone-pair security out-in source out destination in\n service-policy type inspect P\n";
    CHECK(of(both, mail_out) == "accept GigabitEthernet0/0 203.0.113.25:40000 > 198.51.100.9:25");
    CHECK(of(both, mail_in) == "accept GigabitEthernet0/1 198.51.100.9:40000 > 10.0.0.25:25");
}

TEST_CASE("ios: SMTP inspection") {
    const auto chain = [](const std::string& config, const char* name) {
        const auto result = read(office + config);
        REQUIRE(result.devices.size() == 1);
        return chain_text(result.devices[0], name);
    };
    // CR ip inspect name: smtp, esmtp
    CHECK(chain("ip inspect name FW smtp\nip inspect name FW tcp\ninterface GigabitEthernet0/0\n ip inspect FW out\n",
                "inspect smtp") == "out_if=GigabitEthernet0/0 proto=tcp dport=25 => inspected; continue");
    CHECK(chain("ip inspect name FW esmtp\ninterface GigabitEthernet0/1\n ip inspect FW in\n", "inspect smtp") ==
          "in_if=GigabitEthernet0/1 proto=tcp dport=25 => inspected; continue");
    CHECK(chain("ip inspect name FW tcp\ninterface GigabitEthernet0/1\n ip inspect FW in\n", "inspect smtp").empty());
    CHECK(chain("ip inspect name FW smtp\n", "inspect smtp").empty());  // applied nowhere
    const std::string smtp = "class-map type inspect match-any MAIL\n match protocol smtp\n";
    CHECK(chain(policy(" class type inspect MAIL\n  inspect\n", smtp), "policy-map P") ==
          "proto=tcp dport=25 => inspected; continue\nproto=tcp dport=25 => accept\nany => drop");
    CHECK(chain(policy(" class type inspect MAIL\n  pass\n", smtp), "policy-map P") ==
          "proto=tcp dport=25 => accept\nany => drop");
}
