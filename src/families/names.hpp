// SPDX-License-Identifier: Apache-2.0
// Names of protocols, services and ICMP types as Linux tools write them. What is not listed here is unknown to us: the
// files /etc/protocols and /etc/services of the machine that reads a dump need not be those of the firewall.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace egresslint::families::names {

/// "tcp", "ipv6-icmp", "50"; "all" is not a protocol.
[[nodiscard]] std::optional<std::uint8_t> protocol(std::string_view text);
/// "smtp", "25"; names are those of the IANA registry that /etc/services of Debian carries for TCP and UDP.
[[nodiscard]] std::optional<std::uint16_t> service(std::string_view text);

struct IcmpType {
    std::uint8_t type = 0;
    std::uint8_t code_first = 0;
    std::uint8_t code_last = 255;
};
/// Names of iptables(8) `-p icmp -h` and ip6tables(8) `-p icmpv6 -h`; "8", "3/1".
[[nodiscard]] std::optional<IcmpType> icmp(std::string_view text);
[[nodiscard]] std::optional<IcmpType> icmpv6(std::string_view text);

/// Decimal, 0x… or 0… (octal) as strtoul(3) with base 0 reads it; nothing else may follow.
[[nodiscard]] std::optional<std::uint64_t> number(std::string_view text);

}  // namespace egresslint::families::names
