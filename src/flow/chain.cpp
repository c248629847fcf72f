// SPDX-License-Identifier: Apache-2.0
#include "flow/chain.hpp"

#include <algorithm>

namespace egresslint::flow {
namespace {

struct Then {
    Terminals& terminals;
    static constexpr std::uint32_t code = then_code;
    [[nodiscard]] NodeId known(NodeId a, NodeId b) const {
        if (a == nowhere) return b;
        if (b == nowhere) return a;
        if (!is_terminal(a)) return no_node;
        if (terminals.left(value_of(a))) return a;
        return is_terminal(b) ? terminal(terminals.then(value_of(a), value_of(b))) : no_node;
    }
};

/// As Then, with change numbers raised by one on the left and in the result; 0 = not in this group.
struct ThenInGroup {
    Terminals& terminals;
    std::uint32_t code;
    [[nodiscard]] NodeId known(NodeId a, NodeId b) const {
        if (a == nowhere) return a;
        if (is_terminal(a) && is_terminal(b)) return terminal(terminals.then(value_of(a) - 1, value_of(b)) + 1);
        return b == nowhere ? a : no_node;
    }
};

}  // namespace

Slice::Slice(const model::Device& device, Space& space, const Layout& layout, const Reach& reach, Terminals& terminals,
             Box box, Detail detail, const base::IntervalSet* wanted_source)
    : device_(device),
      reach_(reach),
      space_(space),
      terminals_(terminals),
      matcher_(device, space, layout, reach, terminals, std::move(box)),
      detail_(detail),
      family_(layout.family()),
      chains_(device.chains.size()),
      back_to_fall_(space.new_code()),
      fall_to_back_(space.new_code()) {
    if (wanted_source) wanted_source_ = *wanted_source;
}

/// Whatever the state, the source ends outside the wanted set.
bool Slice::unwanted(const model::Decide& decide) const {
    if (!wanted_source_ || decide.verdict != model::Verdict::accept) return false;
    bool outside = false;
    for (const auto& t : decide.then) {
        if (t.field != model::Field::src || (t.family && *t.family != family_)) continue;
        if (std::holds_alternative<model::Keep>(t.to)) continue;
        const auto* fixed = std::get_if<model::Fixed>(&t.to);
        outside = fixed && !wanted_source_->contains(fixed->value);
    }
    return outside;
}

const Slice::Prepared& Slice::prepared(model::ChainId id) {
    auto& known = chains_[id.index()];
    if (known) return *known;
    auto made = std::make_unique<Prepared>();
    SlotMask written = 0;
    Segment current;
    auto close = [&](std::size_t end) {
        current.end = end;
        current.number = next_number_++;
        if (current.end > current.begin) made->segments.push_back(current);
        current = Segment{end, end, 0, 0};
        written = 0;
    };
    for (const auto rule_id : device_.chains[id.index()].rules) {
        const auto& rule = device_.rules[rule_id.index()];
        if (!rule.active) continue;
        const Truth truth = matcher_.glance(rule.match);
        if (truth == Truth::never) continue;
        Item item{rule_id.value, truth == Truth::always, reach_.reads(rule.match), 0};
        for (const auto& e : rule.effects) {
            item.reads |= reach_.reads(e);
            item.writes |= Reach::writes(e);
        }
        bool ends = false;
        if (const auto* d = std::get_if<model::Decide>(&rule.control)) {
            if (!d->final) item.writes |= pending_bit;
            ends = d->final;
        } else if (std::holds_alternative<model::Settle>(rule.control)) {
            item.reads |= pending_bit;
        } else if (std::holds_alternative<model::Return>(rule.control)) {
            ends = true;
        } else if (!std::holds_alternative<model::Continue>(rule.control)) {
            const auto* jump = std::get_if<model::Jump>(&rule.control);
            const Prepared& target = prepared(jump ? jump->to : std::get<model::Goto>(rule.control).to);
            item.reads |= target.reads;
            item.writes |= target.writes;
            ends = !jump;
        }
        if (item.reads & written) close(made->items.size());
        // What a rule writes that leaves the chain (a translation with its decision) no later rule of it reads.
        if (!ends) written |= item.writes;
        current.reads |= item.reads;
        made->reads |= item.reads;
        made->writes |= item.writes;
        made->items.push_back(item);
        if (ends && item.always) break;  // nothing of the box gets past it
    }
    close(made->items.size());
    made->number = next_number_++;
    known = std::move(made);
    return *known;
}

NodeId Slice::compose(NodeId first, NodeId second) {
    Then op{terminals_};
    return space_.apply(first, second, op);
}

template <class F>
NodeId Slice::extend(NodeId first, const Execution& start, SlotMask reads, const F& next) {
    struct Group {
        std::uint32_t key;
        Execution state;
    };
    std::vector<Group> groups;
    std::unordered_map<std::uint32_t, std::uint32_t> group_of;  // by change
    for (const auto t : space_.terminals(first)) {
        const Change& o = terminals_.change(t);
        if (o.exit != Exit::fall) continue;
        Execution state = start;
        Terminals::apply(state, o);
        const auto key = terminals_.projection(state, reads);
        const auto it = std::find_if(groups.begin(), groups.end(), [&](const Group& g) { return g.key == key; });
        group_of[t] = static_cast<std::uint32_t>(it - groups.begin());
        if (it == groups.end()) groups.push_back({key, std::move(state)});
    }
    if (groups.empty()) return first;
    if (groups.size() == 1) return compose(first, next(groups.front().state));
    std::vector<NodeId> parts;
    parts.push_back(space_.map(first, space_.new_code(),
                               [&](std::uint32_t t) { return terminal(terminals_.left(t) ? t + 1 : 0); }));
    for (std::uint32_t g = 0; g < groups.size(); ++g) {
        const NodeId mine = space_.map(first, space_.new_code(), [&](std::uint32_t t) {
            const auto it = group_of.find(t);
            return terminal(it != group_of.end() && it->second == g ? t + 1 : 0);
        });
        ThenInGroup op{terminals_, space_.new_code()};
        parts.push_back(space_.apply(mine, next(groups[g].state), op));
    }
    return space_.map(space_.overlay_all(parts), space_.new_code(), [](std::uint32_t t) { return terminal(t - 1); });
}

NodeId Slice::summary(model::ChainId id, const Execution& execution) {
    const Prepared& chain = prepared(id);
    if (chain.segments.empty()) return nowhere;
    if (chain.segments.size() == 1) return segment(chain, chain.segments.front(), execution);
    const std::uint64_t key =
        static_cast<std::uint64_t>(chain.number) << 32 | terminals_.projection(execution, chain.reads);
    if (const auto it = folded_.find(key); it != folded_.end()) return it->second;
    NodeId all = nowhere;
    for (const auto& s : chain.segments)
        all = extend(all, execution, s.reads, [&](const Execution& now) { return segment(chain, s, now); });
    folded_.emplace(key, all);
    return all;
}

NodeId Slice::segment(const Prepared& chain, const Segment& s, const Execution& execution) {
    const std::uint64_t key = static_cast<std::uint64_t>(s.number) << 32 | terminals_.projection(execution, s.reads);
    if (const auto it = folded_.find(key); it != folded_.end()) return it->second;
    std::vector<NodeId> rules;
    for (std::size_t i = s.begin; i < s.end; ++i) {
        const Item& item = chain.items[i];
        const auto& rule = device_.rules[item.rule];
        const Truth truth = item.always ? Truth::always : matcher_.glance(rule.match, execution);
        if (truth == Truth::never) continue;
        const NodeId match = truth == Truth::always ? everywhere : matcher_.select(rule.match, execution);
        if (match == nowhere) continue;
        const NodeId what = body(item, rule, execution);
        if (what == nowhere) continue;
        rules.push_back(space_.gate(match, what));
        if (match == everywhere && is_terminal(what) && terminals_.left(value_of(what))) break;
    }
    // Balanced: neighbours first, so that order is kept.
    for (std::size_t n = rules.size(); n > 1; n = (n + 1) / 2) {
        for (std::size_t i = 0; i + 1 < n; i += 2) rules[i / 2] = compose(rules[i], rules[i + 1]);
        if (n % 2) rules[n / 2] = rules[n - 1];
    }
    const NodeId result = rules.empty() ? nowhere : rules.front();
    folded_.emplace(key, result);
    return result;
}

NodeId Slice::body(const Item& item, const model::Rule& rule, const Execution& execution) {
    NodeId at = nowhere;
    for (const auto& e : rule.effects)
        at = extend(at, execution, item.reads, [&](const Execution& now) { return effect(e, item.rule, now); });
    return extend(at, execution, item.reads,
                  [&](const Execution& now) { return control(rule.control, item.rule, now); });
}

NodeId Slice::effect(const model::Effect& effect, std::uint32_t rule, const Execution& execution) {
    Change o;
    if (std::holds_alternative<model::Log>(effect)) {
        o.logged = true;
        return terminal(terminals_.intern(o));
    }
    if (std::holds_alternative<model::Limited>(effect)) {
        o.limited = true;
        return terminal(terminals_.intern(o));
    }
    if (std::holds_alternative<model::Inspected>(effect)) {
        o.inspected = true;
        return terminal(terminals_.intern(o));
    }
    if (const auto* a = std::get_if<model::Assign>(&effect)) {
        const auto reg = [&](model::RegisterId r, std::uint32_t mask) {
            return mask == 0 ? 0u : execution.slots[register_slot(r)] & mask;
        };
        const std::uint32_t value = reg(a->a, a->and_a) ^ reg(a->b, a->and_b) ^ a->value;
        o.writes.emplace_back(slot_of(a->to), value);
        return terminal(terminals_.intern(o));
    }
    const auto& t = std::get<model::Translate>(effect);
    const NodeId forms = matcher_.rewrite(t, execution);
    if (detail_ != Detail::verdicts) o.trail.push_back(rule);
    return space_.map(forms, space_.new_code(), [&](std::uint32_t form) {
        if (form == 0) return nowhere;
        o.writes.assign(1, {rewrite_slot(t.field), form - 1});
        return terminal(terminals_.intern(o));
    });
}

NodeId Slice::control(const model::Control& control, std::uint32_t rule, const Execution& execution) {
    Change o;
    if (const auto* d = std::get_if<model::Decide>(&control)) {
        const auto decision =
            unwanted(*d) ? terminals_.unwanted() : terminals_.decision(*d, model::RuleId(rule), detail_);
        o.exit = d->final ? Exit::done : Exit::fall;
        (d->final ? o.decision : o.pending) = decision;
        return terminal(terminals_.intern(o));
    }
    if (std::holds_alternative<model::Return>(control)) {
        o.exit = Exit::back;
        return terminal(terminals_.intern(o));
    }
    if (std::holds_alternative<model::Settle>(control)) {
        if (!execution.pending) return nowhere;
        o.exit = Exit::done;
        o.decision = the_pending_one;
        return terminal(terminals_.intern(o));
    }
    const auto leaves_as = [&](NodeId diagram, Exit from, Exit to, std::uint32_t code) {
        return space_.map(diagram, code, [&](std::uint32_t t) {
            if (terminals_.change(t).exit != from) return terminal(t);
            Change changed = terminals_.change(t);
            changed.exit = to;
            return terminal(terminals_.intern(changed));
        });
    };
    if (const auto* jump = std::get_if<model::Jump>(&control))
        return leaves_as(summary(jump->to, execution), Exit::back, Exit::fall, back_to_fall_);
    if (const auto* go = std::get_if<model::Goto>(&control))
        return leaves_as(summary(go->to, execution), Exit::fall, Exit::back, fall_to_back_);
    return nowhere;
}

}  // namespace egresslint::flow
