// SPDX-License-Identifier: Apache-2.0
// The firewall's tables. Linux netfilter runs underneath, and packets meet raw, mangle, NAT and filter in its order
// (MikroTik, "Packet Flow in RouterOS", help.mikrotik.com).
#pragma once

#include "dialects/routeros/match.hpp"

namespace egresslint::dialects::routeros {

void lower(Context& c, const std::vector<const Statement*>& statements);

}  // namespace egresslint::dialects::routeros
