// SPDX-License-Identifier: Apache-2.0
// Sets of integers as sorted, disjoint, non-adjacent closed intervals over 128-bit keys. Every literal match of the
// model is one of these: addresses, ports, protocols, interface numbers, connection states (one value a state).
#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/address.hpp"

namespace egresslint::base {

struct Interval {
    u128 first = 0;
    u128 last = 0;  ///< inclusive
    friend constexpr bool operator==(const Interval&, const Interval&) = default;
};

class IntervalSet {
public:
    IntervalSet() = default;
    IntervalSet(std::initializer_list<Interval> intervals);
    /// Sorts and merges; O(n log n).
    explicit IntervalSet(std::vector<Interval> intervals);

    [[nodiscard]] static IntervalSet single(u128 value) { return IntervalSet{{value, value}}; }
    [[nodiscard]] static IntervalSet range(u128 first, u128 last) { return IntervalSet{{first, last}}; }
    [[nodiscard]] static IntervalSet prefix(const Prefix& p) { return IntervalSet{{p.first(), p.last()}}; }
    /// Everything that fits `bits` bits.
    [[nodiscard]] static IntervalSet full(unsigned bits) { return IntervalSet{{0, low_mask(bits)}}; }

    [[nodiscard]] const std::vector<Interval>& intervals() const { return intervals_; }
    [[nodiscard]] bool empty() const { return intervals_.empty(); }
    [[nodiscard]] bool contains(u128 value) const;
    [[nodiscard]] bool contains_all(const IntervalSet& other) const;
    [[nodiscard]] bool intersects(const IntervalSet& other) const;
    [[nodiscard]] std::optional<u128> single_value() const;
    [[nodiscard]] bool is_full(unsigned bits) const;
    /// Number of values, saturating at 2^128 - 1.
    [[nodiscard]] u128 size() const;
    [[nodiscard]] std::optional<u128> lowest() const;

    [[nodiscard]] IntervalSet unite(const IntervalSet& other) const;
    [[nodiscard]] IntervalSet intersect(const IntervalSet& other) const;
    [[nodiscard]] IntervalSet minus(const IntervalSet& other) const;
    [[nodiscard]] IntervalSet complement(unsigned bits) const;
    /// Every value plus `delta` modulo 2^bits (netmap); the result is normalised.
    [[nodiscard]] IntervalSet shifted(u128 delta, unsigned bits) const;

    friend bool operator==(const IntervalSet&, const IntervalSet&) = default;
    [[nodiscard]] std::size_t hash() const { return hash(intervals_); }
    /// The same for intervals that are normal already.
    [[nodiscard]] static std::size_t hash(std::span<const Interval> intervals);

private:
    std::vector<Interval> intervals_;
};

/// The fewest prefixes that cover exactly `set`, in order.
[[nodiscard]] std::vector<Prefix> to_prefixes(const IntervalSet& set, Family family);
/// "10.0.0.0/8, 192.0.2.1-192.0.2.9": a range that is one prefix prints as such, else as first-last; at most
/// `limit` items, then "and N more".
[[nodiscard]] std::string addresses_to_string(const IntervalSet& set, Family family, std::size_t limit = 8);
/// "25, 465-587".
[[nodiscard]] std::string numbers_to_string(const IntervalSet& set, std::size_t limit = 16);

}  // namespace egresslint::base
