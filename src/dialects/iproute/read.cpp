// SPDX-License-Identifier: Apache-2.0
// Facts about the format are from iproute2 6.1, seen by running it: a route without "table" is of table main, one
// without "type" is unicast; "default" names no family; link-local scope is "link"; with several next hops there is no
// "dev" beside "nexthops"; a flag in a rule ("not") is a key with null.
#include "dialects/iproute/read.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "dialects/iproute/elements.hpp"
#include "model/builder.hpp"

namespace egresslint::dialects::iproute {
namespace {

using nlohmann::json;
using namespace egresslint::model;

constexpr std::uint32_t local_table = 255, main_table = 254, default_table = 253;

struct Item {
    json object;
    base::Span span;
    std::size_t array = 0;
};

std::vector<Item> read_items(const base::Sources& sources, base::FileId file, const char* what,
                             base::Diagnostics& diagnostics) {
    std::vector<Item> out;
    for (const auto& element : find_elements(sources, file, what, diagnostics)) {
        const auto text = sources.text(element.span);
        try {
            out.push_back({json::parse(text.begin(), text.end()), element.span, element.array});
        } catch (const json::parse_error& error) {
            const auto at = element.span.begin + static_cast<std::uint32_t>(error.byte ? error.byte - 1 : 0);
            add_fatal(diagnostics, {file, at, at + 1},
                      fmt::format("this is not the output of `{}`: invalid JSON", what));
            return {};
        }
    }
    // iproute2 prints {} for entries that its own filter left out.
    std::erase_if(out, [](const Item& i) { return i.object.empty(); });
    return out;
}

std::optional<std::string> text_of(const json& object, const char* key) {
    const auto it = object.find(key);
    if (it == object.end() || !it->is_string()) return std::nullopt;
    return it->get<std::string>();
}

std::optional<std::uint32_t> number_from(std::string_view text) {
    const bool hex = text.starts_with("0x");
    if (hex) text.remove_prefix(2);
    if (text.empty() || text.size() > 10) return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : text) {
        const int digit = c >= '0' && c <= '9'          ? c - '0'
                          : hex && c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : hex && c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                        : -1;
        if (digit < 0) return std::nullopt;
        value = value * (hex ? 16 : 10) + static_cast<std::uint64_t>(digit);
    }
    if (value > 0xffffffffu) return std::nullopt;
    return static_cast<std::uint32_t>(value);
}

/// A number, or its decimal or 0x text; iproute2 prints either, by key and release.
std::optional<std::uint32_t> number_of(const json& object, const char* key) {
    const auto it = object.find(key);
    if (it == object.end()) return std::nullopt;
    if (it->is_number_unsigned() && it->get<std::uint64_t>() <= 0xffffffffu) return it->get<std::uint32_t>();
    if (it->is_string()) return number_from(it->get_ref<const std::string&>());
    return std::nullopt;
}

bool has_flag(const json& object, const char* flag) {
    const auto it = object.find("flags");
    return it != object.end() && it->is_array() && std::find(it->begin(), it->end(), flag) != it->end();
}

void not_understood(base::Diagnostics& diagnostics, base::Span span, std::string message) {
    base::Diagnostic d;
    d.code = "EL901";
    d.span = span;
    d.message = std::move(message);
    d.influence = base::Influence::routing;
    diagnostics.push_back(std::move(d));
}

std::size_t interface_index(Device& device, const std::string& name) {
    for (std::size_t i = first_interface; i < device.interfaces.size(); ++i)
        if (device.interfaces[i].name == name) return i;
    device.interfaces.emplace_back();
    device.interfaces.back().name = name;
    return device.interfaces.size() - 1;
}

// -- addresses ---------------------------------------------------------------------------------------------------

bool read_address(const json& info, InterfaceAddress& out) {
    const auto local = text_of(info, "local");
    const auto length = number_of(info, "prefixlen");
    const auto address = local ? base::parse_address(*local) : std::nullopt;
    if (!address || !length || *length > base::address_bits(address->family)) return false;
    out.address = *address;
    out.length = static_cast<std::uint8_t>(*length);
    out.global = text_of(info, "scope").value_or("global") == "global";
    // Linux never chooses any of these as the address of new connections while another one is there.
    for (const char* key : {"secondary", "temporary", "deprecated", "tentative", "dadfailed"}) {
        const auto it = info.find(key);
        if (it != info.end() && it->is_boolean() && it->get<bool>()) out.secondary = true;
    }
    return true;
}

// -- routes ------------------------------------------------------------------------------------------------------

/// Names of /etc/iproute2/rt_tables stand for numbers that the dump does not tell; any number will do that routes and
/// rules agree on and that no real table has.
std::uint32_t table_number(const std::string& name) {
    if (name == "local") return local_table;
    if (name == "main") return main_table;
    if (name == "default") return default_table;
    if (const auto number = number_from(name)) return *number;
    std::uint32_t hash = 2166136261u;
    for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
    return hash | 0x80000000u;
}
std::uint32_t table_of(const json& object) {
    if (const auto name = text_of(object, "table")) return table_number(*name);
    return number_of(object, "table").value_or(main_table);
}

std::optional<RouteType> route_type(const std::string& name) {
    if (name == "unicast") return RouteType::unicast;
    if (name == "local" || name == "anycast") return RouteType::local;
    if (name == "broadcast") return RouteType::broadcast;
    if (name == "multicast") return RouteType::multicast;
    if (name == "blackhole") return RouteType::blackhole;
    if (name == "unreachable") return RouteType::unreachable;
    if (name == "prohibit") return RouteType::prohibit;
    if (name == "throw") return RouteType::throw_;
    return std::nullopt;
}

std::optional<Address> gateway_of(const json& hop) {
    if (const auto text = text_of(hop, "gateway")) return base::parse_address(*text);
    const auto via = hop.find("via");  // a gateway of the other family
    if (via != hop.end() && via->is_object())
        if (const auto host = text_of(*via, "host")) return base::parse_address(*host);
    return std::nullopt;
}

/// "default" names no family; what does, in order: the gateway, the preferred source, what only IPv6 routes have.
Family family_of_default(const json& object) {
    if (const auto text = text_of(object, "gateway"))
        if (const auto gateway = base::parse_address(*text)) return gateway->family;
    const auto via = object.find("via");
    if (via != object.end()) return Family::v4;  // only IPv4 routes take gateways of the other family
    if (const auto text = text_of(object, "prefsrc"))
        if (const auto source = base::parse_address(*text)) return source->family;
    const auto hops = object.find("nexthops");
    if (hops != object.end() && hops->is_array())
        for (const auto& hop : *hops)
            if (const auto text = text_of(hop, "gateway"))
                if (const auto gateway = base::parse_address(*text)) return gateway->family;
    return object.contains("pref") ? Family::v6 : Family::v4;
}

void add_hop(Route& route, const json& hop) {
    if (has_flag(hop, "dead")) return;
    NextHop out;
    out.gateway = gateway_of(hop);
    out.interface = text_of(hop, "dev").value_or("");
    route.next_hops.push_back(std::move(out));
}

std::optional<Route> read_route(const Item& item, base::Diagnostics& diagnostics) {
    const auto& o = item.object;
    Route route;
    route.span = item.span;
    const auto to = text_of(o, "dst");
    if (!to) {
        not_understood(diagnostics, item.span, "a route without destination");
        return std::nullopt;
    }
    const auto prefix = *to == "default" ? make_prefix(Address{family_of_default(o), 0}, 0) : base::parse_prefix(*to);
    const auto type = route_type(text_of(o, "type").value_or("unicast"));
    if (!prefix || !type) {
        not_understood(diagnostics, item.span,
                       !prefix ? fmt::format("route destination {} is no address", *to)
                               : fmt::format("route type {} is not known", text_of(o, "type").value_or("")));
        return std::nullopt;
    }
    route.destination = *prefix;
    route.type = *type;
    route.table = table_of(o);
    route.metric = number_of(o, "metric").value_or(0);
    if (const auto from = text_of(o, "from"); from && *from != "default" && *from != "all") {
        route.from = base::parse_prefix(*from);
        if (!route.from || route.from->base.family != prefix->base.family) {
            not_understood(diagnostics, item.span, fmt::format("route source {} is no address", *from));
            return std::nullopt;
        }
    }
    for (const char* key : {"tos", "iif"})
        if (o.contains(key)) route.unsupported += (route.unsupported.empty() ? "" : ", ") + std::string(key);
    const auto hops = o.find("nexthops");
    if (hops != o.end() && hops->is_array()) {
        for (const auto& hop : *hops) add_hop(route, hop);
    } else if (o.contains("dev") || o.contains("gateway") || o.contains("via")) {
        add_hop(route, o);
    } else if (route.type == RouteType::unicast) {
        // A next hop object (`nhid`) whose contents the dump does not show: resolve takes any interface.
        not_understood(diagnostics, item.span, fmt::format("the route to {} does not say where it leads", *to));
        route.next_hops.emplace_back();
        return route;
    }
    if (route.type == RouteType::unicast && route.next_hops.empty()) return std::nullopt;  // every next hop is dead
    return route;
}

// -- rules -------------------------------------------------------------------------------------------------------

std::optional<std::uint8_t> protocol_from(const json& value) {
    if (value.is_number_unsigned() && value.get<std::uint64_t>() <= 255) return value.get<std::uint8_t>();
    if (!value.is_string()) return std::nullopt;
    static const std::map<std::string, std::uint8_t, std::less<>> names{
        {"icmp", 1},       {"tcp", 6},     {"udp", 17},   {"dccp", 33},
        {"ipv6-icmp", 58}, {"icmpv6", 58}, {"sctp", 132}, {"udplite", 136}};
    const auto& text = value.get_ref<const std::string&>();
    if (const auto it = names.find(text); it != names.end()) return it->second;
    if (const auto number = number_from(text); number && *number <= 255) return static_cast<std::uint8_t>(*number);
    return std::nullopt;
}

class RuleReader {
public:
    explicit RuleReader(Builder& builder) : b_(builder) {}

    /// A rule with `skip_to` set is `goto`: rules up to that priority may be skipped.
    struct Result {
        RoutingRule rule;
        std::optional<std::uint32_t> skip_to;
        std::optional<Family> family;
        bool nothing = false;
    };

    Result read(const Item& item) {
        Result out;
        out.rule.span = item.span;
        out.rule.table = table_of(item.object);
        std::vector<ExprId> all;
        bool negated = false;
        for (const auto& [key, value] : item.object.items()) field(item.object, key, value, out, all, negated);
        out.rule.match = b_.all(std::move(all));
        if (negated) out.rule.match = b_.negate(out.rule.match);
        if (!item.object.contains("table") && !out.rule.action && !out.skip_to && !out.nothing)
            unsupported(out, "no table and no action");
        return out;
    }

private:
    static void unsupported(Result& out, const std::string& what) {
        if (!out.rule.unsupported.empty()) out.rule.unsupported += ", ";
        out.rule.unsupported += what;
    }

    void address(const json& object, Field field, const char* key, const char* length_key, Result& out,
                 std::vector<ExprId>& all) {
        const auto text = text_of(object, key).value_or("");
        if (text == "all" || text == "any" || text == "default") return;
        const auto address = base::parse_address(text);
        if (!address) return unsupported(out, fmt::format("{} {}", key, text));
        const auto length = number_of(object, length_key).value_or(base::address_bits(address->family));
        out.family = address->family;
        all.push_back(b_.prefix(field, make_prefix(*address, length)));
    }

    void ports(const json& object, Field field, const std::string& name, Result& out, std::vector<ExprId>& all) {
        const auto single = number_of(object, name.c_str());
        const auto first = single ? single : number_of(object, (name + "_start").c_str());
        const auto last = single ? single : number_of(object, (name + "_end").c_str());
        if (!first || !last || *last > 0xffff || *first > *last) return unsupported(out, name);
        all.push_back(b_.in(field, IntervalSet::range(*first, *last)));
    }

    void field(const json& object, const std::string& key, const json& value, Result& out, std::vector<ExprId>& all,
               bool& negated) {
        static constexpr const char* inert[] = {"table",     "srclen",   "dstlen",       "fwmask",      "sport_end",
                                                "dport_end", "protocol", "iif_detached", "oif_detached"};
        if (std::find(std::begin(inert), std::end(inert), key) != std::end(inert)) return;
        if (key == "priority") {
            out.rule.priority = number_of(object, "priority").value_or(0);
        } else if (key == "src") {
            address(object, Field::src, "src", "srclen", out, all);
        } else if (key == "dst") {
            address(object, Field::dst, "dst", "dstlen", out, all);
        } else if (key == "not") {
            negated = true;
        } else if (key == "fwmark") {
            const auto mark = number_of(object, "fwmark");
            const auto mask = number_of(object, "fwmask").value_or(0xffffffffu);
            if (!mark) return unsupported(out, "fwmark");
            all.push_back(b_.in_register(b_.reg("mark"), IntervalSet::single(*mark), mask));
        } else if (key == "iif") {
            const auto name = value.is_string() ? value.get<std::string>() : "";
            // "iif lo" is how ip-rule(8) says: packets of this host.
            if (name == "lo")
                all.push_back(b_.in(Field::in_if, IntervalSet::single(self_interface)));
            else
                all.push_back(b_.interface_names(Field::in_if, {name}));
        } else if (key == "ipproto") {
            const auto proto = protocol_from(value);
            if (!proto) return unsupported(out, "ipproto");
            all.push_back(b_.proto(*proto));
        } else if (key == "sport" || key == "sport_start") {
            ports(object, Field::sport, "sport", out, all);
        } else if (key == "dport" || key == "dport_start") {
            ports(object, Field::dport, "dport", out, all);
        } else if (key == "suppress_prefixlen") {
            const auto length = number_of(object, "suppress_prefixlen");
            if (!length || *length > 128) return unsupported(out, key);
            out.rule.suppress_prefix_length = static_cast<std::int32_t>(*length);
        } else if (key == "action") {
            const auto type = route_type(value.is_string() ? value.get<std::string>() : "");
            if (type != RouteType::blackhole && type != RouteType::unreachable && type != RouteType::prohibit)
                return unsupported(out, "action");
            out.rule.action = type;
        } else if (key == "goto") {
            out.skip_to = number_of(object, "goto").value_or(0xffffffffu);
        } else if (key == "nop" || key == "unresolved") {
            out.nothing = key == "nop" || out.nothing;
        } else if (key == "oif") {
            // Sockets bound to a device: a packet on its way through has no outgoing interface when it is looked up.
            all.push_back(b_.in(Field::in_if, IntervalSet::single(self_interface)));
            unsupported(out, key);
        } else {
            // uid ranges, l3mdev, tun_id, dsfield, realms, suppress_ifgroup …
            unsupported(out, key);
        }
    }

    Builder& b_;
};

RoutingRule default_rule(Builder& b, std::uint32_t priority, std::uint32_t table, Family family) {
    RoutingRule rule;
    rule.priority = priority;
    rule.table = table;
    rule.match = b.family(family);
    return rule;
}

}  // namespace

void read_addresses(const base::Sources& sources, base::FileId file, Device& device, base::Diagnostics& diagnostics) {
    const auto before = diagnostics.size();
    const auto items = read_items(sources, file, "ip -j addr", diagnostics);
    if (diagnostics.size() != before) return;
    if (std::none_of(items.begin(), items.end(), [](const Item& i) { return i.object.contains("ifname"); })) {
        add_fatal(diagnostics, {file, 0, 0}, "this is not the output of `ip -j addr`: no interface in it");
        return;
    }
    for (const auto& item : items) {
        const auto name = text_of(item.object, "ifname");
        if (!name || name->empty()) {
            not_understood(diagnostics, item.span, "an interface without a name");
            continue;
        }
        auto& interface = device.interfaces[interface_index(device, *name)];
        interface.span = item.span;
        interface.addresses.clear();
        if (has_flag(item.object, "LOOPBACK")) interface.role = Role::loopback;
        const auto infos = item.object.find("addr_info");
        if (infos == item.object.end() || !infos->is_array()) continue;
        for (const auto& info : *infos) {
            if (!info.is_object() || info.empty()) continue;
            const auto family = text_of(info, "family").value_or("");
            if (family != "inet" && family != "inet6") continue;
            InterfaceAddress address;
            if (read_address(info, address))
                interface.addresses.push_back(address);
            else
                not_understood(diagnostics, item.span, fmt::format("an address of {} cannot be read", *name));
        }
    }
    device.interfaces_known = true;
    device.addresses_known = true;
}

void read_routes(const base::Sources& sources, base::FileId file, Device& device, base::Diagnostics& diagnostics) {
    const auto before = diagnostics.size();
    const auto items = read_items(sources, file, "ip -j route show table all", diagnostics);
    if (diagnostics.size() != before) return;
    if (std::any_of(items.begin(), items.end(), [](const Item& i) { return i.object.contains("ifname"); })) {
        add_fatal(diagnostics, items.front().span, "this looks like the output of `ip -j addr`, not of `ip -j route`");
        return;
    }
    for (const auto& item : items)
        if (auto route = read_route(item, diagnostics)) device.routes.push_back(std::move(*route));
    // An empty list is a dump as well, but of a family that we cannot tell: it says nothing.
    if (!device.routes.empty()) device.routes_known = true;
}

void read_rules(const base::Sources& sources, base::FileId file, Device& device, base::Diagnostics& diagnostics) {
    const auto before = diagnostics.size();
    const auto items = read_items(sources, file, "ip -j rule", diagnostics);
    if (diagnostics.size() != before) return;
    for (const auto& item : items)
        if (!item.object.contains("priority")) {
            add_fatal(diagnostics, item.span, "this is not the output of `ip -j rule`: a rule without priority");
            return;
        }
    Builder b(std::move(device));
    RuleReader reader(b);
    struct Read {
        RuleReader::Result result;
        std::size_t array;
    };
    std::vector<Read> all;
    for (const auto& item : items) all.push_back({reader.read(item), item.array});

    // The dump does not name its family. Addresses do; so does the table "default", which only IPv4 has.
    std::map<std::size_t, Family> families;
    for (const auto& r : all) {
        if (r.result.family) families.try_emplace(r.array, *r.result.family);
        if (r.result.rule.table == default_table && r.result.rule.priority == 32767)
            families.try_emplace(r.array, Family::v4);
    }
    const auto says = [&](const RoutingRule& rule, Family f) { return rule.match == b.family(f); };
    const bool four_elsewhere =
        std::any_of(families.begin(), families.end(), [](const auto& f) { return f.second == Family::v4; }) ||
        std::any_of(b.device().routing_rules.begin(), b.device().routing_rules.end(),
                    [&](const RoutingRule& rule) { return rule.table == default_table && says(rule, Family::v4); });
    bool for_six = false;
    std::vector<RoutingRule> rules;
    for (auto& r : all) {
        auto& rule = r.result.rule;
        std::optional<Family> family;
        if (const auto it = families.find(r.array); it != families.end())
            family = it->second;
        else if (four_elsewhere)
            family = Family::v6;
        if (family) rule.match = b.all({b.family(*family), rule.match});
        for_six = for_six || family != Family::v4;
        // Rules that a goto may jump over apply or not.
        for (const auto& other : all)
            if (other.array == r.array && other.result.skip_to && other.result.rule.priority < rule.priority &&
                rule.priority < *other.result.skip_to && rule.unsupported.find("goto") == std::string::npos)
                rule.unsupported += rule.unsupported.empty() ? "goto before it" : ", goto before it";
        if (!r.result.skip_to && !r.result.nothing) rules.push_back(rule);
    }
    auto& kept = b.device().routing_rules;
    if (for_six)
        std::erase_if(kept, [&](const RoutingRule& rule) { return !rule.span.valid() && says(rule, Family::v6); });
    kept.insert(kept.end(), rules.begin(), rules.end());
    if (!for_six &&
        std::none_of(kept.begin(), kept.end(), [&](const RoutingRule& rule) { return says(rule, Family::v6); })) {
        kept.push_back(default_rule(b, 0, local_table, Family::v6));
        kept.push_back(default_rule(b, 32766, main_table, Family::v6));
    }
    device = std::move(b).finish();
}

}  // namespace egresslint::dialects::iproute
