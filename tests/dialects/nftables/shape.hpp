// SPDX-License-Identifier: Apache-2.0
// The shape of a syntax tree on one line, for tests: every node kind is visible, which the nft syntax hides
// (`@s`, `"a"`, a prefix and a range all look like what was written).
//
//     match(tcp.dport == {22, range(80 90)}); counter; accept
#pragma once

#include <string>
#include <string_view>

#include "dialects/nftables/tree.hpp"

namespace egresslint::dialects::nftables::shape {

[[nodiscard]] std::string of(const Expression& expression);
[[nodiscard]] std::string of(const ExpressionPtr& expression);  ///< "-" for null
[[nodiscard]] std::string of(const Element& element);
[[nodiscard]] std::string of(const Statement& statement);
[[nodiscard]] std::string of(const RuleNode& rule);

/// Parses `text` as one rule.
[[nodiscard]] std::string of_rule(std::string_view text);
[[nodiscard]] std::string of_expression(std::string_view text);

}  // namespace egresslint::dialects::nftables::shape
