// SPDX-License-Identifier: Apache-2.0
#include "flow/execute.hpp"

#include <algorithm>
#include <unordered_map>

#include "base/check.hpp"

namespace egresslint::flow {
namespace {

constexpr std::size_t kept_slices = 12;
constexpr std::uint32_t most_levels = 10'000;
/// Projecting walks the whole diagram once a field: worth it only where that is cheap beside the rules.
constexpr std::size_t small_enough_to_project = 50'000;

Execution execution_of(const PipelineState& s) { return Execution{s.slots, false}; }

struct Advance {
    std::uint32_t code;
    const std::vector<bool>& mine;  ///< by state: belongs to the group
    const std::function<std::uint32_t(std::uint32_t, std::uint32_t)>& after;
    /// `now` holds only states of the group and 0.
    [[nodiscard]] NodeId known(NodeId now, NodeId stage) const {
        if (now == nowhere) return now;
        if (is_terminal(now) && !mine[value_of(now)]) return now;
        if (is_terminal(now) && is_terminal(stage)) return terminal(after(value_of(now), value_of(stage)));
        return stage == nowhere ? now : no_node;
    }
};

}  // namespace

struct Executor::Run {
    Slice* slice = nullptr;
    Detail detail = Detail::verdicts;
    bool accepted_only = false;
    std::vector<SlotMask> read_later;                                   ///< by stage: slots that some later stage reads
    std::vector<bool> put_off;                                          ///< by stage
    std::map<std::pair<std::uint32_t, std::uint32_t>, Execution> seen;  ///< states for deferred stages
    Execution start;
    Box box;
    NodeId live = nowhere;         ///< headers whose packets are still under way
    std::size_t wanted_stage = 0;  ///< the last one that rewrites sources, when only some sources matter
    const base::IntervalSet* wanted = nullptr;
};

Executor::Executor(const model::Device& device, Space& space, const Layout& layout, const Reach& reach,
                   Terminals& terminals)
    : device_(device), space_(space), layout_(layout), reach_(reach), terminals_(terminals) {}

Execution Executor::initial(model::ConnectionState state) const {
    Execution e;
    e.slots.assign(first_register_slot + device_.registers.size(), 0);
    e.slots[ct_state_slot] = static_cast<std::uint32_t>(state);
    for (std::size_t i = 0; i < device_.registers.size(); ++i)
        e.slots[first_register_slot + i] = device_.registers[i].initial;
    return e;
}

Slice& Executor::slice(const Box& box, Detail detail, const base::IntervalSet* wanted_source) {
    for (std::size_t i = 0; i < slices_.size(); ++i) {
        const Slice& s = *slices_[i];
        if (s.detail() != detail || s.wanted_source().has_value() != (wanted_source != nullptr) ||
            (wanted_source && !(*s.wanted_source() == *wanted_source)) || !(s.box() == box))
            continue;
        const auto at = slices_.begin() + static_cast<std::ptrdiff_t>(i);
        std::rotate(at, at + 1, slices_.end());
        return *slices_.back();
    }
    if (slices_.size() >= kept_slices) slices_.erase(slices_.begin());
    slices_.push_back(
        std::make_unique<Slice>(device_, space_, layout_, reach_, terminals_, box, detail, wanted_source));
    return *slices_.back();
}

bool Executor::only_decides(std::size_t index) const {
    const auto& stage = device_.pipeline[index];
    const ChainFacts& facts = reach_.chain(stage.entry);
    return (facts.writes & ~pending_bit) == 0 && !facts.translates && stage.fallthrough.then.empty();
}

/// A stage that lets everything on, for want of a rule that can match: nothing about it needs saying.
bool Executor::idle(const Run& run, std::size_t index) const {
    const auto& stage = device_.pipeline[index];
    return run.detail != Detail::rules && stage.fallthrough.verdict == model::Verdict::accept &&
           stage.fallthrough.then.empty() && run.slice->silent(stage.entry);
}

/// Before a stage: what is left of the headers may fit a smaller box, in which more rules can be told apart at a
/// glance.
void Executor::narrow(Run& run, NodeId now, std::size_t index) {
    const NodeId live = space_.map(now, space_.new_code(), [&](std::uint32_t id) {
        return id == 0 || terminals_.state(id).ended ? nowhere : everywhere;
    });
    if (live == nowhere) return;
    const base::IntervalSet* wanted = index == run.wanted_stage ? run.wanted : nullptr;
    const bool changed = live != run.live && space_.smaller_than(live, small_enough_to_project);
    run.live = live;
    if (!changed && wanted == nullptr && !run.slice->wanted_source()) return;
    if (changed) run.box = box_around(space_, layout_, live);
    run.slice = &slice(run.box, run.detail, wanted);
}

std::vector<Ending> Executor::run(NodeId headers, Detail detail, const Interest& interest, model::ConnectionState state,
                                  std::size_t max_rows) {
    if (headers == nowhere) return {};
    Run run;
    const NodeId now = through_pipeline(run, headers, detail, interest, state);
    return endings(run, now, max_rows);
}

NodeId Executor::accepted(NodeId headers, model::ConnectionState state,
                          const std::function<std::uint32_t(const PipelineState&)>& kind) {
    if (headers == nowhere) return nowhere;
    Run run;
    Interest interest;
    interest.accepted_only = true;
    const NodeId now = through_pipeline(run, headers, Detail::verdicts, interest, state);
    return space_.map(now, space_.new_code(), [&](std::uint32_t id) {
        const bool out =
            id == 0 || (terminals_.state(id).ended && terminals_.state(id).verdict != model::Verdict::accept);
        return out ? nowhere : terminal(kind(terminals_.state(id)));
    });
}

NodeId Executor::through_pipeline(Run& run, NodeId headers, Detail detail, const Interest& interest,
                                  model::ConnectionState state) {
    // Operations recurse by level: with an unknown each, 80,000 lines that no reader understands exhausted the stack.
    if (space_.level_count() > most_levels) throw BudgetExceeded{"unknowns"};
    run.detail = detail;
    run.live = headers;
    run.box = box_around(space_, layout_, headers);
    run.slice = &slice(run.box, detail);
    run.start = initial(state);
    for (const auto& [reg, value] : interest.start) run.start.slots[register_slot(reg)] = value;
    const bool defer = interest.leaves_with_source || interest.leaves_by;
    run.accepted_only = interest.accepted_only || defer;

    const std::size_t stages = device_.pipeline.size();
    run.read_later.resize(stages);
    run.put_off.resize(stages);
    run.wanted_stage = stages;
    SlotMask later = 0;
    bool source_later = false;
    for (std::size_t i = stages; i-- > 0;) {
        const auto& stage = device_.pipeline[i];
        run.read_later[i] = later;
        const ChainFacts& facts = reach_.chain(stage.entry);
        later |= reach_.reads(stage.when) | facts.reads | facts.decision_reads;
        for (const auto& t : stage.fallthrough.then) later |= reach_.reads(t);
        run.put_off[i] = defer && only_decides(i);
        if (!source_later && interest.leaves_with_source && facts.translates_source) {
            run.wanted_stage = i;
            run.wanted = &interest.leaves_with_source->of(model::Field::src, layout_.family());
        }
        source_later = source_later || facts.translates_source ||
                       std::any_of(stage.fallthrough.then.begin(), stage.fallthrough.then.end(),
                                   [](const auto& t) { return t.field == model::Field::src; });
    }

    PipelineState first;
    first.slots = run.start.slots;
    const std::uint32_t first_id = terminals_.intern(first);
    NodeId now =
        space_.map(headers, space_.new_code(), [&](std::uint32_t inside) { return terminal(inside ? first_id : 0); });
    for (std::size_t i = 0; i < stages; ++i) {
        if (idle(run, i)) continue;
        if (!run.put_off[i]) narrow(run, now, i);
        now = stage(run, now, i);
    }

    if (defer) {
        now = keep_interesting(run, now, interest);
        run.wanted_stage = stages;
        for (std::size_t i = 0; i < stages && now != nowhere; ++i) {
            if (!run.put_off[i]) continue;
            narrow(run, now, i);
            now = deferred_stage(run, now, i);
        }
    }
    return now;
}

/// Rows: states that agree in everything a row shows.
std::vector<Ending> Executor::endings(const Run& run, NodeId now, std::size_t max_rows) {
    std::vector<Ending> endings;
    std::unordered_map<std::uint32_t, std::uint32_t> row_of;  // shown state -> number + 1
    const NodeId rows = space_.map(now, space_.new_code(), [&](std::uint32_t id) {
        if (id == 0) return nowhere;
        PipelineState shown = terminals_.state(id);
        for (std::size_t s = first_register_slot; s < shown.slots.size(); ++s) shown.slots[s] = run.start.slots[s];
        shown.slots[ct_state_slot] = run.start.slots[ct_state_slot];
        shown.deferred.clear();
        std::stable_sort(shown.trail.begin(), shown.trail.end(),
                         [](const Decision& a, const Decision& b) { return a.stage < b.stage; });
        const auto [it, fresh] =
            row_of.try_emplace(terminals_.intern(shown), static_cast<std::uint32_t>(endings.size() + 1));
        if (fresh) {
            if (endings.size() >= max_rows) throw BudgetExceeded{"rows"};
            endings.push_back({std::move(shown), nowhere});
        }
        return terminal(it->second);
    });
    for (const auto& [number, set] : space_.partition(rows)) endings[number - 1].headers = set;
    return endings;
}

/// Changes of a stage for one execution state, each with an explicit decision; 0 where the guard is false.
NodeId Executor::stage_diagram(Slice& slice, std::size_t index, const Execution& execution) {
    const auto& stage = device_.pipeline[index];
    const NodeId when = slice.matcher().select(stage.when, execution);
    if (when == nowhere) return nowhere;
    const DecisionId otherwise = terminals_.decision(stage.fallthrough, {}, slice.detail());
    const NodeId chain = slice.summary(stage.entry, execution);
    const NodeId decided = space_.map(chain, space_.new_code(), [&](std::uint32_t id) {
        Change o = terminals_.change(id);
        if (o.exit != Exit::done)
            o.decision = o.pending != no_decision ? o.pending : otherwise;
        else if (o.decision == the_pending_one)
            o.decision = o.pending;
        EGL_CHECK(o.decision != no_decision);
        o.exit = Exit::done;
        o.pending = no_decision;
        return terminal(terminals_.intern(o));
    });
    return space_.gate(when, decided);
}

std::uint32_t Executor::after(const Run& run, std::uint32_t state, std::uint32_t change, std::size_t index) {
    if (change == 0) return state;
    const Change& o = terminals_.change(change);
    PipelineState next = terminals_.state(state);
    for (const auto& [slot, value] : o.writes) next.slots[slot] = value;
    next.logged |= o.logged;
    next.limited |= o.limited;
    next.inspected |= o.inspected;
    const model::StageId stage(index);
    for (const auto rule : o.trail) next.trail.push_back({stage, model::RuleId(rule)});
    const DecisionEntry& entry = terminals_.decision(o.decision);
    if (entry.in_trail && (next.trail.empty() || !(next.trail.back() == Decision{stage, entry.rule})))
        next.trail.push_back({stage, entry.rule});
    if (entry.decide->verdict != model::Verdict::accept) {
        if (run.accepted_only) return 0;
        next.ended = true;
        next.verdict = entry.decide->verdict;
    }
    if (!entry.decide->then.empty()) next.to_apply = o.decision;
    return terminals_.intern(next);
}

NodeId Executor::advance(Run& run, NodeId now, std::size_t index, const std::vector<Group>& groups) {
    const std::function<std::uint32_t(std::uint32_t, std::uint32_t)> step =
        [&](std::uint32_t state, std::uint32_t change) { return after(run, state, change, index); };
    const std::size_t states = space_.terminals(now).back() + 1;
    std::vector<NodeId> parts;
    std::vector<bool> touched(states);
    for (const auto& group : groups) {
        const NodeId diagram = stage_diagram(*run.slice, index, group.execution);
        if (diagram == nowhere) continue;
        std::vector<bool> mine(states);
        for (const auto s : group.states) mine[s] = touched[s] = true;
        NodeId part = now;
        if (groups.size() > 1)
            part = space_.map(now, space_.new_code(), [&](std::uint32_t s) { return terminal(mine[s] ? s : 0); });
        Advance op{space_.new_code(), mine, step};
        parts.push_back(space_.apply(part, diagram, op));
    }
    if (parts.empty()) return now;
    if (groups.size() > 1)
        parts.push_back(
            space_.map(now, space_.new_code(), [&](std::uint32_t s) { return terminal(touched[s] ? 0 : s); }));
    return space_.overlay_all(parts);
}

NodeId Executor::stage(Run& run, NodeId now, std::size_t index) {
    const auto& stage = device_.pipeline[index];
    Matcher& matcher = run.slice->matcher();
    const bool put_off = run.put_off[index];
    const SlotMask chain_reads = put_off ? reach_.chain(stage.entry).reads : run.slice->reads(stage.entry);
    const SlotMask reads = reach_.reads(stage.when) | chain_reads;
    std::vector<Group> groups;
    std::unordered_map<std::uint32_t, std::size_t> group_of;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> noted;
    Execution e;
    for (const auto id : space_.terminals(now)) {
        const PipelineState& s = terminals_.state(id);
        if (id == 0 || s.ended) continue;
        // A guard that surely holds says nothing more about the state: twenty ways out may be one group.
        e.slots = s.slots;
        const Truth guard = matcher.glance(stage.when, e);
        if (guard == Truth::never) continue;
        const auto key = terminals_.projection(s.slots, false, guard == Truth::always ? chain_reads : reads);
        const auto [it, fresh] = group_of.try_emplace(key, groups.size());
        if (fresh) {
            groups.push_back({e, {}});
            if (put_off) run.seen.try_emplace({static_cast<std::uint32_t>(index), key}, e);
        }
        Group& group = groups[it->second];
        if (!put_off) {
            group.states.push_back(id);
            continue;
        }
        PipelineState changed = s;
        changed.deferred.emplace_back(static_cast<std::uint32_t>(index), key);
        noted.emplace_back(id, terminals_.intern(changed));
    }
    std::erase_if(groups, [](const Group& g) { return g.states.empty(); });
    if (!noted.empty())
        now = rename(now, noted);
    else if (!groups.empty())
        now = translate(run, advance(run, now, index, groups));
    return forget_registers(run, now, index);
}

NodeId Executor::deferred_stage(Run& run, NodeId now, std::size_t index) {
    std::vector<Group> groups;
    std::unordered_map<std::uint32_t, std::size_t> group_of;
    for (const auto id : space_.terminals(now)) {
        if (id == 0) continue;
        for (const auto& [stage, key] : terminals_.state(id).deferred) {
            if (stage != index) continue;
            const auto [it, fresh] = group_of.try_emplace(key, groups.size());
            if (fresh) groups.push_back({run.seen.at({stage, key}), {}});
            groups[it->second].states.push_back(id);
        }
    }
    return groups.empty() ? now : advance(run, now, index, groups);
}

NodeId Executor::rename(NodeId now, const std::vector<std::pair<std::uint32_t, std::uint32_t>>& to) {
    std::uint32_t highest = 0;
    for (const auto& [id, other] : to) highest = std::max(highest, id);
    std::vector<std::uint32_t> name(highest + 1);
    for (std::uint32_t i = 0; i < name.size(); ++i) name[i] = i;
    for (const auto& [id, other] : to) name[id] = other;
    return space_.map(now, space_.new_code(),
                      [&](std::uint32_t id) { return terminal(id < name.size() ? name[id] : id); });
}

/// Puts a diagram of states in the place of some states.
NodeId Executor::replace(NodeId now, const std::vector<std::pair<std::uint32_t, NodeId>>& by) {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> whole;
    std::unordered_map<std::uint32_t, NodeId> split;
    for (const auto& [id, diagram] : by)
        if (is_terminal(diagram))
            whole.emplace_back(id, value_of(diagram));
        else
            split.emplace(id, diagram);
    if (split.empty()) return rename(now, whole);
    std::vector<NodeId> parts;
    const NodeId only_split =
        space_.map(now, space_.new_code(), [&](std::uint32_t s) { return terminal(split.contains(s) ? s : 0); });
    for (const auto& [id, set] : space_.partition(only_split)) parts.push_back(space_.gate(set, split.at(id)));
    for (const auto& [id, diagram] : split) whole.emplace_back(id, 0);
    parts.push_back(rename(now, whole));
    return space_.overlay_all(parts);
}

/// Makes the translations of the decisions just taken, in order.
NodeId Executor::translate(Run& run, NodeId now) {
    std::vector<std::pair<std::uint32_t, NodeId>> by;
    for (const auto id : space_.terminals(now)) {
        if (id == 0 || terminals_.state(id).to_apply == no_decision) continue;
        PipelineState open = terminals_.state(id);
        const auto& then = terminals_.decision(open.to_apply).decide->then;
        open.to_apply = no_decision;
        NodeId at = terminal(terminals_.intern(open));
        for (const auto& t : then) {
            std::vector<std::pair<std::uint32_t, NodeId>> step;
            for (const auto s : space_.terminals(at)) {
                const NodeId forms = run.slice->matcher().rewrite(t, execution_of(terminals_.state(s)));
                if (forms == nowhere) continue;
                step.emplace_back(s, space_.map(forms, space_.new_code(), [&](std::uint32_t form) {
                    if (form == 0) return terminal(s);
                    PipelineState next = terminals_.state(s);
                    next.slots[rewrite_slot(t.field)] = form - 1;
                    return terminal(terminals_.intern(next));
                }));
            }
            if (!step.empty()) at = replace(at, step);
        }
        by.emplace_back(id, at);
    }
    return by.empty() ? now : replace(now, by);
}

NodeId Executor::forget_registers(Run& run, NodeId now, std::size_t index) {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> changed;
    for (const auto id : space_.terminals(now)) {
        const PipelineState& s = terminals_.state(id);
        const auto stale = [&](std::uint32_t k) {
            return s.slots[k] != run.start.slots[k] && (s.ended || !(run.read_later[index] & slot_bit(k)));
        };
        bool any = false;
        for (std::uint32_t k = first_register_slot; k < s.slots.size() && !any; ++k) any = stale(k);
        if (!any) continue;
        PipelineState next = s;
        for (std::uint32_t k = first_register_slot; k < s.slots.size(); ++k)
            if (stale(k)) next.slots[k] = run.start.slots[k];
        changed.emplace_back(id, terminals_.intern(next));
    }
    return changed.empty() ? now : rename(now, changed);
}

NodeId Executor::keep_interesting(Run& run, NodeId now, const Interest& interest) {
    std::vector<std::pair<std::uint32_t, NodeId>> by;
    for (const auto id : space_.terminals(now)) {
        if (id == 0) continue;
        const PipelineState s = terminals_.state(id);
        NodeId keep = everywhere;
        if (s.ended) keep = nowhere;
        if (interest.leaves_by && std::find(interest.leaves_by->begin(), interest.leaves_by->end(),
                                            s.slots[out_if_slot]) == interest.leaves_by->end())
            keep = nowhere;
        if (keep != nowhere && interest.leaves_with_source)
            keep = run.slice->matcher().select(model::Field::src,
                                               interest.leaves_with_source->of(model::Field::src, layout_.family()),
                                               execution_of(s));
        if (keep != everywhere) by.emplace_back(id, space_.gate(keep, terminal(id)));
    }
    return by.empty() ? now : replace(now, by);
}

}  // namespace egresslint::flow
