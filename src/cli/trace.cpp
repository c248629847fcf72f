// SPDX-License-Identifier: Apache-2.0
// `egresslint trace`: packets from a file, a JSON object a line, through the per-packet interpreter. As many lines come
// out as packets went in, in the same order; a line that is no packet ends the run.
//
//   in   {"in":"lan0","src":"10.1.0.25","dst":"198.18.0.9","proto":"tcp","sport":40000,"dport":25}
//   out  {"verdict":"accept","out":"wan0","src":"203.0.113.25","dst":"198.18.0.9","sport":40000,"dport":25,"rules":[…]}
#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

#include "base/io.hpp"
#include "cli/command.hpp"
#include "cli/inputs.hpp"
#include "cli/paths.hpp"
#include "flow/trace.hpp"
#include "lint/suggest.hpp"
#include "report/flow.hpp"

namespace egresslint::cli {
namespace {

using Json = nlohmann::json;

constexpr std::size_t longest_line = 1 << 16;

struct PacketLine {
    lint::PacketText text;
    model::ConnectionState state = model::ConnectionState::fresh;
    std::uint32_t mark = 0;
};

template <class T>
std::string take_number(const Json& value, const std::string& key, T& out) {
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > std::numeric_limits<T>::max())
        return fmt::format("\"{}\" must be a number from 0 to {}", key, std::numeric_limits<T>::max());
    out = value.get<T>();
    return "";
}
template <class T>
std::string take_number(const Json& value, const std::string& key, std::optional<T>& out) {
    return take_number(value, key, out.emplace());
}

std::string take_text(const Json& value, const std::string& key, std::string& out) {
    if (!value.is_string()) return fmt::format("\"{}\" must be text", key);
    out = value.get<std::string>();
    return "";
}

std::string take_state(const Json& value, model::ConnectionState& out) {
    static constexpr std::array<std::pair<std::string_view, model::ConnectionState>, 5> names{
        {{"new", model::ConnectionState::fresh},
         {"established", model::ConnectionState::established},
         {"related", model::ConnectionState::related},
         {"invalid", model::ConnectionState::invalid},
         {"untracked", model::ConnectionState::untracked}}};
    if (value.is_string())
        for (const auto& [name, state] : names)
            if (value.get_ref<const std::string&>() == name) {
                out = state;
                return "";
            }
    return "\"state\" must be new, established, related, invalid or untracked";
}

std::string take(const std::string& key, const Json& value, PacketLine& out) {
    if (key == "in") return take_text(value, key, out.text.in);
    if (key == "src") return take_text(value, key, out.text.src);
    if (key == "dst") return take_text(value, key, out.text.dst);
    if (key == "proto") {
        if (value.is_number_unsigned()) {
            out.text.proto = value.dump();
            return "";
        }
        return take_text(value, key, out.text.proto);
    }
    if (key == "sport") return take_number(value, key, out.text.sport);
    if (key == "dport") return take_number(value, key, out.text.dport);
    if (key == "icmp_type") return take_number(value, key, out.text.icmp_type);
    if (key == "icmp_code") return take_number(value, key, out.text.icmp_code);
    if (key == "state") return take_state(value, out.state);
    if (key == "mark") return take_number(value, key, out.mark);
    const std::string near =
        lint::nearest(key, {"in", "src", "dst", "proto", "sport", "dport", "icmp_type", "icmp_code", "state", "mark"});
    return fmt::format("a packet has no \"{}\"{}", key,
                       near.empty() ? "" : fmt::format("; did you mean \"{}\"?", near));
}

tl::expected<PacketLine, std::string> parse_line(std::string_view line) {
    if (line.size() > longest_line) return tl::unexpected(std::string("the line is too long for a packet"));
    const Json json = Json::parse(line, nullptr, false);
    if (!json.is_object()) return tl::unexpected(std::string("this is no JSON object"));
    PacketLine out;
    for (const auto& [key, value] : json.items())
        if (std::string problem = take(key, value, out); !problem.empty()) return tl::unexpected(std::move(problem));
    for (const auto& [name, text] :
         {std::pair{"src", &out.text.src}, {"dst", &out.text.dst}, {"proto", &out.text.proto}})
        if (text->empty()) return tl::unexpected(fmt::format("\"{}\" is missing", name));
    return out;
}

tl::expected<report::TracedPacket, std::string> trace_line(const model::Device& device, std::string_view line) {
    const auto parsed = parse_line(line);
    if (!parsed) return tl::unexpected(parsed.error());
    auto packet = lint::packet_from_text(device, parsed->text);
    if (!packet) return tl::unexpected(packet.error());
    packet->state = parsed->state;
    packet->mark = parsed->mark;
    const flow::Trace trace = flow::trace(device, *packet);
    report::TracedPacket out;
    out.packet = lint::packet_text(device, *packet);
    out.outcome = lint::outcome_text(device, *packet, trace);
    out.steps = lint::trace_steps(device, trace.outcome);
    for (const model::PredicateId predicate : trace.depends_on)
        out.depends_on.push_back(device.predicates[predicate.index()].text);
    return out;
}

}  // namespace

Expected<int> run_trace(Session& session) {
    const Options& options = session.options;
    if (options.packets.empty())
        return tl::unexpected(failure(Status::usage, "trace needs --packets FILE, a JSON packet a line"));
    auto inputs = read_inputs(session, IntentSearch::only_when_named);
    if (!inputs) return tl::unexpected(inputs.error());
    if (shown_instead(session, *inputs)) return 0;
    if (inputs->devices.size() != 1)
        return tl::unexpected(
            failure(Status::usage, fmt::format("trace asks one device, but {} were given", inputs->devices.size())));
    const lint::Prepared prepared = lint::prepare(std::move(inputs->devices.front()), *inputs->intent, session.sources);

    auto text = base::read_file(options.packets);
    if (!text)
        return tl::unexpected(
            failure(Status::unreadable, fmt::format("{}: {}", shown_path(options.packets), text.error().message)));
    const base::FileId file =
        session.sources.add(options.packets == "-" ? "<stdin>" : shown_path(options.packets), std::move(*text));
    const std::string_view all = session.sources.text(file);

    const bool json = options.format == "jsonl";
    std::string out;
    std::size_t begin = 0;
    while (begin < all.size()) {
        const std::size_t end = std::min(all.find('\n', begin), all.size());
        const std::string_view line = all.substr(begin, end - begin);
        const base::Span span{file, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
        begin = end + 1;
        if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
        auto traced = trace_line(prepared.device, line);
        if (!traced) return tl::unexpected(failure(Status::not_understood, traced.error(), span));
        traced->span = span;
        out += json ? report::traced_jsonl(*traced, session.sources)
                    : report::traced_text(*traced, session.sources, session.out);
    }
    if (!session.print(out)) return tl::unexpected(failure(Status::unreadable, "standard output could not be written"));
    return 0;
}

}  // namespace egresslint::cli
