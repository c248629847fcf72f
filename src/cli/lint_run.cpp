// SPDX-License-Identifier: Apache-2.0
#include "cli/lint_run.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include "base/io.hpp"
#include "cli/mend.hpp"
#include "cli/site_rules.hpp"
#include "dialects/dialect.hpp"
#include "lint/baseline.hpp"
#include "report/escape.hpp"

namespace egresslint::cli {
namespace {

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

}  // namespace

bool counts(const lint::Finding& finding, FailOn level) {
    switch (level) {
        case FailOn::note: return true;
        case FailOn::warning: return finding.severity >= base::Severity::warning;
        case FailOn::error: return finding.severity >= base::Severity::error;
        case FailOn::never: break;
    }
    return false;
}

std::string_view level_name(FailOn level) {
    constexpr std::array<std::string_view, 4> levels{"note", "warning", "error", "never"};
    return levels[static_cast<std::size_t>(level)];
}

lint::Options rule_options(const Session& session) {
    const Options& options = session.options;
    lint::Options wanted;
    wanted.select = options.select;
    wanted.ignore = options.ignore;
    wanted.extend_select = options.extend_select;
    wanted.site_rules = &session.site_rules;
    wanted.suppressions = !options.no_suppressions;
    return wanted;
}

Progress::Progress(const Session& session)
    : wanted_(!session.options.no_progress && !session.options.quiet && ::isatty(STDERR_FILENO) == 1),
      begin_(seconds()) {}

Progress::~Progress() {
    if (drawn_) std::fputs("\r\x1b[K", stderr);
}

void Progress::show(const std::string& what, double done) {
    const double now = seconds();
    // Short runs show nothing; long ones ten times a second at most.
    if (!wanted_ || now - begin_ < 0.5 || now - last_ < 0.1) return;
    last_ = now;
    drawn_ = true;
    constexpr int width = 24;
    const int filled = static_cast<int>(std::clamp(done, 0.0, 1.0) * width);
    fmt::print(stderr, "\r\x1b[K[{}{}] {:3.0f}% {}", std::string(static_cast<std::size_t>(filled), '='),
               std::string(static_cast<std::size_t>(width - filled), ' '), done * 100,
               report::clipped(report::escaped(what), 40));
    std::fflush(stderr);
}

lint::Options lint_options(const Session& session, Persona persona) {
    lint::Options wanted = rule_options(session);
    wanted.audit = persona == Persona::audit;
    wanted.egress_map = persona == Persona::audit;
    return wanted;
}

lint::Gathered gather_rules(const Session& session, Inputs& inputs, const lint::Options& options) {
    lint::Options wanted = options;
    lint::Workshop workshop;
    workshop.write = [&](std::size_t number, const model::Device& device,
                         const model::Amendment& amendment) -> std::optional<std::vector<base::TextEdit>> {
        const dialects::Dialect& dialect = *inputs.recipes[number].dialect;
        return dialect.write == nullptr ? std::nullopt : dialect.write(session.sources, device, amendment);
    };
    workshop.read = [&](std::size_t number, const std::vector<base::TextEdit>& edits) {
        return reread(session, inputs, number, edits);
    };
    // A proof runs the rules once more; without being asked for fixes a large configuration is not kept waiting.
    workshop.most_rules = session.options.fix || session.options.diff ? 20'000 : 1'000;
    wanted.workshop = &workshop;
    wanted.evidence = inputs.evidence.get();
    return lint::gather(std::move(inputs.devices), *inputs.intent, session.sources, wanted);
}

namespace {

lint::Report run_rules(const Session& session, Inputs& inputs, Persona persona) {
    lint::Options wanted = lint_options(session, persona);
    Progress progress(session);
    if (progress.wanted()) wanted.progress = [&](const std::string& what, double done) { progress.show(what, done); };
    return lint::conclude(gather_rules(session, inputs, wanted), *inputs.intent, session.sources, wanted);
}

/// Leaves out what the baseline lists, and says what it lists in vain.
Expected<void> without_known(Session& session, lint::Report& report) {
    const std::string& path = session.options.baseline;
    if (path.empty()) return {};
    auto text = base::read_file(path);
    if (!text) return tl::unexpected(failure(Status::unreadable, fmt::format("{}: {}", path, text.error().message)));
    const base::FileId file = session.sources.add(path, std::move(*text));
    const auto baseline = lint::read_baseline(session.sources, file);
    if (!baseline) return tl::unexpected(failure(Status::config, baseline.error().message, baseline.error().span));
    const auto gone = lint::apply_baseline(report, *baseline);
    if (!gone.empty())
        session.remark(fmt::format("{} of the {} findings of {} {} found no more; --write-baseline drops them",
                                   gone.size(), baseline->entries.size(), report::escaped(path),
                                   gone.size() == 1 ? "is" : "are"));
    return {};
}

}  // namespace

Expected<int> lint_and_report(Session& session, Inputs inputs, Persona persona) {
    if (const auto named = check_selectors(session, *inputs.intent); !named) return tl::unexpected(named.error());
    const Options& options = session.options;
    lint::Report report = run_rules(session, inputs, persona);
    if (options.fix || options.diff) {
        const IntentSearch search = persona == Persona::check ? IntentSearch::upward : IntentSearch::only_when_named;
        auto mended =
            mend(session, inputs, report, search, [&](Inputs& again) { return run_rules(session, again, persona); });
        if (!mended) return tl::unexpected(mended.error());
        for (const std::string& line : mended->done)
            session.remark(fmt::format("{} {}", options.diff ? "would fix" : "fixed", report::escaped(line)));
        if (options.diff) {
            if (!session.print(unified_diffs(*mended)))
                return tl::unexpected(failure(Status::unreadable, "standard output could not be written"));
            return mended->texts.empty() || options.exit_zero ? 0 : exit_status(Status::findings);
        }
        if (auto written = write_back(*mended); !written) return tl::unexpected(written.error());
    }
    return report_all(session, std::move(report), persona);
}

Expected<int> report_all(Session& session, lint::Report report, Persona persona) {
    const Options& options = session.options;
    if (!options.write_baseline.empty()) {
        const std::string list = lint::write_baseline(report.findings);
        if (options.write_baseline == "-") {
            if (!session.print(list))
                return tl::unexpected(failure(Status::unreadable, "standard output could not be written"));
            return 0;
        }
        if (const auto error = base::write_file_atomically(options.write_baseline, list))
            return tl::unexpected(failure(Status::unreadable, fmt::format("{}: {}", error->path, error->message)));
        session.remark(
            fmt::format("{} written to {}", report::count_text(report), report::escaped(options.write_baseline)));
        return 0;
    }
    if (auto known = without_known(session, report); !known) return tl::unexpected(known.error());
    if (options.proven_only)
        std::erase_if(report.findings, [](const lint::Finding& f) { return f.certainty != lint::Certainty::proven; });

    const bool failing = std::any_of(report.findings.begin(), report.findings.end(),
                                     [&](const lint::Finding& f) { return counts(f, options.fail_on); });
    const Status status = failing ? Status::findings : Status::ok;
    report.status = std::string(status_name(status));

    report::Context context = report_context(session);
    context.assumptions = persona == Persona::audit;
    context.quiet = options.quiet;
    context.statistics = options.statistics;
    if (auto written = write_report(session, report, context); !written) return tl::unexpected(written.error());

    if (!failing) return 0;
    const std::string_view level = level_name(options.fail_on);
    if (options.exit_zero) {
        session.remark(fmt::format("{}; would fail on {}, but for --exit-zero", report::count_text(report), level));
        return 0;
    }
    session.remark(fmt::format("{}; failing on {} (status 1)", report::count_text(report), level));
    return exit_status(status);
}

}  // namespace egresslint::cli
