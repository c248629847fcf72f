// SPDX-License-Identifier: Apache-2.0
// Joins the answers of both families, then looks for live rules that could go, from the last to the first: what is
// found to be dead or redundant counts as gone from then on, so that all of it can go together.
#include "flow/shadow.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "flow/shadow_engine.hpp"

namespace egresslint::flow {

using base::Family;
using model::ChainId;
using model::Field;
using model::RuleId;

struct Shadow::Impl {
    const model::Device& device;
    shadow::Engine v4, v6;
    Impl(const model::Device& d, const ShadowOptions& o) : device(d), v4(d, Family::v4, o), v6(d, Family::v6, o) {}

    std::optional<Witness> witness(shadow::Engine& engine, RuleId rule);
    [[nodiscard]] std::vector<base::IntervalSet> destinations(std::uint32_t out_if, Family family) const;
};

namespace {

/// The better one counts: a rule is dead only if it is in both families.
int rank(Standing s) {
    switch (s) {
        case Standing::inactive: return 6;
        case Standing::live: return 5;
        case Standing::depends: return 4;
        case Standing::open: return 3;
        case Standing::covered: return 2;
        case Standing::never: return 1;
        case Standing::unreached: return 0;
    }
    return 0;
}

template <class T>
void unite(std::vector<T>& a, const std::vector<T>& b) {
    a.insert(a.end(), b.begin(), b.end());
    std::sort(a.begin(), a.end());
    a.erase(std::unique(a.begin(), a.end()), a.end());
}

RuleShadow join(const RuleShadow& a, const RuleShadow& b) {
    if (rank(a.standing) < rank(b.standing)) return join(b, a);
    RuleShadow out = a;
    if (!out.chain.valid()) out.chain = b.chain;
    if (a.standing != b.standing) return out;
    out.why = std::max(a.why, b.why);
    if (a.standing == Standing::depends) unite(out.depends_on, b.depends_on);
    if (a.standing == Standing::covered) {
        unite(out.cover, b.cover);
        if (a.agreement != b.agreement) out.agreement = Agreement::mixed;
    }
    return out;
}

base::u128 value_of(const shadow::Matches& m, const shadow::Point& p, Field field, model::View view) {
    return p.values[m.variable({field, view, {}})];
}

}  // namespace

Shadow::Shadow(const model::Device& device, const ShadowOptions& options)
    : impl_(std::make_unique<Impl>(device, options)), rules_(device.rules.size()), chains_(device.chains.size()) {
    std::vector<bool> settled(device.rules.size());
    impl_->v4.decide_all(settled);
    for (std::size_t r = 0; r < settled.size(); ++r) settled[r] = impl_->v4.of(RuleId(r)).standing == Standing::live;
    impl_->v6.decide_all(settled);
    for (std::size_t r = 0; r < settled.size(); ++r) {
        rules_[r] = join(impl_->v4.of(RuleId(r)), impl_->v6.of(RuleId(r)));
        if (!device.rules[r].active) rules_[r].standing = Standing::inactive;
    }

    for (const auto& stage : device.pipeline) chains_[stage.entry.index()].called = true;
    for (std::size_t c = 0; c < chains_.size(); ++c) {
        chains_[c].reached = impl_->v4.reached(ChainId(c)) || impl_->v6.reached(ChainId(c));
        for (const auto r : device.chains[c].rules) {
            if (!rules_[r.index()].chain.valid()) rules_[r.index()].chain = ChainId(c);
            const auto& control = device.rules[r.index()].control;
            const auto* jump = std::get_if<model::Jump>(&control);
            const auto* go = std::get_if<model::Goto>(&control);
            if (jump || go) chains_[(jump ? jump->to : go->to).index()].calls.push_back(r);
        }
    }
    // Called: from a stage, through rules that are active.
    std::vector<std::uint32_t> open;
    for (std::uint32_t c = 0; c < chains_.size(); ++c)
        if (chains_[c].called) open.push_back(c);
    while (!open.empty()) {
        const auto c = open.back();
        open.pop_back();
        for (const auto r : device.chains[c].rules) {
            const auto& rule = device.rules[r.index()];
            const auto* jump = std::get_if<model::Jump>(&rule.control);
            const auto* go = std::get_if<model::Goto>(&rule.control);
            if ((!jump && !go) || !rule.active) continue;
            auto& to = chains_[(jump ? jump->to : go->to).index()];
            if (!to.called) open.push_back((jump ? jump->to : go->to).value);
            to.called = true;
        }
    }

    // Routing is not asked about: neither its rules nor those of the chains that only it calls are dead.
    for (const auto& stage : device.pipeline)
        if (device.chains[stage.entry.index()].routing) open.push_back(stage.entry.value);
    std::vector<bool> seen(chains_.size());
    while (!open.empty()) {
        const auto c = open.back();
        open.pop_back();
        if (seen[c] || chains_[c].reached) continue;
        seen[c] = chains_[c].reached = true;
        for (const auto r : device.chains[c].rules) {
            rules_[r.index()].standing = Standing::open;
            const auto& control = device.rules[r.index()].control;
            if (const auto* jump = std::get_if<model::Jump>(&control)) open.push_back(jump->to.value);
            if (const auto* go = std::get_if<model::Goto>(&control)) open.push_back(go->to.value);
        }
    }

    if (!options.redundancy) return;
    std::vector<bool> gone(rules_.size());
    for (std::size_t r = 0; r < gone.size(); ++r) gone[r] = is_dead(rules_[r].standing);
    impl_->v4.leave_out(gone);
    impl_->v6.leave_out(gone);
    for (std::size_t r = rules_.size(); r-- > 0;) {
        if (rules_[r].standing != Standing::live && rules_[r].standing != Standing::depends) continue;
        auto first = impl_->v4.same_without(RuleId(r), gone);
        if (!first.redundant) continue;
        const auto second = impl_->v6.same_without(RuleId(r), gone);
        if (!second.redundant) continue;
        unite(first.by, second.by);
        rules_[r].redundant = gone[r] = true;
        rules_[r].same_default = first.by_default || second.by_default;
        rules_[r].same_by = std::move(first.by);
    }
}

Shadow::~Shadow() = default;
Shadow::Shadow(Shadow&&) noexcept = default;

std::vector<Shadow::Written> Shadow::written() const {
    const auto& device = impl_->device;
    std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>, Written> by_place;
    for (std::size_t r = 0; r < rules_.size(); ++r) {
        const RuleId id(r);
        const auto origin = device.rules[r].origin;
        const auto chain = rules_[r].chain;
        if (!origin.valid() || !chain.valid() || device.chains[chain.index()].routing) continue;
        const auto& o = device.origins[origin.index()];
        if (o.synthetic || !o.span.valid()) continue;
        auto [it, fresh] = by_place.try_emplace({o.span.file.value, o.span.begin, o.span.end});
        auto& w = it->second;
        RuleShadow one = rules_[r];
        if (is_dead(one.standing)) one.redundant = true;  // can go as well
        if (fresh) {
            w.origin = origin;
            w.together = std::move(one);
        } else {
            const bool redundant = w.together.redundant && one.redundant;
            const bool by_default = w.together.same_default || one.same_default;
            unite(one.same_by, w.together.same_by);
            auto same_by = std::move(one.same_by);
            w.together = join(w.together, one);
            w.together.redundant = redundant;
            w.together.same_default = by_default;
            w.together.same_by = std::move(same_by);
        }
        w.rules.push_back(id);
    }
    std::vector<Written> out;
    for (auto& [place, w] : by_place) {
        auto& t = w.together;
        const auto own = [&](RuleId id) { return std::binary_search(w.rules.begin(), w.rules.end(), id); };
        std::erase_if(t.cover, own);
        std::erase_if(t.same_by, own);
        if (is_dead(t.standing)) t.redundant = false;
        if (!t.redundant) t.same_by.clear(), t.same_default = false;
        out.push_back(std::move(w));
    }
    return out;
}

// -- witnesses ------------------------------------------------------------------------------------------------------

/// Destinations that routing rules send out by the interface, one set a rule.
std::vector<base::IntervalSet> Shadow::Impl::destinations(std::uint32_t out_if, Family family) const {
    std::vector<base::IntervalSet> out;
    for (const auto& chain : device.chains) {
        if (!chain.routing) continue;
        for (const auto id : chain.rules) {
            const auto& rule = device.rules[id.index()];
            const bool sends = std::any_of(rule.effects.begin(), rule.effects.end(), [&](const model::Effect& e) {
                const auto* a = std::get_if<model::Assign>(&e);
                return a && a->to.field == Field::out_if && a->value == out_if;
            });
            if (!sends) continue;
            base::IntervalSet to = base::IntervalSet::full(base::address_bits(family));
            std::vector<model::ExprId> todo{rule.match};
            while (!todo.empty()) {
                const auto& e = device.exprs[todo.back().index()].is;
                todo.pop_back();
                if (const auto* a = std::get_if<model::And>(&e)) todo.insert(todo.end(), a->e.begin(), a->e.end());
                const auto* in = std::get_if<model::In>(&e);
                if (!in || in->what.field != Field::dst) continue;
                if (const auto* set = std::get_if<model::LiteralSet>(&device.sets[in->set.index()].is))
                    to = to.intersect(set->of(Field::dst, family));
            }
            if (!to.empty()) out.push_back(std::move(to));
            if (out.size() >= 8) return out;
        }
    }
    return out;
}

std::optional<Shadow::Witness> Shadow::Impl::witness(shadow::Engine& engine, RuleId rule) {
    shadow::Matches& m = engine.matches();
    std::optional<Witness> found;
    const auto confirmed = [&](model::StageId stage, const Packet& packet) {
        for (const auto& branch : trace(device, packet).branches)
            for (const auto& step : branch.steps) {
                if (step.rule != rule || step.stage != stage) continue;
                found = Witness{packet, branch.taken, stage};
                return true;
            }
        return false;
    };
    engine.packets(rule, 12, [&](model::StageId stage, const shadow::Point& p) {
        auto field = [&](Field f) { return value_of(m, p, f, model::View::original); };
        Packet packet;
        packet.family = m.family();
        packet.in_if = static_cast<std::uint32_t>(field(Field::in_if));
        packet.src = field(Field::src);
        packet.dst = field(Field::dst);
        packet.proto = static_cast<std::uint8_t>(field(Field::proto));
        packet.sport = static_cast<std::uint16_t>(field(Field::sport));
        packet.dport = static_cast<std::uint16_t>(field(Field::dport));
        packet.icmp_type = static_cast<std::uint8_t>(field(Field::icmp_type));
        packet.icmp_code = static_cast<std::uint8_t>(field(Field::icmp_code));
        packet.tcp_flags = static_cast<std::uint8_t>(field(Field::tcp_flags));
        packet.state = static_cast<model::ConnectionState>(
            static_cast<std::uint8_t>(value_of(m, p, Field::ct_state, model::View::current)));
        for (std::size_t r = 0; r < device.registers.size(); ++r)
            if (device.registers[r].from_packet_mark)
                packet.mark = static_cast<std::uint32_t>(
                    p.values[m.variable({Field::reg, model::View::current, model::RegisterId(r)})]);
        if (confirmed(stage, packet)) return true;
        // Another destination, where the route decides the out interface that the rule asks for.
        const auto out_if = static_cast<std::uint32_t>(value_of(m, p, Field::out_if, model::View::current));
        const auto wanted = engine.destination(rule);
        for (const auto& to : destinations(out_if, m.family())) {
            const auto both = wanted ? wanted->intersect(to) : to;
            if (both.empty()) continue;
            packet.dst = both.intervals().front().first;
            if (confirmed(stage, packet)) return true;
        }
        return false;
    });
    return found;
}

std::optional<Shadow::Witness> Shadow::witness(RuleId rule) {
    if (is_dead(of(rule).standing) || !impl_->device.rules[rule.index()].active) return std::nullopt;
    if (auto w = impl_->witness(impl_->v4, rule)) return w;
    return impl_->witness(impl_->v6, rule);
}

bool Shadow::overlap(RuleId a, RuleId b) { return impl_->v4.overlap(a, b) || impl_->v6.overlap(a, b); }

bool Shadow::matches_everything(RuleId rule) const {
    bool any = false;
    for (auto* engine : {&impl_->v4, &impl_->v6}) {
        auto& m = engine->matches();
        const auto id = m.compile(impl_->device.rules[rule.index()].match);
        if (m.never(id)) continue;
        if (!m.always(id)) return false;
        any = true;
    }
    return any;
}

}  // namespace egresslint::flow
