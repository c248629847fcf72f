// SPDX-License-Identifier: Apache-2.0
// Sources: Cisco ASA Series Firewall CLI Configuration Guide 9.x, "NAT": "Comparing network object NAT and twice NAT"
// (one rule of twice NAT is all that a packet matches), "NAT rule order", "Determining the egress interface",
// "Identity NAT"; syslog message 305013 (asymmetric NAT rules for forward and reverse flows).
#include "dialects/asa/lower_nat.hpp"

#include <algorithm>

namespace egresslint::dialects::asa {
namespace {

using base::Influence;
using model::Decide;
using model::Field;
using model::FieldRef;
using model::Translate;
using model::Verdict;
using model::View;

std::optional<u128> single(const std::optional<IntervalSet>& set) { return set ? set->single_value() : std::nullopt; }

/// `field` of one side of a service becomes that of the other. nullopt: ranges that differ.
std::optional<std::vector<Translate>> port_rewrite(Field field, const std::optional<IntervalSet>& from,
                                                   const std::optional<IntervalSet>& to) {
    if (!to || (from && *from == *to)) return std::vector<Translate>{};
    if (const auto one = single(to)) return std::vector{Translate{field, {}, model::Fixed{*one}}};
    return std::nullopt;
}

}  // namespace

NatStages::NatStages(Names& names, Surroundings& around)
    : n_(names), x_(names.context()), c_(names.config()), around_(around), rules_(nat_table(names)) {
    forward_tied_.resize(rules_.size() + 1);
    reverse_tied_.resize(rules_.size() + 1);
    if (!rules_.empty()) register_ = x_.b.reg("nat rule");
}

// -- small things

model::Effect NatStages::assign(FieldRef to, std::uint32_t value) { return model::Assign{to, {}, 0, {}, 0, value}; }
model::ExprId NatStages::number_is(unsigned number) { return x_.b.in_register(register_, IntervalSet::single(number)); }
model::ExprId NatStages::not_tied() {
    return tied_.empty() ? x_.b.yes() : x_.b.negate(x_.b.in_register(register_, tied_));
}
/// Identity NAT leaves the way to the routes up to 8.4(1), and after that where it says so.
bool NatStages::by_route(const NatRule& r, bool identity) const {
    return identity && (r.route_lookup || (c_.version.major != 0 && !c_.version.at_least(8, 4, 2)));
}

/// What the packet of one direction has to be: `reversed` is the direction from the mapped side.
model::ExprId NatStages::service(const Service& s, bool reversed, View destination_port) {
    auto& b = x_.b;
    std::vector<model::ExprId> parts;
    if (!s.protocols.empty()) parts.push_back(b.in(Field::proto, s.protocols));
    const auto& sport = reversed ? s.dport : s.sport;
    const auto& dport = reversed ? s.sport : s.dport;
    if (sport) parts.push_back(b.sport(*sport));
    if (dport) parts.push_back(b.in(FieldRef{Field::dport, destination_port, {}}, b.numbers(*dport)));
    if (s.icmp_type) parts.push_back(b.in(Field::icmp_type, *s.icmp_type));
    return b.all(parts);
}

void NatStages::rule(model::ChainId chain, const NatRule& r, model::ExprId match, std::vector<model::Effect> effects,
                     Decide decide) {
    model::Rule out;
    out.match = match;
    out.effects = std::move(effects);
    out.control = std::move(decide);
    out.name = r.name;
    out.uses = r.uses;
    out.active = r.active;
    x_.b.rule(chain, std::move(out), r.statement->span, r.statement->text());
}

void NatStages::opaque(const NatRule& r, model::ChainId chain, model::ExprId match, bool source) {
    if (!r.active) return;
    const auto which =
        x_.b.opaque_rule(chain, match, x_.b.origin(r.statement->span, r.statement->text()), source, !source);
    x_.unread(r.statement->span, "`" + r.statement->text() + "` is not analysed: it may translate to anything",
              source ? Influence::source : Influence::destination, which);
}

/// All rules that were not understood are one unknown, where the first of them stands: each by itself may do anything,
/// and that many unknowns that may do anything cost much and say no more.
void NatStages::opaque_rules(const NatRule& first, model::ChainId chain, bool source) {
    auto& b = x_.b;
    std::vector<model::ExprId> match;
    std::vector<const NatRule*> all;
    for (const NatRule& r : rules_) {
        if (r.understood || !r.active) continue;
        if (all.empty() && &r != &first) return;
        match.push_back(source ? b.all({around_.in(r.real_if), around_.out(r.mapped_if)})
                               : b.either({around_.in(r.real_if), around_.in(r.mapped_if)}));
        all.push_back(&r);
    }
    if (all.empty()) return;
    const auto which = b.opaque_rule(chain, b.either(match), b.origin(first.statement->span, first.statement->text()),
                                     source, !source);
    for (const NatRule* r : all)
        x_.unread(r->statement->span, "`" + r->statement->text() + "` is not analysed: it may translate to anything",
                  source ? Influence::source : Influence::destination, which);
}

model::ExprId NatStages::destination_of_interface(const std::string& interface) {
    return x_.b.in(Field::dst, interface.empty() ? x_.b.set({model::DeviceAddresses{}, {}})
                                                 : x_.b.set({model::InterfaceAddresses{interface, false}, {}}));
}

// -- destination

bool NatStages::untranslate() {
    auto& b = x_.b;
    const auto chain = b.chain("un-translate");
    for (NatRule& r : rules_) {
        if (!r.understood) {
            opaque_rules(r, chain, false);
            continue;
        }
        if (r.destination) untranslate(r, true, chain);
        if (!r.dynamic && !r.unidirectional) untranslate(r, false, chain);
    }
    bool diverts = false;
    for (const auto id : b.device().chains[chain.index()].rules)
        for (const auto& effect : b.device().rules[id.index()].effects)
            if (const auto* a = std::get_if<model::Assign>(&effect)) diverts |= a->to.field == Field::out_if;
    if (b.device().chains[chain.index()].rules.empty()) return false;
    b.stage("un-translate destinations", model::Label::destination_translation, around_.from_outside(), chain);
    return diverts;
}

void NatStages::untranslate(NatRule& r, bool forward, model::ChainId chain) {
    auto& b = x_.b;
    const unsigned number = 2 * r.id + (forward ? 0 : 1);
    const std::string& from_if = forward ? r.real_if : r.mapped_if;
    const std::string& to_if = forward ? r.mapped_if : r.real_if;
    const bool identity = forward ? r.destination_identity() : r.identity();
    std::vector<model::ExprId> match{around_.in(from_if)};
    std::vector<Translate> ports;
    bool good = true;
    if (r.service) {
        const Service& arrives = forward ? r.from.front() : r.to.front();
        const Service& leaves = forward ? r.to.front() : r.from.front();
        match.push_back(service(arrives, !forward, View::current));
        const auto rewrite = forward ? port_rewrite(Field::dport, arrives.dport, leaves.dport)
                                     : port_rewrite(Field::dport, arrives.sport, leaves.sport);
        good = rewrite.has_value();
        if (good) ports = *rewrite;
    }
    const bool diverts = !to_if.empty() && !by_route(r, identity);
    const bool twice = r.section != 2;
    // A rule that changes no destination and leaves the way to the routes only keeps later rules away.
    const bool plain = identity && !diverts && ports.empty() && forward;
    std::vector<model::Effect> effects;
    if (!plain) {
        if (diverts) effects.push_back(assign({Field::out_if, View::current, {}}, b.interface(to_if).value));
        effects.push_back(assign({Field::reg, View::current, register_}, number));
        if (twice) {
            tied_ = tied_.unite(IntervalSet::single(number));
            (forward ? forward_tied_ : reverse_tied_)[r.id] = true;
        } else {
            objects_ = objects_.unite(IntervalSet::single(number));
        }
    }
    const Addresses& hit = forward ? r.dst_mapped : r.mapped;
    const bool own = forward ? r.dst_interface : r.mapped_interface;
    if (forward)
        match.push_back(n_.match({Field::src, View::current, {}}, r.real));
    else if (r.destination)
        match.push_back(n_.match({Field::src, View::current, {}}, r.dst_real));
    if (identity) {
        match.push_back(n_.match({Field::dst, View::current, {}}, hit));
        std::vector<Translate> then = ports;
        then.push_back(Translate{Field::dst, {}, model::Keep{}});
        rule(chain, r, b.all(match), std::move(effects), Decide{Verdict::accept, std::move(then), true});
        return;
    }
    const Addresses& becomes = forward ? r.dst_real : r.real;
    if (own) {
        match.push_back(destination_of_interface(from_if));
        if (good && becomes.plain()) {
            std::vector<Translate> then = ports;
            then.insert(then.begin(),
                        Translate{Field::dst, becomes.items.front().family, model::Fixed{becomes.items.front().first}});
            rule(chain, r, b.all(match), std::move(effects), Decide{Verdict::accept, std::move(then), true});
            return;
        }
    } else if (const auto runs = pieces(becomes, hit, true); runs && good) {
        for (const Piece& p : *runs)
            for (Rewrite& w : rewrites(p, Field::dst)) {
                std::vector<model::ExprId> all = match;
                const IntervalSet values({w.values});
                all.push_back(runs->size() == 1 && IntervalSet::range(p.from, p.last) == values
                                  ? n_.match({Field::dst, View::current, {}}, hit)
                                  : b.address(Field::dst, w.family, values));
                std::vector<Translate> then = ports;
                then.insert(then.begin(), w.translate);
                rule(chain, r, b.all(all), effects, Decide{Verdict::accept, std::move(then), true});
            }
        return;
    } else {
        match.push_back(n_.match({Field::dst, View::current, {}}, hit));
    }
    opaque(r, chain, b.all(match), false);
}

// -- the way back

void NatStages::check_reverse() {
    auto& b = x_.b;
    const auto chain = b.chain("reverse path of translation");
    const auto add = [&](const NatRule& r, model::ExprId match, Verdict verdict) {
        model::Rule out;
        out.match = match;
        out.control = Decide{verdict, {}, true};
        out.name = r.name;
        out.origin = b.origin(r.statement->span, r.statement->text(), true);
        b.device().origins[out.origin.index()].element = true;
        b.rule(chain, std::move(out));
    };
    bool some = false;
    for (const NatRule& r : rules_) {
        if (!r.active || !r.understood) continue;
        for (const bool forward : {true, false})
            if (forward ? r.destination : !r.dynamic && !r.unidirectional)
                add(r, number_is(2 * r.id + (forward ? 0 : 1)), Verdict::accept);
        std::vector<model::ExprId> match{around_.in(r.mapped_if), around_.out(r.real_if),
                                         n_.match({Field::dst, View::current, {}}, r.real)};
        if (r.destination) match.push_back(n_.match({Field::src, View::current, {}}, r.dst_real));
        if (r.service) match.push_back(service(r.from.front(), true, View::current));
        if (r.identity()) {
            add(r, b.all(match), Verdict::accept);
            continue;
        }
        some = true;
        // Whether a rule for every source counts where the destination was not translated at all, and one that is not
        // for answers, no document says.
        const bool all_sources = r.real.any || r.real.of(Family::v4).is_full(32);
        if (r.unidirectional || all_sources) {
            const auto which =
                b.predicate("answers of `" + r.statement->text() + "` are checked", model::PredicateKind::ambiguity,
                            Field::dst, b.origin(r.statement->span, r.statement->text()));
            auto in_doubt = b.unknown(which);
            if (!r.unidirectional) in_doubt = b.either({in_doubt, b.negate(number_is(0))});
            match.push_back(in_doubt);
        }
        add(r, b.all(match), Verdict::drop);
    }
    if (some) b.stage("reverse path of translation", model::Label::filter, around_.forwarded(), chain, Verdict::accept);
}

// -- source

void NatStages::translate() {
    auto& b = x_.b;
    const auto chain = b.chain("translate");
    for (const NatRule& r : rules_) {
        if (!r.understood) {
            opaque_rules(r, chain, true);
            continue;
        }
        translate(r, chain);
    }
    if (!b.device().chains[chain.index()].rules.empty())
        b.stage("translate sources", model::Label::source_translation, around_.forwarded(), chain);
}

void NatStages::translate(const NatRule& r, model::ChainId chain) {
    auto& b = x_.b;
    if (forward_tied_[r.id]) {
        // Where nothing was chosen, the routes may have led elsewhere.
        translate_source(r, chain, b.all({number_is(2 * r.id), around_.out(r.mapped_if)}));
    } else {
        std::vector<model::ExprId> match{around_.in(r.real_if), around_.out(r.mapped_if), not_tied(),
                                         n_.match({Field::src, View::current, {}}, r.real)};
        if (r.destination) match.push_back(n_.match({Field::dst, View::original, {}}, r.dst_mapped));
        if (r.service) match.push_back(service(r.from.front(), false, View::original));
        IntervalSet before;
        for (const NatRule& o : rules_)
            if (o.section == 2 && o.active && (o.mapped_if.empty() || r.real_if.empty() || o.mapped_if == r.real_if))
                before = before.unite(objects_.intersect(IntervalSet::single(2 * o.id + 1)));
        if (r.section != 2 && !r.destination && !before.empty()) {
            // Object NAT rewrote the destination: whether a rule of twice NAT still acts is not documented.
            const auto which = b.predicate(
                "`" + r.statement->text() + "` acts where object NAT translated the destination",
                model::PredicateKind::ambiguity, Field::src, b.origin(r.statement->span, r.statement->text()));
            match.push_back(b.either({b.negate(b.in_register(register_, before)), b.unknown(which)}));
        }
        translate_source(r, chain, b.all(match));
    }
    if (!reverse_tied_[r.id]) return;
    const auto match = number_is(2 * r.id + 1);
    if (!r.destination || r.destination_identity()) {
        std::vector<Translate> then{Translate{Field::src, {}, model::Keep{}}};
        if (r.destination && r.service)
            if (const auto port = port_rewrite(Field::sport, r.to.front().dport, r.from.front().dport))
                then.insert(then.end(), port->begin(), port->end());
        rule(chain, r, match, {}, Decide{Verdict::accept, std::move(then), true});
        return;
    }
    if (r.dst_interface) {
        rule(chain, r, match, {},
             Decide{Verdict::accept, {Translate{Field::src, {}, model::OutInterfaceAddress{}}}, true});
        return;
    }
    const auto runs = pieces(r.dst_real, r.dst_mapped, false);
    if (!runs) {
        opaque(r, chain, match, true);
        return;
    }
    for (const Piece& p : *runs)
        for (Rewrite& w : rewrites(p, Field::src))
            rule(chain, r, b.all({match, b.address(Field::src, w.family, IntervalSet({w.values}))}), {},
                 Decide{Verdict::accept, {w.translate}, true});
}

void NatStages::translate_source(const NatRule& r, model::ChainId chain, model::ExprId match) {
    auto& b = x_.b;
    std::vector<Translate> ports;
    if (r.service) {
        const auto port = port_rewrite(Field::sport, r.from.front().sport, r.to.front().sport);
        if (!port) {
            opaque(r, chain, match, true);
            return;
        }
        ports = *port;
    }
    if (r.dynamic) {
        translate_dynamic(r, chain, match, ports);
        return;
    }
    const auto with_ports = [&](const Translate& t) {
        std::vector<Translate> then{t};
        then.insert(then.end(), ports.begin(), ports.end());
        return Decide{Verdict::accept, std::move(then), true};
    };
    if (r.identity()) {
        rule(chain, r, match, {}, with_ports(Translate{Field::src, {}, model::Keep{}}));
        return;
    }
    if (r.mapped_interface) {
        rule(chain, r, match, {}, with_ports(Translate{Field::src, {}, model::OutInterfaceAddress{}}));
        return;
    }
    const auto runs = pieces(r.real, r.mapped, false);
    if (!runs) {
        opaque(r, chain, match, true);
        return;
    }
    for (const Piece& p : *runs) {
        const auto parts = rewrites(p, Field::src);
        for (const Rewrite& w : parts) {
            const bool whole = runs->size() == 1 && parts.size() == 1;
            const auto all = whole ? match : b.all({match, b.address(Field::src, w.family, IntervalSet({w.values}))});
            rule(chain, r, all, {}, with_ports(w.translate));
        }
    }
}

void NatStages::translate_dynamic(const NatRule& r, model::ChainId chain, model::ExprId match,
                                  const std::vector<Translate>& more) {
    auto& b = x_.b;
    const auto decide = [&](std::vector<Translate> then) {
        then.insert(then.end(), more.begin(), more.end());
        return Decide{Verdict::accept, std::move(then), true};
    };
    const auto interface_address = [&] { return decide({Translate{Field::src, {}, model::OutInterfaceAddress{}}}); };
    if (r.mapped_interface) {
        rule(chain, r, match, {}, interface_address());
        return;
    }
    if (!r.mapped.plain()) {
        opaque(r, chain, match, true);
        return;
    }
    const auto used_up = [&](const char* what) {
        const std::string text = std::string(what) + " of `" + r.statement->text() + "` is used up";
        const auto which =
            b.predicate(text, model::PredicateKind::dynamic_set, Field::src, b.origin(r.statement->span, text));
        return b.unknown(which);
    };
    const auto pick = [&](const Addresses& from) {
        std::vector<Translate> then;
        for (const Family f : {Family::v4, Family::v6}) {
            const IntervalSet values = from.of(f);
            if (values.empty()) continue;
            if (const auto one = values.single_value()) {
                then.push_back(Translate{Field::src, f, model::Fixed{*one}});
                continue;
            }
            model::Choice c;
            c.text = "pool " + base::addresses_to_string(values, f, 3);
            c.field = Field::src;
            (f == Family::v4 ? c.candidates.values : c.candidates.values6) = values;
            c.origin = b.origin(r.statement->span, r.statement->text());
            then.push_back(Translate{Field::src, f, model::Pick{b.choice(std::move(c)), false}});
        }
        return then;
    };
    if (r.fallback_interface) rule(chain, r, b.all({match, used_up("the pool")}), {}, interface_address());
    // A pool of PAT addresses: one after the other as their ports run out, unless they take turns.
    if (r.pool && !r.round_robin && r.mapped.size() > 1) {
        Addresses first = r.mapped, rest = r.mapped;
        first.items = {{r.mapped.items.front().family, r.mapped.items.front().first, r.mapped.items.front().first}};
        if (rest.items.front().first == rest.items.front().last)
            rest.items.erase(rest.items.begin());
        else
            ++rest.items.front().first;
        rule(chain, r, b.all({match, used_up("the first address of the pool")}), {}, decide(pick(rest)));
        rule(chain, r, match, {}, decide(pick(first)));
        return;
    }
    rule(chain, r, match, {}, decide(pick(r.mapped)));
}

}  // namespace egresslint::dialects::asa
