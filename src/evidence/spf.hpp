// SPDX-License-Identifier: Apache-2.0
// Sender Policy Framework (RFC 7208) on the evidence: what a receiver gets to see that checks mail from a domain, for a
// whole set of addresses at once. The set falls into parts, each with one result. Where a lookup has no answer in the
// evidence, where a macro depends on who sends, the result of that part is not known.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/interval_set.hpp"
#include "evidence/dns.hpp"

namespace egresslint::evidence {

/// RFC 7208, 2.6, without temperror: a text does not fail to answer, it does not know.
enum class SpfResult : std::uint8_t { none, neutral, pass, fail, softfail, permerror, not_known };
/// "pass", "permerror", "not known".
[[nodiscard]] std::string_view to_string(SpfResult result);

struct SpfPart {
    base::IntervalSet addresses;
    SpfResult result = SpfResult::not_known;
    std::string because;  ///< a clause: "\"-all\" of example.com matches"
    /// The SPF records on the way to the result, the domain's own first.
    std::vector<const Record*> records;
};

/// check_host() (RFC 7208, 4) for mail from an address of the domain. `helo`: "" if not known. At most 64 parts.
[[nodiscard]] std::vector<SpfPart> check_host(const Dns& dns, const std::string& domain, base::Family family,
                                              const base::IntervalSet& addresses, const std::string& helo);

}  // namespace egresslint::evidence
