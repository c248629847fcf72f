// SPDX-License-Identifier: Apache-2.0
// `egresslint matrix`: for one service, the classes of addresses that reach and are reached alike, and the allowed
// pairs. No inference: ways out that nobody stated stay open. Status 0 whatever the matrix says.
#include <fmt/format.h>

#include <array>

#include "cli/command.hpp"
#include "cli/inputs.hpp"
#include "report/matrix.hpp"

namespace egresslint::cli {
namespace {

flow::Service service_of(const Options& options) {
    flow::Service out;
    out.path = options.path == "input"    ? flow::Path::input
               : options.path == "output" ? flow::Path::output
                                          : flow::Path::forward;
    constexpr std::array<std::pair<std::string_view, std::uint8_t>, 5> protocols{
        {{"tcp", 6}, {"udp", 17}, {"sctp", 132}, {"dccp", 33}, {"udplite", 136}}};
    for (const auto& [name, number] : protocols)
        if (options.proto == name) out.proto = number;
    out.sport = options.sport;
    out.dports = options.dports;
    if (out.dports.empty()) out.dports = {25};
    out.in_doubt = options.unknown == "must" ? flow::InDoubt::must : flow::InDoubt::may;
    return out;
}

}  // namespace

Expected<int> run_matrix(Session& session) {
    const Options& options = session.options;
    auto inputs = read_inputs(session, IntentSearch::only_when_named);
    if (!inputs) return tl::unexpected(inputs.error());
    if (shown_instead(session, *inputs)) return 0;
    const flow::Service service = service_of(options);
    const base::Family family = options.ipv6 ? base::Family::v6 : base::Family::v4;

    std::vector<report::MatrixAnswer> answers;
    for (lint::DeviceInput& input : inputs->devices) {
        const lint::Prepared prepared = lint::prepare_as_stated(std::move(input));
        if (!prepared.violations.empty())
            return tl::unexpected(failure(
                Status::not_understood,
                fmt::format("{}: defect of this program: {}", prepared.device.name, prepared.violations.front())));
        auto found = flow::matrices(prepared.device, family, service);
        if (!found)
            return tl::unexpected(
                failure(Status::not_understood, fmt::format("{}: {}", prepared.device.name, found.error().what)));
        for (flow::Matrix& matrix : *found) {
            std::vector<std::string> unknowns;
            for (const model::PredicateId id : matrix.depends_on)
                unknowns.push_back(prepared.device.predicates[id.index()].text);
            answers.push_back({prepared.device.name, family, options.path, options.proto, options.unknown,
                               service.sport, std::move(matrix), std::move(unknowns)});
        }
    }
    const std::string text = options.format == "json"    ? report::matrices_json(answers, status_name(Status::ok))
                             : options.format == "jsonl" ? report::matrices_jsonl(answers)
                                                         : report::matrices_text(answers, session.out);
    if (!session.print(text))
        return tl::unexpected(failure(Status::unreadable, "standard output could not be written"));
    return 0;
}

}  // namespace egresslint::cli
