// SPDX-License-Identifier: Apache-2.0
#include "cli/helper.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

extern char** environ;

namespace egresslint::cli {
namespace fs = std::filesystem;
namespace {

constexpr const char* helper_name = "egresslint-nft";
constexpr std::size_t most_output = 512u << 20;

bool executable(const fs::path& path) { return ::access(path.c_str(), X_OK) == 0 && !fs::is_directory(path); }

struct Pipe {
    std::array<int, 2> end{-1, -1};
    [[nodiscard]] bool open() { return ::pipe2(end.data(), O_CLOEXEC) == 0; }
    void close(std::size_t which) {
        if (end[which] >= 0) ::close(end[which]);
        end[which] = -1;
    }
    Pipe() = default;
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    ~Pipe() {
        close(0);
        close(1);
    }
};

/// Reads both pipes until they end, so that a full one never blocks the helper.
bool drain(Pipe& out, Pipe& err, std::string& out_text, std::string& err_text) {
    std::array<char, 1 << 16> buffer{};
    while (out.end[0] >= 0 || err.end[0] >= 0) {
        std::array<pollfd, 2> wait{{{out.end[0], POLLIN, 0}, {err.end[0], POLLIN, 0}}};
        if (::poll(wait.data(), wait.size(), -1) < 0 && errno != EINTR) return false;
        for (std::size_t i = 0; i < 2; ++i) {
            if (wait[i].fd < 0 || wait[i].revents == 0) continue;
            const ssize_t got = ::read(wait[i].fd, buffer.data(), buffer.size());
            if (got < 0 && errno == EINTR) continue;
            if (got <= 0) {
                (i == 0 ? out : err).close(0);
                continue;
            }
            std::string& text = i == 0 ? out_text : err_text;
            if (text.size() + static_cast<std::size_t>(got) > most_output) return false;
            text.append(buffer.data(), static_cast<std::size_t>(got));
        }
    }
    return true;
}

std::string first_line(std::string_view text) {
    return std::string(text.substr(0, std::min(text.find('\n'), text.size())));
}

}  // namespace

std::string find_helper() {
    std::error_code error;
    const fs::path self = fs::read_symlink("/proc/self/exe", error);
    if (!error && executable(self.parent_path() / helper_name)) return (self.parent_path() / helper_name).string();
    const char* path = std::getenv("PATH");
    std::string_view rest = path == nullptr ? "" : path;
    while (!rest.empty()) {
        const std::size_t colon = std::min(rest.find(':'), rest.size());
        const fs::path candidate = fs::path(rest.substr(0, colon)) / helper_name;
        if (colon != 0 && executable(candidate)) return candidate.string();
        rest.remove_prefix(std::min(colon + 1, rest.size()));
    }
    return "";
}

Expected<std::string> run_helper(const std::vector<std::string>& arguments) {
    const std::string helper = find_helper();
    if (helper.empty())
        return tl::unexpected(failure(Status::unreadable,
                                      "egresslint-nft was found neither beside egresslint nor in PATH; it is built "
                                      "where libnftables-dev is installed"));
    Pipe out;
    Pipe err;
    if (!out.open() || !err.open())
        return tl::unexpected(failure(Status::unreadable, "no pipe could be opened for egresslint-nft"));

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out.end[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, err.end[1], STDERR_FILENO);
    std::vector<std::string> words{helper};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_t child = -1;
    const int spawned = ::posix_spawn(&child, helper.c_str(), &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (spawned != 0)
        return tl::unexpected(failure(Status::unreadable, fmt::format("{} could not be started: {}", helper,
                                                                      std::generic_category().message(spawned))));
    out.close(1);
    err.close(1);

    std::string text;
    std::string complaint;
    const bool complete = drain(out, err, text, complaint);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    const std::string why = first_line(complaint);
    if (complete && WIFEXITED(status) && WEXITSTATUS(status) == 0) return text;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 1)
        return tl::unexpected(failure(Status::not_understood, "the kernel refused the ruleset: " + why));
    if (WIFEXITED(status) && WEXITSTATUS(status) == 3)
        return tl::unexpected(
            failure(Status::unreadable,
                    "private namespaces are denied here, so the kernel cannot be asked without touching the "
                    "host: " +
                        why));
    return tl::unexpected(failure(Status::unreadable, "egresslint-nft failed: " + why));
}

}  // namespace egresslint::cli
