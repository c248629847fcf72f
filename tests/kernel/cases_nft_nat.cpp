// SPDX-License-Identifier: Apache-2.0
// nft: which translation binds, which address it takes, and what the chains around it see.
#include "table.hpp"

namespace egresslint::kernel {
namespace {

Ruleset nft(const char* text) { return {{{Ruleset::Loader::nft, text}}}; }

}  // namespace

std::vector<Experiment> nft_nat_experiments() {
    return {
        {"the first rule that binds wins within a chain",
         "nft(8), NAT statements",
         nft(R"(
table ip n {
  chain p { type nat hook postrouting priority srcnat;
    oifname "wan0" ip saddr 10.0.0.26 snat to 203.0.113.26
    oifname "wan0" masquerade
    oifname "wan0" ip saddr 10.0.0.25 snat to 203.0.113.25
  }
}
)"),
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 25 = wan0 203.0.113.2",
          "lan0 10.0.0.26 > 198.18.0.9 tcp 25 = wan0 203.0.113.26", "lan0 10.0.0.25 > 198.18.200.9 tcp 25 = wan1",
          "lan0 10.0.0.25 > 10.0.1.9 tcp 25 = dmz0", "lan0 fd00:a::25 > 2001:db8:99::9 tcp 25 = wan0"}},
        {"a source binds once across base chains",
         "experiment",
         nft(R"(
table ip a {
  chain p { type nat hook postrouting priority 90;
    ip saddr 10.0.0.25 snat to 203.0.113.25
  }
}
table inet b {
  chain p { type nat hook postrouting priority 100;
    oifname "wan0" masquerade
  }
}
)"),
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 25 = wan0 203.0.113.25",
          "lan0 10.0.0.99 > 198.18.0.9 tcp 25 = wan0 203.0.113.2",
          "lan0 fd00:a::25 > 2001:db8:99::9 tcp 25 =? wan0 2001:db8:1::2-2001:db8:1::25"}},
        {"accept without binding exempts within its own chain only",
         "experiment",
         nft(R"(
table ip a {
  chain p { type nat hook postrouting priority 90;
    ip saddr 10.0.0.25 accept
    ip saddr 10.0.0.26 return
    ip saddr 10.0.0.27 snat to 203.0.113.26
  }
}
table ip b {
  chain p { type nat hook postrouting priority 100;
    ip saddr 10.0.0.28 accept
    oifname "wan0" snat to 203.0.113.25
  }
}
)"),
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 25 = wan0 203.0.113.25",
          "lan0 10.0.0.26 > 198.18.0.9 tcp 25 = wan0 203.0.113.25",
          "lan0 10.0.0.27 > 198.18.0.9 tcp 25 = wan0 203.0.113.26", "lan0 10.0.0.28 > 198.18.0.9 tcp 25 = wan0"}},
        {"policy drop of a nat chain drops what it does not translate",
         "experiment",
         nft(R"(
table ip n {
  chain p { type nat hook postrouting priority srcnat; policy drop;
    ip saddr 10.0.0.25 oifname "wan0" snat to 203.0.113.25
  }
}
)"),
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 25 = wan0 203.0.113.25", "lan0 10.0.0.99 > 198.18.0.9 tcp 25 = drop"}},
        {"goto inside a nat chain does not come back",
         "experiment",
         nft(R"(
table ip n {
  chain s {
    ip saddr 10.0.0.77 snat to 203.0.113.25
  }
  chain p { type nat hook postrouting priority srcnat;
    ip saddr 10.0.0.25 goto s
    ip saddr 10.0.0.77 jump s
    oifname "wan0" masquerade
  }
}
)"),
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 25 = wan0", "lan0 10.0.0.77 > 198.18.0.9 tcp 25 = wan0 203.0.113.25",
          "lan0 10.0.0.99 > 198.18.0.9 tcp 25 = wan0 203.0.113.2"}},
        {"notrack switches translation off",
         "nft(8), notrack; experiment",
         nft(R"(
table ip r {
  chain p { type filter hook prerouting priority raw;
    ip saddr 10.0.0.25 notrack
  }
}
table ip n {
  chain d { type nat hook prerouting priority dstnat;
    ip daddr 203.0.113.26 dnat to 10.0.0.26
  }
  chain p { type nat hook postrouting priority srcnat; policy drop;
    oifname "wan0" snat to 203.0.113.25
  }
  chain f { type filter hook forward priority 0;
    ct state untracked tcp dport 26 drop
    ct state new tcp dport 27 drop
  }
}
)"),
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 25 = wan0", "lan0 10.0.0.99 > 198.18.0.9 tcp 25 = wan0 203.0.113.25",
          "lan0 10.0.0.25 > 198.18.0.9 tcp 26 = drop", "lan0 10.0.0.25 > 198.18.0.9 tcp 27 = wan0",
          "lan0 10.0.0.99 > 198.18.0.9 tcp 27 = drop"}},
        {"what filters see: forward the private source, postrouting by priority",
         "experiment",
         nft(R"(
table ip n {
  chain p { type nat hook postrouting priority srcnat;
    ip saddr 10.0.0.25 snat to 203.0.113.25
  }
}
table inet a {
  chain f { type filter hook forward priority 10;
    ip saddr 203.0.113.25 drop
    ip saddr 10.0.0.25 tcp dport 1 drop
  }
  chain before { type filter hook postrouting priority 50;
    ip saddr 203.0.113.25 drop
    ip saddr 10.0.0.25 tcp dport 2 drop
  }
  chain after { type filter hook postrouting priority 200;
    ip saddr 10.0.0.25 drop
    ip saddr 203.0.113.25 tcp dport 3 drop
    ct original ip saddr 10.0.0.25 tcp dport 4 drop
    ct status snat tcp dport 5 drop
    iifname "dmz0" drop
  }
}
)"),
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 1 = drop", "lan0 10.0.0.25 > 198.18.0.9 tcp 2 = drop",
          "lan0 10.0.0.25 > 198.18.0.9 tcp 3 = drop", "lan0 10.0.0.25 > 198.18.0.9 tcp 4 = drop",
          "lan0 10.0.0.25 > 198.18.0.9 tcp 5 = drop", "lan0 10.0.0.25 > 198.18.0.9 tcp 6 = wan0 203.0.113.25",
          "dmz0 10.0.1.25 > 198.18.0.9 tcp 6 = drop"}},
        {"a map gives the address, a miss is no translation and the next rule is tried",
         "experiment",
         nft(R"(
table ip n {
  map m { type ipv4_addr : ipv4_addr; elements = { 10.0.0.25 : 203.0.113.25, 10.0.0.26 : 203.0.113.26 }
  }
  chain p { type nat hook postrouting priority srcnat;
    oifname "wan0" snat to ip saddr map @m
    oifname "wan0" tcp dport 25 masquerade
    oifname "wan0" snat to tcp dport map { 80 : 203.0.113.80, 81 : 203.0.113.81 }
  }
}
)"),
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 25 = wan0 203.0.113.25",
          "lan0 10.0.0.26 > 198.18.0.9 tcp 9 = wan0 203.0.113.26",
          "lan0 10.0.0.99 > 198.18.0.9 tcp 25 = wan0 203.0.113.2",
          "lan0 10.0.0.99 > 198.18.0.9 tcp 81 = wan0 203.0.113.81", "lan0 10.0.0.99 > 198.18.0.9 tcp 82 = wan0"}},
        {"a range is a pool",
         "nft(8), NAT statements",
         nft(R"(
table ip n {
  chain p { type nat hook postrouting priority srcnat;
    oifname "wan0" snat to 203.0.113.32-203.0.113.40
    oifname "wan1" snat to 198.51.100.9-198.51.100.12 persistent
  }
}
)"),
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 25 =? wan0 203.0.113.32-203.0.113.40",
          "lan0 10.0.0.26 > 198.18.0.9 tcp 25 =? wan0 203.0.113.32-203.0.113.40",
          "lan0 10.0.0.26 > 198.18.200.9 tcp 25 =? wan1 198.51.100.9-198.51.100.12"}},
        {"prefix translation keeps the host part",
         "nft(8), NAT statements",
         nft(R"(
table ip n {
  chain p { type nat hook postrouting priority srcnat;
    oifname "wan0" snat ip prefix to ip saddr map { 10.0.0.0/24 : 198.19.5.0/24, 10.20.0.0/16 : 198.18.0.0/16 }
  }
  chain d { type nat hook prerouting priority dstnat;
    iifname "wan0" dnat ip prefix to ip daddr map { 198.19.5.0/24 : 10.0.0.0/24 }
  }
}
)"),
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 25 = wan0 198.19.5.25",
          "lan0 10.20.3.4 > 198.18.0.9 tcp 25 = wan0 198.18.3.4", "lan0 10.0.2.25 > 198.18.0.9 tcp 25 = wan0",
          "wan0 198.18.0.9 > 198.19.5.77 tcp 25 = lan0 > 10.0.0.77"}},
        {"ports of a translation",
         "nft(8), NAT statements",
         nft(R"(
table ip n {
  chain p { type nat hook postrouting priority srcnat;
    ip saddr 10.0.0.25 tcp dport 25 snat to 203.0.113.25:1000-2000
    ip saddr 10.0.0.26 tcp dport 25 snat to :777
    ip saddr 10.0.0.27 meta l4proto tcp masquerade to :5000-6000
    ip saddr 10.0.0.28 meta l4proto tcp masquerade random
  }
}
)"),
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 25:1500 =? wan0 203.0.113.25 sport 1000-2000",
          "lan0 10.0.0.25 > 198.18.0.9 tcp 25:3000 =? wan0 203.0.113.25 sport 1000-2000",
          "lan0 10.0.0.26 > 198.18.0.9 tcp 25:3000 = wan0 sport 777",
          "lan0 10.0.0.27 > 198.18.0.9 tcp 25:3000 =? wan0 203.0.113.2 sport 5000-6000",
          "lan0 10.0.0.28 > 198.18.0.9 tcp 25:3000 =? wan0 203.0.113.2 sport 1-65535"}},
        {"masquerade takes the out interface's address in the next hop's network",
         "experiment",
         nft(R"(
table ip n {
  chain p { type nat hook postrouting priority srcnat;
    oifname { "wan0", "wan1", "dmz0" } masquerade
  }
}
)"),
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 25 = wan0 203.0.113.2",
          "lan0 10.0.0.25 > 198.18.200.9 tcp 25 = wan1 198.51.100.2",
          "lan0 10.0.0.25 > 198.19.0.9 tcp 25 = wan1 192.0.2.2", "lan0 10.0.0.25 > 192.0.2.77 tcp 25 = wan1 192.0.2.2",
          "lan0 10.0.0.25 > 10.0.1.9 tcp 25 = dmz0 10.0.1.1",
          "lan0 10.0.0.25 > 203.0.113.99 tcp 25 = wan0 203.0.113.2"},
         "route add 198.19.0.0/16 via 192.0.2.1\n"},
        {"masquerade ignores the route's source hint",
         "experiment",
         nft(R"(
table ip n {
  chain p { type nat hook postrouting priority srcnat;
    oifname "wan0" masquerade
  }
}
)"),
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 25 = wan0 203.0.113.2",
          "self 203.0.113.25 > 198.18.0.9 tcp 25 = wan0 203.0.113.2",
          "self 203.0.113.26 > 198.18.0.9 tcp 25 = wan0 203.0.113.2"},
         "route replace default via 203.0.113.1 src 203.0.113.25\n"},
        {"destination translation makes nothing for flows going out",
         "experiment",
         nft(R"(
table ip n {
  chain d { type nat hook prerouting priority dstnat;
    ip daddr 203.0.113.25 dnat to 10.0.0.25
  }
  chain p { type nat hook postrouting priority srcnat;
    oifname "wan0" masquerade
  }
}
)"),
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 25 = wan0 203.0.113.2",
          "wan0 198.18.0.9 > 203.0.113.25 tcp 25 = lan0 > 10.0.0.25",
          "wan0 198.18.0.9 > 203.0.113.25 icmp 8/0 = lan0 > 10.0.0.25", "wan0 198.18.0.9 > 203.0.113.2 tcp 25 = self"}},
        {"a destination binds once",
         "experiment",
         nft(R"(
table ip n {
  chain one { type nat hook prerouting priority -110;
    ip daddr 203.0.113.25 tcp dport 25 dnat to 10.0.0.25
  }
  chain two { type nat hook prerouting priority -100;
    ip daddr 203.0.113.25 dnat to 10.0.1.80
    ip daddr 10.0.0.25 dnat to 10.0.1.81
  }
}
)"),
         {"wan0 198.18.0.9 > 203.0.113.25 tcp 25 = lan0 > 10.0.0.25",
          "wan0 198.18.0.9 > 203.0.113.25 tcp 80 = dmz0 > 10.0.1.80"}},
        {"destination maps, with ports and concatenations",
         "nft(8), NAT statements",
         nft(R"(
table ip n {
  chain d { type nat hook prerouting priority dstnat;
    iifname "wan0" ip daddr 203.0.113.2 dnat to tcp dport map { 25 : 10.0.0.25, 80 : 10.0.1.80 }
    iifname "wan0" ip daddr 203.0.113.25 dnat ip addr . port to tcp dport map { 25 : 10.0.0.25 . 2525, 443 : 10.0.1.80 . 8443 }
    iifname "wan1" tcp dport 25 dnat to ip daddr . tcp dport map { 198.51.100.2 . 25 : 10.0.0.26 }
  }
}
)"),
         {"wan0 198.18.0.9 > 203.0.113.2 tcp 80 = dmz0 > 10.0.1.80", "wan0 198.18.0.9 > 203.0.113.2 tcp 81 = self",
          "wan0 198.18.0.9 > 203.0.113.25 tcp 25 = lan0 > 10.0.0.25 :2525",
          "wan0 198.18.0.9 > 203.0.113.25 tcp 443 = dmz0 > 10.0.1.80 :8443",
          "wan1 198.18.200.9 > 198.51.100.2 tcp 25 = lan0 > 10.0.0.26", "wan1 198.18.200.9 > 192.0.2.2 tcp 25 = self"}},
        {"redirect delivers to the router's own address of the interface",
         "nft(8), redirect",
         nft(R"(
table inet n {
  chain d { type nat hook prerouting priority dstnat;
    iifname "lan0" tcp dport 25 redirect to :2525
    iifname "wan1" tcp dport 80 redirect
  }
  chain i { type filter hook input priority 0;
    tcp dport 80 ip daddr 192.0.2.2 drop
  }
}
)"),
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 25 = self > 10.0.0.1 :2525", "lan0 10.0.0.25 > 198.18.0.9 tcp 26 = wan0",
          "wan1 198.18.200.9 > 192.0.2.99 tcp 80 = self > 198.51.100.2",
          "lan0 fd00:a::25 > 2001:db8:99::9 tcp 25 = self > fd00:a::1 :2525"}},
        {"hairpin: destination and source translation on the same side",
         "experiment",
         nft(R"(
table ip n {
  chain d { type nat hook prerouting priority dstnat;
    ip daddr 203.0.113.25 tcp dport 25 dnat to 10.0.0.25
  }
  chain p { type nat hook postrouting priority srcnat;
    ip saddr 10.0.0.0/24 ip daddr 10.0.0.25 masquerade
    oifname "wan0" ip saddr 10.0.0.25 snat to 203.0.113.25
  }
}
)"),
         {"lan0 10.0.0.99 > 203.0.113.25 tcp 25 = lan0 10.0.0.1 > 10.0.0.25",
          "dmz0 10.0.1.99 > 203.0.113.25 tcp 25 = lan0 > 10.0.0.25",
          "lan0 10.0.0.25 > 198.18.0.9 tcp 25 = wan0 203.0.113.25"}},
        {"transparent redirect of mail is not caught by the source translation",
         "experiment",
         nft(R"(
table ip n {
  chain d { type nat hook prerouting priority dstnat;
    iifname "lan0" tcp dport 25 redirect to :2525
  }
  chain p { type nat hook postrouting priority srcnat;
    ip saddr 10.0.0.25 snat to 203.0.113.25
  }
}
)"),
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 25 = self > 10.0.0.1 :2525",
          "lan0 10.0.0.25 > 198.18.0.9 tcp 80 = wan0 203.0.113.25"}},
        {"inet tables need the family in a translation; masquerade does both",
         "nft(8), NAT statements",
         nft(R"(
table inet n {
  chain p { type nat hook postrouting priority srcnat;
    oifname "wan0" ip saddr 10.0.0.25 snat ip to 203.0.113.25
    oifname "wan0" ip6 saddr fd00:a::25 snat ip6 to 2001:db8:1::25
    oifname "wan1" masquerade
  }
  chain d { type nat hook prerouting priority dstnat;
    iifname "wan0" tcp dport 25 dnat ip to 10.0.0.25
    iifname "wan0" tcp dport 25 dnat ip6 to [fd00:a::25]:2525
  }
}
)"),
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 25 = wan0 203.0.113.25",
          "lan0 fd00:a::25 > 2001:db8:99::9 tcp 25 = wan0 2001:db8:1::25",
          "lan0 fd00:a::25 > 2001:db8:2::9 tcp 25 = wan1 2001:db8:2::2",
          "lan0 10.0.0.9 > 198.18.200.9 tcp 25 = wan1 198.51.100.2",
          "wan0 198.18.0.9 > 203.0.113.25 tcp 25 = lan0 > 10.0.0.25",
          "wan0 2001:db8:99::9 > 2001:db8:1::25 tcp 25 = lan0 > fd00:a::25 :2525"}},
        {"IPv6 prefix translation and port forward",
         "nft(8), NAT statements",
         nft(R"(
table ip6 n {
  chain p { type nat hook postrouting priority srcnat;
    oifname "wan0" snat ip6 prefix to ip6 saddr map { fd00:a::/64 : 2001:db8:a::/64 }
  }
}
)"),
         {"lan0 fd00:a::25 > 2001:db8:99::9 tcp 25 = wan0 2001:db8:a::25",
          "lan0 10.0.0.25 > 198.18.0.9 tcp 25 = wan0"}},
        {"marks chosen in forward decide the source address",
         "experiment",
         nft(R"(
table ip n {
  chain f { type filter hook forward priority 0;
    ip saddr 10.0.0.0/28 meta mark set 5
  }
  chain p { type nat hook postrouting priority srcnat;
    meta mark 5 snat to 203.0.113.25
    meta mark != 5 oifname "wan0" snat to 203.0.113.26
  }
}
)"),
         {"lan0 10.0.0.5 > 198.18.0.9 tcp 25 = wan0 203.0.113.25",
          "lan0 10.0.0.25 > 198.18.0.9 tcp 25 = wan0 203.0.113.26"}},
        {"destination translation changes the route, source translation follows it",
         "experiment",
         nft(R"(
table ip n {
  chain d { type nat hook prerouting priority dstnat;
    ip daddr 198.18.0.50 dnat to 198.18.200.50
    ip daddr 198.18.0.51 dnat to 10.66.0.1
  }
  chain p { type nat hook postrouting priority srcnat;
    oifname "wan0" snat to 203.0.113.25
    oifname "wan1" snat to 198.51.100.25
  }
}
)"),
         {"lan0 10.0.0.5 > 198.18.0.50 tcp 25 = wan1 198.51.100.25 > 198.18.200.50",
          "lan0 10.0.0.5 > 198.18.0.51 tcp 25 = drop", "lan0 10.0.0.5 > 198.18.0.52 tcp 25 = wan0 203.0.113.25"}},
        {"the outage: publication and masquerade, then the repaired order",
         "experiment",
         nft(R"(
table ip nat {
  chain pre { type nat hook prerouting priority -100;
    ip daddr 203.0.113.25 tcp dport 25 dnat to 10.0.0.25
  }
  chain post { type nat hook postrouting priority 100;
    oifname "wan0" ip saddr 10.0.0.25 snat to 203.0.113.25
    oifname "wan0" masquerade
  }
}
table inet fw {
  chain forward { type filter hook forward priority 0; policy drop;
    ct state established,related accept
    ip saddr 10.0.0.25 tcp dport 25 accept
    tcp dport 25 ct status dnat accept
    tcp dport 25 reject with tcp reset
    iifname "lan0" oifname "wan0" accept
  }
}
)"),
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 25 = wan0 203.0.113.25", "lan0 10.0.0.99 > 198.18.0.9 tcp 25 = reject",
          "lan0 10.0.0.99 > 198.18.0.9 tcp 80 = wan0 203.0.113.2",
          "wan0 198.18.0.9 > 203.0.113.25 tcp 25 = lan0 > 10.0.0.25", "lan0 fd00:a::9 > 2001:db8:99::9 tcp 25 = reject",
          "dmz0 10.0.1.9 > 198.18.0.9 tcp 80 = drop"}},
        {"the priority of a nat chain orders nat chains only: translation happens at -100 and 100",
         "experiment",
         nft(R"(
table ip n {
  chain p { type nat hook postrouting priority 20;
    ip saddr 10.0.0.25 snat to 203.0.113.25
  }
  chain d { type nat hook prerouting priority -190;
    ip daddr 203.0.113.26 dnat to 10.0.0.26
  }
}
table ip a {
  chain p { type filter hook postrouting priority 60;
    ip saddr 203.0.113.25 tcp dport 1 drop
    ip saddr 10.0.0.25 tcp dport 2 drop
  }
  chain q { type filter hook postrouting priority 110;
    ip saddr 203.0.113.25 tcp dport 3 drop
  }
  chain d { type filter hook prerouting priority -120;
    ip daddr 10.0.0.26 tcp dport 4 drop
    ip daddr 203.0.113.26 tcp dport 5 drop
  }
}
)"),
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 1 = wan0 203.0.113.25", "lan0 10.0.0.25 > 198.18.0.9 tcp 2 = drop",
          "lan0 10.0.0.25 > 198.18.0.9 tcp 3 = drop", "wan0 198.18.0.9 > 203.0.113.26 tcp 4 = lan0 > 10.0.0.26",
          "wan0 198.18.0.9 > 203.0.113.26 tcp 5 = drop"}},
        {"a late nat chain still translates at 100",
         "experiment",
         nft(R"(
table ip n {
  chain p { type nat hook postrouting priority 300;
    ip saddr 10.0.0.25 snat to 203.0.113.25
  }
}
table ip a {
  chain p { type filter hook postrouting priority 200;
    ip saddr 203.0.113.25 tcp dport 1 drop
    ip saddr 10.0.0.25 tcp dport 2 drop
  }
}
)"),
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 1 = drop", "lan0 10.0.0.25 > 198.18.0.9 tcp 2 = wan0 203.0.113.25"}},
        {"before connection tracking there is no state, and notrack after it does nothing",
         "experiment",
         nft(R"(
table ip a {
  chain raw { type filter hook prerouting priority -300;
    ct state new tcp dport 1 drop
    ct state invalid tcp dport 2 drop
    ct mark != 5 tcp dport 3 drop
    ct status ! dnat tcp dport 4 drop
    tcp dport 6 notrack
  }
  chain late { type filter hook prerouting priority -150;
    tcp dport 5 notrack
    tcp dport 6 ct mark 0 drop
    tcp dport 6 ct state untracked ct mark != 9 drop
    tcp dport 7 ct mark 0 ct state new drop
  }
}
table ip n {
  chain p { type nat hook postrouting priority 100;
    oifname "wan0" snat to 203.0.113.25
  }
}
)"),
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 1 = wan0 203.0.113.25", "lan0 10.0.0.25 > 198.18.0.9 tcp 2 = drop",
          "lan0 10.0.0.25 > 198.18.0.9 tcp 3 = wan0 203.0.113.25",
          "lan0 10.0.0.25 > 198.18.0.9 tcp 4 = wan0 203.0.113.25",
          "lan0 10.0.0.25 > 198.18.0.9 tcp 5 = wan0 203.0.113.25", "lan0 10.0.0.25 > 198.18.0.9 tcp 6 = wan0",
          "lan0 10.0.0.25 > 198.18.0.9 tcp 7 = drop"}},
        {"rules after a translation in the same rule's chain do not run; before it they do",
         "experiment",
         nft(R"(
table ip n {
  chain p { type nat hook postrouting priority srcnat;
    ip saddr 10.0.0.25 counter log prefix "mail " snat to 203.0.113.25
    ip saddr 10.0.0.25 drop
    tcp dport 99 drop
    ip saddr 10.0.0.26 masquerade random,persistent
  }
}
)"),
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 99 = wan0 203.0.113.25", "lan0 10.0.0.24 > 198.18.0.9 tcp 99 = drop",
          "lan0 10.0.0.26 > 198.18.0.9 udp 9 =? wan0 203.0.113.2 sport 1-65535"}},
        {"a lookup before and after a translation asks of two addresses",
         "experiment",
         nft(R"(
table ip a {
  set seen {
    type ipv4_addr
    flags timeout
    elements = { 203.0.113.25 timeout 1h }
  }
  chain ask {
    ip daddr @seen meta mark set meta mark ^ 1
  }
  chain p { type filter hook prerouting priority mangle;
    jump ask
  }
  chain n { type nat hook prerouting priority dstnat;
    tcp dport 25 dnat to 10.0.0.25
  }
  chain f { type filter hook forward priority 0;
    jump ask
    meta mark 1 drop
  }
}
)"),
         {"wan0 198.18.0.9 > 203.0.113.25 tcp 25 =? drop",
          "wan0 198.18.0.9 > 203.0.113.26 tcp 25 =? lan0 > 10.0.0.25"}},
        {"IPv6 masquerade passes over a local address",
         "RFC 6724, rule 6",
         nft(R"(
table ip6 n {
  chain p { type nat hook postrouting priority srcnat;
    oifname "wan1" masquerade
  }
}
)"),
         {"lan0 fd00:a::25 > 2001:db8:88::9 tcp 25 = wan1 2001:db8:2::2"},
         "addr add fd00:1::2/64 dev wan1 nodad\n"},
        {"a route for some sources",
         "ip-route(8), from",
         nft(""),
         {"lan0 fd00:a::25 > 2001:db8:96::9 tcp 25 = wan1", "lan0 fd00:a:1::25 > 2001:db8:96::9 tcp 25 = wan0",
          "lan0 fd00:a::25 > 2001:db8:94::9 tcp 25 = dmz0", "lan0 fd00:a:1::25 > 2001:db8:94::9 tcp 25 =? wan0"},
         "route add 2001:db8:96::/48 from fd00:a::/64 via 2001:db8:2::1 dev wan1\n"
         "route add 2001:db8:94::/48 via 2001:db8:2::1 dev wan1\n"
         "route add 2001:db8:94::/48 from fd00:a::/64 via fd00:d::9 dev dmz0\n"},
        {"a nat chain that only drops is not asked where nothing tracks connections",
         "experiment",
         nft(R"(
table ip n {
  chain p { type nat hook postrouting priority srcnat;
    tcp dport 25 drop
  }
}
)"),
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 25 =? wan0", "lan0 10.0.0.25 > 198.18.0.9 tcp 26 = wan0"}},
        {"a limiter in a chain that is called twice is asked twice",
         "experiment",
         nft(R"(
table ip a {
  chain ask {
    limit rate 1/day burst 1 packets meta mark set meta mark ^ 1
  }
  chain f { type filter hook forward priority 0;
    jump ask
    jump ask
    meta mark 1 drop
  }
}
)"),
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 25 =? drop"}},
    };
}

}  // namespace egresslint::kernel
