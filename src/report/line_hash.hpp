// SPDX-License-Identifier: Apache-2.0
// The fingerprint of a line by which GitHub's code scanning recognises an alert in the next run. Its upload action
// computes it where a SARIF file has none, and warns where it finds another: so ours is the same.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace egresslint::report {

/// For each wanted line of a text (1-based) "HASH:N": the hash, in hexadecimal, of the hundred UTF-16 code units from
/// the start of the line on, blanks and tabs left out, every kind of line end as one; N counts the lines before and
/// including this one that have the same hash. Lines that the text does not have are left out.
/// Source: github/codeql-action, src/fingerprints.ts and its tests.
[[nodiscard]] std::map<std::uint32_t, std::string> line_hashes(std::string_view text,
                                                               const std::set<std::uint32_t>& wanted);

}  // namespace egresslint::report
