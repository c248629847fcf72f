// SPDX-License-Identifier: Apache-2.0
// The diagram kernel: hash-consed multi-terminal interval decision diagrams.
//
// A diagram is a function from header values to a small number (its *terminal*). Values are cut into levels of at most
// 32 bits, tested in a fixed order. A node tests one level: its edges split 0..maximum of that level into intervals,
// each with an upper bound and a child; neighbours with the same child are merged, a node with a single edge is its
// child, equal nodes are one node. So equal functions have equal ids, and equality is free. A set is a diagram with
// terminals 0 (outside) and 1 (inside).
//
// Ids: terminals carry the top bit, nodes are numbered as they are made; children always have lower numbers than their
// parents, which makes mark-and-compact two linear sweeps. Operations are memoised in one direct-mapped, lossy cache
// that grows with the table. Recursion is bounded by the number of levels. What exceeds the budget throws
// BudgetExceeded, which never leaves this room (Analysis turns it into TooLarge).
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "flow/analysis.hpp"

namespace egresslint::flow {

using NodeId = std::uint32_t;
inline constexpr NodeId terminal_bit = 0x80000000u;
inline constexpr NodeId no_node = 0x7fffffffu;
[[nodiscard]] constexpr NodeId terminal(std::uint32_t value) { return terminal_bit | value; }
[[nodiscard]] constexpr bool is_terminal(NodeId id) { return (id & terminal_bit) != 0; }
[[nodiscard]] constexpr std::uint32_t value_of(NodeId id) { return id & ~terminal_bit; }
inline constexpr NodeId nowhere = terminal(0);
inline constexpr NodeId everywhere = terminal(1);

struct BudgetExceeded {
    const char* what;
};

/// Operation codes of the cache. Operations whose meaning depends on a context take a fresh code from `new_code`.
enum Code : std::uint32_t { meet_code = 1, overlay_code, minus_code, disjoint_code, then_code, first_free_code };

class Space {
public:
    struct Edge {
        std::uint32_t last;
        NodeId child;
        friend bool operator==(const Edge&, const Edge&) = default;
    };

    Space(std::vector<std::uint32_t> level_maxima, Budget budget);
    Space(const Space&) = delete;
    Space& operator=(const Space&) = delete;

    [[nodiscard]] std::uint32_t level_count() const { return static_cast<std::uint32_t>(maxima_.size()); }
    [[nodiscard]] std::uint32_t maximum(std::uint32_t level) const { return maxima_[level]; }
    [[nodiscard]] std::uint32_t level(NodeId id) const { return is_terminal(id) ? bottom : nodes_[id].level; }
    [[nodiscard]] std::uint32_t size(NodeId id) const { return nodes_[id].count; }
    [[nodiscard]] Edge edge(NodeId id, std::uint32_t index) const { return edges_[nodes_[id].offset + index]; }
    [[nodiscard]] std::size_t node_count() const { return nodes_.size(); }
    [[nodiscard]] std::size_t edge_count() const { return edges_.size(); }
    /// Nodes reachable from `id`.
    [[nodiscard]] std::size_t node_count(NodeId id) const;
    [[nodiscard]] bool smaller_than(NodeId id, std::size_t limit) const;
    static constexpr std::uint32_t bottom = 0xffffffffu;

    /// A node from its edges in ascending order, the last one up to the level's maximum; neighbours may be equal.
    NodeId make(std::uint32_t level, std::span<const Edge> edges);

    // -- operations
    /// The values of `a` inside `condition` (a set), 0 outside. Of two sets: the intersection.
    NodeId gate(NodeId condition, NodeId a);
    NodeId meet(NodeId a, NodeId b) { return gate(a, b); }
    /// `a` where it is not 0, else `b`. Of two sets: the union.
    NodeId overlay(NodeId a, NodeId b);
    /// Balanced overlay; consumes `ids`.
    NodeId overlay_all(std::vector<NodeId>& ids);
    /// `a` outside the set `b`, 0 inside it.
    NodeId minus(NodeId a, NodeId b);
    NodeId complement(NodeId a) { return minus(everywhere, a); }
    [[nodiscard]] bool disjoint(NodeId a, NodeId b);
    [[nodiscard]] bool subset(NodeId a, NodeId b) { return minus_is_empty(a, b); }
    /// Terminal by terminal: `f(value)` is the new id (a terminal). `code` names f; see new_code.
    template <class F>
    NodeId map(NodeId a, std::uint32_t code, const F& f);
    /// Combines two diagrams point by point. Op: `code`, and `NodeId known(a, b)` = the result when it is evident
    /// (always for two terminals), else no_node.
    template <class Op>
    NodeId apply(NodeId a, NodeId b, Op& op);
    /// A code no other call has used: for map and apply with a context of their own.
    [[nodiscard]] std::uint32_t new_code() { return next_code_++; }

    enum class Quantify : std::uint8_t { keep, exists, forall };
    /// Removes the levels that `modes` says not to keep from a set.
    NodeId quantify(NodeId a, const std::vector<Quantify>& modes, std::uint32_t code);
    /// The set of each terminal but 0 that occurs, in ascending order of terminal.
    std::vector<std::pair<std::uint32_t, NodeId>> partition(NodeId a);
    /// Terminals that occur, 0 included, ascending.
    [[nodiscard]] std::vector<std::uint32_t> terminals(NodeId a) const;
    /// Distinct first nodes at or below `first_level` on every path; terminal 0 left out.
    [[nodiscard]] std::vector<NodeId> frontier(NodeId a, std::uint32_t first_level) const;
    /// Levels the diagram really tests.
    [[nodiscard]] std::vector<std::uint32_t> levels(NodeId a) const;
    /// A path to a terminal other than 0: level and interval, the lowest first.
    [[nodiscard]] std::vector<std::pair<std::uint32_t, std::pair<std::uint32_t, std::uint32_t>>> path(NodeId a) const;
    /// The terminal that the values (one a level) lead to.
    [[nodiscard]] std::uint32_t evaluate(NodeId a, std::span<const std::uint32_t> values) const;

    // -- handles
    HeaderSet handle(NodeId id);
    [[nodiscard]] NodeId id(const HeaderSet& set) const { return set.space_ == this ? slots_[set.slot_].id : nowhere; }
    void retain(std::uint32_t slot) { ++slots_[slot].references, ++owners_; }
    void release(std::uint32_t slot);
    [[nodiscard]] NodeId slot_id(std::uint32_t slot) const { return slots_[slot].id; }
    /// The Space lives until its Analysis and the last handle are gone.
    void adopt() { ++owners_; }
    void abandon();
    /// Frees every node that no handle reaches. Raw ids become invalid: only between public calls.
    void collect();

    /// While off, operations may exceed the budget (for the set operations that have no way to say so).
    void enforce_budget(bool on) { enforce_ = on; }
    void reset_scratch() { scratch_.clear(); }

private:
    struct Node {
        std::uint32_t offset, count, level, hash;
    };
    struct Entry {
        NodeId a = no_node, b = no_node;
        std::uint32_t code = 0;
        NodeId result = no_node;
    };
    struct Slot {
        NodeId id;
        std::uint32_t references;
    };

    ~Space() = default;
    void push(std::size_t base, std::uint32_t last, NodeId child) {
        if (scratch_.size() > base && scratch_.back().child == child)
            scratch_.back().last = last;
        else
            scratch_.push_back({last, child});
    }
    NodeId finish(std::uint32_t level, std::size_t base);
    [[nodiscard]] std::size_t cache_index(NodeId a, NodeId b, std::uint32_t code) const {
        std::uint64_t h = (static_cast<std::uint64_t>(a) << 32 | b) * 0x9e3779b97f4a7c15ull;
        h ^= code * 0xc2b2ae3d27d4eb4full;
        h ^= h >> 29;
        return static_cast<std::size_t>(h * 0xbf58476d1ce4e5b9ull >> 32) & (cache_.size() - 1);
    }
    [[nodiscard]] NodeId cached(NodeId a, NodeId b, std::uint32_t code) const {
        const Entry& e = cache_[cache_index(a, b, code)];
        return e.a == a && e.b == b && e.code == code ? e.result : no_node;
    }
    void remember(NodeId a, NodeId b, std::uint32_t code, NodeId result) {
        cache_[cache_index(a, b, code)] = {a, b, code, result};
    }
    /// The first edge of the node from `at` on that ends at `last` or later; doubling steps, since it is often near.
    [[nodiscard]] std::uint32_t reaching(const Node& node, std::uint32_t at, std::uint32_t last) const {
        const std::uint32_t final = node.offset + node.count - 1;  // ends at the maximum
        std::uint32_t low = at;
        for (std::uint32_t step = 1; edges_[at].last < last; step *= 2) {
            low = at + 1;
            at = step < final - at ? at + step : final;
        }
        while (low < at) {
            const std::uint32_t middle = low + (at - low) / 2;
            if (edges_[middle].last < last)
                low = middle + 1;
            else
                at = middle;
        }
        return at;
    }
    void grow();
    template <class Visit>
    void walk(NodeId a, Visit&& visit) const;
    [[nodiscard]] bool minus_is_empty(NodeId a, NodeId b);
    NodeId reduce(std::vector<NodeId>& ids, bool join);

    std::vector<std::uint32_t> maxima_;
    Budget budget_;
    bool enforce_ = true;
    std::vector<Node> nodes_;
    std::vector<Edge> edges_;
    std::vector<NodeId> table_;
    std::vector<Entry> cache_;
    std::vector<Edge> scratch_;
    std::vector<Slot> slots_;
    std::vector<std::uint32_t> free_slots_;
    std::uint32_t next_code_ = first_free_code;
    std::uint64_t owners_ = 0;
    mutable std::vector<std::uint32_t> seen_;  ///< by node: epoch of the last walk that met it
    mutable std::uint32_t epoch_ = 0;
};

template <class F>
NodeId Space::map(NodeId a, std::uint32_t code, const F& f) {
    if (is_terminal(a)) return f(value_of(a));
    if (const NodeId hit = cached(a, no_node, code); hit != no_node) return hit;
    const std::size_t base = scratch_.size();
    const Node node = nodes_[a];
    for (std::uint32_t i = 0; i < node.count; ++i) {
        const Edge e = edges_[node.offset + i];
        const NodeId child = map(e.child, code, f);
        push(base, e.last, child);
    }
    const NodeId result = finish(node.level, base);
    remember(a, no_node, code, result);
    return result;
}

template <class Op>
NodeId Space::apply(NodeId a, NodeId b, Op& op) {
    if (const NodeId known = op.known(a, b); known != no_node) return known;
    if constexpr (requires { Op::commutative; })
        if (b < a) std::swap(a, b);
    if (const NodeId hit = cached(a, b, op.code); hit != no_node) return hit;
    const std::uint32_t la = level(a), lb = level(b), top = std::min(la, lb);
    const std::size_t base = scratch_.size();
    if (la == lb) {
        const Node left = nodes_[a], right = nodes_[b];
        std::uint32_t i = left.offset, j = right.offset;
        const std::uint32_t end = maxima_[top];
        for (;;) {
            const Edge x = edges_[i], y = edges_[j];
            // Where nothing comes of one side, the edges of the other are jumped over: a small set met with a large one
            // costs what the small one is.
            if constexpr (requires { Op::nothing_left; }) {
                if (x.child == nowhere) {
                    push(base, x.last, nowhere);
                    if (x.last == end) break;
                    ++i;
                    j = reaching(right, j, x.last);
                    j += edges_[j].last == x.last;
                    continue;
                }
            }
            if constexpr (requires { Op::nothing_right; }) {
                if (y.child == nowhere) {
                    push(base, y.last, nowhere);
                    if (y.last == end) break;
                    ++j;
                    i = reaching(left, i, y.last);
                    i += edges_[i].last == y.last;
                    continue;
                }
            }
            const NodeId child = apply(x.child, y.child, op);
            const std::uint32_t last = std::min(x.last, y.last);
            push(base, last, child);
            if (last == end) break;
            i += x.last == last;
            j += y.last == last;
        }
    } else {
        const Node node = nodes_[la < lb ? a : b];
        for (std::uint32_t i = 0; i < node.count; ++i) {
            const Edge e = edges_[node.offset + i];
            const NodeId child = la < lb ? apply(e.child, b, op) : apply(a, e.child, op);
            push(base, e.last, child);
        }
    }
    const NodeId result = finish(top, base);
    remember(a, b, op.code, result);
    return result;
}

}  // namespace egresslint::flow
