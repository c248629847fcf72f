// SPDX-License-Identifier: Apache-2.0
// Dispatch only: command line in, one command, exit status out.
#include <unistd.h>

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
    try {
        return run(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "egresslint: internal error: %s; please report this\n", error.what());
    }
    return 2;
}
