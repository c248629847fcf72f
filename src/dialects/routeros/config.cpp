// SPDX-License-Identifier: Apache-2.0
#include "dialects/routeros/config.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace egresslint::dialects::routeros {
namespace {

constexpr unsigned deepest_lists = 32;

void collect(const Config& config, const std::string& list, std::set<std::string>& out, unsigned depth) {
    const auto at = config.interface_lists.find(list);
    if (at == config.interface_lists.end() || depth > deepest_lists) return;
    out.insert(at->second.members.begin(), at->second.members.end());
    for (const std::string& other : at->second.include) collect(config, other, out, depth + 1);
    for (const std::string& other : at->second.exclude) {
        std::set<std::string> gone;
        collect(config, other, gone, depth + 1);
        for (const std::string& name : gone) out.erase(name);
    }
}

class Gatherer {
public:
    Gatherer(Builder& b, base::Diagnostics& diagnostics) : b_(b), diagnostics_(diagnostics) {}

    void read(const Statement& s) {
        if (s.command == "remove" && s.path.ends_with("firewall address-list")) return removed(s);
        if (s.command != "add") return;
        if (s.path == "ip firewall address-list") return address(s, Family::v4, config.lists4);
        if (s.path == "ipv6 firewall address-list") return address(s, Family::v6, config.lists6);
        if (s.path == "interface list") return interface_list(s);
        if (s.path == "interface list member") return member(s);
        if (s.path == "interface bridge port") return port(s);
        if (s.path == "ip ipsec policy") return policy(s);
        if (s.path == "ip ipsec peer" || s.path == "ip ipsec identity") return peer(s);
        if (s.path == "routing table") return table(s);
        kinds(s);
    }

    Config config;

private:
    void address(const Statement& s, Family family, std::map<std::string, AddressList>& lists) {
        s.read = true;
        const std::string name = s.value("list"), text = s.value("address");
        if (!lists.contains(name)) b_.define(family == Family::v4 ? "address list" : "IPv6 address list", name, s.span);
        AddressList& list = lists[name];
        if (!list.span.valid()) list.span = s.span;
        if (s.disabled()) return;
        if (const auto some = addresses_of(text); some && some->first == family)
            list.values = list.values.unite(IntervalSet::range(some->second.first, some->second.last));
        else
            list.names = true;
    }
    /// `remove [ find list=X ]` in front of a list that is written anew. Any other search may hit anything.
    void removed(const Statement& s) {
        s.read = true;
        auto& lists = s.path.starts_with("ipv6") ? config.lists6 : config.lists4;
        std::string words;
        for (const char ch : s.find)
            if (ch != '[' && ch != ']' && ch != '"') words += ch;
        const auto parts = split(words, ' ');
        const bool of_list = parts.size() == 2 && parts[0] == "find" && parts[1].starts_with("list=");
        for (auto& [name, list] : lists) {
            if (of_list && parts[1].substr(5) == name)
                list.values = {}, list.names = false;
            else if (!of_list)
                list.names = true;
        }
    }
    void interface_list(const Statement& s) {
        s.read = true;
        const std::string name = s.value("name");
        b_.define("interface list", name, s.span);
        InterfaceList& list = config.interface_lists[name];
        list.span = s.span;
        for (const std::string& other : split(s.value("include"), ',')) list.include.push_back(other);
        for (const std::string& other : split(s.value("exclude"), ',')) list.exclude.push_back(other);
    }
    void member(const Statement& s) {
        s.read = true;
        if (s.disabled()) return;
        const std::string name = s.value("list");
        // The lists of the default configuration are not always exported.
        if (!config.interface_lists.contains(name)) {
            b_.define("interface list", name, s.span);
            config.interface_lists[name].span = s.span;
        }
        config.interface_lists[name].members.push_back(s.value("interface"));
    }
    void port(const Statement& s) {
        s.read = true;
        if (!s.disabled()) config.bridge_of[s.value("interface")] = s.value("bridge");
    }
    void policy(const Statement& s) {
        s.read = true;
        if (s.disabled()) return;
        IpsecPolicy p;
        p.unknown = s.yes("template");
        const auto src = addresses_of(s.value("src-address", "0.0.0.0/0"));
        const auto dst = addresses_of(s.value("dst-address", "0.0.0.0/0"));
        if (!src || !dst || src->first != dst->first) {
            p.unknown = true;
        } else {
            p.family = src->first;
            p.src = IntervalSet::range(src->second.first, src->second.last);
            p.dst = IntervalSet::range(dst->second.first, dst->second.last);
        }
        config.policies.push_back(std::move(p));
    }
    void peer(const Statement& s) {
        s.read = true;
        // Peers make policies of their own where they may.
        if (!s.disabled() && (s.value("generate-policy", "no") != "no" || s.get("mode-config") != nullptr))
            config.policies.push_back({Family::v4, {}, {}, true});
    }
    void table(const Statement& s) {
        s.read = true;
        static_cast<void>(mark_of(config.routing_marks, s.value("name")));
    }
    void kinds(const Statement& s) {
        if (!s.path.starts_with("interface ")) return;
        const std::string kind = s.path.substr(10), name = s.value("name");
        if (name.empty()) return;
        const bool ppp = kind.starts_with("ppp") || kind.starts_with("l2tp") || kind.starts_with("sstp") ||
                         kind.starts_with("ovpn") || kind.starts_with("pptp");
        config
            .of_kind[ppp                                              ? "ppp"
                     : kind == "vlan"                                 ? "vlan"
                     : kind == "wireless" || kind.starts_with("wifi") ? "wireless"
                                                                      : kind]
            .insert(name);
    }

    Builder& b_;
    base::Diagnostics& diagnostics_;
};

/// Menus in which nothing says what becomes of a packet that the router forwards.
constexpr std::string_view inert_menus[] = {"system",
                                            "user",
                                            "tool",
                                            "queue",
                                            "snmp",
                                            "certificate",
                                            "file",
                                            "log",
                                            "lcd",
                                            "led",
                                            "disk",
                                            "iot",
                                            "container",
                                            "zerotier",
                                            "console",
                                            "ip dns",
                                            "ip dhcp-server",
                                            "ip pool",
                                            "ip service",
                                            "ip ssh",
                                            "ip neighbor",
                                            "ip cloud",
                                            "ip smb",
                                            "ip tftp",
                                            "ip traffic-flow",
                                            "ip accounting",
                                            "ip arp",
                                            "ip settings",
                                            "ip dhcp-relay",
                                            "ip kid-control",
                                            "ip media",
                                            "ip nat-pmp",
                                            "ip vrrp",
                                            "ip firewall service-port",
                                            "ip firewall layer7-protocol",
                                            "ip firewall calea",
                                            "ipv6 dhcp-server",
                                            "ipv6 nd",
                                            "ipv6 pool",
                                            "ipv6 settings",
                                            "ipv6 neighbor",
                                            "ppp profile",
                                            "ppp secret",
                                            "ppp aaa",
                                            "radius",
                                            "caps-man",
                                            "port",
                                            "special-login",
                                            "partitions",
                                            "mpls",
                                            "ip ipsec profile",
                                            "ip ipsec proposal",
                                            "ip ipsec settings",
                                            "ip ipsec policy group",
                                            "ip ipsec key",
                                            "interface ethernet",
                                            "interface bridge",
                                            "interface wireless",
                                            "interface wifi",
                                            "interface wifiwave2",
                                            "interface vlan",
                                            "interface list",
                                            "interface bonding",
                                            "interface vrrp",
                                            "interface lte",
                                            "interface detect-internet",
                                            "interface l2tp-server",
                                            "interface pptp-server",
                                            "interface sstp-server",
                                            "interface ovpn-server",
                                            "interface pppoe-server",
                                            "interface ppp-server",
                                            "interface eoip",
                                            "interface gre",
                                            "interface ipip",
                                            "interface 6to4",
                                            "interface wireguard",
                                            "interface veth",
                                            "interface macvlan",
                                            "interface mesh",
                                            "interface macsec",
                                            "interface pppoe-client",
                                            "interface l2tp-client",
                                            "interface pptp-client",
                                            "interface sstp-client",
                                            "interface ovpn-client",
                                            "interface ppp-client",
                                            "interface vxlan",
                                            "interface w60g",
                                            "interface dot1x",
                                            "interface ethernet switch",
                                            "interface gre6",
                                            "interface ipipv6",
                                            "interface eoipv6",
                                            "interface virtual-ethernet",
                                            "interface loopback",
                                            "ip proxy",
                                            "ip socks",
                                            "ip hotspot profile",
                                            "ip hotspot user",
                                            "ip hotspot service-port",
                                            "ip hotspot ip-binding",
                                            "ip web-proxy",
                                            "ip packing",
                                            "ip reverse-proxy",
                                            "routing id",
                                            "routing settings"};
/// … although they stand below one of those.
constexpr std::string_view deciding_menus[] = {"interface bridge filter", "interface bridge nat",
                                               "interface ethernet switch rule", "ip hotspot ip-binding"};

bool below(std::string_view path, std::string_view menu) {
    return path == menu || (path.starts_with(menu) && path[menu.size()] == ' ');
}
template <class List>
bool among(std::string_view path, const List& menus) {
    return std::any_of(std::begin(menus), std::end(menus), [&](std::string_view m) { return below(path, m); });
}

}  // namespace

std::set<std::string> Config::members(const std::string& list) const {
    std::set<std::string> out;
    collect(*this, list, out, 0);
    return out;
}

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> out;
    while (!text.empty()) {
        const auto at = text.find(separator);
        if (at != 0) out.emplace_back(text.substr(0, at));
        if (at == std::string_view::npos) break;
        text.remove_prefix(at + 1);
    }
    return out;
}

std::optional<std::pair<Family, Interval>> addresses_of(std::string_view text) {
    if (const auto dash = text.find('-'); dash != std::string_view::npos) {
        const auto first = base::parse_address(text.substr(0, dash)), last = base::parse_address(text.substr(dash + 1));
        if (!first || !last || first->family != last->family || first->bits > last->bits) return std::nullopt;
        return std::pair(first->family, Interval{first->bits, last->bits});
    }
    const auto slash = text.find('/');
    const auto address = base::parse_address(text.substr(0, slash));
    if (!address) return std::nullopt;
    const unsigned width = base::address_bits(address->family);
    unsigned length = width;
    if (slash != std::string_view::npos) {
        const auto n = numbers_of(text.substr(slash + 1), width);
        if (!n || !n->single_value()) return std::nullopt;
        length = static_cast<unsigned>(*n->single_value());
    }
    const Prefix p = base::make_prefix(*address, length);
    return std::pair(address->family, Interval{p.first(), p.last()});
}

std::optional<IntervalSet> numbers_of(std::string_view text, std::uint32_t most) {
    std::vector<Interval> out;
    const auto number = [&](std::string_view digits) -> std::optional<std::uint32_t> {
        if (digits.empty() || digits.size() > 9) return std::nullopt;
        std::uint32_t n = 0;
        for (const char c : digits) {
            if (c < '0' || c > '9') return std::nullopt;
            n = n * 10 + static_cast<std::uint32_t>(c - '0');
        }
        return n <= most ? std::optional(n) : std::nullopt;
    };
    for (const std::string& part : split(text, ',')) {
        const auto dash = part.find('-');
        const auto first = number(std::string_view(part).substr(0, dash));
        const auto last = dash == std::string::npos ? first : number(std::string_view(part).substr(dash + 1));
        if (!first || !last || *first > *last) return std::nullopt;
        out.push_back({*first, *last});
    }
    if (out.empty()) return std::nullopt;
    return IntervalSet(std::move(out));
}

std::uint32_t mark_of(std::map<std::string, std::uint32_t>& marks, const std::string& name) {
    return marks.emplace(name, static_cast<std::uint32_t>(marks.size() + 1)).first->second;
}

Config gather(Builder& b, const std::vector<const Statement*>& statements, base::Diagnostics& diagnostics) {
    Gatherer g(b, diagnostics);
    // Lists first: their members may stand before them.
    for (const Statement* s : statements)
        if (s->path == "interface list") g.read(*s);
    for (const Statement* s : statements)
        if (s->path != "interface list") g.read(*s);
    for (const Statement* s : statements) {
        if (s->command != "add" || !s->value("action").starts_with("add-")) continue;
        if (s->path.starts_with("ip firewall ")) g.config.lists4[s->value("address-list")].written = true;
        if (s->path.starts_with("ipv6 firewall ")) g.config.lists6[s->value("address-list")].written = true;
    }
    return std::move(g.config);
}

void report_unread(const std::vector<const Statement*>& statements, base::Diagnostics& diagnostics) {
    std::set<std::string> said;
    for (const Statement* s : statements) {
        if (s->read || s->command == "print" || s->command == "export" || s->command == "comment") continue;
        const bool decides = among(s->path, deciding_menus);
        if (!decides && among(s->path, inert_menus)) continue;
        if (s->path == "script") {
            const bool prints =
                s->command == ":put" || s->command == ":log" || s->command == ":delay" || s->command == ":beep";
            if (!prints)
                not_understood(diagnostics, s->span,
                               fmt::format("the script command {} is not run; give the output of /export", s->command));
            continue;
        }
        if (s->disabled()) continue;
        not_understood(diagnostics, s->span, fmt::format("/{} {} is not understood", s->path, s->command));
    }
}

}  // namespace egresslint::dialects::routeros
