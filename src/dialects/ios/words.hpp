// SPDX-License-Identifier: Apache-2.0
// Names of ports, protocols and ICMP messages as the command line of IOS writes them; they differ from IANA's here and
// there. Source: Cisco IOS Security Command Reference, "permit (IP)" and "permit (IPv6)"; port-to-application mapping:
// Cisco IOS Security Command Reference, "ip port-map", system-defined ports.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/interval_set.hpp"

namespace egresslint::dialects::ios::words {

/// "smtp", "25"; nullopt for what is not in the list.
[[nodiscard]] std::optional<std::uint16_t> port(std::string_view text);
/// "tcp", "50"; "ip" and "ipv6" are not a protocol but all of them. `v6`: "icmp" is ICMPv6.
[[nodiscard]] std::optional<std::uint8_t> protocol(std::string_view text, bool v6);
struct Icmp {
    std::uint8_t type = 0;
    std::optional<std::uint8_t> code;
};
/// "echo-reply", "net-unreachable", "8".
[[nodiscard]] std::optional<Icmp> icmp(std::string_view text, bool v6);
/// Decimal, at most `most`; nothing else may follow.
[[nodiscard]] std::optional<std::uint32_t> number(std::string_view text, std::uint32_t most);

/// What `match protocol` and `ip inspect name` mean by an application.
struct Application {
    std::optional<std::uint16_t> port;  ///< none: every port of the protocols
    bool tcp = false, udp = false, icmp = false;
};
[[nodiscard]] std::optional<Application> application(std::string_view text);

}  // namespace egresslint::dialects::ios::words
