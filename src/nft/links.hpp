// SPDX-License-Identifier: GPL-2.0-only
// Interfaces that a ruleset names by index (`iif wan0`) must exist when it is loaded. These exist in the private
// namespace only and carry no traffic.
#pragma once

#include <string>

namespace egresslint::nft {

/// An interface of whatever harmless kind this kernel has: dummy, bridge or one end of a veth pair. "" or the reason.
[[nodiscard]] std::string create_interface(const std::string& name);

}  // namespace egresslint::nft
