// SPDX-License-Identifier: Apache-2.0
// See space.hpp. The recursive operations never keep references into the arenas across a recursive call: those grow.
#include "flow/space.hpp"

#include <cstring>
#include <unordered_map>
#include <unordered_set>

#include "base/check.hpp"

namespace egresslint::flow {
namespace {

constexpr std::size_t smallest_table = 1u << 12;
constexpr std::size_t largest_cache = 1u << 22;

std::uint32_t hash_edges(std::uint32_t level, std::span<const Space::Edge> edges) {
    std::uint64_t h = level * 0x9e3779b97f4a7c15ull + edges.size();
    for (const auto& e : edges) {
        h ^= static_cast<std::uint64_t>(e.last) << 32 | e.child;
        h *= 0xff51afd7ed558ccdull;
        h ^= h >> 32;
    }
    return static_cast<std::uint32_t>(h);
}

struct Meet {
    static constexpr std::uint32_t code = meet_code;
    static constexpr bool nothing_left = true, nothing_right = true;
    [[nodiscard]] static NodeId known(NodeId condition, NodeId a) {
        if (condition == nowhere || a == nowhere) return nowhere;
        if (condition == everywhere || condition == a) return a;
        if (a == everywhere) return condition;
        return no_node;
    }
};
struct Overlay {
    static constexpr std::uint32_t code = overlay_code;
    [[nodiscard]] static NodeId known(NodeId a, NodeId b) {
        if (a == nowhere) return b;
        if (b == nowhere || a == b || is_terminal(a)) return a;
        return no_node;
    }
};
struct Minus {
    static constexpr std::uint32_t code = minus_code;
    static constexpr bool nothing_left = true;
    [[nodiscard]] static NodeId known(NodeId a, NodeId b) {
        if (a == nowhere || b == everywhere) return nowhere;
        if (b == nowhere) return a;
        if (a == b) return nowhere;  // both are sets then: b always is
        return no_node;
    }
};

}  // namespace

Space::Space(std::vector<std::uint32_t> level_maxima, Budget budget)
    : maxima_(std::move(level_maxima)), budget_(budget), table_(smallest_table, no_node), cache_(smallest_table) {}

NodeId Space::make(std::uint32_t level, std::span<const Edge> edges) {
    const std::size_t base = scratch_.size();
    for (const auto& e : edges) push(base, e.last, e.child);
    return finish(level, base);
}

NodeId Space::finish(std::uint32_t level, std::size_t base) {
    const std::size_t count = scratch_.size() - base;
    if (count == 1) {
        const NodeId child = scratch_[base].child;
        scratch_.resize(base);
        return child;
    }
    const std::span<const Edge> edges(scratch_.data() + base, count);
    const std::uint32_t hash = hash_edges(level, edges);
    std::size_t at = hash & (table_.size() - 1);
    for (; table_[at] != no_node; at = (at + 1) & (table_.size() - 1)) {
        const Node& n = nodes_[table_[at]];
        if (n.hash == hash && n.level == level && n.count == count &&
            std::memcmp(edges_.data() + n.offset, edges.data(), count * sizeof(Edge)) == 0) {
            const NodeId found = table_[at];
            scratch_.resize(base);
            return found;
        }
    }
    if (enforce_) {
        if (nodes_.size() >= budget_.max_nodes) throw BudgetExceeded{"nodes"};
        if (edges_.size() + count > budget_.max_edges) throw BudgetExceeded{"edges"};
    }
    // Offsets have 32 bits; this bound is far beyond any budget that fits in memory.
    if (edges_.size() + count > 0xfffffff0u || nodes_.size() >= no_node) throw BudgetExceeded{"address space"};
    const auto id = static_cast<NodeId>(nodes_.size());
    nodes_.push_back({static_cast<std::uint32_t>(edges_.size()), static_cast<std::uint32_t>(count), level, hash});
    edges_.insert(edges_.end(), edges.begin(), edges.end());
    table_[at] = id;
    scratch_.resize(base);
    if (nodes_.size() * 2 > table_.size()) grow();
    return id;
}

void Space::grow() {
    table_.assign(table_.size() * 2, no_node);
    for (NodeId id = 0; id < nodes_.size(); ++id) {
        std::size_t at = nodes_[id].hash & (table_.size() - 1);
        while (table_[at] != no_node) at = (at + 1) & (table_.size() - 1);
        table_[at] = id;
    }
    if (cache_.size() < largest_cache) {
        std::vector<Entry> old(cache_.size() * 2);
        old.swap(cache_);
        for (const auto& e : old)
            if (e.code != 0) remember(e.a, e.b, e.code, e.result);
    }
}

NodeId Space::gate(NodeId condition, NodeId a) {
    Meet op;
    return apply(condition, a, op);
}
NodeId Space::overlay(NodeId a, NodeId b) {
    Overlay op;
    return apply(a, b, op);
}
NodeId Space::minus(NodeId a, NodeId b) {
    Minus op;
    return apply(a, b, op);
}

NodeId Space::overlay_all(std::vector<NodeId>& ids) {
    if (ids.empty()) return nowhere;
    for (std::size_t n = ids.size(); n > 1; n = (n + 1) / 2) {
        for (std::size_t i = 0; i + 1 < n; i += 2) ids[i / 2] = overlay(ids[i], ids[i + 1]);
        if (n % 2) ids[n / 2] = ids[n - 1];
    }
    return ids.front();
}

bool Space::disjoint(NodeId a, NodeId b) {
    if (a == nowhere || b == nowhere) return true;
    // A reduced diagram other than terminal 0 has a path to another terminal.
    if (is_terminal(a) || is_terminal(b) || a == b) return false;
    if (b < a) std::swap(a, b);
    if (cached(a, b, disjoint_code) != no_node) return true;
    const Node x = nodes_[a], y = nodes_[b];
    if (x.level == y.level) {
        for (std::uint32_t i = x.offset, j = y.offset;;) {
            const Edge e = edges_[i], f = edges_[j];
            if (e.child == nowhere) {
                if (e.last == maxima_[x.level]) break;
                ++i;
                j = reaching(y, j, e.last);
                j += edges_[j].last == e.last;
                continue;
            }
            if (f.child == nowhere) {
                if (f.last == maxima_[x.level]) break;
                ++j;
                i = reaching(x, i, f.last);
                i += edges_[i].last == f.last;
                continue;
            }
            if (!disjoint(e.child, f.child)) return false;
            const std::uint32_t last = std::min(e.last, f.last);
            if (last == maxima_[x.level]) break;
            i += e.last == last;
            j += f.last == last;
        }
    } else {
        const Node& node = x.level < y.level ? x : y;
        const NodeId other = x.level < y.level ? b : a;
        for (std::uint32_t i = 0; i < node.count; ++i)
            if (!disjoint(edges_[node.offset + i].child, other)) return false;
    }
    remember(a, b, disjoint_code, nowhere);
    return true;
}

// a \ b without building it: walks while a point of a outside b is possible.
bool Space::minus_is_empty(NodeId a, NodeId b) { return minus(a, b) == nowhere; }

NodeId Space::reduce(std::vector<NodeId>& ids, bool join) {
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    const NodeId absorbing = join ? everywhere : nowhere;
    for (std::size_t n = ids.size(); n > 1; n = (n + 1) / 2) {
        for (std::size_t i = 0; i + 1 < n; i += 2) {
            ids[i / 2] = join ? overlay(ids[i], ids[i + 1]) : gate(ids[i], ids[i + 1]);
            if (ids[i / 2] == absorbing) return absorbing;
        }
        if (n % 2) ids[n / 2] = ids[n - 1];
    }
    return ids.front();
}

NodeId Space::quantify(NodeId a, const std::vector<Quantify>& modes, std::uint32_t code) {
    if (is_terminal(a)) return a;
    if (const NodeId hit = cached(a, no_node, code); hit != no_node) return hit;
    const Node node = nodes_[a];
    NodeId result;
    if (modes[node.level] == Quantify::keep) {
        const std::size_t base = scratch_.size();
        for (std::uint32_t i = 0; i < node.count; ++i) {
            const Edge e = edges_[node.offset + i];
            const NodeId child = quantify(e.child, modes, code);
            push(base, e.last, child);
        }
        result = finish(node.level, base);
    } else {
        const bool join = modes[node.level] == Quantify::exists;
        std::vector<NodeId> children(node.count);
        for (std::uint32_t i = 0; i < node.count; ++i) {
            children[i] = quantify(edges_[node.offset + i].child, modes, code);
            if (children[i] == (join ? everywhere : nowhere)) {
                children.assign(1, children[i]);
                break;
            }
        }
        result = reduce(children, join);
    }
    remember(a, no_node, code, result);
    return result;
}

std::vector<std::pair<std::uint32_t, NodeId>> Space::partition(NodeId a) {
    using Parts = std::vector<std::pair<std::uint32_t, NodeId>>;
    if (is_terminal(a)) return a == nowhere ? Parts{} : Parts{{value_of(a), everywhere}};
    std::unordered_map<NodeId, Parts> done;
    // Children have lower ids, so ascending order is bottom-up and needs no recursion.
    std::vector<NodeId> order;
    walk(a, [&](NodeId id) {
        order.push_back(id);
        return true;
    });
    std::sort(order.begin(), order.end());
    struct Piece {
        std::uint32_t value, edge;
        NodeId set;
    };
    std::vector<Piece> pieces;
    for (const NodeId id : order) {
        const Node n = nodes_[id];
        pieces.clear();
        for (std::uint32_t k = 0; k < n.count; ++k) {
            const NodeId c = edges_[n.offset + k].child;
            if (c == nowhere) continue;
            if (is_terminal(c))
                pieces.push_back({value_of(c), k, everywhere});
            else
                for (const auto& [value, set] : done[c]) pieces.push_back({value, k, set});
        }
        std::stable_sort(pieces.begin(), pieces.end(),
                         [](const Piece& x, const Piece& y) { return x.value < y.value; });
        Parts parts;
        for (std::size_t i = 0; i < pieces.size();) {
            const std::uint32_t value = pieces[i].value;
            const std::size_t base = scratch_.size();
            std::uint32_t next = 0;  // first edge not yet covered
            for (; i < pieces.size() && pieces[i].value == value; ++i) {
                const Piece& p = pieces[i];
                if (p.edge > next) push(base, edges_[n.offset + p.edge - 1].last, nowhere);
                push(base, edges_[n.offset + p.edge].last, p.set);
                next = p.edge + 1;
            }
            if (next < n.count) push(base, maxima_[n.level], nowhere);
            parts.emplace_back(value, finish(n.level, base));
        }
        done.emplace(id, std::move(parts));
    }
    return std::move(done[a]);
}

/// Visits every node reachable from `a` once; the visitor says whether to go on below it.
template <class Visit>
void Space::walk(NodeId a, Visit&& visit) const {
    if (is_terminal(a)) return;
    seen_.resize(nodes_.size());
    if (++epoch_ == 0) {
        std::fill(seen_.begin(), seen_.end(), 0u);
        epoch_ = 1;
    }
    std::vector<NodeId> open{a};
    seen_[a] = epoch_;
    while (!open.empty()) {
        const NodeId id = open.back();
        open.pop_back();
        if (!visit(id)) continue;
        const Node& n = nodes_[id];
        for (std::uint32_t k = 0; k < n.count; ++k) {
            const NodeId c = edges_[n.offset + k].child;
            if (is_terminal(c) || seen_[c] == epoch_) continue;
            seen_[c] = epoch_;
            open.push_back(c);
        }
    }
}

std::size_t Space::node_count(NodeId a) const {
    std::size_t n = 0;
    walk(a, [&](NodeId) { return ++n != 0; });
    return n;
}

bool Space::smaller_than(NodeId a, std::size_t limit) const {
    std::size_t n = 0;
    walk(a, [&](NodeId) { return ++n < limit; });
    return n < limit;
}

std::vector<std::uint32_t> Space::terminals(NodeId a) const {
    if (is_terminal(a)) return {value_of(a)};
    std::vector<bool> found;
    walk(a, [&](NodeId id) {
        for (std::uint32_t k = 0; k < size(id); ++k)
            if (const NodeId c = edge(id, k).child; is_terminal(c)) {
                if (value_of(c) >= found.size()) found.resize(value_of(c) * 2 + 1);
                found[value_of(c)] = true;
            }
        return true;
    });
    std::vector<std::uint32_t> out;
    for (std::uint32_t v = 0; v < found.size(); ++v)
        if (found[v]) out.push_back(v);
    return out;
}

std::vector<NodeId> Space::frontier(NodeId a, std::uint32_t first_level) const {
    if (a == nowhere) return {};
    if (level(a) >= first_level) return {a};
    std::unordered_set<NodeId> found;
    walk(a, [&](NodeId id) {
        if (level(id) >= first_level) {
            found.insert(id);
            return false;
        }
        for (std::uint32_t k = 0; k < size(id); ++k)
            if (const NodeId c = edge(id, k).child; is_terminal(c) && c != nowhere) found.insert(c);
        return true;
    });
    std::vector<NodeId> out(found.begin(), found.end());
    std::sort(out.begin(), out.end());
    return out;
}

std::vector<std::uint32_t> Space::levels(NodeId a) const {
    std::vector<bool> tested(maxima_.size());
    walk(a, [&](NodeId id) { return tested[level(id)] = true; });
    std::vector<std::uint32_t> out;
    for (std::uint32_t l = 0; l < tested.size(); ++l)
        if (tested[l]) out.push_back(l);
    return out;
}

std::vector<std::pair<std::uint32_t, std::pair<std::uint32_t, std::uint32_t>>> Space::path(NodeId a) const {
    std::vector<std::pair<std::uint32_t, std::pair<std::uint32_t, std::uint32_t>>> out;
    while (!is_terminal(a)) {
        std::uint32_t first = 0;
        const Node& n = nodes_[a];
        for (std::uint32_t k = 0; k < n.count; ++k) {
            const Edge e = edges_[n.offset + k];
            if (e.child != nowhere) {
                out.push_back({n.level, {first, e.last}});
                a = e.child;
                break;
            }
            first = e.last + 1;
        }
    }
    return out;
}

std::uint32_t Space::evaluate(NodeId a, std::span<const std::uint32_t> values) const {
    while (!is_terminal(a)) {
        const Node& n = nodes_[a];
        const Edge* first = edges_.data() + n.offset;
        const Edge* e = std::lower_bound(first, first + n.count, values[n.level],
                                         [](const Edge& x, std::uint32_t v) { return x.last < v; });
        a = e == first + n.count ? nowhere : e->child;
    }
    return value_of(a);
}

HeaderSet Space::handle(NodeId id) {
    HeaderSet set;
    set.space_ = this;
    if (free_slots_.empty()) {
        set.slot_ = static_cast<std::uint32_t>(slots_.size());
        slots_.push_back({id, 1});
    } else {
        set.slot_ = free_slots_.back();
        free_slots_.pop_back();
        slots_[set.slot_] = {id, 1};
    }
    ++owners_;
    return set;
}

void Space::release(std::uint32_t slot) {
    if (--slots_[slot].references == 0) {
        slots_[slot].id = nowhere;
        free_slots_.push_back(slot);
    }
    abandon();
}

void Space::abandon() {
    if (--owners_ == 0) delete this;
}

void Space::collect() {
    EGL_CHECK(scratch_.empty());
    std::vector<bool> live(nodes_.size());
    for (const auto& s : slots_)
        if (s.references && !is_terminal(s.id)) live[s.id] = true;
    for (std::size_t i = nodes_.size(); i-- > 0;) {
        if (!live[i]) continue;
        for (std::uint32_t k = 0; k < nodes_[i].count; ++k)
            if (const NodeId c = edges_[nodes_[i].offset + k].child; !is_terminal(c)) live[c] = true;
    }
    std::vector<NodeId> moved(nodes_.size(), no_node);
    auto at = [&](NodeId id) { return is_terminal(id) ? id : moved[id]; };
    std::uint32_t nodes = 0, edges = 0;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        if (!live[i]) continue;
        Node n = nodes_[i];
        for (std::uint32_t k = 0; k < n.count; ++k) {
            const Edge e = edges_[n.offset + k];
            edges_[edges + k] = {e.last, at(e.child)};
        }
        n.offset = edges;
        // Hashes cover child ids, which have changed.
        n.hash = hash_edges(n.level, {edges_.data() + edges, n.count});
        edges += n.count;
        nodes_[nodes] = n;
        moved[i] = nodes++;
    }
    nodes_.resize(nodes);
    edges_.resize(edges);
    for (auto& s : slots_) s.id = s.references ? at(s.id) : nowhere;
    std::size_t capacity = smallest_table;
    while (capacity < nodes_.size() * 4) capacity *= 2;
    cache_.assign(std::min(capacity, largest_cache), Entry{});
    table_.assign(capacity, no_node);
    for (NodeId id = 0; id < nodes_.size(); ++id) {
        std::size_t slot = nodes_[id].hash & (table_.size() - 1);
        while (table_[slot] != no_node) slot = (slot + 1) & (table_.size() - 1);
        table_[slot] = id;
    }
}

// -- HeaderSet ------------------------------------------------------------------------------------------------------

HeaderSet::HeaderSet(const HeaderSet& other) : space_(other.space_), slot_(other.slot_) {
    if (space_) space_->retain(slot_);
}
HeaderSet::HeaderSet(HeaderSet&& other) noexcept : space_(std::exchange(other.space_, nullptr)), slot_(other.slot_) {}
HeaderSet& HeaderSet::operator=(const HeaderSet& other) {
    if (other.space_) other.space_->retain(other.slot_);
    if (space_) space_->release(slot_);
    space_ = other.space_;
    slot_ = other.slot_;
    return *this;
}
HeaderSet& HeaderSet::operator=(HeaderSet&& other) noexcept {
    std::swap(space_, other.space_);
    std::swap(slot_, other.slot_);
    return *this;
}
HeaderSet::~HeaderSet() {
    if (space_) space_->release(slot_);
}
bool HeaderSet::empty() const { return !space_ || space_->slot_id(slot_) == nowhere; }
bool operator==(const HeaderSet& a, const HeaderSet& b) {
    if (a.empty() || b.empty()) return a.empty() == b.empty();
    return a.space_ == b.space_ && a.space_->slot_id(a.slot_) == b.space_->slot_id(b.slot_);
}

}  // namespace egresslint::flow
