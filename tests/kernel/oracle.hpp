// SPDX-License-Identifier: Apache-2.0
// The model's answer beside the kernel's: the same texts through our own readers, the router's own dumps through
// dialects::iproute, then flow::trace and flow::Analysis.
//
// Where the kernel may be believed: it is asked about the first packet of a flow only, with distinct tuples, no
// neighbours to resolve and reverse path filtering off. What the model does not decide (pools, random ports, rates) is
// compared as a set: what the kernel did must be among the branches. A packet from the router to itself passes
// postrouting and, by lo, prerouting and input; the model follows output only, so that such a packet's source after
// translation is not compared; it is counted.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "flow/analysis.hpp"
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
    bool decided = false;    ///< the model gave one answer, whatever the unknowns are
    bool to_itself = false;  ///< from the router to itself: the model does not walk the second way, by lo
    bool in_table = false;   ///< the flow table was asked too
    std::string model;       ///< what the model said, for messages
};
/// By the tracer alone.
[[nodiscard]] Verdict compare(const model::Device& device, const Probe& probe, const Seen& seen);

/// The flow tables of one device, IPv4 and IPv6, made when first asked for.
class Tables {
public:
    /// The device must outlive the tables.
    explicit Tables(const model::Device& device) : device_(device) {}
    /// By the tracer and by the table: under what each branch of the tracer assumed, exactly one row holds the packet
    /// and says the same; and under what the kernel's answer shows of the choices, one row says just what was seen.
    [[nodiscard]] Verdict compare(const Probe& probe, const Seen& seen);
    [[nodiscard]] bool too_large() const { return too_large_; }

private:
    struct Table {
        std::unique_ptr<flow::Analysis> analysis;
        flow::FlowTable rows;
        flow::HeaderSet asked;
    };
    Table* table(base::Family family);
    std::string check(Table& table, const flow::Packet& packet, const flow::Trace& trace, const Probe& probe,
                      const Seen& seen);

    const model::Device& device_;
    std::optional<Table> v4_, v6_;
    bool too_large_ = false;
};

}  // namespace egresslint::kernel
