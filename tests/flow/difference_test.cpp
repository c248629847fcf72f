// SPDX-License-Identifier: Apache-2.0
// Two versions of a device: a packet is in some difference exactly when the tracer treats it otherwise in one version
// than in the other. On random devices of which the second is the first with a few rules changed.
#include "flow/difference.hpp"

#include <catch2/catch.hpp>
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
        switch (below(5)) {
            case 0: chain.rules.erase(chain.rules.begin() + static_cast<std::ptrdiff_t>(at)); break;
            case 1: std::swap(chain.rules[at], chain.rules[below(chain.rules.size())]); break;
            case 2: rule.control = Decide{below(2) != 0 ? Verdict::accept : Verdict::drop, {}, true}; break;
            case 3: rule.active = !rule.active; break;
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

TEST_CASE("a packet is in a difference exactly when the two versions treat it otherwise", "[flow]") {
    std::size_t differing = 0, same = 0;
    for (std::uint64_t seed = 1; seed <= 250; ++seed) {
        RandomDevice random(seed);
        const Device first = random.make();
        std::mt19937_64 dice(seed);
        const Device second = changed(first, dice);
        if (!validate(first).empty() || !validate(second).empty()) continue;
        const auto family = seed % 3 == 0 ? base::Family::v6 : base::Family::v4;
        const auto combined = combine(first, second);
        REQUIRE(combined);
        INFO("seed " << seed << "\n" << print(first) << "\n-- and --\n" << print(second));
        REQUIRE(validate(combined->device) == std::vector<std::string>{});
        Analysis analysis(combined->device, family);
        const auto found = differences(analysis, *combined, analysis.all());
        REQUIRE(found);
        for (int n = 0; n < 60; ++n) {
            auto packet = random.packet(family);
            packet.state = ConnectionState::fresh;
            const auto valuation = random.valuation(first, family);
            if (!analysis.contains(analysis.all(), packet, valuation)) continue;
            const auto a = trace(first, packet, valuation), b = trace(second, packet, valuation);
            if (a.branches.size() != 1 || b.branches.size() != 1) continue;
            const bool differs = !alike(a.branches[0], b.branches[0]);
            (differs ? differing : same) += 1;
            const Difference* in = nullptr;
            std::size_t holders = 0;
            for (const Difference& d : *found)
                if (analysis.contains(d.headers, packet, valuation)) in = &d, ++holders;
            CHECK(holders <= 1);
            if (differs) {
                REQUIRE(in != nullptr);
                CHECK(in->accepted ==
                      (a.branches[0].verdict != Verdict::accept && b.branches[0].verdict == Verdict::accept));
                CHECK(in->blocked ==
                      (a.branches[0].verdict == Verdict::accept && b.branches[0].verdict != Verdict::accept));
            } else if (in != nullptr) {
                // A rewrite to the value that was there already is another form with the same outcome.
                CHECK_FALSE((in->accepted || in->blocked || in->way));
            }
        }
    }
    CHECK(differing > 300);
    CHECK(same > 3'000);
}

TEST_CASE("versions that differ in names of rules only are proven equal", "[flow]") {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        RandomDevice random(seed);
        const Device first = random.make();
        if (!validate(first).empty()) continue;
        Device second = first;
        for (Rule& rule : second.rules) rule.name = "another";
        for (Predicate& p : second.predicates) p.text += " (edge.nft:" + std::to_string(seed) + ":3)";
        const auto combined = combine(first, second);
        REQUIRE(combined);
        for (const auto family : {base::Family::v4, base::Family::v6}) {
            Analysis analysis(combined->device, family);
            const auto found = differences(analysis, *combined, analysis.all());
            REQUIRE(found);
            INFO("seed " << seed);
            CHECK(found->empty());
        }
    }
}

TEST_CASE("versions with other interfaces are not compared", "[flow]") {
    RandomDevice random(1);
    const Device first = random.make();
    Device second = first;
    second.interfaces.back().name = "other";
    CHECK_FALSE(combine(first, second));
}
