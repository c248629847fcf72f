// SPDX-License-Identifier: Apache-2.0
#include "flow/outcome.hpp"

#include <algorithm>

namespace egresslint::flow {
namespace {

constexpr std::uint32_t none = 0xffffffffu;

void put(std::vector<std::uint32_t>& key, base::u128 value) {
    for (int i = 0; i < 4; ++i) key.push_back(static_cast<std::uint32_t>(value >> (32 * i)));
}

void put(std::vector<std::uint32_t>& key, const model::Translate& t) {
    key.push_back(static_cast<std::uint32_t>(t.field) | (t.family ? static_cast<std::uint32_t>(*t.family) : 0u) << 8 |
                  static_cast<std::uint32_t>(t.to.index()) << 16);
    if (const auto* f = std::get_if<model::Fixed>(&t.to)) {
        put(key, f->value);
    } else if (const auto* p = std::get_if<model::Pick>(&t.to)) {
        key.push_back(p->choice.value);
        key.push_back(p->keep_if_inside);
    } else if (const auto* s = std::get_if<model::Shift>(&t.to)) {
        put(key, s->from);
        put(key, s->to);
        key.push_back(s->prefix_length);
    } else if (const auto* out = std::get_if<model::OutInterfaceAddress>(&t.to)) {
        key.push_back(out->alternative);
    } else if (const auto* in = std::get_if<model::InInterfaceAddress>(&t.to)) {
        key.push_back(in->alternative);
    }
}

}  // namespace

std::uint32_t Interner::intern(std::span<const std::uint32_t> words) {
    std::uint64_t h = words.size() * 0x9e3779b97f4a7c15ull;
    for (const auto w : words) {
        h = (h ^ w) * 0xff51afd7ed558ccdull;
        h ^= h >> 32;
    }
    std::size_t at = h & (table_.size() - 1);
    for (; table_[at] != none; at = (at + 1) & (table_.size() - 1)) {
        const auto id = table_[at];
        if (hashes_[id] != h) continue;
        const auto other = this->at(id);
        if (std::equal(words.begin(), words.end(), other.begin(), other.end())) return id;
    }
    const std::uint32_t id = size();
    table_[at] = id;
    hashes_.push_back(h);
    data_.insert(data_.end(), words.begin(), words.end());
    start_.push_back(data_.size());
    if (hashes_.size() * 2 > table_.size()) {
        table_.assign(table_.size() * 2, none);
        for (std::uint32_t i = 0; i < hashes_.size(); ++i) {
            std::size_t slot = hashes_[i] & (table_.size() - 1);
            while (table_[slot] != none) slot = (slot + 1) & (table_.size() - 1);
            table_[slot] = i;
        }
    }
    return id;
}

Terminals::Terminals() : composed_(1u << 12) {
    intern(Change{});
    rewritten(Rewritten{});
    intern(PipelineState{});  // no slots: equal to no real state
    projections_.intern({});
    static const model::Decide drop{model::Verdict::drop, {}, true};
    const std::uint32_t key[] = {none, none, none};
    decision_keys_.intern(key);
    decisions_.push_back({&drop, {}, false});
}

std::uint32_t Terminals::intern(const Change& o) {
    scratch_.clear();
    scratch_.push_back(static_cast<std::uint32_t>(o.exit) | (o.logged ? 4u : 0u) | (o.limited ? 8u : 0u) |
                       (o.inspected ? 16u : 0u) | static_cast<std::uint32_t>(o.writes.size()) << 5);
    scratch_.push_back(o.decision);
    scratch_.push_back(o.pending);
    for (const auto& [slot, value] : o.writes) {
        scratch_.push_back(slot);
        scratch_.push_back(value);
    }
    scratch_.insert(scratch_.end(), o.trail.begin(), o.trail.end());
    const auto id = change_keys_.intern(scratch_);
    if (id == changes_.size()) changes_.push_back(o);
    return id;
}

std::uint32_t Terminals::then(std::uint32_t ia, std::uint32_t ib) {
    if (ia == 0) return ib;
    if (ib == 0 || left(ia)) return ia;
    auto& memo = composed_[(ia * 0x9e3779b1u ^ ib * 0x85ebca6bu) >> 20];
    if (memo.a == ia && memo.b == ib) return memo.result;
    const Change& a = changes_[ia];
    const Change& b = changes_[ib];
    Change r;
    r.exit = b.exit;
    r.logged = a.logged || b.logged;
    r.limited = a.limited || b.limited;
    r.inspected = a.inspected || b.inspected;
    r.decision = b.decision;
    r.pending = b.pending != no_decision ? b.pending : a.pending;
    r.writes.reserve(a.writes.size() + b.writes.size());
    auto x = a.writes.begin();
    for (const auto& w : b.writes) {
        for (; x != a.writes.end() && x->first < w.first; ++x) r.writes.push_back(*x);
        if (x != a.writes.end() && x->first == w.first) ++x;
        r.writes.push_back(w);
    }
    r.writes.insert(r.writes.end(), x, a.writes.end());
    r.trail = a.trail;
    r.trail.insert(r.trail.end(), b.trail.begin(), b.trail.end());
    const auto id = intern(r);
    memo = {ia, ib, id};
    return id;
}

std::uint32_t Terminals::intern(const PipelineState& s) {
    scratch_.clear();
    scratch_.push_back((s.ended ? 1u : 0u) | static_cast<std::uint32_t>(s.verdict) << 1 | (s.logged ? 8u : 0u) |
                       (s.limited ? 16u : 0u) | (s.inspected ? 32u : 0u));
    scratch_.push_back(s.to_apply);
    scratch_.push_back(static_cast<std::uint32_t>(s.slots.size()));
    scratch_.push_back(static_cast<std::uint32_t>(s.trail.size()));
    scratch_.insert(scratch_.end(), s.slots.begin(), s.slots.end());
    for (const auto& d : s.trail) {
        scratch_.push_back(d.stage.value);
        scratch_.push_back(d.rule.value);
    }
    for (const auto& [stage, seen] : s.deferred) {
        scratch_.push_back(stage);
        scratch_.push_back(seen);
    }
    const auto id = state_keys_.intern(scratch_);
    if (id == states_.size()) states_.push_back(s);
    return id;
}

DecisionId Terminals::decision(const model::Decide& decide, model::RuleId rule, Detail detail) {
    const bool in_trail = detail == Detail::rules || (detail == Detail::translations && !decide.then.empty());
    std::vector<std::uint32_t> key{static_cast<std::uint32_t>(decide.verdict), in_trail ? rule.value : none,
                                   in_trail ? 1u : 0u};
    for (const auto& t : decide.then) put(key, t);
    const auto id = decision_keys_.intern(key);
    if (id == decisions_.size()) decisions_.push_back({&decide, in_trail ? rule : model::RuleId{}, in_trail});
    return id;
}

std::uint32_t Terminals::rewritten(const Rewritten& form) {
    std::vector<std::uint32_t> key{static_cast<std::uint32_t>(form.form), form.choice.value,
                                   form.keep_if_inside ? 1u : 0u};
    put(key, form.value);
    put(key, form.delta);
    const auto id = form_keys_.intern(key);
    if (id == forms_.size()) forms_.push_back(form);
    return id;
}

std::uint32_t Terminals::projection(std::span<const std::uint32_t> slots, bool pending, SlotMask reads) {
    if (reads == 0) return 0;
    scratch_.clear();
    if (reads & pending_bit) {
        scratch_.push_back(none);
        scratch_.push_back(pending);
    }
    for (std::uint32_t i = 0; i < slots.size(); ++i) {
        if (!(reads & slot_bit(i))) continue;
        scratch_.push_back(i);
        scratch_.push_back(slots[i]);
    }
    return projections_.intern(scratch_);
}

void Terminals::apply(Execution& execution, const Change& change) {
    for (const auto& [slot, value] : change.writes) execution.slots[slot] = value;
    if (change.pending != no_decision) execution.pending = true;
}

}  // namespace egresslint::flow
