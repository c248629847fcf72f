// SPDX-License-Identifier: Apache-2.0
#include "dialects/openwrt/network.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "dialects/openwrt/match.hpp"

namespace egresslint::dialects::openwrt {

using namespace egresslint::model;

namespace {
constexpr unsigned deepest_alias = 8;

struct Written {
    base::Address address;
    std::optional<base::Prefix> prefix;
};
std::vector<Written> written(const Section& s) {
    std::vector<Written> out;
    for (const char* key : {"ipaddr", "ip6addr"})
        for (const Value& v : s.words(key)) {
            const auto slash = v.text.find('/');
            const auto a = base::parse_address(std::string_view(v.text).substr(0, slash));
            if (!a) continue;
            const std::string mask = s.value("netmask");
            std::optional<base::Prefix> p;
            if (slash != std::string::npos || (!mask.empty() && a->family == base::Family::v4))
                p = Matcher::prefix(slash != std::string::npos ? v.text : v.text + "/" + mask);
            out.push_back({*a, p});
        }
    return out;
}
}  // namespace

std::string Network::device_of(const std::string& logical, unsigned depth) const {
    for (const Section& s : uci_.sections) {
        if (s.package != "network" || s.type != "interface" || s.name != logical) continue;
        const std::string proto = s.value("proto"), device = s.value("device", s.value("ifname"));
        for (const char* dials : {"pppoe", "pptp", "l2tp", "3g", "pppoa", "6in4", "6to4", "6rd"})
            if (proto == dials) return proto + "-" + logical;
        if (proto == "wireguard") return logical;
        if (s.value("type") == "bridge") return "br-" + logical;
        if (device.starts_with('@')) return depth < deepest_alias ? device_of(device.substr(1), depth + 1) : logical;
        return device.empty() ? logical : device;
    }
    return logical;
}

std::vector<InterfaceAddress> Network::addresses_of(const std::vector<std::string>& logical) const {
    std::vector<InterfaceAddress> out;
    for (const Section& s : uci_.sections) {
        if (s.package != "network" || s.type != "interface" ||
            std::find(logical.begin(), logical.end(), s.name) == logical.end())
            continue;
        for (const Written& w : written(s)) {
            if (!w.prefix) continue;
            InterfaceAddress a;
            a.address = w.address;
            a.length = static_cast<std::uint8_t>(w.prefix->length);
            out.push_back(a);
        }
    }
    return out;
}

void Network::read() {
    for (const Section& s : uci_.sections) {
        if (s.package != "network") continue;
        if (s.type == "interface") {
            given_ = true;
            if (!s.flag("disabled", false)) interface(s);
        } else if (s.type == "route" || s.type == "route6") {
            if (!s.flag("disabled", false)) static_route(s);
        } else if (s.type == "rule" || s.type == "rule6") {
            if (!s.flag("disabled", false))
                not_understood(diagnostics_, s.span, "policy routing is not read", base::Influence::routing);
        }
    }
    b_.device().addresses_known = given_ && !dynamic_;
    b_.device().routes_known = given_ && default_route_;
}

bool Network::interface(const Section& s) {
    const std::string name = device_of(s.name), proto = s.value("proto");
    if (name.empty()) return false;
    Interface& f = b_.device().interfaces[b_.interface(name).index()];
    f.span = s.span;
    if (s.name == "loopback" || name == "lo") f.role = Role::loopback;
    if (proto != "static" && proto != "none" && !proto.empty()) dynamic_ = true;
    // A prefix that is delegated gives addresses that no file has.
    if (!s.value("ip6assign").empty()) dynamic_ = true;
    for (const char* table : {"ip4table", "ip6table"})
        if (!s.value(table).empty())
            not_understood(diagnostics_, s.span_of(table), "routes of other tables are not read",
                           base::Influence::routing);
    addresses(s, name);
    const bool dials = proto == "dhcp" || proto == "pppoe" || proto == "qmi" || proto == "ncm" || proto == "3g" ||
                       proto == "wwan" || proto == "modemmanager";
    if ((dials || !s.value("gateway").empty()) && s.flag("defaultroute", true)) {
        route(s, *base::parse_prefix("0.0.0.0/0"), s.value("gateway"), name);
        default_route_ = true;
    }
    if (proto == "dhcpv6" || !s.value("ip6gw").empty()) route(s, *base::parse_prefix("::/0"), s.value("ip6gw"), name);
    return true;
}

void Network::static_route(const Section& s) {
    const std::string target = s.value("target"), mask = s.value("netmask");
    const auto to =
        Matcher::prefix(mask.empty() || target.find('/') != std::string::npos ? target : target + "/" + mask);
    const std::string type = s.value("type", "unicast");
    if (to && !s.value("table").empty()) {
        not_understood(diagnostics_, s.span, "routes of other tables are not read", base::Influence::routing);
    } else if (!to || type != "unicast") {
        not_understood(diagnostics_, s.span, fmt::format("\"{}\" is no destination of a route that is read", target),
                       base::Influence::routing);
    } else {
        route(s, *to, s.value("gateway"), device_of(s.value("interface")));
        default_route_ |= to->length == 0;
    }
}

void Network::addresses(const Section& s, const std::string& name) {
    Interface& f = b_.device().interfaces[b_.interface(name).index()];
    for (const auto& [a, p] : written(s)) {
        InterfaceAddress out;
        out.address = a;
        out.length = static_cast<std::uint8_t>(p ? p->length : base::address_bits(a.family));
        out.secondary = std::any_of(
            f.addresses.begin(), f.addresses.end(), [&, family = a.family, prefix = p](const InterfaceAddress& o) {
                return o.address.family == family && prefix && base::make_prefix(o.address, o.length) == *prefix;
            });
        f.addresses.push_back(out);
        if (!p) continue;
        Route r;
        r.destination = *p;
        r.next_hops = {{std::nullopt, name}};
        r.span = s.span;
        b_.device().routes.push_back(std::move(r));
    }
}

void Network::route(const Section& s, const base::Prefix& to, const std::string& gateway, const std::string& device) {
    Route r;
    r.destination = to;
    NextHop hop;
    if (const auto a = base::parse_address(gateway)) hop.gateway = *a;
    hop.interface = device;
    r.next_hops = {hop};
    if (const auto metric = Matcher::number(s.value("metric"), 0xffffff)) r.metric = *metric;
    r.span = s.span;
    auto& routes = b_.device().routes;
    const auto equal = std::find_if(routes.begin(), routes.end(), [&](const Route& o) {
        return o.destination == r.destination && o.metric == r.metric;
    });
    if (equal != routes.end() && to.length == 0)
        equal->next_hops.push_back(hop);
    else
        routes.push_back(std::move(r));
}

}  // namespace egresslint::dialects::openwrt
