// SPDX-License-Identifier: Apache-2.0
// The symbolic engine and the tracer are two implementations of the semantics in model/device.hpp. On random devices
// they must agree for every packet and every valuation of the unknowns; the rows of a table must partition the space.
// EGRESSLINT_SEED replays one device, EGRESSLINT_DEVICES sets how many are tried.
#include <catch2/catch.hpp>
#include <cstdlib>

#include "flow/analysis.hpp"
#include "model/print.hpp"
#include "model/validate.hpp"
#include "random_device.hpp"

using namespace egresslint;
using namespace egresslint::model;
using namespace egresslint::flow;
using base::u128;
using egresslint::testing::RandomDevice;

namespace {

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

u128 value_after(const Device& device, const Rewritten& r, Field field, u128 before, Family family,
                 const Valuation& v) {
    switch (r.form) {
        case Rewritten::Form::unchanged: return before;
        case Rewritten::Form::fixed: return r.value;
        case Rewritten::Form::shifted: return (before + r.delta) & base::low_mask(field_bits(field, family));
        case Rewritten::Form::chosen: {
            const auto& c = device.choices[r.choice.index()];
            if (r.keep_if_inside && c.candidates.of(c.field, family).contains(before)) return before;
            // delta: a chosen address that a network translation moved
            return (v.choices.at(r.choice.value) + r.delta) & base::low_mask(field_bits(field, family));
        }
    }
    return 0;
}

bool rewrites(const Rule& rule) {
    return std::any_of(rule.effects.begin(), rule.effects.end(),
                       [](const Effect& e) { return std::holds_alternative<Translate>(e); });
}

/// The deciding rule of every stage that the packet went through.
std::vector<Decision> deciders(const Device& device, const Outcome& o) {
    std::vector<Decision> out;
    for (const auto& step : o.steps) {
        if (out.empty() || out.back().stage != step.stage) out.push_back({step.stage, {}});
        if (step.rule.valid() && std::holds_alternative<Decide>(device.rules[step.rule.index()].control))
            out.back().rule = step.rule;
    }
    return out;
}

/// A row names for each stage the deciding rule, after rules that rewrote something at once.
bool names_deciders(const Device& device, const Row& row, const Outcome& o) {
    std::vector<Decision> last;
    for (std::size_t i = 0; i < row.decisions.size(); ++i) {
        const auto& d = row.decisions[i];
        if (i + 1 == row.decisions.size() || row.decisions[i + 1].stage != d.stage) {
            last.push_back(d);
            continue;
        }
        const bool happened = std::any_of(o.steps.begin(), o.steps.end(),
                                          [&](const Step& s) { return s.stage == d.stage && s.rule == d.rule; });
        if (!d.rule.valid() || !happened || !rewrites(device.rules[d.rule.index()])) return false;
    }
    return last == deciders(device, o);
}

std::string text(const std::vector<Decision>& decisions) {
    std::string out;
    for (const auto& d : decisions)
        out += std::to_string(d.stage.value) + ":" + (d.rule.valid() ? std::to_string(d.rule.value) : "default") + " ";
    return out;
}

std::string text(const Packet& p, const Valuation& v) {
    std::string out = "in_if " + std::to_string(p.in_if) + " " + base::to_string(Address{p.family, p.src}) + ":" +
                      std::to_string(p.sport) + " -> " + base::to_string(Address{p.family, p.dst}) + ":" +
                      std::to_string(p.dport) + " proto " + std::to_string(p.proto) + " icmp " +
                      std::to_string(p.icmp_type) + "/" + std::to_string(p.icmp_code) + " flags " +
                      std::to_string(p.tcp_flags) + " state " + std::to_string(static_cast<int>(p.state)) + " p{";
    for (const auto& [id, value] : v.predicates) out += std::to_string(id) + "=" + std::to_string(value) + " ";
    out += "} c{";
    for (const auto& [id, value] : v.choices) out += std::to_string(id) + "=" + base::to_decimal(value) + " ";
    return out + "}";
}

struct Comparison {
    const Device& device;
    Analysis& analysis;
    std::string wrong;

    void differ(const char* what) { wrong += std::string(wrong.empty() ? "" : ", ") + what; }

    bool same(const Row& row, const Outcome& o, const Packet& p, const Valuation& v) {
        wrong.clear();
        if (row.verdict != o.verdict) differ("verdict");
        if (row.verdict == Verdict::accept) {
            const auto value = [&](const Rewritten& r, Field f, u128 before, const base::Interval& after) {
                return after.first == after.last && value_after(device, r, f, before, p.family, v) == after.first;
            };
            if (row.out_if != o.out_if) differ("out_if");
            if (!value(row.src, Field::src, p.src, o.src)) differ("src");
            if (!value(row.dst, Field::dst, p.dst, o.dst)) differ("dst");
            if (!value(row.sport, Field::sport, p.sport, o.sport)) differ("sport");
            if (!value(row.dport, Field::dport, p.dport, o.dport)) differ("dport");
        }
        if (row.logged != o.logged) differ("logged");
        if (row.limited != o.limited) differ("limited");
        if (row.inspected != o.inspected) differ("inspected");
        return wrong.empty();
    }
};

std::vector<const Row*> rows_of(Analysis& a, const FlowTable& table, const Packet& p, const Valuation& v) {
    std::vector<const Row*> out;
    for (const auto& row : table.rows)
        if (a.contains(row.headers, p, v)) out.push_back(&row);
    return out;
}

const base::Interval& field_of(const Outcome& o, Field f) {
    return f == Field::src ? o.src : f == Field::dst ? o.dst : f == Field::sport ? o.sport : o.dport;
}

/// "" when everything agrees.
std::string check_device(std::uint64_t seed, unsigned packets) {
    RandomDevice random(seed);
    const Device device = random.make();
    const auto broken = validate(device);
    if (!broken.empty()) return "the generator made an invalid device: " + broken.front();
    const auto family = seed % 3 == 0 ? Family::v6 : Family::v4;
    const auto state = static_cast<ConnectionState>(seed % 7 < 5 ? 1 : seed % 5);
    Analysis a(device, family);
    const auto all = seed % 2 ? a.all() : a.new_flows();
    const auto fail = [&](const std::string& what) { return what + "\n" + print(device); };

    const auto rules = a.run(all, Detail::rules, {}, state);
    const auto verdicts = a.run(all, Detail::verdicts, {}, state);
    if (!rules || !verdicts) return fail("too large: " + (rules ? verdicts.error() : rules.error()).what);
    std::vector<HeaderSet> parts;
    for (const auto& row : rules->rows) {
        if (row.headers.empty()) return fail("an empty row");
        parts.push_back(row.headers);
    }
    if (!(a.join_all(parts) == all)) return fail("the rows do not cover the set");

    Interest interest;
    interest.accepted_only = random.one_in(2);
    if (random.one_in(2)) interest.leaves_by = std::vector<std::uint32_t>{random.below(5), random.below(5)};
    if (random.one_in(2)) {
        LiteralSet sources;
        (family == Family::v4 ? sources.values : sources.values6) = random.values(Field::src, family);
        interest.leaves_with_source = sources;
    }
    const auto partial = a.run(all, Detail::translations, interest, state);
    if (!partial) return fail("too large: " + partial.error().what);

    Comparison compare{device, a, {}};
    for (unsigned n = 0; n < packets; ++n) {
        auto p = random.packet(family);
        p.state = state;
        const auto v = random.valuation(device, family);
        if (!a.contains(all, p, v)) continue;
        const auto t = trace(device, p, v);
        if (t.branches.size() != 1) return fail("the tracer branches on a full valuation: " + text(p, v));
        const auto& o = t.branches.front();
        for (const auto* table : {&*rules, &*verdicts}) {
            const auto rows = rows_of(a, *table, p, v);
            if (rows.size() != 1) return fail(std::to_string(rows.size()) + " rows hold " + text(p, v));
            if (!compare.same(*rows[0], o, p, v)) return fail(compare.wrong + " differ for " + text(p, v));
        }
        const auto row = rows_of(a, *rules, p, v).front();
        if (!names_deciders(device, *row, o))
            return fail("deciding rules differ: table " + text(row->decisions) + ", trace " +
                        text(deciders(device, o)) + "for " + text(p, v));
        // Partial tables: what is in them is right, and what is wanted is in them.
        const auto some = rows_of(a, *partial, p, v);
        if (some.size() > 1) return fail("overlapping rows in a partial table: " + text(p, v));
        if (!some.empty() && !compare.same(*some[0], o, p, v))
            return fail(compare.wrong + " differ in a partial table for " + text(p, v));
        if (!some.empty() && interest.accepted_only && o.verdict != Verdict::accept)
            return fail("a blocked packet in a table of accepted ones: " + text(p, v));
        bool wanted = o.verdict == Verdict::accept;
        if (interest.leaves_by)
            wanted = wanted && std::find(interest.leaves_by->begin(), interest.leaves_by->end(), o.out_if) !=
                                   interest.leaves_by->end();
        if (interest.leaves_with_source)
            wanted = wanted && interest.leaves_with_source->of(Field::src, family).contains(o.src.first);
        if (wanted && some.empty()) return fail("a wanted packet is missing from a partial table: " + text(p, v));
        // Values after translation.
        static constexpr Field fields[] = {Field::src, Field::dst, Field::sport, Field::dport};
        const auto f = fields[random.below(4)];
        const auto set = random.values(f, family);
        if (o.verdict == Verdict::accept) {
            const auto after = field_of(o, f).first;
            if (a.contains(a.where_after(*row, f, set), p, v) != set.contains(after))
                return fail("where_after is wrong for " + std::string(field_name(f)) + " and " + text(p, v));
            if (!a.values_after(*row, f).contains(after))
                return fail("values_after lacks a value of " + std::string(field_name(f)) + ": " + text(p, v));
        }
    }
    // A witness needs no unknown that it does not state.
    for (std::size_t i = 0; i < rules->rows.size() && i < 4; ++i) {
        const auto& r = rules->rows[i];
        auto w = a.witness(a.meet(r.headers, a.new_flows()));
        if (!w) continue;
        w->packet.state = state;
        const auto t = trace(device, w->packet, w->valuation);
        for (const auto& o : t.branches)
            if (o.verdict != r.verdict || (o.verdict == Verdict::accept && o.out_if != r.out_if))
                return fail("a witness does not behave as its row: " + text(w->packet, w->valuation));
    }
    return "";
}

}  // namespace

TEST_CASE("the engine's table and the tracer agree on random devices") {
    const auto one = from_environment("EGRESSLINT_SEED", 0);
    if (one) {
        INFO("seed " << one);
        CHECK(check_device(one, 400) == "");
        return;
    }
    const std::uint64_t first = 20261124;
    const auto count = from_environment("EGRESSLINT_DEVICES", 1000);
    unsigned failures = 0;
    for (std::uint64_t i = 0; i < count && failures < 3; ++i) {
        const auto wrong = check_device(first + i, 24);
        INFO("replay with EGRESSLINT_SEED=" << first + i);
        CHECK(wrong == "");
        failures += !wrong.empty();
    }
}
