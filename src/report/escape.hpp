// SPDX-License-Identifier: Apache-2.0
// The one place where untrusted text becomes terminal output. File names, comments, object names and rule text come
// from whoever wrote the configuration; none of it may move the cursor, recolour the screen, reorder what is read, or
// forge a line of a report.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace egresslint::report {

/// One line in, one line out, valid UTF-8. Written as \xNN: bytes that are no UTF-8, C0 controls and DEL. Written as
/// \u{NNNN}: C1 controls, bidirectional and invisible formatting characters, line and paragraph separators, tag
/// characters. Everything else is unchanged; a backslash of the input is not doubled, since the result is for reading.
[[nodiscard]] std::string escaped(std::string_view untrusted);

/// Columns that `text` takes on a terminal: wide East Asian characters count two, combining marks none. `text` is
/// escaped text.
[[nodiscard]] std::size_t display_width(std::string_view text);

/// The longest start of escaped text that takes at most `columns` columns.
[[nodiscard]] std::string_view clipped(std::string_view text, std::size_t columns);

/// A path at the start of a line: like `escaped`, but never begins with "::", which some build services would take for
/// a command.
[[nodiscard]] std::string escaped_path(std::string_view untrusted);

}  // namespace egresslint::report
