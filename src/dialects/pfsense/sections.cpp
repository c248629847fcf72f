// SPDX-License-Identifier: Apache-2.0
// Sections of config.xml that are not interpreted: which of them decide no packet, and which could. What stands in
// neither list is reported as not understood.
#include <map>

#include "dialects/pfsense/parse.hpp"

namespace egresslint::dialects::pfsense {
namespace {

/// Decide no packet that is forwarded, translated or routed: user interface, services of the device, certificates.
constexpr std::string_view inert =
    "version lastchange theme revision trigger_initial_wizard trigger_initial_setup widgets rrd cron wol ntpd snmpd "
    "diag "
    "syslog dnsmasq unbound dyndnses dyndns notifications hasync ca cert crl cas certs wizardtemp mailreports sysctl "
    "shaper ezshaper dnshaper voucher dhcpd dhcpdv6 dhcp6c dhcpbackend kea dhcrelay dhcrelay6 vlans qinqs laggs gres "
    "gifs ppps wireless proxyarp sshdata system tests hostname interfaces virtualip gateways staticroutes ifgroups "
    "aliases schedules filter nat openvpn bridge user group backup dhcpd6 rfc2136 igmpproxy pppoes l2tp pptpd pptp "
    "pppoe bigpond ovpn timeservers captiveportal_vouchers igmp separator openntpd sshd webgui";

constexpr std::string_view inert_models =
    "captiveportal_templates cron Netflow Syslog TrafficShaper monit Kea DHCRelay QemuGuestAgent AcmeClient bind "
    "chrony "
    "radvd unboundplus OpenVPNExport wireguard OpenVPN IPsec Swanctl Backup dyndns DynDNS Nginx HAProxy Dnsmasq "
    "ddclient "
    "trust Trust freeradius netdata NodeExporter Telegraf zabbixagent ZabbixAgent NetSNMP lldpd mdnsrepeater "
    "UDPBroadcastRelay vnstat collectd puppetagent Freeradius dnscryptproxy ClamAV clamav rspamd nut Smart "
    "GitBackup git Hostdiscovery hostdiscovery SyslogNG Auth auth Postfix postfix Maltrail ntopng redis Sensei "
    "LANplus CaddyReverseProxy caddy Tinc stunnel Stunnel Ndproxy ndproxy iperf Iperf";

bool enabled(const Element& e) {
    for (const char* const name : {"enable", "enabled"})
        if (const std::string value = e.text(name); value == "1" || value == "on" || value == "yes") return true;
    for (const char* const name : {"general", "config"})
        if (const Element below = e.child(name); below && enabled(below)) return true;
    return false;
}

struct Effect {
    std::string_view section;
    base::Influence influence;
    std::string_view what;
};
using base::Influence;

/// Packages and services that act on packets when they are switched on.
const Effect effects[] = {
    {"captiveportal", Influence::filter, "the captive portal lets hosts pass after they log in"},
    {"load_balancer", Influence::destination, "the load balancer redirects connections"},
    {"relayd", Influence::destination, "the load balancer redirects connections"},
    {"proxy", Influence::destination, "the web proxy may take connections over"},
    {"IDS", Influence::filter, "intrusion prevention may drop packets"},
    {"quagga", Influence::routing, "routes are learned at run time"},
    {"bridges", Influence::filter, "bridges: which of their interfaces filters is decided by system tunables"},
    {"tayga", Influence::source, "NAT64 translates packets"},
    {"zerotier", Influence::routing, "routes are learned at run time"},
    {"tailscale", Influence::routing, "routes are learned at run time"},
};

}  // namespace

void Parser::sections(const Element& root) {
    for (const Effect& effect : effects)
        for (const Element& e : root.all(effect.section)) {
            bool on = enabled(e);
            for (const Element& below : e.children()) on = on || below.has("enable");
            if (effect.section == "bridges") on = e.has("bridged");
            if (effect.section == "load_balancer") on = e.has("virtual_server");
            if (on)
                not_understood(e.span(), "<" + std::string(effect.section) + ">: " + std::string(effect.what),
                               effect.influence);
        }
    root.ignore(inert);
    for (const Element& packages : root.all("installedpackages")) {
        packages.ignore(
            "menu service package tab pfblockerng* acme cron filer nut* apcupsd arping avahi bandwidthd backup "
            "blinkled "
            "darkstat freeradius* iperf mtr* netio nmap notes ntopng openvpn* rrd* servicewatchdog shellcmd* sudo "
            "syslogng* systempatches lldpd cellular telegraf zabbix* nrpe* bind* haproxy* squidguard* lightsquid "
            "mailreport wol* statuspage lcdproc* autoconfigbackup vnstat* aws* bacula* tftpd dansguardian* softflowd "
            "sarg* stunnel* siproxd* imspector* filemgr varnish* pimd* postfix* spamd* gwled openbgpd_raw "
            "openvmtools* iftop aliasmenu carp* udpbroadcastrelay* wireguard_raw node_exporter* nexus cert* "
            "squidantivirus squidauth squidcache squidnac squidremote squidreversegeneral squidreversepeer "
            "squidreverseredir squidreversesync squidreverseuri squidsync squidtraffic squidusers email* bgpd* "
            "snortsync suricatasync suricata_sync wizardtemp vpn_openvpn_export*");
        for (const Element& all : packages.all("squid"))
            for (const Element& squid : all.all("config")) web_proxy(squid);
        // Interfaces of tunnels; the package makes no routes.
        for (const Element& all : packages.all("wireguard"))
            for (const Element& tunnels : all.all("tunnels"))
                for (const Element& tunnel : tunnels.all("item"))
                    if (tunnel.text("enabled") == "yes" || tunnel.text("enabled") == "on") {
                        config_.wireguard = true;
                        config_.wireguard_span = tunnel.span();
                    }
        for (const Element& snort : packages.all("snortglobal"))
            config_.intrusion_blocking = config_.intrusion_blocking || !snort.children().empty();
        for (const Element& suricata : packages.all("suricata"))
            config_.intrusion_blocking = config_.intrusion_blocking || !suricata.children().empty();
        for (const Element& e : packages.unread()) {
            bool on = enabled(e);
            // A package that says whether it is on is believed; of the others what they hold counts.
            for (const Element& below : e.children()) {
                const bool says = below.has("enable") || below.has("enabled");
                on = on || (says ? enabled(below) : !below.children().empty());
            }
            e.mark();
            if (on)
                not_understood(e.span(),
                               "the package section <" + std::string(e.name()) +
                                   "> is not understood: it may change routes, rules or translations",
                               Influence::everything);
        }
    }
    for (const Element& ipsec : root.all("ipsec")) ipsec.mark();
    for (const Element& models : root.all("OPNsense"))
        if (!opnsense()) not_understood(models.span(), "<OPNsense> in a pfSense configuration", Influence::everything);
    for (const Element& left : root.unread())
        not_understood(left.span(), "the section <" + std::string(left.name()) + "> is not understood",
                       left.children().empty() && left.text().empty() ? Influence::nothing : Influence::everything);
}

/// pfSense's squid package in its transparent mode: web traffic of the named interfaces goes to the proxy.
void Parser::web_proxy(const Element& squid) {
    if (squid.text("enable_squid") != "on" && !squid.text("enable_squid").empty()) return;
    if (squid.text("transparent_proxy") != "on") return;
    const auto redirect = [&](const std::string& interfaces, const char* port, const std::string& local) {
        if (interfaces.empty()) return;
        PortForward rule;
        rule.span = squid.span();
        rule.description = "web proxy";
        rule.interfaces = families::xml::words(interfaces, ", ");
        rule.ip_protocol = "inet";
        rule.protocol = "tcp";
        rule.source.values = {"any"};
        rule.destination.values = {"(self)"};
        rule.destination.negated = true;
        rule.source.given = rule.destination.given = true;
        rule.destination.port = port;
        rule.target = "127.0.0.1";
        rule.local_port = local;
        rule.pass = true;
        rule.reflection = "disable";
        config_.forwards.push_back(std::move(rule));
    };
    const std::string port = squid.text("proxy_port"), ssl = squid.text("ssl_proxy_port");
    redirect(squid.text("transparent_active_interface"), "80", port.empty() ? "3128" : port);
    if (squid.text("ssl_proxy") == "on")
        redirect(squid.text("ssl_active_interface"), "443", ssl.empty() ? "3129" : ssl);
}

/// Instances, and the networks of their peers, to which they make routes unless told not to.
void Parser::wireguard(const Element& section) {
    std::map<std::string, std::vector<std::string>> peers;
    for (const Element& clients : section.child("client").all("clients"))
        for (const Element& client : clients.all("client"))
            if (flag(client, "enabled"))
                peers[client.attribute("uuid")] = families::xml::words(client.text("tunneladdress"), ", \t\r\n");
    for (const Element& servers : section.child("server").all("servers"))
        for (const Element& server : servers.all("server")) {
            if (!flag(server, "enabled")) continue;
            config_.wireguard = true;
            config_.wireguard_span = server.span();
            std::vector<std::string> networks = families::xml::words(server.text("tunneladdress"), ", \t\r\n");
            if (!flag(server, "disableroutes"))
                for (const std::string& peer : families::xml::words(server.text("peers"), ", \t\r\n"))
                    networks.insert(networks.end(), peers[peer].begin(), peers[peer].end());
            for (std::string& network : networks)
                config_.tunnel_routes.push_back({std::move(network), "wg" + server.text("instance"), server.span()});
        }
}

void Parser::model_sections(const Element& list) {
    for (const Effect& effect : effects)
        for (const Element& e : list.all(effect.section)) {
            bool on = enabled(e);
            for (const Element& zones : e.all("zones")) on = on || !zones.children().empty();
            if (on)
                not_understood(e.span(), "<" + std::string(effect.section) + ">: " + std::string(effect.what),
                               effect.influence);
        }
    for (const Element& all : list.all("wireguard")) wireguard(all);
    for (const Element& all : list.child("OpenVPN").all("Instances"))
        for (const Element& instance : all.all("Instance"))
            if (flag(instance, "enabled")) {
                config_.openvpn = true;
                config_.openvpn_span = instance.span();
                if (const std::string net = instance.text("server"); !net.empty())
                    config_.remote_networks.push_back(net);
            }
    for (const Element& all : list.child("Swanctl").all("children"))
        for (const Element& e : all.all("child"))
            if (flag(e, "enabled") && e.text("mode") != "transport" && e.text("policies") != "0") {
                config_.ipsec = true;
                config_.ipsec_span = e.span();
                for (const std::string& local : families::xml::words(e.text("local_ts"), ", \t\r\n"))
                    for (const std::string& remote : families::xml::words(e.text("remote_ts"), ", \t\r\n"))
                        config_.tunnels.push_back({local, remote, e.span()});
            }
    list.ignore(inert_models);
    for (const Element& left : list.unread()) {
        bool on = enabled(left);
        left.mark();
        if (on)
            not_understood(left.span(), "the section <" + std::string(left.name()) + "> is not understood",
                           Influence::everything);
    }
}

}  // namespace egresslint::dialects::pfsense
