// SPDX-License-Identifier: Apache-2.0
#include "dialects/openwrt/match.hpp"

#include <fmt/format.h>

#include "families/names.hpp"

namespace egresslint::dialects::openwrt {

using namespace egresslint::model;
namespace names = families::names;

std::string lower_case(std::string text) {
    for (char& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return text;
}

Matcher::Matcher(Builder& b, families::netfilter::Netfilter& netfilter, const base::Sources& sources, const Uci& uci,
                 base::Diagnostics& diagnostics)
    : b_(b), netfilter_(netfilter), sources_(sources), uci_(uci), diagnostics_(diagnostics) {
    for (const Section& s : uci_.sections)
        if (s.package == "firewall" && s.type == "ipset" && s.flag("enabled", true))
            b_.define("ipset", s.value("name"), s.span);
}

std::optional<std::uint32_t> Matcher::number(const std::string& text, std::uint32_t most) {
    if (text.empty() || text.size() > 9) return std::nullopt;
    std::uint32_t n = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        n = n * 10 + static_cast<std::uint32_t>(c - '0');
    }
    return n <= most ? std::optional(n) : std::nullopt;
}

/// "25", "1024-65535", "1024:65535"
std::optional<IntervalSet> Matcher::ports(const std::string& text) const {
    const auto dash = text.find_first_of("-:");
    const auto first = number(text.substr(0, dash), 65535);
    const auto last = dash == std::string::npos ? first : number(text.substr(dash + 1), 65535);
    if (!first || !last || *first > *last) return std::nullopt;
    return IntervalSet::range(*first, *last);
}

std::vector<Matcher::Protocol> Matcher::protocols(const Section& s, const char* otherwise) {
    auto words = s.words("proto");
    if (words.empty()) words = {{otherwise, s.span}};
    std::vector<Protocol> out;
    for (const Value& v : words) {
        std::string text = lower_case(v.text);
        const bool negated = text.starts_with('!');
        if (negated) text.erase(0, 1);
        if (text == "all" || text == "any" || text == "*") {
            out.push_back({});
        } else if (text == "tcpudp") {
            for (const std::uint8_t n : {std::uint8_t{6}, std::uint8_t{17}})
                out.push_back({IntervalSet::single(n), negated, true, false});
        } else if (text == "icmp") {
            out.push_back({IntervalSet::single(1), negated, false, true});
        } else if (const auto n = names::protocol(text == "icmpv6" ? "ipv6-icmp" : text)) {
            out.push_back({IntervalSet::single(*n), negated, *n == 6 || *n == 17, *n == 58});
        } else {
            Protocol p;
            p.unknown = b_.predicate("proto " + text, PredicateKind::opaque);
            not_understood(diagnostics_, v.span, fmt::format("the protocol {} is not known", text));
            diagnostics_.back().predicate = p.unknown->value;
            out.push_back(p);
        }
    }
    return out;
}

std::optional<int> Matcher::family(const Section& s) {
    const std::string text = lower_case(s.value("family"));
    if (text.empty()) return std::nullopt;
    if (text == "any" || text == "all" || text == "*") return 0;
    if (text == "inet" || text.find('4') != std::string::npos) return 4;
    if (text.find('6') != std::string::npos) return 6;
    not_understood(diagnostics_, s.span_of("family"), fmt::format("the family {} is not known", text));
    return std::nullopt;
}

void Matcher::addresses(const Section& s, const std::string& key, Field field, Family family,
                        std::vector<ExprId>& all) {
    std::vector<ExprId> any, none;
    for (const Value& v : s.words(key)) {
        std::string text = v.text;
        const bool negated = text.starts_with('!');
        if (negated) text.erase(0, 1);
        const auto p = base::parse_prefix(text);
        if (p && p->base.family != family) continue;
        ExprId e;
        if (p) {
            e = b_.prefix(field, *p);
        } else {
            const PredicateId id = b_.predicate(fmt::format("{} {}", key, text), PredicateKind::ambiguity);
            b_.depends(id, field_bit(field));
            e = b_.unknown(id);
        }
        (negated ? none : any).push_back(e);
    }
    if (!any.empty()) all.push_back(b_.either(any));
    if (!none.empty()) all.push_back(b_.negate(b_.either(none)));
}

Matcher::Split Matcher::address(const Section& s, const std::string& key, Field field) {
    Split out;
    for (const Value& v : s.words(key)) {
        std::string text = v.text;
        const bool negated = text.starts_with('!');
        if (negated) text.erase(0, 1);
        std::optional<Family> family;
        ExprId e;
        const auto dash = text.find('-');
        const auto first = base::parse_address(std::string_view(text).substr(0, dash));
        const auto last =
            dash == std::string::npos ? first : base::parse_address(std::string_view(text).substr(dash + 1));
        if (dash != std::string::npos && first && last && first->family == last->family && first->bits <= last->bits) {
            family = first->family;
            e = b_.address(field, *family, IntervalSet::range(first->bits, last->bits));
        } else if (const auto p = prefix(text)) {
            family = p->base.family;
            e = b_.prefix(field, *p);
        } else {
            if (text.find(':') != std::string::npos) family = Family::v6;
            const PredicateId id = b_.predicate(fmt::format("{} {}", key, text), PredicateKind::opaque);
            b_.depends(id, field_bit(field));
            not_understood(diagnostics_, v.span, fmt::format("\"{}\" is no address that is understood", text));
            diagnostics_.back().predicate = id.value;
            e = b_.unknown(id);
        }
        for (const Family f : {Family::v4, Family::v6})
            if (!family || *family == f) (negated ? out.none : out.any)[f == Family::v6].push_back(e);
    }
    return out;
}

std::optional<base::Prefix> Matcher::prefix(const std::string& text) {
    const auto slash = text.find('/');
    if (slash == std::string::npos || base::parse_prefix(text)) return base::parse_prefix(text);
    // 10.0.0.0/255.255.255.0
    const auto a = base::parse_address(std::string_view(text).substr(0, slash)),
               m = base::parse_address(std::string_view(text).substr(slash + 1));
    if (!a || !m || a->family != m->family) return std::nullopt;
    const unsigned bits = base::address_bits(m->family);
    unsigned length = 0;
    while (length < bits && ((m->bits >> (bits - 1 - length)) & 1) != 0) ++length;
    const auto out = base::make_prefix(*a, length);
    // Ones after a zero are no prefix.
    return length == bits || (m->bits << (128 - bits) << length) == 0 ? std::optional(out) : std::nullopt;
}

void Matcher::port(const Section& s, const std::string& key, Field field, std::vector<ExprId>& all) {
    std::vector<ExprId> any, none;
    for (const Value& v : s.words(key)) {
        std::string text = v.text;
        const bool negated = text.starts_with('!');
        if (negated) text.erase(0, 1);
        const auto set = ports(text);
        if (!set) {
            const PredicateId id = b_.predicate(fmt::format("{} {}", key, text), PredicateKind::opaque);
            not_understood(diagnostics_, v.span, fmt::format("\"{}\" is no port", text));
            diagnostics_.back().predicate = id.value;
            any.push_back(b_.unknown(id));
            continue;
        }
        (negated ? none : any).push_back(b_.in(field, *set));
    }
    if (!any.empty()) all.push_back(b_.either(any));
    if (!none.empty()) all.push_back(b_.negate(b_.either(none)));
}

void Matcher::doubt(const Section& s, const std::string& key, PredicateKind kind, std::vector<ExprId>& all) {
    const auto& values = s.values(key);
    if (values.empty()) return;
    std::string text = key;
    for (const Value& v : values) text += " " + v.text;
    if (kind == PredicateKind::rate) text += fmt::format(" ({})", sources_.where(s.span));
    all.push_back(b_.unknown(b_.predicate(std::move(text), kind)));
}

void Matcher::doubts(const Section& s, Matched& m, std::vector<ExprId>& all) {
    m.limited = !s.value("limit").empty();
    static_cast<void>(s.value("limit_burst"));
    doubt(s, "limit", PredicateKind::rate, all);
    doubt(s, "src_mac", PredicateKind::packet, all);
    doubt(s, "mark", PredicateKind::packet, all);
    doubt(s, "helper", PredicateKind::packet, all);
    doubt(s, "dscp", PredicateKind::packet, all);
    doubt(s, "extra", PredicateKind::opaque, all);
    if (!s.value("extra").empty()) not_understood(diagnostics_, s.span_of("extra"), "extra arguments are not read");
    for (const char* key : {"start_date", "stop_date", "start_time", "stop_time", "weekdays", "monthdays"})
        doubt(s, key, PredicateKind::time, all);
    static_cast<void>(s.value("utc_time"));
    if (const std::string set = s.value("ipset"); !set.empty()) {
        const std::string name = set.substr(set.starts_with('!') ? 1 : 0, set.find(' '));
        m.uses.push_back(b_.use("ipset", name, s.span_of("ipset")));
        doubt(s, "ipset", PredicateKind::dynamic_set, all);
    }
}

/// fw4 writes one rule for each protocol and, where something is of one IP version, for each IP version.
Matched Matcher::match(const Section& s, const Keys& keys, std::optional<int> family) {
    Matched m;
    std::vector<ExprId> all;
    doubts(s, m, all);
    const Split src = address(s, keys.src, Field::src), dst = address(s, keys.dst, Field::dst);
    std::vector<ExprId> types[2];
    for (const Value& v : s.words("icmp_type")) {
        const auto four = names::icmp(v.text), six = names::icmpv6(v.text);
        const auto type = [&](const names::IcmpType& t) {
            return b_.all({b_.in(Field::icmp_type, IntervalSet::single(t.type)),
                           b_.in(Field::icmp_code, IntervalSet::range(t.code_first, t.code_last))});
        };
        if (four) types[0].push_back(type(*four));
        if (six) types[1].push_back(type(*six));
        if (!four && !six)
            for (auto& t : types) t.push_back(b_.unknown(b_.predicate("icmp_type " + v.text, PredicateKind::packet)));
    }
    std::vector<ExprId> ports;
    port(s, keys.sport, Field::sport, ports);
    port(s, keys.dport, Field::dport, ports);
    std::vector<ExprId> rules;
    for (const Protocol& p : protocols(s, keys.protocols)) {
        std::optional<int> f = family;
        if (p.icmp && p.numbers == IntervalSet::single(58)) {
            if (f && *f == 4) continue;
            f = 6;
        }
        const bool specific[2] = {src.has(0) || dst.has(0) || (p.icmp && !types[0].empty()) || keys.address[0],
                                  src.has(1) || dst.has(1) || (p.icmp && !types[1].empty()) || keys.address[1]};
        bool contradicts = false;
        for (const Split* split : {&src, &dst}) {
            if (split->has(0) == split->has(1)) continue;
            const int only = split->has(0) ? 4 : 6;
            contradicts |= f && *f != 0 && *f != only;
            if (!f || *f == 0) f = only;
        }
        // fw4 leaves out what is of one IP version with addresses of the other.
        if (contradicts) continue;
        if (!f && specific[0] != specific[1]) f = specific[0] ? 4 : 6;
        if (!f && keys.four && !specific[0]) f = 4;
        std::vector<ExprId> base;
        if (p.ports) {
            base.insert(base.end(), ports.begin(), ports.end());
        } else if (!ports.empty()) {
            // fw4 leaves the ports out; what older versions do is not stated.
            base.push_back(b_.unknown(b_.predicate("ports of a protocol that has none", PredicateKind::ambiguity)));
        }
        if (p.unknown) base.push_back(b_.unknown(*p.unknown));
        const auto numbers = [&](const IntervalSet& set) {
            const ExprId e = b_.in(Field::proto, set);
            return p.negated ? b_.negate(e) : e;
        };
        if ((!f || *f == 0) && !specific[0] && !specific[1]) {
            if (p.icmp)
                base.push_back(numbers(IntervalSet::single(1).unite(IntervalSet::single(58))));
            else if (!p.numbers.empty())
                base.push_back(numbers(p.numbers));
            rules.push_back(b_.all(base));
            continue;
        }
        for (const Family version : {Family::v4, Family::v6}) {
            const bool six = version == Family::v6;
            if (f && *f != 0 && *f != (six ? 6 : 4)) continue;
            if (keys.needs_address && !specific[six] && (specific[0] || specific[1])) continue;
            std::vector<ExprId> one = base;
            one.push_back(b_.family(version));
            if (p.icmp)
                one.push_back(numbers(IntervalSet::single(six ? 58 : 1)));
            else if (!p.numbers.empty())
                one.push_back(numbers(p.numbers));
            if (p.icmp && !types[six].empty()) one.push_back(b_.either(types[six]));
            for (const Split* split : {&src, &dst}) {
                if (!split->any[six].empty()) one.push_back(b_.either(split->any[six]));
                if (!split->none[six].empty()) one.push_back(b_.negate(b_.either(split->none[six])));
            }
            rules.push_back(b_.all(one));
        }
    }
    all.push_back(rules.empty() ? b_.no() : b_.either(rules));
    m.match = b_.all(all);
    return m;
}

void Matcher::rest(const Section& s, const std::set<std::string>& known) {
    for (const auto& [key, values] : s.options) {
        if (known.contains(key) || s.read.contains(key)) continue;
        not_understood(diagnostics_, values.empty() ? s.span : values.front().span,
                       fmt::format("option {} is not understood", key));
    }
}

}  // namespace egresslint::dialects::openwrt
