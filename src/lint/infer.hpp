// SPDX-License-Identifier: Apache-2.0
// Inference on an unresolved device: external and internal interfaces, mail servers, addresses and routes that nobody
// stated. Inside this room only; the door is prepare.hpp.
#pragma once

#include <string>
#include <vector>

#include "base/source.hpp"
#include "lint/finding.hpp"
#include "lint/intent.hpp"
#include "lint/prepare.hpp"
#include "model/device.hpp"

namespace egresslint::lint {

struct Inferred {
    std::vector<std::string> external, internal;  ///< names or patterns ("ppp*")
    bool external_guessed = false;
    model::LiteralSet inside;
    bool inside_declared = false;
    model::LiteralSet own;
    model::LiteralSet interface_addresses;
    std::vector<ServerView> mail_servers;  ///< in_interfaces not yet filled
    std::vector<Assumption> assumptions;
};

/// Also writes into `device`: declared interface addresses, synthetic interfaces and assumed routes.
[[nodiscard]] Inferred infer(model::Device& device, const DeviceIntent* declared, const Intent& intent,
                             const base::Sources& sources);

/// Only what the intent states: the addresses of its [[device.interface]] tables.
void take_declared_addresses(model::Device& device, const DeviceIntent* declared);

/// "eth*" matches eth0.
[[nodiscard]] bool name_matches(std::string_view pattern, std::string_view name);

}  // namespace egresslint::lint
