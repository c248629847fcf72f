// SPDX-License-Identifier: Apache-2.0
// See universe.hpp. Documentation addresses and private ones.
#include "universe.hpp"

#include <algorithm>

namespace egresslint::kernel {

namespace universe {

const Strings inside4 = {"10.0.0.5",   "10.0.0.25", "10.0.0.26", "10.0.0.99",
                         "10.0.0.200", "10.0.1.7",  "10.0.1.80", "10.20.3.4"};
const Strings outside4 = {"198.18.0.9",   "198.18.0.10", "198.18.70.9", "198.18.200.9",
                          "203.0.113.99", "192.0.2.77",  "198.19.5.25"};
const Strings public4 = {"203.0.113.2", "203.0.113.25", "203.0.113.26", "198.51.100.2", "192.0.2.2", "203.0.113.77"};
const Strings own4 = {"203.0.113.2", "203.0.113.25", "10.0.0.1", "198.51.100.2", "192.0.2.2"};
const Strings prefixes4 = {"10.0.0.0/24",     "10.0.0.0/27",   "10.0.1.0/24",    "198.18.0.0/24",
                           "203.0.113.0/24",  "10.0.0.0/8",    "0.0.0.0/1",      "10.20.0.0/16",
                           "198.51.100.0/24", "198.18.0.0/15", "203.0.113.24/30"};
const Strings ranges4 = {"10.0.0.5-10.0.0.26", "10.0.0.99-10.0.1.7", "198.18.0.10-198.18.200.9",
                         "203.0.113.2-203.0.113.25"};
const Strings inside6 = {"fd00:a::5", "fd00:a::25", "fd00:a::26", "fd00:a::1:99", "fd00:d::7", "fd00:d::80"};
const Strings outside6 = {"2001:db8:99::9", "2001:db8:99::10", "2001:db8:88::9", "2001:db8:2::77"};
const Strings public6 = {"2001:db8:1::2", "2001:db8:1::25", "2001:db8:2::2", "2001:db8:1::77"};
const Strings own6 = {"2001:db8:1::2", "fd00:a::1"};
const Strings prefixes6 = {"fd00:a::/64",      "fd00:a::/112", "fd00:d::/64",     "2001:db8::/32",
                           "2001:db8:99::/48", "fd00::/8",     "2001:db8:1::/64", "2000::/3"};
const Strings ranges6 = {"fd00:a::5-fd00:a::25", "2001:db8:1::2-2001:db8:99::9"};
const Strings ports = {"25", "80", "53", "443", "587", "2525"};
const Strings port_ranges = {"25-80", "80-443", "26-600", "1-1023", "443-65535"};
const Strings interfaces = {"lan0", "dmz0", "wan0", "wan1"};

}  // namespace universe

std::string Dice::address(bool v6, bool outside) {
    if (v6) return one_of(outside ? universe::outside6 : universe::inside6);
    return one_of(outside ? universe::outside4 : universe::inside4);
}

std::string Dice::network(bool v6) { return one_of(v6 ? universe::prefixes6 : universe::prefixes4); }

Strings Dice::some_of(const Strings& list, std::size_t count) {
    Strings chosen;
    for (std::size_t i = 0; i < count; ++i) {
        const std::string& value = one_of(list);
        if (std::find(chosen.begin(), chosen.end(), value) == chosen.end()) chosen.push_back(value);
    }
    return chosen;
}

std::string joined(const Strings& values, const char* between) {
    std::string text;
    for (const std::string& value : values) text += (text.empty() ? "" : between) + value;
    return text;
}

namespace {

base::Address parse(const std::string& text) { return *base::parse_address(text); }

std::string behind(const base::Address& address) {
    const bool dmz =
        address.family == base::Family::v6 ? (address.bits >> 96) == 0xfd00000du : (address.bits >> 8) == 0x0a0001u;
    return dmz ? "dmz0" : "lan0";
}

}  // namespace

std::vector<Probe> random_packets(Dice& dice, std::size_t count) {
    using namespace universe;
    std::vector<Probe> probes;
    // Every packet its own source port: no translation then collides with another, and none is another's answer. The
    // step visits every port above the well-known destination ports once.
    constexpr std::uint32_t lowest = 2600, width = 65536 - lowest;  // 62936 = 2^3 * 7867
    auto at = static_cast<std::uint32_t>(dice.below(width));
    while (probes.size() < std::min<std::size_t>(count, width)) {
        Probe probe;
        const bool v6 = dice.chance(25);
        const std::size_t way = dice.below(20);
        if (way < 9) {  // from inside
            probe.src = parse(dice.one_of(v6 ? inside6 : inside4));
            const std::size_t to = dice.below(10);
            probe.dst = parse(to < 7   ? dice.address(v6, true)
                              : to < 8 ? dice.address(v6, false)
                                       : dice.one_of(v6 ? public6 : public4));  // hairpin, or the router itself
            probe.in = behind(probe.src);
            if (dice.chance(5)) probe.in = dice.one_of(interfaces);
        } else if (way < 16) {  // from outside
            probe.src = parse(dice.address(v6, true));
            probe.dst = parse(dice.chance(70) ? dice.one_of(v6 ? public6 : public4) : dice.address(v6, false));
            probe.in = dice.chance(75) ? "wan0" : "wan1";
        } else {  // the router's own
            probe.src = parse(dice.one_of(v6 ? own6 : own4));
            probe.dst = parse(dice.address(v6, dice.chance(70)));
            if (dice.chance(20)) probe.mark = static_cast<std::uint32_t>(dice.below(8));
        }
        at = (at + 40009) % width;  // odd and no multiple of 7867
        probe.sport = static_cast<std::uint16_t>(lowest + at);
        const std::size_t proto = dice.below(20);
        if (proto < 14) {
            probe.proto = proto_tcp;
        } else if (proto < 18) {
            probe.proto = proto_udp;
        } else if (proto < 19) {
            probe.proto = v6 ? proto_icmpv6 : proto_icmp;
            probe.icmp_type = v6 ? 128 : 8;
        } else if (dice.chance(30)) {
            probe.proto = 50;  // no ports that could keep two translated flows apart: one packet a family
            probe.sport = 0;
            const bool again = std::any_of(probes.begin(), probes.end(), [&](const Probe& p) {
                return p.proto == 50 && p.dst.family == probe.dst.family;
            });
            if (again) continue;
        }
        if (probe.proto == proto_tcp || probe.proto == proto_udp)
            probe.dport = static_cast<std::uint16_t>(std::stoul(dice.one_of(ports)));
        if (probe.proto != proto_tcp) probe.tcp_flags = 0;
        probes.push_back(probe);
    }
    return probes;
}

}  // namespace egresslint::kernel
