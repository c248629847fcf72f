// SPDX-License-Identifier: Apache-2.0
// A configuration's meaning: the pipeline of a device. Cisco, "NAT Order of Operation":
//
//   inside to outside    access list in → policy routing → routing → zones → translate sources → access list out
//   outside to inside    access list in → un-translate → policy routing → routing → zones → access list out
#pragma once

#include "dialects/ios/around.hpp"

namespace egresslint::dialects::ios {

void lower(Context& context, const Config& config);
/// Zone-based policy firewall (zones.cpp).
void zone_stage(Around& around);
/// What `ip inspect` takes part in (zones.cpp).
void inspect_stage(Around& around);

}  // namespace egresslint::dialects::ios
