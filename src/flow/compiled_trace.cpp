// SPDX-License-Identifier: Apache-2.0
// The same machine as in trace.cpp, but over a Program: values lie in one array by dimension, a chain asks its index
// for candidates and walks them in rule order, and asks again when an effect has changed a value on the way. A rule
// that is no candidate is *no* for certain, so leaving it out changes neither the answer nor the order of questions.
//
// Where a field is an open choice (an address or port that is not decided), numbers do not say enough: chains whose
// index reads the field are then walked in full, and conditions that read it are evaluated on the model itself.
#include "flow/compiled_trace.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <optional>

#include "base/check.hpp"
#include "flow/compiled_state.hpp"
#include "model/print.hpp"

namespace egresslint::flow {

using namespace model;
using base::Interval;
using base::u128;

namespace {

using Branch = TraceBranch;

void join(Interval& a, const Interval& b) {
    a.first = std::min(a.first, b.first);
    a.last = std::max(a.last, b.last);
}

}  // namespace

class CompiledTracer::Runner {
public:
    Runner(const Device& device, Family family, const CutLimits& limits)
        : device_(device), family_(family), program_(device, family, limits), evaluator_(device, family, program_) {
        EGL_CHECK(device.resolved);
    }

    std::size_t bytes() const { return program_.bytes(); }

    /// With `full`, every branch is added to it.
    const BriefTrace& run(const Packet& packet, const Valuation& given, std::size_t max_branches, Trace* full) {
        EGL_CHECK(packet.family == family_);
        packet_ = packet;
        given_ = &given;
        evaluator_.use(given);
        asked_.clear();
        waiting_.clear();
        free_.clear();
        for (const auto& b : pool_) free_.push_back(b.get());
        clear();
        waiting_.push_back(fresh());
        start(*waiting_.back());
        while (!waiting_.empty()) {
            Branch* branch = waiting_.back();
            waiting_.pop_back();
            if (advance(*branch)) {
                add(*branch);
                if (full) full->branches.push_back(outcome(*branch));
                free_.push_back(branch);
                continue;
            }
            if (out_.branches + waiting_.size() + 2 > max_branches) {
                out_.truncated = true;
                break;
            }
            const TraceQuestion question = evaluator_.question();
            if (question.about == TraceQuestion::About::predicate) ask(question.which);
            Branch* other = fresh();
            *other = *branch;
            evaluator_.answer(*other, question, false);
            evaluator_.answer(*branch, question, true);
            waiting_.push_back(other);
            waiting_.push_back(branch);  // "it matches" first
        }
        finish();
        return out_;
    }

private:
    Branch* fresh() {
        if (free_.empty()) {
            pool_.push_back(std::make_unique<Branch>());
            return pool_.back().get();
        }
        Branch* out = free_.back();
        free_.pop_back();
        return out;
    }

    void ask(std::uint32_t predicate) {
        const auto at = std::lower_bound(asked_.begin(), asked_.end(), predicate);
        if (at == asked_.end() || *at != predicate) asked_.insert(at, predicate);
    }

    void start(Branch& b) const {
        const bool ports = has_ports(packet_.proto), icmp = packet_.proto == 1 || packet_.proto == 58;
        const std::uint16_t sport = ports ? packet_.sport : std::uint16_t{0},
                            dport = ports ? packet_.dport : std::uint16_t{0};
        b.stage = 0;
        b.phase = Branch::Phase::guard;
        b.logged = b.limited = b.inspected = false;
        b.open = 0;
        b.version = 0;
        b.now = {TracedValue{packet_.src, {}}, {packet_.dst, {}}, {sport, {}}, {dport, {}}};
        b.frames.clear();
        b.lists.clear();
        b.steps.clear();
        b.left.clear();
        b.value.resize(first_register + device_.registers.size());
        if (program_.wide) {
            b.wide = {packet_.src, packet_.dst, packet_.src, packet_.dst};
        } else {
            b.value[dim_src] = b.value[dim_src_before] = static_cast<std::uint32_t>(packet_.src);
            b.value[dim_dst] = b.value[dim_dst_before] = static_cast<std::uint32_t>(packet_.dst);
        }
        b.value[dim_sport] = b.value[dim_sport_before] = sport;
        b.value[dim_dport] = b.value[dim_dport_before] = dport;
        b.value[dim_in_if] = packet_.in_if;
        b.value[dim_proto] = packet_.proto;
        b.value[dim_icmp_type] = icmp ? packet_.icmp_type : 0;
        b.value[dim_icmp_code] = icmp ? packet_.icmp_code : 0;
        b.value[dim_tcp_flags] = packet_.proto == 6 ? packet_.tcp_flags : 0;
        b.value[dim_out_if] = no_interface;
        b.value[dim_ct_state] = static_cast<std::uint32_t>(packet_.state);
        for (std::size_t r = 0; r < device_.registers.size(); ++r)
            b.value[first_register + r] =
                device_.registers[r].from_packet_mark ? packet_.mark : device_.registers[r].initial;
    }

    // -- rewrites

    void set(Branch& b, std::size_t slot, const TracedValue& to) const {
        TracedValue& now = b.now[slot];
        if (now.number == to.number && now.choice == to.choice) return;
        now = to;
        ++b.version;
        const Dimension d = rewritable[slot];
        const auto bit = static_cast<std::uint8_t>(1u << d);
        b.open = static_cast<std::uint8_t>(to.choice.valid() ? b.open | bit : b.open & ~bit);
        if (program_.wide && d < wide_dimensions)
            b.wide[d] = to.number;
        else
            b.value[d] = static_cast<std::uint32_t>(to.number);
    }

    TracedValue picked(ChoiceId id) const {
        if (const auto it = given_->choices.find(id.value); it != given_->choices.end()) return {it->second, {}};
        if (const auto only = evaluator_.candidates(id).single_value()) return {*only, {}};
        return {0, id};
    }

    /// Of the packet's family: global and primary before global, before primary, before the rest.
    std::optional<TracedValue> address_of(std::uint32_t interface, std::uint32_t alternative) const {
        if (interface < first_interface || interface >= device_.interfaces.size()) return std::nullopt;
        const Interface& i = addressed(device_, interface, alternative);
        const InterfaceAddress* best = nullptr;
        int best_rank = -1;
        for (const InterfaceAddress& a : i.addresses) {
            const int rank = (a.secondary ? 0 : 1) + (a.global ? 2 : 0);
            if (a.address.family == family_ && rank > best_rank) best = &a, best_rank = rank;
        }
        if (best) return TracedValue{best->address.bits, {}};
        const ChoiceId unknown = family_ == Family::v4 ? i.unknown_address4 : i.unknown_address6;
        if (!unknown.valid()) return std::nullopt;
        return picked(unknown);
    }

    std::optional<TracedValue> out_address(const Branch& b, std::uint32_t alternative) const {
        const std::uint32_t out_if = b.value[dim_out_if];
        if (device_.gateway_register.valid() && out_if < device_.interfaces.size()) {
            const auto& addresses = addressed(device_, out_if, alternative).addresses;
            const std::uint32_t number = b.value[first_register + device_.gateway_register.index()];
            if (number != 0 && number <= addresses.size() && addresses[number - 1].address.family == family_)
                return TracedValue{addresses[number - 1].address.bits, {}};
        }
        return address_of(out_if, alternative);
    }

    std::optional<TracedValue> in_address(std::uint32_t alternative) const {
        if (packet_.in_if == self_interface) return TracedValue{family_ == Family::v4 ? u128{0x7f000001} : u128{1}, {}};
        return address_of(packet_.in_if, alternative);
    }

    /// False: the evaluator's question must be answered first; nothing has changed.
    bool translate(Branch& b, const Translate& t) {
        const std::size_t slot = rewritable_slot(t.field);
        const unsigned bits = field_bits(t.field, family_);
        if (const auto* fixed = std::get_if<Fixed>(&t.to)) {
            set(b, slot, {fixed->value, {}});
        } else if (const auto* pick = std::get_if<Pick>(&t.to)) {
            const IntervalSet& among = evaluator_.candidates(pick->choice);
            if (among.empty()) return true;
            if (pick->keep_if_inside) {
                const Truth inside = evaluator_.value_inside(b, b.now[slot], bits, among);
                if (inside != Truth::no) return inside == Truth::yes;
            }
            set(b, slot, picked(pick->choice));
        } else if (const auto* out = std::get_if<OutInterfaceAddress>(&t.to)) {
            if (const auto value = out_address(b, out->alternative)) set(b, slot, *value);
        } else if (const auto* in = std::get_if<InInterfaceAddress>(&t.to)) {
            if (const auto value = in_address(in->alternative)) set(b, slot, *value);
        } else if (const auto* shift = std::get_if<Shift>(&t.to)) {
            const u128 host = base::low_mask(bits - std::min<unsigned>(shift->prefix_length, bits));
            const Truth inside =
                evaluator_.value_inside(b, b.now[slot], bits, IntervalSet::range(shift->from, shift->from | host));
            if (inside == Truth::open) return false;
            if (inside == Truth::yes) {
                const u128 moved = b.now[slot].number - shift->from + shift->to;
                set(b, slot, {moved & base::low_mask(bits), b.now[slot].choice});
            }
        }
        return true;
    }

    void assign(Branch& b, const Assign& a, std::uint16_t dimension) const {
        const auto read = [&](RegisterId r) { return r.valid() ? b.value[first_register + r.index()] : 0u; };
        know(b, dimension, (read(a.a) & a.and_a) ^ (read(a.b) & a.and_b) ^ a.value);
    }

    static void know(Branch& b, std::uint16_t dimension, std::uint32_t value) {
        if (b.value[dimension] != value) ++b.version;
        b.value[dimension] = value;
    }

    /// Goes on with the effects of a range after the first b.effect. False: there is a question, as in translate.
    bool apply(Branch& b, const EffectRange& range) {
        using Kind = CompiledEffect::Kind;
        for (; b.effect < range.count; ++b.effect) {
            const CompiledEffect& e = program_.effects[range.first + b.effect];
            // No port, nothing to rewrite: the field of such a packet is 0 and stays so.
            const bool rewrites = e.slot < 2 || has_ports(packet_.proto);
            switch (e.kind) {
                case Kind::set_number:
                    if (rewrites) set(b, e.slot, {e.value, {}});
                    break;
                case Kind::translate:
                    if (rewrites && !translate(b, *program_.translations[e.value])) return false;
                    break;
                case Kind::set_known: know(b, e.dimension, e.value); break;
                case Kind::assign: assign(b, *program_.assignments[e.value], e.dimension); break;
                case Kind::log: b.logged = true; break;
                case Kind::limited: b.limited = true; break;
                case Kind::inspected: b.inspected = true; break;
            }
        }
        return true;
    }

    // -- the machine

    /// Runs to the end (true) or to an open question of the evaluator (false).
    bool advance(Branch& b) {
        for (;;) {
            switch (b.phase) {
                case Branch::Phase::guard:
                    if (b.stage == program_.stages.size()) return true;
                    if (!guard(b)) return false;
                    break;
                case Branch::Phase::rules:
                    if (!next_rule(b)) return false;
                    break;
                case Branch::Phase::effects:
                    if (!effects(b)) return false;
                    break;
                case Branch::Phase::ending:
                    if (!apply(b, program_.decisions[b.decision].then)) return false;
                    if (program_.decisions[b.decision].verdict != Verdict::accept) return true;
                    ++b.stage;
                    b.phase = Branch::Phase::guard;
                    break;
            }
        }
    }

    bool guard(Branch& b) {
        const CompiledStage& stage = program_.stages[b.stage];
        const Truth when = evaluator_.test(b, stage.when);
        if (when == Truth::open) return false;
        if (when == Truth::no) {
            ++b.stage;
            return true;
        }
        b.frames.clear();
        b.lists.clear();
        enter(b, stage.entry);
        b.pending = b.decision = Branch::no_decision;
        b.phase = Branch::Phase::rules;
        return true;
    }

    /// Another version than the branch's makes the frame look for candidates.
    static void enter(Branch& b, ChainId chain) {
        b.frames.push_back({chain.value, 0, b.version - 1, static_cast<std::uint32_t>(b.lists.size())});
    }
    static void leave(Branch& b) {
        b.lists.resize(b.frames.back().lists);
        b.frames.pop_back();
    }

    void look(Branch& b, TraceFrame& f, const RuleIndex& index) const {
        b.lists.resize(f.lists);
        if (index.reads() & b.open)
            index.all(f.next, b.lists);
        else
            index.look({b.value.data(), b.wide.data()}, f.next, b.lists);
        f.version = b.version;
    }

    bool next_rule(Branch& b) {
        while (!b.frames.empty()) {
            TraceFrame& f = b.frames.back();
            const CompiledChain& chain = program_.chains[f.chain];
            if (f.version != b.version) look(b, f, chain.index);
            Candidates* const lists = b.lists.data() + f.lists;
            Candidates* const end = b.lists.data() + b.lists.size();
            for (;;) {
                Candidates* first = nullptr;
                for (Candidates* list = lists; list != end; ++list)
                    if (list->at != list->end && (!first || *list->at < *first->at)) first = list;
                if (!first) break;
                const std::uint32_t at = *first->at;
                const CompiledRule& rule = program_.rules[chain.rules + at];
                const Truth matches = evaluator_.test(b, rule);
                if (matches == Truth::open) {
                    f.next = at;
                    return false;
                }
                ++first->at;
                if (matches == Truth::no) continue;
                f.next = at + 1;
                b.steps.push_back({StageId(b.stage), ChainId(f.chain), rule.rule, evaluator_.uncertain()});
                b.rule = chain.rules + at;
                b.effect = 0;
                b.phase = Branch::Phase::effects;
                return true;
            }
            leave(b);
        }
        end_stage(b, b.pending);
        return true;
    }

    void end_stage(Branch& b, std::uint32_t decision) const {
        if (decision == Branch::no_decision) {
            const CompiledStage& stage = program_.stages[b.stage];
            decision = stage.fallthrough;
            b.steps.push_back({StageId(b.stage), stage.entry, {}, false});
        }
        b.decision = decision;
        b.effect = 0;
        b.phase = Branch::Phase::ending;
    }

    bool effects(Branch& b) {
        using Control = CompiledRule::Control;
        const CompiledRule& rule = program_.rules[b.rule];
        if (!apply(b, {rule.effects, rule.effect_count})) return false;
        b.phase = Branch::Phase::rules;
        switch (rule.control) {
            case Control::go_on: break;
            case Control::leave: leave(b); break;
            case Control::settle:
                if (b.pending != Branch::no_decision) end_stage(b, b.pending);
                break;
            case Control::jump: enter(b, ChainId(rule.target)); break;
            case Control::go_to:
                leave(b);
                enter(b, ChainId(rule.target));
                break;
            case Control::decide: end_stage(b, rule.target); break;
            case Control::propose: b.pending = rule.target; break;
        }
        return true;
    }

    // -- answers

    Verdict verdict(const Branch& b) const {
        return b.stage == program_.stages.size() ? Verdict::accept : program_.decisions[b.decision].verdict;
    }

    Interval range(const Branch& b, std::size_t slot) const {
        const TracedValue& value = b.now[slot];
        if (!value.choice.valid()) return {value.number, value.number};
        const auto set = evaluator_.left_of_choice(b, value.choice)
                             .shifted(value.number, field_bits(rewritable_fields[slot], family_));
        if (set.empty()) return {0, 0};
        return {set.intervals().front().first, set.intervals().back().last};
    }

    void clear() {
        out_.answer = Answer::unknown;
        out_.verdict = Verdict::accept;
        out_.truncated = out_.logged = out_.limited = out_.inspected = false;
        out_.out_if = no_interface;
        out_.src = out_.dst = out_.sport = out_.dport = {};
        out_.steps.clear();
        out_.depends_on.clear();
        out_.branches = 0;
        agree_ = true;
        differ_ = false;
    }

    /// Adds a finished branch to the answer.
    void add(const Branch& b) {
        const std::array<Interval, 4> values{range(b, 0), range(b, 1), range(b, 2), range(b, 3)};
        const std::uint32_t out_if = b.value[dim_out_if];
        if (out_.branches++ == 0) {
            out_.verdict = verdict(b);
            out_.out_if = first_out_if_ = out_if;
            out_.src = values[0];
            out_.dst = values[1];
            out_.sport = values[2];
            out_.dport = values[3];
            out_.logged = b.logged;
            out_.limited = b.limited;
            out_.inspected = b.inspected;
            out_.steps = b.steps;
            first_values_ = values;
            return;
        }
        agree_ = agree_ && verdict(b) == out_.verdict;
        differ_ = differ_ || verdict(b) != out_.verdict || out_if != first_out_if_ || values != first_values_;
        if (out_if != first_out_if_) out_.out_if = no_interface;
        join(out_.src, values[0]);
        join(out_.dst, values[1]);
        join(out_.sport, values[2]);
        join(out_.dport, values[3]);
        out_.logged = out_.logged || b.logged;
        out_.limited = out_.limited || b.limited;
        out_.inspected = out_.inspected || b.inspected;
    }

    void finish() {
        if (out_.branches == 0) return;
        if (agree_ && !out_.truncated)
            out_.answer = out_.verdict == Verdict::accept ? Answer::accept
                          : out_.verdict == Verdict::drop ? Answer::drop
                                                          : Answer::reject;
        if (differ_ || out_.truncated)
            for (const std::uint32_t id : asked_) out_.depends_on.emplace_back(id);
    }

    Outcome outcome(const Branch& b) const {
        Outcome out;
        out.verdict = verdict(b);
        out.out_if = b.value[dim_out_if];
        out.src = range(b, 0);
        out.dst = range(b, 1);
        out.sport = range(b, 2);
        out.dport = range(b, 3);
        out.logged = b.logged;
        out.limited = b.limited;
        out.inspected = b.inspected;
        for (const BriefStep& s : b.steps) {
            Rule fallthrough;
            if (!s.rule.valid()) fallthrough.control = device_.pipeline[s.stage.index()].fallthrough;
            const Rule& rule = s.rule.valid() ? device_.rules[s.rule.index()] : fallthrough;
            out.steps.push_back({s.stage, s.chain, s.rule, print_action(device_, rule), s.uncertain});
        }
        out.taken = *given_;
        for (const LeftOfUnknown& left : b.left) {
            if (!left.predicate)
                out.taken.choices[left.which] = *left.set.lowest();
            else if (device_.predicates[left.which].choices <= LeftOfUnknown::most_bits)
                out.taken.predicates[left.which] = static_cast<std::uint16_t>(std::countr_zero(left.bits));
            else
                out.taken.predicates[left.which] = static_cast<std::uint16_t>(*left.set.lowest());
        }
        out.registers.assign(b.value.begin() + first_register, b.value.end());
        return out;
    }

    const Device& device_;
    Family family_;
    Program program_;
    ConditionEvaluator evaluator_;
    Packet packet_;
    const Valuation* given_ = nullptr;
    std::vector<std::unique_ptr<Branch>> pool_;
    std::vector<Branch*> free_, waiting_;
    std::vector<std::uint32_t> asked_;  ///< predicates, ascending
    BriefTrace out_;
    bool agree_ = true, differ_ = false;
    std::uint32_t first_out_if_ = no_interface;
    std::array<Interval, 4> first_values_;
};

CompiledTracer::CompiledTracer(const Device& device, Family family, const CutLimits& limits)
    : runner_(std::make_unique<Runner>(device, family, limits)) {}
CompiledTracer::CompiledTracer(CompiledTracer&&) noexcept = default;
CompiledTracer& CompiledTracer::operator=(CompiledTracer&&) noexcept = default;
CompiledTracer::~CompiledTracer() = default;

const BriefTrace& CompiledTracer::run(const Packet& packet, const Valuation& valuation, std::size_t max_branches) {
    return runner_->run(packet, valuation, max_branches, nullptr);
}

Trace CompiledTracer::trace(const Packet& packet, const Valuation& valuation, std::size_t max_branches) {
    Trace out;
    const BriefTrace& brief = runner_->run(packet, valuation, max_branches, &out);
    out.answer = brief.answer;
    out.truncated = brief.truncated;
    out.depends_on = brief.depends_on;
    if (out.branches.empty()) return out;
    out.outcome = out.branches.front();
    out.outcome.out_if = brief.out_if;
    out.outcome.src = brief.src;
    out.outcome.dst = brief.dst;
    out.outcome.sport = brief.sport;
    out.outcome.dport = brief.dport;
    out.outcome.logged = brief.logged;
    out.outcome.limited = brief.limited;
    out.outcome.inspected = brief.inspected;
    return out;
}

std::size_t CompiledTracer::bytes() const { return runner_->bytes(); }

}  // namespace egresslint::flow
