// SPDX-License-Identifier: Apache-2.0
// EL210, EL215: translations that compete for packets, and sources that nobody would send the answers back to.
#include <fmt/format.h>

#include <algorithm>

#include "lint/address_space.hpp"
#include "lint/checks/checks.hpp"
#include "lint/guards.hpp"

namespace egresslint::lint::checks {

using namespace model;

namespace {

bool asks_unknown(const Device& d, ExprId match) {
    bool found = false;
    each_part(d, match, [&](const auto& is) { found = found || std::holds_alternative<Unknown>(is); });
    return found;
}

bool reads(const Device& d, ExprId match, Field field) {
    bool found = false;
    each_part(d, match, [&](const auto& is) {
        const auto* x = std::get_if<In>(&is);
        found = found || (x != nullptr && x->what.field == field);
    });
    return found;
}

/// One rule asks where packets go and the other by which way: routes say whether the two ever meet, and those are known
/// to people.
bool up_to_routing(const Device& d, ExprId a, ExprId b) {
    const auto one = [&](ExprId x, ExprId y) {
        return reads(d, x, Field::dst) && !reads(d, x, Field::out_if) && reads(d, y, Field::out_if) &&
               !reads(d, y, Field::dst);
    };
    return one(a, b) || one(b, a);
}

/// Both would leave a packet the same way: what is written alike.
bool same_result(const std::vector<Translate>& a, const std::vector<Translate>& b) {
    const auto one = [](const Translate& x, const Translate& y) {
        if (x.field != y.field || x.to.index() != y.to.index()) return false;
        if (const auto* f = std::get_if<Fixed>(&x.to)) return f->value == std::get<Fixed>(y.to).value;
        if (const auto* p = std::get_if<Pick>(&x.to)) return p->choice == std::get<Pick>(y.to).choice;
        if (const auto* s = std::get_if<Shift>(&x.to)) {
            const auto& t = std::get<Shift>(y.to);
            return s->from == t.from && s->to == t.to && s->prefix_length == t.prefix_length;
        }
        return true;
    };
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), one);
}

bool competes(const std::vector<Translate>& a, const std::vector<Translate>& b) {
    const auto changes = [](const Translate& t) { return !std::holds_alternative<Keep>(t.to) && is_address(t.field); };
    return std::any_of(a.begin(), a.end(), [&](const Translate& x) {
        return changes(x) && std::any_of(b.begin(), b.end(), [&](const Translate& y) {
                   return changes(y) && y.field == x.field && (!x.family || !y.family || *x.family == *y.family);
               });
    });
}

}  // namespace

void overlapping_translations(Context& c) {
    const Device& d = c.device;
    for (const Chain& chain : d.chains) {
        if (chain.routing) continue;
        std::vector<RuleId> list;
        for (const RuleId r : chain.rules)
            if (c.complement(r).valid() && !asks_unknown(d, d.rules[r.index()].match) &&
                !flow::is_dead(c.shadow().of(r).standing))
                list.push_back(r);
        // One finding for each rule that loses, with all that come before it.
        for (std::size_t j = 1; j < list.size(); ++j) {
            const RuleId b = list[j];
            const auto second = translations(d.rules[b.index()]);
            std::vector<RuleId> winners;
            for (std::size_t i = 0; i < j; ++i) {
                const RuleId a = list[i];
                const ExprId x = d.rules[a.index()].match, y = d.rules[b.index()].match;
                const auto first = translations(d.rules[a.index()]);
                if (!competes(first, second) || same_result(first, second) || up_to_routing(d, x, y) ||
                    rule_span(d, a) == rule_span(d, b) || !c.shadow().overlap(a, b))
                    continue;
                // A narrow rule before a wide one is how exceptions are written.
                if (c.shadow().overlap(a, c.complement(b)) && c.shadow().overlap(b, c.complement(a)))
                    winners.push_back(a);
            }
            if (winners.empty()) continue;
            Finding f = c.finding("EL210", rule_span(d, b));
            const auto [where, several] = c.places(winners, f.span);
            f.message = fmt::format(
                "some packets match this translation and {} as well, where neither is the narrower "
                "one; {} first, and translate{} otherwise",
                where, several ? "those come" : "that comes", several ? "" : "s");
            f.label = "not for packets that both match";
            c.relate(f, winners, "comes first, and translates otherwise");
            c.report(std::move(f), rule_text(d, b));
        }
    }
}

void foreign_addresses(Context& c) {
    const Device& d = c.device;
    // By hand it is enough to state the addresses that face the internet.
    const auto stated = [&](std::uint32_t id) { return !d.interfaces[id].addresses.empty(); };
    const auto& external = c.prepared.network.external;
    if (!d.addresses_known && (external.empty() || !std::all_of(external.begin(), external.end(), stated))) return;
    LiteralSet local;
    for (const Interface& f : d.interfaces)
        for (const InterfaceAddress& a : f.addresses) add(local, base::make_prefix(a.address, a.length));
    for (const Route& r : d.routes)
        if (!r.assumed && r.destination.length != 0) add(local, r.destination);
    // Where connections to it are taken in, somebody sends packets for it here.
    for_each_way(d, [&](const Way& way) {
        const Rule& rule = d.rules[way.rule.index()];
        const auto list = translations(rule);
        if (std::none_of(list.begin(), list.end(), [](const Translate& t) { return t.field == Field::dst; })) return;
        const Guard guard = guard_of(d, way.conditions);
        if (guard.dst_limited) local = unite(local, guard.dst);
    });

    for (std::size_t r = 0; r < d.rules.size(); ++r) {
        const Rule& rule = d.rules[r];
        const base::Span span = rule_span(d, RuleId(r));
        if (!rule.active || !span.valid()) continue;
        for (const Translate& t : translations(rule)) {
            if (t.field != Field::src || !t.family) continue;
            const Family family = *t.family;
            IntervalSet to;
            if (const auto* fixed = std::get_if<Fixed>(&t.to)) to = IntervalSet::single(fixed->value);
            if (const auto* pick = std::get_if<Pick>(&t.to))
                to = d.choices[pick->choice.index()].candidates.of(Field::src, family);
            if (const auto* shift = std::get_if<Shift>(&t.to))
                to = IntervalSet::prefix(base::make_prefix({family, shift->to}, shift->prefix_length));
            const IntervalSet foreign = to.minus(of(local, family));
            if (foreign.empty()) continue;
            Finding f = c.finding("EL215", span);
            f.message = fmt::format(
                "packets leave as {}, which is no address of this device, of a network it is "
                "connected to, or of a route it has",
                base::addresses_to_string(foreign, family, 4));
            f.label = "answers may not come back";
            c.report(std::move(f), rule_text(d, RuleId(r)));
            break;
        }
    }
}

}  // namespace egresslint::lint::checks
