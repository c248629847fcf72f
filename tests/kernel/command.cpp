// SPDX-License-Identifier: Apache-2.0
// fork and exec with three temporary files, so that no order of reading and writing can deadlock.
#include "command.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace egresslint::kernel {
namespace {

int memory_file(const std::string& content) {
    const int fd = memfd_create("egresslint", MFD_CLOEXEC);
    if (fd < 0) return fd;
    for (std::size_t done = 0; done < content.size();) {
        const ssize_t wrote = write(fd, content.data() + done, content.size() - done);
        if (wrote <= 0) break;
        done += static_cast<std::size_t>(wrote);
    }
    lseek(fd, 0, SEEK_SET);
    return fd;
}

std::string content_of(int fd) {
    std::string text;
    std::array<char, 65536> buffer{};
    lseek(fd, 0, SEEK_SET);
    for (;;) {
        const ssize_t got = read(fd, buffer.data(), buffer.size());
        if (got <= 0) return text;
        text.append(buffer.data(), static_cast<std::size_t>(got));
    }
}

}  // namespace

Finished run(const std::vector<std::string>& arguments, const std::string& input) {
    Finished finished;
    std::vector<char*> argv;
    for (const std::string& a : arguments) argv.push_back(const_cast<char*>(a.c_str()));
    argv.push_back(nullptr);
    const int in = memory_file(input);
    const int out = memory_file({});
    const int err = memory_file({});
    const pid_t child = fork();
    if (child == 0) {
        dup2(in, STDIN_FILENO);
        dup2(out, STDOUT_FILENO);
        dup2(err, STDERR_FILENO);
        execvp(argv[0], argv.data());
        _exit(127);
    }
    int status = 0;
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    finished.status = child < 0 ? 127 : WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    finished.output = content_of(out);
    finished.error = content_of(err);
    for (const int fd : {in, out, err}) close(fd);
    return finished;
}

bool have(const std::string& program) { return run({program, "--version"}).status != 127; }

}  // namespace egresslint::kernel
