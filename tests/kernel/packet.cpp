// SPDX-License-Identifier: Apache-2.0
// Header layouts: RFC 791, 8200, 9293, 768, 792, 4443.
#include "packet.hpp"

#include <fmt/format.h>

#include <array>

namespace egresslint::kernel {
namespace {

using base::Address;
using base::Family;

constexpr std::array<unsigned char, 4> magic = {'e', 'g', 'r', 'l'};
constexpr std::size_t payload_size = 8;

void put16(Bytes& out, unsigned value) {
    out.push_back(static_cast<unsigned char>(value >> 8));
    out.push_back(static_cast<unsigned char>(value));
}
void put32(Bytes& out, std::uint32_t value) {
    put16(out, value >> 16);
    put16(out, value & 0xffff);
}
void put_address(Bytes& out, const Address& address) {
    for (unsigned shift = base::address_bits(address.family); shift > 0; shift -= 8) {
        out.push_back(static_cast<unsigned char>(address.bits >> (shift - 8)));
    }
}
void set16(Bytes& out, std::size_t at, unsigned value) {
    out[at] = static_cast<unsigned char>(value >> 8);
    out[at + 1] = static_cast<unsigned char>(value);
}
std::uint16_t get16(const unsigned char* data) { return static_cast<std::uint16_t>(data[0] << 8 | data[1]); }
std::uint32_t get32(const unsigned char* data) {
    return static_cast<std::uint32_t>(get16(data)) << 16 | get16(data + 2);
}
Address get_address(Family family, const unsigned char* data) {
    Address address{family, 0};
    for (unsigned i = 0; i < base::address_bits(family) / 8; ++i) address.bits = address.bits << 8 | data[i];
    return address;
}

/// RFC 1071.
unsigned checksum(const Bytes& data) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < data.size(); i += 2) {
        sum += static_cast<std::uint32_t>(data[i] << 8) + (i + 1 < data.size() ? data[i + 1] : 0u);
    }
    while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
    return ~sum & 0xffff;
}

Bytes transport(const Probe& probe, std::uint32_t number) {
    Bytes out;
    std::size_t checksum_at = 0;
    switch (probe.proto) {
        case proto_tcp:
            put16(out, probe.sport);
            put16(out, probe.dport);
            put32(out, number << 8);
            put32(out, 0);
            out.push_back(5 << 4);
            out.push_back(probe.tcp_flags);
            put16(out, 1024);
            checksum_at = out.size();
            put32(out, 0);
            break;
        case proto_udp:
            put16(out, probe.sport);
            put16(out, probe.dport);
            put16(out, 8 + payload_size);
            checksum_at = out.size();
            put16(out, 0);
            break;
        case proto_icmp:
        case proto_icmpv6:
            out.push_back(probe.icmp_type);
            out.push_back(probe.icmp_code);
            checksum_at = out.size();
            put16(out, 0);
            put16(out, probe.sport);
            put16(out, 1);
            break;
        default: break;  // the payload alone
    }
    out.insert(out.end(), magic.begin(), magic.end());
    put32(out, number);
    if (checksum_at != 0) {
        Bytes covered;
        if (probe.proto != proto_icmp) {
            put_address(covered, probe.src);
            put_address(covered, probe.dst);
            put32(covered, static_cast<std::uint32_t>(out.size()));
            put32(covered, probe.proto);
        }
        covered.insert(covered.end(), out.begin(), out.end());
        set16(out, checksum_at, checksum(covered));
    }
    return out;
}

std::optional<std::uint32_t> number_of(const unsigned char* payload, std::size_t size) {
    if (size < payload_size || !std::equal(magic.begin(), magic.end(), payload)) return std::nullopt;
    return get32(payload + 4);
}

/// An ICMP error quotes the packet it is about: as it was when it was refused.
std::optional<Captured> answer_of(const unsigned char* quoted, std::size_t size) {
    std::optional<Captured> captured = from_bytes(quoted, size);
    if (captured) captured->answer = true;
    return captured;
}

}  // namespace

Bytes to_bytes(const Probe& probe, std::uint32_t number) {
    const Bytes body = transport(probe, number);
    Bytes out;
    if (probe.dst.family == Family::v4) {
        out = {0x45, 0};
        put16(out, static_cast<unsigned>(20 + body.size()));
        put16(out, number & 0xffff);
        put16(out, 0);
        out.push_back(64);
        out.push_back(probe.proto);
        put16(out, 0);
        put_address(out, probe.src);
        put_address(out, probe.dst);
        set16(out, 10, checksum(out));
    } else {
        out = {0x60, 0, 0, 0};
        put16(out, static_cast<unsigned>(body.size()));
        out.push_back(probe.proto);
        out.push_back(64);
        put_address(out, probe.src);
        put_address(out, probe.dst);
    }
    out.insert(out.end(), body.begin(), body.end());
    return out;
}

std::optional<Captured> from_transport(std::uint8_t proto, const Address& src, const Address& dst,
                                       const unsigned char* data, std::size_t size) {
    Captured captured{.number = 0, .answer = false, .src = src, .dst = dst, .proto = proto, .sport = 0, .dport = 0};
    std::optional<std::uint32_t> number;
    if (proto == proto_tcp) {
        if (size < 20) return std::nullopt;
        captured.sport = get16(data);
        captured.dport = get16(data + 2);
        number = number_of(data + 20, size - 20);
        if (!number && (data[13] & 4) != 0) {  // a reset acknowledges our sequence number, which holds our number
            captured.answer = true;
            number = get32(data + 8) >> 8;
        }
    } else if (proto == proto_udp) {
        if (size < 8) return std::nullopt;
        captured.sport = get16(data);
        captured.dport = get16(data + 2);
        number = number_of(data + 8, size - 8);
    } else if (proto == proto_icmp || proto == proto_icmpv6) {
        if (size < 8) return std::nullopt;
        const bool error = proto == proto_icmp ? data[0] == 3 : data[0] == 1;
        if (error) return answer_of(data + 8, size - 8);
        const bool reply = proto == proto_icmp ? data[0] == 0 : data[0] == 129;
        if (reply) return std::nullopt;
        captured.sport = get16(data + 4);
        number = number_of(data + 8, size - 8);
    } else {
        number = number_of(data, size);
    }
    if (!number) return std::nullopt;
    captured.number = *number;
    return captured;
}

std::optional<Captured> from_bytes(const unsigned char* data, std::size_t size) {
    if (size < 20) return std::nullopt;
    if (data[0] >> 4 == 4) {
        const std::size_t header = static_cast<std::size_t>(data[0] & 15) * 4;
        if (header < 20 || size < header) return std::nullopt;
        return from_transport(data[9], get_address(Family::v4, data + 12), get_address(Family::v4, data + 16),
                              data + header, size - header);
    }
    if (data[0] >> 4 == 6 && size >= 40) {
        return from_transport(data[6], get_address(Family::v6, data + 8), get_address(Family::v6, data + 24), data + 40,
                              size - 40);
    }
    return std::nullopt;
}

std::string to_string(const Probe& probe) {
    std::string text = fmt::format("{} {} > {} ", probe.in.empty() ? "self" : probe.in, base::to_string(probe.src),
                                   base::to_string(probe.dst));
    switch (probe.proto) {
        case proto_tcp: text += fmt::format("tcp {}:{}", probe.dport, probe.sport); break;
        case proto_udp: text += fmt::format("udp {}:{}", probe.dport, probe.sport); break;
        case proto_icmp:
        case proto_icmpv6: text += fmt::format("icmp {}/{}", probe.icmp_type, probe.icmp_code); break;
        default: text += fmt::format("proto {}", probe.proto);
    }
    if (probe.proto == proto_tcp && probe.tcp_flags != 2) text += fmt::format(" flags {}", probe.tcp_flags);
    if (probe.mark != 0) text += fmt::format(" mark {}", probe.mark);
    return text;
}

}  // namespace egresslint::kernel
