// SPDX-License-Identifier: Apache-2.0
// PIX, FWSM and ASA up to 8.2. Sources: Cisco Security Appliance Command Line Configuration Guide 7.2, "Applying NAT":
// order of NAT commands used to match real addresses, NAT control, mapped addresses in access lists; Command Reference,
// "static", "nat", "global", "conduit".
#include <algorithm>

#include "dialects/asa/lower.hpp"
#include "dialects/asa/nat.hpp"
#include "dialects/asa/surroundings.hpp"
#include "dialects/asa/words.hpp"

namespace egresslint::dialects::asa {
namespace {

using base::Influence;
using model::Decide;
using model::Field;
using model::Translate;
using model::Verdict;
using model::View;
using Where = AccessGroup::Where;

/// static (REAL_IF,MAPPED_IF) …, one entry of its access list each where it has one.
struct Static {
    bool understood = false;
    std::string real_if, mapped_if;
    Addresses real, mapped;
    bool interface = false;  ///< the mapped address is the interface's
    std::optional<IntervalSet> protocol;
    std::optional<std::uint16_t> real_port, mapped_port;
    std::optional<Entry> policy;
    const Statement* statement = nullptr;
    std::vector<model::ObjectId> uses;
};
/// nat (IF) ID …
struct Nat {
    bool understood = false;
    std::string interface;
    unsigned id = 0;
    bool outside = false;
    std::string list;
    Addresses real;
    const Statement* statement = nullptr;
};
/// global (IF) ID …
struct Global {
    bool understood = false;
    std::string interface;
    unsigned id = 0;
    bool own = false;  ///< `interface`
    Addresses addresses;
    const Statement* statement = nullptr;
};

std::string inner(std::string_view word) {
    if (word.size() < 3 || word.front() != '(' || word.back() != ')') return {};
    return std::string(word.substr(1, word.size() - 2));
}

class Classic {
public:
    Classic(Context& x, const Config& c)
        : x_(x), c_(c), b_(x.b), names_(x, c), lists_(names_), around_(names_, lists_) {}

    void run() {
        around_.fill();
        for (const Statement* s : c_.twice_nat) later(*s);
        for (const Named& n : c_.object_nat) later(*n.statement);
        read();
        register_ = b_.reg("translation");
        around_.entry_stages();
        if (untranslate()) around_.divert_stage();
        around_.routing_stage();
        around_.own_stage();
        around_.level_stage();
        lists_in();
        defaults();
        translate();
        for (const AccessGroup* g : around_.groups(Where::out))
            around_.list_stage({g}, nullptr, b_.all({around_.out(g->interface), around_.from_outside()}));
        around_.tunnel_stage();
        inspect_stage(x_, c_, around_);
    }

private:
    void later(const Statement& s) {
        x_.unread(s.span, "`" + s.text() + "` is of version 8.3 and later and is not analysed in an earlier one",
                  Influence::source | Influence::destination);
    }
    [[nodiscard]] bool upward(const std::string& from, const std::string& to) const {
        return around_.level(from) < around_.level(to);
    }

    // -- what is written

    void read() {
        for (const Statement* s : c_.statics) read_static(*s);
        for (const Statement* s : c_.nats) nats_.push_back(read_nat(*s));
        for (const Statement* s : c_.globals) globals_.push_back(read_global(*s));
        for (const Nat& n : nats_)
            if (!n.understood) unread(*n.statement, n.interface, Influence::source);
        for (const Global& g : globals_)
            if (!g.understood) unread(*g.statement, "", Influence::source);
    }
    void unread(const Statement& s, const std::string& interface, Influence influence) {
        x_.unread(s.span, "`" + s.text() + "` is not analysed", influence);
        (void)interface;
    }

    void read_static(const Statement& s) {
        Static r;
        r.statement = &s;
        const std::string pair = inner(s.word(1));
        const std::size_t comma = pair.find(',');
        std::size_t at = 2;
        const auto finish = [&](bool understood) {
            r.understood = understood;
            statics_.push_back(std::move(r));
        };
        if (comma == std::string::npos) return finish(false);
        r.real_if = pair.substr(0, comma);
        r.mapped_if = pair.substr(comma + 1);
        while (!r.mapped_if.empty() && r.mapped_if.front() == ' ') r.mapped_if.erase(0, 1);
        const bool ports = s.word(at) == "tcp" || s.word(at) == "udp";
        if (ports) r.protocol = Names::protocols(s.word(at++));
        if (s.word(at) == "interface") {
            r.interface = true;
            ++at;
        } else {
            const auto a = names_.number(s.word(at++), s.span, &r.uses);
            if (!a) return finish(false);
            r.mapped.items = {{a->family, a->bits, a->bits}};
        }
        if (ports) {
            r.mapped_port = words::port(s.word(at++));
            if (!r.mapped_port) return finish(false);
        }
        if (s.word(at) == "access-list") {
            const auto* entries = lists_.entries(s.word(at + 1));
            r.uses.push_back(b_.use("access-list", s.word(at + 1), s.span));
            if (entries == nullptr) return finish(false);
            for (const Entry& e : *entries) {
                if (!e.active) continue;
                Static one = r;
                one.policy = e;
                one.real = e.src;
                one.understood = e.understood && e.permit && !e.standard && e.src.plain() && e.src.items.size() == 1;
                if (one.understood && !r.interface) {
                    // A network maps to a network of its size.
                    const u128 more = e.src.items.front().last - e.src.items.front().first;
                    one.mapped.items.front().first &= ~more;
                    one.mapped.items.front().last = one.mapped.items.front().first + more;
                }
                if (ports && one.understood) {
                    const auto& services = e.services;
                    const auto port =
                        services.size() == 1 && services[0].sport ? services[0].sport->single_value() : std::nullopt;
                    if (port)
                        one.real_port = static_cast<std::uint16_t>(*port);
                    else
                        one.understood = false;
                }
                statics_.push_back(std::move(one));
            }
            return;
        }
        const auto real = names_.number(s.word(at++), s.span, &r.uses);
        if (!real) return finish(false);
        if (ports) {
            r.real_port = words::port(s.word(at++));
            if (!r.real_port) return finish(false);
        }
        u128 more = 0;
        if (s.word(at) == "netmask") {
            const auto mask = base::parse_ipv4(s.word(at + 1));
            const auto length = mask ? base::mask_length(Family::v4, mask->bits) : std::nullopt;
            if (!length) return finish(false);
            more = base::low_mask(32 - *length);
        }
        // A static of a port is for one address, whatever mask stands there.
        if (ports) more = 0;
        r.real.items = {{Family::v4, real->bits & ~more, (real->bits & ~more) + more}};
        if (!r.interface)
            r.mapped.items = {
                {Family::v4, r.mapped.items.front().first & ~more, (r.mapped.items.front().first & ~more) + more}};
        finish(real->family == Family::v4);
    }

    Nat read_nat(const Statement& s) {
        Nat r;
        r.statement = &s;
        r.interface = inner(s.word(1));
        const auto id = words::number(s.word(2), 2147483647);
        if (r.interface.empty() || !id) return r;
        r.id = *id;
        std::size_t at = 3;
        if (s.word(at) == "access-list") {
            r.list = std::string(s.word(at + 1));
            at += 2;
        } else {
            const auto net = names_.number(s.word(at), s.span);
            if (!net || net->family != Family::v4) return r;
            ++at;
            unsigned length = net->bits == 0 ? 0 : 32;
            if (const auto mask = names_.number(s.word(at), s.span);
                mask && s.word(at).find_first_of(".0") != std::string_view::npos) {
                const auto bits = base::mask_length(Family::v4, mask->bits);
                if (!bits) return r;
                length = *bits;
                ++at;
            }
            const auto p = base::make_prefix(*net, length);
            r.real.items = {{Family::v4, p.first(), p.last()}};
        }
        for (; at < s.words.size(); ++at) {
            const std::string_view word = s.words[at];
            if (word == "outside")
                r.outside = true;
            else if (word != "dns" && word != "norandomseq" && word != "tcp" && word != "udp" &&
                     !words::number(word, 65535))
                return r;
        }
        r.understood = true;
        return r;
    }

    Global read_global(const Statement& s) {
        Global r;
        r.statement = &s;
        r.interface = inner(s.word(1));
        const auto id = words::number(s.word(2), 2147483647);
        if (r.interface.empty() || !id) return r;
        r.id = *id;
        const std::string_view what = s.word(3);
        if (what == "interface") {
            r.own = r.understood = true;
            return r;
        }
        const std::size_t dash = what.find('-');
        // A name may hold a dash as well.
        if (const auto one = names_.number(what, s.span)) {
            r.addresses.items = {{one->family, one->bits, one->bits}};
            r.understood = one->family == Family::v4;
            return r;
        }
        const auto first = names_.number(what.substr(0, dash), s.span);
        const auto last = dash == std::string_view::npos ? first : names_.number(what.substr(dash + 1), s.span);
        if (!first || !last || first->family != last->family || first->bits > last->bits) return r;
        r.addresses.items = {{first->family, first->bits, last->bits}};
        r.understood = first->family == Family::v4;
        return r;
    }

    // -- filters

    void lists_in() {
        for (const AccessGroup* g : around_.groups(Where::in)) {
            if (std::ranges::find(with_list_, g->interface) != with_list_.end()) continue;
            with_list_.push_back(g->interface);
            std::vector<const AccessGroup*> same;
            for (const AccessGroup* other : around_.groups(Where::in))
                if (other->interface == g->interface) same.push_back(other);
            // The list is asked before the destination is translated back; what it sees is what the packet came with.
            const bool mapped =
                std::ranges::any_of(statics_, [&](const Static& s) { return s.mapped_if == g->interface; });
            around_.list_stage(same, nullptr, b_.all({around_.in(g->interface), around_.forwarded()}),
                               mapped ? View::original : View::current);
        }
    }

    void defaults() {
        model::ChainId up;
        if (!c_.conduits.empty()) {
            up = b_.chain("conduits");
            std::size_t number = 0;
            for (const Statement* s : c_.conduits) {
                Entry e = lists_.entry(*s, 1, false, true);
                // Its first address is the mapped one that the packet was sent to.
                if (e.understood) {
                    model::Rule r;
                    std::vector<model::ExprId> match{names_.match({Field::src, View::current, {}}, e.src),
                                                     names_.match({Field::dst, View::original, {}}, e.dst),
                                                     names_.match(e.services, View::original)};
                    r.match = b_.all(match);
                    r.control = Decide{e.permit ? Verdict::accept : Verdict::drop, {}, true};
                    r.name = "conduit " + std::to_string(++number);
                    r.uses = e.uses;
                    b_.rule(up, std::move(r), s->span, s->text());
                } else {
                    lists_.rule(up, e, "");
                }
            }
        }
        outbound_stages(names_, around_, with_list_);
        if (c_.version.product == Version::Product::fwsm) {
            // A services module passes nothing without an access list.
            auto when = around_.forwarded();
            if (!with_list_.empty()) when = b_.all({when, b_.negate(b_.interface_names(Field::in_if, with_list_))});
            b_.stage("interfaces without an access list", model::Label::filter, when,
                     b_.chain("without an access list"), Verdict::drop,
                     b_.origin(c_.start, "no access list on the interface", true));
            return;
        }
        around_.default_stage(with_list_, up);
    }

    // -- translation

    void rule(model::ChainId chain, const Statement& s, const std::vector<model::ObjectId>& uses, model::ExprId match,
              std::vector<model::Effect> effects, std::vector<Translate> then) {
        model::Rule r;
        r.match = match;
        r.effects = std::move(effects);
        r.control = Decide{Verdict::accept, std::move(then), true};
        r.uses = uses;
        b_.rule(chain, std::move(r), s.span, s.text());
    }
    void opaque(model::ChainId chain, const Statement& s, model::ExprId match, bool source) {
        const auto which = b_.opaque_rule(chain, match, b_.origin(s.span, s.text()), source, !source);
        x_.unread(s.span, "`" + s.text() + "` is not analysed: it may translate to anything",
                  source ? Influence::source : Influence::destination, which);
    }
    /// All statics that were not understood are one unknown, where the first of them stands: each by itself may do
    /// anything, and that many unknowns that may do anything cost much and say no more.
    void opaque_statics(model::ChainId chain, const Static& at, bool source) {
        std::vector<model::ExprId> match;
        std::vector<const Statement*> statements;
        for (const Static& s : statics_) {
            if (s.understood) continue;
            if (statements.empty() && &s != &at) return;
            match.push_back(source ? b_.all({around_.in(s.real_if), around_.out(s.mapped_if)})
                                   : around_.in(s.mapped_if));
            statements.push_back(s.statement);
        }
        const auto which = b_.opaque_rule(chain, b_.either(match), b_.origin(at.statement->span, at.statement->text()),
                                          source, !source);
        const Statement* said = nullptr;
        for (const Statement* s : statements) {
            if (s != said)
                x_.unread(s->span, "`" + s->text() + "` is not analysed: it may translate to anything",
                          source ? Influence::source : Influence::destination, which);
            said = s;
        }
    }
    model::Effect assign(model::FieldRef to, std::uint32_t value) { return model::Assign{to, {}, 0, {}, 0, value}; }
    /// Its destination was translated, or exempt: one value for all, so that packets do not part by the rule they met.
    model::Effect mark() { return assign({Field::reg, View::current, register_}, 1); }

    /// Conditions of a policy static besides the address that is translated.
    model::ExprId policy(const Static& s, bool reversed) {
        if (!s.policy) return b_.yes();
        Entry e = *s.policy;
        e.src = Addresses{.any = true};
        if (s.real_port)
            for (Service& service : e.services) service.sport.reset();
        return lists_.match(e, View::current, reversed);
    }

    bool untranslate() {
        const auto chain = b_.chain("un-translate");
        for (const Nat& n : nats_) {
            if (!n.understood || n.id != 0 || n.list.empty()) continue;
            // Exempt in both directions: what comes for the real address passes.
            const auto* entries = lists_.entries(n.list);
            if (entries == nullptr) continue;
            for (const Entry& e : *entries)
                if (e.understood && e.active && e.permit)
                    rule(chain, *n.statement, {},
                         b_.all({b_.negate(around_.in(n.interface)), lists_.match(e, View::current, true)}), {mark()},
                         {Translate{Field::dst, {}, model::Keep{}}});
        }
        bool diverts = false;
        for (const Static& s : statics_) {
            if (!s.understood) {
                opaque_statics(chain, s, false);
                continue;
            }
            diverts = true;
            std::vector<model::ExprId> match{around_.in(s.mapped_if), policy(s, true)};
            std::vector<model::Effect> effects{
                assign({Field::out_if, View::current, {}}, b_.interface(s.real_if).value), mark()};
            std::vector<Translate> ports;
            if (s.mapped_port) {
                if (s.protocol) match.push_back(b_.in(Field::proto, *s.protocol));
                match.push_back(b_.dport(IntervalSet::single(*s.mapped_port)));
                if (s.real_port && *s.real_port != *s.mapped_port)
                    ports.push_back(Translate{Field::dport, {}, model::Fixed{*s.real_port}});
            }
            if (s.interface) {
                match.push_back(b_.in(Field::dst, b_.set({model::InterfaceAddresses{s.mapped_if, false}, {}})));
                std::vector<Translate> then{
                    Translate{Field::dst, Family::v4, model::Fixed{s.real.items.front().first}}};
                then.insert(then.end(), ports.begin(), ports.end());
                rule(chain, *s.statement, s.uses, b_.all(match), std::move(effects), std::move(then));
                continue;
            }
            const auto runs = pieces(s.real, s.mapped, true);
            if (!runs) {
                opaque(chain, *s.statement, b_.all(match), false);
                continue;
            }
            for (const Piece& p : *runs)
                for (Rewrite& w : rewrites(p, Field::dst)) {
                    auto all = match;
                    all.push_back(b_.address(Field::dst, w.family, IntervalSet({w.values})));
                    std::vector<Translate> then{w.translate};
                    then.insert(then.end(), ports.begin(), ports.end());
                    rule(chain, *s.statement, s.uses, b_.all(all), effects, std::move(then));
                }
        }
        if (b_.device().chains[chain.index()].rules.empty()) return false;
        b_.stage("un-translate destinations", model::Label::destination_translation, around_.from_outside(), chain);
        return diverts;
    }

    void translate() {
        const auto chain = b_.chain("translate");
        // 1. exemption, in order
        for (const Nat& n : nats_)
            if (n.understood && n.id == 0 && !n.list.empty())
                rule(chain, *n.statement, {b_.use("access-list", n.list, n.statement->span)},
                     b_.all({around_.in(n.interface), lists_.permitted(n.list, *n.statement, View::current)}), {},
                     {Translate{Field::src, {}, model::Keep{}}});
        // 2. static, regular and policy, in order
        for (const Static& s : statics_) translate_static(s, chain);
        // 3. dynamic with an access list, in order
        for (const Nat& n : nats_)
            if (n.understood && n.id != 0 && !n.list.empty())
                dynamic(n, lists_.permitted(n.list, *n.statement, View::current), chain);
        // 4. dynamic, best match; number 0 is identity
        std::vector<const Nat*> regular;
        for (const Nat& n : nats_)
            if (n.understood && n.list.empty()) regular.push_back(&n);
        std::stable_sort(regular.begin(), regular.end(),
                         [](const Nat* a, const Nat* b) { return a->real.size() < b->real.size(); });
        for (const Nat* n : regular) {
            const auto match = names_.match({Field::src, View::current, {}}, n->real);
            if (n->id == 0)
                rule(chain, *n->statement, {}, b_.all({around_.in(n->interface), downward(*n), match}), {},
                     {Translate{Field::src, {}, model::Keep{}}});
            else
                dynamic(*n, match, chain);
        }
        control(chain, regular);
        b_.stage("translate sources", model::Label::source_translation, around_.forwarded(), chain);
    }

    /// Interfaces that a `nat` is for: of lower levels, with `outside` of higher ones.
    model::ExprId downward(const Nat& n) {
        std::vector<std::string> to;
        for (const std::string& name : around_.names())
            if (name != n.interface && (n.outside ? upward(n.interface, name) : !upward(n.interface, name)))
                to.push_back(name);
        return to.empty() ? b_.no() : b_.interface_names(Field::out_if, to);
    }

    void translate_static(const Static& s, model::ChainId chain) {
        auto match = b_.all({around_.in(s.real_if), around_.out(s.mapped_if)});
        if (!s.understood) {
            opaque_statics(chain, s, true);
            return;
        }
        match = b_.all({match, policy(s, false)});
        std::vector<Translate> ports;
        if (s.real_port) {
            match = b_.all({match, s.protocol ? b_.in(Field::proto, *s.protocol) : b_.yes(),
                            b_.sport(IntervalSet::single(*s.real_port))});
            if (s.mapped_port && *s.mapped_port != *s.real_port)
                ports.push_back(Translate{Field::sport, {}, model::Fixed{*s.mapped_port}});
        }
        if (s.interface) {
            std::vector<Translate> then{Translate{Field::src, {}, model::OutInterfaceAddress{}}};
            then.insert(then.end(), ports.begin(), ports.end());
            rule(chain, *s.statement, s.uses, b_.all({match, names_.match({Field::src, View::current, {}}, s.real)}),
                 {}, std::move(then));
            return;
        }
        const auto runs = pieces(s.real, s.mapped, false);
        if (!runs) {
            opaque(chain, *s.statement, match, true);
            return;
        }
        for (const Piece& p : *runs)
            for (Rewrite& w : rewrites(p, Field::src)) {
                std::vector<Translate> then{w.translate};
                then.insert(then.end(), ports.begin(), ports.end());
                rule(chain, *s.statement, s.uses,
                     b_.all({match, b_.address(Field::src, w.family, IntervalSet({w.values}))}), {}, std::move(then));
            }
    }

    void dynamic(const Nat& n, model::ExprId source, model::ChainId chain) {
        const auto from = b_.all({around_.in(n.interface), downward(n), source});
        std::vector<std::string> done;
        for (const Global& g : globals_) {
            if (!g.understood || g.id != n.id || std::ranges::find(done, g.interface) != done.end()) continue;
            done.push_back(g.interface);
            pool(n, g.interface, b_.all({from, around_.out(g.interface)}), chain);
        }
        // No pool of that number where the packet leaves ("no matching global"): no translation, no way, whatever
        // `nat-control` says.
        model::Rule r;
        r.match = done.empty() ? from : b_.all({from, b_.negate(b_.interface_names(Field::out_if, done))});
        r.control = Decide{Verdict::drop, {}, true};
        r.origin = b_.origin(n.statement->span, n.statement->text(), true);
        b_.device().origins[r.origin.index()].element = true;
        b_.rule(chain, std::move(r));
    }

    /// Ranges first, then single addresses as they stand, each once the one before is used up.
    void pool(const Nat& n, const std::string& interface, model::ExprId match, model::ChainId chain) {
        std::vector<const Global*> order;
        IntervalSet range;
        const Global* first_range = nullptr;
        for (const Global& g : globals_) {
            if (!g.understood || g.id != n.id || g.interface != interface) continue;
            if (!g.own && g.addresses.size() > 1) {
                range = range.unite(g.addresses.of(Family::v4));
                if (first_range == nullptr) first_range = &g;
            } else {
                order.push_back(&g);
            }
        }
        struct Step {
            std::vector<Translate> then;
            const Statement* pool;
        };
        std::vector<Step> steps;
        if (first_range != nullptr) {
            model::Choice c;
            c.text = "pool " + base::addresses_to_string(range, Family::v4, 3);
            c.field = Field::src;
            c.candidates.values = range;
            c.origin = b_.origin(first_range->statement->span, first_range->statement->text());
            steps.push_back({{Translate{Field::src, Family::v4, model::Pick{b_.choice(std::move(c)), false}}},
                             first_range->statement});
        }
        for (const Global* g : order)
            steps.push_back(
                {{g->own ? Translate{Field::src, {}, model::OutInterfaceAddress{}}
                         : Translate{Field::src, Family::v4, model::Fixed{g->addresses.items.front().first}}},
                 g->statement});
        // The last resort first, under the condition that all before it are used up.
        for (std::size_t i = steps.size(); i-- > 0;) {
            std::vector<model::ExprId> all{match};
            for (std::size_t before = 0; before < i; ++before) {
                const std::string text = "`" + steps[before].pool->text() + "` is used up";
                all.push_back(b_.unknown(b_.predicate(text, model::PredicateKind::dynamic_set, Field::src,
                                                      b_.origin(steps[before].pool->span, text))));
            }
            rule(chain, *n.statement, {}, b_.all(all), {}, steps[i].then);
        }
    }

    /// What no rule translates: with NAT control it needs a translation, and what is translated on the way out cannot
    /// be reached untranslated.
    void control(model::ChainId chain, const std::vector<const Nat*>& regular) {
        const auto drop = [&](model::ExprId match, base::Span span, std::string text) {
            model::Rule r;
            r.match = match;
            r.control = Decide{Verdict::drop, {}, true};
            r.origin = b_.origin(span, std::move(text), true);
            b_.device().origins[r.origin.index()].element = true;
            b_.rule(chain, std::move(r));
        };
        const auto untouched = b_.in_register(register_, IntervalSet::single(0));
        for (const Nat* n : regular)
            if (n->id != 0 && !n->outside)
                for (const Global& g : globals_)
                    if (g.understood && g.id == n->id)
                        drop(b_.all({untouched, around_.in(g.interface), around_.out(n->interface),
                                     names_.match({Field::dst, View::current, {}}, n->real)}),
                             n->statement->span, n->statement->text());
        if (!c_.nat_control) return;
        const auto all = around_.names();
        for (const std::string& name : all) {
            std::vector<std::string> down, up;
            for (const std::string& other : all) {
                if (around_.level(other) < around_.level(name)) down.push_back(other);
                if (around_.level(other) > around_.level(name)) up.push_back(other);
            }
            if (!down.empty())
                drop(b_.all({around_.in(name), b_.interface_names(Field::out_if, down)}), c_.start,
                     "NAT control: from " + name + " without a translation");
            if (!up.empty())
                drop(b_.all({untouched, around_.in(name), b_.interface_names(Field::out_if, up)}), c_.start,
                     "NAT control: from " + name + " to an address without a translation");
        }
    }

    Context& x_;
    const Config& c_;
    model::Builder& b_;
    Names names_;
    Lists lists_;
    Surroundings around_;
    std::vector<Static> statics_;
    std::vector<Nat> nats_;
    std::vector<Global> globals_;
    std::vector<std::string> with_list_;
    model::RegisterId register_;
};

}  // namespace

void lower_classic(Context& x, const Config& c) { Classic(x, c).run(); }

}  // namespace egresslint::dialects::asa
