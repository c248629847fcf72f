// SPDX-License-Identifier: Apache-2.0
// The version comes from CMake and is compiled into this file alone.
#include "cli/version.hpp"

namespace egresslint::cli {
std::string version_number() { return EGRESSLINT_VERSION; }
std::string version_text() { return "egresslint " EGRESSLINT_VERSION; }
}  // namespace egresslint::cli
