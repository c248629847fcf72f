// SPDX-License-Identifier: Apache-2.0
// The private user namespace in which all kernel tests live, so that they need no privileges and cannot touch the host.
#pragma once

#include <string>

namespace egresslint::kernel {

/// Status with which a test program ends when nothing could be tested; ctest counts it as skipped.
inline constexpr int skipped = 77;

/// Enters a fresh user, network and mount namespace for good; "" or the reason why that is denied.
[[nodiscard]] std::string enter_namespaces();

}  // namespace egresslint::kernel
