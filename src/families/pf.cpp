// SPDX-License-Identifier: Apache-2.0
#include "families/pf.hpp"

#include <utility>

namespace egresslint::families::pf {

using namespace model;

namespace {
Verdict verdict_of(Action action) {
    return action == Action::pass ? Verdict::accept : action == Action::block ? Verdict::drop : Verdict::reject;
}
}  // namespace

Pf::Pf(Builder& builder) : b_(builder) {
    redirect_ = b_.chain("translation in");
    in_ = b_.chain("filter in");
    translate_ = b_.chain("translation out");
    out_ = b_.chain("filter out");
    routing_ = b_.chain("routing", b_.origin({}, "routing", true));
    b_.device().chains[routing_.index()].routing = true;
}

Assign Pf::assign(RegisterId reg, std::uint32_t value) const {
    return Assign{FieldRef{Field::reg, View::current, reg}, {}, 0, {}, 0, value};
}
Assign Pf::leave_by(std::uint32_t interface) const {
    return Assign{FieldRef{Field::out_if, View::current, {}}, {}, 0, {}, 0, interface};
}

std::uint32_t Pf::tag_number(const std::string& tag) {
    if (!tag_.valid()) tag_ = b_.reg("tag");
    return tags_.try_emplace(tag, static_cast<std::uint32_t>(tags_.size() + 1)).first->second;
}
ExprId Pf::tagged(const std::string& tag) {
    const std::uint32_t number = tag_number(tag);
    return b_.in_register(tag_, IntervalSet::single(number));
}

void Pf::decide(Direction direction, const FilterRule& rule, ExprId match, std::vector<Effect> effects, Action action) {
    model::Rule r;
    r.match = match;
    r.effects = std::move(effects);
    if (action == Action::match)
        for (const Translate& t : rule.then) r.effects.emplace_back(t);
    else
        r.control =
            Decide{verdict_of(action), action == Action::pass ? rule.then : std::vector<Translate>{}, rule.quick};
    r.origin = rule.origin;
    r.name = rule.name;
    r.uses = rule.uses;
    r.active = rule.active;
    b_.rule(filter_chain(direction), std::move(r));
}

void Pf::filter(Direction direction, const FilterRule& rule) {
    std::vector<Effect> effects;
    if (!rule.tag.empty()) {
        const std::uint32_t number = tag_number(rule.tag);
        effects.emplace_back(assign(tag_, number));
    }
    if (rule.log) effects.emplace_back(Log{});
    for (const PredicateId limit : rule.limits) {
        FilterRule above = rule;
        const auto written = b_.device().origins[rule.origin.index()];
        above.origin = b_.origin(written.span, "above its limit: " + written.text, true);
        decide(direction, above, b_.all({rule.match, b_.negate(b_.unknown(limit))}), {}, Action::block);
    }
    if (!rule.limits.empty()) effects.emplace_back(Limited{});
    // Where the last rule that matches decides, what is above the limit must not match this one.
    ExprId kept = rule.match;
    if (!rule.quick)
        for (const PredicateId limit : rule.limits) kept = b_.all({kept, b_.unknown(limit)});
    // The route of the last matching rule counts: one that has none forgets an earlier one's.
    const bool forget = pending_route_ && direction == Direction::in && rule.action != Action::match;
    if (rule.route.interfaces.empty() || rule.action != Action::pass) {
        if (forget) effects.emplace_back(leave_by(no_interface));
        decide(direction, rule, kept, std::move(effects), rule.action);
        return;
    }
    if (!rule.quick && rule.active) pending_route_ = true;
    for (std::size_t i = 0; i < rule.route.interfaces.size(); ++i) {
        auto each = effects;
        each.emplace_back(leave_by(rule.route.interfaces[i].value));
        if (direction == Direction::out) {
            if (!rerouted_.valid()) rerouted_ = b_.reg("routed again");
            each.emplace_back(assign(rerouted_, 1));
            reroutes_ = true;
        }
        auto match = kept;
        if (rule.route.choice.valid())
            match = b_.all({match, b_.unknown(rule.route.choice, static_cast<std::uint16_t>(i))});
        decide(direction, rule, match, std::move(each), Action::pass);
    }
}

model::Rule Pf::translation(const Rule& rule, std::vector<Translate> then, bool pass) {
    model::Rule r;
    r.match = rule.match;
    if (!rule.tag.empty()) {
        const std::uint32_t number = tag_number(rule.tag);
        r.effects.emplace_back(assign(tag_, number));
    }
    if (pass) {
        if (!passed_.valid()) passed_ = b_.reg("passed by its translation");
        r.effects.emplace_back(assign(passed_, 1));
    }
    if (rule.log) r.effects.emplace_back(Log{});
    r.control = Decide{Verdict::accept, std::move(then), true};
    r.origin = rule.origin;
    r.name = rule.name;
    r.uses = rule.uses;
    r.active = rule.active;
    return r;
}

void Pf::redirect(const Rule& rule, std::vector<Translate> then, bool pass) {
    b_.rule(redirect_, translation(rule, std::move(then), pass));
}
void Pf::binat_in(const Rule& rule, std::vector<Translate> then) {
    binat_in_.push_back(translation(rule, std::move(then), false));
}
void Pf::translate(const Rule& rule, std::vector<Translate> then) {
    b_.rule(translate_, translation(rule, std::move(then), false));
}

void Pf::divert(ExprId match, InterfaceId interface, OriginId origin) {
    if (!tunnels_.valid()) tunnels_ = b_.chain("tunnels");
    model::Rule r;
    r.match = match;
    r.effects.emplace_back(leave_by(interface.value));
    r.control = Decide{Verdict::accept, {}, true};
    r.origin = origin;
    b_.rule(tunnels_, std::move(r));
}

void Pf::force(ExprId match, InterfaceId interface, OriginId origin) {
    if (!forced_.valid()) forced_ = b_.chain("forced gateway");
    model::Rule r;
    r.match = match;
    r.effects.emplace_back(leave_by(interface.value));
    r.control = Decide{Verdict::accept, {}, true};
    r.origin = origin;
    b_.rule(forced_, std::move(r));
}

void Pf::finish(const Defaults& defaults, bool filters) {
    const auto is = [&](Field field, std::uint32_t value) { return b_.in(field, IntervalSet::single(value)); };
    ExprId received = b_.negate(is(Field::in_if, self_interface));
    ExprId leaves = b_.negate(is(Field::out_if, self_interface));
    const ExprId forwarded = b_.all({received, leaves});
    if (defaults.skip_in.valid()) received = b_.all({received, b_.negate(defaults.skip_in)});
    if (defaults.skip_out.valid()) leaves = b_.all({leaves, b_.negate(defaults.skip_out)});
    const ExprId unrouted = is(Field::out_if, no_interface);
    if (filters) {
        for (model::Rule& r : binat_in_) b_.rule(redirect_, std::move(r));
        b_.stage("translation in", Label::destination_translation, received, redirect_);
        ExprId asked = received;
        if (passed_.valid()) asked = b_.all({asked, b_.negate(b_.in_register(passed_, IntervalSet::single(1)))});
        model::Rule last;
        last.match = b_.yes();
        last.control = Settle{};
        last.origin = b_.origin({}, "the last rule that matched", true);
        b_.rule(in_, std::move(last));
        model::Rule block;
        block.match = b_.yes();
        if (defaults.log_block) block.effects.emplace_back(Log{});
        block.control = Decide{defaults.in, {}, true};
        block.origin = defaults.block;
        b_.rule(in_, std::move(block));
        b_.stage("filter in", Label::filter, asked, in_, defaults.in, defaults.block);
    }
    if (tunnels_.valid())
        b_.stage("tunnels", Label::routing, unrouted, tunnels_, Verdict::accept, b_.origin({}, "tunnels", true));
    b_.stage("routing", Label::routing, unrouted, routing_, Verdict::accept, b_.origin({}, "routing", true));
    {
        // Not forwarded by FreeBSD: RFC 3927, 2.7 (ip_input.c) and RFC 4291, 2.5.6 (ip6_forward.c).
        const auto four = *base::parse_prefix("169.254.0.0/16"), six = *base::parse_prefix("fe80::/10");
        const SetId link = b_.addresses(IntervalSet::prefix(four), IntervalSet::prefix(six));
        const OriginId origin = b_.origin({}, "link-local addresses are not forwarded", true);
        const ChainId chain = b_.chain("link-local");
        model::Rule r;
        r.match = b_.either({b_.in(Field::src, link), b_.in(Field::dst, link)});
        r.control = Decide{Verdict::drop, {}, true};
        r.origin = origin;
        b_.rule(chain, std::move(r));
        b_.stage("link-local", Label::routing, forwarded, chain, Verdict::accept, origin);
    }
    if (!filters) return;
    b_.stage("translation out", Label::source_translation, leaves, translate_);
    b_.stage("filter out", Label::filter, leaves, out_, Verdict::accept, defaults.pass);
    if (reroutes_) {
        // pf runs the rules of the new interface too; the packet is as the first translation left it.
        const ExprId again = b_.all({leaves, b_.in_register(rerouted_, IntervalSet::single(1))});
        b_.stage("translation out, routed again", Label::source_translation, again, translate_);
        b_.stage("filter out, routed again", Label::filter, again, out_, Verdict::accept, defaults.pass);
    }
    if (forced_.valid())
        b_.stage("forced gateway", Label::routing, leaves, forced_, Verdict::accept,
                 b_.origin({}, "forced gateway", true));
}

}  // namespace egresslint::families::pf
