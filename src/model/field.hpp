// SPDX-License-Identifier: Apache-2.0
// The packet as rules see it. Header fields (in_if … tcp_flags without out_if) make up the *original header*, the
// space that packet sets live in. out_if, ct_state and registers are metadata: constants of one execution state.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/address.hpp"
#include "base/id.hpp"
#include "base/interval_set.hpp"

namespace egresslint::model {

enum class Field : std::uint8_t {
#define FIELD(name, bits, printed, doc) name,
#include "model/field.def"
#undef FIELD
};
inline constexpr unsigned field_count = 0
#define FIELD(name, bits, printed, doc) +1
#include "model/field.def"
#undef FIELD
    ;

[[nodiscard]] std::string_view field_name(Field field);
/// Width in bits; addresses by family.
[[nodiscard]] unsigned field_bits(Field field, base::Family family);
[[nodiscard]] constexpr bool is_address(Field field) { return field == Field::src || field == Field::dst; }
/// Part of the original header, hence a level of the diagrams.
[[nodiscard]] constexpr bool is_header(Field field) {
    return field != Field::family && field != Field::out_if && field != Field::ct_state && field != Field::reg;
}

/// TCP, UDP, DCCP (RFC 4340), SCTP (RFC 9260) and UDP-Lite (RFC 3828): the header begins with source and destination
/// port.
[[nodiscard]] constexpr bool has_ports(unsigned protocol) {
    return protocol == 6 || protocol == 17 || protocol == 33 || protocol == 132 || protocol == 136;
}
[[nodiscard]] inline const base::IntervalSet& protocols_with_ports() {
    static const base::IntervalSet set{{6, 6}, {17, 17}, {33, 33}, {132, 132}, {136, 136}};
    return set;
}

/// original = as the device received (or generated) the packet; current = after every translation so far.
enum class View : std::uint8_t { current, original };

enum class ConnectionState : std::uint8_t { invalid = 0, fresh = 1, established = 2, related = 3, untracked = 4 };

struct Register;
using RegisterId = base::Id<Register>;

struct FieldRef {
    Field field = Field::src;
    View view = View::current;
    RegisterId reg;  ///< only with Field::reg
    friend constexpr bool operator==(const FieldRef&, const FieldRef&) = default;
};

inline constexpr std::uint32_t no_interface = 0;    ///< out_if: not routed yet
inline constexpr std::uint32_t self_interface = 1;  ///< the device itself
inline constexpr std::uint32_t first_interface = 2;

}  // namespace egresslint::model
