// SPDX-License-Identifier: Apache-2.0
// Unknowns on random devices: the tracer's branches against full valuations, and the engine's may() and must() against
// an enumeration of every valuation (devices without choices), with the quantifiers that flow/analysis.hpp states.
#include <catch2/catch.hpp>

#include "flow/analysis.hpp"
#include "model/print.hpp"
#include "random_device.hpp"

using namespace egresslint;
using namespace egresslint::model;
using namespace egresslint::flow;
using egresslint::testing::RandomDevice;

namespace {

constexpr std::uint64_t first_seed = 20261125;

bool within(const base::Interval& outer, const base::Interval& inner) {
    return outer.first <= inner.first && inner.last <= outer.last;
}

bool covers(const Outcome& branch, const Outcome& one) {
    return branch.verdict == one.verdict && branch.out_if == one.out_if && within(branch.src, one.src) &&
           within(branch.dst, one.dst) && within(branch.sport, one.sport) && within(branch.dport, one.dport);
}

/// Every valuation of the device's predicates.
std::vector<Valuation> all_valuations(const Device& device) {
    std::vector<Valuation> out(1);
    for (std::uint32_t p = 0; p < device.predicates.size(); ++p) {
        std::vector<Valuation> next;
        for (const auto& v : out)
            for (std::uint16_t value = 0; value < device.predicates[p].choices; ++value) {
                next.push_back(v);
                next.back().predicates[p] = value;
            }
        out = std::move(next);
    }
    return out;
}

}  // namespace

TEST_CASE("the tracer's branches cover every valuation, and each happens") {
    for (std::uint64_t seed = first_seed; seed < first_seed + 800; ++seed) {
        RandomDevice random(seed);
        const Device device = random.make();
        const auto family = seed % 3 ? Family::v4 : Family::v6;
        INFO("seed " << seed << "\n" << print(device));
        for (int n = 0; n < 6; ++n) {
            const auto p = random.packet(family);
            const auto open = trace(device, p, {}, 4096);
            if (open.truncated) continue;
            for (int i = 0; i < 6; ++i) {
                const auto v = random.valuation(device, family);
                const auto one = trace(device, p, v);
                REQUIRE(one.branches.size() == 1);
                REQUIRE(std::any_of(open.branches.begin(), open.branches.end(),
                                    [&](const Outcome& b) { return covers(b, one.outcome); }));
                if (open.answer != Answer::unknown) REQUIRE(one.answer == open.answer);
            }
            for (const auto& branch : open.branches) {
                // What the branch took, it does; what it did not ask for does not matter.
                auto v = random.valuation(device, family);
                for (const auto& [id, value] : branch.taken.predicates) v.predicates[id] = value;
                for (const auto& [id, value] : branch.taken.choices) v.choices[id] = value;
                const auto again = trace(device, p, v);
                REQUIRE(again.branches.size() == 1);
                REQUIRE(covers(branch, again.outcome));
            }
        }
    }
}

TEST_CASE("may is some valuation, must is all of them where the truth is fixed") {
    unsigned tried = 0;
    for (std::uint64_t seed = first_seed; tried < 300; ++seed) {
        RandomDevice random(seed);
        const Device device = random.make();
        if (!device.choices.empty() || device.predicates.empty()) continue;
        ++tried;
        const auto family = seed % 3 ? Family::v4 : Family::v6;
        INFO("seed " << seed << "\n" << print(device));
        Analysis a(device, family);
        const auto table = a.run(a.all(), Detail::verdicts);
        REQUIRE(table);
        std::vector<HeaderSet> accepted;
        for (const auto& row : table->rows)
            if (row.verdict == Verdict::accept) accepted.push_back(row.headers);
        const auto set = a.join_all(accepted);
        const auto may = a.may(set), must = a.must(set);
        CHECK(a.predicates_of(may).empty());
        CHECK(a.predicates_of(must).empty());
        const auto valuations = all_valuations(device);
        for (int n = 0; n < 12; ++n) {
            const auto p = random.packet(family);
            bool some = false;
            // By the values of those that do not occur both ways: is there one accepting way?
            std::map<std::vector<std::uint16_t>, bool> fixed;
            for (const auto& v : valuations) {
                const bool accepts = trace(device, p, v).answer == Answer::accept;
                some = some || accepts;
                std::vector<std::uint16_t> key;
                for (const auto& [id, value] : v.predicates)
                    if (!occurs_both_ways(device.predicates[id].kind)) key.push_back(value);
                fixed[key] = fixed[key] || accepts;
            }
            const bool all = std::all_of(fixed.begin(), fixed.end(), [](const auto& f) { return f.second; });
            REQUIRE(a.contains(may, p, {}) == some);
            REQUIRE(a.contains(must, p, {}) == all);
        }
    }
}

TEST_CASE("select is what a rule with that match would match first") {
    for (std::uint64_t seed = first_seed; seed < first_seed + 300; ++seed) {
        RandomDevice random(seed);
        Builder b(random.make());
        auto& d = b.device();
        d.pipeline.clear();
        const auto family = seed % 3 ? Family::v4 : Family::v6;
        const ExprId e(random.below(static_cast<std::uint32_t>(d.exprs.size())));
        const auto c = b.chain("only");
        Rule r;
        r.match = e;
        b.rule(c, r);
        r.match = e;
        r.control = Decide{Verdict::drop, {}, true};
        b.rule(c, r);
        b.stage("only", Label::filter, b.yes(), c);
        const Device device = std::move(b).finish();
        INFO("seed " << seed << " expression " << e.value << ": " << print_expr(device, e));
        Analysis a(device, family);
        const auto selected = a.select(e);
        for (int n = 0; n < 20; ++n) {
            const auto p = random.packet(family);
            const auto v = random.valuation(device, family);
            REQUIRE(a.contains(selected, p, v) == (trace(device, p, v).answer == Answer::drop));
        }
    }
}
