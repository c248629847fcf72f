// SPDX-License-Identifier: Apache-2.0
// `ip nat` commands as they are written. Source: Cisco IOS IP Addressing Services Command Reference, "ip nat inside
// source", "ip nat outside source", "ip nat inside destination", "ip nat source".
#include <algorithm>

#include "dialects/ios/translate.hpp"
#include "dialects/ios/words.hpp"

namespace egresslint::dialects::ios {
namespace {

std::optional<std::uint32_t> ipv4(std::string_view word) {
    const auto a = base::parse_ipv4(word);
    return a ? std::optional(static_cast<std::uint32_t>(a->bits)) : std::nullopt;
}

}  // namespace

NatStages::NatStages(Around& around)
    : around_(around), c_(around.config()), x_(around.context()), b_(around.context().b) {
    for (const Statement* s : c_.nats) read(*s);
    std::ranges::stable_sort(statics_, [](const StaticNat& a, const StaticNat& b) {
        return std::pair(!a.local_port.has_value(), 32 - a.length) <
               std::pair(!b.local_port.has_value(), 32 - b.length);
    });
    // Access lists by number, then by name, then route maps by name.
    const auto key = [](const DynamicNat& d) {
        const auto number = words::number(d.list, 2699);
        return std::tuple(d.list.empty(), !number.has_value(), number.value_or(0), d.list, d.route_map);
    };
    std::ranges::stable_sort(dynamics_, [&](const DynamicNat& a, const DynamicNat& b) { return key(a) < key(b); });
}

void NatStages::read(const Statement& s) {
    // ip nat inside source …, ip nat inside destination …, ip nat outside source …, ip nat source …
    std::size_t at = s.word(2) == "source" ? 3 : 4;
    if (s.word(at) == "static") {
        StaticNat r = read_static(s, at + 1);
        r.statement = &s;
        r.outside = s.word(2) == "outside";
        r.virtual_interface = s.word(2) == "source";
        // An outside translation names the global address first.
        if (r.outside) {
            std::swap(r.local, r.global);
            std::swap(r.local_port, r.global_port);
        }
        if (s.word(2) == "inside" && s.word(3) != "source") r.understood = false;
        statics_.push_back(std::move(r));
    } else {
        DynamicNat r = read_dynamic(s, at);
        r.statement = &s;
        r.virtual_interface = s.word(2) == "source";
        r.of = s.word(2) == "outside"       ? DynamicNat::Of::outside_source
               : s.word(3) == "destination" ? DynamicNat::Of::inside_destination
                                            : DynamicNat::Of::inside_source;
        dynamics_.push_back(std::move(r));
    }
}

/// [tcp|udp|esp|network] LOCAL [PORT] {GLOBAL | interface I} [PORT] [options]
StaticNat NatStages::read_static(const Statement& s, std::size_t at) {
    StaticNat r;
    const bool network = s.word(at) == "network";
    if (network) ++at;
    if (s.word(at) == "tcp" || s.word(at) == "udp" || s.word(at) == "esp")
        r.protocol = words::protocol(s.word(at++), false);
    const bool ports = r.protocol && *r.protocol != 50;
    const auto local = ipv4(s.word(at++));
    if (!local) return r;
    r.local = *local;
    if (ports) {
        r.local_port = words::port(s.word(at++));
        if (!r.local_port) return r;
    }
    if (s.word(at) == "interface") {
        ++at;
        r.interface = c_.full_name(interface_at(s, at));
    } else {
        const auto global = ipv4(s.word(at++));
        if (!global) return r;
        r.global = *global;
    }
    if (ports) {
        r.global_port = words::port(s.word(at++));
        if (!r.global_port) return r;
    }
    if (network) {
        std::optional<unsigned> length;
        if (s.word(at).starts_with('/'))
            length = words::number(s.word(at).substr(1), 32);
        else if (const auto mask = ipv4(s.word(at)))
            length = base::mask_length(Family::v4, *mask);
        if (!length || !r.interface.empty()) return r;
        r.length = *length;
        const auto host = static_cast<std::uint32_t>(base::low_mask(32 - r.length));
        r.local &= ~host;
        r.global &= ~host;
        ++at;
    }
    for (; at < s.words.size(); ++at) {
        const std::string_view word = s.words[at];
        if (word == "route-map") {
            r.route_map = std::string(s.word(++at));
        } else if (word == "reversible") {
            r.reversible = true;
        } else if (word == "redundancy" || word == "mapping-id") {
            ++at;
        } else if (!families::cisco::one_of(word, " extendable no-alias no-payload add-route forced ")) {
            return r;  // `vrf`, `match-in-vrf`, `stateless`, `egress-interface`
        }
    }
    r.understood = true;
    return r;
}

/// {list A | route-map M} {interface I | pool P} [overload] [options]
DynamicNat NatStages::read_dynamic(const Statement& s, std::size_t at) {
    DynamicNat r;
    bool good = true;
    for (; at < s.words.size(); ++at) {
        const std::string_view word = s.words[at];
        if (word == "list") {
            r.list = std::string(s.word(++at));
        } else if (word == "route-map") {
            r.route_map = std::string(s.word(++at));
        } else if (word == "pool") {
            r.pool = std::string(s.word(++at));
        } else if (word == "interface") {
            ++at;
            r.interface = c_.full_name(interface_at(s, at));
            --at;
        } else if (word == "redundancy" || word == "mapping-id") {
            ++at;
        } else if (!families::cisco::one_of(word, " overload no-payload add-route reversible oer extended ")) {
            good = false;
        }
    }
    r.understood = good && (r.list.empty() != r.route_map.empty()) && (r.pool.empty() != r.interface.empty());
    return r;
}

}  // namespace egresslint::dialects::ios
