// SPDX-License-Identifier: Apache-2.0
// Interval sets against a bitmap of a small universe, and at the ends of the 128-bit range, where sums overflow.
#include "base/interval_set.hpp"

#include <bitset>
#include <catch2/catch.hpp>
#include <random>

using namespace egresslint::base;

namespace {

constexpr unsigned bits = 6;
using Bitmap = std::bitset<64>;

IntervalSet from_bitmap(const Bitmap& map) {
    std::vector<Interval> intervals;
    for (unsigned v = 0; v < map.size(); ++v)
        if (map[v]) intervals.push_back({v, v});
    return IntervalSet(std::move(intervals));
}

Bitmap to_bitmap(const IntervalSet& set) {
    Bitmap map;
    for (const auto& i : set.intervals())
        for (u128 v = i.first; v <= i.last; ++v) map.set(static_cast<std::size_t>(v));
    return map;
}

void require_normal(const IntervalSet& set) {
    const auto& i = set.intervals();
    for (std::size_t k = 0; k < i.size(); ++k) {
        REQUIRE(i[k].first <= i[k].last);
        if (k) REQUIRE(i[k].first > i[k - 1].last + 1);
    }
}

}  // namespace

TEST_CASE("interval set operations agree with bitmaps") {
    const unsigned seed = 20261123;
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    for (int round = 0; round < 20000; ++round) {
        // Some sparse, some dense, some with long runs.
        Bitmap a(random() & random()), b(random() | random());
        if (round % 3 == 0) a = Bitmap(~0ull << (random() % 64)) & Bitmap(~0ull >> (random() % 64));
        const auto x = from_bitmap(a), y = from_bitmap(b);
        REQUIRE(to_bitmap(x) == a);
        for (const auto& set : {x, y, x.unite(y), x.intersect(y), x.minus(y), y.minus(x), x.complement(bits)})
            require_normal(set);
        REQUIRE(to_bitmap(x.unite(y)) == (a | b));
        REQUIRE(to_bitmap(x.intersect(y)) == (a & b));
        REQUIRE(to_bitmap(x.minus(y)) == (a & ~b));
        REQUIRE(to_bitmap(y.minus(x)) == (b & ~a));
        REQUIRE(to_bitmap(x.complement(bits)) == ~a);
        REQUIRE(x.intersects(y) == (a & b).any());
        REQUIRE(x.contains_all(y) == (b & ~a).none());
        REQUIRE(x.contains_all(x.intersect(y)));
        REQUIRE(x.size() == a.count());
        const auto value = random() % 64;
        REQUIRE(x.contains(value) == a[value]);
        const auto delta = static_cast<unsigned>(random() % 64);
        REQUIRE(to_bitmap(x.shifted(delta, bits)) == (a << delta | a >> (64 - delta)));
        require_normal(x.shifted(delta, bits));
        if (x == y) REQUIRE(x.hash() == y.hash());
        REQUIRE(from_bitmap(a).hash() == x.hash());
    }
}

TEST_CASE("intervals meet the end of the number range without overflow") {
    const u128 top = low_mask(128);
    const auto full = IntervalSet::full(128);
    CHECK(full.is_full(128));
    CHECK_FALSE(full.is_full(32));
    CHECK(full.size() == top);
    CHECK(full.complement(128).empty());
    CHECK(full.contains(top));
    const IntervalSet ends{{top, top}, {0, 0}};
    CHECK(ends.intervals().size() == 2);
    CHECK(ends.complement(128) == IntervalSet::range(1, top - 1));
    CHECK(full.minus(ends) == IntervalSet::range(1, top - 1));
    CHECK(ends.unite(IntervalSet::range(1, top - 1)) == full);
    CHECK(ends.shifted(1, 128) == IntervalSet::range(0, 1));
    CHECK(full.shifted(5, 128) == full);
    CHECK(IntervalSet::range(5, 4).empty());
    CHECK(IntervalSet{{1, 2}, {9, 3}, {3, 4}} == IntervalSet::range(1, 4));
    CHECK(IntervalSet::single(7).single_value() == u128{7});
    CHECK_FALSE(IntervalSet::range(7, 8).single_value());
    CHECK_FALSE(IntervalSet().lowest());
}

TEST_CASE("prefix covers are exact and as few as possible") {
    const auto range = IntervalSet::range(parse_ipv4("192.0.2.1")->bits, parse_ipv4("192.0.2.14")->bits);
    std::string text;
    for (const auto& p : to_prefixes(range, Family::v4)) text += to_string(p) + " ";
    CHECK(text == "192.0.2.1/32 192.0.2.2/31 192.0.2.4/30 192.0.2.8/30 192.0.2.12/31 192.0.2.14/32 ");
    CHECK(to_prefixes(IntervalSet::full(128), Family::v6) == std::vector{*parse_prefix("::/0")});
    CHECK(to_prefixes(IntervalSet::full(32), Family::v4) == std::vector{*parse_prefix("0.0.0.0/0")});
    const auto last = IntervalSet::range(low_mask(128) - 2, low_mask(128));
    CHECK(to_prefixes(last, Family::v6).size() == 2);
}

TEST_CASE("sets print for people") {
    const auto address = [](const char* t) { return parse_address(t)->bits; };
    const IntervalSet mixed{{address("10.0.0.0"), address("10.255.255.255")},
                            {address("192.0.2.1"), address("192.0.2.9")},
                            {address("198.51.100.5"), address("198.51.100.5")}};
    CHECK(addresses_to_string(mixed, Family::v4) == "10.0.0.0/8, 192.0.2.1-192.0.2.9, 198.51.100.5");
    CHECK(addresses_to_string(mixed, Family::v4, 1) == "10.0.0.0/8 and 2 more");
    CHECK(addresses_to_string(IntervalSet::full(128), Family::v6) == "::/0");
    CHECK(numbers_to_string(IntervalSet{{25, 25}, {465, 587}}) == "25, 465-587");
    CHECK(numbers_to_string(IntervalSet{}) == "");
}
