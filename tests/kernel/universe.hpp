// SPDX-License-Identifier: Apache-2.0
// What random rulesets and packets are made of: a handful of hosts, networks, ports and marks, small on purpose so that
// rules meet packets. The lab's addresses and routes are in lab.hpp.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "packet.hpp"

namespace egresslint::kernel {

using Strings = std::vector<std::string>;

namespace universe {
extern const Strings inside4, outside4, public4, own4, prefixes4, ranges4;
extern const Strings inside6, outside6, public6, own6, prefixes6, ranges6;
extern const Strings ports, port_ranges, interfaces;
}  // namespace universe

/// Random decisions that are the same on every machine: only the engine of the standard is used, none of its
/// distributions.
class Dice {
public:
    explicit Dice(std::uint64_t seed) : random_(seed) {}
    std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random_() % limit); }
    bool chance(unsigned percent) { return random_() % 100 < percent; }
    const std::string& one_of(const Strings& list) { return list[below(list.size())]; }
    std::string address(bool v6, bool outside);
    std::string network(bool v6);
    /// Up to `count` different strings of the list.
    Strings some_of(const Strings& list, std::size_t count);

private:
    std::mt19937_64 random_;
};

[[nodiscard]] std::string joined(const Strings& values, const char* between = ", ");

/// First packets of flows with distinct tuples: outward, inward, between the inner networks, hairpin, to the router,
/// of the router.
[[nodiscard]] std::vector<Probe> random_packets(Dice& dice, std::size_t count);

}  // namespace egresslint::kernel
