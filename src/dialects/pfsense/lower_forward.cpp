// SPDX-License-Identifier: Apache-2.0
// Port forwards, their reflection to inside interfaces and the rules that come with them. pf asks rdr before binat.
#include <fmt/format.h>

#include <algorithm>

#include "dialects/pfsense/lower.hpp"

namespace egresslint::dialects::pfsense {

using namespace model;

namespace {
constexpr unsigned most_ports_one_by_one = 128;
}

std::vector<std::string> Lowering::inside_interfaces(const std::string& but) const {
    std::vector<std::string> out;
    for (const Interface& i : c_.interfaces) {
        if (interface_of(i.key) == nullptr || i.key == but || has_gateway(i, Family::v4)) continue;
        if (opnsense() && (has_gateway(i, Family::v6) || networks_of(i, Family::v4).empty())) continue;
        out.push_back(i.key);
    }
    return out;
}

std::optional<std::vector<Address>> Lowering::host_targets(const std::string& text, Match& m, bool& unknown) {
    std::vector<Address> out;
    if (const auto a = base::parse_address(text)) {
        out.push_back(*a);
        return out;
    }
    const auto spread = [&](const base::IntervalSet& set, Family f) {
        if (set.size() > 256) {
            unknown = true;
            return;
        }
        for (const auto& interval : set.intervals())
            for (base::u128 v = interval.first;; ++v) {
                out.push_back({f, v});
                if (v == interval.last) break;
            }
    };
    if (const auto p = base::parse_prefix(text)) {
        spread(base::IntervalSet::prefix(*p), p->base.family);
        return out;
    }
    if (alias_of(text) != nullptr) {
        m.uses.push_back(b_.use("alias", text, {}));
        const Members& all = alias(text);
        unknown = unknown || !all.unknown.empty();
        spread(all.v4, Family::v4);
        spread(all.v6, Family::v6);
        return out;
    }
    if (text.ends_with("ip"))
        if (const Interface* i = interface_of(text.substr(0, text.size() - 2))) {
            for (const Family f : {Family::v4, Family::v6})
                if (const auto a = address_of(*i, f)) out.push_back(*a);
            unknown = unknown || out.empty();
            return out;
        }
    m.uses.push_back(b_.use("alias", text, {}));
    return std::nullopt;
}

/// NAT for inside clients of a reflected service, so that the answers come back through the firewall.
void Lowering::helper(const RuleBase& rule, const std::vector<std::string>& on, const std::vector<Address>& targets,
                      const base::IntervalSet& ports) {
    for (const std::string& key : on) {
        const Interface* i = interface_of(key);
        if (i == nullptr) continue;
        for (const Address& target : targets) {
            std::vector<base::Interval> nets;
            bool near = opnsense();
            for (const Prefix& p : networks_of(*i, target.family)) {
                nets.push_back({p.first(), p.last()});
                near = near || p.contains(target);
            }
            if (nets.empty() || !near) continue;
            Match m;
            m.parts.push_back(b_.interface_names(Field::out_if, {key}));
            protocol_match(rule, m);
            m.parts.push_back(b_.address(Field::dst, target.family, base::IntervalSet::single(target.bits)));
            if (!ports.empty()) m.parts.push_back(b_.dport(ports));
            if (!opnsense()) {
                if (const auto own = address_of(*i, target.family)) {
                    Match self = m;
                    self.parts.push_back(b_.address(Field::src, target.family, base::IntervalSet::single(own->bits)));
                    pf_.translate(
                        pf_rule(rule, self, "automatic: no NAT of the firewall's own connections", "reflection", true),
                        {});
                }
            }
            m.parts.push_back(b_.address(Field::src, target.family, base::IntervalSet(nets)));
            SourceRule how;
            std::vector<Translate> then{{Field::src, std::nullopt, OutInterfaceAddress{}}};
            for (const Translate& t : source_ports(how)) then.push_back(t);
            pf_.translate(
                pf_rule(rule, m,
                        fmt::format("automatic NAT for reflection: {} net to {}", key, base::to_string(target)),
                        "reflection", true),
                std::move(then));
        }
    }
}

void Lowering::forward(const PortForward& rule) {
    const std::string name = fmt::format("port forward {}", ++numbers_["rdr"]);
    RuleBase where = rule;
    // Without an interface pfSense takes WAN, OPNsense any.
    if (where.interfaces.empty()) where.interfaces = {opnsense() ? "any" : "wan"};
    // pfSense takes IPv4 unless the rule says otherwise.
    const std::string family = rule.ip_protocol.empty() && !opnsense() ? "inet" : rule.ip_protocol;
    std::string text = fmt::format("{}rdr{} on {} {}", rule.keep ? "no " : "", rule.pass ? " pass" : "",
                                   fmt::join(where.interfaces, ","), match_text(rule));
    if (!rule.keep) text += " -> " + rule.target + (rule.local_port.empty() ? "" : " port " + rule.local_port);

    Match common;
    family_match(family, common);
    protocol_match(rule, common);
    endpoint_match(Field::src, rule, rule.source, common);
    port_match(Field::sport, rule.source, common);
    tag_match(rule, common);
    doubt_match(rule, base::Influence::destination, common);
    bool unknown = false;
    std::vector<Address> targets;
    if (!rule.keep) {
        if (const auto hosts = host_targets(rule.target, common, unknown))
            targets = *hosts;
        else
            common.fail("its target \"" + rule.target + "\" does not exist");
        if (targets.empty() && !unknown) common.fail("its target is empty");
    }
    const bool ported =
        rule.protocol == "tcp" || rule.protocol == "udp" || rule.protocol == "tcp/udp" || rule.protocol == "sctp";
    // What the destination port becomes: nothing new, or a shift by the difference of the two.
    base::IntervalSet ports_in;
    bool known = true;
    if (ported && !rule.destination.port.empty() && rule.destination.port != "any") {
        const auto set = ports(rule.destination.port, common, known);
        if (!set || (set->empty() && known))
            common.fail("its port \"" + rule.destination.port + "\" does not exist or is empty");
        else
            ports_in = *set;
    }
    base::IntervalSet ports_out = ports_in;
    std::optional<unsigned> local;
    if (ported && !rule.local_port.empty() && rule.local_port != rule.destination.port) {
        Match own;
        bool own_known = true;
        const auto set = ports(rule.local_port, own, own_known);
        if (set && !set->empty()) local = static_cast<unsigned>(*set->lowest());
    }

    struct Piece {
        ExprId match;
        std::optional<Translate> port;
    };
    std::vector<Piece> pieces;
    const ExprId any_port = [&] {
        Match m;
        if (ported) port_match(Field::dport, rule.destination, m);
        return b_.all(m.parts);
    }();
    const auto fixed_port = [](unsigned to) { return Translate{Field::dport, std::nullopt, Fixed{to}}; };
    if (!local || rule.keep) {
        pieces.push_back({any_port, std::nullopt});
    } else if (ports_in.size() <= 1 || alias_of(rule.destination.port) != nullptr || ports_in.intervals().size() > 1) {
        pieces.push_back({any_port, fixed_port(*local)});
        ports_out = base::IntervalSet::single(*local);
    } else {
        const auto range = ports_in.intervals().front();
        const auto first = static_cast<unsigned>(range.first), last = static_cast<unsigned>(range.last);
        ports_out = base::IntervalSet::range(*local, std::min(65535u, *local + (last - first)));
        if (last - first < most_ports_one_by_one) {
            for (unsigned p = first; p <= last; ++p)
                pieces.push_back({b_.dport(IntervalSet::single(p)), fixed_port((*local + (p - first)) & 0xffff)});
        } else {
            Choice c;
            c.text = "port of the range " + rule.local_port;
            c.field = Field::dport;
            c.varies = false;
            c.candidates.values = ports_out;
            pieces.push_back({any_port, Translate{Field::dport, std::nullopt, Pick{b_.choice(std::move(c)), false}}});
        }
    }

    std::vector<Translate> to;
    for (const Family f : {Family::v4, Family::v6}) {
        std::vector<base::Interval> hosts;
        for (const Address& a : targets)
            if (a.family == f) hosts.push_back({a.bits, a.bits});
        if (hosts.empty() && !unknown) continue;
        if (hosts.size() == 1 && !unknown) {
            to.push_back({Field::dst, f, Fixed{hosts.front().first}});
            continue;
        }
        Choice c;
        c.text = "host of " + rule.target;
        c.field = Field::dst;
        (f == Family::v4 ? c.candidates.values : c.candidates.values6) =
            unknown ? base::IntervalSet::full(base::address_bits(f)) : base::IntervalSet(std::move(hosts));
        to.push_back({Field::dst, f, Pick{b_.choice(std::move(c)), false}});
    }

    const auto emit = [&](const std::vector<std::string>& interfaces, const Endpoint& destination, bool pass,
                          bool synthetic, const std::vector<Translate>& target, const std::string& words,
                          const std::string& tag) {
        Match at = common;
        RuleBase on = where;
        on.interfaces = interfaces;
        interface_match(Field::in_if, on, at);
        endpoint_match(Field::dst, rule, destination, at);
        for (std::size_t i = 0; i < pieces.size(); ++i) {
            Match m = at;
            m.parts.push_back(pieces[i].match);
            auto r = pf_rule(rule, m, words, name, synthetic);
            if (!tag.empty()) r.tag = tag;
            if (pieces.size() > 1) b_.device().origins[r.origin.index()].element = i > 0;
            std::vector<Translate> then = target;
            if (pieces[i].port && !rule.keep && tag.empty()) then.push_back(*pieces[i].port);
            pf_.redirect(r, rule.keep ? std::vector<Translate>{} : std::move(then), pass);
        }
    };
    emit(where.interfaces, rule.destination, rule.pass && !rule.keep, false, to, text, "");
    if (rule.disabled || !common.because.empty()) return;

    // OPNsense registers the pass rule itself.
    if (rule.register_rule) {
        FilterRule pass;
        static_cast<RuleBase&>(pass) = where;
        pass.ip_protocol = family.empty() ? "inet46" : family;
        pass.destination.values = {rule.target};
        pass.destination.negated = false;
        pass.destination.given = true;
        if (!ports_out.empty() && ported) {
            const auto range = ports_out.intervals();
            if (range.size() == 1)
                pass.destination.port = range[0].first == range[0].last
                                            ? std::to_string(static_cast<unsigned>(range[0].first))
                                            : fmt::format("{}-{}", static_cast<unsigned>(range[0].first),
                                                          static_cast<unsigned>(range[0].last));
        }
        pass.description = "automatic: pass rule of the port forward";
        filter_rule(pass);
    }

    // A redirect on an inside interface: clients there reach the target through the firewall's address (pfSense).
    const Interface* own = interface_of(where.interfaces.front());
    if (!opnsense() && rule.destination_any && !rule.keep && !c_.reflection_helper && own != nullptr &&
        !has_gateway(*own, Family::v4) && address_of(*own, Family::v4)) {
        RuleBase tcp = where;
        tcp.protocol = "tcp";
        std::vector<Address> near;
        for (const Address& a : targets)
            if (a.family == Family::v4) near.push_back(a);
        helper(tcp, {own->key}, near, ports_in);
    }

    std::string kind = rule.reflection;
    if (kind.empty() || kind == "default") kind = !c_.reflection ? "disable" : c_.reflection_pure ? "purenat" : "proxy";
    if (kind == "enable") kind = opnsense() ? "purenat" : "proxy";
    if (kind == "disable") return;
    const std::vector<std::string> inside = inside_interfaces(where.interfaces.front());
    if (inside.empty()) return;
    Endpoint seen = rule.destination;
    if (!opnsense() && rule.destination_any) {
        // Of "any" the network of the outer interface is kept.
        if (own == nullptr || networks_of(*own, Family::v4).empty()) return;
        seen.values.clear();
        for (const Prefix& p : networks_of(*own, Family::v4)) seen.values.push_back(base::to_string(p));
    }
    if (kind == "proxy" && !rule.keep) {
        // A program of the firewall takes the connection over: to it the packet goes, and it passes by a tag.
        const std::vector<Translate> local_host{
            {Field::dst, Family::v4, Fixed{base::parse_address("127.0.0.1")->bits}}};
        emit(inside, seen, true, true, local_host, "reflection by a proxy of the firewall: " + text, "PFREFLECT");
        return;
    }
    emit(inside, seen, rule.pass && !rule.keep, true, to, "reflection of " + text, "");
    if (c_.reflection_helper && !rule.keep) {
        std::vector<std::string> on = inside;
        on.push_back(where.interfaces.front());
        helper(rule, on, targets, ports_out);
    }
}

}  // namespace egresslint::dialects::pfsense
