// SPDX-License-Identifier: Apache-2.0
// Findings that are known already. A baseline names them by fingerprint, which says what is wrong with which rule and
// not on which line, so it survives moved lines; a second finding of the same words has another fingerprint and is new.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/source.hpp"
#include "lint/finding.hpp"

namespace egresslint::lint {

struct BaselineEntry {
    std::string fingerprint, rule, device, message;
};
struct Baseline {
    std::vector<BaselineEntry> entries;
};

/// A fatal diagnostic with a place when the text is no baseline of this schema.
[[nodiscard]] tl::expected<Baseline, base::Diagnostic> read_baseline(const base::Sources& sources, base::FileId file);
/// Everything that was found, one entry a line, sorted: a change of it reads well in a review.
[[nodiscard]] std::string write_baseline(const std::vector<Finding>& findings);
/// Removes what the baseline has; entries of devices of this run that are found no more come back.
[[nodiscard]] std::vector<BaselineEntry> apply_baseline(Report& report, const Baseline& baseline);

}  // namespace egresslint::lint
