// SPDX-License-Identifier: Apache-2.0
// `egresslint rules`: what is looked for.
#include "cli/command.hpp"
#include "lint/rule_file.hpp"
#include "report/flow.hpp"

namespace egresslint::cli {

Expected<int> run_rules(Session& session) {
    std::vector<lint::RuleFile> rules = lint::rules();
    rules.insert(rules.end(), session.site_rules.begin(), session.site_rules.end());
    const std::string text =
        session.options.format == "json" ? report::rules_json(rules, false) : report::rules_text(rules, session.out);
    if (!session.print(text))
        return tl::unexpected(failure(Status::unreadable, "standard output could not be written"));
    return 0;
}

}  // namespace egresslint::cli
