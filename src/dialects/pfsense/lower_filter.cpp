// SPDX-License-Identifier: Apache-2.0
// The administrator's filter rules in the order of the product: floating, interface groups, interfaces.
#include <fmt/format.h>

#include <algorithm>

#include "dialects/pfsense/lower.hpp"

namespace egresslint::dialects::pfsense {

using namespace model;
using families::pf::Action;
using families::pf::Direction;

namespace {

std::string joined(const std::vector<std::string>& list, std::string_view separator = " ") {
    return fmt::format("{}", fmt::join(list, separator));
}

std::string side_text(const Endpoint& side) {
    std::string out = side.negated ? "!" : "";
    out += side.values.empty() ? "?" : joined(side.values, ",");
    if (!side.port.empty() && side.port != "any") out += " port " + side.port;
    return out;
}

}  // namespace

/// "inet tcp from 10.0.0.25 to any port 25 "Mail out""
std::string Lowering::match_text(const RuleBase& rule) const {
    std::string out;
    if (!rule.ip_protocol.empty()) out += rule.ip_protocol + " ";
    if (!rule.protocol.empty() && rule.protocol != "any") out += rule.protocol + " ";
    out += "from " + side_text(rule.source) + " to " + side_text(rule.destination);
    return out;
}

std::string Lowering::text_of(const FilterRule& rule) const {
    std::string out = rule.type;
    if (rule.direction != "any") out += " " + rule.direction;
    if (rule.log) out += " log";
    if (rule.quick) out += " quick";
    if (!rule.interfaces.empty()) out += (rule.interface_negated ? " on !" : " on ") + joined(rule.interfaces, ",");
    out += " " + match_text(rule);
    if (!rule.gateway.empty()) out += " via " + rule.gateway;
    if (!rule.description.empty()) out += " \"" + rule.description + "\"";
    return out;
}

/// A gateway, or the members of a group: those of the lowest tier share the connections, those of the next take over
/// when all of them are down. Both happen.
families::pf::RouteTo Lowering::route_to(const FilterRule& rule, Match& m) {
    families::pf::RouteTo out;
    if (rule.gateway.empty() || rule.type != "pass") return out;
    std::vector<std::string> interfaces;
    const auto take = [&](const std::string& name) {
        const Gateway* g = gateway_of(name);
        std::string interface = g != nullptr ? g->interface : "";
        if (g == nullptr) {
            // A gateway that comes with a dynamic interface is named after it: WAN_DHCP, OPT1_PPPOE.
            for (const Interface& i : c_.interfaces) {
                std::string stem = i.description.empty() ? i.key : i.description;
                for (char& c : stem)
                    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
                if (name.starts_with(stem + "_") && interface_of(i.key) != nullptr) interface = i.key;
            }
        }
        if (interface_of(interface) == nullptr) return false;
        if (g != nullptr && g->disabled) return true;
        if (std::find(interfaces.begin(), interfaces.end(), interface) == interfaces.end())
            interfaces.push_back(interface);
        return true;
    };
    bool group = false, found = true;
    for (const GatewayGroup& g : c_.gateway_groups) {
        if (g.name != rule.gateway) continue;
        group = true;
        m.uses.push_back(b_.use("gateway group", g.name, rule.span));
        auto members = g.members;
        std::stable_sort(members.begin(), members.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
        for (const auto& [name, tier] : members) found = take(name) && found;
    }
    if (!group) {
        m.uses.push_back(b_.use("gateway", rule.gateway, rule.span));
        found = take(rule.gateway);
        // A known gateway of a dynamic interface needs no entry of its own.
        if (found)
            if (auto& o = b_.device().objects[m.uses.back().index()]; o.state == ObjectState::undefined)
                o.state = ObjectState::defined;
    }
    if (!found && interfaces.empty()) {
        // Not used, says the product; with skip_rules_gw_down the rule is left out.
        if (c_.skip_rules_gateway_down) m.fail("its gateway does not exist");
        return out;
    }
    for (const std::string& name : interfaces) out.interfaces.push_back(b_.interface(name));
    if (out.interfaces.size() > 1)
        out.choice = b_.predicate("which member of gateway group " + rule.gateway + " is used", PredicateKind::balance,
                                  Field::src, {}, static_cast<std::uint16_t>(out.interfaces.size()));
    return out;
}

void Lowering::filter_rule(const FilterRule& rule) {
    Match m;
    families::pf::FilterRule r;
    r.action = rule.type == "block"    ? Action::block
               : rule.type == "reject" ? Action::block_return
               : rule.type == "match"  ? Action::match
                                       : Action::pass;
    r.quick = rule.quick && r.action != Action::match;
    r.log = rule.log;
    r.tag = rule.tag;
    const std::string tab = rule.floating ? "floating" : rule.interfaces.empty() ? "floating" : rule.interfaces.front();
    r.name = fmt::format("{} {}", tab, ++numbers_[tab]);
    r.route = route_to(rule, m);
    // OPNsense leaves a rule out for the IP version that its gateway is not of.
    std::string family = rule.ip_protocol;
    if (const Gateway* g = gateway_of(rule.gateway); opnsense() && g != nullptr && rule.type == "pass") {
        if (family.empty() || family == "inet46")
            family = g->protocol;
        else if (family != g->protocol)
            m.fail("its gateway is of the other IP version");
    }
    if (rule.priority == 600'000) m.fail("its interface does not exist");
    Match common;
    family_match(family, common);
    protocol_match(rule, common);
    endpoint_match(Field::src, rule, rule.source, common);
    endpoint_match(Field::dst, rule, rule.destination, common);
    const bool ported = rule.protocol.empty() || rule.protocol == "any" || rule.protocol == "tcp" ||
                        rule.protocol == "udp" || rule.protocol == "tcp/udp" || rule.protocol == "sctp";
    if (ported) {
        port_match(Field::sport, rule.source, common);
        port_match(Field::dport, rule.destination, common);
    }
    icmp_match(rule, common);
    flags_match(rule, common);
    tag_match(rule, common);
    doubt_match(rule, base::Influence::filter | base::Influence::routing, common);
    const std::string text = text_of(rule);
    for (const std::string& condition : rule.conditions) {
        const PredicateId which = b_.predicate(condition, PredicateKind::packet);
        common.parts.push_back(b_.unknown(which));
        if (condition.starts_with("NAT64"))
            not_understood(rule.span, "NAT64 by a filter rule is not modelled", base::Influence::everything, which);
    }
    if (!rule.schedule.empty()) {
        common.uses.push_back(b_.use("schedule", rule.schedule, rule.span));
        // A schedule that does not exist is never looked at.
        if (c_.schedules.contains(rule.schedule))
            common.parts.push_back(
                b_.unknown(b_.predicate("schedule " + rule.schedule + " is active", PredicateKind::time)));
    }
    if (!common.because.empty()) m.fail(common.because);
    r.uses = m.uses;
    r.uses.insert(r.uses.end(), common.uses.begin(), common.uses.end());
    std::vector<PredicateId> limits;
    if (r.action == Action::pass)
        for (const std::string& limit : rule.limits)
            limits.push_back(b_.predicate(numbered(limit + " is kept"), PredicateKind::rate));
    const auto emit = [&](Direction direction, bool part) {
        Match side;
        interface_match(direction == Direction::in ? Field::in_if : Field::out_if, rule, side);
        if (!m.because.empty()) side.fail(m.because);
        side.parts.insert(side.parts.end(), common.parts.begin(), common.parts.end());
        families::pf::FilterRule each = r;
        each.uses.insert(each.uses.end(), side.uses.begin(), side.uses.end());
        each.active = !rule.disabled && side.because.empty();
        each.match = b_.all(side.parts);
        each.origin = b_.origin(rule.span,
                                text + (side.because.empty() || rule.disabled ? "" : " # not loaded: " + side.because));
        b_.device().origins[each.origin.index()].element = part;
        each.limits = limits;
        pf_.filter(direction, each);
    };
    if (rule.direction != "out") emit(Direction::in, rule.direction == "any");
    if (rule.direction != "in") emit(Direction::out, rule.direction == "any");
}

void Lowering::filter_rules() {
    std::vector<const FilterRule*> order;
    for (const FilterRule& rule : c_.filter) order.push_back(&rule);
    std::stable_sort(order.begin(), order.end(), [](const FilterRule* a, const FilterRule* b) {
        return std::pair(a->priority, a->sequence) < std::pair(b->priority, b->sequence);
    });
    // pfSense: a rule with a gateway that goes anywhere is preceded by one without, for networks behind VPNs.
    std::vector<base::Interval> v4, v6;
    if (c_.negate_vpn)
        for (const std::string& network : c_.remote_networks)
            if (const auto p = base::parse_prefix(network); p && p->length > 0)
                (p->base.family == Family::v4 ? v4 : v6).push_back({p->first(), p->last()});
    for (const FilterRule* rule : order) {
        const bool any = rule->destination.values == std::vector<std::string>{"any"} && !rule->destination.negated;
        if (rule->type == "pass" && !rule->gateway.empty() && any && !(v4.empty() && v6.empty()) && !rule->disabled &&
            !opnsense()) {
            FilterRule spared = *rule;
            spared.gateway.clear();
            spared.tag.clear();
            spared.description = "not policy routed: networks behind VPNs";
            spared.destination.values.clear();
            for (const base::Prefix& p : base::to_prefixes(base::IntervalSet(v4), Family::v4))
                spared.destination.values.push_back(base::to_string(p));
            for (const base::Prefix& p : base::to_prefixes(base::IntervalSet(v6), Family::v6))
                spared.destination.values.push_back(base::to_string(p));
            const auto before = b_.device().origins.size();
            filter_rule(spared);
            for (std::size_t i = before; i < b_.device().origins.size(); ++i) {
                b_.device().origins[i].synthetic = true;
                b_.device().origins[i].element = true;
            }
            --numbers_[rule->floating ? "floating" : rule->interfaces.empty() ? "floating" : rule->interfaces.front()];
        }
        filter_rule(*rule);
    }
}

}  // namespace egresslint::dialects::pfsense
