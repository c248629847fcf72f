// SPDX-License-Identifier: Apache-2.0
// Who can open a connection to whom: the reachability matrix of a device for one service.
//
// For a fixed protocol, source port and destination port the question "does a new connection from s to d get through"
// is a relation over addresses. Two addresses that reach the same addresses and are reached by the same ones need not
// be told apart; the *classes* are the coarsest such partition of all addresses, and the *edges* are the pairs of
// classes whose connections get through. Addresses are those of the packet as it comes in, before any translation.
//
//   dport 25: classes {10.0.0.25}, {10.0.0.0/24 without it}, {everything else}; edges 0 -> 2, 1 -> 0
//
// Interfaces are projected away: s reaches d when there is *some* way in, and, where the routes are not known, some way
// out, by which the packet gets through. Unknown matches are in doubt taken to allow (`may`) or to deny (`must`); of
// what occurs both ways in operation (rate limits, schedules, balancing) either outcome may happen, as in
// Analysis::must.
//
// A packet that rules exempt from connection tracking opens no connection; where such packets get through and a tracked
// connection would not, the pairs are listed apart, so that nothing that passes goes unsaid.
//
// The method: run the pipeline once over the service's headers (all ports at once), quantify everything but source and
// destination away, and read the diagram. With the source above the destination, a child of the source's node *is* a
// set of destinations, and equal sets are one node, so the rows of the matrix fall out; a sweep over the boundaries of
// all sets then groups addresses by (their row, the rows that hold them). The partition and its minimality follow
// Diekmann et al., "Verified iptables Firewall Analysis" (2016), which calls it a service matrix.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "flow/analysis.hpp"
#include "model/device.hpp"

namespace egresslint::flow {

enum class Path : std::uint8_t {
    forward,  ///< comes in by an interface (not the loopback one) and leaves by another interface or the same
    input,    ///< comes in by an interface (not the loopback one) and is for the device itself
    output,   ///< sent by the device itself, to somewhere else
};
enum class InDoubt : std::uint8_t { may, must };

struct Service {
    Path path = Path::forward;
    std::uint8_t proto = 6;  ///< one that has ports; of TCP the segment with SYN alone
    std::uint16_t sport = 10000;
    std::vector<std::uint16_t> dports;
    InDoubt in_doubt = InDoubt::may;
};

struct Matrix {
    std::uint16_t dport = 0;
    std::vector<base::IntervalSet> classes;                      ///< by lowest address
    std::vector<std::pair<std::uint32_t, std::uint32_t>> edges;  ///< source class, destination class; ascending
    /// Sources and destinations between which packets get through, but only untracked ones (with `must`: not surely as
    /// tracked ones).
    std::vector<std::pair<base::IntervalSet, base::IntervalSet>> untracked;
    /// Predicates that decide whether some packet gets through, before doubt was resolved; not those that stand for
    /// the way out.
    std::vector<model::PredicateId> depends_on;
};

/// A matrix for each of `service.dports`, in that order. `device` must be resolved, and is best resolved without
/// assumed routes: those would take ways out away.
[[nodiscard]] Expected<std::vector<Matrix>> matrices(const model::Device& device, base::Family family,
                                                     const Service& service, Budget budget = {});

}  // namespace egresslint::flow
