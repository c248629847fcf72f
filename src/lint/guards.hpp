// SPDX-License-Identifier: Apache-2.0
// What a rule demands of a packet along the way from its stage: the conjunction of the stage's guard, the jumps that
// lead to the rule and its own match, summed up field by field. An over-approximation (what is no plain comparison is
// left out), good for finding evidence, never for a verdict. Reads unresolved devices: interfaces are names.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "model/device.hpp"

namespace egresslint::lint {

struct Guard {
    model::LiteralSet src, dst;  ///< full when not restricted
    base::IntervalSet proto, sport, dport;
    bool src_limited = false, dst_limited = false, dport_limited = false, proto_limited = false;
    std::vector<std::string> in_names, out_names;  ///< empty: any
    bool dst_is_device = false;  ///< destination is an address of the device or of one of its interfaces
    bool dst_as_sent = false;    ///< the destination compared is the one that packets are sent to, before translations
    bool sees_v4 = true, sees_v6 = true;
    bool from_self = false;  ///< only packets that the device itself sends
};

/// One way to a rule.
struct Way {
    model::StageId stage;
    model::ChainId chain;
    model::RuleId rule;
    std::vector<model::ExprId> conditions;  ///< stage guard, jumps, own match
    std::vector<model::RuleId> jumps;
};

/// Visits every rule of every stage, along every way to it (bounded). Inactive rules are visited too; inactive jumps
/// are followed, so that a way may hold an inactive jump.
void for_each_way(const model::Device& device, const std::function<void(const Way&)>& visit);

[[nodiscard]] Guard guard_of(const model::Device& device, const std::vector<model::ExprId>& conditions);

/// All translations of a rule, immediate and deciding.
[[nodiscard]] std::vector<model::Translate> translations(const model::Rule& rule);

}  // namespace egresslint::lint
