// SPDX-License-Identifier: Apache-2.0
// Left sides of matches. Keywords are in lower_table.cpp; here are the shapes that a table cannot say.
#include <array>

#include "dialects/nftables/lower_match.hpp"
#include "dialects/nftables/lower_table.hpp"
#include "dialects/nftables/print_tree.hpp"

namespace egresslint::dialects::nftables {
namespace {

using model::Field;
using model::FieldRef;
using model::PredicateKind;
using model::View;

class Reader {
public:
    Reader(Context& c, const Expression& e) : c_(c), e_(e) {}

    Operand read() {
        return completed(std::visit([this](const auto& x) { return (*this)(x); }, e_.is));
    }

    Operand completed(Operand out) {
        if (out.is == Operand::Is::field && out.ref.view == View::current && has_rewrites(out.ref.field))
            out.reads = static_cast<model::FieldMask>(out.reads | model::field_bit(out.ref.field));
        if (out.is == Operand::Is::field && out.ref.field == Field::out_if) out.moves = true;
        if (!out.guard.valid()) out.guard = c_.b.yes();
        if (out.text.empty()) out.text = print(e_);
        return out;
    }

    Operand operator()(const Payload& p) {
        if (const auto* row = find_treatment("payload", p.protocol, p.field)) return from(*row);
        return unknown(PredicateKind::packet, Field::proto, Sharing::packet);
    }
    Operand operator()(const Meta& m) {
        if (const auto* row = find_treatment("meta", "", m.key)) return from(*row);
        return unknown(PredicateKind::packet, Field::proto, Sharing::packet);
    }
    Operand operator()(const Conntrack& ct) {
        if (!ct.direction.empty() || ct.key == "l3proto" || ct.key == "protocol") return tuple(ct);
        if (const auto* row = find_treatment("ct", "", ct.key)) return from(*row);
        return unknown(PredicateKind::packet, Field::proto, Sharing::occurrence);
    }
    Operand operator()(const RawPayload& raw) { return raw_payload(raw, c_.table_family()); }
    Operand raw_payload(const RawPayload& raw, std::uint8_t family) {
        if (auto known = raw_field(raw, family)) return *std::move(known);
        // Any part of the header, so also one that translations rewrite.
        Operand out = unknown(PredicateKind::packet, Field::proto, raw.base == "ll" ? Sharing::packet : Sharing::chain);
        out.reads = rewritten_fields;
        return out;
    }
    Operand operator()(const Fib& fib) {
        const bool source = !fib.tuple.empty() && fib.tuple.front() == "saddr";
        Operand out = unknown(PredicateKind::ambiguity, source ? Field::src : Field::dst, Sharing::chain);
        for (const auto& key : fib.tuple) {
            if (key == "saddr") out.reads |= model::field_bit(Field::src);
            if (key == "daddr") out.reads |= model::field_bit(Field::dst);
            if (key == "oif") out.moves = true;
            if (key == "mark") out.sharing = Sharing::occurrence;
        }
        if (fib.result == "type") {
            out.value = Value::address_type;
            if (fib.tuple.size() == 1) {
                out.is = Operand::Is::address_type;
                out.ref = FieldRef{source ? Field::src : Field::dst, View::current, {}};
            }
        }
        return out;
    }
    Operand operator()(const NumberGenerator& g) {
        // A hash is a function of the packet, a generator moves on with each packet.
        Operand out = unknown(PredicateKind::balance, Field::src, g.hash ? Sharing::chain : Sharing::occurrence);
        out.is = Operand::Is::generator;
        out.value = Value::other;
        out.reads = rewritten_fields;
        out.moves = true;
        out.guard = hashed_headers(g);
        return out;
    }
    /// `jhash ip saddr . tcp sport …` reads headers: a packet without them ends the rule [LAB: kernel oracle; nft
    /// --debug=netlink shows the tests that it puts in front].
    model::ExprId hashed_headers(const NumberGenerator& generator) {
        struct Header {
            std::string_view word;
            std::uint8_t family, protocol;
        };
        static constexpr std::array<Header, 12> headers{{{"ip", 4, 0},
                                                         {"ip6", 6, 0},
                                                         {"tcp", 0, 6},
                                                         {"udp", 0, 17},
                                                         {"udplite", 0, 136},
                                                         {"dccp", 0, 33},
                                                         {"sctp", 0, 132},
                                                         {"esp", 0, 50},
                                                         {"ah", 0, 51},
                                                         {"comp", 0, 108},
                                                         {"icmp", 0, 1},
                                                         {"icmpv6", 0, 58}}};
        std::vector<model::ExprId> all;
        const std::string_view text = generator.text;
        for (std::size_t at = 0; generator.hash && at < text.size();) {
            const auto end = std::min(text.find(' ', at), text.size());
            for (const Header& header : headers) {
                if (header.word != text.substr(at, end - at)) continue;
                all.push_back(header.family != 0 ? c_.family_guard(header.family) : c_.b.proto(header.protocol));
            }
            at = end + 1;
        }
        return c_.b.all(std::move(all));
    }
    Operand operator()(const Concatenation& parts) {
        Operand out = unknown(PredicateKind::packet, Field::proto, Sharing::packet);
        out.is = Operand::Is::concatenation;
        std::vector<model::ExprId> guards;
        for (const auto& part : parts.parts) {
            if (!part) continue;
            out.parts.push_back(operand(c_, *part));
            if (out.parts.back().next_header) out.parts.back().is = Operand::Is::unknown;
            const auto& last = out.parts.back();
            guards.push_back(last.guard);
            if (last.is == Operand::Is::unknown) {
                out.kind = last.kind;
                out.beside = last.beside;
            }
            // The most volatile part decides how long the truth of the whole lasts.
            const auto sharing = last.is == Operand::Is::unknown ? last.sharing : Sharing::chain;
            out.sharing = std::max(out.sharing, sharing);
            out.reads |= last.reads;
            out.moves = out.moves || last.moves;
            if (last.is == Operand::Is::field && last.ref.field == Field::reg) out.sharing = Sharing::occurrence;
        }
        out.guard = c_.b.all(std::move(guards));
        return out;
    }
    Operand operator()(const BinaryOperation& b) {
        if (!b.left || !b.right) return unknown(PredicateKind::packet, Field::proto, Sharing::chain);
        Operand out = operand(c_, *b.left);
        out.text.clear();
        const auto value = constant(*b.right, out.value == Value::interface ? Value::other : out.value);
        const bool steps_apply = out.is == Operand::Is::field || out.is == Operand::Is::state ||
                                 out.is == Operand::Is::status || out.is == Operand::Is::direction;
        if (!value || !steps_apply || out.value == Value::interface || out.ref.field == Field::family) {
            out.is = Operand::Is::unknown;
            out.sharing = std::max(out.sharing, Sharing::chain);
            return out;
        }
        using Op = BitStep::Op;
        const auto full = base::low_mask(out.bits);
        if (b.op == "&") {
            out.steps.push_back({Op::bit_and, *value});
        } else if (b.op == "|") {
            out.steps.push_back({Op::bit_and, full & ~*value});
            out.steps.push_back({Op::bit_xor, *value});
        } else if (b.op == "^") {
            out.steps.push_back({Op::bit_xor, *value});
        } else if (b.op == ">>") {
            out.steps.push_back({Op::right, *value});
        } else if (b.op == "<<") {
            out.steps.push_back({Op::left, *value});
        } else {
            out.is = Operand::Is::unknown;
        }
        return out;
    }
    // A whole set or an anonymous map on the left: a value computed from the packet.
    Operand operator()(const MapLookup& m) {
        if (!m.key) return unknown(PredicateKind::packet, Field::proto, Sharing::chain);
        const auto key = operand(c_, *m.key);
        auto out =
            unknown(key.is == Operand::Is::unknown ? key.kind : PredicateKind::packet, key.beside, Sharing::chain);
        out.guard = key.guard;
        out.reads = key.reads;
        out.moves = key.moves;
        out.sharing = std::max(out.sharing, key.sharing);
        if (const auto* set = m.map ? std::get_if<SetReference>(&m.map->is) : nullptr) (void)c_.named_set(set->name);
        return out;
    }
    Operand operator()(const Socket& s) {
        const bool user = s.key.rfind("cgroup", 0) == 0;
        return unknown(user ? PredicateKind::user : PredicateKind::packet, Field::proto, Sharing::packet);
    }
    Operand operator()(const ExtensionHeader&) { return unknown(PredicateKind::packet, Field::proto, Sharing::packet); }
    Operand operator()(const Routing&) {
        Operand out = unknown(PredicateKind::packet, Field::dst, Sharing::chain);
        out.reads = rewritten_fields;
        out.moves = true;
        return out;
    }
    Operand operator()(const Osf&) { return unknown(PredicateKind::packet, Field::src, Sharing::packet); }
    Operand operator()(const Ipsec&) { return unknown(PredicateKind::packet, Field::src, Sharing::packet); }
    Operand operator()(const UnknownExpression&) {
        auto out = unknown(PredicateKind::opaque, Field::proto, Sharing::occurrence);
        return out;
    }
    template <class Other>
    Operand operator()(const Other&) {
        return unknown(PredicateKind::opaque, Field::proto, Sharing::occurrence);
    }

private:
    static bool has_rewrites(Field field) {
        return is_header(field) && (model::field_bit(field) & rewritten_fields) != 0;
    }
    Operand unknown(PredicateKind kind, Field beside, Sharing sharing) {
        Operand out;
        out.kind = kind;
        out.beside = beside;
        out.sharing = sharing;
        return out;
    }

    Operand from(const Treatment& row) {
        Operand out;
        out.guard = guard(row.needs);
        out.value = row.value;
        out.bits = value_bits(row.value);
        out.kind = row.kind;
        out.beside = row.field;
        switch (row.as) {
            case Treatment::As::field:
                out.is = Operand::Is::field;
                out.ref = FieldRef{row.field, row.view, {}};
                if (row.value == Value::state) out.is = Operand::Is::state;
                if (row.value == Value::direction) out.is = Operand::Is::direction;
                out.next_header = row.protocol == "ip6" && row.key == "nexthdr";
                out.port_bytes = row.protocol == "th";
                break;
            case Treatment::As::mark: reg(out, c_.netfilter.registers().mark); break;
            case Treatment::As::ct_mark: reg(out, c_.netfilter.registers().ct_mark); break;
            case Treatment::As::ct_status:
                reg(out, c_.netfilter.registers().ct_status);
                out.is = Operand::Is::status;
                break;
            case Treatment::As::predicate: {
                const auto text = print(e_);
                const bool counts = row.group == "ct" && (row.key == "bytes" || row.key == "packets" ||
                                                          row.key == "avgpkt" || row.key == "expiration");
                const bool routed = row.key.rfind("oif", 0) == 0 || row.key == "rtclassid" || row.key == "priority";
                // What a rule writes may change between two rules of one chain.
                out.sharing = counts || row.kind == PredicateKind::balance || c_.mangled.count(text) != 0
                                  ? Sharing::occurrence
                              : routed ? Sharing::chain
                                       : Sharing::packet;
                out.moves = routed;
                break;
            }
        }
        return out;
    }

    static void reg(Operand& out, model::RegisterId id) {
        out.is = Operand::Is::field;
        out.ref = FieldRef{Field::reg, View::current, id};
        out.beside = Field::proto;
        out.sharing = Sharing::occurrence;  // rules write marks between two rules of one chain
    }

    model::ExprId guard(Dependency needs) {
        std::vector<model::ExprId> all{c_.family_guard(needs.family)};
        if (needs.protocol >= 0) all.push_back(c_.b.proto(static_cast<std::uint8_t>(needs.protocol)));
        return c_.b.all(std::move(all));
    }

    /// `ct original …` is the packet as it arrived; the reply tuple of a first packet is its current header reversed.
    Operand tuple(const Conntrack& ct) {
        const bool reply = ct.direction == "reply";
        const auto view = reply ? View::current : View::original;
        Operand out;
        out.is = Operand::Is::field;
        out.guard = c_.b.yes();
        auto is = [&](Field field, Value value) {
            out.ref = FieldRef{field, view, {}};
            out.value = value;
            out.bits = value_bits(value);
            out.beside = field;
        };
        const auto key = ct.key.substr(0, ct.key.find(' '));
        if (key == "saddr" || key == "daddr") {
            const auto family = ct.family == "ip"    ? std::uint8_t{4}
                                : ct.family == "ip6" ? std::uint8_t{6}
                                                     : c_.table_family();
            if (family == 0) {
                auto either = unknown(PredicateKind::packet, Field::src, Sharing::chain);
                either.reads = rewritten_fields;
                return either;
            }
            is((key == "saddr") != reply ? Field::src : Field::dst, family == 4 ? Value::ipv4 : Value::ipv6);
            out.guard = c_.family_guard(family);
        } else if (key == "proto-src" || key == "proto-dst") {
            is((key == "proto-src") != reply ? Field::sport : Field::dport, Value::port);
            out.port_bytes = true;  // of ICMP the tuple holds identifier, type and code
        } else if (key == "protocol") {
            is(Field::proto, Value::protocol);
        } else if (key == "l3proto") {
            is(Field::family, Value::family);
        } else {
            return unknown(PredicateKind::packet, Field::proto, Sharing::occurrence);  // packets, bytes, zone …
        }
        if (out.ref.field == Field::proto || out.ref.field == Field::family) out.ref.view = View::current;
        return out;
    }

    /// Offsets in bits: RFC 791, RFC 8200, and the ports of RFC 9293, RFC 768.
    std::optional<Operand> raw_field(const RawPayload& raw, std::uint8_t family) {
        struct Place {
            std::string_view base;
            std::uint8_t family;
            std::uint32_t offset, bits;
            Field field;
            Value value;
        };
        static constexpr Place places[] = {
            {"nh", 4, 72, 8, Field::proto, Value::protocol}, {"nh", 4, 96, 32, Field::src, Value::ipv4},
            {"nh", 4, 128, 32, Field::dst, Value::ipv4},     {"nh", 6, 48, 8, Field::proto, Value::protocol},
            {"nh", 6, 64, 128, Field::src, Value::ipv6},     {"nh", 6, 192, 128, Field::dst, Value::ipv6},
            {"th", 0, 0, 16, Field::sport, Value::port},     {"th", 0, 16, 16, Field::dport, Value::port},
        };
        for (const auto& place : places) {
            if (raw.base != place.base || raw.length == 0) continue;
            if (raw.offset < place.offset || raw.offset + raw.length > place.offset + place.bits) continue;
            // An offset means another field in the other IP version.
            if (place.family != 0 && family != place.family) continue;
            Operand out;
            out.is = Operand::Is::field;
            out.ref = FieldRef{place.field, View::current, {}};
            out.guard = c_.b.yes();
            out.value = place.value;
            out.next_header = place.family == 6 && place.field == Field::proto;
            out.port_bytes = place.base == "th";
            out.bits = place.bits;
            out.beside = place.field;
            const auto below = place.offset + place.bits - raw.offset - raw.length;
            if (below > 0) out.steps.push_back({BitStep::Op::right, below});
            // Nothing stands above the first bits of a field.
            if (raw.offset > place.offset) out.steps.push_back({BitStep::Op::bit_and, base::low_mask(raw.length)});
            return out;
        }
        return std::nullopt;
    }

    Context& c_;
    const Expression& e_;
};

}  // namespace

Operand operand(Context& c, const Expression& e) { return Reader(c, e).read(); }

Operand network_operand(Context& c, const Expression& e, const RawPayload& raw, std::uint8_t family) {
    Reader reader(c, e);
    auto out = reader.completed(reader.raw_payload(raw, family));
    // One text, two questions.
    out.text += family == 4 ? " of IPv4" : " of IPv6";
    return out;
}

}  // namespace egresslint::dialects::nftables
