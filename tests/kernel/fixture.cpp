// SPDX-License-Identifier: Apache-2.0
// See fixture.hpp.
#include "fixture.hpp"

#include <fmt/format.h>

#include <array>
#include <stdexcept>

namespace egresslint::kernel {
namespace {

using Loader = Ruleset::Loader;
constexpr std::array<std::pair<Loader, std::string_view>, 6> loaders = {{{Loader::nft, "nft"},
                                                                         {Loader::iptables_legacy, "iptables-legacy"},
                                                                         {Loader::iptables_nft, "iptables-nft"},
                                                                         {Loader::ip6tables_legacy, "ip6tables-legacy"},
                                                                         {Loader::ip6tables_nft, "ip6tables-nft"},
                                                                         {Loader::ipset, "ipset"}}};

}  // namespace

std::string to_text(const Fixture& fixture) {
    std::string out;
    for (std::string_view why = fixture.why; !why.empty();) {
        const std::size_t end = std::min(why.find('\n'), why.size());
        out += fmt::format("# {}\n", why.substr(0, end));
        why.remove_prefix(std::min(end + 1, why.size()));
    }
    for (const std::string& rule : fixture.routing) out += "rule " + rule + "\n";
    for (const Ruleset::Part& part : fixture.ruleset.parts) {
        for (const auto& [loader, name] : loaders)
            if (loader == part.loader) out += fmt::format("--- {}\n", name);
        out += part.text;
        if (!part.text.empty() && part.text.back() != '\n') out += "\n";
    }
    out += "--- packets\n";
    for (const std::string& packet : fixture.packets) out += packet + "\n";
    return out;
}

Fixture parse_fixture(std::string_view text) {
    Fixture fixture;
    enum class In : std::uint8_t { head, part, packets } in = In::head;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string line(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.starts_with("--- ")) {
            const std::string name = line.substr(4);
            if (name == "packets") {
                in = In::packets;
                continue;
            }
            in = In::part;
            const std::size_t before = fixture.ruleset.parts.size();
            for (const auto& [loader, known] : loaders)
                if (known == name) fixture.ruleset.parts.push_back({loader, {}});
            if (fixture.ruleset.parts.size() == before) throw std::invalid_argument("fixture: no loader " + name);
        } else if (in == In::part) {
            fixture.ruleset.parts.back().text += line + "\n";
        } else if (line.empty()) {
            continue;
        } else if (line.starts_with("#")) {
            fixture.why += (fixture.why.empty() ? "" : "\n") + line.substr(line.size() > 1 ? 2 : 1);
        } else if (in == In::packets) {
            fixture.packets.push_back(line);
        } else if (line.starts_with("rule ")) {
            fixture.routing.push_back(line.substr(5));
        } else {
            throw std::invalid_argument("fixture: what is '" + line + "'?");
        }
    }
    if (fixture.packets.empty()) throw std::invalid_argument("fixture: no packets");
    return fixture;
}

std::string expectation(const Probe& probe, const Seen& seen) {
    std::string text = to_string(probe) + " = ";
    if (seen.what == Seen::What::nothing) return text + (seen.answered ? "reject" : "drop");
    text += seen.out;
    if (seen.src != probe.src) text += " " + base::to_string(seen.src);
    if (seen.dst != probe.dst) text += " > " + base::to_string(seen.dst);
    const bool ports = probe.proto == proto_tcp || probe.proto == proto_udp;
    if (ports && seen.dport != probe.dport) text += fmt::format(" :{}", seen.dport);
    if (ports && seen.sport != probe.sport) text += fmt::format(" sport {}", seen.sport);
    return text;
}

}  // namespace egresslint::kernel
