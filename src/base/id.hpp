// SPDX-License-Identifier: Apache-2.0
// Strong 32-bit index into a vector of T: `Id<Rule>` never mixes with `Id<Chain>`.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace egresslint::base {

template <class T>
struct Id {
    static constexpr std::uint32_t none_value = 0xffffffffu;
    std::uint32_t value = none_value;

    constexpr Id() = default;
    constexpr explicit Id(std::size_t index) : value(static_cast<std::uint32_t>(index)) {}
    [[nodiscard]] constexpr bool valid() const { return value != none_value; }
    constexpr explicit operator bool() const { return valid(); }
    [[nodiscard]] constexpr std::size_t index() const { return value; }
    friend constexpr auto operator<=>(Id, Id) = default;
};

}  // namespace egresslint::base

template <class T>
struct std::hash<egresslint::base::Id<T>> {
    std::size_t operator()(egresslint::base::Id<T> id) const noexcept { return id.value * 0x9e3779b97f4a7c15ull; }
};
