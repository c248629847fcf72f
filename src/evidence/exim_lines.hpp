// SPDX-License-Identifier: Apache-2.0
// The lines of an Exim configuration as Exim reads them: macros put in, `.ifdef` decided, `.include` followed into the
// texts that were given, continued lines joined. Source: the Exim specification, chapter "The runtime configuration
// file" (macros, conditional skips, file inclusions, common syntax).
#pragma once

#include <string>
#include <vector>

#include "base/diagnostic.hpp"
#include "evidence/evidence.hpp"
#include "evidence/mta_readers.hpp"

namespace egresslint::evidence {

struct EximLine {
    std::string text;  ///< without blanks around it
    base::Span span;
    /// It stands in a block whose condition hangs on how Exim was built ("_HAVE_…", "_OPT_…").
    bool uncertain = false;
};

struct EximLines {
    std::vector<EximLine> lines;
    std::vector<Unknown> missing;  ///< files that are included and were not given
};

/// Files that are included are taken out of `fragments`. Bounded: 100,000 lines, 16 files deep, macros to 64 KiB a
/// line.
[[nodiscard]] EximLines exim_lines(const base::Sources& sources, base::FileId file, std::vector<MtaText>& fragments,
                                   base::Diagnostics& diagnostics);

}  // namespace egresslint::evidence
