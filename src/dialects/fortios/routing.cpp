// SPDX-License-Identifier: Apache-2.0
// Static routes, policy routes and SD-WAN rules.
#include <fmt/format.h>

#include <algorithm>

#include "dialects/fortios/network.hpp"

namespace egresslint::dialects::fortios {

using model::NextHop;
using model::Route;
using model::RouteType;
using model::RoutingRule;

namespace {

constexpr std::uint32_t local_table = 255, main_table = 254;
constexpr std::uint32_t last_priority = 32766;
constexpr unsigned most_routes_of_an_object = 4096;

/// Distance first, then priority: one number that sorts like both.
std::uint32_t metric(std::uint32_t distance, std::uint32_t priority) {
    return distance << 16 | std::min(priority, 0xffffu);
}
std::uint32_t number(std::string_view text, std::uint32_t otherwise) {
    const auto n = numbers_of(text, 0xffffffffu);
    return n && n->first == n->last ? static_cast<std::uint32_t>(n->first) : otherwise;
}
Prefix everywhere(Family f) { return Prefix{Address{f, 0}, 0}; }

}  // namespace

/// Of equal distance and priority: one route over both.
void Network::add_route(Route route) {
    auto& routes = c_.b.device().routes;
    if (route.type == RouteType::unicast && route.unsupported.empty() && route.table == main_table) {
        const auto [it, fresh] =
            equal_routes_.try_emplace({route.destination.base, route.destination.length, route.metric}, routes.size());
        if (!fresh) {
            auto& hops = routes[it->second].next_hops;
            hops.insert(hops.end(), route.next_hops.begin(), route.next_hops.end());
            return;
        }
    }
    routes.push_back(std::move(route));
}

void Network::static_routes(std::string_view path, Family family) {
    const auto* t = c_.root().table(path);
    if (t == nullptr) return;
    any_static_table_ = true;
    for (const auto& e : t->entries) {
        e.read = true;
        if (e.value("status") == "disable") continue;
        std::vector<Prefix> to{everywhere(family)};
        std::string unsupported;
        if (const auto& dst = e.values("dst"); !dst.empty()) {
            const auto net = subnet_of(dst);
            if (!net || net->address.family != family) {
                not_understood(c_.diagnostics, e.span_of("dst"),
                               fmt::format("\"{}\" is no destination of a route", dst[0].text),
                               base::Influence::routing);
                continue;
            }
            to = {base::make_prefix(net->address, net->length)};
        }
        if (const std::string object(e.value("dstaddr")); !object.empty()) {
            const auto set = objects_.literal(object, family);
            to = set ? base::to_prefixes(*set, family) : to;
            if (!set || to.size() > most_routes_of_an_object) {
                to = {everywhere(family)};
                unsupported = fmt::format("address \"{}\"", object);
            }
        }
        if (e.find("internet-service") != nullptr && e.value("internet-service") != "0")
            unsupported = "internet service " + std::string(e.value("internet-service"));
        if (!e.value("internet-service-custom").empty())
            unsupported = "internet service " + std::string(e.value("internet-service-custom"));
        if (const auto vrf = e.value("vrf"); !vrf.empty() && vrf != "0" && vrf != "unspecified")
            unsupported = "VRF " + std::string(vrf);

        const bool blackhole = e.enabled("blackhole");
        std::vector<NextHop> hops;
        const std::string device(e.value("device"));
        std::optional<Address> gateway = base::parse_address(e.value("gateway"));
        if (gateway && (gateway->bits == 0 || e.enabled("dynamic-gateway"))) gateway.reset();
        std::vector<std::string> zones;
        for (const auto& w : e.values("sdwan-zone")) zones.push_back(w.text);
        if (e.enabled("sdwan") || e.enabled("virtual-wan-link")) zones = {"virtual-wan-link"};
        if (zones_.contains(device)) zones.push_back(device);
        for (const auto& zone : zones)
            if (const auto z = zones_.find(zone); z != zones_.end())
                for (const auto& i : z->second.interfaces)
                    for (const auto& [id, hop] : wan_members_)
                        if (hop.interface == i) hops.push_back(hop);
        if (zones.empty() && (!device.empty() || gateway)) hops.push_back({gateway, device});
        if (hops.empty() && !blackhole) {
            not_understood(c_.diagnostics, e.span, "this route names neither a gateway nor an interface",
                           base::Influence::routing);
            continue;
        }
        for (const auto& prefix : to) {
            Route r;
            r.destination = prefix;
            r.next_hops = blackhole ? std::vector<NextHop>{} : hops;
            r.type = blackhole ? RouteType::blackhole : RouteType::unicast;
            // SD-WAN routes have distance 1, others 10, and the same priority unless it is set.
            r.metric = metric(number(e.value("distance"), zones.empty() ? 10 : 1),
                              number(e.value("priority"), c_.config.since(70000) ? 1 : 0));
            r.span = e.span;
            r.unsupported = unsupported;
            add_route(std::move(r));
        }
    }
}

std::uint32_t Network::own_table(std::vector<NextHop> hops, Family family, Span span) {
    Route r;
    r.destination = everywhere(family);
    r.next_hops = std::move(hops);
    r.table = next_table_++;
    r.span = span;
    c_.b.device().routes.push_back(r);
    return r.table;
}

void Network::policy_routes(std::string_view path, Family family) {
    const auto* t = c_.root().table(path);
    if (t == nullptr) return;
    auto& b = c_.b;
    for (const auto& e : t->entries) {
        e.read = true;
        if (e.value("status") == "disable") continue;
        RoutingRule r;
        r.priority = next_priority_++;
        r.span = e.span;
        std::vector<model::ObjectId> uses;
        // What the device sends itself follows the routing table alone.
        std::vector<ExprId> match{b.family(family),
                                  b.negate(b.in(Field::in_if, IntervalSet::single(model::self_interface)))};
        if (const auto& in = e.values("input-device"); !in.empty()) {
            const auto expr = through(Field::in_if, in, uses);
            match.push_back(e.enabled("input-device-negate") ? b.negate(expr) : expr);
        }
        for (const auto& [field, plain, object, negate] : {std::tuple{Field::src, "src", "srcaddr", "src-negate"},
                                                           std::tuple{Field::dst, "dst", "dstaddr", "dst-negate"}}) {
            std::vector<ExprId> any;
            const auto& v = e.values(plain);
            for (std::size_t i = 0; i < v.size(); ++i) {
                // "A.B.C.D/M", or address and mask as two words.
                const bool two = i + 1 < v.size() && v[i].text.find('/') == std::string::npos &&
                                 base::parse_ipv4(v[i + 1].text).has_value();
                const auto net = two ? subnet_of(v, i) : subnet_of({v[i]});
                if (two) ++i;
                if (net && net->address.family == family)
                    any.push_back(b.prefix(field, base::make_prefix(net->address, net->length)));
                else
                    r.unsupported = fmt::format("{} {}", plain, v[i].text);
            }
            if (const auto& names = e.values(object); !names.empty())
                any.push_back(objects_.addresses(names, field, family, uses));
            if (any.empty()) continue;
            const auto expr = b.either(any);
            match.push_back(e.enabled(negate) ? b.negate(expr) : expr);
        }
        const auto protocol = number(e.value("protocol"), 0);
        if (protocol > 0 && protocol < 256) match.push_back(b.proto(static_cast<std::uint8_t>(protocol)));
        const auto ports = [&](Field field, std::string_view first, std::string_view last) {
            const auto from = number(e.value(first), 0), to = number(e.value(last), 65535);
            if ((from <= 1 && to == 65535) || from > to || to > 65535) return;
            match.push_back(
                b.all({b.in(Field::proto, model::protocols_with_ports()), b.in(field, IntervalSet::range(from, to))}));
        };
        ports(Field::dport, "start-port", "end-port");
        ports(Field::sport, "start-source-port", "end-source-port");
        if (const auto mask = e.value("tos-mask"); !mask.empty() && mask != "0x00" && mask != "0x0")
            r.unsupported = "type of service";
        (void)e.find("tos");
        for (const std::string_view list : {"internet-service-id", "internet-service-custom", "users", "groups"})
            if (!e.values(list).empty()) r.unsupported = list;
        r.match = b.all(match);
        const std::string device(e.value("output-device"));
        auto gateway = base::parse_address(e.value("gateway"));
        if (gateway && gateway->bits == 0) gateway.reset();
        if (e.value("action") == "deny" || (device.empty() && !gateway)) {
            r.table = main_table;  // "stop policy routing"
        } else {
            std::vector<NextHop> hops;
            for (const auto& i : device.empty() ? std::vector<std::string>{""} : members(device))
                hops.push_back({gateway, i});
            r.table = own_table(std::move(hops), family, e.span);
        }
        b.device().routing_rules.push_back(std::move(r));
    }
}

/// Destinations whose best route does not leave by an SD-WAN member: SD-WAN rules are skipped for them.
ExprId Network::not_by_members() {
    if (not_by_members_.valid()) return not_by_members_;
    std::vector<const Route*> sorted;
    for (const auto& r : c_.b.device().routes)
        if (r.table == main_table && r.destination.base.family == Family::v4) sorted.push_back(&r);
    std::stable_sort(sorted.begin(), sorted.end(), [](const Route* a, const Route* b) {
        if (a->destination.length != b->destination.length) return a->destination.length < b->destination.length;
        return a->metric > b->metric;
    });
    IntervalSet others;
    for (const auto* r : sorted) {
        const bool member =
            !r->next_hops.empty() && std::all_of(r->next_hops.begin(), r->next_hops.end(), [&](const NextHop& h) {
                return std::any_of(wan_members_.begin(), wan_members_.end(),
                                   [&](const auto& m) { return m.second.interface == h.interface; });
            });
        const auto here = IntervalSet::prefix(r->destination);
        others = member ? others.minus(here) : others.unite(here);
    }
    return not_by_members_ = c_.b.in(Field::dst, c_.b.addresses(std::move(others), {}));
}

void Network::wan_rule(const Entry& e) {
    auto& b = c_.b;
    e.read = true;
    if (e.value("status") == "disable") return;
    RoutingRule r;
    r.priority = next_priority_++;
    r.span = e.span;
    std::vector<model::ObjectId> uses;
    std::vector<ExprId> match{b.family(Family::v4),
                              b.negate(b.in(Field::in_if, IntervalSet::single(model::self_interface)))};
    if (!e.enabled("default")) match.push_back(b.negate(not_by_members()));
    if (const auto& in = e.values("input-device"); !in.empty()) {
        const auto expr = through(Field::in_if, in, uses);
        match.push_back(e.enabled("input-device-negate") ? b.negate(expr) : expr);
    }
    for (const auto& [field, list, negate] :
         {std::tuple{Field::src, "src", "src-negate"}, std::tuple{Field::dst, "dst", "dst-negate"}})
        if (const auto& names = e.values(list); !names.empty()) {
            const auto expr = objects_.addresses(names, field, Family::v4, uses);
            match.push_back(e.enabled(negate) ? b.negate(expr) : expr);
        }
    const auto protocol = number(e.value("protocol"), 0);
    if (protocol > 0 && protocol < 256) match.push_back(b.proto(static_cast<std::uint8_t>(protocol)));
    const auto from = number(e.value("start-port"), 1), to = number(e.value("end-port"), 65535);
    if (protocol > 0 && from <= to && to <= 65535 && !(from <= 1 && to == 65535))
        match.push_back(b.in(Field::dport, IntervalSet::range(from, to)));
    for (const std::string_view list : {"users", "groups", "route-tag", "internet-service-name", "internet-service-id",
                                        "internet-service-ctrl", "internet-service-app-ctrl", "internet-service-custom",
                                        "internet-service-group", "internet-service-custom-group"})
        if (!e.values(list).empty() && e.value(list) != "0") r.unsupported = list;
    r.match = b.all(match);
    std::vector<NextHop> hops;
    const auto add = [&](const NextHop& hop) { hops.push_back(hop); };
    for (const std::string_view list : {"priority-members", "priority-member", "member"})
        for (const auto& w : e.values(list))
            if (const auto m = wan_members_.find(w.text); m != wan_members_.end()) add(m->second);
    for (const auto& w : e.values("priority-zone"))
        if (const auto z = zones_.find(w.text); z != zones_.end())
            for (const auto& i : z->second.interfaces)
                for (const auto& [id, m] : wan_members_)
                    if (m.interface == i) add(m);
    if (hops.empty()) return;
    r.table = own_table(std::move(hops), Family::v4, e.span);
    b.device().routing_rules.push_back(std::move(r));
}

void Network::wan_rules(std::string_view path) {
    const auto* t = c_.root().table(path);
    if (t == nullptr || wan_members_.empty()) return;
    if (const auto* rules = t->own.table("service"))
        for (const auto& e : rules->entries) wan_rule(e);
}

/// Routes that neighbours announce: any destination may go anywhere, but for what is connected or static and longer.
void Network::dynamic_routes() {
    struct Protocol {
        std::string_view path, name;
        std::vector<std::string_view> active;  ///< tables or settings that make it run
        Family family;
    };
    static const std::vector<Protocol> protocols{
        {"router bgp", "BGP", {"neighbor", "neighbor-group", "neighbor-range"}, Family::v4},
        {"router ospf", "OSPF", {"network"}, Family::v4},
        {"router rip", "RIP", {"network"}, Family::v4},
        {"router isis", "IS-IS", {"isis-interface", "isis-net"}, Family::v4},
        {"router ospf6", "OSPFv3", {"ospf6-interface"}, Family::v6},
        {"router ripng", "RIPng", {"interface"}, Family::v6},
    };
    for (const auto& p : protocols) {
        const auto* t = c_.root().table(p.path);
        if (t == nullptr) continue;
        bool on = false;
        for (const auto name : p.active)
            if (const auto* inner = t->own.table(name)) on = on || !inner->entries.empty();
        if (!on) continue;
        std::vector<Family> families{p.family};
        if (p.name == "BGP") families.push_back(Family::v6);
        for (const Family f : families) {
            if (f == Family::v6 && std::none_of(c_.b.device().routes.begin(), c_.b.device().routes.end(),
                                                [](const Route& r) { return r.destination.base.family == Family::v6; }))
                continue;
            for (const unsigned half : {0u, 1u}) {
                Route r;
                r.destination = Prefix{Address{f, base::u128{half} << (base::address_bits(f) - 1)}, 1};
                r.next_hops = {NextHop{}};
                r.metric = metric(20, half);
                r.span = t->span;
                r.unsupported = fmt::format("routes learnt by {}", p.name);
                c_.b.device().routes.push_back(std::move(r));
            }
        }
    }
}

void Network::routes() {
    auto& d = c_.b.device();
    for (std::size_t i = model::first_interface; i < d.interfaces.size(); ++i)
        for (const auto& a : d.interfaces[i].addresses) {
            Route r;
            r.destination = base::make_prefix(a.address, a.length);
            r.next_hops = {{std::nullopt, d.interfaces[i].name}};
            r.span = d.interfaces[i].span;
            add_route(std::move(r));
        }
    // What DHCP and PPPoE bring: a default route, unless it is declined.
    for (const auto* t : {c_.config.global.root.table("system interface"),
                          c_.scope.name.empty() ? nullptr : c_.root().table("system interface")}) {
        if (t == nullptr) continue;
        for (const auto& e : t->entries) {
            const auto mode = e.value("mode");
            if ((mode != "dhcp" && mode != "pppoe") || !e.enabled("defaultgw", true) || e.value("status") == "down")
                continue;
            if (std::none_of(d.interfaces.begin(), d.interfaces.end(),
                             [&](const auto& i) { return i.name == e.key.text && i.span.valid(); }))
                continue;
            Route r;
            r.destination = everywhere(Family::v4);
            r.next_hops = {{std::nullopt, e.key.text}};
            r.metric =
                metric(number(e.value("distance"), 5), number(e.value("priority"), c_.config.since(70000) ? 1 : 0));
            r.span = e.span;
            add_route(std::move(r));
        }
    }
    static_routes("router static", Family::v4);
    static_routes("router static6", Family::v6);
    dynamic_routes();
    d.routing_rules.push_back({0, c_.b.yes(), local_table, {}, -1, "", {}});
    policy_routes("router policy", Family::v4);
    policy_routes("router policy6", Family::v6);
    wan_rules("system sdwan");
    wan_rules("system virtual-wan-link");
    d.routing_rules.push_back({last_priority, c_.b.yes(), main_table, {}, -1, "", {}});
    const bool default_route = std::any_of(d.routes.begin(), d.routes.end(), [](const Route& r) {
        return r.destination.length == 0 && r.table == main_table;
    });
    // A fragment without any routing table says nothing about routes.
    d.routes_known = any_interface_ && (default_route || any_static_table_);
    if (!d.routes_known && d.routing_rules.size() == 2) d.routing_rules.clear();
}

}  // namespace egresslint::dialects::fortios
