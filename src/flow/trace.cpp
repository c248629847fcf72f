// SPDX-License-Identifier: Apache-2.0
// An explicit machine a branch: position in stage, chain and rule, plus the packet's current values. Where a test or a
// rewrite depends on something open (a predicate without value, a choice not yet picked), the machine is copied with
// the question answered either way and both copies go on from the same position. Open values are sets of candidates
// that such answers narrow, so the number of branches follows the questions asked and not the size of a pool.
#include "flow/trace.hpp"

#include <algorithm>
#include <set>

#include "base/check.hpp"
#include "model/print.hpp"

namespace egresslint::flow {
namespace {

using namespace model;
using base::Interval;
using base::u128;

enum class Truth : std::uint8_t { no, yes, open };

Truth negate(Truth t) { return t == Truth::open ? t : t == Truth::yes ? Truth::no : Truth::yes; }

/// src, dst, sport, dport: a number, or an open choice plus a constant.
struct Value {
    u128 number = 0;  ///< with a choice: what is added to it
    ChoiceId choice;
};

/// What must be answered before the machine can go on: is this unknown inside the set?
struct Question {
    enum class About : std::uint8_t { nothing, predicate, choice } about = About::nothing;
    std::uint32_t which = 0;
    IntervalSet inside;
};

struct Frame {
    ChainId chain;
    std::size_t next = 0;
};

enum class Phase : std::uint8_t { guard, rules, effects, ending };

struct Machine {
    std::size_t stage = 0;
    Phase phase = Phase::guard;
    std::vector<Frame> frames;
    RuleId rule;
    std::size_t effect = 0;  ///< next effect of `rule`, or next translation of `decision`
    const Decide* pending = nullptr;
    const Decide* decision = nullptr;

    Value src, dst, sport, dport;
    std::uint32_t out_if = no_interface;
    std::uint32_t ct_state = 0;
    std::vector<std::uint32_t> registers;
    bool logged = false, limited = false, inspected = false;
    std::vector<Step> steps;
    std::map<std::uint32_t, IntervalSet> predicates;  ///< values left of those without a given value
    std::map<std::uint32_t, IntervalSet> choices;
};

Packet normalised(Packet p) {
    if (!has_ports(p.proto)) p.sport = p.dport = 0;
    if (p.proto != 1 && p.proto != 58) p.icmp_type = p.icmp_code = 0;
    if (p.proto != 6) p.tcp_flags = 0;
    return p;
}

class Tracer {
public:
    Tracer(const Device& device, const Packet& packet, const Valuation& valuation, std::size_t max_branches)
        : device_(device), packet_(normalised(packet)), given_(valuation), max_branches_(max_branches) {
        EGL_CHECK(device.resolved);
    }

    Trace run() {
        std::vector<Machine> waiting;
        waiting.push_back(start());
        std::vector<Machine> done;
        while (!waiting.empty()) {
            Machine machine = std::move(waiting.back());
            waiting.pop_back();
            Question question;
            if (advance(machine, question)) {
                done.push_back(std::move(machine));
                continue;
            }
            if (done.size() + waiting.size() + 2 > max_branches_) {
                truncated_ = true;
                break;
            }
            Machine other = machine;
            answer(other, question, false);
            answer(machine, question, true);
            waiting.push_back(std::move(other));
            waiting.push_back(std::move(machine));  // "it matches" first
        }
        return finish(done);
    }

private:
    Machine start() const {
        Machine m;
        m.src.number = packet_.src;
        m.dst.number = packet_.dst;
        m.sport.number = packet_.sport;
        m.dport.number = packet_.dport;
        m.ct_state = static_cast<std::uint32_t>(packet_.state);
        m.registers.reserve(device_.registers.size());
        for (const auto& r : device_.registers) m.registers.push_back(r.from_packet_mark ? packet_.mark : r.initial);
        return m;
    }

    // -- unknowns

    const IntervalSet& candidates(ChoiceId id) const {
        const auto& c = device_.choices[id.index()];
        return c.candidates.of(c.field, packet_.family);
    }
    const IntervalSet& left_of_choice(const Machine& m, ChoiceId id) const {
        const auto it = m.choices.find(id.value);
        return it == m.choices.end() ? candidates(id) : it->second;
    }
    IntervalSet left_of_predicate(const Machine& m, std::uint32_t id) const {
        const auto it = m.predicates.find(id);
        if (it != m.predicates.end()) return it->second;
        return IntervalSet::range(0, device_.predicates[id].choices - 1u);
    }
    void answer(Machine& m, const Question& q, bool inside) {
        if (q.about == Question::About::predicate) {
            asked_.insert(q.which);
            const auto left = left_of_predicate(m, q.which);
            m.predicates[q.which] = inside ? left.intersect(q.inside) : left.minus(q.inside);
        } else {
            const auto left = left_of_choice(m, ChoiceId(q.which));
            m.choices[q.which] = inside ? left.intersect(q.inside) : left.minus(q.inside);
        }
    }

    // -- expressions; `open_` is the first question that an open result hangs on

    Truth value_in(const Machine& m, const Value& value, unsigned bits, const IntervalSet& set) {
        if (!value.choice.valid()) return set.contains(value.number) ? Truth::yes : Truth::no;
        uncertain_ = true;
        const auto& left = left_of_choice(m, value.choice);
        const auto wanted = value.number ? set.shifted(~value.number + 1, bits) : set;
        if (!left.intersects(wanted)) return Truth::no;
        if (wanted.contains_all(left)) return Truth::yes;
        ask({Question::About::choice, value.choice.value, wanted});
        return Truth::open;
    }

    void ask(Question q) {
        if (open_.about == Question::About::nothing) open_ = std::move(q);
    }

    const IntervalSet& literal(SetId id, Field field) const {
        const auto* set = std::get_if<LiteralSet>(&device_.sets[id.index()].is);
        EGL_CHECK(set != nullptr);
        return set->of(field, packet_.family);
    }

    Truth field_in(const Machine& m, const FieldRef& ref, std::uint32_t mask, const IntervalSet& set) {
        const auto constant = [&](std::uint32_t v) { return set.contains(v & mask) ? Truth::yes : Truth::no; };
        const bool original = ref.view == View::original;
        const unsigned width = field_bits(ref.field, packet_.family);
        const auto rewritable = [&](const Value& now, u128 before) {
            return value_in(m, original ? Value{before, {}} : now, width, set);
        };
        switch (ref.field) {
            case Field::family: return constant(static_cast<std::uint32_t>(packet_.family));
            case Field::in_if: return constant(packet_.in_if);
            case Field::out_if: return constant(m.out_if);
            case Field::src: return rewritable(m.src, packet_.src);
            case Field::dst: return rewritable(m.dst, packet_.dst);
            case Field::proto: return constant(packet_.proto);
            case Field::sport: return rewritable(m.sport, packet_.sport);
            case Field::dport: return rewritable(m.dport, packet_.dport);
            case Field::icmp_type: return constant(packet_.icmp_type);
            case Field::icmp_code: return constant(packet_.icmp_code);
            case Field::tcp_flags: return constant(packet_.tcp_flags);
            case Field::ct_state: return constant(m.ct_state);
            case Field::reg: return constant(m.registers[ref.reg.index()]);
        }
        return Truth::no;
    }

    Truth eval(const Machine& m, ExprId id) {
        return std::visit([&](const auto& e) { return eval_one(m, e); }, device_.exprs[id.index()].is);
    }
    Truth eval_one(const Machine&, bool b) { return b ? Truth::yes : Truth::no; }
    Truth eval_one(const Machine& m, const In& in) {
        return field_in(m, in.what, in.mask, literal(in.set, in.what.field));
    }
    Truth eval_one(const Machine& m, const InTuple& t) {
        const auto& relation = device_.relations[t.relation.index()];
        Truth any = Truth::no;
        for (const auto& row : relation.rows) {
            Truth all = Truth::yes;
            for (std::size_t c = 0; c < row.size() && all != Truth::no; ++c) {
                const auto& column = relation.columns[c];
                const auto one = field_in(m, column, 0xffffffffu, literal(row[c], column.field));
                if (one != Truth::yes) all = one;
            }
            if (all == Truth::yes) return Truth::yes;
            if (all == Truth::open) any = Truth::open;
        }
        return any;
    }
    Truth eval_one(const Machine& m, const Unknown& u) {
        if (const auto it = given_.predicates.find(u.which.value); it != given_.predicates.end())
            return it->second == u.value ? Truth::yes : Truth::no;
        uncertain_ = true;
        const auto left = left_of_predicate(m, u.which.value);
        if (!left.contains(u.value)) return Truth::no;
        if (left.single_value()) return Truth::yes;
        ask({Question::About::predicate, u.which.value, IntervalSet::single(u.value)});
        return Truth::open;
    }
    Truth eval_one(const Machine& m, const Not& n) { return negate(eval(m, n.e)); }
    Truth eval_one(const Machine& m, const And& a) {
        Truth all = Truth::yes;
        for (const auto e : a.e) {
            const auto one = eval(m, e);
            if (one == Truth::no) return Truth::no;
            if (one == Truth::open) all = Truth::open;
        }
        return all;
    }
    Truth eval_one(const Machine& m, const Or& o) {
        Truth any = Truth::no;
        for (const auto e : o.e) {
            const auto one = eval(m, e);
            if (one == Truth::yes) return Truth::yes;
            if (one == Truth::open) any = Truth::open;
        }
        return any;
    }
    Truth test(const Machine& m, ExprId id) {
        open_ = {};
        uncertain_ = false;
        return eval(m, id);
    }

    // -- rewrites

    static Value& target(Machine& m, Field field) {
        switch (field) {
            case Field::src: return m.src;
            case Field::dst: return m.dst;
            case Field::sport: return m.sport;
            default: return m.dport;
        }
    }

    Value picked(ChoiceId id) const {
        if (const auto it = given_.choices.find(id.value); it != given_.choices.end()) return {it->second, {}};
        if (const auto only = candidates(id).single_value()) return {*only, {}};
        return {0, id};
    }

    /// The first global primary address of the packet's family, else any primary one, else any.
    std::optional<Value> primary_address(std::uint32_t interface, std::uint32_t alternative) const {
        if (interface < first_interface || interface >= device_.interfaces.size()) return std::nullopt;
        const auto& i = addressed(device_, interface, alternative);
        const InterfaceAddress* best = nullptr;
        int best_rank = -1;
        for (const auto& a : i.addresses) {
            if (a.address.family != packet_.family) continue;
            const int rank = (a.secondary ? 0 : 1) + (a.global ? 2 : 0);
            if (rank > best_rank) best = &a, best_rank = rank;
        }
        if (best) return Value{best->address.bits, {}};
        const auto unknown = packet_.family == Family::v4 ? i.unknown_address4 : i.unknown_address6;
        if (unknown.valid()) return picked(unknown);
        return std::nullopt;
    }

    std::optional<Value> out_address(const Machine& m, std::uint32_t alternative) const {
        if (device_.gateway_register.valid() && m.out_if < device_.interfaces.size()) {
            const auto& addresses = addressed(device_, m.out_if, alternative).addresses;
            const auto index = m.registers[device_.gateway_register.index()];
            if (index && index <= addresses.size() && addresses[index - 1].address.family == packet_.family)
                return Value{addresses[index - 1].address.bits, {}};
        }
        return primary_address(m.out_if, alternative);
    }

    std::optional<Value> in_address(std::uint32_t alternative) const {
        if (packet_.in_if == self_interface)
            return Value{packet_.family == Family::v4 ? u128{0x7f000001} : u128{1}, {}};
        return primary_address(packet_.in_if, alternative);
    }

    /// False: `open_` must be answered first; nothing has changed.
    bool translate(Machine& m, const Translate& t) {
        if (is_address(t.field) && t.family && *t.family != packet_.family) return true;
        // No port, nothing to rewrite: the field of such a packet is 0 and stays so.
        if (!is_address(t.field) && !has_ports(packet_.proto)) return true;
        auto& now = target(m, t.field);
        const unsigned bits = field_bits(t.field, packet_.family);
        open_ = {};
        if (const auto* fixed = std::get_if<Fixed>(&t.to)) {
            now = {fixed->value, {}};
        } else if (const auto* pick = std::get_if<Pick>(&t.to)) {
            const auto& set = candidates(pick->choice);
            if (set.empty()) return true;
            if (pick->keep_if_inside) {
                const auto inside = value_in(m, now, bits, set);
                if (inside == Truth::open) return false;
                if (inside == Truth::yes) return true;
            }
            now = picked(pick->choice);
        } else if (const auto* out = std::get_if<OutInterfaceAddress>(&t.to)) {
            if (const auto value = out_address(m, out->alternative)) now = *value;
        } else if (const auto* in = std::get_if<InInterfaceAddress>(&t.to)) {
            if (const auto value = in_address(in->alternative)) now = *value;
        } else if (const auto* shift = std::get_if<Shift>(&t.to)) {
            const u128 host = base::low_mask(bits - std::min<unsigned>(shift->prefix_length, bits));
            const auto inside = value_in(m, now, bits, IntervalSet::range(shift->from, shift->from | host));
            if (inside == Truth::open) return false;
            if (inside == Truth::yes) now.number = (now.number - shift->from + shift->to) & base::low_mask(bits);
        }
        return true;
    }

    static std::uint32_t register_value(const Machine& m, RegisterId id) {
        return id.valid() ? m.registers[id.index()] : 0;
    }

    static void assign(Machine& m, const Assign& a) {
        const auto value = (register_value(m, a.a) & a.and_a) ^ (register_value(m, a.b) & a.and_b) ^ a.value;
        if (a.to.field == Field::out_if)
            m.out_if = value;
        else if (a.to.field == Field::ct_state)
            m.ct_state = value;
        else
            m.registers[a.to.reg.index()] = value;
    }

    bool effect(Machine& m, const Effect& e) {
        if (const auto* t = std::get_if<Translate>(&e)) return translate(m, *t);
        if (const auto* a = std::get_if<Assign>(&e))
            assign(m, *a);
        else if (std::holds_alternative<Log>(e))
            m.logged = true;
        else if (std::holds_alternative<Limited>(e))
            m.limited = true;
        else
            m.inspected = true;
        return true;
    }

    // -- the machine

    /// Runs to the end (true) or to an open question (false).
    bool advance(Machine& m, Question& question) {
        for (;;) {
            bool go_on = true;
            switch (m.phase) {
                case Phase::guard:
                    if (m.stage == device_.pipeline.size()) return true;
                    go_on = guard(m);
                    break;
                case Phase::rules: go_on = next_rule(m); break;
                case Phase::effects: go_on = effects(m); break;
                case Phase::ending:
                    go_on = ending(m);
                    if (go_on && m.decision->verdict != Verdict::accept) return true;
                    if (go_on) ++m.stage, m.phase = Phase::guard;
                    break;
            }
            if (!go_on) {
                question = open_;
                return false;
            }
        }
    }

    bool guard(Machine& m) {
        const auto& stage = device_.pipeline[m.stage];
        const auto when = test(m, stage.when);
        if (when == Truth::open) return false;
        if (when == Truth::no) {
            ++m.stage;
            return true;
        }
        m.frames.assign(1, Frame{stage.entry, 0});
        m.pending = m.decision = nullptr;
        m.phase = Phase::rules;
        return true;
    }

    void end_stage(Machine& m, const Decide* decision) {
        if (!decision) {
            decision = &device_.pipeline[m.stage].fallthrough;
            m.steps.push_back({StageId(m.stage), device_.pipeline[m.stage].entry, {}, {}, false});
        }
        m.decision = decision;
        m.effect = 0;
        m.phase = Phase::ending;
    }

    bool next_rule(Machine& m) {
        while (!m.frames.empty()) {
            auto& frame = m.frames.back();
            const auto& rules = device_.chains[frame.chain.index()].rules;
            if (frame.next == rules.size()) {
                m.frames.pop_back();
                continue;
            }
            const auto id = rules[frame.next];
            const auto& rule = device_.rules[id.index()];
            if (rule.active) {
                const auto matches = test(m, rule.match);
                if (matches == Truth::open) return false;
                if (matches == Truth::yes) {
                    ++frame.next;
                    m.steps.push_back({StageId(m.stage), frame.chain, id, {}, uncertain_});
                    m.rule = id;
                    m.effect = 0;
                    m.phase = Phase::effects;
                    return true;
                }
            }
            ++frame.next;
        }
        end_stage(m, m.pending);
        return true;
    }

    bool effects(Machine& m) {
        const auto& rule = device_.rules[m.rule.index()];
        for (; m.effect < rule.effects.size(); ++m.effect)
            if (!effect(m, rule.effects[m.effect])) return false;
        m.phase = Phase::rules;
        if (std::holds_alternative<Return>(rule.control)) {
            m.frames.pop_back();
        } else if (std::holds_alternative<Settle>(rule.control)) {
            if (m.pending) end_stage(m, m.pending);
        } else if (const auto* jump = std::get_if<Jump>(&rule.control)) {
            m.frames.push_back({jump->to, 0});
        } else if (const auto* go = std::get_if<Goto>(&rule.control)) {
            m.frames.back() = {go->to, 0};
        } else if (const auto* decide = std::get_if<Decide>(&rule.control)) {
            if (decide->final)
                end_stage(m, decide);
            else
                m.pending = decide;
        }
        return true;
    }

    bool ending(Machine& m) {
        for (; m.effect < m.decision->then.size(); ++m.effect)
            if (!translate(m, m.decision->then[m.effect])) return false;
        return true;
    }

    // -- answers

    Interval range_of(const Machine& m, const Value& value, Field field) const {
        if (!value.choice.valid()) return {value.number, value.number};
        const auto set = left_of_choice(m, value.choice).shifted(value.number, field_bits(field, packet_.family));
        if (set.empty()) return {0, 0};
        return {set.intervals().front().first, set.intervals().back().last};
    }

    Outcome outcome(const Machine& m) const {
        Outcome out;
        out.verdict = m.stage == device_.pipeline.size() ? Verdict::accept : m.decision->verdict;
        out.out_if = m.out_if;
        out.src = range_of(m, m.src, Field::src);
        out.dst = range_of(m, m.dst, Field::dst);
        out.sport = range_of(m, m.sport, Field::sport);
        out.dport = range_of(m, m.dport, Field::dport);
        out.logged = m.logged;
        out.limited = m.limited;
        out.inspected = m.inspected;
        out.steps = m.steps;
        for (auto& step : out.steps) {
            if (step.rule.valid()) {
                step.effect = print_action(device_, device_.rules[step.rule.index()]);
            } else {
                Rule fallthrough;
                fallthrough.control = device_.pipeline[step.stage.index()].fallthrough;
                step.effect = print_action(device_, fallthrough);
            }
        }
        out.taken = given_;
        for (const auto& [id, left] : m.predicates)
            out.taken.predicates[id] = static_cast<std::uint16_t>(*left.lowest());
        for (const auto& [id, left] : m.choices) out.taken.choices[id] = *left.lowest();
        out.registers = m.registers;
        return out;
    }

    static void join(Interval& a, const Interval& b) {
        a.first = std::min(a.first, b.first);
        a.last = std::max(a.last, b.last);
    }

    static bool same_result(const Outcome& a, const Outcome& b) {
        return a.verdict == b.verdict && a.out_if == b.out_if && a.src == b.src && a.dst == b.dst &&
               a.sport == b.sport && a.dport == b.dport;
    }

    Trace finish(const std::vector<Machine>& done) const {
        Trace out;
        out.truncated = truncated_;
        out.branches.reserve(done.size());
        for (const auto& m : done) out.branches.push_back(outcome(m));
        if (out.branches.empty()) return out;
        const auto& first = out.branches.front();
        const bool agree = std::all_of(out.branches.begin(), out.branches.end(),
                                       [&](const Outcome& o) { return o.verdict == first.verdict; });
        if (agree && !truncated_)
            out.answer = first.verdict == Verdict::accept ? Answer::accept
                         : first.verdict == Verdict::drop ? Answer::drop
                                                          : Answer::reject;
        out.outcome = first;
        bool differ = truncated_;
        for (const auto& o : out.branches) {
            differ = differ || !same_result(o, first);
            if (o.out_if != first.out_if) out.outcome.out_if = no_interface;
            join(out.outcome.src, o.src);
            join(out.outcome.dst, o.dst);
            join(out.outcome.sport, o.sport);
            join(out.outcome.dport, o.dport);
            out.outcome.logged = out.outcome.logged || o.logged;
            out.outcome.limited = out.outcome.limited || o.limited;
            out.outcome.inspected = out.outcome.inspected || o.inspected;
        }
        if (differ)
            for (const auto id : asked_) out.depends_on.emplace_back(id);
        return out;
    }

    const Device& device_;
    Packet packet_;
    const Valuation& given_;
    std::size_t max_branches_;
    std::set<std::uint32_t> asked_;
    bool truncated_ = false;
    bool uncertain_ = false;
    Question open_;
};

}  // namespace

Trace trace(const Device& device, const Packet& packet, const Valuation& valuation, std::size_t max_branches) {
    return Tracer(device, packet, valuation, max_branches).run();
}

}  // namespace egresslint::flow
