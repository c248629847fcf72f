// SPDX-License-Identifier: Apache-2.0
// iptables: every experiment runs through the legacy and the nft back end (the text is the same), where both load it.
#include "table.hpp"

namespace egresslint::kernel {
namespace {

using Loader = Ruleset::Loader;

struct Text {
    const char* name;
    const char* source;
    const char* v4;
    const char* v6;
    std::vector<const char*> lines;
    const char* setup = "";
    const char* sets = nullptr;  ///< for `ipset restore`
};

std::vector<Text> texts() {
    return {
        {"the first target that decides",
         "iptables(8)",
         R"(*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -s 10.0.0.25/32 -p tcp -m tcp --dport 25 -j ACCEPT
-A FORWARD -p tcp -m tcp --dport 25 -j REJECT --reject-with tcp-reset
-A FORWARD ! -s 10.0.0.0/24 -p tcp --dport 80 -j DROP
-A FORWARD -i lan0 -o wan0 -j ACCEPT
-A FORWARD -i dmz+ -p udp --dport 53 -j ACCEPT
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -d 203.0.113.25/32 -p tcp -m tcp --dport 25 -j DNAT --to-destination 10.0.0.25:2525
-A POSTROUTING -s 10.0.0.25/32 -o wan0 -j SNAT --to-source 203.0.113.25
-A POSTROUTING -o wan0 -j MASQUERADE
COMMIT
)",
         nullptr,
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 25 = wan0 203.0.113.25", "lan0 10.0.0.99 > 198.18.0.9 tcp 25 = reject",
          "lan0 10.0.0.99 > 198.18.0.9 tcp 81 = wan0 203.0.113.2", "lan0 10.20.0.9 > 198.18.0.9 tcp 80 = drop",
          "dmz0 10.0.1.9 > 198.18.0.9 udp 53 = wan0 203.0.113.2", "dmz0 10.0.1.9 > 198.18.0.9 udp 54 = drop",
          "wan0 198.18.0.9 > 203.0.113.25 tcp 25 = drop", "wan0 198.18.0.9 > 203.0.113.25 tcp 26 = self"}},
        {"order in POSTROUTING: masquerade first shadows",
         "iptables(8)",
         R"(*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A POSTROUTING -s 10.0.0.26/32 -j ACCEPT
-A POSTROUTING -s 10.0.0.27/32 -j RETURN
-A POSTROUTING -o wan0 -j MASQUERADE
-A POSTROUTING -s 10.0.0.25/32 -o wan0 -j SNAT --to-source 203.0.113.25
COMMIT
)",
         nullptr,
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 25 = wan0 203.0.113.2", "lan0 10.0.0.26 > 198.18.0.9 tcp 25 = wan0",
          "lan0 10.0.0.27 > 198.18.0.9 tcp 25 = wan0", "self 203.0.113.25 > 198.18.0.9 tcp 25 = wan0 203.0.113.2"}},
        {"user chains, return and goto",
         "iptables(8)",
         R"(*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:mail - [0:0]
:web - [0:0]
-A FORWARD -p tcp --dport 25 -g mail
-A FORWARD -p tcp --dport 80 -j web
-A FORWARD -d 198.18.0.9 -j ACCEPT
-A mail -s 10.0.0.25 -j ACCEPT
-A web -s 10.0.0.26 -j RETURN
-A web -s 10.0.0.27 -j ACCEPT
-A web -s 10.0.0.28 -j DROP
COMMIT
)",
         nullptr,
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 25 = wan0", "lan0 10.0.0.99 > 198.18.0.9 tcp 25 = drop",
          "lan0 10.0.0.26 > 198.18.0.9 tcp 80 = wan0", "lan0 10.0.0.27 > 198.18.0.8 tcp 80 = wan0",
          "lan0 10.0.0.28 > 198.18.0.9 tcp 80 = drop", "lan0 10.0.0.26 > 198.18.0.8 tcp 80 = drop"}},
        {"order of tables: raw, mangle, nat, filter",
         "iptables(8), tables",
         R"(*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A PREROUTING -s 10.0.0.30 -j NOTRACK
-A PREROUTING -s 10.0.0.31 -j CT --notrack
-A PREROUTING -d 10.0.0.25 -p tcp --dport 26 -j DROP
COMMIT
*mangle
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -s 10.0.0.25 -j MARK --set-mark 7
-A FORWARD -s 10.0.0.26 -j MARK --set-xmark 0x5/0xffffffff
-A POSTROUTING -s 203.0.113.25 -j DROP
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -d 203.0.113.25 -p tcp -j DNAT --to-destination 10.0.0.25
-A POSTROUTING -m mark --mark 5 -j SNAT --to-source 203.0.113.26
-A POSTROUTING -o wan0 -j SNAT --to-source 203.0.113.25
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -d 203.0.113.25 -j DROP
-A FORWARD -s 203.0.113.25 -j DROP
-A FORWARD -p tcp --dport 28 -m conntrack --ctstate DNAT -j DROP
-A FORWARD -p tcp --dport 29 -m conntrack --ctorigdst 203.0.113.25 -j DROP
COMMIT
)",
         nullptr,
         {"lan0 10.0.0.30 > 198.18.0.9 tcp 25 = wan0", "lan0 10.0.0.31 > 198.18.0.9 tcp 25 = wan0",
          "lan0 10.0.0.25 > 198.18.0.9 tcp 25 = wan1", "lan0 10.0.0.26 > 198.18.0.9 tcp 25 = wan0 203.0.113.26",
          "lan0 10.0.0.99 > 198.18.0.9 tcp 25 = wan0 203.0.113.25",
          "wan0 198.18.0.9 > 203.0.113.25 tcp 25 = lan0 > 10.0.0.25",
          "wan0 198.18.0.9 > 203.0.113.25 tcp 26 = lan0 > 10.0.0.25", "wan0 198.18.0.9 > 10.0.0.25 tcp 26 = drop",
          "wan0 198.18.0.9 > 203.0.113.25 tcp 28 = drop", "wan0 198.18.0.9 > 203.0.113.25 tcp 29 = drop",
          "wan0 198.18.0.9 > 10.0.0.25 tcp 29 = lan0"},
         "rule add fwmark 7 lookup 100\n"},
        {"matches on ports and addresses",
         "iptables-extensions(8)",
         R"(*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -p tcp -m multiport --dports 25,465,580:590 -j ACCEPT
-A FORWARD -p udp -m multiport ! --ports 53,123 -m iprange --src-range 10.0.0.10-10.0.0.20 -j ACCEPT
-A FORWARD -p tcp -m tcp ! --dport 1000:2000 -m iprange ! --dst-range 198.18.0.0-198.18.0.255 -j ACCEPT
-A FORWARD -p icmp --icmp-type 8 -j ACCEPT
-A FORWARD -p tcp -m tcp --dport 1001 --tcp-flags FIN,SYN,RST,ACK SYN -j ACCEPT
-A FORWARD -p tcp -m tcp --dport 1002 ! --syn -j ACCEPT
-A FORWARD -p 50 -j ACCEPT
-A FORWARD ! -i lan0 -p tcp --dport 1003 -j ACCEPT
-A FORWARD -p tcp --dport 1004 --sport 5000:5001 -j ACCEPT
-A FORWARD -m comment --comment "a \"quoted\" one" -p tcp --dport 1005 -j ACCEPT
-A FORWARD -s 10.0.0.0/255.255.255.128 -p tcp --dport 1006 -j ACCEPT
COMMIT
)",
         nullptr,
         {"lan0 10.0.0.9 > 198.18.0.9 tcp 585 = wan0",       "lan0 10.0.0.9 > 198.18.0.9 tcp 591 = drop",
          "lan0 10.0.0.15 > 198.18.0.9 udp 99 = wan0",       "lan0 10.0.0.15 > 198.18.0.9 udp 53 = drop",
          "lan0 10.0.0.15 > 198.18.0.9 udp 99:123 = drop",   "lan0 10.0.0.25 > 198.18.0.9 udp 99 = drop",
          "lan0 10.0.0.9 > 198.18.1.9 tcp 99 = wan0",        "lan0 10.0.0.9 > 198.18.0.9 tcp 99 = drop",
          "lan0 10.0.0.9 > 198.18.0.9 icmp 8/0 = wan0",      "lan0 10.0.0.9 > 198.18.0.9 icmp 13/0 = drop",
          "lan0 10.0.0.9 > 198.18.0.9 tcp 1001 = wan0",      "lan0 10.0.0.9 > 198.18.0.9 tcp 1002 = drop",
          "lan0 10.0.0.9 > 198.18.0.9 proto 50 = wan0",      "dmz0 10.0.1.9 > 198.18.0.9 tcp 1003 = wan0",
          "lan0 10.0.0.9 > 198.18.0.9 tcp 1003 = drop",      "lan0 10.0.0.9 > 198.18.0.9 tcp 1004:5001 = wan0",
          "lan0 10.0.0.9 > 198.18.0.9 tcp 1004:5002 = drop", "lan0 10.0.0.9 > 198.18.0.9 tcp 1005 = wan0",
          "lan0 10.0.0.127 > 198.18.0.9 tcp 1006 = wan0",    "lan0 10.0.0.128 > 198.18.0.9 tcp 1006 = drop"}},
        {"targets of translation",
         "iptables-extensions(8)",
         R"(*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -i lan0 -p tcp --dport 25 -j REDIRECT --to-ports 2525
-A PREROUTING -i wan0 -d 198.19.5.0/24 -j NETMAP --to 10.0.0.0/24
-A OUTPUT -p tcp --dport 26 -j DNAT --to-destination 10.0.0.25
-A POSTROUTING -s 10.0.0.0/24 -o wan1 -j NETMAP --to 198.51.100.0/24
-A POSTROUTING -p tcp --dport 27 -o wan0 -j SNAT --to-source 203.0.113.32-203.0.113.40
-A POSTROUTING -p tcp --dport 28 -o wan0 -j SNAT --to-source 203.0.113.25:1000-1999
-A POSTROUTING -p tcp --dport 29 -o wan0 -j MASQUERADE --to-ports 3000-3999
COMMIT
)",
         nullptr,
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 25 = self > 10.0.0.1 :2525",
          "wan0 198.18.0.9 > 198.19.5.7 tcp 25 = lan0 > 10.0.0.7",
          "self 203.0.113.2 > 198.18.0.9 tcp 26 = lan0 > 10.0.0.25",
          "lan0 10.0.0.25 > 198.18.200.9 tcp 80 = wan1 198.51.100.25",
          "lan0 10.0.0.25 > 198.18.0.9 tcp 27 =? wan0 203.0.113.32-203.0.113.40",
          "lan0 10.0.0.25 > 198.18.0.9 tcp 28 =? wan0 203.0.113.25 sport 1000-1999",
          "lan0 10.0.0.25 > 198.18.0.9 tcp 29 =? wan0 203.0.113.2 sport 3000-3999",
          "lan0 10.0.0.25 > 198.18.0.9 tcp 30 = wan0"}},
        {"marks",
         "iptables-extensions(8), MARK and CONNMARK",
         R"(*mangle
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -p tcp --dport 1:9 -j MARK --set-mark 0x10
-A PREROUTING -p tcp --dport 2 -j MARK --or-mark 0x3
-A PREROUTING -p tcp --dport 3 -j MARK --and-mark 0xf
-A PREROUTING -p tcp --dport 4 -j CONNMARK --set-mark 0x77
-A PREROUTING -p tcp --dport 5 -j MARK --set-xmark 0x5/0xf
-A PREROUTING -p tcp --dport 6 -j CONNMARK --save-mark
-A PREROUTING -p tcp --dport 7 -j CONNMARK --set-mark 7
-A PREROUTING -p tcp --dport 7 -j CONNMARK --restore-mark
-A OUTPUT -p tcp --dport 25 -j MARK --set-mark 7
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -m mark --mark 0x13 -p tcp --dport 2 -j ACCEPT
-A FORWARD -m mark --mark 0x0 -p tcp --dport 3 -j ACCEPT
-A FORWARD -m connmark --mark 0x77 -j ACCEPT
-A FORWARD -m mark --mark 0x5/0xf -p tcp --dport 5 -j ACCEPT
-A FORWARD -m connmark --mark 0x10 -p tcp --dport 6 -j ACCEPT
-A FORWARD -m mark ! --mark 0x10/0xff -p tcp --dport 7:10 -j ACCEPT
COMMIT
)",
         nullptr,
         {"lan0 10.0.0.9 > 198.18.0.9 tcp 1 = drop", "lan0 10.0.0.9 > 198.18.0.9 tcp 2 = wan0",
          "lan0 10.0.0.9 > 198.18.0.9 tcp 3 = wan0", "lan0 10.0.0.9 > 198.18.0.9 tcp 4 = wan0",
          "lan0 10.0.0.9 > 198.18.0.9 tcp 5 = wan0", "lan0 10.0.0.9 > 198.18.0.9 tcp 6 = wan0",
          "lan0 10.0.0.9 > 198.18.0.9 tcp 7 = wan1", "lan0 10.0.0.9 > 198.18.0.9 tcp 8 = drop",
          "lan0 10.0.0.9 > 198.18.0.9 tcp 10 = wan0", "self 203.0.113.2 > 198.18.0.9 tcp 25 = wan1",
          "self 203.0.113.2 > 198.18.0.9 tcp 26 = wan0"},
         "rule add fwmark 7 lookup 100\n"},
        {"addrtype and owner of the address",
         "iptables-extensions(8), addrtype",
         R"(*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -p tcp --dport 1 -m addrtype --dst-type LOCAL -j DROP
-A FORWARD -p tcp --dport 2 -m addrtype ! --dst-type LOCAL -j DROP
-A FORWARD -p tcp --dport 3 -m addrtype --src-type UNICAST -j DROP
-A INPUT -p tcp --dport 4 -m addrtype ! --dst-type LOCAL -j DROP
COMMIT
)",
         nullptr,
         {"wan0 198.18.0.9 > 203.0.113.2 tcp 1 = drop", "wan0 198.18.0.9 > 10.0.0.9 tcp 1 = lan0",
          "wan0 198.18.0.9 > 10.0.0.9 tcp 2 = drop", "wan0 198.18.0.9 > 10.0.0.9 tcp 3 = drop",
          "wan0 198.18.0.9 > 203.0.113.2 tcp 4 = self"}},
        {"IPv6 dump",
         "ip6tables(8)",
         nullptr,
         R"(*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -s fd00:a::25/128 -p tcp -m tcp --dport 25 -j ACCEPT
-A FORWARD -p ipv6-icmp -m icmp6 --icmpv6-type 128 -j ACCEPT
-A FORWARD -p udp -j REJECT --reject-with icmp6-adm-prohibited
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A POSTROUTING -s fd00:a::/64 -o wan0 -j SNAT --to-source 2001:db8:1::25
COMMIT
)",
         {"lan0 fd00:a::25 > 2001:db8:99::9 tcp 25 = wan0 2001:db8:1::25",
          "lan0 fd00:a::26 > 2001:db8:99::9 tcp 25 = drop",
          "lan0 fd00:a::26 > 2001:db8:99::9 icmp 128/0 = wan0 2001:db8:1::25",
          "lan0 fd00:a::26 > 2001:db8:99::9 udp 25 = reject", "lan0 10.0.0.25 > 198.18.0.9 tcp 25 = wan0"}},
        {"address sets",
         "ipset(8)",
         R"(*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -p tcp --dport 1 -m set --match-set hosts src -j ACCEPT
-A FORWARD -p tcp --dport 2 -m set ! --match-set hosts src -j ACCEPT
-A FORWARD -p tcp --dport 3 -m set --match-set nets dst -j ACCEPT
-A FORWARD -m set --match-set pairs src,dst -j ACCEPT
-A FORWARD -p tcp -m set --match-set ports dst -j ACCEPT
-A FORWARD -p tcp --dport 5 -m set --match-set both src -j ACCEPT
-A FORWARD -p tcp --dport 6 -m set --match-set triple src,dst,dst -j ACCEPT
COMMIT
)",
         nullptr,
         {"lan0 10.0.0.25 > 198.18.0.9 tcp 1 = wan0", "lan0 10.0.0.99 > 198.18.0.9 tcp 1 = drop",
          "lan0 10.0.0.99 > 198.18.0.9 tcp 2 = wan0", "lan0 10.0.0.99 > 198.18.0.9 tcp 3 = wan0",
          "lan0 10.0.0.99 > 198.18.7.9 tcp 3 = drop", "lan0 10.0.0.25 > 198.18.0.9 tcp 2525 = wan0",
          "lan0 10.0.0.25 > 198.18.0.9 udp 2525 = drop", "lan0 10.0.0.26 > 198.18.0.9 tcp 8001 = wan0",
          "lan0 10.0.0.26 > 198.18.0.9 tcp 8011 = drop", "lan0 10.0.0.25 > 198.18.0.9 tcp 5 = wan0",
          "lan0 10.66.0.25 > 198.18.0.9 tcp 5 = drop", "lan0 10.0.0.7 > 198.18.0.77 tcp 6 = wan0",
          "lan0 10.0.0.7 > 198.18.0.78 tcp 6 = drop"},
         "",
         R"(create hosts hash:ip family inet
add hosts 10.0.0.25
add hosts 10.0.0.26
create nets hash:net family inet
add nets 198.18.0.0/16
add nets 198.18.7.0/24 nomatch
create pairs hash:ip,port family inet
add pairs 10.0.0.25,tcp:2525
create ports bitmap:port range 8000-8010
add ports 8001
create both list:set
add both hosts
create triple hash:ip,port,ip family inet
add triple 10.0.0.7,tcp:6,198.18.0.77
)"},
    };
}

}  // namespace

std::vector<Experiment> iptables_experiments() {
    // Names must outlive the experiments; the texts are literals, the names are built here once.
    static std::vector<std::string> names;
    const std::vector<Text> all = texts();
    names.clear();
    names.reserve(all.size() * 2);
    std::vector<Experiment> experiments;
    for (const bool legacy : {true, false}) {
        for (const Text& text : all) {
            Ruleset ruleset;
            if (text.sets != nullptr) ruleset.parts.push_back({Loader::ipset, text.sets});
            if (text.v4 != nullptr) {
                ruleset.parts.push_back({legacy ? Loader::iptables_legacy : Loader::iptables_nft, text.v4});
            }
            if (text.v6 != nullptr) {
                ruleset.parts.push_back({legacy ? Loader::ip6tables_legacy : Loader::ip6tables_nft, text.v6});
            }
            names.push_back(std::string(text.name) + (legacy ? " (legacy)" : " (nft back end)"));
            experiments.push_back({names.back().c_str(), text.source, std::move(ruleset), text.lines, text.setup});
        }
    }
    return experiments;
}

}  // namespace egresslint::kernel
