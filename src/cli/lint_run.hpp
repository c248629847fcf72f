// SPDX-License-Identifier: Apache-2.0
// What check and audit share: run the rules, write the reports, decide the exit status and say why.
#pragma once

#include "cli/inputs.hpp"
#include "cli/session.hpp"

namespace egresslint::cli {

enum class Persona : unsigned char { check, audit };
[[nodiscard]] Expected<int> lint_and_report(Session& session, Inputs inputs, Persona persona);

/// A finding that fails a run at this level.
[[nodiscard]] bool counts(const lint::Finding& finding, FailOn level);
[[nodiscard]] std::string_view level_name(FailOn level);
/// What the options say about a run of the rules.
[[nodiscard]] lint::Options rule_options(const Session& session);
/// What the rules are asked with; without lint::Options::workshop and progress.
[[nodiscard]] lint::Options lint_options(const Session& session, Persona persona);
/// The rules over the devices of `inputs`, without the end of a run (lint::conclude).
[[nodiscard]] lint::Gathered gather_rules(const Session& session, Inputs& inputs, const lint::Options& options);
/// The end of a run: baseline, reports, exit status.
[[nodiscard]] Expected<int> report_all(Session& session, lint::Report report, Persona persona);

/// A line on a terminal's standard error that long work rewrites; nothing elsewhere. Cleared when destroyed.
class Progress {
public:
    explicit Progress(const Session& session);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    void show(const std::string& what, double done);
    [[nodiscard]] bool wanted() const { return wanted_; }

private:
    bool wanted_ = false;
    bool drawn_ = false;
    double begin_ = 0;
    double last_ = 0;
};

}  // namespace egresslint::cli
