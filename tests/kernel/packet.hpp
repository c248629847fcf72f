// SPDX-License-Identifier: Apache-2.0
// First packets of flows as bytes, and back. Every packet carries a number in its payload (TCP: also in its sequence
// number), so that what comes out of the router can be told apart even when addresses and ports were all rewritten, and
// so that the answer to a rejected packet names the packet it answers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/address.hpp"

namespace egresslint::kernel {

inline constexpr std::uint8_t proto_icmp = 1, proto_tcp = 6, proto_udp = 17, proto_icmpv6 = 58;

struct Probe {
    std::string in;  ///< interface of the router it arrives by; "" = the router sends it itself
    base::Address src;
    base::Address dst;
    std::uint8_t proto = proto_tcp;
    std::uint16_t sport = 0;  ///< the identifier, for ICMP echo
    std::uint16_t dport = 0;
    std::uint8_t icmp_type = 0;
    std::uint8_t icmp_code = 0;
    std::uint8_t tcp_flags = 2;
    std::uint32_t mark = 0;  ///< only for packets the router sends
    friend bool operator==(const Probe&, const Probe&) = default;
};

using Bytes = std::vector<unsigned char>;

/// From the IP header on, all checksums right.
[[nodiscard]] Bytes to_bytes(const Probe& probe, std::uint32_t number);

/// What a captured packet says.
struct Captured {
    std::uint32_t number = 0;
    bool answer = false;  ///< a reset or an ICMP error about packet `number`
    base::Address src;
    base::Address dst;
    std::uint8_t proto = 0;
    std::uint16_t sport = 0;
    std::uint16_t dport = 0;
};
/// nullopt: not one of ours. `data` begins with the IP header.
[[nodiscard]] std::optional<Captured> from_bytes(const unsigned char* data, std::size_t size);
/// The same for what an IPv6 raw socket delivers: the transport header on, addresses known otherwise.
[[nodiscard]] std::optional<Captured> from_transport(std::uint8_t proto, const base::Address& src,
                                                     const base::Address& dst, const unsigned char* data,
                                                     std::size_t size);

/// "lan0 10.0.0.25 > 198.18.0.9 tcp 25:40000 mark 7", as test tables write it.
[[nodiscard]] std::string to_string(const Probe& probe);

}  // namespace egresslint::kernel
