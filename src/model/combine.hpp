// SPDX-License-Identifier: Apache-2.0
// Two versions of one device in one model, so that one set of diagrams can hold both and tell them apart exactly.
#pragma once

#include <string>
#include <tl/expected.hpp>

#include "model/device.hpp"

namespace egresslint::model {

struct Combined {
    Device device;
    /// 0: the pipeline of the first device runs; 1: that of the second. A run says which (flow::Interest::start).
    RegisterId version;
};

/// Both devices must be resolved. Unknown predicates and choices of the same words are one (the places in their names
/// do not count; the n-th of one version is the n-th of the other), so that what neither version knows is the same on
/// both sides. Error: the versions do not have the same interfaces.
[[nodiscard]] tl::expected<Combined, std::string> combine(const Device& first, const Device& second);

/// "limit rate 10/second (edge.nft:14:3)" without the place.
[[nodiscard]] std::string without_places(std::string text);

}  // namespace egresslint::model
