// SPDX-License-Identifier: Apache-2.0
#include "cli/session.hpp"

#include <fmt/format.h>

#include <cstdio>

#include <algorithm>

#include "base/io.hpp"
#include "cli/paths.hpp"
#include "cli/version.hpp"
#include "report/escape.hpp"

namespace egresslint::cli {
namespace {

/// What a workflow step's summary may hold; of a larger one nothing is shown (GitHub's documentation of workflow
/// commands, "Adding a job summary").
constexpr std::uint64_t largest_summary = 1024 * 1024;

/// Appends the report to the job summary, where one is wanted. Other programs of the step write to the same file.
Expected<void> add_to_summary(const Session& session, const Writer& writer, const report::Context& context) {
    const auto is_github = [](const OutputTarget& target) { return target.format == "github"; };
    const Options& options = session.options;
    if (session.step_summary.empty() ||
        (options.format != "github" && std::none_of(options.outputs.begin(), options.outputs.end(), is_github)))
        return {};
    const std::uint64_t taken = base::size_of_file(session.step_summary);
    const std::uint64_t room = largest_summary - std::min(taken, largest_summary);
    const auto done = base::append_to_file(session.step_summary, writer.summary(room, context) + "\n", largest_summary);
    if (!done)
        return tl::unexpected(
            failure(Status::unreadable, fmt::format("{}: {}", done.error().path, done.error().message)));
    if (!*done) session.remark("the job summary of this step is full; the findings are not in it");
    return {};
}

}  // namespace

std::map<std::string, std::string> linked_paths(const base::Sources& sources) {
    std::map<std::string, std::string> out;
    for (std::size_t i = 0; i < sources.size(); ++i) {
        const std::string& shown = sources.file(base::FileId(i)).path;
        const std::string real = shown_path(real_path(shown));
        if (!real.empty() && real.front() != '/' && real != shown_path(shown)) out[shown] = real;
    }
    return out;
}

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
    if (held != nullptr)
        held->emplace_back(text);
    else if (!options.quiet)
        fmt::print(stderr, "egresslint: {}\n", report::escaped(text));
}

bool Session::print(std::string_view text) const {
    const std::size_t written = std::fwrite(text.data(), 1, text.size(), stdout);
    return written == text.size() && std::fflush(stdout) == 0;
}

report::Context report_context(const Session& session) {
    report::Context context{session.sources, session.out};
    context.version = version_number();
    context.suppressed = session.options.sarif_suppressed;
    context.site_rules = &session.site_rules;
    switch (session.options.fail_on) {
        case FailOn::note: context.fails_from = base::Severity::note; break;
        case FailOn::warning: context.fails_from = base::Severity::warning; break;
        case FailOn::error: context.fails_from = base::Severity::error; break;
        case FailOn::never: context.fails_from.reset(); break;
    }
    context.real_paths = session.linked ? *session.linked : linked_paths(session.sources);
    return context;
}

Writer writer_of(const lint::Report& report) {
    return {[&report](const report::Format& format, const report::Context& context) {
                return format.write(report, context);
            },
            [&report](std::size_t room, const report::Context& context) {
                return report::markdown_within(room, report, context);
            }};
}

Expected<void> write_report(const Session& session, const lint::Report& report, report::Context context) {
    return write_report(session, writer_of(report), std::move(context));
}

Expected<void> write_report(const Session& session, const Writer& writer, report::Context context) {
    const Options& options = session.options;
    // Files first: whoever reads standard output may stop reading, and end this process by that.
    context.style = report::Style(false);
    for (const OutputTarget& target : options.outputs) {
        if (target.path == "-") continue;
        const report::Format* format = report::find_format(target.format);
        if (const auto error = base::write_file_atomically(target.path, writer.write(*format, context)))
            return tl::unexpected(failure(Status::unreadable, fmt::format("{}: {}", error->path, error->message)));
    }
    context.style = session.out;
    if (auto summary = add_to_summary(session, writer, context); !summary) return summary;
    bool to_stdout = false;
    for (const OutputTarget& target : options.outputs) {
        if (target.path != "-") continue;
        to_stdout = true;
        if (!session.print(writer.write(*report::find_format(target.format), context)))
            return tl::unexpected(failure(Status::unreadable, "standard output could not be written"));
    }
    if (to_stdout && !options.format_given) return {};
    if (!session.print(writer.write(*report::find_format(options.format), context)))
        return tl::unexpected(failure(Status::unreadable, "standard output could not be written"));
    return {};
}

int end_with(const Session& session, const Failure& failure) {
    for (const report::Problem& problem : failure.problems) {
        const std::string text = report::problem_text(problem, session.sources, session.err);
        std::fwrite(text.data(), 1, text.size(), stderr);
    }
    // What a part would be, merge asks for: it is not there.
    if (session.options.shards != 0) return exit_status(failure.status);
    lint::Report report;
    report.status = std::string(status_name(failure.status));
    report::Context context = report_context(session);
    context.problems = failure.problems;
    // A second failure here (a full disk) adds nothing that the first did not say.
    static_cast<void>(write_report(session, report, context));
    return exit_status(failure.status);
}

}  // namespace egresslint::cli
