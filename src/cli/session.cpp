// SPDX-License-Identifier: Apache-2.0
#include "cli/session.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "base/io.hpp"
#include "report/escape.hpp"

namespace egresslint::cli {

std::string_view status_name(Status status) {
    switch (status) {
        case Status::ok: return "ok";
        case Status::findings: return "findings";
        case Status::usage: return "usage";
        case Status::config: return "config";
        case Status::unreadable: return "unreadable";
        case Status::not_understood: break;
    }
    return "not-understood";
}

int exit_status(Status status) {
    if (status == Status::ok) return 0;
    return status == Status::findings ? 1 : 2;
}

Failure failure(Status status, std::string message, base::Span span) {
    Failure out;
    out.status = status;
    out.problems.push_back({std::move(message), span, {}});
    return out;
}

std::vector<report::Problem> fatal_problems(const base::Diagnostics& diagnostics) {
    std::vector<report::Problem> out;
    for (const base::Diagnostic& diagnostic : diagnostics)
        if (diagnostic.kind == base::Diagnostic::Kind::fatal)
            out.push_back({diagnostic.message, diagnostic.span, diagnostic.notes});
    return out;
}

void Session::remark(std::string_view text) const {
    if (!options.quiet) fmt::print(stderr, "egresslint: {}\n", report::escaped(text));
}

bool Session::print(std::string_view text) const {
    const std::size_t written = std::fwrite(text.data(), 1, text.size(), stdout);
    return written == text.size() && std::fflush(stdout) == 0;
}

Expected<void> write_report(const Session& session, const lint::Report& report, report::Context context) {
    const Options& options = session.options;
    bool to_stdout = false;
    for (const OutputTarget& target : options.outputs) {
        const report::Format* format = report::find_format(target.format);
        if (target.path == "-") {
            to_stdout = true;
            context.style = session.out;
            if (!session.print(format->write(report, context)))
                return tl::unexpected(failure(Status::unreadable, "standard output could not be written"));
            continue;
        }
        context.style = report::Style(false);
        if (const auto error = base::write_file_atomically(target.path, format->write(report, context)))
            return tl::unexpected(failure(Status::unreadable, fmt::format("{}: {}", error->path, error->message)));
    }
    if (to_stdout && !options.format_given) return {};
    context.style = session.out;
    if (!session.print(report::find_format(options.format)->write(report, context)))
        return tl::unexpected(failure(Status::unreadable, "standard output could not be written"));
    return {};
}

int end_with(const Session& session, const Failure& failure) {
    for (const report::Problem& problem : failure.problems) {
        const std::string text = report::problem_text(problem, session.sources, session.err);
        std::fwrite(text.data(), 1, text.size(), stderr);
    }
    lint::Report report;
    report.status = std::string(status_name(failure.status));
    report::Context context{session.sources, session.out};
    context.problems = failure.problems;
    // A second failure here (a full disk) adds nothing that the first did not say.
    static_cast<void>(write_report(session, report, context));
    return exit_status(failure.status);
}

}  // namespace egresslint::cli
