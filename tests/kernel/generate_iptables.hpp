// SPDX-License-Identifier: Apache-2.0
// Random iptables and ip6tables rulesets with the sets they use, for both back ends.
#pragma once

#include "generated.hpp"
#include "universe.hpp"

namespace egresslint::kernel {

class IptablesGenerator {
public:
    explicit IptablesGenerator(Dice& dice) : dice_(dice) {}
    [[nodiscard]] Generated ruleset();
    /// How many rulesets have a rule that needs connection tracking whatever else they have.
    unsigned tracking_percent = 75;

private:
    enum class Kind : std::uint8_t { raw, mangle, filter, source, destination };
    struct Place {
        Kind kind = Kind::filter;
        std::string chain;
        bool built_in = true;
        Strings targets;  ///< user chains it may call
        std::string proto;
    };

    std::size_t below(std::size_t limit) { return dice_.below(limit); }
    bool chance(unsigned percent) { return dice_.chance(percent); }
    std::string one_of(const Strings& list) { return dice_.one_of(list); }
    std::string negation(unsigned percent) { return chance(percent) ? "! " : ""; }
    std::string mark();

    void sets(Generated& out);
    std::string set_match();
    std::string address_match(const Place& place);
    std::string interface_match(const Place& place);
    std::string protocol_match(Place& place);
    std::string port_match(Place& place);
    std::string connection_match();
    std::string unknown_match(const Place& place);
    std::string match(Place& place);
    std::string source_target(Place& place);
    std::string destination_target(Place& place);
    std::string mark_target();
    std::string target(Place& place);
    std::string rule(Place place);
    void user_chains(Generated::Table& table, Kind kind, const std::string& prefix, std::size_t most, Strings& names);
    Generated::Table table(const std::string& name);

    Dice& dice_;
    bool v6_ = false;  ///< of the family being written
    bool unknowns_ = false;
    Strings one_dimension_, two_dimensions_, three_dimensions_;  ///< names of sets of that family
    bool dynamic_set_ = false;
};

}  // namespace egresslint::kernel
