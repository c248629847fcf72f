// SPDX-License-Identifier: Apache-2.0
// A finding as running text, for formats that have one field for all of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lint/finding.hpp"

namespace egresslint::report {

/// With a full stop unless it ends in a mark already. Not escaped.
[[nodiscard]] std::string sentence(std::string text);
/// Everything after the message, escaped, a sentence each: what a possible finding depends on, the witness and what
/// becomes of it, the cause, what to do.
[[nodiscard]] std::vector<std::string> explanation(const lint::Finding& finding);

}  // namespace egresslint::report
