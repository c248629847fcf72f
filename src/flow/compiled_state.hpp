// SPDX-License-Identifier: Apache-2.0
// One branch of a compiled trace: where it stands, the packet's values by dimension, what it has assumed; and whether a
// condition holds in it. Private to compiled_trace.cpp.
#pragma once

#include <array>

#include "flow/compiled_trace.hpp"
#include "flow/program.hpp"

namespace egresslint::flow {

enum class Truth : std::uint8_t { no, yes, open };

/// src, dst, sport, dport as rewritten so far: a number, or an open choice plus a number.
struct TracedValue {
    base::u128 number = 0;
    model::ChoiceId choice;
};
/// The four in this order, as dimensions and as fields.
inline constexpr std::array<Dimension, 4> rewritable{dim_src, dim_dst, dim_sport, dim_dport};
inline constexpr std::array<model::Field, 4> rewritable_fields{model::Field::src, model::Field::dst,
                                                               model::Field::sport, model::Field::dport};
[[nodiscard]] std::size_t rewritable_slot(model::Field field);

/// What must be answered before a branch can go on: has the predicate this value, is the choice inside?
struct TraceQuestion {
    enum class About : std::uint8_t { nothing, predicate, choice } about = About::nothing;
    std::uint32_t which = 0;
    std::uint16_t value = 0;
    model::IntervalSet inside;
};

/// What is left of an unknown after the answers of this branch. Few values are bits, for these need no memory.
struct LeftOfUnknown {
    static constexpr std::uint32_t most_bits = 64;
    bool predicate = false;
    std::uint32_t which = 0;
    std::uint64_t bits = 0;  ///< of a predicate with at most most_bits values
    model::IntervalSet set;  ///< of any other
};

struct TraceFrame {
    std::uint32_t chain = 0;
    std::uint32_t next = 0;     ///< position in the chain
    std::uint32_t version = 0;  ///< of the values that its candidates were found for
    std::uint32_t lists = 0;    ///< its first list in TraceBranch::lists; those of later frames follow
};

struct TraceBranch {
    enum class Phase : std::uint8_t { guard, rules, effects, ending };

    std::uint32_t stage = 0;
    Phase phase = Phase::guard;
    bool logged = false, limited = false;
    std::uint8_t open = 0;      ///< bits of the dimensions whose value is an open choice
    std::uint32_t version = 0;  ///< counts changes of values
    model::RuleId rule;
    std::size_t effect = 0;  ///< next effect of `rule`, or next translation of `decision`
    const model::Decide* pending = nullptr;
    const model::Decide* decision = nullptr;
    std::array<TracedValue, 4> now;
    std::array<base::u128, wide_dimensions> wide{};  ///< IPv6: the address dimensions
    std::vector<std::uint32_t> value;                ///< every other dimension; for IPv4 all of them
    std::vector<TraceFrame> frames;
    std::vector<Candidates> lists;
    std::vector<BriefStep> steps;
    std::vector<LeftOfUnknown> left;

    [[nodiscard]] const LeftOfUnknown* find(bool predicate, std::uint32_t which) const {
        for (const LeftOfUnknown& l : left)
            if (l.which == which && l.predicate == predicate) return &l;
        return nullptr;
    }
};

/// Three-valued, with the same first question as the plain tracer.
class ConditionEvaluator {
public:
    ConditionEvaluator(const model::Device& device, base::Family family, const Program& program)
        : device_(device), program_(program), family_(family) {}

    /// The values of unknowns that are given, for the tests to come.
    void use(const Valuation& given) {
        given_ = &given;
        some_predicates_ = !given.predicates.empty();
    }

    Truth test(const TraceBranch& m, const Condition& c) {
        question_.about = TraceQuestion::About::nothing;
        uncertain_ = false;
        if (m.open & c.open_fields) return model_expr(m, c.expr);
        const Check* check = program_.checks.data() + c.checks;
        Truth all = Truth::yes;
        for (const Check* end = check + c.count; check != end; ++check) {
            if (check->kind == Check::Kind::range) {
                if (m.value[check->dimension] - check->a > check->b) return Truth::no;
            } else if (check->kind != Check::Kind::expression) {
                if (!holds(m, *check)) return Truth::no;
            } else {
                const Truth one = expr(m, check->a);
                if (one == Truth::no) return one;
                if (one == Truth::open) all = one;
            }
        }
        return all;
    }

    /// Of the last test: its first open question, and whether its outcome rests on something unknown.
    [[nodiscard]] const TraceQuestion& question() const { return question_; }
    [[nodiscard]] bool uncertain() const { return uncertain_; }

    /// A single test of a value against a set, for translations.
    Truth value_inside(const TraceBranch& m, const TracedValue& value, unsigned bits, const model::IntervalSet& set) {
        question_.about = TraceQuestion::About::nothing;
        return inside(m, value, bits, set);
    }

    void answer(TraceBranch& m, const TraceQuestion& question, bool yes) const;
    [[nodiscard]] const model::IntervalSet& candidates(model::ChoiceId id) const;
    [[nodiscard]] const model::IntervalSet& left_of_choice(const TraceBranch& m, model::ChoiceId id) const;

private:
    [[nodiscard]] bool holds(const TraceBranch& m, const Check& check) const;
    [[nodiscard]] bool holds(const Check& check, std::uint32_t value) const;
    [[nodiscard]] bool row_holds(const TraceBranch& m, const Condition& row) const;
    [[nodiscard]] bool tuple(const TraceBranch& m, const CompiledRelation& relation);
    Truth expr(const TraceBranch& m, std::uint32_t id);
    Truth unknown(const TraceBranch& m, std::uint32_t which, std::uint32_t value);

    // On the model, where a field may be open.
    Truth model_expr(const TraceBranch& m, model::ExprId id);
    Truth model_tuple(const TraceBranch& m, const model::Relation& relation);
    Truth model_field(const TraceBranch& m, const model::FieldRef& ref, std::uint32_t mask, model::SetId set);
    Truth inside(const TraceBranch& m, const TracedValue& value, unsigned bits, const model::IntervalSet& set);

    const model::Device& device_;
    const Program& program_;
    base::Family family_;
    const Valuation* given_ = nullptr;
    bool some_predicates_ = false;
    bool uncertain_ = false;
    TraceQuestion question_;
    std::vector<Candidates> found_;
};

}  // namespace egresslint::flow
