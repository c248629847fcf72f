// SPDX-License-Identifier: Apache-2.0
#include "model/value_predicates.hpp"

#include <algorithm>
#include <map>

#include "base/check.hpp"

namespace egresslint::model {
namespace {

std::vector<std::vector<std::uint32_t>> stages_of_chains(const Device& device) {
    std::vector<std::vector<std::uint32_t>> out(device.chains.size());
    for (std::uint32_t s = 0; s < device.pipeline.size(); ++s) {
        std::vector<ChainId> todo{device.pipeline[s].entry};
        while (!todo.empty()) {
            const auto chain = todo.back();
            todo.pop_back();
            auto& stages = out[chain.index()];
            if (!stages.empty() && stages.back() == s) continue;
            stages.push_back(s);
            for (const auto id : device.chains[chain.index()].rules) {
                const auto& control = device.rules[id.index()].control;
                if (const auto* j = std::get_if<Jump>(&control)) todo.push_back(j->to);
                if (const auto* g = std::get_if<Goto>(&control)) todo.push_back(g->to);
            }
        }
    }
    return out;
}

bool rewrites_field(const Translate& t, Field field) { return t.field == field && !std::holds_alternative<Keep>(t.to); }
bool makes_own(const Translate& t) { return std::holds_alternative<InInterfaceAddress>(t.to); }

}  // namespace

void ValuePredicates::find(Field field, Rewrites& out) {
    auto& device = b_.device();
    const std::string what = field == Field::dst     ? "the destination"
                             : field == Field::src   ? "the source"
                             : field == Field::dport ? "the destination port"
                                                     : "the source port";
    out.groups.push_back({what, false});
    const auto stages = stages_of_chains(device);
    std::map<std::pair<std::vector<std::uint32_t>, bool>, std::uint32_t> by_reach;
    struct Writer {
        RuleId rule;
        std::uint32_t group;
    };
    std::vector<Writer> writers;
    for (std::size_t c = 0; c < device.chains.size(); ++c) {
        if (stages[c].empty()) continue;
        for (const auto id : device.chains[c].rules) {
            const auto& rule = device.rules[id.index()];
            bool any = false, own = true, immediate = false;
            for (const auto& e : rule.effects)
                if (const auto* t = std::get_if<Translate>(&e); t && rewrites_field(*t, field))
                    any = immediate = true, own = own && makes_own(*t);
            const auto* decide = std::get_if<Decide>(&rule.control);
            if (decide)
                for (const auto& t : decide->then)
                    if (rewrites_field(t, field)) any = true, own = own && makes_own(t);
            if (!any) continue;
            const bool goes_on = !decide || !decide->final;
            own = own && !goes_on;  // a pending redirect may yet be replaced
            const std::string after = what + " after " + device.pipeline[stages[c].front()].name;
            std::uint32_t group = 0;
            if (immediate && goes_on) {
                group = static_cast<std::uint32_t>(out.groups.size());
                out.groups.push_back({after + ", rule " + std::to_string(id.value), false});
            } else {
                const auto [it, fresh] =
                    by_reach.try_emplace({stages[c], own}, static_cast<std::uint32_t>(out.groups.size()));
                if (fresh) out.groups.push_back({after, own});
                group = it->second;
            }
            writers.push_back({id, group});
        }
    }
    struct Default {
        std::size_t stage;
        std::uint32_t group;
    };
    std::vector<Default> defaults;
    for (std::size_t s = 0; s < device.pipeline.size(); ++s) {
        const auto& then = device.pipeline[s].fallthrough.then;
        if (std::none_of(then.begin(), then.end(), [&](const Translate& t) { return rewrites_field(t, field); }))
            continue;
        defaults.push_back({s, static_cast<std::uint32_t>(out.groups.size())});
        out.groups.push_back({what + " after " + device.pipeline[s].name + " by default", false});
    }
    if (out.groups.size() == 1) return;
    // Two groups may come from stages of one name; their predicates must stay apart all the same.
    std::map<std::string, unsigned> used;
    for (auto& g : out.groups)
        if (const auto n = ++used[g.words]; n > 1) g.words += " (" + std::to_string(n) + ")";
    out.reg = b_.reg(std::string(field_name(field)) + " rewritten");
    const auto set_group = [&](std::uint32_t group) {
        return Assign{FieldRef{Field::reg, View::current, out.reg}, {}, 0, {}, 0, group};
    };
    for (const auto& w : writers) device.rules[w.rule.index()].effects.emplace_back(set_group(w.group));
    // No rule stands for a stage's default: whoever enters the stage counts as rewritten by it, unless a rule in it
    // says better. Later stages first, so that the positions stay right.
    for (auto d = defaults.rbegin(); d != defaults.rend(); ++d) {
        Stage mark = device.pipeline[d->stage];
        mark.name += ": " + what + " may be rewritten";
        mark.label = Label::classify;
        mark.fallthrough = Decide{};
        mark.entry = b_.chain(mark.name, b_.origin({}, mark.name, true));
        Rule rule;
        rule.effects.emplace_back(set_group(d->group));
        rule.origin = device.chains[mark.entry.index()].origin;
        b_.rule(mark.entry, std::move(rule));
        device.pipeline.insert(device.pipeline.begin() + static_cast<std::ptrdiff_t>(d->stage), std::move(mark));
    }
}

ValuePredicates::Rewrites& ValuePredicates::rewrites(Field field) {
    EGL_CHECK(is_address(field) || field == Field::sport || field == Field::dport);
    auto& entry = fields_[(field == Field::dst || field == Field::dport) + 2 * !is_address(field)];
    if (!entry) {
        entry.emplace();
        find(field, *entry);
    }
    return *entry;
}

std::vector<ValuePredicates::Version> ValuePredicates::versions(Field field) {
    const auto& r = rewrites(field);
    std::vector<Version> out{{"", b_.yes()}};
    if (r.groups.size() == 1) return out;
    out.clear();
    for (std::size_t g = 0; g < r.groups.size(); ++g)
        out.push_back({g == 0 ? "" : r.groups[g].words, b_.in_register(r.reg, IntervalSet::single(g))});
    return out;
}

ExprId ValuePredicates::test(Field field, View view, const Query& query, std::uint16_t answer,
                             std::vector<PredicateId>* made) {
    const auto& r = rewrites(field);
    const auto one = [&](const Group& group) {
        if (group.own && query.if_own) return (*query.if_own) == (answer != 0) ? b_.yes() : b_.no();
        const auto count = b_.device().predicates.size();
        const auto which = b_.predicate(query.before + group.words + query.after, query.kind, field, {}, query.choices);
        if (made && which.index() == count) made->push_back(which);
        return b_.unknown(which, answer);
    };
    if (view == View::original || r.groups.size() == 1) return one(r.groups.front());
    std::vector<ExprId> any;
    for (std::size_t g = 0; g < r.groups.size(); ++g)
        any.push_back(b_.all({b_.in_register(r.reg, IntervalSet::single(g)), one(r.groups[g])}));
    return b_.either(std::move(any));
}

}  // namespace egresslint::model
