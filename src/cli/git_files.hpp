// SPDX-License-Identifier: Apache-2.0
// Revisions of a repository as base::Files, read from its object database: nothing is checked out, no filter, hook or
// other program runs. A path means the same file as in the working directory, as it was then.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/files.hpp"
#include "cli/session.hpp"

namespace egresslint::cli {

/// What `--git` names: two versions; `after` without a value is the working directory as it is.
struct Range {
    std::string before, after;  ///< full object names of commits
    std::string before_name, after_name;
    bool working_directory = false;
};

class Repository {
public:
    /// The one that the working directory is in.
    [[nodiscard]] static Expected<Repository> find();
    Repository(Repository&&) noexcept;
    Repository& operator=(Repository&&) noexcept;
    ~Repository();

    /// REV (against the working directory), A..B, A...B (B against where it left A). An empty side is HEAD.
    [[nodiscard]] Expected<Range> range(const std::string& text) const;
    /// The files of a commit; `label` stands in front of their names. Must not outlive the repository.
    [[nodiscard]] Expected<std::unique_ptr<base::Files>> files(const std::string& commit, std::string label) const;

private:
    struct Impl;
    explicit Repository(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace egresslint::cli
