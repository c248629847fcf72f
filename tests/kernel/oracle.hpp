// SPDX-License-Identifier: Apache-2.0
// The model's answer beside the kernel's: the same texts through our own readers, the router's own dumps through
// dialects::iproute, then flow::trace.
//
// Where the kernel may be believed: it is asked about the first packet of a flow only, with distinct tuples, no
// neighbours to resolve and reverse path filtering off. What the model does not decide (pools, random ports, rates) is
// compared as a set: what the kernel did must be among the branches.
#pragma once

#include <string>

#include "flow/trace.hpp"
#include "lab.hpp"
#include "table.hpp"

namespace egresslint::kernel {

struct Read {
    model::Device device;
    std::string problems;  ///< fatal diagnostics and broken contracts; the device is of no use then
    std::string remarks;   ///< the other diagnostics, one a line
};
/// Reads, adds the surroundings of the lab, resolves.
[[nodiscard]] Read read_model(const Ruleset& ruleset, const Lab& lab);

struct Verdict {
    bool agrees = false;
    bool decided = false;  ///< the model gave one answer, whatever the unknowns are
    std::string model;     ///< what the model said, for messages
};
[[nodiscard]] Verdict compare(const model::Device& device, const Probe& probe, const Seen& seen);

}  // namespace egresslint::kernel
