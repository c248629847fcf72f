// SPDX-License-Identifier: GPL-2.0-only
// egresslint-nft: what egresslint needs libnftables for. A program of its own because libnftables is GPL-2.0 and
// because only this part needs privileges or namespaces.
//
//   egresslint-nft list                      the running ruleset of this network namespace; changes nothing
//   egresslint-nft via-kernel [FILE|-]       loads FILE into a private namespace and prints what the kernel made of it
//
// Exit status: 0 done, 1 nft refused, 2 usage or unreadable file, 3 namespaces are denied here.
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "links.hpp"
#include "ruleset.hpp"
#include "sandbox.hpp"

namespace {

using namespace egresslint::nft;

enum Exit : int { exit_ok = 0, exit_refused = 1, exit_usage = 2, exit_denied = 3 };

constexpr std::size_t max_input = 256u << 20;

constexpr const char* usage_text =
    "usage: egresslint-nft list\n"
    "       egresslint-nft via-kernel [--interface NAME]... [FILE|-]\n"
    "\n"
    "list        prints the running ruleset of the current network namespace (needs CAP_NET_ADMIN)\n"
    "via-kernel  loads FILE into a private user and network namespace and prints what the kernel lists;\n"
    "            the host's own ruleset is never touched; includes are confined to FILE's directory\n"
    "  --interface NAME  creates an interface there first, for rules that name one by index (iif, oif)\n";

void complain(const std::string& text) { std::fprintf(stderr, "egresslint-nft: %s\n", text.c_str()); }

int print(const std::string& text) {
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
        complain(std::string("cannot write the result: ") + std::strerror(errno));
        return exit_usage;
    }
    return exit_ok;
}

int refused(const Answer& answer) {
    std::fwrite(answer.error.data(), 1, answer.error.size(), stderr);
    if (answer.error.empty()) complain("libnftables failed without a message");
    return exit_refused;
}

int list_running() {
    shed_inherited();
    if (!keep_net_admin_only()) complain("privileges could not be dropped");
    const Answer answer = list();
    return answer.ok ? print(answer.output) : refused(answer);
}

/// All of standard input; false when it is too long or unreadable.
bool read_input(std::string& text) {
    std::vector<char> buffer(1u << 16);
    for (;;) {
        const ssize_t got = read(STDIN_FILENO, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return false;
        if (got == 0) return text.find('\0') == std::string::npos;
        text.append(buffer.data(), static_cast<std::size_t>(got));
        if (text.size() > max_input) return false;
    }
}

/// The absolute path of a regular file of bearable size, symbolic links resolved; "" with a complaint otherwise.
std::string regular_file(const std::string& path) {
    char* resolved = realpath(path.c_str(), nullptr);
    if (resolved == nullptr) {
        complain(path + ": " + std::strerror(errno));
        return {};
    }
    const std::string absolute = resolved;
    std::free(resolved);
    struct stat status {};
    if (stat(absolute.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) {
        complain(path + ": not a regular file");
        return {};
    }
    if (static_cast<unsigned long long>(status.st_size) > max_input) {
        complain(path + ": larger than 256 MiB");
        return {};
    }
    return absolute;
}

int via_kernel(const std::string& file, const std::vector<std::string>& interfaces) {
    shed_inherited();
    std::string text;
    std::string path;
    std::string directory;
    if (file == "-") {
        if (!read_input(text)) {
            complain("standard input cannot be read, is longer than 256 MiB or holds a NUL byte");
            return exit_usage;
        }
    } else {
        path = regular_file(file);
        if (path.empty()) return exit_usage;
        directory = path.substr(0, path.rfind('/'));
        if (directory.empty()) {
            complain(file + ": lies in the root directory, whose files cannot be confined; move it into a directory");
            return exit_usage;
        }
    }
    if (const SandboxError error = enter_sandbox(directory); error.outcome != Entered::yes) {
        complain(error.message);
        return exit_denied;
    }
    // A file of the private root, so that messages name it and a line of it.
    if (file == "-") {
        path = "/stdin";
        if (!write_private_file(path, text)) {
            complain(std::string("the private file system: ") + std::strerror(errno));
            return exit_denied;
        }
        text = {};
    }
    for (const std::string& name : interfaces) {
        if (const std::string problem = create_interface(name); !problem.empty()) {
            complain(problem);
            return exit_usage;
        }
    }
    if (!keep_net_admin_only()) {
        complain("privileges could not be dropped");
        return exit_denied;
    }
    if (!is_empty()) {
        complain("the private namespace already holds a ruleset or cannot be listed; nothing was loaded");
        return exit_denied;
    }
    const Answer loaded = load_file(path, directory);
    if (!loaded.ok) return refused(loaded);
    const Answer listed = list();
    return listed.ok ? print(listed.output) : refused(listed);
}

int usage_error(const std::string& message) {
    complain(message);
    std::fputs(usage_text, stderr);
    return exit_usage;
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    if (arguments.empty()) return usage_error("a command is missing");
    const std::string& command = arguments.front();
    if (command == "--help" || command == "-h") return std::fputs(usage_text, stdout) >= 0 ? exit_ok : exit_usage;
    if (command == "--version") return std::puts("egresslint-nft " EGRESSLINT_VERSION) >= 0 ? exit_ok : exit_usage;
    if (command == "list") {
        return arguments.size() == 1 ? list_running() : usage_error("'list' takes no argument");
    }
    if (command != "via-kernel") return usage_error("no such command: '" + command + "'");

    std::string file;
    std::vector<std::string> interfaces;
    for (std::size_t i = 1; i < arguments.size(); ++i) {
        if (arguments[i] == "--interface") {
            if (++i == arguments.size()) return usage_error("--interface takes a name");
            interfaces.push_back(arguments[i]);
        } else if (arguments[i].size() > 1 && arguments[i].front() == '-') {
            return usage_error("no such option: '" + arguments[i] + "'");
        } else if (!file.empty()) {
            return usage_error("one file at a time");
        } else {
            file = arguments[i];
        }
    }
    return via_kernel(file.empty() ? "-" : file, interfaces);
}
