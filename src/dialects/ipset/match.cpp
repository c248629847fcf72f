// SPDX-License-Identifier: Apache-2.0
// What a match on a set means. ipset(8): a set of fewer dimensions than the rule gives directions for still matches,
// one of more dimensions never does; of the networks that contain an address the most specific element decides, and
// with `nomatch` it decides against.
#include <algorithm>
#include <map>
#include <tuple>

#include "dialects/ipset/sets.hpp"

namespace egresslint::dialects::ipset {
namespace {

using namespace egresslint::model;
using base::Diagnostic;

/// Everything of an element but its first address.
struct Rest {
    std::uint8_t proto = 0;
    std::uint16_t port_first = 0;
    std::uint16_t port_last = 0;
    base::Interval address2;
    std::uint32_t mark = 0;
    std::string name;
    bool physical = false;
    bool wildcard = false;
    friend bool operator<(const Rest& a, const Rest& b) {
        auto key = [](const Rest& r) {
            return std::tie(r.proto, r.port_first, r.port_last, r.address2.first, r.address2.last, r.mark, r.name,
                            r.physical, r.wildcard);
        };
        return key(a) < key(b);
    }
};

/// First addresses of one group of elements: what matches, and what only a nomatch element holds.
struct Addresses {
    IntervalSet matched;
    IntervalSet holes;
};

Addresses addresses_of(const std::vector<const Element*>& elements) {
    std::map<std::uint8_t, std::pair<std::vector<base::Interval>, std::vector<base::Interval>>> by_length;
    for (const auto* e : elements) {
        auto& [in, out] = by_length[e->length];
        (e->nomatch ? out : in).push_back(e->address);
    }
    Addresses sum;
    for (auto& [length, both] : by_length) {  // from the least specific to the most specific
        const IntervalSet in(std::move(both.first));
        const IntervalSet out(std::move(both.second));
        if (sum.matched.empty() && sum.holes.empty()) {
            sum = {in, out};
            continue;
        }
        sum.matched = sum.matched.minus(out).unite(in);
        sum.holes = sum.holes.minus(in).unite(out);
    }
    return sum;
}

/// By prefix length: all addresses in networks that are more specific. The networks of hash:net,iface hide each other
/// whatever their interfaces: the kernel looks no further once a network contains the address [LAB: kernel oracle].
std::map<std::uint8_t, IntervalSet> more_specific(const std::vector<const Element*>& elements) {
    std::map<std::uint8_t, std::vector<base::Interval>> by_length;
    for (const auto* e : elements) by_length[e->length].push_back(e->address);
    std::map<std::uint8_t, IntervalSet> out;
    IntervalSet longer;
    for (auto at = by_length.rbegin(); at != by_length.rend(); ++at) {
        out.emplace(at->first, longer);
        longer = longer.unite(IntervalSet(std::move(at->second)));
    }
    return out;
}
Addresses addresses_of(const std::vector<const Element*>& elements,
                       const std::map<std::uint8_t, IntervalSet>& more_specific) {
    Addresses sum;
    for (const auto* e : elements) {
        auto& to = e->nomatch ? sum.holes : sum.matched;
        to = to.unite(IntervalSet{e->address}.minus(more_specific.at(e->length)));
    }
    return sum;
}

class Matcher {
public:
    Matcher(Builder& builder, const Sets& sets, const Use& use, base::Diagnostics& diagnostics)
        : b_(builder), sets_(sets), use_(use), diagnostics_(diagnostics) {}

    ExprId match(const std::string& name, unsigned depth = 0) {
        const auto* set = sets_.find(name);
        if (set == nullptr) {
            const auto which = unknown_set(name, PredicateKind::dynamic_set);
            report(Diagnostic::Kind::incomplete, "EL903",
                   "set " + name + " is not in any file given; add the output of `ipset save`", which);
            return b_.unknown(which);
        }
        if (set->not_understood) {
            const auto which = unknown_set(name, PredicateKind::opaque);
            report(Diagnostic::Kind::not_understood, "EL901", "what is in set " + name + " could not be read", which);
            return b_.unknown(which);
        }
        if (use_.source.size() < set->parts.size()) return b_.no();
        if (!set->any_family && set->family != use_.family) return b_.no();
        if (set->type == "list:set") return list(*set, depth);
        if (use_.written_by_rules) return b_.unknown(unknown_set(name, PredicateKind::dynamic_set));
        std::vector<const Element*> elements;
        for (const auto& e : set->elements) {
            // What may be gone and hides others while it is there.
            if (e.timed && (e.nomatch || set->parts.back() == Part::iface))
                return b_.unknown(unknown_set(name, PredicateKind::dynamic_set));
            if (!e.timed) elements.push_back(&e);
        }
        auto matched = contents(*set, elements);
        if (set->timeout && !use_.return_nomatch)
            matched = b_.either({matched, b_.unknown(unknown_set(name, PredicateKind::dynamic_set))});
        return matched;
    }

private:
    [[nodiscard]] Field address_field(std::size_t dimension) const {
        return use_.source[dimension] ? Field::src : Field::dst;
    }
    [[nodiscard]] Field port_field(std::size_t dimension) const {
        return use_.source[dimension] ? Field::sport : Field::dport;
    }

    PredicateId unknown_set(const std::string& name, PredicateKind kind, std::string_view what = "") {
        std::string text = "set " + name;
        FieldMask reads = 0;
        for (std::size_t i = 0; i < use_.source.size(); ++i) {
            text += i == 0 ? " " : ",";
            text += use_.source[i] ? "src" : "dst";
            reads = static_cast<FieldMask>(reads | field_bit(address_field(i)) | field_bit(port_field(i)));
        }
        text += what;
        if (use_.return_nomatch) text += " --return-nomatch";
        if (use_.written_by_rules) text += " (" + use_.place + ")";
        const auto which = b_.predicate(std::move(text), kind, use_.source.empty() ? Field::proto : address_field(0));
        b_.depends(which, reads, use_.written_by_rules ? use_.chain : ChainId{});
        return which;
    }

    void report(Diagnostic::Kind kind, std::string code, std::string message, PredicateId which) {
        Diagnostic d;
        d.kind = kind;
        d.code = std::move(code);
        d.span = use_.span;
        d.message = std::move(message);
        d.predicate = which.value;
        diagnostics_.push_back(std::move(d));
    }

    ExprId list(const SetDefinition& set, unsigned depth) {
        if (depth > 4) return b_.no();  // list:set holds no lists; a text that says so is refused by ipset
        std::vector<ExprId> members;
        members.reserve(set.elements.size());
        for (const auto& e : set.elements) {
            auto member = match(set.names[e.name], depth + 1);
            if (e.timed) member = b_.all({member, b_.unknown(unknown_set(set.name, PredicateKind::dynamic_set))});
            members.push_back(member);
        }
        auto matched = b_.either(std::move(members));
        if (set.timeout || use_.written_by_rules)
            matched = b_.either({matched, b_.unknown(unknown_set(set.name, PredicateKind::dynamic_set))});
        return matched;
    }

    ExprId address(std::size_t dimension, const IntervalSet& values, ObjectId object = {}) {
        const auto set =
            use_.family == Family::v4 ? b_.addresses(values, {}, object) : b_.addresses({}, values, object);
        return b_.in(address_field(dimension), set);
    }

    ExprId contents(const SetDefinition& set, const std::vector<const Element*>& elements) {
        const auto has = [&](Part part) {
            return std::find(set.parts.begin(), set.parts.end(), part) != set.parts.end();
        };
        if (set.type == "bitmap:port") {
            std::vector<base::Interval> ports;
            for (const auto* e : elements) ports.push_back({e->port_first, e->port_last});
            const auto protocols = IntervalSet{{6, 6}, {17, 17}};
            return b_.all({b_.in(Field::proto, protocols),
                           b_.in(port_field(0), b_.numbers(IntervalSet(std::move(ports)), use_.object))});
        }
        if (set.type == "hash:mac") {
            if (elements.empty()) return b_.no();
            return b_.unknown(unknown_set(set.name, PredicateKind::packet, " (MAC address)"));
        }
        const bool two_networks = std::count(set.parts.begin(), set.parts.end(), Part::net) > 1;
        const bool holes = std::any_of(elements.begin(), elements.end(), [](auto* e) { return e->nomatch; });
        if (holes && (two_networks || set.type == "hash:ip,port,net")) {
            const auto which = unknown_set(set.name, PredicateKind::opaque);
            report(Diagnostic::Kind::not_understood, "EL901",
                   "set " + set.name + " has nomatch elements in its second address, which is not modelled", which);
            return b_.unknown(which);
        }

        std::map<Rest, std::vector<const Element*>> groups;
        for (const auto* e : elements) {
            Rest rest{e->proto, e->port_first, e->port_last, e->address2, e->mark, {}, e->physical, e->wildcard};
            if (has(Part::iface)) rest.name = set.names[e->name];
            if (has(Part::mac)) rest.wildcard = e->has_mac;
            groups[rest].push_back(e);
        }
        std::vector<ExprId> alternatives;
        Relation relation;
        relation.object = use_.object;
        const auto hidden = has(Part::iface) ? more_specific(elements) : std::map<std::uint8_t, IntervalSet>{};
        for (const auto& [rest, members] : groups) {
            const auto sum = has(Part::iface) ? addresses_of(members, hidden) : addresses_of(members);
            const auto& first = use_.return_nomatch ? sum.holes : sum.matched;
            if (first.empty()) continue;
            if (has(Part::port) && rest.proto != 1 && rest.proto != 58) {
                row(set, relation, rest, first);
                continue;
            }
            std::vector<ExprId> parts{address(0, first, set.parts.size() == 1 ? use_.object : ObjectId{})};
            if (has(Part::port)) {
                parts.push_back(b_.proto(rest.proto));
                parts.push_back(b_.in(Field::icmp_type, IntervalSet::single(rest.port_first >> 8)));
                parts.push_back(b_.in(Field::icmp_code, IntervalSet::single(rest.port_first & 255)));
            }
            if (set.parts.size() > 1 && (set.parts.back() == Part::ip || set.parts.back() == Part::net))
                parts.push_back(address(set.parts.size() - 1, IntervalSet{rest.address2}));
            if (has(Part::mark))
                parts.push_back(b_.in_register(use_.mark, IntervalSet::single(rest.mark), set.mark_mask));
            if (has(Part::mac) && rest.wildcard)
                parts.push_back(b_.unknown(unknown_set(set.name, PredicateKind::packet, " (MAC address)")));
            if (has(Part::iface)) parts.push_back(interface(set, rest));
            alternatives.push_back(b_.all(std::move(parts)));
        }
        if (!relation.rows.empty()) alternatives.push_back(tuples(std::move(relation)));
        return b_.either(std::move(alternatives));
    }

    ExprId interface(const SetDefinition& set, const Rest& rest) {
        if (rest.physical)
            return b_.unknown(unknown_set(set.name, PredicateKind::packet, " (bridge port " + rest.name + ")"));
        const auto field = use_.source[1] ? Field::in_if : Field::out_if;
        return b_.interface_names(field, {rest.name + (rest.wildcard ? "*" : "")});
    }

    void row(const SetDefinition& set, Relation& relation, const Rest& rest, const IntervalSet& first) {
        const bool v4 = use_.family == Family::v4;
        auto addresses = [&](const IntervalSet& values) {
            return v4 ? b_.addresses(values, {}) : b_.addresses({}, values);
        };
        // sctp, udplite, tcp and udp have ports; of any other protocol the kernel compares the number only.
        const bool ports = rest.proto == 6 || rest.proto == 17 || rest.proto == 132 || rest.proto == 136;
        const bool second = set.parts.size() == 3;
        if (relation.columns.empty()) {
            relation.columns = {{address_field(0), View::current, {}},
                                {Field::proto, View::current, {}},
                                {port_field(1), View::current, {}}};
            if (second) relation.columns.push_back({address_field(2), View::current, {}});
        }
        std::vector<SetId> columns{
            addresses(first), b_.numbers(IntervalSet::single(rest.proto)),
            b_.numbers(ports ? IntervalSet::range(rest.port_first, rest.port_last) : IntervalSet::range(0, 65535))};
        if (second) columns.push_back(addresses(IntervalSet{rest.address2}));
        relation.rows.push_back(std::move(columns));
    }

    ExprId tuples(Relation relation) {
        if (relation.rows.size() > 1) return b_.in_tuple(std::move(relation));
        std::vector<ExprId> parts;
        for (std::size_t i = 0; i < relation.columns.size(); ++i)
            parts.push_back(b_.in(relation.columns[i], relation.rows[0][i]));
        return b_.all(std::move(parts));
    }

    Builder& b_;
    const Sets& sets_;
    const Use& use_;
    base::Diagnostics& diagnostics_;
};

}  // namespace

ExprId match(Builder& builder, const Sets& sets, const Use& use, base::Diagnostics& diagnostics) {
    return Matcher(builder, sets, use, diagnostics).match(use.name);
}

}  // namespace egresslint::dialects::ipset
