// SPDX-License-Identifier: Apache-2.0
// The table of treatment: one row for each packet property that nft(8) can match, with what the model makes of it. The
// lowering reads the rows, and so can whoever wants to print "what is exact and what is an unknown predicate".
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "dialects/nftables/lower_names.hpp"
#include "model/device.hpp"

namespace egresslint::dialects::nftables {

/// What the left side of a match must be true of before its value exists at all; nft adds the same tests by itself.
struct Dependency {
    std::uint8_t family = 0;     ///< 4, 6; 0: any
    std::int16_t protocol = -1;  ///< -1: any
};

struct Treatment {
    enum class As : std::uint8_t {
        field,  ///< a header field or metadata of the model, exact
        mark,   ///< register, exact
        ct_mark,
        ct_status,  ///< register for the translation bits; the other bits are unknown
        predicate,  ///< an unknown predicate
    };
    std::string_view group;     ///< payload, meta, ct
    std::string_view protocol;  ///< payload only
    std::string_view key;
    As as = As::predicate;
    model::Field field = model::Field::proto;  ///< exact: the field; predicate: the field it correlates with
    model::View view = model::View::current;
    Value value = Value::other;
    Dependency needs;
    model::PredicateKind kind = model::PredicateKind::packet;
};

/// Sorted by group, protocol, key.
[[nodiscard]] std::span<const Treatment> treatments();
/// A payload field, meta key or ct key without a row is an unknown packet property.
[[nodiscard]] const Treatment* find_treatment(std::string_view group, std::string_view protocol, std::string_view key);

}  // namespace egresslint::dialects::nftables
