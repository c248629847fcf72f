// SPDX-License-Identifier: Apache-2.0
// Texts in; printed model or the fate of a packet out. The cases of this folder are tables of those with their sources.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "dialects/asa/read.hpp"
#include "flow/trace.hpp"
#include "model/resolve.hpp"
#include "model/validate.hpp"
#include "tests/support/reading.hpp"

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

struct Sent {
    const char* in;
    const char* protocol;  ///< "tcp", "udp", "icmp"
    const char* src;
    unsigned sport;
    const char* dst;
    unsigned dport;
};

/// "accept outside 203.0.113.25:40000 > 198.51.100.9:25", "drop", "unknown: accept … | drop".
inline std::string fate(const std::string& text, const Sent& sent) {
    auto result = read(text);
    if (result.devices.empty()) return "no device: " + result.messages();
    auto& device = result.devices.front();
    model::resolve(device, result.diagnostics);
    if (const auto wrong = model::validate(device); !wrong.empty()) return "invalid: " + wrong.front();
    flow::Packet p;
    const auto src = base::parse_address(sent.src), dst = base::parse_address(sent.dst);
    if (!src || !dst) return "bad packet";
    p.family = src->family;
    p.in_if = model::no_interface;
    for (std::size_t i = 1; i < device.interfaces.size(); ++i)
        if (device.interfaces[i].name == sent.in || (i == 1 && std::string_view(sent.in) == "self"))
            p.in_if = static_cast<std::uint32_t>(i);
    if (p.in_if == model::no_interface) return "no interface " + std::string(sent.in);
    p.src = src->bits;
    p.dst = dst->bits;
    const std::string_view protocol = sent.protocol;
    p.proto = protocol == "tcp" ? 6 : protocol == "udp" ? 17 : protocol == "esp" ? 50 : 1;
    if (protocol == "icmp") {
        p.icmp_type = static_cast<std::uint8_t>(sent.dport);
    } else if (protocol != "esp") {
        p.sport = static_cast<std::uint16_t>(sent.sport);
        p.dport = static_cast<std::uint16_t>(sent.dport);
    }
    p.tcp_flags = protocol == "tcp" ? 2 : 0;
    const auto trace = flow::trace(device, p);
    const auto words = [&](model::Verdict verdict, const flow::Outcome& o) -> std::string {
        if (verdict != model::Verdict::accept) return verdict == model::Verdict::drop ? "drop" : "reject";
        const auto address = [&](const base::Interval& v) {
            auto one = base::to_string(base::Address{p.family, v.first});
            return v.first == v.last ? one : one + "-" + base::to_string(base::Address{p.family, v.last});
        };
        std::string out = "accept " + (o.out_if == model::no_interface ? "?" : device.interfaces[o.out_if].name) + " " +
                          address(o.src);
        if (protocol == "tcp" || protocol == "udp") out += ":" + base::to_decimal(o.sport.first);
        out += " > " + address(o.dst);
        if (protocol == "tcp" || protocol == "udp") out += ":" + base::to_decimal(o.dport.first);
        return out;
    };
    std::set<std::string> seen;
    for (const auto& branch : trace.branches) seen.insert(words(branch.verdict, branch));
    std::string out;
    for (const auto& one : seen) out += (out.empty() ? "" : " | ") + one;
    return out;
}

}  // namespace egresslint::test
