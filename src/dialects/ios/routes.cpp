// SPDX-License-Identifier: Apache-2.0
// Interfaces and routes. Sources: Cisco IOS IP Routing: Protocol-Independent Command Reference, "ip route", "ip route
// vrf"; IP Addressing Services Command Reference, "ip address dhcp" (the default route it learns has distance 254).
#include <algorithm>

#include "dialects/ios/around.hpp"
#include "dialects/ios/words.hpp"

namespace egresslint::dialects::ios {
namespace {

using base::Influence;

constexpr std::uint32_t local_table = 255, first_vrf_table = 1000;

bool is_name(std::string_view word) {
    return !word.empty() && ((word[0] >= 'A' && word[0] <= 'Z') || (word[0] >= 'a' && word[0] <= 'z'));
}

}  // namespace

std::vector<const Interface*> Around::interfaces() const {
    std::vector<const Interface*> out;
    for (const Interface& i : c_.interfaces)
        if (i.routed || !i.addresses.empty()) out.push_back(&i);
    return out;
}

std::uint32_t Around::table(std::string_view vrf) {
    if (vrf.empty()) return main_table;
    const auto next = first_vrf_table + static_cast<std::uint32_t>(tables_.size());
    return tables_.emplace(std::string(vrf), next).first->second;
}

void Around::fill() {
    auto& b = x_.b;
    auto& d = b.device();
    const auto all = interfaces();
    d.interfaces_known = d.addresses_known = !all.empty();
    for (const Interface* i : all) {
        auto& to = d.interfaces[b.interface(i->name).index()];
        to.span = i->span;
        to.zone = i->zone;
        if (i->name.starts_with("Loopback")) to.role = model::Role::loopback;
        if (i->name.starts_with("Tunnel")) to.role = model::Role::tunnel;
        if (i->learns_address) d.addresses_known = false;
        if (i->shutdown) continue;
        to.addresses = i->addresses;
        // Each in a table of its VRF.
        const auto connected = [&](const base::Prefix& destination, std::uint32_t metric) {
            model::Route r;
            r.destination = destination;
            r.next_hops = {{std::nullopt, i->name}};
            r.metric = metric;
            r.table = table(i->vrf);
            r.span = i->span;
            add_route(std::move(r));
        };
        if (!i->unnumbered.empty())
            if (const Interface* lender = c_.interface(i->unnumbered); lender != nullptr && lender != i)
                for (const auto& a : lender->addresses)
                    if (!a.secondary)
                        to.addresses.push_back(
                            {a.address, static_cast<std::uint8_t>(base::address_bits(a.address.family)), false, true});
        for (const auto& a : i->addresses)
            if (a.length < base::address_bits(a.address.family) || !a.secondary) {
                const auto net = base::make_prefix(a.address, a.length);
                networks_.try_emplace({table(i->vrf), a.address.family, a.length, net.first()}, i->name);
                connected(net, 0);
            }
        if (i->learns_route) connected({{Family::v4, 0}, 0}, 254);
    }
    for (const Statement* s : c_.routes) route(*s);
    for (const Statement* s : c_.routes6) route6(*s);
    vrf_rules();
    const auto leads_out = [&](Family family) {
        return std::ranges::any_of(d.routes, [&](const model::Route& r) {
            return r.destination.length == 0 && r.table == main_table && r.destination.base.family == family;
        });
    };
    // A router without a default route passes nothing on to the internet; more often the text is not all of it.
    d.routes_known = !all.empty() && !c_.dynamic_routing && (leads_out(Family::v4) || leads_out(Family::v6));
    for (const Family family : {Family::v4, Family::v6})
        if (d.routes_known && !leads_out(family)) {
            model::Route r;
            r.destination = {{family, 0}, 0};
            r.type = model::RouteType::unreachable;
            r.metric = 255;
            d.routes.push_back(std::move(r));
        }
    d.filters_v4 = d.filters_v6 = true;
}

/// What comes in by an interface of a VRF is routed by the table of that VRF alone.
void Around::vrf_rules() {
    if (tables_.empty()) return;
    auto& b = x_.b;
    auto& d = b.device();
    d.routing_rules.push_back({0, b.yes(), local_table, {}, -1, "", {}});
    std::uint32_t priority = 1;
    std::map<std::string, std::vector<std::string>> members;
    for (const Interface* i : interfaces()) members[i->vrf].push_back(i->name);
    for (const auto& [vrf, number] : tables_) {
        const auto& names = members[vrf];
        for (const Family family : {Family::v4, Family::v6}) {
            model::Route r;
            r.destination = {{family, 0}, 0};
            r.type = model::RouteType::unreachable;
            r.metric = 255;
            r.table = number;
            d.routes.push_back(std::move(r));
        }
        if (names.empty()) continue;
        d.routing_rules.push_back({priority++,
                                   b.interface_names(model::Field::in_if, names),
                                   number,
                                   {},
                                   -1,
                                   "",
                                   c_.interface(names.front())->span});
    }
    d.routing_rules.push_back({32766, b.yes(), main_table, {}, -1, "", {}});
}

void Around::add_route(model::Route r) {
    auto& routes = x_.b.device().routes;
    // Equal destinations and distances are used side by side.
    const auto key = std::tuple(r.type, r.table, r.metric, r.destination.base.bits, r.destination.base.family,
                                unsigned{r.destination.length}, r.unsupported);
    const auto [at, fresh] = known_routes_.try_emplace(key, routes.size());
    if (fresh || r.metric == 0 || r.type != model::RouteType::unicast) {
        routes.push_back(std::move(r));
        return;
    }
    auto& hops = routes[at->second].next_hops;
    constexpr std::size_t most_hops = 256;  // IOS takes 32
    for (const auto& hop : r.next_hops)
        if (hops.size() < most_hops && std::ranges::none_of(hops, [&](const model::NextHop& h) {
                return h.interface == hop.interface && h.gateway == hop.gateway;
            }))
            hops.push_back(hop);
}

/// The interface whose network holds a gateway; "": none, so that another route leads to it.
std::string Around::towards(const base::Address& gateway, std::uint32_t in_table) {
    for (unsigned length = base::address_bits(gateway.family) + 1; length-- > 0;) {
        const auto first = base::make_prefix(gateway, length).first();
        if (const auto at = networks_.find({in_table, gateway.family, length, first}); at != networks_.end())
            return at->second;
    }
    return {};
}

/// ip route [vrf V] NETWORK MASK {INTERFACE [GATEWAY] | GATEWAY} [DISTANCE] [name N] [tag T] [track N] [permanent]
void Around::route(const Statement& s) {
    model::Route r;
    r.span = s.span;
    r.metric = 1;
    std::size_t at = 2;
    while (s.word(at) == "vrf" || s.word(at) == "topology") {
        if (s.word(at) == "vrf") r.table = table(s.word(at + 1));
        at += 2;
    }
    if (s.word(at) == "profile" || s.word(at) == "static") return;
    std::optional<base::Prefix> net = base::parse_prefix(s.word(at));
    if (net && s.word(at).find('/') != std::string_view::npos) {
        ++at;
    } else {
        const auto base = base::parse_ipv4(s.word(at)), mask = base::parse_ipv4(s.word(at + 1));
        const auto length = mask ? base::mask_length(Family::v4, mask->bits) : std::nullopt;
        net = base && length ? std::optional(base::make_prefix(*base, *length)) : std::nullopt;
        at += 2;
    }
    if (!net || net->base.family != Family::v4 || at >= s.words.size()) {
        x_.unread(s, Influence::routing);
        return;
    }
    r.destination = *net;
    model::NextHop hop;
    if (is_name(s.word(at)) && s.word(at) != "dhcp") {
        const std::string name = interface_at(s, at);
        if (name.starts_with("Null") || name.starts_with("null")) {
            r.type = model::RouteType::blackhole;
        } else {
            const Interface* i = c_.interface(name);
            if (i != nullptr && i->shutdown) return;
            hop.interface = c_.full_name(name);
        }
    }
    if (const auto gateway = base::parse_ipv4(s.word(at))) {
        hop.gateway = gateway;
        ++at;
    } else if (s.word(at) == "dhcp") {
        ++at;
        if (hop.interface.empty()) r.unsupported = "a gateway that DHCP names";
    }
    if (hop.gateway && hop.interface.empty()) hop.interface = towards(*hop.gateway, r.table);
    if (r.type != model::RouteType::blackhole) r.next_hops = {std::move(hop)};
    for (; at < s.words.size(); ++at) {
        if (const auto n = words::number(s.words[at], 255)) {
            r.metric = *n;
        } else if (s.words[at] == "name" || s.words[at] == "tag") {
            ++at;
        } else if (s.words[at] == "track") {
            r.unsupported = "track " + std::string(s.word(++at));
        } else if (s.words[at] == "multicast") {
            return;
        } else if (s.words[at] != "permanent") {
            // `global` hands packets of a VRF to another table.
            x_.unread(s, Influence::routing);
            return;
        }
    }
    add_route(std::move(r));
}

/// ipv6 route PREFIX {INTERFACE [GATEWAY] | GATEWAY} [DISTANCE]
void Around::route6(const Statement& s) {
    model::Route r;
    r.span = s.span;
    r.metric = 1;
    std::size_t at = 2;
    if (s.word(at) == "vrf") {
        r.table = table(s.word(at + 1));
        at += 2;
    }
    const auto net = base::parse_prefix(s.word(at++));
    if (!net || net->base.family != Family::v6 || at >= s.words.size()) {
        x_.unread(s, Influence::routing);
        return;
    }
    r.destination = *net;
    model::NextHop hop;
    if (is_name(s.word(at)) && s.word(at).find(':') == std::string_view::npos) {
        if (s.word(at).starts_with("Null") || s.word(at).starts_with("null"))
            r.type = model::RouteType::blackhole;
        else
            hop.interface = c_.full_name(s.word(at));
        ++at;
    }
    if (const auto gateway = base::parse_ipv6(s.word(at))) {
        hop.gateway = gateway;
        if (hop.interface.empty()) hop.interface = towards(*gateway, r.table);
        ++at;
    }
    if (r.type != model::RouteType::blackhole) r.next_hops = {std::move(hop)};
    for (; at < s.words.size(); ++at) {
        if (const auto n = words::number(s.words[at], 255)) {
            r.metric = *n;
        } else if (s.words[at] == "name" || s.words[at] == "tag") {
            ++at;
        } else if (s.words[at] == "track") {
            r.unsupported = "track " + std::string(s.word(++at));
        } else if (s.words[at] != "unicast" && s.words[at] != "permanent") {
            x_.unread(s, Influence::routing);
            return;
        }
    }
    add_route(std::move(r));
}

}  // namespace egresslint::dialects::ios
