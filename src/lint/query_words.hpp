// SPDX-License-Identifier: Apache-2.0
// What the words of a query name on a device: fields, interfaces, sets, rules, chains and stages. Inside this room
// only.
#pragma once

#include <string_view>
#include <vector>

#include "flow/analysis.hpp"
#include "lint/prepare.hpp"
#include "lint/query.hpp"

namespace egresslint::lint::query {

[[nodiscard]] bool is_nat(Target target);
[[nodiscard]] bool is_outcome(Target target);
[[nodiscard]] model::Field field_of(Target target);
[[nodiscard]] base::IntervalSet id_set(const std::vector<std::uint32_t>& ids);

/// Dialects say where a thing lives ("ip fw printers"); people may leave that out.
[[nodiscard]] bool matches_object(std::string_view full, std::string_view asked);
[[nodiscard]] std::string_view last_word(std::string_view full);
[[nodiscard]] bool matches_interface(const model::Interface& interface, const std::string& name);

/// The rules or stages that a path test names, by their index; empty for `by policy`.
[[nodiscard]] std::vector<bool> named_by(const Node& node, const Prepared& prepared);
/// Whether the decisions of a packet, one or more a stage, pass the test. `named` is what named_by says.
[[nodiscard]] bool decided_so(const Node& node, const std::vector<bool>& named, const model::Device& device,
                              const std::vector<flow::Decision>& decisions, model::Verdict verdict);
/// The decisions among the steps of a traced packet, as an Analysis tells them.
[[nodiscard]] std::vector<flow::Decision> decisions_of(const model::Device& device, const flow::Outcome& outcome);

[[nodiscard]] bool contains_path(const Node& node);
[[nodiscard]] bool contains_never(const Node& node);

}  // namespace egresslint::lint::query
