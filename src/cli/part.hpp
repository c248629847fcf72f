// SPDX-License-Identifier: Apache-2.0
// The part of a run that one process of several did (--shard I/N): a JSON file that holds everything `merge` needs, so
// that the configurations need not be where the parts are put together. Every part knows the whole plan by its
// fingerprint; parts of different plans, programs or settings are never put together.
#pragma once

#include <string>
#include <vector>

#include "cli/fleet.hpp"

namespace egresslint::cli {

/// Which units shard `shard` (1-based) of `shards` looks at: the largest unit goes to the shard that has least to do,
/// then the next one; the same on every machine. In the order of the plan.
[[nodiscard]] std::vector<std::size_t> units_of_shard(const Plan& plan, std::size_t shard, std::size_t shards);

/// --output part=FILE, or standard output. The exit status is 0 whatever was found: `merge` judges the whole.
[[nodiscard]] Expected<int> write_part(Session& session, const Plan& plan, std::vector<UnitResult> results,
                                       Persona persona);

/// All of a run, from its parts.
struct Merged {
    Plan plan;  ///< of its units only what the end of a run asks for
    std::vector<UnitResult> results;
    Persona persona = Persona::check;
    std::string today;
};
/// Sets what of `session` belongs to the run: rules that were asked for, the site's own rules, symbolic links. A part
/// that is missing, there twice or not whole is a failure, and so are parts that do not belong together.
[[nodiscard]] Expected<Merged> read_parts(Session& session, const std::vector<std::string>& paths);

}  // namespace egresslint::cli
