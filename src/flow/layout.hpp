// SPDX-License-Identifier: Apache-2.0
// Which header field, unknown predicate or choice sits at which level of the diagrams. A *block* is one such
// variable: one level, or four of 32 bits for an IPv6 address. The order is data: measurements (design notes) show that
// `src dst proto sport dport in_if` suits most rulesets and `in_if` first those that dispatch on interfaces, and that
// an unknown must sit directly beside the field it correlates with, or diagrams grow a hundredfold.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "flow/reach.hpp"
#include "flow/space.hpp"
#include "model/device.hpp"

namespace egresslint::flow {

struct Block {
    enum class Kind : std::uint8_t { field, predicate, choice } kind = Kind::field;
    std::uint32_t id = 0;     ///< Field, predicate or choice number
    std::uint32_t first = 0;  ///< its first level
    std::uint32_t count = 1;
    std::uint32_t bits = 32;
};
using BlockId = std::uint32_t;

class Layout {
public:
    /// Predicates and choices that the pipeline cannot reach get no block.
    Layout(const model::Device& device, base::Family family, const Reach& reach);

    [[nodiscard]] const std::vector<Block>& blocks() const { return blocks_; }
    [[nodiscard]] std::vector<std::uint32_t> maxima() const;
    [[nodiscard]] BlockId block(model::Field field) const { return fields_[static_cast<std::size_t>(field)]; }
    [[nodiscard]] std::optional<BlockId> block(model::PredicateId id) const { return find(predicates_, id.value); }
    [[nodiscard]] std::optional<BlockId> block(model::ChoiceId id) const { return find(choices_, id.value); }
    /// The block a level belongs to.
    [[nodiscard]] BlockId block_of_level(std::uint32_t level) const { return owner_[level]; }
    [[nodiscard]] base::Family family() const { return family_; }

    /// Some rule or decision of the pipeline rewrites this field.
    [[nodiscard]] bool rewritable(model::Field field) const { return rewritable_[static_cast<std::size_t>(field)]; }

private:
    static std::optional<BlockId> find(const std::vector<std::int32_t>& map, std::uint32_t id) {
        if (id >= map.size() || map[id] < 0) return std::nullopt;
        return static_cast<BlockId>(map[id]);
    }
    void add(Block::Kind kind, std::uint32_t id, std::uint32_t bits);

    base::Family family_;
    std::vector<Block> blocks_;
    std::array<BlockId, model::field_count> fields_{};
    std::vector<std::int32_t> predicates_, choices_;
    std::vector<BlockId> owner_;
    std::vector<std::uint32_t> predicate_values_;
    std::array<bool, model::field_count> rewritable_{};
};

/// One condition of a cube: the block's value is in the set.
struct Constraint {
    BlockId block = 0;
    const base::IntervalSet* values = nullptr;
};

/// The set of headers that meet every constraint; at most one constraint a block. No apply is needed.
NodeId make_cube(Space& space, const Layout& layout, std::span<const Constraint> constraints);
/// The same over blocks that are no Layout.
NodeId make_cube(Space& space, std::span<const Block> blocks, std::span<const Constraint> constraints);

/// Every value that one block takes somewhere in the set.
base::IntervalSet project(const Space& space, const Layout& layout, NodeId set, BlockId block);

/// The block's values by what follows them, for a diagram whose first level belongs to `block` or lies below it.
/// nullopt if that would take more than `limit` intervals.
std::optional<std::vector<std::pair<base::IntervalSet, NodeId>>> split(const Space& space, const Layout& layout,
                                                                       NodeId set, BlockId block, std::size_t limit);

/// Choice values outside the candidates stand for a candidate: the gap above each candidate interval for its
/// last value, everything below the first one for the first. So every value of the level means some candidate,
/// complements stay complements, and quantifiers need no side condition. `widen` turns a set of candidates into the set
/// of level values that mean one of them; `clamp` says which candidate a level value means.
base::IntervalSet widen(const base::IntervalSet& wanted, const base::IntervalSet& candidates, unsigned bits);
base::u128 clamp(base::u128 value, const base::IntervalSet& candidates);

}  // namespace egresslint::flow
