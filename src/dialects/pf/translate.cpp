// SPDX-License-Identifier: Apache-2.0
#include "dialects/pf/translate.hpp"

namespace egresslint::dialects::pf {

using namespace egresslint::model;

bool Translator::only_on(const Rule& rule, const std::string& name) {
    return rule.interfaces.size() == 1 && !rule.interfaces[0].negated && rule.interfaces[0].text == name;
}

std::vector<Translate> Translator::rewrite(const Rule& rule, const Target& t, bool source, Matcher::Match& m) {
    const Field field = source ? Field::src : Field::dst;
    LiteralSet pool;
    std::string text;
    std::vector<Translate> out;
    bool unknown = false, own = false;
    for (const Host& h : t.hosts) {
        text += (text.empty() ? "" : ", ") + h.text;
        const std::string bare = h.text.substr(0, h.text.find(':'));
        if (h.table) {
            m.uses.push_back(b_.use("table", h.text, h.span));
            const auto table = rules_.tables.find(h.text);
            unknown |= table == rules_.tables.end() || table->second.unknown;
            if (table != rules_.tables.end())
                for (const Host& member : table->second.members) unknown |= !literal(member, pool);
        } else if (literal(h, pool)) {
        } else if (source && matcher_.interfaces().contains(bare) && (only_on(rule, bare) || bare == "egress")) {
            own = true;
        } else {
            unknown = true;
        }
    }
    if (own && t.hosts.size() == 1) {
        out.push_back(Translate{field, std::nullopt, OutInterfaceAddress{}});
    } else {
        for (const Family f : {Family::v4, Family::v6}) {
            IntervalSet& values = f == Family::v4 ? pool.values : pool.values6;
            const bool relevant = rule.family.empty() || (rule.family == "inet") == (f == Family::v4);
            if (unknown || own) {
                if (!relevant) continue;
                values = IntervalSet::full(base::address_bits(f));
            }
            if (values.empty() || !relevant) continue;
            if (const auto only = values.single_value()) {
                out.push_back(Translate{field, f, Fixed{*only}});
                continue;
            }
            Choice c;
            c.text = (unknown || own ? "an address of " : "pool ") + text;
            c.field = field;
            c.varies = !(unknown || own);
            (f == Family::v4 ? c.candidates.values : c.candidates.values6) = values;
            out.push_back(Translate{field, f, Pick{b_.choice(std::move(c)), false}});
        }
    }
    if (t.port) {
        const auto first = port_number(t.port->first),
                   last = t.port->last.empty() || t.port->last == "*" ? first : port_number(t.port->last);
        const Field port = source ? Field::sport : Field::dport;
        if (first && last && *first == *last && t.port->op == "=") {
            out.push_back(Translate{port, std::nullopt, Fixed{*first}});
        } else {
            Choice c;
            c.text = "ports " + t.port->first + ":" + t.port->last;
            c.field = port;
            c.candidates.values = first && last && *first <= *last && t.port->last != "*"
                                      ? IntervalSet::range(*first, *last)
                                      : IntervalSet::full(16);
            out.push_back(Translate{port, std::nullopt, Pick{b_.choice(std::move(c)), false}});
        }
    } else if (source && !t.static_port && !out.empty()) {
        // nat chooses another source port, from 50001 to 65535, unless told not to (pf.conf(5), static-port).
        Choice c;
        c.text = "ports 50001:65535";
        c.field = Field::sport;
        c.candidates.values = IntervalSet::range(50001, 65535);
        out.push_back(Translate{Field::sport, std::nullopt, Pick{b_.choice(std::move(c)), false}});
    }
    return out;
}

bool Translator::literal(const Host& h, LiteralSet& to) {
    if (!h.last.empty()) {
        const auto first = base::parse_address(h.text), last = base::parse_address(h.last);
        if (!first || !last || first->family != last->family) return false;
        auto& set = first->family == Family::v4 ? to.values : to.values6;
        set = set.unite(IntervalSet::range(first->bits, last->bits));
        return true;
    }
    const auto slash = h.text.find('/');
    const auto address = base::parse_address(std::string_view(h.text).substr(0, slash));
    if (!address) return false;
    const unsigned width = base::address_bits(address->family);
    const auto length = slash == std::string::npos ? std::optional<std::uint32_t>(width)
                                                   : number(std::string_view(h.text).substr(slash + 1), width);
    if (!length) return false;
    auto& set = address->family == Family::v4 ? to.values : to.values6;
    set = set.unite(IntervalSet::prefix(base::make_prefix(*address, *length)));
    return true;
}

std::optional<Translate> Translator::one_to_one(const Host& from, const Host& to, Field field, bool backwards) {
    LiteralSet a, b;
    if (!literal(from, a) || !literal(to, b)) return std::nullopt;
    for (const Family f : {Family::v4, Family::v6}) {
        const IntervalSet& x = backwards ? b.of(field, f) : a.of(field, f);
        const IntervalSet& y = backwards ? a.of(field, f) : b.of(field, f);
        if (x.empty() || y.empty()) continue;
        const auto px = base::to_prefixes(x, f), py = base::to_prefixes(y, f);
        if (px.size() != 1 || py.size() != 1 || px[0].length != py[0].length) return std::nullopt;
        if (px[0].length == base::address_bits(f)) return Translate{field, f, Fixed{py[0].base.bits}};
        return Translate{field, f, Shift{px[0].base.bits, py[0].base.bits, px[0].length}};
    }
    return std::nullopt;
}

}  // namespace egresslint::dialects::pf
