// SPDX-License-Identifier: Apache-2.0
#include "cli/change.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <filesystem>

namespace egresslint::cli {
namespace fs = std::filesystem;
namespace {

bool names(const lint::Intent& intent, const std::string& pattern, const std::string& shown) {
    if (pattern.empty()) return false;
    const std::string here = shown_path(beside(intent, pattern));
    return here == shown || ::fnmatch(here.c_str(), shown.c_str(), FNM_PATHNAME) == 0;
}

bool below(const std::string& directory, const std::string& real) {
    const std::string root = real_path(directory);
    return !root.empty() && real.starts_with(root + "/");
}

/// What a verdict about any device may depend on.
bool concerns_everything(const Options& options, const lint::Intent& intent, const NamedFile& file) {
    const std::string real = real_path(file.path);
    for (const std::string& one : {intent.path, options.baseline})
        if (!one.empty() && real_path(one) == real) return true;
    for (const std::string& directory : options.rule_directories)
        if (below(directory, real) && fs::path(real).extension() == ".md") return true;
    for (const auto* evidence : {&intent.evidence.zones, &intent.evidence.mta, &intent.evidence.registry})
        for (const std::string& pattern : *evidence)
            if (names(intent, pattern, file.shown) || real_path(beside(intent, pattern)) == real) return true;
    return false;
}

}  // namespace

std::string beside(const lint::Intent& intent, const std::string& path) {
    return fs::path(path).is_absolute() || intent.directory.empty() || intent.directory == "."
               ? path
               : (fs::path(intent.directory) / path).string();
}

bool lost_a_file(const Change& change, const lint::Intent& intent, const lint::DeviceIntent& block) {
    std::vector<std::string> patterns = block.config;
    patterns.insert(patterns.end(), {block.addresses, block.routes, block.rules});
    return std::any_of(change.gone.begin(), change.gone.end(), [&](const std::string& shown) {
        return std::any_of(patterns.begin(), patterns.end(),
                           [&](const std::string& pattern) { return names(intent, pattern, shown); });
    });
}

Expected<Change> read_change(const Options& options, const lint::Intent& intent) {
    Change change;
    std::vector<std::string> there;
    for (const std::string& path : options.paths) {
        std::error_code ignored;
        // An empty directory is a submodule that is not checked out.
        if (fs::is_directory(path, ignored) && fs::is_empty(path, ignored)) continue;
        if (fs::exists(fs::symlink_status(path, ignored)))
            there.push_back(path);
        else
            change.gone.push_back(shown_path(path));
    }
    auto files = expand(base::disk(), there, Status::unreadable);
    if (!files) return tl::unexpected(files.error());
    for (NamedFile& file : *files) {
        file.from_directory = true;
        if (concerns_everything(options, intent, file))
            change.everything = true;
        else
            change.files.push_back(std::move(file));
    }
    for (const std::string& shown : change.gone)
        change.everything |=
            std::none_of(intent.devices.begin(), intent.devices.end(), [&](const lint::DeviceIntent& block) {
                return lost_a_file({{}, {shown}, false}, intent, block);
            });
    return change;
}

Expected<std::vector<NamedFile>> surroundings_of(const Change& change) {
    auto all = expand(base::disk(), {"."}, Status::unreadable);
    if (!all) return all;
    std::set<std::string> changed;
    for (const NamedFile& file : change.files) changed.insert(real_path(file.path));
    for (NamedFile& file : *all) file.context = !changed.contains(real_path(file.path));
    std::set<std::string> walked;
    for (const NamedFile& file : *all) walked.insert(real_path(file.path));
    for (const NamedFile& file : change.files)
        if (!walked.contains(real_path(file.path))) all->push_back(file);
    return all;
}

}  // namespace egresslint::cli
