// SPDX-License-Identifier: Apache-2.0
// The NAT table of 8.3 and later as stages. A rule of twice NAT decides about both addresses: what un-translates the
// destination leaves its number in a register, and the source half asks for that number.
//
//   object network MAIL / nat (inside,outside) static 203.0.113.25
//     un-translate   in_if=outside dst=203.0.113.25              out_if<-inside; accept dst:=10.0.0.25
//     translate      in_if=inside out_if=outside src=10.0.0.25   accept src:=203.0.113.25
#pragma once

#include <string>
#include <vector>

#include "dialects/asa/nat.hpp"
#include "dialects/asa/surroundings.hpp"

namespace egresslint::dialects::asa {

class NatStages {
public:
    NatStages(Names& names, Surroundings& around);
    [[nodiscard]] bool empty() const { return rules_.empty(); }
    /// Before routing; returns whether a rule chooses the out interface.
    bool untranslate();
    /// A connection whose answers another rule would translate does not come about.
    void check_reverse();
    void translate();

private:
    model::ExprId service(const Service& s, bool reversed, model::View destination_port);
    model::ExprId destination_of_interface(const std::string& interface);
    void untranslate(NatRule& r, bool forward, model::ChainId chain);
    void translate(const NatRule& r, model::ChainId chain);
    void translate_source(const NatRule& r, model::ChainId chain, model::ExprId match);
    void translate_dynamic(const NatRule& r, model::ChainId chain, model::ExprId match,
                           const std::vector<model::Translate>& more);
    void rule(model::ChainId chain, const NatRule& r, model::ExprId match, std::vector<model::Effect> effects,
              model::Decide decide);
    void opaque(const NatRule& r, model::ChainId chain, model::ExprId match, bool source);
    void opaque_rules(const NatRule& first, model::ChainId chain, bool source);
    [[nodiscard]] bool by_route(const NatRule& r, bool identity) const;
    model::Effect assign(model::FieldRef to, std::uint32_t value);
    [[nodiscard]] model::ExprId number_is(unsigned number);
    [[nodiscard]] model::ExprId not_tied();

    Names& n_;
    Context& x_;
    const Config& c_;
    Surroundings& around_;
    std::vector<NatRule> rules_;
    model::RegisterId register_;
    IntervalSet tied_;                               ///< numbers that decide about the source as well
    IntervalSet objects_;                            ///< numbers of object NAT, which leaves the source to others
    std::vector<bool> forward_tied_, reverse_tied_;  ///< by id
};

}  // namespace egresslint::dialects::asa
