// SPDX-License-Identifier: Apache-2.0
// The parts of the address space that every question needs: what is private, what is global unicast.
// Source: IANA special-purpose address registries (RFC 6890, RFC 8190). The documentation and benchmarking prefixes
// count as global on purpose: examples are written with them.
#pragma once

#include "model/device.hpp"

namespace egresslint::lint {

/// RFC 1918, RFC 6598 (carrier-grade NAT), link-local; fc00::/7 and fe80::/10.
[[nodiscard]] model::LiteralSet private_addresses();
/// Global unicast.
[[nodiscard]] model::LiteralSet global_addresses();
/// Never a source on the wire: unspecified, loopback, multicast, class E.
[[nodiscard]] model::LiteralSet impossible_sources();
[[nodiscard]] model::LiteralSet all_addresses();

[[nodiscard]] model::LiteralSet unite(const model::LiteralSet& a, const model::LiteralSet& b);
[[nodiscard]] model::LiteralSet minus(const model::LiteralSet& a, const model::LiteralSet& b);
void add(model::LiteralSet& to, const base::Prefix& prefix);
[[nodiscard]] bool contains(const model::LiteralSet& set, const base::Address& address);
[[nodiscard]] bool empty(const model::LiteralSet& set);
[[nodiscard]] const base::IntervalSet& of(const model::LiteralSet& set, base::Family family);

}  // namespace egresslint::lint
