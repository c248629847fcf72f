// SPDX-License-Identifier: Apache-2.0
// Unknown predicates that one packet may meet more than once, with another value or another state each time; a step of
// resolve (see resolve.hpp). `fib daddr type local` in a chain that is called before and after a destination
// translation asks of two addresses; a limiter in a chain that is called twice is asked twice. One predicate for both
// would claim that the answers agree. Such a predicate becomes one for each value (Predicate::reads) or one for each
// visit (Predicate::asked_in); where a packet can meet it only once, or the value cannot have changed in between, it
// stays as it is.
#pragma once

#include "model/builder.hpp"
#include "model/value_predicates.hpp"

namespace egresslint::model {

/// Visits of one packet to one chain that are told apart; what comes after shares the last predicate.
inline constexpr unsigned most_visits = 8;

/// Interface sets must be literal already.
void tell_evaluations_apart(Builder& builder, ValuePredicates& values);

}  // namespace egresslint::model
