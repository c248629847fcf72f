// SPDX-License-Identifier: Apache-2.0
// What stands around access lists and translation: interfaces, routes, route maps, what is for the device itself.
#pragma once

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "dialects/ios/acl.hpp"

namespace egresslint::dialects::ios {

class Around {
public:
    static constexpr std::uint32_t main_table = 254;

    Around(Names& names, Lists& lists) : n_(names), c_(names.config()), x_(names.context()), lists_(lists) {}

    /// Interfaces, their addresses and the routes, in the device.
    void fill();
    /// Drops what comes in by an interface that is down, IPv6 that is not forwarded, sources that are not behind it.
    void entry_stages();
    void policy_stage();
    void routing_stage();
    /// Packets to the device itself, and out of interfaces that are down.
    void own_stage();
    /// Packets that a crypto map means leave through the tunnel, not as they are.
    void tunnel_stage();

    [[nodiscard]] model::ExprId in(const std::string& interface);
    [[nodiscard]] model::ExprId out(const std::string& interface);
    [[nodiscard]] model::ExprId from_self();
    [[nodiscard]] model::ExprId to_self();
    [[nodiscard]] model::ExprId forwarded();
    /// Interfaces that take part at layer 3.
    [[nodiscard]] std::vector<const Interface*> interfaces() const;

    /// Packets that a clause of a route map means.
    model::ExprId clause(const Clause& clause);
    /// Packets for which a route map translates. What a `deny` clause means there is disputed.
    model::ExprId translated_by(std::string_view route_map, const Statement& where);

    [[nodiscard]] Names& names() { return n_; }
    [[nodiscard]] Lists& lists() { return lists_; }
    [[nodiscard]] const Config& config() const { return c_; }
    [[nodiscard]] Context& context() { return x_; }

private:
    void route(const Statement& s);
    void route6(const Statement& s);
    void add_route(model::Route route);
    void vrf_rules();
    [[nodiscard]] std::uint32_t table(std::string_view vrf);
    [[nodiscard]] std::string towards(const base::Address& gateway, std::uint32_t in_table);
    void drop(model::ChainId chain, model::ExprId match, base::Span span, std::string text);
    model::ChainId policy(const Binding& map);
    void policy_clause(model::ChainId chain, const Clause& clause);
    bool next_hops(const Statement& set, std::vector<std::string>& out);
    model::ExprId translated_by(const std::vector<Clause>& clauses);
    model::ChainId tunnels(const Binding& map);

    Names& n_;
    const Config& c_;
    Context& x_;
    Lists& lists_;
    std::map<std::string, std::uint32_t, std::less<>> tables_;
    std::map<std::tuple<std::uint32_t, Family, unsigned, u128>, std::string>
        networks_;  ///< table, length, first address
    std::map<std::tuple<model::RouteType, std::uint32_t, std::uint32_t, base::u128, Family, unsigned, std::string>,
             std::size_t>
        known_routes_;
    std::map<const Statement*, model::ExprId> clauses_;
    std::map<std::string, model::ExprId, std::less<>> translated_;
    std::map<std::string, model::ChainId, std::less<>> policies_, tunnels_;
};

}  // namespace egresslint::dialects::ios
