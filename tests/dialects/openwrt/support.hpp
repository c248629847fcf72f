// SPDX-License-Identifier: Apache-2.0
// Texts in, traced packets out. Around every case: lan br-lan 10.0.0.1/24, dmz eth2 10.0.9.1/24, and wan eth1
// 203.0.113.2/28 and 203.0.113.5/28, masquerading, as /etc/config/network would have them.
#pragma once

#include <string>

#include "dialects/openwrt/read.hpp"
#include "tests/support/reading.hpp"
#include "tests/support/traced.hpp"

namespace egresslint::test::openwrt {

inline const std::string network =
    "package network\n"
    "config interface 'loopback'\n option device 'lo'\n option proto 'static'\n option ipaddr '127.0.0.1/8'\n"
    "config interface 'lan'\n option device 'br-lan'\n option proto 'static'\n option ipaddr '10.0.0.1'\n"
    " option netmask '255.255.255.0'\n option ip6addr 'fd00:a::1/64'\n"
    "config interface 'dmz'\n option device 'eth2'\n option proto 'static'\n option ipaddr '10.0.9.1/24'\n"
    "config interface 'wan'\n option device 'eth1'\n option proto 'static'\n list ipaddr '203.0.113.2/28'\n"
    " list ipaddr '203.0.113.5/28'\n option gateway '203.0.113.1'\n option ip6addr '2001:db8:1::2/64'\n"
    " option ip6gw '2001:db8:1::1'\n";

inline const std::string zones =
    "config defaults\n option input 'REJECT'\n option output 'ACCEPT'\n option forward 'REJECT'\n"
    "config zone\n option name 'lan'\n list network 'lan'\n option input 'ACCEPT'\n option forward 'ACCEPT'\n"
    "config zone\n option name 'dmz'\n list network 'dmz'\n option input 'REJECT'\n option forward 'REJECT'\n"
    "config zone\n option name 'wan'\n list network 'wan'\n option input 'DROP'\n option forward 'DROP'\n"
    " option masq '1'\n"
    "config forwarding\n option src 'lan'\n option dest 'wan'\n";

inline ReadResult read(const std::string& text) {
    ReadResult out;
    const auto file = out.sources.add("firewall", text);
    out.devices = dialects::openwrt::read(out.sources, {{file, "firewall", false, nullptr}}, out.diagnostics).devices;
    return out;
}

/// The sections between the zones and the network.
inline std::string traced(const std::string& sections, const std::string& packet) {
    auto result = read(zones + sections + network);
    if (result.devices.empty()) return "no device: " + result.messages();
    return test::traced(result.devices[0], result.diagnostics, packet);
}

}  // namespace egresslint::test::openwrt
