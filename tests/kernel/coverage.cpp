// SPDX-License-Identifier: Apache-2.0
// Features are found by words in a rule as the kernel lists it, with the chain it stands in before it.
#include "coverage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace egresslint::kernel {
namespace {

struct Feature {
    const char* group;
    const char* name;
    std::array<std::string_view, 3> words;  ///< all of them must be there
};

constexpr auto features = std::to_array<Feature>({
    {"nft", "family ip", {"|table ip |"}},
    {"nft", "family ip6", {"|table ip6 |"}},
    {"nft", "family inet", {"|table inet |"}},
    {"nft", "prerouting filter", {"type filter hook prerouting"}},
    {"nft", "input filter", {"type filter hook input"}},
    {"nft", "forward filter", {"type filter hook forward"}},
    {"nft", "output filter", {"type filter hook output"}},
    {"nft", "output route", {"type route hook output"}},
    {"nft", "postrouting filter", {"type filter hook postrouting"}},
    {"nft", "prerouting nat", {"type nat hook prerouting"}},
    {"nft", "input nat", {"type nat hook input"}},
    {"nft", "output nat", {"type nat hook output"}},
    {"nft", "postrouting nat", {"type nat hook postrouting"}},
    {"nft", "policy drop", {"policy drop"}},
    {"nft", "regular chain", {"|regular|"}},
    {"nft", "jump", {" jump "}},
    {"nft", "jump from a regular chain", {"|regular|", " jump "}},
    {"nft", "goto", {" goto "}},
    {"nft", "goto from a regular chain", {"|regular|", " goto "}},
    {"nft", "return", {" return"}},
    {"nft", "return from a regular chain", {"|regular|", " return"}},
    {"nft", "implicit chain", {" {*"}},
    {"nft", "reject", {" reject"}},
    {"nft", "vmap", {" vmap {"}},
    {"nft", "vmap, named", {" vmap @"}},
    {"nft", "vmap with jump", {" vmap {", "jump"}},
    {"nft", "vmap of ct state", {"ct state vmap"}},
    {"nft", "set, anonymous", {" {"}},
    {"nft", "set, named", {" @hosts"}},
    {"nft", "set of ports", {" @services"}},
    {"nft", "set of interfaces", {" @links"}},
    {"nft", "set of marks", {" @tags"}},
    {"nft", "concatenation", {" . ", " {"}},
    {"nft", "concatenation, named", {" . ", "@pairs"}},
    {"nft", "concatenation of intervals", {" . ", "@blocks"}},
    {"nft", "concatenation of three", {" . ", "@three"}},
    {"nft", "negated", {" != "}},
    {"nft", "IPv6 address", {"ip6 saddr"}},
    {"nft", "bits of an address", {" & 255"}},
    {"nft", "mark", {" meta mark "}},
    {"nft", "mark with mask", {" meta mark & "}},
    {"nft", "ct mark", {" ct mark "}},
    {"nft", "set mark", {"meta mark set "}},
    {"nft", "set mark from a map", {"meta mark set", " map "}},
    {"nft", "set mark from ct mark", {"meta mark set ct mark"}},
    {"nft", "set mark, bits", {"meta mark set meta mark "}},
    {"nft", "set ct mark", {"ct mark set "}},
    {"nft", "ct state", {" ct state "}},
    {"nft", "ct status", {" ct status "}},
    {"nft", "ct direction", {" ct direction "}},
    {"nft", "ct original", {" ct original "}},
    {"nft", "fib", {" fib "}},
    {"nft", "interface by index", {" iif "}},
    {"nft", "interface wildcard", {"ifname \"wan*\""}},
    {"nft", "nfproto", {" meta nfproto "}},
    {"nft", "l4proto", {" meta l4proto "}},
    {"nft", "ip6 nexthdr", {" ip6 nexthdr "}},
    {"nft", "tcp flags", {" tcp flags "}},
    {"nft", "icmp", {" icmp type"}},
    {"nft", "icmpv6", {" icmpv6 type"}},
    {"nft", "notrack", {" notrack"}},
    {"nft", "log", {" log "}},
    {"nft", "masquerade", {" masquerade"}},
    {"nft", "masquerade to ports", {" masquerade to "}},
    {"nft", "snat", {" snat "}},
    {"nft", "snat to a pool", {" snat ", "203.0.113.40"}},
    {"nft", "snat to ports", {" snat ", ":1024-9999"}},
    {"nft", "snat map", {" snat ", " map {"}},
    {"nft", "snat map, named", {" snat ", "@sources"}},
    {"nft", "snat map of pools", {" snat ", "@pools"}},
    {"nft", "netmap of sources", {" snat ", " prefix "}},
    {"nft", "dnat", {" dnat "}},
    {"nft", "dnat to a pool", {" dnat ", "10.0.0.40"}},
    {"nft", "dnat to a port", {" dnat ", ":2525"}},
    {"nft", "dnat map", {" dnat ", " map {"}},
    {"nft", "dnat map of address and port", {" dnat ", "@endpoints"}},
    {"nft", "netmap of destinations", {" dnat ", " prefix "}},
    {"nft", "redirect", {" redirect"}},
    {"nft", "unknown: numgen", {"numgen "}},
    {"nft", "unknown: hash", {"hash "}},
    {"nft", "unknown: limit", {" limit rate "}},
    {"nft", "unknown: dynamic set", {"@dyn"}},
    {"iptables", "raw", {"|raw|"}},
    {"iptables", "mangle", {"|mangle|"}},
    {"iptables", "nat PREROUTING", {"|nat|", "|PREROUTING|"}},
    {"iptables", "nat OUTPUT", {"|nat|", "|OUTPUT|"}},
    {"iptables", "nat INPUT", {"|nat|", "|INPUT|"}},
    {"iptables", "nat POSTROUTING", {"|nat|", "|POSTROUTING|"}},
    {"iptables", "filter INPUT", {"|filter|", "|INPUT|"}},
    {"iptables", "filter FORWARD", {"|filter|", "|FORWARD|"}},
    {"iptables", "filter OUTPUT", {"|filter|", "|OUTPUT|"}},
    {"iptables", "policy DROP", {"|policy DROP|"}},
    {"iptables", "user chain", {" -j fu"}},
    {"iptables", "user chain of nat", {"|nat|", "-j dst"}},
    {"iptables", "user chain from user chain", {"|fu", "-j fu"}},
    {"iptables", "goto", {" -g "}},
    {"iptables", "RETURN", {"-j RETURN"}},
    {"iptables", "REJECT", {"-j REJECT"}},
    {"iptables", "multiport", {"-m multiport"}},
    {"iptables", "iprange", {"-m iprange"}},
    {"iptables", "mark", {"-m mark"}},
    {"iptables", "connmark", {"-m connmark"}},
    {"iptables", "ctstate", {"--ctstate"}},
    {"iptables", "ctstatus", {"--ctstatus"}},
    {"iptables", "ctorigdst", {"--ctorigdst "}},
    {"iptables", "ctorigdstport", {"--ctorigdstport"}},
    {"iptables", "state", {"-m state"}},
    {"iptables", "addrtype", {"-m addrtype"}},
    {"iptables", "icmp", {"-m icmp "}},
    {"iptables", "icmp6", {"-m icmp6"}},
    {"iptables", "set hash:ip", {"--match-set hosts "}},
    {"iptables", "set hash:ip, IPv6", {"--match-set hosts6 "}},
    {"iptables", "set hash:net, nomatch", {"--match-set nets "}},
    {"iptables", "set hash:ip,port", {"--match-set pairs "}},
    {"iptables", "set hash:net,port", {"--match-set netports "}},
    {"iptables", "set hash:net,iface", {"--match-set links "}},
    {"iptables", "set hash:ip,port,ip", {"--match-set triple "}},
    {"iptables", "set hash:ip,port,net", {"--match-set ipportnet "}},
    {"iptables", "set bitmap:ip", {"--match-set bits "}},
    {"iptables", "set bitmap:port", {"--match-set ports "}},
    {"iptables", "set list:set", {"--match-set both "}},
    {"iptables", "set, negated", {"! --match-set"}},
    {"iptables", "MARK", {"-j MARK"}},
    {"iptables", "CONNMARK", {"-j CONNMARK"}},
    {"iptables", "NOTRACK", {"-j CT --notrack"}},
    {"iptables", "SNAT", {"-j SNAT"}},
    {"iptables", "SNAT to a pool", {"-j SNAT", "203.0.113.40-"}},
    {"iptables", "MASQUERADE", {"-j MASQUERADE"}},
    {"iptables", "NETMAP", {"-j NETMAP"}},
    {"iptables", "DNAT", {"-j DNAT"}},
    {"iptables", "REDIRECT", {"-j REDIRECT"}},
    {"iptables", "SET", {"-j SET"}},
    {"iptables", "unknown: limit, statistic", {"-m statistic"}},
});

constexpr auto others = std::to_array<std::pair<const char*, const char*>>({
    {"rulesets", "nft"},
    {"rulesets", "iptables"},
    {"rulesets", "several tables"},
    {"rulesets", "several base chains on one hook"},
    {"rulesets", "equal priorities"},
    {"rulesets", "policy routing by mark"},
    {"rulesets", "policy routing by source"},
    {"packets", "IPv4"},
    {"packets", "IPv6"},
    {"packets", "forwarded"},
    {"packets", "locally generated"},
    {"packets", "locally received"},
    {"packets", "dropped"},
    {"packets", "rejected"},
    {"packets", "source translated"},
    {"packets", "destination translated"},
    {"packets", "both translated"},
    {"packets", "hairpin"},
    {"packets", "out by wan0 with its address"},
    {"packets", "out by wan1 with its first address"},
    {"packets", "out by wan1 with its second address"},
    {"packets", "local, routed again"},
});

std::string key(std::string_view group, std::string_view name) { return fmt::format("{}: {}", group, name); }

std::uint64_t number_after(std::string_view line, std::string_view words) {
    std::uint64_t value = 0;
    if (const auto at = line.find(words); at != std::string_view::npos)
        std::from_chars(line.data() + at + words.size(), line.data() + line.size(), value);
    return value;
}

std::string_view next_line(std::string_view& text) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

std::string_view trimmed(std::string_view line) {
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    return line;
}

}  // namespace

void Coverage::count_line(Found& now, std::string_view group, std::string_view line, std::uint64_t packets) {
    for (const Feature& feature : features) {
        if (group != feature.group) continue;
        const bool all = std::all_of(feature.words.begin(), feature.words.end(),
                                     [&](std::string_view word) { return line.find(word) != std::string_view::npos; });
        if (all) now[key(group, feature.name)] += packets;
    }
}

void Coverage::add(const Found& now) {
    for (const auto& [name, packets] : now) {
        if (packets == 0) continue;
        ++counts_[name].rulesets;
        counts_[name].packets += packets;
    }
}

void Coverage::count_rules(Generated::Backend backend, std::string_view listing) {
    Found now;
    if (backend == Generated::Backend::nft) {
        std::string table, chain;
        while (!listing.empty()) {
            const std::string_view line = trimmed(next_line(listing));
            if (line.starts_with("table ")) {
                table = fmt::format("|{} |", line.substr(0, line.find(' ', 6)));
            } else if (line.starts_with("chain ")) {
                chain = "|regular|";
            } else if (line.starts_with("type ") && line.find(" hook ") != std::string_view::npos) {
                chain = fmt::format("|{}|", line);
            } else if (const auto packets = number_after(line, "counter packets "); packets > 0) {
                const bool opens = line.ends_with("{");
                count_line(now, "nft", fmt::format("{}{} {}{}", table, chain, line, opens ? "*" : ""), packets);
            }
        }
    } else {
        std::string table;
        std::map<std::string, std::string, std::less<>> policies;
        while (!listing.empty()) {
            const std::string_view line = next_line(listing);
            if (line.starts_with("*")) {
                table = fmt::format("|{}|", line.substr(1));
            } else if (line.starts_with(":") && line.find(" DROP ") != std::string_view::npos) {
                count_line(now, "iptables", "|policy DROP|", number_after(line, "["));
            } else if (line.starts_with("[")) {
                const auto at = line.find("-A ");
                if (at == std::string_view::npos) continue;
                const std::string_view rule = line.substr(at + 3);
                const std::string_view chain = rule.substr(0, rule.find(' '));
                count_line(now, "iptables", fmt::format("{}|{}| {}", table, chain, rule.substr(chain.size())),
                           number_after(line, "["));
            }
        }
    }
    add(now);
}

void Coverage::count_structure(const Generated& ruleset, std::size_t packets) {
    Found now;
    const bool nft = ruleset.dialect == Generated::Dialect::nft;
    now[key("rulesets", nft ? "nft" : "iptables")] = packets;
    if (nft) {
        std::map<std::string, unsigned> hooks, places;
        for (const Generated::Table& table : ruleset.tables) {
            for (const Generated::Chain& chain : table.chains) {
                const auto at = chain.base.find("hook ");
                if (at == std::string::npos) continue;
                const std::string rest = chain.base.substr(at);
                ++hooks[rest.substr(0, rest.find(' ', 5))];
                ++places[chain.base.substr(5, 3) + rest.substr(0, rest.find(';'))];
            }
        }
        const auto several = [](const auto& map) {
            return std::any_of(map.begin(), map.end(), [](const auto& entry) { return entry.second > 1; });
        };
        if (ruleset.tables.size() > 2) now[key("rulesets", "several tables")] = packets;
        if (several(hooks)) now[key("rulesets", "several base chains on one hook")] = packets;
        if (several(places)) now[key("rulesets", "equal priorities")] = packets;
    }
    for (const std::string& rule : ruleset.routing) {
        if (rule.find("fwmark") != std::string::npos) now[key("rulesets", "policy routing by mark")] = packets;
        if (rule.find("from") != std::string::npos) now[key("rulesets", "policy routing by source")] = packets;
    }
    add(now);
}

void Coverage::count_packets(const std::vector<Probe>& probes, const std::vector<Seen>& seen) {
    Found now;
    const auto one = [&](const char* name) { ++now[key("packets", name)]; };
    for (std::size_t i = 0; i < probes.size(); ++i) {
        const Probe& p = probes[i];
        const Seen& s = seen[i];
        const bool v4 = p.dst.family == base::Family::v4;
        one(v4 ? "IPv4" : "IPv6");
        if (p.in.empty()) one("locally generated");
        if (s.what == Seen::What::nothing) {
            one(s.answered ? "rejected" : "dropped");
            continue;
        }
        if (s.out == "self") one("locally received");
        if (s.what == Seen::What::left && !p.in.empty()) one("forwarded");
        const bool source = s.src != p.src, destination = s.dst != p.dst;
        if (source) one("source translated");
        if (destination) one("destination translated");
        if (source && destination) one(p.in == s.out ? "hairpin" : "both translated");
        if (!v4 || !source) continue;
        const std::string from = base::to_string(s.src);
        if (s.out == "wan0" && from == "203.0.113.2") one("out by wan0 with its address");
        if (s.out == "wan1" && from == "198.51.100.2") one("out by wan1 with its first address");
        if (s.out == "wan1" && from == "192.0.2.2") one("out by wan1 with its second address");
        if (p.in.empty() && s.out == "wan1" && base::to_string(p.dst).starts_with("198.18.0."))
            one("local, routed again");
    }
    add(now);
}

std::string Coverage::text() const {
    std::string out, group;
    std::size_t width = 0;
    for (const auto& [name, count] : counts_) {
        const std::string_view here = std::string_view(name).substr(0, name.find(':'));
        std::string item = fmt::format("{} {}/{}", name.substr(here.size() + 2), count.rulesets, count.packets);
        if (group != here) {
            group = here;
            out += fmt::format("{}coverage of {} (rulesets/packets):\n  ", out.empty() ? "" : "\n", group);
            width = 2;
        } else if (width + item.size() > 116) {
            out += ",\n  ";
            width = 2;
        } else {
            out += ", ";
            width += 2;
        }
        width += item.size();
        out += item;
    }
    return out + "\n";
}

std::vector<std::string> Coverage::missing() const {
    std::vector<std::string> out;
    const auto look = [&](const char* group, const char* name) {
        if (!counts_.contains(key(group, name))) out.push_back(key(group, name));
    };
    for (const Feature& feature : features) look(feature.group, feature.name);
    for (const auto& [group, name] : others) look(group, name);
    return out;
}

}  // namespace egresslint::kernel
