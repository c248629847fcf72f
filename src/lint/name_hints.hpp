// SPDX-License-Identifier: Apache-2.0
// What names hint at, for inference where nothing better speaks.
#pragma once

#include <string_view>

namespace egresslint::lint {

/// Names that people give the interface towards the provider.
[[nodiscard]] bool sounds_external(std::string_view name);
/// Interfaces that software makes: they prove nothing about where the office's hosts are.
[[nodiscard]] bool is_virtual(std::string_view name);
/// "mail", "exchange", "mx1" …, unless the name says that it is the public address.
[[nodiscard]] bool sounds_like_mail(std::string_view name);

}  // namespace egresslint::lint
