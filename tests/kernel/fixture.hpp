// SPDX-License-Identifier: Apache-2.0
// Disagreements that were found, as files that a test reads (fixtures/kernel/*.case): why, how it is routed, what is
// loaded, which packets, and what the kernel does with them.
//
//   # found by seed 7: the model lost the mark
//   rule fwmark 7 lookup 100
//   --- nft
//   table ip t { … }
//   --- packets
//   lan0 10.0.0.25 > 198.18.0.9 tcp 25 = wan0 203.0.113.25
//
// Parts: nft, iptables-legacy, iptables-nft, ip6tables-legacy, ip6tables-nft, ipset. Lines of packets as in table.hpp,
// or with `= any` where the kernel chooses anew each time: then only the model is held against it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "table.hpp"

namespace egresslint::kernel {

struct Fixture {
    std::string why;
    std::vector<std::string> routing;  ///< as Lab::route_by takes them
    Ruleset ruleset;
    std::vector<std::string> packets;
};

[[nodiscard]] std::string to_text(const Fixture& fixture);
/// Throws std::invalid_argument on a text that is no fixture.
[[nodiscard]] Fixture parse_fixture(std::string_view text);
/// "lan0 10.0.0.25 > 198.18.0.9 tcp 25:4000 = drop"
[[nodiscard]] std::string expectation(const Probe& probe, const Seen& seen);

}  // namespace egresslint::kernel
