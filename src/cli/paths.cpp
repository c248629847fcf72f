// SPDX-License-Identifier: Apache-2.0
#include "cli/paths.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>

namespace egresslint::cli {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t most_files = 100'000;
constexpr std::size_t most_nested = 256;

bool hidden(const std::string& name) { return name.size() > 1 && name.front() == '.'; }

/// Links to directories are not followed.
Expected<void> walk(const base::Files& files, const std::string& directory, std::vector<std::string>& found,
                    std::size_t depth = 0) {
    const auto names = files.list(directory);
    if (!names)
        return tl::unexpected(failure(Status::unreadable, fmt::format("{}: {}", directory, names.error().message)));
    if (depth > most_nested)
        return tl::unexpected(
            failure(Status::unreadable, fmt::format("{}: directories are nested too deeply", directory)));
    for (const std::string& name : *names) {
        if (hidden(name)) continue;
        std::string path = (fs::path(directory) / name).string();
        const base::Files::Kind kind = files.kind(path);
        if (kind == base::Files::Kind::directory && !files.is_link(path)) {
            if (auto inner = walk(files, path, found, depth + 1); !inner) return inner;
        } else if (kind == base::Files::Kind::file) {
            found.push_back(std::move(path));
        }
        if (found.size() > most_files)
            return tl::unexpected(
                failure(Status::unreadable,
                        fmt::format("{}: more than {} files; name a smaller directory", directory, most_files)));
    }
    return {};
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

std::string shown_path(const base::Files& files, const std::string& path) {
    return std::string(files.label()) + shown_path(files.plain(path));
}

std::string real_path(const std::string& path) { return base::disk().real_path(path); }

Expected<std::vector<NamedFile>> expand(const base::Files& files, const std::vector<std::string>& paths, Status status,
                                        const std::string& stdin_filename) {
    std::vector<NamedFile> out;
    for (const std::string& given : paths) {
        const std::string path = files.plain(given);
        if (path == "-") {
            out.push_back({path, stdin_filename.empty() ? "<stdin>" : stdin_filename, false});
            continue;
        }
        if (files.is_directory(path)) {
            std::vector<std::string> found;
            if (auto walked = walk(files, path, found); !walked) return tl::unexpected(walked.error());
            if (found.empty())
                return tl::unexpected(
                    failure(status, fmt::format("{}{}: the directory holds no files", files.label(), path)));
            std::sort(found.begin(), found.end());
            for (std::string& one : found) {
                std::string shown = shown_path(files, one);
                out.push_back({std::move(one), std::move(shown), true});
            }
            continue;
        }
        if (files.exists(path) || path.find_first_of("*?[") == std::string::npos) {
            out.push_back({path, shown_path(files, path), false});
            continue;
        }
        const std::vector<std::string> found = files.glob(path, most_files);
        if (found.empty())
            return tl::unexpected(failure(status, fmt::format("{}{}: no file matches", files.label(), path)));
        for (const std::string& match : found)
            if (!files.is_directory(match)) out.push_back({match, shown_path(files, match), false});
    }
    // The same file named twice (by itself and by a glob) is one input.
    std::vector<NamedFile> unique;
    std::set<std::string> seen;
    for (NamedFile& file : out) {
        const std::string real = file.path == "-" ? "-" : files.real_path(file.path);
        if (!real.empty() && !seen.insert(real).second) continue;
        unique.push_back(std::move(file));
    }
    return unique;
}

std::string find_intent_upward(const base::Files& files) {
    std::error_code error;
    fs::path directory = fs::current_path(error);
    if (error) return "";
    const char* home = std::getenv("HOME");
    while (true) {
        const std::string candidate = (directory / "egresslint.toml").string();
        if (files.is_file(candidate)) return shown_path(candidate);
        // A boundary is one in every version.
        const bool boundary = fs::exists(directory / ".git", error) || (home != nullptr && directory == home);
        if (boundary || !directory.has_relative_path()) return "";
        directory = directory.parent_path();
    }
}

}  // namespace egresslint::cli
