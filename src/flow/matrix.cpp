// SPDX-License-Identifier: Apache-2.0
#include "flow/matrix.hpp"

#include <algorithm>
#include <unordered_map>

#include "flow/execute.hpp"

namespace egresslint::flow {

using base::Family;
using base::Interval;
using base::IntervalSet;
using base::u128;
using model::Field;

namespace {

constexpr std::uint32_t tracked = 1, untracked = 2;  // terminals of what gets through

/// Source sets and what each of them reaches; sources disjoint and not empty, destinations all different, not empty.
using Relation = std::vector<std::pair<IntervalSet, IntervalSet>>;

// -- from the relation to classes ------------------------------------------------------------------------------------

/// A boundary of the address space: from `at` on, a row begins or ends to hold the addresses.
struct Boundary {
    u128 at = 0;
    std::uint32_t row = 0;
    bool source = false;
};

/// Groups addresses by the row they are sources of and the rows they are destinations of.
class Partition {
public:
    Partition(const Relation& relation, unsigned bits) : relation_(relation), last_(base::low_mask(bits)) {
        words_.assign((relation.size() + 63) / 64 + 1, 0);
    }

    void into(Matrix& matrix) {
        sweep();
        for (const Kind& kind : kinds_) matrix.classes.emplace_back(kind.addresses);
        for (std::uint32_t a = 0; a < kinds_.size(); ++a) {
            const auto row = static_cast<std::uint32_t>(kinds_[a].key[0]);
            if (row == 0) continue;
            for (std::uint32_t b = 0; b < kinds_.size(); ++b)
                if (held(kinds_[b].key, row - 1)) matrix.edges.emplace_back(a, b);
        }
    }

private:
    /// [0]: number of the row the addresses are sources of plus one, then a bit for each row that holds them.
    using Key = std::vector<std::uint64_t>;
    struct Kind {
        Key key;
        std::vector<Interval> addresses;
    };
    struct Hash {
        std::size_t operator()(const Key& key) const {
            std::uint64_t h = 0;
            for (const auto word : key) h = ((h ^ word) * 0x9e3779b97f4a7c15ull) ^ (h >> 29);
            return static_cast<std::size_t>(h ^ (h >> 32));
        }
    };

    static bool held(const Key& key, std::uint32_t row) { return (key[1 + row / 64] >> (row % 64) & 1) != 0; }

    void sweep() {
        std::vector<Boundary> boundaries;
        for (std::uint32_t row = 0; row < relation_.size(); ++row)
            for (const bool source : {true, false})
                for (const Interval& i : (source ? relation_[row].first : relation_[row].second).intervals()) {
                    boundaries.push_back({i.first, row, source});
                    if (i.last != last_) boundaries.push_back({i.last + 1, row, source});
                }
        std::sort(boundaries.begin(), boundaries.end(),
                  [](const Boundary& a, const Boundary& b) { return a.at < b.at; });
        u128 begin = 0;
        for (std::size_t i = 0; i < boundaries.size();) {
            const u128 at = boundaries[i].at;
            if (at != begin) add({begin, at - 1});
            begin = at;
            for (; i < boundaries.size() && boundaries[i].at == at; ++i) cross(boundaries[i]);
        }
        add({begin, last_});
    }

    /// Intervals of one set never touch, so each boundary is a change. Source sets are disjoint; exclusive or, because
    /// of two that meet at a boundary either may come first.
    void cross(const Boundary& b) {
        if (b.source)
            words_[0] ^= b.row + 1;
        else
            words_[1 + b.row / 64] ^= std::uint64_t{1} << (b.row % 64);
    }

    void add(Interval i) {
        const auto [it, fresh] = kind_of_.try_emplace(words_, kinds_.size());
        if (fresh) kinds_.push_back({words_, {}});
        kinds_[it->second].addresses.push_back(i);
    }

    const Relation& relation_;
    u128 last_;
    Key words_;
    std::vector<Kind> kinds_;
    std::unordered_map<Key, std::size_t, Hash> kind_of_;
};

// -- from the pipeline to the relation -------------------------------------------------------------------------------

/// The predicates by which routing chains choose a way.
std::vector<bool> routing_predicates(const model::Device& device) {
    std::vector<bool> found(device.predicates.size()), seen(device.chains.size()), looked_at(device.exprs.size());
    std::vector<model::ChainId> chains;
    for (std::size_t i = 0; i < device.chains.size(); ++i)
        if (device.chains[i].routing) chains.emplace_back(i);
    std::vector<model::ExprId> exprs;
    while (!chains.empty()) {
        const auto id = chains.back();
        chains.pop_back();
        if (seen[id.index()]) continue;
        seen[id.index()] = true;
        for (const auto r : device.chains[id.index()].rules) {
            const auto& rule = device.rules[r.index()];
            exprs.push_back(rule.match);
            if (const auto* jump = std::get_if<model::Jump>(&rule.control)) chains.push_back(jump->to);
            if (const auto* go = std::get_if<model::Goto>(&rule.control)) chains.push_back(go->to);
        }
    }
    while (!exprs.empty()) {
        const auto id = exprs.back();
        exprs.pop_back();
        if (!id.valid() || looked_at[id.index()]) continue;
        looked_at[id.index()] = true;
        const auto& e = device.exprs[id.index()].is;
        if (const auto* u = std::get_if<model::Unknown>(&e)) found[u->which.index()] = true;
        if (const auto* n = std::get_if<model::Not>(&e)) exprs.push_back(n->e);
        if (const auto* a = std::get_if<model::And>(&e)) exprs.insert(exprs.end(), a->e.begin(), a->e.end());
        if (const auto* o = std::get_if<model::Or>(&e)) exprs.insert(exprs.end(), o->e.begin(), o->e.end());
    }
    return found;
}

class Question {
public:
    Question(const model::Device& device, Family family, const Service& service, Budget budget)
        : device_(device),
          family_(family),
          service_(service),
          budget_(budget),
          reach_(device, family),
          layout_(device, family, reach_),
          space_(*new Space(layout_.maxima(), budget)),
          executor_(device, space_, layout_, reach_, terminals_),
          by_routing_(routing_predicates(device)) {
        space_.adopt();
    }
    ~Question() { space_.abandon(); }
    Question(const Question&) = delete;
    Question& operator=(const Question&) = delete;

    std::vector<Matrix> answer() {
        const NodeId passes = executor_.accepted(headers(), model::ConnectionState::fresh,
                                                 [this](const PipelineState& s) { return kind(s); });
        std::vector<Matrix> out;
        for (const auto port : service_.dports) out.push_back(matrix(passes, port));
        return out;
    }

private:
    using Modes = std::vector<Space::Quantify>;

    [[nodiscard]] bool loopback(std::uint32_t interface) const {
        return interface < device_.interfaces.size() && device_.interfaces[interface].role == model::Role::loopback;
    }

    NodeId headers() {
        std::vector<Interval> in;
        if (service_.path == Path::output)
            in.push_back({model::self_interface, model::self_interface});
        else
            for (std::uint32_t i = model::first_interface; i < device_.interfaces.size(); ++i)
                if (!device_.interfaces[i].absent && !loopback(i)) in.push_back({i, i});
        std::vector<Interval> ports, own;
        for (const auto p : service_.dports) ports.push_back({p, p});
        std::vector<std::pair<Field, IntervalSet>> fields{
            {Field::in_if, IntervalSet(std::move(in))},
            {Field::proto, IntervalSet::single(service_.proto)},
            {Field::sport, IntervalSet::single(service_.sport)},
            {Field::dport, IntervalSet(std::move(ports))},
            {Field::icmp_type, IntervalSet::single(0)},
            {Field::icmp_code, IntervalSet::single(0)},
            {Field::tcp_flags, IntervalSet::single(service_.proto == 6 ? 2 : 0)}};
        if (service_.path == Path::output && device_.addresses_known) {
            own.push_back(family_ == Family::v6 ? Interval{1, 1} : Interval{0x7f000000u, 0x7fffffffu});
            for (const auto& i : device_.interfaces)
                for (const auto& a : i.addresses)
                    if (a.address.family == family_) own.push_back({a.address.bits, a.address.bits});
            fields.emplace_back(Field::src, IntervalSet(std::move(own)));
        }
        std::vector<Constraint> cube;
        for (const auto& [field, values] : fields) cube.push_back({layout_.block(field), &values});
        return make_cube(space_, layout_, cube);
    }

    [[nodiscard]] std::uint32_t kind(const PipelineState& s) const {
        const auto out = s.slots[out_if_slot];
        const bool to_self = out == model::self_interface || loopback(out);
        if (to_self != (service_.path == Path::input)) return 0;
        const auto state = static_cast<model::ConnectionState>(s.slots[ct_state_slot]);
        return state == model::ConnectionState::untracked ? untracked : tracked;
    }

    /// Every level `keep` unless `remove(block)`.
    template <class Remove>
    NodeId remove(NodeId set, Space::Quantify how, const Remove& remove) {
        Modes modes(space_.level_count(), Space::Quantify::keep);
        for (const auto& block : layout_.blocks())
            if (remove(block))
                for (std::uint32_t l = block.first; l < block.first + block.count; ++l) modes[l] = how;
        return space_.quantify(set, modes, space_.new_code());
    }
    [[nodiscard]] static bool is_unknown(const Block& b) { return b.kind != Block::Kind::field; }
    [[nodiscard]] bool chooses_way(const Block& b) const {
        return b.kind == Block::Kind::predicate && by_routing_[b.id];
    }
    [[nodiscard]] bool varies(const Block& b) const {
        return b.kind == Block::Kind::predicate ? model::occurs_both_ways(device_.predicates[b.id].kind)
                                                : device_.choices[b.id].varies;
    }

    /// Source and destination only.
    NodeId projected(NodeId set) {
        if (service_.in_doubt == InDoubt::must) {
            set = remove(set, Space::Quantify::exists,
                         [&](const Block& b) { return is_unknown(b) && !chooses_way(b) && varies(b); });
            set =
                remove(set, Space::Quantify::forall, [&](const Block& b) { return is_unknown(b) && !chooses_way(b); });
        }
        return remove(set, Space::Quantify::exists,
                      [](const Block& b) { return is_unknown(b) || !model::is_address(static_cast<Field>(b.id)); });
    }

    Relation relation(NodeId set) {
        const auto limit = budget_.max_rows;
        const auto pieces = [&](NodeId id, Field field) {
            auto parts = split(space_, layout_, id, layout_.block(field), limit);
            if (!parts) throw BudgetExceeded{"intervals"};
            return std::move(*parts);
        };
        Relation out;
        for (auto& [sources, rest] : pieces(set, Field::src))
            for (auto& [destinations, end] : pieces(rest, Field::dst))
                out.emplace_back(std::move(sources), std::move(destinations));
        std::size_t boundaries = 0;
        for (const auto& [sources, destinations] : out)
            boundaries += 2 * (sources.intervals().size() + destinations.intervals().size());
        if (boundaries * (out.size() / 64 + 2) > budget_.max_edges) throw BudgetExceeded{"classes"};
        return out;
    }

    Matrix matrix(NodeId passes, std::uint16_t port) {
        const IntervalSet wanted = IntervalSet::single(port);
        const Constraint at{layout_.block(Field::dport), &wanted};
        const NodeId mine = space_.gate(make_cube(space_, layout_, {&at, 1}), passes);
        Matrix out;
        out.dport = port;
        for (const auto level : space_.levels(mine)) {
            const Block& b = layout_.blocks()[layout_.block_of_level(level)];
            if (b.kind == Block::Kind::predicate && !chooses_way(b)) out.depends_on.emplace_back(b.id);
        }
        std::sort(out.depends_on.begin(), out.depends_on.end());
        const NodeId connections = projected(
            space_.map(mine, space_.new_code(), [](std::uint32_t t) { return t == tracked ? everywhere : nowhere; }));
        Partition(relation(connections), family_ == Family::v6 ? 128 : 32).into(out);
        const NodeId anything = projected(
            space_.map(mine, space_.new_code(), [](std::uint32_t t) { return t == 0 ? nowhere : everywhere; }));
        out.untracked = relation(space_.minus(anything, connections));
        return out;
    }

    const model::Device& device_;
    Family family_;
    const Service& service_;
    Budget budget_;
    Reach reach_;
    Layout layout_;
    Space& space_;
    Terminals terminals_;
    Executor executor_;
    std::vector<bool> by_routing_;
};

}  // namespace

Expected<std::vector<Matrix>> matrices(const model::Device& device, Family family, const Service& service,
                                       Budget budget) {
    try {
        return Question(device, family, service, budget).answer();
    } catch (const BudgetExceeded& e) {
        return tl::unexpected(TooLarge{std::string("the matrix needs more ") + e.what + " than its budget allows"});
    }
}

}  // namespace egresslint::flow
