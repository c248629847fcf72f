// SPDX-License-Identifier: Apache-2.0
// Sources: Cisco, "NAT Order of Operation" (outside to inside: before routing; inside to outside: after it); Cisco IOS
// IP Addressing: NAT Configuration Guide; Batfish, CiscoIosNat (order of rules, measured on a router by its authors).
// What the documents leave open is a predicate; NOTES.md lists it.
#include "dialects/ios/translate.hpp"

#include <algorithm>

namespace egresslint::dialects::ios {
namespace {

using base::Influence;
using model::Decide;
using model::Field;
using model::Translate;

Translate fixed(Field field, base::u128 value) {
    Translate t{field, {}, model::Fixed{value}};
    if (model::is_address(field)) t.family = Family::v4;
    return t;
}
Translate moved(Field field, const StaticNat& s, bool back) {
    const std::uint32_t from = back ? s.global : s.local, to = back ? s.local : s.global;
    if (s.length == 32) return fixed(field, to);
    return {field, Family::v4, model::Shift{from, to, static_cast<std::uint8_t>(s.length)}};
}
IntervalSet network(std::uint32_t base, unsigned length) {
    return IntervalSet::range(base, base + base::low_mask(32 - length));
}

}  // namespace

/// Interfaces of one side. Where the text shows no interface at all, which side a packet is on is not known.
model::ExprId NatStages::domain(Interface::Nat nat, Field field, bool self) {
    if (c_.interfaces.empty()) {
        const std::string text = std::string(field == Field::in_if ? "comes in by" : "leaves by") +
                                 " an interface with `ip nat " +
                                 (nat == Interface::Nat::inside    ? "inside"
                                  : nat == Interface::Nat::outside ? "outside"
                                                                   : "enable") +
                                 "`";
        return around_.names().doubt({"packet " + text, model::PredicateKind::ambiguity, c_.start, true});
    }
    const auto [at, fresh] = domains_.try_emplace({nat, field, self});
    if (!fresh) return at->second;
    std::vector<model::ExprId> any;
    std::vector<std::string> names;
    for (const Interface* i : around_.interfaces())
        if (i->nat == nat) names.push_back(i->name);
    if (!names.empty()) any.push_back(b_.interface_names(field, names));
    if (self) any.push_back(around_.from_self());
    return at->second = b_.either(any);
}
model::ExprId NatStages::from_outside(bool nvi) {
    return domain(nvi ? Interface::Nat::enabled : Interface::Nat::outside, Field::in_if, false);
}
model::ExprId NatStages::to_outside(bool nvi) {
    return b_.all({domain(nvi ? Interface::Nat::enabled : Interface::Nat::inside, Field::in_if, true),
                   domain(nvi ? Interface::Nat::enabled : Interface::Nat::outside, Field::out_if, false)});
}

void NatStages::rule(model::ChainId chain, const Statement& s, model::ExprId match, std::vector<Translate> then,
                     bool part) {
    model::Rule r;
    r.match = match;
    r.control = Decide{model::Verdict::accept, std::move(then), true};
    r.origin = b_.origin(s.span, s.text());
    b_.device().origins[r.origin.index()].element = part;
    b_.rule(chain, std::move(r));
}

void NatStages::opaque(model::ChainId chain, const Statement& s, model::ExprId match, bool source) {
    const auto which = b_.opaque_rule(chain, match, b_.origin(s.span, s.text()), source, !source);
    x_.unread(s, source ? Influence::source : Influence::destination, which);
}

/// The address of an interface, whichever interface the packet leaves by.
void NatStages::to_interface(model::ChainId chain, const Statement& s, model::ExprId match,
                             const std::string& interface, const std::vector<Translate>& more, bool part) {
    const auto with = [&](const Translate& t) {
        std::vector<Translate> all{t};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    };
    rule(chain, s, b_.all({match, around_.out(interface)}), with({Field::src, {}, model::OutInterfaceAddress{}}), part);
    const auto other = b_.all({match, b_.negate(around_.out(interface))});
    const Interface* i = c_.interface(interface);
    const auto own = [&]() -> std::optional<base::u128> {
        if (i == nullptr || i->learns_address) return std::nullopt;
        const Interface* lender = i->unnumbered.empty() ? i : c_.interface(i->unnumbered);
        if (lender == nullptr) return std::nullopt;
        for (const auto& a : lender->addresses)
            if (!a.secondary && a.address.family == Family::v4) return a.address.bits;
        return std::nullopt;
    }();
    if (own) {
        rule(chain, s, other, with(fixed(Field::src, *own)), true);
        return;
    }
    model::Choice c;
    c.text = "address of " + interface;
    c.field = Field::src;
    c.candidates.values = IntervalSet::full(32);
    c.varies = false;
    c.origin = b_.origin(s.span, s.text());
    rule(chain, s, other, with({Field::src, Family::v4, model::Pick{b_.choice(std::move(c)), false}}), true);
}

std::optional<Translate> NatStages::from_pool(const DynamicNat& d, Field field) {
    (void)b_.use("ip nat pool", d.pool, d.statement->span);
    const auto pool = c_.pools.find(d.pool);
    if (pool != c_.pools.end() && !pool->second.understood) return std::nullopt;
    model::Choice c;
    c.field = field;
    c.origin = b_.origin(d.statement->span, d.statement->text());
    if (pool == c_.pools.end()) {
        x_.incomplete(d.statement->span, "pool " + d.pool + " is not defined here: its addresses are not known",
                      field == Field::src ? Influence::source : Influence::destination);
        c.text = "an address of pool " + d.pool;
        c.candidates.values = IntervalSet::full(32);
        c.varies = false;
    } else {
        const IntervalSet all{pool->second.ranges};
        if (const auto one = all.single_value()) return fixed(field, *one);
        c.text = "pool " + d.pool + " " + base::addresses_to_string(all, Family::v4, 3);
        c.candidates.values = all;
    }
    return Translate{field, Family::v4, model::Pick{b_.choice(std::move(c)), false}};
}

// -- from outside to inside

void NatStages::untranslate(const StaticNat& s, model::ChainId chain) {
    const auto from = from_outside(s.virtual_interface);
    if (!s.understood) {
        opaque(chain, *s.statement, from, false);
        return;
    }
    std::vector<model::ExprId> match{from};
    std::vector<Translate> then;
    if (s.outside) {
        // The source of what comes in: the outside host as the inside sees it.
        match.push_back(b_.address(Field::src, Family::v4, network(s.global, s.length)));
        then.push_back(moved(Field::src, s, true));
        if (s.protocol) match.push_back(b_.proto(*s.protocol));
        if (s.global_port) {
            match.push_back(b_.sport(IntervalSet::single(*s.global_port)));
            then.push_back(fixed(Field::sport, *s.local_port));
        }
    } else {
        match.push_back(s.interface.empty()
                            ? b_.address(Field::dst, Family::v4, network(s.global, s.length))
                            : b_.in(Field::dst, b_.set({model::InterfaceAddresses{s.interface, false}, {}})));
        then.push_back(moved(Field::dst, s, true));
        if (s.protocol) match.push_back(b_.proto(*s.protocol));
        if (s.global_port) {
            match.push_back(b_.dport(IntervalSet::single(*s.global_port)));
            if (*s.global_port != *s.local_port) then.push_back(fixed(Field::dport, *s.local_port));
        }
        if (!s.route_map.empty() && !s.reversible) {
            const std::string text = "`" + s.statement->text() + "` acts on connections from outside";
            match.push_back(b_.unknown(b_.predicate(text, model::PredicateKind::ambiguity, Field::dst,
                                                    b_.origin(s.statement->span, s.statement->text()))));
        }
    }
    rule(chain, *s.statement, b_.all(match), std::move(then));
}

void NatStages::untranslate() {
    const auto chain = b_.chain("un-translate");
    // What translates the source on the way in leaves the destination to the others.
    const auto sources = b_.chain("translate outside sources");
    for (const StaticNat& s : statics_) untranslate(s, s.outside ? sources : chain);
    for (const DynamicNat& d : dynamics_) {
        if (d.of == DynamicNat::Of::inside_source) continue;
        const bool source = d.of == DynamicNat::Of::outside_source;
        const auto to = source ? sources : chain;
        const auto pool = d.understood && !d.pool.empty() && !d.list.empty()
                              ? from_pool(d, source ? Field::src : Field::dst)
                              : std::nullopt;
        if (!pool)
            opaque(to, *d.statement, from_outside(false), source);
        else
            rule(to, *d.statement,
                 b_.all({from_outside(false), around_.lists().permitted(d.list, *d.statement, Family::v4, !source)}),
                 {*pool});
    }
    const auto when = b_.all({b_.family(Family::v4), b_.negate(around_.from_self())});
    if (!b_.device().chains[sources.index()].rules.empty())
        b_.stage("translate outside sources", model::Label::source_translation, when, sources);
    if (!b_.device().chains[chain.index()].rules.empty())
        b_.stage("un-translate destinations", model::Label::destination_translation, when, chain);
}

// -- from inside to outside

void NatStages::translate(const StaticNat& s, model::ChainId chain, model::ExprId extra, bool part) {
    const auto to = to_outside(s.virtual_interface);
    if (!s.understood) {
        if (!part) opaque(chain, *s.statement, to, true);
        return;
    }
    std::vector<model::ExprId> match{to, b_.address(Field::src, Family::v4, network(s.local, s.length)), extra};
    std::vector<Translate> ports;
    if (s.protocol) match.push_back(b_.proto(*s.protocol));
    if (s.local_port) {
        match.push_back(b_.sport(IntervalSet::single(*s.local_port)));
        if (*s.local_port != *s.global_port) ports.push_back(fixed(Field::sport, *s.global_port));
    }
    if (!s.route_map.empty()) match.push_back(around_.translated_by(s.route_map, *s.statement));
    if (!s.interface.empty()) {
        to_interface(chain, *s.statement, b_.all(match), s.interface, ports, part);
        return;
    }
    std::vector<Translate> then{moved(Field::src, s, false)};
    then.insert(then.end(), ports.begin(), ports.end());
    rule(chain, *s.statement, b_.all(match), std::move(then), part);
}

/// Several static translations of one host: Cisco says that a connection from inside takes none of them but the dynamic
/// rules; others saw it take one. The predicate names one or none; where the route map of the one does not mean the
/// packet, the others have their turn.
void NatStages::translate_statics(model::ChainId chain) {
    const auto same = [](const StaticNat& a, const StaticNat& b) {
        return a.understood && b.understood && !a.outside && !b.outside && a.local == b.local && a.length == b.length &&
               a.virtual_interface == b.virtual_interface && !a.local_port && !b.local_port;
    };
    std::map<std::tuple<std::uint32_t, unsigned, bool>, std::vector<const StaticNat*>> groups;
    for (const StaticNat& s : statics_)
        if (s.understood && !s.outside && !s.local_port) groups[{s.local, s.length, s.virtual_interface}].push_back(&s);
    for (const StaticNat& s : statics_) {
        if (s.outside) continue;
        const auto group = groups.find({s.local, s.length, s.virtual_interface});
        if (group == groups.end() || s.local_port || !s.understood || group->second.size() == 1) {
            translate(s, chain, b_.yes(), false);
            continue;
        }
        auto& all = group->second;
        if (all.front() != &s || !same(s, *all.back())) continue;
        const auto count = static_cast<std::uint16_t>(std::min<std::size_t>(all.size(), 4000));
        const auto host = base::to_string(base::Address{Family::v4, s.local});
        const auto which = b_.predicate(
            "which static translation of " + host + " a connection from inside takes", model::PredicateKind::ambiguity,
            Field::src, b_.origin(s.statement->span, s.statement->text()), static_cast<std::uint16_t>(count + 1));
        for (std::uint16_t i = 0; i < count; ++i) translate(*all[i], chain, b_.unknown(which, i), false);
        for (const StaticNat* one : all)
            if (std::ranges::any_of(all, [](const StaticNat* o) { return !o->route_map.empty(); }))
                translate(*one, chain, b_.negate(b_.unknown(which, count)), true);
    }
}

void NatStages::translate(const DynamicNat& d, model::ChainId chain) {
    const auto to = to_outside(d.virtual_interface);
    if (!d.understood) {
        opaque(chain, *d.statement, to, true);
        return;
    }
    const auto match = b_.all({to, d.list.empty() ? around_.translated_by(d.route_map, *d.statement)
                                                  : around_.lists().permitted(d.list, *d.statement)});
    if (!d.interface.empty()) {
        to_interface(chain, *d.statement, match, d.interface, {}, false);
        return;
    }
    if (const auto pool = from_pool(d, Field::src))
        rule(chain, *d.statement, match, {*pool});
    else
        opaque(chain, *d.statement, match, true);
}

/// `ip nat outside source static GLOBAL LOCAL`: inside, the outside host is LOCAL.
void NatStages::destinations_out() {
    const auto chain = b_.chain("outside hosts");
    for (const StaticNat& s : statics_) {
        if (!s.outside) continue;
        if (!s.understood) {
            opaque(chain, *s.statement, to_outside(false), false);
            continue;
        }
        std::vector<model::ExprId> match{to_outside(false),
                                         b_.address(Field::dst, Family::v4, network(s.local, s.length))};
        std::vector<Translate> then{moved(Field::dst, s, false)};
        if (s.protocol) match.push_back(b_.proto(*s.protocol));
        if (s.local_port) {
            match.push_back(b_.dport(IntervalSet::single(*s.local_port)));
            then.push_back(fixed(Field::dport, *s.global_port));
        }
        rule(chain, *s.statement, b_.all(match), std::move(then), true);
    }
    if (!b_.device().chains[chain.index()].rules.empty())
        b_.stage("outside hosts", model::Label::destination_translation, b_.family(Family::v4), chain);
}

void NatStages::translate() {
    destinations_out();
    const auto chain = b_.chain("translate");
    translate_statics(chain);
    for (const DynamicNat& d : dynamics_)
        if (d.of == DynamicNat::Of::inside_source) translate(d, chain);
    if (!b_.device().chains[chain.index()].rules.empty())
        b_.stage("translate sources", model::Label::source_translation, b_.family(Family::v4), chain);
}

}  // namespace egresslint::dialects::ios
