// SPDX-License-Identifier: Apache-2.0
// The pass between lowering and flow: symbolic sets become literal ones, interface names become ids, routing chains are
// written from the routes. What cannot be resolved becomes a named unknown predicate, never a silent guess.
#pragma once

#include "base/diagnostic.hpp"
#include "model/device.hpp"

namespace egresslint::model {

/// What `resolve` does, in this order:
///  1. Interface universe. With interfaces_known just those; else the named ones, a representative for every wildcard
///     prefix ("eth*": an eth interface that no rule names), and one for "any other interface". The partition is exact:
///     each rule either matches all of a representative's interfaces or none.
///  2. InterfaceNames -> interface ids (also "lo"); a name outside a known universe matches nothing (EL211 reports it).
///  3. InterfaceAddresses, DeviceAddresses, DeviceBroadcasts -> literals when addresses_known, else an unknown predicate
///     beside the address field (kind ambiguity: "whether DST is an address of this device"). 127.0.0.0/8 and ::1 are
///     always local.
///  4. Interfaces without an address of a family get unknown_address4/6 choices (not varying, candidates: everything).
///  5. Every Chain with `routing`: rules that assign out_if (self, an interface) and the gateway register, from
///     routing_rules and routes by longest prefix, then metric; local addresses first; blackhole and friends drop (reject
///     for unreachable and prohibit); several next hops by a balance predicate; no route = drop ("no route to
///     destination", verdict reject). Without routes_known: one k-way predicate `route of destination` (ambiguity, beside
///     dst) over all interfaces and self.
/// Idempotent: a resolved device is returned unchanged. New diagnostics are EL903 (incomplete) with their predicate.
void resolve(Device& device, base::Diagnostics& diagnostics);

}  // namespace egresslint::model
