// SPDX-License-Identifier: Apache-2.0
// See generate.hpp. What nft 1.0.6 refuses is not written: names that are keywords, ports without their protocol,
// translations of the wrong family.
#include "generate.hpp"

#include <fmt/format.h>

#include <array>

namespace egresslint::kernel {
namespace {

using Strings = std::vector<std::string>;

const Strings inside4 = {"10.0.0.5",   "10.0.0.25", "10.0.0.26", "10.0.0.99",
                         "10.0.0.200", "10.0.1.7",  "10.0.1.80", "10.20.3.4"};
const Strings outside4 = {"198.18.0.9", "198.18.0.10", "198.18.200.9", "203.0.113.99", "192.0.2.77"};
const Strings public4 = {"203.0.113.2", "203.0.113.25", "203.0.113.26", "198.51.100.2", "192.0.2.2", "203.0.113.77"};
const Strings inside6 = {"fd00:a::5", "fd00:a::25", "fd00:a::26", "fd00:a::1:99", "fd00:d::7", "fd00:d::80"};
const Strings outside6 = {"2001:db8:99::9", "2001:db8:99::10", "2001:db8:2::77"};
const Strings public6 = {"2001:db8:1::2", "2001:db8:1::25", "2001:db8:2::2", "2001:db8:1::77"};
const Strings prefixes4 = {"10.0.0.0/24",    "10.0.0.0/27", "10.0.1.0/24", "198.18.0.0/24",
                           "203.0.113.0/24", "10.0.0.0/8",  "0.0.0.0/1",   "10.20.0.0/16"};
const Strings prefixes6 = {"fd00:a::/64",   "fd00:a::/112",     "fd00:d::/64",
                           "2001:db8::/32", "2001:db8:99::/48", "fd00::/8"};
const Strings ranges4 = {"10.0.0.5-10.0.0.26", "10.0.0.99-10.0.1.7", "198.18.0.10-198.18.200.9",
                         "203.0.113.2-203.0.113.25"};
const Strings ranges6 = {"fd00:a::5-fd00:a::25", "2001:db8:1::2-2001:db8:99::9"};
const Strings ports = {"25", "80", "53", "443", "587", "2525"};
const Strings port_ranges = {"25-80", "80-443", "26-600", "1-1023", "443-65535"};

std::string joined(const Strings& values) {
    std::string text;
    for (const std::string& value : values) text += (text.empty() ? "" : ", ") + value;
    return text;
}

/// The same without what would overlap: nft refuses overlapping interval elements.
void add_once(Strings& values, const std::string& value) {
    for (const std::string& known : values) {
        if (known == value) return;
    }
    values.push_back(value);
}

}  // namespace

std::string Generated::text() const {
    // The kernel tracks connections only while some rule needs it; a nat chain without a translation anywhere would
    // see nothing at all [measured on 6.18]. Real rulesets have such a rule.
    std::string out = "table inet tracking {\n  chain unused {\n    ct state new\n  }\n}\n";
    for (const Table& table : tables) {
        out += table.head + " {\n";
        // Regular chains first: maps and rules refer to them.
        for (const Chain& chain : table.chains) {
            if (chain.base.empty()) out += fmt::format("  chain {} {{\n  }}\n", chain.name);
        }
        for (const Object& object : table.objects) {
            out += fmt::format("  {} {{\n    {}\n", object.head, object.body);
            if (!object.elements.empty()) out += fmt::format("    elements = {{ {} }}\n", joined(object.elements));
            out += "  }\n";
        }
        for (const Chain& chain : table.chains) {
            out += fmt::format("  chain {} {{\n", chain.name);
            if (!chain.base.empty()) out += "    " + chain.base + "\n";
            for (const std::string& rule : chain.rules) out += "    " + rule + "\n";
            out += "  }\n";
        }
        out += "}\n";
    }
    return out;
}

std::string Generator::address(bool v6, bool outside) {
    if (v6) return one_of(outside ? outside6 : inside6);
    return one_of(outside ? outside4 : inside4);
}

/// One value of an address match: an address, a prefix, a range or an anonymous set.
std::string Generator::address_value(bool v6) {
    switch (below(6)) {
        case 0: return one_of(v6 ? prefixes6 : prefixes4);
        case 1: return one_of(v6 ? ranges6 : ranges4);
        case 2: {
            Strings values;
            for (std::size_t i = 0; i < 3; ++i)
                add_once(values, chance(30) ? one_of(v6 ? public6 : public4) : address(v6, chance(40)));
            return "{ " + joined(values) + " }";
        }
        case 3: return one_of(v6 ? public6 : public4);
        default: return address(v6, chance(40));
    }
}

std::string Generator::port_value() {
    switch (below(5)) {
        case 0: return one_of(port_ranges);
        case 1: {
            Strings values;
            for (std::size_t i = 0; i < 3; ++i) add_once(values, one_of(ports));
            return "{ " + joined(values) + " }";
        }
        default: return one_of(ports);
    }
}

std::string Generator::interface_value() {
    switch (below(5)) {
        case 0: return "\"wan*\"";
        case 1: return "{ \"lan0\", \"wan1\" }";
        case 2: return "{ \"wan0\", \"dmz0\" }";
        default: return "\"" + interface_name() + "\"";
    }
}

/// Whether the rule may be about that family; from then on it is.
bool Generator::take_family(Place& place, unsigned family) {
    if (family == 4 ? !place.v4 : !place.v6) return false;
    if (place.family != 0 && place.family != family) return false;
    place.family = family;
    return true;
}

bool Generator::take_proto(Place& place, const std::string& proto) {
    if (!place.proto.empty() && place.proto != proto) return false;
    place.proto = proto;
    return true;
}

std::string Generator::address_match(Place& place) {
    bool v6 = place.v6 && (!place.v4 || chance(25));
    if (!take_family(place, v6 ? 6 : 4)) v6 = !v6;
    const std::string family = v6 ? "ip6" : "ip";
    const std::string side = chance(50) ? "saddr" : "daddr";
    const std::string not_equal = chance(20) ? "!= " : "";
    const std::string type = v6 ? "ipv6_addr" : "ipv4_addr";
    if (chance(25)) {
        for (const Generated::Object& object : place.table->objects) {
            if (object.body.rfind("type " + type + ";", 0) == 0 && object.head.rfind("set", 0) == 0) {
                return fmt::format("{} {} {}@{}", family, side, not_equal, object.head.substr(4));
            }
        }
    }
    if (!v6 && chance(10))
        return fmt::format("ip {} & 0.0.0.{} {} 0.0.0.1", side, chance(50) ? "1" : "3", chance(50) ? "==" : "!=");
    if (chance(10) && place.kind == Kind::filter) {
        return fmt::format("ct original {} {} {}", family, side,
                           address_value(v6).front() == '{' ? address(v6, chance(50)) : address(v6, false));
    }
    return fmt::format("{} {} {}{}", family, side, not_equal, address_value(v6));
}

std::string Generator::port_match(Place& place) {
    const std::string not_equal = chance(15) ? "!= " : "";
    const std::size_t form = below(6);
    if (form == 0 && take_proto(place, "th")) {
        return fmt::format("meta l4proto {{ tcp, udp }} th dport {}{}", not_equal, port_value());
    }
    std::string proto = chance(80) ? "tcp" : "udp";
    if (!take_proto(place, proto)) proto = place.proto == "tcp" || place.proto == "udp" ? place.proto : "";
    if (proto.empty()) return place.proto == "th" ? "th dport " + port_value() : "meta mark " + mark();
    if (form == 1) return fmt::format("{} sport {}", proto, chance(50) ? "1024-40000" : "!= 30000-65535");
    return fmt::format("{} dport {}{}", proto, not_equal, port_value());
}

std::string Generator::meta_match(Place& place) {
    const bool has_out = place.hook != Hook::prerouting && place.hook != Hook::input;
    switch (below(10)) {
        case 0: return has_out ? "oifname " + interface_value() : "iifname " + interface_value();
        case 1: return fmt::format("iifname {}{}", chance(30) ? "!= " : "", interface_value());
        case 2:
            return has_out ? fmt::format("oifname {}{}", chance(30) ? "!= " : "", interface_value())
                           : "iifname " + interface_value();
        case 3: return fmt::format("meta mark {}{}", chance(30) ? "!= " : "", mark());
        case 4: return fmt::format("meta mark & {} == {}", chance(50) ? "0x3" : "0x6", below(3));
        case 5: return fmt::format("ct mark {}{}", chance(30) ? "!= " : "", mark());
        case 6:
            return one_of(Strings{"ct state new", "ct state { new, untracked }", "ct state established,related",
                                  "ct state invalid", "ct state != new", "ct state untracked"});
        case 7: {
            if (place.inet && chance(40)) {
                const bool v6 = chance(50);
                return take_family(place, v6 ? 6 : 4) ? (v6 ? "meta nfproto ipv6" : "meta nfproto ipv4")
                                                      : "meta mark 0";
            }
            if (chance(40) && take_proto(place, "th")) return "meta l4proto { tcp, udp }";
            return chance(50) ? "ct status dnat" : "ct status snat";
        }
        case 8: return fmt::format("fib daddr type {}local", chance(40) ? "!= " : "");
        default: {
            const bool v6 = !place.v4 || (place.v6 && chance(30));
            if (!place.proto.empty() || !take_family(place, v6 ? 6 : 4)) return "meta mark " + mark();
            place.proto = "icmp";
            return v6 ? "icmpv6 type echo-request" : "icmp type echo-request";
        }
    }
}

std::string Generator::match(Place& place) {
    switch (below(8)) {
        case 0:
        case 1:
        case 2: return address_match(place);
        case 3:
        case 4: return port_match(place);
        case 5:
            if (place.v4 && place.family != 6 && (place.proto.empty() || place.proto == "tcp")) {
                place.family = 4;
                place.proto = "tcp";
                Strings values;
                for (std::size_t i = 0; i < 3; ++i) {
                    add_once(values, fmt::format("{} . {}", address(false, false), one_of(ports)));
                }
                return fmt::format("ip saddr . tcp dport {}{{ {} }}", chance(20) ? "!= " : "", joined(values));
            }
            return port_match(place);
        default: return meta_match(place);
    }
}

std::string Generator::verdict(const Place& place) {
    if (!place.targets.empty() && chance(35)) return (chance(65) ? "jump " : "goto ") + one_of(place.targets);
    switch (below(8)) {
        case 0:
        case 1:
        case 2: return "accept";
        case 3:
        case 4: return "drop";
        case 5:
            return place.kind == Kind::filter && place.hook != Hook::postrouting && place.hook != Hook::prerouting
                       ? "reject"
                       : "drop";
        default: return "return";
    }
}

std::string Generator::verdict_map(Place& place) {
    Strings elements;
    switch (below(4)) {
        case 0:
            for (const char* name : {"lan0", "dmz0", "wan0"})
                elements.push_back(fmt::format("\"{}\" : {}", name, verdict(place)));
            break;
        case 1:
            if (take_family(place, 4)) {
                Strings keys;
                for (std::size_t i = 0; i < 3; ++i) add_once(keys, address(false, chance(30)));
                for (const std::string& key : keys) elements.push_back(key + " : " + verdict(place));
            }
            break;
        case 2: {
            Strings keys;
            for (std::size_t i = 0; i < 3; ++i) add_once(keys, mark());
            for (const std::string& key : keys) elements.push_back(key + " : " + verdict(place));
            break;
        }
        default: break;
    }
    // `reject` and what is no bare verdict cannot stand in a map.
    for (std::string& element : elements) {
        if (element.ends_with("reject")) element.replace(element.size() - 6, 6, "drop");
    }
    if (elements.empty()) {
        if (!take_proto(place, "tcp")) return verdict(place);
        return fmt::format("tcp dport vmap {{ 25 : {}, 80-443 : {} }}", chance(50) ? "accept" : "drop",
                           chance(50) ? "drop" : "return");
    }
    const std::string& first = elements.front();
    const std::string key = first.front() == '"'                ? "iifname"
                            : first.find('.') < first.find(' ') ? (chance(50) ? "ip saddr" : "ip daddr")
                                                                : "meta mark";
    return fmt::format("{} vmap {{ {} }}", key, joined(elements));
}

std::string Generator::mark_statement(Place& place) {
    switch (below(8)) {
        case 0: return fmt::format("meta mark set mark {} {}", one_of(Strings{"and", "or", "xor"}), below(8));
        case 1: return "meta mark set ct mark";
        case 2: return "ct mark set mark";
        case 3: return "ct mark set " + mark();
        case 4:
            if (!take_family(place, 4)) return "meta mark set " + mark();
            return fmt::format("meta mark set ip saddr map {{ 10.0.0.25 : {}, 10.0.0.26 : {} }}", mark(), mark());
        case 5:
            if (!take_proto(place, "tcp")) return "meta mark set " + mark();
            return fmt::format("meta mark set tcp dport map {{ 25 : {}, 80-443 : {} }}", mark(), mark());
        default: return "meta mark set " + mark();
    }
}

std::string Generator::source_translation(bool v6, const std::string& family, bool masquerade_allowed) {
    const std::string to = v6 ? one_of(Strings{"2001:db8:1::25", "2001:db8:2::25"})
                              : one_of(Strings{"203.0.113.25", "203.0.113.26", "198.51.100.25"});
    switch (below(9)) {
        case 0:
        case 1: return masquerade_allowed ? "masquerade" : fmt::format("snat{} to {}", family, to);
        case 2:
            return v6 ? fmt::format("snat{} to 2001:db8:1::40-2001:db8:1::47", family)
                      : fmt::format("snat{} to 203.0.113.40-203.0.113.47", family);
        case 3:
            return v6 ? fmt::format("snat{} to [{}]:1024-9999", family, to)
                      : fmt::format("snat{} to {}:1024-9999", family, to);
        case 4:
            return v6 ? fmt::format(
                            "snat{} to ip6 saddr map {{ fd00:a::25 : 2001:db8:1::25, fd00:a::26 : 2001:db8:1::26 }}",
                            family)
                      : fmt::format("snat{} to ip saddr map {{ 10.0.0.25 : 203.0.113.25, 10.0.0.26 : 203.0.113.26 }}",
                                    family);
        case 5:
            return v6 ? fmt::format("snat ip6 prefix to ip6 saddr map {{ fd00:a::/64 : 2001:db8:a::/64 }}")
                      : fmt::format("snat ip prefix to ip saddr map {{ 10.0.0.0/24 : 198.19.5.0/24 }}");
        default: return fmt::format("snat{} to {}", family, to);
    }
}

std::string Generator::destination_translation(bool v6, const std::string& family, Hook hook) {
    const std::string to = v6 ? one_of(inside6) : one_of(inside4);
    switch (below(7)) {
        case 0: return hook == Hook::prerouting ? "redirect to :2525" : fmt::format("dnat{} to {}", family, to);
        case 1:
            return v6 ? fmt::format("dnat{} to [{}]:2525", family, to) : fmt::format("dnat{} to {}:2525", family, to);
        case 2:
            return v6 ? fmt::format("dnat{} to tcp dport map {{ 25 : fd00:a::25, 80 : fd00:d::80 }}", family)
                      : fmt::format("dnat{} to tcp dport map {{ 25 : 10.0.0.25, 80 : 10.0.1.80 }}", family);
        case 3:
            return v6 ? fmt::format("dnat{} to {}", family, to) : fmt::format("dnat{} to 10.0.0.40-10.0.0.47", family);
        default: return fmt::format("dnat{} to {}", family, to);
    }
}

std::string Generator::translation(Place& place) {
    bool v6 = place.v6 && (!place.v4 || chance(30));
    if (!take_family(place, v6 ? 6 : 4)) v6 = place.family == 6;
    const std::string family = place.inet ? (v6 ? " ip6" : " ip") : "";
    // A port needs its protocol in the same rule.
    for (unsigned attempt = 0; attempt < 20; ++attempt) {
        std::string text = place.kind == Kind::source ? source_translation(v6, family, place.hook == Hook::postrouting)
                                                      : destination_translation(v6, family, place.hook);
        if (text.find("tcp dport map") != std::string::npos) {
            if (take_proto(place, "tcp")) return text;
            continue;
        }
        if (text.find("]:") == std::string::npos && text.find(":1024") == std::string::npos &&
            text.find(":2525") == std::string::npos)
            return text;
        if (place.proto == "tcp" || place.proto == "udp") return text;
        if (place.proto.empty()) return "meta l4proto tcp " + text;
    }
    return "accept";
}

std::string Generator::rule(Place place) {
    std::string text;
    const std::size_t matches = below(4);
    for (std::size_t i = 0; i < matches; ++i) text += match(place) + " ";
    if (chance(10)) text += "counter ";
    if (place.kind == Kind::filter && chance(2)) text += "limit rate 1000/second ";
    if (place.kind != Kind::filter && chance(60)) return text + translation(place);
    if (chance(20)) text += mark_statement(place) + " ";
    if (place.kind == Kind::filter && place.hook == Hook::prerouting && chance(6)) text += "notrack ";
    if (chance(15)) return text + verdict_map(place);
    if (text.empty() || chance(85)) text += verdict(place);
    return text;
}

void Generator::fill(Generated::Table& table, Generated::Chain& chain, Place place) {
    place.table = &table;
    const std::size_t count = 1 + below(7);
    for (std::size_t i = 0; i < count; ++i) chain.rules.push_back(rule(place));
}

Generated::Table Generator::table(std::size_t index) {
    Generated::Table out;
    const std::size_t family = below(5);  // inet twice as likely
    Place place;
    place.inet = family >= 3;
    place.v4 = family != 2;
    place.v6 = family >= 2;
    out.head = fmt::format("table {} t{}", place.inet ? "inet" : place.v4 ? "ip" : "ip6", index);
    if (place.v4 && chance(60)) {
        Generated::Object set{fmt::format("set hosts{}", index), "type ipv4_addr; flags interval;", {}};
        for (const char* value : {"10.0.0.20-10.0.0.30", "10.0.1.0/24", "198.18.0.9", "203.0.113.2"}) {
            if (chance(60)) set.elements.emplace_back(value);
        }
        out.objects.push_back(set);
    }
    if (place.v6 && chance(50)) {
        out.objects.push_back({fmt::format("set hosts6{}", index),
                               "type ipv6_addr; flags interval;",
                               {"fd00:a::/112", "2001:db8:99::9"}});
    }

    // Regular chains, by what may stand in them; a chain jumps only to chains with a higher number.
    std::array<Strings, 3> regular;
    constexpr std::array kinds = {Kind::filter, Kind::source, Kind::destination};
    for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
        const std::size_t count = below(kind == 0 ? 4 : 2);
        Strings later;
        std::vector<Generated::Chain> chains;
        for (std::size_t i = count; i-- > 0;) {
            Generated::Chain chain{fmt::format("r{}{}{}", index, kind, i), "", {}};
            Place inner = place;
            inner.kind = kinds[kind];
            // Whatever hook it is reached from, only what every hook allows.
            inner.hook = kinds[kind] == Kind::source ? Hook::postrouting : Hook::prerouting;
            inner.targets = later;
            fill(out, chain, inner);
            for (std::string& text : chain.rules) {
                if (const auto at = text.find("notrack "); at != std::string::npos) text.erase(at, 8);
            }
            later.push_back(chain.name);
            chains.push_back(std::move(chain));
        }
        for (auto chain = chains.rbegin(); chain != chains.rend(); ++chain) out.chains.push_back(std::move(*chain));
        regular[kind] = later;
    }

    constexpr std::array hook_names = {"prerouting", "input", "forward", "output", "postrouting"};
    const std::size_t bases = 1 + below(4);
    for (std::size_t i = 0; i < bases; ++i) {
        Place here = place;
        std::string type = "filter";
        int priority = 0;
        if (chance(40)) {
            type = "nat";
            here.kind = chance(60) ? Kind::source : Kind::destination;
            here.hook = here.kind == Kind::source ? (chance(90) ? Hook::postrouting : Hook::input)
                                                  : (chance(85) ? Hook::prerouting : Hook::output);
            priority = (here.kind == Kind::source ? 100 : -100) + static_cast<int>(below(9)) - 4;
        } else {
            constexpr std::array hooks = {Hook::forward,     Hook::forward, Hook::prerouting,
                                          Hook::postrouting, Hook::input,   Hook::output};
            here.hook = hooks[below(hooks.size())];
            constexpr std::array priorities = {-310, -250, -150, -50, -5, 0, 5, 50, 150, 250};
            priority = priorities[below(priorities.size())] + static_cast<int>(below(4));
            if (here.hook == Hook::output && chance(30)) type = "route";
        }
        const std::string key =
            fmt::format("{}{}{}", hook_names[static_cast<std::size_t>(here.hook)], priority, type == "nat");
        bool taken = false;
        for (const std::string& known : used_priorities_) taken = taken || known == key;
        if (taken && !chance(10)) continue;  // equal priorities are an open question; rarely asked
        used_priorities_.push_back(key);
        // Regular chains for sources may masquerade, which input does not allow.
        if (here.hook != Hook::input || here.kind == Kind::filter)
            here.targets = regular[static_cast<std::size_t>(here.kind)];
        Generated::Chain chain{fmt::format("b{}{}", index, i), "", {}};
        chain.base = fmt::format("type {} hook {} priority {}; policy {};", type,
                                 hook_names[static_cast<std::size_t>(here.hook)], priority,
                                 chance(type == "nat" ? 5 : 20) ? "drop" : "accept");
        fill(out, chain, here);
        if (here.hook == Hook::prerouting && priority > -200) {
            // notrack after conntrack is another story, told by an experiment of its own
            for (std::string& text : chain.rules) {
                if (const auto at = text.find("notrack "); at != std::string::npos) text.erase(at, 8);
            }
        }
        out.chains.push_back(std::move(chain));
    }
    return out;
}

Generated Generator::ruleset() {
    Generated out;
    used_priorities_.clear();
    const std::size_t count = 1 + below(3);
    for (std::size_t i = 0; i < count; ++i) out.tables.push_back(table(i));
    return out;
}

std::vector<Probe> Generator::packets(std::size_t count) {
    std::vector<Probe> probes;
    auto sport = static_cast<std::uint16_t>(20000 + below(100));
    const auto parse = [](const std::string& text) { return *base::parse_address(text); };
    while (probes.size() < count) {
        Probe probe;
        const bool v6 = chance(25);
        const std::size_t way = below(10);
        if (way < 5) {  // out
            probe.src = parse(v6 ? one_of(inside6) : one_of(inside4));
            probe.dst = parse(chance(80) ? address(v6, true) : v6 ? one_of(inside6) : one_of(inside4));
            probe.in =
                (v6 ? (probe.src.bits >> 96) == 0xfd00000du : (probe.src.bits >> 8) == 0x0a0001u) ? "dmz0" : "lan0";
            if (chance(5)) probe.in = interface_name();
        } else if (way < 8) {  // in
            probe.src = parse(address(v6, true));
            probe.dst = parse(chance(70) ? one_of(v6 ? public6 : public4) : address(v6, false));
            probe.in = chance(75) ? "wan0" : "wan1";
        } else {  // the router's own
            probe.src = parse(v6 ? one_of(Strings{"2001:db8:1::2", "fd00:a::1"})
                                 : one_of(Strings{"203.0.113.2", "203.0.113.25", "10.0.0.1", "198.51.100.2"}));
            probe.dst = parse(address(v6, chance(70)));
            if (chance(20)) probe.mark = static_cast<std::uint32_t>(below(8));
        }
        probe.sport = sport++;
        const std::size_t proto = below(10);
        if (proto < 7) {
            probe.proto = proto_tcp;
        } else if (proto < 9) {
            probe.proto = proto_udp;
        } else {
            probe.proto = v6 ? proto_icmpv6 : proto_icmp;
            probe.icmp_type = v6 ? 128 : 8;
        }
        if (proto < 9) probe.dport = static_cast<std::uint16_t>(std::stoul(one_of(ports)));
        if (probe.proto != proto_tcp) probe.tcp_flags = 0;
        probes.push_back(probe);
    }
    return probes;
}

}  // namespace egresslint::kernel
