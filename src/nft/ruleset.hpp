// SPDX-License-Identifier: GPL-2.0-only
// libnftables behind three functions: listing the ruleset of the current network namespace, and loading one.
#pragma once

#include <string>

namespace egresslint::nft {

struct Answer {
    bool ok = false;
    std::string output;
    std::string error;  ///< nft's own words
};

/// `nft list ruleset`; changes nothing. As text, because the JSON of nft 1.0 loses what the text has: a table with a
/// flag makes it invalid (it prints memory that was freed), implicit chains and some set updates are strings in it, and
/// what xt extensions do is left out.
[[nodiscard]] Answer list();
/// True when the current network namespace has no table at all.
[[nodiscard]] bool is_empty();
/// Relative includes are looked for in `include_directory`.
[[nodiscard]] Answer load_file(const std::string& path, const std::string& include_directory);

}  // namespace egresslint::nft
