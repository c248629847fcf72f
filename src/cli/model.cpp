// SPDX-License-Identifier: Apache-2.0
// `egresslint model`: what the analysis sees, as JSON or in the printed form.
#include <nlohmann/json.hpp>

#include "cli/command.hpp"
#include "cli/inputs.hpp"
#include "model/print.hpp"
#include "report/escape.hpp"

namespace egresslint::cli {
namespace {

std::string lines_escaped(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        out += report::escaped(text.substr(0, end)) + "\n";
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

}  // namespace

Expected<int> run_model(Session& session) {
    auto inputs = read_inputs(session, IntentSearch::only_when_named);
    if (!inputs) return tl::unexpected(inputs.error());
    if (shown_instead(session, *inputs)) return 0;
    const bool as_read = session.options.after == "read";
    nlohmann::json list = nlohmann::json::array();
    std::string text;
    for (lint::DeviceInput& input : inputs->devices) {
        const model::Device device = as_read ? std::move(input.device)
                                             : lint::prepare(std::move(input), *inputs->intent, session.sources).device;
        if (session.options.format == "json")
            list.push_back(model::to_json(device, session.sources));
        else
            text += lines_escaped(model::print(device, &session.sources)) + "\n";
    }
    if (session.options.format == "json") {
        nlohmann::json out{{"schema", 1}, {"status", "ok"}};
        out["devices"] = std::move(list);
        text = out.dump(1, ' ', true, nlohmann::json::error_handler_t::replace) + "\n";
    }
    if (!session.print(text))
        return tl::unexpected(failure(Status::unreadable, "standard output could not be written"));
    return 0;
}

}  // namespace egresslint::cli
