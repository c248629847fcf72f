// SPDX-License-Identifier: Apache-2.0
// Each contract of the model, broken once: validate must name it. The unbroken device must pass.
#include "model/validate.hpp"

#include <catch2/catch.hpp>
#include <functional>

#include "model/builder.hpp"

using namespace egresslint;
using namespace egresslint::model;

namespace {

Device good() {
    Builder b("x");
    const auto a = b.chain("a"), c = b.chain("b");
    b.interface("wan");
    b.reg("mark");
    b.predicate("limit", PredicateKind::rate);
    Choice pool;
    pool.text = "pool";
    pool.candidates.values = IntervalSet::range(1, 2);
    b.choice(pool);
    Rule r;
    r.match = b.all({b.proto(6), b.in_register(RegisterId(0), IntervalSet::single(1), 3)});
    r.control = Jump{c};
    b.rule(a, r);
    Relation relation;
    relation.columns = {FieldRef{Field::dport}};
    relation.rows = {{b.numbers(IntervalSet::single(25))}};
    r.match = b.all({b.unknown(PredicateId(0)), b.in_tuple(relation)});
    r.effects = {Assign{{Field::reg, View::current, RegisterId(0)}, {}, 0, {}, 0, 1}};
    r.control = Decide{Verdict::accept, {Translate{Field::src, base::Family::v4, Pick{ChoiceId(0), false}}}, true};
    b.rule(c, r);
    b.stage("s", Label::filter, b.yes(), a);
    Device d = std::move(b).finish();
    d.resolved = true;
    return d;
}

std::string broken(const std::function<void(Device&)>& change) {
    Device d = good();
    change(d);
    const auto lines = validate(d);
    return lines.empty() ? "" : lines.front();
}

Translate& translation(Device& d) { return std::get<Decide>(d.rules[1].control).then[0]; }

}  // namespace

TEST_CASE("a good device is valid") { CHECK(validate(good()).empty()); }

TEST_CASE("every broken contract is named") {
    const auto says = [](const char* text, const std::function<void(Device&)>& change) {
        INFO(text);
        CHECK(broken(change) == text);
    };
    says("expressions 0 and 1 are not false and true", [](Device& d) { d.exprs[0] = Expr{true}; });
    says("interfaces 0 and 1 are not reserved", [](Device& d) { d.interfaces.clear(); });
    says("gateway register out of range", [](Device& d) { d.gateway_register = RegisterId(9); });
    says("predicate 0: fewer than two values, or beside no header field",
         [](Device& d) { d.predicates[0].choices = 1; });
    says("predicate 0: fewer than two values, or beside no header field",
         [](Device& d) { d.predicates[0].beside = Field::reg; });
    says("choice 0: field cannot be translated", [](Device& d) { d.choices[0].field = Field::proto; });
    says("choice 0: candidate wider than the field",
         [](Device& d) { d.choices[0].candidates.values = IntervalSet::full(33); });
    says("choice 0: no candidates", [](Device& d) { d.choices[0].candidates.values = {}; });
    says("set 0: symbolic in a resolved device", [](Device& d) { d.sets[0].is = DeviceAddresses{}; });
    says("relation 0: row of another width", [](Device& d) { d.relations[0].rows[0].clear(); });
    says("relation 0: set out of range", [](Device& d) { d.relations[0].rows[0] = {SetId(99)}; });
    says("rule 0: match out of range", [](Device& d) { d.rules[0].match = {}; });
    says("rule 0: origin out of range", [](Device& d) { d.rules[0].origin = OriginId(5); });
    says("rule 0: object out of range", [](Device& d) { d.rules[0].uses = {ObjectId(5)}; });
    says("rule 0: chain out of range", [](Device& d) { d.rules[0].control = Jump{ChainId(5)}; });
    says("rule 0: chain out of range", [](Device& d) { d.rules[0].control = Goto{ChainId()}; });
    says("rule 1: assigns a field that is not metadata",
         [](Device& d) { std::get<Assign>(d.rules[1].effects[0]).to = {Field::src}; });
    says("rule 1: register out of range",
         [](Device& d) { std::get<Assign>(d.rules[1].effects[0]).to.reg = RegisterId(5); });
    says("rule 1: assigns from no register", [](Device& d) { std::get<Assign>(d.rules[1].effects[0]).and_a = 1; });
    says("rule 1: assigns an interface out of range", [](Device& d) {
        auto& a = std::get<Assign>(d.rules[1].effects[0]);
        a.to = {Field::out_if};
        a.value = 7;
    });
    says("rule 1: field cannot be translated", [](Device& d) { translation(d).field = Field::proto; });
    says("rule 1: choice out of range", [](Device& d) { translation(d).to = Pick{ChoiceId(5), false}; });
    says("rule 1: value wider than the field", [](Device& d) { translation(d).to = Fixed{base::low_mask(33)}; });
    says("rule 1: a fixed address without its family", [](Device& d) {
        translation(d).to = Fixed{1};
        translation(d).family.reset();
    });
    says("rule 1: not a pair of networks", [](Device& d) { translation(d).to = Shift{1, 0, 24}; });
    says("rule 1: not a pair of networks", [](Device& d) { translation(d).to = Shift{0, 0, 33}; });
    says("rule 1: an interface address for a port", [](Device& d) {
        translation(d).field = Field::sport;
        translation(d).to = OutInterfaceAddress{};
    });
    says("stage 0: guard out of range", [](Device& d) { d.pipeline[0].when = {}; });
    says("stage 0: chain out of range", [](Device& d) { d.pipeline[0].entry = ChainId(7); });
    says("stage 0: its default is a pending decision", [](Device& d) { d.pipeline[0].fallthrough.final = false; });
    says("chain 0: rule out of range", [](Device& d) { d.chains[0].rules.push_back(RuleId(9)); });
}

TEST_CASE("expressions keep their contracts") {
    const auto with = [](Expr e) { return broken([&](Device& d) { d.exprs.push_back(e); }); };
    const auto id = std::to_string(good().exprs.size());
    CHECK(with(Expr{Not{ExprId(77)}}) == "expression " + id + ": operand out of range");
    CHECK(with(Expr{And{{ExprId(1), ExprId(77)}}}) == "expression " + id + ": operand out of range");
    CHECK(with(Expr{In{{Field::src}, SetId(0), 0xff}}) == "expression " + id + ": mask on a header field");
    CHECK(with(Expr{In{{Field::src}, SetId(77)}}) == "expression " + id + ": set out of range");
    CHECK(with(Expr{In{{Field::reg, View::current, RegisterId(4)}, SetId(0)}}) ==
          "expression " + id + ": register out of range");
    CHECK(with(Expr{In{{Field::out_if, View::original, {}}, SetId(0)}}) ==
          "expression " + id + ": original view of metadata");
    CHECK(with(Expr{Unknown{PredicateId(0), 2}}) == "expression " + id + ": the predicate has no such value");
    CHECK(with(Expr{Unknown{PredicateId(3), 0}}) == "expression " + id + ": predicate out of range");
    CHECK(with(Expr{InTuple{RelationId(3)}}) == "expression " + id + ": relation out of range");
    CHECK(with(Expr{Not{ExprId(good().exprs.size())}}) == "expressions refer to themselves");
}

TEST_CASE("jump cycles and bottomless nesting are found, without recursion") {
    CHECK(broken([](Device& d) { d.rules[1].control = Goto{ChainId(0)}; }) == "jumps form a cycle or nest too deeply");
    CHECK(broken([](Device& d) {
              d.rules[1].control = Goto{ChainId(0)};
              d.rules[1].active = false;
          }).empty());
    // A cycle that no stage reaches harms nobody.
    CHECK(broken([](Device& d) {
              d.rules[1].control = Goto{ChainId(1)};
              d.pipeline.clear();
          }).empty());
    const auto nested = [](std::size_t depth) {
        Builder b("x");
        for (std::size_t i = 0; i <= depth; ++i) b.chain("c");
        for (std::size_t i = 0; i < depth; ++i) {
            Rule r;
            r.control = Jump{ChainId(i + 1)};
            b.rule(ChainId(i), r);
            b.rule(ChainId(i), r);  // twice: paths double, work must not
        }
        b.stage("s", Label::filter, b.yes(), ChainId(0));
        return std::move(b).finish();
    };
    CHECK(jumps_are_acyclic(nested(999)));
    CHECK_FALSE(jumps_are_acyclic(nested(1000)));
    CHECK_FALSE(jumps_are_acyclic(nested(200000)));
    CHECK(jumps_are_acyclic(nested(200000), 1000000));
}
