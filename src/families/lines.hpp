// SPDX-License-Identifier: Apache-2.0
// Texts in which a rule is a line: where to insert, what to remove, which comments belong to a line.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/source.hpp"

namespace egresslint::families {

/// The whole lines that a span of a file touches, line end included.
struct Lines {
    std::string_view text;
    std::uint32_t begin = 0, end = 0;
    std::string_view lead;      ///< of the first line, before the span
    std::string_view rest;      ///< of the last line, behind the span, without the line end
    std::string_view line_end;  ///< "\n" or "\r\n"; the file's first one where the last line has none

    /// Begin of the block of comment lines directly above, or `begin`: what is inserted goes above them, since they are
    /// about the line that they stand over.
    [[nodiscard]] std::uint32_t above_comments(char comment) const;
    [[nodiscard]] std::string_view whole() const { return text.substr(begin, end - begin); }
};

[[nodiscard]] Lines lines_of(const base::Sources& sources, const base::Span& span);
[[nodiscard]] bool blank(std::string_view text);

}  // namespace egresslint::families
