// SPDX-License-Identifier: Apache-2.0
// Sources: Cisco IOS IP Routing: Protocol-Independent Command Reference, "ip policy route-map", "set ip next-hop", "set
// ip default next-hop", "set interface"; Security Command Reference, "ip verify unicast source reachable-via"; Cisco,
// "NAT Order of Operation" (policy routing before routing).
#include "dialects/ios/around.hpp"

#include <algorithm>

#include "dialects/ios/words.hpp"

namespace egresslint::dialects::ios {
namespace {

using base::Influence;
using families::cisco::one_of;
using model::Field;
using model::Verdict;

}  // namespace

// -- small things

model::ExprId Around::in(const std::string& interface) { return x_.b.interface_names(Field::in_if, {interface}); }
model::ExprId Around::out(const std::string& interface) { return x_.b.interface_names(Field::out_if, {interface}); }
model::ExprId Around::from_self() { return x_.b.in(Field::in_if, IntervalSet::single(model::self_interface)); }
model::ExprId Around::to_self() { return x_.b.in(Field::out_if, IntervalSet::single(model::self_interface)); }
model::ExprId Around::forwarded() { return x_.b.all({x_.b.negate(from_self()), x_.b.negate(to_self())}); }

void Around::drop(model::ChainId chain, model::ExprId match, base::Span span, std::string text) {
    model::Rule r;
    r.match = match;
    r.control = model::Decide{Verdict::drop, {}, true};
    r.origin = x_.b.origin(span, std::move(text), true);
    x_.b.rule(chain, std::move(r));
}

// -- stages

void Around::entry_stages() {
    auto& b = x_.b;
    const auto chain = b.chain("interfaces");
    for (const Interface* i : interfaces()) {
        if (i->shutdown) drop(chain, in(i->name), i->span, "interface " + i->name + " is shut down");
        if (i->reverse_path == nullptr || i->shutdown) continue;
        // Which sources are behind an interface depends on all routes; those of its own networks surely are.
        const Statement& s = *i->reverse_path;
        const auto which = b.predicate("the source is not behind " + i->name, model::PredicateKind::packet, Field::src,
                                       b.origin(s.span, s.text()));
        b.depends(which, model::field_bit(Field::src));
        drop(chain,
             b.all({in(i->name), b.unknown(which),
                    b.negate(b.in(Field::src, b.set({model::InterfaceAddresses{i->name, true}, {}})))}),
             s.span, s.text());
        x_.unread(s.span, "which sources are behind " + i->name + " is not analysed: either is considered",
                  Influence::filter, which);
    }
    if (!b.device().chains[chain.index()].rules.empty())
        b.stage("interfaces", model::Label::filter, b.negate(from_self()), chain);
}

void Around::routing_stage() {
    auto& b = x_.b;
    const auto chain = b.chain("routing", b.origin({}, "routing", true));
    b.device().chains[chain.index()].routing = true;
    b.stage("routing", model::Label::routing, b.in(Field::out_if, IntervalSet::single(model::no_interface)), chain);
}

void Around::own_stage() {
    auto& b = x_.b;
    const auto own = b.chain("packets to the device");
    const auto which = b.predicate("the device itself takes it", model::PredicateKind::ambiguity, Field::dport,
                                   b.origin(c_.start, "services of the device"));
    b.depends(which, 0, own);
    // Which services it offers to whom is not read (NOTES.md); mail is not among them.
    model::Rule r;
    r.match = b.all({b.unknown(which), b.negate(b.all({b.proto(6), b.dport(IntervalSet::single(25))}))});
    r.control = model::Decide{Verdict::accept, {}, true};
    r.origin = b.origin(c_.start, "services of the device", true);
    b.rule(own, std::move(r));
    b.stage("packets to the device", model::Label::filter, b.all({b.negate(from_self()), to_self()}), own,
            Verdict::drop, b.origin(c_.start, "no service of the device", true));

    const auto chain = b.chain("ways out");
    for (const Interface* i : interfaces())
        if (i->shutdown) drop(chain, out(i->name), i->span, "interface " + i->name + " is shut down");
    if (c_.headed && !c_.ipv6_routing)
        drop(chain, b.all({b.family(Family::v6), forwarded()}), c_.start, "no `ipv6 unicast-routing`");
    std::vector<std::string> without;
    for (const Interface* i : interfaces())
        if (!i->ipv6) without.push_back(i->name);
    if (c_.headed && c_.ipv6_routing && !without.empty())
        drop(chain,
             b.all({b.family(Family::v6), forwarded(),
                    b.either({b.interface_names(Field::in_if, without), b.interface_names(Field::out_if, without)})}),
             c_.start, "an interface that does not speak IPv6");
    if (!b.device().chains[chain.index()].rules.empty()) b.stage("ways out", model::Label::filter, b.yes(), chain);
}

/// crypto map NAME NUMBER … / match address LIST
model::ChainId Around::tunnels(const Binding& map) {
    auto& b = x_.b;
    if (const auto known = tunnels_.find(map.name); known != tunnels_.end()) return known->second;
    const auto entries = c_.crypto_maps.find(map.name);
    const auto chain = b.chain("crypto map " + map.name);
    tunnels_.emplace(map.name, chain);
    if (entries == c_.crypto_maps.end()) return chain;
    for (const Statement* entry : entries->second)
        for (const Statement& line : entry->block) {
            if (!line.begins({"match", "address"})) continue;
            const auto tunnel = b.interface("tunnel " + map.name + " " + std::string(entry->word(3)));
            b.device().interfaces[tunnel.index()].role = model::Role::tunnel;
            b.device().interfaces[tunnel.index()].span = entry->span;
            model::Rule r;
            r.match = lists_.permitted(line.word(2), line);
            r.effects.emplace_back(
                model::Assign{model::FieldRef{Field::out_if, model::View::current, {}}, {}, 0, {}, 0, tunnel.value});
            r.control = model::Decide{Verdict::accept, {}, true};
            r.origin = b.origin(line.span, line.text(), true);
            b.rule(chain, std::move(r));
        }
    return chain;
}

void Around::tunnel_stage() {
    auto& b = x_.b;
    const auto chain = b.chain("tunnels");
    for (const Interface* i : interfaces()) {
        if (!i->crypto || i->shutdown) continue;
        model::Rule r;
        r.match = out(i->name);
        r.control = model::Jump{tunnels(i->crypto)};
        r.origin = b.origin(i->crypto.statement->span, i->crypto.statement->text(), true);
        b.rule(chain, std::move(r));
    }
    if (!b.device().chains[chain.index()].rules.empty()) b.stage("tunnels", model::Label::routing, b.yes(), chain);
}

// -- route maps

/// Conditions of one kind are alternatives, kinds are conditions all of which hold.
model::ExprId Around::clause(const Clause& clause) {
    auto& b = x_.b;
    if (const auto known = clauses_.find(clause.statement); known != clauses_.end()) return known->second;
    std::vector<model::ExprId> all;
    std::vector<model::ExprId> lists, interfaces, lists6;
    for (const Statement& line : clause.statement->block) {
        if (line.words[0] != "match") continue;
        if (line.begins({"match", "ip", "address"}) && line.word(3) != "prefix-list") {
            for (std::size_t i = 3; i < line.words.size(); ++i) lists.push_back(lists_.permitted(line.words[i], line));
        } else if (line.begins({"match", "ipv6", "address"}) && line.word(3) != "prefix-list") {
            lists6.push_back(lists_.permitted(line.word(3), line, Family::v6));
        } else if (line.begins({"match", "interface"})) {
            for (std::size_t i = 2; i < line.words.size();)
                interfaces.push_back(out(c_.full_name(interface_at(line, i))));
        } else {
            const bool packet = line.word(1) == "length";
            all.push_back(
                n_.doubt({"packet is meant by `" + line.text() + "`",
                          packet ? model::PredicateKind::packet : model::PredicateKind::opaque, line.span, false}));
        }
    }
    for (const auto* kind : {&lists, &interfaces, &lists6})
        if (!kind->empty()) all.push_back(b.either(*kind));
    return clauses_.emplace(clause.statement, b.all(all)).first->second;
}

model::ExprId Around::translated_by(std::string_view route_map, const Statement& where) {
    auto& b = x_.b;
    (void)b.use("route-map", route_map, where.span);
    const auto map = c_.route_maps.find(route_map);
    if (map == c_.route_maps.end())
        return n_.doubt({"packet is permitted by route-map " + std::string(route_map) + ", which is not defined here",
                         model::PredicateKind::opaque, where.span, true});
    if (const auto known = translated_.find(route_map); known != translated_.end()) return known->second;
    return translated_.emplace(std::string(route_map), translated_by(map->second)).first->second;
}

model::ExprId Around::translated_by(const std::vector<Clause>& clauses) {
    auto& b = x_.b;
    model::ExprId out = b.no();
    for (auto c = clauses.rbegin(); c != clauses.rend(); ++c) {
        const auto match = clause(*c);
        if (c->permit) {
            out = b.either({match, out});
            continue;
        }
        const std::string text = "`" + c->statement->text() + "` exempts from translation";
        const auto exempts = b.unknown(b.predicate(text, model::PredicateKind::ambiguity, Field::src,
                                                   b.origin(c->statement->span, c->statement->text())));
        out = b.all({b.negate(b.all({match, exempts})), out});
    }
    return out;
}

// -- policy routing

/// Interfaces that a `set` leads to; false: not known.
bool Around::next_hops(const Statement& set, std::vector<std::string>& to) {
    const bool interface = set.word(1) == "interface";
    for (std::size_t i = interface ? 2 : 3; i < set.words.size();) {
        if (interface) {
            to.push_back(c_.full_name(interface_at(set, i)));
            continue;
        }
        const auto hop = base::parse_ipv4(set.words[i++]);
        if (!hop) return false;
        std::string name = towards(*hop, main_table);
        if (name.empty()) return false;
        to.push_back(std::move(name));
    }
    return !to.empty();
}

model::ChainId Around::policy(const Binding& map) {
    auto& b = x_.b;
    if (const auto known = policies_.find(map.name); known != policies_.end()) return known->second;
    const auto chain = b.chain("route-map " + map.name);
    policies_.emplace(map.name, chain);
    // Without the route map packets are routed as usual; EL206 says that it is not there.
    if (const auto known = c_.route_maps.find(map.name); known != c_.route_maps.end())
        for (const Clause& c : known->second) policy_clause(chain, c);
    return chain;
}

void Around::policy_clause(model::ChainId chain, const Clause& c) {
    auto& b = x_.b;
    std::vector<std::string> to;
    const Statement* set = nullptr;
    bool understood = true;
    for (const Statement& line : c.statement->block) {
        if (line.words[0] != "set") continue;
        const bool hop = line.begins({"set", "ip", "next-hop"}) || line.begins({"set", "interface"});
        if (hop && set == nullptr) {
            set = &line;
            understood = next_hops(line, to);
        } else if (hop || one_of(line.word(1), " vrf global default ") ||
                   (line.word(1) == "ip" && (line.word(2) == "default" || line.word(2) == "vrf"))) {
            set = set != nullptr ? set : &line;
            understood = false;
        }
    }
    model::Rule r;
    r.match = clause(c);
    r.control = model::Decide{Verdict::accept, {}, true};
    if (!c.permit || set == nullptr) {
        b.rule(chain, std::move(r), c.statement->span, c.statement->text());
        return;
    }
    const auto towards_interface = [&](const std::string& name) {
        return model::Assign{{Field::out_if, model::View::current, {}}, {}, 0, {}, 0, b.interface(name).value};
    };
    if (!understood) {
        // It may lead anywhere that an interface does, or leave the packet to the routes.
        const auto all = interfaces();
        const std::size_t most = std::min<std::size_t>(all.size(), 4000);
        const auto which = b.predicate("where `" + set->text() + "` leads", model::PredicateKind::opaque, Field::dst,
                                       b.origin(set->span, set->text()), static_cast<std::uint16_t>(most + 1));
        for (std::size_t i = 0; i < most; ++i) {
            model::Rule one = r;
            one.match = b.all({r.match, b.unknown(which, static_cast<std::uint16_t>(i + 1))});
            one.effects.emplace_back(towards_interface(all[i]->name));
            one.origin = b.origin(set->span, set->text());
            b.device().origins[one.origin.index()].element = true;
            b.rule(chain, std::move(one));
        }
        b.rule(chain, std::move(r), set->span, set->text());
        x_.unread(*set, Influence::routing, which);
        return;
    }
    // The first one is meant; those behind it are for when it is down.
    if (to.front().starts_with("Null"))
        r.control = model::Decide{Verdict::drop, {}, true};
    else
        r.effects.emplace_back(towards_interface(to.front()));
    b.rule(chain, std::move(r), set->span, set->text());
}

void Around::policy_stage() {
    auto& b = x_.b;
    const auto chain = b.chain("policy routing");
    const auto bind = [&](model::ExprId from, const Binding& map) {
        if (!map) return;
        model::Rule r;
        r.match = from;
        r.control = model::Jump{policy(map)};
        b.rule(chain, std::move(r), map.statement->span, map.statement->text());
    };
    for (const Interface* i : interfaces()) bind(in(i->name), i->policy);
    bind(from_self(), c_.local_policy);
    if (b.device().chains[chain.index()].rules.empty()) return;
    b.stage("policy routing", model::Label::routing,
            b.all({b.family(Family::v4), b.negate(b.in(Field::dst, b.set({model::DeviceAddresses{}, {}})))}), chain);
}

}  // namespace egresslint::dialects::ios
