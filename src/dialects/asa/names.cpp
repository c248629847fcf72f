// SPDX-License-Identifier: Apache-2.0
#include "dialects/asa/names.hpp"

#include <algorithm>

#include "dialects/asa/words.hpp"

namespace egresslint::dialects::asa {
namespace {

using model::Field;

/// Groups that share groups are cheap to write and double with each level: what is larger than this is not spelt out.
constexpr std::size_t most_items = 200'000;
constexpr unsigned deepest = 64;

Item whole(Family family) { return {family, 0, base::low_mask(base::address_bits(family))}; }
Item item(const base::Prefix& p) { return {p.base.family, p.first(), p.last()}; }

void append(Addresses& to, const Addresses& from) {
    to.any |= from.any;
    to.items.insert(to.items.end(), from.items.begin(), from.items.end());
    to.interfaces.insert(to.interfaces.end(), from.interfaces.begin(), from.interfaces.end());
    for (const Doubt& d : from.doubts)
        if (std::ranges::find(to.doubts, d) == to.doubts.end()) to.doubts.push_back(d);
}

}  // namespace

IntervalSet Addresses::of(Family family) const {
    if (any) return IntervalSet::full(base::address_bits(family));
    std::vector<base::Interval> out;
    for (const Item& i : items)
        if (i.family == family) out.push_back({i.first, i.last});
    return IntervalSet(std::move(out));
}
bool Addresses::has(Family family) const {
    return any || std::ranges::any_of(items, [&](const Item& i) { return i.family == family; });
}
u128 Addresses::size() const {
    if (any) return ~u128{0};
    u128 out = 0;
    for (const Item& i : items) {
        const u128 more = i.last - i.first + 1;
        if (more == 0 || out + more < out) return ~u128{0};
        out += more;
    }
    return out;
}

std::optional<base::Address> Names::number(std::string_view word, base::Span where,
                                           std::vector<model::ObjectId>* uses) {
    if (const auto known = c_.names.find(word); known != c_.names.end()) {
        const auto object = x_.b.use("name", word, where);
        if (uses != nullptr) uses->push_back(object);
        return known->second;
    }
    if (word == "0") return base::Address{Family::v4, 0};
    return base::parse_address(word);
}

std::optional<Addresses> Names::address(const Statement& s, std::size_t& at, bool v6) {
    const std::string_view word = s.word(at);
    Addresses out;
    if (word == "any" || word == "any4" || word == "any6") {
        ++at;
        // Before 9.0 an access list is of one IP version.
        const bool both = word == "any" && !v6 && (c_.version.major == 0 || c_.version.at_least(9, 0)) &&
                          c_.version.product != Version::Product::pix && c_.version.product != Version::Product::fwsm;
        if (both)
            out.any = true;
        else
            out.items.push_back(whole(word == "any6" || v6 ? Family::v6 : Family::v4));
        return out;
    }
    if (word == "host") {
        const auto a = number(s.word(at + 1), s.span, &out.uses);
        if (!a) return std::nullopt;
        at += 2;
        out.items.push_back({a->family, a->bits, a->bits});
        return out;
    }
    if (word == "interface" && !s.word(at + 1).empty()) {
        out.interfaces.emplace_back(s.word(at + 1));
        at += 2;
        return out;
    }
    if ((word == "object" || word == "object-group" || word == "network-object" || word == "object-group-network") &&
        !s.word(at + 1).empty()) {
        out = word == "object" ? object(s.word(at + 1), s.span) : group(s.word(at + 1), s.span);
        at += 2;
        return out;
    }
    if (word.find('/') != std::string_view::npos) {
        const auto p = base::parse_prefix(word);
        if (!p) return std::nullopt;
        ++at;
        out.items.push_back(item(*p));
        return out;
    }
    const auto a = number(word, s.span, &out.uses);
    if (!a) return std::nullopt;
    const auto mask = a->family == Family::v4 ? number(s.word(at + 1), s.span) : std::nullopt;
    if (!mask || mask->family != Family::v4) return std::nullopt;
    const auto length = base::mask_length(Family::v4, mask->bits);
    if (!length) return std::nullopt;
    at += 2;
    out.items.push_back(item(base::make_prefix(*a, *length)));
    return out;
}

std::optional<Addresses> Names::named(const Statement& s, std::string_view name) {
    if (name == "any") return Addresses{.any = true};
    if (name == "any4" || name == "any6") return Addresses{.items = {whole(name == "any4" ? Family::v4 : Family::v6)}};
    if (c_.network_objects.contains(name)) return object(name, s.span);
    if (c_.groups.contains(name)) return group(name, s.span);
    Addresses out;
    if (const auto p = base::parse_prefix(name)) {
        out.items.push_back(item(*p));
        return out;
    }
    if (const auto a = number(name, s.span, &out.uses)) {
        out.items.push_back({a->family, a->bits, a->bits});
        return out;
    }
    return object(name, s.span);  // undefined, and says so
}

// -- network objects

Addresses Names::object(std::string_view name, base::Span where) {
    const auto used = x_.b.use("object network", name, where);
    auto known = objects_.find(name);
    if (known == objects_.end()) known = objects_.emplace(std::string(name), read_object(name, where)).first;
    Addresses out = known->second;
    out.object = used;
    out.uses = {used};
    return out;
}

Addresses Names::read_object(std::string_view name, base::Span where) {
    Addresses out;
    const auto doubt = [&](std::string text, model::PredicateKind kind, base::Span span, bool missing) {
        out.doubts.push_back({std::move(text), kind, span, missing});
    };
    const auto at = c_.network_objects.find(name);
    if (at == c_.network_objects.end() || at->second.content == nullptr) {
        doubt("in object network " + std::string(name) + ", which is not defined", model::PredicateKind::opaque,
              at == c_.network_objects.end() ? where : at->second.span, true);
        return out;
    }
    const Statement& s = *at->second.content;
    const std::string_view kind = s.words[0];
    if (kind == "fqdn") {
        const bool limited = s.word(1) == "v4" || s.word(1) == "v6";
        doubt("an address of " + std::string(s.word(limited ? 2 : 1)), model::PredicateKind::name, s.span, true);
        return out;
    }
    const auto first = number(s.word(1), s.span);
    if (kind == "host" && first) {
        out.items.push_back({first->family, first->bits, first->bits});
        return out;
    }
    if (kind == "range") {
        const auto last = number(s.word(2), s.span);
        if (first && last && first->family == last->family && first->bits <= last->bits) {
            out.items.push_back({first->family, first->bits, last->bits});
            return out;
        }
    }
    if (kind == "subnet") {
        std::size_t word = 1;
        if (auto net = address(s, word)) return *std::move(net);
    }
    doubt("in object network " + std::string(name), model::PredicateKind::opaque, s.span, false);
    return out;
}

Addresses Names::group(std::string_view name, base::Span where, unsigned depth) {
    const auto used = x_.b.use("object-group", name, where);
    auto known = groups_.find(name);
    if (known == groups_.end()) {
        if (depth > deepest || open_.contains(name)) {
            Addresses out;
            out.doubts.push_back({"in object-group " + std::string(name) + ", which contains itself",
                                  model::PredicateKind::opaque, where, false});
            return out;
        }
        open_.emplace(name);
        Addresses read = read_group(name, where, depth);
        open_.erase(open_.find(name));
        known = groups_.emplace(std::string(name), std::move(read)).first;
    }
    Addresses out = known->second;
    out.object = used;
    out.uses = {used};
    return out;
}

Addresses Names::read_group(std::string_view name, base::Span where, unsigned depth) {
    Addresses out;
    const auto at = c_.groups.find(name);
    if (at == c_.groups.end() || at->second.kind != "network") {
        out.doubts.push_back(
            {"in object-group " + std::string(name) +
                 (at == c_.groups.end() ? ", which is not defined" : ", which is no group of addresses"),
             model::PredicateKind::opaque, where, at == c_.groups.end()});
        return out;
    }
    for (const Statement* s : at->second.members) {
        std::size_t word = 1;
        std::optional<Addresses> part;
        if (s->words[0] == "group-object") {
            part = group(s->word(1), s->span, depth + 1);
        } else if (s->words[0] == "network-object") {
            if (s->word(1) == "object")
                part = object(s->word(2), s->span);
            else
                part = address(*s, word);
        }
        if (part && out.items.size() + part->items.size() <= most_items)
            append(out, *part);
        else
            out.doubts.push_back({"in `" + s->text() + "` of object-group " + std::string(name),
                                  model::PredicateKind::opaque, s->span, false});
    }
    if (out.items.empty() && out.doubts.empty() && !out.any)
        for (auto& object : x_.b.device().objects)
            if (object.kind == "object-group" && object.name == name && object.state == model::ObjectState::defined)
                object.state = model::ObjectState::empty;
    return out;
}

// -- services

std::optional<IntervalSet> Names::protocols(std::string_view word) {
    if (word == "ip") return IntervalSet{};
    if (word == "tcp-udp") return IntervalSet{{6, 6}, {17, 17}};
    const auto n = words::protocol(word);
    return n ? std::optional(IntervalSet::single(*n)) : std::nullopt;
}

std::optional<IntervalSet> Names::ports(const Statement& s, std::size_t& at, bool& good) {
    const std::string_view op = s.word(at);
    if (op != "eq" && op != "neq" && op != "lt" && op != "gt" && op != "range") return std::nullopt;
    const auto a = words::port(s.word(at + 1));
    const auto b = op == "range" ? words::port(s.word(at + 2)) : a;
    at += op == "range" ? 3 : 2;
    if (!a || !b) {
        good = false;
        return std::nullopt;
    }
    if (op == "range") return *a <= *b ? IntervalSet::range(*a, *b) : IntervalSet::range(*b, *a);
    if (op == "lt") return *a == 0 ? IntervalSet{} : IntervalSet::range(0, *a - 1u);
    if (op == "gt") return *a == 65535 ? IntervalSet{} : IntervalSet::range(*a + 1u, 65535);
    const IntervalSet one = IntervalSet::single(*a);
    return op == "eq" ? one : one.complement(16);
}

/// `tcp [source OP P] [destination OP P]`, `icmp echo`, `tcp eq 25`, `object NAME`; from word `at`.
std::optional<std::vector<Service>> Names::read_service(const Statement& s, std::size_t at,
                                                        std::vector<model::ObjectId>& uses) {
    if (s.word(at) == "object") return service_object(s.word(at + 1), s.span, uses);
    const auto protocol = protocols(s.word(at));
    if (!protocol) return std::nullopt;
    Service out;
    out.protocols = *protocol;
    const bool icmp6 = s.word(at) == "icmp6";
    const bool icmp = s.word(at) == "icmp" || icmp6;
    ++at;
    bool good = true;
    if (icmp && at < s.words.size()) {
        const auto type = words::icmp_type(s.word(at), icmp6);
        if (!type) return std::nullopt;
        out.icmp_type = IntervalSet::single(*type);
        ++at;
        if (const auto code = words::number(s.word(at), 255)) {
            out.icmp_code = IntervalSet::single(*code);
            ++at;
        }
    }
    while (at < s.words.size() && good) {
        if (s.words[at] == "source") {
            ++at;
            out.sport = ports(s, at, good);
            good = good && out.sport;
        } else if (s.words[at] == "destination") {
            ++at;
            out.dport = ports(s, at, good);
            good = good && out.dport;
        } else if (auto plain = ports(s, at, good)) {
            out.dport = std::move(plain);
        } else {
            good = false;
        }
    }
    if (!good) return std::nullopt;
    return std::vector{std::move(out)};
}

std::optional<std::vector<Service>> Names::service_object(std::string_view name, base::Span where,
                                                          std::vector<model::ObjectId>& uses) {
    uses.push_back(x_.b.use("object service", name, where));
    const auto at = c_.service_objects.find(name);
    if (at == c_.service_objects.end() || at->second.content == nullptr) return std::nullopt;
    return read_service(*at->second.content, 1, uses);
}

std::optional<std::vector<Service>> Names::service_group(std::string_view name, base::Span where,
                                                         std::vector<model::ObjectId>& uses, unsigned depth) {
    uses.push_back(x_.b.use("object-group", name, where));
    if (const auto known = services_.find(name); known != services_.end()) return known->second;
    const auto at = c_.groups.find(name);
    if (at == c_.groups.end() || depth > deepest || open_.contains(name)) return std::nullopt;
    open_.emplace(name);
    const Group& g = at->second;
    std::optional<std::vector<Service>> out{std::in_place};
    IntervalSet ports_of_group, types, plain_protocols;
    bool has_ports = false, has_types = false, all_protocols = false;
    std::vector<model::ObjectId> inner;
    for (const Statement* s : g.members) {
        if (!out) break;
        const std::string_view word = s->words[0];
        std::size_t from = 1;
        bool good = true;
        if (word == "group-object") {
            const auto more = service_group(s->word(1), s->span, inner, depth + 1);
            if (!more || out->size() + more->size() > most_items)
                out.reset();
            else
                out->insert(out->end(), more->begin(), more->end());
        } else if (word == "port-object") {
            const auto p = ports(*s, from, good);
            if (!p || !good)
                out.reset();
            else
                ports_of_group = ports_of_group.unite(*p), has_ports = true;
        } else if (word == "protocol-object") {
            const auto p = protocols(s->word(1));
            if (!p)
                out.reset();
            else if (p->empty())
                all_protocols = true;
            else
                plain_protocols = plain_protocols.unite(*p);
        } else if (word == "icmp-object") {
            const auto type = words::icmp_type(s->word(1), false);
            if (!type)
                out.reset();
            else
                types = types.unite(IntervalSet::single(*type)), has_types = true;
        } else if (word == "service-object") {
            const auto more = read_service(*s, 1, inner);
            if (!more)
                out.reset();
            else
                out->insert(out->end(), more->begin(), more->end());
        } else {
            out.reset();
        }
    }
    open_.erase(open_.find(name));
    if (out) {
        if (has_ports) {
            Service s;
            s.protocols =
                protocols(g.protocol.empty() ? "tcp-udp" : g.protocol).value_or(IntervalSet{{6, 6}, {17, 17}});
            s.dport = std::move(ports_of_group);
            out->push_back(std::move(s));
        }
        if (has_types) {
            Service s;
            s.protocols = IntervalSet::single(1);
            s.icmp_type = std::move(types);
            out->push_back(std::move(s));
        }
        if (all_protocols)
            out->push_back(Service{});
        else if (!plain_protocols.empty())
            out->push_back(Service{std::move(plain_protocols), {}, {}, {}, {}});
    }
    services_.emplace(std::string(name), out);
    return out;
}

// -- matches

model::ExprId Names::doubt(const Doubt& d, Field beside, bool reads) {
    auto& b = x_.b;
    const std::string text = std::string(beside == Field::src   ? "source is "
                                         : beside == Field::dst ? "destination is "
                                                                : "") +
                             d.text;
    const auto which = b.predicate(text, d.kind, beside, b.origin(d.span, text));
    if (reads) b.depends(which, model::field_bit(beside));
    if (reported_.insert(which.value).second) {
        if (d.missing)
            x_.incomplete(d.span, "whether the " + text + " is not known: either is considered",
                          base::Influence::everything, which);
        else
            x_.unread(d.span, "whether the " + text + " is not analysed: either is considered",
                      base::Influence::everything, which);
    }
    return b.unknown(which);
}

model::ExprId Names::match(model::FieldRef field, const Addresses& addresses) {
    auto& b = x_.b;
    if (addresses.any) return b.yes();
    std::vector<model::ExprId> parts;
    const IntervalSet v4 = addresses.of(Family::v4), v6 = addresses.of(Family::v6);
    if (v4.is_full(32) && v6.empty())
        parts.push_back(b.family(Family::v4));
    else if (v6.is_full(128) && v4.empty())
        parts.push_back(b.family(Family::v6));
    else if (v6.empty() && !v4.empty() && !addresses.object.valid())
        parts.push_back(b.address(field.field, Family::v4, v4, field.view));
    else if (!v4.empty() || !v6.empty())
        parts.push_back(b.in(field, b.addresses(v4, v6, addresses.object)));
    for (const std::string& name : addresses.interfaces)
        parts.push_back(b.in(field, b.set({model::InterfaceAddresses{name, false}, {}})));
    for (const Doubt& d : addresses.doubts) parts.push_back(doubt(d, field.field, field.view == model::View::current));
    return b.either(parts);
}

model::ExprId Names::match(const Service& s, model::View view) {
    auto& b = x_.b;
    std::vector<model::ExprId> parts;
    if (!s.protocols.empty()) parts.push_back(b.in(Field::proto, s.protocols));
    if (s.sport) parts.push_back(b.sport(*s.sport));
    if (s.dport) parts.push_back(b.in(model::FieldRef{Field::dport, view, {}}, b.numbers(*s.dport)));
    if (s.icmp_type) parts.push_back(b.in(Field::icmp_type, *s.icmp_type));
    if (s.icmp_code) parts.push_back(b.in(Field::icmp_code, *s.icmp_code));
    return b.all(parts);
}

model::ExprId Names::match(const std::vector<Service>& services, model::View view) {
    if (services.size() == 1) return match(services.front(), view);
    std::vector<model::ExprId> parts;
    for (const Service& s : services) parts.push_back(match(s, view));
    return x_.b.either(parts);
}

}  // namespace egresslint::dialects::asa
