// SPDX-License-Identifier: Apache-2.0
// `egresslint identity`: the chain from the firewall's rule to the registry's record, for each address that a mail
// server provably sends from.
#include <algorithm>

#include "cli/command.hpp"
#include "cli/inputs.hpp"
#include "report/identity.hpp"

namespace egresslint::cli {

Expected<int> run_identity(Session& session) {
    auto inputs = read_inputs(session, IntentSearch::upward);
    if (!inputs) return tl::unexpected(inputs.error());
    if (shown_instead(session, *inputs)) return 0;
    // Without evidence the chain ends at the address, and says so.
    if (inputs->evidence == nullptr) inputs->evidence = std::make_shared<lint::EvidenceInput>();
    lint::Options wanted;
    wanted.evidence = inputs->evidence.get();
    std::vector<lint::IdentityChain> chains;
    const lint::Report report =
        lint::identity(std::move(inputs->devices), *inputs->intent, session.sources, wanted, chains);
    const bool broken = std::any_of(chains.begin(), chains.end(), report::is_broken);
    const std::string_view status = status_name(broken ? Status::findings : Status::ok);
    const std::string text = session.options.format == "json"
                                 ? report::identity_json(chains, session.sources, status)
                                 : report::identity_text(chains, report, session.sources, session.out);
    if (!session.print(text))
        return tl::unexpected(failure(Status::unreadable, "standard output could not be written"));
    return broken ? exit_status(Status::findings) : 0;
}

}  // namespace egresslint::cli
