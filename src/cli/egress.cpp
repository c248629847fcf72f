// SPDX-License-Identifier: Apache-2.0
// `egresslint egress`: who leaves as what, and by which rule; no findings.
#include "cli/command.hpp"
#include "cli/lint_run.hpp"

namespace egresslint::cli {

Expected<int> run_egress(Session& session) {
    auto inputs = read_inputs(session, IntentSearch::only_when_named);
    if (!inputs) return tl::unexpected(inputs.error());
    if (shown_instead(session, *inputs)) return 0;
    lint::Options wanted;
    wanted.egress_map = true;
    if (session.options.all_ports)
        wanted.egress_ports.clear();
    else if (!session.options.dports.empty())
        wanted.egress_ports = session.options.dports;
    const lint::Report report = lint::egress(std::move(inputs->devices), *inputs->intent, session.sources, wanted);
    report::Context context{session.sources, session.out};
    context.assumptions = true;
    context.quiet = true;  // a count of findings would say nothing here
    if (auto written = write_report(session, report, context); !written) return tl::unexpected(written.error());
    return 0;
}

}  // namespace egresslint::cli
