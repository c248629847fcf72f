// SPDX-License-Identifier: Apache-2.0
#include "report/identity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "report/escape.hpp"
#include "report/json_values.hpp"

namespace egresslint::report {
namespace {

using State = lint::IdentityLink::State;

std::string_view state_name(State state) {
    constexpr std::array<std::string_view, 4> names{"holds", "broken", "not known", "absent"};
    return names[static_cast<std::size_t>(state)];
}

/// What stands in front of a link.
std::string mark(State state, const Style& style) {
    switch (state) {
        case State::holds: return style.good("ok");
        case State::broken: return style.severity(base::Severity::error, "XX");
        case State::not_known: return style.second("??");
        case State::absent: break;
    }
    return "--";
}

std::string padded(std::string text, std::size_t columns) {
    const std::size_t width = display_width(text);
    if (width < columns) text.append(columns - width, ' ');
    return text;
}

constexpr std::size_t widest_value = 60;

std::string shown(const std::string& value) {
    const std::string text = escaped(value);
    return display_width(text) <= widest_value ? text : std::string(clipped(text, widest_value - 3)) + "...";
}

}  // namespace

bool is_broken(const lint::IdentityChain& chain) {
    return std::any_of(chain.links.begin(), chain.links.end(),
                       [](const lint::IdentityLink& link) { return link.state == State::broken; });
}

std::string identity_text(const std::vector<lint::IdentityChain>& chains, const lint::Report& report,
                          const base::Sources& sources, const Style& style) {
    std::string out;
    std::size_t kinds = 0, values = 0, broken = 0, unknown = 0;
    for (const auto& chain : chains)
        for (const auto& link : chain.links) {
            kinds = std::max(kinds, link.kind.size());
            values = std::max(values, display_width(shown(link.value)));
            broken += link.state == State::broken;
            unknown += link.state == State::not_known;
        }
    std::string head;
    for (const auto& chain : chains) {
        const std::string title = fmt::format("{} behind {}", chain.server, chain.device);
        if (title != head) out += fmt::format("{}{}\n", head.empty() ? "" : "\n", style.bold(escaped(title)));
        head = title;
        const std::string about = chain.addresses.empty()
                                      ? "the server as a whole"
                                      : "sends as " + base::addresses_to_string(chain.addresses, chain.family);
        const bool whole = chain.addresses.empty() && !chain.links.empty() && chain.links.front().kind != "rule";
        out += fmt::format("\n  {}{}\n", whole || !chain.addresses.empty() ? about : "sends as",
                           chain.certain ? "" : " (possible)");
        for (const auto& link : chain.links) {
            const std::string place = sources.where(link.span);
            std::string line = fmt::format("    {}  {}  {}", mark(link.state, style), padded(link.kind, kinds),
                                           padded(shown(link.value), values));
            if (!place.empty()) line += "  " + style.faint(escaped(place));
            while (line.ends_with(' ')) line.pop_back();
            out += line + "\n";
            if (link.state == State::holds || link.because.empty()) continue;
            out += fmt::format("        {}  {}{}\n", std::string(kinds, ' '),
                               link.rule.empty() ? "" : style.bold(link.rule) + ": ", escaped(link.because));
        }
    }
    if (chains.empty())
        out += report.devices.empty() ? "no device\n" : "no mail server is declared, and none could be inferred\n";
    else
        out += fmt::format("\n{}\n", broken == 0 && unknown == 0
                                         ? std::string("every link holds for which there is evidence")
                                         : fmt::format("{} broken, {} not known", broken, unknown));
    return out;
}

std::string identity_json(const std::vector<lint::IdentityChain>& chains, const base::Sources& sources,
                          std::string_view status) {
    Json list = Json::array();
    for (const auto& chain : chains) {
        Json one;
        one["device"] = chain.device;
        one["server"] = chain.server;
        one["family"] =
            chain.addresses.empty() ? Json(nullptr) : Json(chain.family == base::Family::v4 ? "IPv4" : "IPv6");
        one["address"] =
            chain.addresses.empty() ? Json(nullptr) : Json(base::addresses_to_string(chain.addresses, chain.family));
        one["certainty"] = certainty_name(chain.certain ? lint::Certainty::proven : lint::Certainty::possible);
        Json links = Json::array();
        for (const auto& link : chain.links) {
            Json item{{"kind", link.kind}, {"value", link.value}, {"state", state_name(link.state)}};
            if (!link.rule.empty()) item["rule"] = link.rule;
            if (!link.because.empty()) item["because"] = link.because;
            item["location"] = link.span.valid() ? location_json(link.span, sources) : Json(nullptr);
            links.push_back(std::move(item));
        }
        one["links"] = std::move(links);
        list.push_back(std::move(one));
    }
    return dumped(Json{{"schema", 1}, {"status", status}, {"chains", std::move(list)}}, 2) + "\n";
}

}  // namespace egresslint::report
