// SPDX-License-Identifier: Apache-2.0
// Outbound NAT, one-to-one and prefix translation. pf asks binat before nat whatever the order of the text; OPNsense's
// one-to-one rules of type "nat" are plain nat rules behind the automatic ones.
#include <fmt/format.h>

#include <algorithm>

#include "dialects/pfsense/lower.hpp"

namespace egresslint::dialects::pfsense {

using namespace model;

namespace {

Translate source(std::optional<Family> family, decltype(Translate::to) to) { return {Field::src, family, to}; }

/// A single address or network as written.
std::optional<Prefix> network(const std::string& text) { return base::parse_prefix(text); }

std::string side_of(const RuleBase& rule) {
    return rule.source.values.size() == 1 && !rule.source.negated ? rule.source.values.front() : "";
}

}  // namespace

families::pf::Rule Lowering::pf_rule(const RuleBase& rule, Match& m, std::string text, std::string name,
                                     bool synthetic) {
    families::pf::Rule r;
    r.match = b_.all(m.parts);
    r.uses = m.uses;
    r.log = rule.log;
    r.tag = rule.tag;
    r.name = std::move(name);
    r.active = !rule.disabled && m.because.empty();
    if (!rule.description.empty()) text += " \"" + rule.description + "\"";
    if (!m.because.empty() && !rule.disabled) text += " # not loaded: " + m.because;
    r.origin = b_.origin(rule.span, std::move(text), synthetic);
    return r;
}

std::vector<Translate> Lowering::source_ports(const SourceRule& rule) {
    std::vector<Translate> out;
    if (rule.static_port || rule.keep) return out;
    std::string text = rule.target_port.empty() ? "1024:65535" : rule.target_port;
    if (text == "any") text = "50001:65535";  // pf's own range, for a rule that names none
    Match m;
    bool known = true;
    const auto set = ports(text, m, known);
    if (!set || set->empty()) return out;
    if (const auto one = set->single_value()) {
        out.push_back({Field::sport, std::nullopt, Fixed{*one}});
        return out;
    }
    Choice c;
    c.text = "ports " + base::numbers_to_string(*set);
    c.field = Field::sport;
    c.candidates.values = *set;
    out.push_back({Field::sport, std::nullopt, Pick{b_.choice(std::move(c)), false}});
    return out;
}

std::optional<std::vector<Translate>> Lowering::source_target(const SourceRule& rule, const std::string& interface,
                                                              Match& m) {
    const std::string& t = rule.target;
    std::vector<Translate> out;
    const auto pick = [&](const base::IntervalSet& v4, const base::IntervalSet& v6, const std::string& text) {
        // Which address of a pool is taken: by turns or at random, or fixed by the source.
        const bool varies = !(rule.pool.starts_with("source-hash") || rule.pool.starts_with("bitmask"));
        for (const Family f : {Family::v4, Family::v6}) {
            const auto& set = f == Family::v4 ? v4 : v6;
            if (set.empty()) continue;
            if (const auto one = set.single_value()) {
                out.push_back(source(f, Fixed{*one}));
                continue;
            }
            Choice c;
            c.text = text;
            c.field = Field::src;
            (f == Family::v4 ? c.candidates.values : c.candidates.values6) = set;
            c.varies = varies;
            out.push_back(source(f, Pick{b_.choice(std::move(c)), false}));
        }
    };
    const auto own = [&](const std::string& key) {
        const Interface* i = interface_of(key);
        if (i == nullptr || key == interface) {
            out.push_back(source(std::nullopt, OutInterfaceAddress{}));
            return;
        }
        for (const Family f : {Family::v4, Family::v6}) {
            if (const auto a = address_of(*i, f)) {
                out.push_back(source(f, Fixed{a->bits}));
            } else if (f == Family::v4 || dynamic(*i, f)) {
                Choice c;
                c.text = "address of " + key;
                c.field = Field::src;
                c.varies = false;
                (f == Family::v4 ? c.candidates.values : c.candidates.values6) =
                    base::IntervalSet::full(base::address_bits(f));
                out.push_back(source(f, Pick{b_.choice(std::move(c)), false}));
            }
        }
    };
    if (t.empty() || t == "0" || t == "interface") {
        own(interface);
        return out;
    }
    if (const auto p = network(t)) {
        const base::IntervalSet set = base::IntervalSet::prefix(*p);
        pick(p->base.family == Family::v4 ? set : base::IntervalSet{},
             p->base.family == Family::v6 ? set : base::IntervalSet{}, "pool " + t);
        return out;
    }
    if (alias_of(t) != nullptr) {
        m.uses.push_back(b_.use("alias", t, rule.span));
        const Members& all = alias(t);
        if (opnsense() && !rule.pool.empty() && !rule.pool.starts_with("round-robin"))
            m.fail("an alias takes no pool but round-robin");
        if (!all.unknown.empty()) {
            for (const Family f : {Family::v4, Family::v6}) {
                Choice c;
                c.text = "an address of alias " + t;
                c.field = Field::src;
                (f == Family::v4 ? c.candidates.values : c.candidates.values6) =
                    base::IntervalSet::full(base::address_bits(f));
                out.push_back(source(f, Pick{b_.choice(std::move(c)), false}));
            }
            return out;
        }
        pick(all.v4, all.v6, "alias " + t);
        if (out.empty()) m.fail("its target \"" + t + "\" is empty");
        return out;
    }
    if (t.ends_with("ip") && interface_of(t.substr(0, t.size() - 2)) != nullptr) {
        own(t.substr(0, t.size() - 2));
        return out;
    }
    if (opnsense()) {
        m.uses.push_back(b_.use("alias", t, rule.span));
        m.fail("its target \"" + t + "\" does not exist");
        return out;
    }
    // pfSense takes the interface's address for whatever is no address and no alias.
    if (!interface_of(t)) (void)b_.use("alias", t, rule.span);
    own(interface);
    return out;
}

void Lowering::source_rule(const SourceRule& rule, bool last) {
    const std::string name =
        fmt::format("{} {}", last ? "1:1 (nat)" : "outbound", ++numbers_[last ? "1:1 nat" : "out"]);
    std::vector<std::string> interfaces;
    for (const std::string& i : rule.interfaces)
        for (const std::string& each : expand(i)) interfaces.push_back(each);
    Match common;
    if (rule.interfaces.empty() || (interfaces.empty() && switched_off(rule.interfaces)))
        common.fail("its interface is disabled");
    family_match(rule.ip_protocol, common);
    protocol_match(rule, common);
    endpoint_match(Field::src, rule, rule.source, common);
    endpoint_match(Field::dst, rule, rule.destination, common);
    port_match(Field::sport, rule.source, common);
    port_match(Field::dport, rule.destination, common);
    tag_match(rule, common);
    std::string text =
        fmt::format("{} on {} {}", rule.keep ? "no nat" : "nat", fmt::join(rule.interfaces, ","), match_text(rule));
    if (!rule.keep) text += " -> " + (rule.target.empty() ? std::string("interface address") : rule.target);
    // Literal addresses of both versions in one rule make it void.
    bool v4 = rule.ip_protocol == "inet", v6 = rule.ip_protocol == "inet6";
    if (const auto p = network(rule.target)) (p->base.family == Family::v4 ? v4 : v6) = true;
    for (const Endpoint* side : {&rule.source, &rule.destination})
        for (const std::string& value : side->values)
            if (const auto p = network(value)) (p->base.family == Family::v4 ? v4 : v6) = true;
    if (v4 && v6) common.fail("it mixes IPv4 and IPv6");
    if (v4 != v6 && rule.ip_protocol.empty()) family_match(v4 ? "inet" : "inet6", common);
    if (interfaces.empty()) interfaces.emplace_back(rule.interfaces.empty() ? "wan" : rule.interfaces.front());
    for (const std::string& interface : interfaces) {
        Match m = common;
        m.parts.insert(m.parts.begin(), b_.interface_names(Field::out_if, {interface}));
        std::vector<Translate> then;
        if (!rule.keep) {
            if (const auto target = source_target(rule, interface, m)) then = *target;
            for (const Translate& t : source_ports(rule)) then.push_back(t);
        }
        pf_.translate(pf_rule(rule, m, text, name), std::move(then));
    }
}

void Lowering::one_to_one(const OneToOne& rule) {
    const std::string name = fmt::format("1:1 {}", ++numbers_["1:1"]);
    const std::string interface = rule.interfaces.empty() ? "wan" : rule.interfaces.front();
    const std::string text = fmt::format("{} on {} {}{}", rule.keep ? "no binat" : "binat", interface, match_text(rule),
                                         rule.keep ? "" : " -> " + rule.external);
    const std::string side = side_of(rule);
    std::optional<Prefix> inside = network(side);
    if (!inside && interface_of(side) != nullptr)
        for (const Prefix& p : networks_of(*interface_of(side), Family::v4))
            if (!inside) inside = p;
    if (!inside && side.ends_with("ip"))
        if (const Interface* i = interface_of(side.substr(0, side.size() - 2)))
            if (const auto a = address_of(*i, Family::v4)) inside = base::make_prefix(*a, 32);
    if (!inside && alias_of(side) != nullptr) {
        const Members& all = alias(side);
        const auto list = base::to_prefixes(all.v4, Family::v4);
        if (all.unknown.empty() && list.size() == 1) inside = list.front();
    }
    std::optional<Address> outside;
    if (const auto p = network(rule.external))
        outside = base::parse_address(rule.external.substr(0, rule.external.find('/')));
    if (!outside && rule.external.ends_with("ip"))
        if (const Interface* i = interface_of(rule.external.substr(0, rule.external.size() - 2)))
            outside = address_of(*i, Family::v4);
    if (!outside && alias_of(rule.external) != nullptr) {
        const Members& all = alias(rule.external);
        if (const auto one = all.v4.single_value(); one && all.unknown.empty()) outside = Address{Family::v4, *one};
    }
    Match m;
    doubt_match(rule, base::Influence::source | base::Influence::destination, m);
    interface_match(Field::out_if, rule, m);
    if (rule.interfaces.empty()) m.parts.push_back(b_.interface_names(Field::out_if, {"wan"}));
    if (rule.keep) {
        Match in;
        for (Match* each : {&m, &in}) {
            if (each == &in) in.parts.push_back(b_.interface_names(Field::in_if, expand(interface)));
            endpoint_match(each == &m ? Field::src : Field::dst, rule, rule.source, *each);
            endpoint_match(each == &m ? Field::dst : Field::src, rule, rule.destination, *each);
        }
        pf_.translate(pf_rule(rule, m, text, name), {});
        // Inbound `no binat` names the inside address as the destination, which nothing has yet: no effect.
        return;
    }
    if (!inside || !outside || inside->base.family != outside->family) {
        // A literal of no known size: the product loads it, what it does is not known here.
        if (m.because.empty() && !rule.disabled) {
            const OriginId origin = b_.origin(rule.span, text);
            endpoint_match(Field::src, rule, rule.source, m);
            const PredicateId which = b_.opaque_rule(pf_.translate_chain(), b_.all(m.parts), origin, true, false);
            not_understood(rule.span, "this one-to-one translation names no single addresses or networks",
                           base::Influence::source | base::Influence::destination, which);
        }
        return;
    }
    const Family f = inside->base.family;
    const Prefix external = base::make_prefix(*outside, inside->length);
    const bool single = inside->length == base::address_bits(f);
    m.parts.push_back(b_.prefix(Field::src, *inside));
    endpoint_match(Field::dst, rule, rule.destination, m);
    const auto to = [&](Field field, const Prefix& from, const Prefix& into) {
        if (single) return Translate{field, f, Fixed{into.first()}};
        return Translate{field, f, Shift{from.first(), into.first(), inside->length}};
    };
    pf_.translate(pf_rule(rule, m, text, name), {to(Field::src, *inside, external)});
    // The same rule the other way round.
    Match in;
    doubt_match(rule, base::Influence::source | base::Influence::destination, in);
    interface_match(Field::in_if, rule, in);
    if (rule.interfaces.empty()) in.parts.push_back(b_.interface_names(Field::in_if, {"wan"}));
    in.parts.push_back(b_.prefix(Field::dst, external));
    endpoint_match(Field::src, rule, rule.destination, in);
    pf_.binat_in(pf_rule(rule, in, text, name), {to(Field::dst, external, *inside)});
    // Reflection: inside interfaces redirect the external address as well.
    const bool reflected = (c_.reflection_binat || rule.reflection == "enable") && rule.reflection != "disable";
    if (!reflected || rule.source.negated) return;
    const Translate back = to(Field::dst, external, *inside);
    const Address first = inside->base;
    last_.push_back([this, &rule, interface, text, name, external, back, first] {
        for (const std::string& each : inside_interfaces(interface)) {
            Match mirror;
            mirror.parts = {b_.interface_names(Field::in_if, {each}), b_.prefix(Field::dst, external)};
            endpoint_match(Field::src, rule, rule.destination, mirror);
            pf_.redirect(pf_rule(rule, mirror, "reflection of " + text, name, true), {back});
        }
        if (!c_.reflection_helper) return;
        auto on = inside_interfaces(interface);
        on.push_back(interface);
        helper(rule, on, {first}, {});
    });
}

void Lowering::prefix_translation(const PrefixTranslation& rule) {
    const std::string name = fmt::format("NPt {}", ++numbers_["npt"]);
    const std::string interface = rule.interfaces.empty() ? "wan" : rule.interfaces.front();
    const std::string to_text = rule.destination.values.empty()
                                    ? "prefix of " + (rule.track.empty() ? interface : rule.track)
                                    : rule.destination.values.front();
    const std::string text = fmt::format("binat on {} inet6 from {} -> {}", interface, side_of(rule), to_text);
    const auto inside = network(side_of(rule));
    const auto outside = network(to_text);
    Match out;
    doubt_match(rule, base::Influence::source | base::Influence::destination, out);
    interface_match(Field::out_if, rule, out);
    if (rule.interfaces.empty()) out.parts.push_back(b_.interface_names(Field::out_if, {"wan"}));
    if (inside && inside->base.family == Family::v6 && outside && outside->base.family == Family::v6) {
        // The host part stays: of prefixes of two lengths the longer one.
        const std::uint8_t length = std::max(inside->length, outside->length);
        out.parts.push_back(b_.prefix(Field::src, *inside));
        pf_.translate(pf_rule(rule, out, text, name),
                      {{Field::src, Family::v6, Shift{inside->first(), outside->first(), length}}});
        Match in;
        doubt_match(rule, base::Influence::source | base::Influence::destination, in);
        interface_match(Field::in_if, rule, in);
        if (rule.interfaces.empty()) in.parts.push_back(b_.interface_names(Field::in_if, {"wan"}));
        in.parts.push_back(b_.prefix(Field::dst, *outside));
        pf_.binat_in(pf_rule(rule, in, text, name),
                     {{Field::dst, Family::v6, Shift{outside->first(), inside->first(), length}}});
        return;
    }
    if (rule.disabled || !out.because.empty()) return;
    out.parts.push_back(b_.family(Family::v6));
    if (inside) out.parts.push_back(b_.prefix(Field::src, *inside));
    const PredicateId which =
        b_.opaque_rule(pf_.translate_chain(), b_.all(out.parts), b_.origin(rule.span, text), true, false);
    not_understood(rule.span, "the prefix that this translation leads to is not in the configuration",
                   base::Influence::source, which);
}

/// pfSense filter_nat_rules_automatic_tonathosts() and _outbound_automatic(); OPNsense filter_auto_source_nat().
void Lowering::automatic_outbound() {
    if (c_.outbound_mode != "automatic" && c_.outbound_mode != "hybrid") return;
    std::vector<base::Interval> v4, v6;
    std::vector<ExprId> unknown;
    std::string who;
    const auto add = [&](const Prefix& p) { (p.base.family == Family::v4 ? v4 : v6).push_back({p.first(), p.last()}); };
    add(*base::parse_prefix("127.0.0.0/8"));
    if (!opnsense()) add(*base::parse_prefix("::1/128"));
    if (!opnsense())
        for (const StaticRoute& r : c_.routes) {
            const Gateway* g = gateway_of(r.gateway);
            const auto p = network(r.network);
            if (r.disabled || g == nullptr || !p || p->base.family != Family::v4) continue;
            const Interface* i = interface_of(g->interface);
            const bool is_private = base::parse_prefix("10.0.0.0/8")->contains(p->base) ||
                                    base::parse_prefix("172.16.0.0/12")->contains(p->base) ||
                                    base::parse_prefix("192.168.0.0/16")->contains(p->base);
            if (i != nullptr && !has_gateway(*i, Family::v4) && is_private) add(*p);
        }
    for (const Interface& i : c_.interfaces) {
        if (interface_of(i.key) == nullptr || has_gateway(i, Family::v4)) continue;
        const auto nets = networks_of(i, Family::v4);
        if (nets.empty()) continue;
        // pfSense starts from the fixed address of the interface; OPNsense from whatever addresses it has.
        if (!opnsense() && !address_of(i, Family::v4)) continue;
        for (const Prefix& p : nets) add(p);
        who += (who.empty() ? "" : ", ") + i.key + " net";
        if (base::parse_address(i.alias_address))
            if (const auto p = network(i.alias_address + "/" + (i.alias_bits.empty() ? "32" : i.alias_bits))) add(*p);
    }
    for (const auto& [text, span] : c_.tunnel_networks)
        if (const auto p = network(text)) add(*p);
    const ExprId from =
        b_.in(Field::src, b_.addresses(base::IntervalSet(std::move(v4)), base::IntervalSet(std::move(v6))));
    const base::Span span = c_.outbound_span.valid() ? c_.outbound_span : c_.root;
    if (who.empty()) who = "the firewall itself";
    for (const Interface& i : c_.interfaces) {
        if (interface_of(i.key) == nullptr || !has_gateway(i, Family::v4)) continue;
        if (i.device.starts_with("ovpn") || (!opnsense() && i.device.starts_with("ipsec"))) continue;
        // One origin: to a reader the two are one.
        const OriginId origin =
            b_.origin(span, fmt::format("automatic outbound NAT: {} to {} address", who, i.key), true);
        const ExprId out = b_.interface_names(Field::out_if, {i.key});
        const auto emit = [&](bool isakmp) {
            Match m;
            m.parts = {out, from};
            if (opnsense()) m.parts.push_back(b_.family(Family::v4));
            if (isakmp) {
                m.parts.push_back(b_.in(Field::proto, IntervalSet{{6, 6}, {17, 17}}));
                m.parts.push_back(b_.dport(IntervalSet::single(500)));
            }
            SourceRule how;
            how.static_port = isakmp;
            std::vector<Translate> then{source(std::nullopt, OutInterfaceAddress{})};
            for (const Translate& t : source_ports(how)) then.push_back(t);
            if (i.no_nat && !isakmp && !opnsense()) then.clear();
            families::pf::Rule r;
            r.match = b_.all(m.parts);
            r.origin = origin;
            r.name = isakmp ? "automatic, static port for ISAKMP" : "automatic";
            pf_.translate(r, std::move(then));
        };
        emit(true);
        emit(false);
    }
}

void Lowering::translations() {
    for (const OneToOne& rule : c_.one_to_one) one_to_one(rule);
    for (const PrefixTranslation& rule : c_.prefixes) prefix_translation(rule);
    const bool manual = c_.outbound_mode == "advanced" || c_.outbound_mode == "hybrid";
    for (const SourceRule& rule : c_.source_rules) {
        if (manual) {
            source_rule(rule, false);
            continue;
        }
        // Kept in the file, never loaded: in the model a rule that is disabled.
        SourceRule ignored = rule;
        ignored.disabled = true;
        source_rule(ignored, false);
    }
    automatic_outbound();
    for (const SourceRule& rule : c_.one_to_one_nat) source_rule(rule, true);
    for (const PortForward& rule : c_.forwards) forward(rule);
    for (const auto& write : last_) write();
}

}  // namespace egresslint::dialects::pfsense
