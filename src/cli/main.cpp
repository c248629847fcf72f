// SPDX-License-Identifier: Apache-2.0
// Dispatch only: command line in, one command, exit status out.
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "cli/arguments.hpp"
#include "cli/session.hpp"
#include "cli/site_rules.hpp"

namespace {

using namespace egresslint;

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

report::Style style_for(const cli::Options& options, int descriptor) {
    report::ColorFacts facts;
    facts.choice = options.color;
    facts.no_color = environment("NO_COLOR");
    facts.clicolor_force = environment("CLICOLOR_FORCE");
    facts.force_color = environment("FORCE_COLOR");
    facts.term = environment("TERM");
    facts.terminal = ::isatty(descriptor) == 1;
    return report::Style(report::use_color(facts));
}

/// A standard stream that the caller closed must not become the number of a file that is opened later: what is
/// printed would go into it. It becomes one that can be neither read nor written, as it was.
void occupy_closed_streams() {
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        if (::fcntl(stream, F_GETFD) == -1)
            static_cast<void>(::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY));
}

int run(int argc, const char* const* argv) {
    cli::Parsed parsed = cli::parse_arguments(argc, argv);
    cli::Session session;
    session.options = std::move(parsed.options);
    session.out = style_for(session.options, STDOUT_FILENO);
    session.err = style_for(session.options, STDERR_FILENO);
    session.step_summary = environment("GITHUB_STEP_SUMMARY");
    if (!parsed.problem.empty()) return cli::end_with(session, cli::failure(cli::Status::usage, parsed.problem));
    if (parsed.command == nullptr) return session.print(parsed.text) ? 0 : 2;
    if (const auto read = cli::read_site_rules(session); !read) return cli::end_with(session, read.error());
    const cli::Expected<int> result = parsed.command->run(session);
    return result ? *result : cli::end_with(session, result.error());
}

}  // namespace

int main(int argc, char** argv) {
    occupy_closed_streams();
    // A limit on the size of files is an error like a full disk, and no end without a word. SIGPIPE stays what it is:
    // `egresslint … | head` ends as every other program does.
    std::signal(SIGXFSZ, SIG_IGN);
    try {
        return run(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "egresslint: internal error: %s; please report this\n", error.what());
    }
    return 2;
}
