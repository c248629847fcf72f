// SPDX-License-Identifier: Apache-2.0
#include "dialects/fortios/inert.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace egresslint::dialects::fortios {
namespace {

using base::Influence;

/// Whole features. A table is inert when its path begins with one of these words.
constexpr std::string_view inert_tables = R"(
# inspection of content, and what it is made of
antivirus, application, casb, cifs, dlp, dnsfilter, emailfilter, endpoint-control, file-filter, ftp-proxy, icap, ips,
sctp-filter, spamfilter, ssh-filter, videofilter, virtual-patch, voip, waf, webfilter, diameter-filter,
telemetry-controller,
# logs, reports, alerts, the user interface, automation
alertemail, automation, gui, log, report, monitoring, gui console, dashboard,
# other devices that are managed from here
extender, extender-controller, extension-controller, switch-controller, wireless-controller, nsxt, fmwp, pfcp,
hardware, ethernet-oam, dpdk,
# identities and certificates: a policy that asks for them is a predicate
authentication, certificate, credential-store, user, vpn certificate, rule,
# tunnels: their interfaces and routes are what counts
vpn, ztna, wanopt, web-proxy,
# parts of `firewall` that packets only meet where a policy names them, or that shape and count
firewall schedule, firewall service category, firewall shaper, firewall shaping-policy, firewall shaping-profile,
firewall profile-protocol-options, firewall profile-group, firewall ssl-ssh-profile, firewall ssl-server,
firewall ssl, firewall ssh, firewall auth-portal, firewall carrier-endpoint-bwl, firewall decrypted-traffic-mirror,
firewall gtp, firewall internet-service, firewall internet-service-name, firewall internet-service-addition,
firewall internet-service-append, firewall internet-service-botnet, firewall internet-service-custom,
firewall internet-service-custom-group, firewall internet-service-definition, firewall internet-service-extension,
firewall internet-service-group, firewall internet-service-ipbl-reason, firewall internet-service-ipbl-vendor,
firewall internet-service-list, firewall internet-service-owner, firewall internet-service-reputation,
firewall internet-service-sld, firewall internet-service-subapp, firewall internet-service-fallback, firewall city,
firewall country, firewall region, firewall vendor-mac, firewall vendor-mac-summary, firewall iprope, firewall proute,
firewall ldb-monitor, firewall mms-profile, firewall multicast-address, firewall multicast-address6,
firewall multicast-policy, firewall multicast-policy6, firewall sniffer, firewall on-demand-sniffer,
firewall traffic-class, firewall wildcard-fqdn, firewall network-service-dynamic, firewall global, firewall pfcp,
firewall proxy-address, firewall proxy-addrgrp, firewall access-proxy, firewall access-proxy-virtual-host,
firewall access-proxy-ssh-client-cert, firewall identity-based-route, firewall dnstranslation, firewall vip-global,
firewall ippool-grp, firewall vendor-mac-list,
# the system
system 3g-modem, system accprofile, system acme, system admin, system affinity-interrupt,
system affinity-packet-redistribution, system alarm, system alertemail, system alias, system api-user,
system arp-table, system auto-install, system auto-script, system autoupdate, system automation-action,
system automation-condition, system automation-destination, system automation-stitch, system automation-trigger,
system aws, system bypass, system central-management, system certificate, system cluster-sync, system console,
system csf, system custom-language, system ddns, system dedicated-mgmt, system device-upgrade, system dhcp,
system dhcp6, system dns, system dns-database, system dns-server, system dns64, system dscp-based-priority,
system elbc, system evpn, system external-resource, system fabric-vpn, system federated-upgrade, system fips-cc,
system fm, system fortiai, system fortianalyzer-connector, system fortiguard, system fortindr, system fortimanager,
system fortisandbox, system fsso-polling, system ftm-push, system geneve, system geoip-country, system geoip-override,
system global, system gre-tunnel, system ha, system ha-monitor, system ike, system infoblox, system ipam,
system ipip-tunnel, system ips, system ips-urlfilter-dns, system ipsec-aggregate, system ipv6-neighbor-cache,
system ipv6-tunnel, system isf-queue-profile, system link-monitor, system lldp, system lte-modem,
system mac-address-table, system mem-mgr, system mobile-tunnel, system modem, system nd-proxy, system netflow,
system network-visibility, system ngfw-settings, system np6, system np6xlite, system npu, system ntp,
system object-tag, system object-tagging, system password-policy, system password-policy-guest-admin,
system physical-switch, system pcp-server, system pppoe-interface, system probe-response, system proxy-arp,
system ptp, system replacemsg, system replacemsg-group, system replacemsg-image, system resource-limits, system saml,
system sdn-connector, system sdn-proxy, system sdn-vpn, system security-rating, system session-helper,
system session-sync, system session-ttl, system session6, system sflow, system sit-tunnel, system smc-ntp,
system sms-server, system snmp, system sov-asic-offload, system speed-test-schedule, system speed-test-server,
system speed-test-setting, system ssh-config, system sso-admin, system sso-forticloud-admin,
system sso-fortigate-cloud-admin, system standalone-cluster, system storage, system stp, system switch-profile,
system status, system tos-based-priority, system tunnel, system ups, system vdom-dns, system vdom-exception,
system vdom-link, system vdom-netflow, system vdom-property, system vdom-radius-server, system vdom-sflow,
system virtual-switch, system switch-interface, system vmlicense, system vne-tunnel, system vne-interface,
system vxlan, system wccp, system wireless, system zone-monitor, system cellular, system health-check-fortiguard,
system dnp3-proxy, system smc, system nethsm, system performance, system checksum, system crypto-accelerator,
system global-resources, system management-tunnel, system backup, system route, system locallog, system log,
system dm, system metadata, system interface-stats, system guaranteed-bandwidth, system mail, system status-dashboard,
system admin-profile,
# routing: filters of dynamic protocols; the protocols themselves are looked at in routing.cpp
router access-list, router access-list6, router aspath-list, router auth-path, router bfd, router bfd6,
router community-list, router extcommunity-list, router key-chain, router multicast, router multicast-flow,
router multicast6, router prefix-list, router prefix-list6, router route-map, router setting, router gwdetect,
router bgp, router ospf, router ospf6, router rip, router ripng, router isis, router info,
)";

/// Tables that could decide something, are not read, and what they could.
struct Unread {
    std::string_view path, what;
    Influence influence = Influence::everything;
};
constexpr std::array unread_tables{
    Unread{"firewall DoS-policy", "DoS policies drop connections above a rate", Influence::nothing},
    Unread{"firewall DoS-policy6", "DoS policies drop connections above a rate", Influence::nothing},
    Unread{"firewall interface-policy", "interface policies inspect what comes in", Influence::nothing},
    Unread{"firewall interface-policy6", "interface policies inspect what comes in", Influence::nothing},
    Unread{"firewall explicit-proxy-policy",
           "what the explicit proxy fetches is another connection, of the device itself", Influence::nothing},
    Unread{"firewall proxy-policy", "what the explicit proxy fetches is another connection, of the device itself",
           Influence::nothing},
    Unread{"firewall acl", "access control lists drop packets before the policies", Influence::filter},
    Unread{"firewall acl6", "access control lists drop packets before the policies", Influence::filter},
    Unread{"firewall ttl-policy", "TTL policies drop packets", Influence::filter},
    Unread{"firewall ipmacbinding setting", "the binding of addresses to MAC addresses drops packets",
           Influence::filter},
    Unread{"firewall ipmacbinding table", "the binding of addresses to MAC addresses drops packets",
           Influence::nothing},
    Unread{"firewall policy46", "translation between IPv4 and IPv6", Influence::everything},
    Unread{"firewall policy64", "translation between IPv4 and IPv6", Influence::everything},
    Unread{"firewall vip46", "translation between IPv4 and IPv6", Influence::nothing},
    Unread{"firewall vip64", "translation between IPv4 and IPv6", Influence::nothing},
    Unread{"system nat64", "translation between IPv4 and IPv6", Influence::everything},
    Unread{"system virtual-wire-pair", "a virtual wire forwards without routing", Influence::everything},
    Unread{"firewall central-nat", "the central NAT table of FortiOS 5.0 to 5.2", Influence::source},
};

/// Settings of the tables that are read.
constexpr std::string_view object_settings = R"(
uuid, comment, comments, color, visibility, associated-interface, allow-routing, category, fabric-object, cache-ttl,
obj-id, obj-type, obj-tag, sub-type, clearpass-spt, sdn, sdn-addr-type, sdn-tag, filter, tenant, organization,
epg-name, subnet-name, policy-group, node-ip-only, tag-detection-level, tag-type, dirty, hw-vendor, hw-model, os,
sw-version, fsso-group, interface, country, fqdn, wildcard-fqdn, macaddr, start-mac, end-mac, url, list, dynamic-id,
host, host-type, template, route-tag, tags, id, exclude, tagging, subnet-segment, allow, device-detection, subnet,
start-ip, end-ip, passive-fqdn-learning, agent-id, global-object,
# services
helper, check-reset-range, session-ttl, tcp-halfclose-timer, tcp-halfopen-timer, tcp-timewait-timer, tcp-rst-timer,
udp-idle-timer, explicit-proxy, proxy, tcp-portrange, udp-portrange, sctp-portrange, icmptype, icmpcode,
protocol-number, app-service-type, application, app-category,
)";
constexpr std::string_view policy_settings = R"(
uuid, name, comments, comment, label, global-label, tags, policyid, status,
# inspection: it looks into connections that are open already
utm-status, inspection-mode, profile-type, profile-group, profile-protocol-options, ssl-ssh-profile, av-profile,
webfilter-profile, dnsfilter-profile, emailfilter-profile, spamfilter-profile, dlp-sensor, dlp-profile,
file-filter-profile, ips-sensor, application-list, voip-profile, ips-voip-filter, icap-profile, cifs-profile,
waf-profile, ssh-filter-profile, videofilter-profile, virtual-patch-profile, casb-profile, diameter-filter-profile,
sctp-filter-profile, mms-profile, gtp-profile, deep-inspection-options, endpoint-compliance, client-reputation,
webproxy-profile, webproxy-forward-server, webcache, webcache-https, http-policy-redirect, ssh-policy-redirect,
ztna-policy-redirect, ssl-mirror, ssl-mirror-intf, wanopt, wanopt-detection, wanopt-passive-opt, wanopt-profile,
wanopt-peer, wccp, scan-botnet-connections, dsri, block-notification, replacemsg-group, replacemsg-override-group,
email-collect, captive-portal-exempt,
# logs, counters, hardware, timers, quality of service
logtraffic, logtraffic-start, capture-packet, auto-asic-offload, np-acceleration, np-accelation, custom-log-fields,
session-ttl, timeout-send-rst, tcp-session-without-syn, tcp-mss-sender, tcp-mss-receiver, anti-replay, vlan-cos-fwd,
vlan-cos-rev, diffserv-forward, diffserv-reverse, diffserv-copy, diffservcode-forward, diffservcode-rev,
traffic-shaper, traffic-shaper-reverse, per-ip-shaper, firewall-session-dirty, schedule-timeout,
delay-tcp-npu-session, permit-any-host, permit-stun-host, decrypted-traffic-mirror, radius-mac-auth-bypass,
radius-ip-auth-bypass, dynamic-shaping, passive-wan-health-measurement, port-preserve, port-random, send-deny-packet,
learning-mode, sso-auth-method, log-http-transaction, pcp-outbound, pcp-inbound, pcp-poolname, cgn-eif, cgn-eim,
cgn-resource-quota, cgn-session-quota, cgn-log-server-grp,
# authentication: how, not whether; who is asked is a predicate
auth-cert, auth-path, auth-redirect-addr, disclaimer, fsso, fsso-agent-for-ntlm, ntlm, ntlm-guest,
ntlm-enabled-browsers, rsso, wsso, fall-through-unauthenticated, require-tfa, redirect-url, identity-based-route,
active-auth-method, sso-auth-method,
# what a policy without NAT, with another action or with the central table does not look at
nat, ippool, poolname, poolname6, fixedport, natip, natinbound, natoutbound, inbound, outbound, vpntunnel, match-vip,
rtp-nat, rtp-addr, internet-service, internet-service-src, internet-service6, internet-service6-src, geoip-match,
nat46, nat64, tos, policy-expiry, policy-expiry-date, policy-expiry-date-utc, policy-behaviour-type, ip-version-type,
srcaddr-negate, dstaddr-negate, srcaddr6-negate, dstaddr6-negate, service-negate, action, schedule, service, srcaddr,
dstaddr, srcaddr6, dstaddr6, enforce-default-app-port, sgt-check, ztna-device-ownership, ztna-tags-match-logic,
gtp-profile, ztna-ems-tag-negate, fec, eif-check, eif-learn,
)";
constexpr std::string_view vip_settings = R"(
uuid, comment, comments, color, id, arp-reply, nat-source-vip, gratuitous-arp-interval, dns-mapping-ttl, ldb-method,
persistence, http-cookie, http-multiplex, http-ip-header, http-ip-header-name, http-redirect, monitor,
max-embryonic-connections, outlook-web-access, weblogic-server, websphere-server, server-type, portmapping-type,
portforward, protocol, extport, mappedport, mappedip, add-nat46-route, add-nat64-route, status, one-click-gslb-server,
gslb-hostname, gslb-domain-name, h2-support, h3-support, nat44, nat66, nat46, nat64, ndp-reply, http-host,
http-supported-max-version, quic,
)";
constexpr std::string_view pool_settings = R"(
comments, arp-reply, arp-intf, associated-interface, block-size, num-blocks-per-user, pba-timeout, pba-interim-log,
port-per-user, startport, endport, privileged-port-use-pba, cgn-block-size, cgn-client-startip, cgn-client-endip,
cgn-fixedalloc, cgn-overload, cgn-port-start, cgn-port-end, cgn-spa, utilization-alarm-raise, utilization-alarm-clear,
add-nat46-route, add-nat64-route, subnet-broadcast-in-ippool, source-prefix6, client-prefix-length, tcp-session-quota,
udp-session-quota, icmp-session-quota, type,
)";
constexpr std::string_view route_settings = R"(
comment, comments, seq-num, weight, link-monitor-exempt, bfd, tag, preferred-source, status, dynamic-gateway, vrf,
distance, priority, blackhole, device, gateway, internet-service, tos, tos-mask, action, protocol, start-port,
end-port, output-device, start-source-port, end-source-port,
)";
constexpr std::string_view wan_settings = R"(
status, load-balance-mode, speedtest-bypass-routing, duplication-max-num, neighbor-hold-down, neighbor-hold-down-time,
neighbor-hold-boot-time, fail-detect, fail-alert-interfaces, app-perf-log-period,
# members
seq-num, gateway, gateway6, preferred-source, source, source6, cost, weight, priority, priority-in-sla,
priority-out-sla, volume-ratio, spillover-threshold, ingress-spillover-threshold, transport-group, comment, priority6,
zone,
# rules: how a member is chosen, not among which
name, mode, addr-mode, load-balance, health-check, sla, link-cost-factor, link-cost-threshold, quality-link,
hold-down-time, minimum-sla-meet-members, sla-compare-method, tie-break, use-shortcut-sla, shortcut,
shortcut-priority, passive-measurement, agent-exclusive, hash-mode, role, standalone-action, bandwidth-weight,
jitter-weight, latency-weight, packet-loss-weight, dscp-forward, dscp-reverse, dscp-forward-tag, dscp-reverse-tag,
internet-service, gateway, default, sla-stickiness, fib-best-match-force, src6, dst6, id, tos, tos-mask, protocol,
start-port, end-port, service-sla-tie-break, advpn-select, advpn-health-check, zone-mode,
)";
constexpr std::string_view zone_settings = R"(
description, tagging, tags, interface, intrazone,
)";
constexpr std::string_view central_settings = R"(
uuid, comments, comment, type, protocol, nat, nat-port, port-preserve, port-random, orig-port, dst-port, nat46, nat64,
policyid, orig-addr, dst-addr, orig-addr6, dst-addr6, nat-ippool, nat-ippool6, status,
)";
constexpr std::string_view local_settings = R"(
uuid, comments, name, ha-mgmt-intf-only, virtual-patch, logtraffic, policyid, action, internet-service-src,
internet-service6-src, service, schedule,
)";

/// A list holds items, each followed by a comma; its lines of comments begin with #.
template <class F>
bool any_item(std::string_view list, F&& wanted) {
    while (!list.empty()) {
        const auto stop = list.find_first_of(",\n");
        auto item = list.substr(0, stop);
        list.remove_prefix(stop == std::string_view::npos ? list.size() : stop + 1);
        while (item.starts_with(' ')) item.remove_prefix(1);
        if (item.starts_with('#')) {
            // Remarks may hold commas: to the end of the line.
            if (stop != std::string_view::npos && item.data()[item.size()] == ',')
                list.remove_prefix(std::min(list.find('\n'), list.size()));
            continue;
        }
        if (!item.empty() && wanted(item)) return true;
    }
    return false;
}
bool listed(std::string_view list, std::string_view name) {
    return any_item(list, [&](std::string_view item) { return item == name; });
}
/// "system dhcp" holds "system dhcp server".
bool below(std::string_view path, std::string_view top) {
    return path == top || (path.starts_with(top) && path.size() > top.size() && path[top.size()] == ' ');
}

/// Interfaces: the link, its neighbours, services of the device, measurement. What is under `config` inside one of them
/// (IPv6, VRRP, DHCP …) is read where it gives addresses.
constexpr std::string_view interface_settings = R"(
vdom, alias, description, type, interface, vlanid, vlan-protocol, member, role, allowaccess, snmp-index, status, mode,
ip, defaultgw, distance, priority, speed, mtu, mtu-override, macaddr, color, secondary-IP, tcp-mss, mediatype,
algorithm, lacp-mode, lacp-speed, lacp-ha-secondary, lacp-ha-slave, min-links, min-links-down, link-up-delay,
aggregate, aggregate-type, redundant-interface, remote-ip, detectprotocol, detectserver, detected-peer-mtu,
fail-detect, fail-detect-option, fail-alert-method, fail-action-on-extender, fail-alert-interfaces, broadcast-forward,
broadcast-forticlient-discovery, bfd, bfd-desired-min-tx, bfd-detect-mult, bfd-required-min-rx, l2forward,
icmp-send-redirect, icmp-accept-redirect, reachable-time, vlanforward, stpforward, stpforward-mode, arpforward,
ndiscforward, netbios-forward, wins-ip, cli-conn-status, dedicated-to, trust-ip-1, trust-ip-2, trust-ip-3,
trust-ip6-1, trust-ip6-2, trust-ip6-3, management-ip, devindex, external, internal, fortilink, fortilink-backup-link,
fortilink-neighbor-detect, fortilink-split-interface, fortilink-stacking, device-identification,
device-user-identification, device-identification-active-scan, device-access-list, device-netscan,
disconnect-threshold, dns-query, dns-server-override, dns-server-protocol, drop-fragment, drop-overlapped-fragment,
explicit-ftp-proxy, explicit-web-proxy, proxy-captive-portal, replacemsg-override-group, username, password,
auth-type, idle-timeout, ident-accept, inbandwidth, outbandwidth, bandwidth-measure-time, monitor-bandwidth,
ipunnumbered, initial, lcp-echo-interval, lcp-max-echo-fails, padt-retry-timeout, service-name, ac-name,
pptp-auth-type, pptp-client, pptp-password, pptp-server-ip, pptp-timeout, pptp-user, pppoe-unnumbered-negotiate,
polling-interval, preserve-session-route, ring-rx, ring-tx, sample-direction, sample-rate, netflow-sampler,
netflow-sample-rate, netflow-sampler-id, spillover-threshold, weight, src-check, subst, substitute-dst-mac,
swc-first-create, swc-vlan, trunk, vrrp-virtual-mac, wccp, ha-priority, estimated-downstream-bandwidth,
estimated-upstream-bandwidth, measured-downstream-bandwidth, measured-upstream-bandwidth, interconnect-profile,
auto-auth-extension-device, ap-discover, tagging, tags, dhcp-broadcast-flag, dhcp-client-identifier,
dhcp-classless-route-addition, dhcp-renew-time, dhcp-smart-relay, secondary-ip, client-options, sfp-dsl, mux-type,
vci, vpi, phy-mode, vlan-op-mode, forward-error-correction, fec, forward-domain, ips-sniffer-mode, per-ip-address,
virtual-mac, stp, stp-ha-secondary, stp-bpdu-guard, system-id, system-id-type, ptp-capability, exclude-signatures,
security-external-web, security-external-logout, security-exempt-list, security-groups, security-mac-auth-bypass,
security-redirect-url, security-8021x-mode, security-8021x-master, security-8021x-dynamic-vlan-id,
security-ip-auth-bypass, managed-device, managed-subnetwork-size, ip-managed-by-fortiipam, monitor, eap-supplicant,
eap-method, eap-identity, eap-password, eap-ca-cert, eap-user-cert, default-purdue-level, mirroring-direction,
mirroring-port, np-qos-profile, qos, vindex, wifi-5g-threshold, wifi-acl, wifi-ap-band, wifi-auth, wifi-auto-connect,
wifi-auto-save, wifi-broadcast-ssid, wifi-dns-server1, wifi-dns-server2, wifi-encrypt, wifi-fragment-threshold,
wifi-gateway, wifi-key, wifi-keyindex, wifi-mac-filter, wifi-passphrase, wifi-radius-server, wifi-rts-threshold,
wifi-security, wifi-ssid, wifi-usergroup,
)";
constexpr std::string_view interface_prefixes =
    "switch-controller-, dhcp-relay-, lldp-, sflow-, egress-, ingress-, gwdetect-,";
/// The VDOM's settings: how the user interface looks, inspection, VPN daemons, timers, what depends on what is read.
constexpr std::string_view vdom_settings = R"(
comments, vdom-type, lan-extension-controller-addr, opmode, ngfw-mode, implicit-allow-dns, http-external-dest,
firewall-session-dirty, manageip, gateway, ip, manageip6, gateway6, ip6, device, bfd, bfd-desired-min-tx,
bfd-required-min-rx, bfd-detect-mult, bfd-dont-enforce-src-port, utf8-spam-tagging, wccp-cache-engine, vpn-stats-log,
vpn-stats-period, v4-ecmp-mode, ecmp-max-paths, mac-ttl, fw-session-hairpin, prp-trailer-action, snat-hairpin-traffic,
dhcp-proxy, dhcp-proxy-interface, dhcp-proxy-interface-select-method, dhcp-server-ip, dhcp6-server-ip, central-nat,
link-down-access, nat46-generate-ipv6-fragment-header, nat46-force-ipv4-packet-forwarding,
nat64-force-ipv6-packet-forwarding, auxiliary-session, asymroute, asymroute-icmp, tcp-session-without-syn,
ses-denied-traffic, strict-src-check, allow-linkdown-path, asymroute6, asymroute6-icmp, sctp-session-without-init,
sip-expectation, sip-nat-trace, h323-direct-model, sip-tcp-port, sip-udp-port, sip-ssl-port, sccp-port,
multicast-forward, multicast-ttl-notchange, multicast-skip-policy, allow-subnet-overlap, deny-tcp-with-icmp,
ecmp-min-ta, discovered-device-timeout, email-portal-check-dns, default-voip-alg-mode, default-policy-expiry-days,
hyperscale-default-policy-action, location-id, block-land-attack, application-bandwidth-tracking, fqdn-session-check,
ext-resource-session-check, dyn-addr-session-check, default-app-port-as-service, policy-offload-level, sip-helper,
inspection-mode, consolidated-firewall-mode, status, intree-ses-best-route, ipv6-exthdr-check, detect-unknown-esp,
default-sip-alg-mode, internet-service-database-cache, lan-extension-user-name, trap-local-session, trap-session-flag,
internet-service-app-ctrl-size, motion-tracking, nat46-pool, route-preference, strict-route-check,
session-insert-trial, vrf-route-leak,
)";
constexpr std::string_view vdom_prefixes = "gui-, ike-, hyperscale-, pfcp-, gtp-, sd-wan-,";
constexpr std::string_view mail_settings = R"(
type, reply-to, server, port, source-ip, source-ip6, authenticate, validate-server, username, password, security,
ssl-min-proto-version, interface-select-method, interface, vrf-select,
)";

/// Of a table that is read: whether a setting decides nothing.
bool inert_setting(std::string_view path, const Setting& setting) {
    const std::string_view name = setting.name;
    const auto begins = [&](std::string_view list) {
        return any_item(list, [&](std::string_view prefix) { return name.starts_with(prefix); });
    };
    // Off is off for what would matter if it were on.
    const auto& v = setting.values;
    const bool off = v.size() == 1 &&
                     (v[0].text == "disable" || v[0].text == "none" || v[0].text == "0" || v[0].text == "unspecified");
    if (path == "log setting") return true;
    if (path == "system interface")
        return listed(interface_settings, name) || begins(interface_prefixes) ||
               (off && (name == "security-mode" || name == "vrf" || name == "ipmac"));
    if (path == "system settings") return listed(vdom_settings, name) || begins(vdom_prefixes);
    if (path == "system email-server") return listed(mail_settings, name);
    if (path.starts_with("firewall address") || path.starts_with("firewall addrgrp") ||
        path.starts_with("firewall service"))
        return listed(object_settings, name);
    if (path.starts_with("firewall vip")) return listed(vip_settings, name) || name.starts_with("ssl-");
    if (path.starts_with("firewall ippool")) return listed(pool_settings, name);
    if (path == "firewall central-snat-map") return listed(central_settings, name);
    if (path.starts_with("firewall local-in-policy")) return listed(local_settings, name);
    if (path.starts_with("firewall")) return listed(policy_settings, name);
    if (path.starts_with("router")) return listed(route_settings, name);
    if (path == "system zone") return listed(zone_settings, name);
    if (path.starts_with("system sdwan") || path.starts_with("system virtual-wan-link"))
        return listed(wan_settings, name);
    return false;
}

/// Tables that lowering reads.
constexpr std::string_view read_tables = R"(
firewall address, firewall address6, firewall address6-template, firewall addrgrp, firewall addrgrp6,
firewall service custom, firewall service group, firewall vip, firewall vip6, firewall vipgrp, firewall vipgrp6,
firewall ippool, firewall ippool6, firewall policy, firewall policy6, firewall consolidated policy,
firewall security-policy, firewall central-snat-map, firewall local-in-policy, firewall local-in-policy6,
router static, router static6, router policy, router policy6, system interface, system zone, system settings,
system sdwan, system virtual-wan-link, system email-server, log setting,
)";
/// Tables inside entries that decide nothing.
constexpr std::string_view inert_inside = R"(
tagging, health-check, neighbor, duplication, health-check-fortiguard, fail-alert-interfaces, l2tp-client-settings,
client-options, dhcp-snooping-server-list, egress-queues, vrrp, ssl-cipher-suites, ssl-server-cipher-suites, quic,
gslb-public-ips, sla, monitor, realservers, fsso-group, list,
)";

class Walk {
public:
    Walk(std::int64_t device, base::Diagnostics& diagnostics) : device_(device), diagnostics_(diagnostics) {}

    void scope(const Entry& root) {
        for (const auto& t : root.tables) table(t);
    }

private:
    void say(Span span, std::string message, Influence influence) {
        not_understood(diagnostics_, span, std::move(message), influence);
        diagnostics_.back().device = device_;
    }
    static bool empty(const Table& t) {
        return t.entries.empty() && t.own.settings.empty() &&
               std::all_of(t.own.tables.begin(), t.own.tables.end(), [](const Table& inner) { return empty(inner); });
    }

    void table(const Table& t) {
        if (empty(t)) return;
        for (const auto& u : unread_tables)
            if (t.path == u.path)
                return say(t.span, fmt::format("`config {}` is not analysed: {}", t.path, u.what), u.influence);
        if (listed(read_tables, t.path)) {
            entry(t.path, t.own, true);
            for (const auto& e : t.entries) entry(t.path, e, false);
            return;
        }
        if (any_item(inert_tables, [&](std::string_view top) { return below(t.path, top); })) return;
        say(t.span, fmt::format("`config {}` is not known", t.path), Influence::everything);
    }
    /// Objects that no policy uses decide nothing.
    void entry(std::string_view path, const Entry& e, bool whole) {
        if (!whole && !e.read) return;
        for (const auto& s : e.settings)
            if (!s.read && !inert_setting(path, s))
                say(s.span, fmt::format("`set {}` of `config {}` is not analysed", s.name, path),
                    Influence::everything);
        for (const auto& t : e.tables) {
            if (empty(t) || path == "system interface" || path == "system settings") continue;
            if (listed(inert_inside, t.path)) continue;
            if (!t.read) {
                say(t.span, fmt::format("`config {}` inside `config {}` is not analysed", t.path, path),
                    Influence::everything);
                continue;
            }
            entry(path, t.own, true);
            for (const auto& inner : t.entries) entry(path, inner, false);
        }
    }

    std::int64_t device_;
    base::Diagnostics& diagnostics_;
};

}  // namespace

void report_unread(const Scope& scope, std::int64_t device, base::Diagnostics& diagnostics) {
    Walk(device, diagnostics).scope(scope.root);
}

}  // namespace egresslint::dialects::fortios
