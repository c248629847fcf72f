// SPDX-License-Identifier: Apache-2.0
// Packets through configurations; what must come out is what the named documentation or source says. The documents are
// those of the repositories pfsense/docs and opnsense/docs, the sources those of pfsense/pfsense and opnsense/core.
#include <catch2/catch.hpp>

#include "support.hpp"

using namespace egresslint::test;

namespace {

struct Case {
    const char* fragments;
    const char* packet;
    const char* expected;
    const char* source;
};

void check(bool opnsense, const std::vector<Case>& cases) {
    for (const auto& c : cases) {
        INFO(c.fragments << "\n" << c.packet << "\nsource: " << c.source);
        CHECK(trace_text(read(c.fragments, opnsense), c.packet) == c.expected);
    }
}

// Rules that many cases share.
#define ANY_TO_ANY "<source><any/></source><destination><any/></destination>"
#define LAN_TO_ANY "<source><network>lan</network></source><destination><any/></destination>"
#define RULE(type, interface, rest) "<rule><type>" type "</type><interface>" interface "</interface>" rest "</rule>"
#define TCP25 "<protocol>tcp</protocol><source><any/></source><destination><any/><port>25</port></destination>"
#define LAN_OUT "<filter>" RULE("pass", "lan", LAN_TO_ANY) "</filter>"
#define OUTBOUND(mode, rules) "<nat><outbound><mode>" mode "</mode>" rules "</outbound></nat>"
#define MAIL_NAT                                                                                          \
    "<rule><interface>wan</interface><source><network>10.0.0.25/32</network></source><destination><any/>" \
    "</destination><target>203.0.113.25</target></rule>"
#define LAN_NAT                                                                                          \
    "<rule><interface>wan</interface><source><network>10.0.0.0/24</network></source><destination><any/>" \
    "</destination><target></target></rule>"
#define ONE_TO_ONE                                                                                              \
    "<onetoone><interface>wan</interface><external>203.0.113.25</external><source><address>10.0.0.25</address>" \
    "</source><destination><any/></destination></onetoone>"
#define FORWARD(rest)                                                                                               \
    "<nat><rule><interface>wan</interface><protocol>tcp</protocol><source><any/></source><destination><address>"    \
    "203.0.113.25</address><port>25</port></destination><target>10.0.0.25</target><local-port>25</local-port>" rest \
    "</rule></nat>"

const char* const mail = "lan tcp 10.0.0.25:40000 > 198.18.0.9:25";
const char* const other = "lan tcp 10.0.0.99:40000 > 198.18.0.9:25";
const char* const inbound = "wan tcp 198.18.0.9:40000 > 203.0.113.25:25";

}  // namespace

TEST_CASE("pfsense: filter rules") {
    check(
        false,
        {
            {LAN_OUT, "lan tcp 10.0.0.9:40000 > 192.168.5.7:80", "accept opt1 10.0.0.9:40000 > 192.168.5.7:80",
             "docs firewall/firewall-rule-basics: rules act on the interface where traffic comes in"},
            {LAN_OUT, "opt1 tcp 192.168.5.7:40000 > 10.0.0.9:80", "drop",
             "filter.inc, filter_rules_generate: default deny rule IPv4"},
            {"", "wan tcp 198.18.0.9:40000 > 203.0.113.2:22", "drop",
             "filter.inc, filter_rules_generate: default deny rule IPv4"},
            {"<filter>" RULE("block", "lan", TCP25) RULE("pass", "lan", LAN_TO_ANY) "</filter>", other, "drop",
             "docs firewall/firewall-rule-processing-order: from the top down, first match wins"},
            {"<filter>" RULE("pass", "lan", LAN_TO_ANY) RULE("block", "lan", TCP25) "</filter>", other,
             "accept wan 203.0.113.2 > 198.18.0.9:25",
             "docs firewall/firewall-rule-processing-order: from the top down, first match wins"},
            {"<filter>" RULE("reject", "lan", TCP25) RULE("pass", "lan", LAN_TO_ANY) "</filter>", other, "reject",
             "filter.inc, filter_generate_user_rule: reject is `block return`"},
            {"<filter>" RULE("pass", "lan", LAN_TO_ANY)
                 RULE("block", "lan",
                      "<floating>yes</floating><quick>yes</quick><direction>in</direction>" TCP25) "</filter>",
             other, "drop", "docs firewall/floating-rules: parsed before rules on other interfaces; quick ends it"},
            {"<filter>" RULE("pass", "lan", LAN_TO_ANY)
                 RULE("block", "lan", "<floating>yes</floating><direction>in</direction>" TCP25) "</filter>",
             other, "accept wan 203.0.113.2 > 198.18.0.9:25",
             "docs firewall/firewall-rule-processing-order: floating without quick, the later rule is used"},
            {"<filter>" RULE("block", "lan", "<floating>yes</floating><direction>in</direction>" TCP25)
                 RULE("pass", "lan", "<floating>yes</floating><direction>in</direction>" ANY_TO_ANY) "</filter>",
             other, "accept wan 203.0.113.2 > 198.18.0.9:25",
             "docs firewall/firewall-rule-processing-order: floating without quick is last match wins"},
            {"<filter>" RULE("pass", "lan", LAN_TO_ANY)
                 RULE("block", "wan",
                      "<floating>yes</floating><quick>yes</quick><direction>out</direction>" TCP25) "</filter>",
             other, "drop", "docs firewall/floating-rules: filter traffic in the outbound direction"},
            {"<filter>" RULE("block", "wan",
                             "<floating>yes</floating><quick>yes</quick><direction>out</direction>" TCP25) "</filter>",
             "self tcp 203.0.113.2:40000 > 198.18.0.9:25", "drop",
             "docs firewall/floating-rules: filter traffic from the firewall itself"},
            {"<filter>" RULE("block", "lan", TCP25) "</filter>", "self tcp 203.0.113.2:40000 > 198.18.0.9:25",
             "accept wan 203.0.113.2:40000 > 198.18.0.9:25",
             "docs firewall/floating-rules: all other tabs are inbound processing only"},
            {"<filter>" RULE("pass", "lan", LAN_TO_ANY) "<rule><type>block</type><interface>wan</"
                                                        "interface><floating>yes</floating><quick>yes</quick>"
                                                        "<direction>out</direction><source><address>10.0.0.99</"
                                                        "address></source><destination><any/>"
                                                        "</destination></rule></filter>",
             other, "accept wan 203.0.113.2 > 198.18.0.9:25",
             "pf.conf(5) TRANSLATION: filter rules see packets after translation, here with the public source"},
            {"<ifgroups><ifgroupentry><ifname>INSIDE</ifname><members>lan opt1</members></ifgroupentry></ifgroups>"
             "<filter>" RULE("pass", "opt1", ANY_TO_ANY) RULE("block", "INSIDE", TCP25) "</filter>",
             "opt1 tcp 192.168.5.7:40000 > 198.18.0.9:25", "drop",
             "docs firewall/firewall-rule-processing-order: group tabs before interface tabs"},
            {"<filter>" RULE("block", "lan", "<disabled/>" TCP25) RULE("pass", "lan", LAN_TO_ANY) "</filter>", other,
             "accept wan 203.0.113.2 > 198.18.0.9:25",
             "filter.inc, filter_generate_user_rule: disabled rules are not written"},
            {"<filter>" RULE("block", "lan",
                             "<source><address>gone</address></source><destination><any/></destination>")
                 RULE("pass", "lan", LAN_TO_ANY) "</filter>",
             other, "accept wan 203.0.113.2 > 198.18.0.9:25",
             "filter.inc, filter_generate_user_rule: a rule with an unresolvable alias is skipped"},
            {"<filter>" RULE(
                 "pass", "lan",
                 "<source><network>lan</network><not/></source><destination><any/></destination>") "</filter>",
             other, "drop", "docs firewall/firewall-rule-basics: invert match"},
            {"<aliases><alias><name>a</name><type>host</type><address>b 10.0.0.7</address></alias>"
             "<alias><name>b</name><type>network</type><address>10.0.0.96/28</address></alias></aliases>"
             "<filter>" RULE("block", "lan", "<source><address>a</address></source><destination><any/></destination>")
                 RULE("pass", "lan", LAN_TO_ANY) "</filter>",
             other, "drop", "docs firewall/aliases: aliases may hold other aliases"},
            {"<aliases><alias><name>ports</name><type>port</type><address>465 "
             "20:30</address></alias></aliases><filter>" RULE("pass", "lan",
                                                              "<protocol>tcp</protocol><source><any/></"
                                                              "source><destination><any/><port>ports</port></"
                                                              "destination>") "</filter>",
             other, "accept wan 203.0.113.2 > 198.18.0.9:25",
             "docs firewall/aliases: port aliases hold ports and ranges"},
            {"<schedules><schedule><name>work</name></schedule></schedules><filter>" RULE(
                 "pass", "lan", "<sched>work</sched>" LAN_TO_ANY) "</filter>",
             other, "accept wan 203.0.113.2 > 198.18.0.9:25 | drop",
             "docs firewall/firewall-rule-schedules: outside of its schedule a rule is not in the ruleset"},
            {"<filter>" RULE("pass", "lan", "<tag>ok</tag>" LAN_TO_ANY)
                 RULE("block", "wan",
                      "<floating>yes</floating><quick>yes</quick><direction>out</direction>"
                      "<tagged>ok</tagged><nottagged/>" ANY_TO_ANY) "</filter>",
             other, "accept wan 203.0.113.2 > 198.18.0.9:25", "pf.conf(5): tag, ! tagged"},
            {"<system><disablefilter/></system>", "wan tcp 198.18.0.9:40000 > 10.0.0.25:25",
             "accept lan 198.18.0.9:40000 > 10.0.0.25:25",
             "filter.inc, filter_configure_sync: with disablefilter pf is switched off, NAT included"},
            {LAN_OUT, "lan icmp 10.0.0.9 > 198.18.0.9", "accept wan 203.0.113.2 > 198.18.0.9",
             "filter.inc: a rule without protocol is for all of them"},
        });
}

TEST_CASE("pfsense: outbound NAT") {
    check(
        false,
        {
            {LAN_OUT, mail, "accept wan 203.0.113.2 > 198.18.0.9:25",
             "docs nat/automatic-nat-rules-generation: to the WAN IP, on every interface with a gateway"},
            {LAN_OUT OUTBOUND("automatic", MAIL_NAT), mail, "accept wan 203.0.113.2 > 198.18.0.9:25",
             "filter.inc, filter_nat_rules_generate: manual rules only in mode advanced and hybrid"},
            {LAN_OUT OUTBOUND("hybrid", MAIL_NAT), mail, "accept wan 203.0.113.25 > 198.18.0.9:25",
             "docs nat/outbound-nat: hybrid, manual rules first"},
            {LAN_OUT OUTBOUND("hybrid", MAIL_NAT), other, "accept wan 203.0.113.2 > 198.18.0.9:25",
             "docs nat/outbound-nat: hybrid, then the automatic rules"},
            {LAN_OUT OUTBOUND("advanced", MAIL_NAT), other, "accept wan 10.0.0.99:40000 > 198.18.0.9:25",
             "docs nat/outbound-nat: manual mode has no automatic rules"},
            {LAN_OUT OUTBOUND("disabled", MAIL_NAT), mail, "accept wan 10.0.0.25:40000 > 198.18.0.9:25",
             "docs nat/outbound-nat: disabled, no outbound NAT at all"},
            {LAN_OUT OUTBOUND("advanced", LAN_NAT MAIL_NAT), mail, "accept wan 203.0.113.2 > 198.18.0.9:25",
             "docs nat/static-port: from the top down, the first match is used"},
            {LAN_OUT OUTBOUND("hybrid",
                              "<rule><interface>wan</interface><source><network>10.0.0.25/32</network></source>"
                              "<destination><any/></destination><nonat/></rule>"),
             mail, "accept wan 10.0.0.25:40000 > 198.18.0.9:25",
             "pf_get_translation of pf.c: a `no nat` that matches ends the search"},
            {LAN_OUT OUTBOUND("hybrid",
                              "<rule><interface>wan</interface><source><network>10.0.0.25/32</network></source>"
                              "<destination><any/></destination><target>203.0.113.25</target><staticnatport/></rule>"),
             mail, "accept wan 203.0.113.25:40000 > 198.18.0.9:25",
             "docs nat/static-port: the original source port stays"},
            {LAN_OUT, "lan udp 10.0.0.9:500 > 198.18.0.9:500", "accept wan 203.0.113.2:500 > 198.18.0.9:500",
             "docs nat/static-port: automatic rules retain the source port for UDP 500"},
            {LAN_OUT OUTBOUND(
                 "hybrid",
                 "<rule><interface>wan</interface><source><network>10.0.0.25/32</network></source>"
                 "<destination><any/></destination><target>203.0.113.8</target><target_subnet>29</target_subnet>"
                 "<poolopts>round-robin</poolopts></rule>"),
             mail, "accept wan 203.0.113.8-203.0.113.15 > 198.18.0.9:25",
             "filter.inc: a target with a mask is a pool; docs nat/outbound-nat: pool options"},
            {LAN_OUT OUTBOUND(
                 "hybrid",
                 "<rule><interface>wan</interface><protocol>udp</protocol><source><network>10.0.0.25/32"
                 "</network></source><destination><any/></destination><target>203.0.113.25</target></rule>"),
             mail, "accept wan 203.0.113.2 > 198.18.0.9:25", "pf.conf(5): a rule with a protocol is for that protocol"},
            {LAN_OUT OUTBOUND("hybrid",
                              "<rule><interface>opt2</interface><source><network>10.0.0.25/32</network></source>"
                              "<destination><any/></destination><target>203.0.113.25</target></rule>"),
             mail, "accept wan 203.0.113.2 > 198.18.0.9:25",
             "pf.conf(5) TRANSLATION: rules are for packets that pass the named interface"},
            {"<nat>" ONE_TO_ONE "</nat>" LAN_OUT, mail, "accept wan 203.0.113.25:40000 > 198.18.0.9:25",
             "docs nat/1-1-nat: outgoing traffic originates from the associated external IP; binat keeps ports"},
            {"<nat><outbound><mode>advanced</mode>" LAN_NAT "</outbound>" ONE_TO_ONE "</nat>" LAN_OUT, mail,
             "accept wan 203.0.113.25:40000 > 198.18.0.9:25", "pf_get_translation of pf.c: binat before nat"},
            {"<nat><onetoone><interface>opt2</interface><external>203.0.113.25</external><source><address>10.0.0.25"
             "</address></source><destination><any/></destination></onetoone></nat>" LAN_OUT,
             mail, "accept wan 203.0.113.2 > 198.18.0.9:25",
             "docs nat/1-1-nat: on the interface where NAT should happen"},
            {"<nat><onetoone><interface>wan</interface><external>203.0.113.16</external><source><address>10.0.0.16/28"
             "</address></source><destination><any/></destination></onetoone></nat>" LAN_OUT,
             mail, "accept wan 203.0.113.25:40000 > 198.18.0.9:25",
             "docs nat/1-1-nat: a subnet to a subnet, the host part stays"},
            {"<nat>" ONE_TO_ONE "</nat><filter>"
             "<rule><type>pass</type><interface>wan</interface><source><any/></source><destination><address>"
             "10.0.0.25</address></destination></rule></filter>",
             inbound, "accept lan 198.18.0.9:40000 > 10.0.0.25:25",
             "docs nat/1-1-nat: the rule on WAN names the internal private IP"},
            {"<nat>" ONE_TO_ONE "</nat>", inbound, "drop",
             "docs nat/1-1-nat: a firewall rule must be added to let traffic in"},
            {"<nat>" ONE_TO_ONE
             "<rule><interface>wan</interface><protocol>tcp</protocol><source><any/></source><destination><address>"
             "203.0.113.25</address><port>25</port></destination><target>192.168.5.7</target><local-port>2525"
             "</local-port><associated-rule-id>pass</associated-rule-id></rule></nat>",
             inbound, "accept opt1 198.18.0.9:40000 > 192.168.5.7:2525",
             "docs nat/port-forward-and-1-1-nat-interaction: port forwards take precedence"},
            {"<nat><npt><interface>wan</interface><source><address>fd00:1::/64</address></source><destination><address>"
             "2001:db8:7::/64</address></destination></npt></nat><filter><rule><type>pass</type><interface>lan</"
             "interface>"
             "<ipprotocol>inet6</ipprotocol>" ANY_TO_ANY "</rule></filter>",
             "lan tcp fd00:1::25:40000 > 2a00:1::9:25", "accept wan 2001:db8:7::25:40000 > 2a00:1::9:25",
             "docs nat/using-ipv6-network-prefix-translation-npt"},
            {"<filter><rule><type>pass</type><interface>lan</interface><ipprotocol>inet6</ipprotocol>" ANY_TO_ANY
             "</rule></filter>",
             "lan tcp fd00:1::25:40000 > 2a00:1::9:25", "accept wan fd00:1::25:40000 > 2a00:1::9:25",
             "filter.inc, filter_nat_rules_automatic_tonathosts: of IPv6 only ::1"},
            {"<system></system>" LAN_OUT, "lan tcp fd00:1::25:40000 > 2a00:1::9:25", "drop",
             "filter.inc: without ipv6allow all IPv6 is blocked"},
        });
}

TEST_CASE("pfsense: port forwards") {
    check(
        false,
        {
            {FORWARD(""), inbound, "drop", "docs nat/forwarding-ports: the filter rule that goes with it passes it"},
            {FORWARD("<associated-rule-id>pass</associated-rule-id>"), inbound,
             "accept lan 198.18.0.9:40000 > 10.0.0.25:25", "filter.inc: associated-rule-id pass is `rdr pass`"},
            {FORWARD(
                 "") "<filter><rule><type>pass</type><interface>wan</interface><protocol>tcp</protocol><source><any/>"
                     "</source><destination><address>10.0.0.25</address><port>25</port></destination></rule></filter>",
             inbound, "accept lan 198.18.0.9:40000 > 10.0.0.25:25",
             "pf.conf(5) TRANSLATION: filter rules see the translated destination"},
            {FORWARD("") LAN_OUT, mail, "accept wan 203.0.113.2 > 198.18.0.9:25",
             "pf.conf(5): rdr is for inbound packets, connections of the host itself stay with nat"},
            {"<nat><rule><interface>wan</interface><protocol>tcp</protocol><source><any/></source><destination>"
             "<network>wanip</network><port>8000-8010</port></destination><target>10.0.0.25</target><local-port>80"
             "</local-port><associated-rule-id>pass</associated-rule-id></rule></nat>",
             "wan tcp 198.18.0.9:40000 > 203.0.113.2:8003", "accept lan 198.18.0.9:40000 > 10.0.0.25:83",
             "filter.inc, filter_nat_rules_generate: the end of the local range is moved by the same difference"},
            {"<nat><rule><interface>wan</interface><protocol>tcp</protocol><source><any/></source><destination>"
             "<address>203.0.113.25</address><port>25</port></destination><nordr/></rule>"
             "<rule><interface>wan</interface><protocol>tcp</protocol><source><any/></source><destination>"
             "<address>203.0.113.25</address></destination><target>10.0.0.25</target><associated-rule-id>pass"
             "</associated-rule-id></rule></nat>",
             inbound, "drop", "pf_get_translation of pf.c: a `no rdr` that matches ends the search"},
            {FORWARD("<natreflection>purenat</natreflection>") LAN_OUT, "lan tcp 10.0.0.9:40000 > 203.0.113.25:25",
             "accept lan 10.0.0.9:40000 > 10.0.0.25:25",
             "docs nat/accessing-port-forwards-from-local-networks: pure NAT redirects inside as well"},
            {FORWARD("") LAN_OUT, "lan tcp 10.0.0.9:40000 > 203.0.113.25:25",
             "accept wan 203.0.113.2 > 203.0.113.25:25",
             "filter.inc: with reflection disabled only the outer interface redirects"},
            {"<system><disablenatreflection>yes</disablenatreflection><enablenatreflectionhelper>yes"
             "</enablenatreflectionhelper></system>" FORWARD("<natreflection>purenat</natreflection>") LAN_OUT,
             "lan tcp 10.0.0.9:40000 > 203.0.113.25:25", "accept lan 10.0.0.1 > 10.0.0.25:25",
             "docs nat/accessing-port-forwards-from-local-networks: automatic outbound NAT for reflection"},
            {FORWARD("<natreflection>enable</natreflection>") LAN_OUT, "lan tcp 10.0.0.9:40000 > 203.0.113.25:25",
             "accept self 10.0.0.9:40000 > 127.0.0.1:25",
             "filter.inc, filter_generate_reflection_proxy: a helper on localhost takes it"},
        });
}

TEST_CASE("pfsense: policy routing") {
    check(
        false,
        {
            {"<filter>" RULE("pass", "lan", "<gateway>GW2</gateway>" LAN_TO_ANY) "</filter>", mail,
             "accept opt2 198.51.100.2 > 198.18.0.9:25",
             "docs routing/directing-traffic-with-policy-routing; automatic NAT on every interface with a gateway"},
            {"<filter>" RULE("pass", "lan", "<gateway>GW2</gateway>" LAN_TO_ANY) "</filter>",
             "lan tcp 10.0.0.9:40000 > 192.168.5.7:80", "accept opt2 198.51.100.2 > 192.168.5.7:80",
             "docs routing/bypassing-policy-routing: local destinations leave by that WAN too"},
            {"<filter>" RULE("pass", "lan", "<source><any/></source><destination><network>opt1</network></destination>")
                 RULE("pass", "lan", "<gateway>GW2</gateway>" LAN_TO_ANY) "</filter>",
             "lan tcp 10.0.0.9:40000 > 192.168.5.7:80", "accept opt1 10.0.0.9:40000 > 192.168.5.7:80",
             "docs routing/bypassing-policy-routing: a rule above without gateway"},
            {"<filter>" RULE("pass", "lan", "<gateway>BOTH</gateway>" LAN_TO_ANY) "</filter>", mail,
             "accept opt2 198.51.100.2 > 198.18.0.9:25 | accept wan 203.0.113.2 > 198.18.0.9:25",
             "docs routing/multi-wan: gateways of one tier share the load"},
            {"<filter>" RULE("pass", "lan", "<gateway>SPARE</gateway>" LAN_TO_ANY) "</filter>", mail,
             "accept opt2 198.51.100.2 > 198.18.0.9:25 | accept wan 203.0.113.2 > 198.18.0.9:25",
             "docs routing/multi-wan: a higher tier takes over when the lower one is down"},
            {"<filter>" RULE("pass", "lan", "<gateway>GONE</gateway>" LAN_TO_ANY) "</filter>", mail,
             "accept wan 203.0.113.2 > 198.18.0.9:25",
             "filter.inc, filter_generate_user_rule: a gateway that is unknown is not used"},
            {"<system><disablenatreflection>yes</disablenatreflection><skip_rules_gw_down/></system><filter>" RULE(
                 "pass", "lan", "<gateway>GONE</gateway>" LAN_TO_ANY) "</filter>",
             mail, "drop", "filter.inc: with skip_rules_gw_down such a rule is left out"},
            {"<staticroutes><route><network>172.16.0.0/12</network><gateway>GW2</gateway></route></"
             "staticroutes>" LAN_OUT,
             "lan tcp 10.0.0.9:40000 > 172.16.5.5:25", "accept opt2 198.51.100.2 > 172.16.5.5:25",
             "docs routing/static-routes"},
            {LAN_OUT OUTBOUND("hybrid",
                              "<rule><interface>wan</interface><source><network>10.0.0.25/32</network></source>"
                              "<destination><any/></destination><target>198.51.100.2</target></rule>"),
             mail, "accept opt2 198.51.100.2 > 198.18.0.9:25",
             "filter.inc, filter_rules_generate: `pass out route-to` for the addresses of an interface with a gateway"},
            {"<ipsec><phase1><ikeid>1</ikeid></phase1><phase2><ikeid>1</ikeid><mode>tunnel</mode><localid><type>lan</"
             "type>"
             "</localid><remoteid><type>network</type><address>172.20.0.0</address><netbits>16</netbits></remoteid>"
             "</phase2></ipsec>" LAN_OUT,
             "lan tcp 10.0.0.9:40000 > 172.20.0.9:25", "accept enc0 10.0.0.9:40000 > 172.20.0.9:25",
             "ipsec(4): outbound packets that a policy matches are processed before they reach an interface"},
        });
}

TEST_CASE("opnsense: order and models") {
#define MODEL(rules) "<OPNsense><Firewall><Filter><rules>" rules "</rules></Filter></Firewall></OPNsense>"
#define MVC(seq, action, interface, rest)                                   \
    "<rule><enabled>1</enabled><sequence>" seq "</sequence><action>" action \
    "</action><interface>" interface "</interface>" rest "</rule>"
#define SNAT(rules) "<OPNsense><Firewall><Filter><snatrules>" rules "</snatrules></Filter></Firewall></OPNsense>"
#define MVC25 "<protocol>TCP</protocol><destination_port>25</destination_port>"
    check(
        true,
        {
            {MODEL(MVC("10", "block", "lan", MVC25) MVC("20", "pass", "lan", "")), other, "drop",
             "docs manual/firewall: rules of a section by sequence, quick by default"},
            {MODEL(MVC("20", "block", "lan", MVC25) MVC("10", "pass", "lan", "")), other,
             "accept wan 203.0.113.2 > 198.18.0.9:25", "docs manual/firewall: a lower sequence number comes first"},
            {MODEL(MVC("10", "block", "lan", "<quick>0</quick>" MVC25) MVC("20", "pass", "lan", "")), other,
             "accept wan 203.0.113.2 > 198.18.0.9:25", "docs manual/firewall: without quick the last match wins"},
            {MODEL(MVC("10", "pass", "lan", "") MVC("99", "block", "lan,opt1", MVC25)), other, "drop",
             "docs manual/firewall: rules of several interfaces are floating and come first"},
            {MODEL("<rule><enabled>0</enabled><sequence>1</sequence><action>block</action><interface>lan</"
                   "interface>" MVC25 "</rule>" MVC("20", "pass", "lan", "")),
             other, "accept wan 203.0.113.2 > 198.18.0.9:25", "Filter.xml: enabled"},
            {LAN_OUT MODEL(MVC("10", "block", "lan", MVC25)), other, "drop",
             "docs manual/firewall: rules of the model come before the legacy ones of the same section"},
            {"<filter>" RULE("pass", "lan", LAN_TO_ANY)
                 RULE("block", "lan", "<floating>yes</floating><quick>1</quick>" TCP25) "</filter>",
             other, "drop", "docs manual/firewall: floating, groups, interfaces"},
            {"<filter>" RULE("block", "lan", "<disabled>1</disabled>" TCP25)
                 RULE("pass", "lan", LAN_TO_ANY) "</filter>",
             other, "accept wan 203.0.113.2 > 198.18.0.9:25", "Rule.php, parseIsComment"},
            {MODEL(MVC("10", "pass", "lan", "<source_net>10.0.0.25,10.0.0.26</source_net>")), mail,
             "accept wan 203.0.113.2 > 198.18.0.9:25", "Rule.php, reader: a rule for each value of a list"},
            {MODEL(MVC("10", "pass", "lan", "<source_net>10.0.0.25,10.0.0.26</source_net><source_not>1</source_not>")),
             mail, "accept wan 203.0.113.2 > 198.18.0.9:25",
             "Rule.php, mapAddressInfo: each value of the list is negated by itself, so that all of them pass"},
            {"<OPNsense><Firewall><Alias><aliases><alias><enabled>1</enabled><name>net</name><type>network</"
             "type><content>"
             "10.0.0.0/24\n!10.0.0.99</content></alias></aliases></Alias><Filter><rules>" MVC(
                 "1", "pass", "lan", "<source_net>net</source_net>") "</rules></Filter></Firewall></OPNsense>",
             other, "drop", "docs manual/aliases: an entry with ! is excluded"},
        });
}

TEST_CASE("opnsense: translations") {
    check(
        true,
        {
            {LAN_OUT, mail, "accept wan 203.0.113.2 > 198.18.0.9:25",
             "docs manual/nat: automatic outbound NAT; filter.lib.inc, filter_auto_source_nat"},
            {LAN_OUT SNAT(
                 "<rule><enabled>1</enabled><sequence>1</sequence><interface>wan</interface><source_net>10.0.0.25"
                 "</source_net><target>203.0.113.25</target></rule>"),
             mail, "accept wan 203.0.113.2 > 198.18.0.9:25",
             "pf.inc, pf_firewall: the model's source rules only in mode advanced and hybrid"},
            {LAN_OUT OUTBOUND("hybrid", LAN_NAT)
                 SNAT("<rule><enabled>1</enabled><sequence>1</sequence><interface>wan</interface><source_net>10.0.0.25"
                      "</source_net><target>203.0.113.25</target></rule>"),
             mail, "accept wan 203.0.113.25 > 198.18.0.9:25",
             "pf.inc: the model's source rules (50) stand before the legacy ones (100)"},
            {LAN_OUT OUTBOUND("hybrid", "")
                 SNAT("<rule><enabled>0</enabled><sequence>1</sequence><interface>wan</interface><source_net>10.0.0.25"
                      "</source_net><target>203.0.113.25</target></rule>"),
             mail, "accept wan 203.0.113.2 > 198.18.0.9:25", "SourceNatRuleField.php: enabled 0"},
            {LAN_OUT
             "<OPNsense><Firewall><Filter><onetoone><rule><enabled>1</enabled><sequence>1</sequence><interface>wan"
             "</interface><type>binat</type><source_net>10.0.0.25</source_net><external>203.0.113.25</external>"
             "</rule></onetoone></Filter></Firewall></OPNsense>",
             mail, "accept wan 203.0.113.25:40000 > 198.18.0.9:25", "docs manual/nat: BINAT, both directions"},
            {LAN_OUT
             "<OPNsense><Firewall><Filter><onetoone><rule><enabled>1</enabled><sequence>1</sequence><interface>wan"
             "</interface><type>nat</type><source_net>10.0.0.25</source_net><external>203.0.113.25</external>"
             "</rule></onetoone></Filter></Firewall></OPNsense>",
             mail, "accept wan 203.0.113.2 > 198.18.0.9:25",
             "DNatRule.php: type nat is a nat rule of priority 500, behind the automatic ones (200)"},
            {LAN_OUT OUTBOUND(
                 "advanced",
                 "") "<OPNsense><Firewall><Filter><onetoone><rule><enabled>1</enabled><sequence>1</"
                     "sequence><interface>wan"
                     "</interface><type>nat</type><source_net>10.0.0.25</source_net><external>203.0.113.25</external>"
                     "</rule></onetoone></Filter></Firewall></OPNsense>",
             mail, "accept wan 203.0.113.25 > 198.18.0.9:25", "DNatRule.php: type nat, with nothing before it"},
            {"<nat><rule><interface>wan</interface><ipprotocol>inet</ipprotocol><protocol>tcp</"
             "protocol><destination><network>"
             "203.0.113.25</network><port>25</port></destination><target>10.0.0.25</target><local-port>25</local-port>"
             "<pass>rule</pass></rule></nat>",
             inbound, "accept lan 198.18.0.9:40000 > 10.0.0.25:25",
             "docs manual/nat: Register rule adds a filter rule"},
            {"<nat><rule><interface>wan</interface><ipprotocol>inet</ipprotocol><protocol>tcp</"
             "protocol><destination><network>"
             "203.0.113.25</network><port>25</port></destination><target>10.0.0.25</target><local-port>25</local-port>"
             "</rule></nat>",
             inbound, "drop", "docs manual/nat: by default firewall rules need to be created manually"},
            {"<nat><outbound><mode>hybrid</mode><rule><interface>wan</interface><source><network>lan</network></source>"
             "<destination/><target>other-subnet</target><targetip>203.0.113.8</targetip><targetip_subnet>29</"
             "targetip_subnet>"
             "</rule></outbound></nat>" LAN_OUT,
             mail, "accept wan 203.0.113.8-203.0.113.15 > 198.18.0.9:25",
             "SNatRule.php: other-subnet; docs manual/nat: round robin"},
            {LAN_OUT, "lan tcp 10.0.0.9:40000 > 10.0.0.1:443", "accept self 10.0.0.9:40000 > 10.0.0.1:443",
             "filter.lib.inc: anti-lockout, and the rule for LAN"},
            {"", "lan tcp 10.0.0.9:40000 > 10.0.0.1:443", "accept self 10.0.0.9:40000 > 10.0.0.1:443",
             "filter.lib.inc, filter_core_get_antilockout"},
        });
}

TEST_CASE("pfsense: what is written by the product itself") {
    check(
        false,
        {
            {"<openvpn><openvpn-server><tunnel_network>10.8.0.0/24</tunnel_network></openvpn-server></"
             "openvpn><filter>" RULE("pass", "lan", "<gateway>GW2</gateway>" LAN_TO_ANY) "</filter>",
             "lan tcp 10.0.0.9:40000 > 10.8.0.6:80", "accept openvpn 10.0.0.9:40000 > 10.8.0.6:80",
             "filter.inc, filter_generate_user_rule: negate rules spare networks behind VPNs from policy routing"},
            {"<openvpn><openvpn-server><tunnel_network>10.8.0.0/24</tunnel_network></openvpn-server></"
             "openvpn><filter>" RULE("pass", "openvpn", ANY_TO_ANY) "</filter>",
             "openvpn tcp 10.8.0.6:40000 > 198.18.0.9:25", "accept wan 203.0.113.2 > 198.18.0.9:25",
             "filter.inc, filter_nat_rules_automatic_tonathosts: OpenVPN tunnel networks"},
            {"<gateways><gateway_item><name>INNER</name><interface>lan</interface><gateway>10.0.0.254</gateway></"
             "gateway_item>"
             "</gateways><staticroutes><route><network>172.16.0.0/16</network><gateway>INNER</gateway></route></"
             "staticroutes>"
             "<filter>" RULE("pass", "lan", ANY_TO_ANY) "</filter>",
             "lan tcp 172.16.3.9:40000 > 198.18.0.9:25", "accept wan 203.0.113.2 > 198.18.0.9:25",
             "docs nat/automatic-nat-rules-generation: networks reachable through internal gateways by static routes"},
            {"<virtualip><vip><mode>ipalias</mode><interface>lan</interface><subnet>10.9.0.1</subnet><subnet_bits>24"
             "</subnet_bits></vip></virtualip>" LAN_OUT,
             "lan tcp 10.9.0.7:40000 > 198.18.0.9:25", "accept wan 203.0.113.2 > 198.18.0.9:25",
             "filter.inc, filter_address_add_vips_subnets: networks of virtual addresses belong to the interface"},
            {"<nat><rule><interface>lan</interface><protocol>tcp</protocol><source><any/></source><destination><any/>"
             "<port>80</port></destination><target>10.0.0.25</target><local-port>3128</"
             "local-port><associated-rule-id>pass"
             "</associated-rule-id></rule></nat>",
             "lan tcp 10.0.0.9:40000 > 198.18.0.9:80", "accept lan 10.0.0.9:40000 > 10.0.0.25:3128",
             "filter.inc, filter_nat_rules_generate: the NAT for such a rule is for the outer port, which is gone by "
             "then"},
            {"<nat><rule><interface>lan</interface><protocol>tcp</protocol><source><any/></source><destination><any/>"
             "<port>80</port></destination><target>10.0.0.25</target><local-port>80</"
             "local-port><associated-rule-id>pass"
             "</associated-rule-id></rule></nat>",
             "lan tcp 10.0.0.9:40000 > 198.18.0.9:80", "accept lan 10.0.0.1 > 10.0.0.25:80",
             "filter.inc, filter_nat_rules_generate: does this rule redirect back to an internal host"},
            {"<installedpackages><squid><config><enable_squid>on</enable_squid><transparent_proxy>on</"
             "transparent_proxy>"
             "<transparent_active_interface>lan</transparent_active_interface></config></squid></"
             "installedpackages>" LAN_OUT,
             "lan tcp 10.0.0.9:40000 > 198.18.0.9:80", "accept self 10.0.0.9:40000 > 127.0.0.1:3128",
             "docs nat/troubleshooting-1-1-nat: web requests are proxied and leave as the firewall"},
            {"<installedpackages><squid><config><enable_squid>on</enable_squid><transparent_proxy>on</"
             "transparent_proxy>"
             "<transparent_active_interface>lan</transparent_active_interface></config></squid></"
             "installedpackages>" LAN_OUT,
             mail, "accept wan 203.0.113.2 > 198.18.0.9:25",
             "docs nat/troubleshooting-1-1-nat: other services are not"},
            {LAN_OUT, "lan tcp 10.0.0.9:40000 > 169.254.1.1:25", "drop",
             "filter.inc, filter_rules_generate: block IPv4 link-local"},
            {"", "lan tcp 10.0.0.9:40000 > 10.0.0.1:443", "accept self 10.0.0.9:40000 > 10.0.0.1:443",
             "filter.inc, filter_rules_generate: anti-lockout rule"},
            {"<system><ipv6allow/><webgui><noantilockout/></webgui></system>", "lan tcp 10.0.0.9:40000 > 10.0.0.1:443",
             "drop", "filter.inc: noantilockout"},
            {"<filter>" RULE("pass", "wan", ANY_TO_ANY) "</filter>", "wan tcp 10.1.2.3:40000 > 203.0.113.2:25",
             "accept self 10.1.2.3:40000 > 203.0.113.2:25", "filter.inc: blockpriv is an option of the interface"},
        });
}

TEST_CASE("opnsense: gateways, tunnels, reflection") {
    check(
        true,
        {
            {MODEL(MVC("10", "pass", "lan", "<ipprotocol>inet6</ipprotocol><gateway>GW2</gateway>")),
             "lan tcp fd00:1::25:40000 > 2a00:1::9:25", "drop",
             "FilterRule.php: a rule whose gateway is of the other IP version is disabled"},
            {MODEL(MVC("10", "pass", "lan", "<gateway>GW2</gateway>")), mail,
             "accept opt2 198.51.100.2 > 198.18.0.9:25",
             "docs manual/gateways: policy based routing by a rule's gateway"},
            {LAN_OUT
             "<OPNsense><wireguard><server><servers><server uuid=\"s\"><enabled>1</enabled><instance>0</instance>"
             "<tunneladdress>10.7.0.1/24</tunneladdress><peers>p</peers></server></servers></server><client><clients>"
             "<client uuid=\"p\"><enabled>1</enabled><tunneladdress>10.7.0.2/32,172.30.0.0/16</tunneladdress></client>"
             "</clients></client></wireguard></OPNsense>",
             "lan tcp 10.0.0.9:40000 > 172.30.1.1:25", "accept wireguard 10.0.0.9:40000 > 172.30.1.1:25",
             "docs manual/vpnet: routes to the allowed addresses of peers unless disabled"},
            {LAN_OUT
             "<OPNsense><Firewall><Filter><onetoone><rule><enabled>1</enabled><sequence>1</sequence><interface>wan"
             "</interface><source_net>192.168.5.7</source_net><external>203.0.113.26</external><natreflection>enable"
             "</natreflection></rule></onetoone></Filter></Firewall></OPNsense>",
             "lan tcp 10.0.0.9:40000 > 203.0.113.26:443", "accept opt1 10.0.0.9:40000 > 192.168.5.7:443",
             "DNatRule.php: with reflection a redirect on every interface without a gateway"},
            {"<nat><rule><interface>wan</interface><ipprotocol>inet</ipprotocol><protocol>tcp</"
             "protocol><destination><network>"
             "203.0.113.25</network><port>25</port></destination><target>10.0.0.25</target><local-port>25</local-port>"
             "<natreflection>purenat</natreflection></rule></nat>" LAN_OUT,
             "lan tcp 10.0.0.9:40000 > 203.0.113.25:25", "accept lan 10.0.0.9:40000 > 10.0.0.25:25",
             "docs manual/how-tos/nat_reflection"},
            {MODEL(MVC("10", "pass", "lan", "<ipprotocol>inet6</ipprotocol>")), "lan tcp fe80::25:40000 > 2a00:1::9:25",
             "drop", "RFC 4291, 2.5.6: routers forward no link-local addresses"},
            {MODEL(MVC("10", "pass", "lan", "<ipprotocol>inet6</ipprotocol><source_net>lan</source_net>")),
             "lan tcp fe80::25:40000 > fd00:1::1:53", "accept self fe80::25:40000 > fd00:1::1:53",
             "Rule.php, mapAddressInfo: link-local addresses belong to the network in IPv6 filter rules"},
            {"<ifgroups><ifgroupentry><ifname>IN</ifname><members>lan,opt1</members><sequence>1</sequence></"
             "ifgroupentry>"
             "</ifgroups>" LAN_OUT MODEL(MVC("10", "block", "IN", MVC25)),
             other, "drop", "docs manual/firewall_groups: group rules come before interface rules"},
        });
}
