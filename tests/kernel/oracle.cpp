// SPDX-License-Identifier: Apache-2.0
// See oracle.hpp.
#include "oracle.hpp"

#include <fmt/format.h>

#include "dialects/dialect.hpp"
#include "dialects/iproute/read.hpp"
#include "model/print.hpp"
#include "model/resolve.hpp"
#include "model/validate.hpp"

namespace egresslint::kernel {
namespace {

flow::Packet to_packet(const model::Device& device, const Probe& probe) {
    flow::Packet packet;
    packet.family = probe.dst.family;
    packet.in_if = model::no_interface;
    if (probe.in.empty()) {
        packet.in_if = model::self_interface;
    } else {
        for (std::uint32_t id = model::first_interface; id < device.interfaces.size(); ++id) {
            if (device.interfaces[id].name == probe.in) packet.in_if = id;
        }
    }
    packet.src = probe.src.bits;
    packet.dst = probe.dst.bits;
    packet.proto = probe.proto;
    const bool ports = probe.proto == proto_tcp || probe.proto == proto_udp;
    packet.sport = ports ? probe.sport : std::uint16_t{0};
    packet.dport = ports ? probe.dport : std::uint16_t{0};
    packet.icmp_type = probe.icmp_type;
    packet.icmp_code = probe.icmp_code;
    packet.tcp_flags = probe.proto == proto_tcp ? probe.tcp_flags : std::uint8_t{0};
    packet.mark = probe.mark;
    return packet;
}

bool inside(base::u128 value, const base::Interval& interval) {
    return value >= interval.first && value <= interval.last;
}

bool agrees(const model::Device& device, const flow::Outcome& branch, const Probe& probe, const Seen& seen) {
    if (seen.copies > 1) return false;
    if (branch.verdict != model::Verdict::accept) {
        // The answer to a rejected packet passes the ruleset too and may be dropped there; a plain drop has none.
        return seen.what == Seen::What::nothing && !(branch.verdict == model::Verdict::drop && seen.answered);
    }
    if (seen.what == Seen::What::nothing) return false;
    const bool ports = probe.proto == proto_tcp || probe.proto == proto_udp;
    return model::interface_name(device, branch.out_if) == seen.out && inside(seen.src.bits, branch.src) &&
           inside(seen.dst.bits, branch.dst) &&
           (!ports || (inside(seen.sport, branch.sport) && inside(seen.dport, branch.dport)));
}

std::string range(const base::Interval& interval, base::Family family) {
    const std::string first = base::to_string(base::Address{family, interval.first});
    return interval.first == interval.last ? first
                                           : first + "-" + base::to_string(base::Address{family, interval.last});
}

bool same_end(const flow::Outcome& a, const flow::Outcome& b) {
    return a.verdict == b.verdict &&
           (a.verdict != model::Verdict::accept ||
            (a.out_if == b.out_if && a.src == b.src && a.dst == b.dst && a.sport == b.sport && a.dport == b.dport));
}

std::string to_string(const model::Device& device, const flow::Outcome& outcome, base::Family family,
                      bool steps = true) {
    std::string text;
    switch (outcome.verdict) {
        case model::Verdict::drop: text = "drop"; break;
        case model::Verdict::reject: text = "reject"; break;
        case model::Verdict::accept:
            text = fmt::format("{} {}:{}-{} > {}:{}-{}", model::interface_name(device, outcome.out_if),
                               range(outcome.src, family), base::to_decimal(outcome.sport.first),
                               base::to_decimal(outcome.sport.last), range(outcome.dst, family),
                               base::to_decimal(outcome.dport.first), base::to_decimal(outcome.dport.last));
            break;
    }
    if (!steps) return text;
    for (const flow::Step& step : outcome.steps) {
        text += fmt::format("\n      {}{}: {}", device.pipeline[step.stage.index()].name, step.uncertain ? "?" : "",
                            step.effect);
    }
    return text;
}

}  // namespace

Read read_model(const Ruleset& ruleset, const Lab& lab) {
    Read read;
    base::Sources sources;
    base::Diagnostics diagnostics;
    std::vector<dialects::Input> inputs;
    const bool nft = !ruleset.parts.empty() && ruleset.parts.front().loader == Ruleset::Loader::nft;
    for (const Ruleset::Part& part : ruleset.parts) {
        const std::string path = fmt::format("part{}", inputs.size());
        inputs.push_back({sources.add(path, part.text), path, false});
    }
    const dialects::Dialect* dialect = dialects::find(nft ? "nftables" : "iptables");
    if (dialect == nullptr) {
        read.problems = "the dialect is not registered";
        return read;
    }
    dialects::Read result = dialect->read(sources, inputs, diagnostics);
    if (result.devices.size() != 1) {
        read.problems = fmt::format("{} devices", result.devices.size());
    } else {
        read.device = std::move(result.devices.front());
        dialects::iproute::read_addresses(sources, sources.add("addresses", lab.addresses()), read.device, diagnostics);
        dialects::iproute::read_routes(sources, sources.add("routes", lab.routes()), read.device, diagnostics);
        dialects::iproute::read_rules(sources, sources.add("rules", lab.rules(base::Family::v4)), read.device,
                                      diagnostics);
        model::resolve(read.device, diagnostics);
        for (const std::string& broken : model::validate(read.device)) read.problems += broken + "\n";
    }
    for (const base::Diagnostic& diagnostic : diagnostics) {
        const std::string line = sources.where(diagnostic.span) + ": " + diagnostic.message + "\n";
        (diagnostic.kind == base::Diagnostic::Kind::fatal ? read.problems : read.remarks) += line;
    }
    return read;
}

Verdict compare(const model::Device& device, const Probe& probe, const Seen& seen) {
    const flow::Trace trace = flow::trace(device, to_packet(device, probe));
    Verdict verdict;
    verdict.decided = trace.answer != flow::Answer::unknown && !trace.truncated && !trace.branches.empty();
    std::string said;
    for (const flow::Outcome& branch : trace.branches) {
        if (agrees(device, branch, probe, seen)) verdict.agrees = true;
        if (!same_end(branch, trace.branches.front())) verdict.decided = false;
        if (to_string(device, branch, probe.dst.family, false) == said) continue;
        said = to_string(device, branch, probe.dst.family, false);
        verdict.model += (verdict.model.empty() ? "" : "\n   or ") + to_string(device, branch, probe.dst.family);
    }
    // More branches than the limit: nothing was claimed, so nothing can be wrong.
    if (trace.truncated) verdict.agrees = true;
    return verdict;
}

}  // namespace egresslint::kernel
