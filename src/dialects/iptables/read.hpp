// SPDX-License-Identifier: Apache-2.0
// iptables-save(8), ip6tables-save(8) and `iptables -S`, any number of them together, with the `ipset save` files that
// belong to them, as one device.
#pragma once

#include "dialects/dialect.hpp"

namespace egresslint::dialects::iptables {

[[nodiscard]] Evidence detect(std::string_view text);
[[nodiscard]] Read read(base::Sources& sources, const std::vector<Input>& inputs, base::Diagnostics& diagnostics);

[[nodiscard]] std::optional<std::vector<base::TextEdit>> write(const base::Sources& sources,
                                                               const model::Device& device,
                                                               const model::Amendment& amendment);

inline constexpr Dialect dialect{"iptables", "#", detect, read, "", "", write};

}  // namespace egresslint::dialects::iptables
