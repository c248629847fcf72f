// SPDX-License-Identifier: Apache-2.0
// nft: packets that the router sends or receives itself.
#include "table.hpp"

namespace egresslint::kernel {
namespace {

Ruleset nft(const char* text) { return {{{Ruleset::Loader::nft, text}}}; }

}  // namespace

std::vector<Experiment> nft_local_experiments() {
    return {
        {"own traffic passes output and postrouting, never forward",
         "nft(8), hooks",
         nft(R"(
table inet a {
  chain f { type filter hook forward priority 0; policy drop;
  }
  chain o { type filter hook output priority 0;
    tcp dport 25 drop
    oifname "wan1" tcp dport 80 drop
  }
}
)"),
         {"self 203.0.113.2 > 198.18.0.9 tcp 25 = drop", "self 203.0.113.2 > 198.18.0.9 tcp 80 = wan0",
          "self 198.51.100.2 > 198.18.200.9 tcp 80 = drop", "lan0 10.0.0.25 > 198.18.0.9 tcp 80 = drop",
          "self 2001:db8:1::2 > 2001:db8:99::9 tcp 80 = wan0", "self 2001:db8:1::2 > 2001:db8:99::9 tcp 25 = drop"}},
        {"input sees what is for the router, forward does not",
         "nft(8), hooks",
         nft(R"(
table inet a {
  chain f { type filter hook forward priority 0; policy drop;
  }
  chain i { type filter hook input priority 0; policy drop;
    tcp dport 22 iifname "lan0" accept
    icmp type echo-request accept
    udp dport 53 reject
  }
}
)"),
         {"lan0 10.0.0.25 > 10.0.0.1 tcp 22 = self", "wan0 198.18.0.9 > 203.0.113.2 tcp 22 = drop",
          "lan0 10.0.0.25 > 203.0.113.25 tcp 22 = self", "wan0 198.18.0.9 > 203.0.113.2 icmp 8/0 = self",
          "wan0 198.18.0.9 > 203.0.113.2 udp 53 = reject", "lan0 fd00:a::25 > fd00:a::1 tcp 22 = self",
          "wan0 2001:db8:99::9 > 2001:db8:1::2 tcp 22 = drop"}},
        {"a source translation without saddr rewrites the router's own traffic too",
         "experiment",
         nft(R"(
table ip n {
  chain p { type nat hook postrouting priority srcnat;
    oifname "wan0" tcp dport 25 snat to 203.0.113.25
  }
}
)"),
         {"self 203.0.113.2 > 198.18.0.9 tcp 25 = wan0 203.0.113.25",
          "lan0 10.0.0.99 > 198.18.0.9 tcp 25 = wan0 203.0.113.25", "self 203.0.113.2 > 198.18.0.9 tcp 26 = wan0"}},
        {"iifname in postrouting does not match own traffic",
         "experiment",
         nft(R"(
table ip n {
  chain p { type nat hook postrouting priority srcnat;
    iifname "lan0" snat to 203.0.113.25
    iifname != "dmz0" tcp dport 26 snat to 203.0.113.26
  }
}
)"),
         {"self 203.0.113.2 > 198.18.0.9 tcp 25 = wan0", "lan0 10.0.0.9 > 198.18.0.9 tcp 25 = wan0 203.0.113.25",
          "self 203.0.113.2 > 198.18.0.9 tcp 26 = wan0 203.0.113.26"}},
        {"destination translation in output",
         "nft(8), NAT statements",
         nft(R"(
table ip n {
  chain o { type nat hook output priority -100;
    tcp dport 25 dnat to 10.0.0.25
    tcp dport 80 ip daddr 198.18.0.9 dnat to 198.18.200.9:8080
  }
  chain p { type nat hook postrouting priority srcnat;
    oifname "wan1" snat to 198.51.100.25
  }
}
)"),
         {"self 203.0.113.2 > 198.18.0.9 tcp 25 = lan0 > 10.0.0.25",
          "self 203.0.113.2 > 198.18.0.9 tcp 80 = wan1 198.51.100.25 > 198.18.200.9 :8080",
          "self 203.0.113.2 > 198.18.0.9 tcp 81 = wan0"}},
        {"a mark set in a route chain of output reroutes, in a filter chain it does not",
         "nft(8), chain types",
         nft(R"(
table inet a {
  chain o { type route hook output priority mangle;
    tcp dport 25 meta mark set 7
  }
  chain g { type filter hook output priority 0;
    tcp dport 26 meta mark set 7
  }
}
)"),
         {"self 203.0.113.2 > 198.18.0.9 tcp 25 = wan1", "self 203.0.113.2 > 198.18.0.9 tcp 26 = wan0",
          "self 203.0.113.2 > 198.18.0.9 tcp 27 = wan0", "self 203.0.113.2 > 198.18.0.9 tcp 27 mark 7 = wan1"},
         "rule add fwmark 7 lookup 100\n"},
        {"source translation of received packets in input",
         "nft(8), NAT statements",
         nft(R"(
table ip n {
  chain i { type nat hook input priority 100;
    iifname "wan0" tcp dport 25 snat to 10.99.0.1
  }
  chain late { type filter hook input priority 200;
    ip saddr 198.18.0.8 tcp dport 25 drop
  }
}
)"),
         {"wan0 198.18.0.9 > 203.0.113.2 tcp 25 = self 10.99.0.1",
          "wan0 198.18.0.8 > 203.0.113.2 tcp 25 = self 10.99.0.1", "wan0 198.18.0.9 > 203.0.113.2 tcp 26 = self"}},
        {"packets to oneself go through lo",
         "experiment",
         nft(R"(
table inet a {
  chain i { type filter hook input priority 0; policy drop;
    iif lo tcp dport 25 accept
  }
}
)"),
         {"self 203.0.113.2 > 203.0.113.25 tcp 25 =? self", "self 203.0.113.2 > 203.0.113.25 tcp 26 =? drop",
          "self 127.0.0.1 > 127.0.0.1 tcp 25 =? self"}},
        {"notrack in output",
         "nft(8), notrack",
         nft(R"(
table ip r {
  chain o { type filter hook output priority raw;
    tcp dport 25 notrack
  }
}
table ip n {
  chain p { type nat hook postrouting priority srcnat;
    oifname "wan0" snat to 203.0.113.25
  }
}
)"),
         {"self 203.0.113.2 > 198.18.0.9 tcp 25 = wan0", "self 203.0.113.2 > 198.18.0.9 tcp 26 = wan0 203.0.113.25"}},
        {"rules by source route the router's own packets",
         "ip-rule(8)",
         nft(""),
         {"self 198.51.100.2 > 198.18.0.9 tcp 25 = wan1", "self 203.0.113.2 > 198.18.0.9 tcp 25 = wan0"},
         "rule add from 198.51.100.2 lookup 100\n"},
    };
}

}  // namespace egresslint::kernel
