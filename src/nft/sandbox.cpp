// SPDX-License-Identifier: GPL-2.0-only
// The private namespaces of `via-kernel`; see sandbox.hpp. Sources: user_namespaces(7), mount_namespaces(7),
// pivot_root(2), capabilities(7).
#include "sandbox.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

namespace egresslint::nft {
namespace {

// What libnftables looks names up in: services, protocols, marks and routing tables by name.
constexpr std::array lookup_files = {"/etc/services", "/etc/protocols",      "/etc/nsswitch.conf",
                                     "/etc/iproute2", "/usr/share/iproute2", "/dev/null"};

std::string why(const char* what) { return std::string(what) + ": " + std::strerror(errno); }

struct Identity {
    dev_t device = 0;
    ino_t inode = 0;
    friend bool operator==(const Identity&, const Identity&) = default;
};

bool network_namespace(Identity& identity) {
    struct stat status {};
    if (stat("/proc/self/ns/net", &status) != 0) return false;
    identity = {status.st_dev, status.st_ino};
    return true;
}

bool write_text(const char* path, const std::string& text) {
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return false;
    const bool done = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    close(fd);
    return done;
}

bool make_directories(const std::string& path) {
    for (std::size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
        const std::string part = path.substr(0, slash);
        if (mkdir(part.c_str(), 0755) != 0 && errno != EEXIST) return false;
        if (slash == std::string::npos) return true;
    }
}

/// Something of the old file system that stays visible at the same path.
struct Kept {
    std::string path;
    int fd = -1;
    bool directory = false;
};

bool keep(const std::string& path, std::vector<Kept>& kept) {
    struct stat status {};
    const int fd = open(path.c_str(), O_PATH | O_CLOEXEC);
    if (fd < 0) return false;
    if (fstat(fd, &status) != 0) {
        close(fd);
        return false;
    }
    kept.push_back({path, fd, S_ISDIR(status.st_mode)});
    return true;
}

bool bind(const Kept& item, const std::string& root) {
    const std::string target = root + item.path;
    if (item.directory) {
        if (!make_directories(target)) return false;
    } else {
        if (!make_directories(target.substr(0, target.rfind('/')))) return false;
        const int fd = open(target.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        if (fd < 0) return false;
        close(fd);
    }
    const std::string source = "/proc/self/fd/" + std::to_string(item.fd);
    return mount(source.c_str(), target.c_str(), nullptr, MS_BIND | MS_REC, nullptr) == 0;
}

/// A new root that holds the lookup files and `readable`, and nothing else.
std::string confine_files(const std::string& readable) {
    std::vector<Kept> kept;
    for (const char* path : lookup_files) {
        static_cast<void>(keep(path, kept));  // a system without services(5) has no service names; nft will say so
    }
    if (!readable.empty() && !keep(readable, kept)) return why(readable.c_str());
    if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return why("making mounts private");

    // Any directory may carry the new root: what it hides is reached through the descriptors opened above.
    std::string root;
    for (const char* candidate : {"/tmp", "/run", "/mnt", "/var"}) {
        if (mount("tmpfs", candidate, "tmpfs", MS_NOSUID | MS_NODEV, "size=320m,mode=0755") == 0) {
            root = candidate;
            break;
        }
    }
    if (root.empty()) return why("mounting a private file system");
    for (const Kept& item : kept) {
        if (!bind(item, root)) return why(item.path.c_str());
        close(item.fd);
    }
    if (chdir(root.c_str()) != 0) return why(root.c_str());
    if (syscall(SYS_pivot_root, ".", ".") != 0) return why("changing the root");
    if (umount2(".", MNT_DETACH) != 0) return why("leaving the old root");
    if (chdir("/") != 0) return why("/");
    return {};
}

}  // namespace

void shed_inherited() {
#ifdef SYS_close_range
    syscall(SYS_close_range, 3u, ~0u, 0u);
#endif
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
}

bool keep_net_admin_only() {
    // The bounding set first: that takes CAP_SETPCAP, which the second step gives away.
    for (int capability = 0; capability <= CAP_LAST_CAP; ++capability) {
        if (capability != CAP_NET_ADMIN) prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    }
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, 2> data{};
    if (syscall(SYS_capget, &header, data.data()) != 0) return false;
    const std::uint32_t bit = 1u << CAP_NET_ADMIN;
    data[0].permitted &= bit;
    data[0].effective = data[0].permitted;
    data[0].inheritable = 0;
    data[1] = {};
    return syscall(SYS_capset, &header, data.data()) == 0;
}

bool write_private_file(const std::string& path, const std::string& text) {
    const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return false;
    std::size_t done = 0;
    while (done < text.size()) {
        const ssize_t wrote = write(fd, text.data() + done, text.size() - done);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) break;
        done += static_cast<std::size_t>(wrote);
    }
    return close(fd) == 0 && done == text.size();
}

SandboxError enter_sandbox(const std::string& readable) {
    Identity before;
    if (!network_namespace(before)) {
        return {Entered::broken, why("/proc/self/ns/net cannot be read, so a private namespace could not be proven")};
    }
    const uid_t uid = geteuid();
    const gid_t gid = getegid();
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS) != 0) {
        return {Entered::denied,
                std::string("a private user and network namespace is denied here (") + std::strerror(errno) +
                    "); see /proc/sys/user/max_user_namespaces, "
                    "/proc/sys/kernel/unprivileged_userns_clone, and the container's seccomp or AppArmor profile"};
    }
    // A process may map its own id alone without privileges; groups must be frozen first.
    if (!write_text("/proc/self/setgroups", "deny") && errno != ENOENT)
        return {Entered::denied, why("/proc/self/setgroups")};
    if (!write_text("/proc/self/uid_map", "0 " + std::to_string(uid) + " 1")) {
        return {Entered::denied, why("/proc/self/uid_map")};
    }
    if (!write_text("/proc/self/gid_map", "0 " + std::to_string(gid) + " 1")) {
        return {Entered::denied, why("/proc/self/gid_map")};
    }
    Identity after;
    if (!network_namespace(after)) return {Entered::broken, why("/proc/self/ns/net")};
    if (after == before) {
        return {Entered::broken, "the network namespace did not change; refusing to load anything into this one"};
    }
    if (std::string problem = confine_files(readable); !problem.empty()) {
        return {Entered::denied, "confining the files a ruleset may include is denied here (" + problem + ")"};
    }
    return {};
}

}  // namespace egresslint::nft
