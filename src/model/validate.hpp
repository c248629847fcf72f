// SPDX-License-Identifier: Apache-2.0
// Checks that a resolved device keeps the model's contracts: ids in range, no jump cycle, nothing symbolic left.
#pragma once

#include <string>
#include <vector>

#include "model/device.hpp"

namespace egresslint::model {

/// One line a violation; empty = valid. Jump cycles are the reader's duty to report; validate finds those it missed.
[[nodiscard]] std::vector<std::string> validate(const Device& device);

/// Nesting of chains from every stage is acyclic and at most `limit` deep.
[[nodiscard]] bool jumps_are_acyclic(const Device& device, unsigned limit = 1000);

}  // namespace egresslint::model
