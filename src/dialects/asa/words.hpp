// SPDX-License-Identifier: Apache-2.0
// Names of ports, protocols and ICMP types as the command line of ASA and PIX writes them; they differ from IANA's here
// and there. Source: Cisco ASA Series CLI configuration guide, appendix "Addresses, Protocols, and Ports".
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace egresslint::dialects::asa::words {

/// "smtp", "25"; nullopt for what the appendix does not list.
[[nodiscard]] std::optional<std::uint16_t> port(std::string_view text);
/// "tcp", "50"; "ip" is not a protocol but all of them.
[[nodiscard]] std::optional<std::uint8_t> protocol(std::string_view text);
/// "echo-reply", "8".
[[nodiscard]] std::optional<std::uint8_t> icmp_type(std::string_view text, bool v6);
/// Decimal, at most `most`; nothing else may follow.
[[nodiscard]] std::optional<std::uint32_t> number(std::string_view text, std::uint32_t most);

}  // namespace egresslint::dialects::asa::words
