// SPDX-License-Identifier: Apache-2.0
// Reading files with limits, resolving includes inside a jail, and writing output so that nothing is half-written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace egresslint::base {

inline constexpr std::uint64_t default_max_file_size = 512ull << 20;

struct IoError {
    std::string path;
    std::string message;  ///< "no such file", "is a directory", "larger than the limit of …"
};

/// The whole file; refuses directories, FIFOs, devices and anything over `max_size` bytes. EINTR is retried.
/// `path` "-" reads standard input.
[[nodiscard]] tl::expected<std::string, IoError> read_file(const std::string& path,
                                                           std::uint64_t max_size = default_max_file_size);

/// Resolves include patterns relative to the including file. Nothing outside `root` (after resolving symbolic links)
/// is ever opened unless `allow_outside`. Globs (`*`, `?`, `[…]`) expand in alphabetical order, dotfiles skipped, at
/// most 1,024 files.
class Files;
class IncludeJail {
public:
    /// `files`: where to look; nullptr: the disk.
    explicit IncludeJail(std::string root, bool allow_outside = false, const Files* files = nullptr);
    struct Resolved {
        std::vector<std::string> paths;
        std::string refused;  ///< why, when nothing may be opened; "" otherwise
    };
    [[nodiscard]] Resolved resolve(std::string_view pattern) const;
    [[nodiscard]] const std::string& root() const { return root_; }

private:
    std::string root_;
    bool allow_outside_;
    const Files* files_;
};

/// Writes a file that has no name yet, syncs it and gives it the name: at every moment `path` is the old file or the
/// new one, whole, and a process that is killed leaves nothing else behind.
[[nodiscard]] std::optional<IoError> write_file_atomically(const std::string& path, std::string_view content);

/// Appends to a regular file, which is made if it is missing, in one write. Nothing is written, and false returned,
/// where the file would grow beyond `max_size` bytes.
[[nodiscard]] tl::expected<bool, IoError> append_to_file(const std::string& path, std::string_view content,
                                                         std::uint64_t max_size);
/// Bytes of a file; 0 if there is none.
[[nodiscard]] std::uint64_t size_of_file(const std::string& path);

}  // namespace egresslint::base
