// SPDX-License-Identifier: Apache-2.0
// A ruleset that stays a structure until it is printed, so that the shrinker can take parts out of it. One structure
// for nft text and for iptables dumps with their sets.
#pragma once

#include <string>
#include <vector>

#include "table.hpp"

namespace egresslint::kernel {

struct Generated {
    enum class Dialect : std::uint8_t { nft, iptables };
    struct Chain {
        std::string name;
        /// nft: "type filter hook forward priority 0; policy drop;". iptables: the policy. "" for a regular chain.
        std::string base;
        std::vector<std::string> rules;
    };
    struct Object {
        std::string head;  ///< nft: "set s0", "map m1"; ipset: the name
        std::string body;  ///< its type and flags
        std::vector<std::string> elements;
    };
    struct Table {
        std::string head;  ///< nft: "table inet t0"; iptables: "filter"
        std::vector<Object> objects;
        std::vector<Chain> chains;
        bool v6 = false;  ///< iptables: of ip6tables
    };
    Dialect dialect = Dialect::nft;
    std::vector<Table> tables;
    std::vector<Object> sets;          ///< ipset
    std::vector<std::string> routing;  ///< "from 10.0.0.26 lookup 100", each an `ip rule`; "-6 " before those of IPv6

    [[nodiscard]] std::string nft_text() const;
    /// As `iptables-save` or `ip6tables-save` would print it.
    [[nodiscard]] std::string iptables_text(bool v6) const;
    [[nodiscard]] std::string ipset_text() const;
    /// What is loaded, in order.
    enum class Backend : std::uint8_t { nft, iptables_legacy, iptables_nft };
    [[nodiscard]] Ruleset ruleset(Backend backend) const;
};

}  // namespace egresslint::kernel
