// SPDX-License-Identifier: Apache-2.0
// The words that numbers of the model are printed with; print, JSON and the tracer share them.
#pragma once

#include <string>
#include <string_view>

#include "model/device.hpp"

namespace egresslint::model {

[[nodiscard]] std::string_view verdict_name(Verdict verdict);
[[nodiscard]] std::string_view predicate_kind_name(PredicateKind kind);
[[nodiscard]] std::string_view label_name(Label label);
[[nodiscard]] std::string_view role_name(Role role);
[[nodiscard]] std::string_view route_type_name(RouteType type);
/// "tcp"; the number where there is no common name.
[[nodiscard]] std::string protocol_name(std::uint8_t number);
/// "new"; the number outside the enumeration.
[[nodiscard]] std::string connection_state_name(base::u128 state);

}  // namespace egresslint::model
