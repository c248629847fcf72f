// SPDX-License-Identifier: Apache-2.0
// Rules that nobody wrote: pfSense filter_rules_generate(), OPNsense filter_core_rules_system(). Left out are those
// that the default deny rule repeats (antispoof without quick) and those of services of the device on UDP other than
// DHCP.
#include <fmt/format.h>

#include <algorithm>

#include "dialects/pfsense/lower.hpp"

namespace egresslint::dialects::pfsense {

using namespace model;
using families::pf::Action;
using families::pf::Direction;
using PassRule = families::pf::FilterRule;

namespace {

base::IntervalSet prefixes(std::initializer_list<const char*> list) {
    std::vector<base::Interval> out;
    for (const char* text : list) {
        const auto p = *base::parse_prefix(text);
        out.push_back({p.first(), p.last()});
    }
    return base::IntervalSet(std::move(out));
}

}  // namespace

void Lowering::automatic_block(ExprId match, base::Span span, std::string text, bool log) {
    PassRule r;
    r.match = match;
    r.action = Action::block;
    r.log = log;
    r.origin = b_.origin(span, std::move(text), true);
    pf_.filter(Direction::in, r);
}

void Lowering::automatic_pass(Direction direction, ExprId match, base::Span span, std::string text, bool quick) {
    PassRule r;
    r.match = match;
    r.quick = quick;
    r.origin = b_.origin(span, std::move(text), true);
    pf_.filter(direction, r);
}

void Lowering::automatic_filter() {
    const bool log = c_.log_default_block;
    const ExprId v6 = b_.family(Family::v6);
    if (!c_.ipv6) {
        automatic_block(v6, c_.root, "automatic: block all IPv6", log);
        PassRule out;
        out.match = v6;
        out.action = Action::block;
        out.origin = b_.origin(c_.root, "automatic: block all IPv6", true);
        pf_.filter(Direction::out, out);
    }
    if (c_.block_link_local) {
        const auto link = prefixes({"169.254.0.0/16"});
        automatic_block(b_.either({b_.address(Field::src, Family::v4, link), b_.address(Field::dst, Family::v4, link)}),
                        c_.root, "automatic: block IPv4 link-local", true);
    }
    if (c_.ipv6) {
        // Neighbour discovery and errors; echo is for rules to decide.
        const ExprId icmp = b_.all({v6, b_.proto(58)});
        const base::IntervalSet types =
            opnsense() ? base::IntervalSet{{1, 4}, {135, 136}} : base::IntervalSet{{1, 2}, {135, 136}};
        const ExprId always = b_.all({icmp, b_.in(Field::icmp_type, types)});
        automatic_pass(Direction::in, always, c_.root, "automatic: ICMPv6 that IPv6 needs");
        const base::IntervalSet link = prefixes({"fe80::/10", "ff02::/16"});
        automatic_pass(Direction::in,
                       b_.all({icmp, b_.in(Field::icmp_type, base::IntervalSet{{128, 128}, {133, 136}}),
                               b_.address(Field::src, Family::v6, prefixes({"fe80::/10", "ff02::/16", "::/128"})),
                               b_.address(Field::dst, Family::v6, link)}),
                       c_.root, "automatic: ICMPv6 on the link");
    }
    const ExprId ports = b_.in(Field::proto, IntervalSet{{6, 6}, {17, 17}});
    automatic_block(b_.all({ports, b_.either({b_.sport(IntervalSet::single(0)), b_.dport(IntervalSet::single(0))})}),
                    c_.root, "automatic: block port 0", log);
    if (c_.intrusion_blocking) {
        const auto in_table = [&](Field f, const char* side) {
            const PredicateId which = b_.predicate("intrusion detection found nothing about the " + std::string(side),
                                                   PredicateKind::time, f);
            b_.depends(which, field_bit(f));
            return b_.negate(b_.unknown(which));
        };
        automatic_block(b_.either({in_table(Field::src, "source"), in_table(Field::dst, "destination")}), c_.root,
                        "automatic: block hosts that intrusion detection found", true);
    }
    // What exceeds max-src-conn-rate fills this table.
    const bool overloads = std::any_of(c_.filter.begin(), c_.filter.end(), [](const auto& rule) {
        return !rule.disabled && std::any_of(rule.limits.begin(), rule.limits.end(),
                                             [](const std::string& l) { return l.starts_with("max-src-conn-rate"); });
    });
    if (overloads) {
        const PredicateId which =
            b_.predicate("source exceeded no rate (table virusprot)", PredicateKind::rate, Field::src);
        b_.depends(which, field_bit(Field::src));
        automatic_block(b_.negate(b_.unknown(which)), c_.root, "automatic: block sources in the table virusprot", log);
    }
    for (const VirtualAddress& v : c_.virtual_addresses)
        if (v.mode == "carp") {
            const ExprId carp = b_.proto(112);
            automatic_pass(Direction::in, carp, v.span, "automatic: CARP");
            break;
        }
    for (const Interface& i : c_.interfaces) {
        if (!i.enabled || i.is_virtual) continue;
        const ExprId in = b_.interface_names(Field::in_if, {i.key});
        if (i.address == "dhcp")
            automatic_pass(
                Direction::in,
                b_.all({in, b_.proto(17), b_.sport(IntervalSet::single(67)), b_.dport(IntervalSet::single(68))}),
                i.span, "automatic: DHCP client on " + i.key);
        if (i.block_bogons) {
            // The list changes by the month; that some sources are on it and others are not is certain.
            const PredicateId which =
                b_.predicate("source is not on the list of bogons", PredicateKind::time, Field::src);
            b_.depends(which, field_bit(Field::src));
            automatic_block(b_.all({in, b_.negate(b_.unknown(which))}), i.block_bogons_span,
                            "automatic: block bogons on " + i.key, true);
        }
        if (i.block_private) {
            const auto four = opnsense() ? prefixes({"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8",
                                                     "100.64.0.0/10", "169.254.0.0/16"})
                                         : prefixes({"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8"});
            const auto six = opnsense() ? prefixes({"fd00::/8", "fe80::/10", "::1/128"}) : prefixes({"fc00::/7"});
            automatic_block(b_.all({in, b_.in(Field::src, b_.addresses(four, six))}), i.block_private_span,
                            "automatic: block private networks on " + i.key, true);
        }
    }
    antilockout();
    if (c_.ipsec) {
        // Key exchange and tunnels with the configured peers; which those are is left open.
        const PredicateId peer = b_.predicate("an IPsec peer", PredicateKind::ambiguity, Field::src);
        const ExprId ike = b_.all({b_.proto(17), b_.dport(IntervalSet{{500, 500}, {4500, 4500}})});
        const ExprId esp = b_.in(Field::proto, IntervalSet{{50, 51}});
        const ExprId self = b_.in(Field::dst, b_.set(Set{DeviceAddresses{}, {}}));
        automatic_pass(Direction::in, b_.all({b_.either({ike, esp}), self, b_.unknown(peer)}), c_.ipsec_span,
                       "automatic: IPsec from its peers");
    }
}

void Lowering::antilockout() {
    if (!c_.antilockout) return;
    // pfSense: LAN, or WAN where it is the only interface. OPNsense: the first of lan, opt1 …, wan.
    std::string on;
    std::size_t count = 0;
    for (const Interface& i : c_.interfaces) count += i.is_virtual ? 0 : 1;
    if (interface_of("lan") != nullptr)
        on = "lan";
    else if (opnsense() || count == 1) {
        std::vector<std::string> keys;
        for (const Interface& i : c_.interfaces)
            if (interface_of(i.key) != nullptr && i.key.starts_with("opt")) keys.push_back(i.key);
        std::sort(keys.begin(), keys.end());
        on = opnsense() && !keys.empty() ? keys.front() : interface_of("wan") != nullptr ? "wan" : "";
    }
    if (on.empty()) return;
    std::vector<base::Interval> ports;
    Match m;
    bool known = true;
    std::vector<std::string> names{c_.web_port};
    if (c_.web_redirect) names.emplace_back("80");
    if (c_.ssh) names.push_back(c_.ssh_port);
    for (const std::string& name : names)
        if (const auto set = this->ports(name, m, known))
            ports.insert(ports.end(), set->intervals().begin(), set->intervals().end());
    if (ports.empty()) return;
    const ExprId to = opnsense() ? b_.in(Field::dst, b_.set(Set{DeviceAddresses{}, {}})) : addresses_of(Field::dst, on);
    automatic_pass(Direction::in,
                   b_.all({b_.interface_names(Field::in_if, {on}), b_.proto(6), to,
                           b_.dport(base::IntervalSet(std::move(ports)))}),
                   interface_of(on)->span, "automatic: anti-lockout on " + on);
}

/// "let out anything from firewall host itself": what has an interface's own address leaves by that interface's
/// gateway.
void Lowering::forced_gateways() {
    if (!c_.force_gateway) return;
    std::vector<const Interface*> ways;
    for (const Interface& i : c_.interfaces)
        if (interface_of(i.key) != nullptr && has_gateway(i, Family::v4)) ways.push_back(&i);
    if (ways.size() < 2) return;
    for (const Interface* i : ways) {
        if (i->device.starts_with("ipsec")) continue;
        const auto networks = networks_of(*i, Family::v4);
        std::vector<base::Interval> own, near;
        if (const auto a = address_of(*i, Family::v4)) own.push_back({a->bits, a->bits});
        for (const VirtualAddress& v : c_.virtual_addresses)
            if (const auto a = base::parse_address(v.address);
                a && a->family == Family::v4 && v.interface == i->key && v.mode != "proxyarp")
                own.push_back({a->bits, a->bits});
        for (const Prefix& p : networks) near.push_back({p.first(), p.last()});
        if (own.empty()) continue;
        const ExprId match =
            b_.all({b_.negate(b_.interface_names(Field::out_if, {i->key})),
                    b_.address(Field::src, Family::v4, base::IntervalSet(std::move(own))),
                    b_.negate(b_.address(Field::dst, Family::v4, base::IntervalSet(std::move(near))))});
        pf_.force(match, b_.interface(i->key),
                  b_.origin(i->span, "automatic: leave by the gateway of " + i->key, true));
    }
}

/// Selectors of IPsec are asked before routing.
void Lowering::tunnel_policies() {
    if (!c_.ipsec) return;
    for (const Tunnel& t : c_.tunnels) {
        RuleBase rule;
        rule.span = t.span;
        Match m;
        const auto side = [&](Field field, const std::string& text) -> ExprId {
            if (text.empty() || text == "none") return b_.yes();
            const auto e = value(field, text, t.span, m);
            if (e) return *e;
            const PredicateId which = b_.predicate(
                fmt::format("{} is in \"{}\" of an IPsec tunnel", field == Field::src ? "source" : "destination", text),
                PredicateKind::opaque, field);
            not_understood(t.span, "the IPsec selector \"" + text + "\" is not understood",
                           base::Influence::routing | base::Influence::source, which);
            return b_.unknown(which);
        };
        const ExprId match = b_.all({side(Field::src, t.local), side(Field::dst, t.remote)});
        pf_.divert(match, b_.interface("enc0"),
                   b_.origin(t.span, fmt::format("IPsec tunnel {} to {}", t.local, t.remote), true));
    }
}

}  // namespace egresslint::dialects::pfsense
