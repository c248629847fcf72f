// SPDX-License-Identifier: Apache-2.0
// Layout that the formats for people share: aligned columns, shortened texts, outcomes and traces in words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/source.hpp"
#include "lint/finding.hpp"

namespace egresslint::report {

inline constexpr std::size_t widest_rule = 72;  ///< columns of a rule's text inside a trace or a table

/// Escaped and joined; after `limit` items "and N more".
[[nodiscard]] std::string joined(const std::vector<std::string>& parts, std::string_view separator, std::size_t limit);
/// Escaped and cut to `columns`.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t columns);
/// One line a row, columns aligned. Cells are escaped text.
[[nodiscard]] std::vector<std::string> aligned(const std::vector<std::vector<std::string>>& rows);
[[nodiscard]] std::string outcome_text(const lint::OutcomeText& outcome);
[[nodiscard]] std::vector<std::string> trace_lines(const std::vector<lint::TraceStep>& trace,
                                                   const base::Sources& sources);
/// "edge.nft:52: + oifname ..." for each line that goes (-) or comes (+).
[[nodiscard]] std::vector<std::string> edit_lines(const lint::Fix& fix, const base::Sources& sources);

}  // namespace egresslint::report
