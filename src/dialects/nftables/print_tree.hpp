// SPDX-License-Identifier: Apache-2.0
// Tree back to nft syntax, in the manner of `nft list ruleset`: the names of unknown predicates (so that the same
// property has the same name wherever it is written, in text or JSON) and the text of rules that came as JSON.
#pragma once

#include <string>

#include "dialects/nftables/tree.hpp"

namespace egresslint::dialects::nftables {

/// Sets with more elements than `limit` end in "…".
[[nodiscard]] std::string print(const Expression& expression, std::size_t limit = 8);
[[nodiscard]] std::string print(const Statement& statement);
[[nodiscard]] std::string print(const RuleNode& rule);
[[nodiscard]] std::string print(const Element& element);

}  // namespace egresslint::dialects::nftables
