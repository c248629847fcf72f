// SPDX-License-Identifier: Apache-2.0
// Two devices in a row as one: what leaves the first by an uplink enters the second, and what the second sends back
// down enters the first. Flow, queries and rules then see the way from end to end.
//
//   office (lan0, up0) -- link -- edge (in0, wan0):   lan0 -> [office] -> up0 = in0 -> [edge] -> wan0
//
// A packet passes each device once. What would turn round at the second device and pass the first again leaves by the
// link instead. Packets that the second device generates are as they were; those of the first come in by an interface
// of their own, named "NAME itself".
#pragma once

#include <string>
#include <vector>

#include "model/device.hpp"

namespace egresslint::model {

/// Interface ids: `uplink` of the first device is where `downlink` of the second is.
struct Link {
    std::uint32_t uplink = 0;
    std::uint32_t downlink = 0;
};

struct Connected {
    Device device;
    /// Ids in `device` by the ids of either device; none and self as they are.
    std::vector<std::uint32_t> first_interfaces, second_interfaces;
    std::uint32_t first_itself = 0;  ///< where the first device's own packets come in
    std::vector<std::uint32_t> first_predicates, second_predicates;
    std::uint32_t second_origins = 0;  ///< origins from this index on are the second's
};

/// Both devices must be resolved; every link names interfaces that they have. The result is resolved. What the second
/// device asks of the header "as received" is asked of what the first sent; where that is not known any more, it
/// becomes a predicate (kind ambiguity).
[[nodiscard]] Connected connect(const Device& first, const Device& second, const std::vector<Link>& links);

}  // namespace egresslint::model
