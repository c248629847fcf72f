// SPDX-License-Identifier: Apache-2.0
// Operations on interval sets where one is usually small and the other may be a list of a hundred thousand addresses,
// and the rows of a relation by the value of a column.
#pragma once

#include <algorithm>
#include <vector>

#include "model/device.hpp"

namespace egresslint::flow::shadow {

/// As IntervalSet::intersects, contains_all and intersect, in the size of the smaller set times a logarithm.
[[nodiscard]] bool meets(const base::IntervalSet& a, const base::IntervalSet& b);
[[nodiscard]] bool holds_all(const base::IntervalSet& set, const base::IntervalSet& part);
[[nodiscard]] base::IntervalSet common(const base::IntervalSet& a, const base::IntervalSet& b);

/// The rows of a relation that hold a value in one column.
class RowFinder {
public:
    RowFinder(const model::Device& device, const model::Relation& relation, base::Family family);
    [[nodiscard]] std::size_t column() const { return column_; }
    /// Visits candidates until the visitor returns true; says whether it did.
    template <class F>
    bool any(base::u128 value, const F& visit) const {
        auto at = static_cast<std::size_t>(std::upper_bound(entries_.begin(), entries_.end(), value,
                                                            [](base::u128 v, const Entry& e) { return v < e.first; }) -
                                           entries_.begin());
        for (; at-- > 0 && entries_[at].highest_last >= value;)
            if (entries_[at].last >= value && visit(entries_[at].row)) return true;
        return false;
    }

private:
    struct Entry {
        base::u128 first, last;
        base::u128 highest_last;  ///< of this one and all before it
        std::uint32_t row;
    };
    std::size_t column_ = 0;
    std::vector<Entry> entries_;
};

}  // namespace egresslint::flow::shadow
