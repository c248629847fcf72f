// SPDX-License-Identifier: GPL-2.0-only
// libnftables behind three functions: the ruleset of the current network namespace as JSON, and loading one.
#pragma once

#include <string>

namespace egresslint::nft {

struct Answer {
    bool ok = false;
    std::string output;
    std::string error;  ///< nft's own words
};

/// `nft -j list ruleset`; changes nothing.
[[nodiscard]] Answer list_json();
/// True when the current network namespace has no table at all.
[[nodiscard]] bool is_empty();
/// Relative includes are looked for in `include_directory`.
[[nodiscard]] Answer load_file(const std::string& path, const std::string& include_directory);

}  // namespace egresslint::nft
