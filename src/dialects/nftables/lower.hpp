// SPDX-License-Identifier: Apache-2.0
// Tree to model: replays the commands, gives every chain of the ip, ip6 and inet families its model chain, registers
// base chains with the netfilter family, and reports what is outside the analysis. Linear in the size of the ruleset.
#pragma once

#include <string>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/source.hpp"
#include "dialects/nftables/tree.hpp"
#include "model/device.hpp"

namespace egresslint::dialects::nftables {

/// All trees are files of one device, in the order they are loaded. The device is unresolved.
[[nodiscard]] model::Device lower(const std::vector<Tree>& trees, std::string name, const base::Sources& sources,
                                  base::Diagnostics& diagnostics);

}  // namespace egresslint::dialects::nftables
