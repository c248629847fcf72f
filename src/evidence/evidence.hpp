// SPDX-License-Identifier: Apache-2.0
// What the world outside of the firewall says about a mail server: DNS zones (dns.hpp), the configuration of the MTA
// (mta.hpp), registry records (registry.hpp). Everything is a fact with the place that states it, and every question
// has three answers: evidence that is missing is never taken for "no".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/source.hpp"

namespace egresslint::evidence {

enum class Answer : std::uint8_t { no, yes, not_known };

/// A value that some text states, and where it does.
struct Fact {
    std::string value;
    base::Span span;  ///< invalid: it is a default that no text states
};

/// Something that the evidence holds and that cannot be evaluated from it: "virtual_map is a lookup table".
struct Unknown {
    std::string what;
    base::Span span;
};

}  // namespace egresslint::evidence
