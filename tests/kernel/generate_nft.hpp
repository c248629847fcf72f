// SPDX-License-Identifier: Apache-2.0
// Random nft rulesets for the lab.
#pragma once

#include <array>

#include "generated.hpp"
#include "universe.hpp"

namespace egresslint::kernel {

class NftGenerator {
public:
    explicit NftGenerator(Dice& dice) : dice_(dice) {}
    [[nodiscard]] Generated ruleset();
    /// How many rulesets have a rule that needs connection tracking whatever else they have.
    unsigned tracking_percent = 75;

private:
    enum class Hook : std::uint8_t { prerouting, input, forward, output, postrouting };
    enum class Kind : std::uint8_t { filter, source, destination };
    /// Where a rule will stand: decides what may be written there.
    struct Place {
        Hook hook = Hook::forward;
        Kind kind = Kind::filter;
        bool v4 = true, v6 = true;
        bool inet = true;
        bool base = false;           ///< a base chain: nothing else calls it from another hook
        bool untracked_yet = false;  ///< before connection tracking, where notrack works
        Strings targets;             ///< chains it may jump to
        const Generated::Table* table = nullptr;
        /// Of the rule being written: its address family (0: none named) and transport protocol ("": none named). nft
        /// refuses a rule that names two.
        unsigned family = 0;
        std::string proto;
    };

    std::size_t below(std::size_t limit) { return dice_.below(limit); }
    bool chance(unsigned percent) { return dice_.chance(percent); }
    std::string one_of(const Strings& list) { return dice_.one_of(list); }
    std::string number(std::size_t limit) { return std::to_string(below(limit)); }
    std::string mark() { return number(8); }
    std::string not_equal(unsigned percent) { return chance(percent) ? "!= " : ""; }

    // generate_nft_match.cpp
    static bool take_family(Place& place, unsigned family);
    static bool take_proto(Place& place, const std::string& proto);
    unsigned pick_family(Place& place);
    std::string object(const Place& place, const std::string& prefix);
    std::string address_value(bool v6);
    std::string port_value();
    std::string interface_value();
    std::string match(Place& place);
    std::string address_match(Place& place);
    std::string port_match(Place& place);
    std::string interface_match(Place& place);
    std::string mark_match(Place& place);
    std::string connection_match(Place& place);
    std::string protocol_match(Place& place);
    std::string concatenation(Place& place);
    std::string fib_match(Place& place);
    std::string unknown_match(Place& place);

    // generate_nft_rule.cpp
    std::string verdict(const Place& place);
    std::string verdict_map(Place& place);
    std::string implicit_chain(Place place);
    std::string mark_statement(Place& place);
    std::string neutral_statement();
    std::string source_translation(Place& place);
    std::string destination_translation(Place& place);
    std::string translation(Place& place);
    std::string rule(Place place);

    // generate_nft.cpp
    void fill(Generated::Table& table, Generated::Chain& chain, Place place);
    void objects(Generated::Table& table, const Place& place, const std::string& leaf);
    void regular_chains(Generated::Table& table, const Place& place);
    void base_chains(Generated::Table& table, const Place& place);
    Generated::Table table();

    Dice& dice_;
    std::array<Strings, 3> regular_;  ///< names of the table's regular chains by kind, innermost first
    Strings used_priorities_;
    std::size_t index_ = 0;  ///< of the table being written
    bool unknowns_ = false;  ///< this ruleset has things that the model must leave open
    bool equal_ = false;     ///< this ruleset has base chains of equal priority
};

}  // namespace egresslint::kernel
