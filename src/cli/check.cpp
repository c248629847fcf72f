// SPDX-License-Identifier: Apache-2.0
// `egresslint check`: the gate. Finds egresslint.toml upward; what it does not say is inferred, as in audit.
#include "cli/command.hpp"
#include "cli/fleet.hpp"
#include "cli/lint_run.hpp"

namespace egresslint::cli {

Expected<int> run_check(Session& session) {
    auto fleet = run_fleet(session, Persona::check, IntentSearch::upward);
    if (!fleet) return tl::unexpected(fleet.error());
    if (*fleet) return **fleet;
    auto inputs = read_inputs(session, IntentSearch::upward);
    if (!inputs) return tl::unexpected(inputs.error());
    if (shown_instead(session, *inputs)) return 0;
    return lint_and_report(session, std::move(*inputs), Persona::check);
}

/// `egresslint baseline`: check --write-baseline, into a file of a name that everybody knows.
Expected<int> run_baseline(Session& session) {
    if (session.options.write_baseline.empty()) session.options.write_baseline = "egresslint-baseline.json";
    return run_check(session);
}

}  // namespace egresslint::cli
