// SPDX-License-Identifier: Apache-2.0
// One walk over the pipeline before anything else: which predicates and choices can matter, which fields are rewritten
// anywhere, and what each chain reads and writes. It touches every rule once; later steps look only at rules that can
// match.
#pragma once

#include <array>
#include <vector>

#include "flow/outcome.hpp"
#include "model/device.hpp"

namespace egresslint::flow {

/// What a chain and everything it jumps to may read and write.
struct ChainFacts {
    SlotMask reads = 0;           ///< by matches, effects and jumps
    SlotMask writes = 0;          ///< by effects; pending_bit: by pending decisions
    SlotMask decision_reads = 0;  ///< by the translations of decisions, at the end of the stage
    bool translates = false;      ///< by an effect or a decision
    bool translates_source = false;
    void operator|=(const ChainFacts& other);
};

class Reach {
public:
    Reach(const model::Device& device, base::Family family);

    std::vector<bool> predicates, choices;
    std::array<bool, model::field_count> rewritable{};
    /// Rules that jump by interface, and by address.
    std::size_t interface_dispatch = 0, address_dispatch = 0;

    /// Slots that an expression depends on.
    [[nodiscard]] SlotMask reads(model::ExprId expr) const { return exprs_[expr.index()]; }
    [[nodiscard]] SlotMask reads(const model::Translate& translate) const;
    [[nodiscard]] static SlotMask writes(const model::Effect& effect);
    [[nodiscard]] SlotMask reads(const model::Effect& effect) const;
    [[nodiscard]] const ChainFacts& chain(model::ChainId id) const { return chains_[id.index()]; }

private:
    void rule(const model::Rule& r, ChainFacts& facts, std::vector<std::uint32_t>& targets);
    void decide(const model::Decide& d, ChainFacts& facts);
    void unknown_addresses(const std::vector<model::Interface>& interfaces);
    void translate(const model::Translate& t, ChainFacts& facts);
    SlotMask expr(model::ExprId id);
    [[nodiscard]] bool mentions(model::ExprId id, model::Field field) const;

    const model::Device& device_;
    base::Family family_;
    std::vector<SlotMask> exprs_;
    std::vector<ChainFacts> chains_;
    bool interfaces_ = false;
};

}  // namespace egresslint::flow
