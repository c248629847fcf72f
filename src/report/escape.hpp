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
/// characters, two noncharacters that XML forbids. "##[" becomes "##\x5b", because build services take it for a command
/// wherever it stands. Everything else is unchanged; a backslash of the input is not doubled, since the result is for
/// reading.
[[nodiscard]] std::string escaped(std::string_view untrusted);

/// Columns that `text` takes on a terminal: wide East Asian characters count two, combining marks none. `text` is
/// escaped text.
[[nodiscard]] std::size_t display_width(std::string_view text);

/// The longest start of escaped text that takes at most `columns` columns.
[[nodiscard]] std::string_view clipped(std::string_view text, std::size_t columns);

/// A path at the start of a line: like `escaped`, but never begins with "::", which some build services would take for
/// a command.
[[nodiscard]] std::string escaped_path(std::string_view untrusted);

// The following take text that is `escaped` already: they only add what one kind of markup needs.

/// At most `bytes` bytes, cut between code points, with "..." where something was cut. `bytes` is at least 3.
[[nodiscard]] std::string shortened_to(std::string_view text, std::size_t bytes);
/// Text or attribute value of XML 1.0, in double or single quotes.
[[nodiscard]] std::string xml_escaped(std::string_view text);
/// Data of a GitHub workflow command, "::error::DATA"; line ends that the program itself set are kept.
[[nodiscard]] std::string command_data(std::string_view text);
/// A property of one, "::error file=PROPERTY::".
[[nodiscard]] std::string command_property(std::string_view text);
/// Running text of Markdown as GitHub and GitLab render it: no emphasis, links, HTML, formulas, mentions, references to
/// issues or emoji. It may stand anywhere but at the start of a line.
[[nodiscard]] std::string markdown_text(std::string_view text);
/// A code span; in a table "|" needs a backslash even there.
[[nodiscard]] std::string markdown_code(std::string_view text, bool in_table = false);
/// Whole lines as a fenced block, with its line ends.
[[nodiscard]] std::string markdown_block(std::string_view lines, std::string_view language = "");

}  // namespace egresslint::report
