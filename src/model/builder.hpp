// SPDX-License-Identifier: Apache-2.0
// The only way to make a Device: interns sets and expressions, folds constants, tracks named objects.
//
//   Builder b("edge");
//   auto smtp = b.all({b.proto(6), b.dport(25)});
//   auto chain = b.chain("forward");
//   b.rule(chain, {.match = smtp, .control = Decide{Verdict::drop}}, span, "tcp dport 25 drop");
//   b.stage("forward", Label::filter, b.yes(), chain, Verdict::accept);
//   Device d = std::move(b).finish();
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/device.hpp"
#include "model/number_index.hpp"

namespace egresslint::model {

class Builder {
public:
    explicit Builder(std::string name);
    /// Goes on with an existing device (resolve, inference, fixes).
    explicit Builder(Device device);

    [[nodiscard]] Device& device() { return device_; }
    [[nodiscard]] const Device& device() const { return device_; }
    [[nodiscard]] Device finish() &&;
    /// Makes room for about so many more rules, so that tables need not move while they grow.
    void reserve(std::size_t rules);

    OriginId origin(Span span, std::string text, bool synthetic = false);

    /// Interned by (kind, name). A second definition marks it duplicate; `use` before `define` leaves it undefined.
    ObjectId define(std::string_view kind, std::string_view name, Span where);
    ObjectId use(std::string_view kind, std::string_view name, Span where);

    InterfaceId interface(std::string_view name);
    RegisterId reg(std::string_view name, std::uint32_t initial = 0);
    /// Interned by text and kind.
    PredicateId predicate(std::string text, PredicateKind kind, Field beside = Field::proto, OriginId origin = {},
                          std::uint16_t choices = 2);
    /// Says what the truth of a predicate hangs on; see Predicate::reads and Predicate::asked_in.
    void depends(PredicateId which, FieldMask reads, ChainId asked_in = {});
    ChoiceId choice(Choice choice);

    SetId set(Set set);
    SetId numbers(IntervalSet values, ObjectId object = {});
    SetId addresses(IntervalSet v4, IntervalSet v6, ObjectId object = {});
    /// The same for one interval, without a vector for it: most rules of a large ruleset name single values.
    SetId number_interval(const base::Interval& values);
    SetId address_interval(Family family, const base::Interval& values);

    [[nodiscard]] ExprId yes() const { return ExprId(expr_true); }
    [[nodiscard]] ExprId no() const { return ExprId(expr_false); }
    ExprId in(FieldRef what, SetId set, std::uint32_t mask = 0xffffffffu);
    ExprId in(Field what, SetId set) { return in(FieldRef{what, View::current, {}}, set); }
    ExprId in(Field what, IntervalSet values) { return in(what, numbers(std::move(values))); }
    ExprId in_interval(Field what, const base::Interval& values) { return in(what, number_interval(values)); }
    ExprId in_register(RegisterId reg, IntervalSet values, std::uint32_t mask = 0xffffffffu);
    ExprId in_tuple(Relation relation);
    ExprId unknown(PredicateId which, std::uint16_t value = 1);
    ExprId negate(ExprId e);
    ExprId all(std::span<const ExprId> e);
    ExprId all(std::initializer_list<ExprId> e) { return all(std::span<const ExprId>(e.begin(), e.size())); }
    ExprId either(std::span<const ExprId> e);
    ExprId either(std::initializer_list<ExprId> e) { return either(std::span<const ExprId>(e.begin(), e.size())); }

    ExprId family(Family f);
    ExprId proto(std::uint8_t number) { return in_interval(Field::proto, {number, number}); }
    ExprId sport(IntervalSet ports) { return in(Field::sport, std::move(ports)); }
    ExprId dport(IntervalSet ports) { return in(Field::dport, std::move(ports)); }
    /// Family guard included.
    ExprId address(Field field, Family f, IntervalSet values, View view = View::current);
    ExprId prefix(Field field, const Prefix& p, View view = View::current);
    ExprId interface_names(Field field, std::vector<std::string> patterns);

    ChainId chain(std::string name, OriginId origin = {});
    RuleId rule(ChainId chain, Rule rule);
    RuleId rule(ChainId chain, Rule rule, Span span, std::string text);
    StageId stage(std::string name, Label label, ExprId when, ChainId entry, Verdict fallthrough = Verdict::accept,
                  OriginId origin = {});

    /// A rule for a statement that was not understood: under one opaque predicate it may do nothing, accept, drop or
    /// (with `translates`) rewrite the source or destination to anything. Returns the predicate, for the Diagnostic.
    PredicateId opaque_rule(ChainId chain, ExprId match, OriginId origin, bool translates_source = false,
                            bool translates_destination = false);

private:
    ExprId intern(Expr expr);
    ExprId add(Expr expr);
    /// The first expression that was made of a set, or whose newest part an expression is: it stands beside that and
    /// not in the index. In a large ruleset most sets and most comparisons are used once, and the next rule's are next
    /// in memory, while an index is a cache miss each time.
    [[nodiscard]] std::uint32_t& first_of(SetId set);
    [[nodiscard]] std::uint32_t& first_of(ExprId newest_part);
    [[nodiscard]] std::uint32_t* first_beside(const Expr& expr);
    /// And or Or of what stands in scratch_.
    template <class Junction>
    ExprId intern_scratch();
    SetId literal(std::span<const base::Interval> values, std::span<const base::Interval> values6);
    [[nodiscard]] std::uint32_t find_object(std::uint64_t hash, std::string_view kind, std::string_view name) const;
    void keep_new(ExprId e);

    Device device_;
    std::vector<std::uint32_t> first_of_set_, first_of_expr_;
    NumberIndex exprs_, sets_, objects_, interfaces_, predicates_, choices_;
    std::vector<ExprId> scratch_;
    std::vector<std::uint32_t> marks_;  ///< by expression: the last long conjunction that it stands in
    std::uint32_t mark_ = 0;
};

}  // namespace egresslint::model
