// SPDX-License-Identifier: Apache-2.0
// Cisco IOS and IOS-XE: `show running-config`, startup configurations, command scripts. See NOTES.md.
#pragma once

#include "dialects/dialect.hpp"

namespace egresslint::dialects::ios {

[[nodiscard]] Evidence detect(std::string_view text);
[[nodiscard]] Read read(base::Sources& sources, const std::vector<Input>& inputs, base::Diagnostics& diagnostics);

inline constexpr Dialect dialect{"ios", "! remark", detect, read, "", ".ios", nullptr};

}  // namespace egresslint::dialects::ios
