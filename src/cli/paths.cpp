// SPDX-License-Identifier: Apache-2.0
#include "cli/paths.hpp"

#include <fmt/format.h>
#include <glob.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace egresslint::cli {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t most_files = 100'000;

bool hidden(const fs::path& path) {
    const std::string name = path.filename().string();
    return name.size() > 1 && name.front() == '.';
}

Expected<void> walk(const std::string& directory, std::vector<NamedFile>& out) {
    std::error_code error;
    std::vector<std::string> found;
    auto it = fs::recursive_directory_iterator(directory, error);
    for (; !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
        if (hidden(it->path())) {
            if (it->is_directory(error)) it.disable_recursion_pending();
            continue;
        }
        std::error_code ignored;
        if (it->is_regular_file(ignored)) found.push_back(it->path().string());
        if (found.size() > most_files)
            return tl::unexpected(
                failure(Status::unreadable,
                        fmt::format("{}: more than {} files; name a smaller directory", directory, most_files)));
    }
    if (error) return tl::unexpected(failure(Status::unreadable, fmt::format("{}: {}", directory, error.message())));
    std::sort(found.begin(), found.end());
    for (std::string& path : found) {
        std::string shown = shown_path(path);
        out.push_back({std::move(path), std::move(shown), true});
    }
    return {};
}

std::vector<std::string> glob_files(const std::string& pattern) {
    std::vector<std::string> out;
    ::glob_t found{};
    if (::glob(pattern.c_str(), 0, nullptr, &found) == 0)
        for (std::size_t i = 0; i < found.gl_pathc; ++i) out.emplace_back(found.gl_pathv[i]);
    ::globfree(&found);
    return out;
}

}  // namespace

std::string shown_path(const std::string& path) {
    std::error_code error;
    fs::path normal = fs::path(path).lexically_normal();
    if (normal.is_absolute()) {
        const fs::path here = fs::current_path(error);
        const fs::path relative = error ? fs::path() : normal.lexically_relative(here);
        if (!relative.empty() && *relative.begin() != "..") normal = relative;
    }
    return normal.string();
}

std::string real_path(const std::string& path) {
    std::error_code error;
    const fs::path real = fs::canonical(path, error);
    return error ? "" : real.string();
}

Expected<std::vector<NamedFile>> expand(const std::vector<std::string>& paths, Status status,
                                        const std::string& stdin_filename) {
    std::vector<NamedFile> out;
    for (const std::string& path : paths) {
        if (path == "-") {
            out.push_back({path, stdin_filename.empty() ? "<stdin>" : stdin_filename, false});
            continue;
        }
        std::error_code ignored;
        if (fs::is_directory(path, ignored)) {
            const std::size_t before = out.size();
            if (auto walked = walk(path, out); !walked) return tl::unexpected(walked.error());
            if (out.size() == before)
                return tl::unexpected(failure(status, fmt::format("{}: the directory holds no files", path)));
            continue;
        }
        if (fs::exists(path, ignored) || path.find_first_of("*?[") == std::string::npos) {
            out.push_back({path, shown_path(path), false});
            continue;
        }
        const std::vector<std::string> found = glob_files(path);
        if (found.empty()) return tl::unexpected(failure(status, fmt::format("{}: no file matches", path)));
        for (const std::string& match : found)
            if (!fs::is_directory(match, ignored)) out.push_back({match, shown_path(match), false});
    }
    // The same file named twice (by itself and by a glob) is one input.
    std::vector<NamedFile> unique;
    std::vector<std::string> seen;
    for (NamedFile& file : out) {
        const std::string real = file.path == "-" ? "-" : real_path(file.path);
        if (!real.empty() && std::find(seen.begin(), seen.end(), real) != seen.end()) continue;
        seen.push_back(real);
        unique.push_back(std::move(file));
    }
    return unique;
}

std::string find_intent_upward() {
    std::error_code error;
    fs::path directory = fs::current_path(error);
    if (error) return "";
    const char* home = std::getenv("HOME");
    while (true) {
        const fs::path candidate = directory / "egresslint.toml";
        if (fs::is_regular_file(candidate, error)) return shown_path(candidate.string());
        const bool boundary = fs::exists(directory / ".git", error) || (home != nullptr && directory == home);
        if (boundary || !directory.has_relative_path()) return "";
        directory = directory.parent_path();
    }
}

}  // namespace egresslint::cli
