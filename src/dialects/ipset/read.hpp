// SPDX-License-Identifier: Apache-2.0
// `ipset save` as an input of its own: a companion of iptables.
#pragma once

#include "dialects/dialect.hpp"

namespace egresslint::dialects::ipset {

[[nodiscard]] Evidence detect(std::string_view text);
/// Sets without rules that use them: a device that filters nothing, with the sets as objects.
[[nodiscard]] Read read(base::Sources& sources, const std::vector<Input>& inputs, base::Diagnostics& diagnostics);

inline constexpr Dialect dialect{"ipset", "#", detect, read, "iptables"};

}  // namespace egresslint::dialects::ipset
