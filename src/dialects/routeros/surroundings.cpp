// SPDX-License-Identifier: Apache-2.0
// Interfaces, addresses, routes and routing rules. Sources: MikroTik, "IP Routing", "Policy Routing", "DHCP" (client:
// add-default-route is yes unless stated otherwise), "PPPoE" (client: no unless stated), help.mikrotik.com.
#include <fmt/format.h>

#include <algorithm>

#include "dialects/routeros/config.hpp"

namespace egresslint::dialects::routeros {
namespace {

using model::Interface;
using model::InterfaceAddress;
using model::NextHop;
using model::Route;
using model::RouteType;

constexpr std::uint32_t local_table = 255, main_table = 254, first_marked_table = 1000;
constexpr std::uint32_t mark_priority = 100, rule_priority = 1000, last_priority = 32766;
constexpr unsigned deepest_recursion = 8;

class Surroundings {
public:
    Surroundings(Builder& b, Config& config, bool whole, model::RegisterId mark, base::Diagnostics& diagnostics)
        : b_(b), config_(config), whole_(whole), mark_(mark), diagnostics_(diagnostics) {}

    void read(const Statement& s) {
        if (s.path == "ip address" || s.path == "ipv6 address") return address(s);
        if (s.path == "ip route" || s.path == "ipv6 route") return keep(s, routes_);
        if (s.path == "ip route rule" || s.path == "routing rule") return keep(s, rules_);
        if (s.path == "ip dhcp-client" || s.path == "ipv6 dhcp-client") return dhcp_client(s);
        if (s.path == "interface pppoe-client" || s.path == "interface l2tp-client" ||
            s.path == "interface pptp-client" || s.path == "interface sstp-client" ||
            s.path == "interface ovpn-client" || s.path == "interface ppp-client")
            return dialled(s);
        if (s.path == "interface lte" || s.path == "interface lte apn") return lte(s);
        if (s.path.starts_with("routing ") && (s.command == "add" || s.command == "set")) return dynamic_routing(s);
        if (s.path == "ip vrf" || s.path == "ip route vrf") return vrf(s);
        if (s.path.starts_with("interface ")) interface(s);
    }

    void finish() {
        auto& d = b_.device();
        for (const auto& [list, members] : config_.interface_lists)
            for (const std::string& name : config_.members(list)) {
                Interface& f = at(name);
                if (f.zone.empty()) f.zone = list;
            }
        connected();
        for (const Statement* s : routes_) route(*s);
        for (const Statement* s : rules_) routing_rule(*s);
        d.addresses_known = whole_ && any_address_ && !dynamic_;
        const bool has_default = std::any_of(d.routes.begin(), d.routes.end(), [](const Route& r) {
            return r.destination.length == 0 && r.table == main_table && r.type == RouteType::unicast;
        });
        d.routes_known = whole_ && has_default && !learned_;
        if (marked_tables_ || !rules_.empty()) {
            d.routing_rules.push_back({0, b_.yes(), local_table, {}, -1, "", {}});
            for (const auto& [name, number] : config_.routing_marks)
                d.routing_rules.push_back({mark_priority + number,
                                           b_.in_register(mark_, IntervalSet::single(number)),
                                           table_of(name),
                                           {},
                                           -1,
                                           "",
                                           {}});
            d.routing_rules.push_back({last_priority, b_.yes(), main_table, {}, -1, "", {}});
            std::stable_sort(d.routing_rules.begin(), d.routing_rules.end(),
                             [](const auto& x, const auto& y) { return x.priority < y.priority; });
        }
    }

private:
    Interface& at(const std::string& name) { return b_.device().interfaces[b_.interface(name).index()]; }

    static void keep(const Statement& s, std::vector<const Statement*>& to) {
        if (s.command != "add") return;
        s.read = true;
        if (!s.disabled()) to.push_back(&s);
    }

    /// `/interface bridge add name=…`, `/interface ethernet set [ find default-name=ether1 ] name=…`.
    void interface(const Statement& s) {
        if (s.path == "interface list" || s.path == "interface list member" || s.path == "interface bridge port" ||
            (s.command != "add" && s.command != "set"))
            return;
        const bool physical =
            s.path == "interface ethernet" || s.path == "interface wireless" || s.path == "interface wifi";
        std::string name = s.value("name");
        if (name.empty() && physical && s.find.find("default-name=") != std::string::npos) {
            const auto begin = s.find.find("default-name=") + 13;
            name = s.find.substr(begin, s.find.find_first_of(" ]", begin) - begin);
        }
        // Members of menus such as /interface wireguard peers have names, and are no interfaces.
        const bool is_interface = std::count(s.path.begin(), s.path.end(), ' ') == 1;
        if (name.empty() || !is_interface || config_.bridge_of.contains(name)) return;
        Interface& f = at(name);
        f.span = s.span;
        if (s.disabled()) down_.insert(name);
    }

    void address(const Statement& s) {
        if (s.command != "add") return;
        s.read = true;
        if (s.disabled()) return;
        const std::string text = s.value("address");
        const auto slash = text.find('/');
        const auto parsed = base::parse_address(std::string_view(text).substr(0, slash));
        if (!parsed || s.get("from-pool") != nullptr) {
            dynamic_ = true;
            if (!parsed) not_understood(diagnostics_, s.span_of("address"), fmt::format("\"{}\" is no address", text));
            return;
        }
        any_address_ = true;
        const unsigned width = base::address_bits(parsed->family);
        unsigned length = parsed->family == Family::v6 && slash == std::string::npos ? 64 : width;
        if (slash != std::string::npos)
            if (const auto n = numbers_of(std::string_view(text).substr(slash + 1), width); n && n->single_value())
                length = static_cast<unsigned>(*n->single_value());
        std::string name = s.value("interface");
        // An address on a port of a bridge is the bridge's.
        if (const auto bridge = config_.bridge_of.find(name); bridge != config_.bridge_of.end()) name = bridge->second;
        Interface& f = at(name);
        InterfaceAddress a;
        a.address = *parsed;
        a.length = static_cast<std::uint8_t>(length);
        for (const InterfaceAddress& earlier : f.addresses)
            if (earlier.address.family == a.address.family && earlier.length == a.length &&
                base::make_prefix(earlier.address, a.length) == base::make_prefix(a.address, a.length))
                a.secondary = true;
        f.addresses.push_back(a);
        if (!f.span.valid()) f.span = s.span;
    }

    void default_route(const Statement& s, const std::string& name, Family family, std::uint32_t distance) {
        Route r;
        r.destination = Prefix{Address{family, 0}, 0};
        r.next_hops = {{std::nullopt, name}};
        r.metric = distance;
        r.span = s.span;
        learned_routes_.push_back(std::move(r));
    }
    static std::uint32_t number(const std::string& text, std::uint32_t otherwise) {
        const auto n = numbers_of(text, 255);
        return n && n->single_value() ? static_cast<std::uint32_t>(*n->single_value()) : otherwise;
    }
    void dhcp_client(const Statement& s) {
        if (s.command != "add") return;
        s.read = true;
        if (s.disabled()) return;
        dynamic_ = true;
        const std::string name = s.value("interface");
        static_cast<void>(at(name));
        const Family family = s.path.starts_with("ipv6") ? Family::v6 : Family::v4;
        const std::string wanted = s.value("add-default-route", family == Family::v4 ? "yes" : "no");
        if (wanted != "no") default_route(s, name, family, number(s.value("default-route-distance"), 1));
    }
    void dialled(const Statement& s) {
        if (s.command != "add") return;
        s.read = true;
        const std::string name = s.value("name");
        if (name.empty() || s.disabled()) return;
        dynamic_ = true;
        at(name).span = s.span;
        if (s.yes("add-default-route"))
            default_route(s, name, Family::v4, number(s.value("default-route-distance"), 1));
    }
    void lte(const Statement& s) {
        s.read = true;
        if (!s.disabled()) dynamic_ = learned_ = true;
        interface(s);
    }
    void dynamic_routing(const Statement& s) {
        for (const std::string_view menu :
             {"routing ospf", "routing bgp", "routing rip", "routing isis", "routing pimsm", "routing igmp-proxy",
              "routing filter", "routing ospf-v3", "routing ripng"})
            if (s.path.starts_with(menu)) {
                s.read = true;
                const bool learns = menu != "routing filter" && menu != "routing pimsm" && menu != "routing igmp-proxy";
                if (!s.disabled() && learns && s.command == "add") learned_ = true;
            }
    }
    void vrf(const Statement& s) {
        if (s.command != "add") return;
        s.read = true;
        if (!s.disabled())
            not_understood(diagnostics_, s.span, "routing of a VRF is not modelled", base::Influence::routing);
    }

    // -- routes

    void connected() {
        auto& d = b_.device();
        for (std::size_t i = model::first_interface; i < d.interfaces.size(); ++i) {
            const Interface& f = d.interfaces[i];
            if (down_.contains(f.name)) continue;
            for (const InterfaceAddress& a : f.addresses) {
                Route r;
                r.destination = base::make_prefix(a.address, a.length);
                r.next_hops = {{std::nullopt, f.name}};
                r.span = f.span;
                d.routes.push_back(std::move(r));
            }
        }
        for (std::size_t i = model::first_interface; i < d.interfaces.size(); ++i)
            if (down_.contains(d.interfaces[i].name)) d.interfaces[i].addresses.clear();
        for (Route& r : learned_routes_) d.routes.push_back(std::move(r));
    }

    [[nodiscard]] std::uint32_t table_of(const std::string& name) {
        return name.empty() || name == "main" ? main_table : first_marked_table + mark_of(config_.routing_marks, name);
    }

    /// The interface by which a gateway is reached: its network, else the route that leads to it.
    [[nodiscard]] std::string interface_of(const Address& gateway, unsigned depth = 0) const {
        const Route* best = nullptr;
        for (const Route& r : b_.device().routes)
            if (r.type == RouteType::unicast && r.destination.contains(gateway) && !r.next_hops.empty() &&
                (best == nullptr || r.destination.length > best->destination.length))
                best = &r;
        if (best != nullptr) return best->next_hops.front().interface;
        if (depth >= deepest_recursion) return "";
        for (const Statement* s : routes_) {
            const auto to = addresses_of(s->value("dst-address", "0.0.0.0/0"));
            if (!to || to->first != gateway.family || gateway.bits < to->second.first ||
                gateway.bits > to->second.last || (to->second.first == 0 && s->value("dst-address").empty()))
                continue;
            for (const std::string& hop : split(s->value("gateway"), ',')) {
                const auto address = base::parse_address(std::string_view(hop).substr(0, hop.find('%')));
                if (!address) return hop;
                if (!(*address == gateway))
                    if (std::string found = interface_of(*address, depth + 1); !found.empty()) return found;
            }
        }
        return "";
    }

    void route(const Statement& s) {
        const Family family = s.path.starts_with("ipv6") ? Family::v6 : Family::v4;
        Route r;
        r.span = s.span;
        r.destination = Prefix{Address{family, 0}, 0};
        if (const std::string to = s.value("dst-address"); !to.empty()) {
            const auto range = addresses_of(to);
            if (!range || range->first != family) {
                not_understood(diagnostics_, s.span_of("dst-address"),
                               fmt::format("\"{}\" is no destination of a route", to), base::Influence::routing);
                return;
            }
            const auto slash = to.find('/');
            const auto length = slash == std::string::npos
                                    ? std::optional<IntervalSet>{}
                                    : numbers_of(std::string_view(to).substr(slash + 1), base::address_bits(family));
            r.destination = Prefix{Address{family, range->second.first},
                                   static_cast<std::uint8_t>(length ? static_cast<unsigned>(*length->single_value())
                                                                    : base::address_bits(family))};
        }
        r.metric = number(s.value("distance"), 1);
        std::string table = s.value("routing-table");
        if (table.empty()) table = s.value("routing-mark");
        // v7 writes table@vrf.
        r.table = table_of(table.substr(0, table.find('@')));
        marked_tables_ |= r.table != main_table;
        const std::string type = s.value("type", "unicast");
        const bool hole = s.get("blackhole") != nullptr ||
                          std::any_of(s.arguments.begin(), s.arguments.end(),
                                      [](const Argument& a) { return a.key.empty() && a.value == "blackhole"; });
        if (type == "blackhole" || hole) r.type = RouteType::blackhole;
        if (type == "unreachable") r.type = RouteType::unreachable;
        if (type == "prohibit") r.type = RouteType::prohibit;
        if (r.type == RouteType::unicast) {
            for (const std::string& text : split(s.value("gateway"), ',')) {
                NextHop hop;
                const auto percent = text.find('%');
                const auto address = base::parse_address(std::string_view(text).substr(0, percent));
                if (address) hop.gateway = *address;
                if (percent != std::string::npos)
                    hop.interface = text.substr(percent + 1, text.find('@') - percent - 1);
                else
                    hop.interface = address ? interface_of(*address) : text.substr(0, text.find('@'));
                if (hop.interface.empty())
                    r.unsupported = fmt::format("gateway {}, which no network of the router holds", text);
                r.next_hops.push_back(std::move(hop));
            }
            if (r.next_hops.empty()) {
                not_understood(diagnostics_, s.span, "this route has no gateway", base::Influence::routing);
                return;
            }
            for (const NextHop& hop : r.next_hops)
                if (!hop.interface.empty()) static_cast<void>(b_.interface(hop.interface));
        }
        if (!r.unsupported.empty())
            not_understood(diagnostics_, s.span, r.unsupported + ": whether the route is active is not known",
                           base::Influence::routing);
        std::erase_if(r.next_hops, [](const NextHop& hop) { return hop.interface.empty(); });
        if (r.type == RouteType::unicast && r.next_hops.empty()) return;
        // A gateway that is pinged goes away when it does not answer; the route that stands in for it is another one.
        auto& routes = b_.device().routes;
        const auto equal = std::find_if(routes.begin(), routes.end(), [&](const Route& o) {
            return o.destination == r.destination && o.metric == r.metric && o.table == r.table && o.type == r.type &&
                   r.type == RouteType::unicast;
        });
        if (equal != routes.end())
            equal->next_hops.insert(equal->next_hops.end(), r.next_hops.begin(), r.next_hops.end());
        else
            routes.push_back(std::move(r));
    }

    void routing_rule(const Statement& s) {
        std::vector<ExprId> all;
        std::string unsupported;
        for (const auto& [key, field] : {std::pair("src-address", Field::src), std::pair("dst-address", Field::dst)})
            if (const std::string text = s.value(key); !text.empty()) {
                const auto range = addresses_of(text);
                if (!range)
                    unsupported = text;
                else
                    all.push_back(
                        b_.address(field, range->first, IntervalSet::range(range->second.first, range->second.last)));
            }
        if (const std::string name = s.value("interface"); !name.empty())
            all.push_back(b_.interface_names(Field::in_if, {name}));
        if (const std::string mark = s.value("routing-mark"); !mark.empty())
            all.push_back(b_.in_register(mark_, IntervalSet::single(mark_of(config_.routing_marks, mark))));
        if (s.get("min-prefix") != nullptr) unsupported = "min-prefix";
        const ExprId match = b_.all(all);
        const std::string action = s.value("action", "lookup");
        const std::uint32_t priority = rule_priority + 2 * next_rule_++;
        auto& rules = b_.device().routing_rules;
        if (action == "drop") {
            rules.push_back({priority, match, main_table, RouteType::blackhole, -1, unsupported, s.span});
        } else if (action == "unreachable" || action == "prohibit") {
            rules.push_back({priority, match, main_table, RouteType::unreachable, -1, unsupported, s.span});
        } else {
            const std::uint32_t table = table_of(s.value("table"));
            rules.push_back({priority, match, table, {}, -1, unsupported, s.span});
            if (action == "lookup-only-in-table")
                rules.push_back({priority + 1, match, main_table, RouteType::unreachable, -1, unsupported, s.span});
            else if (action != "lookup")
                not_understood(diagnostics_, s.span, fmt::format("the action {} of a routing rule", action),
                               base::Influence::routing);
        }
    }

    Builder& b_;
    Config& config_;
    bool whole_;
    model::RegisterId mark_;
    base::Diagnostics& diagnostics_;
    std::vector<const Statement*> routes_, rules_;
    std::vector<Route> learned_routes_;
    std::set<std::string> down_;
    bool dynamic_ = false;  ///< some address is given at run time
    bool learned_ = false;  ///< some route is
    bool any_address_ = false;
    bool marked_tables_ = false;
    std::uint32_t next_rule_ = 0;
};

}  // namespace

void surroundings(Builder& b, const std::vector<const Statement*>& statements, Config& config, bool whole,
                  model::RegisterId mark, base::Diagnostics& diagnostics) {
    Surroundings all(b, config, whole, mark, diagnostics);
    for (const Statement* s : statements) all.read(*s);
    all.finish();
}

}  // namespace egresslint::dialects::routeros
