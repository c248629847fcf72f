// SPDX-License-Identifier: Apache-2.0
// What the terminals of the pipeline's diagrams mean.
//
// A *change* is what a run of rules does to a packet, relative to the state before it: how control leaves, the final
// or pending decision, values written, flags, and the rules worth naming. `then(a, b)` is the one composition: a if a
// left, else b's writes over a's. It is associative, so a chain folds as a balanced tree. Change 0 does nothing.
//
// Everything a rule can read besides the original header is one array of *slots*: out_if, ct_state, the form of each
// rewritten field, the registers. An execution state gives each slot a constant. Slot sets are 64-bit masks: slots
// beyond 61 share a bit (a conservative answer), and bit 63 stands for "a decision is pending".
//
// A *pipeline state* is the terminal of the running diagram: slots, verdict, flags, trail. Pipeline state 0 is "not of
// interest".
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "flow/analysis.hpp"
#include "model/device.hpp"

namespace egresslint::flow {

/// Sequences of numbers, each kept once; ids are dense and start at 0.
class Interner {
public:
    std::uint32_t intern(std::span<const std::uint32_t> words);
    [[nodiscard]] std::span<const std::uint32_t> at(std::uint32_t id) const {
        return {data_.data() + start_[id], start_[id + 1] - start_[id]};
    }
    [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(start_.size() - 1); }

private:
    std::vector<std::uint32_t> data_;
    std::vector<std::size_t> start_{0};
    std::vector<std::uint32_t> table_ = std::vector<std::uint32_t>(64, 0xffffffffu);
    std::vector<std::uint64_t> hashes_;
};

using SlotMask = std::uint64_t;
inline constexpr std::uint32_t out_if_slot = 0, ct_state_slot = 1, first_rewrite_slot = 2, first_register_slot = 6;
inline constexpr SlotMask pending_bit = SlotMask{1} << 63;
[[nodiscard]] constexpr SlotMask slot_bit(std::uint32_t slot) { return SlotMask{1} << (slot < 62 ? slot : 62); }
/// Slot of src, dst, sport or dport.
[[nodiscard]] constexpr std::uint32_t rewrite_slot(model::Field field) {
    return first_rewrite_slot + (field == model::Field::src     ? 0u
                                 : field == model::Field::dst   ? 1u
                                 : field == model::Field::sport ? 2u
                                                                : 3u);
}
[[nodiscard]] constexpr bool has_rewrite_slot(model::Field field) {
    return field == model::Field::src || field == model::Field::dst || field == model::Field::sport ||
           field == model::Field::dport;
}
[[nodiscard]] constexpr std::uint32_t register_slot(model::RegisterId reg) { return first_register_slot + reg.value; }
/// Slot of out_if, ct_state or a register.
[[nodiscard]] constexpr std::uint32_t slot_of(const model::FieldRef& metadata) {
    return metadata.field == model::Field::out_if     ? out_if_slot
           : metadata.field == model::Field::ct_state ? ct_state_slot
                                                      : register_slot(metadata.reg);
}

/// Constants that one execution of rules starts from.
struct Execution {
    std::vector<std::uint32_t> slots;
    bool pending = false;
};

enum class Exit : std::uint8_t { fall, back, done };

using DecisionId = std::uint32_t;
inline constexpr DecisionId no_decision = 0xffffffffu;
/// `settle`: whatever is pending when the stage is put together.
inline constexpr DecisionId the_pending_one = 0xfffffffeu;

struct Change {
    Exit exit = Exit::fall;
    bool logged = false;
    bool limited = false;
    bool inspected = false;
    DecisionId decision = no_decision;  ///< with Exit::done
    DecisionId pending = no_decision;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> writes;  ///< slot and value, ascending
    std::vector<std::uint32_t> trail;                             ///< rules that rewrote something
};

struct PipelineState {
    std::vector<std::uint32_t> slots;
    bool ended = false;
    model::Verdict verdict = model::Verdict::accept;
    bool logged = false;
    bool limited = false;
    bool inspected = false;
    DecisionId to_apply = no_decision;  ///< accepted by a decision whose translations are still to be made
    std::vector<Decision> trail;
    /// Stages put off, with the state they would have seen (Interest).
    std::vector<std::pair<std::uint32_t, std::uint32_t>> deferred;
};

struct DecisionEntry {
    const model::Decide* decide = nullptr;
    model::RuleId rule;  ///< invalid: a default
    bool in_trail = false;
};

/// The tables behind terminals; one an Analysis.
class Terminals {
public:
    Terminals();

    std::uint32_t intern(const Change& change);
    [[nodiscard]] const Change& change(std::uint32_t id) const { return changes_[id]; }
    [[nodiscard]] bool left(std::uint32_t id) const { return changes_[id].exit != Exit::fall; }
    /// The associative composition; 0 is neutral on both sides.
    std::uint32_t then(std::uint32_t a, std::uint32_t b);

    std::uint32_t intern(const PipelineState& state);
    [[nodiscard]] const PipelineState& state(std::uint32_t id) const { return states_[id]; }

    /// Decisions that do and say the same are one. `decide` must live as long as the device.
    DecisionId decision(const model::Decide& decide, model::RuleId rule, Detail detail);
    [[nodiscard]] const DecisionEntry& decision(DecisionId id) const { return decisions_[id]; }

    /// The decision of rules that nobody asked about.
    [[nodiscard]] DecisionId unwanted() const { return 0; }

    /// Forms of rewritten fields; 0 is "unchanged".
    std::uint32_t rewritten(const Rewritten& form);
    [[nodiscard]] const Rewritten& rewritten(std::uint32_t id) const { return forms_[id]; }

    /// The part of an execution state that `reads` selects, as a number.
    std::uint32_t projection(std::span<const std::uint32_t> slots, bool pending, SlotMask reads);
    std::uint32_t projection(const Execution& execution, SlotMask reads) {
        return projection(execution.slots, execution.pending, reads);
    }

    static void apply(Execution& execution, const Change& change);

private:
    Interner change_keys_, state_keys_, decision_keys_, form_keys_, projections_;
    std::vector<Change> changes_;
    std::vector<PipelineState> states_;
    std::vector<DecisionEntry> decisions_;
    std::vector<Rewritten> forms_;
    std::vector<std::uint32_t> scratch_;
    struct Composed {
        std::uint32_t a = 0xffffffffu, b = 0, result = 0;
    };
    std::vector<Composed> composed_;
};

}  // namespace egresslint::flow
