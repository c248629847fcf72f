// SPDX-License-Identifier: Apache-2.0
// Hand-written address text: inet_pton accepts zones and is not constexpr-friendly over string_view; getaddrinfo would
// ask the network.
#include "base/address.hpp"

#include <algorithm>
#include <array>

namespace egresslint::base {
namespace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

constexpr int hex_digit(char c) {
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::optional<std::uint32_t> parse_quad(std::string_view text) {
    std::uint32_t bits = 0;
    std::size_t i = 0;
    for (int part = 0; part < 4; ++part) {
        if (part > 0) {
            if (i >= text.size() || text[i] != '.') return std::nullopt;
            ++i;
        }
        const std::size_t start = i;
        std::uint32_t value = 0;
        while (i < text.size() && is_digit(text[i]) && i - start < 3)
            value = value * 10 + static_cast<std::uint32_t>(text[i++] - '0');
        if (i == start || value > 255) return std::nullopt;
        // "010" is octal to inet_aton and decimal to inet_pton; we take neither reading.
        if (i - start > 1 && text[start] == '0') return std::nullopt;
        bits = bits << 8 | value;
    }
    if (i != text.size()) return std::nullopt;
    return bits;
}

void append_quad(std::string& out, std::uint32_t bits) {
    for (int shift = 24; shift >= 0; shift -= 8) {
        out += std::to_string(bits >> shift & 0xff);
        if (shift) out += '.';
    }
}

}  // namespace

std::optional<Address> parse_ipv4(std::string_view text) {
    if (const auto bits = parse_quad(text)) return Address{Family::v4, *bits};
    return std::nullopt;
}

std::optional<Address> parse_ipv6(std::string_view text) {
    std::array<std::uint16_t, 8> groups{};
    std::size_t count = 0;
    std::optional<std::size_t> gap;
    std::size_t i = 0;
    if (text.size() < 2) return std::nullopt;
    if (text[0] == ':') {
        if (text[1] != ':') return std::nullopt;
        gap = 0;
        i = 2;
    }
    while (i < text.size()) {
        if (count == 8) return std::nullopt;
        const std::size_t start = i;
        std::uint32_t value = 0;
        while (i < text.size() && hex_digit(text[i]) >= 0 && i - start < 4)
            value = value << 4 | static_cast<std::uint32_t>(hex_digit(text[i++]));
        if (i < text.size() && text[i] == '.') {
            const auto quad = parse_quad(text.substr(start));
            if (!quad || count > 6) return std::nullopt;
            groups[count++] = static_cast<std::uint16_t>(*quad >> 16);
            groups[count++] = static_cast<std::uint16_t>(*quad);
            i = text.size();
            break;
        }
        if (i == start) return std::nullopt;
        groups[count++] = static_cast<std::uint16_t>(value);
        if (i == text.size()) break;
        if (text[i] != ':') return std::nullopt;
        ++i;
        if (i == text.size()) return std::nullopt;  // a single trailing colon
        if (text[i] == ':') {
            if (gap) return std::nullopt;
            gap = count;
            ++i;
        }
    }
    if (gap ? count > 7 : count != 8) return std::nullopt;
    std::array<std::uint16_t, 8> full{};
    const std::size_t head = gap.value_or(8);
    for (std::size_t k = 0; k < std::min(head, count); ++k) full[k] = groups[k];
    if (gap)
        for (std::size_t k = head; k < count; ++k) full[8 - count + k] = groups[k];
    u128 bits = 0;
    for (const auto g : full) bits = bits << 16 | g;
    return Address{Family::v6, bits};
}

std::optional<Address> parse_address(std::string_view text) {
    if (text.find(':') != std::string_view::npos) return parse_ipv6(text);
    return parse_ipv4(text);
}

std::optional<unsigned> mask_length(Family family, u128 mask) {
    const unsigned bits = address_bits(family);
    if (mask & ~low_mask(bits)) return std::nullopt;
    const u128 inverse = ~mask & low_mask(bits);
    if (inverse & (inverse + 1)) return std::nullopt;
    unsigned zeros = 0;
    for (u128 rest = inverse; rest; rest >>= 1) ++zeros;
    return bits - zeros;
}

Prefix make_prefix(Address address, unsigned length) {
    const unsigned bits = address_bits(address.family);
    length = std::min(length, bits);
    address.bits &= ~low_mask(bits - length);
    return Prefix{address, static_cast<std::uint8_t>(length)};
}

std::optional<Prefix> parse_prefix(std::string_view text) {
    const auto slash = text.find('/');
    const auto address = parse_address(text.substr(0, slash));
    if (!address) return std::nullopt;
    const unsigned bits = address_bits(address->family);
    if (slash == std::string_view::npos) return make_prefix(*address, bits);
    const auto tail = text.substr(slash + 1);
    if (tail.find_first_of(".:") != std::string_view::npos) {
        const auto mask = parse_address(tail);
        if (!mask || mask->family != address->family) return std::nullopt;
        const auto length = mask_length(mask->family, mask->bits);
        if (!length) return std::nullopt;
        return make_prefix(*address, *length);
    }
    if (tail.empty() || tail.size() > 3 || !std::all_of(tail.begin(), tail.end(), is_digit)) return std::nullopt;
    unsigned length = 0;
    for (const char c : tail) length = length * 10 + static_cast<unsigned>(c - '0');
    if (length > bits) return std::nullopt;
    return make_prefix(*address, length);
}

std::string to_string(const Address& address) {
    std::string out;
    if (address.family == Family::v4) {
        append_quad(out, static_cast<std::uint32_t>(address.bits));
        return out;
    }
    // RFC 5952: lower case, the longest run of two or more zero groups becomes "::", the first one when equal;
    // IPv4-mapped addresses keep their dotted tail.
    if (address.bits >> 32 == 0xffff) {
        out = "::ffff:";
        append_quad(out, static_cast<std::uint32_t>(address.bits));
        return out;
    }
    std::array<unsigned, 8> groups{};
    for (unsigned k = 0; k < 8; ++k) groups[k] = static_cast<unsigned>(address.bits >> (112 - 16 * k) & 0xffff);
    unsigned best = 0, best_length = 1;
    for (unsigned k = 0; k < 8; ++k) {
        unsigned length = 0;
        while (k + length < 8 && groups[k + length] == 0) ++length;
        if (length > best_length) best = k, best_length = length;
        if (length) k += length - 1;
    }
    if (best_length < 2) best = 8;
    for (unsigned k = 0; k < 8;) {
        if (k == best) {
            out += "::";
            k += best_length;
            continue;
        }
        if (!out.empty() && out.back() != ':') out += ':';
        constexpr const char* digits = "0123456789abcdef";
        bool leading = true;
        for (int shift = 12; shift >= 0; shift -= 4) {
            const unsigned digit = groups[k] >> shift & 0xf;
            if (leading && digit == 0 && shift > 0) continue;
            leading = false;
            out += digits[digit];
        }
        ++k;
    }
    return out;
}

std::string to_string(const Prefix& prefix) { return to_string(prefix.base) + "/" + std::to_string(prefix.length); }

std::string to_decimal(u128 value) {
    if (value == 0) return "0";
    std::string out;
    for (; value; value /= 10) out += static_cast<char>('0' + static_cast<int>(value % 10));
    std::reverse(out.begin(), out.end());
    return out;
}

}  // namespace egresslint::base
