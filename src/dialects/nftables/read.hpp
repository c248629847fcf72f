// SPDX-License-Identifier: Apache-2.0
// The nftables dialect: rulesets as text (nft(8)) or as JSON (libnftables-json(5)), told apart by content.
#pragma once

#include "dialects/dialect.hpp"

namespace egresslint::dialects::nftables {

[[nodiscard]] Evidence detect(std::string_view text);
/// The inputs are loaded one after the other, as by `nft -f a -f b`.
[[nodiscard]] Read read(base::Sources& sources, const std::vector<Input>& inputs, base::Diagnostics& diagnostics);

/// Rules of a text; a JSON listing is a machine's and is not written.
[[nodiscard]] std::optional<std::vector<base::TextEdit>> write(const base::Sources& sources,
                                                               const model::Device& device,
                                                               const model::Amendment& amendment);

inline constexpr Dialect dialect{"nftables", "#", detect, read, "", ".nft .nftables", write};

}  // namespace egresslint::dialects::nftables
