// SPDX-License-Identifier: Apache-2.0
// Changes of texts as values: what fixes are made of.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/source.hpp"

namespace egresslint::base {

struct TextEdit {
    Span span;  ///< what is replaced; an empty range is an insertion
    std::string replacement;
    friend bool operator==(const TextEdit&, const TextEdit&) = default;
};

/// The text of `file` after the edits that concern it. Insertions at one place keep their order. nullopt when two edits
/// overlap or reach beyond the text.
[[nodiscard]] std::optional<std::string> apply_edits(std::string_view text, FileId file, std::vector<TextEdit> edits);

}  // namespace egresslint::base
