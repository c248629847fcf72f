// SPDX-License-Identifier: Apache-2.0
// Matches of random nft rules. What nft 1.0.6 refuses is not written: names that are keywords, ports without their
// protocol, two protocols in one rule.
#include <fmt/format.h>

#include <algorithm>

#include "generate_nft.hpp"

namespace egresslint::kernel {

using namespace universe;

/// Whether the rule may be about that family; from then on it is.
bool NftGenerator::take_family(Place& place, unsigned family) {
    if (family == 4 ? !place.v4 : !place.v6) return false;
    if (place.family != 0 && place.family != family) return false;
    place.family = family;
    return true;
}

bool NftGenerator::take_proto(Place& place, const std::string& proto) {
    if (!place.proto.empty() && place.proto != proto) return false;
    place.proto = proto;
    return true;
}

/// 4 or 6, whichever the rule can still be about.
unsigned NftGenerator::pick_family(Place& place) {
    const unsigned wanted = place.v6 && (!place.v4 || chance(30)) ? 6 : 4;
    if (take_family(place, wanted)) return wanted;
    take_family(place, 10 - wanted);
    return 10 - wanted;
}

/// Name of an object of the table that begins with the words ("set hosts"), "" if there is none.
std::string NftGenerator::object(const Place& place, const std::string& prefix) {
    const std::string head = prefix + std::to_string(index_);
    for (const Generated::Object& object : place.table->objects)
        if (object.head == head) return "@" + head.substr(head.find(' ') + 1);
    return {};
}

/// One value of an address match: an address, a prefix, a range or an anonymous set.
std::string NftGenerator::address_value(bool v6) {
    switch (below(7)) {
        case 0: return dice_.network(v6);
        case 1: return one_of(v6 ? ranges6 : ranges4);
        case 2: {
            Strings values = dice_.some_of(v6 ? inside6 : inside4, 2);
            if (chance(50)) values.push_back(one_of(v6 ? public6 : public4));
            return "{ " + joined(values) + " }";
        }
        case 3:
            return v6 ? "{ fd00:a::/112, 2001:db8:99::9, 2001:db8:1::2-2001:db8:1::30 }"
                      : "{ 10.0.0.0/27, 10.0.1.7, 198.18.0.10-198.18.99.1, 203.0.113.24/30 }";
        case 4: return one_of(v6 ? public6 : public4);
        default: return dice_.address(v6, chance(40));
    }
}

std::string NftGenerator::port_value() {
    switch (below(6)) {
        case 0: return one_of(port_ranges);
        case 1: return "{ " + joined(dice_.some_of(ports, 3)) + " }";
        case 2: return "{ 25, 80-443, 2000-3000 }";
        default: return one_of(ports);
    }
}

std::string NftGenerator::interface_value() {
    switch (below(5)) {
        case 0: return "\"wan*\"";
        case 1: return "{ \"lan0\", \"wan1\" }";
        case 2: return "{ \"wan0\", \"dmz0\" }";
        default: return "\"" + one_of(interfaces) + "\"";
    }
}

std::string NftGenerator::address_match(Place& place) {
    const bool v6 = pick_family(place) == 6;
    const std::string family = v6 ? "ip6" : "ip";
    const std::string side = chance(50) ? "saddr" : "daddr";
    const std::string negated = not_equal(20);
    if (chance(25)) {
        const std::string set = object(place, v6 ? "set hosts6x" : chance(60) ? "set hosts" : "set plain");
        if (!set.empty()) return fmt::format("{} {} {}{}", family, side, negated, set);
    }
    if (!v6 && chance(12)) {
        return one_of({"ip " + side + " & 0.0.0.1 == 0.0.0.1", "ip " + side + " & 0.0.0.3 != 0.0.0.1",
                       "ip " + side + " & 255.255.0.0 == 10.0.0.0", "ip " + side + " & 255.0.0.255 == 10.0.0.25"});
    }
    // nft 1.0.6 takes no set after `ct original`.
    if (chance(10) && place.kind == Kind::filter) {
        return fmt::format("ct original {} {} {}{}", family, side, negated,
                           chance(30)   ? dice_.network(v6)
                           : chance(40) ? one_of(v6 ? public6 : public4)
                                        : dice_.address(v6, chance(40)));
    }
    return fmt::format("{} {} {}{}", family, side, negated, address_value(v6));
}

std::string NftGenerator::port_match(Place& place) {
    const std::string negated = not_equal(15);
    const std::size_t form = below(8);
    if (form == 0 && take_proto(place, "th"))
        return fmt::format("meta l4proto {{ tcp, udp }} th dport {}{}", negated, port_value());
    std::string proto = chance(80) ? "tcp" : "udp";
    if (!take_proto(place, proto)) proto = place.proto == "tcp" || place.proto == "udp" ? place.proto : "";
    if (proto.empty()) return place.proto == "th" ? "th dport " + negated + port_value() : mark_match(place);
    if (form == 1)
        return fmt::format("{} sport {}", proto,
                           one_of({"1024-40000", "!= 30000-65535", "2600-20000", "{ 5000-30000, 40000-50000 }"}));
    if (form == 2) {
        const std::string set = object(place, "set services");
        if (!set.empty()) return fmt::format("{} dport {}{}", proto, negated, set);
    }
    if (form == 3) return fmt::format("{} dport {} {}", proto, one_of({"<", "<=", ">", ">="}), one_of(ports));
    return fmt::format("{} dport {}{}", proto, negated, port_value());
}

std::string NftGenerator::interface_match(Place& place) {
    const bool has_out = place.hook != Hook::prerouting && place.hook != Hook::input;
    const std::string side = has_out && chance(60) ? "o" : "i";
    if (chance(20)) {
        const std::string set = object(place, "set links");
        if (!set.empty()) return fmt::format("{}ifname {}{}", side, not_equal(20), set);
    }
    if (chance(15)) return fmt::format("{}if {}{}", side, not_equal(30), one_of(interfaces));
    return fmt::format("{}ifname {}{}", side, not_equal(30), interface_value());
}

std::string NftGenerator::mark_match(Place& place) {
    if (chance(15)) {
        const std::string set = object(place, "set tags");
        if (!set.empty()) return fmt::format("meta mark {}{}", not_equal(25), set);
    }
    switch (below(6)) {
        case 0: return fmt::format("meta mark & {} {} {}", one_of({"0x3", "0x6"}), one_of({"==", "!="}), below(4));
        case 1: return fmt::format("ct mark {}{}", not_equal(30), mark());
        case 2: return fmt::format("ct mark & 0x3 == {}", below(4));
        case 3: return fmt::format("meta mark {}{{ 1, 3-5 }}", not_equal(30));
        default: return fmt::format("meta mark {}{}", not_equal(30), mark());
    }
}

std::string NftGenerator::connection_match(Place&) {
    switch (below(6)) {
        case 0: return one_of({"ct status dnat", "ct status snat", "ct status != dnat", "ct status dnat,snat"});
        case 1: return one_of({"ct direction original", "ct direction reply"});
        default:
            return one_of({"ct state new", "ct state { new, untracked }", "ct state established,related",
                           "ct state invalid", "ct state != new", "ct state untracked",
                           "ct state != { established, related }", "ct state != established"});
    }
}

std::string NftGenerator::protocol_match(Place& place) {
    switch (below(8)) {
        case 0:
        case 1:
            if (place.inet) {
                const bool v6 = chance(50);
                if (take_family(place, v6 ? 6 : 4)) return v6 ? "meta nfproto ipv6" : "meta nfproto ipv4";
            }
            break;
        case 2:
            if (!place.proto.empty() || !take_family(place, 4)) break;
            place.proto = "none";
            return "ip protocol " + not_equal(30) + "tcp";
        case 3:
            if (!place.proto.empty() || !take_family(place, 6)) break;
            place.proto = "none";
            return "ip6 nexthdr " + not_equal(30) + "tcp";
        case 4:
            if (take_proto(place, "tcp"))
                return one_of({"tcp flags syn", "tcp flags & (syn | ack) == syn", "tcp flags & ack == 0",
                               "tcp flags & (fin | rst) != 0"});
            break;
        case 5:
        case 6:
            if (!place.proto.empty()) break;
            place.proto = "none";  // a port may not follow
            return "meta l4proto " +
                   one_of({"!= udp", "!= tcp", "esp", "icmp", "{ tcp, 50 }", "{ udp, icmp, ipv6-icmp }"});
        default:
            if (!place.proto.empty()) return mark_match(place);
            place.proto = "icmp";
            return pick_family(place) == 6 ? "icmpv6 type echo-request"
                                           : one_of({"icmp type echo-request", "icmp type != echo-reply"});
    }
    return mark_match(place);
}

std::string NftGenerator::concatenation(Place& place) {
    const std::string negated = not_equal(20);
    const bool v6 = place.family == 6 || (place.family == 0 && (!place.v4 || (place.v6 && chance(20))));
    if (v6) {
        if (!take_family(place, 6) || !take_proto(place, "tcp")) return interface_match(place);
        const std::string set = object(place, "set pairs6x");
        if (!set.empty() && chance(50)) return fmt::format("ip6 saddr . tcp dport {}{}", negated, set);
        return fmt::format("ip6 {} . tcp dport {}{{ fd00:a::25 . 25, 2001:db8:99::9 . 80, fd00:a::/64 . 587 }}",
                           one_of({"saddr", "daddr"}), negated);
    }
    if (!take_family(place, 4)) return interface_match(place);
    const bool tcp = place.proto.empty() || place.proto == "tcp";
    switch (below(8)) {
        case 0:
            return fmt::format("ip saddr . ip daddr {}{{ 10.0.0.0/24 . 198.18.0.0/15, {} . {} }}", negated,
                               one_of(outside4), one_of(public4));
        case 1:
            return fmt::format("iifname . ip saddr {}{{ \"lan0\" . 10.0.0.25, \"wan0\" . {} }}", negated,
                               one_of(outside4));
        case 2:
            return fmt::format("meta mark . ip saddr {}{{ {} . 10.0.0.25, 0 . {} }}", negated, mark(), one_of(inside4));
        case 3:
            if (place.proto.empty() || place.proto == "th") {
                // Of a packet that has no ports `th dport` reads other bytes.
                place.proto = negated.empty() ? "th" : "none";
                return fmt::format("meta l4proto . th dport {}{{ tcp . 25, udp . 53, tcp . 443 }}", negated);
            }
            break;
        default: break;
    }
    if (!tcp) return address_match(place);
    place.proto = "tcp";
    if (chance(75)) {
        const std::string three = object(place, "set three");
        if (!three.empty() && chance(50)) return fmt::format("ip saddr . ip daddr . tcp dport {}{}", negated, three);
        const std::string set = object(place, chance(50) ? "set pairs" : "set blocks");
        if (!set.empty()) return fmt::format("ip {} . tcp dport {}{}", one_of({"saddr", "daddr"}), negated, set);
    }
    Strings values;
    for (const std::string& host : dice_.some_of(inside4, 3)) values.push_back(host + " . " + one_of(ports));
    return fmt::format("ip {} . tcp dport {}{{ {} }}", one_of({"saddr", "daddr"}), negated, joined(values));
}

std::string NftGenerator::fib_match(Place& place) {
    if (chance(30)) return fmt::format("fib saddr type {}local", not_equal(40));
    static_cast<void>(place);
    return fmt::format("fib daddr type {}", one_of({"local", "!= local", "unicast", "{ local, broadcast }"}));
}

/// What the model leaves open: rates, hashes, properties of packets. Some hold, some do not, some by turns.
std::string NftGenerator::unknown_match(Place& place) {
    if (place.kind == Kind::filter && chance(15)) {
        const std::string set = object(place, "set dyn");
        if (!set.empty() && take_family(place, 4)) return "ip saddr " + set;
    }
    if (chance(20) && take_family(place, 4)) {
        return one_of({"jhash ip saddr mod 2 0", "ip ttl < 10", "ip ttl 60-64", "ip length < 60", "ip id 0-30000",
                       "ip dscp cs1", "@nh,96,32 0x0a000019"});
    }
    if (chance(8) && place.base &&
        (place.hook == Hook::forward || place.hook == Hook::input ||
         (place.hook == Hook::prerouting && place.kind == Kind::filter)))
        return "fib saddr . iif oif missing";
    return one_of({"numgen inc mod 2 0", "numgen random mod 4 < 2", "limit rate 3/minute", "limit rate over 3/minute",
                   "meta length > 60", "quota over 300 bytes", "meta random < 2000000000", "symhash mod 2 0",
                   "meta hour \"00:00\"-\"12:00\"", "ether saddr 02:00:00:00:01:01", "meta pkttype host",
                   "meta skuid 0", "ct count over 3", "meta cpu 0", "ct packets > 0"});
}

std::string NftGenerator::match(Place& place) {
    if (unknowns_ && chance(12)) return unknown_match(place);
    switch (below(16)) {
        case 0:
        case 1:
        case 2:
        case 3:
        case 4: return address_match(place);
        case 5:
        case 6:
        case 7: return port_match(place);
        case 8:
        case 9: return concatenation(place);
        case 10:
        case 11: return interface_match(place);
        case 12: return mark_match(place);
        case 13: return connection_match(place);
        case 14: return chance(60) ? protocol_match(place) : fib_match(place);
        default: return concatenation(place);
    }
}

}  // namespace egresslint::kernel
