// SPDX-License-Identifier: Apache-2.0
// Keywords from nft(8): PAYLOAD EXPRESSIONS, META EXPRESSIONS, CONNTRACK EXPRESSIONS. `ct original|reply` and what has
// a shape of its own (raw payload, fib, concatenations, generators) is in lower_operand.cpp.
#include "dialects/nftables/lower_table.hpp"

#include <algorithm>
#include <array>
#include <tuple>

namespace egresslint::dialects::nftables {
namespace {

using model::Field;
using model::PredicateKind;
using model::View;
using As = Treatment::As;

// Sorted by group, protocol, key.
// clang-format off
constexpr std::array<Treatment, 147> rows{{
    {"ct", "", "avgpkt", As::predicate, Field::proto, View::current, Value::other, {0, -1}, PredicateKind::packet},
    {"ct", "", "bytes", As::predicate, Field::proto, View::current, Value::other, {0, -1}, PredicateKind::packet},
    {"ct", "", "direction", As::field, Field::ct_state, View::current, Value::direction, {0, -1}, PredicateKind::packet},
    {"ct", "", "event", As::predicate, Field::proto, View::current, Value::other, {0, -1}, PredicateKind::packet},
    {"ct", "", "expiration", As::predicate, Field::proto, View::current, Value::other, {0, -1}, PredicateKind::packet},
    {"ct", "", "helper", As::predicate, Field::proto, View::current, Value::other, {0, -1}, PredicateKind::packet},
    {"ct", "", "id", As::predicate, Field::proto, View::current, Value::other, {0, -1}, PredicateKind::packet},
    {"ct", "", "label", As::predicate, Field::proto, View::current, Value::other, {0, -1}, PredicateKind::packet},
    {"ct", "", "mark", As::ct_mark, Field::reg, View::current, Value::mark, {0, -1}, PredicateKind::packet},
    {"ct", "", "packets", As::predicate, Field::proto, View::current, Value::other, {0, -1}, PredicateKind::packet},
    {"ct", "", "secmark", As::predicate, Field::proto, View::current, Value::other, {0, -1}, PredicateKind::packet},
    {"ct", "", "state", As::field, Field::ct_state, View::current, Value::state, {0, -1}, PredicateKind::packet},
    {"ct", "", "status", As::ct_status, Field::reg, View::current, Value::status, {0, -1}, PredicateKind::packet},
    {"ct", "", "zone", As::predicate, Field::proto, View::current, Value::other, {0, -1}, PredicateKind::packet},
    {"meta", "", "cgroup", As::predicate, Field::proto, View::current, Value::other, {0, -1}, PredicateKind::user},
    {"meta", "", "cpu", As::predicate, Field::proto, View::current, Value::other, {0, -1}, PredicateKind::packet},
    {"meta", "", "day", As::predicate, Field::proto, View::current, Value::other, {0, -1}, PredicateKind::time},
    {"meta", "", "hour", As::predicate, Field::proto, View::current, Value::other, {0, -1}, PredicateKind::time},
    {"meta", "", "ibriport", As::predicate, Field::in_if, View::current, Value::other, {0, -1}, PredicateKind::packet},
    {"meta", "", "ibrname", As::predicate, Field::in_if, View::current, Value::other, {0, -1}, PredicateKind::packet},
    {"meta", "", "ibrpvid", As::predicate, Field::in_if, View::current, Value::other, {0, -1}, PredicateKind::packet},
    {"meta", "", "ibrvproto", As::predicate, Field::in_if, View::current, Value::other, {0, -1}, PredicateKind::packet},
    {"meta", "", "iif", As::field, Field::in_if, View::current, Value::interface, {0, -1}, PredicateKind::packet},
    {"meta", "", "iifgroup", As::predicate, Field::in_if, View::current, Value::other, {0, -1}, PredicateKind::packet},
    {"meta", "", "iifkind", As::predicate, Field::in_if, View::current, Value::other, {0, -1}, PredicateKind::packet},
    {"meta", "", "iifname", As::field, Field::in_if, View::current, Value::interface, {0, -1}, PredicateKind::packet},
    {"meta", "", "iiftype", As::predicate, Field::in_if, View::current, Value::other, {0, -1}, PredicateKind::packet},
    {"meta", "", "ipsec", As::predicate, Field::proto, View::current, Value::other, {0, -1}, PredicateKind::packet},
    {"meta", "", "l4proto", As::field, Field::proto, View::current, Value::protocol, {0, -1}, PredicateKind::packet},
    {"meta", "", "length", As::predicate, Field::proto, View::current, Value::other, {0, -1}, PredicateKind::packet},
    {"meta", "", "mark", As::mark, Field::reg, View::current, Value::mark, {0, -1}, PredicateKind::packet},
    {"meta", "", "nfproto", As::field, Field::family, View::current, Value::family, {0, -1}, PredicateKind::packet},
    {"meta", "", "nftrace", As::predicate, Field::proto, View::current, Value::other, {0, -1}, PredicateKind::packet},
    {"meta", "", "obriport", As::predicate, Field::out_if, View::current, Value::other, {0, -1}, PredicateKind::packet},
    {"meta", "", "obrname", As::predicate, Field::out_if, View::current, Value::other, {0, -1}, PredicateKind::packet},
    {"meta", "", "oif", As::field, Field::out_if, View::current, Value::interface, {0, -1}, PredicateKind::packet},
    {"meta", "", "oifgroup", As::predicate, Field::out_if, View::current, Value::other, {0, -1}, PredicateKind::packet},
    {"meta", "", "oifkind", As::predicate, Field::out_if, View::current, Value::other, {0, -1}, PredicateKind::packet},
    {"meta", "", "oifname", As::field, Field::out_if, View::current, Value::interface, {0, -1}, PredicateKind::packet},
    {"meta", "", "oiftype", As::predicate, Field::out_if, View::current, Value::other, {0, -1}, PredicateKind::packet},
    {"meta", "", "pkttype", As::predicate, Field::proto, View::current, Value::other, {0, -1}, PredicateKind::packet},
    {"meta", "", "priority", As::predicate, Field::proto, View::current, Value::other, {0, -1}, PredicateKind::packet},
    {"meta", "", "protocol", As::field, Field::family, View::current, Value::ether_type, {0, -1}, PredicateKind::packet},
    {"meta", "", "random", As::predicate, Field::proto, View::current, Value::other, {0, -1}, PredicateKind::balance},
    {"meta", "", "rtclassid", As::predicate, Field::proto, View::current, Value::other, {0, -1}, PredicateKind::packet},
    {"meta", "", "sdif", As::predicate, Field::in_if, View::current, Value::other, {0, -1}, PredicateKind::packet},
    {"meta", "", "sdifname", As::predicate, Field::in_if, View::current, Value::other, {0, -1}, PredicateKind::packet},
    {"meta", "", "secmark", As::predicate, Field::proto, View::current, Value::other, {0, -1}, PredicateKind::packet},
    {"meta", "", "secpath", As::predicate, Field::proto, View::current, Value::other, {0, -1}, PredicateKind::packet},
    {"meta", "", "skgid", As::predicate, Field::proto, View::current, Value::other, {0, -1}, PredicateKind::user},
    {"meta", "", "skuid", As::predicate, Field::proto, View::current, Value::other, {0, -1}, PredicateKind::user},
    {"meta", "", "time", As::predicate, Field::proto, View::current, Value::other, {0, -1}, PredicateKind::time},
    {"payload", "ah", "hdrlength", As::predicate, Field::proto, View::current, Value::other, {0, 51}, PredicateKind::packet},
    {"payload", "ah", "nexthdr", As::predicate, Field::proto, View::current, Value::other, {0, 51}, PredicateKind::packet},
    {"payload", "ah", "reserved", As::predicate, Field::proto, View::current, Value::other, {0, 51}, PredicateKind::packet},
    {"payload", "ah", "sequence", As::predicate, Field::proto, View::current, Value::other, {0, 51}, PredicateKind::packet},
    {"payload", "ah", "spi", As::predicate, Field::proto, View::current, Value::other, {0, 51}, PredicateKind::packet},
    {"payload", "arp", "hlen", As::predicate, Field::proto, View::current, Value::other, {0, -1}, PredicateKind::packet},
    {"payload", "arp", "htype", As::predicate, Field::proto, View::current, Value::other, {0, -1}, PredicateKind::packet},
    {"payload", "arp", "operation", As::predicate, Field::proto, View::current, Value::other, {0, -1}, PredicateKind::packet},
    {"payload", "arp", "plen", As::predicate, Field::proto, View::current, Value::other, {0, -1}, PredicateKind::packet},
    {"payload", "arp", "ptype", As::predicate, Field::proto, View::current, Value::other, {0, -1}, PredicateKind::packet},
    {"payload", "comp", "cpi", As::predicate, Field::proto, View::current, Value::other, {0, 108}, PredicateKind::packet},
    {"payload", "comp", "flags", As::predicate, Field::proto, View::current, Value::other, {0, 108}, PredicateKind::packet},
    {"payload", "comp", "nexthdr", As::predicate, Field::proto, View::current, Value::other, {0, 108}, PredicateKind::packet},
    {"payload", "dccp", "dport", As::field, Field::dport, View::current, Value::port, {0, 33}, PredicateKind::packet},
    {"payload", "dccp", "sport", As::field, Field::sport, View::current, Value::port, {0, 33}, PredicateKind::packet},
    {"payload", "dccp", "type", As::predicate, Field::proto, View::current, Value::other, {0, 33}, PredicateKind::packet},
    {"payload", "esp", "sequence", As::predicate, Field::proto, View::current, Value::other, {0, 50}, PredicateKind::packet},
    {"payload", "esp", "spi", As::predicate, Field::proto, View::current, Value::other, {0, 50}, PredicateKind::packet},
    {"payload", "ether", "daddr", As::predicate, Field::src, View::current, Value::other, {0, -1}, PredicateKind::packet},
    {"payload", "ether", "saddr", As::predicate, Field::src, View::current, Value::other, {0, -1}, PredicateKind::packet},
    {"payload", "ether", "type", As::predicate, Field::src, View::current, Value::other, {0, -1}, PredicateKind::packet},
    {"payload", "gre", "flags", As::predicate, Field::proto, View::current, Value::other, {0, 47}, PredicateKind::packet},
    {"payload", "gre", "protocol", As::predicate, Field::proto, View::current, Value::other, {0, 47}, PredicateKind::packet},
    {"payload", "gre", "version", As::predicate, Field::proto, View::current, Value::other, {0, 47}, PredicateKind::packet},
    {"payload", "icmp", "checksum", As::predicate, Field::icmp_type, View::current, Value::other, {4, 1}, PredicateKind::packet},
    {"payload", "icmp", "code", As::field, Field::icmp_code, View::current, Value::icmp_code, {4, 1}, PredicateKind::packet},
    {"payload", "icmp", "gateway", As::predicate, Field::icmp_type, View::current, Value::other, {4, 1}, PredicateKind::packet},
    {"payload", "icmp", "id", As::predicate, Field::icmp_type, View::current, Value::other, {4, 1}, PredicateKind::packet},
    {"payload", "icmp", "mtu", As::predicate, Field::icmp_type, View::current, Value::other, {4, 1}, PredicateKind::packet},
    {"payload", "icmp", "sequence", As::predicate, Field::icmp_type, View::current, Value::other, {4, 1}, PredicateKind::packet},
    {"payload", "icmp", "type", As::field, Field::icmp_type, View::current, Value::icmp_type, {4, 1}, PredicateKind::packet},
    {"payload", "icmpv6", "checksum", As::predicate, Field::icmp_type, View::current, Value::other, {6, 58}, PredicateKind::packet},
    {"payload", "icmpv6", "code", As::field, Field::icmp_code, View::current, Value::icmpv6_code, {6, 58}, PredicateKind::packet},
    {"payload", "icmpv6", "daddr", As::predicate, Field::icmp_type, View::current, Value::other, {6, 58}, PredicateKind::packet},
    {"payload", "icmpv6", "id", As::predicate, Field::icmp_type, View::current, Value::other, {6, 58}, PredicateKind::packet},
    {"payload", "icmpv6", "max-delay", As::predicate, Field::icmp_type, View::current, Value::other, {6, 58}, PredicateKind::packet},
    {"payload", "icmpv6", "packet-too-big", As::predicate, Field::icmp_type, View::current, Value::other, {6, 58}, PredicateKind::packet},
    {"payload", "icmpv6", "parameter-problem", As::predicate, Field::icmp_type, View::current, Value::other, {6, 58}, PredicateKind::packet},
    {"payload", "icmpv6", "sequence", As::predicate, Field::icmp_type, View::current, Value::other, {6, 58}, PredicateKind::packet},
    {"payload", "icmpv6", "taddr", As::predicate, Field::icmp_type, View::current, Value::other, {6, 58}, PredicateKind::packet},
    {"payload", "icmpv6", "type", As::field, Field::icmp_type, View::current, Value::icmpv6_type, {6, 58}, PredicateKind::packet},
    {"payload", "igmp", "checksum", As::predicate, Field::proto, View::current, Value::other, {0, 2}, PredicateKind::packet},
    {"payload", "igmp", "group", As::predicate, Field::proto, View::current, Value::other, {0, 2}, PredicateKind::packet},
    {"payload", "igmp", "mrt", As::predicate, Field::proto, View::current, Value::other, {0, 2}, PredicateKind::packet},
    {"payload", "igmp", "type", As::predicate, Field::proto, View::current, Value::other, {0, 2}, PredicateKind::packet},
    {"payload", "ip", "checksum", As::predicate, Field::proto, View::current, Value::other, {4, -1}, PredicateKind::packet},
    {"payload", "ip", "daddr", As::field, Field::dst, View::current, Value::ipv4, {4, -1}, PredicateKind::packet},
    {"payload", "ip", "dscp", As::predicate, Field::proto, View::current, Value::other, {4, -1}, PredicateKind::packet},
    {"payload", "ip", "ecn", As::predicate, Field::proto, View::current, Value::other, {4, -1}, PredicateKind::packet},
    {"payload", "ip", "frag-off", As::predicate, Field::proto, View::current, Value::other, {4, -1}, PredicateKind::packet},
    {"payload", "ip", "hdrlength", As::predicate, Field::proto, View::current, Value::other, {4, -1}, PredicateKind::packet},
    {"payload", "ip", "id", As::predicate, Field::proto, View::current, Value::other, {4, -1}, PredicateKind::packet},
    {"payload", "ip", "length", As::predicate, Field::proto, View::current, Value::other, {4, -1}, PredicateKind::packet},
    {"payload", "ip", "protocol", As::field, Field::proto, View::current, Value::protocol, {4, -1}, PredicateKind::packet},
    {"payload", "ip", "saddr", As::field, Field::src, View::current, Value::ipv4, {4, -1}, PredicateKind::packet},
    {"payload", "ip", "ttl", As::predicate, Field::proto, View::current, Value::other, {4, -1}, PredicateKind::packet},
    {"payload", "ip", "version", As::field, Field::family, View::current, Value::other, {4, -1}, PredicateKind::packet},
    {"payload", "ip6", "daddr", As::field, Field::dst, View::current, Value::ipv6, {6, -1}, PredicateKind::packet},
    {"payload", "ip6", "dscp", As::predicate, Field::proto, View::current, Value::other, {6, -1}, PredicateKind::packet},
    {"payload", "ip6", "ecn", As::predicate, Field::proto, View::current, Value::other, {6, -1}, PredicateKind::packet},
    {"payload", "ip6", "flowlabel", As::predicate, Field::proto, View::current, Value::other, {6, -1}, PredicateKind::packet},
    {"payload", "ip6", "hoplimit", As::predicate, Field::proto, View::current, Value::other, {6, -1}, PredicateKind::packet},
    {"payload", "ip6", "length", As::predicate, Field::proto, View::current, Value::other, {6, -1}, PredicateKind::packet},
    {"payload", "ip6", "nexthdr", As::field, Field::proto, View::current, Value::protocol, {6, -1}, PredicateKind::packet},
    {"payload", "ip6", "saddr", As::field, Field::src, View::current, Value::ipv6, {6, -1}, PredicateKind::packet},
    {"payload", "ip6", "version", As::field, Field::family, View::current, Value::other, {6, -1}, PredicateKind::packet},
    {"payload", "sctp", "checksum", As::predicate, Field::proto, View::current, Value::other, {0, 132}, PredicateKind::packet},
    {"payload", "sctp", "dport", As::field, Field::dport, View::current, Value::port, {0, 132}, PredicateKind::packet},
    {"payload", "sctp", "sport", As::field, Field::sport, View::current, Value::port, {0, 132}, PredicateKind::packet},
    {"payload", "sctp", "vtag", As::predicate, Field::proto, View::current, Value::other, {0, 132}, PredicateKind::packet},
    {"payload", "tcp", "ackseq", As::predicate, Field::proto, View::current, Value::other, {0, 6}, PredicateKind::packet},
    {"payload", "tcp", "checksum", As::predicate, Field::proto, View::current, Value::other, {0, 6}, PredicateKind::packet},
    {"payload", "tcp", "doff", As::predicate, Field::proto, View::current, Value::other, {0, 6}, PredicateKind::packet},
    {"payload", "tcp", "dport", As::field, Field::dport, View::current, Value::port, {0, 6}, PredicateKind::packet},
    {"payload", "tcp", "flags", As::field, Field::tcp_flags, View::current, Value::tcp_flags, {0, 6}, PredicateKind::packet},
    {"payload", "tcp", "reserved", As::predicate, Field::proto, View::current, Value::other, {0, 6}, PredicateKind::packet},
    {"payload", "tcp", "sequence", As::predicate, Field::proto, View::current, Value::other, {0, 6}, PredicateKind::packet},
    {"payload", "tcp", "sport", As::field, Field::sport, View::current, Value::port, {0, 6}, PredicateKind::packet},
    {"payload", "tcp", "urgptr", As::predicate, Field::proto, View::current, Value::other, {0, 6}, PredicateKind::packet},
    {"payload", "tcp", "window", As::predicate, Field::proto, View::current, Value::other, {0, 6}, PredicateKind::packet},
    {"payload", "th", "dport", As::field, Field::dport, View::current, Value::port, {0, -1}, PredicateKind::packet},
    {"payload", "th", "sport", As::field, Field::sport, View::current, Value::port, {0, -1}, PredicateKind::packet},
    {"payload", "udp", "checksum", As::predicate, Field::proto, View::current, Value::other, {0, 17}, PredicateKind::packet},
    {"payload", "udp", "dport", As::field, Field::dport, View::current, Value::port, {0, 17}, PredicateKind::packet},
    {"payload", "udp", "length", As::predicate, Field::proto, View::current, Value::other, {0, 17}, PredicateKind::packet},
    {"payload", "udp", "sport", As::field, Field::sport, View::current, Value::port, {0, 17}, PredicateKind::packet},
    {"payload", "udplite", "checksum", As::predicate, Field::proto, View::current, Value::other, {0, 136}, PredicateKind::packet},
    {"payload", "udplite", "csumcov", As::predicate, Field::proto, View::current, Value::other, {0, 136}, PredicateKind::packet},
    {"payload", "udplite", "dport", As::field, Field::dport, View::current, Value::port, {0, 136}, PredicateKind::packet},
    {"payload", "udplite", "sport", As::field, Field::sport, View::current, Value::port, {0, 136}, PredicateKind::packet},
    {"payload", "vlan", "cfi", As::predicate, Field::src, View::current, Value::other, {0, -1}, PredicateKind::packet},
    {"payload", "vlan", "dei", As::predicate, Field::src, View::current, Value::other, {0, -1}, PredicateKind::packet},
    {"payload", "vlan", "id", As::predicate, Field::src, View::current, Value::other, {0, -1}, PredicateKind::packet},
    {"payload", "vlan", "pcp", As::predicate, Field::src, View::current, Value::other, {0, -1}, PredicateKind::packet},
    {"payload", "vlan", "type", As::predicate, Field::src, View::current, Value::other, {0, -1}, PredicateKind::packet},
}};
// clang-format on

constexpr bool sorted() {
    for (std::size_t i = 1; i < rows.size(); ++i)
        if (std::tie(rows[i - 1].group, rows[i - 1].protocol, rows[i - 1].key) >=
            std::tie(rows[i].group, rows[i].protocol, rows[i].key))
            return false;
    return true;
}
static_assert(sorted());

}  // namespace

std::span<const Treatment> treatments() { return rows; }

const Treatment* find_treatment(std::string_view group, std::string_view protocol, std::string_view key) {
    const auto wanted = std::tie(group, protocol, key);
    const auto at = std::lower_bound(rows.begin(), rows.end(), wanted, [](const Treatment& row, const auto& key_of) {
        return std::tie(row.group, row.protocol, row.key) < key_of;
    });
    if (at == rows.end() || std::tie(at->group, at->protocol, at->key) != wanted) return nullptr;
    return &*at;
}

}  // namespace egresslint::dialects::nftables
