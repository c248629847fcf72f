// SPDX-License-Identifier: Apache-2.0
// Address translation of ASA 8.3 and later: twice NAT (sections 1 and 3) and object NAT (section 2) as one table in
// the order in which the device asks it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dialects/asa/names.hpp"

namespace egresslint::dialects::asa {

/// What an address becomes: itself, others, the address of the interface, a pool.
struct NatRule {
    unsigned section = 1;
    std::string real_if, mapped_if;  ///< "": any
    bool dynamic = false;
    Addresses real, mapped;
    bool mapped_interface = false;           ///< static … interface, dynamic … interface without a pool
    bool fallback_interface = false;         ///< the interface's address once the pool is used up
    bool pool = false, round_robin = false;  ///< pat-pool
    bool destination = false;
    Addresses dst_mapped, dst_real;
    bool dst_interface = false;  ///< destination static interface REAL
    bool service = false;
    std::vector<Service> from, to;  ///< one each; as a packet from the real side arrives, and as it leaves
    bool unidirectional = false, route_lookup = false, active = true;
    bool understood = false;
    std::string name;  ///< "section 2, MAIL"
    const Statement* statement = nullptr;
    std::vector<model::ObjectId> uses;
    unsigned id = 0;  ///< in the table, from 1

    [[nodiscard]] bool identity() const { return !dynamic && !mapped_interface && real.same(mapped); }
    [[nodiscard]] bool destination_identity() const {
        return destination && !dst_interface && dst_real.same(dst_mapped);
    }
};

/// All rules, in the order of the table; ids are set.
[[nodiscard]] std::vector<NatRule> nat_table(Names& names);

/// One run of addresses that is moved as a whole.
struct Piece {
    Family family = Family::v4;
    u128 from = 0, last = 0, to = 0;  ///< from-last becomes to-…; a single target where `all_to_one`
    bool all_to_one = false;
};
/// What each of `from` becomes in `to`, position by position and around again where `to` is shorter; with
/// `inverse`, what each of `to` stands for: no address twice. nullopt: of two IP versions, or too many runs.
[[nodiscard]] std::optional<std::vector<Piece>> pieces(const Addresses& from, const Addresses& to, bool inverse);
/// The rewrites of one run, with the addresses each is for: several where a run is no prefix.
struct Rewrite {
    base::Interval values;
    Family family = Family::v4;
    model::Translate translate;
};
[[nodiscard]] std::vector<Rewrite> rewrites(const Piece& piece, model::Field field);

}  // namespace egresslint::dialects::asa
