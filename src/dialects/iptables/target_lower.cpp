// SPDX-License-Identifier: Apache-2.0
// The lowering of targets. Sources: iptables-extensions(8) 1.8.9; the arithmetic of marks is that of its MARK and
// CONNMARK sections.
#include "dialects/iptables/target_lower.hpp"

#include "families/names.hpp"

namespace egresslint::dialects::iptables::lower {
namespace {

using namespace egresslint::model;
using base::Diagnostic;
using base::Interval;
using families::netfilter::Hook;
namespace names = families::names;

Rule plain(ExprId match, std::vector<Effect> effects, Control control) {
    Rule rule;
    rule.match = match;
    rule.effects = std::move(effects);
    rule.control = std::move(control);
    return rule;
}
Rules one(Rule rule) {
    std::vector<Rule> rules;
    rules.push_back(std::move(rule));
    return rules;
}
Decide decide(Verdict verdict) { return Decide{verdict, {}, true}; }
std::string at(const Context& c) { return " (" + c.sources.where(c.line) + ")"; }

}  // namespace

Rules accept(Context&, ExprId match, const Instance&) { return one(plain(match, {}, decide(Verdict::accept))); }
Rules drop(Context&, ExprId match, const Instance&) { return one(plain(match, {}, decide(Verdict::drop))); }
Rules reject(Context&, ExprId match, const Instance&) { return one(plain(match, {}, decide(Verdict::reject))); }
Rules returns(Context&, ExprId match, const Instance&) { return one(plain(match, {}, Return{})); }
Rules goes_on(Context&, ExprId match, const Instance&) { return one(plain(match, {}, Continue{})); }
/// The copy leaves by a way of its own, which no rule of the model sees.
Rules tee(Context& c, ExprId match, const Instance& target) {
    c.report(Diagnostic::Kind::not_understood, "EL901", target.span, "the copies that TEE makes are not followed");
    c.diagnostics.back().influence =
        c.protocol && *c.protocol != 6 ? base::Influence::nothing : base::Influence::everything;
    return goes_on(c, match, target);
}
Rules logs(Context&, ExprId match, const Instance&) { return one(plain(match, {Log{}}, Continue{})); }

/// A program decides: it may let the packet pass or drop it.
Rules queue(Context& c, ExprId match, const Instance& target) {
    const auto which =
        c.b.predicate(std::string(target.name) + ": the program behind the queue lets the packet pass" + at(c),
                      PredicateKind::ambiguity);
    c.b.depends(which, 0, c.chain);
    std::vector<Rule> rules;
    rules.push_back(plain(c.b.all({match, c.b.unknown(which)}), {}, decide(Verdict::accept)));
    rules.push_back(plain(match, {}, decide(Verdict::drop)));
    return rules;
}

/// Answers the handshake itself; what becomes of the packet depends on it.
Rules synproxy(Context& c, ExprId match, const Instance&) {
    const auto which =
        c.b.predicate("SYNPROXY: goes on, passes or is dropped" + at(c), PredicateKind::ambiguity, Field::proto, {}, 3);
    c.b.depends(which, 0, c.chain);
    std::vector<Rule> rules;
    rules.push_back(plain(c.b.all({match, c.b.unknown(which, 1)}), {}, decide(Verdict::accept)));
    rules.push_back(plain(c.b.all({match, c.b.unknown(which, 2)}), {}, decide(Verdict::drop)));
    return rules;
}

Rules clusterip(Context& c, ExprId match, const Instance&) {
    const auto which =
        c.b.predicate("CLUSTERIP: this node is responsible for the packet" + at(c), PredicateKind::balance);
    return one(plain(c.b.all({match, c.b.unknown(which, 0)}), {}, decide(Verdict::drop)));
}

/// Accepts towards a listening local proxy, with the mark written, and drops when there is none.
Rules tproxy(Context& c, ExprId match, const Instance& target) {
    MaskedNumber mark{0, 0};
    if (const auto* o = target.find("--tproxy-mark")) {
        const auto n = masked_number(o->args[0]);
        if (!n) return {};
        mark = *n;
    }
    const auto* port = target.find("--on-port");
    const auto which = c.b.predicate(
        "TPROXY: a local proxy listens" + (port == nullptr ? std::string{} : " on port " + std::string(port->args[0])),
        PredicateKind::ambiguity);
    std::vector<Rule> rules;
    auto effects = mark.mask == 0 ? std::vector<Effect>{} : c.netfilter.set_mark(~mark.mask, mark.value);
    rules.push_back(plain(c.b.all({match, c.b.unknown(which)}), std::move(effects), decide(Verdict::accept)));
    rules.push_back(plain(match, {}, decide(Verdict::drop)));
    return rules;
}

/// The set it writes is unknown wherever it is matched (Context::written_sets); the packet itself goes on.
Rules set_entry(Context& c, ExprId match, const Instance& target) {
    if (target.find("--map-set") != nullptr) return {};
    for (const auto& o : target.options)
        if (o.row->args == 2) c.uses->push_back(c.b.use("set", o.args[0], o.span));
    return one(plain(match, {}, Continue{}));
}

// -- marks
// ----------------------------------------------------------------------------------------------------------------

namespace {

/// new = (old & keep) ^ value
struct Arithmetic {
    std::uint32_t keep = 0;
    std::uint32_t value = 0;
};
std::optional<Arithmetic> arithmetic(const Instance& target) {
    for (const auto& o : target.options) {
        const auto name = o.row->name;
        const bool writes = name == "--set-xmark" || name == "--set-mark" || name == "--and-mark" ||
                            name == "--or-mark" || name == "--xor-mark";
        if (!writes) continue;
        const auto parsed = masked_number(o.args[0]);
        if (!parsed) return std::nullopt;
        const MaskedNumber n = parsed.value_or(MaskedNumber{});
        if (name == "--set-xmark") return Arithmetic{~n.mask, n.value};
        if (name == "--set-mark") return Arithmetic{~(n.mask | n.value), n.value};
        if (name == "--and-mark") return Arithmetic{n.value, 0};
        if (name == "--or-mark") return Arithmetic{~n.value, n.value};
        return Arithmetic{0xffffffffu, n.value};
    }
    return std::nullopt;
}
std::optional<std::uint32_t> mask_option(const Instance& target, std::string_view name) {
    const auto* o = target.find(name);
    if (o == nullptr) o = target.find("--mask");
    if (o == nullptr) return 0xffffffffu;
    const auto n = masked_number(o->args[0]);
    if (!n) return std::nullopt;
    return n->value;
}

}  // namespace

Rules mark(Context& c, ExprId match, const Instance& target) {
    const auto a = arithmetic(target);
    if (!a) return {};
    return one(plain(match, c.netfilter.set_mark(a->keep, a->value), Continue{}));
}

/// Without a connection it does nothing.
Rules connmark(Context& c, ExprId match, const Instance& target) {
    // Shifted marks have no form here.
    if (target.find("--left-shift-mark") != nullptr || target.find("--right-shift-mark") != nullptr) return {};
    const auto without = c.netfilter.connection_state({ConnectionState::invalid, ConnectionState::untracked});
    match = c.b.all({match, c.b.negate(without)});
    const auto& r = c.netfilter.registers();
    const FieldRef connection{Field::reg, View::current, r.ct_mark};
    const FieldRef packet{Field::reg, View::current, r.mark};
    const bool save = target.find("--save-mark") != nullptr;
    if (save || target.find("--restore-mark") != nullptr) {
        const auto of_connection = mask_option(target, "--ctmask");
        const auto of_packet = mask_option(target, "--nfmask");
        if (!of_connection || !of_packet) return {};
        if (save)
            return one(
                plain(match, {Assign{connection, r.ct_mark, ~*of_connection, r.mark, *of_packet, 0}}, Continue{}));
        const FieldRef reroute{Field::reg, View::current, r.reroute};
        return one(
            plain(match,
                  {Assign{packet, r.mark, ~*of_packet, r.ct_mark, *of_connection, 0}, Assign{reroute, {}, 0, {}, 0, 1}},
                  Continue{}));
    }
    const auto a = arithmetic(target);
    if (!a) return {};
    return one(plain(match, {Assign{connection, r.ct_mark, a->keep, {}, 0, a->value}}, Continue{}));
}

Rules notrack(Context& c, ExprId match, const Instance&) {
    if (c.table != "raw") return {};
    return one(plain(match, {c.netfilter.notrack()}, Continue{}));
}
Rules conntrack(Context& c, ExprId match, const Instance& target) {
    return target.find("--notrack") != nullptr ? notrack(c, match, target) : one(plain(match, {}, Continue{}));
}

// -- translations
// ---------------------------------------------------------------------------------------------------------

namespace {

struct Target {
    std::optional<Interval> addresses;
    std::optional<Interval> ports;
    bool moved_ports = false;  ///< `first-last/base`: the port's place in another range is kept
};

/// "198.51.100.5", "198.51.100.5-198.51.100.9:1024-2047", ":25", "[2001:db8::5]:25", "2001:db8::5".
std::optional<Target> parse_target(base::Family family, std::string_view text) {
    Target out;
    std::string addresses;
    std::string_view ports;
    bool has_ports = false;
    if (family == base::Family::v4 || text.starts_with(":")) {
        const bool only_ports = family == base::Family::v6 && text.find(':', 1) != std::string_view::npos;
        const auto colon = only_ports ? std::string_view::npos : text.find(':');
        addresses = text.substr(0, colon);
        if (colon != std::string_view::npos) {
            has_ports = true;
            ports = text.substr(colon + 1);
        }
    } else {
        const auto bracket = text.rfind("]:");
        auto part = text;
        if (bracket != std::string_view::npos) {
            part = text.substr(0, bracket + 1);
            ports = text.substr(bracket + 2);
            has_ports = true;
        }
        for (const char ch : part)
            if (ch != '[' && ch != ']') addresses += ch;
    }
    if (!addresses.empty()) {
        const std::string_view range = addresses;
        const auto dash = range.find('-');
        const auto first = base::parse_address(range.substr(0, dash));
        const auto last = dash == std::string_view::npos ? first : base::parse_address(range.substr(dash + 1));
        if (!first || !last || first->family != family || last->family != family || first->bits > last->bits) return {};
        out.addresses = Interval{first->bits, last->bits};
    }
    if (has_ports) {
        if (const auto slash = ports.find('/'); slash != std::string_view::npos) {
            out.moved_ports = true;
            ports = ports.substr(0, slash);
        }
        out.ports = port_range(ports, '-');
        if (!out.ports || out.ports->first > out.ports->last) return {};
    }
    if (!out.addresses && !out.ports) return {};
    return out;
}

Translate to_addresses(Context& c, Field field, std::vector<Interval> values, std::string text) {
    if (values.size() == 1 && values[0].first == values[0].last)
        return Translate{field, c.family, Fixed{values[0].first}};
    Choice choice;
    choice.text = "pool " + std::move(text);
    choice.field = field;
    (c.family == base::Family::v4 ? choice.candidates.values : choice.candidates.values6) =
        IntervalSet(std::move(values));
    // A source that is in the pool already keeps its address; a destination does not.
    return Translate{field, c.family, Pick{c.b.choice(std::move(choice)), field == Field::src}};
}
Translate to_ports(Context& c, Field field, const Interval& ports, bool moved, bool random) {
    if (ports.first == ports.last && !moved) return Translate{field, std::nullopt, Fixed{ports.first}};
    Choice choice;
    choice.text = "ports " + base::to_decimal(ports.first) + "-" + base::to_decimal(ports.last);
    choice.field = field;
    choice.candidates.values = IntervalSet{ports};
    choice.varies = !moved;
    return Translate{field, std::nullopt, Pick{c.b.choice(std::move(choice)), !random && !moved}};
}

/// --random and --random-fully without ports: any source port (iptables-extensions(8), SNAT and MASQUERADE).
Translate random_source_port(Context& c) { return to_ports(c, Field::sport, Interval{1, 65535}, false, true); }

/// SNAT and DNAT: several --to options, which old kernels took, are one pool.
std::optional<std::vector<Translate>> translation(Context& c, const Instance& target, bool source) {
    std::vector<Interval> addresses;
    std::string text;
    std::optional<Interval> ports;
    bool moved = false;
    bool random = false;
    for (const auto& o : target.options) {
        random |= o.row->name == "--random" || o.row->name == "--random-fully";
        if (o.row->args == 0) continue;
        const auto t = parse_target(c.family, o.args[0]);
        if (!t) return {};
        if (t->addresses) {
            addresses.push_back(*t->addresses);
            text += (text.empty() ? "" : ", ") + std::string(o.args[0]);
        }
        if (t->ports) ports = t->ports;
        moved |= t->moved_ports;
    }
    std::vector<Translate> then;
    if (!addresses.empty())
        then.push_back(to_addresses(c, source ? Field::src : Field::dst, std::move(addresses), std::move(text)));
    if (ports) then.push_back(to_ports(c, source ? Field::sport : Field::dport, *ports, moved, random));
    if (!ports && source && random) then.push_back(random_source_port(c));
    if (then.empty()) return {};
    return then;
}

std::optional<std::vector<Translate>> only_ports(Context& c, const Instance& target, Field field) {
    std::vector<Translate> then;
    if (const auto* o = target.find("--to-ports")) {
        const auto ports = port_range(o->args[0], '-');
        if (!ports || ports->first > ports->last) return {};
        const bool random = target.find("--random") != nullptr || target.find("--random-fully") != nullptr;
        then.push_back(to_ports(c, field, *ports, false, random));
    } else if (field == Field::sport &&
               (target.find("--random") != nullptr || target.find("--random-fully") != nullptr)) {
        then.push_back(random_source_port(c));
    }
    return then;
}

bool reached_from_source_hooks(const Context& c) {
    return (c.hooks & (1u << static_cast<unsigned>(Hook::postrouting) | 1u << static_cast<unsigned>(Hook::input))) != 0;
}
bool reached_from_destination_hooks(const Context& c) {
    return (c.hooks & (1u << static_cast<unsigned>(Hook::prerouting) | 1u << static_cast<unsigned>(Hook::output))) != 0;
}

}  // namespace

Rules snat(Context& c, ExprId match, const Instance& target) {
    auto then = translation(c, target, true);
    if (!then || c.table != "nat") return {};
    return one(c.netfilter.source_translation(match, std::move(*then)));
}
Rules dnat(Context& c, ExprId match, const Instance& target) {
    auto then = translation(c, target, false);
    if (!then || c.table != "nat") return {};
    return one(c.netfilter.destination_translation(match, std::move(*then)));
}
Rules masquerade(Context& c, ExprId match, const Instance& target) {
    auto ports = only_ports(c, target, Field::sport);
    if (!ports || c.table != "nat") return {};
    ports->insert(ports->begin(), Translate{Field::src, std::nullopt, OutInterfaceAddress{}});
    return one(c.netfilter.source_translation(match, std::move(*ports)));
}
Rules redirect(Context& c, ExprId match, const Instance& target) {
    auto ports = only_ports(c, target, Field::dport);
    if (!ports || c.table != "nat") return {};
    return one(c.netfilter.redirect(match, std::move(*ports)));
}

/// Keeps the host part of any address. The model says so for addresses of one network, which the rule's -s or -d must
/// name; without it the result is one unknown address of the target network.
Rules netmap(Context& c, ExprId match, const Instance& target) {
    const auto* to = target.find("--to");
    const bool source = reached_from_source_hooks(c);
    if (to == nullptr || c.table != "nat" || source == reached_from_destination_hooks(c)) return {};
    const auto parsed = masked_address(c.family, to->args[0]);
    if (!parsed || !parsed->prefix) return {};
    const auto& net = *parsed->prefix;
    const auto field = source ? Field::src : Field::dst;
    const auto& from = source ? c.source : c.destination;
    Translate t{field, c.family, Fixed{net.base.bits}};
    if (net.length < base::address_bits(c.family)) {
        if (from && from->length >= net.length) {
            t.to = Shift{base::make_prefix(from->base, net.length).base.bits, net.base.bits, net.length};
        } else {
            Choice choice;
            choice.text = "an address of " + base::to_string(net);
            choice.field = field;
            choice.varies = false;
            (c.family == base::Family::v4 ? choice.candidates.values : choice.candidates.values6) =
                IntervalSet::prefix(net);
            t.to = Pick{c.b.choice(std::move(choice)), false};
            c.report(Diagnostic::Kind::not_understood, "EL901", target.span,
                     std::string("NETMAP of addresses that ") + (source ? "-s" : "-d") +
                         " does not bound is read as some address of " + base::to_string(net));
        }
    }
    return one(source ? c.netfilter.source_translation(match, {t}) : c.netfilter.destination_translation(match, {t}));
}

namespace {
/// SNPT and DNPT (RFC 6296) change the prefix and one more word, so that checksums stay: some address of the new
/// prefix.
Rules prefix_translation(Context& c, ExprId match, const Instance& target, Field field) {
    const auto* o = target.find("--dst-pfx");
    if (o == nullptr || c.family != base::Family::v6) return {};
    const auto prefix = base::parse_prefix(o->args[0]);
    if (!prefix || prefix->base.family != base::Family::v6) return {};
    Choice choice;
    choice.text = "an address of " + base::to_string(*prefix);
    choice.field = field;
    choice.varies = false;
    choice.candidates.values6 = IntervalSet::prefix(*prefix);
    return one(plain(match, {Translate{field, c.family, Pick{c.b.choice(std::move(choice)), false}}}, Continue{}));
}
}  // namespace

Rules source_prefix(Context& c, ExprId match, const Instance& target) {
    return prefix_translation(c, match, target, Field::src);
}
Rules destination_prefix(Context& c, ExprId match, const Instance& target) {
    return prefix_translation(c, match, target, Field::dst);
}

}  // namespace egresslint::dialects::iptables::lower
