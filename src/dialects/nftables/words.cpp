// SPDX-License-Identifier: Apache-2.0
#include "dialects/nftables/words.hpp"

#include <algorithm>
#include <array>

namespace egresslint::dialects::nftables {
namespace {

// nft(8), PAYLOAD EXPRESSIONS, EXTENSION HEADER EXPRESSIONS, META EXPRESSIONS; names that only newer versions know
// (geneve, gre, vxlan, dccp option) are from their release notes and listings.
constexpr std::array headers{
    Header{"ah", Opens::payload, "nexthdr hdrlength reserved spi sequence"},
    Header{"arp", Opens::payload, "htype ptype hlen plen operation saddr daddr"},
    Header{"cgroup", Opens::meta_key, ""},
    Header{"comp", Opens::payload, "nexthdr flags cpi"},
    Header{"cpu", Opens::meta_key, ""},
    Header{"ct", Opens::ct, ""},
    Header{"day", Opens::meta_key, ""},
    Header{"dccp", Opens::payload, "sport dport type option"},
    Header{"dst", Opens::extension, "nexthdr hdrlength"},
    Header{"esp", Opens::payload, "spi sequence"},
    Header{"ether", Opens::payload, "saddr daddr type"},
    Header{"exthdr", Opens::exthdr, ""},
    Header{"fib", Opens::fib, ""},
    Header{"frag", Opens::extension, "nexthdr reserved frag-off reserved2 more-fragments id"},
    Header{"geneve", Opens::payload, "vni type"},
    Header{"gre", Opens::payload, "hdrversion version flags protocol"},
    Header{"gretap", Opens::payload, ""},
    Header{"hbh", Opens::extension, "nexthdr hdrlength"},
    Header{"hour", Opens::meta_key, ""},
    Header{"ibriport", Opens::meta_key, ""},
    Header{"ibrname", Opens::meta_key, ""},
    Header{"icmp", Opens::payload, "type code checksum id sequence gateway mtu"},
    Header{"icmpv6", Opens::payload,
           "type code checksum parameter-problem packet-too-big mtu id sequence max-delay taddr daddr"},
    Header{"igmp", Opens::payload, "type mrt checksum group"},
    Header{"iif", Opens::meta_key, ""},
    Header{"iifgroup", Opens::meta_key, ""},
    Header{"iifname", Opens::meta_key, ""},
    Header{"iiftype", Opens::meta_key, ""},
    Header{"ip", Opens::payload,
           "version hdrlength dscp ecn length id frag-off ttl protocol checksum saddr daddr option"},
    Header{"ip6", Opens::payload, "version dscp ecn flowlabel length nexthdr hoplimit saddr daddr"},
    Header{"ipsec", Opens::ipsec, ""},
    Header{"jhash", Opens::jhash, ""},
    Header{"mark", Opens::meta_key, ""},
    Header{"meta", Opens::meta, ""},
    Header{"mh", Opens::extension, "nexthdr hdrlength type reserved checksum"},
    Header{"nftrace", Opens::meta_key, ""},
    Header{"numgen", Opens::numgen, ""},
    Header{"obriport", Opens::meta_key, ""},
    Header{"obrname", Opens::meta_key, ""},
    Header{"oif", Opens::meta_key, ""},
    Header{"oifgroup", Opens::meta_key, ""},
    Header{"oifname", Opens::meta_key, ""},
    Header{"oiftype", Opens::meta_key, ""},
    Header{"osf", Opens::osf, ""},
    Header{"pkttype", Opens::meta_key, ""},
    Header{"rt", Opens::rt, "nexthdr hdrlength type seg-left"},
    Header{"rt0", Opens::extension, "addr"},
    Header{"rt2", Opens::extension, "addr"},
    Header{"rt4", Opens::extension, "last-entry flags tag sid"},
    Header{"rtclassid", Opens::meta_key, ""},
    Header{"sctp", Opens::payload, "sport dport vtag checksum chunk"},
    Header{"skgid", Opens::meta_key, ""},
    Header{"skuid", Opens::meta_key, ""},
    Header{"socket", Opens::socket, ""},
    Header{"srh", Opens::extension, "last-entry flags tag sid seg-left"},
    Header{"symhash", Opens::symhash, ""},
    Header{"tcp", Opens::payload, "sport dport sequence ackseq doff reserved flags window checksum urgptr option"},
    Header{"th", Opens::payload, "sport dport"},
    Header{"time", Opens::meta_key, ""},
    Header{"udp", Opens::payload, "sport dport length checksum"},
    Header{"udplite", Opens::payload, "sport dport csumcov length checksum"},
    Header{"vlan", Opens::payload, "id cfi dei pcp type"},
    Header{"vxlan", Opens::payload, "vni flags"},
};

constexpr bool before(const Header& a, const Header& b) { return a.name < b.name; }
static_assert(std::is_sorted(headers.begin(), headers.end(), before));

}  // namespace

const Header* find_header(std::string_view word) {
    const auto* found = std::lower_bound(headers.begin(), headers.end(), Header{word}, before);
    return found != headers.end() && found->name == word ? found : nullptr;
}

bool in_list(std::string_view word, std::string_view list) {
    if (word.empty()) return false;
    for (std::size_t at = 0; at < list.size();) {
        const auto end = std::min(list.find(' ', at), list.size());
        if (list.substr(at, end - at) == word) return true;
        at = end + 1;
    }
    return false;
}

}  // namespace egresslint::dialects::nftables
