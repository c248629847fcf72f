// SPDX-License-Identifier: Apache-2.0
// Who takes the packets of a rule. A packet of the rule's match is followed along one path of calls: a rule before it
// in its own chain, or before a call on the path, that matches and does not come back takes it. What a taker is sure
// to take is a set; a rule whose match is used up by such sets is dead.
#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "flow/shadow_engine.hpp"

namespace egresslint::flow::shadow {

using model::ChainId;
using model::RuleId;

namespace {
constexpr int samples = 3;
constexpr std::size_t most_paths_after_depends = 16;
constexpr std::size_t all_at_once = 256;  ///< rounds, then every rule before it in its chain at once
constexpr std::size_t most_returns = 512;
constexpr std::size_t most_to_thin_out = 48;

void add_once(std::vector<RuleId>& list, RuleId id) {
    if (std::find(list.begin(), list.end(), id) == list.end()) list.push_back(id);
}
template <class T>
void sort_once(std::vector<T>& list) {
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
}

}  // namespace

Engine::Engine(const model::Device& device, base::Family family, const ShadowOptions& options)
    : device_(device),
      options_(options),
      reach_(device, family),
      matches_(device, family, reach_),
      calls_(device, reach_, matches_),
      result_(device.rules.size()),
      spot_of_(device.rules.size()),
      paths_(device.chains.size()),
      too_many_(device.chains.size()),
      comes_back_(device.chains.size()),
      met_instead_(device.rules.size(), not_known) {
    EGL_CHECK(device.resolved);
}

void Engine::decide_all(const std::vector<bool>& settled) {
    // Callers before the chains they call: every chain after a depth-first walk, backwards.
    std::vector<std::uint32_t> order;
    std::vector<std::uint8_t> state(device_.chains.size());
    std::vector<std::uint32_t> stack;
    for (std::uint32_t s = 0; s < device_.pipeline.size(); ++s) {
        const auto entry = device_.pipeline[s].entry;
        if (device_.chains[entry.index()].routing) continue;
        Path start;
        start.stage = model::StageId(s);
        start.region = calls_.entrance(start.stage);
        if (!start.region.never) paths_[entry.index()].push_back(std::move(start));
        stack.push_back(entry.value);
        while (!stack.empty()) {
            const auto c = stack.back();
            if (state[c] == 0) {
                state[c] = 1;
                const auto& items = calls_.body(ChainId(c)).items;
                for (std::uint32_t k = 0; k < items.size(); ++k) {
                    spot_of_[items[k].rule.index()] = {ChainId(c), k};
                    result_[items[k].rule.index()].chain = ChainId(c);
                    if (items[k].to.valid() && state[items[k].to.index()] == 0) stack.push_back(items[k].to.value);
                }
                continue;
            }
            stack.pop_back();
            if (state[c] == 1) order.push_back(c), state[c] = 2;
        }
    }
    for (auto c = order.rbegin(); c != order.rend(); ++c) decide_chain(ChainId(*c), settled);
}

void Engine::decide_chain(ChainId chain, const std::vector<bool>& settled) {
    const auto& items = calls_.body(chain).items;
    for (std::uint32_t i = 0; i < items.size(); ++i) {
        const Item& item = items[i];
        auto& r = result_[item.rule.index()];
        if (device_.chains[chain.index()].routing) {
            r.standing = Standing::open;
            continue;
        }
        const bool call = item.to.valid();
        if (!paths_[chain.index()].empty() && (call || !settled[item.rule.index()])) decide_rule({chain, i});
        if (!call || is_dead(r.standing)) continue;
        auto& to = paths_[item.to.index()];
        for (const auto& path : paths_[chain.index()]) {
            if (to.size() >= options_.max_paths || all_paths_ >= options_.max_all_paths) {
                too_many_[item.to.index()] = true;
                break;
            }
            Path next = calls_.follow(path, {chain, i});
            if (next.region.never) continue;
            to.push_back(std::move(next));
            ++all_paths_;
        }
        if (too_many_[chain.index()]) too_many_[item.to.index()] = true;
    }
}

void Engine::decide_rule(const Spot& spot) {
    const Item& i = item(spot);
    RuleShadow& out = result_[i.rule.index()];
    if (matches_.never(i.match)) {
        out.standing = Standing::never;
        out.why = Why::match;
        return;
    }
    bool open = too_many_[spot.chain.index()];
    std::size_t after_depends = 0;
    std::vector<RuleId> cover;
    std::optional<Search> depends;
    for (const auto& path : paths_[spot.chain.index()]) {
        const Region region = matches_.narrow(path.region, i.match);
        if (region.never) continue;
        if (++searches_ > options_.max_searches) {
            open = true;
            break;
        }
        Search s;
        try {
            s = search(path, spot, region);
        } catch (const BudgetExceeded&) {
            s.found = Found::open;
            matches_.tidy(0);
        }
        if (s.found == Found::live) {
            out.standing = Standing::live;
            met_instead_[i.rule.index()] = s.met_instead;
            return;
        }
        if (s.found == Found::depends && !depends) depends = std::move(s);
        if (depends && ++after_depends > most_paths_after_depends) break;
        open = open || s.found == Found::open;
        if (s.found != Found::taken) continue;
        for (const auto r : s.cover) add_once(cover, r);
        if (!s.everywhere) continue;
        open = false;
        cover = std::move(s.cover);
        break;
    }
    if (depends) {
        out.standing = Standing::depends;
        out.depends_on = std::move(depends->depends_on);
    } else if (open) {
        out.standing = Standing::open;
    } else if (!cover.empty()) {
        std::sort(cover.begin(), cover.end());
        out.standing = Standing::covered;
        out.agreement = agreement(i, cover);
        out.cover = std::move(cover);
    } else {
        out.standing = Standing::never;
        out.why = why_never(i);
    }
}

Why Engine::why_never(const Item& i) {
    matches_.tidy(options_.max_nodes);
    try {
        Region alone = matches_.narrow(Region{}, i.match);
        if (matches_.select(alone) == nowhere) return Why::match;
        for (std::uint32_t s = 0; s < device_.pipeline.size(); ++s) {
            Region there = matches_.narrow(calls_.entrance(model::StageId(s)), i.match);
            if (!there.never && matches_.select(there) != nowhere) return Why::callers;
        }
    } catch (const BudgetExceeded&) {
        matches_.tidy(0);
        return Why::callers;
    }
    return Why::surroundings;
}

Engine::Search Engine::search(const Path& path, const Spot& spot, const Region& region) {
    Search out;
    const Item& self = item(spot);
    const bool fixed = matches_.fixed_unknown(region);
    Point p;
    p.leave_open = true;
    for (int n = 0; n < samples; ++n) {
        if (!matches_.sample(region, random_, p)) break;
        const auto t = taker(path, spot, p);
        if (!t) {
            if (fixed) break;
            out.found = Found::live;
            p.leave_open = false;
            if (options_.redundancy && self.does == Does::decides && !self.acts) {
                const Way way = way_on(path, spot, p);
                // On the way it must not depend on rules that may turn out to be gone.
                const bool plain = way.hits.size() == (way.by.valid() ? 1u : 0u);
                if (!way.same && plain) out.met_instead = way.by.valid() ? way.by.value : the_default;
            }
            return out;
        }
        if (!surely_covers(*t, region)) continue;
        out.found = Found::taken;
        out.cover.push_back(item(t->leaf()).rule);
        out.everywhere =
            t->own && t->inside.empty() && matches_.covers(item(t->spot).match, matches_.narrow(Region{}, self.match));
        return out;
    }
    return search_in_diagram(path, spot, region);
}

Engine::Search Engine::search_in_diagram(const Path& path, const Spot& spot, const Region& region) {
    matches_.tidy(options_.max_nodes);
    Space& space = matches_.space();
    Search out;
    const NodeId all = matches_.select(region);
    if (all == nowhere) {
        out.found = Found::nothing;
        return out;
    }
    NodeId left = all;
    std::vector<std::pair<RuleId, NodeId>> takers;
    bool sure = true;  // ask for packets that act on it whatever the unknowns are; later: for any
    for (std::size_t round = 0; round < options_.max_rounds; ++round) {
        if (round == all_at_once) left = space.minus(left, taken_in_own_chain(spot, region, takers));
        NodeId from = sure ? matches_.surely(left) : left;
        if (from == nowhere) {
            if (left == nowhere) break;
            sure = false;
            from = left;
        }
        Point p;
        p.leave_open = sure;
        matches_.sample(from, random_, p);
        const auto t = taker(path, spot, p);
        if (!t) {
            out.found = sure ? Found::live : Found::depends;
            if (!sure) out.depends_on = matches_.fixed_predicates_of(left);
            return out;
        }
        const NodeId takes = taken(*t, region);
        const NodeId less = space.minus(left, takes);
        if (less == left) {
            if (!sure) return out;
            sure = false;
            continue;
        }
        left = less;
        takers.emplace_back(item(t->leaf()).rule, takes);
    }
    if (left != nowhere) return out;
    least_cover(all, takers);
    for (const auto& [rule, set] : takers) add_once(out.cover, rule);
    out.found = Found::taken;
    return out;
}

/// Leaves out what the others cover.
void Engine::least_cover(NodeId all, std::vector<std::pair<RuleId, NodeId>>& takers) {
    Space& space = matches_.space();
    for (const auto& t : takers) {
        if (!space.subset(all, t.second)) continue;
        const auto only = t;
        takers.assign(1, only);
        return;
    }
    if (takers.size() > most_to_thin_out) {  // only what adds nothing to those before it
        NodeId left = all;
        std::erase_if(takers, [&](const auto& t) {
            const NodeId less = space.minus(left, t.second);
            return less == std::exchange(left, less);
        });
        return;
    }
    for (std::size_t k = takers.size(); k-- > 0;) {
        std::vector<NodeId> others;
        for (std::size_t i = 0; i < takers.size(); ++i)
            if (i != k) others.push_back(takers[i].second);
        if (space.subset(all, space.overlay_all(others))) takers.erase(takers.begin() + static_cast<std::ptrdiff_t>(k));
    }
}

// -- takers ---------------------------------------------------------------------------------------------------------

std::optional<Taker> Engine::taker(const Path& path, const Spot& spot, const Point& p) {
    if (auto t = taker_in(spot.chain, spot.position, p, 0)) {
        t->own = true;
        return t;
    }
    // What is written from a call on down to the rule no longer says what was tested before the call.
    SlotMask written = calls_.writes(spot.chain, 0, spot.position);
    for (std::size_t k = path.steps.size(); k-- > 0;) {
        const Spot& call = path.steps[k];
        written |= item(call).writes;
        if (auto t = taker_in(call.chain, call.position, p, written)) return t;
        written |= calls_.writes(call.chain, 0, call.position);
    }
    return std::nullopt;
}

std::optional<Taker> Engine::taker_in(ChainId chain, std::uint32_t end, const Point& p, SlotMask written) {
    const Body& body = calls_.body(chain);
    const Index& index = calls_.index(chain);
    for (std::uint32_t k = 0; (k = index.first(p, k, end)) != Index::none; ++k) {
        const Item& i = body.items[k];
        if (i.does == Does::goes_on || i.does == Does::settles || is_gone(i.rule)) continue;
        const SlotMask reads = calls_.reads(i);
        // All that is written from here on, in a chain called too.
        const SlotMask after = written | (reads || i.to.valid() ? calls_.writes(chain, k, end) : 0);
        if (reads & after) continue;
        Taker t{{chain, k}, {}, after, false};
        ++asked_;
        if (i.does != Does::jumps || ends_inside(i.to, p, after, t.inside)) return t;
        t.inside.clear();
    }
    return std::nullopt;
}

/// The packet ends in the chain or in one called from it. Where an unknown decides, it may.
bool Engine::ends_inside(ChainId chain, const Point& p, SlotMask written, std::vector<Spot>& inside) {
    const Body& body = calls_.body(chain);
    const Index& index = calls_.index(chain);
    const auto size = static_cast<std::uint32_t>(body.items.size());
    written |= body.writes;
    // Chains that are called again and again would be gone through again and again.
    auto& known_not_to = comes_back_[chain.index()];
    if (known_not_to == std::pair(asked_, written)) return false;
    const std::size_t depth = inside.size();
    for (std::uint32_t k = 0; (k = index.first(p, k, size)) != Index::none; ++k) {
        const Item& i = body.items[k];
        if (i.does == Does::goes_on || i.does == Does::settles || is_gone(i.rule)) continue;
        const bool known = !(calls_.reads(i) & written);
        if (i.does == Does::returns) {
            if (!known || matches_.test(i.match, p) == Truth::always) break;
            continue;
        }
        if (!known) {
            if (i.does == Does::goes) break;
            continue;
        }
        inside.push_back({chain, k});
        if (i.does == Does::decides) return true;
        if (ends_inside(i.to, p, written, inside)) return true;
        inside.resize(depth);
        if (i.does == Does::goes && matches_.test(i.match, p) == Truth::always) break;
    }
    comes_back_[chain.index()] = {asked_, written};
    return false;
}

/// Rules before the spot by which packets of the region may leave the chain without ending. Unset: too many, or they
/// test what is written later and may match anything.
std::optional<std::vector<std::uint32_t>> Engine::ways_out(const Spot& before, const Region& region, SlotMask written) {
    const auto& items = calls_.body(before.chain).items;
    std::vector<std::uint32_t> out;
    bool sure = true;
    const auto leaves = [&](std::uint32_t k) { return items[k].does == Does::returns || items[k].does == Does::goes; };
    for (std::uint32_t k = 0; written != 0 && k < before.position && sure; ++k)
        sure = !leaves(k) || !(calls_.reads(items[k]) & written);
    if (sure)
        calls_.index(before.chain, region).overlapping(region, 0, before.position, [&](std::uint32_t k, MatchId) {
            if (leaves(k)) out.push_back(k);
            return out.size() <= most_returns;
        });
    if (!sure || out.size() > most_returns) return std::nullopt;
    sort_once(out);
    return out;
}

bool Engine::surely_covers(const Taker& t, const Region& region) {
    if (!matches_.covers(item(t.spot).match, region)) return false;
    SlotMask written = t.written;
    for (const auto& s : t.inside) {
        if (!matches_.covers(item(s).match, region)) return false;
        written |= calls_.body(s.chain).writes;
        const auto out = ways_out(s, region, written);
        if (!out || !out->empty()) return false;
    }
    return true;
}

NodeId Engine::taken(const Taker& t, const Region& region) {
    Space& space = matches_.space();
    NodeId takes = matches_.select(item(t.spot).match, region);
    SlotMask written = t.written;
    for (const auto& s : t.inside) {
        takes = space.meet(takes, matches_.select(item(s).match, region));
        written |= calls_.body(s.chain).writes;
        const auto out = ways_out(s, region, written);
        if (!out) return nowhere;
        for (const auto k : *out)
            takes = space.minus(takes, matches_.select(calls_.body(s.chain).items[k].match, region));
    }
    return takes;
}

/// Whatever leaves the rule's own chain before it, for rules with very many takers.
NodeId Engine::taken_in_own_chain(const Spot& spot, const Region& region,
                                  std::vector<std::pair<RuleId, NodeId>>& takers) {
    const auto& items = calls_.body(spot.chain).items;
    std::vector<std::uint32_t> before;
    calls_.index(spot.chain, region).overlapping(region, 0, spot.position, [&](std::uint32_t k, MatchId) {
        before.push_back(k);
        return true;
    });
    sort_once(before);
    std::vector<NodeId> sets;
    for (const auto k : before) {
        const Item& i = items[k];
        if (i.does != Does::decides && i.does != Does::returns && i.does != Does::goes) continue;
        const SlotMask reads = calls_.reads(i);
        if (is_gone(i.rule) || (reads && (reads & calls_.writes(spot.chain, k, spot.position)))) continue;
        sets.push_back(matches_.select(i.match, region));
        takers.emplace_back(i.rule, sets.back());
    }
    return matches_.space().overlay_all(sets);
}

// -- what the cover does --------------------------------------------------------------------------------------------

Agreement Engine::agreement(const Item& i, const std::vector<RuleId>& cover) {
    if (i.does != Does::decides && i.does != Does::returns) return Agreement::mixed;
    std::size_t same = 0, different = 0;
    for (const auto id : cover) {
        const Item& o = item(spot_of_[id.index()]);
        if (decides_as(i, o))
            ++same;
        else if (o.does == Does::decides)
            ++different;
    }
    if (same == cover.size()) return Agreement::same;
    return different == cover.size() ? Agreement::different : Agreement::mixed;
}

}  // namespace egresslint::flow::shadow
