// SPDX-License-Identifier: Apache-2.0
// Sources: Cisco ASA Series CLI configuration guides, "Routed mode interfaces" (security levels), "Access rules"
// (implicit permits and denies, global access rules), "Static routes", Command Reference "ip verify reverse-path",
// "same-security-traffic".
#include "dialects/asa/surroundings.hpp"

#include <algorithm>
#include <map>

#include "dialects/asa/words.hpp"

namespace egresslint::dialects::asa {
namespace {

using base::Influence;
using model::Field;
using model::Verdict;

}  // namespace

// -- small things

model::ExprId Surroundings::in(std::string_view interface) {
    return interface.empty() ? x_.b.yes() : x_.b.interface_names(Field::in_if, {std::string(interface)});
}
model::ExprId Surroundings::out(std::string_view interface) {
    return interface.empty() ? x_.b.yes() : x_.b.interface_names(Field::out_if, {std::string(interface)});
}
model::ExprId Surroundings::from_outside() {
    return x_.b.negate(x_.b.in(Field::in_if, IntervalSet::single(model::self_interface)));
}
model::ExprId Surroundings::forwarded() {
    return x_.b.all({from_outside(), x_.b.negate(x_.b.in(Field::out_if, IntervalSet::single(model::self_interface)))});
}
std::vector<std::string> Surroundings::names() const {
    std::vector<std::string> out;
    const auto add = [&](const std::string& name) {
        if (!name.empty() && std::ranges::find(out, name) == out.end()) out.push_back(name);
    };
    for (const Interface& i : c_.interfaces) add(i.name);
    if (!c_.interfaces_stated)
        for (const AccessGroup& g : c_.access_groups) add(g.interface);
    return out;
}
int Surroundings::level(std::string_view interface) const {
    const Interface* i = c_.interface(interface);
    return i != nullptr ? i->security() : 0;
}
std::vector<const AccessGroup*> Surroundings::groups(AccessGroup::Where where) const {
    std::vector<const AccessGroup*> out;
    for (const AccessGroup& g : c_.access_groups) {
        if (g.where != where) continue;
        // One list of a kind and IP version an interface: a later command takes the place of an earlier one.
        std::erase_if(out, [&](const AccessGroup* o) {
            return o->interface == g.interface && c_.lists6.contains(o->list) == c_.lists6.contains(g.list);
        });
        out.push_back(&g);
    }
    return out;
}

// -- interfaces and routes

void Surroundings::fill() {
    auto& b = x_.b;
    auto& d = b.device();
    d.interfaces_known = c_.interfaces_stated;
    d.addresses_known = c_.interfaces_stated;
    for (const Interface& i : c_.interfaces) {
        if (i.name.empty()) continue;
        auto& to = d.interfaces[b.interface(i.name).index()];
        to.span = i.span;
        if (i.learns_address) d.addresses_known = false;
        if (i.shutdown) continue;
        to.addresses = i.addresses;
        for (const auto& a : i.addresses) {
            model::Route r;
            r.destination = base::make_prefix(a.address, a.length);
            r.next_hops = {{std::nullopt, i.name}};
            r.span = i.span;
            add_route(std::move(r));
        }
        if (i.learns_route) {
            model::Route r;
            r.destination = {{Family::v4, 0}, 0};
            r.next_hops = {{std::nullopt, i.name}};
            r.metric = 1;
            r.span = i.span;
            add_route(std::move(r));
        }
    }
    for (const Statement* s : c_.routes) route(*s);
    for (const Statement* s : c_.routes6) route6(*s);
    // A firewall without a default route passes nothing on to the internet; more often the text is not all of it.
    const bool leads_out =
        std::ranges::any_of(d.routes, [](const model::Route& r) { return r.destination.length == 0; });
    d.routes_known = c_.interfaces_stated && !c_.dynamic_routing && !c_.transparent && leads_out;
    // What has no route is dropped without a word.
    for (const Family family : {Family::v4, Family::v6})
        if (d.routes_known && std::ranges::none_of(d.routes, [&](const model::Route& r) {
                return r.destination.length == 0 && r.destination.base.family == family;
            })) {
            model::Route r;
            r.destination = {{family, 0}, 0};
            r.type = model::RouteType::blackhole;
            r.metric = 255;
            d.routes.push_back(std::move(r));
        }
    d.filters_v4 = true;
    d.filters_v6 = true;
}

void Surroundings::add_route(model::Route r) {
    auto& routes = x_.b.device().routes;
    // Equal destinations and distances are used side by side.
    for (model::Route& known : routes)
        if (known.destination == r.destination && known.metric == r.metric && known.metric != 0 &&
            known.type == r.type && known.unsupported == r.unsupported && known.type == model::RouteType::unicast) {
            for (const auto& hop : r.next_hops)
                if (std::ranges::none_of(known.next_hops,
                                         [&](const model::NextHop& h) { return h.interface == hop.interface; }))
                    known.next_hops.push_back(hop);
            return;
        }
    routes.push_back(std::move(r));
}

/// route IF NETWORK MASK GATEWAY [DISTANCE] [track N] [tunneled]
void Surroundings::route(const Statement& s) {
    model::Route r;
    r.span = s.span;
    r.metric = 1;
    const auto net = n_.number(s.word(2), s.span), mask = n_.number(s.word(3), s.span);
    const auto length = mask && mask->family == Family::v4 ? base::mask_length(Family::v4, mask->bits) : std::nullopt;
    const bool nothing = s.word(1) == "null0" || s.word(1) == "Null0";
    std::size_t at = 4;
    if (!net || net->family != Family::v4 || !length) {
        x_.unread(s.span, "`" + s.text() + "` is not analysed", Influence::routing);
        return;
    }
    r.destination = base::make_prefix(*net, *length);
    if (nothing) {
        r.type = model::RouteType::blackhole;
    } else {
        model::NextHop hop;
        hop.interface = std::string(s.word(1));
        if (const auto gateway = n_.number(s.word(4), s.span); gateway && !s.word(4).empty()) {
            hop.gateway = gateway;
            ++at;
        }
        r.next_hops = {std::move(hop)};
        if (const Interface* i = c_.interface(s.word(1)); i != nullptr && i->shutdown) return;
    }
    for (; at < s.words.size(); ++at) {
        if (const auto n = words::number(s.words[at], 255)) {
            r.metric = *n;
        } else if (s.words[at] == "tunneled") {
            return;  // for what comes out of a tunnel and nothing else
        } else if (s.words[at] == "track") {
            r.unsupported = "track " + std::string(s.word(++at));
        } else {
            x_.unread(s.span, "`" + s.text() + "`: `" + std::string(s.words[at]) + "` is not analysed",
                      Influence::routing);
        }
    }
    add_route(std::move(r));
}
/// ipv6 route IF PREFIX/LENGTH GATEWAY [DISTANCE]
void Surroundings::route6(const Statement& s) {
    const auto net = base::parse_prefix(s.word(3) == "::/0" ? std::string_view("::/0") : s.word(3));
    if (!net || net->base.family != Family::v6) {
        x_.unread(s.span, "`" + s.text() + "` is not analysed", Influence::routing);
        return;
    }
    model::Route r;
    r.span = s.span;
    r.destination = *net;
    r.metric = words::number(s.word(5), 255).value_or(1);
    r.next_hops = {{base::parse_ipv6(s.word(4)), std::string(s.word(2))}};
    if (s.word(5) == "tunneled" || s.word(6) == "tunneled") return;
    add_route(std::move(r));
}

/// Addresses whose longest route leads out of the interface.
IntervalSet Surroundings::reached_by(const std::string& interface, Family family) const {
    std::vector<const model::Route*> routes;
    for (const model::Route& r : x_.b.device().routes)
        if (r.destination.base.family == family) routes.push_back(&r);
    std::ranges::stable_sort(routes, [](const model::Route* a, const model::Route* b) {
        return std::pair(-int{a->destination.length}, a->metric) < std::pair(-int{b->destination.length}, b->metric);
    });
    IntervalSet taken, out;
    for (const model::Route* r : routes) {
        const IntervalSet all = IntervalSet::prefix(r->destination);
        if (std::ranges::any_of(r->next_hops, [&](const model::NextHop& h) { return h.interface == interface; }))
            out = out.unite(all.minus(taken));
        if (r->unsupported.empty()) taken = taken.unite(all);
    }
    return out;
}

// -- stages

void Surroundings::entry_stages() {
    auto& b = x_.b;
    std::vector<const Interface*> closed;
    for (const Interface& i : c_.interfaces)
        if (!i.name.empty() && i.shutdown) closed.push_back(&i);
    if (!closed.empty()) {
        const auto chain = b.chain("interfaces that are down");
        for (const Interface* i : closed) {
            model::Rule r;
            r.match = in(i->name);
            r.control = model::Decide{Verdict::drop, {}, true};
            r.origin = b.origin(i->span, "interface " + i->name + " is shut down", true);
            b.rule(chain, std::move(r));
        }
        b.stage("interfaces that are down", model::Label::filter, from_outside(), chain);
    }
    if (c_.reverse_path.empty()) return;
    const auto chain = b.chain("reverse path");
    bool some = false;
    for (const Statement* s : c_.reverse_path) {
        const std::string name(s->word(4));
        if (!b.device().routes_known || name.empty()) {
            x_.incomplete(s->span, "which sources are behind " + name + " is not known without the routes",
                          Influence::nothing);
            continue;
        }
        const IntervalSet v4 = reached_by(name, Family::v4), v6 = reached_by(name, Family::v6);
        if (v4.is_full(32)) continue;
        model::Rule r;
        r.match = b.all({in(name), b.family(Family::v4), b.negate(b.in(Field::src, b.addresses(v4, v6)))});
        r.control = model::Decide{Verdict::drop, {}, true};
        r.origin = b.origin(s->span, s->text(), true);
        b.rule(chain, std::move(r));
        some = true;
    }
    if (some) b.stage("reverse path", model::Label::filter, from_outside(), chain);
}

void Surroundings::divert_stage() {
    auto& b = x_.b;
    if (!b.device().routes_known) return;
    const auto chain = b.chain("routes of the interface that translation chose");
    for (const std::string& name : names()) {
        // Any route out of the interface will do: it need not be the longest one.
        IntervalSet v4, v6;
        for (const model::Route& r : b.device().routes)
            if (std::ranges::any_of(r.next_hops, [&](const model::NextHop& h) { return h.interface == name; }))
                (r.destination.base.family == Family::v4 ? v4 : v6) =
                    (r.destination.base.family == Family::v4 ? v4 : v6).unite(IntervalSet::prefix(r.destination));
        if (v4.empty() && v6.empty()) continue;
        const Interface* i = c_.interface(name);
        model::Rule r;
        r.match = b.all({out(name), b.in(Field::dst, b.addresses(v4, v6))});
        r.control = model::Decide{Verdict::accept, {}, true};
        r.origin = b.origin(i != nullptr ? i->span : base::Span{}, "routes out of " + name, true);
        b.rule(chain, std::move(r));
    }
    b.stage("routes of the interface that translation chose", model::Label::routing,
            b.negate(b.in(Field::out_if, IntervalSet{{model::no_interface, model::self_interface}})), chain,
            Verdict::drop, b.origin(c_.start, "no route out of the interface that translation chose", true));
}

void Surroundings::routing_stage() {
    auto& b = x_.b;
    const auto chain = b.chain("routing", b.origin({}, "routing", true));
    b.device().chains[chain.index()].routing = true;
    b.stage("routing", model::Label::routing, b.in(Field::out_if, IntervalSet::single(model::no_interface)), chain);
}

model::ExprId Surroundings::in_the_clear(const std::string& interface) {
    auto& b = x_.b;
    if (!c_.permit_vpn || !c_.vpn_interfaces.contains(interface)) return b.yes();
    const auto which = b.predicate("came out of a tunnel that ends at " + interface, model::PredicateKind::packet,
                                   Field::src, b.origin(c_.start, "sysopt connection permit-vpn"));
    return b.negate(b.unknown(which));
}

/// crypto map NAME NUMBER match address LIST, crypto map NAME interface IF
void Surroundings::tunnel_stage() {
    auto& b = x_.b;
    const auto chain = b.chain("tunnels");
    for (const Statement* s : c_.crypto) {
        if (s->word(1) != "map" || s->word(4) != "match" || s->word(5) != "address") continue;
        for (const Statement* bound : c_.crypto) {
            if (bound->word(1) != "map" || bound->word(2) != s->word(2) || bound->word(3) != "interface") continue;
            const std::string name = "tunnel " + std::string(s->word(2)) + " " + std::string(s->word(3));
            const auto tunnel = b.interface(name);
            b.device().interfaces[tunnel.index()].role = model::Role::tunnel;
            b.device().interfaces[tunnel.index()].span = s->span;
            model::Rule r;
            r.match = b.all({out(bound->word(4)), lists_.permitted(s->word(6), *s, model::View::current)});
            r.effects.emplace_back(
                model::Assign{model::FieldRef{Field::out_if, model::View::current, {}}, {}, 0, {}, 0, tunnel.value});
            r.control = model::Decide{Verdict::accept, {}, true};
            r.origin = b.origin(s->span, s->text(), true);
            b.rule(chain, std::move(r));
        }
    }
    if (!b.device().chains[chain.index()].rules.empty()) b.stage("tunnels", model::Label::routing, forwarded(), chain);
}

void Surroundings::own_stage() {
    auto& b = x_.b;
    const auto chain = b.chain("packets to the device");
    const auto drop = [&](model::ExprId match, base::Span span, std::string text) {
        model::Rule r;
        r.match = match;
        r.control = model::Decide{Verdict::drop, {}, true};
        r.origin = b.origin(span, std::move(text), true);
        b.rule(chain, std::move(r));
    };
    // The address of another interface than the one a packet comes in by does not answer.
    for (const std::string& name : names())
        drop(b.all({in(name), b.negate(b.in(Field::dst, b.set({model::InterfaceAddresses{name, false}, {}})))}),
             c_.start, "an address of another interface than " + name);
    for (const AccessGroup* g : groups(AccessGroup::Where::control_plane)) {
        model::Rule r;
        r.match = in(g->interface);
        r.control = model::Jump{lists_.chain(g->list, *g->statement)};
        b.rule(chain, std::move(r), g->statement->span, g->statement->text());
        drop(in(g->interface), g->statement->span, "end of access-list " + g->list);
    }
    const auto which = b.predicate("the device itself takes it", model::PredicateKind::ambiguity, Field::dport,
                                   b.origin(c_.start, "services of the device"));
    b.depends(which, 0, chain);
    // Which services it offers to whom is not read (NOTES.md); mail is not among them.
    model::Rule r;
    r.match = b.all({b.unknown(which), b.negate(b.all({b.proto(6), b.dport(IntervalSet::single(25))}))});
    r.control = model::Decide{Verdict::accept, {}, true};
    r.origin = b.origin(c_.start, "services of the device", true);
    b.rule(chain, std::move(r));
    b.stage("packets to the device", model::Label::filter,
            b.all({from_outside(), b.in(Field::out_if, IntervalSet::single(model::self_interface))}), chain,
            Verdict::drop, b.origin(c_.start, "no service of the device", true));
}

void Surroundings::level_stage() {
    auto& b = x_.b;
    const auto chain = b.chain("interfaces");
    bool some = false;
    const auto drop = [&](model::ExprId match, base::Span span, std::string text) {
        model::Rule r;
        r.match = match;
        r.control = model::Decide{Verdict::drop, {}, true};
        r.origin = b.origin(span, std::move(text), true);
        b.rule(chain, std::move(r));
        some = true;
    };
    for (const Interface& i : c_.interfaces) {
        if (i.name.empty()) continue;
        if (i.shutdown) drop(out(i.name), i.span, "interface " + i.name + " is shut down");
        if (!i.ipv6)
            drop(b.all({b.family(Family::v6), b.either({in(i.name), out(i.name)})}), i.span,
                 "interface " + i.name + " does not speak IPv6");
        if (i.management_only)
            drop(b.either({in(i.name), out(i.name)}), i.span, "interface " + i.name + " is for management only");
    }
    // Not the line of the level: that is the place of what the level permits.
    const auto span_of = [&](const std::string& name) {
        const Interface* i = c_.interface(name);
        return i == nullptr ? c_.start : i->span;
    };
    const auto all = names();
    for (const std::string& a : all) {
        if (!c_.intra_interface) drop(b.all({in(a), out(a)}), span_of(a), "back out of " + a);
        if (c_.inter_interface || !c_.interfaces_stated) continue;
        std::vector<std::string> same;
        for (const std::string& other : all)
            if (other != a && level(other) == level(a)) same.push_back(other);
        if (!same.empty())
            drop(b.all({in(a), b.interface_names(Field::out_if, same)}), span_of(a),
                 "from " + a + " to another interface of security level " + std::to_string(level(a)));
    }
    if (some) b.stage("security levels", model::Label::filter, forwarded(), chain);
}

void Surroundings::default_stage(const std::vector<std::string>& with_list, model::ChainId upward) {
    auto& b = x_.b;
    const auto chain = b.chain("security levels");
    // Up to 8.4 an IPv4 list says nothing about IPv6.
    const bool v4_only = !c_.version.at_least(9, 0) && c_.version.major != 0 && c_.lists6.empty();
    std::vector<std::string> without;
    const auto all = names();
    for (const std::string& name : all)
        if (v4_only || std::ranges::find(with_list, name) == with_list.end()) without.push_back(name);
    if (without.empty() && c_.interfaces_stated) return;
    for (const std::string& name : without) {
        const Interface* i = c_.interface(name);
        std::vector<std::string> down, up;
        for (const std::string& other : all)
            if (level(other) < level(name) || (other != name && level(other) == level(name)) || other == name)
                down.push_back(other);
            else
                up.push_back(other);
        const auto span = i == nullptr ? c_.start : i->level_span.valid() ? i->level_span : i->span;
        if (!down.empty()) {
            model::Rule r;
            r.match = b.all({in(name), b.interface_names(Field::out_if, down)});
            r.control = model::Decide{Verdict::accept, {}, true};
            r.name = "interface " + name;
            r.origin = b.origin(span, "no access list on " + name + ": security level " + std::to_string(level(name)) +
                                          " may go to lower ones");
            b.rule(chain, std::move(r));
        }
        if (!up.empty() && upward.valid()) {
            model::Rule r;
            r.match = b.all({in(name), b.interface_names(Field::out_if, up)});
            r.control = model::Jump{upward};
            r.origin = b.origin(span, "from " + name + " to higher security levels", true);
            b.rule(chain, std::move(r));
        }
    }
    if (!c_.interfaces_stated) {
        // A fragment: neither the interfaces nor their levels are known.
        const auto which = b.predicate("the security levels permit it", model::PredicateKind::ambiguity, Field::proto,
                                       b.origin(c_.start, "security levels"));
        model::Rule r;
        r.match = b.unknown(which);
        r.control = model::Decide{Verdict::accept, {}, true};
        r.origin = b.origin(c_.start, "security levels that the text does not show", true);
        b.rule(chain, std::move(r));
        x_.incomplete(c_.start, "no interface is configured here: their security levels are not known",
                      Influence::filter, which);
    }
    auto when = forwarded();
    if (!with_list.empty()) {
        auto listed = b.interface_names(Field::in_if, with_list);
        if (v4_only) listed = b.all({b.family(Family::v4), listed});
        when = b.all({when, b.negate(listed)});
    }
    for (const std::string& name : without) {
        const auto clear = in_the_clear(name);
        if (clear != b.yes()) when = b.all({when, b.either({b.negate(in(name)), clear})});
    }
    b.stage("interfaces without an access list", model::Label::filter, when, chain, Verdict::drop,
            b.origin(c_.start, "from a lower to a higher security level", true));
}

void Surroundings::list_stage(const std::vector<const AccessGroup*>& all, const AccessGroup* behind, model::ExprId when,
                              model::View view) {
    auto& b = x_.b;
    const AccessGroup& first = *all.front();
    if (first.where == AccessGroup::Where::in) when = b.all({when, in_the_clear(first.interface)});
    if (!c_.version.at_least(9, 0) && c_.version.major != 0 && c_.lists6.empty())
        when = b.all({when, b.family(Family::v4)});
    model::ChainId chain;
    if (all.size() == 1 && behind == nullptr && !first.per_user) {
        chain = lists_.chain(first.list, *first.statement, view);
    } else {
        chain = b.chain("access lists of " + (first.interface.empty() ? "every interface" : first.interface));
        for (const AccessGroup* g : all) {
            if (g->per_user) {
                const auto which = b.opaque_rule(chain, b.yes(), b.origin(g->statement->span, g->statement->text()));
                x_.unread(g->statement->span,
                          "access lists that an authentication server gives to a user are not analysed",
                          Influence::filter, which);
            }
            model::Rule r;
            if (all.size() > 1) r.match = b.family(c_.lists6.contains(g->list) ? Family::v6 : Family::v4);
            r.control = model::Jump{lists_.chain(g->list, *g->statement, view)};
            b.rule(chain, std::move(r), g->statement->span, g->statement->text());
        }
        if (behind != nullptr) {
            model::Rule r;
            r.control = model::Jump{lists_.chain(behind->list, *behind->statement)};
            b.rule(chain, std::move(r), behind->statement->span, behind->statement->text());
        }
    }
    b.stage(first.statement->text(), model::Label::filter, when, chain, Verdict::drop,
            b.origin(first.statement->span, "end of access-list " + first.list, true));
}

}  // namespace egresslint::dialects::asa
