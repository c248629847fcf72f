// SPDX-License-Identifier: Apache-2.0
// `egresslint: allow EL102 until=2027-03-31 -- reason` in a comment on one of the rule's lines or above it, or as the
// text of the rule's own comment, and [[allow]] in the intent file. Without a reason or with a rule that does not
// exist: EL904, and nothing is suppressed. Unused or expired: EL905.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/source.hpp"
#include "lint/finding.hpp"
#include "lint/intent.hpp"

namespace egresslint::lint {

/// What suppressions are judged by.
struct SuppressionRules {
    std::function<bool(std::string_view)> selected;  ///< the run asks for this rule
    std::function<bool(std::string_view)> known;     ///< there is such a rule or policy
    /// Words that begin a comment, separated by blanks, by path (DeviceInput::comment); "#" in other texts.
    std::map<std::string, std::string> comments;
    std::vector<std::string> devices;  ///< of this run: an [[allow]] of another one is not unused
    std::string today;                 ///< "2026-11-27"; "": the clock's
};

/// Takes suppressed findings out and returns them, in their order; appends EL904 and EL905.
std::vector<SuppressedFinding> apply_suppressions(std::vector<Finding>& findings, const Intent& intent,
                                                  const base::Sources& sources, const SuppressionRules& rules);

}  // namespace egresslint::lint
