// SPDX-License-Identifier: Apache-2.0
// `egresslint audit`: an inherited network, no intent file. Every assumption is printed before what follows from it.
#include "cli/command.hpp"
#include "cli/fleet.hpp"
#include "cli/lint_run.hpp"

namespace egresslint::cli {

Expected<int> run_audit(Session& session) {
    auto fleet = run_fleet(session, Persona::audit, IntentSearch::only_when_named);
    if (!fleet) return tl::unexpected(fleet.error());
    if (*fleet) return **fleet;
    auto inputs = read_inputs(session, IntentSearch::only_when_named);
    if (!inputs) return tl::unexpected(inputs.error());
    if (shown_instead(session, *inputs)) return 0;
    return lint_and_report(session, std::move(*inputs), Persona::audit);
}

}  // namespace egresslint::cli
