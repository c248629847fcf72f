// SPDX-License-Identifier: Apache-2.0
#include "dialects/nftables/lower_context.hpp"

namespace egresslint::dialects::nftables {

using model::PredicateId;
using model::PredicateKind;

PredicateId Context::predicate(std::string text, PredicateKind kind, model::Field beside, Shared sharing,
                               std::uint16_t choices) {
    // Metadata has no place in the diagrams; the address decides where a packet leaves.
    if (!is_header(beside)) beside = beside == model::Field::out_if ? model::Field::dst : model::Field::proto;
    if (sharing.how == Sharing::chain) {
        text += " (" + chain_title + ")";
    } else if (sharing.how == Sharing::occurrence) {
        const auto where = sources.where(rule_span);
        ++occurrences;
        text += " (" + where + (occurrences > 1 ? " #" + std::to_string(occurrences) : "") + ")";
    }
    const auto which = b.predicate(std::move(text), kind, beside, origin, choices);
    if (sharing.how == Sharing::chain) b.depends(which, sharing.reads, sharing.moves ? chain : model::ChainId{});
    if (sharing.how == Sharing::occurrence) b.depends(which, 0, chain);
    return which;
}

model::ExprId Context::unknown(std::string text, PredicateKind kind, model::Field beside, Shared sharing,
                               std::uint16_t value, std::uint16_t choices) {
    return b.unknown(predicate(std::move(text), kind, beside, sharing, choices), value);
}

NamedSet* Context::named_set(const std::string& name) {
    const auto* state = table->sets.find(name);
    if (state == nullptr) return nullptr;
    auto [it, fresh] = sets.try_emplace(state);
    auto& set = it->second;
    if (fresh) set.state = state;
    if (!set.object.valid())
        set.object = b.use(state->node->map ? "map" : "set", table->title() + " " + name, rule_span);
    else if (auto& used = b.device().objects[set.object.index()].used; used.empty() || !(used.back() == rule_span))
        used.push_back(rule_span);
    uses.push_back(set.object);
    return &set;
}

model::ExprId Context::family_guard(std::uint8_t family) {
    if (family == 0 || table_family() == family) return b.yes();
    return b.family(family == 4 ? base::Family::v4 : base::Family::v6);
}

base::Influence Context::influence_here() const {
    using base::Influence;
    auto influence = Influence::filter;
    if (translates_source) influence = influence | Influence::source;
    if (translates_destination) influence = influence | Influence::destination | Influence::routing;
    if (!translates_source && !translates_destination) influence = influence | Influence::routing;
    return influence;
}

void Context::not_understood(base::Span span, std::string message, PredicateId predicate, base::Influence influence) {
    base::Diagnostic d;
    d.kind = base::Diagnostic::Kind::not_understood;
    d.code = "EL901";
    d.span = span.valid() ? span : rule_span;
    d.message = std::move(message);
    d.influence = influence;
    d.predicate = predicate.valid() ? static_cast<std::int64_t>(predicate.value) : -1;
    d.device = 0;
    diagnostics.push_back(std::move(d));
}

void Context::incomplete(base::Span span, std::string message, PredicateId predicate, base::Influence influence) {
    not_understood(span, std::move(message), predicate, influence);
    diagnostics.back().kind = base::Diagnostic::Kind::incomplete;
    diagnostics.back().code = "EL903";
}

}  // namespace egresslint::dialects::nftables
