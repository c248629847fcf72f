// SPDX-License-Identifier: Apache-2.0
// nft: which chain decides, what a verdict ends, how sets, maps and marks match. Source column: nft(8) by section, or
// the experiment itself where the manual is silent.
#include "table.hpp"

namespace egresslint::kernel {
namespace {

Ruleset nft(const char* text) { return {{{Ruleset::Loader::nft, text}}}; }

}  // namespace

std::vector<Experiment> nft_experiments() {
    return {
        {"no ruleset accepts everything",
         "nft(8), flush ruleset",
         nft(""),
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 25 = wan0", "lan0 fd00:a::25 > 2001:db8:99::9 tcp 25 = wan0",
          "lan0 10.0.0.25 > 198.18.200.9 tcp 25 = wan1", "dmz0 10.0.1.7 > 10.20.3.4 udp 53 = lan0",
          "wan0 198.18.0.9 > 203.0.113.25 tcp 25 = self", "lan0 10.0.0.25 > 10.66.0.1 tcp 25 = drop",
          "lan0 10.0.0.25 > 198.18.0.9 icmp 8/0 = wan0", "lan0 10.0.0.25 > 198.18.0.9 proto 50 = wan0",
          "lan0 10.0.0.25 > 10.0.0.99 tcp 25 = lan0"}},
        {"accept ends only its own base chain",
         "nft(8), verdict statement",
         nft(R"(
table inet a {
  chain f { type filter hook forward priority 0; policy drop;
    ip saddr 10.0.0.0/16 accept
  }
}
table inet b {
  chain f { type filter hook forward priority 10; policy accept;
    tcp dport 25 ip saddr != 10.0.0.25 drop
  }
}
)"),
         {"lan0 10.0.0.99 > 198.18.0.9 tcp 25 = drop", "lan0 10.0.0.25 > 198.18.0.9 tcp 25 = wan0",
          "lan0 10.0.0.99 > 198.18.0.9 tcp 80 = wan0", "lan0 10.20.0.99 > 198.18.0.9 tcp 80 = drop",
          "lan0 fd00:a::25 > 2001:db8:99::9 tcp 25 = drop"}},
        {"drop is final for every later chain",
         "nft(8), verdict statement",
         nft(R"(
table ip a {
  chain f { type filter hook forward priority -5;
    tcp dport 25 drop
  }
}
table ip b {
  chain f { type filter hook forward priority 5;
    tcp dport 25 accept
  }
}
)"),
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 25 = drop", "lan0 10.0.0.25 > 198.18.0.9 tcp 26 = wan0"}},
        {"priorities order chains, not the order of writing",
         "nft(8), priority",
         nft(R"(
table inet a {
  chain late { type filter hook forward priority filter + 20;
    meta mark 7 drop
  }
  chain early { type filter hook forward priority mangle;
    tcp dport 25 meta mark set 7
  }
}
)"),
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 25 = drop", "lan0 10.0.0.25 > 198.18.0.9 tcp 26 = wan0"}},
        {"ip, ip6 and inet chains interleave by priority",
         "experiment",
         nft(R"(
table inet a {
  chain f { type filter hook forward priority 0; policy drop;
    meta mark 1 accept
  }
}
table ip b {
  chain f { type filter hook forward priority -1;
    tcp dport 25 meta mark set 1
  }
}
table ip6 c {
  chain f { type filter hook forward priority -1;
    tcp dport 26 meta mark set 1
  }
}
)"),
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 25 = wan0", "lan0 10.0.0.25 > 198.18.0.9 tcp 26 = drop",
          "lan0 fd00:a::25 > 2001:db8:99::9 tcp 26 = wan0", "lan0 fd00:a::25 > 2001:db8:99::9 tcp 25 = drop"}},
        {"equal priority: the model leaves the order open",
         "nft(8) is silent; experiment",
         nft(R"(
table ip a {
  chain f { type filter hook forward priority 0;
    tcp dport 25 meta mark set 1
    tcp dport 80 accept
  }
}
table ip b {
  chain f { type filter hook forward priority 0;
    meta mark 1 drop
    tcp dport 81 drop
  }
}
)"),
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 25 =? wan0", "lan0 10.0.0.25 > 198.18.0.9 tcp 80 =? wan0",
          "lan0 10.0.0.25 > 198.18.0.9 tcp 81 =? drop"}},
        {"policy applies where no rule decides",
         "nft(8), chains",
         nft(R"(
table ip a {
  chain f { type filter hook forward priority 0; policy drop;
    tcp dport 80 accept
    counter
    tcp dport 81 counter log
  }
}
)"),
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 80 = wan0", "lan0 10.0.0.25 > 198.18.0.9 tcp 81 = drop",
          "lan0 fd00:a::25 > 2001:db8:99::9 tcp 81 = wan0"}},
        {"jump returns, goto does not",
         "nft(8), verdict statement",
         nft(R"(
table ip a {
  chain mail {
    ip saddr 10.0.0.25 accept
  }
  chain web {
    ip saddr 10.0.0.26 return
    ip saddr 10.0.0.27 accept
  }
  chain f { type filter hook forward priority 0; policy drop;
    tcp dport 25 goto mail
    tcp dport 80 jump web
    ip daddr 198.18.0.9 accept
  }
}
)"),
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 25 = wan0", "lan0 10.0.0.99 > 198.18.0.9 tcp 25 = drop",
          "lan0 10.0.0.26 > 198.18.0.9 tcp 80 = wan0", "lan0 10.0.0.27 > 198.18.0.8 tcp 80 = wan0",
          "lan0 10.0.0.26 > 198.18.0.8 tcp 80 = drop"}},
        {"goto from a jumped chain returns to the chain before",
         "nft(8), verdict statement",
         nft(R"(
table ip a {
  chain inner {
    tcp dport 1 accept
    tcp dport 2 return
  }
  chain middle {
    tcp dport 1-4 goto inner
    drop
  }
  chain f { type filter hook forward priority 0; policy drop;
    jump middle
    tcp dport 2-3 accept
  }
}
)"),
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 1 = wan0", "lan0 10.0.0.25 > 198.18.0.9 tcp 2 = wan0",
          "lan0 10.0.0.25 > 198.18.0.9 tcp 3 = wan0", "lan0 10.0.0.25 > 198.18.0.9 tcp 4 = drop",
          "lan0 10.0.0.25 > 198.18.0.9 tcp 5 = drop"}},
        {"return in a base chain is its policy",
         "nft(8), verdict statement",
         nft(R"(
table ip a {
  chain f { type filter hook forward priority 0; policy drop;
    tcp dport 25 return
    accept
  }
}
)"),
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 25 = drop", "lan0 10.0.0.25 > 198.18.0.9 tcp 26 = wan0"}},
        {"a dormant table is not evaluated",
         "nft(8), tables",
         nft(R"(
table ip a {
  flags dormant
  chain f { type filter hook forward priority 0; policy drop;
  }
}
)"),
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 25 = wan0"}},
        {"reject answers, drop does not",
         "nft(8), reject statement",
         nft(R"(
table inet a {
  chain f { type filter hook forward priority 0;
    tcp dport 25 reject with tcp reset
    tcp dport 26 reject
    udp dport 53 reject with icmpx type admin-prohibited
    tcp dport 27 drop
  }
}
)"),
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 25 = reject", "lan0 10.0.0.25 > 198.18.0.9 tcp 26 = reject",
          "lan0 10.0.0.25 > 198.18.0.9 udp 53 = reject", "lan0 10.0.0.25 > 198.18.0.9 tcp 27 = drop",
          "lan0 fd00:a::25 > 2001:db8:99::9 udp 53 = reject", "lan0 fd00:a::25 > 2001:db8:99::9 tcp 25 = reject"}},
        {"interfaces by name, by index, by wildcard, negated, in sets",
         "nft(8), meta expressions",
         nft(R"(
table inet a {
  set inner { type ifname; elements = { "lan0", "dmz0" }
  }
  chain f { type filter hook forward priority 0; policy drop;
    tcp dport 1 iifname "lan*" accept
    tcp dport 2 iif lan0 oif wan0 accept
    tcp dport 3 iifname != "lan0" accept
    tcp dport 4 iifname @inner oifname { "wan0", "wan1" } accept
    tcp dport 5 iifname "lan" accept
    tcp dport 6 oifname != { "lan0", "dmz0" } accept
  }
}
)"),
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 1 = wan0", "dmz0 10.0.1.25 > 198.18.0.9 tcp 1 = drop",
          "lan0 10.0.0.25 > 198.18.0.9 tcp 2 = wan0", "lan0 10.0.0.25 > 198.18.200.9 tcp 2 = drop",
          "lan0 10.0.0.25 > 198.18.0.9 tcp 3 = drop", "dmz0 10.0.1.25 > 198.18.0.9 tcp 3 = wan0",
          "dmz0 10.0.1.25 > 198.18.200.9 tcp 4 = wan1", "wan0 198.18.0.9 > 10.0.0.25 tcp 4 = drop",
          "lan0 10.0.0.25 > 198.18.0.9 tcp 5 = drop", "lan0 10.0.0.25 > 10.0.1.9 tcp 6 = drop",
          "dmz0 10.0.1.25 > 198.18.0.9 tcp 6 = wan0"}},
        {"address sets: intervals, prefixes, holes, negation",
         "nft(8), sets",
         nft(R"(
table inet a {
  set hosts { type ipv4_addr; flags interval; elements = { 10.0.0.10-10.0.0.20, 10.0.0.25, 10.20.0.0/17 }
  }
  set hosts6 { type ipv6_addr; flags interval; elements = { fd00:a::/112, fd00:d::5 }
  }
  chain f { type filter hook forward priority 0; policy drop;
    tcp dport 1 ip saddr @hosts accept
    tcp dport 2 ip saddr != @hosts accept
    tcp dport 3 ip6 saddr @hosts6 accept
    tcp dport 4 ip saddr & 0.0.0.1 == 1 accept
    tcp dport 5 ip saddr { 10.0.0.1-10.0.0.9, 10.0.0.30 } accept
    tcp dport 6 ip6 saddr != { fd00:a::1, fd00:a::25 } accept
  }
}
)"),
         {"lan0 10.0.0.9 > 198.18.0.9 tcp 1 = drop", "lan0 10.0.0.10 > 198.18.0.9 tcp 1 = wan0",
          "lan0 10.0.0.20 > 198.18.0.9 tcp 1 = wan0", "lan0 10.0.0.21 > 198.18.0.9 tcp 1 = drop",
          "lan0 10.20.127.255 > 198.18.0.9 tcp 1 = wan0", "lan0 10.20.128.0 > 198.18.0.9 tcp 1 = drop",
          "lan0 10.0.0.21 > 198.18.0.9 tcp 2 = wan0", "lan0 10.0.0.25 > 198.18.0.9 tcp 2 = drop",
          "lan0 fd00:a::25 > 2001:db8:99::9 tcp 2 = drop", "lan0 fd00:a::ffff > 2001:db8:99::9 tcp 3 = wan0",
          "lan0 fd00:a::1:0 > 2001:db8:99::9 tcp 3 = drop", "lan0 10.0.0.11 > 198.18.0.9 tcp 4 =? wan0",
          "lan0 10.0.0.12 > 198.18.0.9 tcp 4 =? drop", "lan0 10.0.0.30 > 198.18.0.9 tcp 5 = wan0",
          "lan0 10.0.0.10 > 198.18.0.9 tcp 5 = drop", "lan0 fd00:a::26 > 2001:db8:99::9 tcp 6 = wan0",
          "lan0 10.0.0.25 > 198.18.0.9 tcp 6 = drop"}},
        {"an address match of one family never matches the other",
         "nft(8), payload; experiment",
         nft(R"(
table inet a {
  chain f { type filter hook forward priority 0;
    ip saddr != 10.0.0.25 tcp dport 25 drop
    ip6 saddr != fd00:a::25 tcp dport 26 drop
    meta nfproto ipv4 tcp dport 27 drop
  }
}
)"),
         {"lan0 fd00:a::99 > 2001:db8:99::9 tcp 25 = wan0", "lan0 10.0.0.99 > 198.18.0.9 tcp 25 = drop",
          "lan0 10.0.0.99 > 198.18.0.9 tcp 26 = wan0", "lan0 fd00:a::99 > 2001:db8:99::9 tcp 26 = drop",
          "lan0 fd00:a::99 > 2001:db8:99::9 tcp 27 = wan0", "lan0 10.0.0.99 > 198.18.0.9 tcp 27 = drop"}},
        {"ports need their protocol; th and l4proto sets",
         "nft(8), payload",
         nft(R"(
table inet a {
  chain f { type filter hook forward priority 0; policy drop;
    tcp dport != 25 accept
    meta l4proto { tcp, udp } th dport 53 accept
    udp sport 1000-2000 accept
    ip protocol esp accept
  }
}
)"),
         {"lan0 10.0.0.9 > 198.18.0.9 tcp 25 = drop", "lan0 10.0.0.9 > 198.18.0.9 tcp 26 = wan0",
          "lan0 10.0.0.9 > 198.18.0.9 udp 26 = drop", "lan0 10.0.0.9 > 198.18.0.9 udp 53 = wan0",
          "lan0 10.0.0.9 > 198.18.0.9 udp 99:1500 = wan0", "lan0 10.0.0.9 > 198.18.0.9 udp 99:2001 = drop",
          "lan0 10.0.0.9 > 198.18.0.9 proto 50 = wan0", "lan0 10.0.0.9 > 198.18.0.9 icmp 8/0 = drop",
          "lan0 fd00:a::9 > 2001:db8:99::9 tcp 26 = wan0", "lan0 fd00:a::9 > 2001:db8:99::9 proto 50 = drop"}},
        {"icmp types",
         "nft(8), payload",
         nft(R"(
table inet a {
  chain f { type filter hook forward priority 0; policy drop;
    icmp type echo-request accept
    icmpv6 type { echo-request, nd-router-advert } accept
  }
}
)"),
         {"lan0 10.0.0.9 > 198.18.0.9 icmp 8/0 = wan0", "lan0 10.0.0.9 > 198.18.0.9 icmp 13/0 = drop",
          "lan0 fd00:a::9 > 2001:db8:99::9 icmp 128/0 = wan0"}},
        {"tcp flags",
         "nft(8), TCP header",
         nft(R"(
table inet a {
  chain f { type filter hook forward priority 0; policy drop;
    tcp flags syn tcp dport 1 accept
    tcp flags & (fin|syn|rst|ack) == syn tcp dport 2 accept
    tcp flags & (fin|syn|rst|ack) != syn tcp dport 3 accept
    tcp flags ack tcp dport 4 accept
  }
}
)"),
         {"lan0 10.0.0.9 > 198.18.0.9 tcp 1 = wan0", "lan0 10.0.0.9 > 198.18.0.9 tcp 2 = wan0",
          "lan0 10.0.0.9 > 198.18.0.9 tcp 3 = drop", "lan0 10.0.0.9 > 198.18.0.9 tcp 4 = drop"}},
        {"connection state of a first packet",
         "nft(8), ct expressions",
         nft(R"(
table inet a {
  chain f { type filter hook forward priority 0; policy drop;
    ct state established,related accept
    ct state invalid drop
    ct state new tcp dport 25 accept
    ct state { new, untracked } tcp dport 26 accept
    ct state != new tcp dport 27 accept
    ct direction original tcp dport 28 accept
    ct status dnat tcp dport 29 accept
  }
}
)"),
         {"lan0 10.0.0.9 > 198.18.0.9 tcp 25 = wan0", "lan0 10.0.0.9 > 198.18.0.9 tcp 26 = wan0",
          "lan0 10.0.0.9 > 198.18.0.9 tcp 27 = drop", "lan0 10.0.0.9 > 198.18.0.9 tcp 28 = wan0",
          "lan0 10.0.0.9 > 198.18.0.9 tcp 29 = drop", "lan0 fd00:a::9 > 2001:db8:99::9 tcp 25 = wan0"}},
        {"ct state vmap and a miss in it",
         "nft(8), verdict maps",
         nft(R"(
table inet a {
  chain f { type filter hook forward priority 0; policy drop;
    ct state vmap { established : accept, invalid : drop }
    tcp dport vmap { 25 : accept, 26 : drop, 100-200 : accept }
    tcp dport 26 accept
    tcp dport 27 accept
  }
}
)"),
         {"lan0 10.0.0.9 > 198.18.0.9 tcp 25 = wan0", "lan0 10.0.0.9 > 198.18.0.9 tcp 26 = drop",
          "lan0 10.0.0.9 > 198.18.0.9 tcp 27 = wan0", "lan0 10.0.0.9 > 198.18.0.9 tcp 150 = wan0",
          "lan0 10.0.0.9 > 198.18.0.9 tcp 28 = drop"}},
        {"named verdict maps jump and goto, keyed by interfaces and concatenations",
         "nft(8), maps",
         nft(R"(
table inet a {
  chain fromlan {
    tcp dport 25 accept
  }
  chain fromdmz {
    tcp dport 80 accept
  }
  map zones { type ifname : verdict; elements = { "lan0" : jump fromlan, "dmz0" : goto fromdmz }
  }
  map pairs { type ipv4_addr . inet_service : verdict; flags interval
    elements = { 10.0.0.0/24 . 8080 : accept, 10.0.1.0/24 . 8000-8100 : accept }
  }
  chain f { type filter hook forward priority 0; policy drop;
    iifname vmap @zones
    ip saddr . tcp dport vmap @pairs
  }
}
)"),
         {"lan0 10.0.0.9 > 198.18.0.9 tcp 25 = wan0", "lan0 10.0.0.9 > 198.18.0.9 tcp 8080 = wan0",
          "lan0 10.0.0.9 > 198.18.0.9 tcp 8081 = drop", "dmz0 10.0.1.9 > 198.18.0.9 tcp 80 = wan0",
          "dmz0 10.0.1.9 > 198.18.0.9 tcp 8080 = drop", "wan0 198.18.0.9 > 10.0.0.9 tcp 25 = drop"}},
        {"concatenated sets, also with protocols and interfaces",
         "nft(8), concatenations",
         nft(R"(
table inet a {
  set s { type ipv4_addr . inet_proto . inet_service; elements = { 10.0.0.25 . tcp . 25, 10.0.0.26 . udp . 53 }
  }
  set n { type ipv4_addr . inet_service; flags interval; elements = { 10.0.0.0/28 . 1000-2000, 10.0.0.128/25 . 3000 }
  }
  chain f { type filter hook forward priority 0; policy drop;
    ip saddr . meta l4proto . th dport @s accept
    ip saddr . tcp dport @n accept
    iifname . oifname { "dmz0" . "wan0", "wan1" . "lan0" } accept
    ip saddr . tcp dport != @n tcp dport 4000 accept
  }
}
)"),
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 25 = wan0", "lan0 10.0.0.25 > 198.18.0.9 udp 25 = drop",
          "lan0 10.0.0.26 > 198.18.0.9 udp 53 = wan0", "lan0 10.0.0.15 > 198.18.0.9 tcp 1500 = wan0",
          "lan0 10.0.0.16 > 198.18.0.9 tcp 1500 = drop", "lan0 10.0.0.200 > 198.18.0.9 tcp 3000 = wan0",
          "lan0 10.0.0.15 > 198.18.0.9 tcp 3000 = drop", "dmz0 10.0.1.9 > 198.18.0.9 tcp 9 = wan0",
          "wan1 198.18.200.9 > 10.0.0.9 tcp 9 = lan0", "lan0 10.0.0.9 > 198.18.0.9 tcp 4000 = wan0"}},
        {"marks: set, masked set, match with mask, ct mark",
         "nft(8), meta and ct statements",
         nft(R"(
table inet a {
  chain p { type filter hook prerouting priority -150;
    tcp dport 1-9 meta mark set 0x10
    tcp dport 2 meta mark set mark or 0x3
    tcp dport 3 meta mark set mark and 0xf
    tcp dport 4 ct mark set 0x77
    tcp dport 5 meta mark set mark xor 0xff
  }
  chain f { type filter hook forward priority 0; policy drop;
    meta mark 0x13 tcp dport 2 accept
    meta mark 0 tcp dport 3 accept
    ct mark 0x77 accept
    meta mark & 0xf0 == 0xe0 tcp dport 5 accept
    meta mark 0x10-0x12 tcp dport 6 accept
    meta mark != 0x10 tcp dport 7-10 accept
  }
}
)"),
         {"lan0 10.0.0.9 > 198.18.0.9 tcp 1 = drop", "lan0 10.0.0.9 > 198.18.0.9 tcp 2 = wan0",
          "lan0 10.0.0.9 > 198.18.0.9 tcp 3 = wan0", "lan0 10.0.0.9 > 198.18.0.9 tcp 4 = wan0",
          "lan0 10.0.0.9 > 198.18.0.9 tcp 5 = wan0", "lan0 10.0.0.9 > 198.18.0.9 tcp 6 = wan0",
          "lan0 10.0.0.9 > 198.18.0.9 tcp 7 = drop", "lan0 10.0.0.9 > 198.18.0.9 tcp 10 = wan0"}},
        {"a mark set from a map, a miss leaves it",
         "nft(8), maps; experiment",
         nft(R"(
table ip a {
  chain p { type filter hook prerouting priority -150;
    meta mark set 9
    meta mark set ip saddr map { 10.0.0.25 : 1, 10.0.0.26 : 2 }
  }
  chain f { type filter hook forward priority 0; policy drop;
    meta mark 1 tcp dport 1 accept
    meta mark 9 tcp dport 2 accept
  }
}
)"),
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 1 = wan0", "lan0 10.0.0.25 > 198.18.0.9 tcp 2 = drop",
          "lan0 10.0.0.99 > 198.18.0.9 tcp 2 = wan0", "lan0 10.0.0.99 > 198.18.0.9 tcp 1 = drop"}},
        {"marks choose the route (policy routing)",
         "ip-rule(8)",
         nft(R"(
table inet a {
  chain p { type filter hook prerouting priority mangle;
    ip saddr 10.0.0.25 meta mark set 7
    ip6 saddr fd00:a::25 meta mark set 7
  }
  chain late { type filter hook prerouting priority 50;
    ip saddr 10.0.0.26 meta mark set 7
  }
  chain f { type filter hook forward priority 0;
    ip saddr 10.0.0.27 meta mark set 7
  }
}
)"),
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 25 = wan1", "lan0 10.0.0.26 > 198.18.0.9 tcp 25 = wan1",
          "lan0 10.0.0.27 > 198.18.0.9 tcp 25 = wan0", "lan0 10.0.0.28 > 198.18.0.9 tcp 25 = wan0",
          "lan0 10.0.0.25 > 10.0.1.9 tcp 25 = wan1", "lan0 10.0.0.25 > 203.0.113.2 tcp 25 = self"},
         "rule add fwmark 7 lookup 100\n"},
        {"rules by source, by interface, with suppression",
         "ip-rule(8)",
         nft(""),
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 25 = wan1", "dmz0 10.0.1.25 > 198.18.0.9 tcp 25 = wan1",
          "lan0 10.0.0.99 > 198.18.0.9 tcp 25 = wan0", "lan0 10.0.0.25 > 10.0.1.5 tcp 25 = dmz0",
          "lan0 10.0.0.31 > 198.18.0.9 tcp 25 = reject"},
         "rule add priority 100 lookup main suppress_prefixlength 0\nrule add priority 110 from 10.0.0.25 lookup 100\n"
         "rule add priority 120 iif dmz0 lookup 100\nrule add priority 130 from 10.0.0.31 prohibit\n"},
        {"fib: is an address ours, and which interface leads there",
         "nft(8), fib expressions",
         nft(R"(
table inet a {
  chain p { type filter hook prerouting priority 0;
    tcp dport 1 fib daddr type local drop
    tcp dport 2 fib daddr type != local drop
    tcp dport 3 fib saddr . iif oif missing drop
    tcp dport 4 fib daddr type { local, broadcast } drop
  }
}
)"),
         {"wan0 198.18.0.9 > 203.0.113.25 tcp 1 = drop", "wan0 198.18.0.9 > 10.0.0.25 tcp 1 = lan0",
          "wan0 198.18.0.9 > 10.0.0.1 tcp 1 = drop", "wan0 198.18.0.9 > 10.0.0.9 tcp 2 = drop",
          "wan0 198.18.0.9 > 203.0.113.2 tcp 2 = self", "lan0 10.0.0.9 > 198.18.0.9 tcp 3 =? wan0",
          "lan0 10.0.1.9 > 198.18.0.9 tcp 3 =? drop", "wan0 198.18.0.9 > 2.3.4.5 tcp 4 = wan0",
          "wan0 2001:db8:99::9 > 2001:db8:1::25 tcp 1 = drop", "wan0 2001:db8:99::9 > fd00:a::25 tcp 1 = lan0"}},
        {"a chain in prerouting before and after conntrack's destination translation",
         "nft(8), hooks",
         nft(R"(
table ip n {
  chain d { type nat hook prerouting priority dstnat;
    ip daddr 203.0.113.25 tcp dport 25 dnat to 10.0.0.25:2525
  }
}
table ip a {
  chain before { type filter hook prerouting priority -150;
    ip daddr 10.0.0.25 drop
    ip daddr 203.0.113.25 ip saddr 198.18.0.8 drop
  }
  chain after { type filter hook prerouting priority -50;
    ip daddr 203.0.113.25 tcp dport 25 drop
    ip daddr 10.0.0.25 tcp dport 2525 ip saddr 198.18.0.7 drop
  }
  chain f { type filter hook forward priority 0; policy drop;
    ip daddr 10.0.0.25 tcp dport 2525 ct original ip daddr 203.0.113.25 ct original proto-dst 25 ct status dnat accept
  }
}
)"),
         {"wan0 198.18.0.9 > 203.0.113.25 tcp 25 = lan0 > 10.0.0.25 :2525",
          "wan0 198.18.0.8 > 203.0.113.25 tcp 25 = drop", "wan0 198.18.0.7 > 203.0.113.25 tcp 25 = drop",
          "wan0 198.18.0.9 > 10.0.0.25 tcp 2525 = drop"}},
        {"flush ruleset, add and insert commands, later definitions",
         "nft(8), rules",
         nft(R"(
flush ruleset
add table ip a
add chain ip a f { type filter hook forward priority 0 ; policy accept ; }
add rule ip a f tcp dport 25 accept
insert rule ip a f tcp dport 25 ip saddr 10.0.0.99 drop
add rule ip a f index 0 tcp dport 25 ip saddr 10.0.0.98 drop
add set ip a s { type inet_service ; }
add element ip a s { 80, 443 }
add rule ip a f tcp dport @s drop
table ip a {
  chain f {
    tcp dport 81 drop
  }
}
)"),
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 25 = wan0", "lan0 10.0.0.99 > 198.18.0.9 tcp 25 = drop",
          "lan0 10.0.0.98 > 198.18.0.9 tcp 25 = drop", "lan0 10.0.0.25 > 198.18.0.9 tcp 443 = drop",
          "lan0 10.0.0.25 > 198.18.0.9 tcp 81 = drop", "lan0 10.0.0.25 > 198.18.0.9 tcp 82 = wan0"}},
        {"definitions, nested and redefined",
         "nft(8), symbolic variables",
         nft(R"(
define mail = 10.0.0.25
define more = { $mail, 10.0.0.26 }
define ports = { 25, 465, 587 }
redefine mail = 10.0.0.27
table ip a {
  chain f { type filter hook forward priority 0; policy drop;
    ip saddr $more tcp dport $ports accept
    ip saddr $mail tcp dport 80 accept
  }
}
)"),
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 465 = wan0", "lan0 10.0.0.27 > 198.18.0.9 tcp 465 = drop",
          "lan0 10.0.0.27 > 198.18.0.9 tcp 80 = wan0", "lan0 10.0.0.25 > 198.18.0.9 tcp 80 = drop"}},
        {"rates and quotas pass or not: the model leaves it open",
         "nft(8), limit",
         nft(R"(
table ip a {
  chain f { type filter hook forward priority 0; policy drop;
    tcp dport 25 limit rate 100/second accept
    tcp dport 26 limit rate over 100/second drop
    tcp dport 26 accept
    tcp dport 27 quota over 100 mbytes drop
    tcp dport 27 accept
  }
}
)"),
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 25 =? wan0", "lan0 10.0.0.25 > 198.18.0.9 tcp 26 =? wan0",
          "lan0 10.0.0.25 > 198.18.0.9 tcp 27 =? wan0", "lan0 10.0.0.25 > 198.18.0.9 tcp 28 = drop"}},
        {"bridge and netdev tables do not see routed packets",
         "nft(8), address families",
         nft(R"(
table bridge b {
  chain f { type filter hook forward priority 0; policy drop;
  }
}
table arp r {
  chain i { type filter hook input priority 0; policy drop;
  }
}
)"),
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 25 = wan0"}},
    };
}

}  // namespace egresslint::kernel
