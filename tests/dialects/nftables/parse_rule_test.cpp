// SPDX-License-Identifier: Apache-2.0
// Rules, one a line, as nft(8) describes them and `nft list ruleset` prints them, and the tree each must give. Where a
// section is named, it is one of the man page.
#include <catch2/catch.hpp>
#include <vector>

#include "shape.hpp"

namespace egresslint::dialects::nftables {
namespace {

struct Case {
    const char* rule;
    const char* shape;
};

void check(const std::vector<Case>& cases) {
    for (const auto& each : cases) {
        INFO(each.rule);
        CHECK(shape::of_rule(each.rule) == each.shape);
    }
}

}  // namespace

TEST_CASE("nftables: payload expressions") {
    check({
        {"tcp dport 25", "match(tcp.dport 25)"},
        {"tcp dport smtp", "match(tcp.dport smtp)"},
        {"tcp dport != 25", "match(tcp.dport != 25)"},
        {"tcp dport ne 25", "match(tcp.dport != 25)"},
        {"tcp dport >= 1024", "match(tcp.dport >= 1024)"},
        {"tcp dport lt 1024", "match(tcp.dport < 1024)"},
        {"tcp dport 25-587", "match(tcp.dport range(25 587))"},
        {"tcp dport != 25-587", "match(tcp.dport != range(25 587))"},
        {"tcp dport { 25, 465-587,smtp }", "match(tcp.dport {25, range(465 587), smtp})"},
        {"tcp dport != {25,465}", "match(tcp.dport != {25, 465})"},
        {"tcp dport @mail", "match(tcp.dport @mail)"},
        {"tcp dport != @mail", "match(tcp.dport != @mail)"},
        {"ip saddr 10.0.0.0/8", "match(ip.saddr prefix(10.0.0.0 8))"},
        {"ip saddr != 10.0.0.1-10.0.0.9", "match(ip.saddr != range(10.0.0.1 10.0.0.9))"},
        {"ip6 daddr 2001:db8::/32", "match(ip6.daddr prefix(2001:db8:: 32))"},
        {"ip6 daddr ::ffff:192.0.2.1", "match(ip6.daddr ::ffff:192.0.2.1)"},
        {"ip6 saddr fe80::1-fe80::9", "match(ip6.saddr range(fe80::1 fe80::9))"},
        {"ether saddr 00:00:5e:00:53:01", "match(ether.saddr 00:00:5e:00:53:01)"},
        {"ether type vlan", "match(ether.type vlan)"},
        {"vlan id 1-4094", "match(vlan.id range(1 4094))"},
        {"arp saddr ip 192.0.2.1", "match(arp.saddr ip 192.0.2.1)"},
        {"icmp type { echo-request, redirect }", "match(icmp.type {echo-request, redirect})"},
        {"icmpv6 type nd-router-solicit", "match(icmpv6.type nd-router-solicit)"},
        {"igmp type membership-query", "match(igmp.type membership-query)"},
        {"udplite csumcov 8", "match(udplite.csumcov 8)"},
        {"sctp vtag 1", "match(sctp.vtag 1)"},
        {"dccp type request", "match(dccp.type request)"},
        {"ah spi 1-9", "match(ah.spi range(1 9))"},
        {"esp sequence 2", "match(esp.sequence 2)"},
        {"comp cpi != 3", "match(comp.cpi != 3)"},
        {"th dport 53", "match(th.dport 53)"},
        {"vxlan vni 10", "match(vxlan.vni 10)"},
        {"vxlan ip saddr 192.0.2.1", "match(vxlan ip.saddr 192.0.2.1)"},
        {"@th,16,16 25", "match(@th,16,16 25)"},
        {"@nh,96,32 & 0xffffff00 == 0xc0000200", "match((@nh,96,32 & 0xffffff00) == 0xc0000200)"},
    });
}

TEST_CASE("nftables: bits and masks") {
    check({
        {"ip saddr & 255.255.0.0 == 192.0.0.0", "match((ip.saddr & 255.255.0.0) == 192.0.0.0)"},
        {"ip saddr and 0xff 1", "match((ip.saddr & 0xff) 1)"},
        {"meta mark & 0xff | 0x10 == 0x11", "match(((meta.mark & 0xff) | 0x10) == 0x11)"},
        {"meta mark | 1 & 2 ^ 4 == 7", "match((meta.mark | ((1 & 2) ^ 4)) == 7)"},
        {"(meta mark | 1) & 2 == 2", "match(((meta.mark | 1) & 2) == 2)"},
        {"meta mark >> 8 == 1", "match((meta.mark >> 8) == 1)"},
        {"tcp flags syn", "match(tcp.flags syn)"},
        {"tcp flags syn,ack", "match(tcp.flags list(syn ack))"},
        {"tcp flags ! syn,ack", "match(tcp.flags ! list(syn ack))"},
        {"tcp flags syn / fin,syn,rst,ack", "match(tcp.flags list(syn / list(fin syn rst ack)))"},
        {"tcp flags fin,syn / fin,syn", "match(tcp.flags list(fin syn / list(fin syn)))"},
        {"tcp flags & (fin|syn) == syn", "match((tcp.flags & (fin | syn)) == syn)"},
        {"tcp flags & (fin | syn | rst) == syn | rst", "match((tcp.flags & ((fin | syn) | rst)) == (syn | rst))"},
        {"ct state new,related", "match(ct.state list(new related))"},
        {"ct status dnat|snat", "match(ct.status (dnat | snat))"},
        {"ct state & (established|related) == 0", "match((ct.state & (established | related)) == 0)"},
    });
}

TEST_CASE("nftables: meta, ct, rt, fib and others read what the kernel knows") {
    check({
        {"iifname \"eth0\"", "match(meta.iifname \"eth0\")"},
        {"meta oifname != wan", "match(meta.oifname != wan)"},
        {"oifname \"ppp*\"", "match(meta.oifname \"ppp*\")"},
        {"iifname eth*", "match(meta.iifname eth*)"},
        {"iifname { \"a\", \"b\" }", "match(meta.iifname {\"a\", \"b\"})"},
        {"meta l4proto { tcp, udp } th dport 53", "match(meta.l4proto {tcp, udp}); match(th.dport 53)"},
        {"meta protocol ip tcp dport 1", "match(meta.protocol ip); match(tcp.dport 1)"},
        {"meta nfproto ipv6 drop", "match(meta.nfproto ipv6); drop"},
        {"mark 0x1", "match(meta.mark 0x1)"},
        {"skuid { root, 1000-2000 }", "match(meta.skuid {root, range(1000 2000)})"},
        {"meta hour \"08:00\"-\"18:00\"", "match(meta.hour range(\"08:00\" \"18:00\"))"},
        {"meta priority 1:1234", "match(meta.priority 1:1234)"},
        {"meta priority bcad:dada-bcad:dadc", "match(meta.priority range(bcad:dada bcad:dadc))"},
        {"ct original ip saddr 192.0.2.1", "match(ct.original.ip.saddr 192.0.2.1)"},
        {"ct reply proto-src 25", "match(ct.reply.proto-src 25)"},
        {"ct original packets > 10", "match(ct.original.packets > 10)"},
        {"ct helper \"ftp\"", "match(ct.helper \"ftp\")"},
        {"rt classid 10", "match(rt.classid 10)"},
        {"rt ip6 nexthop fd00::1", "match(rt.ip6.nexthop fd00::1)"},
        {"rt type 0", "match([exthdr|rt|type] 0)"},
        {"fib saddr . iif oif missing", "match(fib(saddr.iif oif?) missing)"},
        {"fib daddr . iif type != { local, broadcast }", "match(fib(daddr.iif type) != {local, broadcast})"},
        {"fib daddr type local", "match(fib(daddr type) local)"},
        {"socket transparent 1", "match(socket(transparent) 1)"},
        {"socket cgroupv2 level 1 \"user.slice\"", "match(socket(cgroupv2 level 1) \"user.slice\")"},
        {"osf ttl skip name \"Linux\"", "match(osf(osf ttl skip name) \"Linux\")"},
        {"ipsec in spnum 1 reqid 2", "match(ipsec(ipsec in spnum 1 reqid) 2)"},
        {"meta ipsec exists", "match(meta.ipsec exists)"},
        {"numgen inc mod 3 offset 1 == 2", "match(numgen(inc 3 +1) == 2)"},
        {"frag more-fragments 1", "match([exthdr|frag|more-fragments] 1)"},
        {"exthdr hbh exists", "match([exthdr|hbh] exists)"},
        {"srh sid[1] 2001:db8::1", "match([exthdr|srh|sid[1]] 2001:db8::1)"},
        {"tcp option maxseg size 500-1460", "match([tcp option|maxseg|size] range(500 1460))"},
        {"tcp option sack-perm missing", "match([tcp option|sack-perm] missing)"},
        {"ip option lsrr exists", "match([ip option|lsrr] exists)"},
        {"sctp chunk data tsn 1", "match([sctp chunk|data|tsn] 1)"},
    });
}

TEST_CASE("nftables: concatenations, sets and maps") {
    check({
        {"ip saddr . tcp dport { 192.0.2.1 . 25, 192.0.2.0/24 . 80-90 }",
         "match(concat(ip.saddr tcp.dport) {concat(192.0.2.1 25), concat(prefix(192.0.2.0 24) range(80 90))})"},
        {"ip saddr . 25 @allowed", "match(concat(ip.saddr 25) @allowed)"},
        {"tcp dport vmap { 25 : accept, 26 : jump mail, * : drop }",
         "vmap(tcp.dport {25: accept, 26: jump mail, *: drop})"},
        {"tcp dport vmap {25:accept,26:drop}", "vmap(tcp.dport {25: accept, 26: drop})"},
        {"ip6 saddr vmap {::1:accept,::dddd: drop}", "vmap(ip6.saddr {::1: accept, ::dddd: drop})"},
        {"iifname . oifname vmap @zones", "vmap(concat(meta.iifname meta.oifname) @zones)"},
        {"meta mark set ip saddr map { 192.0.2.1 : 1, 192.0.2.2 : 2 }",
         "set(meta.mark map(ip.saddr {192.0.2.1: 1, 192.0.2.2: 2}))"},
        {"ip saddr { 192.0.2.1 comment \"a, b\", 192.0.2.2 timeout 1h expires 59m }",
         "match(ip.saddr {192.0.2.1 comment=a, b, 192.0.2.2 timeout=1h expires=59m})"},
        {"ip saddr { 192.0.2.1 counter packets 1 bytes 2, { 192.0.2.2, 192.0.2.3 }, }",
         "match(ip.saddr {192.0.2.1 +counter, 192.0.2.2, 192.0.2.3})"},
        {"add @seen { ip saddr timeout 5s limit rate 3/minute } drop", "add(@seen ip.saddr +limit); drop"},
        {"update @seen { ip saddr . tcp dport : meta mark }", "update(@seen concat(ip.saddr tcp.dport) : meta.mark)"},
        {"delete @seen { ip saddr }", "delete(@seen ip.saddr)"},
        {"set add ip saddr @seen", "add(@seen ip.saddr)"},
        {"meter m size 128 { ip saddr ct count over 5 } drop", "meter(@m ip.saddr +ct count); drop"},
    });
}

TEST_CASE("nftables: NAT STATEMENTS") {
    check({
        {"snat to 192.0.2.1", "nat(snat to 192.0.2.1)"},
        {"snat 192.0.2.1", "nat(snat to 192.0.2.1)"},
        {"snat ip to 192.0.2.1-192.0.2.9", "nat(snat ip to range(192.0.2.1 192.0.2.9))"},
        {"snat to 192.0.2.8/31 persistent", "nat(snat to prefix(192.0.2.8 31) persistent)"},
        {"snat to 192.0.2.1:1024-65535 random,persistent",
         "nat(snat to 192.0.2.1 port range(1024 65535) random,persistent)"},
        {"snat to :1024-2048", "nat(snat port range(1024 2048))"},
        {"snat ip6 to [2001:db8::1]:80", "nat(snat ip6 to 2001:db8::1 port 80)"},
        {"dnat to [2001:db8::1]-[2001:db8::9]:80", "nat(dnat to range(2001:db8::1 2001:db8::9) port 80)"},
        {"dnat to 2001:db8::1", "nat(dnat to 2001:db8::1)"},
        {"snat ip prefix to ip saddr map { 10.0.0.0/24 : 192.0.2.0/24 }",
         "nat(snat ip prefix to map(ip.saddr {prefix(10.0.0.0 24): prefix(192.0.2.0 24)}))"},
        {"dnat ip prefix to 192.0.2.0/24", "nat(dnat ip prefix to prefix(192.0.2.0 24))"},
        {"snat ip interval to ip saddr map @ranges", "nat(snat ip interval to map(ip.saddr @ranges))"},
        {"dnat ip addr . port to ip saddr . tcp dport map { 10.0.0.1 . 25 : 192.0.2.1 . 26 }",
         "nat(dnat ip addr.port to map(concat(ip.saddr tcp.dport) {concat(10.0.0.1 25): concat(192.0.2.1 26)}))"},
        {"dnat to numgen inc mod 2 map { 0 : 192.0.2.1, 1 : 192.0.2.2 }",
         "nat(dnat to map(numgen(inc 2) {0: 192.0.2.1, 1: 192.0.2.2}))"},
        {"dnat to jhash ip saddr . tcp dport mod 2 seed 0x7 map { 0 : 192.0.2.1, 1 : 192.0.2.2 }:25",
         "nat(dnat to map(hash(jhash 2) {0: 192.0.2.1, 1: 192.0.2.2}) port 25)"},
        {"dnat to ip daddr map @hosts:tcp dport map @ports",
         "nat(dnat to map(ip.daddr @hosts) port map(tcp.dport @ports))"},
        {"masquerade", "nat(masquerade)"},
        {"masquerade to :1024-65535 random,persistent", "nat(masquerade port range(1024 65535) random,persistent)"},
        {"masquerade fully-random", "nat(masquerade fully-random)"},
        {"redirect", "nat(redirect)"},
        {"redirect to :8080", "nat(redirect port 8080)"},
        {"redirect to :tcp dport map { 25 : 2525 }", "nat(redirect port map(tcp.dport {25: 2525}))"},
    });
}

TEST_CASE("nftables: verdicts and other statements") {
    check({
        {"jump mail", "jump mail"},
        {"goto \"a chain\"", "goto a chain"},
        {"counter accept", "counter; accept"},
        {"counter packets 10 bytes 640 drop", "counter; drop"},
        {"counter name \"mail\"", "counter(mail)"},
        {"reject", "reject()"},
        {"reject with tcp reset", "reject(tcp reset)"},
        {"reject with icmp type admin-prohibited", "reject(icmp:admin-prohibited)"},
        {"reject with icmpx no-route", "reject(icmpx:no-route)"},
        {"limit rate 10/second burst 5 packets accept", "limit(limit rate 10/second burst 5 packets); accept"},
        {"limit rate over 1 mbytes/second drop", "limit(over limit rate over 1 mbytes/second); drop"},
        {"limit name \"slow\"", "limit(= slow)"},
        {"quota over 25 mbytes drop", "quota(over quota over 25 mbytes); drop"},
        {"quota name \"q\"", "quota(= q)"},
        {"ct count over 5 reject", "connections(over ct count over 5); reject()"},
        {"log prefix \"mail: \" level info flags tcp sequence,options drop",
         "log(\"mail: \" log prefix \"mail: \" level info flags tcp sequence,options); drop"},
        {"log group 2 snaplen 64 queue-threshold 5 prefix \"x\" flags all",
         "log(\"x\" log group 2 snaplen 64 queue-threshold 5 prefix \"x\" flags all)"},
        {"queue num 1-3 bypass,fanout", "queue(bypass: queue num 1-3 bypass,fanout)"},
        {"queue flags bypass to 5", "queue(bypass: queue flags bypass to 5)"},
        {"queue to symhash mod 3", "queue(queue to symhash mod 3)"},
        {"meta mark set 0x1 accept", "set(meta.mark 0x1); accept"},
        {"meta mark set ct mark and 0xff or 1", "set(meta.mark ((ct.mark & 0xff) | 1))"},
        {"ct mark set meta mark", "set(ct.mark meta.mark)"},
        {"ct event set new,related", "set(ct.event list(new related))"},
        {"ct zone set iif map { \"a\" : 1 }", "set(ct.zone map(meta.iif {\"a\": 1}))"},
        {"ip dscp set cs1", "set(ip.dscp cs1)"},
        {"tcp option maxseg size set rt mtu", "set([tcp option|maxseg|size] rt.mtu)"},
        {"ct helper set \"ftp\"", "object(ct helper: ct helper set \"ftp\")"},
        {"ct timeout set \"slow\"", "object(ct timeout: ct timeout set \"slow\")"},
        {"notrack", "notrack"},
        {"flow add @f", "flow(f)"},
        {"flow offload @f", "flow(f)"},
        {"tproxy to :50080", "tproxy(- port 50080)"},
        {"tproxy ip6 to [2001:db8::1]:50080", "tproxy(ip6 2001:db8::1 port 50080)"},
        {"synproxy mss 1460 wscale 7 timestamp sack-perm", "synproxy(synproxy mss 1460 wscale 7 timestamp sack-perm)"},
        {"dup to 192.0.2.1 device \"eth0\"", "dup(dup to 192.0.2.1 device \"eth0\")"},
        {"fwd to \"eth0\"", "fwd(fwd to \"eth0\")"},
        {"xt target \"NETMAP\"", "xt(target NETMAP)"},
        {"xt match comment", "xt(match comment)"},
        {"reset tcp option fastopen", "object(reset: reset tcp option fastopen)"},
        {"last used 5s accept", "object(last: last used 5s); accept"},
        {"tcp dport 25 accept comment \"mail; out\"", "match(tcp.dport 25); accept # mail; out"},
    });
}

TEST_CASE("nftables: what is no rule stays as it is written") {
    check({
        {"tcp dport", "UNKNOWN(tcp dport)"},
        {"tcp dport accept", "UNKNOWN(tcp dport accept)"},
        {"tcp dprot 25 accept", "UNKNOWN(tcp dprot 25 accept)"},
        {"ip saddr 192.0.2.1 frobnicate  hard drop", "match(ip.saddr 192.0.2.1); UNKNOWN(frobnicate hard drop)"},
        {"tcp dport { 25 26 } accept", "UNKNOWN(tcp dport { 25 26 } accept)"},
        {"tcp dport vmap { 25 }", "UNKNOWN(tcp dport vmap { 25 })"},
        {"tcp dport vmap { 25 : 26 }", "UNKNOWN(tcp dport vmap { 25 : 26 })"},
        {"limit rate 10 accept", "UNKNOWN(limit rate 10 accept)"},
        {"reject with fire", "UNKNOWN(reject with fire)"},
        {"masquerade bogus", "nat(masquerade); UNKNOWN(bogus)"},
        {"accept comment \"x\" drop", "accept; UNKNOWN(comment \"x\" drop)"},
        {"25", "UNKNOWN(25)"},
        {"% accept", "UNKNOWN(% accept)"},
        {"tcp dport 25 }", "UNKNOWN(tcp dport 25 })"},
        {"tcp dport 25 \"", "UNKNOWN(tcp dport 25 \")"},
        {"accept\ndrop", "UNKNOWN(accept drop)"},
        {"tcp dport $ports", "match(tcp.dport unknown($ports))"},
    });
    CHECK(shape::of_rule("meta mark " + std::string(5000, '(')) != "");
    CHECK(shape::of_rule("meta mark " + std::string(5000, '(')).compare(0, 8, "UNKNOWN(") == 0);
}

TEST_CASE("nftables: expressions by themselves") {
    CHECK(shape::of_expression("ip saddr . tcp dport") == "concat(ip.saddr tcp.dport)");
    CHECK(shape::of_expression("{ 1, 2-5 }") == "{1, range(2 5)}");
    CHECK(shape::of_expression("ip saddr map @m") == "map(ip.saddr @m)");
    CHECK(shape::of_expression("1 2") == "unknown(1 2)");
}

}  // namespace egresslint::dialects::nftables
