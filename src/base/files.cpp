// SPDX-License-Identifier: Apache-2.0
#include "base/files.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <filesystem>

namespace egresslint::base {
namespace fs = std::filesystem;
namespace {

bool is_pattern(std::string_view part) { return part.find_first_of("*?[") != std::string_view::npos; }

class Disk final : public Files {
public:
    [[nodiscard]] Kind kind(const std::string& path) const override {
        std::error_code ignored;
        switch (fs::status(path, ignored).type()) {
            case fs::file_type::regular: return Kind::file;
            case fs::file_type::directory: return Kind::directory;
            case fs::file_type::none:
            case fs::file_type::not_found: return Kind::none;
            default: return Kind::other;
        }
    }
    [[nodiscard]] bool is_link(const std::string& path) const override {
        std::error_code ignored;
        return fs::is_symlink(path, ignored);
    }
    [[nodiscard]] tl::expected<std::string, IoError> read(const std::string& path) const override {
        return read_file(path);
    }
    [[nodiscard]] tl::expected<std::vector<std::string>, IoError> list(const std::string& directory) const override {
        std::error_code error;
        std::vector<std::string> out;
        for (auto it = fs::directory_iterator(directory, error); !error && it != fs::directory_iterator();
             it.increment(error))
            out.push_back(it->path().filename().string());
        if (error) return tl::unexpected(IoError{directory, error.message()});
        std::sort(out.begin(), out.end());
        return out;
    }
    [[nodiscard]] std::string real_path(const std::string& path) const override {
        std::error_code error;
        const fs::path real = fs::canonical(path, error);
        return error ? "" : real.string();
    }
};

/// One component of the pattern after the other, so that only directories which it names are listed.
void expand(const Files& files, const std::string& before, std::string_view rest, std::size_t limit,
            std::vector<std::string>& out) {
    if (out.size() > limit) return;
    const std::size_t slash = rest.find('/');
    const std::string_view part = rest.substr(0, slash);
    const bool last = slash == std::string_view::npos;
    const std::string_view further = last ? std::string_view{} : rest.substr(slash + 1);
    const auto go_on = [&](const std::string& name) {
        const std::string path = before + name;
        if (last) {
            if (files.exists(path) || files.is_link(path)) out.push_back(path);
        } else {
            expand(files, path + "/", further, limit, out);
        }
    };
    if (!is_pattern(part)) return go_on(std::string(part));
    const auto names = files.list(before.empty() ? "." : before);
    if (!names) return;
    for (const std::string& name : *names)
        if (::fnmatch(std::string(part).c_str(), name.c_str(), FNM_PERIOD) == 0) go_on(name);
}

}  // namespace

std::string Files::plain(std::string_view path) const {
    const std::string_view front = label();
    if (!front.empty() && path.starts_with(front)) path.remove_prefix(front.size());
    return std::string(path);
}

std::vector<std::string> Files::glob(const std::string& pattern, std::size_t limit) const {
    std::vector<std::string> out;
    const std::string path = plain(pattern);
    const bool absolute = path.starts_with('/');
    expand(*this, absolute ? "/" : "", std::string_view(path).substr(absolute ? 1 : 0), limit, out);
    if (out.size() > limit) out.resize(limit + 1);
    std::sort(out.begin(), out.end());
    return out;
}

const Files& disk() {
    static const Disk files;
    return files;
}

}  // namespace egresslint::base
