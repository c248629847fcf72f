// SPDX-License-Identifier: Apache-2.0
// Manual pages as lists of what they name. Only words are taken: names of sections, keywords, options.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace egresslint::treatment {

/// The roff source of an installed page ("nft.8"), unpacked; "" when it is not installed.
[[nodiscard]] std::string read_manual(const std::string& page);

/// "meta mark", "ip saddr", "ct state" … from the tables of the sections on expressions.
[[nodiscard]] std::set<std::string> nft_keywords(const std::string& manual);
/// "LOG STATEMENT", "FIB EXPRESSIONS" …
[[nodiscard]] std::set<std::string> nft_sections(const std::string& manual);

/// (extension, option); an empty option names the extension alone.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> iptables_options(const std::string& manual);

}  // namespace egresslint::treatment
