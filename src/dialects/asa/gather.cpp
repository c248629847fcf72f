// SPDX-License-Identifier: Apache-2.0
// Commands into a Config. A command is read by a handler, or it is in the table of those that decide no packet's way,
// or it is reported.
#include <algorithm>
#include <array>
#include <functional>

#include "dialects/asa/config.hpp"
#include "dialects/asa/words.hpp"

namespace egresslint::dialects::asa {
namespace {

using base::Influence;

// Known not to influence filtering, translation, routing or identity of what passes through: management, logging, what
// the device offers itself, timers, dynamic content inspection (NOTES.md says what that leaves out).
constexpr std::string_view inert =
    " parameters message-length "
    "Cryptochecksum: aaa-server access-session anyconnect app-agent arp as-path asdm asp auth-prompt "
    "banner boot call-home certificate checkheaps chunk-stat client-update clock cluster "
    "cmd-invalid-echo command-alias community-list compression config-register console coredump "
    "crashinfo ctl-file ctl-provider cts ddns descriptor dhcp-client dhcpd dhcprelay diameter dns "
    "dns-group dns-group-map dns-guard domain-name dynamic-access-policy-record dynamic-filter "
    "dynamic-map enable encryption end-interface event exit failover file filter fips floodguard "
    "flow-export fragment ftp ftp-map gdb group-delimiter group-policy help hpm http icmp igmp imap4s "
    "ip-address ip-client ipsec ipsec-udp ipv6-vpn-addr-assign isakmp jumbo-frame key lacp ldap license "
    "logout mac-address mac-list management-access memory mgcp-map monitor monitor-interface mount mpf "
    "mroute mtu multicast-routing nac-policy names netmod no-tcp ntp nve object-group-search pager "
    "passwd password pdm pim pki policy-list pop3s pppoe prefix-list privilege profile prompt quit quota "
    "radius-server regex remote-access resource route-map rtp saml sctp-map service service-module setup "
    "show sla smart-tunnel smtp-server smtps snmp snmp-map snmp-server snort ssh ssl sunrpc-server "
    "tcp-map telnet terminal tftp-server threat-detection timeout tls-proxy track tunnel-group "
    "tunnel-group-map url-block url-cache url-server user-identity username virtual vpdn vpn "
    "vpn-addr-assign vpn-sessiondb vpnsetup vxlan webvpn write xlate ";

/// Commands that, taken back by `no` or `clear`, would undo something of what the model is made of.
constexpr std::string_view undoable =
    " "
    "access-group access-list alias apply conduit established global interface nat object object-group "
    "outbound route same-security-traffic static ";

/// Words that a block of `interface` may hold besides what is read.
constexpr std::string_view interface_words =
    " "
    "allocate-interface authentication backup bfd channel-group cts delay description dhcp dhcprelay "
    "duplex eigrp failover fec flow flowcontrol forward hello-interval hold-time igmp keepalive lacp "
    "lldp load-interval mac-address max-bandwidth media-type member-interface mtu nameif_ negotiation no "
    "ospf pim policy poll-interval port-channel power pppoe redundant-interface rip snmp speed "
    "split-horizon standby summary-address switchport vlan ";

using families::cisco::one_of;

std::optional<base::Address> address_of(const Config& config, std::string_view word) {
    if (const auto known = config.names.find(word); known != config.names.end()) return known->second;
    return base::parse_address(word);
}

class Gatherer {
public:
    Gatherer(const Part& part, Context& context, Config& config) : part_(part), x_(context), c_(config) {}

    void run() {
        for (const Statement& s : part_.statements) {
            if (!c_.start.valid()) c_.start = s.span;
            name(s);
        }
        for (const Statement& s : part_.statements) statement(s);
        settle();
    }

private:
    void unread(const Statement& s, Influence influence = Influence::everything) {
        x_.unread(s.span, "`" + shortened(s.text()) + "` is not analysed", influence);
    }
    static std::string shortened(std::string text) {
        if (text.size() > 80) text = text.substr(0, 77) + "...";
        return text;
    }

    /// `name 10.0.0.25 mail`: usable on lines before it as well, since running configurations list it early.
    void name(const Statement& s) {
        if (s.words[0] != "name" || s.words.size() < 3) return;
        const auto address = base::parse_address(s.words[1]);
        if (!address) return;
        c_.names.insert_or_assign(std::string(s.words[2]), *address);
        (void)x_.b.define("name", s.words[2], s.span);
    }

    void statement(const Statement& s) {
        using Handler = void (Gatherer::*)(const Statement&);
        static const std::map<std::string_view, Handler> handlers{
            {"ASA", &Gatherer::version},
            {"PIX", &Gatherer::version},
            {"FWSM", &Gatherer::version},
            {"hostname", &Gatherer::hostname},
            {"name", &Gatherer::nothing},
            {"interface", &Gatherer::interface},
            {"nameif", &Gatherer::nameif},
            {"ip", &Gatherer::ip},
            {"ipv6", &Gatherer::ipv6},
            {"object", &Gatherer::object},
            {"object-group", &Gatherer::group},
            {"access-list", &Gatherer::access_list},
            {"access-group", &Gatherer::access_group},
            {"nat", &Gatherer::nat},
            {"static", &Gatherer::old_nat},
            {"global", &Gatherer::old_nat},
            {"conduit", &Gatherer::old_filter},
            {"outbound", &Gatherer::old_filter},
            {"apply", &Gatherer::old_filter},
            {"nat-control", &Gatherer::nat_control},
            {"route", &Gatherer::route},
            {"router", &Gatherer::router},
            {"rip", &Gatherer::router},
            {"crypto", &Gatherer::crypto},
            {"sysopt", &Gatherer::sysopt},
            {"same-security-traffic", &Gatherer::same_security},
            {"logging", &Gatherer::logging},
            {"firewall", &Gatherer::firewall},
            {"time-range", &Gatherer::time_range},
            {"policy-map", &Gatherer::policy_map},
            {"service-policy", &Gatherer::service_policy},
            {"class-map", &Gatherer::class_map},
            {"fixup", &Gatherer::fixup},
            {"aaa", &Gatherer::aaa},
            {"context", &Gatherer::context},
            {"no", &Gatherer::no},
            {"clear", &Gatherer::undo},
            {"alias", &Gatherer::alias},
            {"established", &Gatherer::established},
            {"webvpn", &Gatherer::webvpn},
        };
        if (const auto known = handlers.find(s.words[0]); known != handlers.end()) {
            (this->*known->second)(s);
            return;
        }
        if (one_of(s.words[0], inert)) return;
        if (s.words[0].starts_with("Cryptochecksum") || s.words[0] == "[OK]" || s.words[0].starts_with("Building"))
            return;
        unread(s);
    }

    void nothing(const Statement&) {}

    void version(const Statement& s) {
        if (s.word(1) != "Version") {
            unread(s);
            return;
        }
        c_.version.product = s.words[0] == "ASA"   ? Version::Product::asa
                             : s.words[0] == "PIX" ? Version::Product::pix
                                                   : Version::Product::fwsm;
        c_.version.span = s.span;
        std::array<unsigned*, 3> parts{&c_.version.major, &c_.version.minor, &c_.version.build};
        std::size_t part = 0;
        bool digit = false;
        for (const char c : s.word(2)) {
            if (c >= '0' && c <= '9') {
                if (*parts[part] < 1000) *parts[part] = *parts[part] * 10 + static_cast<unsigned>(c - '0');
                digit = true;
            } else if (digit && ++part == parts.size()) {
                break;
            } else {
                digit = false;
            }
        }
    }
    void hostname(const Statement& s) { c_.hostname = std::string(s.word(1)); }

    // -- interfaces

    Interface& named(std::string_view name, base::Span span) {
        for (Interface& i : c_.interfaces)
            if (i.name == name) return i;
        c_.interfaces.emplace_back();
        c_.interfaces.back().name = name;
        c_.interfaces.back().span = span;
        return c_.interfaces.back();
    }
    /// `ip address A M [standby B]`, `ip address dhcp [setroute]` from word `at`.
    void address(Interface& i, const Statement& s, std::size_t at) {
        if (s.word(at) == "dhcp" || s.word(at) == "pppoe") {
            i.learns_address = true;
            for (std::size_t n = at; n < s.words.size(); ++n) i.learns_route |= s.words[n] == "setroute";
            return;
        }
        const auto own = address_of(c_, s.word(at));
        auto mask = base::parse_ipv4(s.word(at + 1));
        if (!own || own->family != Family::v4) {
            unread(s, Influence::everything);
            return;
        }
        unsigned length = 32;
        if (mask) {
            const auto bits = base::mask_length(Family::v4, mask->bits);
            if (!bits) {
                unread(s);
                return;
            }
            length = *bits;
        } else {
            // PIX 6 takes the class of the address where no mask stands.
            const auto top = static_cast<unsigned>(own->bits >> 24);
            length = top < 128 ? 8 : top < 192 ? 16 : 24;
        }
        i.addresses.push_back({*own, static_cast<std::uint8_t>(length), false, true});
    }
    void address6(Interface& i, const Statement& s, std::size_t at) {
        i.ipv6 = true;
        if (s.word(at) == "autoconfig" || s.word(at) == "dhcp") {
            i.learns_address = true;
            for (std::size_t n = at; n < s.words.size(); ++n)
                i.learns_route |= s.words[n] == "default" || s.words[n] == "setroute";
            return;
        }
        const std::string_view text = s.word(at);
        const std::size_t slash = text.find('/');
        const auto own = base::parse_ipv6(text.substr(0, slash));
        const auto length = slash == std::string_view::npos ? std::nullopt : words::number(text.substr(slash + 1), 128);
        if (!own) {
            unread(s);
            return;
        }
        const bool link_local = (own->bits >> 118) == (u128{0xfe80} >> 6);
        if (link_local) return;
        if (s.word(at + 1) == "eui-64") {
            i.learns_address = true;
            return;
        }
        i.addresses.push_back({*own, static_cast<std::uint8_t>(length.value_or(128)), false, true});
    }

    void interface(const Statement& s) {
        c_.interfaces_stated = true;
        // PIX 6: interface ethernet0 auto shutdown
        const bool pix = s.block.empty() && s.words.size() > 2;
        Interface i;
        i.hardware = std::string(s.word(1)) + (s.words.size() > 2 && !pix ? " " + std::string(s.word(2)) : "");
        i.span = s.span;
        if (pix) {
            i.shutdown = s.words.back() == "shutdown";
            c_.interfaces.push_back(std::move(i));
            return;
        }
        for (const Statement& line : s.block) {
            const std::string_view word = line.words[0];
            if (word == "nameif") {
                i.name = std::string(line.word(1));
                if (i.name.size() > 1 && i.name.ends_with('*')) i.name.pop_back();
            } else if (word == "security-level") {
                i.level = static_cast<int>(words::number(line.word(1), 100).value_or(0));
                i.level_span = line.span;
            } else if (word == "ip" && line.word(1) == "address") {
                address(i, line, 2);
            } else if (word == "ipv6" && line.word(1) == "address") {
                address6(i, line, 2);
            } else if (word == "ip" || word == "ipv6") {
                i.ipv6 |= word == "ipv6" && line.word(1) == "enable";
                // ospf, eigrp, nd, enable: how routes and neighbours are learnt
            } else if (word == "shutdown") {
                i.shutdown = true;
            } else if (word == "management-only") {
                i.management_only = true;
            } else if (word == "bridge-group" || word == "policy-route" || word == "zone-member") {
                unread(line, Influence::routing);
            } else if (word == "tunnel") {
                // where the packets of a tunnel interface go is decided outside
            } else if (!one_of(word, interface_words)) {
                unread(line);
            }
        }
        // `interface Ethernet0/1` may come again; the same name is the same interface.
        for (Interface& known : c_.interfaces)
            if (!i.name.empty() && known.name == i.name) {
                known = std::move(i);
                return;
            }
        c_.interfaces.push_back(std::move(i));
    }
    /// PIX 6: nameif ethernet0 outside security0
    void nameif(const Statement& s) {
        c_.interfaces_stated = true;
        if (s.words.size() < 4) {
            unread(s);
            return;
        }
        bool down = false;
        for (auto i = c_.interfaces.begin(); i != c_.interfaces.end(); ++i)
            if (i->hardware == s.word(1) && i->name.empty()) {
                down = i->shutdown;
                c_.interfaces.erase(i);
                break;
            }
        Interface& i = named(s.word(2), s.span);
        i.span = s.span;
        i.hardware = std::string(s.word(1));
        // The line is the place of the level, its name that of the interface.
        i.span.begin += static_cast<std::uint32_t>(s.words[2].data() - s.words[0].data());
        i.span.end = i.span.begin + static_cast<std::uint32_t>(s.words[2].size());
        i.shutdown = down;
        std::string_view level = s.word(3);
        if (level.starts_with("security")) level.remove_prefix(8);
        i.level = static_cast<int>(words::number(level, 100).value_or(0));
        i.level_span = s.span;
    }
    void ip(const Statement& s) {
        if (s.word(1) == "address" && s.words.size() > 3) {
            address(named(s.word(2), s.span), s, 3);
        } else if (s.word(1) == "verify" && s.word(2) == "reverse-path") {
            c_.reverse_path.push_back(&s);
        } else if (s.word(1) != "audit" && s.word(1) != "local" && s.word(1) != "icmp" && s.word(1) != "dhcp") {
            unread(s);
        }
    }
    void ipv6(const Statement& s) {
        const std::string_view what = s.word(1);
        if (what == "access-list" && s.words.size() > 3) {
            if (s.word(3) == "remark") return;
            if (!c_.lists.contains(s.word(2))) (void)x_.b.define("access-list", s.word(2), s.span);
            c_.lists[std::string(s.word(2))].push_back(&s);
            c_.lists6.insert(std::string(s.word(2)));
        } else if (what == "route") {
            c_.routes6.push_back(&s);
        } else if (what == "address" && s.words.size() > 3) {
            address6(named(s.word(2), s.span), s, 3);
        } else if (what == "enable" && s.words.size() > 2) {
            named(s.word(2), s.span).ipv6 = true;
        } else if (what != "icmp" && what != "neighbor" && what != "enable" && what != "local" && what != "dhcp" &&
                   what != "dhcprelay" && what != "prefix-list" && what != "nd" && what != "ospf") {
            unread(s);
        }
    }

    // -- objects

    void object(const Statement& s) {
        const std::string name(s.word(2));
        if (s.word(1) != "network" && s.word(1) != "service") {
            unread(s);
            return;
        }
        const bool network = s.word(1) == "network";
        auto& table = network ? c_.network_objects : c_.service_objects;
        const auto [at, fresh] = table.try_emplace(name);
        if (fresh) {
            at->second.span = s.span;
            (void)x_.b.define(network ? "object network" : "object service", name, s.span);
        }
        for (const Statement& line : s.block) {
            const std::string_view word = line.words[0];
            if (network && word == "nat") {
                c_.object_nat.push_back({name, &line});
            } else if (word == "description") {
                // words
            } else if (network ? word == "host" || word == "subnet" || word == "range" || word == "fqdn"
                               : word == "service") {
                at->second.content = &line;  // a later one takes the place of an earlier one
            } else {
                unread(line);
            }
        }
    }
    void group(const Statement& s) {
        const std::string name(s.word(2));
        const std::string kind(s.word(1));
        if (s.words.size() < 3 || !one_of(kind, " network service protocol icmp-type user security ")) {
            unread(s);
            return;
        }
        const auto [at, fresh] = c_.groups.try_emplace(name);
        if (fresh) {
            at->second.kind = kind;
            at->second.protocol = std::string(s.word(3));
            at->second.span = s.span;
            (void)x_.b.define("object-group", name, s.span);
        }
        for (const Statement& line : s.block)
            if (line.words[0] != "description") at->second.members.push_back(&line);
    }

    // -- filters

    void access_list(const Statement& s) {
        const std::string name(s.word(1));
        const std::string_view second = s.word(2);
        if (name == "alert-interval" || name == "deny-flow-max" || name == "mode" || name == "cached") return;
        if (s.words.size() < 3 || second == "remark" || second == "compiled" || second == "webtype") {
            return;
        }
        if (second == "line" && s.word(4) == "remark") return;
        if (second.ends_with(';') || s.word(1).ends_with(';')) return;  // "access-list 101; 5 elements"
        if (!c_.lists.contains(name)) (void)x_.b.define("access-list", name, s.span);
        c_.lists[name].push_back(&s);
    }
    void access_group(const Statement& s) {
        AccessGroup g;
        g.list = std::string(s.word(1));
        g.statement = &s;
        std::size_t at = 3;
        if (s.word(2) == "global") {
            g.where = AccessGroup::Where::global;
        } else if ((s.word(2) == "in" || s.word(2) == "out") && s.word(3) == "interface" && s.words.size() > 4) {
            g.where = s.word(2) == "in" ? AccessGroup::Where::in : AccessGroup::Where::out;
            g.interface = std::string(s.word(4));
            at = 5;
        } else {
            unread(s);
            return;
        }
        for (; at < s.words.size(); ++at) {
            if (s.words[at] == "control-plane")
                g.where = AccessGroup::Where::control_plane;
            else if (s.words[at] == "per-user-override")
                g.per_user = true;
            else
                unread(s, Influence::filter);
        }
        c_.access_groups.push_back(std::move(g));
    }
    void old_filter(const Statement& s) {
        auto& list = s.words[0] == "conduit" ? c_.conduits : s.words[0] == "outbound" ? c_.outbounds : c_.applies;
        list.push_back(&s);
    }

    // -- translation

    void nat(const Statement& s) {
        const bool pair = s.word(1).starts_with('(');
        const bool two = pair && s.word(1).find(',') != std::string_view::npos;
        for (std::size_t i = 1; i < s.words.size(); ++i)
            if (s.words[i] == "source" && (two || !pair)) {
                c_.twice_nat.push_back(&s);
                return;
            }
        if (two)
            unread(s, Influence::source | Influence::destination);
        else
            c_.nats.push_back(&s);
    }
    void old_nat(const Statement& s) { (s.words[0] == "static" ? c_.statics : c_.globals).push_back(&s); }
    void nat_control(const Statement&) { c_.nat_control = true; }
    void alias(const Statement& s) { unread(s, Influence::destination | Influence::source); }
    void established(const Statement& s) { unread(s, Influence::filter); }

    // -- routing and tunnels

    void route(const Statement& s) { c_.routes.push_back(&s); }
    void router(const Statement&) { c_.dynamic_routing = true; }
    void crypto(const Statement& s) {
        if (s.word(1) != "map" && s.word(1) != "dynamic-map") return;
        c_.crypto.push_back(&s);
        if (s.word(1) == "map" && s.word(3) == "interface") c_.vpn_interfaces.insert(std::string(s.word(4)));
    }
    void webvpn(const Statement& s) {
        for (const Statement& line : s.block)
            if (line.words[0] == "enable" && line.words.size() > 1) c_.vpn_interfaces.insert(std::string(line.word(1)));
    }
    void sysopt(const Statement&) {}

    // -- the rest that matters

    void same_security(const Statement& s) {
        if (s.word(1) == "permit" && s.word(2) == "inter-interface")
            c_.inter_interface = true;
        else if (s.word(1) == "permit" && s.word(2) == "intra-interface")
            c_.intra_interface = true;
        else
            unread(s);
    }
    void logging(const Statement& s) { c_.logging = c_.logging || s.word(1) == "enable" || s.word(1) == "on"; }
    void firewall(const Statement& s) {
        if (s.word(1) != "transparent") return;
        c_.transparent = true;
        x_.unread(s.span, "a transparent firewall bridges: the way that packets take is not analysed",
                  Influence::routing);
    }
    void time_range(const Statement& s) {
        c_.time_ranges.insert(std::string(s.word(1)));
        (void)x_.b.define("time-range", s.word(1), s.span);
    }
    void policy_map(const Statement& s) {
        if (s.word(1) == "type") return;  // what an inspection looks for inside a connection
        c_.policy_maps[std::string(s.word(1))] = &s;
        for (const Statement& line : s.block)
            // csc, ips, cxsc, sfr and redirect hand packets to a module that may keep them.
            if (!one_of(line.words[0],
                        " class inspect description set police priority shape service-policy flow-export no parameters "
                        "user-statistics message-length drop-connection match queue-limit "))
                unread(line, Influence::filter);
    }
    void class_map(const Statement& s) {
        if (s.word(1) != "type") c_.class_maps[std::string(s.word(1))] = &s;
    }
    void service_policy(const Statement& s) { c_.service_policies.push_back(&s); }
    void fixup(const Statement& s) {
        if (s.word(1) == "protocol" && s.word(2) == "smtp") c_.fixups.push_back(&s);
    }
    void aaa(const Statement& s) {
        const std::string_view how = s.word(2);
        if (s.word(1) != "accounting" && (how == "match" || how == "include" || how == "exclude"))
            unread(s, Influence::filter);
    }
    void context(const Statement& s) {
        x_.incomplete(s.span, "the configuration of context " + std::string(s.word(1)) + " is a file of its own",
                      Influence::nothing);
    }
    void no(const Statement& s) {
        const std::string_view what = s.word(1);
        if (what == "sysopt" && s.word(2) == "connection" && (s.word(3) == "permit-vpn" || s.word(3) == "permit-ipsec"))
            c_.permit_vpn = false;
        if (what == "fixup" && s.word(2) == "protocol" && s.word(3) == "smtp")
            std::erase_if(c_.fixups, [&](const Statement* f) { return s.word(4).empty() || f->word(3) == s.word(4); });
        if (one_of(what, undoable)) undo(s);
    }
    /// Scripts clear what was there before; what they clear of themselves would have to be taken back.
    void undo(const Statement& s) {
        std::size_t at = 1;
        while (s.word(at) == "config" || s.word(at) == "configure") ++at;
        const std::string_view what = s.word(at);
        const auto read_before = [&](std::string_view word) {
            if (word == "access-list") return !c_.lists.empty();
            if (word == "access-group") return !c_.access_groups.empty();
            if (word == "nat") return !c_.nats.empty() || !c_.twice_nat.empty();
            if (word == "static") return !c_.statics.empty();
            if (word == "global") return !c_.globals.empty();
            if (word == "route") return !c_.routes.empty();
            if (word == "object") return !c_.network_objects.empty() || !c_.service_objects.empty();
            if (word == "object-group") return !c_.groups.empty();
            if (word == "conduit") return !c_.conduits.empty();
            if (word == "outbound" || word == "apply") return !c_.outbounds.empty();
            if (word == "interface") return !c_.interfaces.empty();
            if (word == "same-security-traffic") return c_.inter_interface || c_.intra_interface;
            if (word == "all" || word == "primary" || word == "secondary") return !c_.lists.empty() || !c_.nats.empty();
            return false;
        };
        if (what == "access-list" && !s.word(at + 1).empty()) {
            if (c_.lists.contains(s.word(at + 1))) unread(s);
        } else if (read_before(what)) {
            unread(s);
        }
    }

    void settle() {
        // Interfaces of PIX 6 that no `nameif` names.
        if (c_.version.product == Version::Product::pix && c_.version.major < 7) c_.nat_control = true;
        if (c_.dynamic_routing)
            x_.incomplete(c_.start, "routes are learnt by a routing protocol, which the configuration does not show",
                          Influence::nothing);
    }

    const Part& part_;
    Context& x_;
    Config& c_;
};

}  // namespace

const Interface* Config::interface(std::string_view name) const {
    for (const Interface& i : interfaces)
        if (i.name == name) return &i;
    return nullptr;
}

void Context::unread(base::Span span, std::string message, Influence influence,
                     std::optional<model::PredicateId> predicate) {
    base::Diagnostic d;
    d.kind = base::Diagnostic::Kind::not_understood;
    d.code = "EL901";
    d.span = span;
    d.message = std::move(message);
    d.influence = influence;
    if (predicate) d.predicate = predicate->value;
    diagnostics.push_back(std::move(d));
}
void Context::incomplete(base::Span span, std::string message, Influence influence,
                         std::optional<model::PredicateId> predicate) {
    base::Diagnostic d;
    d.kind = base::Diagnostic::Kind::incomplete;
    d.code = "EL903";
    d.span = span;
    d.message = std::move(message);
    d.influence = influence;
    if (predicate) d.predicate = predicate->value;
    diagnostics.push_back(std::move(d));
}

void gather(const Part& part, Context& context, Config& config) { Gatherer(part, context, config).run(); }

}  // namespace egresslint::dialects::asa
