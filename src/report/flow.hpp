// SPDX-License-Identifier: Apache-2.0
// Answers about flows that are no findings: traced packets and query answers, for people and for machines.
#pragma once

#include <string>
#include <vector>

#include "base/source.hpp"
#include "lint/lint.hpp"
#include "lint/prepare.hpp"
#include "report/style.hpp"

namespace egresslint::report {

struct TracedPacket {
    base::Span span;  ///< the line it was read from
    lint::PacketText packet;
    lint::OutcomeText outcome;
    std::vector<lint::TraceStep> steps;
    std::vector<std::string> depends_on;
    /// The ways in which it may end, when the answer is not settled; `steps` are then those common to all.
    std::vector<lint::Alternative> alternatives;
};
/// {"verdict","out","src","dst","sport","dport","rules":[…]} on one line.
[[nodiscard]] std::string traced_jsonl(const TracedPacket& traced, const base::Sources& sources);
[[nodiscard]] std::string traced_text(const TracedPacket& traced, const base::Sources& sources, const Style& style);

[[nodiscard]] std::string answers_json(const std::string& query, const std::vector<lint::QueryAnswer>& answers,
                                       const base::Sources& sources, std::string_view status);
[[nodiscard]] std::string answers_text(const std::vector<lint::QueryAnswer>& answers, const base::Sources& sources,
                                       const Style& style);

[[nodiscard]] std::string rules_json(const std::vector<lint::RuleFile>& rules, bool pages);
[[nodiscard]] std::string rules_text(const std::vector<lint::RuleFile>& rules, const Style& style);

}  // namespace egresslint::report
