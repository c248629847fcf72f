// SPDX-License-Identifier: Apache-2.0
// --fix and --diff: one proven fix after the other is made on the texts in memory, each proven anew on what the last
// one left; files are written at the end, each whole or not at all.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "cli/inputs.hpp"
#include "cli/session.hpp"
#include "lint/finding.hpp"

namespace egresslint::cli {

/// What was mended so far.
struct Mended {
    struct Text {
        std::string shown, before, after;
        std::string shown_before, shown_after;  ///< without secrets
    };
    std::map<std::string, Text> texts;  ///< by path as opened
    std::vector<std::string> done;      ///< "EL101: translate …"
};

/// Applies fixes until no finding has one. `report`, `inputs` and the session's texts are those of the last round when
/// it returns. `lint` runs the rules on what was read.
[[nodiscard]] Expected<Mended> mend(Session& session, Inputs& inputs, lint::Report& report, IntentSearch search,
                                    const std::function<lint::Report(Inputs&)>& lint);

/// Unified diffs of all texts, as `patch -p0` takes them.
[[nodiscard]] std::string unified_diffs(const Mended& mended);
/// Writes every text, unless its file is no longer what was read.
[[nodiscard]] Expected<void> write_back(const Mended& mended);

}  // namespace egresslint::cli
