// SPDX-License-Identifier: Apache-2.0
// What becomes of one packet, in words, so that cases of a dialect are tables of text, packet and answer.
#pragma once

#include <charconv>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#include "flow/trace.hpp"
#include "model/print.hpp"
#include "model/resolve.hpp"

namespace egresslint::test {

inline std::uint32_t interface_id(const model::Device& d, std::string_view name) {
    if (name == "self") return model::self_interface;
    for (std::size_t i = model::first_interface; i < d.interfaces.size(); ++i)
        if (d.interfaces[i].name == name) return static_cast<std::uint32_t>(i);
    return model::no_interface;
}

/// "10.0.0.25:40000" or "[fd00::1]:40000"
inline std::pair<base::Address, std::uint16_t> endpoint(std::string text) {
    const auto colon = text.rfind(':');
    std::uint16_t port = 0;
    std::from_chars(text.data() + colon + 1, text.data() + text.size(), port);
    text.resize(colon);
    if (text.front() == '[') text = text.substr(1, text.size() - 2);
    return {base::parse_address(text).value(), port};
}

/// "lan tcp 10.0.0.25:40000 > 198.18.0.9:25" answered as "accept wan1 203.0.113.25 > 198.18.0.9:25", "drop", "reject",
/// "unknown"; what is open prints as LOW-HIGH. Resolves the device.
inline std::string traced(model::Device& device, base::Diagnostics& diagnostics, const std::string& packet) {
    model::resolve(device, diagnostics);
    std::istringstream words(packet);
    std::string in, proto, src, arrow, dst;
    words >> in >> proto >> src >> arrow >> dst;
    flow::Packet p;
    const auto [from, sport] = endpoint(src);
    const auto [to, dport] = endpoint(dst);
    p.family = from.family;
    p.in_if = interface_id(device, in);
    p.src = from.bits;
    p.dst = to.bits;
    p.proto = proto == "tcp" ? 6 : proto == "udp" ? 17 : proto == "icmp" ? 1 : 0;
    p.sport = sport;
    p.dport = dport;
    p.tcp_flags = p.proto == 6 ? 2 : 0;
    if (p.proto == 1) p.icmp_type = 8;
    const auto t = flow::trace(device, p);
    switch (t.answer) {
        case flow::Answer::drop: return "drop";
        case flow::Answer::reject: return "reject";
        case flow::Answer::unknown: return "unknown";
        case flow::Answer::accept: break;
    }
    const auto values = [&](const base::Interval& i) {
        const auto one = [&](base::u128 v) { return base::to_string(base::Address{p.family, v}); };
        return i.first == i.last ? one(i.first) : one(i.first) + "-" + one(i.last);
    };
    const auto& o = t.outcome;
    const std::string out = o.out_if == model::no_interface ? "?" : model::interface_name(device, o.out_if);
    return "accept " + out + " " + values(o.src) + " > " + values(o.dst) + ":" +
           base::numbers_to_string(base::IntervalSet{o.dport});
}

}  // namespace egresslint::test
