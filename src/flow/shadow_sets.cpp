// SPDX-License-Identifier: Apache-2.0
// Matches as diagrams, and packets out of regions and diagrams.
#include <algorithm>

#include "flow/shadow_match.hpp"

namespace egresslint::flow::shadow {

using base::IntervalSet;
using base::u128;
using model::ExprId;
using model::Field;

namespace {

const IntervalSet& with_types() {
    static const IntervalSet set{{1, 1}, {58, 58}};
    return set;
}

}  // namespace

// -- diagrams -------------------------------------------------------------------------------------------------------

void Matches::tidy(std::size_t max_nodes) {
    if (space_ && space_->node_count() < max_nodes / 16) return;
    if (!space_) {
        Budget budget;
        budget.max_nodes = max_nodes;
        budget.max_edges = 16 * max_nodes;
        space_ = new Space(maxima_, budget);
        space_->adopt();
        surely_code_ = space_->new_code();
    }
    space_->reset_scratch();
    space_->collect();
    selected_.clear();
    well_formed_ = no_node;
}

/// The bits of a register, most significant first.
NodeId Matches::bits(const Variable& v, const IntervalSet& set, std::uint32_t mask) {
    const std::uint32_t first = blocks_[v.block].first;
    auto build = [&](auto&& self, unsigned left, u128 value) -> NodeId {
        const auto reach = IntervalSet::range(value, value | (mask & base::low_mask(left)));
        if (!set.intersects(reach)) return nowhere;
        if (set.contains_all(reach)) return everywhere;
        const u128 bit = u128{1} << (left - 1);
        const NodeId low = self(self, left - 1, value);
        if (!(mask & bit)) return low;
        const NodeId high = self(self, left - 1, value | bit);
        const Space::Edge edges[] = {{0, low}, {1, high}};
        return space_->make(first + 32 - left, edges);
    };
    return build(build, 32, 0);
}

NodeId Matches::select(std::span<const Condition> conditions) {
    std::vector<Constraint> cube;
    std::vector<NodeId> rest;
    for (const auto& c : conditions) {
        if (c.variable >= variables_.size())
            cube.push_back({predicate_blocks_[c.variable - variables_.size()], c.set});
        else if (variables_[c.variable].by_bits)
            rest.push_back(bits(variables_[c.variable], *c.set, 0xffffffffu));
        else
            cube.push_back({variables_[c.variable].block, c.set});
    }
    NodeId out = make_cube(*space_, blocks_, cube);
    for (const auto n : rest) out = space_->meet(out, n);
    return out;
}

NodeId Matches::select(MatchId m, const Region& within) {
    const Compiled& c = compiled_[m];
    if (c.never) return nowhere;
    std::vector<Condition> needed;
    std::vector<IntervalSet> own;
    own.reserve(c.count);
    for (const auto& x : conditions(m)) {
        const IntervalSet* there = within.find(x.variable);
        if (!there) {
            needed.push_back(x);
            continue;
        }
        if (there == x.set || holds_all(*x.set, *there)) continue;
        own.push_back(common(*x.set, *there));
        if (own.back().empty()) return nowhere;
        needed.push_back({x.variable, &own.back()});
    }
    NodeId out = select(std::span<const Condition>(needed));
    for (std::uint32_t i = 0; i < c.rest_count && out != nowhere; ++i) {
        const auto e = rests_[c.rest_first + i];
        if (std::find(within.rest.begin(), within.rest.end(), e) == within.rest.end())
            out = space_->meet(out, select(e));
    }
    return out;
}

NodeId Matches::select(const Region& region) {
    if (region.never) return nowhere;
    NodeId out = space_->meet(select(std::span<const Condition>(region.conditions)), well_formed());
    for (const auto e : region.rest) out = out == nowhere ? out : space_->meet(out, select(e));
    return out;
}

NodeId Matches::select(const model::In& in) {
    const IntervalSet& set = literal(in.set, in.what.field);
    if (in.what.field == Field::family)
        return set.contains(static_cast<u128>(family_) & in.mask) ? everywhere : nowhere;
    const VariableId v = variable(in.what);
    if (variables_[v].by_bits) return bits(variables_[v], set, in.mask);
    Region one;
    gather_in(in, true, one);
    return one.never ? nowhere : select(std::span<const Condition>(one.conditions));
}

NodeId Matches::select(ExprId id) {
    if (const auto it = selected_.find(id.value); it != selected_.end()) return it->second;
    NodeId out = nowhere;
    const auto& e = device_.exprs[id.index()].is;
    if (const auto* b = std::get_if<bool>(&e)) {
        out = *b ? everywhere : nowhere;
    } else if (const auto* in = std::get_if<model::In>(&e)) {
        out = select(*in);
    } else if (const auto* n = std::get_if<model::Not>(&e)) {
        out = space_->complement(select(n->e));
    } else if (std::holds_alternative<model::Unknown>(e)) {
        Region one;
        gather(id, true, one);
        out = one.never ? nowhere : select(std::span<const Condition>(one.conditions));
    } else if (const auto* a = std::get_if<model::And>(&e)) {
        out = everywhere;
        for (const auto x : a->e) out = space_->meet(out, select(x));
    } else {
        std::vector<NodeId> parts;
        if (const auto* o = std::get_if<model::Or>(&e)) {
            for (const auto x : o->e) parts.push_back(select(x));
        } else {
            const auto& relation = device_.relations[std::get<model::InTuple>(e).relation.index()];
            for (const auto& row : relation.rows) {
                NodeId cell = everywhere;
                for (std::size_t c = row.size(); c-- > 0 && cell != nowhere;)
                    cell = space_->meet(select(model::In{relation.columns[c], row[c]}), cell);
                parts.push_back(cell);
            }
        }
        out = space_->overlay_all(parts);
    }
    selected_.emplace(id.value, out);
    return out;
}

NodeId Matches::well_formed() {
    if (well_formed_ != no_node) return well_formed_;
    const auto zero = IntervalSet::single(0);
    const auto rest = model::protocols_with_ports().unite(with_types()).complement(8);
    auto part = [&](const IntervalSet& protocols, std::initializer_list<Field> absent) {
        std::vector<Constraint> cube{{variables_[variable({Field::proto, {}, {}})].block, &protocols}};
        for (const auto f : absent) cube.push_back({variables_[variable({f, model::View::current, {}})].block, &zero});
        return make_cube(*space_, blocks_, cube);
    };
    const auto tcp = IntervalSet::single(6);
    std::vector<NodeId> parts{
        part(tcp, {Field::icmp_type, Field::icmp_code}),
        part(model::protocols_with_ports().minus(tcp), {Field::icmp_type, Field::icmp_code, Field::tcp_flags}),
        part(with_types(), {Field::sport, Field::dport, Field::tcp_flags}),
        part(rest, {Field::sport, Field::dport, Field::icmp_type, Field::icmp_code, Field::tcp_flags})};
    return well_formed_ = space_->overlay_all(parts);
}

NodeId Matches::surely(NodeId set) { return any_fixed_ ? space_->quantify(set, surely_modes_, surely_code_) : set; }

std::vector<model::PredicateId> Matches::fixed_predicates_of(NodeId set) const {
    std::vector<model::PredicateId> out;
    const auto levels = space_->levels(set);
    for (const auto& b : blocks_)
        if (b.kind == Block::Kind::predicate && fixed_[b.id] &&
            std::binary_search(levels.begin(), levels.end(), b.first))
            out.emplace_back(b.id);
    std::sort(out.begin(), out.end());
    return out;
}

// -- packets --------------------------------------------------------------------------------------------------------

/// Picks an alternative where the rest offers some. False: the region is empty then.
bool Matches::specialise(Region& region, Random& random) const {
    for (std::size_t i = 0; i < region.rest.size() && !region.never; ++i) {
        const auto id = region.rest[i];
        const auto& e = device_.exprs[id.index()].is;
        if (const auto* o = std::get_if<model::Or>(&e)) {
            const auto x = o->e[static_cast<std::size_t>(random.next() % o->e.size())];
            if (!gather(x, true, region)) region.rest.push_back(x);
            continue;
        }
        const auto* t = std::get_if<model::InTuple>(&e);
        if (!t) continue;
        const auto& relation = device_.relations[t->relation.index()];
        if (relation.rows.empty()) return false;
        const auto& row = relation.rows[static_cast<std::size_t>(random.next() % relation.rows.size())];
        for (std::size_t c = 0; c < row.size(); ++c) gather_in(model::In{relation.columns[c], row[c]}, true, region);
    }
    return !region.never;
}

/// A protocol that has the fields that must not be 0; the others become 0.
bool Matches::choose_protocol(const Region& region, Random& random, Point& out) const {
    auto at = [&](Field f) { return variable({f, model::View::current, {}}); };
    auto needed = [&](Field f) {
        const auto* set = region.find(at(f));
        return set && !set->contains(0);
    };
    const auto* given = region.find(at(Field::proto));
    IntervalSet allowed = given ? *given : IntervalSet::full(8);
    if (needed(Field::sport) || needed(Field::dport)) allowed = allowed.intersect(model::protocols_with_ports());
    if (needed(Field::icmp_type) || needed(Field::icmp_code)) allowed = allowed.intersect(with_types());
    if (needed(Field::tcp_flags)) allowed = allowed.intersect(IntervalSet::single(6));
    if (allowed.empty()) return false;
    static constexpr std::uint8_t usual[] = {6, 17, 6, 1};
    u128 proto = usual[random.next() % 4];
    if (proto == 1 && family_ == base::Family::v6) proto = 58;
    if (!allowed.contains(proto)) proto = random.in(allowed);
    out.values[at(Field::proto)] = proto;
    const bool ports = model::protocols_with_ports().contains(proto), types = with_types().contains(proto);
    if (!ports) out.values[at(Field::sport)] = out.values[at(Field::dport)] = 0;
    if (!types) out.values[at(Field::icmp_type)] = out.values[at(Field::icmp_code)] = 0;
    if (proto != 6) out.values[at(Field::tcp_flags)] = 0;
    return true;
}

bool Matches::sample(const Region& region, Random& random, Point& out) const {
    if (region.never) return false;
    out.values.assign(variables_.size(), 0);
    for (int attempt = 0; attempt < 6; ++attempt) {
        Region special;
        const Region* from = &region;
        if (!region.rest.empty()) {
            special = region;
            if (!specialise(special, random)) continue;
            from = &special;
        }
        out.seed = random.next();
        out.predicates.clear();
        std::size_t next = 0;
        for (VariableId v = 0; v < variables_.size(); ++v) {
            const bool bound = next < from->conditions.size() && from->conditions[next].variable == v;
            out.values[v] =
                bound ? random.in(*from->conditions[next++].set) : random.below_or_at(variables_[v].maximum);
        }
        for (; next < from->conditions.size(); ++next) {
            const auto p = static_cast<std::uint32_t>(from->conditions[next].variable - variables_.size());
            if (!(out.leave_open && fixed_[p]))
                out.predicates.emplace_back(p, static_cast<std::uint16_t>(random.in(*from->conditions[next].set)));
        }
        if (!choose_protocol(*from, random, out)) {
            if (from == &region) return false;
            continue;
        }
        if (std::none_of(region.rest.begin(), region.rest.end(),
                         [&](ExprId e) { return test(e, out) == Truth::never; }))
            return true;
    }
    return false;
}

void Matches::sample(NodeId set, Random& random, Point& out) const {
    std::vector<std::pair<bool, std::uint32_t>> levels(maxima_.size());
    while (!is_terminal(set)) {
        const std::uint32_t count = space_->size(set), level = space_->level(set);
        auto k = static_cast<std::uint32_t>(random.next() % count);
        while (space_->edge(set, k).child == nowhere) k = (k + 1) % count;
        const std::uint32_t first = k ? space_->edge(set, k - 1).last + 1 : 0;
        const auto e = space_->edge(set, k);
        levels[level] = {true, first + static_cast<std::uint32_t>(random.below_or_at(e.last - first))};
        set = e.child;
    }
    out.seed = random.next();
    out.predicates.clear();
    out.values.assign(variables_.size(), 0);
    for (const auto& b : blocks_) {
        if (b.kind == Block::Kind::predicate) {
            if (levels[b.first].first)
                out.predicates.emplace_back(b.id, static_cast<std::uint16_t>(levels[b.first].second));
            continue;
        }
        u128 value = 0;
        for (std::uint32_t l = b.first; l < b.first + b.count; ++l) {
            const auto word =
                levels[l].first ? levels[l].second : static_cast<std::uint32_t>(random.below_or_at(maxima_[l]));
            value = value << (b.count == 1 ? 0 : b.bits == 128 ? 32 : 1) | word;
        }
        out.values[b.id] = value;
    }
}

}  // namespace egresslint::flow::shadow
