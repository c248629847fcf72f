// SPDX-License-Identifier: Apache-2.0
#include "base/io.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/files.hpp"

namespace egresslint::base {
namespace {

constexpr std::size_t max_include_files = 1024;
constexpr std::size_t max_glob_hits = 65'536;

class Descriptor {
public:
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (fd_ > STDERR_FILENO) ::close(fd_);
    }
    [[nodiscard]] int get() const { return fd_; }
    void reset(int fd) {
        if (fd_ > STDERR_FILENO) ::close(fd_);
        fd_ = fd;
    }

private:
    int fd_;
};

std::string error_text(int error) {
    switch (error) {
        case ENOENT: return "no such file";
        case EACCES: return "permission denied";
        case EISDIR: return "is a directory";
        case ENOTDIR: return "a part of the path is not a directory";
        case ELOOP: return "too many symbolic links";
        case ENAMETOOLONG: return "the path is too long";
        default: break;
    }
    std::array<char, 256> buffer{};
    return ::strerror_r(error, buffer.data(), buffer.size());
}

std::string size_text(std::uint64_t bytes) {
    if (bytes >= 1ull << 20 && bytes % (1ull << 20) == 0) return std::to_string(bytes >> 20) + " MiB";
    return std::to_string(bytes) + " bytes";
}

int open_retrying(const char* path, int flags, mode_t mode = 0) {
    int fd = -1;
    do fd = ::open(path, flags, mode);
    while (fd < 0 && errno == EINTR);
    return fd;
}

bool is_inside(const std::string& path, const std::string& directory) {
    if (directory == "/") return true;
    return path.size() > directory.size() && path.compare(0, directory.size(), directory) == 0 &&
           path[directory.size()] == '/';
}

}  // namespace

tl::expected<std::string, IoError> read_file(const std::string& path, std::uint64_t max_size) {
    const auto fail = [&path](std::string message) {
        return tl::unexpected(IoError{path == "-" ? "<stdin>" : path, std::move(message)});
    };
    const bool standard_input = path == "-";
    if (path.find('\0') != std::string::npos) return fail("the path contains a zero byte");
    // O_NONBLOCK: opening a FIFO must not hang before fstat can refuse it.
    const Descriptor fd(standard_input ? STDIN_FILENO
                                       : open_retrying(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (fd.get() < 0) return fail(error_text(errno));
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0) return fail(error_text(errno));
    if (S_ISDIR(info.st_mode)) return fail("is a directory");
    if (!standard_input && !S_ISREG(info.st_mode)) return fail("is not a regular file");
    const std::string too_large = "larger than the limit of " + size_text(max_size);
    std::string text;
    if (S_ISREG(info.st_mode)) {
        if (static_cast<std::uint64_t>(info.st_size) > max_size) return fail(too_large);
        text.reserve(static_cast<std::size_t>(info.st_size));
    }
    // Files under /proc state size 0 and a file may grow meanwhile: the limit is checked on what was read.
    std::array<char, 1 << 16> buffer;
    for (;;) {
        const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
        if (got == 0) return text;
        if (got < 0) {
            if (errno == EINTR) continue;
            return fail(error_text(errno));
        }
        if (text.size() + static_cast<std::size_t>(got) > max_size) return fail(too_large);
        text.append(buffer.data(), static_cast<std::size_t>(got));
    }
}

IncludeJail::IncludeJail(std::string root, bool allow_outside, const Files* files)
    : root_(std::move(root)), allow_outside_(allow_outside), files_(files != nullptr ? files : &disk()) {
    if (root_.empty()) root_ = ".";
}

IncludeJail::Resolved IncludeJail::resolve(std::string_view pattern) const {
    Resolved out;
    if (pattern.empty() || pattern.find('\0') != std::string_view::npos) {
        out.refused = "the include names no file";
        return out;
    }
    const std::string path = pattern.front() == '/' ? std::string(pattern) : root_ + "/" + std::string(pattern);
    const std::string jail = files_->real_path(root_);
    if (jail.empty()) {
        out.refused = "the directory " + root_ + " does not exist";
        return out;
    }
    const bool wildcard = pattern.find_first_of("*?[") != std::string_view::npos;
    std::vector<std::string> candidates;
    if (wildcard) {
        // A glob may not even list directories outside the jail.
        const auto fixed = path.substr(0, path.find_first_of("*?["));
        const auto directory = fixed.substr(0, fixed.rfind('/') + 1);
        const auto real = files_->real_path(directory.empty() ? "." : directory);
        if (!real.empty() && !allow_outside_ && real != jail && !is_inside(real, jail)) {
            out.refused = "outside the directory of the including file";
            return out;
        }
        candidates = files_->glob(path, max_glob_hits);
        std::erase_if(candidates, [&](const std::string& c) { return !files_->is_file(c); });
        if (candidates.size() > max_include_files) {
            out.refused = "matches more than " + std::to_string(max_include_files) + " files";
            return out;
        }
    } else {
        candidates.push_back(path);
    }
    for (auto& candidate : candidates) {
        const auto real = files_->real_path(candidate);
        // Outside first: whether a file outside exists is nobody's business.
        if (!allow_outside_) {
            const auto parent = candidate.substr(0, candidate.rfind('/') + 1);
            const auto place = real.empty() ? files_->real_path(parent) + "/x" : real;
            if (!is_inside(place, jail)) {
                out.paths.clear();
                out.refused = "outside the directory of the including file";
                return out;
            }
        }
        if (real.empty() || !files_->is_file(real)) {
            out.paths.clear();
            out.refused = real.empty() ? "no such file" : "is not a regular file";
            return out;
        }
        out.paths.push_back(std::move(candidate));
    }
    return out;
}

namespace {

/// Everything, or the error; interrupted writes go on.
int write_all(int fd, std::string_view content) {
    while (!content.empty()) {
        const ssize_t wrote = ::write(fd, content.data(), content.size());
        if (wrote < 0) {
            if (errno == EINTR) continue;
            return errno;
        }
        content.remove_prefix(static_cast<std::size_t>(wrote));
    }
    return 0;
}

std::string directory_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

/// A file that takes the name of another one when it is whole. Until then it has no name, so that a process that is
/// killed leaves nothing behind; where the file system knows no such files, it has a name of its own.
class NewFile {
public:
    explicit NewFile(const std::string& path) : path_(path), fd_(-1) {
        // A name is given by way of /proc.
        if (::access("/proc/self/fd", F_OK) == 0) {
            fd_.reset(open_retrying(directory_of(path).c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600));
            error_ = fd_.get() < 0 ? errno : 0;
            if (error_ != EOPNOTSUPP && error_ != EISDIR) return;
        }
        std::string name = path_ + ".XXXXXX";
        fd_.reset(::mkostemp(name.data(), O_CLOEXEC));
        error_ = fd_.get() < 0 ? errno : 0;
        if (error_ == 0) name_ = std::move(name);
    }
    NewFile(const NewFile&) = delete;
    NewFile& operator=(const NewFile&) = delete;
    ~NewFile() {
        if (!name_.empty()) ::unlink(name_.c_str());
    }

    /// 0 or the error.
    int write(std::string_view content, mode_t mode) {
        if (error_ != 0) return error_;
        if (::fchmod(fd_.get(), mode) != 0) return errno;
        if (const int error = write_all(fd_.get(), content)) return error;
        return ::fsync(fd_.get()) != 0 ? errno : 0;
    }
    /// Gives it the name that it is for. 0 or the error.
    int take_name() {
        if (name_.empty()) {
            if (link(path_)) return 0;
            for (unsigned number = 0; errno == EEXIST && number < 1000; ++number) {
                const std::string name = path_ + "." + std::to_string(::getpid()) + "-" + std::to_string(number);
                if (link(name)) {
                    name_ = name;
                    break;
                }
            }
            if (name_.empty()) return errno;
        }
        if (::rename(name_.c_str(), path_.c_str()) != 0) return errno;
        name_.clear();
        return 0;
    }

private:
    [[nodiscard]] bool link(const std::string& name) const {
        const std::string self = "/proc/self/fd/" + std::to_string(fd_.get());
        return ::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) == 0;
    }

    std::string path_;
    Descriptor fd_;
    int error_ = 0;
    std::string name_;  ///< "": it has none yet, or the one that it is for
};

}  // namespace

std::optional<IoError> write_file_atomically(const std::string& path, std::string_view content) {
    const auto fail = [&path](int error) { return IoError{path, error_text(error)}; };
    // Keep the mode of the file being replaced; a new file is readable by all, as a report should be.
    struct stat info {};
    mode_t mode = 0644;
    if (::stat(path.c_str(), &info) == 0) {
        if (!S_ISREG(info.st_mode)) return IoError{path, "is not a regular file"};
        mode = info.st_mode & 07777;
    }
    NewFile file(path);
    if (const int error = file.write(content, mode)) return fail(error);
    if (const int error = file.take_name()) return fail(error);
    const Descriptor parent(open_retrying(directory_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (parent.get() >= 0) ::fsync(parent.get());  // best effort: the file itself is whole already
    return std::nullopt;
}

tl::expected<bool, IoError> append_to_file(const std::string& path, std::string_view content, std::uint64_t max_size) {
    const auto fail = [&path](std::string message) { return tl::unexpected(IoError{path, std::move(message)}); };
    const Descriptor fd(
        open_retrying(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0644));
    if (fd.get() < 0) return fail(error_text(errno));
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0) return fail(error_text(errno));
    if (!S_ISREG(info.st_mode)) return fail("is not a regular file");
    const auto before = static_cast<std::uint64_t>(info.st_size);
    if (before > max_size || content.size() > max_size - before) return false;
    if (const int error = write_all(fd.get(), content)) {
        // What went in before the disk was full is no summary.
        if (::ftruncate(fd.get(), static_cast<off_t>(before)) != 0)
            return fail(error_text(error) + ", and a part of what was to be added stays: " + error_text(errno));
        return fail(error_text(error));
    }
    return true;
}

std::uint64_t size_of_file(const std::string& path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
}

}  // namespace egresslint::base
