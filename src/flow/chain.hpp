// SPDX-License-Identifier: Apache-2.0
// Folds a chain into one diagram of terminals.
//
// Rules compose by `then` (outcome.hpp), which is associative, so a run of rules is folded as a balanced tree. Only
// where a rule reads a slot that an earlier rule of the run wrote does the run end (a *segment*): the changes so far
// are grouped by what the next segment reads, and each group goes on with the next segment's diagram for its constants.
// A jump is the match of its rule times the summary of its target with `back` turned into `fall`; for goto it is `fall`
// turned into `back`. Summaries are kept by (chain, the constants that the chain reads). Requires acyclic jumps
// (validate).
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "flow/match.hpp"

namespace egresslint::flow {

/// Everything computed for one box and one level of detail.
class Slice {
public:
    /// With `wanted_source`, decisions that surely give a source outside that set all become one
    /// (Terminals::unwanted): only for the last stage that rewrites sources.
    Slice(const model::Device& device, Space& space, const Layout& layout, const Reach& reach, Terminals& terminals,
          Box box, Detail detail, const base::IntervalSet* wanted_source = nullptr);

    [[nodiscard]] Matcher& matcher() { return matcher_; }
    [[nodiscard]] const Box& box() const { return matcher_.box(); }
    [[nodiscard]] Detail detail() const { return detail_; }

    /// Diagram of changes of a whole chain.
    NodeId summary(model::ChainId chain, const Execution& execution);

    /// Slots read by rules of the chain that can match in the box.
    [[nodiscard]] SlotMask reads(model::ChainId chain) { return prepared(chain).reads; }
    /// No rule of the chain can match in the box.
    [[nodiscard]] bool silent(model::ChainId chain) { return prepared(chain).items.empty(); }
    [[nodiscard]] const std::optional<base::IntervalSet>& wanted_source() const { return wanted_source_; }

private:
    struct Item {
        std::uint32_t rule = 0;
        bool always = false;
        SlotMask reads = 0, writes = 0;
    };
    struct Segment {
        std::size_t begin = 0, end = 0;
        SlotMask reads = 0;
        std::uint32_t number = 0;
    };
    /// The rules of a chain that can match in the box at all.
    struct Prepared {
        std::vector<Item> items;
        std::vector<Segment> segments;
        SlotMask reads = 0, writes = 0;
        std::uint32_t number = 0;
    };
    const Prepared& prepared(model::ChainId chain);
    NodeId segment(const Prepared& chain, const Segment& segment, const Execution& execution);
    NodeId body(const Item& item, const model::Rule& rule, const Execution& execution);
    NodeId effect(const model::Effect& effect, std::uint32_t rule, const Execution& execution);
    NodeId control(const model::Control& control, std::uint32_t rule, const Execution& execution);
    NodeId compose(NodeId first, NodeId second);
    /// `first`, and after each of its changes that falls through what `next` says for the state then.
    template <class F>
    NodeId extend(NodeId first, const Execution& start, SlotMask reads, const F& next);

    [[nodiscard]] bool unwanted(const model::Decide& decide) const;

    const model::Device& device_;
    const Reach& reach_;
    Space& space_;
    Terminals& terminals_;
    Matcher matcher_;
    Detail detail_;
    base::Family family_;
    std::optional<base::IntervalSet> wanted_source_;
    std::vector<std::unique_ptr<Prepared>> chains_;
    std::unordered_map<std::uint64_t, NodeId> folded_;
    std::uint32_t next_number_ = 0;
    std::uint32_t back_to_fall_, fall_to_back_;
};

}  // namespace egresslint::flow
