// SPDX-License-Identifier: Apache-2.0
// One branch of a compiled trace: where it stands, the packet's values by dimension, what it has assumed; and whether a
// condition holds in it. Private to compiled_trace.cpp.
#pragma once

#include "flow/compiled_trace.hpp"
#include "flow/program.hpp"

namespace egresslint::flow {

enum class Truth : std::uint8_t { no, yes, open };

/// src, dst, sport, dport as rewritten so far: a number, or an open choice plus a number.
struct TracedValue {
    base::u128 number = 0;
    model::ChoiceId choice;
};
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
    static constexpr std::uint32_t no_decision = 0xffffffffu;
    enum class Phase : std::uint8_t { guard, rules, effects, ending };

    std::uint32_t stage = 0;
    Phase phase = Phase::guard;
    bool logged = false, limited = false, inspected = false;
    std::uint8_t open = 0;      ///< bits of the dimensions whose value is an open choice
    std::uint32_t version = 0;  ///< counts changes of values
    std::uint32_t rule = 0;     ///< Program::rules
    std::uint32_t effect = 0;   ///< next effect of `rule`, or next translation of `decision`
    std::uint32_t pending = no_decision;
    std::uint32_t decision = no_decision;
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
        start();
        if (m.open & c.open_fields) return model_expr(m, c.expr);
        return all_of(m, program_.checks.data() + c.checks, c.count, Truth::yes);
    }
    Truth test(const TraceBranch& m, const CompiledRule& rule) {
        start();
        if (m.open & rule.when.open_fields) return model_expr(m, rule.when.expr);
        const Truth first = all_of(m, rule.first.data(), rule.first_count, Truth::yes);
        if (first == Truth::no || rule.when.count == 0) return first;
        return all_of(m, program_.checks.data() + rule.when.checks, rule.when.count, first);
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
    void start() {
        question_.about = TraceQuestion::About::nothing;
        uncertain_ = false;
    }
    /// `so_far` and every check.
    Truth all_of(const TraceBranch& m, const Check* check, std::size_t count, Truth so_far) {
        for (const Check* end = check + count; check != end; ++check) {
            if (check->kind == Check::Kind::range) {
                if (m.value[check->dimension] - check->a > check->b) return Truth::no;
            } else if (check->kind != Check::Kind::expression) {
                if (!holds(m, *check)) return Truth::no;
            } else {
                const Truth one = expr(m, check->a);
                if (one == Truth::no) return one;
                if (one == Truth::open) so_far = one;
            }
        }
        return so_far;
    }
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
