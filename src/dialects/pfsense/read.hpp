// SPDX-License-Identifier: Apache-2.0
// config.xml of pfSense and of OPNsense: two dialects of one folder, since the second grew out of the first and both
// keep most sections alike.
#pragma once

#include "dialects/dialect.hpp"

namespace egresslint::dialects::pfsense {

[[nodiscard]] Evidence detect_pfsense(std::string_view text);
[[nodiscard]] Evidence detect_opnsense(std::string_view text);
[[nodiscard]] Read read_pfsense(base::Sources& sources, const std::vector<Input>& inputs,
                                base::Diagnostics& diagnostics);
[[nodiscard]] Read read_opnsense(base::Sources& sources, const std::vector<Input>& inputs,
                                 base::Diagnostics& diagnostics);

[[nodiscard]] std::optional<std::vector<base::TextEdit>> write(const base::Sources& sources,
                                                               const model::Device& device,
                                                               const model::Amendment& amendment);

inline constexpr Dialect dialect{"pfsense", "<!-- <descr> <description>", detect_pfsense, read_pfsense, "", "", write};
inline constexpr Dialect opnsense_dialect{
    "opnsense", "<!-- <descr> <description>", detect_opnsense, read_opnsense, "", "", write};

}  // namespace egresslint::dialects::pfsense
