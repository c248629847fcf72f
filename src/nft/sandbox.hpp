// SPDX-License-Identifier: GPL-2.0-only
// A private user, network and mount namespace to load somebody's ruleset into. Nothing here ever touches the network
// namespace the program was started in: `enter` fails unless it has proven to itself that it left that one.
//
// What it does not do: protect from bugs of the kernel's own nftables code; the ruleset is still given to the kernel.
#pragma once

#include <string>
#include <vector>

namespace egresslint::nft {

enum class Entered { yes, denied, broken };

struct SandboxError {
    Entered outcome = Entered::yes;
    std::string message;
};

/// Enters fresh namespaces for good. `readable` is the one directory whose files `include` may open ("" = none); it
/// keeps its absolute path.
/// denied: this system does not allow it. broken: it was allowed and yet something is not as it must be.
[[nodiscard]] SandboxError enter_sandbox(const std::string& readable);

/// Writes a file of the private root.
[[nodiscard]] bool write_private_file(const std::string& path, const std::string& text);

/// Closes every descriptor from 3 up, forbids new privileges, forbids core dumps.
void shed_inherited();

/// Keeps CAP_NET_ADMIN alone. False when the kernel refuses.
[[nodiscard]] bool keep_net_admin_only();

}  // namespace egresslint::nft
