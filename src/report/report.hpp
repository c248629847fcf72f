// SPDX-License-Identifier: Apache-2.0
// The door to this room: a report in, text of one output format out. One file a format, one line each in registry.cpp.
// A format computes nothing about firewalls; what it prints stands in lint::Report.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/source.hpp"
#include "lint/finding.hpp"
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
    bool assumptions = false;       ///< text: print devices, assumptions and the egress map before the findings
    bool quiet = false;             ///< text: findings only, no summary
    bool statistics = false;        ///< text: findings counted by rule at the end
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

/// `error: message` with the excerpt, as text on standard error shows a problem.
[[nodiscard]] std::string problem_text(const Problem& problem, const base::Sources& sources, const Style& style);

/// "2 errors, 1 warning"; "no findings".
[[nodiscard]] std::string count_text(const lint::Report& report);

/// "tcp 10.20.0.25:40000 -> 198.18.0.9:25, in lan0", escaped.
[[nodiscard]] std::string packet_text(const lint::PacketText& packet);

}  // namespace egresslint::report
