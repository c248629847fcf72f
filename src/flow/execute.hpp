// SPDX-License-Identifier: Apache-2.0
// Runs the pipeline over a set of headers.
//
// The running value is one diagram from original headers to pipeline states (outcome.hpp). A stage groups the states by
// the constants that its guard and chain read, takes one chain summary a group, and composes the two point by point;
// states that become equal merge by themselves. Registers that no later stage reads are forgotten at once.
//
// Stages that only decide (no writes, no translations) commute with the others. When the question is about a few ways
// out (Interest::leaves_by, leaves_with_source) they are put off with the state they would have seen, and evaluated at
// the end inside the much smaller box of what is left.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "flow/chain.hpp"

namespace egresslint::flow {

/// One kind of ending and the set of headers that meet it.
struct Ending {
    PipelineState state;
    NodeId headers = nowhere;
};

class Executor {
public:
    Executor(const model::Device& device, Space& space, const Layout& layout, const Reach& reach, Terminals& terminals);

    /// Disjoint endings that cover `headers`, less what the interest leaves out. Throws BudgetExceeded.
    std::vector<Ending> run(NodeId headers, Detail detail, const Interest& interest, model::ConnectionState state,
                            std::size_t max_rows);

    /// Headers of accepted packets by what `kind` makes of the state they end in (0: left out): a diagram of kinds.
    /// Cheaper than rows where only a few things about the endings matter. Throws BudgetExceeded.
    NodeId accepted(NodeId headers, model::ConnectionState state,
                    const std::function<std::uint32_t(const PipelineState&)>& kind);

    /// Registers at their initial values, nothing rewritten, not routed.
    [[nodiscard]] Execution initial(model::ConnectionState state) const;
    /// The cache for a box; the most recent ones are kept.
    Slice& slice(const Box& box, Detail detail, const base::IntervalSet* wanted_source = nullptr);
    /// Drops every cached diagram (before Space::collect).
    void forget() { slices_.clear(); }

private:
    struct Run;
    /// Everything but the endings.
    NodeId through_pipeline(Run& run, NodeId headers, Detail detail, const Interest& interest,
                            model::ConnectionState state);
    NodeId stage(Run& run, NodeId now, std::size_t index);
    NodeId deferred_stage(Run& run, NodeId now, std::size_t index);
    NodeId stage_diagram(Slice& slice, std::size_t index, const Execution& execution);
    /// States that agree in what a stage reads.
    struct Group {
        Execution execution;
        std::vector<std::uint32_t> states;
    };
    NodeId advance(Run& run, NodeId now, std::size_t index, const std::vector<Group>& groups);
    std::vector<Ending> endings(const Run& run, NodeId now, std::size_t max_rows);
    NodeId rename(NodeId now, const std::vector<std::pair<std::uint32_t, std::uint32_t>>& to);
    std::uint32_t after(const Run& run, std::uint32_t state, std::uint32_t change, std::size_t index);
    NodeId translate(Run& run, NodeId now);
    NodeId forget_registers(Run& run, NodeId now, std::size_t index);
    NodeId keep_interesting(Run& run, NodeId now, const Interest& interest);
    NodeId replace(NodeId now, const std::vector<std::pair<std::uint32_t, NodeId>>& by);
    [[nodiscard]] bool only_decides(std::size_t index) const;
    [[nodiscard]] bool idle(const Run& run, std::size_t index) const;
    void narrow(Run& run, NodeId now, std::size_t index);

    const model::Device& device_;
    Space& space_;
    const Layout& layout_;
    const Reach& reach_;
    Terminals& terminals_;
    std::vector<std::unique_ptr<Slice>> slices_;
};

}  // namespace egresslint::flow
