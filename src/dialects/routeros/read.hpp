// SPDX-License-Identifier: Apache-2.0
// MikroTik RouterOS 6 and 7, as /export writes it.
#pragma once

#include "dialects/dialect.hpp"

namespace egresslint::dialects::routeros {

[[nodiscard]] Evidence detect(std::string_view text);
[[nodiscard]] Read read(base::Sources& sources, const std::vector<Input>& inputs, base::Diagnostics& diagnostics);

inline constexpr Dialect dialect{"routeros", "#", detect, read, "", ".rsc"};

}  // namespace egresslint::dialects::routeros
