// SPDX-License-Identifier: Apache-2.0
// The door to this room: devices and intent in, report out.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/source.hpp"
#include "flow/analysis.hpp"
#include "lint/finding.hpp"
#include "lint/intent.hpp"
#include "model/device.hpp"

namespace egresslint::lint {

/// A device as read, with what the reader said. Unresolved; `check` infers, resolves and validates.
struct DeviceInput {
    model::Device device;
    std::string dialect;
    std::vector<std::string> files;
    base::Diagnostics diagnostics;
    const DeviceIntent* intent = nullptr;  ///< the [[device]] block, if one names it
};

struct Options {
    std::vector<std::string> select, ignore;  ///< codes or prefixes; empty select = all
    bool egress_map = false;                  ///< fill Report::egress
    std::vector<std::uint16_t> egress_ports = {25};
    flow::Budget budget;
    std::function<void(const std::string& what, double done)> progress;  ///< may be empty
};

/// Runs inference, resolve, every selected rule and the EL9xx bookkeeping over all devices.
[[nodiscard]] Report check(std::vector<DeviceInput> devices, const Intent& intent, const base::Sources& sources,
                           const Options& options);

}  // namespace egresslint::lint
