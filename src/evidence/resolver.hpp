// SPDX-License-Identifier: Apache-2.0
// Answers from a live resolver (`--live-dns`). Nothing is asked before the first lookup that no text answers; each
// question is asked once. An answer becomes a text of the run, so that a fact from it has a place like any other.
#pragma once

#include <memory>
#include <string>
#include <tl/expected.hpp>

#include "base/source.hpp"
#include "evidence/dns.hpp"

namespace egresslint::evidence {

struct ResolverOptions {
    /// "192.0.2.53", "192.0.2.53@5353", "2001:db8::53"; "": those of /etc/resolv.conf.
    std::string server;
    unsigned timeout_seconds = 3;     ///< of one attempt
    unsigned attempts = 2;            ///< per server
    std::size_t most_queries = 1000;  ///< of a run; beyond, nothing is known
    unsigned most_seconds = 120;      ///< of a run, likewise
};
/// An error is a sentence: the server does not parse. `sources` must outlive the answers.
[[nodiscard]] tl::expected<std::shared_ptr<LiveNames>, std::string> live_names(base::Sources& sources,
                                                                               const ResolverOptions& options);

/// How a block list is asked (RFC 5782, 2.1 and 2.4): "5.100.51.198.bl.example.net".
[[nodiscard]] std::string listing_name(const base::Address& address, const std::string& list);
/// What an answer to it means: yes within 127.0.0.0/8 alone; a list that refuses to answer (127.255.255.0/24, as large
/// ones do), or answers with another address, says nothing.
[[nodiscard]] Lookup listing(LiveNames& live, const base::Address& address, const std::string& list);

}  // namespace egresslint::evidence
