// SPDX-License-Identifier: Apache-2.0
// Texts in; printed model or the fate of a packet out. The cases of this folder are tables of those with their sources.
#pragma once

#include <string>
#include <vector>

#include "dialects/ios/read.hpp"
#include "tests/support/fate.hpp"

namespace egresslint::test {

inline ReadResult read(const std::string& text) {
    ReadResult out;
    const auto file = out.sources.add("edge.cfg", text);
    out.devices = dialects::ios::read(out.sources, {{file, "edge.cfg", false}}, out.diagnostics).devices;
    return out;
}

/// The office of all cases: GigabitEthernet0/0 outside 203.0.113.2/27, GigabitEthernet0/1 inside 10.0.0.1/24, and
/// GigabitEthernet0/2 172.16.0.1/24, which takes no part in translation.
inline const std::string office = R"(version 15.7
ipv6 unicast-routing
interface GigabitEthernet0/0
 ip address 203.0.113.2 255.255.255.224
 ip nat outside
interface GigabitEthernet0/1
 ip address 10.0.0.1 255.255.255.0
 ip nat inside
interface GigabitEthernet0/2
 ip address 172.16.0.1 255.255.255.0
ip route 0.0.0.0 0.0.0.0 203.0.113.1
ip route 10.1.0.0 255.255.0.0 10.0.0.254
)";

inline std::string fate(const std::string& text, const Sent& sent) { return fate(read(text), sent); }

/// A row of a table: lines behind the office, a packet, what becomes of it, and the document or test that says so.
struct Case {
    const char* config;
    Sent packet;
    const char* expected;
    const char* source;
};
inline std::string outcome(const Case& c) { return fate(office + c.config, c.packet); }

inline const Sent mail_out{"GigabitEthernet0/1", "tcp", "10.0.0.25", 40000, "198.51.100.9", 25};
inline const Sent other_out{"GigabitEthernet0/1", "tcp", "10.0.0.99", 40000, "198.51.100.9", 25};
inline const Sent mail_in{"GigabitEthernet0/0", "tcp", "198.51.100.9", 40000, "203.0.113.25", 25};

}  // namespace egresslint::test
