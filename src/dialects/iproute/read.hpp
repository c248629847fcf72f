// SPDX-License-Identifier: Apache-2.0
// `ip -j addr`, `ip -j route show table all` (IPv4 and IPv6 arrays may be joined), `ip -j rule`: the surroundings of a
// netfilter ruleset. Adds to an unresolved device. Source: iproute2 6.1 JSON output, seen by running it.
#pragma once

#include "base/diagnostic.hpp"
#include "base/source.hpp"
#include "model/device.hpp"

namespace egresslint::dialects::iproute {

/// Sets interfaces_known and addresses_known. A file that is no such dump is one fatal diagnostic.
void read_addresses(const base::Sources& sources, base::FileId file, model::Device& device,
                    base::Diagnostics& diagnostics);
/// Sets routes_known. Local and broadcast routes of table 255 are kept as routes.
void read_routes(const base::Sources& sources, base::FileId file, model::Device& device,
                 base::Diagnostics& diagnostics);
/// Policy routing; without it Linux' defaults (local, main, default) apply.
void read_rules(const base::Sources& sources, base::FileId file, model::Device& device, base::Diagnostics& diagnostics);

}  // namespace egresslint::dialects::iproute
