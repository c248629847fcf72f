// SPDX-License-Identifier: Apache-2.0
// A place of the input as people look at it:
//
//     --> edge.nft:14:9
//      |
//   14 |         oifname "wan0" snat to 198.51.100.2
//      |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this rule translates it
//
#pragma once

#include <string>
#include <string_view>

#include "base/source.hpp"
#include "report/style.hpp"

namespace egresslint::report {

struct Excerpt {
    base::Span span;
    std::string_view label;
    bool primary = true;  ///< `-->` and ^^^; otherwise `:::` and ---
    base::Severity severity = base::Severity::error;
};

/// Columns that line numbers take, so that excerpts of one finding line up.
[[nodiscard]] std::size_t gutter_width(const base::Sources& sources, const base::Span& span);
/// Several lines, each ending in a newline. Tabs become spaces, long lines are clipped around the span, a span of
/// several lines shows its first. An invalid span gives "".
[[nodiscard]] std::string excerpt_text(const Excerpt& excerpt, const base::Sources& sources, const Style& style,
                                       std::size_t gutter);

}  // namespace egresslint::report
