// SPDX-License-Identifier: Apache-2.0
// Where configurations are read from: the disk, or a revision of a repository that is checked out nowhere. Paths are
// the ones of the disk in both cases, relative to the working directory or absolute, so that the same names mean the
// same files in every version.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "base/io.hpp"

namespace egresslint::base {

class Files {
public:
    enum class Kind : std::uint8_t { none, file, directory, other };

    Files() = default;
    Files(const Files&) = delete;
    Files& operator=(const Files&) = delete;
    virtual ~Files() = default;

    /// What stands in front of the names of these files in reports: "HEAD~1:"; "" for the disk. Every function takes
    /// paths with and without it.
    [[nodiscard]] virtual std::string_view label() const { return {}; }
    /// The path without the label.
    [[nodiscard]] std::string plain(std::string_view path) const;

    /// Symbolic links are followed.
    [[nodiscard]] virtual Kind kind(const std::string& path) const = 0;
    [[nodiscard]] bool exists(const std::string& path) const { return kind(path) != Kind::none; }
    [[nodiscard]] bool is_file(const std::string& path) const { return kind(path) == Kind::file; }
    [[nodiscard]] bool is_directory(const std::string& path) const { return kind(path) == Kind::directory; }
    /// Not followed.
    [[nodiscard]] virtual bool is_link(const std::string& path) const = 0;
    /// The whole file, as base::read_file does it.
    [[nodiscard]] virtual tl::expected<std::string, IoError> read(const std::string& path) const = 0;
    /// Names in a directory in the order of their bytes; an error if it cannot be listed.
    [[nodiscard]] virtual tl::expected<std::vector<std::string>, IoError> list(const std::string& directory) const = 0;
    /// Absolute, without symbolic links; "" if there is no such file. Two names of one file compare equal.
    [[nodiscard]] virtual std::string real_path(const std::string& path) const = 0;
    /// What a pattern (`*`, `?`, `[…]`, none of which matches a leading dot or a slash) stands for, in the order of
    /// bytes; at most `limit`, and one more where there are more.
    [[nodiscard]] std::vector<std::string> glob(const std::string& pattern, std::size_t limit) const;
};

/// The files of the machine, as the process sees them.
[[nodiscard]] const Files& disk();

}  // namespace egresslint::base
