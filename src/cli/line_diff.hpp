// SPDX-License-Identifier: Apache-2.0
// Which lines of two versions of a text differ.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace egresslint::cli {

struct LineDiff {
    std::vector<std::uint32_t> removed;  ///< lines of the first text, 1-based
    std::vector<std::uint32_t> added;    ///< lines of the second text
    /// Lines of the second text in front of which lines were removed and none was added instead; one past the last line
    /// where that is at the end.
    std::vector<std::uint32_t> gaps;
};
[[nodiscard]] LineDiff line_diff(std::string_view first, std::string_view second);

}  // namespace egresslint::cli
