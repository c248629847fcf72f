// SPDX-License-Identifier: Apache-2.0
// What becomes of one packet, by the tracer: the cases of dialects whose documents tell the order of processing are
// tables of packets and their fates.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "flow/trace.hpp"
#include "model/resolve.hpp"
#include "model/validate.hpp"
#include "tests/support/reading.hpp"

namespace egresslint::test {

struct Sent {
    const char* in;
    const char* protocol;  ///< "tcp", "udp", "icmp", "icmp6", "esp"
    const char* src;
    unsigned sport;
    const char* dst;
    unsigned dport;
    unsigned flags = 2;  ///< of TCP: SYN
};

/// "accept outside 203.0.113.25:40000 > 198.51.100.9:25", "drop", "unknown: accept … | drop".
inline std::string fate(ReadResult result, const Sent& sent) {
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
    p.proto = protocol == "tcp" ? 6 : protocol == "udp" ? 17 : protocol == "esp" ? 50 : protocol == "icmp6" ? 58 : 1;
    if (protocol.starts_with("icmp")) {
        p.icmp_type = static_cast<std::uint8_t>(sent.dport);
    } else if (protocol != "esp") {
        p.sport = static_cast<std::uint16_t>(sent.sport);
        p.dport = static_cast<std::uint16_t>(sent.dport);
    }
    p.tcp_flags = protocol == "tcp" ? static_cast<std::uint8_t>(sent.flags) : std::uint8_t{0};
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
