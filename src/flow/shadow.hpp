// SPDX-License-Identifier: Apache-2.0
// Which rules can never act, and which could go without changing anything: the facts behind the rules on hygiene.
//
// The unit of thought is the packet as it is at the beginning of a stage, established connections included: every
// current header value, connection state, out interface and register value counts as possible there (registers: what
// this device ever gives them; those that a packet brings along: anything). So what earlier *stages* drop or translate
// does not matter, and a rule called dead is dead whatever they do. Inside a stage the answer is exact, across jumps,
// gotos and returns, for the union of all that comes before; where a rule rewrites or marks, earlier conditions on what
// it writes count for nothing from there on. Both IP versions are asked; a rule is dead only if it is in both.
//
// Method (no global sets, so it scales): sample a packet of the rule and ask an index who takes it first. Nobody: live.
// A rule that covers all of the rule's match: dead. Else take away, on a small diagram of this rule's match alone, all
// that the taker takes, and sample again in what is left; nothing left: dead, and the takers are its cover.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "flow/analysis.hpp"
#include "model/device.hpp"

namespace egresslint::flow {

enum class Standing : std::uint8_t {
    live,       ///< some packet of this stage acts on it, whatever the unknowns that do not vary are
    depends,    ///< only for some answers to unknown predicates (RuleShadow::depends_on): never called dead
    covered,    ///< dead: rules before it take every packet (RuleShadow::cover)
    never,      ///< dead: its match holds for no packet that can be there (RuleShadow::why)
    unreached,  ///< dead: no call of its chain is ever made (ChainShadow says why)
    inactive,   ///< disabled in the configuration
    open,       ///< not decided within the budget, or a rule of routing: treat as live
};
[[nodiscard]] constexpr bool is_dead(Standing s) {
    return s == Standing::covered || s == Standing::never || s == Standing::unreached;
}

/// For Standing::never.
enum class Why : std::uint8_t {
    none,
    match,         ///< the match contradicts itself, or holds for no packet at all (an empty set)
    surroundings,  ///< an interface that does not exist, a register value that nothing sets, another IP version
    callers,       ///< every call of its chain excludes what it matches
};

/// Whether the rules of the cover do what the dead rule would have done.
enum class Agreement : std::uint8_t {
    none,       ///< nothing to compare
    same,       ///< every one has the same effects and decision: redundant (EL202)
    different,  ///< every one decides otherwise: shadowed (EL201)
    mixed,      ///< some do; or one leaves the chain without a decision, or the rule calls a chain
};

struct RuleShadow {
    model::ChainId chain;
    Standing standing = Standing::unreached;
    Why why = Why::none;
    Agreement agreement = Agreement::none;
    /// A live rule that could go: every packet that acts on it would meet the same decision from what follows
    /// (`same_by`, and `same_default` for a chain's default). All redundant and dead rules can go together.
    bool redundant = false;
    bool same_default = false;
    std::vector<model::RuleId> cover;            ///< rules that take its packets; no smaller than needed when few
    std::vector<model::RuleId> same_by;          ///< for `redundant`
    std::vector<model::PredicateId> depends_on;  ///< for Standing::depends
};

struct ChainShadow {
    bool called = false;               ///< a stage or a rule of a called chain refers to it
    bool reached = false;              ///< by some packet
    std::vector<model::RuleId> calls;  ///< rules that jump or go to it
};

struct ShadowOptions {
    bool redundancy = true;
    std::size_t max_nodes = 2'000'000;      ///< of one rule's diagrams
    std::size_t max_rounds = 2'000;         ///< takers looked at for one rule
    std::size_t max_paths = 4'096;          ///< ways to call one chain
    std::size_t max_all_paths = 200'000;    ///< ways to call any chain
    std::size_t max_searches = 10'000'000;  ///< rules times ways to call their chains
};

class Shadow {
public:
    /// Does all the work. `device` must be resolved and outlive this.
    explicit Shadow(const model::Device& device, const ShadowOptions& options = {});
    ~Shadow();
    Shadow(Shadow&&) noexcept;
    Shadow& operator=(Shadow&&) = delete;

    [[nodiscard]] const RuleShadow& of(model::RuleId rule) const { return rules_[rule.index()]; }
    [[nodiscard]] const ChainShadow& of(model::ChainId chain) const { return chains_[chain.index()]; }

    /// What was written as one rule and became several (lists, map elements, one for each IP version or visit).
    struct Written {
        model::OriginId origin;  ///< of the first
        std::vector<model::RuleId> rules;
        /// Of all together: dead if all are, redundant if all that are not dead are; without themselves in the cover.
        RuleShadow together;
    };
    /// In the order of the text; rules without a place in it, synthetic rules and routing are left out.
    [[nodiscard]] std::vector<Written> written() const;

    /// A packet as the device receives it, with the unknowns it needs, that acts on the rule: the tracer has confirmed
    /// it. None is found for dead rules, and for live ones whose stage only sees what earlier stages made of packets.
    struct Witness {
        Packet packet;
        Valuation valuation;
        model::StageId stage;
    };
    [[nodiscard]] std::optional<Witness> witness(model::RuleId rule);

    /// A packet can match both (each rule taken alone). For rules of the same stage; translations that compete.
    [[nodiscard]] bool overlap(model::RuleId a, model::RuleId b);
    /// The match holds for every packet of a family that the rule is asked about.
    [[nodiscard]] bool matches_everything(model::RuleId rule) const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
    std::vector<RuleShadow> rules_;
    std::vector<ChainShadow> chains_;
};

}  // namespace egresslint::flow
