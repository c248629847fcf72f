// SPDX-License-Identifier: Apache-2.0
// Texts in; printed model or the fate of a packet out. The cases of this folder are tables of those with their sources.
#pragma once

#include <string>

#include "dialects/asa/read.hpp"
#include "tests/support/fate.hpp"

namespace egresslint::test {

inline ReadResult read(const std::string& text) {
    ReadResult out;
    const auto file = out.sources.add("edge.cfg", text);
    out.devices = dialects::asa::read(out.sources, {{file, "edge.cfg", false}}, out.diagnostics).devices;
    return out;
}

/// The office of all cases: inside 10.0.0.1/24 (100), dmz 172.16.0.1/24 (50), outside 203.0.113.2/27 (0).
inline const std::string modern_office = R"(ASA Version 9.8(2)
interface GigabitEthernet0/0
 nameif outside
 security-level 0
 ip address 203.0.113.2 255.255.255.224
interface GigabitEthernet0/1
 nameif inside
 security-level 100
 ip address 10.0.0.1 255.255.255.0
interface GigabitEthernet0/2
 nameif dmz
 security-level 50
 ip address 172.16.0.1 255.255.255.0
route outside 0.0.0.0 0.0.0.0 203.0.113.1 1
route inside 10.1.0.0 255.255.0.0 10.0.0.254
)";
inline const std::string classic_office = R"(PIX Version 6.3(5)
interface ethernet0 auto
interface ethernet1 auto
interface ethernet2 auto
nameif ethernet0 outside security0
nameif ethernet1 inside security100
nameif ethernet2 dmz security50
ip address outside 203.0.113.2 255.255.255.224
ip address inside 10.0.0.1 255.255.255.0
ip address dmz 172.16.0.1 255.255.255.0
route outside 0.0.0.0 0.0.0.0 203.0.113.1 1
)";

inline std::string fate(const std::string& text, const Sent& sent) { return fate(read(text), sent); }

}  // namespace egresslint::test
