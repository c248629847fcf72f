// SPDX-License-Identifier: Apache-2.0
// Interfaces and zones. Routes: routing.cpp.
#include "dialects/fortios/network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace egresslint::dialects::fortios {

using model::Interface;
using model::InterfaceAddress;

namespace {

/// Settings of an interface that add nothing to what packets may do.
bool aggregates(std::string_view type) {
    return type == "aggregate" || type == "redundant" || type == "switch" || type == "hard-switch";
}

}  // namespace

void Network::addresses(const Entry& e, Interface& out) {
    const auto take = [&](const std::vector<Word>& v, bool secondary, Span span) {
        if (v.empty()) return;
        const auto net = subnet_of(v);
        if (!net) {
            not_understood(c_.diagnostics, span, fmt::format("\"{}\" is no address with its mask", v[0].text));
            return;
        }
        if (net->address.bits == 0) return;
        InterfaceAddress a;
        a.address = net->address;
        a.length = static_cast<std::uint8_t>(net->length);
        a.secondary = secondary;
        out.addresses.push_back(a);
    };
    const auto mode = e.value("mode");
    if (e.enabled("ip-managed-by-fortiipam")) dynamic_addresses_ = true;
    if (mode == "dhcp" || mode == "pppoe") {
        dynamic_addresses_ = true;
        (void)e.find("ip");
    } else {
        take(e.values("ip"), false, e.span_of("ip"));
    }
    // The first address is the one that NAT takes, whatever the next hop's network is.
    if (e.enabled("secondary-IP") || e.enabled("secondary-ip"))
        if (const auto* t = e.table("secondaryip"))
            for (const auto& s : t->entries) take(s.values("ip"), true, s.span);
    if (const auto* t = e.table("ipv6")) {
        const auto mode6 = t->own.value("ip6-mode");
        if (mode6 == "dhcp" || mode6 == "pppoe" || mode6 == "delegated" || t->own.enabled("autoconf"))
            dynamic_addresses_ = true;
        bool first = true;
        const auto take6 = [&](const std::vector<Word>& v, Span span) {
            if (v.empty() || v[0].text == "::/0") return;
            take(v, !first, span);
            first = false;
        };
        take6(t->own.values("ip6-address"), t->own.span_of("ip6-address"));
        if (const auto* more = t->own.table("ip6-extra-addr"))
            for (const auto& x : more->entries) take6({x.key}, x.span);
    }
}

void Network::interface(const Entry& e) {
    e.read = true;
    const auto id = c_.b.interface(e.key.text);
    Interface made;
    addresses(e, made);
    Interface& out = c_.b.device().interfaces[id.index()];
    out.span = e.span;
    // An interface that is down has no address and no route.
    if (e.value("status") != "down") out.addresses = std::move(made.addresses);
    const auto role = e.value("role"), type = e.value("type");
    if (role == "wan") out.role = model::Role::external;
    if (role == "lan" || role == "dmz") out.role = model::Role::internal;
    if (type == "tunnel" && out.role == model::Role::unknown) out.role = model::Role::tunnel;
    if (type == "loopback") out.role = model::Role::loopback;
}

void Network::interfaces() {
    zones();
    wan("system sdwan");
    wan("system virtual-wan-link");
    // Members of an aggregate or a switch carry no packets of their own.
    const auto* global = c_.config.global.root.table("system interface");
    const auto* own = c_.root().table("system interface");
    std::set<std::string, std::less<>> carried;
    for (const auto* t : {global, own}) {
        if (t == nullptr) continue;
        for (const auto& e : t->entries)
            if (aggregates(e.value("type")))
                for (const auto& w : e.values("member")) carried.insert(w.text);
    }
    if (const auto* t = c_.table("system virtual-switch"))
        for (const auto& e : t->entries)
            if (const auto* ports = e.table("port"))
                for (const auto& p : ports->entries) carried.insert(p.key.text);
    if (const auto* t = c_.table("system switch-interface"))
        for (const auto& e : t->entries)
            for (const auto& w : e.values("member")) carried.insert(w.text);
    std::size_t count = 0;
    for (const auto* t : {global, own == global ? nullptr : own}) {
        if (t == nullptr) continue;
        for (const auto& e : t->entries) {
            const auto vdom = e.value("vdom");
            const std::string_view here = c_.scope.name.empty() ? "" : std::string_view(c_.scope.name);
            if (!here.empty() && !vdom.empty() && vdom != here) continue;
            if (!here.empty() && vdom.empty() && here != "root") continue;
            if (carried.contains(e.key.text)) {
                e.read = true;
                continue;
            }
            interface(e);
            ++count;
        }
    }
    any_interface_ = count > 0;
    auto& d = c_.b.device();
    d.interfaces_known = any_interface_;
    d.addresses_known = any_interface_ && !dynamic_addresses_;
    for (auto& [name, zone] : zones_)
        for (const auto& i : zone.interfaces)
            for (auto& known : d.interfaces)
                if (known.name == i) known.zone = name;
}

void Network::zones() {
    if (const auto* t = c_.root().table("system zone"))
        for (const auto& e : t->entries) {
            e.read = true;
            Zone z;
            z.span = e.span;
            for (const auto& w : e.values("interface")) z.interfaces.push_back(w.text);
            z.intrazone = e.value("intrazone") == "allow";
            c_.b.define("zone", e.key.text, e.span);
            zones_[e.key.text] = std::move(z);
        }
}

void Network::wan(std::string_view path) {
    const auto* t = c_.root().table(path);
    if (t == nullptr) return;
    t->own.read = true;
    // Before 6.0 there is one set of members without a zone table.
    const bool on = t->own.enabled("status");
    if (const auto* zones = t->own.table("zone"))
        for (const auto& e : zones->entries) {
            e.read = true;
            Zone z;
            z.span = e.span;
            z.wan = true;
            z.intrazone = false;
            zones_.try_emplace(e.key.text, std::move(z));
        }
    if (const auto* members = t->own.table("members"))
        for (const auto& e : members->entries) {
            e.read = true;
            const std::string interface(e.value("interface"));
            std::string zone(e.value("zone"));
            if (zone.empty()) zone = "virtual-wan-link";
            if (interface.empty()) continue;
            auto& z = zones_[zone];
            z.wan = true;
            if (!z.span.valid()) z.span = e.span;
            z.interfaces.push_back(interface);
            if (!on || e.value("status") == "disable") continue;
            model::NextHop hop;
            hop.interface = interface;
            if (const auto g = base::parse_ipv4(e.value("gateway")); g && g->bits != 0) hop.gateway = *g;
            wan_members_[e.key.text] = std::move(hop);
        }
    // The name that policies and routes of 5.6 to 6.2 use for all of it.
    if (const auto it = zones_.find("virtual-wan-link"); it != zones_.end()) zones_.try_emplace("sd-wan", it->second);
}

std::vector<std::string> Network::members(const std::string& name) const {
    const auto it = zones_.find(name);
    if (it == zones_.end()) return {name};
    return it->second.interfaces;
}

/// The interfaces of SSL VPN and L2TP users are there without being configured.
void Network::built_in(const Word& name) {
    auto& d = c_.b.device();
    const auto& n = name.text;
    if (!d.interfaces_known || (!n.starts_with("ssl.") && !n.starts_with("l2t.") && !n.starts_with("naf."))) return;
    auto& interface = d.interfaces[c_.b.interface(n).index()];
    if (interface.span.valid()) return;
    interface.span = name.span;
    interface.role = model::Role::tunnel;
}

ExprId Network::through(Field field, const std::vector<Word>& names, std::vector<model::ObjectId>& uses) {
    std::vector<std::string> patterns;
    for (const auto& w : names) {
        if (w.text == "any") return c_.b.yes();
        if (const auto it = zones_.find(w.text); it != zones_.end()) {
            if (!it->second.wan) uses.push_back(c_.b.use("zone", w.text, w.span));
            patterns.insert(patterns.end(), it->second.interfaces.begin(), it->second.interfaces.end());
        } else {
            built_in(w);
            patterns.push_back(w.text);
        }
    }
    std::sort(patterns.begin(), patterns.end());
    patterns.erase(std::unique(patterns.begin(), patterns.end()), patterns.end());
    if (patterns.empty()) return c_.b.no();
    return c_.b.interface_names(field, std::move(patterns));
}

void Network::intrazone(model::ChainId chain) {
    for (const auto& [name, zone] : zones_) {
        if (!zone.intrazone || zone.interfaces.empty()) continue;
        model::Rule r;
        r.match = c_.b.all({c_.b.interface_names(Field::in_if, zone.interfaces),
                            c_.b.interface_names(Field::out_if, zone.interfaces)});
        r.control = model::Decide{model::Verdict::accept, {}, true};
        r.name = "intrazone " + name;
        c_.b.rule(chain, std::move(r), zone.span, fmt::format("zone \"{}\": intrazone allow", name));
    }
}

}  // namespace egresslint::dialects::fortios
