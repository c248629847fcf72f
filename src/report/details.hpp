// SPDX-License-Identifier: Apache-2.0
// One finding as the formats for people show it, for reports that show findings among other things. Inside this room
// only.
#pragma once

#include <string>
#include <string_view>

#include "lint/finding.hpp"
#include "report/report.hpp"

namespace egresslint::report {

/// Several lines and an empty one.
[[nodiscard]] std::string finding_text(const lint::Finding& finding, const Context& context);

/// The row of a table "level | rule | place | finding", and the section behind it.
struct FindingMarkdown {
    std::string row, details;
};
[[nodiscard]] FindingMarkdown finding_markdown(const lint::Finding& finding, const lint::Report& report,
                                               const Context& context);
/// Text of the input in running Markdown, cut where it is long.
[[nodiscard]] std::string markdown_words(std::string_view untrusted);

}  // namespace egresslint::report
