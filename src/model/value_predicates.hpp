// SPDX-License-Identifier: Apache-2.0
// Unknown predicates about the *current value* of an address, for resolve (see resolve.hpp, last paragraph): one
// predicate for the original value and one for each group of rules that may have rewritten it.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "model/builder.hpp"

namespace egresslint::model {

class ValuePredicates {
public:
    explicit ValuePredicates(Builder& builder) : b_(builder) {}

    struct Query {
        std::string before, after;  ///< predicate text around the words for the value: "whether " X " is …"
        PredicateKind kind = PredicateKind::ambiguity;
        std::uint16_t choices = 2;
        /// What holds for a value that a redirect made the device's own; unset: a predicate as for any other.
        std::optional<bool> if_own;
    };
    /// `predicate(value of the field) == answer`. Fresh predicates are appended to `made`.
    ExprId test(Field field, View view, const Query& query, std::uint16_t answer,
                std::vector<PredicateId>* made = nullptr);

    /// A value that src, dst, sport or dport may have on the way: [0] as it came, without words. `when` it is current.
    struct Version {
        std::string words;
        ExprId when;
    };
    [[nodiscard]] std::vector<Version> versions(Field field);

private:
    struct Group {
        std::string words;  ///< "the destination after inet nat prerouting"
        bool own = false;
    };
    struct Rewrites {
        std::vector<Group> groups;  ///< [0] = as it came
        RegisterId reg;
    };
    Rewrites& rewrites(Field field);
    void find(Field field, Rewrites& out);

    Builder& b_;
    std::array<std::optional<Rewrites>, 4> fields_;  ///< src, dst, sport, dport
};

}  // namespace egresslint::model
