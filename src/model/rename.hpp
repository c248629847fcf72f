// SPDX-License-Identifier: Apache-2.0
// Interface names of a device that is not resolved yet, so that two versions of a device can be made to speak of the
// same interfaces.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/device.hpp"

namespace egresslint::model {

/// Every name and wildcard that interfaces, rules and routes mention, sorted; the name of no interface ("*") is none.
[[nodiscard]] std::vector<std::string> interface_patterns(const Device& device);

/// `names`: new names by old ones. Wildcards are left alone: they mean what they match.
void rename_interfaces(Device& device, const std::map<std::string, std::string>& names);

/// As if a rule that never matches named them: resolve gives them a place of their own among the interfaces.
void mention_interfaces(Device& device, const std::vector<std::string>& patterns);

}  // namespace egresslint::model
