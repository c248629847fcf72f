// SPDX-License-Identifier: Apache-2.0
// A run over many devices as parts that are read and judged each by itself.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cli/inputs.hpp"

namespace egresslint::cli {

/// A part of a run that is read and judged by itself.
struct Unit {
    std::vector<std::size_t> blocks;  ///< of the intent file: one device, or those that stand on a way to the internet
    std::vector<RecognisedFile> files;  ///< or files that nobody declared and that form one device; not read yet
    Group group;                        ///< of `files`
    std::string walked;       ///< real path of the only file, if nobody named it: no device where another includes it
    std::uint64_t bytes = 0;  ///< of its files: what it will cost
};
/// A file found by walking that no dialect recognises.
struct Stranger {
    std::string real, shown, problem;
};
/// What a run will read, without having read it. The order of units is the order of reports.
struct Plan {
    std::shared_ptr<lint::Intent> intent;
    base::Sources sources;  ///< those that every unit shares: rule files, the intent file
    std::vector<Unit> units;
    std::vector<Stranger> strangers;
};
/// nullopt where a run is not made of units: what to read hangs on what is read, or comes from elsewhere than files.
[[nodiscard]] Expected<std::optional<Plan>> plan_run(const Session& session, IntentSearch search);
/// Reads one unit. `session` has its own copy of the shared texts. `included`: real paths of what its files include.
[[nodiscard]] Expected<Inputs> read_unit(Session& session, const Plan& plan, const Unit& unit,
                                         std::vector<std::string>& included);
/// Names the strangers that no configuration includes; those that are called like a configuration are a failure.
[[nodiscard]] Expected<void> judge_strangers(const Session& session, const std::vector<Stranger>& strangers,
                                             const std::set<std::string>& included);

}  // namespace egresslint::cli
