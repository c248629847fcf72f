// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "flow/shadow_values.hpp"

namespace egresslint::flow::shadow {

using base::Interval;
using base::IntervalSet;
using base::u128;

namespace {

constexpr std::size_t much_larger = 8;

/// The first interval that ends at or after the value.
auto from(const IntervalSet& set, u128 value) {
    return std::lower_bound(set.intervals().begin(), set.intervals().end(), value,
                            [](const Interval& i, u128 v) { return i.last < v; });
}

}  // namespace

bool meets(const IntervalSet& a, const IntervalSet& b) {
    if (a.intervals().size() < b.intervals().size()) return meets(b, a);
    if (b.intervals().size() * much_larger > a.intervals().size()) return a.intersects(b);
    return std::any_of(b.intervals().begin(), b.intervals().end(), [&](const Interval& i) {
        const auto at = from(a, i.first);
        return at != a.intervals().end() && at->first <= i.last;
    });
}

bool holds_all(const IntervalSet& set, const IntervalSet& part) {
    if (part.intervals().size() * much_larger > set.intervals().size()) return set.contains_all(part);
    return std::all_of(part.intervals().begin(), part.intervals().end(), [&](const Interval& i) {
        const auto at = from(set, i.first);
        return at != set.intervals().end() && at->first <= i.first && at->last >= i.last;
    });
}

IntervalSet common(const IntervalSet& a, const IntervalSet& b) {
    if (a.intervals().size() < b.intervals().size()) return common(b, a);
    if (b.intervals().size() * much_larger > a.intervals().size()) return a.intersect(b);
    std::vector<Interval> out;
    for (const auto& i : b.intervals())
        for (auto at = from(a, i.first); at != a.intervals().end() && at->first <= i.last; ++at)
            out.push_back({std::max(at->first, i.first), std::min(at->last, i.last)});
    return IntervalSet(std::move(out));
}

RowFinder::RowFinder(const model::Device& device, const model::Relation& relation, base::Family family) {
    // The column with the most values to tell rows apart by: addresses before the rest.
    for (std::size_t c = 0; c < relation.columns.size(); ++c)
        if (model::is_address(relation.columns[c].field) && !model::is_address(relation.columns[column_].field))
            column_ = c;
    for (std::uint32_t r = 0; r < relation.rows.size(); ++r) {
        const auto* set = std::get_if<model::LiteralSet>(&device.sets[relation.rows[r][column_].index()].is);
        if (!set) continue;
        for (const auto& i : set->of(relation.columns[column_].field, family).intervals())
            entries_.push_back({i.first, i.last, 0, r});
    }
    std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.first < b.first; });
    u128 highest = 0;
    for (auto& e : entries_) e.highest_last = highest = std::max(highest, e.last);
}

}  // namespace egresslint::flow::shadow
