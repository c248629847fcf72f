// SPDX-License-Identifier: Apache-2.0
// The vocabulary of nft(8): which words begin an expression and which fields each header has. nftables reserves these
// words, but a value may be spelled the same (`meta protocol ip`, `ct status dnat`), so the parser asks here before
// it reads a word as the start of something larger.
#pragma once

#include <cstdint>
#include <string_view>

namespace egresslint::dialects::nftables {

/// What an expression that begins with this word is.
enum class Opens : std::uint8_t {
    nothing,
    payload,    ///< ip, tcp … followed by a field
    extension,  ///< IPv6 extension headers: frag, hbh …
    exthdr,
    meta,
    meta_key,  ///< iifname, mark …: meta keys that need no `meta`
    ct,
    rt,
    fib,
    socket,
    osf,
    ipsec,
    numgen,
    jhash,
    symhash,
};

struct Header {
    std::string_view name;
    Opens opens = Opens::nothing;
    std::string_view fields;  ///< separated by blanks; for payload and extension
};

/// Linear in nothing but the word: a binary search.
[[nodiscard]] const Header* find_header(std::string_view word);
/// Whether `word` is one of `list`, words separated by one blank.
[[nodiscard]] bool in_list(std::string_view word, std::string_view list);

inline constexpr std::string_view families = "ip ip6 inet arp bridge netdev";
inline constexpr std::string_view meta_keys =
    "length nfproto l4proto protocol priority random secmark mark iif iifname iiftype oif oifname oiftype skuid skgid "
    "nftrace rtclassid ibriport ibrname obriport obrname pkttype cpu iifgroup oifgroup cgroup ipsec secpath iifkind "
    "oifkind sdif sdifname time hour day ibrpvid ibrvproto ibrhwaddr broute";
inline constexpr std::string_view ct_keys =
    "l3proto protocol saddr daddr proto-src proto-dst mark state expiration direction status helper label event bytes "
    "packets avgpkt zone secmark id";
inline constexpr std::string_view rt_keys = "classid nexthop mtu ipsec";
inline constexpr std::string_view tcp_options =
    "eol eool nop noop maxseg mss window sack-perm sack-permitted sack sack0 sack1 sack2 sack3 timestamp fastopen "
    "md5sig mptcp echo";
inline constexpr std::string_view tcp_option_fields = "kind length size count left right tsval tsecr subtype";
inline constexpr std::string_view ip_options = "lsrr ra rr ssrr";
inline constexpr std::string_view ip_option_fields = "type length value ptr addr";
inline constexpr std::string_view sctp_chunks =
    "data init init-ack sack heartbeat heartbeat-ack abort shutdown shutdown-ack error cookie-echo cookie-ack ecne cwr "
    "shutdown-complete asconf-ack forward-tsn asconf";
inline constexpr std::string_view sctp_chunk_fields =
    "type flags length tsn stream ssn ppid init-tag a-rwnd num-outbound-streams num-inbound-streams initial-tsn "
    "cum-tsn-ack num-gap-ack-blocks num-dup-tsns lowest-tsn seqno new-cum-tsn";
inline constexpr std::string_view verdicts = "accept drop continue return jump goto";

}  // namespace egresslint::dialects::nftables
