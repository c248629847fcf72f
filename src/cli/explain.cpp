// SPDX-License-Identifier: Apache-2.0
// `egresslint explain CODE`: the rule's page, the same file that defines the rule and that its tests run.
#include <fmt/format.h>

#include "cli/command.hpp"
#include "lint/rule_file.hpp"
#include "report/flow.hpp"

namespace egresslint::cli {

Expected<int> run_explain(Session& session) {
    const std::string& code = session.options.code;
    if (code.empty())
        return tl::unexpected(failure(Status::usage, "explain needs a rule; `egresslint rules` lists them"));
    const lint::RuleFile* rule = lint::find_rule(code);
    if (rule == nullptr) rule = lint::find_rule(code, session.site_rules);
    if (rule == nullptr) {
        std::string near = lint::nearest_rule(code);
        if (near.empty()) near = lint::nearest_rule(code, session.site_rules);
        return tl::unexpected(failure(
            Status::usage,
            fmt::format("there is no rule '{}'{}", code,
                        near.empty() ? "; `egresslint rules` lists them" : fmt::format("; did you mean '{}'?", near))));
    }
    const std::string text = session.options.format == "json" ? report::rules_json({*rule}, true) : rule->page + "\n";
    if (!session.print(text))
        return tl::unexpected(failure(Status::unreadable, "standard output could not be written"));
    return 0;
}

}  // namespace egresslint::cli
