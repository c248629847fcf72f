// SPDX-License-Identifier: Apache-2.0
// See user_namespaces(7) for the order of the three files.
#include "enter.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace egresslint::kernel {
namespace {

bool write_text(const char* path, const std::string& text) {
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return false;
    const bool done = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    close(fd);
    return done;
}

}  // namespace

std::string enter_namespaces() {
    const uid_t uid = geteuid();
    const gid_t gid = getegid();
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS) != 0)
        return std::string("unshare: ") + std::strerror(errno);
    if (!write_text("/proc/self/setgroups", "deny") && errno != ENOENT) return "/proc/self/setgroups";
    if (!write_text("/proc/self/uid_map", "0 " + std::to_string(uid) + " 1")) return "/proc/self/uid_map";
    if (!write_text("/proc/self/gid_map", "0 " + std::to_string(gid) + " 1")) return "/proc/self/gid_map";
    // iptables wants its lock file, also where an ordinary user runs these tests.
    if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "size=1m") != 0) {
        return std::string("a private /run: ") + std::strerror(errno);
    }
    return {};
}

}  // namespace egresslint::kernel
