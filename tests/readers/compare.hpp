// SPDX-License-Identifier: Apache-2.0
// Whether two devices treat new flows alike: their flow tables, row by row, whatever the order of rules, chains and
// unknowns in the two models. For readers of one dialect, which must agree on what a ruleset means.
//
// Rows that end alike (verdict, out interface, form of every translation, logged, limited) are joined. For each such
// end both devices must have the same headers under *may* and under *must*, and hang on the same unknowns by name.
// What is too large for that is compared on tcp/25 only, and what is too large even there on packets, by the tracer.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/source.hpp"
#include "model/device.hpp"

namespace egresslint::readers {

struct Reading {
    base::Sources sources;
    model::Device device;              ///< resolved, with nothing known about addresses and routes
    std::string refused;               ///< why there is no device
    std::vector<std::string> remarks;  ///< what the reader did not understand or missed
};
/// By the nftables dialect; `path` is where includes are looked for.
[[nodiscard]] std::unique_ptr<Reading> read(const std::string& path, std::string text);

struct Comparison {
    enum class Scope : std::uint8_t { all, mail, packets };
    Scope scope = Scope::all;  ///< the narrowest that one of the families needed
    std::string difference;    ///< "" when they agree
    std::size_t rows = 0, packets = 0;
};
[[nodiscard]] Comparison compare(const model::Device& a, const model::Device& b);

}  // namespace egresslint::readers
