// SPDX-License-Identifier: Apache-2.0
// The constant side of a match: symbols, prefixes, ranges and sets as interval sets or interface names; and bit
// operations turned around: the values x with ((x & m) ^ v) >> s in a given set.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/interval_set.hpp"
#include "dialects/nftables/lower_names.hpp"
#include "dialects/nftables/tree.hpp"

namespace egresslint::dialects::nftables {

[[nodiscard]] unsigned value_bits(Value value);

/// One number: a symbol, flags joined by commas or |, constant arithmetic. nullopt when it is none.
[[nodiscard]] std::optional<base::u128> constant(const Expression& e, Value type);

/// Collects the constants of one type; sorted only once, at the end.
class Constants {
public:
    explicit Constants(Value type) : type_(type) {}
    void add(const Expression& e);

    [[nodiscard]] base::IntervalSet take_values() { return base::IntervalSet(std::move(intervals_)); }
    [[nodiscard]] std::vector<std::string>& names() { return names_; }
    [[nodiscard]] const std::string& unresolved() const { return unresolved_; }
    [[nodiscard]] bool wildcard() const { return wildcard_; }

private:
    Value type_;
    std::vector<base::Interval> intervals_;
    std::vector<std::string> names_;  ///< interfaces
    std::string unresolved_;          ///< host names, unknown services: only the device could tell
    bool wildcard_ = false;
};

struct BitStep {
    enum class Op : std::uint8_t { bit_and, bit_xor, right, left };
    Op op = Op::bit_and;
    base::u128 value = 0;
};

/// What the steps make of `x`, first step first.
[[nodiscard]] base::u128 image(base::u128 x, const std::vector<BitStep>& steps);

/// All x of `bits` bits whose image under `steps`, first step first, is in `values`; nullopt when that is more than
/// 65,536 intervals.
[[nodiscard]] std::optional<base::IntervalSet> preimage(base::IntervalSet values, const std::vector<BitStep>& steps,
                                                        unsigned bits);

}  // namespace egresslint::dialects::nftables
