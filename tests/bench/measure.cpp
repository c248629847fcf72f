// SPDX-License-Identifier: Apache-2.0
// Runs a command once and says what it took, for whole_process.sh: on Debian neither bash nor a tool that is always
// there tells the peak memory of a process.
//
//   measure COMMAND [ARGUMENTS…]      prints: wall seconds, processor seconds (user and system), peak KiB
//
// Standard output of the command is thrown away; its standard error is ours. Status 0 and 1 of the command (1:
// findings) count as success.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

int main(int argc, char** argv) {
    if (argc < 2) {
        std::fprintf(stderr, "usage: measure COMMAND [ARGUMENTS…]\n");
        return 2;
    }
    const auto begin = std::chrono::steady_clock::now();
    const pid_t child = ::fork();
    if (child < 0) {
        std::perror("measure: fork");
        return 2;
    }
    if (child == 0) {
        const int nowhere = ::open("/dev/null", O_WRONLY);
        if (nowhere < 0 || ::dup2(nowhere, STDOUT_FILENO) < 0) ::_exit(127);
        ::execvp(argv[1], argv + 1);
        std::perror(argv[1]);
        ::_exit(127);
    }
    int status = 0;
    struct rusage used {};
    if (::wait4(child, &status, 0, &used) != child) {
        std::perror("measure: wait4");
        return 2;
    }
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
    if (!WIFEXITED(status) || WEXITSTATUS(status) > 1) {
        std::fprintf(stderr, "measure: %s %s %d\n", argv[1],
                     WIFEXITED(status) ? "failed with status" : "was ended by signal",
                     WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
        return 2;
    }
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
    };
    std::printf("%.4f %.4f %ld\n", wall.count(), seconds(used.ru_utime) + seconds(used.ru_stime), used.ru_maxrss);
    return 0;
}
