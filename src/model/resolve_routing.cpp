// SPDX-License-Identifier: Apache-2.0
// Follows Linux: policy rules by priority, each a jump to its table's chain; in a table the longest prefix, then the
// lowest metric; a miss or `throw` comes back to the next rule. Sources: ip-rule(8), ip-route(8); the masquerade
// address as measured (next hop's subnet first) and as inet_select_addr does it.
#include "model/resolve_routing.hpp"

#include <algorithm>
#include <map>

namespace egresslint::model {
namespace {

constexpr std::uint32_t local_table = 255, main_table = 254, default_table = 253;

struct Hop {
    std::uint32_t interface = no_interface;
    std::optional<Address> gateway;
    friend bool operator==(const Hop&, const Hop&) = default;
};

/// An assumed route may leave by each of thousands of interfaces.
constexpr std::size_t most_hops_named = 64;

std::string describe(const Route& r) {
    std::string out = r.destination.length == 0 ? "default" : base::to_string(r.destination);
    for (std::size_t i = 0; i < r.next_hops.size(); ++i) {
        const auto& h = r.next_hops[i];
        if (i == most_hops_named && r.next_hops.size() > most_hops_named + 1) {
            out += " and " + std::to_string(r.next_hops.size() - i) + " more";
            break;
        }
        if (h.gateway) out += " via " + base::to_string(*h.gateway);
        if (!h.interface.empty()) out += " dev " + h.interface;
    }
    if (r.from) out += " from " + base::to_string(*r.from);
    if (r.table != main_table) out += " table " + std::to_string(r.table);
    return out;
}

class RoutingWriter {
public:
    RoutingWriter(Builder& builder, ValuePredicates& predicates, const Surroundings& surroundings,
                  base::Diagnostics& diagnostics)
        : b_(builder), predicates_(predicates), s_(surroundings), diagnostics_(diagnostics) {}

    void run() {
        std::vector<ChainId> chains;
        for (std::size_t i = 0; i < device().chains.size(); ++i)
            if (device().chains[i].routing && device().chains[i].rules.empty()) chains.emplace_back(i);
        if (chains.empty()) return;
        prepare_gateway();
        for (const auto chain : chains) write(chain);
    }

private:
    [[nodiscard]] Device& device() { return b_.device(); }
    [[nodiscard]] const Device& device() const { return b_.device(); }

    // -- the address that masquerade takes

    /// Global addresses that are no secondaries, in order: what inet_select_addr considers.
    std::vector<std::uint32_t> candidates(std::uint32_t interface, Family family) const {
        std::vector<std::uint32_t> out;
        const auto& addresses = device().interfaces[interface].addresses;
        for (std::uint32_t i = 0; i < addresses.size(); ++i)
            if (addresses[i].address.family == family && addresses[i].global && !addresses[i].secondary)
                out.push_back(i);
        return out;
    }

    void prepare_gateway() {
        bool needed = false;
        for (const auto i : s_.usable)
            needed = needed || candidates(i, Family::v4).size() > 1 || candidates(i, Family::v6).size() > 1;
        if (needed && !device().gateway_register.valid()) device().gateway_register = b_.reg("gateway address");
    }

    struct Way {
        ExprId extra;
        std::uint32_t gateway = 0;  ///< index of the address + 1
    };

    /// How masquerade's address depends on the destination, for a hop of a route to `to`; earlier entries win.
    std::vector<Way> ways(const Hop& hop, const Prefix& to, bool assumed) {
        const auto family = to.base.family;
        const auto all = candidates(hop.interface, family);
        if (!device().gateway_register.valid() || all.size() < 2) return {{b_.yes(), all.empty() ? 0 : all[0] + 1}};
        const auto& addresses = device().interfaces[hop.interface].addresses;
        std::vector<std::pair<std::uint32_t, Prefix>> subnets;
        for (const auto c : all) subnets.emplace_back(c, make_prefix(addresses[c].address, addresses[c].length));
        if (family == Family::v6) {
            // RFC 6724, rule 6: for a plain global destination the only address of its label wins.
            std::vector<std::uint32_t> plain;
            for (const auto c : all)
                if (plain_global().contains(addresses[c].address.bits)) plain.push_back(c);
            std::vector<Way> out;
            if (plain.size() == 1)
                out.push_back({b_.in(Field::dst, b_.addresses({}, plain_global())), plain.front() + 1});
            const auto rest = ambiguous(hop, all, "IPv6 address", b_.yes());
            out.insert(out.end(), rest.begin(), rest.end());
            return out;
        }
        if (hop.gateway && hop.gateway->family == family) {
            for (const auto& [c, net] : subnets)
                if (net.contains(*hop.gateway)) return {{b_.yes(), c + 1}};
            return {{b_.yes(), all[0] + 1}};
        }
        // On-link: the next hop is the destination itself.
        std::vector<Way> out;
        for (const auto& [c, net] : subnets) {
            if (net.contains(to.base) && net.length <= to.length) {
                out.push_back({b_.yes(), c + 1});
                return out;
            }
            if (to.contains(net.base)) out.push_back({b_.prefix(Field::dst, net), c + 1});
        }
        // An assumed route lacks the gateway that the real one has.
        if (assumed) {
            const auto rest = ambiguous(hop, all, "address", b_.yes());
            out.insert(out.end(), rest.begin(), rest.end());
        } else {
            out.push_back({b_.yes(), all[0] + 1});
        }
        return out;
    }

    /// 2000::/3 without what the policy table of RFC 6724 and Linux's labels (6to4, Teredo, 6bone, ORCHID) set apart.
    static const IntervalSet& plain_global() {
        static const IntervalSet set = [] {
            auto all = IntervalSet::prefix(*base::parse_prefix("2000::/3"));
            for (const char* apart : {"2002::/16", "2001::/32", "3ffe::/16", "2001:10::/28"})
                all = all.minus(IntervalSet::prefix(*base::parse_prefix(apart)));
            return all;
        }();
        return set;
    }

    std::vector<Way> ambiguous(const Hop& hop, const std::vector<std::uint32_t>& all, const char* what, ExprId when) {
        std::vector<Way> out;
        const auto choices = static_cast<std::uint16_t>(all.size());
        const ValuePredicates::Query query{
            "which " + std::string(what) + " of " + device().interfaces[hop.interface].name + " masquerade takes for ",
            "",
            PredicateKind::ambiguity,
            choices,
            {}};
        for (std::uint16_t i = 0; i < choices; ++i)
            out.push_back({b_.all({when, predicates_.test(Field::dst, View::current, query, i)}), all[i] + 1});
        return out;
    }

    // -- rules

    void leave(ChainId chain, ExprId match, std::uint32_t interface, std::uint32_t gateway, OriginId origin) {
        Rule r;
        r.match = match;
        r.effects.emplace_back(Assign{FieldRef{Field::out_if, View::current, {}}, {}, 0, {}, 0, interface});
        if (device().gateway_register.valid())
            r.effects.emplace_back(
                Assign{FieldRef{Field::reg, View::current, device().gateway_register}, {}, 0, {}, 0, gateway});
        r.control = Decide{Verdict::accept, {}, true};
        r.origin = origin;
        b_.rule(chain, std::move(r));
    }
    void stop(ChainId chain, ExprId match, Verdict verdict, OriginId origin) {
        Rule r;
        r.match = match;
        r.control = Decide{verdict, {}, true};
        r.origin = origin;
        b_.rule(chain, std::move(r));
    }

    ExprId destination(const Prefix& p) { return p.length == 0 ? b_.family(p.base.family) : b_.prefix(Field::dst, p); }
    ExprId received() { return b_.negate(b_.in(Field::in_if, IntervalSet::single(self_interface))); }
    ExprId generated() { return b_.in(Field::in_if, IntervalSet::single(self_interface)); }

    std::vector<Hop> hops(const Route& route, bool& guessed) {
        std::vector<Hop> out;
        const auto add = [&](std::uint32_t interface, const std::optional<Address>& gateway) {
            const Hop hop{interface, gateway};
            if (interface != self_interface && std::find(out.begin(), out.end(), hop) == out.end()) out.push_back(hop);
        };
        for (const auto& h : route.next_hops) {
            if (!h.interface.empty()) {
                const auto ids = s_.named(h.interface);
                guessed = guessed || ids.size() > 1;
                for (const auto i : ids) add(i, h.gateway);
                continue;
            }
            bool found = false;
            for (const auto i : s_.usable)
                for (const auto& a : device().interfaces[i].addresses)
                    if (h.gateway && !found && make_prefix(a.address, a.length).contains(*h.gateway)) {
                        add(i, h.gateway);
                        found = true;
                    }
            if (found) continue;
            guessed = true;
            for (const auto i : s_.usable) add(i, h.gateway);
        }
        return out;
    }

    /// One route's rules. `extra` narrows the match.
    void route(ChainId chain, const Route& r, ExprId extra) {
        const auto origin = b_.origin(r.span, "route " + describe(r), true);
        auto match = b_.all({destination(r.destination), extra});
        if (r.from) match = b_.all({match, b_.prefix(Field::src, *r.from)});
        if (!r.unsupported.empty())
            match = b_.all({match, unsupported("route " + describe(r) + " (" + r.unsupported + ")",
                                               "a route that depends on " + r.unsupported, r.span)});
        switch (r.type) {
            case RouteType::local: leave(chain, match, self_interface, 0, origin); return;
            case RouteType::blackhole: stop(chain, match, Verdict::drop, origin); return;
            case RouteType::unreachable:
            case RouteType::prohibit: stop(chain, match, Verdict::reject, origin); return;
            case RouteType::throw_: {
                Rule back;
                back.match = match;
                back.control = Return{};
                back.origin = origin;
                b_.rule(chain, std::move(back));
                return;
            }
            case RouteType::unicast:
            case RouteType::broadcast:
            case RouteType::multicast: break;
        }
        bool guessed = r.assumed;
        const auto all = hops(r, guessed);
        if (all.empty()) {
            // Its interface does not exist: the kernel would not have the route.
            return;
        }
        const ValuePredicates::Query query{"next hop of " + describe(r) + " for ",
                                           "",
                                           guessed ? PredicateKind::ambiguity : PredicateKind::balance,
                                           static_cast<std::uint16_t>(all.size()),
                                           {}};
        for (std::uint16_t i = 0; i < all.size(); ++i) {
            auto which = match;
            if (all.size() > 1) {
                std::vector<PredicateId> made;
                which = b_.all({match, predicates_.test(Field::dst, View::current, query, i, &made)});
                if (guessed)
                    for (const auto p : made)
                        incomplete(p, r.assumed ? "which interface leads to " + base::to_string(r.destination) +
                                                      " is not known; give the output of `ip -j route show table all`"
                                                : "the route " + describe(r) + " does not say which interface it uses");
            }
            for (const auto& way : ways(all[i], r.destination, r.assumed))
                leave(chain, b_.all({which, way.extra}), all[i].interface, way.gateway, origin);
        }
    }

    void incomplete(PredicateId which, std::string message) {
        base::Diagnostic d;
        d.kind = base::Diagnostic::Kind::incomplete;
        d.code = "EL903";
        d.message = std::move(message);
        d.influence = base::Influence::routing;
        d.predicate = which.value;
        diagnostics_.push_back(std::move(d));
    }

    // -- tables

    /// Longest prefix first, then metric; of equal ones the first as read wins for IPv4, while IPv6 keeps them as
    /// siblings (link-local and multicast networks of every interface).
    std::vector<Route> sorted(std::vector<Route> routes) const {
        // Measured on 6.18: beside an IPv6 route with a source, one of the same destination without is passed over,
        // unless it is the default route. The manual does not say so.
        for (auto& plain : routes) {
            if (plain.from || plain.destination.length == 0 || plain.destination.base.family != Family::v6) continue;
            if (std::any_of(routes.begin(), routes.end(),
                            [&](const Route& r) { return r.from && r.destination == plain.destination; }))
                plain.unsupported += std::string(plain.unsupported.empty() ? "" : ", ") +
                                     "whether it counts beside one of the same destination with a source";
        }
        std::stable_sort(routes.begin(), routes.end(), [](const Route& a, const Route& b) {
            if (a.destination.base.family != b.destination.base.family)
                return a.destination.base.family < b.destination.base.family;
            if (a.destination.length != b.destination.length) return a.destination.length > b.destination.length;
            if (a.destination.base != b.destination.base) return a.destination.base < b.destination.base;
            // Of one destination: the longest source (ip-route(8), IPv6 subtrees), then one of that type of service.
            const auto source = [](const Route& r) { return r.from ? int{r.from->length} : -1; };
            if (source(a) != source(b)) return source(a) > source(b);
            if (a.unsupported.empty() != b.unsupported.empty()) return b.unsupported.empty();
            return a.metric < b.metric;
        });
        std::vector<Route> out;
        for (auto& r : routes) {
            if (!out.empty() && out.back().destination == r.destination && out.back().from == r.from &&
                out.back().unsupported.empty() && r.unsupported.empty()) {
                auto& kept = out.back();
                const bool siblings = r.destination.base.family == Family::v6 && kept.metric == r.metric &&
                                      kept.type == r.type && r.type != RouteType::local;
                if (siblings) kept.next_hops.insert(kept.next_hops.end(), r.next_hops.begin(), r.next_hops.end());
                continue;
            }
            out.push_back(std::move(r));
        }
        return out;
    }

    ChainId table_chain(std::uint32_t table, std::int32_t suppress) {
        const auto [it, fresh] = tables_.try_emplace({table, suppress});
        if (!fresh) return it->second;
        std::string name = table == local_table     ? "routes local"
                           : table == main_table    ? "routes main"
                           : table == default_table ? "routes default"
                                                    : "routes of table " + std::to_string(table);
        if (suppress >= 0) name += " longer than /" + std::to_string(suppress);
        const auto origin = b_.origin({}, name, true);
        const auto chain = b_.chain(std::move(name), origin);
        tables_[{table, suppress}] = chain;
        std::vector<Route> routes;
        for (const auto& r : device().routes)
            if (r.table == table && static_cast<std::int32_t>(r.destination.length) > suppress && usable(r, table))
                routes.push_back(r);
        if (table == local_table) {
            leave(chain, s_.local_destination, self_interface, 0, origin);
            const IntervalSet multicast4 = IntervalSet::prefix(*base::parse_prefix("224.0.0.0/4"));
            const IntervalSet multicast6 = IntervalSet::prefix(*base::parse_prefix("ff00::/8"));
            leave(chain,
                  b_.all({received(), b_.either({s_.broadcast_destination,
                                                 b_.in(Field::dst, b_.addresses(multicast4, multicast6))})}),
                  self_interface, 0, origin);
        }
        for (const auto& r : sorted(std::move(routes))) route(chain, r, table == local_table ? generated() : b_.yes());
        return chain;
    }

    /// Local addresses stand in `local_destination` already, broadcasts in `broadcast_destination`.
    static bool usable(const Route& r, std::uint32_t table) {
        return table != local_table || r.type != RouteType::local;
    }

    void jump(ChainId chain, ExprId match, std::uint32_t table, std::int32_t suppress, OriginId origin) {
        const auto to = table_chain(table, suppress);
        if (device().chains[to.index()].rules.empty()) return;
        Rule r;
        r.match = match;
        r.control = Jump{to};
        r.origin = origin;
        b_.rule(chain, std::move(r));
    }

    ExprId guard_unsupported(const RoutingRule& rule) {
        const auto match = rule.match.valid() ? rule.match : b_.yes();
        if (rule.unsupported.empty()) return match;
        return b_.all(
            {match, unsupported("policy routing rule " + std::to_string(rule.priority) + " (" + rule.unsupported + ")",
                                "policy routing by " + rule.unsupported, rule.span)});
    }

    /// A condition that the reader could not express.
    ExprId unsupported(const std::string& text, const std::string& what, Span span) {
        const auto known = device().predicates.size();
        const auto which = b_.predicate(text, PredicateKind::opaque, Field::dst, b_.origin(span, text));
        if (which.index() == known) {
            base::Diagnostic d;
            d.kind = base::Diagnostic::Kind::not_understood;
            d.code = "EL901";
            d.span = span;
            d.message = what + " is not analysed; either outcome is considered";
            d.influence = base::Influence::routing;
            d.predicate = which.value;
            diagnostics_.push_back(std::move(d));
        }
        return b_.unknown(which);
    }

    bool family_known(Family f) const {
        if (!device().routes_known) return false;
        if (std::any_of(device().routes.begin(), device().routes.end(),
                        [f](const Route& r) { return r.destination.base.family == f; }))
            return true;
        // No route of the family: known only where no interface speaks it.
        return device().addresses_known && std::none_of(s_.usable.begin(), s_.usable.end(), [&](std::uint32_t i) {
                   const auto& a = device().interfaces[i].addresses;
                   return std::any_of(a.begin(), a.end(),
                                      [f](const InterfaceAddress& x) { return x.address.family == f; });
               });
    }

    void policy(ChainId chain, ExprId families) {
        const auto origin = device().chains[chain.index()].origin;
        auto rules = device().routing_rules;
        if (rules.empty()) {
            for (const auto& [priority, table] :
                 {std::pair{0u, local_table}, std::pair{32766u, main_table}, std::pair{32767u, default_table}})
                rules.push_back(RoutingRule{priority, b_.yes(), table, {}, -1, "", {}});
        }
        std::stable_sort(rules.begin(), rules.end(),
                         [](const RoutingRule& a, const RoutingRule& b) { return a.priority < b.priority; });
        for (const auto& rule : rules) {
            const auto match = b_.all({families, guard_unsupported(rule)});
            const auto where = rule.span.valid()
                                   ? b_.origin(rule.span, "routing rule " + std::to_string(rule.priority), true)
                                   : origin;
            if (!rule.action) {
                jump(chain, match, rule.table, rule.suppress_prefix_length, where);
            } else {
                stop(chain, match, *rule.action == RouteType::blackhole ? Verdict::drop : Verdict::reject, where);
            }
        }
    }

    /// The family's routes are not known: the device's own addresses, then what hangs on its interfaces, then any
    /// interface.
    void guess(ChainId chain, ExprId families, const std::vector<Family>& unknown) {
        const auto origin = device().chains[chain.index()].origin;
        jump(chain, families, local_table, -1, origin);
        if (device().routing_rules.empty()) {
            std::vector<Route> connected;
            for (const auto& r : device().routes)
                if (r.table == main_table &&
                    std::find(unknown.begin(), unknown.end(), r.destination.base.family) != unknown.end())
                    connected.push_back(r);
            for (const auto i : s_.usable)
                for (const auto& a : device().interfaces[i].addresses) {
                    if (std::find(unknown.begin(), unknown.end(), a.address.family) == unknown.end()) continue;
                    if (a.length >= base::address_bits(a.address.family) || !a.global) continue;
                    Route r;
                    r.destination = make_prefix(a.address, a.length);
                    r.next_hops = {NextHop{{}, device().interfaces[i].name}};
                    r.span = device().interfaces[i].span;
                    connected.push_back(std::move(r));
                }
            for (const auto& r : sorted(std::move(connected))) route(chain, r, b_.yes());
        }
        const auto count = static_cast<std::uint16_t>(std::min<std::size_t>(s_.usable.size(), 0xffff));
        for (std::uint16_t i = 0; i < count; ++i) {
            ExprId which = families;
            if (count > 1) {
                const ValuePredicates::Query query{"route of ", "", PredicateKind::ambiguity, count, {}};
                std::vector<PredicateId> made;
                which = b_.all({families, predicates_.test(Field::dst, View::current, query, i, &made)});
                for (const auto p : made)
                    incomplete(p,
                               "the routes of this device are not known; give the output of `ip -j route show table "
                               "all`");
            }
            for (const auto f : unknown)
                for (const auto& way : ways({s_.usable[i], {}}, Prefix{Address{f, 0}, 0}, true))
                    leave(chain, b_.all({which, b_.family(f), way.extra}), s_.usable[i], way.gateway, origin);
        }
    }

    void write(ChainId chain) {
        std::vector<Family> known, unknown;
        for (const auto f : {Family::v4, Family::v6}) (family_known(f) ? known : unknown).push_back(f);
        const auto guard = [&](const std::vector<Family>& f) {
            return f.size() == 2 ? b_.yes() : b_.family(f.front());
        };
        if (!known.empty()) policy(chain, guard(known));
        if (!unknown.empty()) guess(chain, guard(unknown), unknown);
        stop(chain, b_.yes(), Verdict::reject, b_.origin({}, "no route to the destination", true));
    }

    Builder& b_;
    ValuePredicates& predicates_;
    const Surroundings& s_;
    base::Diagnostics& diagnostics_;
    std::map<std::pair<std::uint32_t, std::int32_t>, ChainId> tables_;
};

}  // namespace

void write_routing(Builder& builder, ValuePredicates& predicates, const Surroundings& surroundings,
                   base::Diagnostics& diagnostics) {
    RoutingWriter(builder, predicates, surroundings, diagnostics).run();
}

}  // namespace egresslint::model
