// SPDX-License-Identifier: Apache-2.0
// `egresslint trace`: packets from a file, a JSON object a line (packet_line.hpp), through the per-packet interpreter.
// As many lines come out as packets went in, in the same order; a line that is no packet ends the run, when answers to
// packets long before it may have been written already.
//
//   in   {"in":"lan0","src":"10.1.0.25","dst":"198.18.0.9","proto":"tcp","sport":40000,"dport":25}
//   out  {"verdict":"accept","out":"wan0","src":"203.0.113.25","dst":"198.18.0.9","sport":40000,"dport":25,"rules":[…]}
//
// With --summary, one answer for all packets: how many of each verdict, way out and rule.
#include <fmt/format.h>

#include <algorithm>

#include "base/io.hpp"
#include "cli/command.hpp"
#include "cli/inputs.hpp"
#include "cli/packet_line.hpp"
#include "cli/paths.hpp"
#include "cli/trace_batch.hpp"
#include "lint/chain.hpp"

namespace egresslint::cli {
namespace {

/// `--out`: what is not for the device itself leaves by that interface. What is wrong with it, or "".
std::string assume_way_out(model::Device& device, const std::string& interface) {
    if (interface.empty()) return "";
    if (device.routes_known) return "--out is for rulesets without routes; the routes given say the way out";
    const auto known = [&](const model::Interface& i) { return i.name == interface; };
    if (device.interfaces_known && std::none_of(device.interfaces.begin(), device.interfaces.end(), known))
        return fmt::format("--out: there is no interface \"{}\"", interface);
    for (const base::Family family : {base::Family::v4, base::Family::v6}) {
        model::Route route;
        route.destination = base::make_prefix(base::Address{family, 0}, 0);
        route.next_hops.push_back({std::nullopt, interface});
        route.assumed = true;
        device.routes.push_back(std::move(route));
    }
    device.routes_known = true;
    return "";
}

}  // namespace

Expected<int> run_trace(Session& session) {
    const Options& options = session.options;
    if (options.packets.empty())
        return tl::unexpected(failure(Status::usage, "trace needs --packets FILE, a JSON packet a line"));
    auto inputs = read_inputs(session, IntentSearch::only_when_named);
    if (!inputs) return tl::unexpected(inputs.error());
    if (shown_instead(session, *inputs)) return 0;
    const std::size_t given = inputs->devices.size();
    if (given != 1 && !options.out.empty()) return tl::unexpected(failure(Status::usage, "--out is about one device"));
    if (std::string problem = assume_way_out(inputs->devices.front().device, options.out); !problem.empty())
        return tl::unexpected(failure(Status::usage, problem));
    const std::vector<lint::Prepared> all_devices =
        lint::prepare_all(std::move(inputs->devices), *inputs->intent, session.sources);
    // Devices in a row are one; others are several questions.
    const lint::Prepared& prepared = all_devices.back();
    std::size_t files = 0;
    for (std::size_t i = 0; i < given; ++i) files += all_devices[i].files.size();
    if (given != 1 && prepared.files.size() != files)
        return tl::unexpected(failure(Status::usage, fmt::format("trace asks one device, but {} were given", given)));

    auto text = base::read_file(options.packets);
    if (!text)
        return tl::unexpected(
            failure(Status::unreadable, fmt::format("{}: {}", shown_path(options.packets), text.error().message)));
    const base::FileId file =
        session.sources.add(options.packets == "-" ? "<stdin>" : shown_path(options.packets), std::move(*text));
    const std::string_view all = session.sources.text(file);

    const bool json = options.format == "jsonl";
    constexpr std::size_t block = 1 << 20;  // answers are written in blocks of this size
    const model::Device& device = prepared.device;
    DeviceTracers tracers(device);
    PacketReader reader(device);
    if (!options.in.empty())
        if (std::string problem = reader.assume_in(options.in); !problem.empty())
            return tl::unexpected(failure(Status::usage, "--in: " + problem));
    TraceLines lines(device, session.sources);
    TraceCounts counts(device);
    std::string out;
    out.reserve(block + block / 4);
    std::size_t begin = 0;
    while (begin < all.size()) {
        const std::size_t end = std::min(all.find('\n', begin), all.size());
        const std::string_view line = all.substr(begin, end - begin);
        const base::Span span{file, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
        begin = end + 1;
        const auto packet = reader.read(line);
        if (!packet) {
            if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
            return tl::unexpected(failure(Status::not_understood, packet.error(), span));
        }
        flow::CompiledTracer& tracer = tracers.of(packet->family);
        if (options.summary) {
            counts.add(tracer.run(*packet));
        } else if (json) {
            lines.append(tracer, *packet, out);
        } else {
            report::TracedPacket traced = traced_packet(device, *packet, tracer.trace(*packet));
            traced.span = span;
            out += report::traced_text(traced, session.sources, session.out);
        }
        if (out.size() < block) continue;
        if (!session.print(out)) break;
        out.clear();
    }
    if (options.summary)
        out = json ? report::trace_summary_jsonl(counts.summary(), session.sources)
                   : report::trace_summary_text(counts.summary(), session.sources, session.out);
    if (!session.print(out)) return tl::unexpected(failure(Status::unreadable, "standard output could not be written"));
    return 0;
}

}  // namespace egresslint::cli
