// SPDX-License-Identifier: Apache-2.0
// Commands known not to influence filtering, translation, routing or identity of what passes through: management,
// logging, what the device offers itself, timers, layer 2, voice, quality of service.
#include "dialects/ios/config.hpp"

namespace egresslint::dialects::ios {
namespace {

using families::cisco::one_of;

constexpr std::string_view commands =
    " aaa access-session agent alarm alias alpha-numeric ap app-ha application aqm-register-fnf archive "
    "arp async-bootp attribute authentication-profile auto auto-sync autonomic avb avc banner beep bfd-template boot "
    "boot-end-marker boot-start-marker buffers Building Current call call-history-mib call-home card cdp cef "
    "certificate chassis clns clock cns config-register configuration connect control-plane controller cts cwmp-agent "
    "default-value dampening define-interface device-sensor device-tracking diagnostic dial-peer dialer dialer-list "
    "digest dnsix-dmdp dot11 dot1x downward-compatible-config dspfarm dtp eap eee emm enable end environment ephone "
    "ephone-dn ephone-dn-template ephone-template errdisable esmc ethernet event exception exit facility fabric "
    "fallback "
    "fax fddi file flow format frame-relay gatekeeper gateway gdoi global-address-family graceful-restart-helper "
    "hostname-prefix "
    "http hw-module hw-switch ice identity iox isdn isis kerberos key kron l2 l2tp-class lacp license line lldp "
    "location logging login macro mab mac mac-address mac-address-table maximum-paths media-proxy memory-size memory "
    "menu mgcp microcode mmi mmi-timeout modem monitor mop multilink mvrp netconf netconf-yang network "
    "network-clock network-clock-participate network-clock-select nbar nmsp ntp num-exp parser parameter-map-type "
    "partition password passwd performance platform port-channel port-profile power pppoe-profile "
    "printer priority-list privilege process process-max-time profile prompt protocol ptp qos queue-list queue-monitor "
    "radius radius-server rcv-queue redundancy-group redundancy regex remote rep resource restconf rmon rtr sampler "
    "sccp sccp-phone scheduler scripting sdm security-passwords service service-list set-attribute shell shutdown-mode "
    "site-manager slb sla snmp snmp-server snmpwalk source-address spanning-tree spd ssh stackwise-virtual stack-power "
    "standby-delay start state-machine storm-control subscriber switch switchport system tacacs tacacs-server "
    "tag-switching "
    "tclsh telnet telephony-service template terminal terminal-queue tftp-server threat-visibility ticket tn3270 "
    "tod-clock track transceiver translation-rule translate trunk tty udld upgrade usb username version vlan vlans vtp "
    "virtual-profile vmps voice voice-card voice-port voip-incoming vpdn vpdn-group vstack vty-async wireless wlan "
    "wlccp wsma x25 x29 xconnect xgcp hostname domain memory-reserve mpls mls lisp-site user user-group webauth "
    "license-udi "
    "queue queue-limit crypto-engine ccm-manager fhrp flow-sampler-map flow-export h323 ivr media mta "
    "signaling sip sip-ua srst stcapp tdm trunk-group tls vfc vfi wred xml pki multicast bridge-domain l2vpn evc nve "
    "ethernet-service quit eigrp rsrb source-bridge dlsw lane decnet appletalk ipx vines xns apollo netbios "
    "write show configure conf copy clear debug undebug no-cdp diagnostics ephone-hunt voicemail security Using Load "
    "ntp-server sntp smtp-server cluster switchcore mka md5 credentials fips bfd ucse esm hqf nsf nsr map-class "
    "table-map service-template firewall ";

/// Second words of `ip`, for the device itself or for things that do not decide about a connection.
constexpr std::string_view ip_commands =
    " accounting accounting-list accounting-threshold accounting-transits admission alias arp as-path audit auth-proxy "
    "authentication bgp-community bootp bandwidth-percent bgp cef classless cns community-list ddns default-gateway "
    "dhcp "
    "dhcp-server dns domain domain-list domain-lookup domain-name device explicit-path extcommunity-list finger "
    "flow flow-aggregation flow-cache flow-capture flow-export flow-top-talkers forward-protocol ftp gdp "
    "gratuitous-arps "
    "gre host host-routing hostname hp-host http icmp identd igmp ips irdp kerberos lookup mfib mobile mroute mrm "
    "msdp multicast multicast-routing name-server nbar netmask-format nhrp options ospf pgm pim pgmhost "
    "prefix-list radius rcmd reflexive-list rip routing routing-context rsvp rtcp rtp sap scp sdr sip sla source-route "
    "spd ssh sticky-arp subnet-zero subscriber tacacs tcp telnet tftp traffic-export trigger-authentication tunnel "
    "udp urlfilter urd vrf-name virtual-reassembly wccp wins-server ";
constexpr std::string_view ipv6_commands =
    " cef dhcp domain general-prefix hop-limit host icmp local mfib mld mobile multicast multicast-routing nd neighbor "
    "ospf pim prefix-list rip router source-route spd eigrp flow snooping device ";

/// Words that a block of `interface` may hold besides what is read.
constexpr std::string_view interface_words =
    " access-session arp asymmetric-routing atm async auto authentication autostate backup bandwidth bfd bridge-domain "
    "bridge-group bundle cable cablelength carrier-delay ccm cdp cem channel-group channel-protocol clear clns clock "
    "class compress control-word countdown cts custom-queue-list dampening datalink dce-terminal-timing-enable "
    "default default-name delay description device-tracking dialer dialer-group dot1x dot11 down-when-looped dsl "
    "dsl-mode dtp duplex eapol encapsulation encryption energywise eee errdisable ethernet eigrp exit fair-queue fddi "
    "flow-sampler flow flowcontrol framing frame-relay full-duplex glbp group-range guest-mode half-duplex "
    "h323-gateway "
    "hold-queue hssi ignore-dcd interface-type international invert isdn isis keepalive l2protocol-tunnel lacp line "
    "lldp llc2 load-interval location logging loopback lre mab mac-address macro mdix media media-type member "
    "mls mop mpls mtu multilink mvrp nat negotiation netbios nmsp no non-unique-ip ntp nrzi-encoding packet-size "
    "peer physical-layer pim plim port-type power ppp pppoe pppoe-client priority-group priority-queue private-vlan "
    "profile protocol ptp pulse-time pvc qos queue-set random-detect rate-limit rcv-queue rep rmon route-cache service "
    "service-module service-policy shape signalling smrp snapshot snmp sonet source spanning-tree speed srr-queue "
    "ssid station-role squelch stp storm-control switchport tag tag-switching template transmit-interface "
    "transmitter-delay "
    "trust tunnel tx-queue-limit tx-ring-limit tx-ring udld ubr vbr-nrt vlan vlan-id vlan-range voice vtp wrr-queue "
    "x25 yellow zone-id zone-node mka network-clock ring-speed antenna basic-1.0 channel power-level rts beacon "
    "world-mode dfs "
    "service-list virtual-reassembly virtual-template vc-class cell-packing oam oam-pvc atm-pvc ";
constexpr std::string_view interface_ip_words =
    " accounting address-pool arp authentication bandwidth-percent broadcast-address cgmp cef dampening-change "
    "dampening-interval ddns device dhcp directed-broadcast dns dvmrp eigrp flow gratuitous-arps header-compression "
    "hello-interval helper-address hold-time icmp igmp ips irdp mask-reply mfib mroute-cache mrm mtu multicast nbar "
    "netmask-format "
    "next-hop-self nhrp ospf pim pgm probe proxy-arp rarp-server redirects rgmp rip router route-cache rsvp rtp sap "
    "sdr "
    "security split-horizon summary-address tcp traffic-export trigger-authentication unreachables urd "
    "virtual-reassembly local-proxy-arp sticky-arp load-sharing bgp tdp ldp lisp vrf-receive source ";

}  // namespace

bool inert_command(const Statement& s) {
    const bool no = s.words[0] == "no" || s.words[0] == "default";
    const std::string_view word = s.word(no ? 1 : 0);
    const std::string_view second = s.word(no ? 2 : 1);
    if (word == "ip") return one_of(second, ip_commands) && !(no && second == "routing");
    if (word == "ipv6") return one_of(second, ipv6_commands);
    if (word == "parameter-map" || word == "crypto" || word == "vrf" || word == "class-map" || word == "policy-map")
        return true;
    return one_of(word, commands);
}

bool inert_in_interface(const Statement& s) {
    if (s.words[0] == "ip") return one_of(s.word(1), interface_ip_words);
    return one_of(s.words[0], interface_words);
}

}  // namespace egresslint::dialects::ios
