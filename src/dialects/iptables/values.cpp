// SPDX-License-Identifier: Apache-2.0
// Values inside words: addresses with masks, port ranges, marks.
#include <algorithm>

#include "dialects/iptables/extensions.hpp"
#include "families/names.hpp"

namespace egresslint::dialects::iptables {

using base::Diagnostic;
using base::Family;
using base::IntervalSet;
using base::u128;
namespace names = families::names;

void Context::report(Diagnostic::Kind kind, std::string code, base::Span where, std::string message,
                     std::optional<model::PredicateId> which) const {
    Diagnostic d;
    d.kind = kind;
    d.code = std::move(code);
    d.span = where;
    d.message = std::move(message);
    d.influence = table == "nat"      ? base::Influence::source | base::Influence::destination | base::Influence::filter
                  : table == "mangle" ? base::Influence::routing | base::Influence::filter
                                      : base::Influence::filter;
    if (which) d.predicate = which->value;
    diagnostics.push_back(std::move(d));
}

std::string Option::text() const {
    if (row->name.empty()) return unknown;
    std::string out(row->name);
    for (std::uint8_t i = 0; i < row->args; ++i) out.append(" ").append(args[i]);
    return out;
}

const Option* Instance::find(std::string_view option) const {
    for (const auto& o : options)
        if (o.row->name == option) return &o;
    return nullptr;
}

std::optional<base::Interval> port_range(std::string_view text, char by) {
    if (text.empty()) return std::nullopt;
    const auto at = text.find(by);
    if (at == std::string_view::npos) {
        const auto port = names::service(text);
        if (!port) return std::nullopt;
        return base::Interval{*port, *port};
    }
    std::optional<std::uint16_t> first{std::uint16_t{0}};
    std::optional<std::uint16_t> last{std::uint16_t{65535}};
    if (at > 0) first = names::service(text.substr(0, at));
    if (at + 1 < text.size()) last = names::service(text.substr(at + 1));
    if (!first || !last) {  // "ftp-data" is a name, not a range
        const auto port = names::service(text);
        if (!port) return std::nullopt;
        return base::Interval{*port, *port};
    }
    return base::Interval{*first, *last};
}

std::optional<base::Prefix> plain_prefix(Family family, std::string_view text) {
    const auto slash = text.find('/');
    const auto word_of_address = text.substr(0, slash);
    const auto address = family == Family::v4 ? base::parse_ipv4(word_of_address) : base::parse_ipv6(word_of_address);
    if (!address) return std::nullopt;
    const auto bits = base::address_bits(family);
    unsigned length = bits;
    if (slash != std::string_view::npos) {
        const auto word = text.substr(slash + 1);
        if (word.empty() || word.size() > 3 || (word.size() > 1 && word.front() == '0')) return std::nullopt;
        length = 0;
        for (const char c : word) {
            if (c < '0' || c > '9') return std::nullopt;
            length = length * 10 + static_cast<unsigned>(c - '0');
        }
        if (length > bits) return std::nullopt;
    }
    return base::make_prefix(*address, length);
}

std::optional<Masked> masked_address(Family family, std::string_view text) {
    const auto slash = text.find('/');
    const auto address = base::parse_address(text.substr(0, slash));
    if (!address || address->family != family) return std::nullopt;
    const auto bits = base::address_bits(family);
    auto mask = base::low_mask(bits);
    if (slash != std::string_view::npos) {
        const auto word = text.substr(slash + 1);
        if (const auto length = names::number(word); length && *length <= bits) {
            mask = base::low_mask(bits) & ~base::low_mask(bits - static_cast<unsigned>(*length));
        } else if (const auto dotted = base::parse_address(word); dotted && dotted->family == family) {
            mask = dotted->bits;
        } else {
            return std::nullopt;
        }
    }
    Masked out;
    if (const auto length = base::mask_length(family, mask)) {
        out.prefix = base::make_prefix(*address, *length);
        out.values = IntervalSet::prefix(*out.prefix);
        return out;
    }
    // A mask with holes: every way to fill the zero bits above the lowest run of zeros is one interval.
    unsigned low_zeros = 0;
    while (low_zeros < bits && (mask >> low_zeros & 1) == 0) ++low_zeros;
    std::vector<unsigned> free;
    for (unsigned i = low_zeros; i < bits; ++i)
        if ((mask >> i & 1) == 0) free.push_back(i);
    if (free.size() > 12) {
        out.too_many = true;
        return out;
    }
    std::vector<base::Interval> intervals;
    for (std::size_t choice = 0; choice < (std::size_t{1} << free.size()); ++choice) {
        u128 first = address->bits & mask;
        for (std::size_t i = 0; i < free.size(); ++i)
            if ((choice >> i & 1) != 0) first |= u128{1} << free[i];
        intervals.push_back({first, first | base::low_mask(low_zeros)});
    }
    out.values = IntervalSet(std::move(intervals));
    return out;
}

std::optional<MaskedNumber> masked_number(std::string_view text) {
    const auto slash = text.find('/');
    const auto value = names::number(text.substr(0, slash));
    if (!value || *value > 0xffffffffu) return std::nullopt;
    MaskedNumber out{static_cast<std::uint32_t>(*value), 0xffffffffu};
    if (slash == std::string_view::npos) return out;
    const auto mask = names::number(text.substr(slash + 1));
    if (!mask || *mask > 0xffffffffu) return std::nullopt;
    out.mask = static_cast<std::uint32_t>(*mask);
    return out;
}

model::ExprId prefix_match(Context& c, model::Field field, model::View view, const base::Prefix& prefix) {
    if (prefix.length == 0) return c.b.yes();
    const auto set = c.b.address_interval(c.family, {prefix.first(), prefix.last()});
    return c.b.in(model::FieldRef{field, view, {}}, set);
}

model::ExprId address_match(Context& c, model::Field field, model::View view, std::string_view text, base::Span where) {
    if (const auto plain = plain_prefix(c.family, text)) return prefix_match(c, field, view, *plain);
    const auto parsed = masked_address(c.family, text);
    const bool v4 = c.family == Family::v4;
    if (parsed && !parsed->too_many) {
        if (parsed->values.is_full(base::address_bits(c.family))) return c.b.yes();
        const auto set = v4 ? c.b.addresses(parsed->values, {}) : c.b.addresses({}, parsed->values);
        return c.b.in(model::FieldRef{field, view, {}}, set);
    }
    const std::string name = std::string(field == model::Field::src ? "source " : "destination ") + std::string(text) +
                             (view == model::View::original ? " (original)" : "");
    const auto hangs_on = [&](model::PredicateId which) {
        c.b.depends(which, view == model::View::current ? model::field_bit(field) : model::FieldMask{0});
        return which;
    };
    if (parsed) {
        const auto which = hangs_on(c.b.predicate(name, model::PredicateKind::packet, field));
        c.report(Diagnostic::Kind::not_understood, "EL901", where,
                 "the mask of " + std::string(text) + " has too many holes to be expanded", which);
        return c.b.unknown(which);
    }
    const bool name_like =
        !text.empty() &&
        text.find_first_not_of(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
            "0123456789.-_/") == std::string_view::npos &&
        text.find_first_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") != std::string_view::npos;
    if (!name_like) return {};
    const auto which = hangs_on(c.b.predicate(name, model::PredicateKind::name, field));
    c.report(Diagnostic::Kind::incomplete, "EL903", where,
             "the address of " + std::string(text) + " is looked up when the rule is loaded; nothing here says it",
             which);
    return c.b.unknown(which);
}

model::ExprId interface_match(Context& c, model::Field field, std::string_view text) {
    std::string pattern(text);
    const bool wildcard = !pattern.empty() && pattern.back() == '+';
    if (wildcard) pattern.back() = '*';
    if (pattern == "*") return c.b.yes();
    const auto named = c.b.interface_names(field, {pattern});
    // A packet from the device to itself leaves by lo; the model says self.
    const auto stem = std::string_view(pattern).substr(0, pattern.size() - (wildcard ? 1 : 0));
    const bool loopback = wildcard ? std::string_view("lo").starts_with(stem) : stem == "lo";
    if (field != model::Field::out_if || !loopback) return named;
    auto self = [&](model::Field f) { return c.b.in(f, IntervalSet::single(model::self_interface)); };
    return c.b.either({named, c.b.all({self(model::Field::in_if), self(model::Field::out_if)})});
}

}  // namespace egresslint::dialects::iptables
