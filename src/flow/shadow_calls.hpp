// SPDX-License-Identifier: Apache-2.0
// The chains of a device as the analysis of shadowed rules sees them: what each active rule does to the way of a
// packet, who calls whom, what is written where, and the ways from a stage to a chain with what they demand of a
// packet.
#pragma once

#include <memory>
#include <vector>

#include "flow/shadow_index.hpp"

namespace egresslint::flow::shadow {

/// What a matching rule does with the way of the packet.
enum class Does : std::uint8_t { goes_on, decides, returns, jumps, goes, settles };

struct Item {
    model::RuleId rule;
    MatchId match = 0;
    Does does = Does::goes_on;
    bool acts = false;    ///< has effects, or a decision that is only pending
    model::ChainId to;    ///< of jumps and goes
    SlotMask writes = 0;  ///< its own effects
};

struct Spot {
    model::ChainId chain;
    std::uint32_t position = 0;
    friend bool operator==(const Spot&, const Spot&) = default;
};

/// One way a packet can come to the first rule of a chain.
struct Path {
    model::StageId stage;
    std::vector<Spot> steps;  ///< the calls, outermost first
    Region region;            ///< what the stage and the calls demand, as far as it still holds at the chain's start
    SlotMask written = 0;     ///< by the last call's own effects, at any rate
};

struct Body {
    bool known = false;
    std::vector<Item> items;  ///< active rules only
    std::unique_ptr<Index> index;
    std::vector<std::pair<std::uint64_t, std::unique_ptr<Index>>> others;  ///< by the variables that may split
    SlotMask writes = 0;  ///< whatever is written here or in chains called from here
    std::vector<std::pair<std::uint32_t, SlotMask>> written_at;  ///< ascending; calls count with all that they write
    bool pending = false;  ///< a decision that is only pending is made here or below
};

/// The chains of one family; matches are compiled and indexes built when first asked for.
class Calls {
public:
    Calls(const model::Device& device, const Reach& reach, Matches& matches);

    const Body& body(model::ChainId chain);
    const Index& index(model::ChainId chain);
    /// One that is split by what the region has conditions on, for Index::overlapping.
    const Index& index(model::ChainId chain, const Region& region);
    /// Rules that no index need hold any more: they are dead.
    void leave_out(const std::vector<bool>& dead);
    [[nodiscard]] SlotMask reads(const Item& item) const { return matches_.reads(item.match); }
    /// What rules of the chain at positions in [from, end) write, with all that chains called from there write.
    SlotMask writes(model::ChainId chain, std::uint32_t from, std::uint32_t end);
    /// What a packet can be at the beginning of a stage, its guard included, as far as it holds throughout its chain.
    Region entrance(model::StageId stage);
    /// The path that goes on from `path` (which ends in the spot's chain) by the call at the spot.
    Path follow(const Path& path, const Spot& call);

private:
    void find_values();
    [[nodiscard]] std::unique_ptr<Index> make_index(const Body& body, std::uint64_t allowed) const;
    [[nodiscard]] Region without(const Region& region, SlotMask written) const;
    [[nodiscard]] bool routes_all(const model::Stage& stage) const;

    const model::Device& device_;
    const Reach& reach_;
    Matches& matches_;
    std::vector<Body> bodies_;
    std::vector<bool> left_out_;                                     ///< by rule
    std::vector<std::optional<base::IntervalSet>> register_values_;  ///< unset: anything
    base::IntervalSet in_, out_;
    std::vector<std::uint8_t> routed_;  ///< by stage: 0 not yet, 1 perhaps, 2 surely
};

}  // namespace egresslint::flow::shadow
