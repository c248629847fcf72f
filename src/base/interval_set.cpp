// SPDX-License-Identifier: Apache-2.0
// Every binary operation is one linear merge over two sorted lists; results are normalised by construction.
#include "base/interval_set.hpp"

#include <algorithm>

namespace egresslint::base {
namespace {

constexpr u128 all_ones = ~u128{0};

void append_merged(std::vector<Interval>& out, const Interval& next) {
    if (!out.empty() && (out.back().last == all_ones || next.first <= out.back().last + 1))
        out.back().last = std::max(out.back().last, next.last);
    else
        out.push_back(next);
}

std::vector<Interval> normalised(std::vector<Interval> intervals) {
    const auto by_first = [](const Interval& a, const Interval& b) { return a.first < b.first; };
    std::erase_if(intervals, [](const Interval& i) { return i.first > i.last; });
    if (!std::is_sorted(intervals.begin(), intervals.end(), by_first))
        std::sort(intervals.begin(), intervals.end(), by_first);
    std::vector<Interval> out;
    out.reserve(intervals.size());
    for (const auto& i : intervals) append_merged(out, i);
    return out;
}

/// Splits a closed range into the fewest prefixes, in order.
template <class Visit>
void each_prefix(Interval range, Family family, const Visit& visit) {
    const unsigned bits = address_bits(family);
    u128 first = range.first;
    for (;;) {
        unsigned host = 0;
        while (host < bits && (first & low_mask(host + 1)) == 0 && (first | low_mask(host + 1)) <= range.last) ++host;
        visit(make_prefix(Address{family, first}, bits - host));
        const u128 last = first | low_mask(host);
        if (last >= range.last) return;
        first = last + 1;
    }
}

bool is_prefix(const Interval& range) {
    const u128 size = range.last - range.first;
    return (size & (size + 1)) == 0 && (range.first & size) == 0;
}

template <class Item>
std::string join(const std::vector<Interval>& intervals, std::size_t limit, const Item& item) {
    std::string out;
    for (std::size_t i = 0; i < intervals.size(); ++i) {
        if (i == limit) {
            out += " and " + std::to_string(intervals.size() - limit) + " more";
            break;
        }
        if (i) out += ", ";
        out += item(intervals[i]);
    }
    return out;
}

}  // namespace

IntervalSet::IntervalSet(std::initializer_list<Interval> intervals) {
    if (intervals.size() == 1) {
        if (intervals.begin()->first <= intervals.begin()->last) intervals_.assign(intervals);
    } else {
        intervals_ = normalised(intervals);
    }
}

IntervalSet::IntervalSet(std::vector<Interval> intervals) : intervals_(normalised(std::move(intervals))) {}

bool IntervalSet::contains(u128 value) const {
    const auto it = std::upper_bound(intervals_.begin(), intervals_.end(), value,
                                     [](u128 v, const Interval& i) { return v < i.first; });
    return it != intervals_.begin() && std::prev(it)->last >= value;
}

bool IntervalSet::contains_all(const IntervalSet& other) const {
    auto mine = intervals_.begin();
    for (const auto& i : other.intervals_) {
        while (mine != intervals_.end() && mine->last < i.first) ++mine;
        if (mine == intervals_.end() || mine->first > i.first || mine->last < i.last) return false;
    }
    return true;
}

bool IntervalSet::intersects(const IntervalSet& other) const {
    auto a = intervals_.begin();
    auto b = other.intervals_.begin();
    while (a != intervals_.end() && b != other.intervals_.end()) {
        if (a->last < b->first)
            ++a;
        else if (b->last < a->first)
            ++b;
        else
            return true;
    }
    return false;
}

std::optional<u128> IntervalSet::single_value() const {
    if (intervals_.size() == 1 && intervals_.front().first == intervals_.front().last) return intervals_.front().first;
    return std::nullopt;
}

bool IntervalSet::is_full(unsigned bits) const {
    return intervals_.size() == 1 && intervals_.front() == Interval{0, low_mask(bits)};
}

u128 IntervalSet::size() const {
    u128 total = 0;
    for (const auto& i : intervals_) {
        const u128 width = i.last - i.first;
        if (width == all_ones || total > all_ones - width - 1) return all_ones;
        total += width + 1;
    }
    return total;
}

std::optional<u128> IntervalSet::lowest() const {
    if (intervals_.empty()) return std::nullopt;
    return intervals_.front().first;
}

IntervalSet IntervalSet::unite(const IntervalSet& other) const {
    if (empty()) return other;
    if (other.empty()) return *this;
    IntervalSet out;
    out.intervals_.reserve(intervals_.size() + other.intervals_.size());
    auto a = intervals_.begin();
    auto b = other.intervals_.begin();
    while (a != intervals_.end() || b != other.intervals_.end()) {
        const bool take_a = b == other.intervals_.end() || (a != intervals_.end() && a->first <= b->first);
        append_merged(out.intervals_, take_a ? *a++ : *b++);
    }
    return out;
}

IntervalSet IntervalSet::intersect(const IntervalSet& other) const {
    IntervalSet out;
    auto a = intervals_.begin();
    auto b = other.intervals_.begin();
    while (a != intervals_.end() && b != other.intervals_.end()) {
        const u128 first = std::max(a->first, b->first);
        const u128 last = std::min(a->last, b->last);
        if (first <= last) out.intervals_.push_back({first, last});
        if (a->last < b->last)
            ++a;
        else
            ++b;
    }
    return out;
}

IntervalSet IntervalSet::minus(const IntervalSet& other) const {
    IntervalSet out;
    auto b = other.intervals_.begin();
    for (auto rest : intervals_) {
        while (b != other.intervals_.end() && b->last < rest.first) ++b;
        bool consumed = false;
        for (auto cut = b; cut != other.intervals_.end() && cut->first <= rest.last; ++cut) {
            if (cut->first > rest.first) out.intervals_.push_back({rest.first, cut->first - 1});
            if (cut->last >= rest.last) {
                consumed = true;
                break;
            }
            rest.first = cut->last + 1;
            b = cut;
        }
        if (!consumed) out.intervals_.push_back(rest);
    }
    return out;
}

IntervalSet IntervalSet::complement(unsigned bits) const { return full(bits).minus(*this); }

IntervalSet IntervalSet::shifted(u128 delta, unsigned bits) const {
    const u128 mask = low_mask(bits);
    std::vector<Interval> out;
    out.reserve(intervals_.size() + 1);
    for (const auto& i : intervals_) {
        const u128 first = (i.first + delta) & mask;
        const u128 last = (i.last + delta) & mask;
        if (i.last - i.first == mask) {
            out.push_back({0, mask});
        } else if (first <= last) {
            out.push_back({first, last});
        } else {
            out.push_back({first, mask});
            out.push_back({0, last});
        }
    }
    return IntervalSet(std::move(out));
}

std::size_t IntervalSet::hash(std::span<const Interval> intervals) {
    std::size_t seed = intervals.size();
    // Multiplying in between keeps the two ends of a single value from cancelling out.
    const auto mix = [&seed](u128 v) {
        seed = (seed ^ static_cast<std::size_t>(v)) * 0x9e3779b97f4a7c15ull;
        seed ^= seed >> 29;
        seed = (seed ^ static_cast<std::size_t>(v >> 64)) * 0xff51afd7ed558ccdull;
        seed ^= seed >> 32;
    };
    for (const auto& i : intervals) {
        mix(i.first);
        mix(i.last);
    }
    return seed;
}

std::vector<Prefix> to_prefixes(const IntervalSet& set, Family family) {
    std::vector<Prefix> out;
    for (const auto& i : set.intervals()) each_prefix(i, family, [&](const Prefix& p) { out.push_back(p); });
    return out;
}

std::string addresses_to_string(const IntervalSet& set, Family family, std::size_t limit) {
    return join(set.intervals(), limit, [family](const Interval& i) {
        if (i.first == i.last) return to_string(Address{family, i.first});
        if (is_prefix(i)) {
            unsigned host = 0;
            for (u128 width = i.last - i.first; width; width >>= 1) ++host;
            return to_string(make_prefix(Address{family, i.first}, address_bits(family) - host));
        }
        return to_string(Address{family, i.first}) + "-" + to_string(Address{family, i.last});
    });
}

std::string numbers_to_string(const IntervalSet& set, std::size_t limit) {
    return join(set.intervals(), limit, [](const Interval& i) {
        return i.first == i.last ? to_decimal(i.first) : to_decimal(i.first) + "-" + to_decimal(i.last);
    });
}

}  // namespace egresslint::base
