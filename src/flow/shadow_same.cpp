// SPDX-License-Identifier: Apache-2.0
// Whether a live rule could go: what its packets would meet instead. One packet is followed from the rule on; the
// packets that go the very same way (matching what it matched, and nothing else that acts) meet the same, and are set
// aside together. It ends with a packet that meets something else, or with none left.
#include <algorithm>

#include "flow/shadow_engine.hpp"

namespace egresslint::flow::shadow {

using model::RuleId;

namespace {
constexpr std::size_t most_rounds = 400;
constexpr std::size_t most_others = 4096;  ///< rules that a way must avoid
constexpr std::size_t most_paths = 256;
constexpr std::size_t most_hits = 1000;
constexpr int quick_looks = 6;

bool equal(const model::Translate& a, const model::Translate& b) {
    if (a.field != b.field || a.family != b.family || a.to.index() != b.to.index()) return false;
    if (const auto* f = std::get_if<model::Fixed>(&a.to)) return f->value == std::get<model::Fixed>(b.to).value;
    if (const auto* p = std::get_if<model::Pick>(&a.to)) {
        const auto& q = std::get<model::Pick>(b.to);
        return p->choice == q.choice && p->keep_if_inside == q.keep_if_inside;
    }
    if (const auto* s = std::get_if<model::Shift>(&a.to)) {
        const auto& t = std::get<model::Shift>(b.to);
        return s->from == t.from && s->to == t.to && s->prefix_length == t.prefix_length;
    }
    return true;
}

bool equal(const model::Decide& a, const model::Decide& b) {
    return a.verdict == b.verdict && a.final == b.final &&
           std::equal(a.then.begin(), a.then.end(), b.then.begin(), b.then.end(),
                      [](const auto& x, const auto& y) { return equal(x, y); });
}

bool equal(const model::Assign& a, const model::Assign& b) {
    return a.to == b.to && a.value == b.value && a.and_a == b.and_a && a.and_b == b.and_b &&
           (a.and_a == 0 || a.a == b.a) && (a.and_b == 0 || a.b == b.b);
}

bool equal(const model::Effect& a, const model::Effect& b) {
    if (a.index() != b.index()) return false;
    if (const auto* t = std::get_if<model::Translate>(&a)) return equal(*t, std::get<model::Translate>(b));
    if (const auto* s = std::get_if<model::Assign>(&a)) return equal(*s, std::get<model::Assign>(b));
    return true;
}

}  // namespace

/// Both have the same effects and the same decision, or both return.
bool Engine::decides_as(const Item& a, const Item& b) const {
    const auto& x = device_.rules[a.rule.index()];
    const auto& y = device_.rules[b.rule.index()];
    if (a.does != b.does || !std::equal(x.effects.begin(), x.effects.end(), y.effects.begin(), y.effects.end(),
                                        [](const auto& p, const auto& q) { return equal(p, q); }))
        return false;
    if (a.does == Does::returns) return true;
    return a.does == Does::decides && equal(std::get<model::Decide>(x.control), std::get<model::Decide>(y.control));
}

/// Where the packet goes when the rule is not there. For a rule that returns: the same means leaving its chain
/// without anything that acts.
Engine::Way Engine::way_on(const Path& path, const Spot& spot, const Point& p) {
    Way way;
    const Item& self = item(spot);
    std::vector<Spot> callers;  // where to go on after the chain; gotos do not come back
    const std::size_t outer = path.steps.size();
    for (const auto& s : path.steps) callers.push_back(s);
    Spot at{spot.chain, spot.position + 1};
    for (;;) {
        const Body& body = calls_.body(at.chain);
        const auto size = static_cast<std::uint32_t>(body.items.size());
        const auto k = calls_.index(at.chain).first(p, at.position, size);
        const std::uint32_t stop = k == Index::none ? size : k;
        way.visits.push_back({at, stop});
        // The chain may be called once more: the rule is not there then either.
        if (k != Index::none && (body.items[k].rule == self.rule || is_gone(body.items[k].rule))) {
            at.position = k + 1;
            continue;
        }
        bool leaves = k == Index::none;
        if (!leaves) {
            const Item& i = body.items[k];
            way.hits.push_back({at.chain, k});
            way.by = i.rule;
            if (way.hits.size() > most_hits) return way;  // too far to follow: not called the same
            if (i.acts || i.does == Does::settles || i.does == Does::decides) {
                way.same = i.does == Does::decides && self.does == Does::decides && !i.acts && decides_as(self, i);
                return way;
            }
            leaves = i.does == Does::returns;
            if (i.does == Does::jumps || i.does == Does::goes) {
                callers.push_back({at.chain, k});
                at = {i.to, 0};
                continue;
            }
        }
        if (self.does == Does::returns && callers.size() == outer) {
            way.same = true;
            way.by = {};
            return way;
        }
        while (!callers.empty() && item(callers.back()).does == Does::goes) callers.pop_back();
        if (callers.empty()) break;
        if (self.does == Does::returns && callers.size() <= outer) {  // a goto left the chain with it
            way.same = true;
            way.by = {};
            return way;
        }
        at = callers.back();
        ++at.position;
        callers.pop_back();
    }
    const auto& stage = device_.pipeline[path.stage.index()];
    way.by = {};
    way.by_default = true;
    way.same = self.does == Does::returns ||
               (self.does == Does::decides &&
                equal(std::get<model::Decide>(device_.rules[self.rule.index()].control), stage.fallthrough));
    return way;
}

/// Packets sure to go the same way as the one that was followed.
NodeId Engine::alike(const Way& way, const Spot& spot, const Region& region) {
    Space& space = matches_.space();
    const Item& self = item(spot);
    NodeId out = matches_.select(region);
    for (const auto& h : way.hits) out = space.meet(out, matches_.select(item(h).match, region));
    std::vector<NodeId> others;
    bool few = true;
    for (const auto& v : way.visits) {
        const auto& items = calls_.body(v.from.chain).items;
        std::vector<std::uint32_t> seen;
        calls_.index(v.from.chain, region).overlapping(region, v.from.position, v.end, [&](std::uint32_t k, MatchId) {
            seen.push_back(k);
            return few = seen.size() + others.size() <= most_others;
        });
        if (!few) return nowhere;
        std::sort(seen.begin(), seen.end());
        seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
        for (const auto k : seen) {
            const Item& i = items[k];
            if (i.rule == self.rule || is_gone(i.rule)) continue;
            if (i.does == Does::decides && self.does == Does::decides && !i.acts && decides_as(self, i)) continue;
            if (const NodeId there = space.meet(out, matches_.select(i.match, region)); there != nowhere)
                others.push_back(there);
        }
    }
    return space.minus(out, space.overlay_all(others));
}

/// A look at packets that also match a rule further on which decides otherwise: most rules are done with here.
bool Engine::evidently_different(const Path& path, const Spot& spot, const Region& region) {
    const auto& items = calls_.body(spot.chain).items;
    const Item& self = item(spot);
    int looks = 0;
    bool different = false;
    const auto look = [&](const Region& at) {
        Point p;
        if (!matches_.sample(at, random_, p)) return;
        different =
            matches_.test(self.match, p) == Truth::always && !way_on(path, spot, p).same && !taker(path, spot, p);
    };
    look(region);
    if (different) return true;
    calls_.index(spot.chain, region)
        .overlapping(region, spot.position + 1, static_cast<std::uint32_t>(items.size()),
                     [&](std::uint32_t k, MatchId m) {
                         const Item& i = items[k];
                         if (is_gone(i.rule) || decides_as(self, i)) return true;
                         if (const Region there = matches_.narrow(region, m); !there.never) look(there);
                         return !different && ++looks < quick_looks;
                     });
    return different;
}

bool Engine::same_on_path(const Path& path, const Spot& spot, Same& out) {
    const Item& self = item(spot);
    const Region region = matches_.narrow(path.region, self.match);
    if (region.never) return true;
    if (evidently_different(path, spot, region)) return false;
    matches_.tidy(options_.max_nodes);
    Space& space = matches_.space();
    NodeId left = matches_.select(region);
    for (std::size_t round = 0; round < most_rounds && left != nowhere; ++round) {
        Point p;
        matches_.sample(left, random_, p);
        const Way way = way_on(path, spot, p);
        NodeId done = nowhere;
        if (way.same) {
            done = alike(way, spot, region);
        } else {
            const auto t = taker(path, spot, p);
            if (!t) return false;
            done = taken(*t, region);
        }
        const NodeId less = space.minus(left, done);
        if (less == left) return false;
        left = less;
        if (!way.same) continue;
        out.by_default = out.by_default || way.by_default;
        if (way.by.valid() && std::find(out.by.begin(), out.by.end(), way.by) == out.by.end()) out.by.push_back(way.by);
    }
    return left == nowhere;
}

Engine::Same Engine::same_without(RuleId rule, const std::vector<bool>& gone) {
    gone_ = &gone;
    Same out = same_without(rule);
    gone_ = nullptr;
    return out;
}

Engine::Same Engine::same_without(RuleId rule) {
    Same out;
    const Spot spot = spot_of_[rule.index()];
    if (!spot.chain.valid()) {  // the family never gets there
        out.redundant = true;
        return out;
    }
    const Item& self = item(spot);
    if (self.acts || (self.does != Does::decides && self.does != Does::returns)) return out;
    if (too_many_[spot.chain.index()] || paths_[spot.chain.index()].size() > most_paths) return out;
    if (const auto met = met_instead_[rule.index()]; met != not_known && (met == the_default || !is_gone(RuleId(met))))
        return out;
    for (const auto& path : paths_[spot.chain.index()]) {
        // A pending decision would take effect instead of the default.
        if (calls_.body(device_.pipeline[path.stage.index()].entry).pending) return Same{};
        try {
            if (!same_on_path(path, spot, out)) return Same{};
        } catch (const BudgetExceeded&) {
            matches_.tidy(0);
            return Same{};
        }
    }
    std::sort(out.by.begin(), out.by.end());
    out.redundant = true;
    return out;
}

// -- packets --------------------------------------------------------------------------------------------------------

void Engine::packets(RuleId rule, std::size_t most, const std::function<bool(model::StageId, const Point&)>& visit) {
    const Spot spot = spot_of_[rule.index()];
    if (!spot.chain.valid()) return;
    std::size_t shown = 0;
    for (const auto& path : paths_[spot.chain.index()]) {
        const Region region = matches_.narrow(path.region, item(spot).match);
        if (region.never) continue;
        const auto show = [&](const Point& p) { return visit(path.stage, p) || ++shown >= most; };
        Point p;
        for (int n = 0; n < 8; ++n)
            if (matches_.sample(region, random_, p) && matches_.test(item(spot).match, p) == Truth::always &&
                !taker(path, spot, p) && show(p))
                return;
        try {
            matches_.tidy(options_.max_nodes);
            NodeId left = matches_.select(region);
            for (std::size_t round = 0; round < options_.max_rounds && left != nowhere; ++round) {
                matches_.sample(left, random_, p);
                const auto t = taker(path, spot, p);
                if (!t) {
                    if (show(p)) return;
                    continue;
                }
                const NodeId less = matches_.space().minus(left, taken(*t, region));
                if (less == left) break;
                left = less;
            }
        } catch (const BudgetExceeded&) {
            matches_.tidy(0);
        }
    }
}

std::optional<base::IntervalSet> Engine::destination(RuleId rule) {
    const auto dst = matches_.variable({model::Field::dst, model::View::current, {}});
    for (const auto& c : matches_.conditions(matches_.compile(device_.rules[rule.index()].match)))
        if (c.variable == dst) return *c.set;
    return std::nullopt;
}

bool Engine::overlap(RuleId a, RuleId b) {
    const Region one = matches_.narrow(Region{}, matches_.compile(device_.rules[a.index()].match));
    const Region two = matches_.narrow(one, matches_.compile(device_.rules[b.index()].match));
    if (two.never) return false;
    matches_.tidy(options_.max_nodes);
    try {
        return matches_.select(two) != nowhere;
    } catch (const BudgetExceeded&) {
        matches_.tidy(0);
        return true;
    }
}

}  // namespace egresslint::flow::shadow
