// SPDX-License-Identifier: Apache-2.0
// Interfaces, addresses, gateways and routes. Whether an interface "has a gateway" decides about automatic outbound NAT
// and reflection: pfSense interface_has_gateway(), OPNsense getInterfaceGateway().
#include "dialects/pfsense/lower.hpp"

#include <algorithm>
#include <charconv>

namespace egresslint::dialects::pfsense {

using namespace model;

namespace {

std::optional<base::Prefix> prefix_of(const std::string& address, const std::string& bits) {
    const auto a = base::parse_address(address);
    if (!a) return std::nullopt;
    unsigned length = base::address_bits(a->family);
    if (!bits.empty()) {
        unsigned given = 0;
        const auto [end, error] = std::from_chars(bits.data(), bits.data() + bits.size(), given);
        if (error == std::errc{} && end == bits.data() + bits.size() && given <= length) length = given;
    }
    return base::make_prefix(*a, length);
}

}  // namespace

Lowering::Lowering(const Config& config, std::string name, base::Diagnostics& diagnostics)
    : c_(config), b_(std::move(name)), pf_(b_), diagnostics_(diagnostics) {
    for (const Alias& a : c_.aliases) aliases_.try_emplace(a.name, &a);
}

void Lowering::not_understood(base::Span where, std::string message, base::Influence influence,
                              model::PredicateId predicate) {
    base::Diagnostic d;
    d.code = "EL901";
    d.span = where;
    d.message = std::move(message);
    d.influence = influence;
    if (predicate.valid()) d.predicate = predicate.value;
    diagnostics_.push_back(std::move(d));
}

model::Device Lowering::run() && {
    define_objects();
    interfaces();
    routes();
    tunnel_policies();
    automatic_filter();
    filter_rules();
    translations();
    forced_gateways();
    families::pf::Pf::Defaults defaults;
    const base::Span at = c_.filter_span.valid() ? c_.filter_span : c_.root;
    defaults.block = b_.origin(at, "default deny rule", true);
    defaults.pass = b_.origin(at, "let out anything from the firewall itself", true);
    defaults.log_block = c_.log_default_block;
    pf_.finish(defaults, !c_.no_filter);
    Device& d = b_.device();
    d.filters_v4 = d.filters_v6 = !c_.no_filter;
    return std::move(b_).finish();
}

void Lowering::define_objects() {
    for (const Alias& a : c_.aliases) b_.define("alias", a.name, a.span);
    for (const Gateway& g : c_.gateways) b_.define("gateway", g.name, g.span);
    for (const GatewayGroup& g : c_.gateway_groups) {
        b_.define("gateway group", g.name, g.span);
        for (const auto& [member, tier] : g.members)
            if (gateway_of(member) != nullptr) (void)b_.use("gateway", member, g.span);
    }
    for (const InterfaceGroup& g : c_.groups) b_.define("interface group", g.name, g.span);
    for (const auto& [name, span] : c_.schedules) b_.define("schedule", name, span);
    // Interfaces and the default route use gateways too; one that comes with a dynamic interface has no entry.
    for (const Interface& i : c_.interfaces)
        for (const std::string& name : {i.gateway, i.gateway6})
            if (gateway_of(name) != nullptr) (void)b_.use("gateway", name, i.span);
    for (const Gateway& g : c_.gateways)
        if (g.is_default || g.name == c_.default4 || g.name == c_.default6) (void)b_.use("gateway", g.name, g.span);
    for (const GatewayGroup& g : c_.gateway_groups)
        if (g.name == c_.default4 || g.name == c_.default6) (void)b_.use("gateway group", g.name, g.span);
}

// -- interfaces

const Interface* Lowering::interface_of(const std::string& key) const {
    for (const Interface& i : c_.interfaces)
        if (i.key == key && i.enabled && !i.is_virtual) return &i;
    return nullptr;
}

std::vector<std::string> Lowering::expand(const std::string& name) const {
    if (interface_of(name) != nullptr) return {name};
    const auto devices = [&](std::initializer_list<std::string_view> stems) {
        std::vector<std::string> out;
        for (const Interface& i : c_.interfaces)
            if (i.enabled && !i.is_virtual &&
                std::any_of(stems.begin(), stems.end(), [&](std::string_view s) { return i.device.starts_with(s); }))
                out.push_back(i.key);
        return out;
    };
    if (name == "openvpn" || name == "wireguard" || name == "WireGuard") {
        const bool open = name == "openvpn";
        auto out = open ? devices({"ovpn"}) : devices({"wg", "tun_wg"});
        if (open ? c_.openvpn : c_.wireguard) out.push_back(open ? "openvpn" : "wireguard");
        return out;
    }
    if (name == "enc0" || name == "IPsec" || name == "ipsec")
        return c_.ipsec ? std::vector<std::string>{"enc0"} : std::vector<std::string>{};
    if (name == "l2tp" || name == "pppoe") return {name};
    for (const InterfaceGroup& g : c_.groups) {
        if (g.name != name) continue;
        std::vector<std::string> out;
        for (const std::string& m : g.members)
            if (interface_of(m) != nullptr && std::find(out.begin(), out.end(), m) == out.end()) out.push_back(m);
        return out;
    }
    return {};
}

bool Lowering::dynamic(const Interface& i, Family family) const {
    const std::string& how = family == Family::v4 ? i.address : i.address6;
    if (family == Family::v6 && !c_.ipv6) return false;
    return !how.empty() && how != "none" && how != "staticv4" && !base::parse_address(how);
}

bool Lowering::has_gateway(const Interface& i, Family family) const {
    const auto starts = [&](std::string_view stem) { return i.device.starts_with(stem); };
    if (family == Family::v4) {
        if (!opnsense() && (starts("ovpn") || starts("ipsec"))) return true;
        if (!i.gateway.empty()) return true;
        if (dynamic(i, family)) return true;
        if (!opnsense()) return (starts("gif") || starts("gre")) && base::parse_address(i.address);
        // OPNsense looks for a gateway on the interface where it has no fixed address.
        return !base::parse_address(i.address) &&
               std::any_of(c_.gateways.begin(), c_.gateways.end(), [&](const Gateway& g) {
                   return g.interface == i.key && g.protocol == "inet" && !g.disabled;
               });
    }
    if (!i.gateway6.empty()) return true;
    return i.address6 == "dhcp6" || i.address6 == "slaac" || i.address6 == "6to4" || i.address6 == "6rd";
}

std::optional<Address> Lowering::address_of(const Interface& i, Family family) const {
    const auto a = base::parse_address(family == Family::v4 ? i.address : i.address6);
    return a && a->family == family ? a : std::nullopt;
}

std::vector<Prefix> Lowering::networks_of(const Interface& i, Family family) const {
    std::vector<Prefix> out;
    const auto add = [&](const std::optional<Prefix>& p) {
        if (p && p->base.family == family && std::find(out.begin(), out.end(), *p) == out.end()) out.push_back(*p);
    };
    add(family == Family::v4 ? prefix_of(i.address, i.bits) : prefix_of(i.address6, i.bits6));
    for (const VirtualAddress& v : c_.virtual_addresses)
        if (v.interface == i.key) add(prefix_of(v.address, v.bits));
    return out;
}

void Lowering::interfaces() {
    Device& d = b_.device();
    bool complete = true;
    const auto add = [&](const std::string& name, const std::string& zone, base::Span span) -> model::Interface& {
        model::Interface& f = d.interfaces[b_.interface(name).index()];
        f.zone = zone;
        f.span = span;
        return f;
    };
    for (const Interface& i : c_.interfaces) {
        if (!i.enabled || i.is_virtual) continue;
        model::Interface& f = add(i.key, i.description, i.span);
        const auto take = [&](const std::string& address, const std::string& bits, bool secondary) {
            const auto a = base::parse_address(address);
            const auto p = prefix_of(address, bits);
            if (!a || !p) return;
            const bool link_local = a->family == Family::v6 && base::parse_prefix("fe80::/10")->contains(*a);
            f.addresses.push_back({*a, p->length, secondary, !link_local});
        };
        take(i.address, i.bits, false);
        take(i.address6, i.bits6, false);
        take(i.alias_address, i.alias_bits, true);
        for (const VirtualAddress& v : c_.virtual_addresses)
            if (v.interface == i.key && (v.mode == "ipalias" || v.mode == "carp")) take(v.address, v.bits, true);
        // An interface with a gateway of its own is what the products call a WAN.
        const bool tunnel = i.device.starts_with("ovpn") || i.device.starts_with("ipsec") ||
                            i.device.starts_with("wg") || i.device.starts_with("tun_wg") ||
                            i.device.starts_with("gif") || i.device.starts_with("gre");
        if (!tunnel && has_gateway(i, Family::v4)) f.role = Role::external;
        if (tunnel) f.role = Role::tunnel;
        complete = complete && !dynamic(i, Family::v4) && !dynamic(i, Family::v6);
    }
    // Addresses on loopback are the device's as well.
    for (const VirtualAddress& v : c_.virtual_addresses)
        if ((v.interface == "lo0" || v.interface == "Localhost") && (v.mode == "ipalias" || v.mode == "carp"))
            if (const auto a = base::parse_address(v.address)) {
                model::Interface& lo = add("lo", "", v.span);
                lo.role = Role::loopback;
                lo.addresses.push_back({*a, static_cast<std::uint8_t>(base::address_bits(a->family)), false, true});
            }
    const auto tunnel = [&](const char* name, const char* zone, bool exists, base::Span span) {
        if (exists) add(name, zone, span.valid() ? span : c_.root).role = Role::tunnel;
    };
    tunnel("enc0", "IPsec", c_.ipsec, c_.ipsec_span);
    tunnel("openvpn", "OpenVPN", c_.openvpn, c_.openvpn_span);
    tunnel("wireguard", "WireGuard", c_.wireguard, c_.wireguard_span);
    d.interfaces_known = true;
    d.addresses_known = complete;
}

// -- routes

const Gateway* Lowering::gateway_of(const std::string& name) const {
    for (const Gateway& g : c_.gateways)
        if (g.name == name) return &g;
    return nullptr;
}

void Lowering::route(const std::string& network, std::vector<NextHop> hops, base::Span span) {
    const auto p = base::parse_prefix(network);
    if (!p || hops.empty()) return;
    Route r;
    r.destination = *p;
    r.next_hops = std::move(hops);
    r.span = span;
    b_.device().routes.push_back(std::move(r));
}

void Lowering::routes() {
    Device& d = b_.device();
    for (const Interface& i : c_.interfaces)
        if (i.enabled && !i.is_virtual)
            for (const Family f : {Family::v4, Family::v6})
                for (const Prefix& p : networks_of(i, f)) route(base::to_string(p), {{std::nullopt, i.key}}, i.span);
    for (const StaticRoute& r : c_.routes) {
        if (r.disabled) continue;
        if (gateway_of(r.gateway) != nullptr) (void)b_.use("gateway", r.gateway, r.span);
        std::vector<std::string> networks{r.network};
        if (!base::parse_prefix(r.network)) {
            // pfSense takes aliases.
            const Members& all = alias(r.network);
            if (!all.defined || !all.unknown.empty())
                not_understood(r.span, "the destination of this route is not known: " + r.network,
                               base::Influence::routing);
            networks.clear();
            for (const Prefix& p : base::to_prefixes(all.v4, Family::v4)) networks.push_back(base::to_string(p));
            for (const Prefix& p : base::to_prefixes(all.v6, Family::v6)) networks.push_back(base::to_string(p));
        }
        const Gateway* g = gateway_of(r.gateway);
        for (const std::string& network : networks) {
            const auto p = base::parse_prefix(network);
            if (!p) continue;
            if (g == nullptr && r.gateway.starts_with("Null")) {
                Route black;
                black.destination = *p;
                black.type = RouteType::blackhole;
                black.span = r.span;
                d.routes.push_back(std::move(black));
            } else if (g != nullptr && interface_of(g->interface) != nullptr) {
                route(network, {{base::parse_address(g->address), g->interface}}, r.span);
            } else if (const auto hop = base::parse_address(r.gateway)) {
                route(network, {{hop, ""}}, r.span);
            } else if (const Interface* i = [&]() -> const Interface* {
                           // A gateway that a dynamic interface brings along: NAME_DHCP, WAN_PPPOE.
                           for (const Interface& each : c_.interfaces) {
                               std::string stem = each.description.empty() ? each.key : each.description;
                               for (char& c : stem)
                                   if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
                               if (r.gateway.starts_with(stem + "_") && interface_of(each.key) != nullptr) return &each;
                           }
                           return nullptr;
                       }()) {
                route(network, {{std::nullopt, i->key}}, r.span);
            } else {
                not_understood(r.span, "this route's gateway \"" + r.gateway + "\" is not known",
                               base::Influence::routing);
            }
        }
    }
    for (const auto& [network, span] : c_.tunnel_networks)
        if (c_.openvpn) route(network, {{std::nullopt, "openvpn"}}, span);
    if (c_.openvpn)
        for (const std::string& network : c_.remote_networks)
            route(network, {{std::nullopt, "openvpn"}}, c_.openvpn_span);
    for (const TunnelRoute& r : c_.tunnel_routes) {
        std::string interface = "wireguard";
        for (const Interface& i : c_.interfaces)
            if (i.device == r.device && interface_of(i.key) != nullptr) interface = i.key;
        const auto p = base::parse_prefix(r.network);
        if (p && p->length == 0)
            not_understood(
                r.span, "a WireGuard peer that takes every destination: whether it is the default route is not known",
                base::Influence::routing);
        else
            route(r.network, {{std::nullopt, interface}}, r.span);
    }
    add_default_route(Family::v4);
    add_default_route(Family::v6);
    d.routes_known =
        std::any_of(d.routes.begin(), d.routes.end(), [](const Route& r) { return r.destination.length == 0; });
}

void Lowering::add_default_route(Family family) {
    const std::string protocol = family == Family::v4 ? "inet" : "inet6";
    const std::string& wanted = family == Family::v4 ? c_.default4 : c_.default6;
    std::vector<NextHop> hops;
    base::Span span = c_.root;
    const auto take = [&](const Gateway& g) {
        if (g.disabled || g.protocol != protocol || interface_of(g.interface) == nullptr) return;
        if (std::any_of(hops.begin(), hops.end(), [&](const NextHop& h) { return h.interface == g.interface; })) return;
        if (hops.empty()) span = g.span;
        if (gateway_of(g.name) != nullptr) (void)b_.use("gateway", g.name, g.span);
        hops.push_back({base::parse_address(g.address), g.interface});
    };
    if (wanted == "-") return;
    if (const Gateway* g = gateway_of(wanted); g != nullptr) take(*g);
    for (const GatewayGroup& group : c_.gateway_groups)
        if (group.name == wanted)
            for (const auto& [member, tier] : group.members)
                if (const Gateway* g = gateway_of(member)) take(*g);
    std::vector<const Gateway*> candidates;
    if (hops.empty()) {
        for (const Gateway& g : c_.gateways)
            if (g.is_default) candidates.push_back(&g);
        if (opnsense())
            std::stable_sort(candidates.begin(), candidates.end(),
                             [](const Gateway* a, const Gateway* b) { return a->priority < b->priority; });
        for (const Gateway* g : candidates) {
            // One is active; the others take over where switching is allowed.
            if (hops.empty() || c_.switch_default) take(*g);
        }
    }
    if (hops.empty()) {
        // The first gateway of an interface that has one; pfSense falls back to the next when it is down.
        std::vector<Gateway> all;
        for (const Interface& i : c_.interfaces) {
            if (interface_of(i.key) == nullptr || !has_gateway(i, family)) continue;
            const std::string& named = family == Family::v4 ? i.gateway : i.gateway6;
            const Gateway* g = gateway_of(named);
            Gateway made;
            made.interface = i.key;
            made.protocol = protocol;
            made.address = base::parse_address(named) ? named : "";
            made.span = i.span;
            made.priority = 254;
            for (const Gateway& each : c_.gateways)
                if (g == nullptr && each.interface == i.key && each.protocol == protocol) g = &each;
            all.push_back(g != nullptr ? *g : made);
        }
        if (opnsense() && all.empty())
            for (const Gateway& g : c_.gateways) all.push_back(g);
        if (opnsense())
            std::stable_sort(all.begin(), all.end(),
                             [](const Gateway& a, const Gateway& b) { return a.priority < b.priority; });
        for (const Gateway& g : all)
            if (hops.empty() || !opnsense() || c_.switch_default) take(g);
    }
    if (hops.empty()) return;
    route(family == Family::v4 ? "0.0.0.0/0" : "::/0", std::move(hops), span);
}

}  // namespace egresslint::dialects::pfsense
