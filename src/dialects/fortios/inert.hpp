// SPDX-License-Identifier: Apache-2.0
// Unread by default: what lowering did not ask for is reported, except for what is listed here as deciding nothing
// about who passes, with which address and by which way.
#pragma once

#include "dialects/fortios/context.hpp"

namespace egresslint::dialects::fortios {

/// EL901 for every setting, entry and table of the scope that nobody read.
void report_unread(const Scope& scope, std::int64_t device, base::Diagnostics& diagnostics);

}  // namespace egresslint::dialects::fortios
