// SPDX-License-Identifier: Apache-2.0
// One packet through the model, rule by rule: a plain interpreter of model/device.hpp, written without sight of the
// symbolic engine, so that the two check each other. Unknown predicates and choices split the run; all branches are
// followed (up to a limit) and the answers joined.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/device.hpp"

namespace egresslint::flow {

/// First packet of a new flow, as the device receives it.
struct Packet {
    base::Family family = base::Family::v4;
    std::uint32_t in_if = model::self_interface;
    base::u128 src = 0;
    base::u128 dst = 0;
    std::uint8_t proto = 6;
    std::uint16_t sport = 0;
    std::uint16_t dport = 0;
    std::uint8_t icmp_type = 0;
    std::uint8_t icmp_code = 0;
    std::uint8_t tcp_flags = 0;  ///< 2 (SYN) for TCP
    model::ConnectionState state = model::ConnectionState::fresh;
    std::uint32_t mark = 0;
    friend bool operator==(const Packet&, const Packet&) = default;
};

/// Values of unknowns; what is absent is explored.
struct Valuation {
    std::map<std::uint32_t, std::uint16_t> predicates;  ///< by predicate id
    std::map<std::uint32_t, base::u128> choices;        ///< by choice id
};

enum class Answer : std::uint8_t { accept, drop, reject, unknown };

/// A rule, or the default of a stage, that handled the packet.
struct Step {
    model::StageId stage;
    model::ChainId chain;
    model::RuleId rule;      ///< invalid: the stage's fallthrough
    std::string effect;      ///< printed action: "accept", "src:=198.51.100.2", "out_if<-wan0", "jump mail"
    bool uncertain = false;  ///< whether it matched depends on an unknown
};

/// What one branch ends in.
struct Outcome {
    model::Verdict verdict = model::Verdict::accept;
    std::uint32_t out_if = model::no_interface;
    /// Values after all translations: closed ranges; first == last unless a choice is open.
    base::Interval src, dst, sport, dport;
    bool logged = false;
    bool limited = false;
    bool inspected = false;
    std::vector<Step> steps;
    Valuation taken;  ///< the unknowns this branch assumed
    std::vector<std::uint32_t> registers;
};

struct Trace {
    Answer answer = Answer::unknown;
    /// Joined over branches that agree with `answer`; `out_if` is no_interface when branches differ.
    Outcome outcome;
    std::vector<Outcome> branches;
    bool truncated = false;  ///< more branches than the limit: answer is unknown
    std::vector<model::PredicateId> depends_on;
};

/// Requires a resolved device.
[[nodiscard]] Trace trace(const model::Device& device, const Packet& packet, const Valuation& valuation = {},
                          std::size_t max_branches = 256);

}  // namespace egresslint::flow
