// SPDX-License-Identifier: Apache-2.0
// `egresslint merge FILE…`: the parts of a run that several processes did, as one run.
#include "cli/command.hpp"
#include "cli/part.hpp"

namespace egresslint::cli {

Expected<int> run_merge(Session& session) {
    if (session.options.paths.empty()) return tl::unexpected(failure(Status::usage, "merge needs the parts of a run"));
    auto merged = read_parts(session, session.options.paths);
    if (!merged) return tl::unexpected(merged.error());
    lint::Options options = lint_options(session, merged->persona);
    options.today = merged->today;
    return end_fleet(session, std::move(merged->plan), std::move(merged->results), options, merged->persona);
}

}  // namespace egresslint::cli
