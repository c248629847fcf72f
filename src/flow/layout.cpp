// SPDX-License-Identifier: Apache-2.0
#include "flow/layout.hpp"

#include <algorithm>
#include <map>

namespace egresslint::flow {

using base::Family;
using base::Interval;
using base::IntervalSet;
using base::u128;
using model::Field;

Layout::Layout(const model::Device& device, Family family, const Reach& reach) : family_(family) {
    rewritable_ = reach.rewritable;
    predicates_.assign(device.predicates.size(), -1);
    choices_.assign(device.choices.size(), -1);

    std::vector<Field> order{Field::src,   Field::dst,       Field::proto,     Field::sport,    Field::dport,
                             Field::in_if, Field::icmp_type, Field::icmp_code, Field::tcp_flags};
    if (reach.interface_dispatch >= 2 && reach.interface_dispatch > reach.address_dispatch) {
        order.erase(std::find(order.begin(), order.end(), Field::in_if));
        order.insert(order.begin(), Field::in_if);
    }
    for (const Field field : order) {
        fields_[static_cast<std::size_t>(field)] = static_cast<BlockId>(blocks_.size());
        add(Block::Kind::field, static_cast<std::uint32_t>(field),
            field == Field::in_if ? 32u : model::field_bits(field, family));
        for (std::uint32_t p = 0; p < device.predicates.size(); ++p) {
            // What correlates with metadata or the family sits beside the protocol.
            const Field beside =
                model::is_header(device.predicates[p].beside) ? device.predicates[p].beside : Field::proto;
            if (!reach.predicates[p] || beside != field) continue;
            predicates_[p] = static_cast<std::int32_t>(blocks_.size());
            add(Block::Kind::predicate, p, 16);
            predicate_values_.back() = std::max<std::uint32_t>(device.predicates[p].choices, 2) - 1;
        }
        for (std::uint32_t c = 0; c < device.choices.size(); ++c) {
            if (!reach.choices[c] || device.choices[c].field != field) continue;
            choices_[c] = static_cast<std::int32_t>(blocks_.size());
            add(Block::Kind::choice, c, model::field_bits(field, family));
        }
    }
}

void Layout::add(Block::Kind kind, std::uint32_t id, std::uint32_t bits) {
    const Block b{kind, id, static_cast<std::uint32_t>(owner_.size()), bits == 128 ? 4u : 1u, bits};
    for (std::uint32_t i = 0; i < b.count; ++i) owner_.push_back(static_cast<BlockId>(blocks_.size()));
    blocks_.push_back(b);
    predicate_values_.push_back(0);
}

std::vector<std::uint32_t> Layout::maxima() const {
    std::vector<std::uint32_t> out;
    for (std::size_t i = 0; i < blocks_.size(); ++i)
        for (std::uint32_t k = 0; k < blocks_[i].count; ++k)
            out.push_back(blocks_[i].kind == Block::Kind::predicate
                              ? predicate_values_[i]
                              : static_cast<std::uint32_t>(base::low_mask(std::min(blocks_[i].bits, 32u))));
    return out;
}

// -- cubes ----------------------------------------------------------------------------------------------------------

namespace {

/// Diagram of a set of `32 * (levels)`-bit values over consecutive levels, most significant word first.
NodeId words(Space& space, std::uint32_t level, std::uint32_t levels_left, std::span<const Interval> values,
             NodeId inside) {
    const std::uint32_t maximum = space.maximum(level);
    std::vector<Space::Edge> edges;
    u128 next = 0;  // first word without an edge
    auto cover = [&](u128 first, u128 last, NodeId child) {
        if (first > next) edges.push_back({static_cast<std::uint32_t>(first - 1), nowhere});
        edges.push_back({static_cast<std::uint32_t>(last), child});
        next = last + 1;
    };
    if (levels_left == 1) {
        for (const auto& v : values) {
            if (v.first > maximum) break;
            cover(v.first, std::min<u128>(v.last, maximum), inside);
        }
    } else {
        const unsigned shift = 32 * (levels_left - 1);
        const u128 mask = base::low_mask(shift);
        std::vector<Interval> partial;  // what is known of the word `at`
        u128 at = 0;
        auto flush = [&] {
            if (partial.empty()) return;
            cover(at, at, words(space, level + 1, levels_left - 1, partial, inside));
            partial.clear();
        };
        auto part = [&](u128 word, u128 first, u128 last) {
            if (!partial.empty() && at != word) flush();
            at = word;
            partial.push_back({first, last});
        };
        for (const auto& v : values) {
            u128 low = v.first >> shift;
            u128 high = v.last >> shift;
            if (low == high) {
                part(low, v.first & mask, v.last & mask);
                continue;
            }
            if ((v.first & mask) != 0) part(low++, v.first & mask, mask);
            const bool tail = (v.last & mask) != mask;
            if (tail) --high;
            if (low <= high && high + 1 != 0) {
                flush();
                cover(low, high, inside);
            }
            if (tail) part(high + 1, 0, v.last & mask);
        }
        flush();
    }
    if (next <= maximum) edges.push_back({maximum, nowhere});
    return space.make(level, edges);
}

}  // namespace

NodeId make_cube(Space& space, std::span<const Block> blocks, std::span<const Constraint> constraints) {
    std::vector<Constraint> sorted(constraints.begin(), constraints.end());
    std::sort(sorted.begin(), sorted.end(),
              [&](const auto& a, const auto& b) { return blocks[a.block].first > blocks[b.block].first; });
    NodeId at = everywhere;
    for (const auto& c : sorted) {
        if (c.values->empty()) return nowhere;
        const Block& b = blocks[c.block];
        at = words(space, b.first, b.count, c.values->intervals(), at);
        if (at == nowhere) return at;
    }
    return at;
}

NodeId make_cube(Space& space, const Layout& layout, std::span<const Constraint> constraints) {
    return make_cube(space, layout.blocks(), constraints);
}

// -- reading diagrams back ------------------------------------------------------------------------------------------

namespace {

/// Values of the words from `level` to `end` for which the diagram is not 0, as sorted intervals.
class Projection {
public:
    Projection(const Space& space, std::uint32_t end) : space_(space), end_(end) {}

    const std::vector<Interval>& of(NodeId id, std::uint32_t level) {
        auto [it, fresh] = done_.try_emplace({id, level});
        if (!fresh) return it->second;
        std::vector<Interval> out;
        const unsigned shift = 32 * (end_ - level - 1);
        auto add = [&](u128 first, u128 last) {
            if (!out.empty() && out.back().last + 1 == first)
                out.back().last = last;
            else
                out.push_back({first, last});
        };
        if (id == nowhere) {
        } else if (space_.level(id) >= end_) {
            add(0, level == end_ ? 0 : (static_cast<u128>(space_.maximum(level)) << shift) | base::low_mask(shift));
        } else if (space_.level(id) > level) {
            // A word that is not tested, above words that are: too many intervals in general, so the words below are
            // taken as they are for the whole word range only when they are full; else over each word (rare: only
            // sets that are not made of prefixes and ranges).
            const auto below = of(id, level + 1);
            const u128 top = space_.maximum(level);
            for (u128 w = 0; w <= top && w < 4096; ++w)
                for (const auto& b : below) add((w << shift) | b.first, (w << shift) | b.last);
            if (top >= 4096) {
                out.clear();
                add(0, (top << shift) | base::low_mask(shift));
            }
        } else {
            u128 first = 0;
            for (std::uint32_t k = 0; k < space_.size(id); ++k) {
                const auto e = space_.edge(id, k);
                if (e.child != nowhere) {
                    const auto& below = of_child(e.child, level + 1);
                    const bool full =
                        below.size() == 1 && below[0].first == 0 && below[0].last == base::low_mask(shift);
                    if (full)
                        add(first << shift, (static_cast<u128>(e.last) << shift) | base::low_mask(shift));
                    else if (e.last - first < 4096)
                        for (u128 w = first; w <= e.last; ++w)
                            for (const auto& b : below) add((w << shift) | b.first, (w << shift) | b.last);
                    else  // over-approximated; see above
                        add(first << shift, (static_cast<u128>(e.last) << shift) | base::low_mask(shift));
                }
                first = static_cast<u128>(e.last) + 1;
            }
        }
        return done_[{id, level}] = std::move(out);
    }

private:
    const std::vector<Interval>& of_child(NodeId id, std::uint32_t level) {
        if (level == end_) return point_;
        return of(id, level);
    }
    const Space& space_;
    std::uint32_t end_;
    std::vector<Interval> point_{{0, 0}};
    std::map<std::pair<NodeId, std::uint32_t>, std::vector<Interval>> done_;
};

}  // namespace

IntervalSet project(const Space& space, const Layout& layout, NodeId set, BlockId block) {
    const Block& b = layout.blocks()[block];
    const std::uint32_t end = b.first + b.count;
    const auto nodes = space.frontier(set, b.first);
    std::vector<Interval> out;
    Projection projection(space, end);
    for (const NodeId id : nodes) {
        const auto& part = projection.of(id, b.first);
        out.insert(out.end(), part.begin(), part.end());
        if (space.level(id) >= end) return IntervalSet(part);
    }
    return IntervalSet(std::move(out));
}

std::optional<std::vector<std::pair<IntervalSet, NodeId>>> split(const Space& space, const Layout& layout, NodeId set,
                                                                 BlockId block, std::size_t limit) {
    const Block& b = layout.blocks()[block];
    const std::uint32_t end = b.first + b.count;
    std::vector<std::pair<NodeId, std::vector<Interval>>> found;
    std::map<NodeId, std::size_t> place;
    std::size_t intervals = 0;
    bool fits = true;
    auto emit = [&](NodeId id, u128 first, u128 last) {
        if (++intervals > limit) fits = false;
        if (!fits) return;
        auto [it, fresh] = place.try_emplace(id, found.size());
        if (fresh) found.emplace_back(id, std::vector<Interval>{});
        found[it->second].second.push_back({first, last});
    };
    auto visit = [&](auto&& self, NodeId id, std::uint32_t level, u128 prefix) -> void {
        if (id == nowhere || !fits) return;
        const unsigned shift = 32 * (end - level - 1);
        const u128 rest = base::low_mask(shift);
        const u128 top = space.maximum(level);
        if (space.level(id) >= end) return emit(id, prefix, prefix | (top << shift) | rest);
        u128 first = 0;
        const bool here = space.level(id) == level;
        const std::uint32_t count = here ? space.size(id) : 1;
        for (std::uint32_t k = 0; k < count && fits; ++k) {
            const Space::Edge e = here ? space.edge(id, k) : Space::Edge{static_cast<std::uint32_t>(top), id};
            if (e.child != nowhere) {
                if (space.level(e.child) >= end)
                    emit(e.child, prefix | (first << shift), prefix | (static_cast<u128>(e.last) << shift) | rest);
                else
                    for (u128 w = first; w <= e.last && fits; ++w)
                        self(self, e.child, level + 1, prefix | (w << shift));
            }
            first = static_cast<u128>(e.last) + 1;
        }
    };
    visit(visit, set, b.first, 0);
    if (!fits) return std::nullopt;
    std::vector<std::pair<IntervalSet, NodeId>> out;
    for (auto& [id, list] : found) out.emplace_back(IntervalSet(std::move(list)), id);
    return out;
}

// -- choices --------------------------------------------------------------------------------------------------------

IntervalSet widen(const IntervalSet& wanted, const IntervalSet& candidates, unsigned bits) {
    const auto& c = candidates.intervals();
    std::vector<Interval> out;
    const IntervalSet inside = wanted.intersect(candidates);
    std::size_t k = 0;
    for (auto piece : inside.intervals()) {
        while (c[k].last < piece.first) ++k;
        if (piece.last == c[k].last) piece.last = k + 1 < c.size() ? c[k + 1].first - 1 : base::low_mask(bits);
        if (k == 0 && piece.first == c[0].first) piece.first = 0;
        out.push_back(piece);
    }
    return IntervalSet(std::move(out));
}

u128 clamp(u128 value, const IntervalSet& candidates) {
    const auto& c = candidates.intervals();
    if (c.empty()) return value;
    u128 best = c.front().first;
    for (const auto& i : c) {
        if (value < i.first) break;
        best = std::min(value, i.last);
    }
    return best;
}

}  // namespace egresslint::flow
