// SPDX-License-Identifier: Apache-2.0
// `egresslint rules`: what is looked for.
#include "cli/command.hpp"
#include "lint/rule_file.hpp"
#include "report/flow.hpp"

namespace egresslint::cli {

Expected<int> run_rules(Session& session) {
    const std::string text = session.options.format == "json" ? report::rules_json(lint::rules(), false)
                                                              : report::rules_text(lint::rules(), session.out);
    if (!session.print(text))
        return tl::unexpected(failure(Status::unreadable, "standard output could not be written"));
    return 0;
}

}  // namespace egresslint::cli
