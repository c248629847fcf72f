// SPDX-License-Identifier: Apache-2.0
// Makes a ruleset and packets that show a disagreement smaller, as long as they still show it.
#pragma once

#include <functional>

#include "generated.hpp"

namespace egresslint::kernel {

/// `shows` loads the ruleset and says whether the disagreement is still there; a ruleset that does not load shows none.
/// At most `attempts` calls.
[[nodiscard]] Generated shrink(Generated ruleset, const std::function<bool(const Generated&)>& shows,
                               unsigned attempts = 400);
/// Fewer packets, then plainer ones.
[[nodiscard]] std::vector<Probe> shrink(std::vector<Probe> probes,
                                        const std::function<bool(const std::vector<Probe>&)>& shows,
                                        unsigned attempts = 200);

}  // namespace egresslint::kernel
