// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace egresslint::cli {
/// "egresslint 0.1.0".
[[nodiscard]] std::string version_text();
/// "0.1.0".
[[nodiscard]] std::string version_number();
}  // namespace egresslint::cli
