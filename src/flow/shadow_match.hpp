// SPDX-License-Identifier: Apache-2.0
// Matches for the analysis of shadowed rules: every value a rule can read is a *variable* of its own (header fields as
// they are at this point, original ones where they can differ, out interface, connection state, registers, unknown
// predicates). A match is compiled to conditions "variable in set" and a rest that has no such form; it can be tested
// on a point, built as a diagram, and compared with another by looking at the conditions.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "flow/layout.hpp"
#include "flow/match.hpp"
#include "flow/reach.hpp"
#include "flow/shadow_values.hpp"
#include "flow/space.hpp"

namespace egresslint::flow::shadow {

using VariableId = std::uint32_t;  ///< beyond the last field variable: predicates, by number
using MatchId = std::uint32_t;

struct Variable {
    model::FieldRef what;
    base::u128 maximum = 0;
    SlotMask slot = 0;  ///< what rules can write; 0: fixed within a stage
    BlockId block = 0;
    bool by_bits = false;  ///< a register that is read under a mask: a level a bit
};

/// A value for every field variable, and for the predicates named; others follow from the seed.
struct Point {
    std::vector<base::u128> values;
    std::vector<std::pair<std::uint32_t, std::uint16_t>> predicates;
    std::uint64_t seed = 0;
    bool leave_open = false;  ///< predicates that do not vary and are not named have both answers
};

struct Condition {
    VariableId variable = 0;
    const base::IntervalSet* set = nullptr;
};

/// A conjunction, with what was made on the way.
struct Region {
    bool never = false;
    std::vector<Condition> conditions;  ///< one a variable, ascending
    std::vector<model::ExprId> rest;
    std::vector<std::shared_ptr<const base::IntervalSet>> own;
    [[nodiscard]] const base::IntervalSet* find(VariableId variable) const;
};

class Random {
public:
    std::uint64_t next() {
        state_ += 0x9e3779b97f4a7c15ull;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
        return z ^ (z >> 31);
    }
    base::u128 below_or_at(base::u128 maximum) {
        const base::u128 r = static_cast<base::u128>(next()) << 64 | next();
        return maximum == ~base::u128{0} ? r : r % (maximum + 1);
    }
    base::u128 in(const base::IntervalSet& set) {
        const auto& list = set.intervals();
        const auto& i = list[static_cast<std::size_t>(next() % list.size())];
        return i.first + below_or_at(i.last - i.first);
    }

private:
    std::uint64_t state_ = 20261124;
};

class Matches {
public:
    Matches(const model::Device& device, base::Family family, const Reach& reach);
    ~Matches();
    Matches(const Matches&) = delete;
    Matches& operator=(const Matches&) = delete;

    [[nodiscard]] const std::vector<Variable>& variables() const { return variables_; }
    [[nodiscard]] VariableId variable(const model::FieldRef& what) const;
    [[nodiscard]] base::Family family() const { return family_; }

    /// The compiled form; the same expression gives the same number.
    MatchId compile(model::ExprId expr);
    [[nodiscard]] bool never(MatchId m) const { return compiled_[m].never; }
    /// Holds for every value of everything.
    [[nodiscard]] bool always(MatchId m) const;
    /// Depends on an unknown predicate that does not vary.
    [[nodiscard]] bool fixed_unknown(MatchId m) const { return compiled_[m].fixed_unknown; }
    [[nodiscard]] bool fixed_unknown(const Region& region) const;
    [[nodiscard]] SlotMask reads(MatchId m) const { return compiled_[m].reads; }
    [[nodiscard]] model::ExprId expr(MatchId m) const { return compiled_[m].expr; }
    [[nodiscard]] std::span<const Condition> conditions(MatchId m) const {
        return {conditions_.data() + compiled_[m].first, compiled_[m].count};
    }

    [[nodiscard]] Truth test(MatchId m, const Point& point) const;
    [[nodiscard]] Truth test(model::ExprId expr, const Point& point) const;

    /// region and match, less the conditions on slots of `without`.
    [[nodiscard]] Region narrow(const Region& region, MatchId m, SlotMask without = 0) const;
    void narrow(Region& region, VariableId variable, const base::IntervalSet& set) const;
    /// Every packet of the region matches: by the conditions alone, so false may be wrong.
    [[nodiscard]] bool covers(MatchId m, const Region& region) const;
    /// No packet of the region matches: by the conditions alone.
    [[nodiscard]] bool apart(MatchId m, const Region& region) const;

    /// A packet of the region; false if none was found.
    bool sample(const Region& region, Random& random, Point& out) const;
    /// A packet of the set.
    void sample(NodeId set, Random& random, Point& out) const;

    // -- diagrams; throw BudgetExceeded
    [[nodiscard]] Space& space() { return *space_; }
    /// Right inside the region; as small as that allows.
    NodeId select(MatchId m, const Region& within);
    NodeId select(const Region& region);
    /// Fields that a protocol does not have are 0.
    NodeId well_formed();
    /// For all values of the predicates that do not vary.
    NodeId surely(NodeId set);
    [[nodiscard]] std::vector<model::PredicateId> fixed_predicates_of(NodeId set) const;
    /// Frees diagrams when there are many: all NodeIds become invalid.
    void tidy(std::size_t max_nodes);

private:
    struct Compiled {
        model::ExprId expr;
        std::uint32_t first = 0, count = 0;
        std::uint32_t rest_first = 0, rest_count = 0;
        SlotMask reads = 0;
        bool never = false, fixed_unknown = false;
    };
    void make_variables();
    void add_variable(const model::FieldRef& what, unsigned bits, base::u128 maximum, SlotMask slot);
    bool gather(model::ExprId expr, bool positive, Region& draft) const;
    bool gather_in(const model::In& in, bool positive, Region& draft) const;
    bool gather_tuple(const model::InTuple& tuple, Region& draft) const;
    bool gather_either(const std::vector<model::ExprId>& e, Region& draft) const;
    /// `lasting`: the set lives as long as this object.
    void add(Region& region, VariableId variable, const base::IntervalSet& set, bool lasting) const;
    bool specialise(Region& region, Random& random) const;
    bool choose_protocol(const Region& region, Random& random, Point& out) const;
    [[nodiscard]] bool has_fixed_unknown(model::ExprId expr) const;
    [[nodiscard]] std::optional<std::uint16_t> answer(const Point& p, std::uint32_t predicate) const;
    [[nodiscard]] const base::IntervalSet& literal(model::SetId set, model::Field field) const;
    [[nodiscard]] base::u128 maximum(VariableId v) const;
    [[nodiscard]] bool full(VariableId v, const base::IntervalSet& set) const;
    [[nodiscard]] Truth test(const model::In& in, const Point& p) const;
    NodeId select(model::ExprId expr);
    NodeId select(const model::In& in);
    NodeId select(std::span<const Condition> conditions);
    NodeId bits(const Variable& v, const base::IntervalSet& set, std::uint32_t mask);

    const model::Device& device_;
    base::Family family_;
    const Reach& reach_;
    std::vector<Variable> variables_;
    std::array<VariableId, model::field_count> current_{}, original_{};
    std::vector<VariableId> registers_;
    std::vector<Block> blocks_;
    std::vector<BlockId> predicate_blocks_;
    std::vector<std::uint32_t> maxima_;
    std::vector<bool> fixed_;  ///< by predicate: does not vary
    bool any_fixed_ = false;

    std::unordered_map<std::uint32_t, MatchId> by_expr_;
    std::vector<Compiled> compiled_;
    std::vector<Condition> conditions_;
    std::vector<model::ExprId> rests_;
    std::vector<std::shared_ptr<const base::IntervalSet>> pool_;

    mutable std::unordered_map<std::uint32_t, std::unique_ptr<const RowFinder>> rows_;  ///< by relation

    Space* space_ = nullptr;
    std::unordered_map<std::uint32_t, NodeId> selected_;  ///< by expression
    NodeId well_formed_ = no_node;
    std::vector<Space::Quantify> surely_modes_;
    std::uint32_t surely_code_ = 0;
};

}  // namespace egresslint::flow::shadow
