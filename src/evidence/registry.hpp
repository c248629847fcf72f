// SPDX-License-Identifier: Apache-2.0
// What the registries say about ranges of addresses: who holds them, in which role. Read from RDAP answers (RFC 9083)
// and whois text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/interval_set.hpp"
#include "base/source.hpp"
#include "evidence/evidence.hpp"

namespace egresslint::evidence {

struct Holder {
    std::string name;
    std::vector<std::string> roles;  ///< "registrant", "abuse" (RFC 9083, 10.2.4), or what the whois text calls it
    base::Span span;
};

/// One network object.
struct Registration {
    base::Family family = base::Family::v4;
    base::Interval range;
    std::string handle, net_name;  ///< "" if not stated
    std::vector<Holder> holders;
    base::Span span;                ///< of the range
    std::vector<Unknown> unknowns;  ///< why a holder could not be read
};

struct Registry {
    std::vector<Registration> ranges;
    /// The smallest range that holds the address; nullptr: no record is about it.
    [[nodiscard]] const Registration* of(const base::Address& address) const;
};

/// "RDAP answer", "whois text" or "" for a text that is neither.
[[nodiscard]] std::string registry_format(std::string_view text);

[[nodiscard]] Registry read_registry(base::Sources& sources, const std::vector<base::FileId>& files,
                                     base::Diagnostics& diagnostics);

/// Whether a holder of the range is `organisation`, after both are normalised (case, punctuation, legal form), and the
/// reason in words: "\"EXAMPLE G.m.b.H.\" is \"Example GmbH\" but for case and punctuation".
struct SameHolder {
    Answer answer = Answer::not_known;
    std::string because;
    base::Span span;  ///< of the holder that decided
};
[[nodiscard]] SameHolder same_holder(const Registration& registration, std::string_view organisation);

}  // namespace egresslint::evidence
