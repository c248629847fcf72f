// SPDX-License-Identifier: Apache-2.0
// What became of many packets: counts by verdict, by way out and by rule (`egresslint trace --summary`).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/source.hpp"
#include "lint/finding.hpp"
#include "report/style.hpp"

namespace egresslint::report {

struct TraceSummary {
    std::uint64_t packets = 0;
    std::uint64_t accepted = 0, dropped = 0, rejected = 0, unknown = 0;
    struct Out {
        std::string interface;  ///< "(self)" for the device; "" where it is not settled
        std::uint64_t packets = 0;
    };
    std::vector<Out> out;  ///< of accepted packets
    struct Rule {
        lint::TraceStep step;
        std::uint64_t packets = 0;
    };
    std::vector<Rule> rules;  ///< in the order of the text; of packets with several possible fates the first one counts
};

/// {"packets","verdicts":{…},"out":[{"interface","packets"}],"rules":[{"location","stage","text","effect","packets"}]}
/// on one line.
[[nodiscard]] std::string trace_summary_jsonl(const TraceSummary& summary, const base::Sources& sources);
[[nodiscard]] std::string trace_summary_text(const TraceSummary& summary, const base::Sources& sources,
                                             const Style& style);

}  // namespace egresslint::report
