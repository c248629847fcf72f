// SPDX-License-Identifier: Apache-2.0
// One written rule, one printed rule. Every row names where the meaning comes from.
#include <catch2/catch.hpp>

#include "support.hpp"

using namespace egresslint::test;

namespace {

struct Case {
    const char* rule;
    const char* expected;
    const char* source;
};
struct Place {
    const char* table;
    const char* chain;
    bool v6 = false;
};

void check(const Place& place, const std::vector<Case>& cases) {
    for (const auto& c : cases) {
        INFO(c.rule << "\nsource: " << c.source);
        CHECK(rule_text(c.rule, place.table, place.chain, place.v6) == c.expected);
    }
}

}  // namespace

TEST_CASE("iptables: matches and targets of a filter rule") {
    check(
        {"filter", "FORWARD"},
        {
            {"-s 10.0.0.25 -j ACCEPT", "src=10.0.0.25 => accept", "iptables(8) PARAMETERS"},
            {"-s 10.0.0.25/255.255.255.0 -j ACCEPT", "src=10.0.0.0/24 => accept", "iptables(8) PARAMETERS"},
            {"-s 10.0.0.1/255.255.0.255 -j ACCEPT",
             "src={10.0.0.1, 10.0.1.1, 10.0.2.1, 10.0.3.1, 10.0.4.1, 10.0.5.1, 10.0.6.1, 10.0.7.1 and 248 more} => "
             "accept",
             "iptables(8) -s: the mask need not be contiguous"},
            {"-s 10.0.0.1/0.255.0.255 -j ACCEPT", "?\"source 10.0.0.1/0.255.0.255\" => accept [EL901]",
             "the same; too many holes to expand"},
            {"! -s 10.0.0.0/8 -j DROP", "src!=10.0.0.0/8 => drop", "iptables(8) PARAMETERS"},
            {"-s ! 10.0.0.0/8 -j DROP", "src!=10.0.0.0/8 => drop",
             "iptables up to 1.4.2 wrote the '!' behind the option"},
            {"-s 10.0.0.1,10.0.0.3 -j DROP", "(src=10.0.0.1 | src=10.0.0.3) => drop", "iptables(8) PARAMETERS"},
            {"-d mail.example.org -j ACCEPT", "?\"destination mail.example.org\" => accept [EL903]",
             "iptables(8) -s: names are resolved when the rule is loaded"},
            {"-i eth+ -o wan -j ACCEPT", "in_if=eth* out_if=wan => accept", "iptables(8) PARAMETERS"},
            {"! -i lan -j ACCEPT", "in_if!=lan => accept", "iptables(8) PARAMETERS"},
            {"-i + -j ACCEPT", "any => accept", "iptables(8) PARAMETERS"},
            {"-p 50 -j ACCEPT", "proto=esp => accept", "iptables(8) PARAMETERS"},
            {"-p all -j ACCEPT", "any => accept", "iptables(8) PARAMETERS"},
            {"! -p tcp -j ACCEPT", "proto!=tcp => accept", "iptables(8) PARAMETERS"},
            {"-p tcp --dport smtp -j ACCEPT", "proto=tcp dport=25 => accept", "iptables(8) PARAMETERS"},
            {"-p tcp -m tcp ! --sport 1024: --dport 25:26 -j ACCEPT",
             "proto=tcp sport!=1024-65535 dport=25-26 => accept", "iptables-extensions(8) tcp"},
            {"-p tcp -m tcp --syn -j ACCEPT",
             "proto=tcp tcp_flags={2, 10, 34, 42, 66, 74, 98, 106 and 8 more} => accept", "iptables-extensions(8) tcp"},
            {"-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j ACCEPT",
             "proto=tcp tcp_flags={2, 10, 34, 42, 66, 74, 98, 106 and 8 more} => accept", "iptables-extensions(8) tcp"},
            {"-p tcp -m tcp --tcp-option 8 -j ACCEPT", "proto=tcp ?\"-m tcp --tcp-option 8\" => accept",
             "iptables-extensions(8) tcp"},
            {"-p icmp -m icmp --icmp-type 8 -j ACCEPT", "proto=icmp icmp_type=8 => accept",
             "iptables-extensions(8) icmp"},
            {"-p icmp -m icmp --icmp-type 3/4 -j ACCEPT", "proto=icmp icmp_type=3 icmp_code=4 => accept",
             "iptables-extensions(8) icmp"},
            {"-p icmp --icmp-type any -j ACCEPT", "proto=icmp => accept", "iptables -p icmp -h"},
            {"-p icmp --icmp-type host-unreachable -j ACCEPT", "proto=icmp icmp_type=3 icmp_code=1 => accept",
             "iptables -p icmp -h"},
            {"-p tcp -m multiport --dports 25,465,587,1000:2000 -j ACCEPT",
             "proto=tcp dport={25, 465, 587, 1000-2000} => accept", "iptables-extensions(8) multiport"},
            {"-p tcp -m multiport ! --ports 25 -j ACCEPT", "proto=tcp !(sport=25 | dport=25) => accept",
             "iptables-extensions(8) multiport"},
            {"-m iprange --src-range 10.0.0.5-10.0.0.9 -j ACCEPT", "src=10.0.0.5-10.0.0.9 => accept",
             "iptables-extensions(8) iprange"},
            {"-m mark --mark 0x1/0xff -j ACCEPT", "mark&0xff=1 => accept", "iptables-extensions(8) mark"},
            {"-m mark ! --mark 0x7 -j ACCEPT", "mark!=7 => accept", "iptables-extensions(8) mark"},
            {"-m connmark --mark 0x7 -j ACCEPT", "ct_mark=7 => accept", "iptables-extensions(8) connmark"},
            {"-m state --state NEW,RELATED -j ACCEPT", "ct_state={new, related} => accept",
             "iptables-extensions(8) state"},
            {"-m conntrack ! --ctstate INVALID -j ACCEPT", "ct_state!=invalid => accept",
             "iptables-extensions(8) conntrack"},
            {"-m conntrack --ctstate DNAT -j ACCEPT", "ct_status&0x20=0x20 => accept",
             "iptables-extensions(8) conntrack"},
            {"-p tcp -m conntrack --ctorigdst 203.0.113.25 --ctorigdstport 25 -j ACCEPT",
             "proto=tcp ct_state!={invalid, untracked} dst@o=203.0.113.25 dport@o=25 => accept",
             "iptables-extensions(8) conntrack"},
            {"-m conntrack --ctreplsrc 10.0.0.25 -j ACCEPT", "ct_state!={invalid, untracked} dst=10.0.0.25 => accept",
             "the reply comes from the translated destination"},
            {"-m conntrack --ctstate NEW --ctdir ORIGINAL -j ACCEPT",
             "ct_state=new (!(ct_state!=new ?\"-m conntrack --ctdir REPLY\") | ct_state={invalid, untracked}) => "
             "accept",
             "iptables-extensions(8) conntrack"},
            {"-m conntrack --ctstatus ASSURED -j ACCEPT",
             "ct_state!={invalid, untracked} ct_state!=new ?\"-m conntrack --ctstatus ASSURED\" => accept",
             "iptables-extensions(8) conntrack"},
            {"-m addrtype --dst-type LOCAL -j ACCEPT", "dst=local => accept", "iptables-extensions(8) addrtype"},
            {"-m addrtype --dst-type MULTICAST,BROADCAST -j ACCEPT",
             "(dst=224.0.0.0/4 | (dst=broadcast | dst={0.0.0.0/8, 255.255.255.255})) => accept",
             "0.0.0.0/8 and 255.255.255.255 are broadcast in the kernel's local lookup"},
            {"-m addrtype ! --src-type LOCAL --limit-iface-in -j ACCEPT",
             "!(src=local ?\"-m addrtype: the local source is an address of the interface itself\") => accept",
             "iptables-extensions(8) addrtype"},
            {"-m limit --limit 5/min -j ACCEPT", "?\"-m limit --limit 5/min (rules.v4:5:1)\" => limited; accept",
             "iptables-extensions(8) limit"},
            {"-m limit --limit 5/min -j LOG --log-prefix \"a b\"",
             "?\"-m limit --limit 5/min (rules.v4:5:1)\" => log; continue", "iptables-extensions(8) limit"},
            {"-m recent --set --name x --rsource -j ACCEPT", "any => accept",
             "iptables-extensions(8) recent: --set always matches"},
            {"-m recent --update --seconds 60 --hitcount 4 --name x -j DROP",
             "?\"-m recent --update --seconds 60 --hitcount 4 --name x (rules.v4:5:1)\" => drop\nany => limited; "
             "continue",
             "iptables-extensions(8) recent: what is dropped above a count is limited below it"},
            {"-p tcp -m tcp --dport 25 -m connlimit --connlimit-above 20 -j REJECT",
             "proto=tcp dport=25 ?\"-m connlimit --connlimit-above 20 (rules.v4:5:1)\" => reject\n"
             "proto=tcp dport=25 => limited; continue",
             "iptables-extensions(8) connlimit"},
            {"-p tcp -m connlimit --connlimit-upto 20 -j ACCEPT",
             "proto=tcp ?\"-m connlimit --connlimit-upto 20 (rules.v4:5:1)\" => limited; accept",
             "iptables-extensions(8) connlimit"},
            {"-m hashlimit --hashlimit-above 10/sec --hashlimit-name x -j DROP",
             "?\"-m hashlimit --hashlimit-above 10/sec --hashlimit-name x (rules.v4:5:1)\" => drop\n"
             "any => limited; continue",
             "iptables-extensions(8) hashlimit"},
            {"-m hashlimit --hashlimit-upto 10/sec --hashlimit-name x -j ACCEPT",
             "?\"-m hashlimit --hashlimit-upto 10/sec --hashlimit-name x (rules.v4:5:1)\" => limited; accept",
             "iptables-extensions(8) hashlimit"},
            {"-m time --timestart 08:00 --timestop 18:00 -j ACCEPT",
             "?\"-m time --timestart 08:00 --timestop 18:00\" => accept", "iptables-extensions(8) time"},
            {"-m statistic --mode random --probability 0.5 -j ACCEPT",
             "?\"-m statistic --mode random --probability 0.5 (rules.v4:5:1)\" => accept",
             "iptables-extensions(8) statistic"},
            {"-m string --algo bm --string \"EHLO x\" -j DROP", "?\"-m string --algo bm --string EHLO x\" => drop",
             "iptables-extensions(8) string"},
            {"-m ttl --ttl-lt 5 -j DROP", "?\"-m ttl --ttl-lt 5 (rules.v4:5:1)\" => drop",
             "iptables-extensions(8) ttl"},
            {"-m length --length 0:100 -j DROP", "?\"-m length --length 0:100\" => drop",
             "iptables-extensions(8) length"},
            {"-m policy --dir in --pol ipsec -j ACCEPT", "?\"-m policy --dir in --pol ipsec\" => accept",
             "iptables-extensions(8) policy"},
            {"-m comment --comment \"a \\\"b\\\" -j DROP\" -j ACCEPT", "any => accept",
             "iptables-extensions(8) comment; quoting as iptables-restore(8) reads it"},
            {"-m foo --bar 1 --baz -j ACCEPT", "?\"-m foo --bar 1 --baz (rules.v4:5:1)\" => accept [EL901]",
             "product rule: nothing is skipped"},
            {"-m socket --restore-skmark -j ACCEPT",
             "?\"not understood: -A FORWARD -m socket --restore-skmark -j ACCEPT #2\"=1 => accept\n?\"not understood: "
             "-A FORWARD -m socket --restore-skmark -j ACCEPT #2\"=2 => drop [EL901]",
             "iptables-extensions(8) socket: writes the packet's mark"},
            {"-j FOO --opt 1",
             "?\"not understood: -A FORWARD -j FOO --opt 1 #2\"=1 => accept\n?\"not understood: -A FORWARD -j FOO "
             "--opt 1 #2\"=2 => drop [EL901]",
             "product rule: nothing is skipped"},
            {"-j user", "any => jump filter user", "iptables(8) TARGETS, -g"},
            {"-g user", "any => goto filter user", "iptables(8) TARGETS, -g"},
            {"-j RETURN", "any => return", "iptables(8) TARGETS, -g"},
            {"-s 10.0.0.1 -s 10.0.0.2 -j ACCEPT",
             "?\"not understood: -A FORWARD -s 10.0.0.1 -s 10.0.0.2 -j ACCEPT #2\"=1 => accept\n?\"not understood: -A "
             "FORWARD -s 10.0.0.1 -s 10.0.0.2 -j ACCEPT #2\"=2 => drop [EL901]",
             "iptables 1.8.9: multiple -s flags not allowed"},
            {"-s 10.0.0.300 -j ACCEPT",
             "?\"not understood: -A FORWARD -s 10.0.0.300 -j ACCEPT #2\"=1 => accept\n?\"not understood: -A FORWARD -s "
             "10.0.0.300 -j ACCEPT #2\"=2 => drop [EL901]",
             "iptables(8) PARAMETERS"},
            {"-s 2001:db8::1 -j ACCEPT",
             "?\"not understood: -A FORWARD -s 2001:db8::1 -j ACCEPT #2\"=1 => accept\n?\"not understood: -A FORWARD "
             "-s 2001:db8::1 -j ACCEPT #2\"=2 => drop [EL901]",
             "iptables(8) PARAMETERS"},
            {"--dport 25 -j ACCEPT",
             "?\"not understood: -A FORWARD --dport 25 -j ACCEPT #2\"=1 => accept\n?\"not understood: -A FORWARD "
             "--dport 25 -j ACCEPT #2\"=2 => drop [EL901]",
             "iptables 1.8.9: unknown option without -p tcp"},
            {"-p tcp -m tcp --dport -j ACCEPT",
             "?\"not understood: -A FORWARD -p tcp -m tcp --dport -j ACCEPT #2\"=1 => accept\n?\"not understood: -A "
             "FORWARD -p tcp -m tcp --dport -j ACCEPT #2\"=2 => drop [EL901]",
             "iptables-extensions(8) tcp"},
            {"-6 -j ACCEPT", "", "iptables(8) -6: the line is ignored by iptables-restore"},
            {"-p tcp -j REJECT --reject-with tcp-reset", "proto=tcp => reject", "iptables-extensions(8) REJECT"},
            {"-j MARK --set-xmark 0x1/0xffffffff", "any => mark<-1; continue", "iptables-extensions(8) MARK"},
            {"-j NFQUEUE --queue-num 0",
             "?\"NFQUEUE: the program behind the queue lets the packet pass (rules.v4:5:1)\" => accept\nany => drop",
             "iptables-extensions(8) NFQUEUE"},
            {"-j TEE --gateway 10.0.0.9", "any => continue [EL901]",
             "iptables-extensions(8) TEE; the copy is not followed"},
            {"-j TCPMSS --clamp-mss-to-pmtu", "any => continue", "iptables-extensions(8) TCPMSS"},
            {"-j SET --add-set s src", "any => continue", "iptables-extensions(8) SET"},
            {"-j SNAT --to-source 203.0.113.25",
             "?\"not understood: -A FORWARD -j SNAT --to-source 203.0.113.25 #2\"=1 => accept\n?\"not understood: -A "
             "FORWARD -j SNAT --to-source 203.0.113.25 #2\"=2 => drop [EL901]",
             "iptables-extensions(8) SNAT"},
            {"-m set --match-set gone src -j DROP", "?\"set gone src\" => drop [EL903]",
             "iptables-extensions(8) set, ipset(8)"},
        });
}

TEST_CASE("iptables: matches that only local packets meet") {
    check({"filter", "OUTPUT"},
          {
              {"-o lo -j ACCEPT", "(out_if=lo | in_if=self out_if=self) => accept",
               "a packet to the device itself leaves by lo"},
              {"-m owner --uid-owner 101 -j ACCEPT", "in_if=self ?\"-m owner --uid-owner 101\" => accept",
               "iptables-extensions(8) owner"},
          });
}

TEST_CASE("iptables: matches of an IPv6 rule") {
    check({"filter", "FORWARD", true}, {
                                           {"-p ipv6-icmp -m icmp6 --icmpv6-type 135 -j ACCEPT",
                                            "proto=icmpv6 icmp_type=135 => accept", "iptables-extensions(8) icmp6"},
                                       });
}

TEST_CASE("iptables: marks, proxies") {
    check({"mangle", "PREROUTING"},
          {
              {"-j MARK --set-mark 0x10/0xf0", "any => mark<-mark&0xffffff0f^0x10; continue",
               "iptables-extensions(8) MARK"},
              {"-j MARK --or-mark 0x4", "any => mark<-mark&0xfffffffb^4; continue", "iptables-extensions(8) MARK"},
              {"-j CONNMARK --save-mark --nfmask 0xff --ctmask 0xff",
               "ct_state!={invalid, untracked} => ct_mark<-ct_mark&0xffffff00^mark&0xff; continue",
               "iptables-extensions(8) CONNMARK"},
              {"-j CONNMARK --restore-mark", "ct_state!={invalid, untracked} => mark<-ct_mark; continue",
               "iptables-extensions(8) CONNMARK"},
              {"-j CONNMARK --set-mark 7", "ct_state!={invalid, untracked} => ct_mark<-7; continue",
               "iptables-extensions(8) CONNMARK"},
              {"-j TPROXY --on-port 25 --on-ip 0.0.0.0 --tproxy-mark 0x1/0x1",
               "?\"TPROXY: a local proxy listens on port 25\" => mark<-mark&0xfffffffe^1; accept\nany => drop",
               "iptables-extensions(8) TPROXY"},
          });
}

TEST_CASE("iptables: connection tracking switched off") {
    check({"raw", "PREROUTING"},
          {
              {"-j CT --notrack", "any => ct_state<-untracked; continue", "iptables-extensions(8) CT"},
              {"-j NOTRACK", "any => ct_state<-untracked; continue", "iptables-extensions(8) NOTRACK"},
              {"-j CT --helper ftp", "any => continue", "iptables-extensions(8) CT"},
          });
}

TEST_CASE("iptables: source translation") {
    check({"nat", "POSTROUTING"},
          {
              {"-o wan -j SNAT --to-source 203.0.113.25",
               "out_if=wan => source_bound<-1; ct_status<-ct_status&0xffffffef^0x10; accept src:=203.0.113.25",
               "iptables-extensions(8) SNAT"},
              {"-o wan -j SNAT --to-source 203.0.113.8-203.0.113.15:1024-65535",
               "out_if=wan => source_bound<-1; ct_status<-ct_status&0xffffffef^0x10; accept src:=keep or "
               "pick(203.0.113.8/29) sport:=keep or pick(1024-65535)",
               "iptables-extensions(8) SNAT"},
              {"-o wan -p tcp -j SNAT --to-source :1024-2047",
               "out_if=wan proto=tcp => source_bound<-1; ct_status<-ct_status&0xffffffef^0x10; accept sport:=keep or "
               "pick(1024-2047)",
               "iptables-extensions(8) SNAT"},
              {"-o wan -j MASQUERADE --random",
               "out_if=wan => source_bound<-1; ct_status<-ct_status&0xffffffef^0x10; accept src:=address(out_if) "
               "sport:=pick(1-65535)",
               "iptables-extensions(8) MASQUERADE, --random"},
              {"-o wan -j SNAT --to-source 203.0.113.25 --random-fully",
               "out_if=wan => source_bound<-1; ct_status<-ct_status&0xffffffef^0x10; accept src:=203.0.113.25 "
               "sport:=pick(1-65535)",
               "iptables-extensions(8) SNAT, --random-fully"},
              {"-o wan -j MASQUERADE",
               "out_if=wan => source_bound<-1; ct_status<-ct_status&0xffffffef^0x10; accept src:=address(out_if)",
               "iptables-extensions(8) MASQUERADE"},
              {"-o wan -p tcp -j MASQUERADE --to-ports 1024-2000 --random",
               "out_if=wan proto=tcp => source_bound<-1; ct_status<-ct_status&0xffffffef^0x10; accept "
               "src:=address(out_if) sport:=pick(1024-2000)",
               "iptables-extensions(8) MASQUERADE"},
              {"-s 10.0.0.0/24 -j NETMAP --to 203.0.113.0/24",
               "src=10.0.0.0/24 => source_bound<-1; ct_status<-ct_status&0xffffffef^0x10; accept "
               "src:=10.0.0.0/24->203.0.113.0/24",
               "iptables-extensions(8) NETMAP"},
          });
}

TEST_CASE("iptables: destination translation") {
    check({"nat", "PREROUTING"}, {
                                     {"-p tcp -j DNAT --to-destination 10.0.0.25:2525",
                                      "proto=tcp => destination_bound<-1; ct_status<-ct_status&0xffffffdf^0x20; accept "
                                      "dst:=10.0.0.25 dport:=2525",
                                      "iptables-extensions(8) DNAT"},
                                     {"-p tcp -j DNAT --to-destination 10.0.0.25:2000-2010/2000",
                                      "proto=tcp => destination_bound<-1; ct_status<-ct_status&0xffffffdf^0x20; accept "
                                      "dst:=10.0.0.25 dport:=unknown(\"ports 2000-2010\")",
                                      "iptables-extensions(8) DNAT"},
                                     {"-p tcp -j REDIRECT --to-ports 3128",
                                      "proto=tcp => destination_bound<-1; ct_status<-ct_status&0xffffffdf^0x20; "
                                      "out_if<-self; accept dst:=address(in_if) dport:=3128",
                                      "iptables-extensions(8) REDIRECT"},
                                     {"-d 203.0.113.0/24 -j NETMAP --to 10.0.0.0/24",
                                      "dst=203.0.113.0/24 => destination_bound<-1; "
                                      "ct_status<-ct_status&0xffffffdf^0x20; accept dst:=203.0.113.0/24->10.0.0.0/24",
                                      "iptables-extensions(8) NETMAP"},
                                     {"-j NETMAP --to 10.0.0.0/24",
                                      "any => destination_bound<-1; ct_status<-ct_status&0xffffffdf^0x20; accept "
                                      "dst:=unknown(\"an address of 10.0.0.0/24\") [EL901]",
                                      "iptables-extensions(8) NETMAP; what -d does not bound is not exact"},
                                 });
}

TEST_CASE("iptables: destination translation of IPv6") {
    check({"nat", "PREROUTING", true},
          {
              {"-j DNAT --to-destination [2001:db8::25]:25",
               "any => destination_bound<-1; ct_status<-ct_status&0xffffffdf^0x20; accept dst:=2001:db8::25 dport:=25",
               "iptables-extensions(8) DNAT"},
              {"-j DNAT --to-destination 2001:db8::25",
               "any => destination_bound<-1; ct_status<-ct_status&0xffffffdf^0x20; accept dst:=2001:db8::25",
               "iptables-extensions(8) DNAT"},
          });
}

TEST_CASE("iptables: redirection of local packets") {
    check({"nat", "OUTPUT"}, {
                                 {"-p tcp -j REDIRECT --to-ports 3128",
                                  "proto=tcp => destination_bound<-1; ct_status<-ct_status&0xffffffdf^0x20; "
                                  "reroute<-1; accept dst:=address(in_if) dport:=3128",
                                  "fixtures/kernel/redirect-in-output.case"},
                             });
}
