// SPDX-License-Identifier: Apache-2.0
// Order: firewall4, templates/ruleset.uc, chains dstnat_ZONE and srcnat_ZONE.
#include "dialects/openwrt/nat.hpp"

#include <fmt/format.h>

namespace egresslint::dialects::openwrt {

using namespace egresslint::model;

void Nat::destinations(model::ChainId chain) {
    dstnat_ = chain;
    for (const Section& s : uci_.sections) {
        if (!is(s, "redirect") || !enabled(s) || snat_redirect(s)) continue;
        const std::string src = s.value("src");
        const Zone* from = zones_.find(src);
        std::vector<ObjectId> uses;
        if (src != "*") uses.push_back(b_.use("zone", src, s.span_of("src")));
        if (from == nullptr && src != "*") continue;
        const auto version = zones_.family(s, {from, zones_.find(s.value("dest"))});
        if (!version) continue;
        Matcher::Keys keys{"src_ip", "src_dip", "src_port", "src_dport"};
        keys.four = keys.needs_address = true;
        if (const auto a = base::parse_address(s.value("dest_ip"))) keys.address[a->family == Family::v6] = true;
        Matched m = matcher_.match(s, keys, *version);
        m.uses.insert(m.uses.end(), uses.begin(), uses.end());
        // fw4 leaves out what comes from every zone; what came before it is not stated.
        const ExprId match =
            b_.all({m.match, from != nullptr ? zones_.in(*from, Field::in_if)
                                             : b_.unknown(b_.predicate("whether a redirect from every zone counts",
                                                                       PredicateKind::ambiguity))});
        const std::string ip = s.value("dest_ip"), port = s.value("dest_port", s.value("src_dport"));
        std::vector<Translate> then;
        const auto ports = matcher_.ports(port);
        const auto to = base::parse_address(ip);
        if (to) then.push_back(Translate{Field::dst, to->family, Fixed{to->bits}});
        if (!s.value("dest_port").empty() && ports) {
            if (const auto only = ports->single_value()) {
                then.push_back(Translate{Field::dport, std::nullopt, Fixed{*only}});
            } else if (s.value("dest_port") != s.value("src_dport")) {
                Choice c;
                c.text = "ports " + s.value("dest_port");
                c.field = Field::dport;
                c.candidates.values = *ports;
                then.push_back(Translate{Field::dport, std::nullopt, Pick{b_.choice(std::move(c)), true}});
            }
        }
        const OriginId o = zones_.origin(s);
        Rule r;
        if (!port.empty() && !ports && !s.value("dest_port").empty()) {
            const auto which = b_.opaque_rule(dstnat_, match, o, false, true);
            not_understood(diagnostics_, s.span_of("dest_port"), fmt::format("\"{}\" is no port", port));
            diagnostics_.back().predicate = which.value;
            continue;
        }
        if (to) {
            r = netfilter_.destination_translation(match, std::move(then));
        } else if (ip.empty()) {
            r = netfilter_.redirect(match, std::move(then));
        } else {
            const auto which = b_.opaque_rule(dstnat_, match, o, false, true);
            not_understood(diagnostics_, s.span_of("dest_ip"), fmt::format("\"{}\" is no address", ip));
            diagnostics_.back().predicate = which.value;
            continue;
        }
        r.origin = o;
        r.uses = m.uses;
        b_.rule(dstnat_, std::move(r));
        matcher_.rest(s, {"name", "src", "dest", "target", "enabled", "dest_ip", "dest_port", "src_dip", "src_dport",
                          "reflection", "reflection_src", "reflection_zone", "log", "counter", "_name"});
        if (to) reflection(s, *to, *version);
    }
}
/// Hosts of the inside that use the public address: mapped as well, and seen by the server as the router.
void Nat::reflection(const Section& s, const base::Address& to, std::optional<int> family) {
    const Zone* outside = zones_.find(s.value("src"));
    if (!s.flag("reflection", true) || outside == nullptr) return;
    if (to.family == Family::v4 ? !outside->masq : !outside->masq6) return;
    std::vector<std::string> names;
    for (const Value& v : s.words("reflection_zone")) names.push_back(v.text);
    if (names.empty()) names.push_back(zones_.dest_of(s));
    const auto external = base::parse_address(s.value("src_dip"));
    const ExprId what = matcher_.match(s, {"", "", "", ""}, family ? family : to.family == Family::v4 ? 4 : 6).match;
    const auto ports = matcher_.ports(s.value("src_dport")),
               inner = matcher_.ports(s.value("dest_port", s.value("src_dport")));
    for (const std::string& name : names) {
        const Zone* inside = zones_.find(name);
        if (inside == nullptr) continue;
        std::vector<ExprId> from, own;
        std::vector<InterfaceAddress> addresses;
        for (const InterfaceAddress& a : zones_.network.addresses_of(inside->networks)) {
            if (a.address.family != to.family) continue;
            addresses.push_back(a);
            from.push_back(b_.prefix(Field::src, base::make_prefix(a.address, a.length)));
        }
        // Addresses that a lease gives are not in the file.
        if (addresses.empty())
            from.push_back(b_.unknown(b_.predicate("subnets of the zone " + name, PredicateKind::ambiguity)));
        const ExprId source = b_.either(from);
        std::vector<ExprId> all{what, zones_.in(*inside, Field::in_if), source};
        if (!external && !s.value("src_dip").empty()) {
            all.push_back(b_.unknown(b_.predicate("reflection of " + s.value("src_dip"), PredicateKind::ambiguity)));
        } else if (external) {
            all.push_back(b_.address(Field::dst, external->family, IntervalSet::single(external->bits)));
        } else {
            for (const std::string& device : outside->devices)
                own.push_back(b_.in(Field::dst, b_.set(Set{InterfaceAddresses{device, false}, {}})));
            all.push_back(b_.either(own));
        }
        if (ports)
            all.push_back(b_.dport(*ports));
        else if (!s.value("src_dport").empty())
            all.push_back(b_.unknown(b_.predicate("src_dport " + s.value("src_dport"), PredicateKind::ambiguity)));
        std::vector<Translate> then{Translate{Field::dst, to.family, Fixed{to.bits}}};
        if (!s.value("dest_port").empty() && inner && inner->single_value())
            then.push_back(Translate{Field::dport, std::nullopt, Fixed{*inner->single_value()}});
        const auto origin = [&] {
            const OriginId o = b_.origin(s.span, "reflection of " + s.value("name", "a redirect"));
            b_.device().origins[o.index()].element = true;
            return o;
        };
        Rule r = netfilter_.destination_translation(b_.all(all), std::move(then));
        r.origin = origin();
        b_.rule(dstnat_, std::move(r));
        std::vector<ExprId> back{what, zones_.in(*inside, Field::out_if), source,
                                 b_.address(Field::dst, to.family, IntervalSet::single(to.bits))};
        if (inner) back.push_back(b_.dport(*inner));
        // Its own address there: the first one, and the outer address with reflection_src.
        Translate source_to{Field::src, std::nullopt, OutInterfaceAddress{}};
        if (s.value("reflection_src") == "external" && external)
            source_to = Translate{Field::src, external->family, Fixed{external->bits}};
        else if (s.value("reflection_src") != "external" && !addresses.empty())
            source_to = Translate{Field::src, to.family, Fixed{addresses.front().address.bits}};
        Rule b = netfilter_.source_translation(b_.all(back), {source_to});
        b.origin = origin();
        reflected_.push_back(std::move(b));
    }
}

void Nat::sources(model::ChainId chain) {
    srcnat_ = chain;
    for (Rule& r : reflected_) b_.rule(srcnat_, std::move(r));
    // `nat` sections of no zone, then for each zone its redirects, its nat sections, and its masquerading.
    for (const Section& s : uci_.sections)
        if (is(s, "nat") && (s.value("src").empty() || s.value("src") == "*")) nat(s, nullptr);
    for (const Section& s : uci_.sections)
        if (s.package == "firewall" && (s.type == "nat" || (s.type == "redirect" && snat_redirect(s)))) {
            const std::string key = s.type == "nat" ? "src" : "dest", name = s.value(key);
            if (!name.empty() && name != "*") static_cast<void>(b_.use("zone", name, s.span_of(key)));
        }
    for (const Zone& z : zones_.all) {
        for (const Section& s : uci_.sections)
            if (is(s, "redirect") && snat_redirect(s) && s.value("dest") == z.name) snat(s, z);
        for (const Section& s : uci_.sections)
            if (is(s, "nat") && s.value("src") == z.name) nat(s, &z);
        masquerade(z);
    }
}
void Nat::translated(const Section& s, ExprId match, const std::string& ip, const std::string& port,
                     std::vector<ObjectId> uses) {
    const auto to = base::parse_address(ip);
    const OriginId o = zones_.origin(s);
    if (!to) {
        const auto which = b_.opaque_rule(srcnat_, match, o, true, false);
        not_understood(diagnostics_, s.span, fmt::format("\"{}\" is no address to translate to", ip));
        diagnostics_.back().predicate = which.value;
        return;
    }
    std::vector<Translate> then{Translate{Field::src, to->family, Fixed{to->bits}}};
    if (const auto ports = matcher_.ports(port); ports && ports->single_value()) {
        then.push_back(Translate{Field::sport, std::nullopt, Fixed{*ports->single_value()}});
    } else if (!port.empty()) {
        Choice c;
        c.text = "ports " + port;
        c.field = Field::sport;
        c.candidates.values = ports ? *ports : IntervalSet::range(0, 65535);
        then.push_back(Translate{Field::sport, std::nullopt, Pick{b_.choice(std::move(c)), true}});
    }
    Rule r = netfilter_.source_translation(match, std::move(then));
    r.origin = o;
    r.uses = std::move(uses);
    b_.rule(srcnat_, std::move(r));
}
void Nat::snat(const Section& s, const Zone& z) {
    if (!enabled(s)) return;
    const auto version = zones_.family(s, {&z, zones_.find(s.value("src"))});
    if (!version) return;
    Matcher::Keys keys{"src_ip", "dest_ip", "src_port", "dest_port"};
    keys.four = keys.needs_address = true;
    if (const auto a = base::parse_address(s.value("src_dip"))) keys.address[a->family == Family::v6] = true;
    Matched m = matcher_.match(s, keys, *version);
    // Postrouting has no incoming interface to ask for: src is not looked at.
    std::vector<ExprId> all{m.match, zones_.in(z, Field::out_if)};
    translated(s, b_.all(all), s.value("src_dip"), s.value("src_dport"), m.uses);
    matcher_.rest(s, {"name", "src", "dest", "target", "enabled", "src_dip", "src_dport", "log", "counter", "_name"});
}
void Nat::nat(const Section& s, const Zone* z) {
    if (!enabled(s)) return;
    Matcher::Keys keys{"src_ip", "dest_ip", "src_port", "dest_port", "all"};
    if (const auto a = base::parse_address(s.value("snat_ip"))) keys.address[a->family == Family::v6] = true;
    const auto version = zones_.family(s, {z}, 4);
    if (!version) return;
    Matched m = matcher_.match(s, keys, *version);
    std::vector<ExprId> all{m.match};
    if (z != nullptr) all.push_back(zones_.in(*z, Field::out_if));
    if (const std::string device = s.value("device"); !device.empty())
        all.push_back(b_.interface_names(Field::out_if, {pattern_of(device)}));
    const ExprId match = b_.all(all);
    const std::string target = target_of(s, "masquerade");
    if (target == "snat") {
        translated(s, match, s.value("snat_ip"), s.value("snat_port"), m.uses);
    } else if (target == "accept") {
        zones_.add(srcnat_, match, Decide{Verdict::accept, {}, true}, zones_.origin(s), m.uses);
    } else {  // fw4 takes other words for it too
        Rule r = netfilter_.source_translation(match, {Translate{Field::src, std::nullopt, OutInterfaceAddress{}}});
        r.origin = zones_.origin(s);
        r.uses = m.uses;
        b_.rule(srcnat_, std::move(r));
    }
    matcher_.rest(s, {"name", "src", "target", "enabled", "snat_ip", "snat_port", "device", "log", "counter", "_name"});
}
void Nat::masquerade(const Zone& z) {
    for (const Family f : {Family::v4, Family::v6}) {
        if (f == Family::v4 ? !z.masq : !z.masq6) continue;
        std::vector<ExprId> all{b_.family(f), zones_.in(z, Field::out_if)};
        matcher_.addresses(*z.section, "masq_src", Field::src, f, all);
        matcher_.addresses(*z.section, "masq_dest", Field::dst, f, all);
        Rule r =
            netfilter_.source_translation(b_.all(all), {Translate{Field::src, std::nullopt, OutInterfaceAddress{}}});
        r.origin = b_.origin(z.section->span_of(f == Family::v4 ? "masq" : "masq6"),
                             fmt::format("zone {}: masquerade", z.name));
        b_.rule(srcnat_, std::move(r));
    }
}

}  // namespace egresslint::dialects::openwrt
