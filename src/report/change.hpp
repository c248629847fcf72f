// SPDX-License-Identifier: Apache-2.0
// What a change does, in the formats of report.hpp. Formats that list findings only (SARIF, annotations, JUnit, …) list
// the new ones; text, JSON and Markdown show the flows that change as well.
#pragma once

#include <cstddef>
#include <string>

#include "lint/change.hpp"
#include "report/report.hpp"

namespace egresslint::report {

[[nodiscard]] std::string write_change(const lint::ChangeReport& change, const Format& format, const Context& context);
/// Markdown in at most `bytes` bytes: details are left out first, then whole sections, and it says so.
[[nodiscard]] std::string change_markdown_within(std::size_t bytes, const lint::ChangeReport& change,
                                                 const Context& context);

// -- inside this room
[[nodiscard]] std::string change_text(const lint::ChangeReport& change, const Context& context);
[[nodiscard]] std::string change_json(const lint::ChangeReport& change, const Context& context);

/// The answer in one sentence, not escaped: "nothing changes: proven for 1 device".
[[nodiscard]] std::string verdict_of(const lint::ChangeReport& change);
/// "newly accepted", "leaves with another source", … of all kinds of a change.
[[nodiscard]] std::string kinds_text(const lint::FlowChange& flow);
/// "tcp 10.20.0.0/16 -> any port 25, in lan0" for each box, escaped, `limit` at most.
[[nodiscard]] std::vector<std::string> box_lines(const lint::FlowChange& flow, std::size_t limit);
/// "+ edge.nft:14: oifname …" for each cause, escaped.
[[nodiscard]] std::vector<std::string> cause_lines(const lint::FlowChange& flow, const base::Sources& sources);

}  // namespace egresslint::report
