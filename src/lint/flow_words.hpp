// SPDX-License-Identifier: Apache-2.0
// Sets of packets in words: what a query answers and what a change alters. Inside this room only.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "flow/analysis.hpp"

namespace egresslint::lint {

/// A set as boxes: {"src", "10.20.7.0/24"}, {"dst", "any"}, {"proto", "tcp"}, {"dport", "25"}, {"in", "lan"}; fields
/// that may have any value are left out.
struct FlowWords {
    std::vector<std::vector<std::pair<std::string, std::string>>> boxes;
    bool complete = true;                   ///< false: `boxes` was cut
    std::vector<std::string> sources;       ///< all original sources, prefixes
    std::vector<std::string> destinations;  ///< all original destinations, prefixes
    std::string ports;                      ///< destination ports, "25, 465-587", "any"
};
[[nodiscard]] FlowWords flow_words(flow::Analysis& analysis, const flow::HeaderSet& headers,
                                   std::size_t most_boxes = 64);

/// The same for a part of all new flows, in fewer boxes: what protocols do not have (ports, ICMP types) is not named,
/// and protocols of the same hosts stand together: {"service", "tcp port 25, udp"}; left out where it is every
/// protocol.
[[nodiscard]] FlowWords service_words(flow::Analysis& analysis, const flow::HeaderSet& headers, std::size_t most_boxes);

}  // namespace egresslint::lint
