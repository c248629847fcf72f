// SPDX-License-Identifier: Apache-2.0
// snat, dnat, masquerade and redirect: nft(8), NAT STATEMENTS. Measured: a range is a pool, also when it is written as
// a prefix, and `prefix` maps networks 1:1 (lab e2, e3); a key miss in a map translates nothing (lab e4).
#include <algorithm>

#include "dialects/nftables/lower_rule.hpp"
#include "dialects/nftables/print_tree.hpp"

namespace egresslint::dialects::nftables {

using base::Family;
using base::IntervalSet;
using model::ExprId;
using model::Field;
using model::Translate;

namespace {

struct AddressRange {
    Family family = Family::v4;
    base::u128 first = 0, last = 0;
    unsigned length = 0;  ///< of a prefix; with first == last the whole width
    bool prefix = false;
};

std::optional<AddressRange> address_range(const Expression& e) {
    auto single = [](const ExpressionPtr& p) -> std::optional<base::Address> {
        const auto* s = p ? std::get_if<Symbol>(&p->is) : nullptr;
        return s != nullptr ? base::parse_address(s->text) : std::nullopt;
    };
    if (const auto* s = std::get_if<Symbol>(&e.is)) {
        if (const auto address = base::parse_address(s->text))
            return AddressRange{address->family, address->bits, address->bits, base::address_bits(address->family),
                                true};
        if (const auto p = base::parse_prefix(s->text))
            return AddressRange{p->base.family, p->first(), p->last(), p->length, true};
        return std::nullopt;
    }
    if (const auto* p = std::get_if<PrefixExpression>(&e.is)) {
        const auto address = single(p->address);
        if (!address || p->length > base::address_bits(address->family)) return std::nullopt;
        const auto made = base::make_prefix(*address, p->length);
        return AddressRange{address->family, made.first(), made.last(), p->length, true};
    }
    if (const auto* r = std::get_if<Range>(&e.is)) {
        const auto first = single(r->first), last = single(r->last);
        if (!first || !last || first->family != last->family || first->bits > last->bits) return std::nullopt;
        AddressRange out{first->family, first->bits, last->bits, 0, false};
        // nft lists an aligned prefix as a range, and the other way round.
        for (unsigned host = 0; host <= base::address_bits(out.family); ++host)
            if (out.last - out.first == base::low_mask(host) && (out.first & base::low_mask(host)) == 0) {
                out.prefix = true;
                out.length = base::address_bits(out.family) - host;
            }
        return out;
    }
    return std::nullopt;
}

std::optional<base::Interval> port_range(const Expression& e) {
    Constants constants(Value::port);
    constants.add(e);
    if (!constants.unresolved().empty() || constants.wildcard()) return std::nullopt;
    const auto values = constants.take_values();
    if (values.intervals().size() != 1) return std::nullopt;
    return values.intervals().front();
}

bool has(const std::vector<std::string>& flags, std::string_view flag) {
    return std::find(flags.begin(), flags.end(), flag) != flags.end();
}

/// Protocols whose source port the kernel may choose.
IntervalSet with_ports() { return IntervalSet{{6, 6}, {17, 17}, {33, 33}, {132, 132}, {136, 136}}; }

}  // namespace

model::Choice RuleWriter::choice(Field field, Family family, IntervalSet candidates, const std::string& text) const {
    model::Choice out;
    out.text = text;
    out.field = field;
    (is_address(field) && family == Family::v6 ? out.candidates.values6 : out.candidates.values) =
        std::move(candidates);
    out.varies = true;
    out.origin = c_.origin;
    return out;
}

void RuleWriter::nat(const Nat& n, base::Span span, bool rest_follows) {
    (void)rest_follows;  // nothing runs after a translation
    const auto* address_map = n.address ? std::get_if<MapLookup>(&n.address->is) : nullptr;
    const auto* port_map = n.port ? std::get_if<MapLookup>(&n.port->is) : nullptr;
    // `dnat ip to tcp dport map { … } : 80`: the family that the statement names must hold before any lookup.
    const auto family = n.family == "ip" ? std::uint8_t{4} : n.family == "ip6" ? std::uint8_t{6} : std::uint8_t{0};
    if (family != 0) require(c_.family_guard(family));
    if (address_map != nullptr && port_map != nullptr)
        return unknown_statement(
            print(Statement{Nat{n.kind, n.family, nullptr, nullptr, n.prefix, false, false, n.flags}, span}), span);
    if (address_map != nullptr || port_map != nullptr) {
        const auto origin = c_.origin;
        value_map(address_map != nullptr ? *address_map : *port_map, n.kind + " to", false,
                  [&](model::ChainId chain, ExprId key, const Element& element) {
                      const auto own = element.key ? element_origin(element) : origin;
                      if (!element.data) {
                          const auto which =
                              c_.b.opaque_rule(chain, key, own, c_.translates_source, c_.translates_destination);
                          c_.not_understood(span, "what this map translates to is known at run time only", which,
                                            c_.influence_here());
                          return;
                      }
                      nat_rule(chain, key, n, address_map != nullptr ? element.data.get() : n.address.get(),
                               address_map != nullptr ? n.port.get() : element.data.get(), element.key.get(), own,
                               span);
                  });
        done_ = true;
        return;
    }
    nat_rule(c_.chain, matched(), n, n.address.get(), n.port.get(), nullptr, c_.origin, span);
    done_ = true;
}

void RuleWriter::nat_rule(model::ChainId chain, ExprId match, const Nat& n, const Expression* address,
                          const Expression* port, const Expression* key, model::OriginId origin, base::Span span) {
    const bool source = n.kind == "snat" || n.kind == "masquerade";
    const auto address_field = source ? Field::src : Field::dst;
    const auto port_field = source ? Field::sport : Field::dport;
    const bool random = has(n.flags, "random") || has(n.flags, "fully-random");
    const bool direct = chain == c_.chain;
    auto give_up = [&] {
        const auto which = c_.b.opaque_rule(chain, match, origin, source, !source);
        c_.not_understood(span, "the target of this " + n.kind + " is not understood", which, c_.influence_here());
    };

    if (address != nullptr)
        if (const auto* tuple = std::get_if<Concatenation>(&address->is)) {
            // addr . port: data of one map element.
            if (tuple->parts.size() != 2 || !tuple->parts[0] || !tuple->parts[1]) return give_up();
            port = tuple->parts[1].get();
            address = tuple->parts[0].get();
        }
    std::vector<Translate> then;
    std::uint8_t family = 0;
    if (address != nullptr) {
        const auto range = address_range(*address);
        if (!range) return give_up();
        family = static_cast<std::uint8_t>(range->family);
        Translate t;
        t.field = address_field;
        t.family = range->family;
        const auto bits = base::address_bits(range->family);
        if (range->first == range->last) {
            t.to = model::Fixed{range->first};
        } else {
            std::optional<base::u128> from;
            if (n.prefix && range->prefix) {
                // Network to network: which network the packet is in must be known, from the key or from the matches.
                const auto host = base::low_mask(bits - range->length);
                const auto whole = [&](base::u128 first, base::u128 last) {
                    if ((first & ~host) == (last & ~host)) from = first & ~host;
                };
                if (key != nullptr) {
                    if (const auto k = address_range(*key); k && k->family == range->family) whole(k->first, k->last);
                    if (const auto* tuple = std::get_if<Concatenation>(&key->is))
                        for (const auto& part : tuple->parts) {
                            // The first address of the key: `ip saddr . …` for snat, as nft(8) writes it.
                            const auto k = part ? address_range(*part) : std::nullopt;
                            if (!k || k->family != range->family) continue;
                            whole(k->first, k->last);
                            break;
                        }
                }
                const auto& device = c_.b.device();
                std::vector<ExprId> atoms = match_;
                for (std::size_t i = 0; i < atoms.size() && !from; ++i) {
                    const auto& e = device.exprs[atoms[i].index()].is;
                    if (const auto* all = std::get_if<model::And>(&e))
                        atoms.insert(atoms.end(), all->e.begin(), all->e.end());
                    const auto* in = std::get_if<model::In>(&e);
                    if (in == nullptr || in->what.field != address_field || in->what.view != model::View::current)
                        continue;
                    const auto* set = std::get_if<model::LiteralSet>(&device.sets[in->set.index()].is);
                    if (set == nullptr) continue;
                    const auto& values = set->of(address_field, range->family).intervals();
                    if (!values.empty()) whole(values.front().first, values.back().last);
                }
            }
            if (from) {
                t.to = model::Shift{*from, range->first, static_cast<std::uint8_t>(range->length)};
            } else {
                const auto text =
                    (n.prefix ? "host part kept in " : "pool ") +
                    base::addresses_to_string(IntervalSet::range(range->first, range->last), range->family);
                // A source that is in the pool already keeps its address: get_unique_tuple in nf_nat_core.c.
                t.to = model::Pick{c_.b.choice(choice(address_field, range->family,
                                                      IntervalSet::range(range->first, range->last), text)),
                                   source && !random && !n.prefix};
            }
        }
        then.push_back(t);
    } else if (n.kind == "masquerade") {
        then.push_back(Translate{Field::src, std::nullopt, model::OutInterfaceAddress{}});
    }
    if (port != nullptr) {
        const auto range = port_range(*port);
        if (!range) return give_up();
        Translate t;
        t.field = port_field;
        if (range->first == range->last)
            t.to = model::Fixed{range->first};
        else
            t.to = model::Pick{
                c_.b.choice(choice(port_field, Family::v4, IntervalSet::range(range->first, range->last),
                                   "ports " + base::numbers_to_string(IntervalSet::range(range->first, range->last)))),
                !random};
        then.push_back(t);
    }

    auto emit = [&](ExprId when, std::vector<Translate> translate) {
        const auto guarded = c_.b.all({when, c_.family_guard(family)});
        auto rule = n.kind == "redirect" ? c_.netfilter.redirect(guarded, std::move(translate))
                    : source             ? c_.netfilter.source_translation(guarded, std::move(translate))
                                         : c_.netfilter.destination_translation(guarded, std::move(translate));
        if (direct) {
            rule.effects.insert(rule.effects.begin(), effects_.begin(), effects_.end());
            if (holding_rest_) rule.effects.push_back(assign_rest(0));
        }
        add(chain, std::move(rule), origin);
    };
    if (random && source && port == nullptr) {
        // nft(8): "random" and "fully-random" choose the source port.
        Translate t;
        t.field = Field::sport;
        t.to = model::Pick{
            c_.b.choice(choice(Field::sport, Family::v4, IntervalSet::range(1, 65535), "random source port")), false};
        auto with_port = then;
        with_port.push_back(t);
        emit(c_.b.all({match, c_.b.in(Field::proto, with_ports())}), std::move(with_port));
    }
    emit(match, std::move(then));
}

}  // namespace egresslint::dialects::nftables
