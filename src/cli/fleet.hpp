// SPDX-License-Identifier: Apache-2.0
// A run over many devices, in parts that know nothing of each other: several threads of one process (--jobs), or
// several processes and machines (--shard, see part.hpp). Either way the parts are put together in the order of the
// plan, so that the report is the same, byte for byte, whoever did what.
#pragma once

#include <optional>

#include "cli/lint_run.hpp"
#include "cli/units.hpp"

namespace egresslint::cli {

/// What came of one unit: what was gathered, or why it could not be read.
struct UnitResult {
    std::size_t number = 0;  ///< among the units of the plan
    base::Sources sources;   ///< the shared texts, which may be left out by now, and its own
    lint::Gathered gathered;
    std::vector<std::string> included;  ///< real paths of what its files include
    std::vector<std::string> remarks;   ///< for standard error
    std::optional<Failure> failed;
};

/// The exit status; nullopt where a run is not made of units (see plan_run) and nothing was done.
[[nodiscard]] Expected<std::optional<int>> run_fleet(Session& session, Persona persona, IntentSearch search);

/// Puts the results together, which are those of every unit of the plan in its order, and ends the run.
[[nodiscard]] Expected<int> end_fleet(Session& session, Plan plan, std::vector<UnitResult> results,
                                      const lint::Options& options, Persona persona);

}  // namespace egresslint::cli
