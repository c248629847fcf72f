// SPDX-License-Identifier: Apache-2.0
// Tables, chains, sets and targets of random iptables rulesets. What iptables refuses is not written: output interfaces
// in PREROUTING and INPUT, ports without their protocol, DROP in nat.
#include "generate_iptables.hpp"

#include <fmt/format.h>

#include <array>

namespace egresslint::kernel {

using namespace universe;

void IptablesGenerator::sets(Generated& out) {
    const auto add = [&](unsigned percent, const std::string& name, const std::string& type, Strings elements,
                         Strings& names) {
        if (!chance(percent)) return;
        Strings kept;
        for (std::string& element : elements)
            if (chance(80)) kept.push_back(std::move(element));
        out.sets.push_back({name, type, std::move(kept)});
        names.push_back(name);
    };
    Strings members;
    if (!v6_) {
        add(60, "hosts", "hash:ip family inet", {"10.0.0.25", "10.0.0.26", "198.18.0.9", "203.0.113.25"}, members);
        add(60, "nets", "hash:net family inet",
            {"10.0.0.0/24", "10.0.0.25 nomatch", "10.0.1.0/25", "198.18.0.0/15", "198.18.0.0/24 nomatch", "198.18.0.9"},
            members);
        add(30, "bits", "bitmap:ip range 10.0.0.0-10.0.1.255", {"10.0.0.5", "10.0.0.96-10.0.0.127", "10.0.1.7"},
            one_dimension_);
        add(30, "masked", "hash:ip family inet netmask 27", {"10.0.0.25", "198.18.0.9"}, one_dimension_);
        add(35, "ports", "bitmap:port range 0-3000", {"25", "80-443", "2525"}, one_dimension_);
        add(40, "pairs", "hash:ip,port family inet",
            {"10.0.0.25,tcp:25", "10.0.0.26,tcp:80-90", "198.18.0.9,udp:53", "198.18.0.9,tcp:25",
             "203.0.113.25,tcp:587"},
            two_dimensions_);
        add(40, "netports", "hash:net,port family inet",
            {"10.0.0.0/24,tcp:25", "10.0.0.25,tcp:25 nomatch", "198.18.0.0/16,tcp:80", "198.18.0.0/16,udp:53"},
            two_dimensions_);
        add(40, "links", "hash:net,iface family inet",
            {"10.0.0.0/24,lan0", "10.0.0.26,lan0 nomatch", "10.0.1.0/24,dmz0", "198.18.0.0/15,wan0", "0.0.0.0/0,wan1"},
            two_dimensions_);
        add(30, "triple", "hash:ip,port,ip family inet",
            {"10.0.0.25,tcp:25,198.18.0.9", "10.0.0.26,tcp:80,198.18.0.10", "198.18.0.9,tcp:25,203.0.113.25"},
            three_dimensions_);
        add(25, "ipportnet", "hash:ip,port,net family inet",
            {"10.0.0.25,tcp:25,198.18.0.0/15", "10.0.0.25,tcp:25,198.18.0.9 nomatch", "10.0.1.80,tcp:80,0.0.0.0/1"},
            three_dimensions_);
        if (!members.empty()) add(45, "both", "list:set", members, one_dimension_);
        if (unknowns_ && chance(50)) {
            out.sets.push_back({"dyn", "hash:ip family inet", {}});
            one_dimension_.push_back("dyn");
            dynamic_set_ = true;
        }
    } else {
        add(50, "hosts6", "hash:ip family inet6", {"fd00:a::25", "fd00:a::26", "2001:db8:99::9"}, members);
        add(50, "nets6", "hash:net family inet6",
            {"fd00:a::/64", "fd00:a::25 nomatch", "2001:db8::/32", "2001:db8:99::/48 nomatch"}, members);
        add(35, "pairs6", "hash:ip,port family inet6", {"fd00:a::25,tcp:25", "2001:db8:99::9,tcp:80"}, two_dimensions_);
        add(35, "links6", "hash:net,iface family inet6", {"fd00:a::/64,lan0", "2001:db8::/32,wan0"}, two_dimensions_);
        if (!members.empty()) add(30, "both6", "list:set", members, one_dimension_);
    }
    one_dimension_.insert(one_dimension_.end(), members.begin(), members.end());
}

std::string IptablesGenerator::source_target(Place& place) {
    if (place.chain == "INPUT") return v6_ ? "-j SNAT --to-source fd00:99::1" : "-j SNAT --to-source 10.99.0.1";
    const std::string to =
        v6_ ? one_of({"2001:db8:1::25", "2001:db8:2::25"}) : one_of({"203.0.113.25", "203.0.113.26", "198.51.100.25"});
    switch (below(10)) {
        case 0:
        case 1:
        case 2: return "-j MASQUERADE";
        case 3:
            return v6_ ? "-j SNAT --to-source 2001:db8:1::40-2001:db8:1::47"
                       : "-j SNAT --to-source 203.0.113.40-203.0.113.47" + one_of({"", " --persistent"});
        case 4:
            return v6_ ? "-j NETMAP --to 2001:db8:a::/64"
                       : "-j NETMAP --to " + one_of({"198.19.5.0/24", "198.19.0.0/16"});
        case 5: {
            if (place.proto != "tcp" && place.proto != "udp") break;
            if (chance(40)) return "-j MASQUERADE --to-ports 1024-9999";
            return fmt::format("-j SNAT --to-source {}:1024-9999", v6_ ? "[" + to + "]" : to);
        }
        case 6: return "-j ACCEPT";
        default: break;
    }
    return "-j SNAT --to-source " + to;
}

std::string IptablesGenerator::destination_target(Place& place) {
    const std::string to = one_of(v6_ ? inside6 : inside4);
    const bool ports_known = place.proto == "tcp" || place.proto == "udp";
    switch (below(9)) {
        case 0: return ports_known ? "-j REDIRECT --to-ports 2525" : "-j REDIRECT";
        case 1: return v6_ ? "-j NETMAP --to fd00:a::/64" : "-j NETMAP --to " + one_of({"10.0.0.0/24", "10.0.1.0/24"});
        case 2:
            return v6_ ? "-j DNAT --to-destination fd00:a::40-fd00:a::47"
                       : "-j DNAT --to-destination 10.0.0.40-10.0.0.47";
        case 3:
        case 4:
            if (ports_known) return fmt::format("-j DNAT --to-destination {}:2525", v6_ ? "[" + to + "]" : to);
            break;
        case 5: return "-j ACCEPT";
        default: break;
    }
    return "-j DNAT --to-destination " + to;
}

std::string IptablesGenerator::mark() { return fmt::format("0x{:x}", chance(30) ? 7 : below(8)); }

std::string IptablesGenerator::mark_target() {
    switch (below(12)) {
        case 0: return "-j MARK --set-xmark " + mark() + "/" + one_of({"0x3", "0x7", "0xffffffff"});
        case 1: return "-j MARK --or-mark " + mark();
        case 2: return "-j MARK --and-mark " + mark();
        case 3: return "-j MARK --xor-mark " + mark();
        case 4: return "-j CONNMARK --set-mark " + mark();
        case 5: return "-j CONNMARK --save-mark";
        case 6: return "-j CONNMARK --restore-mark";
        case 7: return "-j CONNMARK --save-mark --nfmask 0x3 --ctmask 0x3";
        case 8: return "-j CONNMARK --restore-mark --nfmask 0x6 --ctmask 0x6";
        case 9: return "-j MARK --set-mark " + mark() + "/0x6";
        default: return "-j MARK --set-mark " + mark();
    }
}

std::string IptablesGenerator::target(Place& place) {
    if (!place.targets.empty() && chance(30)) return (chance(65) ? "-j " : "-g ") + one_of(place.targets);
    if (chance(4)) return one_of({"-j LOG", "-j LOG --log-prefix \"a b\""});
    if (chance(3)) return "";
    switch (place.kind) {
        case Kind::raw:
            return chance(35) ? one_of({"-j NOTRACK", "-j CT --notrack"})
                              : one_of({"-j ACCEPT", "-j DROP", "-j RETURN"});
        case Kind::mangle:
            if (chance(60)) return mark_target();
            return one_of({"-j ACCEPT", "-j DROP", "-j RETURN", "-j TOS --set-tos 0x10/0x3f"});
        case Kind::source: return chance(80) ? source_target(place) : one_of({"-j RETURN", "-j ACCEPT"});
        case Kind::destination: return chance(80) ? destination_target(place) : one_of({"-j RETURN", "-j ACCEPT"});
        case Kind::filter: break;
    }
    if (dynamic_set_ && !v6_ && chance(8)) return "-j SET --add-set dyn src";
    switch (below(9)) {
        case 0:
        case 1:
        case 2: return "-j ACCEPT";
        case 3:
        case 4: return "-j DROP";
        case 5:
            if (place.proto == "tcp" && chance(40)) return "-j REJECT --reject-with tcp-reset";
            return "-j REJECT";
        case 6: return chance(40) ? "-j MARK --set-mark " + mark() : "-j ACCEPT";
        default: return "-j RETURN";
    }
}

std::string IptablesGenerator::rule(Place place) {
    Strings parts;
    const std::size_t matches = below(4);
    bool addresses = false, links = false, plain = false;
    for (std::size_t i = 0; i < matches; ++i) {
        std::string text = match(place);
        // -s, -d, -i and -o may stand once.
        const bool address = text.find("-s ") != std::string::npos || text.find("-d ") != std::string::npos;
        const bool link = text.find("-i ") != std::string::npos || text.find("-o ") != std::string::npos;
        if ((address && addresses) || (link && links)) continue;
        // iptables-nft-save 1.8.9 loses one of two matches of these in a rule.
        const auto named = [&](const char* name) { return text.find(name) != std::string::npos; };
        const bool ports_or_mark = named("-m tcp") || named("-m udp") || named("-m mark");
        if (ports_or_mark && plain) continue;
        plain |= ports_or_mark;
        addresses |= address;
        links |= link;
        parts.push_back(std::move(text));
    }
    // A protocol goes first, whoever named it.
    std::string text;
    if (!place.proto.empty()) text = place.proto.front() == '!' ? "! -p " + place.proto.substr(1) : "-p " + place.proto;
    for (const std::string& part : parts)
        if (!part.empty()) text += (text.empty() ? "" : " ") + part;
    const std::string to = target(place);
    if (!to.empty()) text += (text.empty() ? "" : " ") + to;
    return text.empty() ? "-j ACCEPT" : text;
}

/// A chain calls only chains with a higher number.
void IptablesGenerator::user_chains(Generated::Table& table, Kind kind, const std::string& prefix, std::size_t most,
                                    Strings& names) {
    const std::size_t count = below(most + 1);
    std::vector<Generated::Chain> chains;
    for (std::size_t i = count; i-- > 0;) {
        Place place;
        place.kind = kind;
        place.chain = prefix + std::to_string(i);
        place.built_in = false;
        place.targets = names;
        Generated::Chain chain{place.chain, "", {}};
        const std::size_t rules = 1 + below(5);
        for (std::size_t r = 0; r < rules; ++r) chain.rules.push_back(rule(place));
        names.push_back(place.chain);
        if (names.size() > 2 && chance(50)) names.erase(names.begin());
        chains.push_back(std::move(chain));
    }
    table.chains.insert(table.chains.end(), std::make_move_iterator(chains.rbegin()),
                        std::make_move_iterator(chains.rend()));
}

Generated::Table IptablesGenerator::table(const std::string& name) {
    Generated::Table out;
    out.head = name;
    out.v6 = v6_;
    Strings built_in;
    if (name == "raw") built_in = {"PREROUTING", "OUTPUT"};
    if (name == "mangle") built_in = {"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"};
    if (name == "nat") built_in = {"PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"};
    if (name == "filter") built_in = {"INPUT", "FORWARD", "OUTPUT"};
    Strings callable, callable_source;
    const Kind kind = name == "raw" ? Kind::raw : name == "mangle" ? Kind::mangle : Kind::filter;
    if (name == "nat") {
        user_chains(out, Kind::destination, "dst", 2, callable);
        user_chains(out, Kind::source, "src", 2, callable_source);
    } else {
        user_chains(out, kind, name.substr(0, 1) + "u", name == "filter" ? 5 : 2, callable);
    }
    std::vector<Generated::Chain> bases;
    for (const std::string& chain : built_in) {
        Place place;
        place.chain = chain;
        place.kind = kind;
        place.targets = callable;
        if (name == "nat") {
            place.kind = chain == "POSTROUTING" || chain == "INPUT" ? Kind::source : Kind::destination;
            // MASQUERADE may not stand where INPUT calls it.
            place.targets = chain == "POSTROUTING" ? callable_source : chain == "INPUT" ? Strings{} : callable;
        }
        std::string policy = "ACCEPT";
        if (name == "filter" && chance(30)) policy = "DROP";
        if (name == "mangle" && chance(4)) policy = "DROP";
        Generated::Chain base{chain, policy, {}};
        const bool busy = chain == "FORWARD" || chain == "POSTROUTING" || (name != "filter" && chain == "PREROUTING");
        const std::size_t rules = busy ? 1 + below(6) : chance(50) ? 0 : below(4);
        for (std::size_t r = 0; r < rules; ++r) base.rules.push_back(rule(place));
        bases.push_back(std::move(base));
    }
    out.chains.insert(out.chains.begin(), std::make_move_iterator(bases.begin()), std::make_move_iterator(bases.end()));
    return out;
}

Generated IptablesGenerator::ruleset() {
    Generated out;
    out.dialect = Generated::Dialect::iptables;
    unknowns_ = chance(20);
    const bool tracking = chance(tracking_percent);
    const std::size_t families = below(10);  // 0-4: IPv4, 5-6: IPv6, 7-9: both
    for (const bool v6 : {false, true}) {
        if (v6 ? families < 5 : families == 5 || families == 6) continue;
        v6_ = v6;
        dynamic_set_ = false;
        one_dimension_.clear();
        two_dimensions_.clear();
        three_dimensions_.clear();
        sets(out);
        for (const char* name : {"raw", "mangle", "nat", "filter"}) {
            const bool wanted = std::string_view(name) == "raw"      ? chance(30)
                                : std::string_view(name) == "mangle" ? chance(55)
                                                                     : chance(85);
            if (!wanted && !(tracking && std::string_view(name) == "filter")) continue;
            out.tables.push_back(table(name));
            // The kernel tracks connections only while some rule needs it.
            if (tracking && std::string_view(name) == "filter")
                out.tables.back().chains.front().rules.insert(out.tables.back().chains.front().rules.begin(),
                                                              "-m conntrack --ctstate INVALID");
        }
    }
    return out;
}

}  // namespace egresslint::kernel
