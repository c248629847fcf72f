// SPDX-License-Identifier: Apache-2.0
// Building: greedily. For the boxes at hand, each dimension proposes a cut (the boxes that are narrow in it, their
// edges, how many boxes a cell then holds on average as seen by a box); the best proposal becomes a part, what it left
// out is asked again. Budgets on copies and on work make the worst case a longer list, never a large table.
#include "flow/rule_index.hpp"

#include <algorithm>
#include <iterator>
#include <map>

namespace egresslint::flow {

using base::u128;

class RuleIndexBuilder {
public:
    RuleIndexBuilder(RuleIndex& index, const std::vector<Box>& boxes, const CutLimits& limits)
        : index_(index),
          boxes_(boxes),
          limits_(limits),
          entries_left_(boxes.size() * 24 + 4096),
          work_left_(boxes.size() * 400 + 100000) {
        std::uint32_t dimensions = 0;
        for (const Box& box : boxes)
            for (const Bound& bound : box.bounds)
                dimensions = std::max<std::uint32_t>(dimensions, bound.dimension + 1u);
        used_.resize(dimensions);
    }

    void run() {
        List list;
        for (std::uint32_t i = 0; i < boxes_.size(); ++i) index_.positions_.push_back(i);
        for (std::uint32_t i = 0; i < boxes_.size(); ++i)
            if (!boxes_[i].never) list.push_back(i);
        index_.root_ = build(list, 0);
    }

private:
    using List = std::vector<std::uint32_t>;
    using Ref = RuleIndex::Ref;

    static constexpr unsigned max_depth = 4;

    struct Proposal {
        std::uint32_t dimension = 0;
        double gain = 0;  ///< boxes that a point is spared
        List chosen;
    };

    const Bound* bound(std::uint32_t box, std::uint32_t dimension) const {
        for (const Bound& b : boxes_[box].bounds)
            if (b.dimension == dimension) return &b;
        return nullptr;
    }

    u128 top(std::uint32_t dimension) const {
        return index_.wide_ && dimension < wide_dimensions ? ~u128{0} : u128{0xffffffffu};
    }

    /// Where intervals begin, and where the values behind them begin; sorted. 0 is not among them: a cell begins there
    /// anyway.
    std::vector<u128> edges(const List& list, std::uint32_t dimension) const {
        std::vector<u128> out;
        for (const std::uint32_t box : list)
            if (const Bound* b = bound(box, dimension))
                for (const auto& i : b->values.intervals()) {
                    if (i.first != 0) out.push_back(i.first);
                    if (i.last < top(dimension)) out.push_back(i.last + 1);
                }
        std::sort(out.begin(), out.end());
        out.erase(std::unique(out.begin(), out.end()), out.end());
        return out;
    }

    /// Calls visit(first cell, last cell) for each interval of the box.
    template <class Visit>
    void cells(const std::vector<u128>& keys, const Bound& b, std::uint32_t dimension, const Visit& visit) const {
        const auto cell = [&](u128 v) {
            return static_cast<std::size_t>(std::upper_bound(keys.begin(), keys.end(), v) - keys.begin());
        };
        for (const auto& i : b.values.intervals()) visit(cell(i.first), cell(std::min(i.last, top(dimension))));
    }

    Proposal propose(const List& list, std::uint32_t dimension) {
        Proposal out;
        out.dimension = dimension;
        const auto keys = edges(list, dimension);
        if (keys.empty()) return out;
        std::vector<std::pair<std::size_t, std::uint32_t>> by_copies;
        for (const std::uint32_t box : list)
            if (const Bound* b = bound(box, dimension)) {
                std::size_t copies = 0;
                cells(keys, *b, dimension, [&](std::size_t a, std::size_t z) { copies += z - a + 1; });
                by_copies.emplace_back(copies, box);
            }
        std::sort(by_copies.begin(), by_copies.end());
        std::vector<std::int32_t> steps(keys.size() + 2);
        std::size_t sum = 0;
        const std::size_t budget = list.size() * 4 + 64;
        for (const auto& [copies, box] : by_copies) {
            if (sum + copies > budget) break;
            sum += copies;
            out.chosen.push_back(box);
            cells(keys, *bound(box, dimension), dimension,
                  [&](std::size_t a, std::size_t z) { ++steps[a], --steps[z + 1]; });
        }
        double squares = 0;
        std::int32_t length = 0;
        for (const std::int32_t step : steps) {
            length += step;
            squares += static_cast<double>(length) * length;
        }
        if (sum) out.gain = static_cast<double>(out.chosen.size()) - squares / static_cast<double>(sum);
        std::sort(out.chosen.begin(), out.chosen.end());
        return out;
    }

    Ref leaf(const List& list) {
        if (list.empty()) return {};
        if (list.size() == 1) return {list.front(), 1};
        const Ref out{static_cast<std::uint32_t>(index_.positions_.size()), static_cast<std::uint32_t>(list.size())};
        index_.positions_.insert(index_.positions_.end(), list.begin(), list.end());
        entries_left_ -= std::min(entries_left_, list.size());
        return out;
    }

    Ref node(RuleIndex::Node node) {
        index_.nodes_.push_back(node);
        return {static_cast<std::uint32_t>(index_.nodes_.size() - 1), RuleIndex::inner};
    }

    Ref build(List list, unsigned depth) {
        if (list.size() <= limits_.short_list || depth == max_depth || entries_left_ < list.size() * 4)
            return leaf(list);
        std::vector<Ref> parts;
        const std::size_t max_parts = depth == 0 ? 6 : 2;
        while (list.size() > limits_.short_list && parts.size() < max_parts) {
            Proposal best;
            for (std::uint32_t d = 0; d < used_.size(); ++d) {
                if (used_[d] || work_left_ < list.size()) continue;
                work_left_ -= list.size();
                Proposal p = propose(list, d);
                if (p.gain > best.gain) best = std::move(p);
            }
            // A part costs a search; it must spare the point a few boxes.
            if (best.chosen.empty() || best.gain < limits_.least_gain ||
                best.gain < limits_.least_share * static_cast<double>(list.size()))
                break;
            parts.push_back(cut(best, depth));
            List rest;
            std::set_difference(list.begin(), list.end(), best.chosen.begin(), best.chosen.end(),
                                std::back_inserter(rest));
            list = std::move(rest);
        }
        if (!list.empty()) parts.push_back(leaf(list));
        if (parts.size() == 1) return parts.front();
        const auto refs = static_cast<std::uint32_t>(index_.refs_.size());
        index_.refs_.insert(index_.refs_.end(), parts.begin(), parts.end());
        return node({RuleIndex::several, static_cast<std::uint32_t>(parts.size()), 0, refs});
    }

    Ref cut(const Proposal& p, unsigned depth) {
        const auto keys = edges(p.chosen, p.dimension);
        // Boxes of each cell, in ascending order because the boxes are visited so.
        std::vector<std::uint32_t> begin(keys.size() + 2);
        for (const std::uint32_t box : p.chosen)
            cells(keys, *bound(box, p.dimension), p.dimension, [&](std::size_t a, std::size_t z) {
                for (std::size_t c = a; c <= z; ++c) ++begin[c + 1];
            });
        for (std::size_t c = 1; c < begin.size(); ++c) begin[c] += begin[c - 1];
        std::vector<std::uint32_t> filled(begin.begin(), begin.end() - 1), members(begin.back());
        for (const std::uint32_t box : p.chosen)
            cells(keys, *bound(box, p.dimension), p.dimension, [&](std::size_t a, std::size_t z) {
                for (std::size_t c = a; c <= z; ++c) members[filled[c]++] = box;
            });

        used_[p.dimension] = true;
        std::vector<Ref> refs;
        refs.reserve(keys.size() + 1);
        std::map<List, Ref> built;  // the cells between networks hold the same few boxes
        for (std::size_t c = 0; c <= keys.size(); ++c) {
            List list(members.begin() + begin[c], members.begin() + begin[c + 1]);
            if (list.size() <= limits_.short_list) {
                refs.push_back(leaf(list));
                continue;
            }
            const auto known = built.find(list);
            if (known != built.end()) {
                refs.push_back(known->second);
                continue;
            }
            refs.push_back(build(list, depth + 1));
            built.emplace(std::move(list), refs.back());
        }
        used_[p.dimension] = false;

        if (p.dimension < 32) index_.reads_ |= 1u << p.dimension;
        RuleIndex::Node n{p.dimension, static_cast<std::uint32_t>(keys.size()), 0,
                          static_cast<std::uint32_t>(index_.refs_.size())};
        index_.refs_.insert(index_.refs_.end(), refs.begin(), refs.end());
        if (index_.wide_ && p.dimension < wide_dimensions) {
            n.keys = static_cast<std::uint32_t>(index_.wide_keys_.size());
            index_.wide_keys_.insert(index_.wide_keys_.end(), keys.begin(), keys.end());
        } else {
            n.keys = static_cast<std::uint32_t>(index_.keys_.size());
            for (const u128 key : keys) index_.keys_.push_back(static_cast<std::uint32_t>(key));
        }
        return node(n);
    }

    RuleIndex& index_;
    const std::vector<Box>& boxes_;
    CutLimits limits_;
    std::size_t entries_left_;
    std::size_t work_left_;
    std::vector<bool> used_;
};

RuleIndex::RuleIndex(const std::vector<Box>& boxes, bool wide, const CutLimits& limits)
    : boxes_(static_cast<std::uint32_t>(boxes.size())), wide_(wide) {
    RuleIndexBuilder(*this, boxes, limits).run();
    positions_.shrink_to_fit();
    keys_.shrink_to_fit();
    wide_keys_.shrink_to_fit();
    refs_.shrink_to_fit();
    nodes_.shrink_to_fit();
}

void RuleIndex::look(const Point& point, std::uint32_t from, std::vector<Candidates>& out) const {
    look(&root_, point, from, out);
}

void RuleIndex::all(std::uint32_t from, std::vector<Candidates>& out) const {
    if (from < boxes_) out.push_back({positions_.data() + from, positions_.data() + boxes_});
}

void RuleIndex::look(const Ref* ref, const Point& point, std::uint32_t from, std::vector<Candidates>& out) const {
    while (ref->count == inner) {
        const Node& n = nodes_[ref->first];
        const Ref* refs = refs_.data() + n.refs;
        if (n.dimension == several) {
            for (std::uint32_t i = 1; i < n.count; ++i) look(refs + i, point, from, out);
            ref = refs;
        } else if (wide_ && n.dimension < wide_dimensions) {
            ref = refs + keys_up_to(wide_keys_.data() + n.keys, n.count, point.wide[n.dimension]);
        } else {
            ref = refs + keys_up_to(keys_.data() + n.keys, n.count, point.value[n.dimension]);
        }
    }
    if (ref->count == 0) return;
    const std::uint32_t* at = ref->count == 1 ? &ref->first : positions_.data() + ref->first;
    Candidates list{at, at + ref->count};
    if (from != 0) list.at = std::lower_bound(list.at, list.end, from);
    if (list.at != list.end) out.push_back(list);
}

std::size_t RuleIndex::bytes() const {
    return positions_.capacity() * sizeof(std::uint32_t) + keys_.capacity() * sizeof(std::uint32_t) +
           wide_keys_.capacity() * sizeof(u128) + refs_.capacity() * sizeof(Ref) + nodes_.capacity() * sizeof(Node);
}

}  // namespace egresslint::flow
