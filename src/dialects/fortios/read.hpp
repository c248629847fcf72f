// SPDX-License-Identifier: Apache-2.0
// FortiOS (FortiGate) configurations: backups, `show` and `show full-configuration`, fragments and scripts; one device
// a VDOM.
#pragma once

#include "dialects/dialect.hpp"

namespace egresslint::dialects::fortios {

[[nodiscard]] Evidence detect(std::string_view text);
[[nodiscard]] Read read(base::Sources& sources, const std::vector<Input>& inputs, base::Diagnostics& diagnostics);

[[nodiscard]] std::optional<std::vector<base::TextEdit>> write(const base::Sources& sources,
                                                               const model::Device& device,
                                                               const model::Amendment& amendment);

inline constexpr Dialect dialect{"fortios", "#", detect, read, "", "", write};

}  // namespace egresslint::dialects::fortios
