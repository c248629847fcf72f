// SPDX-License-Identifier: Apache-2.0
// `egresslint check`: the gate. Finds egresslint.toml upward; what it does not say is inferred, as in audit.
#include "cli/command.hpp"
#include "cli/lint_run.hpp"

namespace egresslint::cli {

Expected<int> run_check(Session& session) {
    auto inputs = read_inputs(session, IntentSearch::upward);
    if (!inputs) return tl::unexpected(inputs.error());
    if (shown_instead(session, *inputs)) return 0;
    return lint_and_report(session, std::move(*inputs), Persona::check);
}

}  // namespace egresslint::cli
