// SPDX-License-Identifier: Apache-2.0
// Interfaces, addresses, aliases, ports and protocols of a rule as expressions.
#include <algorithm>
#include <charconv>

#include "dialects/pfsense/lower.hpp"
#include "families/names.hpp"
#include "families/xml.hpp"

namespace egresslint::dialects::pfsense {

using namespace model;
using base::Interval;

namespace {

constexpr unsigned most_nested = 32;

std::string_view side_word(Field field) {
    switch (field) {
        case Field::src: return "source";
        case Field::dst: return "destination";
        case Field::sport: return "source port";
        default: return "destination port";
    }
}

std::optional<unsigned> small_number(std::string_view text, unsigned most) {
    unsigned out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc{} || end != text.data() + text.size() || out > most) return std::nullopt;
    return out;
}

/// "10.0.0.1", "10.0.0.0/8", "10.0.0.1-10.0.0.9".
std::optional<std::pair<Family, Interval>> literal(std::string_view text) {
    if (const auto p = base::parse_prefix(text)) return std::pair{p->base.family, Interval{p->first(), p->last()}};
    if (const auto a = base::parse_address(text)) return std::pair{a->family, Interval{a->bits, a->bits}};
    const std::size_t dash = text.find('-');
    if (dash == std::string_view::npos) return std::nullopt;
    const auto first = base::parse_address(text.substr(0, dash)), last = base::parse_address(text.substr(dash + 1));
    if (!first || !last || first->family != last->family || first->bits > last->bits) return std::nullopt;
    return std::pair{first->family, Interval{first->bits, last->bits}};
}

/// A table of pf: of all entries that hold an address the narrowest decides (pf.conf(5), TABLES).
base::IntervalSet narrowest_wins(std::vector<std::pair<Interval, int>> entries) {
    const bool negated = std::any_of(entries.begin(), entries.end(), [](const auto& e) { return e.second != 0; });
    if (!negated) {
        std::vector<Interval> all;
        for (const auto& [interval, minus] : entries) all.push_back(interval);
        return base::IntervalSet(std::move(all));
    }
    std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
        return a.first.last - a.first.first > b.first.last - b.first.first;
    });
    base::IntervalSet out;
    for (const auto& [interval, minus] : entries) {
        const base::IntervalSet one{interval};
        out = minus != 0 ? out.minus(one) : out.unite(one);
    }
    return out;
}

struct IcmpName {
    std::string_view name;
    int v4, v6;
};
/// pf's names (pf.conf(5), icmp-type; pfctl_parser.c).
constexpr IcmpName icmp_names[] = {
    {"echoreq", 8, 128},     {"echorep", 0, 129},     {"unreach", 3, 1},       {"squench", 4, -1},
    {"redir", 5, 137},       {"althost", 6, -1},      {"routeradv", 9, 134},   {"routersol", 10, 133},
    {"timex", 11, 3},        {"paramprob", 12, 4},    {"timereq", 13, -1},     {"timerep", 14, -1},
    {"inforeq", 15, -1},     {"inforep", 16, -1},     {"maskreq", 17, -1},     {"maskrep", 18, -1},
    {"trace", 30, -1},       {"dataconv", 31, -1},    {"mobredir", 32, -1},    {"ipv6-where", 33, -1},
    {"ipv6-here", 34, -1},   {"mobregreq", 35, -1},   {"mobregrep", 36, -1},   {"skip", 39, -1},
    {"photuris", 40, -1},    {"toobig", -1, 2},       {"groupqry", -1, 130},   {"listqry", -1, 130},
    {"grouprep", -1, 131},   {"listenrep", -1, 131},  {"groupterm", -1, 132},  {"listendone", -1, 132},
    {"neighbrsol", -1, 135}, {"neighbradv", -1, 136}, {"routrrenum", -1, 138}, {"wrureq", -1, 139},
    {"niqry", -1, 139},      {"fqdnreq", -1, 139},    {"wrurep", -1, 140},     {"nirep", -1, 140},
    {"fqdnrep", -1, 140},    {"mtraceresp", -1, 200}, {"mtrace", -1, 201},
};

std::optional<std::uint8_t> icmp_type(const std::string& text, Family family) {
    for (const IcmpName& n : icmp_names)
        if (n.name == text) {
            const int value = family == Family::v4 ? n.v4 : n.v6;
            return value < 0 ? std::nullopt : std::optional<std::uint8_t>(static_cast<std::uint8_t>(value));
        }
    const auto value = small_number(text, 255);
    return value ? std::optional<std::uint8_t>(static_cast<std::uint8_t>(*value)) : std::nullopt;
}

}  // namespace

/// What a provider may delegate or assign: of IPv6 global and local unicast only.
ExprId Lowering::assigned(Field field, Family family, std::string text) {
    std::vector<ExprId> parts{b_.family(family)};
    if (family == Family::v6) {
        const auto global = *base::parse_prefix("2000::/3"), local = *base::parse_prefix("fc00::/7");
        parts.push_back(b_.address(field, Family::v6,
                                   base::IntervalSet{{global.first(), global.last()}, {local.first(), local.last()}}));
    }
    parts.push_back(predicate(field, std::move(text), PredicateKind::ambiguity));
    return b_.all(parts);
}

ExprId Lowering::predicate(Field field, std::string text, PredicateKind kind) {
    const PredicateId id = b_.predicate(std::move(text), kind, field);
    b_.depends(id, field_bit(field));
    return b_.unknown(id);
}

// -- interfaces, families, protocols

bool Lowering::switched_off(const std::vector<std::string>& interfaces) const {
    return std::any_of(interfaces.begin(), interfaces.end(), [&](const std::string& name) {
        return std::any_of(c_.interfaces.begin(), c_.interfaces.end(),
                           [&](const Interface& i) { return i.key == name; }) ||
               std::any_of(c_.groups.begin(), c_.groups.end(), [&](const InterfaceGroup& g) { return g.name == name; });
    });
}

void Lowering::interface_match(Field field, const RuleBase& rule, Match& m) {
    if (rule.interfaces.empty() || rule.interfaces.front() == "any") return;
    std::vector<std::string> names;
    for (const std::string& name : rule.interfaces) {
        for (const InterfaceGroup& g : c_.groups)
            if (g.name == name) m.uses.push_back(b_.use("interface group", name, rule.span));
        for (std::string& each : expand(name))
            if (std::find(names.begin(), names.end(), each) == names.end()) names.push_back(std::move(each));
    }
    if (names.empty()) {
        // Such a rule is not loaded. One that the device does not even have matches nothing as well, and can be told
        // so.
        if (rule.interface_negated || switched_off(rule.interfaces)) {
            m.fail("its interface is disabled");
            return;
        }
        names = rule.interfaces;
    }
    const ExprId in = b_.interface_names(field, std::move(names));
    m.parts.push_back(rule.interface_negated ? b_.negate(in) : in);
}

void Lowering::family_match(const std::string& ip_protocol, Match& m) {
    if (ip_protocol == "inet" || ip_protocol == "inet4") m.parts.push_back(b_.family(Family::v4));
    if (ip_protocol == "inet6") m.parts.push_back(b_.family(Family::v6));
}

void Lowering::protocol_match(const RuleBase& rule, Match& m) {
    const std::string& p = rule.protocol;
    if (p.empty() || p == "any") {
        const bool ports = (!rule.source.port.empty() && rule.source.port != "any") ||
                           (!rule.destination.port.empty() && rule.destination.port != "any");
        if (ports) m.parts.push_back(b_.in(Field::proto, IntervalSet{{6, 6}, {17, 17}}));
        return;
    }
    if (p == "tcp/udp") {
        m.parts.push_back(b_.in(Field::proto, IntervalSet{{6, 6}, {17, 17}}));
        return;
    }
    if (p == "icmp" || p == "ipv6-icmp" || p == "icmp6") {
        const ExprId four = b_.all({b_.family(Family::v4), b_.proto(1)});
        const ExprId six = b_.all({b_.family(Family::v6), b_.proto(58)});
        if (p != "icmp" || rule.ip_protocol == "inet6")
            m.parts.push_back(six);
        else if (rule.ip_protocol == "inet46")
            m.parts.push_back(b_.either({four, six}));
        else
            m.parts.push_back(b_.proto(1));
        return;
    }
    if (p == "carp" || p == "pfsync") {
        m.parts.push_back(b_.proto(p == "carp" ? 112 : 240));
        return;
    }
    if (const auto number = families::names::protocol(p)) {
        m.parts.push_back(b_.proto(*number));
        return;
    }
    const PredicateId unknown = b_.predicate("protocol " + p, PredicateKind::packet, Field::proto);
    m.parts.push_back(b_.unknown(unknown));
    not_understood(rule.span, "protocol \"" + p + "\" is not known", base::Influence::everything, unknown);
}

void Lowering::icmp_match(const FilterRule& rule, Match& m) {
    const bool icmp = rule.protocol == "icmp" || rule.protocol == "ipv6-icmp" || rule.protocol == "icmp6";
    if (!icmp) return;
    std::vector<ExprId> either;
    for (const Family f : {Family::v4, Family::v6}) {
        if (rule.ip_protocol == (f == Family::v4 ? "inet6" : "inet")) continue;
        const auto& names = f == Family::v4 ? rule.icmp_types : rule.icmp6_types;
        if (names.empty()) {
            either.push_back(b_.family(f));
            continue;
        }
        std::vector<Interval> types;
        for (const std::string& name : names)
            if (const auto type = icmp_type(name, f)) types.push_back({*type, *type});
        either.push_back(b_.all({b_.family(f), b_.in(Field::icmp_type, base::IntervalSet(std::move(types)))}));
    }
    if (rule.icmp_types.empty() && rule.icmp6_types.empty()) return;
    m.parts.push_back(b_.either(either));
}

void Lowering::flags_match(const FilterRule& rule, Match& m) {
    if (rule.protocol != "tcp" || rule.any_flags || rule.flags_of.empty()) return;
    const auto bits = [](const std::string& names) {
        constexpr std::string_view all[] = {"fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr"};
        unsigned out = 0;
        for (const std::string& name : families::xml::words(names, ", "))
            for (unsigned i = 0; i < 8; ++i)
                if (name == all[i]) out |= 1u << i;
        return out;
    };
    const unsigned of = bits(rule.flags_of), set = bits(rule.flags_set);
    std::vector<Interval> values;
    for (unsigned v = 0; v < 256; ++v)
        if ((v & of) == set) values.push_back({v, v});
    m.parts.push_back(b_.in(Field::tcp_flags, base::IntervalSet(std::move(values))));
}

// -- addresses

const Alias* Lowering::alias_of(const std::string& name) const {
    const auto at = aliases_.find(name);
    return at == aliases_.end() ? nullptr : at->second;
}

void Lowering::collect(const Alias& from, Members& to, std::vector<std::pair<Interval, int>>& v4,
                       std::vector<std::pair<Interval, int>>& v6, std::set<std::string>& seen, unsigned depth) {
    if (!seen.insert(from.name).second) return;
    if (depth > most_nested) {
        to.unknown.emplace_back("alias " + from.name + ", which nests too deeply", PredicateKind::opaque);
        return;
    }
    const auto run_time = [&](std::string text, PredicateKind kind) { to.unknown.emplace_back(std::move(text), kind); };
    if (!from.enabled) return;
    const std::string& t = from.type;
    if (t.find("url") != std::string::npos || t == "urljson") {
        // "url" aliases are resolved once, but what they held then is written into the file (pfSense) or not at all.
        if (t == "url" && !opnsense() && !from.entries.empty()) {
        } else {
            run_time("alias " + from.name + " (" + t + ")", PredicateKind::dynamic_set);
            return;
        }
    } else if (t == "geoip" || t == "asn") {
        run_time("alias " + from.name + " (" + t + ")", PredicateKind::name);
        return;
    } else if (t == "mac") {
        run_time("alias " + from.name + " (hardware addresses)", PredicateKind::packet);
        return;
    } else if (t == "authgroup") {
        run_time("alias " + from.name + " (VPN users)", PredicateKind::user);
        return;
    } else if (t == "external" || t == "internal" || t == "dynipv6host") {
        run_time("alias " + from.name + " (" + t + ")", PredicateKind::dynamic_set);
        return;
    }
    for (const std::string& entry : from.entries) {
        const bool minus = entry.starts_with('!');
        const std::string word = minus ? entry.substr(1) : entry;
        if (const auto l = literal(word)) {
            (l->first == Family::v4 ? v4 : v6).emplace_back(l->second, minus ? 1 : 0);
        } else if (const Alias* nested = alias_of(word); nested != nullptr) {
            (void)b_.use("alias", word, from.span);
            if (seen.contains(word)) {
                if (word != from.name || depth > 0)
                    not_understood(from.span, "alias " + from.name + " holds " + word + ", which holds it: a cycle",
                                   base::Influence::nothing);
                continue;
            }
            collect(*nested, to, v4, v6, seen, depth + 1);
        } else if (word.starts_with("__") && word.ends_with("_network") &&
                   interface_of(word.substr(2, word.size() - 10))) {
            const Interface& i = *interface_of(word.substr(2, word.size() - 10));
            for (const Prefix& p : networks_of(i, Family::v4)) v4.emplace_back(Interval{p.first(), p.last()}, 0);
            for (const Prefix& p : networks_of(i, Family::v6)) v6.emplace_back(Interval{p.first(), p.last()}, 0);
            if (dynamic(i, Family::v4) || dynamic(i, Family::v6))
                run_time("networks of " + i.key, PredicateKind::ambiguity);
        } else if (word.find('.') != std::string::npos && word.find('/') == std::string::npos) {
            run_time("addresses of " + word + " (alias " + from.name + ")", PredicateKind::name);
        } else {
            run_time("\"" + word + "\" in alias " + from.name, PredicateKind::opaque);
            not_understood(from.span, "alias " + from.name + ": \"" + word + "\" is no address, network or alias",
                           base::Influence::everything);
        }
    }
}

const Members& Lowering::alias(const std::string& name) {
    const auto [at, fresh] = members_.try_emplace(name);
    if (!fresh) return at->second;
    Members all;
    const Alias* a = alias_of(name);
    if (a != nullptr) {
        all.defined = true;
        all.ports = a->type.find("port") != std::string::npos;
        all.object = b_.use("alias", name, {});
        if (!all.ports) {
            std::vector<std::pair<Interval, int>> v4, v6;
            std::set<std::string> seen;
            collect(*a, all, v4, v6, seen, 0);
            all.v4 = narrowest_wins(std::move(v4));
            all.v6 = narrowest_wins(std::move(v6));
            if (all.v4.empty() && all.v6.empty() && all.unknown.empty() && all.object.valid()) {
                auto& object = b_.device().objects[all.object.index()];
                if (object.state == ObjectState::defined) object.state = ObjectState::empty;
            }
        }
    }
    return members_[name] = std::move(all);
}

ExprId Lowering::members(Field field, const Members& all, const std::string& name) {
    std::vector<ExprId> any;
    any.push_back(b_.in(field, b_.addresses(all.v4, all.v6, all.object)));
    for (const auto& [what, kind] : all.unknown)
        any.push_back(predicate(field, std::string(side_word(field)) + " is among " + what, kind));
    (void)name;
    return b_.either(any);
}

ExprId Lowering::network_of(Field field, const std::string& key) {
    const Interface* i = interface_of(key);
    if (i == nullptr) {  // a tunnel
        if (key == "enc0" || key == "openvpn" || key == "wireguard" || key == "l2tp" || key == "pppoe")
            return predicate(field, std::string(side_word(field)) + " is in a network of " + key,
                             PredicateKind::ambiguity);
        return b_.no();
    }
    std::vector<Interval> v4, v6;
    for (const Prefix& p : networks_of(*i, Family::v4)) v4.push_back({p.first(), p.last()});
    for (const Prefix& p : networks_of(*i, Family::v6)) v6.push_back({p.first(), p.last()});
    // Historically pf leaves link-local addresses out of a network; OPNsense adds them for its filter rules.
    if (opnsense()) {
        const auto link = *base::parse_prefix("fe80::/10");
        v6.push_back({link.first(), link.last()});
    }
    if (v4.empty() && v6.size() <= (opnsense() ? 1u : 0u) && dynamic(*i, Family::v4))
        return b_.in(field, b_.set(Set{InterfaceAddresses{key, true}, {}}));
    std::vector<ExprId> any{
        b_.in(field, b_.addresses(base::IntervalSet(std::move(v4)), base::IntervalSet(std::move(v6))))};
    for (const Family f : {Family::v4, Family::v6})
        if (dynamic(*i, f))
            any.push_back(assigned(field, f,
                                   std::string(side_word(field)) + " is in a network of " + key +
                                       (f == Family::v4 ? " (IPv4)" : " (IPv6)")));
    return b_.either(any);
}

ExprId Lowering::addresses_of(Field field, const std::string& key) {
    const Interface* i = interface_of(key);
    if (i == nullptr) return b_.no();
    std::vector<Interval> v4, v6;
    const auto add = [&](const Address& a) { (a.family == Family::v4 ? v4 : v6).push_back({a.bits, a.bits}); };
    for (const Family f : {Family::v4, Family::v6})
        if (const auto a = address_of(*i, f)) add(*a);
    // pfSense writes the address, OPNsense the interface, which means all of its addresses.
    if (opnsense())
        for (const VirtualAddress& v : c_.virtual_addresses)
            if (v.interface == key && (v.mode == "ipalias" || v.mode == "carp"))
                if (const auto a = base::parse_address(v.address)) add(*a);
    if (v4.empty() && v6.empty()) return b_.in(field, b_.set(Set{InterfaceAddresses{key, false}, {}}));
    std::vector<ExprId> any{
        b_.in(field, b_.addresses(base::IntervalSet(std::move(v4)), base::IntervalSet(std::move(v6))))};
    for (const Family f : {Family::v4, Family::v6})
        if (dynamic(*i, f))
            any.push_back(assigned(field, f,
                                   std::string(side_word(field)) + " is an address of " + key +
                                       (f == Family::v4 ? " (IPv4)" : " (IPv6)")));
    return b_.either(any);
}

std::optional<ExprId> Lowering::value(Field field, const std::string& text, base::Span where, Match& m) {
    if (text == "any") return b_.yes();
    if (text == "(self)" || text == "self") return b_.in(field, b_.set(Set{DeviceAddresses{}, {}}));
    if (const auto l = literal(text)) {
        base::IntervalSet one{l->second};
        return b_.in(field,
                     l->first == Family::v4 ? b_.addresses(std::move(one), {}) : b_.addresses({}, std::move(one)));
    }
    if (alias_of(text) != nullptr) {
        m.uses.push_back(b_.use("alias", text, where));
        const Members& all = alias(text);
        if (all.ports || (opnsense() && !alias_of(text)->enabled)) return std::nullopt;
        return members(field, all, text);
    }
    if (interface_of(text) != nullptr) return network_of(field, text);
    if (text.ends_with("ip") && interface_of(text.substr(0, text.size() - 2)) != nullptr)
        return addresses_of(field, text.substr(0, text.size() - 2));
    if (const auto names = expand(text); !names.empty()) {
        std::vector<ExprId> any;
        for (const std::string& name : names) any.push_back(network_of(field, name));
        return b_.either(any);
    }
    for (const std::string_view table : {"bogons", "bogonsv6", "virusprot", "sshguard", "sshlockout", "snort2c",
                                         "negate_networks", "vpn_networks", "tonatsubnets"})
        if (text == table)
            return predicate(field, std::string(side_word(field)) + " is in the table " + text,
                             PredicateKind::dynamic_set);
    const bool disabled = std::any_of(c_.interfaces.begin(), c_.interfaces.end(),
                                      [&](const Interface& i) { return i.key == text || i.key + "ip" == text; });
    // The networks of an interface that is not there are no networks; an alias that is not there voids the rule.
    if (!disabled) m.uses.push_back(b_.use("alias", text, where));
    return std::nullopt;
}

void Lowering::endpoint_match(Field field, const RuleBase& rule, const Endpoint& side, Match& m) {
    if (!side.given || side.values.empty()) {
        m.fail(std::string("it has no ") + std::string(side_word(field)));
        return;
    }
    std::vector<ExprId> any;
    for (const std::string& text : side.values) {
        const auto e = value(field, text, rule.span, m);
        if (!e) {
            if (side.values.size() == 1)
                m.fail("its " + std::string(side_word(field)) + " \"" + text + "\" does not exist");
            continue;
        }
        // OPNsense writes a rule for each value, each negated by itself.
        any.push_back(side.negated && text != "any" ? b_.negate(*e) : *e);
    }
    if (any.empty()) {
        m.fail("nothing of its " + std::string(side_word(field)) + " exists");
        return;
    }
    m.parts.push_back(b_.either(any));
}

// -- ports, tags

std::optional<base::IntervalSet> Lowering::ports(const std::string& text, Match& m, bool& known) {
    const auto one = [](std::string_view word) -> std::optional<unsigned> {
        if (const auto n = small_number(word, 65535)) return n;
        if (const auto s = families::names::service(word)) return *s;
        return std::nullopt;
    };
    const auto range = [&](std::string_view word) -> std::optional<Interval> {
        const std::size_t cut = word.find_first_of("-:");
        if (const auto whole = one(word)) return Interval{*whole, *whole};
        if (cut == std::string_view::npos) return std::nullopt;
        const auto first = word.substr(0, cut) == "any" ? std::optional<unsigned>(1) : one(word.substr(0, cut));
        const auto last = word.substr(cut + 1) == "any" ? std::optional<unsigned>(65535) : one(word.substr(cut + 1));
        if (!first || !last) return std::nullopt;
        return Interval{std::min(*first, *last), std::max(*first, *last)};
    };
    std::set<std::string> seen;
    std::vector<Interval> out;
    known = true;
    const auto read = [&](auto&& self, const std::string& word, unsigned depth) -> bool {
        const Alias* a = alias_of(word);
        if (a == nullptr) {
            const auto r = range(word);
            if (r) out.push_back(*r);
            return r.has_value();
        }
        if (!seen.insert(word).second) return true;
        if (depth > most_nested || a->type.find("url") != std::string::npos) {
            known = false;
            return true;
        }
        for (const std::string& entry : a->entries)
            if (!self(self, entry, depth + 1)) known = false;
        return true;
    };
    if (alias_of(text) != nullptr) m.uses.push_back(b_.use("alias", text, {}));
    if (!read(read, text, 0)) {
        m.uses.push_back(b_.use("alias", text, {}));
        return std::nullopt;
    }
    return base::IntervalSet(std::move(out));
}

void Lowering::port_match(Field field, const Endpoint& side, Match& m) {
    if (side.port.empty() || side.port == "any") return;
    bool known = true;
    const auto set = ports(side.port, m, known);
    if (set && !known) {
        m.parts.push_back(
            b_.either({b_.in(field, *set), predicate(field, std::string(side_word(field)) + " is in alias " + side.port,
                                                     PredicateKind::dynamic_set)}));
        return;
    }
    if (!set || set->empty()) {
        m.fail("its " + std::string(side_word(field)) + " \"" + side.port + "\" does not exist or is empty");
        return;
    }
    if (set->is_full(16) || (set->size() == 65535 && !set->contains(0))) return;
    m.parts.push_back(b_.in(field, *set));
}

std::string Lowering::numbered(const std::string& text) {
    const std::size_t n = ++numbers_["doubt: " + text];
    return n == 1 ? text : text + " #" + std::to_string(n);
}

void Lowering::doubt_match(const RuleBase& rule, base::Influence influence, Match& m) {
    for (const Unknown& u : rule.unknown) {
        const auto [at, fresh] = doubted_.try_emplace(u.span.begin);
        if (fresh) at->second = b_.predicate(numbered("<" + u.name + "> of a rule"), PredicateKind::opaque);
        m.parts.push_back(b_.unknown(at->second));
        if (!rule.disabled && fresh)
            not_understood(u.span, "<" + u.name + "> of this rule is not understood: whether it matches may hang on it",
                           influence, at->second);
    }
}

void Lowering::tag_match(const RuleBase& rule, Match& m) {
    if (rule.tagged.empty()) return;
    const ExprId is = pf_.tagged(rule.tagged);
    m.parts.push_back(rule.not_tagged ? b_.negate(is) : is);
}

}  // namespace egresslint::dialects::pfsense
