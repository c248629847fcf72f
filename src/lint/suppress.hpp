// SPDX-License-Identifier: Apache-2.0
// `egresslint: allow EL102 -- reason` in a comment on the rule's line or the line before, and [[allow]] in the intent
// file. Without a reason: EL904, and nothing is suppressed. Unused or expired: EL905.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "base/source.hpp"
#include "lint/finding.hpp"
#include "lint/intent.hpp"

namespace egresslint::lint {

/// Removes suppressed findings and appends EL904 and EL905.
void apply_suppressions(std::vector<Finding>& findings, const Intent& intent, const base::Sources& sources,
                        const std::function<bool(std::string_view)>& selected);

}  // namespace egresslint::lint
