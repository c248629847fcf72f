// SPDX-License-Identifier: Apache-2.0
// `egresslint query`: one question in the language of rules/. Status 1 when some packet answers it, so that a script
// can ask for the absence of a flow.
#include <fmt/format.h>

#include <algorithm>

#include "cli/command.hpp"
#include "cli/inputs.hpp"
#include "lint/chain.hpp"
#include "report/flow.hpp"

namespace egresslint::cli {

Expected<int> run_query(Session& session) {
    const Options& options = session.options;
    if (options.expression.empty())
        return tl::unexpected(failure(Status::usage, "query needs an expression, like 'to internet and dport 25'"));
    auto inputs = read_inputs(session, IntentSearch::only_when_named);
    if (!inputs) return tl::unexpected(inputs.error());
    if (shown_instead(session, *inputs)) return 0;
    const std::vector<lint::Prepared> devices =
        lint::prepare_all(std::move(inputs->devices), *inputs->intent, session.sources);

    const auto answers = lint::run_query(options.expression, devices, *inputs->intent);
    if (!answers) {
        const lint::QueryError& error = answers.error();
        std::string message = error.message;
        if (!error.suggestion.empty()) message += fmt::format("; did you mean '{}'?", error.suggestion);
        const base::FileId file = session.sources.add("<query>", options.expression);
        const base::Span span{file, static_cast<std::uint32_t>(error.begin), static_cast<std::uint32_t>(error.end)};
        return tl::unexpected(failure(error.too_large ? Status::not_understood : Status::usage, message, span));
    }
    const bool empty = std::all_of(answers->begin(), answers->end(), [](const auto& answer) { return answer.empty; });
    const Status status = empty ? Status::ok : Status::findings;
    const std::string text = options.format == "json" ? report::answers_json(options.expression, *answers,
                                                                             session.sources, status_name(status))
                                                      : report::answers_text(*answers, session.sources, session.out);
    if (!session.print(text))
        return tl::unexpected(failure(Status::unreadable, "standard output could not be written"));
    return exit_status(status);
}

}  // namespace egresslint::cli
