// SPDX-License-Identifier: Apache-2.0
// What config.xml says, taken apart but not interpreted: both products' trees (the legacy sections and OPNsense's
// models under <OPNsense>) become these structures. Values are kept as written; flags are decided as the product
// decides them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/source.hpp"

namespace egresslint::dialects::pfsense {

enum class Product { pfsense, opnsense };

struct Interface {
    std::string key;     ///< "wan", "lan", "opt1": how the rest of the configuration names it
    std::string device;  ///< "igb0"
    std::string description;
    base::Span span;
    bool enabled = false;
    bool is_virtual = false;                     ///< OPNsense keeps entries for enc0, openvpn, wireguard and lo0
    std::string address, bits, address6, bits6;  ///< an address, or how it is got: "dhcp", "pppoe", "track6" …
    std::string gateway, gateway6;               ///< names of gateways
    bool block_private = false, block_bogons = false;
    base::Span block_private_span, block_bogons_span;
    bool no_nat = false;
    std::string alias_address, alias_bits;  ///< fixed address beside the one from DHCP
};

struct VirtualAddress {
    std::string interface, mode, address, bits;
    base::Span span;
};

struct Gateway {
    std::string name, interface, address, protocol = "inet";
    bool is_default = false, disabled = false, upstream = true;
    int priority = 255, weight = 1;
    base::Span span;
};
struct GatewayGroup {
    std::string name;
    std::vector<std::pair<std::string, int>> members;  ///< gateway, tier (lower is used first)
    base::Span span;
};
struct StaticRoute {
    std::string network, gateway;
    bool disabled = false;
    base::Span span;
};

struct InterfaceGroup {
    std::string name;
    std::vector<std::string> members;
    int sequence = 0;
    base::Span span;
};

struct Alias {
    std::string name, type;
    std::vector<std::string> entries;
    bool enabled = true;
    base::Span span;
};

/// An element of a rule that is not understood: whether the rule matches may hang on it.
struct Unknown {
    std::string name;
    base::Span span;
};

/// Source or destination as written.
struct Endpoint {
    std::vector<Unknown> unknown;
    bool given = false;
    bool negated = false;
    std::vector<std::string>
        values;        ///< "any", "lan", "lanip", "(self)", an alias, an address; several in OPNsense only
    std::string port;  ///< "", "25", "25-26", an alias, a well-known name
};

/// What rules of every kind have.
struct RuleBase {
    base::Span span;
    std::string description;
    bool disabled = false;
    bool log = false;
    std::vector<std::string> interfaces;
    bool interface_negated = false;
    std::string ip_protocol;  ///< inet, inet6, inet46, "": the product's default
    std::string protocol;     ///< lower case; "" or "any": all
    Endpoint source, destination;
    std::string tag, tagged;
    bool not_tagged = false;
    std::vector<Unknown> unknown;
};

struct FilterRule : RuleBase {
    std::string type = "pass";  ///< pass, block, reject, match
    bool floating = false;
    bool quick = true;
    std::string direction = "in";  ///< in, out, any
    std::string gateway;
    std::string schedule;
    std::vector<std::string> icmp_types, icmp6_types;
    bool any_flags = false;
    std::string flags_set, flags_of;
    std::vector<std::string> conditions;  ///< properties of the packet that are not modelled: "os Linux"
    std::vector<std::string> limits;      ///< state limits: what is above them is blocked
    long priority = 0;                    ///< order between kinds of rules, lower first
    long sequence = 0;
};

/// Outbound NAT; also OPNsense's one-to-one rules of type "nat".
struct SourceRule : RuleBase {
    bool keep = false;        ///< "no nat"
    std::string target;       ///< "": the interface's address
    std::string target_port;  ///< "": 1024 to 65535
    bool static_port = false;
    std::string pool;
};

struct PortForward : RuleBase {
    bool keep = false;  ///< "no rdr"
    std::string target, local_port;
    bool pass = false;           ///< passes without a filter rule
    bool register_rule = false;  ///< OPNsense: a pass rule is made for it at the end of the filter
    std::string reflection;      ///< "", enable, purenat, disable
    long sequence = 0;
    bool destination_any = false;
};

struct OneToOne : RuleBase {
    bool keep = false;  ///< "no binat"
    std::string external;
    std::string reflection;
    long sequence = 0;
};
struct PrefixTranslation : RuleBase {
    std::string track;  ///< OPNsense: the interface whose prefix is taken where the destination is empty
    long sequence = 0;
};

/// A tunnel of the kernel's own policies: what its selectors match never reaches routing.
struct Tunnel {
    std::string local, remote;  ///< networks; "" : not plain ones
    base::Span span;
};

/// A route that a tunnel makes.
struct TunnelRoute {
    std::string network, device;
    base::Span span;
};

struct Config {
    Product product = Product::pfsense;
    std::string host;
    base::Span root;
    std::vector<Interface> interfaces;
    std::vector<VirtualAddress> virtual_addresses;
    std::vector<Gateway> gateways;
    std::vector<GatewayGroup> gateway_groups;
    std::vector<StaticRoute> routes;
    std::string default4, default6;  ///< gateways/defaultgw4: a gateway, a group, "-" for none, "" for the first
    std::vector<InterfaceGroup> groups;
    std::vector<Alias> aliases;
    std::map<std::string, base::Span> schedules;

    std::vector<FilterRule> filter;
    std::vector<SourceRule> source_rules;
    std::string outbound_mode = "automatic";
    base::Span outbound_span;
    std::vector<PortForward> forwards;
    std::vector<OneToOne> one_to_one;
    std::vector<SourceRule> one_to_one_nat;  ///< OPNsense's one-to-one rules of type nat: after every outbound rule
    std::vector<PrefixTranslation> prefixes;

    std::vector<Tunnel> tunnels;
    std::vector<TunnelRoute> tunnel_routes;
    std::vector<std::pair<std::string, base::Span>> tunnel_networks;  ///< of VPN clients, for automatic outbound NAT
    std::vector<std::string> remote_networks;                         ///< behind VPNs: policy routing leaves them alone
    base::Span openvpn_span, ipsec_span, wireguard_span;
    bool openvpn = false, ipsec = false, wireguard = false;

    base::Span filter_span;
    bool no_filter = false;
    bool ipv6 = true;
    bool block_link_local = true;
    bool log_default_block = true;
    bool antilockout = true;
    std::string web_port = "443";
    bool web_redirect = false;
    std::string ssh_port = "22";
    bool ssh = false;
    bool reflection = false, reflection_pure = true, reflection_binat = false, reflection_helper = false;
    bool force_gateway = true;  ///< packets with an interface's own address leave by that interface
    bool switch_default = false;
    bool negate_vpn = true;
    bool skip_rules_gateway_down = false;
    bool intrusion_blocking = false;
};

}  // namespace egresslint::dialects::pfsense
