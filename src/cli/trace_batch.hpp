// SPDX-License-Identifier: Apache-2.0
// Answers about many packets: the lines of `trace --format jsonl`, and the counts of `trace --summary`.
//
// A line is what report::traced_jsonl writes. Most of it repeats: the frame around the addresses and ports depends on
// the verdict and the way out, the list of rules on the steps. So each frame and each step is rendered once, by
// traced_jsonl itself, and lines are put together from the pieces; an answer that is not settled (branches that end
// differently) is rendered as a whole.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/source.hpp"
#include "flow/compiled_trace.hpp"
#include "report/flow.hpp"
#include "report/trace_summary.hpp"

namespace egresslint::cli {

/// A compiled tracer for each IP version, made when the first packet of it comes.
class DeviceTracers {
public:
    explicit DeviceTracers(const model::Device& device) : device_(device) {}
    flow::CompiledTracer& of(base::Family family);

private:
    const model::Device& device_;
    std::unique_ptr<flow::CompiledTracer> v4_, v6_;
};

/// Everything that the report says of one packet, in full.
[[nodiscard]] report::TracedPacket traced_packet(const model::Device& device, const flow::Packet& packet,
                                                 const flow::Trace& trace);

class TraceLines {
public:
    TraceLines(const model::Device& device, const base::Sources& sources) : device_(device), sources_(sources) {}
    /// Appends the line of one packet.
    void append(flow::CompiledTracer& tracer, const flow::Packet& packet, std::string& out);

private:
    enum class Hole : std::uint8_t { src, dst, sport, dport };
    /// The line without rules, cut where a value or the rules belong.
    struct Frame {
        bool usable = false;
        std::vector<std::pair<std::string, Hole>> before;  ///< text, then the value
        std::string between;                               ///< up to and with "rules":[
        std::string after;
    };
    [[nodiscard]] Frame make_frame(const flow::Packet& packet, const flow::BriefTrace& brief) const;
    [[nodiscard]] std::string make_step(const flow::BriefStep& step) const;
    const std::string& step(const flow::BriefStep& step);

    const model::Device& device_;
    const base::Sources& sources_;
    std::unordered_map<std::uint64_t, Frame> frames_;
    std::unordered_map<std::uint64_t, std::string> steps_;
};

class TraceCounts {
public:
    explicit TraceCounts(const model::Device& device);
    void add(const flow::BriefTrace& brief);
    [[nodiscard]] report::TraceSummary summary() const;

private:
    const model::Device& device_;
    std::uint64_t packets_ = 0;
    std::uint64_t answers_[4] = {};
    std::vector<std::uint64_t> out_;  ///< accepted packets by out interface
    std::unordered_map<std::uint64_t, std::uint64_t> steps_;
};

}  // namespace egresslint::cli
