// SPDX-License-Identifier: Apache-2.0
// The index of a chain against looking at every box: whatever holds the point must be among the candidates, once, in
// ascending lists; and it must be worth it: few candidates, memory in proportion to the boxes.
#include "flow/rule_index.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

using namespace egresslint;
using namespace egresslint::flow;
using base::IntervalSet;
using base::u128;

namespace {

struct Boxes {
    explicit Boxes(std::uint64_t seed) : random(seed) {}
    std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); }

    /// Networks of every size around a few sites, ports, protocols, interfaces; some boxes demand nothing.
    Box box(bool wide) {
        Box out;
        const auto add = [&](std::uint16_t dimension, u128 first, u128 last) {
            out.bounds.push_back({dimension, IntervalSet::range(first, last)});
        };
        for (std::uint16_t d = 0; d < 2; ++d)
            if (below(3)) {
                const auto length = 8 + below(25);
                const u128 host = base::low_mask(32 - length);
                u128 at = (u128{10} << 24 | below(4) << 16 | below(65536)) & ~host;
                if (wide) at |= u128{0x20010db8} << 96;
                add(d, at, at | host);
            }
        if (below(2)) {
            const std::uint32_t port = below(1000);
            add(5, port, below(3) ? port : std::min(65535u, port + below(30000)));
        }
        if (below(2)) add(9, below(2) ? 6 : 17, 17);
        if (below(3) == 0) out.bounds.push_back({8, IntervalSet{{0, 2}, {5, 5}, {9, 11}}});
        out.never = below(50) == 0;
        return out;
    }
    std::vector<Box> many(std::size_t count, bool wide) {
        std::vector<Box> out;
        for (std::size_t i = 0; i < count; ++i) out.push_back(box(wide));
        return out;
    }
    std::mt19937_64 random;
};

bool holds(const Box& box, const std::vector<std::uint32_t>& value, const std::vector<u128>& wide_value, bool wide) {
    return !box.never && std::all_of(box.bounds.begin(), box.bounds.end(), [&](const Bound& b) {
        return b.values.contains(wide && b.dimension < wide_dimensions ? wide_value[b.dimension]
                                                                       : u128{value[b.dimension]});
    });
}

}  // namespace

TEST_CASE("an index names every box around a point, once and in order") {
    for (const bool wide : {false, true})
        for (const std::size_t count :
             {std::size_t{0}, std::size_t{1}, std::size_t{7}, std::size_t{60}, std::size_t{3000}}) {
            Boxes make(count + wide);
            const auto boxes = make.many(count, wide);
            const RuleIndex index(boxes, wide, count < 100 ? CutLimits{1, 0.01, 0} : CutLimits{});
            std::vector<std::uint32_t> value(15);
            std::vector<u128> wide_value(wide_dimensions);
            for (int n = 0; n < 300; ++n) {
                for (auto& v : value) v = make.below(20);
                value[5] = make.below(4) ? make.below(1000) : make.below(65536);
                for (std::size_t d = 0; d < wide_dimensions; ++d) {
                    const u128 at = u128{10} << 24 | make.below(5) << 16 | make.below(65536);
                    wide_value[d] = make.below(10) ? u128{0x20010db8} << 96 | at : ~u128{0};
                    value[d] = make.below(10) ? static_cast<std::uint32_t>(at) : 0xffffffffu;
                    if (!wide && d == 3) value[d] = 0;
                }
                value[5] = make.below(4) ? make.below(1000) : make.below(65536);
                const std::uint32_t from = make.below(3) ? 0 : make.below(static_cast<std::uint32_t>(count) + 1);
                std::vector<Candidates> lists;
                index.look({value.data(), wide_value.data()}, from, lists);
                std::vector<std::uint32_t> found;
                for (const auto& list : lists) {
                    REQUIRE(std::is_sorted(list.at, list.end));
                    found.insert(found.end(), list.at, list.end);
                }
                std::sort(found.begin(), found.end());
                REQUIRE(std::adjacent_find(found.begin(), found.end()) == found.end());
                REQUIRE((found.empty() || found.front() >= from));
                for (std::uint32_t i = from; i < count; ++i)
                    if (holds(boxes[i], value, wide_value, wide))
                        REQUIRE(std::binary_search(found.begin(), found.end(), i));
            }
        }
}

TEST_CASE("an index of distinct hosts leaves one candidate, whatever else is wide") {
    std::vector<Box> boxes;
    for (std::uint32_t i = 0; i < 10000; ++i) {
        Box b;
        b.bounds.push_back({0, IntervalSet::single(0x0a000000u + i * 3)});
        b.bounds.push_back({9, IntervalSet::single(6)});
        boxes.push_back(b);
    }
    boxes.push_back({{{9, IntervalSet::single(6)}}, false});
    const RuleIndex index(boxes, false);
    std::vector<std::uint32_t> value(15);
    value[0] = 0x0a000000u + 4711 * 3;
    std::vector<Candidates> lists;
    index.look({value.data(), nullptr}, 0, lists);
    std::size_t candidates = 0;
    for (const auto& list : lists) candidates += static_cast<std::size_t>(list.end - list.at);
    CHECK(candidates <= 2);
    CHECK(index.bytes() < boxes.size() * 64);
}

TEST_CASE("no arrangement of boxes makes the index large") {
    // Nested ranges, ranges that all overlap, and everything wide: what cutting copies most.
    for (const int shape : {0, 1, 2}) {
        std::vector<Box> boxes;
        for (std::uint32_t i = 0; i < 4000; ++i) {
            Box b;
            for (const unsigned d : {0u, 1u, 5u}) {
                const std::uint32_t k = (i * 2654435761u + d * 977u) % 4000;
                const u128 first = shape == 2 ? 0 : k * 4, last = shape == 0 ? 65535 - k * 4 : 32768 + k;
                b.bounds.push_back({static_cast<std::uint16_t>(d), IntervalSet::range(first, last)});
            }
            boxes.push_back(b);
        }
        const RuleIndex index(boxes, false);
        INFO("shape " << shape);
        CHECK(index.bytes() < boxes.size() * 400);
    }
}
