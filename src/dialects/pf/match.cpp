// SPDX-License-Identifier: Apache-2.0
#include "dialects/pf/match.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "families/names.hpp"

namespace egresslint::dialects::pf {

using namespace egresslint::model;
namespace names = families::names;

std::optional<std::uint32_t> number(std::string_view text, std::uint32_t most) {
    if (text.empty() || text.size() > 9) return std::nullopt;
    std::uint32_t n = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        n = n * 10 + static_cast<std::uint32_t>(c - '0');
    }
    return n <= most ? std::optional(n) : std::nullopt;
}
std::optional<std::uint32_t> port_number(std::string_view text) {
    if (const auto n = number(text, 65535)) return n;
    if (const auto service = names::service(text)) return *service;
    return std::nullopt;
}
bool begins_an_address(const std::string& text) {
    return base::parse_address(std::string_view(text).substr(0, text.find('/'))).has_value();
}

namespace {

/// em0, vlan10, egress: anything that is no address and has no dot.
bool is_interface(const std::string& text) {
    const std::string bare = text.substr(0, text.find(':'));
    return !bare.empty() && bare.find('.') == std::string::npos && bare.find('/') == std::string::npos &&
           !(bare[0] >= '0' && bare[0] <= '9');
}
/// Names of groups have no number behind them.
bool is_group(const std::string& name) {
    return !name.empty() && (name.back() < '0' || name.back() > '9') && name.back() != '*';
}

}  // namespace

void Matcher::collect(const std::vector<Rule>& rules) {
    for (const Rule& r : rules) {
        for (const auto* list : {&r.interfaces, &r.received_on})
            for (const Item& i : *list)
                if (i.text != "any" && !i.text.starts_with("rdomain")) interfaces_.insert(i.text);
        for (const auto* hosts : {&r.from, &r.to})
            for (const Host& h : *hosts)
                if (!h.table && h.text != "any" && h.text != "self" && h.text != "no-route" &&
                    h.text != "urpf-failed" && h.text != "all" && is_interface(h.text) &&
                    (h.dynamic || h.text.find(':') != std::string::npos || !is_group(h.text) || h.text == "egress"))
                    interfaces_.insert(h.text.substr(0, h.text.find(':')));
        collect(r.rules);
    }
}

ExprId Matcher::named(const std::string& name, Field field) {
    const ExprId own = b_.interface_names(field, {name});
    if (!is_group(name)) return own;
    // The group of a driver holds what its driver makes.
    for (const std::string_view driver :
         {"lo",  "tun",   "tap",  "wg",     "vlan",  "bridge", "carp",  "pppoe", "gif", "gre",
          "enc", "trunk", "aggr", "vether", "pflog", "pfsync", "vxlan", "svlan", "mpe", "etherip"})
        if (name == driver) return b_.interface_names(field, {name, name + "*"});
    std::vector<ExprId> any{own};
    for (const std::string& other : interfaces_) {
        if (is_group(other) || other.starts_with("lo")) continue;
        // lan0 is in the group lan: interfaces belong to the group of their driver.
        std::string stem = other;
        while (!stem.empty() && stem.back() >= '0' && stem.back() <= '9') stem.pop_back();
        if (stem == name) {
            any.push_back(b_.interface_names(field, {other}));
            continue;
        }
        const PredicateId member =
            b_.predicate(fmt::format("whether {} is in the interface group {}", other, name), PredicateKind::ambiguity);
        any.push_back(b_.all({b_.interface_names(field, {other}), b_.unknown(member)}));
    }
    return b_.either(any);
}

ExprId Matcher::on(const std::vector<Item>& list, Field field) {
    std::vector<ExprId> any;
    for (const Item& i : list) {
        if (i.text == "any") return b_.yes();
        if (i.text.starts_with("rdomain")) {
            any.push_back(b_.unknown(b_.predicate("the packet is in " + i.text, PredicateKind::packet)));
            continue;
        }
        const ExprId e = named(i.text, field);
        any.push_back(i.negated ? b_.negate(e) : e);
    }
    return any.empty() ? b_.yes() : b_.either(any);
}

ExprId Matcher::doubtful(const std::string& text, PredicateKind kind, Field field) {
    const PredicateId id = b_.predicate(text, kind);
    b_.depends(id, field_bit(field));
    return b_.unknown(id);
}

ExprId Matcher::interface_address(const std::string& text, Field field) {
    const auto colon = text.find(':');
    const std::string name = text.substr(0, colon), modifier = colon == std::string::npos ? "" : text.substr(colon + 1);
    if (modifier == "broadcast") return b_.in(field, b_.set(Set{DeviceBroadcasts{}, {}}));
    if (modifier == "peer")
        return doubtful(fmt::format("whether {} is the peer of {}", field_name(field), name), PredicateKind::ambiguity,
                        field);
    return b_.in(field, b_.set(Set{InterfaceAddresses{name, modifier.starts_with("network")}, {}}));
}

ExprId Matcher::host(const Host& h, Field field, Match& m) {
    if (h.table) {
        m.uses.push_back(b_.use("table", h.text, h.span));
        const auto table = rules_.tables.find(h.text);
        if (table == rules_.tables.end()) return b_.no();
        std::vector<ExprId> in, out;
        for (const Host& member : table->second.members)
            (member.negated ? out : in).push_back(host_plain(member, field, m));
        if (table->second.unknown)
            in.push_back(
                doubtful(fmt::format("whether the {} is in the table {}: {}",
                                     field == Field::src ? "source" : "destination", h.text, table->second.why),
                         PredicateKind::dynamic_set, field));
        // The most specific entry decides; entries that say "not" stand inside those that do not.
        ExprId e = in.empty() ? b_.no() : b_.either(in);
        if (!out.empty()) e = b_.all({e, b_.negate(b_.either(out))});
        return e;
    }
    return host_plain(h, field, m);
}

ExprId Matcher::host_plain(const Host& h, Field field, Match&) {
    if (h.text == "any" || h.text == "all" || h.text.empty()) return b_.yes();
    if (h.text == "self") return b_.in(field, b_.set(Set{DeviceAddresses{}, {}}));
    if (h.text == "no-route" || h.text == "urpf-failed")
        return doubtful(fmt::format("{} of the {}", h.text, field == Field::src ? "source" : "destination"),
                        PredicateKind::packet, field);
    if (!h.last.empty()) {
        const auto first = base::parse_address(h.text), last = base::parse_address(h.last);
        if (first && last && first->family == last->family && first->bits <= last->bits)
            return b_.address(field, first->family, IntervalSet::range(first->bits, last->bits));
        return strange_host(h, field);
    }
    if (begins_an_address(h.text)) {
        const auto slash = h.text.find('/');
        const auto address = base::parse_address(std::string_view(h.text).substr(0, slash));
        const auto length =
            slash == std::string::npos
                ? std::optional<std::uint32_t>(base::address_bits(address->family))
                : number(std::string_view(h.text).substr(slash + 1), base::address_bits(address->family));
        if (!length) return strange_host(h, field);
        return b_.prefix(field, base::make_prefix(*address, *length));
    }
    // 10.0.0/24, 10/8
    if (h.text[0] >= '0' && h.text[0] <= '9' && h.text.find(':') == std::string::npos) {
        const auto slash = h.text.find('/');
        std::string dots = h.text.substr(0, slash);
        while (std::count(dots.begin(), dots.end(), '.') < 3) dots += ".0";
        const auto address = base::parse_address(dots);
        const auto length =
            slash == std::string::npos ? std::nullopt : number(std::string_view(h.text).substr(slash + 1), 32);
        if (!address || !length) return strange_host(h, field);
        return b_.prefix(field, base::make_prefix(*address, *length));
    }
    const std::string bare = h.text.substr(0, h.text.find(':'));
    if (h.dynamic || interfaces_.contains(bare)) {
        if (h.text.find('/') != std::string::npos) return strange_host(h, field);
        return interface_address(h.text, field);
    }
    return doubtful(
        fmt::format("whether the {} is an address of {}", field == Field::src ? "source" : "destination", h.text),
        PredicateKind::name, field);
}

ExprId Matcher::strange_host(const Host& h, Field field) {
    const PredicateId id = b_.predicate(fmt::format("{} {}", field_name(field), h.text), PredicateKind::opaque);
    b_.depends(id, field_bit(field));
    not_understood(diagnostics_, h.span, fmt::format("\"{}\" is no address that is understood", h.text));
    diagnostics_.back().predicate = id.value;
    return b_.unknown(id);
}

void Matcher::hosts(const std::vector<Host>& list, Field field, Match& m) {
    if (list.empty()) return;
    std::vector<ExprId> any;
    for (const Host& h : list) {
        const ExprId e = host(h, field, m);
        if (!h.negated) {
            any.push_back(e);
            continue;
        }
        // An address makes the rule one of its IP version, negated or not (pfctl's own expansion, regress pf2).
        const auto address = h.table || h.dynamic
                                 ? std::nullopt
                                 : base::parse_address(std::string_view(h.text).substr(0, h.text.find('/')));
        any.push_back(address ? b_.all({b_.family(address->family), b_.negate(e)}) : b_.negate(e));
    }
    m.all.push_back(b_.either(any));
}

void Matcher::ports(const std::vector<Port>& list, Field field, Match& m) {
    if (list.empty()) return;
    std::vector<ExprId> any;
    for (const Port& p : list) {
        const auto first = port_number(p.first), last = p.last.empty() ? first : port_number(p.last);
        std::optional<IntervalSet> set;
        if (first && last) {
            if (p.op == "=" || p.op == ":") {
                if (*first <= *last) set = IntervalSet::range(*first, *last);
            } else if (p.op == "!=")
                set = IntervalSet::single(*first).complement(16);
            else if (p.op == "<")
                set = *first > 0 ? IntervalSet::range(0, *first - 1) : IntervalSet();
            else if (p.op == "<=")
                set = IntervalSet::range(0, *first);
            else if (p.op == ">")
                set = *first < 65535 ? IntervalSet::range(*first + 1, 65535) : IntervalSet();
            else if (p.op == ">=")
                set = IntervalSet::range(*first, 65535);
            // Both ends are outside: 1000 >< 2000 is 1001 to 1999.
            else if (p.op == "><")
                set = *first + 1 <= *last - 1 && *last > 0 ? IntervalSet::range(*first + 1, *last - 1) : IntervalSet();
            else if (p.op == "<>")
                set = IntervalSet::range(*first, *last).complement(16);
        }
        if (!set) {
            const PredicateId id = b_.predicate(fmt::format("port {} {}", p.op, p.first), PredicateKind::opaque);
            not_understood(diagnostics_, p.span, fmt::format("\"port {} {}\" is not understood", p.op, p.first));
            diagnostics_.back().predicate = id.value;
            any.push_back(b_.unknown(id));
            continue;
        }
        any.push_back(b_.in(field, std::move(*set)));
    }
    m.all.push_back(b_.in(Field::proto, protocols_with_ports()));
    m.all.push_back(b_.either(any));
}

void Matcher::protocols(const Rule& rule, Match& m) {
    if (rule.protocols.empty()) return;
    std::vector<ExprId> any;
    for (const Item& p : rule.protocols) {
        const std::string name = p.text == "icmp6" ? "ipv6-icmp" : p.text;
        if (const auto n = names::protocol(name)) {
            any.push_back(b_.proto(*n));
            continue;
        }
        const PredicateId id = b_.predicate("proto " + p.text, PredicateKind::opaque);
        not_understood(diagnostics_, p.span, fmt::format("the protocol {} is not known", p.text));
        diagnostics_.back().predicate = id.value;
        any.push_back(b_.unknown(id));
    }
    m.all.push_back(b_.either(any));
}

void Matcher::icmp(const Rule& rule, Match& m) {
    static constexpr std::pair<std::string_view, unsigned> v4[] = {
        {"echorep", 0},   {"unreach", 3},    {"squench", 4},  {"redir", 5},      {"echoreq", 8},
        {"routeradv", 9}, {"routersol", 10}, {"timex", 11},   {"paramprob", 12}, {"timereq", 13},
        {"timerep", 14},  {"inforeq", 15},   {"inforep", 16}, {"maskreq", 17},   {"maskrep", 18}};
    static constexpr std::pair<std::string_view, unsigned> v6[] = {
        {"unreach", 1},      {"toobig", 2},       {"timex", 3},       {"paramprob", 4},   {"echoreq", 128},
        {"echorep", 129},    {"groupqry", 130},   {"listqry", 130},   {"grouprep", 131},  {"listenrep", 131},
        {"groupterm", 132},  {"listendone", 132}, {"routersol", 133}, {"routeradv", 134}, {"neighbrsol", 135},
        {"neighbradv", 136}, {"redir", 137},      {"routrrenum", 138}};
    std::vector<ExprId> any;
    const auto add = [&](const std::vector<std::string>& types, unsigned proto, const auto& table) {
        for (const std::string& text : types) {
            const auto slash = text.find('/');
            const std::string type = text.substr(0, slash);
            std::optional<std::uint32_t> n = number(type, 255);
            for (const auto& [name, value] : table)
                if (name == type) n = value;
            std::vector<ExprId> all{b_.proto(static_cast<std::uint8_t>(proto))};
            const auto code =
                slash == std::string::npos ? std::nullopt : number(std::string_view(text).substr(slash + 1), 255);
            if (n) all.push_back(b_.in(Field::icmp_type, IntervalSet::single(*n)));
            if (code) all.push_back(b_.in(Field::icmp_code, IntervalSet::single(*code)));
            if (!n || (slash != std::string::npos && !code))
                all.push_back(b_.unknown(b_.predicate("icmp type " + text, PredicateKind::packet)));
            any.push_back(b_.all(all));
        }
    };
    add(rule.icmp_types, 1, v4);
    add(rule.icmp6_types, 58, v6);
    if (!any.empty()) m.all.push_back(b_.either(any));
}

void Matcher::flags(const Rule& rule, Match& m) {
    std::string text = rule.flags;
    if (text.empty() && rule.action == "pass" && !rule.stateless) text = "S/SA";
    if (text.empty() || text == "any") return;
    static constexpr std::string_view letters = "FSRPAUEW";
    const auto slash = text.find('/');
    const auto bits = [&](std::string_view part) -> std::optional<std::uint32_t> {
        std::uint32_t out = 0;
        for (const char c : part) {
            const auto at = letters.find(c);
            if (at == std::string_view::npos) return std::nullopt;
            out |= 1u << at;
        }
        return out;
    };
    const auto set = bits(std::string_view(text).substr(0, slash));
    const auto mask =
        slash == std::string::npos ? std::optional<std::uint32_t>(255) : bits(std::string_view(text).substr(slash + 1));
    if (!set || !mask) {
        m.all.push_back(b_.unknown(b_.predicate("flags " + text, PredicateKind::packet)));
        return;
    }
    std::vector<base::Interval> values;
    for (std::uint32_t v = 0; v < 256; ++v)
        if ((v & *mask) == *set) values.push_back({v, v});
    m.all.push_back(b_.either({b_.negate(b_.proto(6)), b_.in(Field::tcp_flags, IntervalSet(std::move(values)))}));
}

Matcher::Match Matcher::common(const Rule& rule) {
    Match m;
    if (!rule.family.empty()) m.all.push_back(b_.family(rule.family == "inet" ? Family::v4 : Family::v6));
    protocols(rule, m);
    hosts(rule.from, Field::src, m);
    hosts(rule.to, Field::dst, m);
    ports(rule.from_ports, Field::sport, m);
    ports(rule.to_ports, Field::dport, m);
    icmp(rule, m);
    flags(rule, m);
    if (!rule.tagged.empty()) {
        const ExprId e = pf_.tagged(rule.tagged);
        m.all.push_back(rule.not_tagged ? b_.negate(e) : e);
    }
    if (!rule.received_on.empty()) m.all.push_back(on(rule.received_on, Field::in_if));
    for (const Doubt& d : rule.doubts) {
        const PredicateKind kind = d.kind == "user"      ? PredicateKind::user
                                   : d.kind == "balance" ? PredicateKind::balance
                                   : d.kind == "packet"  ? PredicateKind::packet
                                                         : PredicateKind::opaque;
        const PredicateId id = b_.predicate(
            kind == PredicateKind::balance ? fmt::format("{} ({})", d.text, sources_.where(d.span)) : d.text, kind);
        // A way or rewriting that is not modelled concerns every packet of the rule; as if it might not match.
        m.all.push_back(b_.unknown(id));
        if (kind != PredicateKind::opaque) continue;
        not_understood(diagnostics_, d.span, fmt::format("\"{}\" is not understood", d.text));
        diagnostics_.back().predicate = id.value;
    }
    return m;
}

}  // namespace egresslint::dialects::pf
