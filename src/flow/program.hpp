// SPDX-License-Identifier: Apache-2.0
// A device compiled for one IP version: what the compiled tracer runs. Every field that a rule can read is a dimension
// with a number; a rule is a short row of checks in the order in which it was written, with an index a chain that names
// the rules worth a look. Constants are folded, sets are sorted edges, relations have an index of their own.
//
//   ip saddr 10.1.0.0/16 tcp dport { 25, 465 }   ->   src in [0x0a010000, +0xffff]; proto in [6, +0]; dport in set 3
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "flow/rule_index.hpp"
#include "model/device.hpp"

namespace egresslint::flow {

/// Dimensions: the first four are addresses, `_before` is the view `original`; registers follow `first_register`.
enum Dimension : std::uint16_t {
    dim_src,
    dim_dst,
    dim_src_before,
    dim_dst_before,
    dim_sport,
    dim_dport,
    dim_sport_before,
    dim_dport_before,
    dim_in_if,
    dim_proto,
    dim_icmp_type,
    dim_icmp_code,
    dim_tcp_flags,
    dim_out_if,
    dim_ct_state,
    first_register
};

/// The fields that translations rewrite, in this order; and the slot of each.
inline constexpr std::array<Dimension, 4> rewritable{dim_src, dim_dst, dim_sport, dim_dport};
inline constexpr std::array<model::Field, 4> rewritable_fields{model::Field::src, model::Field::dst,
                                                               model::Field::sport, model::Field::dport};
[[nodiscard]] std::size_t rewritable_slot(model::Field field);

/// One conjunct of a rule.
struct Check {
    enum class Kind : std::uint8_t {
        range,       ///< value - a <= b
        wide_range,  ///< the same with wide range number a
        set,         ///< in set a
        expression,  ///< expression a, three-valued
        never,
    };
    Kind kind = Kind::never;
    std::uint16_t dimension = 0;
    std::uint32_t a = 0;
    std::uint32_t b = 0;
};

/// A conjunction of checks. `open_fields`: bits of the dimensions whose value may be an open choice (dim_src, dim_dst,
/// dim_sport, dim_dport) among those that the expression reads; then the model's own expression is evaluated.
struct Condition {
    std::uint32_t checks = 0;
    std::uint16_t count = 0;
    std::uint8_t open_fields = 0;
    model::ExprId expr;
};

/// An effect of a rule, or a translation of a decision. What a packet often meets stands here whole; the rest is left
/// in the model.
struct CompiledEffect {
    enum class Kind : std::uint8_t {
        set_number,  ///< slot := value (TracedValue, see compiled_state.hpp)
        set_known,   ///< dimension := value, metadata
        translate,   ///< Program::translations[value]
        assign,      ///< Program::assignments[value]
        log,
        limited,
        inspected,
    };
    Kind kind = Kind::log;
    std::uint8_t slot = 0;
    std::uint16_t dimension = 0;
    std::uint32_t value = 0;
};

/// Some effects one after the other.
struct EffectRange {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
};

struct CompiledDecision {
    model::Verdict verdict = model::Verdict::accept;
    EffectRange then;
};

/// One line of the cache: a candidate costs one access to memory, which is what a trace spends its time on.
struct alignas(64) CompiledRule {
    enum class Control : std::uint8_t { go_on, leave, settle, jump, go_to, decide, propose };
    static constexpr std::size_t most_first = 3;

    Condition when;  ///< `checks` are those after the first ones
    model::RuleId rule;
    std::uint32_t effects = 0;
    std::uint16_t effect_count = 0;
    Control control = Control::go_on;
    std::uint8_t first_count = 0;
    std::uint32_t target = 0;  ///< chain or decision
    std::array<Check, most_first> first;
};
static_assert(sizeof(CompiledRule) == 64);

struct CompiledChain {
    std::uint32_t rules = 0;  ///< first of Program::rules; positions of the index count from here
    std::uint32_t count = 0;  ///< active rules
    RuleIndex index;
};

struct CompiledStage {
    Condition when;
    model::ChainId entry;
    std::uint32_t fallthrough = 0;  ///< decision
};

/// What is not a plain conjunction.
struct CompiledExpr {
    enum class Kind : std::uint8_t { constant, check, masked, tuple, unknown, negation, conjunction, disjunction };
    Kind kind = Kind::constant;
    Check check;              ///< of check and masked
    std::uint32_t first = 0;  ///< first child; relation; predicate; mask; constant: 0 or 1
    std::uint32_t count = 0;  ///< number of children; the predicate's value
};

/// Rows are conditions over `checks`, one after the other in Program::rows.
struct CompiledRelation {
    std::uint32_t rows = 0;
    RuleIndex index;
};

struct CompiledSet {
    std::uint32_t first = 0;  ///< edges: a value is inside when an odd number of them is not above it
    std::uint32_t count = 0;
};

struct WideRange {
    base::u128 first = 0;
    base::u128 width = 0;
};

struct Program {
    /// Requires a resolved, valid device that stays where it is.
    Program(const model::Device& device, base::Family family, const CutLimits& limits = {});

    [[nodiscard]] std::size_t bytes() const;

    bool wide = false;  ///< IPv6: addresses are 128 bits
    std::vector<Check> checks;
    std::vector<CompiledRule> rules;
    std::vector<CompiledChain> chains;  ///< by model::ChainId; unreachable ones are empty
    std::vector<CompiledStage> stages;
    std::vector<CompiledDecision> decisions;
    std::vector<CompiledEffect> effects;
    std::vector<const model::Translate*> translations;
    std::vector<const model::Assign*> assignments;
    std::vector<CompiledExpr> exprs;
    std::vector<std::uint32_t> children;
    std::vector<CompiledRelation> relations;
    std::vector<Condition> rows;
    std::vector<CompiledSet> sets;
    std::vector<std::uint32_t> edges;
    std::vector<base::u128> wide_edges;
    std::vector<WideRange> wide_ranges;
};

}  // namespace egresslint::flow
