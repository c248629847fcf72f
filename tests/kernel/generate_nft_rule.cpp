// SPDX-License-Identifier: Apache-2.0
// Statements, translations and whole rules of random nft rulesets.
#include <fmt/format.h>

#include "generate_nft.hpp"

namespace egresslint::kernel {

using namespace universe;

std::string NftGenerator::verdict(const Place& place) {
    if (!place.targets.empty() && chance(40)) return (chance(60) ? "jump " : "goto ") + one_of(place.targets);
    switch (below(9)) {
        case 0:
        case 1:
        case 2: return "accept";
        case 3:
        case 4: return "drop";
        case 5: {
            const bool possible =
                place.kind == Kind::filter && place.hook != Hook::postrouting && place.hook != Hook::prerouting;
            if (!possible) return "drop";
            if (place.proto == "tcp" && chance(30)) return "reject with tcp reset";
            return "reject";
        }
        case 6: return chance(50) ? "continue" : "accept";
        default: return "return";
    }
}

std::string NftGenerator::verdict_map(Place& place) {
    // What is no bare verdict cannot stand in a map.
    const auto value = [&] {
        std::string text = verdict(place);
        return text.rfind("reject", 0) == 0 ? std::string("drop") : text;
    };
    const auto named = [&](const std::string& selector, const std::string& map) {
        const std::string name = place.kind == Kind::filter ? object(place, map) : "";
        return name.empty() ? "" : selector + " vmap " + name;
    };
    const auto anonymous = [&](const std::string& selector, const Strings& keys) {
        Strings elements;
        for (const std::string& key : keys) elements.push_back(key + " : " + value());
        return selector + " vmap { " + joined(elements) + " }";
    };
    std::string text;
    switch (below(9)) {
        case 0:
            text = named("iifname", "map linkverdicts");
            return !text.empty() ? text : anonymous("iifname", {"\"lan0\"", "\"dmz0\"", "\"wan0\""});
        case 1:
        case 2:
            if (!take_family(place, 4)) break;
            text = named(one_of({"ip saddr", "ip daddr"}), "map hostverdicts");
            return !text.empty() ? text : anonymous(one_of({"ip saddr", "ip daddr"}), dice_.some_of(inside4, 3));
        case 3:
            if (!take_family(place, 6)) break;
            text = named("ip6 saddr", "map hostverdicts6x");
            return !text.empty() ? text : anonymous("ip6 saddr", dice_.some_of(inside6, 3));
        case 4: return anonymous("meta mark", dice_.some_of({"0", "1", "2", "3", "4", "7"}, 3));
        case 5:
            if (!take_proto(place, "tcp")) break;
            text = named("tcp dport", "map portverdicts");
            return !text.empty() ? text : anonymous("tcp dport", {"25", "80-443", "587"});
        case 6: return anonymous("ct state", {"new", "established", "invalid"});
        case 7:
            if (!take_family(place, 4) || !take_proto(place, "tcp")) break;
            text = named("ip saddr . tcp dport", "map pairverdicts");
            if (!text.empty()) return text;
            return anonymous("ip saddr . tcp dport", {"10.0.0.25 . 25", "10.0.0.0/27 . 80-443", "198.18.0.9 . 25"});
        default:
            if (place.inet) return anonymous("meta nfproto", {"ipv4", "ipv6"});
            return anonymous("meta l4proto", {"tcp", "udp"});
    }
    return verdict(place);
}

/// `jump { … }`: rules of a chain without a name.
std::string NftGenerator::implicit_chain(Place place) {
    std::string text = chance(70) ? "jump {" : "goto {";
    const std::size_t rules = 1 + below(3);
    place.targets.clear();
    for (std::size_t i = 0; i < rules; ++i) {
        Place inner = place;
        text += " " + (chance(80) ? match(inner) + " " : "") + verdict(inner) + ";";
    }
    return text + " }";
}

std::string NftGenerator::mark_statement(Place& place) {
    switch (below(12)) {
        case 0: return fmt::format("meta mark set mark {} {}", one_of({"and", "or", "xor"}), below(8));
        case 1: return "meta mark set ct mark";
        case 2: return "ct mark set mark";
        case 3: return "ct mark set " + mark();
        case 4: {
            if (!take_family(place, 4)) break;
            const std::string map = object(place, "map hostmarks");
            if (!map.empty()) return "meta mark set ip saddr map " + map;
            return fmt::format("meta mark set ip saddr map {{ 10.0.0.25 : {}, 10.0.0.26 : {} }}", mark(), mark());
        }
        case 5: {
            if (!take_proto(place, "tcp")) break;
            const std::string map = object(place, "map portmarks");
            if (!map.empty()) return "meta mark set tcp dport map " + map;
            return fmt::format("meta mark set tcp dport map {{ 25 : {}, 80-443 : {} }}", mark(), mark());
        }
        case 6: return fmt::format("ct mark set mark {} {}", one_of({"and", "or", "xor"}), below(8));
        case 7: return fmt::format("meta mark set ct mark {} {}", one_of({"and", "or"}), below(8));
        case 8: return fmt::format("meta mark set mark and {} or {}", below(8), below(8));
        case 9:
            if (!unknowns_) break;
            if (take_family(place, 4) && chance(50)) return "meta mark set jhash ip saddr mod 8";
            return "meta mark set numgen inc mod 8";
        default: break;
    }
    // 7 is what the lab routes by.
    return "meta mark set " + (chance(40) ? "7" : mark());
}

std::string NftGenerator::neutral_statement() {
    return one_of({"log prefix \"x\"", "limit rate 100000/second burst 100000 packets", "meta priority set 1:2",
                   "meta nftrace set 0", "counter", "log", "comment \"a\""});
}

std::string NftGenerator::source_translation(Place& place) {
    const bool v6 = place.family == 6;
    const std::string to_family = place.inet ? (v6 ? " ip6" : " ip") : "";
    const std::string to =
        v6 ? one_of({"2001:db8:1::25", "2001:db8:2::25"}) : one_of({"203.0.113.25", "203.0.113.26", "198.51.100.25"});
    const std::string address = v6 ? "ip6 saddr" : "ip saddr";
    const auto named = [&](const std::string& form, const std::string& map) {
        const std::string name = object(place, map);
        return name.empty() ? fmt::format("snat{} to {}", to_family, to)
                            : fmt::format("snat {}to {} map {}", form, address, name);
    };
    switch (below(16)) {
        case 0:
        case 1:
        case 2:
            if (place.hook != Hook::postrouting) break;
            if (chance(15) && take_proto(place, "tcp")) return "meta l4proto tcp masquerade to :1024-9999";
            return chance(12) ? "masquerade random" : "masquerade";
        case 3:
            if (chance(30)) return fmt::format("snat{} to {} persistent", to_family, v6 ? to : "203.0.113.40/30");
            return fmt::format("snat{} to {}", to_family,
                               v6 ? "2001:db8:1::40-2001:db8:1::47" : "203.0.113.40-203.0.113.47");
        case 4:
        case 14: {
            if (!take_proto(place, "tcp")) break;
            const std::string text = v6 ? "[" + to + "]" : to;
            return fmt::format("meta l4proto tcp snat{} to {}:{}", to_family, text,
                               one_of({"1024-9999", "2600-40000"}));
        }
        case 5:
            return v6 ? fmt::format(
                            "snat{} to ip6 saddr map {{ fd00:a::25 : 2001:db8:1::25, fd00:a::26 : 2001:db8:1::26 }}",
                            to_family)
                      : fmt::format("snat{} to ip saddr map {{ 10.0.0.25 : 203.0.113.25, 10.0.0.26 : 203.0.113.26 }}",
                                    to_family);
        case 6:
            return v6 ? "snat ip6 prefix to ip6 saddr map { fd00:a::/64 : 2001:db8:a::/64 }"
                      : "snat ip prefix to ip saddr map { 10.0.0.0/24 : 198.19.5.0/24, 10.0.1.0/24 : 198.19.6.0/24 }";
        case 7: return named(v6 ? "ip6 " : "ip ", v6 ? "map sources6x" : "map sources");
        case 8: return named(v6 ? "ip6 prefix " : "ip prefix ", v6 ? "map prefixes6x" : "map prefixes");
        case 9:
        case 15:
            if (!v6) return named("ip ", "map pools");
            break;
        case 10:
            if (unknowns_ && !v6)
                return fmt::format("snat{} to numgen inc mod 2 map {{ 0 : 203.0.113.25, 1 : 203.0.113.26 }}",
                                   to_family);
            if (unknowns_) break;
            return one_of({"accept", "return"});
        default: break;
    }
    return fmt::format("snat{} to {}", to_family, to);
}

std::string NftGenerator::destination_translation(Place& place) {
    const bool v6 = place.family == 6;
    const std::string to_family = place.inet ? (v6 ? " ip6" : " ip") : "";
    const std::string to = v6 ? one_of(inside6) : one_of(inside4);
    switch (below(14)) {
        case 0:
            if (place.hook != Hook::prerouting) break;
            if (!take_proto(place, "tcp")) return "redirect";
            return "meta l4proto tcp redirect to :2525";
        case 1:
            if (!take_proto(place, "tcp")) break;
            return fmt::format("meta l4proto tcp dnat{} to {}:2525", to_family, v6 ? "[" + to + "]" : to);
        case 2:
        case 3: {
            if (!take_proto(place, "tcp")) break;
            if (!v6) {
                const std::string map = object(place, "map targets");
                if (!map.empty()) return "dnat ip to tcp dport map " + map;
            }
            return v6 ? fmt::format("dnat{} to tcp dport map {{ 25 : fd00:a::25, 80 : fd00:d::80 }}", to_family)
                      : fmt::format("dnat{} to tcp dport map {{ 25 : 10.0.0.25, 80 : 10.0.1.80 }}", to_family);
        }
        case 4:
            return v6 ? fmt::format("dnat{} to fd00:a::40-fd00:a::47", to_family)
                      : fmt::format("dnat{} to 10.0.0.40-10.0.0.47", to_family);
        case 5:
        case 12:
        case 13: {
            if (v6 || !take_proto(place, "tcp")) break;
            const std::string map = object(place, "map endpoints");
            if (!map.empty()) return "dnat ip addr . port to ip daddr . tcp dport map " + map;
            break;
        }
        case 6:
            return v6 ? "dnat ip6 prefix to ip6 daddr map { 2001:db8:1::/120 : fd00:a::/120 }"
                      : "dnat ip prefix to ip daddr map { 203.0.113.0/24 : 10.0.0.0/24, 198.19.5.0/24 : 10.0.1.0/24 }";
        case 7:
            return v6 ? fmt::format("dnat{} to ip6 daddr map {{ 2001:db8:1::25 : fd00:a::25 }}", to_family)
                      : fmt::format("dnat{} to ip daddr map {{ 203.0.113.25 : 10.0.0.25, 203.0.113.26 : 10.0.1.80 }}",
                                    to_family);
        case 8:
            if (unknowns_ && !v6)
                return fmt::format("dnat{} to numgen inc mod 2 map {{ 0 : 10.0.0.25, 1 : 10.0.0.26 }}", to_family);
            break;
        case 9:
            if (chance(50)) return one_of({"accept", "return"});
            break;
        default: break;
    }
    return fmt::format("dnat{} to {}", to_family, to);
}

std::string NftGenerator::translation(Place& place) {
    pick_family(place);
    return place.kind == Kind::source ? source_translation(place) : destination_translation(place);
}

std::string NftGenerator::rule(Place place) {
    std::string text;
    const std::size_t matches = below(4);
    for (std::size_t i = 0; i < matches; ++i) text += match(place) + " ";
    if (chance(92)) text += "counter ";  // says how many packets came by
    if (place.kind == Kind::filter && chance(6)) text += neutral_statement() + " ";
    if (text.find("comment") != std::string::npos) return text;
    if (place.kind != Kind::filter && chance(60)) return text + translation(place);
    if (chance(22)) text += mark_statement(place) + " ";
    if (place.untracked_yet && chance(15)) text += "notrack ";
    if (unknowns_ && place.kind == Kind::filter && chance(10)) {
        const std::string set = object(place, "set dyn");
        if (!set.empty() && take_family(place, 4)) return text + "add " + set + " { ip saddr }";
    }
    const std::size_t end = below(20);
    if (end < 3) return text + verdict_map(place);
    if (end < 4 && place.base) return text + implicit_chain(place);
    if (text.empty() || end < 18) text += verdict(place);
    return text;
}

}  // namespace egresslint::kernel
