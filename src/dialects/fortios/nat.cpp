// SPDX-License-Identifier: Apache-2.0
// Source translation: by policy (nat enable), or by the central table.
//
// Order where a policy translates: VIPs with nat-source-vip, the policy's IP pools, other VIPs, the interface's
// address. With central NAT: VIPs with nat-source-vip, then the first entry that matches (pool or interface); other
// VIPs never. Sources: community.fortinet.com ta-p/193423, 189947, 209514; FortiOS Administration Guide, "Central
// SNAT".
#include <fmt/format.h>

#include <algorithm>

#include "dialects/fortios/policies.hpp"

namespace egresslint::dialects::fortios {

using model::Choice;
using model::Decide;
using model::Fixed;
using model::Pick;
using model::Rule;
using model::Translate;
using model::Verdict;

namespace {

/// Ports that translated connections leave with: ta-p/192079.
constexpr Interval translated_ports{5117, 65533};

}  // namespace

/// One choice for all rules: which of them translates makes no difference to the port.
Translate Policies::source_port() {
    if (!source_port_.valid()) {
        Choice c;
        c.text = "translated source port";
        c.field = Field::sport;
        c.candidates.values = IntervalSet{translated_ports};
        c.varies = true;
        source_port_ = c_.b.choice(std::move(c));
    }
    return Translate{Field::sport, {}, Pick{source_port_, false}};
}

/// Where the pools' addresses go; `limited`: sources that the pools serve. Several pools are used one after the other.
std::optional<std::vector<Translate>> Policies::pool(const std::vector<Word>& names, Family family, const Entry& by,
                                                     ExprId& limited, bool& ports_kept,
                                                     std::vector<model::ObjectId>& uses) {
    auto& b = c_.b;
    const auto* t = c_.root().table(family == Family::v4 ? "firewall ippool" : "firewall ippool6");
    IntervalSet candidates;
    std::string text;
    Span where;
    bool known = true;
    for (const auto& w : names) {
        uses.push_back(b.use(family == Family::v4 ? "IP pool" : "IPv6 pool", w.text, w.span));
        const auto* e = t == nullptr ? nullptr : t->find(w.text);
        text += (text.empty() ? "pool " : ", ") + w.text;
        if (e == nullptr) {
            base::Diagnostic d;
            d.kind = base::Diagnostic::Kind::incomplete;
            d.code = "EL903";
            d.span = w.span;
            d.message = fmt::format("IP pool \"{}\" is not in this text: any address is considered", w.text);
            d.influence = base::Influence::source;
            d.device = c_.device;
            c_.diagnostics.push_back(std::move(d));
            known = false;
            continue;
        }
        e->read = true;
        where = e->span;
        const auto first = base::parse_address(e->value("startip")), last = base::parse_address(e->value("endip"));
        const auto end = last && last->bits != 0 ? last : first;
        if (!first || !end || first->family != family || end->bits < first->bits) {
            not_understood(c_.diagnostics, e->span,
                           fmt::format("IP pool \"{}\" has no range of addresses: any address is considered", w.text),
                           base::Influence::source);
            known = false;
            continue;
        }
        auto range = IntervalSet::range(first->bits, end->bits);
        for (const auto& x : e->values("exclude-ip"))
            if (const auto out = range_of(x.text); out && out->first == family)
                range = range.minus(IntervalSet{out->second});
        text += " " + base::addresses_to_string(range, family, 1);
        candidates = candidates.unite(range);
        const auto type = e->value("type");
        if (type == "one-to-one") ports_kept = true;
        if (type == "fixed-port-range" || !e->value("source-startip").empty()) {
            const auto from = base::parse_address(e->value("source-startip")),
                       to = base::parse_address(e->value("source-endip"));
            if (from && to && from->family == family && from->bits <= to->bits && from->bits != 0 && names.size() == 1)
                limited = b.address(Field::src, family, IntervalSet::range(from->bits, to->bits));
        }
        for (const std::string_view s : {"source-endip", "nat64", "permit-any-host"})
            if (e->enabled(s))
                not_understood(c_.diagnostics, e->span_of(s),
                               fmt::format("{} of IP pool \"{}\" is not analysed", s, w.text), base::Influence::source);
    }
    Translate out{Field::src, family, model::Keep{}};
    if (const auto one = candidates.single_value(); one && known) {
        out.to = Fixed{*one};
    } else {
        Choice c;
        c.text = text;
        c.field = Field::src;
        c.varies = known;
        if (!known) candidates = IntervalSet::full(base::address_bits(family));
        (family == Family::v4 ? c.candidates.values : c.candidates.values6) = std::move(candidates);
        c.origin = b.origin(where.valid() ? where : by.span, text);
        out.to = Pick{b.choice(std::move(c)), false};
    }
    return std::vector<Translate>{out};
}

void Policies::policy_nat(const Listed& p, model::ChainId entry) {
    auto& b = c_.b;
    const Entry& e = *p.entry;
    const auto chain = b.chain(fmt::format("nat of policy {}", e.key.text));
    const auto origin = b.origin(e.span, text(p));
    const auto automatic = b.origin(e.span, text(p), true);
    {
        Rule go;
        go.match = b.in_register(nat_, IntervalSet::single(p.number));
        go.control = model::Goto{chain};
        go.origin = automatic;
        go.active = e.value("status") != "disable";
        b.rule(entry, std::move(go));
    }
    const auto jump = [&](model::ChainId to) {
        if (!to.valid()) return;
        Rule r;
        r.match = b.yes();
        r.control = model::Jump{to};
        r.origin = automatic;
        b.rule(chain, std::move(r));
    };
    jump(from_vips_first_);
    const bool pooled = e.enabled("ippool");
    for (const Family f : {Family::v4, Family::v6}) {
        if (!pooled || !(f == Family::v4 ? p.v4 : p.v6)) continue;
        const auto& names = e.values(f == Family::v6 && e.find("poolname6") != nullptr ? "poolname6" : "poolname");
        if (names.empty()) continue;
        Rule r;
        ExprId limited = b.yes();
        bool ports_kept = e.enabled("fixedport");
        auto to = pool(names, f, e, limited, ports_kept, r.uses);
        if (!to) continue;
        if (!ports_kept) to->push_back(source_port());
        r.match = b.all({b.family(f), limited});
        for (const auto& t : *to) r.effects.emplace_back(t);
        r.control = Decide{Verdict::accept, {}, true};
        r.origin = origin;
        r.name = e.key.text;
        b.rule(chain, std::move(r));
    }
    jump(from_vips_last_);
    Rule r;
    r.match = b.yes();
    r.effects.emplace_back(Translate{Field::src, {}, model::OutInterfaceAddress{}});
    if (!e.enabled("fixedport")) r.effects.emplace_back(source_port());
    r.control = Decide{Verdict::accept, {}, true};
    r.origin = origin;
    r.name = e.key.text;
    b.device().origins[origin.index()].element = true;
    b.rule(chain, std::move(r));
}

void Policies::central_rule(model::ChainId chain, const Entry& e, Family family) {
    auto& b = c_.b;
    e.read = true;
    Rule r;
    std::vector<ExprId> all{b.family(family)};
    for (const auto& [setting, field] : {std::pair{"srcintf", Field::in_if}, std::pair{"dstintf", Field::out_if}})
        if (e.find(setting) != nullptr) all.push_back(network_.through(field, e.values(setting), r.uses));
    const bool six = family == Family::v6;
    for (const auto& [setting, field] : {std::pair{six ? "orig-addr6" : "orig-addr", Field::src},
                                         std::pair{six ? "dst-addr6" : "dst-addr", Field::dst}})
        if (const auto& names = e.values(setting); !names.empty())
            all.push_back(objects_.addresses(names, field, family, r.uses));
    if (const auto n = numbers_of(e.value("protocol"), 255); n && n->first != 0)
        all.push_back(b.proto(static_cast<std::uint8_t>(n->first)));
    for (const auto& [setting, field] : {std::pair{"orig-port", Field::sport}, std::pair{"dst-port", Field::dport}}) {
        const auto& v = e.values(setting);
        if (v.empty() || v[0].text == "0" || v[0].text == "0-0") continue;
        std::vector<Interval> ports;
        for (const auto& w : v)
            if (const auto n = numbers_of(w.text)) ports.push_back(*n);
        all.push_back(
            b.all({b.in(Field::proto, model::protocols_with_ports()), b.in(field, IntervalSet(std::move(ports)))}));
    }
    for (const std::string_view other : {"nat46", "nat64"})
        if (e.enabled(other)) {
            const auto which =
                b.predicate(fmt::format("central SNAT {}: {}", e.key.text, other), PredicateKind::opaque, Field::src);
            c_.unknown(which, e.span_of(other), fmt::format("{} is not analysed; both outcomes are considered", other),
                       base::Influence::source);
            all.push_back(b.unknown(which));
        }
    const auto& pools = e.values(six ? "nat-ippool6" : "nat-ippool");
    std::string text = fmt::format("central-snat-map {}", e.key.text);
    if (!e.enabled("nat", true)) {
        text += ": no translation";
        r.effects.emplace_back(Translate{Field::src, family, model::Keep{}});
    } else {
        std::vector<Translate> to{Translate{Field::src, family, model::OutInterfaceAddress{}}};
        ExprId limited = b.yes();
        bool ports_kept = e.enabled("port-preserve", false);
        if (!pools.empty())
            if (auto made = pool(pools, family, e, limited, ports_kept, r.uses)) to = std::move(*made);
        all.push_back(limited);
        const auto fixed = numbers_of(e.value("nat-port"));
        if (fixed && fixed->first != 0) {
            Choice c;
            c.text = "nat-port";
            c.field = Field::sport;
            c.candidates.values = IntervalSet{*fixed};
            to.push_back(Translate{Field::sport, {}, Pick{b.choice(std::move(c)), false}});
        } else if (!ports_kept) {
            to.push_back(source_port());
        }
        for (const auto& t : to) r.effects.emplace_back(t);
        for (const auto& w : pools) text += (w.text == pools.front().text ? ": to " : " ") + w.text;
    }
    r.match = b.all(all);
    r.control = Decide{Verdict::accept, {}, true};
    r.active = e.value("status") != "disable";
    r.name = e.key.text;
    b.rule(chain, std::move(r), e.span, text);
}

void Policies::central_nat() {
    auto& b = c_.b;
    const auto chain = b.chain("central-snat");
    if (from_vips_first_.valid()) {
        Rule r;
        r.match = b.yes();
        r.control = model::Jump{from_vips_first_};
        r.origin = b.origin({}, "VIPs with nat-source-vip", true);
        b.rule(chain, std::move(r));
    }
    const auto* t = c_.root().table("firewall central-snat-map");
    if (t != nullptr)
        for (const auto& e : t->entries) central_rule(chain, e, e.value("type") == "ipv6" ? Family::v6 : Family::v4);
    if (c_.config.version != 0 && c_.config.version < 60000) {
        // 5.x with NAT in the policy and no entry took the interface's address (FD37587); later releases translate
        // nothing.
        Rule r;
        r.match = b.unknown(b.predicate("central NAT of FortiOS 5 takes the interface's address where no entry matches",
                                        PredicateKind::ambiguity, Field::src));
        r.effects.emplace_back(Translate{Field::src, {}, model::OutInterfaceAddress{}});
        r.control = Decide{Verdict::accept, {}, true};
        r.origin = b.origin(t != nullptr ? t->span : Span{}, "central NAT without an entry", true);
        b.rule(chain, std::move(r));
    }
    const auto when = b.all({b.negate(b.in(Field::in_if, IntervalSet::single(model::self_interface))),
                             b.negate(b.in(Field::out_if, IntervalSet::single(model::self_interface)))});
    b.stage("central SNAT", model::Label::source_translation, when, chain, Verdict::accept,
            t != nullptr ? b.origin(t->span, "central-snat-map", true) : model::OriginId{});
}

void Policies::source_nat() {
    auto& b = c_.b;
    from_vips_first_ = vips_.sources(true);
    if (central_) return central_nat();
    if (std::none_of(policies_.begin(), policies_.end(), [](const Listed& p) { return p.nat; })) return;
    from_vips_last_ = vips_.sources(false);
    const auto entry = b.chain("source-nat");
    for (const auto& p : policies_)
        if (p.nat && p.entry->value("action") == "accept") policy_nat(p, entry);
    const auto when = b.negate(b.in_register(nat_, IntervalSet::single(0)));
    b.stage("source NAT", model::Label::source_translation, when, entry, Verdict::accept);
}

/// Mail of the device itself (alerts, reports) has a source of its own where `config system email-server` says so.
void Policies::local_out() {
    auto& b = c_.b;
    const auto* t = c_.table("system email-server");
    if (t == nullptr) return;
    const Entry& e = t->own;
    std::vector<std::pair<Family, Address>> to;
    for (const auto& [setting, family] : {std::pair{"source-ip", Family::v4}, std::pair{"source-ip6", Family::v6}})
        if (const auto a = base::parse_address(e.value(setting)); a && a->family == family && a->bits != 0)
            to.emplace_back(family, *a);
    const auto port = numbers_of(e.value("port"));
    const auto server = base::parse_address(e.value("server"));
    if (to.empty()) return;
    const auto chain = b.chain("local-out mail");
    for (const auto& [family, address] : to) {
        Rule r;
        std::vector<ExprId> all{b.family(family), b.proto(6),
                                b.dport(port && port->first != 0 ? IntervalSet{*port} : IntervalSet::single(25))};
        if (server && server->family == family)
            all.push_back(b.prefix(Field::dst, base::make_prefix(*server, base::address_bits(family))));
        r.match = b.all(all);
        r.effects.emplace_back(Translate{Field::src, family, Fixed{address.bits}});
        r.control = Decide{Verdict::accept, {}, true};
        b.rule(chain, std::move(r), e.span_of(family == Family::v4 ? "source-ip" : "source-ip6"),
               fmt::format("email-server source-ip {}", base::to_string(address)));
    }
    b.stage("local-out mail", model::Label::source_translation,
            b.in(Field::in_if, IntervalSet::single(model::self_interface)), chain, Verdict::accept);
}

}  // namespace egresslint::dialects::fortios
