// SPDX-License-Identifier: Apache-2.0
// Pieces that every JSON format shares. Included by .cpp files only: it brings the JSON library.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/source.hpp"
#include "lint/finding.hpp"
#include "report/report.hpp"

namespace egresslint::report {

/// Keys keep the order in which they are written.
using Json = nlohmann::ordered_json;

/// {"file","line","column","end_line","end_column"}; null for an invalid span.
[[nodiscard]] Json location_json(const base::Span& span, const base::Sources& sources);
/// The whole object of `--format json`.
[[nodiscard]] Json report_json(const lint::Report& report, const Context& context);
[[nodiscard]] Json finding_json(const lint::Finding& finding, const base::Sources& sources);
[[nodiscard]] Json packet_json(const lint::PacketText& packet);
[[nodiscard]] Json outcome_json(const lint::OutcomeText& outcome);
[[nodiscard]] Json steps_json(const std::vector<lint::TraceStep>& steps, const base::Sources& sources);
[[nodiscard]] std::string_view certainty_name(lint::Certainty certainty);
/// ASCII with \u escapes, bytes that are no UTF-8 as U+FFFD, a newline at the end. indent -1: one line.
[[nodiscard]] std::string dumped(const Json& json, int indent);

}  // namespace egresslint::report
