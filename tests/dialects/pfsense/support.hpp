// SPDX-License-Identifier: Apache-2.0
// Fragments of config.xml in, printed rules or traced packets out. Every fragment stands in the same small network:
// wan 203.0.113.2/27 with a gateway, lan 10.0.0.1/24, opt1 192.168.5.1/24 and opt2, a second uplink, 198.51.100.2/30.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "dialects/pfsense/read.hpp"
#include "flow/trace.hpp"
#include "model/resolve.hpp"
#include "model/validate.hpp"
#include "tests/support/reading.hpp"

namespace egresslint::test {

inline ReadResult read_text(const std::string& text, bool opnsense) {
    ReadResult out;
    const dialects::Input input{out.sources.add("config.xml", text), "config.xml", false};
    out.devices = (opnsense ? dialects::pfsense::read_opnsense : dialects::pfsense::read_pfsense)(out.sources, {input},
                                                                                                  out.diagnostics)
                      .devices;
    return out;
}

inline const char* const surroundings =
    "<interfaces>"
    "<wan><enable>1</enable><if>igb0</if><ipaddr>203.0.113.2</ipaddr><subnet>27</subnet><gateway>GW1</gateway>"
    "<ipaddrv6>2001:db8::2</ipaddrv6><subnetv6>64</subnetv6></wan>"
    "<lan><enable>1</enable><if>igb1</if><ipaddr>10.0.0.1</ipaddr><subnet>24</subnet>"
    "<ipaddrv6>fd00:1::1</ipaddrv6><subnetv6>64</subnetv6></lan>"
    "<opt1><enable>1</enable><if>igb2</if><descr>DMZ</descr><ipaddr>192.168.5.1</ipaddr><subnet>24</subnet></opt1>"
    "<opt2><enable>1</enable><if>igb3</if><descr>WAN2</descr><ipaddr>198.51.100.2</ipaddr><subnet>30</subnet>"
    "<gateway>GW2</gateway></opt2>"
    "</interfaces>"
    "<gateways><gateway_item><name>GW1</name><interface>wan</interface><gateway>203.0.113.1</gateway>"
    "<ipprotocol>inet</ipprotocol><defaultgw>1</defaultgw></gateway_item>"
    "<gateway_item><name>GW2</name><interface>opt2</interface><gateway>198.51.100.1</gateway>"
    "<ipprotocol>inet</ipprotocol></gateway_item>"
    "<gateway_item><name>GW6</name><interface>wan</interface><gateway>2001:db8::1</gateway>"
    "<ipprotocol>inet6</ipprotocol><defaultgw>1</defaultgw></gateway_item>"
    "<gateway_group><name>BOTH</name><item>GW1|1|address</item><item>GW2|1|address</item></gateway_group>"
    "<gateway_group><name>SPARE</name><item>GW2|2|address</item><item>GW1|1|address</item></gateway_group>"
    "</gateways>";

inline ReadResult read(const std::string& fragments, bool opnsense = false) {
    const std::string root = opnsense ? "opnsense" : "pfsense";
    std::string system = "<disablenatreflection>yes</disablenatreflection><ipv6allow/>";
    std::string rest = fragments;
    if (fragments.starts_with("<system>")) {
        const auto end = fragments.find("</system>");
        system = fragments.substr(8, end - 8);
        rest = fragments.substr(end + 9);
    }
    return read_text("<?xml version=\"1.0\"?>\n<" + root + "><version>22.9</version><system><hostname>fw</hostname>" +
                         system + "</system>" + surroundings + rest + "</" + root + ">\n",
                     opnsense);
}

/// The rules of a chain as printed, without those that nobody wrote unless asked.
inline std::string chain_text(const ReadResult& read, std::string_view chain, bool automatic = false) {
    if (read.devices.empty()) return "no device: " + read.messages();
    const model::Device& device = read.devices[0];
    std::string out;
    for (const auto& c : device.chains) {
        if (c.name != chain) continue;
        for (auto id : c.rules) {
            const auto& rule = device.rules[id.index()];
            if (rule.origin.valid() && device.origins[rule.origin.index()].synthetic && !automatic) continue;
            if (!out.empty()) out += "\n";
            out += model::print_expr(device, rule.match) + " => " + model::print_action(device, rule);
            if (!rule.active) out += " (inactive)";
        }
    }
    for (const auto& d : read.diagnostics) out += " [" + d.code + "]";
    return out;
}

inline std::string range_text(const base::Interval& i, base::Family f, bool port) {
    const auto text = [&](base::u128 v) { return port ? base::to_decimal(v) : base::to_string(base::Address{f, v}); };
    return i.first == i.last ? text(i.first) : text(i.first) + "-" + text(i.last);
}

/// "lan tcp 10.0.0.25:40000 > 198.18.0.9:25" -> "accept wan 203.0.113.2 > 198.18.0.9:25"; the port of the source only
/// where it stayed; several outcomes joined by " | ".
inline std::string trace_text(const ReadResult& read, const std::string& packet_text) {
    if (read.devices.empty()) return "no device: " + read.messages();
    model::Device device = read.devices[0];
    base::Diagnostics more;
    model::resolve(device, more);
    if (const auto wrong = model::validate(device); !wrong.empty()) return "invalid: " + wrong.front();
    std::vector<std::string> w;
    for (std::size_t at = 0; at <= packet_text.size();) {
        const auto end = std::min(packet_text.find(' ', at), packet_text.size());
        w.push_back(packet_text.substr(at, end - at));
        at = end + 1;
    }
    flow::Packet p;
    for (std::uint32_t i = 0; i < device.interfaces.size(); ++i)
        if (device.interfaces[i].name == w[0]) p.in_if = i;
    if (w[0] == "self") p.in_if = model::self_interface;
    p.proto = w[1] == "tcp" ? 6 : w[1] == "udp" ? 17 : w[1] == "icmp" ? 1 : 58;
    if (p.proto == 6) p.tcp_flags = 2;
    const auto side = [&](const std::string& text, base::u128& address, std::uint16_t& port) {
        const auto cut = p.proto == 1 || p.proto == 58 ? text.size() : text.rfind(':');
        const auto a = base::parse_address(text.substr(0, cut));
        p.family = a->family;
        address = a->bits;
        if (cut < text.size()) port = static_cast<std::uint16_t>(std::stoi(text.substr(cut + 1)));
    };
    side(w[2], p.src, p.sport);
    side(w[4], p.dst, p.dport);
    if (p.proto == 1) p.icmp_type = 8;
    const auto traced = flow::trace(device, p);
    std::set<std::string> ends;
    for (const auto& b : traced.branches) {
        std::string text = b.verdict == model::Verdict::accept ? "accept"
                           : b.verdict == model::Verdict::drop ? "drop"
                                                               : "reject";
        if (b.verdict == model::Verdict::accept) {
            text += " " + model::interface_name(device, b.out_if) + " " + range_text(b.src, p.family, false);
            if (p.sport != 0 && b.sport.first == b.sport.last) text += ":" + range_text(b.sport, p.family, true);
            text += " > " + range_text(b.dst, p.family, false);
            if (p.dport != 0) text += ":" + range_text(b.dport, p.family, true);
        }
        ends.insert(text);
    }
    std::string out;
    for (const auto& e : ends) out += (out.empty() ? "" : " | ") + e;
    return out;
}

}  // namespace egresslint::test
