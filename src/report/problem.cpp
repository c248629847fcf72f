// SPDX-License-Identifier: Apache-2.0
// Why there is no verdict, with the place.
#include <fmt/format.h>

#include <algorithm>

#include "report/escape.hpp"
#include "report/excerpt.hpp"
#include "report/report.hpp"

namespace egresslint::report {

std::string problem_text(const Problem& problem, const base::Sources& sources, const Style& style) {
    std::string out = fmt::format("{}{} {}\n", style.severity(base::Severity::error, "error"), style.bold(":"),
                                  style.bold(escaped(problem.message)));
    std::size_t gutter = gutter_width(sources, problem.span);
    for (const base::Note& note : problem.notes) gutter = std::max(gutter, gutter_width(sources, note.span));
    out += excerpt_text({problem.span, "", true, base::Severity::error}, sources, style, gutter);
    for (const base::Note& note : problem.notes) {
        if (note.span.valid())
            out += excerpt_text({note.span, note.text, false, base::Severity::note}, sources, style, gutter);
        else
            out += fmt::format("{} {} {}\n", std::string(gutter, ' '), style.frame("="), escaped(note.text));
    }
    return out;
}

}  // namespace egresslint::report
