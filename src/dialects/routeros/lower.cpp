// SPDX-License-Identifier: Apache-2.0
#include "dialects/routeros/lower.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace egresslint::dialects::routeros {
namespace {

using namespace egresslint::model;
using families::netfilter::BaseChain;
using families::netfilter::ChainType;
using families::netfilter::Hook;

struct ChainRow {
    std::string_view table, chain;
    Hook hook;
    ChainType type;
    std::int32_t priority;
    Label label;
};
constexpr ChainRow built_in[] = {
    {"raw", "prerouting", Hook::prerouting, ChainType::filter, -300, Label::filter},
    {"raw", "output", Hook::output, ChainType::filter, -300, Label::filter},
    {"mangle", "prerouting", Hook::prerouting, ChainType::filter, -150, Label::classify},
    {"mangle", "input", Hook::input, ChainType::filter, -150, Label::classify},
    {"mangle", "forward", Hook::forward, ChainType::filter, -150, Label::classify},
    {"mangle", "output", Hook::output, ChainType::route, -150, Label::classify},
    {"mangle", "postrouting", Hook::postrouting, ChainType::filter, -150, Label::classify},
    {"nat", "dstnat", Hook::prerouting, ChainType::nat, -100, Label::destination_translation},
    {"nat", "output", Hook::output, ChainType::nat, -100, Label::destination_translation},
    {"nat", "input", Hook::input, ChainType::nat, 100, Label::source_translation},
    {"nat", "srcnat", Hook::postrouting, ChainType::nat, 100, Label::source_translation},
    {"filter", "input", Hook::input, ChainType::filter, 0, Label::filter},
    {"filter", "forward", Hook::forward, ChainType::filter, 0, Label::filter},
    {"filter", "output", Hook::output, ChainType::filter, 0, Label::filter},
};
constexpr std::string_view tables[] = {"raw", "mangle", "nat", "filter"};

/// Keys that say nothing about what becomes of the packet.
constexpr std::string_view remarks[] = {"comment",    "log-prefix",           "disabled",
                                        "hw-offload", "address-list-timeout", "address-list"};

const ChainRow* row_of(std::string_view table, std::string_view chain) {
    for (const ChainRow& row : built_in)
        if (row.table == table && row.chain == chain) return &row;
    return nullptr;
}

std::string on_one_line(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '\n' || text[i + 1] == '\r')) {
            while (i + 1 < text.size() &&
                   (text[i + 1] == '\n' || text[i + 1] == '\r' || text[i + 1] == ' ' || text[i + 1] == '\t'))
                ++i;
            continue;
        }
        out += text[i];
    }
    return out;
}

class Table {
public:
    Table(Context& c, Family family, std::string_view table) : c_(c), b_(c.b), family_(family), table_(table) {}

    void lower(const std::vector<const Statement*>& rules) {
        for (const Statement* s : rules) {
            const std::string name = s->value("chain");
            chain(name, row_of(table_, name) != nullptr && s->menu.valid() ? s->menu : s->span);
            if (const std::string to = s->value("jump-target"); !to.empty()) callers_[to].push_back(name);
        }
        find_hooks();
        for (const Statement* s : rules) rule(*s);
        if (!acyclic()) return;
        for (const ChainRow& row : built_in) {
            if (row.table != table_) continue;
            const auto at = chains_.find(row.chain);
            if (at == chains_.end()) continue;
            BaseChain base;
            base.name = full_name(row.chain);
            base.hook = row.hook;
            base.type = row.type;
            base.priority = row.priority;
            base.ipv4 = family_ == Family::v4;
            base.ipv6 = family_ == Family::v6;
            base.entry = at->second;
            base.origin = b_.device().chains[at->second.index()].origin;
            base.registration = row.priority;
            base.label = row.label;
            c_.netfilter.base_chain(std::move(base));
        }
    }

private:
    [[nodiscard]] std::string full_name(std::string_view chain) const {
        return fmt::format("{} firewall {} {}", family_ == Family::v4 ? "ip" : "ipv6", table_, chain);
    }
    ChainId chain(const std::string& name, Span where) {
        const auto at = chains_.find(name);
        if (at != chains_.end()) return at->second;
        const bool own = row_of(table_, name) == nullptr;
        if (own) b_.define("chain", full_name(name), where);
        return chains_[name] = b_.chain(full_name(name), b_.origin(where, full_name(name), true));
    }
    /// From which of the built-in chains a chain is reached.
    void find_hooks() {
        for (const ChainRow& row : built_in) {
            if (row.table != table_) continue;
            std::vector<std::string> todo{std::string(row.chain)};
            while (!todo.empty()) {
                const std::string at = todo.back();
                todo.pop_back();
                if (!hooks_[at].insert(row.hook).second) continue;
                for (const auto& [to, from] : callers_)
                    if (std::find(from.begin(), from.end(), at) != from.end()) todo.push_back(to);
            }
        }
    }
    bool acyclic() {
        std::map<std::string, int> state;
        for (const auto& [name, id] : chains_)
            if (!visit(name, state, 0)) {
                base::Diagnostic d;
                d.kind = base::Diagnostic::Kind::fatal;
                d.span = b_.device().origins[b_.device().chains[id.index()].origin.index()].span;
                d.message = fmt::format("the chain {} jumps to itself", name);
                c_.diagnostics.push_back(std::move(d));
                return false;
            }
        return true;
    }
    bool visit(const std::string& name, std::map<std::string, int>& state, unsigned depth) {
        int& s = state[name];
        if (s == 2) return true;
        if (s == 1 || depth > 200) return false;
        s = 1;
        for (const auto& [to, from] : callers_)
            if (std::find(from.begin(), from.end(), name) != from.end() && !visit(to, state, depth + 1)) return false;
        state[name] = 2;
        return true;
    }

    struct Parts {
        std::vector<Rule> rules;
        bool known = true;
    };

    void rule(const Statement& s) {
        s.read = true;
        const ChainId at = chain(s.value("chain"), s.span);
        const bool nat = table_ == "nat";
        Matched m = match_of(c_, s, family_, at);
        std::string action = s.value("action", "accept");
        const bool log = s.yes("log");
        for (const std::string_view key : remarks) static_cast<void>(s.get(key));
        Parts parts = act(s, action, m, at);
        const std::string text = on_one_line(c_.sources.text(s.span));
        const OriginId origin = b_.origin(s.span, text);
        // Rules of the default configuration that wait for a feature, or speed packets up, are no mistake.
        b_.device().origins[origin.index()].element = m.idle || action == "fasttrack-connection";
        if (!parts.known) {
            const auto which = b_.opaque_rule(at, m.match, origin, nat && source_hook(s), nat && !source_hook(s));
            not_understood(c_.diagnostics, s.span_of("action"), fmt::format("the action {} is not understood", action),
                           influence());
            c_.diagnostics.back().predicate = which.value;
            return;
        }
        unread_arguments(s, parts, origin);
        for (Rule& r : parts.rules) {
            r.origin = origin;
            r.active = !s.disabled();
            r.uses = m.uses;
            if (log && (&r == &parts.rules.front())) r.effects.insert(r.effects.begin(), Log{});
            b_.rule(at, std::move(r));
        }
    }

    /// Arguments that neither a matcher nor an action knows: the rule may match less than is read.
    void unread_arguments(const Statement& s, Parts& parts, OriginId origin) {
        for (const Argument& a : s.arguments) {
            if (a.read || a.bare) continue;
            if (a.key.empty() && a.value.empty()) continue;
            const PredicateId id =
                b_.predicate(fmt::format("{}={}", a.key, a.value), PredicateKind::opaque, Field::proto, origin);
            for (Rule& r : parts.rules) r.match = b_.all({r.match, b_.unknown(id)});
            not_understood(c_.diagnostics, a.span, fmt::format("{} is not understood", a.key.empty() ? a.value : a.key),
                           influence());
            c_.diagnostics.back().predicate = id.value;
            a.read = true;
        }
    }
    [[nodiscard]] base::Influence influence() const {
        using base::Influence;
        if (table_ == "nat") return Influence::source | Influence::destination | Influence::filter;
        return table_ == "mangle" ? Influence::routing | Influence::filter : Influence::filter;
    }

    static Rule plain(ExprId match, std::vector<Effect> effects, Control control) {
        Rule r;
        r.match = match;
        r.effects = std::move(effects);
        r.control = std::move(control);
        return r;
    }
    static Parts one(Rule r) {
        Parts out;
        out.rules.push_back(std::move(r));
        return out;
    }
    static Parts unknown() { return {{}, false}; }

    Parts act(const Statement& s, const std::string& action, const Matched& m, ChainId at) {
        const auto end = [&](Verdict verdict) {
            std::vector<Effect> effects;
            if (m.limited && verdict == Verdict::accept) effects.push_back(Limited{});
            Parts out = one(plain(m.match, std::move(effects), Decide{verdict, {}, true}));
            // What stays below the limit goes on, counted.
            if (m.beyond && verdict != Verdict::accept) out.rules.push_back(plain(b_.yes(), {Limited{}}, Continue{}));
            return out;
        };
        if (action == "accept") return end(Verdict::accept);
        if (action == "passthrough") return one(plain(m.match, {}, Continue{}));
        if (action == "log") return one(plain(m.match, {Log{}}, Continue{}));
        if (action == "return") return one(plain(m.match, {}, Return{}));
        if (action == "jump") {
            const Argument* to = s.get("jump-target");
            if (to == nullptr) return unknown();
            if (!chains_.contains(to->value)) {
                // A chain without a rule: everything comes back from it.
                static_cast<void>(b_.use("chain", full_name(to->value), to->span));
                return one(plain(m.match, {}, Continue{}));
            }
            if (row_of(table_, to->value) == nullptr)
                static_cast<void>(b_.use("chain", full_name(to->value), to->span));
            return one(plain(m.match, {}, Jump{chains_.at(to->value)}));
        }
        if (action.starts_with("add-src-to-") || action.starts_with("add-dst-to-")) {
            static_cast<void>(s.get("address-list"));
            return one(plain(m.match, {}, Continue{}));
        }
        if (table_ == "nat") return translate(s, action, m);
        if (action == "drop" && table_ != "mangle") return end(Verdict::drop);
        if (table_ == "filter") {
            if (action == "reject") return static_cast<void>(s.get("reject-with")), end(Verdict::reject);
            // Holds the connection open and answers nothing.
            if (action == "tarpit") return end(Verdict::drop);
            if (action == "fasttrack-connection") {
                // Marks the connection for later packets; whether this one ends here is documented nowhere.
                const PredicateId ends = b_.predicate(
                    fmt::format("whether fasttrack-connection ends the chain for a connection's first packet ({})",
                                c_.sources.where(s.span)),
                    PredicateKind::ambiguity);
                b_.depends(ends, 0, at);
                return one(plain(b_.all({m.match, b_.unknown(ends)}), {}, Decide{Verdict::accept, {}, true}));
            }
        }
        if (table_ == "raw" && action == "notrack") return one(plain(m.match, {c_.netfilter.notrack()}, Continue{}));
        if (table_ == "mangle") return mangle(s, action, m);
        return unknown();
    }

    Parts mangle(const Statement& s, const std::string& action, const Matched& m) {
        // The default of the property is yes.
        const Control then =
            s.value("passthrough", "yes") == "no" ? Control(Decide{Verdict::accept, {}, true}) : Control(Continue{});
        const auto assign = [&](RegisterId reg, std::uint32_t value) {
            return Effect(Assign{FieldRef{Field::reg, View::current, reg}, {}, 0, {}, 0, value});
        };
        if (action == "mark-connection")
            return one(plain(
                m.match,
                {assign(c_.marks.connection_mark, number(c_.config.connection_marks, s.value("new-connection-mark")))},
                then));
        if (action == "mark-packet")
            return one(plain(m.match,
                             {assign(c_.marks.packet_mark, number(c_.config.packet_marks, s.value("new-packet-mark")))},
                             then));
        if (action == "mark-routing")
            return one(plain(
                m.match, c_.netfilter.set_mark(0, number(c_.config.routing_marks, s.value("new-routing-mark"))), then));
        for (const std::string_view harmless : {"change-mss", "change-ttl", "change-dscp", "change-hop-limit",
                                                "set-priority", "strip-ipv4-options", "clear-df"})
            if (action == harmless) {
                for (const std::string_view key : {"new-mss", "new-ttl", "new-dscp", "new-priority", "new-hop-limit"})
                    static_cast<void>(s.get(key));
                return one(plain(m.match, {}, then));
            }
        if (action.starts_with("sniff-")) {
            for (const std::string_view key : {"sniff-target", "sniff-target-port", "sniff-id"})
                static_cast<void>(s.get(key));
            return one(plain(m.match, {}, Continue{}));
        }
        return unknown();
    }
    static std::uint32_t number(std::map<std::string, std::uint32_t>& marks, const std::string& name) {
        return name.empty() || name == "no-mark" || name == "main" ? 0 : mark_of(marks, name);
    }

    // -- translations

    [[nodiscard]] bool source_hook(const Statement& s) const {
        const auto at = hooks_.find(s.value("chain"));
        return at != hooks_.end() && (at->second.contains(Hook::postrouting) || at->second.contains(Hook::input));
    }
    Translate to_addresses(Field field, const Interval& range, const std::string& text) {
        if (range.first == range.last) return Translate{field, family_, Fixed{range.first}};
        Choice choice;
        choice.text = "pool " + text;
        choice.field = field;
        (family_ == Family::v4 ? choice.candidates.values : choice.candidates.values6) =
            IntervalSet::range(range.first, range.last);
        return Translate{field, family_, Pick{b_.choice(std::move(choice)), field == Field::src}};
    }
    bool to_ports(const Statement& s, Field field, std::vector<Translate>& then) {
        const std::string text = s.value("to-ports");
        if (text.empty() || text == "0-65535") return true;
        const auto set = numbers_of(text, 65535);
        if (!set || set->intervals().size() != 1) return false;
        if (const auto only = set->single_value()) {
            then.push_back(Translate{field, std::nullopt, Fixed{*only}});
            return true;
        }
        Choice choice;
        choice.text = "ports " + text;
        choice.field = field;
        choice.candidates.values = *set;
        then.push_back(Translate{field, std::nullopt, Pick{b_.choice(std::move(choice)), true}});
        return true;
    }

    Parts translate(const Statement& s, const std::string& action, const Matched& m) {
        const bool source = source_hook(s);
        const std::string to = s.value("to-addresses");
        const auto range = addresses_of(to);
        if (!to.empty() && (!range || range->first != family_)) return unknown();
        static_cast<void>(s.get("same-not-by-dst"));
        std::vector<Translate> then;
        if (action == "masquerade" && source) {
            then.push_back(Translate{Field::src, std::nullopt, OutInterfaceAddress{}});
            if (!to_ports(s, Field::sport, then)) return unknown();
            return one(c_.netfilter.source_translation(m.match, std::move(then)));
        }
        if ((action == "src-nat" || action == "same") && source) {
            // Without an address only the port changes.
            if (range) then.push_back(to_addresses(Field::src, range->second, to));
            if (!to_ports(s, Field::sport, then) || then.empty()) return unknown();
            return one(c_.netfilter.source_translation(m.match, std::move(then)));
        }
        if ((action == "dst-nat" || action == "same") && !source) {
            if (range) then.push_back(to_addresses(Field::dst, range->second, to));
            if (!to_ports(s, Field::dport, then) || then.empty()) return unknown();
            return one(c_.netfilter.destination_translation(m.match, std::move(then)));
        }
        if (action == "redirect" && !source) {
            if (!to_ports(s, Field::dport, then)) return unknown();
            return one(c_.netfilter.redirect(m.match, std::move(then)));
        }
        if (action == "netmap" && range) return netmap(s, m, range->second, source);
        return unknown();
    }

    /// The host part of the address is kept, the network's part comes from to-addresses.
    Parts netmap(const Statement& s, const Matched& m, const Interval& to, bool source) {
        const Field field = source ? Field::src : Field::dst;
        const auto nets = base::to_prefixes(IntervalSet::range(to.first, to.last), family_);
        const auto& from = source ? m.source : m.destination;
        Translate t{field, family_, Fixed{to.first}};
        if (to.first != to.last) {
            if (nets.size() == 1 && from && from->length >= nets.front().length) {
                const unsigned length = nets.front().length;
                t.to = Shift{base::make_prefix(from->base, length).base.bits, nets.front().base.bits,
                             static_cast<std::uint8_t>(length)};
            } else {
                Choice choice;
                choice.text = "an address of " + s.value("to-addresses");
                choice.field = field;
                choice.varies = false;
                (family_ == Family::v4 ? choice.candidates.values : choice.candidates.values6) =
                    IntervalSet::range(to.first, to.last);
                t.to = Pick{b_.choice(std::move(choice)), false};
                not_understood(c_.diagnostics, s.span_of("to-addresses"),
                               fmt::format("netmap of addresses that {} does not bound is read as some address of {}",
                                           source ? "src-address" : "dst-address", s.value("to-addresses")),
                               influence());
            }
        }
        std::vector<Translate> then{t};
        if (!to_ports(s, source ? Field::sport : Field::dport, then)) return unknown();
        return one(source ? c_.netfilter.source_translation(m.match, std::move(then))
                          : c_.netfilter.destination_translation(m.match, std::move(then)));
    }

    Context& c_;
    Builder& b_;
    Family family_;
    std::string_view table_;
    std::map<std::string, ChainId, std::less<>> chains_;
    std::map<std::string, std::vector<std::string>> callers_;  ///< by the chain that is jumped to
    std::map<std::string, std::set<Hook>> hooks_;
};

/// Rules in their order. `place-before=0` puts one in front; what else moves rules needs the running device.
std::vector<const Statement*> in_order(const std::vector<const Statement*>& statements, const std::string& path,
                                       base::Diagnostics& diagnostics) {
    std::vector<const Statement*> out;
    for (const Statement* s : statements) {
        if (s->path != path) continue;
        if (s->command == "add") {
            const Argument* before = s->get("place-before");
            if (before == nullptr) {
                out.push_back(s);
            } else {
                if (before->value != "0")
                    not_understood(diagnostics, before->span, "where place-before puts this rule is not known");
                out.insert(out.begin(), s);
            }
        } else if (s->command == "remove" && s->has_find &&
                   (s->find == "[find]" || s->find == "[ find ]" || s->find == "[find dynamic=no]" ||
                    s->find == "[ find dynamic=no ]")) {
            s->read = true;
            for (const Statement* gone : out) gone->read = true;
            out.clear();
        }
    }
    return out;
}

}  // namespace

void lower(Context& c, const std::vector<const Statement*>& statements) {
    for (const Family family : {Family::v4, Family::v6})
        for (const std::string_view table : tables) {
            const std::string path = fmt::format("{} firewall {}", family == Family::v4 ? "ip" : "ipv6", table);
            const auto rules = in_order(statements, path, c.diagnostics);
            if (!rules.empty()) Table(c, family, table).lower(rules);
        }
    for (const Statement* s : statements) {
        if (s->path != "ip firewall connection tracking" || s->command != "set") continue;
        s->read = true;
        if (s->value("enabled", "auto") == "no")
            not_understood(
                c.diagnostics, s->span,
                "connection tracking is switched off: NAT and connection states do not work, but are read as "
                "if they did");
    }
}

}  // namespace egresslint::dialects::routeros
