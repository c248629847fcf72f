// SPDX-License-Identifier: Apache-2.0
// Sources: Cisco IOS Security Command Reference, "permit (IP)", "object-group (Catalyst, ISR)"; Security Configuration
// Guide: Access Control Lists, "IP Access List Overview" (wildcard masks), "Object Groups for ACLs" (their masks are
// netmasks).
#include "dialects/ios/names.hpp"

#include <algorithm>
#include <bit>

#include "dialects/ios/words.hpp"

namespace egresslint::dialects::ios {
namespace {

using model::Field;

/// Groups that share groups are cheap to write and double with each level: what is larger than this is not spelt out.
constexpr std::size_t most_items = 200'000;
constexpr unsigned deepest = 64;
/// A mask with more free bits than this above its lowest block is a predicate.
constexpr int most_free_bits = 12;
/// What all masks of a text together may be spelt out to.
constexpr std::size_t most_pieces = 4'000'000;

}  // namespace

std::optional<std::vector<base::Interval>> wildcard(std::uint32_t address, std::uint32_t mask) {
    const int low = std::countr_one(mask);
    const std::uint64_t block = std::uint64_t{1} << low;
    const std::uint32_t high = low == 32 ? 0 : mask & ~static_cast<std::uint32_t>(block - 1);
    if (std::popcount(high) > most_free_bits) return std::nullopt;
    const std::uint32_t fixed = address & ~mask;
    std::vector<base::Interval> out;
    // All subsets of the free bits, ascending.
    std::uint32_t free = 0;
    do {
        out.push_back({fixed | free, (fixed | free) + (block - 1)});
        free = (free - high) & high;
    } while (free != 0);
    return out;
}

std::optional<Addresses> Names::address(const Statement& s, std::size_t& at, Family family) {
    const std::string_view word = s.word(at);
    Addresses out;
    if (word == "any" || word == "any4" || word == "any6") {
        ++at;
        out.any = true;
        return out;
    }
    if (word == "host") {
        const auto a = base::parse_address(s.word(at + 1));
        if (!a || a->family != family) return std::nullopt;
        at += 2;
        out.values.push_back({a->bits, a->bits});
        return out;
    }
    if ((word == "object-group" || word == "addrgroup") && !s.word(at + 1).empty()) {
        out = group(s.word(at + 1), s.span, family);
        at += 2;
        return out;
    }
    if (word.find('/') != std::string_view::npos) {
        const auto p = base::parse_prefix(word);
        if (!p || p->base.family != family) return std::nullopt;
        ++at;
        out.values.push_back({p->first(), p->last()});
        return out;
    }
    const auto a = base::parse_ipv4(word);
    if (!a || family != Family::v4) return std::nullopt;
    ++at;
    const auto mask = base::parse_ipv4(s.word(at));
    if (!mask) {
        // A standard list may name a host by its address alone.
        out.values.push_back({a->bits, a->bits});
        return out;
    }
    ++at;
    auto all = pieces_ < most_pieces
                   ? wildcard(static_cast<std::uint32_t>(a->bits), static_cast<std::uint32_t>(mask->bits))
                   : std::nullopt;
    if (all) pieces_ += all->size();
    if (all)
        out.values = std::move(*all);
    else
        out.doubts.push_back({"in " + std::string(word) + " " + std::string(s.word(at - 1)) + " (wildcard)",
                              model::PredicateKind::opaque, s.span, false});
    return out;
}

// -- groups

Addresses Names::group(std::string_view name, base::Span where, Family family, unsigned depth) {
    const auto used = x_.b.use("object-group", name, where);
    const std::string key = (family == Family::v4 ? "4 " : "6 ") + std::string(name);
    auto known = groups_.find(key);
    if (known == groups_.end()) {
        if (depth > deepest || open_.contains(name)) {
            Addresses out;
            out.doubts.push_back({"in object-group " + std::string(name) + ", which contains itself",
                                  model::PredicateKind::opaque, where, false});
            return out;
        }
        open_.emplace(name);
        Addresses read = read_group(name, where, family, depth);
        open_.erase(open_.find(name));
        known = groups_.emplace(key, std::move(read)).first;
    }
    Addresses out = known->second;
    out.object = used;
    out.uses = {used};
    return out;
}

Addresses Names::read_group(std::string_view name, base::Span where, Family family, unsigned depth) {
    Addresses out;
    const auto at = c_.groups.find(name);
    if (at == c_.groups.end() || !at->second.network) {
        const bool missing = at == c_.groups.end();
        out.doubts.push_back({"in object-group " + std::string(name) +
                                  (missing ? ", which is not defined" : ", which is no group of addresses"),
                              model::PredicateKind::opaque, where, missing});
        return out;
    }
    for (const Statement* s : at->second.members) {
        std::optional<Addresses> part;
        const std::string_view word = s->words[0];
        if (word == "group-object") {
            part = group(s->word(1), s->span, family, depth + 1);
        } else if (word == "range") {
            const auto first = base::parse_address(s->word(1)), last = base::parse_address(s->word(2));
            if (first && last && first->family == family && last->family == family && first->bits <= last->bits)
                part = Addresses{.values = {{first->bits, last->bits}}};
        } else if (const auto net = base::parse_ipv4(word); net && family == Family::v4) {
            // A netmask here, not a wildcard.
            const auto mask = base::parse_ipv4(s->word(1));
            const auto length = mask ? base::mask_length(Family::v4, mask->bits) : std::nullopt;
            if (length) {
                const auto p = base::make_prefix(*net, *length);
                part = Addresses{.values = {{p.first(), p.last()}}};
            } else if (s->word(1).starts_with('/')) {
                if (const auto p = base::parse_prefix(std::string(word) + std::string(s->word(1))))
                    part = Addresses{.values = {{p->first(), p->last()}}};
            }
        } else {
            std::size_t from = 0;
            part = address(*s, from, family);
        }
        if (part && out.values.size() + part->values.size() <= most_items) {
            out.any |= part->any;
            out.values.insert(out.values.end(), part->values.begin(), part->values.end());
            for (const Doubt& d : part->doubts)
                if (std::ranges::find(out.doubts, d) == out.doubts.end()) out.doubts.push_back(d);
        } else {
            out.doubts.push_back({"in `" + s->text() + "` of object-group " + std::string(name),
                                  model::PredicateKind::opaque, s->span, false});
        }
    }
    if (at->second.members.empty())
        for (auto& object : x_.b.device().objects)
            if (object.kind == "object-group" && object.name == name && object.state == model::ObjectState::defined)
                object.state = model::ObjectState::empty;
    return out;
}

// -- services

std::optional<IntervalSet> Names::ports(const Statement& s, std::size_t& at, bool& good) {
    const std::string_view op = s.word(at);
    if (op != "eq" && op != "neq" && op != "lt" && op != "gt" && op != "range") return std::nullopt;
    const auto a = words::port(s.word(++at));
    if (!a) {
        good = false;
        return std::nullopt;
    }
    ++at;
    if (op == "range") {
        const auto b = words::port(s.word(at++));
        if (!b) {
            good = false;
            return std::nullopt;
        }
        return *a <= *b ? IntervalSet::range(*a, *b) : IntervalSet::range(*b, *a);
    }
    if (op == "lt") return *a == 0 ? IntervalSet{} : IntervalSet::range(0, *a - 1u);
    if (op == "gt") return *a == 65535 ? IntervalSet{} : IntervalSet::range(*a + 1u, 65535);
    std::vector<base::Interval> all{{*a, *a}};
    while (const auto more = words::port(s.word(at))) {
        all.push_back({*more, *more});
        ++at;
    }
    const IntervalSet set{std::move(all)};
    return op == "eq" ? set : set.complement(16);
}

/// `tcp [source OP P] [OP P]`, `icmp echo`, `tcp-udp eq 53`, `gre`
std::optional<std::vector<Service>> Names::read_service(const Statement& s) {
    Service out;
    const std::string_view word = s.words[0];
    if (word == "tcp-udp")
        out.protocols = IntervalSet{{6, 6}, {17, 17}};
    else if (word == "ip")
        out.protocols = {};
    else if (const auto n = words::protocol(word, false))
        out.protocols = IntervalSet::single(*n);
    else
        return std::nullopt;
    std::size_t at = 1;
    bool good = true;
    if (word == "icmp" && at < s.words.size()) {
        const auto icmp = words::icmp(s.word(at), false);
        if (!icmp) return std::nullopt;
        out.icmp_type = IntervalSet::single(icmp->type);
        if (icmp->code) out.icmp_code = IntervalSet::single(*icmp->code);
        ++at;
    }
    while (at < s.words.size()) {
        if (s.words[at] == "source") {
            ++at;
            out.sport = ports(s, at, good);
            if (!good || !out.sport) return std::nullopt;
        } else if (const auto plain = words::port(s.words[at])) {
            out.dport = IntervalSet::single(*plain);
            ++at;
        } else {
            out.dport = ports(s, at, good);
            if (!good || !out.dport) return std::nullopt;
        }
    }
    return std::vector{std::move(out)};
}

std::optional<std::vector<Service>> Names::service_group(std::string_view name, base::Span where,
                                                         std::vector<model::ObjectId>& uses, unsigned depth) {
    uses.push_back(x_.b.use("object-group", name, where));
    if (const auto known = services_.find(name); known != services_.end()) return known->second;
    const auto at = c_.groups.find(name);
    if (at == c_.groups.end() || at->second.network || depth > deepest || open_.contains(name)) return std::nullopt;
    open_.emplace(name);
    std::optional<std::vector<Service>> out{std::in_place};
    std::vector<model::ObjectId> inner;
    for (const Statement* s : at->second.members) {
        const auto more =
            s->words[0] == "group-object" ? service_group(s->word(1), s->span, inner, depth + 1) : read_service(*s);
        if (!more || out->size() + more->size() > most_items) {
            out.reset();
            break;
        }
        out->insert(out->end(), more->begin(), more->end());
    }
    open_.erase(open_.find(name));
    services_.emplace(std::string(name), out);
    return out;
}

// -- matches

model::ExprId Names::doubt(const Doubt& d, Field beside) {
    auto& b = x_.b;
    const std::string text = std::string(beside == Field::src   ? "source is "
                                         : beside == Field::dst ? "destination is "
                                                                : "") +
                             d.text;
    const auto which = b.predicate(text, d.kind, beside, b.origin(d.span, text));
    if (beside == Field::src || beside == Field::dst) b.depends(which, model::field_bit(beside));
    if (d.kind != model::PredicateKind::packet && d.kind != model::PredicateKind::time &&
        reported_.insert(which.value).second) {
        if (d.missing)
            x_.incomplete(d.span, "whether the " + text + " is not known: either is considered",
                          base::Influence::everything, which);
        else
            x_.unread(d.span, "whether the " + text + " is not analysed: either is considered",
                      base::Influence::everything, which);
    }
    return b.unknown(which);
}

model::ExprId Names::match(Field field, const Addresses& addresses, Family family) {
    auto& b = x_.b;
    if (addresses.any) return b.yes();
    std::vector<model::ExprId> parts;
    const IntervalSet set{addresses.values};
    if (!set.empty() && !addresses.object.valid())
        parts.push_back(b.address(field, family, set));
    else if (!set.empty())
        parts.push_back(b.in({field, model::View::current, {}}, family == Family::v4
                                                                    ? b.addresses(set, {}, addresses.object)
                                                                    : b.addresses({}, set, addresses.object)));
    for (const Doubt& d : addresses.doubts) parts.push_back(doubt(d, field));
    return b.either(parts);
}

model::ExprId Names::match(const std::vector<Service>& services) {
    auto& b = x_.b;
    std::vector<model::ExprId> any;
    for (const Service& s : services) {
        std::vector<model::ExprId> parts;
        if (!s.protocols.empty()) parts.push_back(b.in(Field::proto, s.protocols));
        if (s.sport) parts.push_back(b.sport(*s.sport));
        if (s.dport) parts.push_back(b.dport(*s.dport));
        if (s.icmp_type) parts.push_back(b.in(Field::icmp_type, *s.icmp_type));
        if (s.icmp_code) parts.push_back(b.in(Field::icmp_code, *s.icmp_code));
        any.push_back(b.all(parts));
    }
    return b.either(any);
}

}  // namespace egresslint::dialects::ios
