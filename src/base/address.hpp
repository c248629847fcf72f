// SPDX-License-Identifier: Apache-2.0
// IPv4 and IPv6 addresses, prefixes and ranges, and their text forms (RFC 4291, RFC 5952 on output).
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace egresslint::base {

/// Unsigned 128 bits: wide enough for every header field; IPv4 addresses use the low 32 bits.
__extension__ using u128 = unsigned __int128;

enum class Family : std::uint8_t { v4 = 4, v6 = 6 };

[[nodiscard]] constexpr unsigned address_bits(Family family) { return family == Family::v4 ? 32 : 128; }
/// All ones in the low `bits` bits; `bits` in 0..128.
[[nodiscard]] constexpr u128 low_mask(unsigned bits) { return bits >= 128 ? ~u128{0} : (u128{1} << bits) - 1; }

struct Address {
    Family family = Family::v4;
    u128 bits = 0;
    friend constexpr bool operator==(const Address&, const Address&) = default;
    friend constexpr auto operator<=>(const Address& a, const Address& b) {
        if (a.family != b.family) return a.family <=> b.family;
        return a.bits < b.bits   ? std::strong_ordering::less
               : a.bits > b.bits ? std::strong_ordering::greater
                                 : std::strong_ordering::equal;
    }
};

struct Prefix {
    Address base;             ///< host bits are zero
    std::uint8_t length = 0;  ///< 0..32 or 0..128
    [[nodiscard]] u128 first() const { return base.bits; }
    [[nodiscard]] u128 last() const { return base.bits | low_mask(address_bits(base.family) - length); }
    [[nodiscard]] bool contains(const Address& a) const {
        return a.family == base.family && a.bits >= first() && a.bits <= last();
    }
    friend constexpr bool operator==(const Prefix&, const Prefix&) = default;
};

/// "10.0.0.1" or "fd00::1" (with or without an embedded IPv4 tail); no zone, no brackets, no leading zeros
/// that would mean octal elsewhere. nullopt on anything else.
[[nodiscard]] std::optional<Address> parse_address(std::string_view text);
[[nodiscard]] std::optional<Address> parse_ipv4(std::string_view text);
[[nodiscard]] std::optional<Address> parse_ipv6(std::string_view text);

/// "10.0.0.0/8", "10.0.0.0/255.0.0.0" (contiguous masks only), or a bare address (= full length). Host bits are
/// cleared.
[[nodiscard]] std::optional<Prefix> parse_prefix(std::string_view text);
[[nodiscard]] Prefix make_prefix(Address address, unsigned length);
/// Length of a contiguous netmask, else nullopt: 255.255.255.0 -> 24.
[[nodiscard]] std::optional<unsigned> mask_length(Family family, u128 mask);

[[nodiscard]] std::string to_string(const Address& address);
[[nodiscard]] std::string to_string(const Prefix& prefix);
/// Decimal text of a 128-bit number.
[[nodiscard]] std::string to_decimal(u128 value);

}  // namespace egresslint::base
