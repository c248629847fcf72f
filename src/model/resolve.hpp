// SPDX-License-Identifier: Apache-2.0
// The pass between lowering and flow: symbolic sets become literal ones, interface names become ids, routing chains are
// written from the routes. What cannot be resolved becomes a named unknown predicate, never a silent guess.
#pragma once

#include "base/diagnostic.hpp"
#include "model/device.hpp"

namespace egresslint::model {

/// What `resolve` does, in this order:
///  1. Interface universe. With interfaces_known just those that a dump or the intent file gave (they have a span or
///     addresses) and those that routes use; other named ones become `absent`. Else the named ones, a representative
///     for every wildcard prefix ("eth*": an eth interface that no rule names), and one for "any other interface". The
///     partition is exact: each rule either matches all of a representative's interfaces or none.
///  2. InterfaceNames -> interface ids. "lo" as out interface is `self` (what the device sends to itself leaves by it);
///     as in interface it is never `self`, for locally generated packets have none. A name outside a known universe
///     matches nothing (EL211 reports it).
///  3. InterfaceAddresses, DeviceAddresses, DeviceBroadcasts -> literals when addresses_known (or, for the device,
///  local
///     routes are), else what is known or an unknown predicate beside the address field (kind ambiguity, "whether the
///     destination is an address of this device"). 127.0.0.0/8 and ::1 are always local.
///  4. Interfaces without an address of a family get unknown_address4/6 choices (not varying, candidates: everything;
///     with addresses_known the IPv4 addresses of the other interfaces, which Linux borrows, or none at all).
///  5. Every Chain with `routing`: rules that assign out_if (self, an interface) and the gateway register, from
///     routing_rules and routes by longest prefix, then metric; local addresses first; blackhole and friends drop
///     (reject for unreachable and prohibit); several next hops by a balance predicate (ambiguity for assumed routes);
///     no route = reject. A family without known routes: connected networks, then one k-way predicate "route of
///     destination" (ambiguity, beside dst) over all interfaces; `self` is what the local test of 3. leaves to it.
///     Broadcasts and multicast that come in are delivered to the device. The gateway register is only made where an
///     interface has several primary global addresses of a family: next hop's subnet first, else the first [Linux
///     inet_select_addr, measured]; for IPv6 and for assumed routes beyond the subnets an ambiguity predicate chooses.
///
/// Unknown predicates about an address belong to one *value* of it. A predicate of the original destination must not
/// answer for a rewritten one (the public address is the device's, the server behind it is not). So when such a
/// predicate is needed and rules rewrite the field, those rules also set a register "dst rewritten" (or src) to the
/// number of their group, and the predicate becomes one for each value of that register; group = rules that the same
/// stages reach, and a destination rewritten to the device's own address (redirect) is known to be local. A rule that
/// rewrites by an effect *without* deciding gets a group of its own: it writes the same value each time. The dialects'
/// own predicates are told apart likewise, see evaluations.hpp.
/// Idempotent: a resolved device is returned unchanged. New diagnostics are EL903 (incomplete) with their predicate,
/// and EL901 for policy routing that the reader could not express.
void resolve(Device& device, base::Diagnostics& diagnostics);

}  // namespace egresslint::model
