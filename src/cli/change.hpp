// SPDX-License-Identifier: Apache-2.0
// `check --changed`: PATHs are the files of a change, of which some may be configurations. What they mean for a run:
//
//   a configuration, a dump, a file that one includes   the devices that it belongs to, each with all of its files
//   the intent file, a page of --rules, the baseline,
//   evidence, a file that is gone and no device names   every device
//   anything else                                       nothing; it is named and left out, as in a walked directory
#pragma once

#include <set>
#include <string>
#include <vector>

#include "cli/paths.hpp"
#include "cli/session.hpp"
#include "lint/intent.hpp"

namespace egresslint::cli {

struct Change {
    std::vector<NamedFile> files;   ///< those that are there, without the ones that concern every device
    std::vector<std::string> gone;  ///< as shown_path writes them
    bool everything = false;        ///< every device is concerned
};

[[nodiscard]] Expected<Change> read_change(const Options& options, const lint::Intent& intent);

/// Relative to the intent file when `path` is.
[[nodiscard]] std::string beside(const lint::Intent& intent, const std::string& path);

/// Some file of the block is gone: its configuration, or one of its dumps.
[[nodiscard]] bool lost_a_file(const Change& change, const lint::Intent& intent, const lint::DeviceIntent& block);

/// Where nothing says which files form a device: everything below the working directory, and the files themselves,
/// since what a changed file means may stand in an unchanged one that includes it.
[[nodiscard]] Expected<std::vector<NamedFile>> surroundings_of(const Change& change);

}  // namespace egresslint::cli
