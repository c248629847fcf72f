// SPDX-License-Identifier: Apache-2.0
// Verdict maps and value maps. A map becomes a chain with one rule for each element; a key that the map does not have
// falls off its end and goes on with the next rule, as measured (a key miss in `snat to … map` leaves the rule: lab
// e4).
#include <algorithm>

#include "dialects/nftables/lower_rule.hpp"
#include "dialects/nftables/print_tree.hpp"

namespace egresslint::dialects::nftables {

using model::ExprId;
using model::Field;
using model::PredicateKind;
using model::Rule;

namespace {

bool decides(const Element& element) {
    return std::any_of(element.statement_names.begin(), element.statement_names.end(), [](const std::string& name) {
        return name == "limit" || name == "quota" || name == "ct count" || name == "connlimit";
    });
}

}  // namespace

model::OriginId RuleWriter::element_origin(const Element& element) {
    constexpr std::uint32_t longest = 100;
    auto span = element.span.valid() ? element.span : c_.rule_span;
    std::string text;
    if (element.span.valid() && span.end - span.begin <= longest)
        text = std::string(c_.sources.text(span));
    else
        text = rule_->text;
    const auto id = c_.b.origin(span, std::move(text));
    c_.b.device().origins[id.index()].element = true;
    return id;
}

bool RuleWriter::map_elements(const MapLookup& lookup, std::vector<const Element*>& out, NamedSet*& named) const {
    named = nullptr;
    if (!lookup.map) return false;
    if (const auto* reference = std::get_if<SetReference>(&lookup.map->is)) {
        named = c_.named_set(reference->name);
        if (named == nullptr) {
            c_.uses.push_back(c_.b.use("map", c_.table->title() + " " + reference->name, c_.rule_span));
            return false;
        }
        out = named->state->elements;
        return true;
    }
    const auto* anonymous = std::get_if<AnonymousSet>(&lookup.map->is);
    if (anonymous == nullptr) return false;
    out.reserve(anonymous->elements.size());
    for (const auto& e : anonymous->elements) out.push_back(&e);
    return true;
}

std::vector<ExprId> RuleWriter::keys(const Operand& key, const std::vector<const Element*>& elements,
                                     const MapLookup& lookup) {
    std::vector<ExprId> out;
    out.reserve(elements.size());
    if (key.is == Operand::Is::generator && elements.size() < 60000) {
        // One choice an element, and one more for numbers that no element has.
        const auto* generator = lookup.key ? std::get_if<NumberGenerator>(&lookup.key->is) : nullptr;
        Constants numbers(Value::other);
        for (const auto* e : elements)
            if (e->key) numbers.add(*e->key);
        const base::u128 first = generator != nullptr ? generator->offset : 0;
        const bool covered = generator != nullptr && generator->modulus > 0 &&
                             (numbers.wildcard() || numbers.take_values().contains_all(base::IntervalSet::range(
                                                        first, first + generator->modulus - 1)));
        const auto choices = elements.size() + (covered ? 0 : 1);
        if (choices == 1) return {covered ? c_.b.yes() : c_.b.no()};
        const auto which =
            c_.predicate(key.text + " map " + (lookup.map ? print(*lookup.map, 16) : ""), PredicateKind::balance,
                         key.beside, key.shared(), static_cast<std::uint16_t>(std::max<std::size_t>(2, choices)));
        for (std::size_t i = 0; i < elements.size(); ++i)
            out.push_back(c_.b.unknown(which, static_cast<std::uint16_t>(i)));
        return out;
    }
    for (const auto* e : elements) {
        auto hit = e->key ? element_key(c_, key, *e->key) : c_.b.no();
        if (decides(*e))
            hit = c_.b.all({hit, c_.unknown("limit of element " + print(*e), PredicateKind::rate, key.beside,
                                            Sharing::occurrence)});
        out.push_back(hit);
    }
    return out;
}

namespace {

bool is_wildcard(const Element& e) { return e.key && std::holds_alternative<Wildcard>(e.key->is); }

}  // namespace

void RuleWriter::verdict_map(const MapLookup& lookup, base::Span span) {
    const auto key = lookup.key ? operand(c_, *lookup.key) : Operand{};
    if (key.guard.valid()) require(key.guard);
    std::vector<const Element*> elements;
    NamedSet* named = nullptr;
    if (!map_elements(lookup, elements, named)) {
        const std::string name = lookup.map ? print(*lookup.map) : "?";
        return unknown_statement(key.text + " vmap " + name, span);
    }
    if (!effects_.empty()) split();
    const auto when = keys(key, elements, lookup);
    const auto miss_wildcard = [&] {
        std::vector<ExprId> others;
        for (std::size_t i = 0; i < elements.size(); ++i)
            if (!is_wildcard(*elements[i])) others.push_back(when[i]);
        return c_.b.negate(c_.b.either(std::move(others)));
    };
    const auto base_match = matched();
    ExprId present = c_.b.yes();
    if (named != nullptr && named->contents_change && !named->listed_are_permanent)
        present = c_.unknown("listed elements of @" + named->state->name + " are still there",
                             PredicateKind::dynamic_set, key.beside, Sharing::occurrence);

    model::ChainId chain;
    auto map_chain = [&] {
        if (!chain.valid())
            chain = c_.b.chain(
                c_.chain_title + ": " + key.text + " vmap " + (named != nullptr ? "@" + named->state->name : "{…}"),
                c_.origin);
        return chain;
    };
    std::vector<std::size_t> wildcard_last;
    auto element_rule = [&](std::size_t i, ExprId match) {
        const auto& e = *elements[i];
        const auto* verdict = e.data ? std::get_if<Verdict>(&e.data->is) : nullptr;
        auto control = verdict != nullptr ? control_of(*verdict, e.span) : std::nullopt;
        const auto origin = element_origin(e);
        if (!control) {
            const auto which = c_.b.opaque_rule(map_chain(), c_.b.all({match, present}), origin, c_.translates_source,
                                                c_.translates_destination);
            if (verdict != nullptr && !verdict->target.empty())
                c_.incomplete(e.span, "`" + print(*e.data) + "`: this chain is not in this input", which,
                              c_.influence_here());
            else
                c_.not_understood(e.span, "the verdict of this element is not understood", which, c_.influence_here());
            return;
        }
        const bool leaves_caller =
            std::holds_alternative<model::Return>(*control) || std::holds_alternative<model::Goto>(*control);
        Rule rule;
        if (holding_rest_) rule.effects.push_back(assign_rest(0));
        if (leaves_caller) {
            rule.match = c_.b.all({base_match, is_wildcard(e) ? miss_wildcard() : match, present});
            rule.control = *control;
            add(c_.chain, std::move(rule), origin);
            return;
        }
        // Inside the map's chain: `continue` leaves it, and what `jump` comes back from must leave it too.
        rule.match = c_.b.all({match, present});
        rule.control = *control;
        if (std::holds_alternative<model::Continue>(*control)) rule.control = model::Return{};
        if (const auto* jump = std::get_if<model::Jump>(&*control)) rule.control = model::Goto{jump->to};
        add(map_chain(), std::move(rule), origin);
    };
    for (std::size_t i = 0; i < elements.size(); ++i)
        is_wildcard(*elements[i]) ? wildcard_last.push_back(i) : element_rule(i, when[i]);
    for (const auto i : wildcard_last) element_rule(i, when[i]);
    if (named != nullptr && named->contents_change) {
        const auto hit = c_.unknown(key.text + " @" + named->state->name + " at run time", PredicateKind::dynamic_set,
                                    key.beside, Sharing::occurrence);
        const auto which = c_.b.opaque_rule(map_chain(), hit, element_origin(Element{}), c_.translates_source,
                                            c_.translates_destination);
        c_.not_understood(span, "elements of the verdict map @" + named->state->name + " are written at run time",
                          which, c_.influence_here());
    }
    if (chain.valid()) finish(model::Jump{chain});
    if (!chain.valid()) done_ = true;
}

void RuleWriter::value_map(const MapLookup& lookup, const std::string& what, bool rest_follows,
                           const ElementRule& make) {
    const auto key = lookup.key ? operand(c_, *lookup.key) : Operand{};
    if (key.guard.valid()) require(key.guard);
    std::vector<const Element*> elements;
    NamedSet* named = nullptr;
    const bool known = map_elements(lookup, elements, named);
    const auto written = lookup.map ? print(*lookup.map, 4) : "";
    const auto chain = c_.b.chain(
        c_.chain_title + ": " + what + " " + key.text + " map " + (known && named == nullptr ? "{…}" : written),
        c_.origin);
    jump_and_go_on(chain, false, rest_follows);

    const Element unknown_element;
    const auto first_rule = c_.b.device().rules.size();
    if (!known) {
        const auto which =
            c_.predicate(key.text + " " + written, PredicateKind::dynamic_set, key.beside, key.shared(Sharing::chain));
        make(chain, c_.b.unknown(which), unknown_element);
        c_.incomplete(c_.rule_span, "the map " + written + " of table " + c_.table->title() + " is not in this input",
                      which, c_.influence_here());
    } else {
        ExprId present = c_.b.yes();
        const bool changes = named != nullptr && named->contents_change;
        if (changes && !named->listed_are_permanent)
            present = c_.unknown("listed elements of " + written + " are still there", PredicateKind::dynamic_set,
                                 key.beside, Sharing::occurrence);
        const auto when = keys(key, elements, lookup);
        for (const bool wildcard : {false, true})
            for (std::size_t i = 0; i < elements.size(); ++i)
                if (is_wildcard(*elements[i]) == wildcard) make(chain, c_.b.all({when[i], present}), *elements[i]);
        if (changes)
            make(chain,
                 c_.unknown(key.text + " " + written + " at run time", PredicateKind::dynamic_set, key.beside,
                            Sharing::occurrence),
                 unknown_element);
    }
    // A hit leaves the map; a rule that goes on afterwards learns of it by the scratch register.
    auto& rules = c_.b.device().rules;
    const auto& own = c_.b.device().chains[chain.index()].rules;
    for (const auto id : own) {
        if (id.index() < first_rule || !std::holds_alternative<model::Continue>(rules[id.index()].control)) continue;
        rules[id.index()].control = model::Return{};
        if (rest_follows) rules[id.index()].effects.push_back(assign_rest(1));
    }
}

}  // namespace egresslint::dialects::nftables
