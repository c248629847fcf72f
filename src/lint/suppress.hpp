// SPDX-License-Identifier: Apache-2.0
// `egresslint: allow EL102 until=2027-03-31 -- reason` in a comment on one of the rule's lines or above it, or as the
// text of the rule's own comment, and [[allow]] in the intent file. Without a reason or with a rule that does not
// exist: EL904, and nothing is suppressed. Unused or expired: EL905.
#pragma once

#include <cstddef>
#include <cstdint>
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
    std::size_t first_text = 0, end_text = SIZE_MAX;  ///< texts whose comments count, by their numbers
    std::vector<std::string> devices;                 ///< of this run: an [[allow]] of another one is not unused
    std::string today;                                ///< "2026-11-27"; "": the clock's
};

/// Takes suppressed findings out and returns them, in their order; appends EL904 and EL905.
std::vector<SuppressedFinding> apply_suppressions(std::vector<Finding>& findings, const Intent& intent,
                                                  const base::Sources& sources, const SuppressionRules& rules);

/// A suppression comment as it stands in a text.
struct SuppressionComment {
    std::string text;  ///< "EL102 until=2027-03-31 -- reason"
    base::Span span;
};
/// All of a text; `words` as in SuppressionRules::comments.
[[nodiscard]] std::vector<SuppressionComment> suppression_comments(const base::Sources& sources, base::FileId file,
                                                                   const std::string& words);

}  // namespace egresslint::lint
