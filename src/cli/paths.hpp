// SPDX-License-Identifier: Apache-2.0
// From what the user named to the files it stands for, and back to the name that reports show.
#pragma once

#include <string>
#include <vector>

#include "cli/session.hpp"

namespace egresslint::cli {

struct NamedFile {
    std::string path;             ///< to open; "-" is standard input
    std::string shown;            ///< relative to the working directory where it lies below it, with the files' label
    bool from_directory = false;  ///< found by walking; nobody named it
    bool context = false;         ///< read because it may include or complement a file of the change
};

/// Relative to the working directory if the file lies in it, else as given; without "./" and doubled slashes.
[[nodiscard]] std::string shown_path(const std::string& path);
/// The same with the label of the files.
[[nodiscard]] std::string shown_path(const base::Files& files, const std::string& path);
/// On the disk: the path without symbolic links; "" if it does not exist. Two names of one file compare equal.
[[nodiscard]] std::string real_path(const std::string& path);

/// Files as they are; directories walked in alphabetical order without hidden entries; globs where no such file exists.
/// A path that names nothing is a failure with status `status`.
[[nodiscard]] Expected<std::vector<NamedFile>> expand(const base::Files& files, const std::vector<std::string>& paths,
                                                      Status status, const std::string& stdin_filename = "");

/// egresslint.toml in the working directory or the nearest directory above it, up to the root of the repository, the
/// home directory, or the file system's root; "" if there is none.
[[nodiscard]] std::string find_intent_upward(const base::Files& files);

}  // namespace egresslint::cli
