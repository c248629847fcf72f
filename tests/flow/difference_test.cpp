// SPDX-License-Identifier: Apache-2.0
// Two versions of a device: a packet is in some difference exactly when the tracer treats it otherwise in one version
// than in the other. On random devices of which the second is the first with a few rules changed.
#include "flow/difference.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <optional>
#include <random>

#include "flow/trace.hpp"
#include "model/print.hpp"
#include "model/validate.hpp"
#include "random_device.hpp"

using namespace egresslint;
using namespace egresslint::model;
using namespace egresslint::flow;
using egresslint::testing::RandomDevice;

namespace {

Device changed(Device d, std::mt19937_64& dice) {
    const auto below = [&](std::size_t n) { return n == 0 ? 0 : dice() % n; };
    for (auto n = 1 + below(3); n > 0 && !d.rules.empty(); --n) {
        Chain& chain = d.chains[below(d.chains.size())];
        if (chain.rules.empty()) continue;
        const std::size_t at = below(chain.rules.size());
        Rule& rule = d.rules[chain.rules[at].index()];
        switch (below(7)) {
            case 0: chain.rules.erase(chain.rules.begin() + static_cast<std::ptrdiff_t>(at)); break;
            case 1: std::swap(chain.rules[at], chain.rules[below(chain.rules.size())]); break;
            case 2: rule.control = Decide{below(2) != 0 ? Verdict::accept : Verdict::drop, {}, true}; break;
            case 3: rule.active = !rule.active; break;
            case 4:  // another address, seen by whatever translates to an interface's address
                for (Interface& f : d.interfaces)
                    for (InterfaceAddress& a : f.addresses) a.address.bits += 1;
                break;
            case 5: d.interfaces.back().name = "renamed"; break;
            default: rule.effects.emplace_back(Log{}); break;
        }
    }
    return d;
}

bool alike(const Outcome& a, const Outcome& b) {
    if (a.verdict != b.verdict || a.logged != b.logged || a.limited != b.limited || a.inspected != b.inspected)
        return false;
    return a.verdict != Verdict::accept ||
           (a.out_if == b.out_if && a.src == b.src && a.dst == b.dst && a.sport == b.sport && a.dport == b.dport);
}

}  // namespace

namespace {

/// Rows of a chosen value may hold the one that the packet has anyway.
bool picks(const Difference& d) {
    for (const Row* row : {&d.before, &d.after})
        for (const Rewritten* r : {&row->src, &row->dst, &row->sport, &row->dport})
            if (r->form == Rewritten::Form::chosen) return true;
    return false;
}

/// Both versions, and each by itself as the tracer sees it; interfaces by their numbers in the first.
struct Versions {
    Device first, second;
    Combined combined = combine(first, second);

    static Outcome refused() {
        Outcome out;
        out.verdict = Verdict::drop;
        return out;
    }
    [[nodiscard]] std::optional<Outcome> before(Packet packet, const Valuation& valuation) const {
        if (packet.in_if >= first.interfaces.size()) return refused();
        const auto t = trace(first, packet, valuation);
        if (t.branches.size() != 1) return std::nullopt;
        return t.branches[0];
    }
    [[nodiscard]] std::optional<Outcome> after(Packet packet, const Valuation& valuation) const {
        const auto& to = combined.interfaces;
        const auto at = std::find(to.begin(), to.end(), packet.in_if);
        if (at == to.end()) return refused();
        packet.in_if = static_cast<std::uint32_t>(at - to.begin());
        const auto t = trace(second, packet, valuation);
        if (t.branches.size() != 1) return std::nullopt;
        Outcome out = t.branches[0];
        out.out_if = to[out.out_if];
        return out;
    }
};

}  // namespace

TEST_CASE("a packet is in a difference exactly when the two versions treat it otherwise", "[flow]") {
    std::size_t differing = 0, same = 0, foreign = 0;
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        RandomDevice random(seed);
        const Device first = random.make();
        std::mt19937_64 dice(seed);
        const Device second = changed(first, dice);
        if (!validate(first).empty() || !validate(second).empty()) continue;
        const auto family = seed % 3 == 0 ? base::Family::v6 : base::Family::v4;
        const Versions versions{first, second};
        const Combined& combined = versions.combined;
        INFO("seed " << seed << "\n" << print(first) << "\n-- and --\n" << print(second));
        REQUIRE(validate(combined.device) == std::vector<std::string>{});
        Analysis analysis(combined.device, family);
        const auto found = differences(analysis, combined, analysis.all());
        REQUIRE(found);
        for (int n = 0; n < 60; ++n) {
            auto packet = random.packet(family);
            packet.state = ConnectionState::fresh;
            if (n % 10 == 0 && packet.in_if >= first_interface)
                packet.in_if = static_cast<std::uint32_t>(combined.device.interfaces.size() - 1);
            const auto valuation = random.valuation(first, family);
            if (!analysis.contains(analysis.all(), packet, valuation)) continue;
            const auto a = versions.before(packet, valuation), b = versions.after(packet, valuation);
            if (!a || !b) continue;
            const bool differs = !alike(*a, *b);
            (differs ? differing : same) += 1;
            foreign += differs && packet.in_if >= first.interfaces.size() ? 1u : 0u;
            const Difference* in = nullptr;
            std::size_t holders = 0;
            for (const Difference& d : *found)
                if (analysis.contains(d.headers, packet, valuation)) in = &d, ++holders;
            CHECK(holders <= 1);
            if (differs) {
                REQUIRE(in != nullptr);
                const bool accepted = a->verdict == Verdict::accept, accepts = b->verdict == Verdict::accept;
                CHECK(in->accepted == (!accepted && accepts));
                CHECK(in->blocked == (accepted && !accepts));
                if (accepted && accepts) {
                    CHECK(in->way == (a->out_if != b->out_if));
                    if (!picks(*in)) {
                        CHECK(in->source == (a->src != b->src));
                        CHECK(in->destination == (a->dst != b->dst || a->dport != b->dport));
                        CHECK(in->port == (a->sport != b->sport));
                    }
                }
            } else if (in != nullptr) {
                CHECK(picks(*in));
                CHECK_FALSE((in->accepted || in->blocked || in->way));
            }
        }
    }
    CHECK(differing > 300);
    CHECK(same > 3'000);
    CHECK(foreign > 5);
}

TEST_CASE("versions that differ in names of rules only are proven equal", "[flow]") {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        RandomDevice random(seed);
        const Device first = random.make();
        if (!validate(first).empty()) continue;
        Device second = first;
        for (Rule& rule : second.rules) rule.name = "another";
        for (Predicate& p : second.predicates) p.text += " (edge.nft:" + std::to_string(seed) + ":3)";
        const Combined combined = combine(first, second);
        CHECK(combined.only_first.empty());
        CHECK(combined.only_second.empty());
        CHECK(combined.device.alternatives.empty());
        for (const auto family : {base::Family::v4, base::Family::v6}) {
            Analysis analysis(combined.device, family);
            const auto found = differences(analysis, combined, analysis.all());
            REQUIRE(found);
            INFO("seed " << seed);
            CHECK(found->empty());
        }
    }
}

TEST_CASE("interfaces are paired by name, whatever their order", "[flow]") {
    std::size_t compared = 0;
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        RandomDevice random(seed);
        const Device first = random.make();
        if (!validate(first).empty() || first.interfaces.size() < first_interface + 2) continue;
        // The same device with two interfaces the other way round, ids and all.
        const std::uint32_t x = first_interface, y = first_interface + 1;
        const auto swapped = [&](base::u128 id) { return id == x ? base::u128{y} : id == y ? base::u128{x} : id; };
        Device second = first;
        std::swap(second.interfaces[x], second.interfaces[y]);
        const auto turn = [&](SetId set) {
            std::vector<base::Interval> ids;
            for (const base::Interval& i : std::get<LiteralSet>(second.sets[set.index()].is).values.intervals())
                for (base::u128 id = i.first; id <= i.last && id < 64; ++id) ids.push_back({swapped(id), swapped(id)});
            second.sets.push_back({LiteralSet{base::IntervalSet(std::move(ids)), {}}, {}});
            return SetId(second.sets.size() - 1);
        };
        const auto is_interface = [](const FieldRef& f) { return f.field == Field::in_if || f.field == Field::out_if; };
        for (Expr& e : second.exprs)
            if (auto* in = std::get_if<In>(&e.is); in != nullptr && is_interface(in->what)) in->set = turn(in->set);
        for (Relation& r : second.relations)
            for (auto& row : r.rows)
                for (std::size_t c = 0; c < row.size(); ++c)
                    if (is_interface(r.columns[c])) row[c] = turn(row[c]);
        for (Rule& rule : second.rules)
            for (Effect& effect : rule.effects)
                if (auto* assign = std::get_if<Assign>(&effect); assign != nullptr && assign->to.field == Field::out_if)
                    assign->value = static_cast<std::uint32_t>(swapped(assign->value));
        if (!validate(second).empty()) continue;
        ++compared;
        const Combined combined = combine(first, second);
        for (const auto family : {base::Family::v4, base::Family::v6}) {
            Analysis analysis(combined.device, family);
            const auto found = differences(analysis, combined, analysis.all());
            REQUIRE(found);
            INFO("seed " << seed << "\n" << print(first));
            CHECK(found->empty());
        }
    }
    CHECK(compared > 20);
}
