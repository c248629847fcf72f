// SPDX-License-Identifier: Apache-2.0
// EL108: IPv6 passes beside a filter that was written for IPv4.
#pragma once

#include <vector>

#include "base/source.hpp"
#include "lint/finding.hpp"
#include "lint/intent.hpp"
#include "lint/prepare.hpp"

namespace egresslint::lint {

/// A finding if something can block forwarded IPv4 packets, nothing can block forwarded IPv6 packets, and there is
/// evidence that IPv6 is in use: addresses, routes, the intent, or translations of IPv6 alone.
void ipv6_unfiltered(const Prepared& prepared, const Intent& intent, const base::Sources& sources,
                     std::vector<Finding>& findings);

}  // namespace egresslint::lint
