// SPDX-License-Identifier: Apache-2.0
// Interfaces, zones, SD-WAN zones and routing of one VDOM.
//
// Order of a route lookup: the device's own addresses, `router policy` top down, SD-WAN rules top down (unless the best
// route is no SD-WAN member), then the routing table: longest prefix, lowest distance, lowest priority; what is equal
// is balanced per flow. Sources: FortiOS Administration Guide, "Policy routes", "SD-WAN rules"; NOTES.md.
#pragma once

#include <map>
#include <tuple>

#include "dialects/fortios/objects.hpp"

namespace egresslint::dialects::fortios {

class Network {
public:
    Network(const Context& context, Objects& objects) : c_(context), objects_(objects) {}

    void interfaces();
    void routes();
    /// Rules that let what stays inside a zone pass; they stand behind the policies.
    void intrazone(model::ChainId chain);

    /// The packet comes in or leaves by one of the named interfaces or zones; `any` is no condition.
    ExprId through(Field field, const std::vector<Word>& names, std::vector<model::ObjectId>& uses);
    /// Interface patterns of a name: the members of a zone, else the name itself.
    [[nodiscard]] std::vector<std::string> members(const std::string& name) const;

private:
    struct Zone {
        std::vector<std::string> interfaces;
        Span span;
        bool intrazone = false;
        bool wan = false;  ///< SD-WAN
    };
    void interface(const Entry& entry);
    void built_in(const Word& name);
    void addresses(const Entry& entry, model::Interface& interface);
    void zones();
    void wan(std::string_view path);
    void static_routes(std::string_view path, Family family);
    void policy_routes(std::string_view path, Family family);
    void wan_rules(std::string_view path);
    void dynamic_routes();
    void add_route(model::Route route);
    void wan_rule(const Entry& entry);
    ExprId not_by_members();
    std::uint32_t own_table(std::vector<model::NextHop> hops, Family family, Span span);

    const Context& c_;
    Objects& objects_;
    std::map<std::string, Zone> zones_;
    std::map<std::string, model::NextHop> wan_members_;  ///< by number
    /// Where the route to a destination stands, by its metric: what is equal is one route over several hops.
    std::map<std::tuple<Address, std::uint8_t, std::uint32_t>, std::size_t> equal_routes_;
    ExprId not_by_members_;
    bool dynamic_addresses_ = false, any_static_table_ = false, any_interface_ = false;
    std::uint32_t next_table_ = 1000, next_priority_ = 100;
};

}  // namespace egresslint::dialects::fortios
