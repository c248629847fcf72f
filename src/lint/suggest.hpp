// SPDX-License-Identifier: Apache-2.0
// "did you mean": the nearest word of a list by edit distance with transpositions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace egresslint::lint {

/// The nearest of `words`, at most a third of the word's letters (and at least one) away; "" if none is near.
[[nodiscard]] std::string nearest(std::string_view word, const std::vector<std::string_view>& words);

}  // namespace egresslint::lint
