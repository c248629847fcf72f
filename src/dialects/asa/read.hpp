// SPDX-License-Identifier: Apache-2.0
// Cisco ASA (8.3 and later) and what came before it: PIX, FWSM, ASA up to 8.2. Input is `show running-config`, saved or
// startup configurations, `show access-list`, command scripts and support bundles. See NOTES.md.
#pragma once

#include "dialects/dialect.hpp"

namespace egresslint::dialects::asa {

[[nodiscard]] Evidence detect(std::string_view text);
[[nodiscard]] Evidence detect_classic(std::string_view text);
[[nodiscard]] Read read(base::Sources& sources, const std::vector<Input>& inputs, base::Diagnostics& diagnostics);
[[nodiscard]] std::optional<std::vector<base::TextEdit>> write(const base::Sources& sources,
                                                               const model::Device& device,
                                                               const model::Amendment& amendment);

inline constexpr std::string_view comment_words = "! remark";
inline constexpr Dialect dialect{"asa", comment_words, detect, read, "", ".asa", write};
inline constexpr Dialect classic{"pix", comment_words, detect_classic, read, "", ".pix", write};

}  // namespace egresslint::dialects::asa
