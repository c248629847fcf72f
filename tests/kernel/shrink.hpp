// SPDX-License-Identifier: Apache-2.0
// Makes a ruleset that shows a disagreement smaller, as long as it still shows it.
#pragma once

#include <functional>

#include "generate.hpp"

namespace egresslint::kernel {

/// `shows` loads the ruleset and says whether the disagreement is still there; a ruleset that does not load shows none.
/// At most `attempts` calls.
[[nodiscard]] Generated shrink(Generated ruleset, const std::function<bool(const Generated&)>& shows,
                               unsigned attempts = 400);

}  // namespace egresslint::kernel
