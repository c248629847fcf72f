// SPDX-License-Identifier: Apache-2.0
// "Who matches this packet first?" for the rules of one chain. A list of rules is split by the variable that tells most
// of them apart into a tree over that variable's intervals and the rules that do not care; what shares a place in the
// tree is split again by another variable. Every interval is kept once, so size is linear in what was written.
#pragma once

#include <functional>

#include "flow/shadow_match.hpp"

namespace egresslint::flow::shadow {

class Index {
public:
    struct Entry {
        std::uint32_t position;
        MatchId match;
    };
    static constexpr std::uint32_t none = 0xffffffffu;

    /// Entries in ascending order of position. Only variables of `allowed` (bits) split lists.
    Index(const Matches& matches, const std::vector<Entry>& entries, std::uint64_t allowed = ~std::uint64_t{0});
    /// Variables that many entries have a condition on, as bits, and the one that splits them first.
    [[nodiscard]] std::uint64_t useful() const { return useful_; }
    [[nodiscard]] std::uint64_t splits_first() const;

    /// The lowest position in [from, end) whose match may hold at the point; `none` if there is none.
    [[nodiscard]] std::uint32_t first(const Point& point, std::uint32_t from, std::uint32_t end) const;
    /// Positions in [from, end) whose match is not evidently apart from the region; some may come twice, in no order.
    /// The visitor returns false to stop.
    void overlapping(const Region& region, std::uint32_t from, std::uint32_t end,
                     const std::function<bool(std::uint32_t, MatchId)>& visit) const;

private:
    struct Node {
        VariableId variable = 0;
        std::uint32_t dont_care = none;  ///< node
        std::uint32_t tree = none;       ///< root among centers
        std::uint32_t first_entry = 0, entries = 0;
        std::uint32_t lowest = none, highest = 0;  ///< positions
    };
    struct Center {
        base::u128 at = 0;
        std::uint32_t left = none, right = none;
        std::uint32_t here = none;  ///< node: intervals that hold `at`
        std::uint32_t lowest = none, highest = 0;
    };
    struct Spread {
        base::Interval interval;
        Entry entry;
    };
    std::uint32_t build(std::vector<Entry> list, std::uint64_t used);
    std::uint32_t build_tree(std::vector<Spread> list, std::uint64_t used);
    [[nodiscard]] std::optional<VariableId> best_split(const std::vector<Entry>& list, std::uint64_t used);
    [[nodiscard]] const base::IntervalSet* set_of(MatchId m, VariableId v) const;
    void first(std::uint32_t node, const Point& point, std::uint32_t from, std::uint32_t& best) const;
    bool overlapping(std::uint32_t node, const Region& region, std::uint32_t from, std::uint32_t end,
                     const std::function<bool(std::uint32_t, MatchId)>& visit) const;

    const Matches& matches_;
    std::uint64_t allowed_, useful_ = 0;
    std::vector<Node> nodes_;
    std::vector<Center> centers_;
    std::vector<Entry> entries_;
    std::uint32_t root_ = none;
};

}  // namespace egresslint::flow::shadow
