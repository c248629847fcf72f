// SPDX-License-Identifier: Apache-2.0
// The tracer for many packets: `trace` with the chains compiled once. Same answers, branch by branch, as flow::trace,
// which stays the reference; a property test holds the two together. Compiling takes time and memory proportional to
// the rules; a packet then looks at the few rules of each chain that its addresses, ports and interfaces leave
// possible, and needs no memory that the one before has not already used.
//
//   CompiledTracer tracer(device, Family::v4);
//   for (const Packet& p : packets) count(tracer.run(p).answer);
#pragma once

#include <memory>
#include <vector>

#include "flow/rule_index.hpp"
#include "flow/trace.hpp"

namespace egresslint::flow {

/// A step without its text.
struct BriefStep {
    model::StageId stage;
    model::ChainId chain;
    model::RuleId rule;  ///< invalid: the stage's fallthrough
    bool uncertain = false;
    friend bool operator==(const BriefStep&, const BriefStep&) = default;
};

/// What Trace says of all branches together, and the steps of the first.
struct BriefTrace {
    Answer answer = Answer::unknown;
    model::Verdict verdict = model::Verdict::accept;  ///< of the first branch
    bool truncated = false;
    bool logged = false;
    bool limited = false;
    bool inspected = false;
    std::uint32_t out_if = model::no_interface;
    base::Interval src, dst, sport, dport;
    std::vector<BriefStep> steps;
    std::vector<model::PredicateId> depends_on;
    std::size_t branches = 0;
};

class CompiledTracer {
public:
    /// Requires a resolved device, which must stay as it is while the tracer lives. Packets of other families are
    /// refused (a broken contract).
    CompiledTracer(const model::Device& device, base::Family family, const CutLimits& limits = {});
    CompiledTracer(CompiledTracer&&) noexcept;
    CompiledTracer& operator=(CompiledTracer&&) noexcept;
    ~CompiledTracer();

    /// Valid until the next call. Not for two threads at once.
    [[nodiscard]] const BriefTrace& run(const Packet& packet, const Valuation& valuation = {},
                                        std::size_t max_branches = 256);
    /// Exactly what flow::trace returns.
    [[nodiscard]] Trace trace(const Packet& packet, const Valuation& valuation = {}, std::size_t max_branches = 256);

    /// Memory of the compiled form, without the device.
    [[nodiscard]] std::size_t bytes() const;

private:
    class Runner;
    std::unique_ptr<Runner> runner_;
};

}  // namespace egresslint::flow
