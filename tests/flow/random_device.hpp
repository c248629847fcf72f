// SPDX-License-Identifier: Apache-2.0
// Random resolved devices and packets for property tests: few values, so that rules meet, and every construct of
// model/device.hpp. A seed gives the same device everywhere (mt19937_64 and our own ranges, no distributions).
#pragma once

#include <random>
#include <string>
#include <vector>

#include "flow/trace.hpp"
#include "model/builder.hpp"

namespace egresslint::testing {

using namespace egresslint::model;
using base::u128;

class RandomDevice {
public:
    /// Chains have fewer rules than `most_rules`.
    explicit RandomDevice(std::uint64_t seed, std::uint32_t most_rules = 6)
        : random_(seed), most_rules_(most_rules), b_("random") {}

    Device make() {
        make_tables();
        const auto chains = 1 + below(5);
        for (std::uint32_t c = 0; c < chains; ++c) b_.chain("chain" + std::to_string(c));
        // Jumps lead to later chains only.
        for (std::uint32_t c = 0; c < chains; ++c)
            for (auto rules = below(most_rules_); rules > 0; --rules) b_.rule(ChainId(c), rule(c, chains));
        for (auto stages = 1 + below(4); stages > 0; --stages) {
            const auto id =
                b_.stage("stage", Label::filter, one_in(3) ? expr(2) : b_.yes(), ChainId(below(chains)), verdict());
            if (one_in(6)) b_.device().pipeline[id.index()].fallthrough.then = {translate()};
        }
        b_.device().resolved = true;
        return std::move(b_).finish();
    }

    flow::Packet packet(Family family) {
        flow::Packet p;
        p.family = family;
        p.in_if = 1 + below(4);
        p.src = address(family);
        p.dst = address(family);
        static constexpr std::uint8_t protocols[] = {6, 6, 6, 17, 1, 58, 47};
        p.proto = protocols[below(7)];
        if (p.proto == 6 || p.proto == 17) p.sport = port(), p.dport = port();
        if (p.proto == 1 || p.proto == 58)
            p.icmp_type = static_cast<std::uint8_t>(below(4)), p.icmp_code = static_cast<std::uint8_t>(below(3));
        if (p.proto == 6) p.tcp_flags = one_in(4) ? static_cast<std::uint8_t>(below(256)) : 2;
        return p;
    }

    /// A value for every predicate, and a candidate for every choice.
    flow::Valuation valuation(const Device& device, Family family) {
        flow::Valuation v;
        for (std::uint32_t i = 0; i < device.predicates.size(); ++i)
            v.predicates[i] = static_cast<std::uint16_t>(below(device.predicates[i].choices));
        for (std::uint32_t i = 0; i < device.choices.size(); ++i) {
            const auto& c = device.choices[i];
            const auto& set = c.candidates.of(c.field, family);
            if (set.empty()) continue;
            const auto& interval = set.intervals()[below(static_cast<std::uint32_t>(set.intervals().size()))];
            const u128 width = interval.last - interval.first;
            v.choices[i] = interval.first +
                           (width >= 0xffffffffu ? below(0xffffffffu) : below(static_cast<std::uint32_t>(width) + 1));
        }
        return v;
    }

    std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_() % limit); }
    bool one_in(std::uint32_t n) { return below(n) == 0; }

    u128 address(Family family) {
        const u128 low = below(24);
        if (family == Family::v4) return (one_in(3) ? u128{0xc0000200u} : u128{0x0a000000u}) + low;
        const u128 high = static_cast<u128>(one_in(3) ? 0x20010db800010000ull : 0x20010db800000000ull) << 64;
        return high + low + (one_in(4) ? static_cast<u128>(1) << 64 : 0);
    }
    std::uint16_t port() { return one_in(8) ? 65535 : static_cast<std::uint16_t>(below(20)); }

    IntervalSet values(Field field, Family family) {
        std::vector<base::Interval> out;
        for (auto n = 1 + below(3); n > 0; --n) {
            const auto a = value(field, family);
            const u128 top = base::low_mask(field_bits(field, family));
            const u128 width = one_in(2) ? 0 : below(8);
            out.push_back({a, top - a < width ? top : a + width});
        }
        IntervalSet set(std::move(out));
        if (one_in(12)) set = set.complement(field_bits(field, family));
        return set;
    }

private:
    u128 value(Field field, Family family) {
        switch (field) {
            case Field::family: return one_in(2) ? 4 : 6;
            case Field::in_if: return 1 + below(4);
            case Field::out_if: return below(5);
            case Field::src:
            case Field::dst: return address(family);
            case Field::proto: return one_in(2) ? 6 : 17;
            case Field::sport:
            case Field::dport: return port();
            case Field::icmp_type: return below(4);
            case Field::icmp_code: return below(3);
            case Field::tcp_flags: return below(4);
            case Field::ct_state: return below(5);
            case Field::reg: return below(4);
        }
        return 0;
    }

    static bool translatable(Field f) {
        return f == Field::src || f == Field::dst || f == Field::sport || f == Field::dport;
    }
    Field translated() {
        static constexpr Field fields[] = {Field::src, Field::dst, Field::sport, Field::dport};
        return fields[below(4)];
    }
    Family either_family() { return one_in(2) ? Family::v4 : Family::v6; }

    void make_tables() {
        auto& d = b_.device();
        for (const char* name : {"a", "b", "c"}) {
            const auto id = b_.interface(name);
            for (auto n = below(3); n > 0; --n) {
                const auto family = either_family();
                d.interfaces[id.index()].addresses.push_back(
                    {Address{family, address(family)}, 24, one_in(4), !one_in(4)});
            }
        }
        for (auto n = 1 + below(3); n > 0; --n) b_.reg("reg" + std::to_string(n), below(3));
        if (one_in(2)) d.gateway_register = RegisterId(0);
        for (auto n = below(4); n > 0; --n) {
            static constexpr Field beside[] = {Field::proto, Field::src, Field::dst, Field::dport, Field::in_if};
            b_.predicate("p" + std::to_string(n), static_cast<PredicateKind>(below(9)), beside[below(5)], {},
                         static_cast<std::uint16_t>(2 + below(3)));
        }
        for (auto n = below(3); n > 0; --n) {
            Choice c;
            c.text = "choice" + std::to_string(n);
            c.field = translated();
            c.varies = one_in(2);
            if (!one_in(8)) c.candidates.values = values(c.field, Family::v4);
            if (is_address(c.field) && (c.candidates.values.empty() || !one_in(3)))
                c.candidates.values6 = values(c.field, Family::v6);
            if (c.candidates.values.empty() && !is_address(c.field)) c.candidates.values = IntervalSet::range(3, 9);
            const auto id = b_.choice(c);
            if (is_address(c.field) && one_in(2)) {
                auto& f = d.interfaces[2 + below(3)];
                (one_in(2) ? f.unknown_address4 : f.unknown_address6) = id;
            }
        }
        // An unknown address needs candidates of its family.
        for (auto& f : d.interfaces) {
            if (f.unknown_address4.valid() && d.choices[f.unknown_address4.index()].candidates.values.empty())
                f.unknown_address4 = {};
            if (f.unknown_address6.valid() && d.choices[f.unknown_address6.index()].candidates.values6.empty())
                f.unknown_address6 = {};
        }
    }

    SetId set_for(Field field) {
        if (is_address(field)) {
            IntervalSet v4, v6;
            if (!one_in(4)) v4 = values(field, Family::v4);
            if (!one_in(4)) v6 = values(field, Family::v6);
            return b_.addresses(std::move(v4), std::move(v6));
        }
        return b_.numbers(values(field, Family::v4));
    }

    FieldRef field() {
        static constexpr Field fields[] = {
            Field::src,       Field::src,       Field::dst,      Field::dst,    Field::dport,  Field::dport,
            Field::sport,     Field::proto,     Field::in_if,    Field::out_if, Field::family, Field::icmp_type,
            Field::icmp_code, Field::tcp_flags, Field::ct_state, Field::reg,    Field::reg,    Field::reg};
        FieldRef out;
        out.field = fields[below(18)];
        if (out.field == Field::reg) out.reg = reg();
        if (is_header(out.field) && one_in(4)) out.view = View::original;
        return out;
    }

    RegisterId reg() { return RegisterId(below(static_cast<std::uint32_t>(b_.device().registers.size()))); }

    ExprId expr(unsigned depth) {
        const auto kind = below(depth ? 12 : 8);
        if (kind == 0 && !b_.device().predicates.empty()) {
            const PredicateId p(below(static_cast<std::uint32_t>(b_.device().predicates.size())));
            return b_.unknown(p, static_cast<std::uint16_t>(below(b_.device().predicates[p.index()].choices)));
        }
        if (kind == 1) {
            Relation r;
            for (auto n = 1 + below(3); n > 0; --n) r.columns.push_back(field());
            for (auto n = 1 + below(3); n > 0; --n) {
                r.rows.emplace_back();
                for (const auto& c : r.columns) r.rows.back().push_back(set_for(c.field));
            }
            return b_.in_tuple(std::move(r));
        }
        if (kind == 2) return b_.yes();
        if (kind < 8) {
            const auto f = field();
            const bool masked = f.field == Field::reg && one_in(2);
            return b_.in(f, set_for(f.field), masked ? below(4) : 0xffffffffu);
        }
        std::vector<ExprId> parts;
        for (auto n = 1 + below(3); n > 0; --n) parts.push_back(expr(depth - 1));
        if (kind == 8) return b_.negate(parts.front());
        return kind == 9 ? b_.either(std::move(parts)) : b_.all(std::move(parts));
    }

    Verdict verdict() { return one_in(4) ? (one_in(2) ? Verdict::drop : Verdict::reject) : Verdict::accept; }

    Translate translate() {
        Translate t;
        t.field = translated();
        if (is_address(t.field)) t.family = either_family();
        const auto family = t.family.value_or(Family::v4);
        const auto kind = below(is_address(t.field) ? 7 : 4);
        const auto& choices = b_.device().choices;
        if (kind == 0) {
            t.to = Keep{};
        } else if (kind == 1 && !choices.empty()) {
            const ChoiceId id(below(static_cast<std::uint32_t>(choices.size())));
            t.field = choices[id.index()].field;
            if (!is_address(t.field))
                t.family.reset();
            else if (one_in(2))
                t.family.reset();
            else if (!t.family)
                t.family = either_family();
            t.to = Pick{id, one_in(2)};
        } else if (kind == 4) {
            t.to = OutInterfaceAddress{};
            if (one_in(2)) t.family.reset();
        } else if (kind == 5) {
            t.to = InInterfaceAddress{};
            if (one_in(2)) t.family.reset();
        } else if (kind == 6) {
            const auto length = base::address_bits(family) - below(6);
            t.to = Shift{base::make_prefix({family, address(family)}, length).base.bits,
                         base::make_prefix({family, address(family)}, length).base.bits,
                         static_cast<std::uint8_t>(length)};
        } else {
            t.to = Fixed{value(t.field, family)};
        }
        return t;
    }

    Effect effect() {
        const auto kind = below(8);
        if (kind == 0) return Log{};
        if (kind == 1) return below(2) == 0 ? Effect(Limited{}) : Effect(Inspected{});
        if (kind < 4) return translate();
        Assign a;
        const auto to = below(6);
        if (to == 0) {
            a.to.field = Field::out_if;
            a.value = below(5);
        } else if (to == 1) {
            a.to.field = Field::ct_state;
            a.value = below(5);
        } else {
            a.to.field = Field::reg;
            a.to.reg = reg();
            a.value = below(4);
            if (one_in(2)) a.a = reg(), a.and_a = below(4);
            if (one_in(3)) a.b = reg(), a.and_b = below(4);
        }
        return a;
    }

    Rule rule(std::uint32_t chain, std::uint32_t chains) {
        Rule r;
        r.match = expr(2);
        if (one_in(2))
            for (auto n = 1 + below(2); n > 0; --n) r.effects.push_back(effect());
        const auto kind = below(10);
        const auto to = chain + 1 < chains ? chain + 1 + below(chains - chain - 1) : 0;
        if (kind < 2 && to)
            r.control = Jump{ChainId(to)};
        else if (kind == 2 && to)
            r.control = Goto{ChainId(to)};
        else if (kind == 3)
            r.control = Return{};
        else if (kind == 4)
            r.control = Settle{};
        else if (kind < 8) {
            Decide d;
            d.verdict = verdict();
            d.final = !one_in(3);
            if (one_in(2)) d.then.push_back(translate());
            if (one_in(6)) d.then.push_back(translate());
            r.control = std::move(d);
        }
        r.active = !one_in(20);
        return r;
    }

    std::mt19937_64 random_;
    std::uint32_t most_rules_;
    Builder b_;
};

}  // namespace egresslint::testing
