// SPDX-License-Identifier: Apache-2.0
// Runs egresslint-nft, the separate program that may touch the kernel: `list` prints the running ruleset as JSON,
// `via-kernel FILE` loads FILE in private namespaces and prints what the kernel made of it.
#pragma once

#include <string>
#include <vector>

#include "cli/session.hpp"

namespace egresslint::cli {

/// The helper beside this program, else in PATH; "" if there is none.
[[nodiscard]] std::string find_helper();
/// Standard output of the helper.
[[nodiscard]] Expected<std::string> run_helper(const std::vector<std::string>& arguments);

}  // namespace egresslint::cli
