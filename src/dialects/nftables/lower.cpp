// SPDX-License-Identifier: Apache-2.0
#include "dialects/nftables/lower.hpp"

#include <algorithm>

#include "dialects/nftables/lower_outside.hpp"
#include "dialects/nftables/lower_rule.hpp"
#include "dialects/nftables/print_tree.hpp"

namespace egresslint::dialects::nftables {
namespace {

using families::netfilter::BaseChain;
using families::netfilter::ChainType;
using families::netfilter::Hook;
using model::ExprId;
using model::Field;

std::optional<Hook> hook_of(const std::string& name) {
    constexpr std::pair<std::string_view, Hook> hooks[] = {{"prerouting", Hook::prerouting},
                                                           {"input", Hook::input},
                                                           {"forward", Hook::forward},
                                                           {"output", Hook::output},
                                                           {"postrouting", Hook::postrouting}};
    for (const auto& [text, hook] : hooks)
        if (text == name) return hook;
    return std::nullopt;
}

std::optional<std::int64_t> priority_of(const BaseChainSpec& base) {
    std::string_view text = base.priority;
    bool negative = false;
    if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
        negative = text.front() == '-';
        text.remove_prefix(1);
    }
    if (const auto value = number(text); value && *value <= 0x7fffffff) {
        const auto plain = static_cast<std::int64_t>(*value);
        return (negative ? -plain : plain) + base.offset;
    }
    if (const auto named = named_priority(text)) return *named + base.offset;
    return std::nullopt;
}

/// Calls `f` for every verdict that a rule may reach, maps included; named maps once only (`seen`).
template <class F>
void each_verdict(const TableState& table, const RuleNode& rule, std::unordered_set<const SetState*>& seen, F f) {
    for (const auto& s : rule.statements) {
        if (const auto* v = std::get_if<VerdictStatement>(&s.is)) f(v->verdict);
        const auto* map = std::get_if<VerdictMapStatement>(&s.is);
        if (map == nullptr || !map->lookup.map) continue;
        auto element = [&](const Element& e) {
            if (const auto* v = e.data ? std::get_if<Verdict>(&e.data->is) : nullptr) f(*v);
        };
        if (const auto* set = std::get_if<AnonymousSet>(&map->lookup.map->is))
            for (const auto& e : set->elements) element(e);
        if (const auto* reference = std::get_if<SetReference>(&map->lookup.map->is))
            if (const auto* named = table.sets.find(reference->name); named != nullptr && seen.insert(named).second)
                for (const auto* e : named->elements) element(*e);
    }
}

class Lowering {
public:
    Lowering(std::string name, const base::Sources& sources, base::Diagnostics& diagnostics)
        : builder_(std::move(name)),
          netfilter_(builder_),
          context_(builder_, netfilter_, sources, diagnostics),
          diagnostics_(diagnostics) {}

    model::Device run(const Ruleset& ruleset) {
        for (auto* table : ruleset.tables.all()) {
            if (table->dormant) continue;  // nft(8), TABLES; measured: lab e3
            if (table->family == "ip" || table->family == "ip6" || table->family == "inet")
                declare(*table);
            else
                report_outside(*table, diagnostics_);
        }
        for (auto* table : analysed_) lower_table(*table);
        fill_unknown_marks();
        cut_cycles();
        netfilter_.finish();
        return std::move(builder_).finish();
    }

private:
    struct Reach {
        bool source = false, destination = false;
    };

    void declare(TableState& table) {
        analysed_.push_back(&table);
        const auto title = table.title();
        for (auto* chain : table.chains.all()) {
            const auto key = title + " " + chain->name;
            std::string text = "chain " + chain->name;
            if (chain->base)
                text += " { type " + chain->base->type + " hook " + chain->base->hook + " priority " +
                        chain->base->priority + (chain->policy.empty() ? "" : "; policy " + chain->policy) + "; }";
            context_.chains.emplace(key, builder_.chain(key, builder_.origin(chain->span, std::move(text))));
            builder_.define("chain", key, chain->span);
            if (chain->base) builder_.use("chain", key, chain->base->span);
        }
        for (auto* set : table.sets.all()) {
            auto& named = context_.sets[set];
            named.state = set;
            named.object = builder_.define(set->node->map ? "map" : "set", title + " " + set->name, set->span);
            const auto& flags = set->node->flags;
            const auto flag = [&](const char* name) {
                return std::find(flags.begin(), flags.end(), name) != flags.end();
            };
            const bool expires = flag("timeout") || !set->node->timeout.empty();
            named.contents_change = flag("dynamic") || expires;
            named.listed_are_permanent = set->node->timeout.empty();
            named.stateful = std::any_of(set->elements.begin(), set->elements.end(), [](const Element* e) {
                return std::any_of(e->statement_names.begin(), e->statement_names.end(), [](const std::string& s) {
                    return s == "limit" || s == "quota" || s == "ct count" || s == "connlimit";
                });
            });
        }
        for (auto* object : table.objects.all())
            if (object->node != nullptr)
                builder_.define(object->node->kind, title + " " + object->node->name, object->node->span);
        for (auto* chain : table.chains.all())
            for (const auto* rule : chain->rules) scan(table, *rule);
        for (auto* set : table.sets.all()) {
            const auto& named = context_.sets[set];
            if (set->elements.empty() && !named.contents_change)
                builder_.device().objects[named.object.index()].state = model::ObjectState::empty;
        }
        find_translating_chains(table);
    }

    /// What rules write at run time: set contents and header fields.
    void scan(const TableState& table, const RuleNode& rule) {
        for (const auto& s : rule.statements) {
            if (const auto* update = std::get_if<SetUpdate>(&s.is)) {
                const auto* set = table.sets.find(update->set);
                if (set == nullptr) continue;
                auto& named = context_.sets[set];
                named.contents_change = named.updated_by_rules = true;
                if (update->operation == "delete") named.listed_are_permanent = false;
            }
            if (const auto* mangle = std::get_if<Mangle>(&s.is); mangle != nullptr && mangle->target)
                if (!std::holds_alternative<UnknownExpression>(mangle->target->is))
                    context_.mangled.insert(print(*mangle->target));
        }
    }

    void find_translating_chains(const TableState& table) {
        std::unordered_map<std::string, std::vector<std::string>> calls;
        std::unordered_set<const SetState*> seen;
        for (const auto* chain : table.chains.all()) {
            auto& to = calls[chain->name];
            std::unordered_set<const SetState*> seen_here;
            for (const auto* rule : chain->rules)
                each_verdict(table, *rule, seen_here, [&](const Verdict& v) {
                    if (!v.target.empty() && (to.empty() || to.back() != v.target)) to.push_back(v.target);
                });
        }
        for (const auto* chain : table.chains.all()) {
            if (!chain->base || chain->base->type != "nat") continue;
            const bool destination = chain->base->hook == "prerouting" || chain->base->hook == "output";
            std::vector<std::string> todo{chain->name};
            std::unordered_set<std::string> reached{chain->name};
            while (!todo.empty()) {
                const auto name = std::move(todo.back());
                todo.pop_back();
                auto& reach = reach_[table.title() + " " + name];
                (destination ? reach.destination : reach.source) = true;
                for (const auto& next : calls[name])
                    if (reached.insert(next).second) todo.push_back(next);
            }
        }
    }

    void lower_table(TableState& table) {
        context_.table = &table;
        for (auto* chain : table.chains.all()) {
            const auto key = table.title() + " " + chain->name;
            const auto& reach = reach_[key];
            context_.chain = context_.chains.at(key);
            context_.chain_title = key;
            context_.translates_source = reach.source;
            context_.translates_destination = reach.destination;
            RuleWriter writer(context_);
            RuleNode scratch;
            for (const auto* rule : chain->rules) writer.write(whole(*rule, scratch));
            if (chain->base) register_base(table, *chain, key);
        }
    }

    void register_base(const TableState& table, const ChainState& chain, const std::string& key) {
        const auto& base = *chain.base;
        const auto hook = hook_of(base.hook);
        if (!hook) {
            report_outside_chain(table, chain, diagnostics_);
            return;
        }
        BaseChain out;
        out.name = key;
        out.hook = *hook;
        out.type = base.type == "nat" ? ChainType::nat : base.type == "route" ? ChainType::route : ChainType::filter;
        const auto priority = priority_of(base);
        if (!priority || *priority > 0x7fffffff || *priority < -0x7fffffff ||
            (base.type != "filter" && base.type != "nat" && base.type != "route")) {
            context_.rule_span = base.span.valid() ? base.span : chain.span;
            context_.not_understood(
                context_.rule_span,
                !priority ? "the priority `" + base.priority + "` of chain " + key + " is not understood; 0 is assumed"
                          : "the type `" + base.type + "` of chain " + key + " is not understood",
                {}, base::Influence::everything);
        }
        out.priority = static_cast<std::int32_t>(priority.value_or(0));
        out.ipv4 = table.family != "ip6";
        out.ipv6 = table.family != "ip";
        out.entry = context_.chain;
        out.policy = chain.policy == "drop" ? model::Verdict::drop : model::Verdict::accept;
        out.origin = builder_.device().chains[context_.chain.index()].origin;
        // raw and mangle chains prepare, they rarely decide.
        if (out.type == ChainType::filter && out.policy == model::Verdict::accept &&
            (out.priority == -300 || out.priority == -150))
            out.label = model::Label::classify;
        netfilter_.base_chain(std::move(out));
    }

    /// "The mark becomes something unknown": one choice for each value that a rule anywhere tells apart.
    void fill_unknown_marks() {
        if (context_.unknown_marks.empty()) return;
        const auto& registers = netfilter_.registers();
        std::vector<std::uint32_t> values{0};
        struct Test {
            std::uint32_t mask;
            base::IntervalSet values;
        };
        std::vector<Test> tests;
        for (const auto& e : builder_.device().exprs) {
            const auto* in = std::get_if<model::In>(&e.is);
            if (in == nullptr || in->what.field != Field::reg) continue;
            if (in->what.reg != registers.mark && in->what.reg != registers.ct_mark) continue;
            const auto* set = std::get_if<model::LiteralSet>(&builder_.device().sets[in->set.index()].is);
            if (set == nullptr) continue;
            tests.push_back({in->mask, set->values});
            for (const auto& i : set->values.intervals()) values.push_back(static_cast<std::uint32_t>(i.first));
        }
        // Two tests of different bits may hold together.
        const auto singles = values.size();
        for (std::size_t i = 0; i < singles && values.size() < 200; ++i)
            for (std::size_t j = i + 1; j < singles && values.size() < 200; ++j)
                values.push_back(values[i] | values[j]);
        for (std::uint32_t other : {0xffffffffu, 0xfffffffeu, 0x5a5a5a5au, 0x80000001u, 0x7ffffffdu})
            if (std::none_of(tests.begin(), tests.end(),
                             [&](const Test& t) { return t.values.contains(other & t.mask); })) {
                values.push_back(other);
                break;
            }
        std::sort(values.begin(), values.end());
        values.erase(std::unique(values.begin(), values.end()), values.end());
        for (const auto& mark : context_.unknown_marks) {
            const auto& origin = builder_.device().origins[mark.origin.index()];
            const auto where = context_.sources.where(origin.span);
            const auto which = builder_.predicate(
                mark.text + " (" + where + ")", model::PredicateKind::packet, Field::proto, mark.origin,
                static_cast<std::uint16_t>(std::min<std::size_t>(std::max<std::size_t>(values.size(), 2), 60000)));
            builder_.depends(which, 0, mark.chain);
            for (std::size_t i = 0; i < values.size() && i < 60000; ++i) {
                model::Rule rule;
                rule.match = builder_.unknown(which, static_cast<std::uint16_t>(i));
                model::FieldRef to{Field::reg, model::View::current, mark.reg};
                rule.effects = {model::Assign{to, {}, 0, {}, 0, values[i]}};
                if (mark.reg == registers.mark)
                    for (auto& e : netfilter_.set_mark(0, 0))
                        if (const auto* a = std::get_if<model::Assign>(&e); a == nullptr || a->to.reg != mark.reg)
                            rule.effects.push_back(std::move(e));
                rule.control = model::Return{};
                rule.origin = mark.origin;
                (void)builder_.rule(mark.chain, std::move(rule));
            }
        }
    }

    /// The kernel refuses a ruleset whose chains call each other in a circle.
    void cut_cycles() {
        auto& device = builder_.device();
        enum class Seen : std::uint8_t { no, open, closed };
        std::vector<Seen> seen(device.chains.size(), Seen::no);
        struct Frame {
            std::uint32_t chain;
            std::size_t next;
        };
        for (std::uint32_t start = 0; start < device.chains.size(); ++start) {
            if (seen[start] != Seen::no) continue;
            std::vector<Frame> stack{{start, 0}};
            seen[start] = Seen::open;
            while (!stack.empty()) {
                auto& top = stack.back();
                const auto& rules = device.chains[top.chain].rules;
                if (top.next >= rules.size()) {
                    seen[top.chain] = Seen::closed;
                    stack.pop_back();
                    continue;
                }
                auto& rule = device.rules[rules[top.next++].index()];
                model::ChainId to;
                if (const auto* jump = std::get_if<model::Jump>(&rule.control)) to = jump->to;
                if (const auto* go = std::get_if<model::Goto>(&rule.control)) to = go->to;
                if (!to.valid() || seen[to.index()] == Seen::closed) continue;
                if (seen[to.index()] == Seen::open) {
                    base::Diagnostic d;
                    d.kind = base::Diagnostic::Kind::fatal;
                    d.span = device.origins[rule.origin.index()].span;
                    d.message = "chain " + device.chains[to.index()].name +
                                " is called from itself: nft refuses such a ruleset";
                    diagnostics_.push_back(std::move(d));
                    rule.control = model::Continue{};
                    continue;
                }
                seen[to.index()] = Seen::open;
                stack.push_back({to.value, 0});
            }
        }
    }

    model::Builder builder_;
    families::netfilter::Netfilter netfilter_;
    Context context_;
    base::Diagnostics& diagnostics_;
    std::vector<TableState*> analysed_;
    std::unordered_map<std::string, Reach> reach_;
};

}  // namespace

model::Device lower(const std::vector<Tree>& trees, std::string name, const base::Sources& sources,
                    base::Diagnostics& diagnostics) {
    const auto ruleset = replay(trees, diagnostics);
    for (const auto& tree : trees)
        for (const auto& unparsed : tree.unparsed) {
            base::Diagnostic d;
            d.code = "EL901";
            d.span = unparsed.span;
            d.message = unparsed.message;
            diagnostics.push_back(std::move(d));
        }
    return Lowering(std::move(name), sources, diagnostics).run(ruleset);
}

}  // namespace egresslint::dialects::nftables
