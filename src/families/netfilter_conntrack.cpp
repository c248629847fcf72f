// SPDX-License-Identifier: Apache-2.0
// What connection tracking does to the rules: before priority -200 there is no connection, and what reads or writes one
// there reads nothing; a translation to the value that the packet has already leaves the status as it was.
#include <algorithm>
#include <utility>

#include "families/netfilter_pass.hpp"

namespace egresslint::families::netfilter {

// -- translations that change nothing -------------------------------------------------------------------------------

/// Some rule asks for the status, or a local packet with a new mark might be routed again.
bool Pass::status_is_seen() const {
    const auto& device = b_.device();
    const auto reads = with_atom(
        [this](const FieldRef& what) { return what.field == Field::reg && what.reg == registers_.ct_status; });
    const auto asks = [&](const Rule& rule) { return rule.active && reads[rule.match.index()]; };
    if (std::any_of(device.rules.begin(), device.rules.end(), asks)) return true;
    const auto marks = [&](const Rule& rule) {
        return std::any_of(rule.effects.begin(), rule.effects.end(),
                           [&](const Effect& e) { return writes(e, registers_.mark); });
    };
    const bool local = std::any_of(chains_.begin(), chains_.end(), [](const BaseChain& chain) {
        return chain.type == ChainType::nat && chain.hook == Hook::output;
    });
    return local && std::any_of(device.rules.begin(), device.rules.end(), marks);
}

/// When the value stays as it is.
ExprId Pass::keeps(const Translate& t, Family family, OriginId origin) {
    if (t.family && *t.family != family) return b_.yes();
    const auto is_any_of = [&](const IntervalSet& values) {
        return is_address(t.field) ? b_.address(t.field, family, values) : b_.in(t.field, values);
    };
    const auto open = [&](std::string_view what, PredicateKind kind) {
        std::string text(what);
        if (origin.valid()) text += " (" + b_.device().origins[origin.index()].text + ")";
        return b_.unknown(b_.predicate(std::move(text), kind, t.field, origin));
    };
    if (std::holds_alternative<Keep>(t.to)) return b_.yes();
    if (const auto* fixed = std::get_if<Fixed>(&t.to)) return is_any_of(IntervalSet::single(fixed->value));
    if (const auto* shift = std::get_if<Shift>(&t.to)) {
        const Prefix inside{{family, shift->from}, shift->prefix_length};
        return shift->from == shift->to ? b_.yes() : b_.negate(b_.prefix(t.field, inside));
    }
    if (const auto* pick = std::get_if<Pick>(&t.to)) {
        const auto& choice = b_.device().choices[pick->choice.index()];
        const auto candidates = choice.candidates.of(t.field, family);
        if (pick->keep_if_inside || candidates.size() == 1) return is_any_of(candidates);
        return b_.all(
            {is_any_of(candidates), open("the choice is what the packet has already", PredicateKind::balance)});
    }
    return b_.all({b_.in(t.field, b_.set(Set{DeviceAddresses{}, {}})),
                   open("the interface's address is what the packet has already", PredicateKind::ambiguity)});
}

ExprId Pass::keeps_everything(const std::vector<Translate>& then, OriginId origin) {
    std::vector<ExprId> either;
    for (const Family family : {Family::v4, Family::v6}) {
        std::vector<ExprId> all{b_.family(family)};
        for (const auto& t : then) all.push_back(keeps(t, family, origin));
        either.push_back(b_.all(all));
    }
    return b_.either(either);
}

/// The match admits none of the packets that a fixed translation would leave alone: nothing to split.
bool Pass::excludes(ExprId match, const std::vector<Translate>& then) const {
    const auto& device = b_.device();
    std::vector<ExprId> parts{match};
    if (const auto* all = std::get_if<And>(&device.exprs[match.index()].is)) parts = all->e;
    for (const auto part : parts) {
        const auto* in = std::get_if<In>(&device.exprs[part.index()].is);
        if (in == nullptr || in->what.view != View::current) continue;
        const auto* literal = std::get_if<LiteralSet>(&device.sets[in->set.index()].is);
        if (literal == nullptr) continue;
        for (const auto& t : then) {
            const auto* fixed = std::get_if<Fixed>(&t.to);
            if (fixed == nullptr || t.field != in->what.field) continue;
            if (is_address(t.field) ? t.family && !literal->of(t.field, *t.family).contains(fixed->value)
                                    : !literal->values.contains(fixed->value))
                return true;
        }
    }
    return false;
}

void Pass::split_idle_translations() {
    if (!status_is_seen()) return;
    auto& device = b_.device();
    for (std::size_t c = 0; c < device.chains.size(); ++c) {
        std::vector<RuleId> rules;
        rules.reserve(device.chains[c].rules.size());
        for (const auto id : device.chains[c].rules) {
            const auto& rule = device.rules[id.index()];
            const auto* decide = std::get_if<Decide>(&rule.control);
            const bool flags = std::any_of(rule.effects.begin(), rule.effects.end(),
                                           [&](const Effect& e) { return writes(e, registers_.ct_status); });
            if (flags && decide != nullptr && !excludes(rule.match, decide->then)) {
                Rule idle = rule;  // a copy: the tables grow below
                idle.match = b_.all({idle.match, keeps_everything(std::get<Decide>(idle.control).then, idle.origin)});
                std::erase_if(idle.effects, [&](const Effect& e) {
                    return writes(e, registers_.ct_status) || writes(e, registers_.reroute);
                });
                device.rules.push_back(std::move(idle));
                rules.push_back(RuleId(device.rules.size() - 1));
            }
            rules.push_back(id);
        }
        device.chains[c].rules = std::move(rules);
    }
}

void Pass::defer_redirects_of_output() {
    auto& device = b_.device();
    std::vector<std::uint8_t> local(device.chains.size(), 0), other(device.chains.size(), 0);
    for (const auto& chain : chains_) {
        if (chain.type != ChainType::nat) continue;
        for (const auto c : reached(chain.entry)) (chain.hook == Hook::output ? local : other)[c] = 1;
    }
    const auto delivers = [](const Effect& e) {
        const auto* a = std::get_if<Assign>(&e);
        return a != nullptr && a->to.field == Field::out_if && a->value == self_interface;
    };
    for (std::size_t c = 0; c < local.size(); ++c) {
        if (local[c] == 0) continue;
        std::vector<RuleId> rules;
        for (const auto id : device.chains[c].rules) {
            auto& rule = device.rules[id.index()];
            const auto at = std::find_if(rule.effects.begin(), rule.effects.end(), delivers);
            if (at == rule.effects.end()) {
                rules.push_back(id);
                continue;
            }
            Rule later = rule;
            later.effects[static_cast<std::size_t>(at - rule.effects.begin())] = assign(registers_.reroute, 1);
            if (other[c] == 0) {
                rule = std::move(later);
                rules.push_back(id);
                continue;
            }
            later.match = b_.all({later.match, is(Field::in_if, self_interface)});
            device.rules.push_back(std::move(later));
            rules.push_back(RuleId(device.rules.size() - 1));
            rules.push_back(id);
        }
        device.chains[c].rules = std::move(rules);
    }
}

// -- before connection tracking -------------------------------------------------------------------------------------

/// Reads that need a connection: without one the rule does not match, negated or not (NFT_BREAK; xt matches return
/// false before they look at the inversion).
bool Pass::of_connection(const FieldRef& what) const {
    return what.view == View::original ||
           (what.field == Field::reg && (what.reg == registers_.ct_mark || what.reg == registers_.ct_status));
}

/// The expression as a packet sees it that has no connection yet: the state is untracked after notrack, else invalid.
ExprId Pass::before_tracking(ExprId e) {
    if (auto it = early_.find(e.value); it != early_.end()) return it->second;
    const auto is = b_.device().exprs[e.index()].is;  // a copy: the builder's table grows below
    ExprId out = e;
    if (const auto* in = std::get_if<In>(&is); in != nullptr && in->what.field == Field::ct_state) {
        const auto& set = std::get<LiteralSet>(b_.device().sets[in->set.index()].is).values;
        const bool with_untracked = set.contains(state_value(ConnectionState::untracked));
        const bool with_invalid = set.contains(state_value(ConnectionState::invalid));
        out = with_untracked && with_invalid ? b_.yes()
              : with_untracked               ? untracked()
              : with_invalid                 ? b_.negate(untracked())
                                             : b_.no();
    } else if (const auto* n = std::get_if<Not>(&is)) {
        out = b_.negate(before_tracking(n->e));
    } else if (const auto* a = std::get_if<And>(&is)) {
        std::vector<ExprId> parts;
        for (auto part : a->e) parts.push_back(before_tracking(part));
        out = b_.all(std::move(parts));
    } else if (const auto* o = std::get_if<Or>(&is)) {
        std::vector<ExprId> parts;
        for (auto part : o->e) parts.push_back(before_tracking(part));
        out = b_.either(std::move(parts));
    }
    early_.emplace(e.value, out);
    return out;
}

/// Some rule makes the kernel track connections: translations, and whatever reads or writes one.
bool Pass::needs_tracking() const {
    const auto& device = b_.device();
    std::vector<std::int8_t> known(device.exprs.size(), -1);
    for (const auto& rule : device.rules) {
        if (!rule.active) continue;
        const auto* decide = std::get_if<Decide>(&rule.control);
        if (decide != nullptr && !decide->then.empty()) return true;
        for (const auto& effect : rule.effects)
            if (writes(effect, registers_.ct_mark) || writes(effect, registers_.source_bound) ||
                writes(effect, registers_.destination_bound))
                return true;
        auto& reads = known[rule.match.index()];
        if (reads < 0)
            reads = any_atom(rule.match, [&](const FieldRef& what) {
                return what.field == Field::ct_state || what.view == View::original ||
                       (what.field == Field::reg &&
                        (what.reg == registers_.ct_mark || what.reg == registers_.ct_status));
            });
        if (reads > 0) return true;
    }
    return false;
}

void Pass::adjust_to_conntrack() {
    // What a nat chain does without translating is to block.
    const bool asks = std::any_of(chains_.begin(), chains_.end(), [&](const BaseChain& chain) {
        if (chain.type != ChainType::nat) return false;
        const auto blocks = [&](std::uint32_t c) {
            const auto& rules = b_.device().chains[c].rules;
            return std::any_of(rules.begin(), rules.end(), [&](RuleId id) {
                const auto* decide = std::get_if<Decide>(&b_.device().rules[id.index()].control);
                return decide != nullptr && decide->verdict != Verdict::accept;
            });
        };
        const auto chains = reached(chain.entry);
        return chain.policy != Verdict::accept || std::any_of(chains.begin(), chains.end(), blocks);
    });
    tracking_needed_ = !asks || needs_tracking();
    auto& device = b_.device();
    constexpr std::uint8_t early = 1, late = 2, reroutes = 4;
    std::vector<std::uint8_t> context(device.chains.size(), 0);
    for (const auto& chain : chains_) {
        const bool hooks_first = chain.hook == Hook::prerouting || chain.hook == Hook::output;
        const bool is_early = hooks_first && chain.type != ChainType::nat && chain.priority < conntrack_priority;
        std::uint8_t bits = is_early ? early : late;
        if (chain.hook == Hook::output && chain.type != ChainType::filter) bits |= reroutes;
        for (auto c : reached(chain.entry)) context[c] |= bits;
    }

    bool notrack_somewhere = false;
    for (const auto& rule : device.rules)
        for (const auto& effect : rule.effects) notrack_somewhere |= is_notrack(effect);
    const auto reads_state = with_atom([](const FieldRef& what) { return what.field == Field::ct_state; });
    const auto reads_connection = with_atom([this](const FieldRef& what) { return of_connection(what); });
    auto tracked = [&](std::uint32_t value) {
        if (!tracked_.valid()) tracked_ = b_.reg("connection looked up");
        return b_.in_register(tracked_, IntervalSet::single(value));
    };

    for (std::size_t c = 0; c < context.size(); ++c) {
        std::vector<RuleId> rules;
        rules.reserve(device.chains[c].rules.size());
        for (const auto id : device.chains[c].rules) {
            rules.push_back(id);
            auto& effects = device.rules[id.index()].effects;
            // Only the end of a route or nat chain in the output hook looks at the flag.
            if ((context[c] & reroutes) == 0)
                std::erase_if(effects, [&](const Effect& e) { return writes(e, registers_.reroute); });
            const bool has_notrack = std::any_of(effects.begin(), effects.end(), is_notrack);
            // Before the lookup there is no connection to write to.
            const auto writes_connection = [&](const Effect& e) { return writes(e, registers_.ct_mark); };
            const bool differs = has_notrack || std::any_of(effects.begin(), effects.end(), writes_connection);
            const auto match = device.rules[id.index()].match;
            const bool has_state = reads_state[match.index()];
            const bool has_connection = reads_connection[match.index()];
            const auto where = context[c] & (early | late);

            auto late_match = match;
            if (has_connection && notrack_somewhere) late_match = b_.all({match, b_.negate(untracked())});
            if (where == late || where == 0) {
                std::erase_if(effects, is_notrack);
                device.rules[id.index()].match = late_match;
                continue;
            }
            const auto early_match = has_connection ? b_.no() : has_state ? before_tracking(match) : match;
            if (where == early) {
                std::erase_if(effects, writes_connection);
                device.rules[id.index()].match = early_match;
                continue;
            }
            if (!differs) {
                if (has_state || has_connection)
                    device.rules[id.index()].match =
                        b_.either({b_.all({tracked(0), early_match}), b_.all({tracked(1), late_match})});
                continue;
            }
            // Called from both sides and with effects of one side: one rule for each.
            Rule copy = device.rules[id.index()];
            copy.match = b_.all({tracked(1), late_match});
            std::erase_if(copy.effects, is_notrack);
            std::erase_if(device.rules[id.index()].effects, writes_connection);
            device.rules[id.index()].match = b_.all({tracked(0), early_match});
            device.rules.push_back(std::move(copy));
            rules.push_back(RuleId(device.rules.size() - 1));
        }
        device.chains[c].rules = std::move(rules);
    }
}

}  // namespace egresslint::families::netfilter
