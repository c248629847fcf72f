// SPDX-License-Identifier: Apache-2.0
// Rules and chains. What of a rule is not understood becomes an opaque predicate or an opaque rule, with EL901.
#include "dialects/iptables/lower.hpp"

#include <algorithm>
#include <utility>

namespace egresslint::dialects::iptables {

using namespace egresslint::model;
using base::Diagnostic;
using families::netfilter::BaseChain;
using families::netfilter::ChainType;
using families::netfilter::Hook;
using families::netfilter::Netfilter;

std::string describe(const Instance& instance) {
    std::string text = (instance.target != nullptr || instance.match == nullptr) && instance.name.empty()
                           ? ""
                           : "-m " + std::string(instance.name);
    for (const auto& o : instance.options) text += (o.negated ? " ! " : " ") + o.text();
    return text;
}

namespace {

std::string with_place(const Context& c, const MatchRow& row, std::string text) {
    if (row.per_rule) text += " (" + c.sources.where(c.line) + ")";
    return text;
}

/// What the predicate of a row hangs on: its own state, or fields that translations rewrite.
PredicateId hangs_on(Context& c, const MatchRow& row, PredicateId which) {
    c.b.depends(which, row.reads, row.per_rule ? c.chain : ChainId{});
    return which;
}

}  // namespace

ExprId predicate_of(Context& c, const Instance& instance) {
    const auto& row = *instance.match;
    return c.b.unknown(hangs_on(c, row, c.b.predicate(with_place(c, row, describe(instance)), row.kind, row.beside)));
}

namespace {

constexpr unsigned deepest_nesting = 512;

enum class Limits : std::uint8_t { nothing, below, above };

/// On which side of a limit a match holds: of a rate, or of connections at the same time.
Limits limits(const Instance& instance) {
    const auto side = [](const Option* option, Limits when) {
        if (option == nullptr) return Limits::nothing;
        if (!option->negated) return when;
        return when == Limits::below ? Limits::above : Limits::below;
    };
    if (instance.name == "limit") return side(instance.find("--limit"), Limits::below);
    if (instance.name == "dstlimit") return Limits::below;
    if (instance.name == "hashlimit") {
        if (instance.find("--hashlimit-above") != nullptr) return Limits::above;
        const auto* upto = instance.find("--hashlimit-upto");
        return upto == nullptr ? Limits::below : side(upto, Limits::below);
    }
    if (instance.name == "connlimit") {
        const auto* above = instance.find("--connlimit-above");
        return above != nullptr ? side(above, Limits::above) : side(instance.find("--connlimit-upto"), Limits::below);
    }
    // So many packets within so many seconds.
    if (instance.name == "recent" && instance.find("--hitcount") != nullptr) {
        const auto* update = instance.find("--update");
        return side(update != nullptr ? update : instance.find("--rcheck"), Limits::above);
    }
    return Limits::nothing;
}

struct HookRow {
    std::string_view chain;
    Hook hook;
};
constexpr HookRow hook_rows[] = {{"PREROUTING", Hook::prerouting},
                                 {"INPUT", Hook::input},
                                 {"FORWARD", Hook::forward},
                                 {"OUTPUT", Hook::output},
                                 {"POSTROUTING", Hook::postrouting}};

/// Priorities: raw -300, mangle -150, nat -100 for the destination and 100 for the source, filter 0, security 50.
std::int32_t priority(std::string_view table, Hook hook) {
    if (table == "raw") return -300;
    if (table == "mangle") return -150;
    if (table == "security") return 50;
    if (table == "nat") return hook == Hook::prerouting || hook == Hook::output ? -100 : 100;
    return 0;
}
std::int32_t registration(std::string_view table) {
    constexpr std::string_view order[] = {"raw", "mangle", "nat", "filter", "security"};
    return static_cast<std::int32_t>(std::find(std::begin(order), std::end(order), table) - std::begin(order));
}
constexpr std::uint8_t bit(Hook hook) { return static_cast<std::uint8_t>(1u << static_cast<unsigned>(hook)); }

class Lowering {
public:
    Lowering(const Texts& texts, const ipset::Sets& sets, Builder& builder, Netfilter& netfilter,
             base::Diagnostics& diagnostics)
        : texts_(texts), sets_(sets), b_(builder), netfilter_(netfilter), diagnostics_(diagnostics) {}

    bool run() {
        find_written_sets();
        bool fine = true;
        for (const auto& table : texts_.tables()) {
            if (built_in_chains(table.name).empty()) {
                unknown_table(table);
                continue;
            }
            fine = lower(table) && fine;
        }
        return fine;
    }

private:
    [[nodiscard]] std::string_view text_of(const RuleText& rule) const {
        return texts_.sources().text(base::Span{rule.line.file, rule.begin, std::max(rule.begin, rule.line.end)});
    }
    [[nodiscard]] static std::string full_name(const TableText& table, std::string_view chain) {
        return (table.family == Family::v6 ? "ip6 " : "") + table.name + " " + std::string(chain);
    }
    void report(const TableText& table, base::Span where, std::string message, std::optional<PredicateId> which) {
        Diagnostic d;
        d.kind = Diagnostic::Kind::not_understood;
        d.code = "EL901";
        d.span = where;
        d.message = std::move(message);
        d.influence = table.name == "nat"
                          ? base::Influence::source | base::Influence::destination | base::Influence::filter
                      : table.name == "mangle" ? base::Influence::routing | base::Influence::filter
                                               : base::Influence::filter;
        if (which) d.predicate = which->value;
        diagnostics_.push_back(std::move(d));
    }
    void unknown_table(const TableText& table) {
        Diagnostic d;
        d.code = "EL901";
        d.span = table.span;
        d.message = "table " + table.name + " is not one of iptables; its rules are not read";
        diagnostics_.push_back(std::move(d));
    }

    // -- before lowering: who writes sets, which hooks reach a chain

    /// The words behind -j or -g; a look at the text is enough, since a comment that fools it only adds hooks.
    template <class Visit>
    static void jumps(std::string_view text, const Visit& visit) {
        for (;;) {
            const auto at = text.find('-');
            if (at == std::string_view::npos || at + 3 >= text.size()) return;
            text.remove_prefix(at + 1);
            if (text.front() != 'j' && text.front() != 'g') continue;
            auto rest = text;
            for (const std::string_view option : {"jump ", "goto ", "j ", "g "}) {
                if (!rest.starts_with(option)) continue;
                rest.remove_prefix(option.size());
                const auto begin = rest.find_first_not_of(" \t");
                if (begin == std::string_view::npos) break;
                rest.remove_prefix(begin);
                visit(rest.substr(0, rest.find_first_of(" \t\r\n")));
                break;
            }
        }
    }

    void find_written_sets() {
        // Few rulesets write sets at all.
        bool any = false;
        for (std::size_t i = 0; i < texts_.sources().size() && !any; ++i)
            any = find_word(texts_.sources().text(base::FileId(i)), "-set ") != std::string_view::npos;
        if (!any) return;
        for (const auto& table : texts_.tables())
            for (const auto& chain : table.chains)
                for (const auto& rule : chain.rules)
                    for (const std::string_view option : {"--add-set ", "--del-set ", "--map-set "}) {
                        const auto text = text_of(rule);
                        const auto at = text.find(option);
                        if (at == std::string_view::npos) continue;
                        const auto rest = text.substr(at + option.size());
                        written_sets_.emplace(rest.substr(0, rest.find(' ')));
                    }
    }

    static std::vector<std::vector<std::size_t>> call_graph(const TableText& table, const Lowering& self) {
        std::vector<std::vector<std::size_t>> calls(table.chains.size());
        for (std::size_t i = 0; i < table.chains.size(); ++i) {
            for (const auto& rule : table.chains[i].rules)
                jumps(self.text_of(rule), [&](std::string_view name) {
                    if (const auto it = table.index.find(name); it != table.index.end()) calls[i].push_back(it->second);
                });
            std::sort(calls[i].begin(), calls[i].end());
            calls[i].erase(std::unique(calls[i].begin(), calls[i].end()), calls[i].end());
        }
        return calls;
    }

    // -- tables and chains

    bool lower(const TableText& table) {
        const auto calls = call_graph(table, *this);
        hooks_.assign(table.chains.size(), 0);
        for (std::size_t i = 0; i < table.chains.size(); ++i) {
            if (!table.chains[i].built_in) continue;
            const auto hook = hook_of(table.chains[i].name);
            std::vector<std::size_t> todo{i};
            while (!todo.empty()) {
                const auto at = todo.back();
                todo.pop_back();
                if ((hooks_[at] & bit(hook)) != 0) continue;
                hooks_[at] = static_cast<std::uint8_t>(hooks_[at] | bit(hook));
                todo.insert(todo.end(), calls[at].begin(), calls[at].end());
            }
        }

        chains_.clear();
        chain_objects_.clear();
        for (const auto& chain : table.chains) {
            const auto name = full_name(table, chain.name);
            chains_.push_back(
                b_.chain(name, b_.origin(chain.defined, std::string(texts_.sources().text(chain.defined)))));
            chain_objects_.push_back(chain.built_in ? ObjectId{} : b_.define("chain", name, chain.defined));
        }
        for (std::size_t i = 0; i < table.chains.size(); ++i)
            for (const auto& rule : table.chains[i].rules) lower(table, i, rule);
        if (!acyclic(table)) return false;
        for (std::size_t i = 0; i < table.chains.size(); ++i)
            if (table.chains[i].built_in) base_chain(table, i);
        return true;
    }

    static Hook hook_of(std::string_view chain) {
        for (const auto& row : hook_rows)
            if (row.chain == chain) return row.hook;
        return Hook::forward;
    }

    void base_chain(const TableText& table, std::size_t index) {
        const auto& chain = table.chains[index];
        // Empty chains that let everything pass say nothing, but for the table whose business it is to filter.
        if (chain.rules.empty() && chain.policy == Verdict::accept && table.name != "filter") return;
        BaseChain base;
        base.name =
            std::string(table.family == Family::v6 ? "ip6tables " : "iptables ") + table.name + " " + chain.name;
        if (!table.back_end.empty() && two_back_ends(table)) base.name += " (" + table.back_end + ")";
        base.hook = hook_of(chain.name);
        base.type = table.name == "nat"                                   ? ChainType::nat
                    : table.name == "mangle" && base.hook == Hook::output ? ChainType::route
                                                                          : ChainType::filter;
        base.priority = priority(table.name, base.hook);
        base.ipv4 = table.family == Family::v4;
        base.ipv6 = table.family == Family::v6;
        base.entry = chains_[index];
        base.policy = chain.policy;
        base.origin = b_.device().chains[chains_[index].index()].origin;
        base.registration = two_back_ends(table) ? -1 : registration(table.name);
        if (table.name == "mangle" || table.name == "raw") base.label = Label::classify;
        netfilter_.base_chain(std::move(base));
    }
    /// Dumps of both back ends: which of two equal chains runs first depends on which was loaded first.
    [[nodiscard]] bool two_back_ends(const TableText& table) const {
        return std::any_of(texts_.tables().begin(), texts_.tables().end(), [&](const TableText& t) {
            return t.family == table.family && t.name == table.name && t.back_end != table.back_end;
        });
    }

    /// Over the lowered rules, since only they know what really jumps.
    bool acyclic(const TableText& table) {
        const auto& device = b_.device();
        const auto first = chains_.empty() ? 0u : chains_.front().value;
        std::vector<unsigned> state(table.chains.size(), 0), depth(table.chains.size(), 1);
        struct Frame {
            std::size_t chain;
            std::size_t rule;
        };
        for (std::size_t root = 0; root < table.chains.size(); ++root) {
            if (state[root] != 0) continue;
            std::vector<Frame> stack{{root, 0}};
            state[root] = 1;
            while (!stack.empty()) {
                auto& top = stack.back();
                const auto& rules = device.chains[chains_[top.chain].index()].rules;
                if (top.rule == rules.size()) {
                    state[top.chain] = 2;
                    const auto done = depth[top.chain];
                    stack.pop_back();
                    if (!stack.empty()) depth[stack.back().chain] = std::max(depth[stack.back().chain], done + 1);
                    if (done > deepest_nesting)
                        return fatal_nesting(table, root, "chains call each other more than 512 deep");
                    continue;
                }
                const auto& rule = device.rules[rules[top.rule++].index()];
                ChainId to;
                if (const auto* jump = std::get_if<Jump>(&rule.control)) to = jump->to;
                if (const auto* go = std::get_if<Goto>(&rule.control)) to = go->to;
                if (!to.valid()) continue;
                const auto next = to.value - first;
                if (state[next] == 1) {
                    Diagnostic d;
                    d.kind = Diagnostic::Kind::fatal;
                    d.span = device.origins[rule.origin.index()].span;
                    d.message = "this jump closes a cycle of chains; the kernel refuses such a table";
                    diagnostics_.push_back(std::move(d));
                    return false;
                }
                if (state[next] == 2) {
                    depth[top.chain] = std::max(depth[top.chain], depth[next] + 1);
                    continue;
                }
                state[next] = 1;
                stack.push_back({next, 0});
            }
        }
        return true;
    }
    bool fatal_nesting(const TableText& table, std::size_t chain, std::string message) {
        Diagnostic d;
        d.kind = Diagnostic::Kind::fatal;
        d.span = table.chains[chain].defined;
        d.message = std::move(message);
        diagnostics_.push_back(std::move(d));
        return false;
    }

    // -- rules

    void lower(const TableText& table, std::size_t chain, const RuleText& text) {
        const auto to = chains_[chain];
        const auto origin = b_.origin(text.line, std::string(texts_.sources().text(text.line)));
        const auto hooks = hooks_[chain];
        const bool in_source_nat = table.name == "nat" && (hooks & (bit(Hook::postrouting) | bit(Hook::input))) != 0;
        const bool in_destination_nat =
            table.name == "nat" && (hooks & (bit(Hook::prerouting) | bit(Hook::output))) != 0;
        auto opaque = [&](ExprId match) {
            return b_.opaque_rule(to, match, origin, in_source_nat || in_destination_nat, in_destination_nat);
        };

        words_.clear();
        unescaped_.clear();
        const bool closed = split_words(text_of(text), text.line.file, text.begin, words_, unescaped_);
        if (text.cut) {
            opaque(b_.yes());  // reported when the file was read
            return;
        }
        std::vector<ObjectId> uses;
        Context c{b_, netfilter_, sets_, texts_.sources(), diagnostics_};
        c.family = table.family;
        c.table = table.name;
        c.hooks = hooks;
        c.chain = to;
        c.written_sets = &written_sets_;
        c.asked_sets = &asked_sets_;
        c.line = text.line;
        c.uses = &uses;
        parse_rule(c, extensions_, table, words_, parsed_);
        auto& rule = parsed_;
        if (rule.other_family) return;
        if (!closed || !rule.malformed.empty()) {
            const auto which = opaque(b_.yes());
            report(table, closed ? rule.malformed_at : text.line,
                   "this rule is not understood: " + (closed ? rule.malformed : std::string("a quote is not closed")),
                   which);
            return;
        }

        auto& parts = rule.parts;
        bool limited = false;
        std::vector<std::size_t> above;  // parts that match above a limit
        for (const auto& instance : rule.matches) {
            const auto e = match(c, table, instance, origin);
            if (!e.valid()) {
                const auto which = b_.predicate(describe(instance) + " (" + c.sources.where(text.line) + ")",
                                                PredicateKind::opaque, Field::proto, origin);
                b_.depends(which, 0, to);
                report(table, instance.span,
                       instance.match == nullptr
                           ? "match '" + std::string(instance.name) + "' is not known"
                           : "the options of match '" + std::string(instance.name) + "' are not understood",
                       which);
                parts.push_back(b_.unknown(which));
                continue;
            }
            const auto limit = limits(instance);
            limited |= limit == Limits::below;
            if (limit == Limits::above) above.push_back(parts.size());
            parts.push_back(e);
        }
        const auto all = b_.all(parts);
        target(c, table, rule, to, all, origin, limited, opaque);
        if (!above.empty() && (rule.jump == "DROP" || rule.jump == "REJECT")) {
            // It blocks what is above: what else it asks about has been counted and passes below the limit.
            for (auto at = above.rbegin(); at != above.rend(); ++at)
                parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(*at));
            Rule below;
            below.match = b_.all(parts);
            below.effects = {Limited{}};
            below.origin = b_.origin(text.line, b_.device().origins[origin.index()].text);
            b_.device().origins[below.origin.index()].element = true;
            b_.rule(to, std::move(below));
        }
        for (auto id : uses) used_.push_back(id);
    }

    template <class Opaque>
    void target(Context& c, const TableText& table, const ParsedRule& rule, ChainId to, ExprId match, OriginId origin,
                bool limited, const Opaque& opaque) {
        std::vector<Rule> rules;
        if (rule.jump.empty()) {
            Rule counting;
            counting.match = match;
            rules.push_back(std::move(counting));
        } else if (rule.chain != nullptr && !rule.chain->built_in) {
            const auto index = static_cast<std::size_t>(rule.chain - table.chains.data());
            Rule jump;
            jump.match = match;
            if (rule.is_goto)
                jump.control = Goto{chains_[index]};
            else
                jump.control = Jump{chains_[index]};
            c.uses->push_back(b_.use("chain", full_name(table, rule.jump), rule.jump_span));
            rules.push_back(std::move(jump));
        } else {
            std::optional<std::vector<Rule>> lowered;
            const auto* target = rule.target.target;
            if (target == nullptr)
                c.uses->push_back(b_.use("chain", full_name(table, rule.jump), rule.jump_span));
            else if (!rule.is_goto && target->lower != nullptr)
                lowered = target->lower(c, match, rule.target);
            if (!lowered) {
                const std::string name(rule.jump);
                std::string why = target == nullptr ? "'" + name + "' is neither a chain of table " + table.name +
                                                          " nor a target that is known"
                                  : rule.is_goto             ? "-g needs a chain; '" + name + "' is a target"
                                  : target->lower == nullptr ? "target " + name + " is not modelled"
                                                             : "what target " + name + " does here is not understood";
                const auto which = opaque(match);
                report(table, rule.jump_span, std::move(why), which);
                return;
            }
            rules = std::move(*lowered);
        }
        for (auto& r : rules) {
            r.origin = origin;
            r.uses = *c.uses;
            if (limited && !std::holds_alternative<Continue>(r.control)) r.effects.push_back(Limited{});
            b_.rule(to, std::move(r));
        }
    }

    /// Invalid: not understood.
    ExprId match(Context& c, const TableText&, const Instance& instance, OriginId) {
        if (instance.match == nullptr) return {};
        const auto& row = *instance.match;
        if (row.how == How::inert) return b_.yes();
        if (row.lower != nullptr) return row.lower(c, instance);
        if (row.how == How::predicate && (row.joint || instance.options.empty())) return predicate_of(c, instance);
        std::vector<ExprId> parts;
        for (const auto& o : instance.options) {
            ExprId e;
            if (o.row->lower != nullptr) {
                e = o.row->lower(c, o);
                if (!e.valid()) return {};
            } else {
                e = b_.unknown(
                    hangs_on(c, row,
                             b_.predicate(with_place(c, row, "-m " + std::string(instance.name) + " " + o.text()),
                                          row.kind, row.beside)));
            }
            parts.push_back(o.negated ? b_.negate(e) : e);
        }
        return b_.all(std::move(parts));
    }

    const Texts& texts_;
    const ipset::Sets& sets_;
    Builder& b_;
    Netfilter& netfilter_;
    base::Diagnostics& diagnostics_;
    Extensions extensions_;
    TextSet written_sets_;
    std::unordered_map<std::string, ExprId> asked_sets_;
    std::vector<ChainId> chains_;
    std::vector<ObjectId> chain_objects_;
    std::vector<std::uint8_t> hooks_;
    std::vector<ObjectId> used_;
    std::vector<Word> words_;
    ParsedRule parsed_;
    std::deque<std::string> unescaped_;
};

}  // namespace

bool lower_tables(const Texts& texts, const ipset::Sets& sets, Builder& builder, Netfilter& netfilter,
                  base::Diagnostics& diagnostics) {
    return Lowering(texts, sets, builder, netfilter, diagnostics).run();
}

}  // namespace egresslint::dialects::iptables
