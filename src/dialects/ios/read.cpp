// SPDX-License-Identifier: Apache-2.0
#include "dialects/ios/read.hpp"

#include <algorithm>

#include "dialects/ios/lower.hpp"
#include "dialects/ios/words.hpp"

namespace egresslint::dialects::ios {
namespace {

bool has(std::string_view line, std::string_view word) { return line.find(word) != std::string_view::npos; }

/// "15.1", "17.3"; the version of NX-OS has more behind it ("7.0(3)I7(1)"), and so has that of Junos ("12.1X46-D10;").
bool is_version(std::string_view number) {
    const auto dot = number.find('.');
    if (dot == std::string_view::npos) return false;
    const auto major = words::number(number.substr(0, dot), 30);
    const auto minor = words::number(number.substr(dot + 1), 99);
    return major && *major >= 9 && minor;
}

/// access-list 101 permit …, access-list 10 deny …
bool is_numbered_list(std::string_view line) {
    if (!line.starts_with("access-list ")) return false;
    line.remove_prefix(12);
    const auto blank = line.find(' ');
    const auto number = blank == std::string_view::npos ? std::nullopt : words::number(line.substr(0, blank), 2699);
    if (!number || *number == 0 || has(line, "(hitcnt=") || has(line, " object ")) return false;
    line.remove_prefix(blank + 1);
    return line.starts_with("permit ") || line.starts_with("deny ");
}

/// A netmask where a wildcard would stand, or the other way round: a first octet of 255 is a netmask.
bool with_netmask(std::string_view line) { return has(line, " 255.") && !has(line, " 255.255.255.255 "); }

std::string stem(const std::string& path) {
    const auto slash = path.find_last_of('/');
    std::string name = path.substr(slash == std::string::npos ? 0 : slash + 1);
    const auto dot = name.find_last_of('.');
    return dot == std::string::npos || dot == 0 ? name : name.substr(0, dot);
}

}  // namespace

Evidence detect(std::string_view text) {
    bool version = false, interface = false;
    int sure = 0, likely = 0;
    std::size_t lines = 0;
    while (!text.empty() && lines < 50'000) {
        const auto end = text.find('\n');
        auto line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        ++lines;
        const bool indented = !line.empty() && line.front() == ' ';
        while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
        while (!line.empty() && line.front() == ' ') line.remove_prefix(1);
        if (line.size() < 4) continue;
        const auto starts = [&](std::string_view word) { return line.starts_with(word); };
        if (!indented && starts("version ")) version = version || is_version(line.substr(8));
        if (!indented && starts("interface ")) interface = true;
        // What other products' configurations hold and these do not.
        if (starts("ASA Version ") || starts("PIX Version ") || starts("FWSM Version ") || starts("nameif ") ||
            starts("security-level ") || starts("set deviceconfig") || starts("config system ") ||
            starts("config firewall ") || starts("set security ") || starts("set system ") || starts("-A ") ||
            starts("switchname ") || starts("vrf context ") || (!indented && starts("feature ")) ||
            starts("! Fiberstore ") || starts("!! IOS XR") || starts("ipv4 access-list ") || starts("ipv4 address ") ||
            starts("static (") || starts("global (") || starts("nat (") || starts("conduit ") ||
            starts("fixup protocol ") || (starts("access-list ") && has(line, " extended ")) || starts("! device: ") ||
            starts("!Command: show ") || starts("vdc ") || starts("access-group ") || starts("object network ") ||
            starts("object service "))
            return {};
        if (starts("ip nat inside") || starts("ip nat outside") || starts("ip nat pool ") || starts("ip nat source ") ||
            starts("ip nat enable") || starts("ip access-list extended ") || starts("ip inspect ") ||
            starts("zone-pair security ") || starts("class-map type inspect ") || starts("policy-map type inspect "))
            ++sure;
        else if (starts("ip access-list standard ") || starts("line vty") || starts("zone-member security ") ||
                 starts("ip access-group ") || starts("ipv6 traffic-filter ") || starts("ip cef") ||
                 starts("ip classless") || starts("service timestamps ") || starts("ip http server") ||
                 (is_numbered_list(line) && !with_netmask(line)) ||
                 (starts("ip route ") && !has(line, " via ") && !has(line, " add ")) ||
                 (indented && interface && starts("ip address ") && std::ranges::count(line, '.') == 6))
            ++likely;
    }
    if (version && (sure + likely > 0 || interface)) return {95, "the version line of IOS and commands of its"};
    if (sure > 0) return {90, "commands of an IOS configuration"};
    if (likely >= 2) return {80, "commands of an IOS configuration"};
    if (likely == 1) return {60, "a command of an IOS configuration"};
    return {};
}

Read read(base::Sources& sources, const std::vector<Input>& inputs, base::Diagnostics& diagnostics) {
    Read out;
    if (inputs.empty()) return out;
    std::vector<Statement> statements;
    for (const Input& input : inputs) {
        hide_secrets(sources, input.file);
        auto more = read_text(sources, input.file);
        statements.insert(statements.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    }
    model::Builder builder(stem(sources.file(inputs.front().file).path));
    Context context{sources, diagnostics, builder};
    Config config;
    gather(statements, context, config);
    lower(context, config);
    out.devices.push_back(std::move(builder).finish());
    return out;
}

}  // namespace egresslint::dialects::ios
