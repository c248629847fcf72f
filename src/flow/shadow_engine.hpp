// SPDX-License-Identifier: Apache-2.0
// The analysis of one family: who takes the packets of a rule (shadow_decide.cpp), and whether what follows would do
// the same (shadow_same.cpp). See shadow.hpp for the method and for what is exact.
#pragma once

#include "flow/shadow.hpp"
#include "flow/shadow_calls.hpp"

namespace egresslint::flow::shadow {

/// A rule that may take a packet on its way to another: in a chain of the path, and, for a call, in what it calls.
struct Taker {
    Spot spot;
    std::vector<Spot> inside;  ///< from the call down to the rule that ends the packet
    SlotMask written = 0;      ///< between it and the rule asked about
    bool own = false;          ///< in the chain of the rule asked about
    [[nodiscard]] const Spot& leaf() const { return inside.empty() ? spot : inside.back(); }
};

class Engine {
public:
    Engine(const model::Device& device, base::Family family, const ShadowOptions& options);

    /// Standing of every rule in this family. Rules that `settled` says need no answer are passed over, unless they
    /// call chains.
    void decide_all(const std::vector<bool>& settled);
    [[nodiscard]] const RuleShadow& of(model::RuleId rule) const { return result_[rule.index()]; }
    [[nodiscard]] bool reached(model::ChainId chain) const { return !paths_[chain.index()].empty(); }

    struct Same {
        bool redundant = false;
        bool by_default = false;
        std::vector<model::RuleId> by;
    };
    /// Whether every packet that acts on the rule would meet the same from what follows, without the rules that are
    /// `gone`.
    Same same_without(model::RuleId rule, const std::vector<bool>& gone);

    /// Rules that are dead in every family; makes what follows faster.
    void leave_out(const std::vector<bool>& dead) { calls_.leave_out(dead); }

    /// Packets that act on the rule, as they are at the beginning of its stage; the visitor returns true to stop.
    void packets(model::RuleId rule, std::size_t most, const std::function<bool(model::StageId, const Point&)>& visit);
    bool overlap(model::RuleId a, model::RuleId b);
    /// Destinations that the rule's match allows, as they are there; unset: any.
    std::optional<base::IntervalSet> destination(model::RuleId rule);
    Matches& matches() { return matches_; }

private:
    enum class Found : std::uint8_t { live, depends, taken, nothing, open };
    struct Search {
        Found found = Found::open;
        bool everywhere = false;  ///< taken in the rule's own chain, however it is called
        std::vector<model::RuleId> cover;
        std::vector<model::PredicateId> depends_on;
        std::uint32_t met_instead = 0xffffffffu;
    };

    // -- shadow_decide.cpp
    void decide_chain(model::ChainId chain, const std::vector<bool>& settled);
    void decide_rule(const Spot& spot);
    Search search(const Path& path, const Spot& spot, const Region& region);
    Search search_in_diagram(const Path& path, const Spot& spot, const Region& region);
    std::optional<Taker> taker(const Path& path, const Spot& spot, const Point& p);
    std::optional<Taker> taker_in(model::ChainId chain, std::uint32_t end, const Point& p, SlotMask written);
    bool ends_inside(model::ChainId chain, const Point& p, SlotMask written, std::vector<Spot>& inside);
    /// Everything that the taker is sure to take.
    NodeId taken(const Taker& taker, const Region& region);
    std::optional<std::vector<std::uint32_t>> ways_out(const Spot& before, const Region& region, SlotMask written);
    NodeId taken_in_own_chain(const Spot& spot, const Region& region,
                              std::vector<std::pair<model::RuleId, NodeId>>& takers);
    bool surely_covers(const Taker& taker, const Region& region);
    void least_cover(NodeId all, std::vector<std::pair<model::RuleId, NodeId>>& takers);
    Agreement agreement(const Item& item, const std::vector<model::RuleId>& cover);
    Why why_never(const Item& item);
    const Item& item(const Spot& spot) { return calls_.body(spot.chain).items[spot.position]; }

    // -- shadow_same.cpp
    Same same_without(model::RuleId rule);
    [[nodiscard]] bool is_gone(model::RuleId rule) const { return gone_ && (*gone_)[rule.index()]; }
    struct Visit {
        Spot from;
        std::uint32_t end = 0;
    };
    struct Way {
        bool same = false;
        bool by_default = false;
        model::RuleId by;
        std::vector<Spot> hits;
        std::vector<Visit> visits;
    };
    Way way_on(const Path& path, const Spot& spot, const Point& p);
    bool decides_as(const Item& a, const Item& b) const;
    bool same_on_path(const Path& path, const Spot& spot, Same& out);
    NodeId alike(const Way& way, const Spot& spot, const Region& region);
    bool evidently_different(const Path& path, const Spot& spot, const Region& region);

    const model::Device& device_;
    ShadowOptions options_;
    Reach reach_;
    Matches matches_;
    Calls calls_;
    Random random_;
    std::vector<RuleShadow> result_;
    std::vector<Spot> spot_of_;             ///< by rule
    std::vector<std::vector<Path>> paths_;  ///< by chain
    std::size_t all_paths_ = 0, searches_ = 0;
    std::vector<bool> too_many_;  ///< by chain: some paths were left out
    /// By chain: the last question for which it was found not to end the packet, and what counted as written then.
    std::vector<std::pair<std::uint64_t, SlotMask>> comes_back_;
    std::uint64_t asked_ = 0;
    /// By rule: what a packet that acts on it would meet next if the rule were not there, when that decides otherwise.
    std::vector<std::uint32_t> met_instead_;
    const std::vector<bool>* gone_ = nullptr;  ///< rules that count as not there
    static constexpr std::uint32_t not_known = 0xffffffffu, the_default = 0xfffffffeu;
};

}  // namespace egresslint::flow::shadow
