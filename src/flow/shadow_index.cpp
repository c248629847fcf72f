// SPDX-License-Identifier: Apache-2.0
#include "flow/shadow_index.hpp"

#include <algorithm>

namespace egresslint::flow::shadow {

using base::IntervalSet;
using base::u128;

namespace {
constexpr std::size_t small_enough = 8;     ///< a list that is simply gone through
constexpr std::size_t most_intervals = 64;  ///< larger sets count as "does not care" and are tested at the end
}  // namespace

Index::Index(const Matches& matches, const std::vector<Entry>& entries, std::uint64_t allowed)
    : matches_(matches), allowed_(allowed) {
    root_ = build(entries, 0);
}

std::uint64_t Index::splits_first() const {
    return root_ == none || nodes_[root_].tree == none ? 0 : std::uint64_t{1} << nodes_[root_].variable;
}

const IntervalSet* Index::set_of(MatchId m, VariableId v) const {
    for (const auto& c : matches_.conditions(m))
        if (c.variable == v) return c.set->intervals().size() <= most_intervals ? c.set : nullptr;
    return nullptr;
}

/// The variable by which a packet of one rule is told apart from most others: rules with a condition, less those that
/// on average hold one place.
std::optional<VariableId> Index::best_split(const std::vector<Entry>& list, std::uint64_t used) {
    struct Tally {
        std::size_t rules = 0;
        std::vector<u128> firsts, lasts;
    };
    std::vector<Tally> tallies(std::min<std::size_t>(matches_.variables().size(), 64));
    // A part of a long list tells enough.
    const std::size_t step = std::max<std::size_t>(1, list.size() / 2048);
    std::size_t seen = 0;
    for (std::size_t i = 0; i < list.size(); i += step, ++seen)
        for (const auto& c : matches_.conditions(list[i].match)) {
            if (c.variable >= tallies.size() || c.set->intervals().size() > most_intervals) continue;
            if (used >> c.variable & 1) continue;
            auto& t = tallies[c.variable];
            ++t.rules;
            for (const auto& x : c.set->intervals()) {
                t.firsts.push_back(x.first);
                t.lasts.push_back(x.last);
            }
        }
    std::optional<VariableId> best;
    std::size_t most = std::max<std::size_t>(2, seen / 16);
    for (VariableId v = 0; v < tallies.size(); ++v) {
        auto& t = tallies[v];
        if (used == 0 && t.rules > seen / 16) useful_ |= std::uint64_t{1} << v;
        if (t.rules <= most || !(allowed_ >> v & 1)) continue;
        std::sort(t.firsts.begin(), t.firsts.end());
        std::sort(t.lasts.begin(), t.lasts.end());
        std::size_t held = 0, places = 0;
        for (std::size_t i = 0; i < t.firsts.size(); i += std::max<std::size_t>(1, t.firsts.size() / 64), ++places) {
            const u128 at = t.firsts[i];
            held +=
                static_cast<std::size_t>((std::upper_bound(t.firsts.begin(), t.firsts.end(), at) - t.firsts.begin()) -
                                         (std::lower_bound(t.lasts.begin(), t.lasts.end(), at) - t.lasts.begin()));
        }
        const std::size_t share = std::min(t.rules, held / places);
        if (const std::size_t score = t.rules - share; score > most) most = score, best = v;
    }
    return best;
}

std::uint32_t Index::build(std::vector<Entry> list, std::uint64_t used) {
    if (list.empty()) return none;
    const auto id = static_cast<std::uint32_t>(nodes_.size());
    nodes_.emplace_back();
    nodes_[id].lowest = list.front().position;
    nodes_[id].highest = list.back().position;
    const auto split = list.size() > small_enough ? best_split(list, used) : std::nullopt;
    if (!split) {
        nodes_[id].first_entry = static_cast<std::uint32_t>(entries_.size());
        nodes_[id].entries = static_cast<std::uint32_t>(list.size());
        entries_.insert(entries_.end(), list.begin(), list.end());
        return id;
    }
    std::vector<Entry> dont_care;
    std::vector<Spread> spread;
    for (const auto& e : list) {
        const IntervalSet* set = set_of(e.match, *split);
        if (!set)
            dont_care.push_back(e);
        else
            for (const auto& i : set->intervals()) spread.push_back({i, e});
    }
    list = {};
    used |= std::uint64_t{1} << *split;
    const auto rest = build(std::move(dont_care), used);
    const auto tree = build_tree(std::move(spread), used);
    nodes_[id].variable = *split;
    nodes_[id].dont_care = rest;
    nodes_[id].tree = tree;
    return id;
}

/// Lists keep the order of positions throughout.
std::uint32_t Index::build_tree(std::vector<Spread> list, std::uint64_t used) {
    if (list.empty()) return none;
    std::vector<u128> ends;
    ends.reserve(list.size());
    for (const auto& s : list) ends.push_back(s.interval.first);
    const auto middle = ends.begin() + static_cast<std::ptrdiff_t>(ends.size() / 2);
    std::nth_element(ends.begin(), middle, ends.end());
    const u128 at = *middle;
    ends = {};
    std::vector<Spread> left, right;
    std::vector<Entry> here;
    const auto id = static_cast<std::uint32_t>(centers_.size());
    centers_.emplace_back();
    centers_[id].at = at;
    centers_[id].lowest = list.front().entry.position;
    centers_[id].highest = list.back().entry.position;
    for (const auto& s : list) {
        if (s.interval.last < at)
            left.push_back(s);
        else if (s.interval.first > at)
            right.push_back(s);
        else
            here.push_back(s.entry);
    }
    list = {};
    const auto l = build_tree(std::move(left), used), r = build_tree(std::move(right), used);
    const auto h = build(std::move(here), used);
    centers_[id].left = l;
    centers_[id].right = r;
    centers_[id].here = h;
    return id;
}

std::uint32_t Index::first(const Point& point, std::uint32_t from, std::uint32_t end) const {
    std::uint32_t best = end;
    first(root_, point, from, best);
    return best == end ? none : best;
}

void Index::first(std::uint32_t id, const Point& point, std::uint32_t from, std::uint32_t& best) const {
    if (id == none) return;
    const Node& n = nodes_[id];
    if (n.lowest >= best || n.highest < from) return;
    for (std::uint32_t i = n.first_entry; i < n.first_entry + n.entries; ++i) {
        const Entry& e = entries_[i];
        if (e.position < from) continue;
        if (e.position >= best) break;
        if (matches_.test(e.match, point) == Truth::never) continue;
        best = e.position;
        break;
    }
    first(n.dont_care, point, from, best);
    for (std::uint32_t at = n.tree; at != none;) {
        const Center& c = centers_[at];
        if (c.lowest >= best || c.highest < from) break;
        first(c.here, point, from, best);
        const u128 value = point.values[n.variable];
        if (value == c.at) break;
        at = value < c.at ? c.left : c.right;
    }
}

void Index::overlapping(const Region& region, std::uint32_t from, std::uint32_t end,
                        const std::function<bool(std::uint32_t, MatchId)>& visit) const {
    overlapping(root_, region, from, end, visit);
}

bool Index::overlapping(std::uint32_t id, const Region& region, std::uint32_t from, std::uint32_t end,
                        const std::function<bool(std::uint32_t, MatchId)>& visit) const {
    if (id == none) return true;
    const Node& n = nodes_[id];
    if (n.lowest >= end || n.highest < from) return true;
    for (std::uint32_t i = n.first_entry; i < n.first_entry + n.entries; ++i) {
        const Entry& e = entries_[i];
        if (e.position < from) continue;
        if (e.position >= end) break;
        if (!matches_.apart(e.match, region) && !visit(e.position, e.match)) return false;
    }
    if (!overlapping(n.dont_care, region, from, end, visit)) return false;
    if (n.tree == none) return true;
    const IntervalSet* wanted = region.find(n.variable);
    const u128 low = wanted ? wanted->intervals().front().first : 0;
    const u128 high = wanted ? wanted->intervals().back().last : ~u128{0};
    std::vector<std::uint32_t> open{n.tree};
    while (!open.empty()) {
        const Center& c = centers_[open.back()];
        open.pop_back();
        if (c.lowest >= end || c.highest < from) continue;
        if (!overlapping(c.here, region, from, end, visit)) return false;
        if (c.left != none && low < c.at) open.push_back(c.left);
        if (c.right != none && high > c.at) open.push_back(c.right);
    }
    return true;
}

}  // namespace egresslint::flow::shadow
