// SPDX-License-Identifier: Apache-2.0
// Matches of random iptables rules.
#include <fmt/format.h>

#include "generate_iptables.hpp"

namespace egresslint::kernel {

using namespace universe;

std::string IptablesGenerator::set_match() {
    Strings all = one_dimension_;
    all.insert(all.end(), two_dimensions_.begin(), two_dimensions_.end());
    all.insert(all.end(), three_dimensions_.begin(), three_dimensions_.end());
    if (all.empty()) return "-m comment --comment \"no set\"";
    const std::size_t which = below(all.size());
    const std::string name = all[which];
    std::string directions;
    if (name == "ports") {
        directions = chance(70) ? "dst" : "src";
    } else if (name == "links" || name == "links6") {
        directions = one_of({"src,src", "src,src", "dst,dst", "src,dst"});
    } else if (which < one_dimension_.size()) {
        directions = one_of({"src", "dst", "src", "dst", "src,dst"});
    } else if (which < one_dimension_.size() + two_dimensions_.size()) {
        directions = one_of({"src,dst", "dst,dst", "src,src", "src,dst", "src"});
    } else {
        directions = one_of({"src,dst,dst", "dst,dst,src", "src,dst,dst", "src,dst"});
    }
    return fmt::format("-m set {}--match-set {} {}", negation(20), name, directions);
}

std::string IptablesGenerator::address_match(const Place&) {
    if (chance(15)) {
        std::string range = one_of(v6_ ? ranges6 : ranges4);
        return fmt::format("-m iprange {}--{}-range {}", negation(25), one_of({"src", "dst"}), range);
    }
    if (!v6_ && chance(6)) return fmt::format("{}-s 10.0.0.25/255.0.0.255", negation(20));
    const std::string value = chance(35)   ? dice_.network(v6_)
                              : chance(25) ? one_of(v6_ ? public6 : public4)
                                           : dice_.address(v6_, chance(40));
    return fmt::format("{}{} {}", negation(20), one_of({"-s", "-d"}), value);
}

std::string IptablesGenerator::interface_match(const Place& place) {
    // A user chain may name either; where the packet has none yet, the name is empty.
    bool in = chance(50), out = !in;
    if (place.built_in) {
        if (place.chain == "PREROUTING" || place.chain == "INPUT") in = true, out = false;
        if (place.chain == "OUTPUT" || place.chain == "POSTROUTING") in = false, out = true;
    }
    const std::string name = one_of({"lan0", "dmz0", "wan0", "wan1", "wan+", "lan+", "wan0"});
    return fmt::format("{}{} {}", negation(25), out ? "-o" : "-i", name);
}

std::string IptablesGenerator::port_match(Place& place) {
    if (place.proto.empty()) place.proto = chance(80) ? "tcp" : "udp";
    if (place.proto != "tcp" && place.proto != "udp") return "";
    const std::string value = chance(30) ? one_of({"25:80", "80:443", ":600", "443:", "1:1023"}) : one_of(ports);
    switch (below(7)) {
        case 0:
            return fmt::format("-m multiport {}--dports {}", negation(20), one_of({"25,80,443", "25,80:600", "53"}));
        case 1:
            return fmt::format("-m multiport {}--ports {}", negation(20), one_of({"25,53", "20000:60000", "2525,80"}));
        case 2: return fmt::format("-m multiport {}--sports 2600:20000,30000:40000", negation(20));
        case 3: return fmt::format("-m {} {}--sport {}", place.proto, negation(20), one_of({"1024:40000", "30000:"}));
        default: return fmt::format("-m {} {}--dport {}", place.proto, negation(20), value);
    }
}

std::string IptablesGenerator::protocol_match(Place& place) {
    if (place.proto == "tcp")
        return one_of({"-m tcp --tcp-flags FIN,SYN,RST,ACK SYN", "-m tcp --syn", "-m tcp ! --syn",
                       "-m tcp --tcp-flags ALL SYN", "-m tcp ! --tcp-flags SYN,ACK SYN"});
    if (!place.proto.empty()) return "";
    switch (below(5)) {
        case 0: place.proto = "tcp"; return "";
        case 1: place.proto = "udp"; return "";
        case 2: place.proto = "!tcp"; return "";
        case 3: place.proto = "esp"; return "";
        default: break;
    }
    place.proto = v6_ ? "ipv6-icmp" : "icmp";
    return v6_ ? "-m icmp6 --icmpv6-type " + one_of({"128", "129", "128/0"})
               : "-m icmp --icmp-type " + one_of({"8", "0", "8/0"});
}

std::string IptablesGenerator::connection_match() {
    const std::string own = one_of(v6_ ? public6 : public4);
    switch (below(11)) {
        case 0:
            return fmt::format("-m conntrack {}--ctstatus {}", negation(30),
                               one_of({"NONE", "CONFIRMED", "SEEN_REPLY", "ASSURED,EXPECTED", "CONFIRMED,ASSURED"}));
        case 1: return "-m conntrack --ctstate " + one_of({"DNAT", "SNAT", "DNAT,SNAT", "NEW,DNAT"});
        case 2: return fmt::format("-m conntrack {}--ctorigdst {}", negation(20), own);
        case 3: return fmt::format("-m conntrack {}--ctorigsrc {}", negation(20), one_of(v6_ ? inside6 : inside4));
        case 4: return fmt::format("-m conntrack --ctorigdstport {}", one_of({"25", "80:600"}));
        case 5: return "-m conntrack --ctproto " + one_of({"tcp", "udp", "6"});
        case 6: return "-m conntrack --ctdir " + one_of({"ORIGINAL", "REPLY"});
        case 7: return "-m state --state " + one_of({"NEW", "RELATED,ESTABLISHED", "INVALID", "UNTRACKED,NEW"});
        case 8: return fmt::format("-m connmark {}--mark {}/0x7", negation(25), mark());
        default:
            return fmt::format("-m conntrack {}--ctstate {}", negation(20),
                               one_of({"NEW", "RELATED,ESTABLISHED", "INVALID", "UNTRACKED", "NEW,UNTRACKED"}));
    }
}

std::string IptablesGenerator::unknown_match(const Place& place) {
    Strings possible = {"-m limit --limit 3/minute --limit-burst 3",
                        "-m statistic --mode nth --every 2 --packet 0",
                        "-m statistic --mode random --probability 0.5",
                        "-m length --length 60:1000",
                        "-m pkttype --pkt-type unicast",
                        "-m quota --quota 300",
                        "-m hashlimit --hashlimit-upto 3/min --hashlimit-burst 3 --hashlimit-mode srcip "
                        "--hashlimit-name a",
                        "-m time --timestart 00:00 --timestop 12:00",
                        "-m recent --set --name r --rsource"};
    possible.push_back(v6_ ? "-m hl --hl-lt 10" : "-m ttl --ttl-lt 10");
    if (place.chain == "PREROUTING" || place.chain == "FORWARD")
        possible.push_back("-m mac --mac-source 02:00:00:00:01:01");
    if (place.kind == Kind::filter) possible.push_back("-m connlimit --connlimit-above 3 --connlimit-mask 0");
    if (place.chain == "PREROUTING" && (place.kind == Kind::raw || place.kind == Kind::mangle))
        possible.push_back("-m rpfilter");
    if (place.chain == "OUTPUT") possible.push_back("-m owner --uid-owner 0");
    return one_of(possible);
}

std::string IptablesGenerator::match(Place& place) {
    if (unknowns_ && chance(12)) return unknown_match(place);
    switch (below(14)) {
        case 0:
        case 1:
        case 2:
        case 3: return address_match(place);
        case 4:
        case 5:
        case 6: return port_match(place);
        case 7: return interface_match(place);
        case 8: return fmt::format("-m mark {}--mark {}{}", negation(25), mark(), one_of({"", "/0x3", "/0x7"}));
        case 9: return place.kind == Kind::raw ? address_match(place) : connection_match();
        case 10: return protocol_match(place);
        case 11: return fmt::format("-m addrtype {}--{}-type LOCAL", negation(40), one_of({"dst", "dst", "src"}));
        default: return set_match();
    }
}

}  // namespace egresslint::kernel
