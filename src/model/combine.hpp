// SPDX-License-Identifier: Apache-2.0
// Two versions of one device in one model, so that one set of diagrams can hold both and tell them apart exactly.
//
// Interfaces are paired by name. One that only one of the versions has (or uses) is an interface of both: what enters
// there is dropped in the version that lacks it, which is what becomes of a packet that nobody can send. An interface
// with other addresses in the second version keeps both, see Device::alternatives.
#pragma once

#include <string>
#include <vector>

#include "model/device.hpp"

namespace egresslint::model {

struct Combined {
    Device device;
    /// 0: the pipeline of the first device runs; 1: that of the second. A run says which (flow::Interest::start).
    RegisterId version;

    /// Where things of the second device are, by their ids there. Those of the first keep their ids, but for stages.
    std::vector<std::uint32_t> interfaces, predicates, choices;
    std::uint32_t rules = 0;          ///< rule r of the second device is rule r + `rules`
    std::uint32_t first_stages = 0;   ///< stage s of the first device is stage s + `first_stages`
    std::uint32_t second_stages = 0;  ///< … of the second
    /// Interfaces that only one version has.
    std::vector<std::uint32_t> only_first, only_second;
};

/// Both devices must be resolved. Unknown predicates and choices of the same words are one (the places in their names
/// do not count; the n-th of one version is the n-th of the other), so that what neither version knows is the same on
/// both sides.
[[nodiscard]] Combined combine(const Device& first, const Device& second);

/// "limit rate 10/second (edge.nft:14:3)" without the place.
[[nodiscard]] std::string without_places(std::string text);

}  // namespace egresslint::model
