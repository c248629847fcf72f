// SPDX-License-Identifier: Apache-2.0
#include "model/evaluations.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <unordered_map>

namespace egresslint::model {
namespace {

constexpr std::array<Field, 4> rewritable{Field::src, Field::dst, Field::sport, Field::dport};
constexpr std::uint32_t many = 1000;

bool rewrites(const Translate& t, Field field) { return t.field == field && !std::holds_alternative<Keep>(t.to); }

ChainId called_by(const Rule& rule) {
    if (const auto* jump = std::get_if<Jump>(&rule.control)) return jump->to;
    if (const auto* go = std::get_if<Goto>(&rule.control)) return go->to;
    return {};
}

/// Which chains the stages call, how often, and which stages one packet cannot pass both.
class Calls {
public:
    explicit Calls(const Device& device) : d_(device) {
        order();
        endings();
        for (const auto& stage : d_.pipeline)
            if (const auto [it, fresh] = counts_.try_emplace(stage.entry.value); fresh) it->second = count(stage.entry);
        for (const auto& stage : d_.pipeline) {
            guards_.push_back(guard(stage.when));
            writes_out_.push_back(writes_out(stage.entry));
        }
    }

    [[nodiscard]] std::uint32_t visits(std::size_t stage, ChainId chain) const {
        return counts_.at(d_.pipeline[stage].entry.value)[chain.index()];
    }
    /// How often one packet may come by, over all stages; an upper bound.
    [[nodiscard]] std::uint32_t visits(ChainId chain) const {
        if (ends_packet_[chain.index()]) return 1;
        std::vector<std::size_t> stages;
        for (std::size_t s = 0; s < d_.pipeline.size(); ++s)
            if (visits(s, chain) > 0) stages.push_back(s);
        std::uint32_t most = 0;
        for (const auto s : stages) {
            std::uint32_t sum = 0;
            for (const auto t : stages)
                if (s == t || !exclusive(s, t)) sum = std::min(many, sum + visits(t, chain));
            most = std::max(most, sum);
        }
        return most;
    }
    [[nodiscard]] bool exclusive(std::size_t a, std::size_t b) const {
        if (a > b) std::swap(a, b);
        const bool same_way =
            std::none_of(writes_out_.begin() + static_cast<std::ptrdiff_t>(a),
                         writes_out_.begin() + static_cast<std::ptrdiff_t>(b), [](bool w) { return w; });
        return std::any_of(guards_[a].begin(), guards_[a].end(), [&](const auto& literal) {
            const auto it = guards_[b].find(literal.first);
            const bool comparable = literal.first != static_cast<std::uint64_t>(Field::out_if) || same_way;
            return it != guards_[b].end() && comparable && !literal.second.intersects(it->second);
        });
    }

private:
    /// Callees before callers.
    void order() {
        std::vector<std::uint8_t> seen(d_.chains.size(), 0);
        for (const auto& stage : d_.pipeline) {
            std::vector<std::pair<ChainId, std::size_t>> stack;
            const auto open = [&](ChainId c) {
                if (!seen[c.index()]) seen[c.index()] = 1, stack.emplace_back(c, 0);
            };
            open(stage.entry);
            while (!stack.empty()) {
                auto& [chain, next] = stack.back();
                const auto& rules = d_.chains[chain.index()].rules;
                if (next == rules.size()) {
                    order_.push_back(chain);
                    stack.pop_back();
                } else if (const auto to = called_by(d_.rules[rules[next++].index()]); to.valid()) {
                    open(to);
                }
            }
        }
    }

    void endings() {
        never_returns_.assign(d_.chains.size(), false);
        ends_packet_.assign(d_.chains.size(), false);
        for (const auto chain : order_) {
            bool ends = false, blocks = true;
            for (const auto id : d_.chains[chain.index()].rules) {
                const auto& rule = d_.rules[id.index()];
                if (!rule.active) continue;
                const bool always = rule.match == ExprId(expr_true);
                const auto to = called_by(rule);
                const auto* decide = std::get_if<Decide>(&rule.control);
                if (std::holds_alternative<Return>(rule.control) || std::holds_alternative<Settle>(rule.control)) {
                    blocks = false;
                    break;
                }
                if (to.valid()) {
                    blocks = blocks && (ends_packet_[to.index()] || blocks_only_.contains(to.value));
                    if (std::holds_alternative<Goto>(rule.control) && !never_returns_[to.index()]) break;
                    ends = always && never_returns_[to.index()];
                }
                if (decide) {
                    blocks = blocks && decide->final && decide->verdict != Verdict::accept;
                    ends = always && decide->final;
                }
                if (ends) break;
            }
            never_returns_[chain.index()] = ends;
            ends_packet_[chain.index()] = ends && blocks;
            if (blocks) blocks_only_.insert(chain.value);
        }
    }

    std::vector<std::uint32_t> count(ChainId entry) const {
        std::vector<std::uint32_t> out(d_.chains.size(), 0);
        out[entry.index()] = 1;
        for (auto at = order_.rbegin(); at != order_.rend(); ++at) {
            auto& mine = out[at->index()];
            if (mine == 0) continue;
            if (never_returns_[at->index()]) mine = 1;  // whoever comes in does not come back
            for (const auto id : d_.chains[at->index()].rules)
                if (const auto to = called_by(d_.rules[id.index()]); to.valid())
                    out[to.index()] = std::min(many, out[to.index()] + mine);
        }
        return out;
    }

    bool writes_out(ChainId entry) const {
        const auto& reached = counts_.at(entry.value);
        for (std::size_t c = 0; c < reached.size(); ++c) {
            if (reached[c] == 0) continue;
            if (d_.chains[c].routing) return true;
            for (const auto id : d_.chains[c].rules)
                for (const auto& effect : d_.rules[id.index()].effects)
                    if (const auto* a = std::get_if<Assign>(&effect); a && a->to.field == Field::out_if) return true;
        }
        return false;
    }

    using Literals = std::map<std::uint64_t, IntervalSet>;  ///< by field or, above 1 << 32, by predicate
    Literals guard(ExprId when) const {
        Literals out;
        std::vector<ExprId> todo{when};
        const auto narrow = [&](std::uint64_t key, const IntervalSet& values) {
            const auto [it, fresh] = out.try_emplace(key, values);
            if (!fresh) it->second = it->second.intersect(values);
        };
        const auto in = [&](const In& test, bool negated) {
            const auto f = test.what.field;
            const auto* set = std::get_if<LiteralSet>(&d_.sets[test.set.index()].is);
            if (!set || test.mask != 0xffffffffu) return;
            if (f != Field::in_if && f != Field::out_if && f != Field::family) return;
            narrow(static_cast<std::uint64_t>(f), negated ? IntervalSet::full(32).minus(set->values) : set->values);
        };
        while (!todo.empty()) {
            const auto& is = d_.exprs[todo.back().index()].is;
            todo.pop_back();
            if (const auto* a = std::get_if<And>(&is)) {
                todo.insert(todo.end(), a->e.begin(), a->e.end());
            } else if (const auto* test = std::get_if<In>(&is)) {
                in(*test, false);
            } else if (const auto* n = std::get_if<Not>(&is)) {
                if (const auto* inner = std::get_if<In>(&d_.exprs[n->e.index()].is)) in(*inner, true);
            } else if (const auto* u = std::get_if<Unknown>(&is)) {
                narrow((1ull << 32) + u->which.value, IntervalSet::single(u->value));
            } else if (const auto* o = std::get_if<Or>(&is)) {
                IntervalSet values;
                PredicateId which;
                bool plain = true;
                for (const auto e : o->e) {
                    const auto* one = std::get_if<Unknown>(&d_.exprs[e.index()].is);
                    plain = plain && one && (!which.valid() || which == one->which);
                    if (!plain) break;
                    which = one->which;
                    values = values.unite(IntervalSet::single(one->value));
                }
                if (plain && which.valid()) narrow((1ull << 32) + which.value, values);
            }
        }
        return out;
    }

    const Device& d_;
    std::vector<ChainId> order_;
    std::vector<bool> never_returns_;
    std::vector<bool> ends_packet_;  ///< never returns, and never accepts
    std::set<std::uint32_t> blocks_only_;
    std::map<std::uint32_t, std::vector<std::uint32_t>> counts_;  ///< by entry: visits of each chain
    std::vector<Literals> guards_;
    std::vector<bool> writes_out_;
};

class Evaluations {
public:
    Evaluations(Builder& builder, ValuePredicates& values) : b_(builder), values_(values) {}

    void run() {
        const auto& predicates = d().predicates;
        const bool any = std::any_of(predicates.begin(), predicates.end(),
                                     [](const Predicate& p) { return p.reads != 0 || p.asked_in.valid(); });
        if (!any) return;
        plan();
        if (by_value_.empty() && by_visit_.empty()) return;
        make_versions();
        rewrite();
    }

private:
    [[nodiscard]] Device& d() { return b_.device(); }
    [[nodiscard]] const Device& d() const { return b_.device(); }

    // -- which predicates need it

    void plan() {
        const Calls calls(d());
        std::map<std::uint32_t, std::uint32_t> known;  // visits by chain
        for (std::uint32_t i = 0; i < d().predicates.size(); ++i) {
            const auto chain = d().predicates[i].asked_in;
            if (!chain.valid()) continue;
            const auto [it, fresh] = known.try_emplace(chain.value, 0);
            if (fresh) it->second = calls.visits(chain);
            if (it->second > 1) by_visit_.push_back({i, std::min(it->second, std::uint32_t{most_visits})});
        }
        const auto writers = find_writers(calls);
        for (const auto& [predicate, chains] : uses()) {
            std::vector<std::size_t> stages;
            for (std::size_t s = 0; s < d().pipeline.size(); ++s)
                if (std::any_of(chains.begin(), chains.end(),
                                [&](std::uint32_t c) { return calls.visits(s, ChainId(c)) > 0; }))
                    stages.push_back(s);
            std::vector<Field> changed;
            for (std::size_t f = 0; f < rewritable.size(); ++f)
                if ((d().predicates[predicate].reads & field_bit(rewritable[f])) && changes(writers[f], stages, calls))
                    changed.push_back(rewritable[f]);
            if (!changed.empty()) by_value_.push_back({predicate, std::move(changed)});
        }
    }

    struct Writers {
        std::vector<bool> at_the_end, at_once;  ///< by stage
    };
    std::array<Writers, rewritable.size()> find_writers(const Calls& calls) const {
        std::array<Writers, rewritable.size()> out;
        const auto stages = d().pipeline.size();
        for (auto& w : out) w.at_the_end.assign(stages, false), w.at_once.assign(stages, false);
        const auto note = [&](const std::vector<Translate>& then, std::vector<bool> Writers::*when, std::size_t s) {
            for (const auto& t : then)
                for (std::size_t f = 0; f < rewritable.size(); ++f)
                    if (rewrites(t, rewritable[f])) (out[f].*when)[s] = true;
        };
        std::vector<std::pair<bool, std::vector<Translate>>> of_chain;
        for (std::size_t c = 0; c < d().chains.size(); ++c) {
            std::vector<Translate> later, now;
            for (const auto id : d().chains[c].rules) {
                const auto& rule = d().rules[id.index()];
                for (const auto& e : rule.effects)
                    if (const auto* t = std::get_if<Translate>(&e); t && now.size() < 64) now.push_back(*t);
                if (const auto* decide = std::get_if<Decide>(&rule.control); decide && !decide->then.empty())
                    for (const auto& t : decide->then)
                        if (std::none_of(later.begin(), later.end(), [&](const Translate& x) {
                                return x.field == t.field && x.to.index() == t.to.index();
                            }))
                            later.push_back(t);
            }
            if (later.empty() && now.empty()) continue;
            for (std::size_t s = 0; s < stages; ++s) {
                if (calls.visits(s, ChainId(c)) == 0) continue;
                note(later, &Writers::at_the_end, s);
                note(now, &Writers::at_once, s);
            }
        }
        for (std::size_t s = 0; s < stages; ++s) note(d().pipeline[s].fallthrough.then, &Writers::at_the_end, s);
        return out;
    }

    /// Whether one packet may meet the question in two of the stages with a rewrite in between.
    static bool changes(const Writers& writers, const std::vector<std::size_t>& stages, const Calls& calls) {
        for (std::size_t i = 0; i < stages.size(); ++i) {
            if (writers.at_once[stages[i]]) return true;
            bool written = false;
            for (std::size_t j = i + 1, at = stages[i]; j < stages.size(); ++j) {
                for (; at < stages[j]; ++at) written = written || writers.at_the_end[at] || writers.at_once[at];
                if (written && !calls.exclusive(stages[i], stages[j])) return true;
            }
        }
        return false;
    }

    /// Chains by predicate, for predicates that read rewritable fields.
    std::map<std::uint32_t, std::set<std::uint32_t>> uses() const {
        std::map<std::uint32_t, std::set<std::uint32_t>> out;
        const auto contains = containing(
            [&](std::uint32_t p) { return d().predicates[p].reads != 0 && !d().predicates[p].asked_in.valid(); });
        std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> in_expr;
        for (std::uint32_t c = 0; c < d().chains.size(); ++c)
            for (const auto id : d().chains[c].rules) {
                const auto match = d().rules[id.index()].match;
                if (!match.valid() || !contains[match.index()]) continue;
                const auto [it, fresh] = in_expr.try_emplace(match.value);
                if (fresh) it->second = predicates_in(match, contains);
                for (const auto p : it->second) out[p].insert(c);
            }
        return out;
    }
    std::vector<std::uint32_t> predicates_in(ExprId e, const std::vector<bool>& contains) const {
        std::set<std::uint32_t> out;
        std::vector<ExprId> todo{e};
        std::set<std::uint32_t> seen;
        while (!todo.empty()) {
            const auto at = todo.back();
            todo.pop_back();
            if (!contains[at.index()] || !seen.insert(at.value).second) continue;
            const auto& is = d().exprs[at.index()].is;
            if (const auto* u = std::get_if<Unknown>(&is)) out.insert(u->which.value);
            if (const auto* n = std::get_if<Not>(&is)) todo.push_back(n->e);
            if (const auto* a = std::get_if<And>(&is)) todo.insert(todo.end(), a->e.begin(), a->e.end());
            if (const auto* o = std::get_if<Or>(&is)) todo.insert(todo.end(), o->e.begin(), o->e.end());
        }
        return {out.begin(), out.end()};
    }
    /// By expression: some predicate in it passes the test. Parts of an expression come before it in the table.
    template <class Test>
    std::vector<bool> containing(Test test) const {
        std::vector<bool> out(d().exprs.size(), false);
        for (std::size_t i = 0; i < out.size(); ++i) {
            const auto& is = d().exprs[i].is;
            const auto some = [&](const std::vector<ExprId>& parts) {
                return std::any_of(parts.begin(), parts.end(), [&](ExprId e) { return out[e.index()]; });
            };
            if (const auto* u = std::get_if<Unknown>(&is)) out[i] = test(u->which.value);
            if (const auto* n = std::get_if<Not>(&is)) out[i] = out[n->e.index()];
            if (const auto* a = std::get_if<And>(&is)) out[i] = some(a->e);
            if (const auto* o = std::get_if<Or>(&is)) out[i] = some(o->e);
        }
        return out;
    }

    // -- the versions of a predicate

    struct Version {
        ExprId when;
        PredicateId which;
    };

    PredicateId version(std::uint32_t of, const std::string& words) {
        if (words.empty()) return PredicateId(of);
        const auto p = d().predicates[of];  // a copy: the table grows
        const auto which = b_.predicate(p.text + " (" + words + ")", p.kind, p.beside, p.origin, p.choices);
        d().predicates[which.index()].version_of = PredicateId(of);
        return which;
    }

    void make_versions() {
        for (const auto& [predicate, fields] : by_value_) {
            std::vector<std::pair<std::string, ExprId>> all{{"", b_.yes()}};
            for (const auto field : fields) {
                std::vector<std::pair<std::string, ExprId>> next;
                for (const auto& [words, when] : all)
                    for (const auto& v : values_.versions(field))
                        next.emplace_back(words + (words.empty() || v.words.empty() ? "" : ", ") + v.words,
                                          b_.all({when, v.when}));
                all = std::move(next);
            }
            for (const auto& [words, when] : all) versions_[predicate].push_back({when, version(predicate, words)});
        }
        for (const auto& [predicate, visits] : by_visit_) {
            const auto reg = counter(d().predicates[predicate].asked_in, visits);
            for (std::uint32_t k = 1; k <= visits; ++k)
                versions_[predicate].push_back(
                    {b_.in_register(reg, IntervalSet::single(k)),
                     version(predicate, k == 1 ? "" : "asked again, visit " + std::to_string(k))});
        }
    }

    /// A register that says the how many-th visit to the chain this is.
    RegisterId counter(ChainId chain, std::uint32_t visits) {
        const auto [it, fresh] = counters_.try_emplace(chain.value);
        if (!fresh) return it->second;
        // Chains may share a name.
        const auto name = "visits of " + d().chains[chain.index()].name + " #" + std::to_string(chain.value);
        it->second = b_.reg(name);
        const auto reg = it->second;
        const auto origin = b_.origin({}, name, true);
        const auto count = b_.chain(name, origin);
        for (std::uint32_t k = visits; k-- > 0;) {
            Rule rule;
            rule.match = b_.in_register(reg, IntervalSet::single(k));
            rule.effects.emplace_back(Assign{FieldRef{Field::reg, View::current, reg}, {}, 0, {}, 0, k + 1});
            rule.control = Return{};
            rule.origin = origin;
            b_.rule(count, std::move(rule));
        }
        Rule jump;
        jump.match = b_.yes();
        jump.control = Jump{count};
        jump.origin = origin;
        const auto id = b_.rule(chain, std::move(jump));
        auto& rules = d().chains[chain.index()].rules;
        rules.pop_back();
        rules.insert(rules.begin(), id);
        return reg;
    }

    void rewrite() {
        const auto contains = containing([&](std::uint32_t p) { return versions_.contains(p); });
        const auto count = contains.size();
        std::vector<ExprId> map(count);
        for (std::size_t i = 0; i < count; ++i) {
            map[i] = ExprId(i);
            if (!contains[i]) continue;
            const auto is = d().exprs[i].is;  // a copy: interning grows the table
            const auto mapped = [&](const std::vector<ExprId>& parts) {
                std::vector<ExprId> out;
                out.reserve(parts.size());
                for (const auto p : parts) out.push_back(map[p.index()]);
                return out;
            };
            if (const auto* u = std::get_if<Unknown>(&is)) {
                std::vector<ExprId> any;
                for (const auto& v : versions_.at(u->which.value))
                    any.push_back(b_.all({v.when, b_.unknown(v.which, u->value)}));
                map[i] = b_.either(std::move(any));
            } else if (const auto* n = std::get_if<Not>(&is)) {
                map[i] = b_.negate(map[n->e.index()]);
            } else if (const auto* a = std::get_if<And>(&is)) {
                map[i] = b_.all(mapped(a->e));
            } else if (const auto* o = std::get_if<Or>(&is)) {
                map[i] = b_.either(mapped(o->e));
            }
        }
        for (auto& r : d().rules)
            if (r.match.valid() && r.match.index() < count) r.match = map[r.match.index()];
    }

    Builder& b_;
    ValuePredicates& values_;
    std::vector<std::pair<std::uint32_t, std::vector<Field>>> by_value_;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> by_visit_;
    std::unordered_map<std::uint32_t, std::vector<Version>> versions_;
    std::map<std::uint32_t, RegisterId> counters_;
};

}  // namespace

void tell_evaluations_apart(Builder& builder, ValuePredicates& values) { Evaluations(builder, values).run(); }

}  // namespace egresslint::model
