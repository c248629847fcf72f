// SPDX-License-Identifier: Apache-2.0
// Names that stand for numbers in nftables text: services, protocols, ICMP types, flags, states, priorities. A table of
// our own, so that a verdict never depends on /etc/services of the machine that runs the linter.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/address.hpp"

namespace egresslint::dialects::nftables {

/// How the constants on the other side of a match read: the data types of nft(8).
enum class Value : std::uint8_t {
    ipv4,
    ipv6,
    port,
    protocol,
    interface,
    mark,
    state,
    status,
    direction,
    family,      ///< nf_proto: ipv4 = 2, ipv6 = 10
    ether_type,  ///< meta protocol: ip = 0x0800, ip6 = 0x86dd
    tcp_flags,
    icmp_type,
    icmp_code,
    icmpv6_type,
    icmpv6_code,
    address_type,  ///< fib type
    other,         ///< no constants that matter
};

/// The bitmask types: a match without operator tests whether any of the bits is set.
[[nodiscard]] constexpr bool is_bitmask(Value value) {
    return value == Value::state || value == Value::status || value == Value::tcp_flags;
}

/// Decimal, 0x hexadecimal or 0 octal, as nft reads integers.
[[nodiscard]] std::optional<base::u128> number(std::string_view text);
[[nodiscard]] std::optional<std::uint32_t> named_constant(Value value, std::string_view name);
/// Priorities of the ip, ip6 and inet families.
[[nodiscard]] std::optional<std::int32_t> named_priority(std::string_view name);

}  // namespace egresslint::dialects::nftables
