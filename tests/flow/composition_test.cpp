// SPDX-License-Identifier: Apache-2.0
// Random programs of the model, symbolically and one packet at a time. Every construct of model/device.hpp can occur:
// jumps, goto and return at depth, pending decisions and settle, registers with masked assignment, translations of
// every kind, unknown predicates and choices, both families. The tracer is the other implementation; neither has seen
// the other.
#include <catch2/catch.hpp>
#include <random>

#include "flow/analysis.hpp"
#include "flow/outcome.hpp"
#include "flow/trace.hpp"
#include "model/builder.hpp"
#include "model/print.hpp"
#include "model/validate.hpp"

using namespace egresslint;
using base::Family;
using base::IntervalSet;
using base::u128;
using model::Builder;
using model::ExprId;
using model::Field;
using model::FieldRef;
using model::View;

namespace {

class Programs {
public:
    explicit Programs(std::uint32_t seed) : rng_(seed) {}

    [[nodiscard]] std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(rng_() % n); }
    [[nodiscard]] bool chance(std::uint32_t percent) { return below(100) < percent; }

    model::Device device() {
        Builder b("random");
        for (const char* name : {"lan", "wan", "dmz"}) {
            auto& i = b.device().interfaces[b.interface(name).index()];
            const auto addresses = below(3);
            for (std::uint32_t k = 0; k < addresses; ++k) {
                i.addresses.push_back(
                    {{Family::v4, base(Family::v4) + below(16)}, 28, k > 0 && chance(50), chance(80)});
                i.addresses.push_back(
                    {{Family::v6, base(Family::v6) + below(16)}, 64, k > 0 && chance(50), chance(80)});
            }
            if (addresses == 0 && chance(80)) {
                i.unknown_address4 = pool(b, Field::src, false, std::string("address of ") + name);
                i.unknown_address6 = i.unknown_address4;
            }
        }
        for (const char* name : {"mark", "tag", "gateway"}) b.reg(name);
        b.device().registers[0].from_packet_mark = chance(50);
        b.device().registers[1].initial = below(3);
        if (chance(70)) b.device().gateway_register = model::RegisterId(2);
        b.predicate("limit", model::PredicateKind::rate);
        b.predicate("mac", model::PredicateKind::packet, Field::src);
        b.predicate("order", model::PredicateKind::ambiguity, Field::dst, {}, 3);
        for (int i = 0; i < 2; ++i) {
            pools_[0].push_back(pool(b, Field::src, chance(60), "source pool " + std::to_string(i)));
            pools_[1].push_back(pool(b, Field::dst, chance(60), "destination pool " + std::to_string(i)));
            pools_[2].push_back(ports(b, Field::sport, i));
            pools_[3].push_back(ports(b, Field::dport, i));
        }
        const std::uint32_t chains = 2 + below(5);
        for (std::uint32_t c = 0; c < chains; ++c) b.chain("chain" + std::to_string(c));
        for (std::uint32_t c = 0; c < chains; ++c) {
            const std::uint32_t rules = 1 + below(6);
            for (std::uint32_t r = 0; r < rules; ++r) b.rule(model::ChainId(c), rule(b, c, chains));
        }
        const std::uint32_t stages = 1 + below(4);
        for (std::uint32_t s = 0; s < stages; ++s) {
            const auto id = b.stage("stage" + std::to_string(s), model::Label::filter,
                                    chance(70) ? b.yes() : expr(b, 1), model::ChainId(below(std::min(chains, 3u))),
                                    chance(80) ? model::Verdict::accept : model::Verdict::drop);
            if (chance(10)) b.device().pipeline[id.index()].fallthrough.then.push_back(translate());
        }
        b.device().addresses_known = false;
        b.device().resolved = true;
        return std::move(b).finish();
    }

    flow::Packet packet(Family family) {
        flow::Packet p;
        p.family = family;
        p.in_if = 1 + below(4);
        p.src = base(family) + below(20);
        p.dst = base(family) + below(20);
        static constexpr std::uint8_t protocols[] = {6, 6, 17, 1, 47};
        p.proto = protocols[below(5)];
        const bool with_ports = p.proto == 6 || p.proto == 17;
        p.sport = with_ports ? static_cast<std::uint16_t>(20 + below(10)) : std::uint16_t{0};
        p.dport = with_ports ? static_cast<std::uint16_t>(20 + below(10)) : std::uint16_t{0};
        p.icmp_type = p.proto == 1 ? static_cast<std::uint8_t>(below(3)) : std::uint8_t{0};
        p.tcp_flags = p.proto == 6 ? 2 : 0;
        return p;
    }

    flow::Valuation valuation(const model::Device& d, Family family) {
        flow::Valuation v;
        for (std::uint32_t i = 0; i < d.predicates.size(); ++i)
            v.predicates[i] = static_cast<std::uint16_t>(below(d.predicates[i].choices));
        for (std::uint32_t i = 0; i < d.choices.size(); ++i) {
            const auto& list = d.choices[i].candidates.of(d.choices[i].field, family).intervals();
            if (list.empty()) continue;
            const auto& one = list[below(static_cast<std::uint32_t>(list.size()))];
            v.choices[i] = one.first + below(static_cast<std::uint32_t>(one.last - one.first) + 1);
        }
        return v;
    }

    static u128 base(Family family) { return family == Family::v4 ? u128{0x0a000000} : u128{0x20010db8} << 96; }

private:
    IntervalSet numbers(u128 from, std::uint32_t span) {
        std::vector<base::Interval> out;
        for (std::uint32_t n = 1 + below(2); n > 0; --n) {
            const u128 first = from + below(span);
            out.push_back({first, first + below(span / 2 + 1)});
        }
        return IntervalSet(std::move(out));
    }
    model::ChoiceId pool(Builder& b, Field field, bool varies, std::string text) {
        model::Choice c;
        c.text = std::move(text);
        c.field = field;
        c.candidates = {numbers(base(Family::v4), 16), numbers(base(Family::v6), 16)};
        c.varies = varies;
        return b.choice(std::move(c));
    }
    model::ChoiceId ports(Builder& b, Field field, int i) {
        model::Choice c;
        c.text = "ports " + std::to_string(i);
        c.field = field;
        c.candidates = {numbers(20, 10), {}};
        return b.choice(std::move(c));
    }
    ExprId atom(Builder& b) {
        const View view = chance(25) ? View::original : View::current;
        switch (below(10)) {
            case 0: return b.in(FieldRef{Field::in_if, View::current, {}}, b.numbers(numbers(1, 4)));
            case 1: return b.in(FieldRef{Field::out_if, View::current, {}}, b.numbers(numbers(0, 4)));
            case 2:
            case 3:
                return b.in(FieldRef{Field::src, view, {}},
                            b.addresses(numbers(base(Family::v4), 16), numbers(base(Family::v6), 16)));
            case 4:
                return b.in(FieldRef{Field::dst, view, {}},
                            b.addresses(numbers(base(Family::v4), 16), numbers(base(Family::v6), 16)));
            case 5: return chance(50) ? b.proto(6) : b.family(chance(50) ? Family::v4 : Family::v6);
            case 6: return b.in(FieldRef{Field::sport, view, {}}, b.numbers(numbers(20, 10)));
            case 7: return b.in(FieldRef{Field::dport, view, {}}, b.numbers(numbers(20, 10)));
            case 8: {
                const model::PredicateId p(below(3));
                return b.unknown(p, static_cast<std::uint16_t>(below(b.device().predicates[p.index()].choices)));
            }
            default:
                return b.in_register(model::RegisterId(below(2)), numbers(0, 4),
                                     chance(50) ? 0xffffffffu : 1 + below(3));
        }
    }
    ExprId expr(Builder& b, std::uint32_t depth) {
        if (depth == 0 || chance(30)) return atom(b);
        switch (below(5)) {
            case 0: return b.negate(expr(b, depth - 1));
            case 1: return b.either({expr(b, depth - 1), expr(b, depth - 1)});
            case 2: {
                model::Relation r;
                r.columns = {FieldRef{Field::dst, View::current, {}}, FieldRef{Field::dport, View::current, {}}};
                for (std::uint32_t n = 1 + below(3); n > 0; --n)
                    r.rows.push_back({b.addresses(numbers(base(Family::v4), 16), numbers(base(Family::v6), 16)),
                                      b.numbers(numbers(20, 10))});
                return b.in_tuple(std::move(r));
            }
            default: return b.all({expr(b, depth - 1), expr(b, depth - 1)});
        }
    }
    model::Translate translate() {
        model::Translate t;
        const auto which = below(4);
        t.field = which == 0 ? Field::src : which == 1 ? Field::dst : which == 2 ? Field::sport : Field::dport;
        if (which < 2) {
            const Family f = chance(50) ? Family::v4 : Family::v6;
            switch (below(6)) {
                case 0: t.to = model::Keep{}; break;
                case 1:
                    t.family = f;
                    t.to = model::Fixed{base(f) + below(16)};
                    break;
                case 2: t.to = model::Pick{pools_[which][below(2)], false}; break;
                case 3:
                    t.family = f;
                    t.to = model::Shift{base(f) + 4 * below(4), base(f) + 4 * below(4),
                                        static_cast<std::uint8_t>(base::address_bits(f) - 2)};
                    break;
                case 4: t.to = model::InInterfaceAddress{}; break;
                default: t.to = model::OutInterfaceAddress{}; break;
            }
        } else if (chance(50)) {
            t.to = model::Fixed{20 + below(10)};
        } else {
            t.to = model::Pick{pools_[which][below(2)], which == 2 && chance(60)};
        }
        return t;
    }
    model::Effect effect() {
        switch (below(6)) {
            case 0: return model::Log{};
            case 1: return chance(50) ? model::Effect(model::Limited{}) : model::Effect(model::Inspected{});
            case 2: return translate();
            case 3:
                return model::Assign{FieldRef{Field::out_if, View::current, {}},
                                     model::RegisterId(0),
                                     0,
                                     model::RegisterId(0),
                                     0,
                                     below(5)};
            case 4:
                return model::Assign{FieldRef{Field::reg, View::current, model::RegisterId(2)},
                                     model::RegisterId(0),
                                     0,
                                     model::RegisterId(0),
                                     0,
                                     below(4)};
            default:
                return model::Assign{FieldRef{Field::reg, View::current, model::RegisterId(below(2))},
                                     model::RegisterId(0),
                                     chance(50) ? 3u : 0u,
                                     model::RegisterId(1),
                                     chance(30) ? 1u : 0u,
                                     below(4)};
        }
    }
    model::Rule rule(Builder& b, std::uint32_t chain, std::uint32_t chains) {
        model::Rule r;
        r.match = chance(10) ? b.yes() : expr(b, 2);
        r.active = !chance(5);
        while (chance(35)) r.effects.push_back(effect());
        switch (below(9)) {
            case 0:
            case 1:
                if (chain + 1 < chains) {
                    r.control = model::Jump{model::ChainId(chain + 1 + below(chains - chain - 1))};
                    break;
                }
                [[fallthrough]];
            case 2:
                if (chain + 1 < chains) {
                    r.control = model::Goto{model::ChainId(chain + 1 + below(chains - chain - 1))};
                    break;
                }
                r.control = model::Continue{};
                break;
            case 3: r.control = model::Return{}; break;
            case 4: r.control = model::Settle{}; break;
            case 5: r.control = model::Continue{}; break;
            default: {
                model::Decide d;
                d.verdict = chance(60)   ? model::Verdict::accept
                            : chance(50) ? model::Verdict::drop
                                         : model::Verdict::reject;
                d.final = chance(60);
                while (d.verdict == model::Verdict::accept && chance(40)) d.then.push_back(translate());
                r.control = d;
            }
        }
        return r;
    }

    std::mt19937 rng_;
    std::array<std::vector<model::ChoiceId>, 4> pools_;
};

u128 after(const flow::Rewritten& form, u128 original, const model::Device& d, Field field, Family family,
           const flow::Valuation& v) {
    const unsigned bits = model::field_bits(field, family);
    switch (form.form) {
        case flow::Rewritten::Form::unchanged: return original;
        case flow::Rewritten::Form::fixed: return form.value;
        case flow::Rewritten::Form::shifted: return (original + form.delta) & base::low_mask(bits);
        case flow::Rewritten::Form::chosen: break;
    }
    const auto& c = d.choices[form.choice.index()];
    if (form.keep_if_inside && c.candidates.of(c.field, family).contains(original)) return original;
    return (v.choices.at(form.choice.value) + form.delta) & base::low_mask(bits);
}

void compare(std::uint32_t seed, flow::Detail detail, const flow::Interest& interest) {
    Programs programs(seed);
    const model::Device d = programs.device();
    INFO("seed " << seed << "\n" << model::print(d));
    REQUIRE(model::validate(d).empty());
    for (const Family family : {Family::v4, Family::v6}) {
        flow::Analysis a(d, family);
        const auto table = a.run(a.all(), detail, interest);
        REQUIRE(table.has_value());
        for (int n = 0; n < 40; ++n) {
            const flow::Packet p = programs.packet(family);
            const flow::Valuation v = programs.valuation(d, family);
            const flow::Trace t = flow::trace(d, p, v);
            const flow::Row* row = nullptr;
            for (const auto& r : table->rows) {
                if (!a.contains(r.headers, p, v)) continue;
                INFO("two rows contain one packet");
                REQUIRE(row == nullptr);
                row = &r;
            }
            REQUIRE(t.branches.size() == 1);
            const auto& o = t.branches.front();
            INFO("family " << static_cast<int>(family) << " in " << p.in_if << " src +"
                           << static_cast<unsigned>(p.src - Programs::base(family)) << " dst +"
                           << static_cast<unsigned>(p.dst - Programs::base(family)) << " proto " << int(p.proto)
                           << " sport " << p.sport << " dport " << p.dport);
            bool wanted = !(interest.accepted_only && o.verdict != model::Verdict::accept);
            if (interest.leaves_by || interest.leaves_with_source) wanted = o.verdict == model::Verdict::accept;
            if (interest.leaves_by)
                wanted = wanted && std::find(interest.leaves_by->begin(), interest.leaves_by->end(), o.out_if) !=
                                       interest.leaves_by->end();
            if (interest.leaves_with_source)
                wanted = wanted && interest.leaves_with_source->of(Field::src, family).contains(o.src.first);
            REQUIRE((row != nullptr) == wanted);
            if (!row) continue;
            REQUIRE(row->verdict == o.verdict);
            REQUIRE(row->out_if == o.out_if);
            REQUIRE(row->logged == o.logged);
            REQUIRE(row->limited == o.limited);
            REQUIRE(row->inspected == o.inspected);
            REQUIRE(o.src.first == o.src.last);
            CHECK((after(row->src, p.src, d, Field::src, family, v) == o.src.first));
            CHECK((after(row->dst, p.dst, d, Field::dst, family, v) == o.dst.first));
            CHECK((after(row->sport, p.sport, d, Field::sport, family, v) == o.sport.first));
            CHECK((after(row->dport, p.dport, d, Field::dport, family, v) == o.dport.first));
            CHECK(a.contains(a.where_after(*row, Field::src, IntervalSet::single(o.src.first)), p, v));
            CHECK_FALSE(a.contains(a.where_after(*row, Field::dst, IntervalSet::single(o.dst.first + 1)), p, v));
            CHECK(a.values_after(*row, Field::sport).contains(o.sport.first));
            CHECK(a.contains(a.may(row->headers), p, {}));
        }
    }
}

}  // namespace

TEST_CASE("the composition of changes is associative, and doing nothing is neutral") {
    std::mt19937 rng(11);
    flow::Terminals terminals;
    std::vector<std::uint32_t> ids{0};
    for (int i = 0; i < 60; ++i) {
        flow::Change c;
        c.exit = static_cast<flow::Exit>(rng() % 3);
        c.logged = rng() % 2;
        c.limited = rng() % 4 == 0;
        c.inspected = rng() % 4 == 0;
        if (c.exit == flow::Exit::done)
            c.decision = rng() % 4 == 0 ? flow::the_pending_one : static_cast<std::uint32_t>(rng() % 5);
        if (rng() % 3 == 0) c.pending = static_cast<std::uint32_t>(rng() % 5);
        for (std::uint32_t slot = 0; slot < 5; ++slot)
            if (rng() % 3 == 0) c.writes.emplace_back(slot, static_cast<std::uint32_t>(rng() % 4));
        if (rng() % 3 == 0) c.trail.push_back(static_cast<std::uint32_t>(rng() % 9));
        ids.push_back(terminals.intern(c));
    }
    for (const auto a : ids)
        for (const auto b : ids)
            for (const auto c : ids)
                REQUIRE(terminals.then(terminals.then(a, b), c) == terminals.then(a, terminals.then(b, c)));
    for (const auto a : ids) {
        REQUIRE(terminals.then(0, a) == a);
        REQUIRE(terminals.then(a, 0) == a);
    }
}

TEST_CASE("random programs: the table agrees with the tracer at every level of detail") {
    for (std::uint32_t seed = 1; seed <= 600; ++seed) compare(seed, static_cast<flow::Detail>(seed % 3), {});
}

TEST_CASE("random programs: stages put off for a narrow question change nothing but the rows that are left out") {
    for (std::uint32_t seed = 1001; seed <= 1400; ++seed) {
        flow::Interest interest;
        if (seed % 4 == 0) interest.accepted_only = true;
        if (seed % 4 == 1 || seed % 4 == 3) interest.leaves_by = {{3, 1}};
        if (seed % 4 >= 2)
            interest.leaves_with_source =
                model::LiteralSet{IntervalSet::range(Programs::base(Family::v4) + 2, Programs::base(Family::v4) + 9),
                                  IntervalSet::range(Programs::base(Family::v6) + 2, Programs::base(Family::v6) + 9)};
        compare(seed, static_cast<flow::Detail>(seed % 3), interest);
    }
}
