// SPDX-License-Identifier: Apache-2.0
// Sources: Cisco ASA Series Command Reference, "access-list extended", "access-list standard", "conduit"; a deny entry
// without `log` still writes message 106023, what only the implicit deny drops writes none.
#include "dialects/asa/acl.hpp"

#include <algorithm>

#include "dialects/asa/words.hpp"

namespace egresslint::dialects::asa {
namespace {

using base::Influence;
using model::Field;
using model::View;

bool is_hash(std::string_view word) { return word.starts_with("0x") && word.size() > 4 && word.size() <= 12; }

void add_uses(std::vector<model::ObjectId>& to, const std::vector<model::ObjectId>& more) {
    for (const auto id : more)
        if (std::ranges::find(to, id) == to.end()) to.push_back(id);
}

IntervalSet narrowed(const std::optional<IntervalSet>& a, const IntervalSet& b) { return a ? a->intersect(b) : b; }

}  // namespace

bool Lists::body(const Statement& s, std::size_t& at, bool v6, bool conduit, Entry& e) {
    // -- protocol
    bool icmp = false, icmp6 = false;
    if (s.word(at) == "object" || s.word(at) == "object-group") {
        const auto services = s.word(at) == "object" ? n_.service_object(s.word(at + 1), s.span, e.uses)
                                                     : n_.service_group(s.word(at + 1), s.span, e.uses);
        if (!services) return false;
        e.services = *services;
        icmp = std::ranges::any_of(e.services, [](const Service& x) { return x.protocols.contains(1); });
        at += 2;
    } else {
        const auto protocols = Names::protocols(s.word(at));
        if (!protocols) return false;
        icmp6 = protocols->contains(58) && protocols->size() == 1;
        icmp = icmp6 || (protocols->contains(1) && protocols->size() == 1);
        e.services = {Service{*protocols, {}, {}, {}, {}}};
        ++at;
    }
    // -- who: users stand in front of the source
    while (s.word(at) == "user" || s.word(at) == "user-group" || s.word(at) == "object-group-user" ||
           s.word(at) == "security-group" || s.word(at) == "object-group-security") {
        const std::size_t words = s.word(at) == "security-group" ? 3 : 2;
        std::string text = "user or group";
        for (std::size_t i = at; i < at + words && i < s.words.size(); ++i) text += " " + std::string(s.words[i]);
        e.doubts.push_back({text, model::PredicateKind::user, s.span, false});
        at += words;
    }
    bool good = true;
    const auto port_part = [&](std::optional<IntervalSet>& plain, std::vector<Service>& group) {
        plain = n_.ports(s, at, good);
        if (good && !plain && s.word(at) == "object" && n_.config().service_objects.contains(s.word(at + 1))) {
            const auto services = n_.service_object(s.word(at + 1), s.span, e.uses);
            at += 2;
            if (!services)
                good = false;
            else
                group = *services;
            return;
        }
        if (!good || plain || s.word(at) != "object-group") return;
        const auto known = n_.config().groups.find(s.word(at + 1));
        if (known == n_.config().groups.end() || known->second.kind == "network" || known->second.kind == "user" ||
            known->second.kind == "security")
            return;
        const auto services = n_.service_group(s.word(at + 1), s.span, e.uses);
        at += 2;
        if (!services)
            good = false;
        else
            group = *services;
    };
    std::optional<IntervalSet> first_ports, second_ports;
    std::vector<Service> first_group, second_group;
    auto first = n_.address(s, at, v6);
    if (!first) return false;
    port_part(first_ports, first_group);
    if (!good) return false;
    while (s.word(at) == "security-group") {
        e.doubts.push_back({"security group of the destination " + std::string(s.word(at + 2)),
                            model::PredicateKind::user, s.span, false});
        at += 3;
    }
    auto second = n_.address(s, at, v6);
    if (!second) return false;
    if (icmp && s.word(at) != "object-group" && at < s.words.size()) {
        if (const auto type = words::icmp_type(s.word(at), icmp6 || v6)) {
            ++at;
            std::optional<IntervalSet> code;
            if (const auto n = words::number(s.word(at), 255)) {
                code = IntervalSet::single(*n);
                ++at;
            }
            for (Service& x : e.services) {
                x.icmp_type = IntervalSet::single(*type);
                x.icmp_code = code;
            }
        } else {
            port_part(second_ports, second_group);
        }
    } else {
        port_part(second_ports, second_group);
    }
    if (!good) return false;
    add_uses(e.uses, first->uses);
    add_uses(e.uses, second->uses);
    if (conduit) {
        std::swap(first, second);
        std::swap(first_ports, second_ports);
        std::swap(first_group, second_group);
    }
    for (Service& x : e.services) {
        if (first_ports) x.sport = narrowed(x.sport, *first_ports);
        if (second_ports) x.dport = narrowed(x.dport, *second_ports);
    }
    // A group behind an address: ports of that side, or kinds of ICMP.
    const auto apply = [&](const std::vector<Service>& group, bool source) {
        if (group.empty()) return;
        std::vector<Service> out;
        for (const Service& line : e.services)
            for (const Service& g : group) {
                Service x = line;
                if (g.dport) {
                    auto& side = source ? x.sport : x.dport;
                    side = narrowed(side, *g.dport);
                }
                if (g.icmp_type) x.icmp_type = g.icmp_type;
                if (!g.protocols.empty()) {
                    const IntervalSet both = x.protocols.empty() ? g.protocols : x.protocols.intersect(g.protocols);
                    if (both.empty()) continue;
                    x.protocols = both;
                }
                out.push_back(std::move(x));
            }
        e.services = std::move(out);
    };
    apply(first_group, true);
    apply(second_group, false);
    e.src = std::move(*first);
    e.dst = std::move(*second);
    return true;
}

bool Lists::options(const Statement& s, std::size_t at, Entry& e) {
    bool log = false, quiet = false;
    while (at < s.words.size()) {
        const std::string_view word = s.words[at];
        if (word == "log") {
            log = true;
            ++at;
            while (at < s.words.size() && s.words[at] != "inactive" && s.words[at] != "time-range" &&
                   !s.words[at].starts_with("(hitcnt") && !is_hash(s.words[at])) {
                quiet = quiet || s.words[at] == "disable";
                ++at;
            }
        } else if (word == "inactive" || word == "(inactive)") {
            e.active = false;
            ++at;
        } else if (word == "time-range" && at + 1 < s.words.size()) {
            e.time_range = std::string(s.words[at + 1]);
            e.uses.push_back(x_.b.use("time-range", e.time_range, s.span));
            at += 2;
        } else if (word.starts_with("(hitcnt") || is_hash(word)) {
            ++at;  // from `show access-list`
        } else {
            return false;
        }
    }
    e.logs = !quiet && (log || !e.permit);
    return true;
}

Entry Lists::entry(const Statement& s, std::size_t at, bool v6, bool conduit) {
    Entry e;
    e.statement = &s;
    if (s.word(at) == "line") at += 2;
    if (s.word(at) == "extended") ++at;
    if (s.word(at) == "standard") {
        e.standard = true;
        ++at;
    }
    if (s.word(at) != "permit" && s.word(at) != "deny") return e;
    e.permit = s.word(at++) == "permit";
    if (e.standard) {
        // What a standard list names are destinations; where a source is meant is for the command that uses it.
        auto dst = n_.address(s, at);
        if (!dst) {
            const auto one = n_.number(s.word(at), s.span, &e.uses);
            if (!one) return e;
            dst = Addresses{.items = {{one->family, one->bits, one->bits}}};
            ++at;
        }
        e.dst = std::move(*dst);
        e.src.any = true;
        e.services = {Service{}};
        add_uses(e.uses, e.dst.uses);
    } else if (!body(s, at, v6, conduit, e)) {
        return e;
    }
    e.understood = options(s, at, e);
    return e;
}

const std::vector<Entry>* Lists::entries(std::string_view list) {
    if (const auto known = entries_.find(list); known != entries_.end()) return &known->second;
    const auto lines = n_.config().lists.find(list);
    if (lines == n_.config().lists.end()) return nullptr;
    std::vector<Entry> out;
    for (const Statement* s : lines->second) {
        const bool v6 = s->words[0] == "ipv6";
        out.push_back(entry(*s, v6 ? 3 : 2, v6));
    }
    return &entries_.emplace(std::string(list), std::move(out)).first->second;
}

model::ExprId Lists::match(const Entry& e, model::View view, bool reversed) {
    auto& b = x_.b;
    std::vector<model::ExprId> parts;
    parts.push_back(n_.match({reversed ? Field::dst : Field::src, View::current, {}}, e.src));
    parts.push_back(n_.match({reversed ? Field::src : Field::dst, reversed ? View::current : view, {}}, e.dst));
    if (reversed) {
        auto services = e.services;
        for (Service& s : services) std::swap(s.sport, s.dport);
        parts.push_back(n_.match(services));
    } else {
        parts.push_back(n_.match(e.services, view));
    }
    for (const Doubt& d : e.doubts) parts.push_back(n_.doubt(d, Field::proto, false));
    if (!e.time_range.empty()) {
        const std::string text = "time-range " + e.time_range;
        parts.push_back(
            b.unknown(b.predicate(text, model::PredicateKind::time, Field::proto, b.origin(e.statement->span, text))));
    }
    return b.all(parts);
}

void Lists::rule(model::ChainId chain, const Entry& e, std::string name, model::View view) {
    auto& b = x_.b;
    if (!e.understood) {
        const auto which = b.opaque_rule(chain, b.yes(), b.origin(e.statement->span, e.statement->text()));
        x_.unread(e.statement->span, "`" + e.statement->text() + "` is not analysed: it may permit or deny anything",
                  Influence::filter, which);
        return;
    }
    model::Rule r;
    r.match = match(e, view);
    if (e.logs && (n_.config().logging || n_.config().version.product == Version::Product::unknown))
        r.effects.emplace_back(model::Log{});
    r.control = model::Decide{e.permit ? model::Verdict::accept : model::Verdict::drop, {}, true};
    r.name = std::move(name);
    r.uses = e.uses;
    r.active = e.active;
    b.rule(chain, std::move(r), e.statement->span, e.statement->text());
}

model::ChainId Lists::chain(std::string_view list, const Statement& where, View view) {
    const std::string key = (view == View::original ? "o " : "c ") + std::string(list);
    if (const auto known = chains_.find(key); known != chains_.end()) {
        (void)x_.b.use("access-list", list, where.span);
        return known->second;
    }
    auto& b = x_.b;
    const auto* all = entries(list);
    (void)b.use("access-list", list, where.span);
    const auto chain = b.chain(
        "access-list " + std::string(list),
        b.origin(all != nullptr ? all->front().statement->span : where.span, "access-list " + std::string(list)));
    chains_.emplace(key, chain);
    if (all == nullptr) {
        const auto which = b.opaque_rule(chain, b.yes(), b.origin(where.span, where.text()));
        x_.incomplete(where.span,
                      "access-list " + std::string(list) + " is not defined here: it may permit or deny anything",
                      Influence::filter, which);
        return chain;
    }
    std::size_t number = 0;
    for (const Entry& e : *all) {
        ++number;
        if (e.understood && e.standard) {
            Entry opaque = e;
            opaque.understood = false;
            rule(chain, opaque, "", view);
            continue;
        }
        rule(chain, e, std::string(list) + " line " + std::to_string(number), view);
    }
    return chain;
}

model::ExprId Lists::permitted(std::string_view list, const Statement& where, model::View view) {
    auto& b = x_.b;
    const auto* all = entries(list);
    (void)b.use("access-list", list, where.span);
    if (all == nullptr)
        return n_.doubt({"permitted by access-list " + std::string(list) + ", which is not defined here",
                         model::PredicateKind::opaque, where.span, true},
                        Field::proto, false);
    // From the last entry to the first: an entry decides before those behind it.
    model::ExprId out = b.no();
    for (auto e = all->rbegin(); e != all->rend(); ++e) {
        if (!e->active) continue;
        const auto m = e->understood ? match(*e, view)
                                     : n_.doubt({"permitted by `" + e->statement->text() + "`",
                                                 model::PredicateKind::opaque, e->statement->span, false},
                                                Field::proto, false);
        out = e->permit ? b.either({m, out}) : b.all({b.negate(m), out});
    }
    return out;
}

}  // namespace egresslint::dialects::asa
