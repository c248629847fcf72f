// SPDX-License-Identifier: Apache-2.0
// `egresslint init`: an egresslint.toml in the working directory. `check` finds the same with it as without it.
#include <fmt/format.h>

#include <filesystem>

#include "base/io.hpp"
#include "cli/command.hpp"
#include "cli/inputs.hpp"
#include "report/escape.hpp"
#include "report/intent_text.hpp"

namespace egresslint::cli {

Expected<int> run_init(Session& session) {
    const Options& options = session.options;
    constexpr const char* name = "egresslint.toml";
    std::error_code ignored;
    if (!options.to_stdout && !options.force && std::filesystem::exists(name, ignored))
        return tl::unexpected(failure(Status::usage, "egresslint.toml is there already; --force overwrites it"));
    session.options.isolated = true;
    auto inputs = read_inputs(session, IntentSearch::only_when_named);
    if (!inputs) return tl::unexpected(inputs.error());
    if (shown_instead(session, *inputs)) return 0;

    std::vector<lint::Prepared> prepared;
    std::vector<const Recipe*> recipes;
    for (lint::DeviceInput& input : inputs->devices) {
        recipes.push_back(input.number < inputs->recipes.size() ? &inputs->recipes[input.number] : nullptr);
        prepared.push_back(lint::prepare(std::move(input), *inputs->intent, session.sources));
    }
    std::vector<report::InferredDevice> devices;
    for (std::size_t i = 0; i < prepared.size(); ++i) {
        report::InferredDevice device;
        device.prepared = &prepared[i];
        for (const RecognisedFile& file : recipes[i]->files) {
            if (file.path == "-")
                return tl::unexpected(
                    failure(Status::usage, "init names files in egresslint.toml; standard input has no name"));
            device.config.push_back(file.path);
        }
        device.dialect = options.dialect;
        device.addresses = options.addresses;
        device.routes = options.routes;
        device.routing_rules = options.routing_rules;
        devices.push_back(std::move(device));
    }
    const std::string text = report::intent_text(devices);
    if (text.empty())
        return tl::unexpected(failure(Status::unreadable, "a name is no UTF-8, and TOML can hold nothing else"));
    if (options.to_stdout) {
        if (!session.print(text))
            return tl::unexpected(failure(Status::unreadable, "standard output could not be written"));
        return 0;
    }
    if (const auto error = base::write_file_atomically(name, text))
        return tl::unexpected(failure(Status::unreadable, fmt::format("{}: {}", error->path, error->message)));
    session.remark(
        fmt::format("egresslint.toml is written; look at what is commented out, then run `egresslint check`"));
    return 0;
}

}  // namespace egresslint::cli
