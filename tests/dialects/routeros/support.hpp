// SPDX-License-Identifier: Apache-2.0
// Texts in, printed model or traced packets out.
#pragma once

#include <string>

#include "dialects/routeros/read.hpp"
#include "tests/support/reading.hpp"
#include "tests/support/traced.hpp"

namespace egresslint::test::routeros {

inline ReadResult read(const std::string& text) {
    ReadResult out;
    const auto file = out.sources.add("office.rsc", text);
    out.devices =
        dialects::routeros::read(out.sources, {{file, "office.rsc", false, nullptr}}, out.diagnostics).devices;
    return out;
}

/// The office: bridge `lan` 10.0.0.0/24, `wan` 203.0.113.2 and .25, `wan2` 198.51.100.2.
inline std::string office() {
    return R"(# 2026-11-20 10:12:31 by RouterOS 7.16.1
/interface bridge
add name=lan
/interface ethernet
set [ find default-name=ether1 ] name=wan
set [ find default-name=ether9 ] name=wan2
/interface bridge port
add bridge=lan interface=ether2
/interface list
add name=WAN
add name=LAN
/interface list member
add interface=lan list=LAN
add interface=wan list=WAN
add interface=wan2 list=WAN
/ip address
add address=10.0.0.1/24 interface=lan network=10.0.0.0
add address=203.0.113.2/24 interface=wan network=203.0.113.0
add address=203.0.113.25/24 interface=wan network=203.0.113.0
add address=198.51.100.2/24 interface=wan2 network=198.51.100.0
/ip route
add distance=1 gateway=203.0.113.1
)";
}

inline std::string traced(const std::string& config, const std::string& packet) {
    auto result = read(config);
    if (result.devices.empty()) return "no device: " + result.messages();
    return test::traced(result.devices[0], result.diagnostics, packet);
}

}  // namespace egresslint::test::routeros
