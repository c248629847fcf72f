// SPDX-License-Identifier: Apache-2.0
// Which of many boxes can hold a point? The boxes are the rules of a chain (or the rows of a relation), seen as closed
// intervals in some dimensions of the packet; the answer is a few short lists of positions in ascending order that
// together hold every box around the point, and others only where that keeps the index small.
//
// The idea is the one of multi-field packet classification by cutting (HiCuts, Gupta and McKeown 1999; kept apart by
// field as in EffiCuts, Vamanan et al. 2010), cut at the boxes' own edges: the boxes that are narrow in one dimension
// form a part, sorted by that dimension into elementary intervals, and a cell that still holds many is cut again by
// another one. Boxes that are wide in a dimension go to a part of another dimension, or to the list of the rest that
// every point sees; so nothing is copied into more than a few cells, and memory stays proportional to the boxes.
#pragma once

#include <cstdint>
#include <vector>

#include "base/interval_set.hpp"

namespace egresslint::flow {

/// A packet as numbers. Dimensions below `wide_dimensions` have 128 bits when `wide` is set, else all have 32.
struct Point {
    const std::uint32_t* value = nullptr;
    const base::u128* wide = nullptr;
};
inline constexpr std::uint32_t wide_dimensions = 4;

/// What one box demands in one dimension; other dimensions it leaves free.
struct Bound {
    std::uint16_t dimension = 0;
    base::IntervalSet values;
};
struct Box {
    std::vector<Bound> bounds;
    bool never = false;  ///< holds no point
};

/// Positions in ascending order, in memory of the index.
struct Candidates {
    const std::uint32_t* at = nullptr;
    const std::uint32_t* end = nullptr;
};

/// When another cut is worth a search. Tests set all to nothing, so that few boxes make a deep index.
struct CutLimits {
    std::size_t short_list = 6;  ///< lists up to this length are not cut
    double least_gain = 3;       ///< boxes that a cut must spare a point …
    double least_share = 0.1;    ///< … and which part of the list
};

class RuleIndex {
public:
    RuleIndex() = default;
    /// Box i has the position i. `wide`: dimensions below wide_dimensions have 128 bits.
    RuleIndex(const std::vector<Box>& boxes, bool wide, const CutLimits& limits = {});

    /// Appends the lists for `point`, from position `from` on. No position is in two of them.
    void look(const Point& point, std::uint32_t from, std::vector<Candidates>& out) const;
    /// Every position from `from` on: for a point of which some dimension is not a number yet.
    void all(std::uint32_t from, std::vector<Candidates>& out) const;

    /// Bit d: the lists depend on dimension d (d < 32).
    [[nodiscard]] std::uint32_t reads() const { return reads_; }
    [[nodiscard]] std::size_t bytes() const;

private:
    friend class RuleIndexBuilder;

    /// A list of positions, of which a single one is `first` itself; or with `count` == inner the node `first`.
    struct Ref {
        std::uint32_t first = 0;
        std::uint32_t count = 0;
    };
    static constexpr std::uint32_t inner = 0xffffffffu;
    /// Cuts a dimension at `count` keys into count + 1 refs; dimension == several: `count` refs that all apply.
    struct Node {
        std::uint32_t dimension = 0;
        std::uint32_t count = 0;
        std::uint32_t keys = 0;
        std::uint32_t refs = 0;
    };
    static constexpr std::uint32_t several = 0xffffffffu;

    void look(const Ref* ref, const Point& point, std::uint32_t from, std::vector<Candidates>& out) const;

    std::vector<std::uint32_t> positions_;  ///< the lists; the first is 0, 1, 2 … of all boxes
    std::vector<std::uint32_t> keys_;
    std::vector<base::u128> wide_keys_;
    std::vector<Ref> refs_;
    std::vector<Node> nodes_;
    Ref root_;
    std::uint32_t boxes_ = 0;
    std::uint32_t reads_ = 0;
    bool wide_ = false;
};

/// Number of keys that are not above `value`; `keys` ascends. Without branches: the outcome of every comparison is as
/// good as random.
template <class Key>
[[nodiscard]] inline std::uint32_t keys_up_to(const Key* keys, std::uint32_t count, Key value) {
    const Key* base = keys;
    while (count > 1) {
        const std::uint32_t half = count / 2;
        base += base[half - 1] <= value ? half : 0;
        count -= half;
    }
    return static_cast<std::uint32_t>(base - keys) + (count == 1 && *base <= value ? 1 : 0);
}

}  // namespace egresslint::flow
