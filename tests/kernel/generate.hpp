// SPDX-License-Identifier: Apache-2.0
// Random nft rulesets and packets for the lab. The universe is small on purpose: a handful of hosts, ports and marks,
// so that rules meet packets. A generated ruleset stays a structure until it is printed, so that the shrinker can take
// parts out of it.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "packet.hpp"

namespace egresslint::kernel {

struct Generated {
    struct Chain {
        std::string name;
        std::string base;  ///< "type filter hook forward priority 0; policy drop;", "" for a regular chain
        std::vector<std::string> rules;
    };
    struct Object {
        std::string head;  ///< "set s0", "map m1"
        std::string body;  ///< its type and flags
        std::vector<std::string> elements;
    };
    struct Table {
        std::string head;  ///< "table inet t0"
        std::vector<Object> objects;
        std::vector<Chain> chains;
    };
    std::vector<Table> tables;
    [[nodiscard]] std::string text() const;
};

class Generator {
public:
    explicit Generator(std::uint64_t seed) : random_(seed) {}
    [[nodiscard]] Generated ruleset();
    /// Packets of distinct tuples.
    [[nodiscard]] std::vector<Probe> packets(std::size_t count);

private:
    enum class Hook : std::uint8_t { prerouting, input, forward, output, postrouting };
    enum class Kind : std::uint8_t { filter, source, destination };
    /// Where a rule will stand: decides what may be written there.
    struct Place {
        Hook hook = Hook::forward;
        Kind kind = Kind::filter;
        bool v4 = true, v6 = true;
        bool inet = true;
        std::vector<std::string> targets;  ///< chains it may jump to
        const Generated::Table* table = nullptr;
        /// Of the rule being written: its address family (0: none named) and transport protocol ("": none named). nft
        /// refuses a rule that names two.
        unsigned family = 0;
        std::string proto;
    };

    std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random_() % limit); }
    bool chance(unsigned percent) { return random_() % 100 < percent; }
    template <class List>
    std::string one_of(const List& list) {
        return std::string(list[below(list.size())]);
    }

    std::string address(bool v6, bool outside);
    std::string address_value(bool v6);
    std::string port_value();
    std::string list_of(const std::vector<std::string>& values);
    std::string interface_name() { return one_of(std::vector<std::string>{"lan0", "dmz0", "wan0", "wan1"}); }
    std::string interface_value();
    std::string mark() { return std::to_string(below(8)); }
    std::string match(Place& place);
    std::string meta_match(Place& place);
    std::string address_match(Place& place);
    std::string port_match(Place& place);
    bool take_family(Place& place, unsigned family);
    bool take_proto(Place& place, const std::string& proto);
    std::string verdict(const Place& place);
    std::string verdict_map(Place& place);
    std::string mark_statement(Place& place);
    std::string source_translation(bool v6, const std::string& family, bool masquerade_allowed);
    std::string destination_translation(bool v6, const std::string& family, Hook hook);
    std::string translation(Place& place);
    std::string rule(Place place);
    void fill(Generated::Table& table, Generated::Chain& chain, Place place);
    Generated::Table table(std::size_t index);

    std::mt19937_64 random_;
    std::vector<std::string> used_priorities_;
};

}  // namespace egresslint::kernel
