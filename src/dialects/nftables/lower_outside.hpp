// SPDX-License-Identifier: Apache-2.0
// Families and hooks that the analysis does not follow: bridge, netdev, arp, and the ingress and egress hooks. They are
// read and named; a note when nothing in them can decide a packet, a real EL901 otherwise.
#pragma once

#include "base/diagnostic.hpp"
#include "dialects/nftables/lower_replay.hpp"

namespace egresslint::dialects::nftables {

void report_outside(const TableState& table, base::Diagnostics& diagnostics);
void report_outside_chain(const TableState& table, const ChainState& chain, base::Diagnostics& diagnostics);

}  // namespace egresslint::dialects::nftables
