// SPDX-License-Identifier: Apache-2.0
#include "dialects/fortios/vips.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace egresslint::dialects::fortios {

using model::Choice;
using model::Decide;
using model::Effect;
using model::Fixed;
using model::Pick;
using model::Rule;
using model::Shift;
using model::Translate;
using model::Verdict;

namespace {

constexpr std::size_t most_blocks = 256;        ///< pairs of networks that a range is cut into
constexpr std::size_t most_compared = 2000;     ///< VIPs among which overlaps are looked for
constexpr std::size_t most_moved_ports = 1024;  ///< ports of a range that is moved, a rule each

struct Block {
    base::u128 from = 0, to = 0;
    std::uint8_t length = 0;
};

/// A range onto a range of the same size, as pairs of networks.
std::vector<Block> blocks(Interval from, base::u128 to, Family family) {
    std::vector<Block> out;
    const unsigned bits = base::address_bits(family);
    for (base::u128 at = from.first; at <= from.last && out.size() <= most_blocks;) {
        unsigned host = 0;
        while (host < bits && (at >> host & 1) == 0 && (to >> host & 1) == 0 &&
               at + base::low_mask(host + 1) <= from.last && host + 1 <= bits)
            ++host;
        out.push_back({at, to, static_cast<std::uint8_t>(bits - host)});
        const base::u128 size = base::low_mask(host) + 1;
        if (size == 0 || from.last - at < size) break;
        at += size;
        to += size;
    }
    return out;
}

}  // namespace

std::string Vips::text(const Vip& v) const {
    const auto range = [&](const Interval& i) { return base::addresses_to_string(IntervalSet{i}, v.family, 1); };
    std::string out = fmt::format("vip \"{}\"", v.name);
    if (!v.external_is_interface) out += " " + range(v.external);
    if (v.mapped_known && v.servers.empty()) out += " -> " + range(v.mapped);
    if (v.forwards_port && !v.ports.empty())
        out += fmt::format(" port {} -> {}", base::numbers_to_string(IntervalSet{v.ports[0].first}),
                           base::numbers_to_string(IntervalSet{v.ports[0].second}));
    return out;
}

void Vips::read(const Entry& e, Family family) {
    Vip v;
    v.name = e.key.text;
    v.entry = &e;
    v.family = family;
    v.number = static_cast<std::uint32_t>(vips_.size() + 1);
    const auto odd = [&](std::string_view setting, std::string_view what) {
        const auto which = c_.b.predicate(fmt::format("vip \"{}\" ({})", v.name, what), PredicateKind::opaque,
                                          Field::dst, c_.b.origin(e.span, v.name));
        c_.unknown(which, e.span_of(setting),
                   fmt::format("{} of VIP \"{}\" is not analysed; it may translate or not", what, v.name),
                   base::Influence::destination | base::Influence::source);
        v.open.push_back(which);
        v.mapped_known = false;
    };
    std::string type(e.value("type"));
    if (type.empty()) type = "static-nat";
    const auto external = e.value("extip");
    if (external == "0.0.0.0" || external == "0.0.0.0-0.0.0.0" || external.empty()) {
        v.external_is_interface = true;
        if (!e.values("extaddr").empty())
            odd("extaddr", "extaddr"), v.external_is_interface = false,
                                       v.external = {0, base::low_mask(base::address_bits(family))};
    } else if (const auto r = range_of(external); r && r->first == family) {
        v.external = r->second;
    } else {
        odd("extip", "extip");
        v.external = {0, base::low_mask(base::address_bits(family))};
    }
    const auto& interface = e.values("extintf");
    v.interface = interface;
    v.any_interface = interface.empty() || interface[0].text == "any" || interface[0].text.empty();
    const auto& mapped = e.values("mappedip");
    v.server_group = type == "load-balance" || type == "server-load-balance";
    if (type == "server-load-balance") {
        if (const auto* t = e.table("realservers"))
            for (const auto& s : t->entries)
                if (const auto r = range_of(s.value("ip")); r && r->first == family && s.value("status") != "disable") {
                    v.servers = v.servers.unite(IntervalSet{r->second});
                    const auto p = numbers_of(s.value("port"));
                    if (p && p->first != 0) v.ports.push_back({{0, 0}, *p});
                }
        if (v.servers.empty()) v.mapped_known = false;
    } else if (type == "static-nat" || type == "load-balance") {
        const auto r = mapped.empty() ? std::nullopt : range_of(mapped[0].text);
        if (r && r->first == family && mapped.size() == 1) {
            v.mapped = r->second;
            if (type == "load-balance") v.servers = IntervalSet{r->second};
        } else {
            odd("mappedip", mapped.size() > 1 ? "a list of mapped addresses" : "mappedip");
        }
    } else if (type == "fqdn") {
        (void)e.find("mapped-addr");
        v.mapped_known = false;
    } else {
        odd("type", "type " + type);
    }
    for (const std::string_view other : {"nat46", "nat64", "nat66", "ipv6-mappedip", "ipv4-mappedip"})
        if (e.find(other) != nullptr && e.value(other) != "disable" && (other != "nat66")) odd(other, other);

    v.forwards_port = e.enabled("portforward") || type == "server-load-balance";
    const auto protocol = e.value("protocol");
    v.protocol = protocol == "udp" ? 17 : protocol == "sctp" ? 132 : protocol == "icmp" ? 1 : 6;
    const auto server_type = e.value("server-type");
    if (type == "server-load-balance") {
        if (server_type == "udp") v.protocol = 17;
        if (server_type == "ip") v.forwards_port = false;
    }
    if (v.forwards_port && v.protocol != 1) {
        const auto own = v.ports;  // of real servers
        v.ports.clear();
        const auto& outer = e.values("extport");
        const auto& inner = e.values("mappedport");
        if (outer.empty()) odd("portforward", "portforward without extport");
        for (std::size_t i = 0; i < outer.size(); ++i) {
            const auto from = numbers_of(outer[i].text);
            const auto to = i < inner.size() ? numbers_of(inner[i].text) : from;
            if (!from || !to)
                odd("extport", "extport");
            else
                v.ports.push_back({*from, !own.empty() ? own.front().second : *to});
        }
        if (own.size() > 1 &&
            std::any_of(own.begin(), own.end(), [&](const auto& p) { return !(p.second == own[0].second); }))
            odd("realservers", "servers with different ports");
        if (e.value("portmapping-type") == "m-to-n") odd("portmapping-type", "portmapping-type m-to-n");
    }
    v.source = e.enabled("nat-source-vip");
    by_name_[{v.name, family}] = vips_.size();
    vips_.push_back(std::move(v));
}

void Vips::read(bool central, const std::set<std::pair<std::string, Family>>& used) {
    central_ = central;
    register_ = c_.b.reg("vip");
    for (const Family f : {Family::v4, Family::v6})
        if (const auto* t = c_.root().table(f == Family::v4 ? "firewall vip" : "firewall vip6"))
            for (const auto& e : t->entries) {
                const bool active = (central || used.contains({e.key.text, f})) && e.value("status") != "disable";
                if (central) (void)c_.b.use(f == Family::v4 ? "virtual IP" : "IPv6 virtual IP", e.key.text, e.key.span);
                if (!active) continue;  // it acts on nothing, so that nothing of it is left unread either
                e.read = true;
                read(e, f);
                vips_.back().active = true;
                any_active_ = true;
            }
}

ExprId Vips::incoming(const Vip& v) {
    auto& b = c_.b;
    std::vector<model::ObjectId> uses;
    std::vector<ExprId> match{b.family(v.family),
                              b.negate(b.in(Field::in_if, IntervalSet::single(model::self_interface)))};
    if (!v.any_interface) match.push_back(network_.through(Field::in_if, v.interface, uses));
    if (v.external_is_interface) {
        std::vector<ExprId> any;
        if (v.any_interface) {
            any.push_back(b.in(Field::dst, b.set({model::DeviceAddresses{}, {}})));
        } else {
            for (const auto& w : v.interface)
                for (const auto& i : network_.members(w.text))
                    any.push_back(b.in(Field::dst, b.set({model::InterfaceAddresses{i, false}, {}})));
        }
        match.push_back(b.either(any));
    } else {
        match.push_back(b.address(Field::dst, v.family, IntervalSet{v.external}));
    }
    if (v.forwards_port) match.push_back(b.proto(v.protocol));
    std::vector<ExprId> from;
    for (const auto& w : v.entry->values("src-filter")) {
        if (const auto r = range_of(w.text); r && r->first == v.family)
            from.push_back(b.address(Field::src, v.family, IntervalSet{r->second}));
        else
            from.push_back(objects_.addresses({w}, Field::src, v.family, uses));
    }
    if (!from.empty()) match.push_back(b.either(from));
    if (const auto& in = v.entry->values("srcintf-filter"); !in.empty())
        match.push_back(network_.through(Field::in_if, in, uses));
    if (const auto& services = v.entry->values("service"); !services.empty())
        match.push_back(objects_.services(services, uses));
    for (const auto which : v.open) match.push_back(b.unknown(which));
    return b.all(match);
}

bool Vips::overlap(const Vip& a, const Vip& b, bool reverse) const {
    if (a.family != b.family || (!reverse && (a.external_is_interface || b.external_is_interface))) return false;
    const auto meet = [](const Interval& x, const Interval& y) { return x.first <= y.last && y.first <= x.last; };
    if (!a.any_interface && !b.any_interface && a.interface[0].text != b.interface[0].text) return false;
    if (reverse ? !meet(a.mapped, b.mapped) : !meet(a.external, b.external)) return false;
    // Filters tell them apart, or may.
    if (!reverse && (!a.entry->values("src-filter").empty() || !b.entry->values("src-filter").empty())) return true;
    if (a.forwards_port && b.forwards_port) {
        if (a.protocol != b.protocol) return false;
        for (const auto& [ax, am] : a.ports)
            for (const auto& [bx, bm] : b.ports)
                if (reverse ? meet(am, bm) : meet(ax, bx)) return true;
        return false;
    }
    return true;
}

/// Which of two VIPs that both match is taken is not documented: the first one in the text may be it, or not.
ExprId Vips::disputed(const Vip& a, bool reverse) {
    if (vips_.size() > most_compared) return {};
    for (const auto& b : vips_)
        if (b.number > a.number && b.active && (!reverse || outbound(b)) &&
            b.source == (reverse ? a.source : b.source) && overlap(a, b, reverse))
            return c_.b.unknown(c_.b.predicate(fmt::format("vip \"{}\" is taken before \"{}\"", a.name, b.name),
                                               PredicateKind::ambiguity, reverse ? Field::src : Field::dst));
    return {};
}

void Vips::add(model::ChainId chain, const Vip& v, ExprId match, std::vector<Effect> effects, bool element) {
    Rule r;
    r.match = match;
    r.effects = std::move(effects);
    r.control = Decide{Verdict::accept, {}, true};
    r.name = v.name;
    r.origin = c_.b.origin(v.entry->span, text(v));
    c_.b.device().origins[r.origin.index()].element = element;
    c_.b.rule(chain, std::move(r));
}

void Vips::load_balancer(const Vip& v, ExprId match) {
    auto& b = c_.b;
    Choice c;
    c.field = Field::dst;
    c.varies = true;
    c.origin = b.origin(v.entry->span, text(v));
    if (v.servers.empty()) {
        c.text = fmt::format("the host behind vip \"{}\"", v.name);
        c.varies = false;
        (v.family == Family::v4 ? c.candidates.values : c.candidates.values6) =
            IntervalSet::full(base::address_bits(v.family));
    } else {
        c.text = fmt::format("servers of vip \"{}\"", v.name);
        (v.family == Family::v4 ? c.candidates.values : c.candidates.values6) = v.servers;
    }
    Translate t{Field::dst, v.family, Pick{b.choice(std::move(c)), false}};
    if (const auto one = v.servers.single_value()) t.to = Fixed{*one};
    std::vector<Effect> effects{
        t, model::Assign{model::FieldRef{Field::reg, model::View::current, register_}, {}, 0, {}, 0, v.number}};
    if (!v.forwards_port || v.ports.empty()) return add(chain_, v, match, std::move(effects), false);
    for (const auto& [from, to] : v.ports) {
        auto more = effects;
        if (to.first == to.last && !(from == to)) more.emplace_back(Translate{Field::dport, {}, Fixed{to.first}});
        add(chain_, v, b.all({match, b.dport(IntervalSet{from})}), std::move(more), false);
    }
}

void Vips::translate(const Vip& v) {
    auto& b = c_.b;
    const auto match = incoming(v);
    const auto dispute = disputed(v, false);
    const auto guarded = dispute.valid() ? b.all({match, dispute}) : match;
    if (!v.servers.empty() || !v.mapped_known) return load_balancer(v, guarded);
    const Effect note =
        model::Assign{model::FieldRef{Field::reg, model::View::current, register_}, {}, 0, {}, 0, v.number};

    // Address part: one address, or pairs of networks.
    std::vector<std::pair<ExprId, Translate>> parts;
    const base::u128 size = v.external.last - v.external.first;
    if (v.external_is_interface || size == 0 || v.mapped.first == v.mapped.last) {
        parts.push_back({b.yes(), Translate{Field::dst, v.family, Fixed{v.mapped.first}}});
    } else {
        for (const auto& block : blocks(v.external, v.mapped.first, v.family))
            parts.push_back({b.prefix(Field::dst, Prefix{Address{v.family, block.from}, block.length}),
                             Translate{Field::dst, v.family, Shift{block.from, block.to, block.length}}});
        if (parts.size() > most_blocks) {
            Vip whole = v;
            whole.servers = IntervalSet{v.mapped};
            return load_balancer(whole, guarded);
        }
    }
    const bool split = parts.size() > 1 || v.ports.size() > 1;
    for (const auto& [where, to] : parts) {
        if (!v.forwards_port || v.ports.empty()) {
            add(chain_, v, b.all({guarded, where}), {to, note}, split);
            continue;
        }
        for (const auto& [outer, inner] : v.ports) {
            const auto base_match = b.all({guarded, where});
            if (outer == inner) {
                add(chain_, v, b.all({base_match, b.dport(IntervalSet{outer})}), {to, note}, split);
            } else if (outer.last - outer.first > most_moved_ports) {
                Choice c;
                c.text = fmt::format("mapped port of vip \"{}\"", v.name);
                c.field = Field::dport;
                c.candidates.values = IntervalSet{inner};
                c.varies = false;
                add(chain_, v, b.all({base_match, b.dport(IntervalSet{outer})}),
                    {to, Translate{Field::dport, {}, Pick{b.choice(std::move(c)), false}}, note}, split);
            } else {
                for (base::u128 p = outer.first; p <= outer.last; ++p)
                    add(chain_, v, b.all({base_match, b.dport(IntervalSet::single(p))}),
                        {to, Translate{Field::dport, {}, Fixed{std::min(inner.first + (p - outer.first), inner.last)}},
                         note},
                        split || outer.first != outer.last);
            }
        }
    }
}

void Vips::stage() {
    if (!any_active_) return;
    auto& b = c_.b;
    chain_ = b.chain("vip");
    // A port forward is more specific than the same address without ports.
    for (const bool forward : {true, false})
        for (const auto& v : vips_)
            if (v.active && v.forwards_port == forward) translate(v);
    // Where two overlap: whoever was passed over takes what the other one does not.
    for (const auto& v : vips_)
        if (v.active && disputed(v, false).valid() && v.mapped_known && v.servers.empty() &&
            v.external.first == v.external.last) {
            auto match = incoming(v);
            std::vector<ExprId> ports;
            std::vector<Effect> effects{
                Translate{Field::dst, v.family, Fixed{v.mapped.first}},
                model::Assign{model::FieldRef{Field::reg, model::View::current, register_}, {}, 0, {}, 0, v.number}};
            for (const auto& [outer, inner] : v.ports) ports.push_back(b.dport(IntervalSet{outer}));
            if (!ports.empty()) match = b.all({match, b.either(ports)});
            if (v.ports.size() == 1 && v.ports[0].second.first == v.ports[0].second.last &&
                !(v.ports[0].first == v.ports[0].second))
                effects.emplace_back(Translate{Field::dport, {}, Fixed{v.ports[0].second.first}});
            add(chain_, v, match, std::move(effects), true);
        }
    b.stage("virtual IPs", model::Label::destination_translation, b.yes(), chain_, Verdict::accept);
}

/// A client's connection does not come from the mapped port, so that a port forward covers none of what its host opens.
/// (One that did come from there would be translated; no mail server does that, and nobody is told apart by it.)
bool Vips::outbound(const Vip& v) { return !v.forwards_port || v.source; }

ExprId Vips::outgoing(const Vip& v) {
    auto& b = c_.b;
    std::vector<model::ObjectId> uses;
    std::vector<ExprId> match{b.family(v.family)};
    for (const auto which : v.open) match.push_back(b.unknown(which));
    if (!v.any_interface) {
        const auto out = network_.through(Field::out_if, v.interface, uses);
        // "Enable: for all traffic" (CLI help) against "extintf must be any or the policy's dstintf" (ta-p/189947).
        match.push_back(
            v.source ? b.either({out, b.unknown(b.predicate(
                                          fmt::format("nat-source-vip of \"{}\" acts on other interfaces too", v.name),
                                          PredicateKind::ambiguity, Field::src))})
                     : out);
    }
    if (v.forwards_port) {
        match.push_back(b.proto(v.protocol));
        match.push_back(b.unknown(
            b.predicate(fmt::format("nat-source-vip of port forward \"{}\" acts on what the host opens", v.name),
                        PredicateKind::ambiguity, Field::src)));
    }
    if (const auto& services = v.entry->values("service"); !services.empty()) {
        const auto expr = objects_.services(services, uses);
        match.push_back(
            objects_.protocol_only(services)
                ? expr
                : b.unknown(b.predicate(
                      fmt::format("the service filter of vip \"{}\" holds for connections of the mapped host", v.name),
                      PredicateKind::ambiguity, Field::src)));
    }
    if (v.server_group)
        match.push_back(
            b.unknown(b.predicate(fmt::format("vip \"{}\" of a server group translates what its servers open", v.name),
                                  PredicateKind::ambiguity, Field::src)));
    return b.all(match);
}

void Vips::reverse(model::ChainId chain, const Vip& v) {
    auto& b = c_.b;
    const auto conditions = outgoing(v);
    const auto rule = [&](ExprId match, Translate t, bool element) { add(chain, v, match, {t}, element); };
    if (!v.mapped_known && v.servers.empty()) {
        // The mapped host is not known: anybody may be it.
        const auto which =
            b.predicate(fmt::format("source is the host behind vip \"{}\"", v.name), PredicateKind::name, Field::src);
        rule(b.all({conditions, b.unknown(which)}), Translate{Field::src, v.family, Fixed{v.external.first}}, true);
        return;
    }
    if (v.external_is_interface) {
        rule(b.all({conditions, b.address(Field::src, v.family, IntervalSet{v.mapped})}),
             Translate{Field::src, v.family, model::OutInterfaceAddress{}}, true);
        return;
    }
    if (!v.servers.empty() || v.external.first == v.external.last) {
        const auto hosts = v.servers.empty() ? IntervalSet{v.mapped} : v.servers;
        rule(b.all({conditions, b.address(Field::src, v.family, hosts)}),
             Translate{Field::src, v.family, Fixed{v.external.first}}, true);
        return;
    }
    const Interval inner{v.mapped.first,
                         std::min(v.mapped.last, v.mapped.first + (v.external.last - v.external.first))};
    const auto parts = blocks(inner, v.external.first, v.family);
    if (parts.size() > most_blocks) {
        Choice c;
        c.text = fmt::format("external addresses of vip \"{}\"", v.name);
        c.field = Field::src;
        c.varies = false;
        (v.family == Family::v4 ? c.candidates.values : c.candidates.values6) = IntervalSet{v.external};
        rule(b.all({conditions, b.address(Field::src, v.family, IntervalSet{inner})}),
             Translate{Field::src, v.family, Pick{b.choice(std::move(c)), false}}, true);
        return;
    }
    for (const auto& p : parts)
        rule(b.all({conditions, b.prefix(Field::src, Prefix{Address{v.family, p.from}, p.length})}),
             Translate{Field::src, v.family, Shift{p.from, p.to, p.length}}, true);
}

model::ChainId Vips::sources(bool nat_source_vip) {
    model::ChainId chain;
    for (const auto& v : vips_) {
        if (!v.active || v.source != nat_source_vip || !outbound(v)) continue;
        if (!chain.valid()) chain = c_.b.chain(nat_source_vip ? "sources of VIPs (nat-source-vip)" : "sources of VIPs");
        if (const auto dispute = disputed(v, true); dispute.valid()) {
            Vip copy = v;
            const auto at = c_.b.device().chains[chain.index()].rules.size();
            reverse(chain, copy);
            auto& d = c_.b.device();
            for (std::size_t i = at; i < d.chains[chain.index()].rules.size(); ++i) {
                const auto id = d.chains[chain.index()].rules[i];
                const auto match = c_.b.all({d.rules[id.index()].match, dispute});
                d.rules[id.index()].match = match;
            }
            continue;
        }
        reverse(chain, v);
    }
    if (!chain.valid()) return chain;
    for (const auto& v : vips_)
        if (v.active && v.source == nat_source_vip && outbound(v) && disputed(v, true).valid()) reverse(chain, v);
    return chain;
}

ExprId Vips::reached_by(const std::vector<Word>& names, Family family) {
    auto& b = c_.b;
    std::vector<ExprId> any;
    for (const auto& w : names)
        for (const auto& name : objects_.vips_of(w.text, family)) {
            const auto it = by_name_.find({name, family});
            if (it == by_name_.end()) continue;
            const auto& v = vips_[it->second];
            std::vector<ExprId> all{b.in_register(register_, IntervalSet::single(v.number))};
            // Implied by the register; it tells readers and inference which host is meant.
            if (v.mapped_known || !v.servers.empty())
                all.push_back(b.address(Field::dst, family, v.servers.empty() ? IntervalSet{v.mapped} : v.servers));
            any.push_back(b.all(all));
        }
    return b.either(any);
}

ExprId Vips::untouched() {
    if (!any_active_ || central_) return c_.b.yes();
    return c_.b.in_register(register_, IntervalSet::single(0));
}

}  // namespace egresslint::dialects::fortios
