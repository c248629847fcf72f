// SPDX-License-Identifier: Apache-2.0
// `ip nat` as stages. What stands in the NAT table is taken in another order than it is written: static translations of
// single ports, of hosts, of networks, then access lists, then route maps.
//
//   ip nat inside source static 10.0.0.25 203.0.113.25
//     un-translate   in_if=outside dst=203.0.113.25              accept dst:=10.0.0.25
//     translate      in_if=inside out_if=outside src=10.0.0.25   accept src:=203.0.113.25
#pragma once

#include <string>
#include <vector>

#include "dialects/ios/around.hpp"

namespace egresslint::dialects::ios {

struct StaticNat {
    bool understood = false;
    bool outside = false;  ///< ip nat outside source: the outside global address is `global`, as seen inside `local`
    bool virtual_interface = false;  ///< ip nat source: between interfaces with `ip nat enable`
    std::uint32_t local = 0, global = 0;
    unsigned length = 32;
    std::optional<std::uint8_t> protocol;
    std::optional<std::uint16_t> local_port, global_port;
    std::string interface;  ///< the global address is that of this interface
    std::string route_map;
    bool reversible = false;
    const Statement* statement = nullptr;
};
struct DynamicNat {
    bool understood = false;
    enum class Of : std::uint8_t { inside_source, outside_source, inside_destination } of = Of::inside_source;
    bool virtual_interface = false;
    std::string list, route_map;  ///< one of them
    std::string pool, interface;  ///< one of them
    const Statement* statement = nullptr;
};

class NatStages {
public:
    explicit NatStages(Around& around);
    /// Before policy routing and routing: what comes in from outside.
    void untranslate();
    /// After routing: what goes out from inside.
    void translate();

private:
    void read(const Statement& s);
    StaticNat read_static(const Statement& s, std::size_t at);
    DynamicNat read_dynamic(const Statement& s, std::size_t at);
    [[nodiscard]] model::ExprId domain(Interface::Nat nat, model::Field field, bool self);
    [[nodiscard]] model::ExprId from_outside(bool virtual_interface);
    [[nodiscard]] model::ExprId to_outside(bool virtual_interface);
    void rule(model::ChainId chain, const Statement& s, model::ExprId match, std::vector<model::Translate> then,
              bool part = false);
    void opaque(model::ChainId chain, const Statement& s, model::ExprId match, bool source);
    void to_interface(model::ChainId chain, const Statement& s, model::ExprId match, const std::string& interface,
                      const std::vector<model::Translate>& more, bool part);
    [[nodiscard]] std::optional<model::Translate> from_pool(const DynamicNat& d, model::Field field);
    void untranslate(const StaticNat& s, model::ChainId chain);
    void translate(const StaticNat& s, model::ChainId chain, model::ExprId extra, bool part);
    void translate_statics(model::ChainId chain);
    void translate(const DynamicNat& d, model::ChainId chain);
    void destinations_out();

    Around& around_;
    const Config& c_;
    Context& x_;
    model::Builder& b_;
    std::map<std::tuple<Interface::Nat, model::Field, bool>, model::ExprId> domains_;
    std::vector<StaticNat> statics_;
    std::vector<DynamicNat> dynamics_;
};

}  // namespace egresslint::dialects::ios
