// SPDX-License-Identifier: Apache-2.0
// The door to this room: a report in, text of one output format out. One file a format, one line each in registry.cpp.
// A format computes nothing about firewalls; what it prints stands in lint::Report.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/source.hpp"
#include "lint/finding.hpp"
#include "lint/rule_file.hpp"
#include "report/style.hpp"

namespace egresslint::report {

/// Why a run ended without a verdict, or what a reader refused; for the machine formats and for standard error.
struct Problem {
    std::string message;
    base::Span span;  ///< may be invalid
    std::vector<base::Note> notes;
};

struct Context {
    const base::Sources& sources;
    Style style;
    bool assumptions = false;   ///< text: print devices, assumptions and the egress map before the findings
    bool quiet = false;         ///< text: findings only, no summary
    bool statistics = false;    ///< text: findings counted by rule at the end
    bool suppressed = false;    ///< SARIF: suppressed findings too, marked as such
    std::string version = "0";  ///< of this program
    /// A finding at or above it fails the run; nullopt: none does.
    std::optional<base::Severity> fails_from = base::Severity::error;
    const std::vector<lint::RuleFile>* site_rules = nullptr;  ///< the site's own; may be null
    /// The path without symbolic links, by the path as shown, where the two differ: services that show findings beside
    /// files do not follow links.
    std::map<std::string, std::string> real_paths;
    std::vector<Problem> problems;  ///< with status usage, config, unreadable, not-understood
};

struct Format {
    std::string_view name;
    std::string_view describes;
    std::string (*write)(const lint::Report&, const Context&);
};

/// Explicit table, in the order in which help shows them.
[[nodiscard]] const std::vector<Format>& formats();
[[nodiscard]] const Format* find_format(std::string_view name);

[[nodiscard]] std::string write_text(const lint::Report& report, const Context& context);
[[nodiscard]] std::string write_concise(const lint::Report& report, const Context& context);
[[nodiscard]] std::string write_json(const lint::Report& report, const Context& context);
[[nodiscard]] std::string write_jsonl(const lint::Report& report, const Context& context);
[[nodiscard]] std::string write_sarif(const lint::Report& report, const Context& context);
[[nodiscard]] std::string write_github(const lint::Report& report, const Context& context);
[[nodiscard]] std::string write_gitlab(const lint::Report& report, const Context& context);
[[nodiscard]] std::string write_junit(const lint::Report& report, const Context& context);
[[nodiscard]] std::string write_rdjson(const lint::Report& report, const Context& context);
[[nodiscard]] std::string write_checkstyle(const lint::Report& report, const Context& context);
[[nodiscard]] std::string write_markdown(const lint::Report& report, const Context& context);
/// The same in at most `bytes` bytes: the least severe findings are left out whole, and it says how many.
[[nodiscard]] std::string markdown_within(std::size_t bytes, const lint::Report& report, const Context& context);

/// `error: message` with the excerpt, as text on standard error shows a problem.
[[nodiscard]] std::string problem_text(const Problem& problem, const base::Sources& sources, const Style& style);

/// "2 errors, 1 warning"; "no findings".
[[nodiscard]] std::string count_text(const lint::Report& report);

/// "tcp 10.20.0.25:40000 -> 198.18.0.9:25, in lan0", escaped.
[[nodiscard]] std::string packet_text(const lint::PacketText& packet);

}  // namespace egresslint::report
