// SPDX-License-Identifier: Apache-2.0
// Second half of resolve: routing chains from routes, policy rules and interface addresses, or from the lack of them.
#pragma once

#include <functional>

#include "model/resolve.hpp"
#include "model/value_predicates.hpp"

namespace egresslint::model {

/// What the first half of resolve found out, as the second needs it.
struct Surroundings {
    /// Interfaces that traffic can use: neither absent nor loopback.
    std::vector<std::uint32_t> usable;
    /// Ids of interfaces that a name or wildcard of a route means.
    std::function<std::vector<std::uint32_t>(const std::string&)> named;
    ExprId local_destination;      ///< current destination is the device's
    ExprId broadcast_destination;  ///< current destination is an IPv4 broadcast address of the device
};

void write_routing(Builder& builder, ValuePredicates& predicates, const Surroundings& surroundings,
                   base::Diagnostics& diagnostics);

}  // namespace egresslint::model
