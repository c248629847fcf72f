// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>

#include "base/address.hpp"
#include "dialects/pfsense/parse.hpp"

namespace egresslint::dialects::pfsense {
namespace {

using families::xml::words;

int number(const std::string& text, int otherwise) {
    int out = otherwise;
    (void)std::from_chars(text.data(), text.data() + text.size(), out);
    return out;
}

bool empty_for_php(const std::string& text) { return text.empty() || text == "0"; }

}  // namespace

bool Parser::flag(const Element& parent, std::string_view name) const {
    const Element e = parent.child(name);
    if (!e) return false;
    return opnsense() ? !empty_for_php(e.text()) : true;
}

void Parser::not_understood(base::Span where, std::string message, base::Influence influence) {
    base::Diagnostic d;
    d.code = "EL901";
    d.span = where;
    d.message = std::move(message);
    d.influence = influence;
    diagnostics_.push_back(std::move(d));
}

void Parser::leftovers(const Element& e, std::string_view inert, std::string_view what, base::Influence influence) {
    e.ignore(inert);
    for (const Element& left : e.unread())
        not_understood(left.span(), "<" + std::string(left.name()) + "> of " + std::string(what) + " is not understood",
                       influence);
}

void Parser::doubts(const Element& e, std::string_view inert, std::vector<Unknown>& unknown) {
    e.ignore(inert);
    for (const Element& left : e.unread()) unknown.push_back({std::string(left.name()), left.span()});
}

Config Parser::parse(const Element& root) {
    config_.root = root.span();
    system(root);
    interfaces(root);
    for (const Element& e : root.all("virtualip")) virtual_addresses(e);
    for (const Element& e : root.all("gateways")) gateways(e);
    for (const Element& e : root.all("staticroutes")) routes(e);
    for (const Element& e : root.all("ifgroups")) groups(e);
    for (const Element& e : root.all("aliases")) aliases(e);
    for (const Element& e : root.all("schedules")) schedules(e);
    tunnels(root);
    for (const Element& e : root.all("filter")) filter(e);
    for (const Element& e : root.all("nat")) nat(e);
    if (opnsense())
        for (const Element& e : root.all("OPNsense")) models(e);
    sections(root);
    return std::move(config_);
}

void Parser::system(const Element& root) {
    const Element s = root.child("system");
    config_.host = s.text("hostname");
    config_.no_filter = opnsense() ? s.has("disablefilter") : flag(s, "disablefilter");
    if (!opnsense()) config_.ipv6 = s.has("ipv6allow");
    config_.block_link_local = !opnsense() && !s.has("no_apipa_block");
    const Element web = s.child("webgui");
    config_.antilockout = !web.has("noantilockout");
    config_.web_port = web.text("port");
    const bool plain = web.text("protocol") == "http";
    if (config_.web_port.empty()) config_.web_port = plain ? "80" : "443";
    config_.web_redirect = !plain && !web.has("disablehttpredirect");
    const Element ssh = s.child("ssh");
    config_.ssh = opnsense() ? ssh.has("enabled") : ssh.has("enable") || s.has("enablesshd");
    if (const std::string port = ssh.text("port"); !port.empty()) config_.ssh_port = port;
    // The value is "yes" when it is set at all.
    config_.reflection = !flag(s, "disablenatreflection");
    config_.reflection_pure = opnsense() || s.has("enablenatreflectionpurenat");
    config_.reflection_binat = flag(s, "enablebinatreflection");
    config_.reflection_helper = flag(s, "enablenatreflectionhelper");
    config_.force_gateway = opnsense() ? !flag(s, "pf_disable_force_gw") : true;
    config_.switch_default = flag(s, "gw_switch_default");
    config_.negate_vpn = !opnsense() && !s.has("disablenegate");
    config_.skip_rules_gateway_down = flag(s, "skip_rules_gw_down");
    config_.log_default_block = !root.child("syslog").has("nologdefaultblock");
    s.mark();
}

void Parser::interfaces(const Element& root) {
    const Element list = root.child("interfaces");
    for (const Element& e : list.children()) {
        e.mark();
        Interface i;
        i.key = std::string(e.name());
        i.span = e.span();
        i.device = e.text("if");
        i.description = e.text("descr");
        i.is_virtual = flag(e, "virtual");
        i.enabled = flag(e, "enable");
        // Before configuration version 5 the two basic interfaces could not be switched off.
        if (!opnsense() && (i.key == "wan" || i.key == "lan") && number(root.text("version"), 99) < 5) i.enabled = true;
        i.address = e.text("ipaddr");
        i.bits = e.text("subnet");
        i.address6 = e.text("ipaddrv6");
        i.bits6 = e.text("subnetv6");
        i.gateway = e.text("gateway");
        i.gateway6 = e.text("gatewayv6");
        if (i.gateway == "none") i.gateway.clear();
        if (i.gateway6 == "none") i.gateway6.clear();
        i.block_private = flag(e, "blockpriv");
        i.block_private_span = e.child("blockpriv").span();
        i.block_bogons = flag(e, "blockbogons");
        i.block_bogons_span = e.child("blockbogons").span();
        i.no_nat = flag(e, "nonat");
        i.alias_address = e.text("alias-address");
        i.alias_bits = e.text("alias-subnet");
        leftovers(e,
                  "mtu mss media mediaopt spoofmac dhcp* adv_* track6-* prefix-6rd* gateway-6rd bandwidth* descr lock "
                  "type networks internal_dynamic disableftpproxy pppoe* ppp* pptp* l2tp* provider* username password "
                  "local-ip remote-ip ondemand timeout slaacusev4iface ipv6usev4iface wireless hw_settings_overwrite "
                  "disablechecksumoffloading disablesegmentationoffloading disablelargereceiveoffloading disablevlan* "
                  "dhcphostname dhcprejectfrom aliases promisc identassoc hint bridge",
                  "interface " + i.key, base::Influence::everything);
        // Loopback is what the product makes it.
        if (i.device == "lo0" || i.key == "lo0") continue;
        config_.interfaces.push_back(std::move(i));
    }
}

void Parser::virtual_addresses(const Element& list) {
    for (const Element& e : list.all("vip")) {
        VirtualAddress v;
        v.span = e.span();
        v.interface = e.text("interface");
        v.mode = e.text("mode");
        v.address = e.text("subnet");
        v.bits = e.text("subnet_bits");
        leftovers(e,
                  "descr type advbase advskew vhid password uniqid range noexpand nobind gateway nosync peer peer6 "
                  "carp_* vrrp_*",
                  "a virtual address", base::Influence::nothing);
        if (!v.address.empty()) config_.virtual_addresses.push_back(std::move(v));
    }
    leftovers(list, "", "virtual addresses", base::Influence::everything);
}

void Parser::gateways(const Element& list) {
    config_.default4 = list.text("defaultgw4");
    config_.default6 = list.text("defaultgw6");
    for (const Element& e : list.all("gateway_item")) {
        Gateway g;
        g.span = e.span();
        g.name = e.text("name");
        g.interface = e.text("interface");
        g.address = e.text("gateway");
        if (const std::string p = e.text("ipprotocol"); !p.empty()) g.protocol = p;
        const std::string given = e.text("defaultgw");
        g.is_default = opnsense() ? !empty_for_php(given) : e.has("defaultgw");
        g.disabled = flag(e, "disabled") || flag(e, "force_down");
        g.priority = number(e.text("priority"), 255);
        g.weight = number(e.text("weight"), 1);
        leftovers(
            e,
            "descr monitor* interval loss_interval time_period alert_interval latencyhigh latencylow losshigh "
            "losslow data_payload data_length action_disable fargw nonlocalgateway avg_* down gw_down_kill_states "
            "dpinger_* current_* poll_interval killstates attribute",
            "gateway " + g.name, base::Influence::routing);
        if (!g.name.empty() && !g.interface.empty()) config_.gateways.push_back(std::move(g));
    }
    for (const Element& e : list.all("gateway_group")) {
        GatewayGroup g;
        g.span = e.span();
        g.name = e.text("name");
        for (const Element& item : e.all("item")) {
            const auto parts = words(item.text(), "|");
            // "NAME|TIER|address": tier 0 is "never".
            if (parts.size() >= 2 && number(parts[1], 0) > 0) g.members.emplace_back(parts[0], number(parts[1], 0));
        }
        leftovers(e, "trigger descr poolopts keep_failover_states", "gateway group " + g.name,
                  base::Influence::routing);
        config_.gateway_groups.push_back(std::move(g));
    }
    leftovers(list, "", "gateways", base::Influence::routing);
}

void Parser::routes(const Element& list) {
    for (const Element& e : list.all("route")) {
        StaticRoute r;
        r.span = e.span();
        r.network = e.text("network");
        r.gateway = e.text("gateway");
        r.disabled = flag(e, "disabled");
        if (opnsense() && e.has("enabled")) r.disabled = r.disabled || !flag(e, "enabled");
        leftovers(e, "descr uuid interface", "a static route", base::Influence::routing);
        if (!r.network.empty()) config_.routes.push_back(std::move(r));
    }
    leftovers(list, "", "static routes", base::Influence::routing);
}

void Parser::groups(const Element& list) {
    for (const Element& e : list.all("ifgroupentry")) {
        InterfaceGroup g;
        g.span = e.span();
        g.name = e.text("ifname");
        g.members = words(e.text("members"), " ,|\t\r\n");
        g.sequence = number(e.text("sequence"), 0);
        leftovers(e, "descr nogroup", "interface group " + g.name, base::Influence::filter);
        if (!g.name.empty()) config_.groups.push_back(std::move(g));
    }
    leftovers(list, "", "interface groups", base::Influence::filter);
}

void Parser::aliases(const Element& list) {
    for (const Element& e : list.all("alias")) {
        Alias a;
        a.span = e.span();
        a.name = e.text("name");
        a.type = e.text("type");
        if (a.type.empty()) a.type = "host";
        a.enabled = !e.has("enabled") || flag(e, "enabled");
        for (const char* const field : {"content", "address"})
            for (const Element& value : e.all(field))
                for (std::string& word : words(value.text(), " \t\r\n")) a.entries.push_back(std::move(word));
        leftovers(e,
                  "descr description detail updatefreq url aliasurl proto interface counters categories category "
                  "path_expression expire username password authtype current_items last_updated eval_* in_* out_* "
                  "domain_alias cert_*",
                  "alias " + a.name, base::Influence::everything);
        if (!a.name.empty()) config_.aliases.push_back(std::move(a));
    }
    leftovers(list, "", "aliases", base::Influence::everything);
}

void Parser::schedules(const Element& list) {
    for (const Element& e : list.all("schedule"))
        if (const std::string name = e.text("name"); !name.empty()) config_.schedules.emplace(name, e.span());
}

void Parser::tunnels(const Element& root) {
    const auto network = [](const Element& id) -> std::string {
        const std::string type = id.text("type"), address = id.text("address"), bits = id.text("netbits");
        if (type == "network") return address + "/" + bits;
        if (type == "address") return address;
        return type;  // "lan", "opt1", "none" …
    };
    const Element ipsec = root.child("ipsec");
    for (const Element& phase : ipsec.all("phase1"))
        if (!flag(phase, "disabled")) {
            config_.ipsec = true;
            config_.ipsec_span = phase.span();
        }
    if (ipsec.has("enable") && !config_.ipsec) config_.ipsec = !ipsec.all("phase1").empty();
    for (const Element& phase : ipsec.all("phase2")) {
        const std::string mode = phase.text("mode");
        if (!config_.ipsec || flag(phase, "disabled") || mode == "transport") continue;
        if (mode == "vti" || phase.has("natlocalid") || phase.has("mobile"))
            not_understood(phase.span(),
                           "this kind of IPsec tunnel (routed, translated or for mobile clients) is not modelled",
                           base::Influence::source | base::Influence::routing);
        Tunnel t{network(phase.child("localid")), network(phase.child("remoteid")), phase.span()};
        if (mode == "vti" || phase.has("mobile")) continue;
        if (!t.remote.empty() && t.remote != "none") config_.remote_networks.push_back(t.remote);
        config_.tunnels.push_back(std::move(t));
    }
    const Element client = ipsec.child("client");
    if (const std::string pool = client.text("pool_address"); client.has("enable") && !pool.empty()) {
        config_.tunnel_networks.emplace_back(pool + "/" + client.text("pool_netbits"), client.span());
        config_.remote_networks.push_back(pool + "/" + client.text("pool_netbits"));
    }
    const Element openvpn = root.child("openvpn");
    for (const char* const kind : {"openvpn-server", "openvpn-client"})
        for (const Element& e : openvpn.all(kind)) {
            if (flag(e, "disable")) continue;
            config_.openvpn = true;
            config_.openvpn_span = e.span();
            for (const std::string& net : words(e.text("tunnel_network"), ", \t\r\n")) {
                config_.tunnel_networks.emplace_back(net, e.span());
                config_.remote_networks.push_back(net);
            }
            for (const std::string& net : words(e.text("remote_network"), ", \t\r\n"))
                config_.remote_networks.push_back(net);
        }
}

}  // namespace egresslint::dialects::pfsense
