// SPDX-License-Identifier: Apache-2.0
// The printed form of the model, for people and for tests; stable.
//
//   stage forward when in_if!=self out_if!=self                                       ; inet filter forward
//     chain forward
//       src=10.0.0.25 proto=tcp dport=25     accept                                   ; edge.nft:14
//       in_if=lan out_if=wan                 mark<-7; continue
//       any                                  goto rest
//     else drop
//   @o after a field = original view, := translation, <- assignment, ~> pending decision.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/source.hpp"
#include "model/device.hpp"

namespace egresslint::model {

[[nodiscard]] std::string print(const Device& device, const base::Sources* sources = nullptr);
[[nodiscard]] std::string print_expr(const Device& device, ExprId expr);
/// `accept src:=198.51.100.5`, `goto rest`, …
[[nodiscard]] std::string print_action(const Device& device, const Rule& rule);
[[nodiscard]] std::string interface_name(const Device& device, std::uint32_t id);
/// The model as JSON, for `egresslint model`.
[[nodiscard]] nlohmann::json to_json(const Device& device, const base::Sources& sources);

}  // namespace egresslint::model
