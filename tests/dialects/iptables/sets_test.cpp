// SPDX-License-Identifier: Apache-2.0
// `ipset save` contents as the rules that use them see them. Sources: ipset(8), and [LAB] experiments with ipset 7.17
// on kernel 6.18 where the manual is silent (see NOTES.md of the dialect).
#include <catch2/catch.hpp>

#include "support.hpp"

using namespace egresslint::test;

namespace {

struct Case {
    const char* rule;
    const char* sets;
    const char* expected;
    const char* source;
};

}  // namespace

TEST_CASE("ipset: sets in rules") {
    const std::vector<Case> cases{
        {"-m set --match-set s src -j DROP", "create s hash:ip family inet\nadd s 10.0.0.1\nadd s 10.0.0.5-10.0.0.9\n",
         "src=@s{10.0.0.1, 10.0.0.5-10.0.0.9} => drop", "ipset(8) hash:ip, ranges in add"},
        {"-m set ! --match-set s src -j DROP",
         "create s hash:net\nadd s 10.0.0.0/8\nadd s 10.1.0.0/16 nomatch\nadd s 10.1.2.0/24\n",
         "src!=@s{10.0.0.0/16, 10.1.2.0/24, 10.2.0.0-10.255.255.255} => drop",
         "ipset(8) hash:net: the most specific element decides, nomatch inverts it"},
        {"-m set --match-set s src --return-nomatch -j DROP",
         "create s hash:net\nadd s 10.0.0.0/8\nadd s 10.1.0.0/16 nomatch\n", "src=@s{10.1.0.0/16} => drop",
         "iptables-extensions(8) set --return-nomatch"},
        {"-m set --match-set s src,dst -j DROP",
         "create s hash:ip,port\nadd s 10.0.0.1,tcp:25\nadd s 10.0.0.2,udp:53\nadd s 10.0.0.3,icmp:8/0\n",
         "(src=10.0.0.3 proto=icmp icmp_type=8 icmp_code=0 | (src . proto . dport)=@s{10.0.0.1 . tcp . 25, 10.0.0.2 . "
         "udp . 53}) => drop",
         "ipset(8) hash:ip,port; ICMP as type/code"},
        {"-m set --match-set s src -j DROP", "create s hash:ip,port\nadd s 10.0.0.1,tcp:25\n", "none => drop",
         "[LAB set-dimension] a rule that names fewer directions than the set has never matches"},
        {"-m set --match-set s src,dst,dst -j DROP", "create s hash:ip,port,net\nadd s 10.0.0.1,tcp:25,192.0.2.0/24\n",
         "src=10.0.0.1 proto=tcp dport=25 dst=192.0.2.0/24 => drop", "ipset(8) hash:ip,port,net;add"},
        {"-m set --match-set s src,dst -j DROP", "create s hash:net,net\nadd s 10.0.0.0/24,192.0.2.0/24\n",
         "src=10.0.0.0/24 dst=192.0.2.0/24 => drop", "ipset(8) hash:net,net;add"},
        {"-m set --match-set s src,src -j DROP", "create s hash:net,iface\nadd s 10.0.0.0/24,lan\n",
         "src=10.0.0.0/24 in_if=lan => drop", "ipset(8) hash:net,iface;add"},
        {"-m set --match-set s src,src -j DROP", "create s hash:ip,mark\nadd s 10.0.0.1,0x7\n",
         "src=10.0.0.1 mark=7 => drop", "ipset(8) hash:ip,mark;add"},
        {"-m set --match-set s dst -j DROP", "create s bitmap:port range 0-1024\nadd s 25\nadd s 80-90\n",
         "proto={tcp, udp} dport=@s{25, 80-90} => drop", "ipset(8) bitmap:port"},
        {"-m set --match-set s src -j DROP", "create s hash:ip timeout 300\nadd s 10.0.0.1 timeout 20\n",
         "?\"set s src\" => drop", "ipset(8) hash:ip, timeout: elements vanish"},
        {"-m set --match-set s src -j DROP",
         "create a hash:ip\ncreate b hash:net\ncreate s list:set\nadd a 10.0.0.1\nadd b 10.9.0.0/16\nadd s a\nadd s "
         "b\n",
         "(src=@s{10.0.0.1} | src=@s{10.9.0.0/16}) => drop", "ipset(8) list:set;add"},
        {"-m set --match-set s src -j DROP", "create s hash:ip family inet6\nadd s 2001:db8::1\n", "none => drop",
         "iptables 1.8.9 refuses a set of the other family; the kernel compares them too"},
        {"-m set --match-set s src -j DROP", "create s hash:mac\nadd s 02:00:00:00:00:01\n",
         "?\"set s src (MAC address)\" => drop", "ipset(8) hash:mac;add"},
        {"-m set --match-set s src -j DROP", "create s hash:ip netmask 24\nadd s 10.0.0.0\n",
         "src=@s{10.0.0.0/24} => drop", "ipset(8) hash:ip"},
        {"-m set --match-set s src -j DROP",
         "create s bitmap:ip,mac range 10.0.0.0/24\nadd s 10.0.0.1,02:00:00:00:00:01\nadd s 10.0.0.2\n", "none => drop",
         "[LAB set-dimension] a rule that names fewer directions than the set has never matches"},
    };
    for (const auto& c : cases) {
        INFO(c.rule << "\n" << c.sets << "source: " << c.source);
        CHECK(rule_text(c.rule, "filter", "FORWARD", false, c.sets) == c.expected);
    }
}
