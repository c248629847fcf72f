// SPDX-License-Identifier: Apache-2.0
// One run of the program: options, texts, where output goes, and how a run ends.
//
// Exit status, the same in every format: 0 nothing at or above --fail-on, 1 findings, 2 the command line, the intent
// file or an input is wrong or could not be read. Machine formats name which.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/files.hpp"
#include "base/source.hpp"
#include "cli/options.hpp"
#include "lint/finding.hpp"
#include "lint/rule_file.hpp"
#include "report/report.hpp"

namespace egresslint::cli {

enum class Status : std::uint8_t { ok, findings, usage, config, unreadable, not_understood };
[[nodiscard]] std::string_view status_name(Status status);
[[nodiscard]] int exit_status(Status status);

/// A run that ends without a verdict; the status is one of the last four.
struct Failure {
    Status status = Status::usage;
    std::vector<report::Problem> problems;
};
[[nodiscard]] Failure failure(Status status, std::string message, base::Span span = {});
/// The fatal diagnostics among `diagnostics`, as problems.
[[nodiscard]] std::vector<report::Problem> fatal_problems(const base::Diagnostics& diagnostics);

template <class T>
using Expected = tl::expected<T, Failure>;

struct Session {
    Options options;
    const base::Files* files = &base::disk();  ///< where configurations are read from
    std::vector<lint::RuleFile> site_rules;    ///< of --rules
    base::Sources sources;
    std::map<std::string, std::string>
        overlay;        ///< texts to read in place of files, by path as opened: fixes not yet written
    report::Style out;  ///< for standard output
    report::Style err;  ///< for standard error
    std::vector<std::string>* held = nullptr;  ///< remarks go there, to be made later and in order; null: at once
    /// Paths without symbolic links by the path as shown, where they were found out elsewhere.
    std::optional<std::map<std::string, std::string>> linked;
    std::string step_summary;  ///< GITHUB_STEP_SUMMARY: the file of a workflow step's summary; "" = none

    /// A line on standard error about what was done with the inputs; silent with --quiet.
    void remark(std::string_view text) const;
    /// Writes to standard output; false when it is closed or full.
    [[nodiscard]] bool print(std::string_view text) const;
};

/// Which files are other files by way of symbolic links, as far as both lie below the working directory.
[[nodiscard]] std::map<std::string, std::string> linked_paths(const base::Sources& sources);

/// What every report is told about the run.
[[nodiscard]] report::Context report_context(const Session& session);
/// How a report becomes text.
struct Writer {
    std::function<std::string(const report::Format&, const report::Context&)> write;
    /// Markdown of at most so many bytes, for a workflow's job summary.
    std::function<std::string(std::size_t, const report::Context&)> summary;
};
[[nodiscard]] Writer writer_of(const lint::Report& report);
/// Standard output in --format and every --output file; with the format `github` in a workflow also the job summary.
/// The path of a file that could not be written is a failure.
[[nodiscard]] Expected<void> write_report(const Session& session, const Writer& writer, report::Context context);
[[nodiscard]] Expected<void> write_report(const Session& session, const lint::Report& report, report::Context context);
/// Says on standard error why there is no verdict; machine formats get an object that says so too.
int end_with(const Session& session, const Failure& failure);

}  // namespace egresslint::cli
