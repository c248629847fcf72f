// SPDX-License-Identifier: Apache-2.0
// The identity of a mail server as the world sees it (EL3xx): the addresses as which its SMTP provably leaves, joined
// with what DNS, the MTA's configuration and the registries say about them. Each link of the chain
//   rule -> egress address -> PTR -> forward address -> HELO -> SPF -> holder
// is a fact with its place. A link that the evidence does not decide is "not known": it is named, and is no finding.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/interval_set.hpp"
#include "evidence/dns.hpp"
#include "evidence/mta.hpp"
#include "evidence/registry.hpp"
#include "lint/finding.hpp"
#include "lint/intent.hpp"
#include "model/device.hpp"

namespace egresslint::lint {

/// Whether an address is on a block list (`--live-dnsbl`).
struct Listing {
    std::string list;         ///< "bl.example.net"
    evidence::Lookup answer;  ///< of A at the reversed address under the list (RFC 5782, 2.1)
    std::string text;         ///< what the list says about it (TXT), "" if nothing
};

/// All evidence of a run.
struct EvidenceInput {
    evidence::Dns dns;
    std::vector<evidence::Mta> mtas;
    evidence::Registry registry;
    bool has_mta = false, has_registry = false;
    base::Diagnostics diagnostics;   ///< of the readers; none is fatal
    std::vector<std::string> files;  ///< paths of zone files and the like, in which `;` begins a comment
    std::string organisation;
    /// Asks the block lists; empty: nobody wants that.
    std::function<std::vector<Listing>(const base::Address&)> listings;
};

/// One way on which SMTP of a server, or of an address that its MTA binds, leaves.
struct Egress {
    base::Family family = base::Family::v4;
    base::IntervalSet addresses;  ///< empty: an address that nothing states
    std::string text;             ///< "198.51.100.2", "the address of wan0"
    std::string out;              ///< interface
    base::Span rule;              ///< that translates; may be invalid
    std::string rule_text;        ///< "" if nothing translates
    bool certain = true;          ///< whatever the unknowns are
};
/// What one device says about a mail server.
struct MailHost {
    std::string device;
    MailServer server;
    bool guessed = false;  ///< that it is one
    base::Span publication;
    std::vector<Egress> egress;
    base::IntervalSet published_v4, published_v6;  ///< where SMTP from the internet reaches it
    model::LiteralSet own;                         ///< addresses of the device
    struct Bound {
        evidence::BindAddress bind;
        std::vector<Egress> egress;
    };
    std::vector<Bound> bound;  ///< source addresses of the MTA that are none of the server's
};

struct IdentityLink {
    enum class State : std::uint8_t {
        holds,
        broken,
        not_known,  ///< the evidence does not decide it
        absent      ///< there is no evidence of this kind
    };
    std::string kind;   ///< "rule", "egress", "PTR", "forward", "HELO", "SPF", "holder", "MX", "bind", "list", "unused"
    std::string value;  ///< "mail.example.com"
    State state = State::holds;
    base::Span span;
    std::string because;  ///< of broken and not known, a clause
    // of broken
    std::string rule;     ///< "EL302"
    std::string message;  ///< with {addresses}
    std::string label;    ///< under the span
    std::vector<Related> related;
    Severity severity = Severity::error;
    Certainty certainty = Certainty::proven;
};
/// The chain of one egress address.
struct IdentityChain {
    std::string device, server;
    base::Family family = base::Family::v4;
    base::IntervalSet addresses;  ///< one; empty: not known
    bool certain = true;
    std::vector<IdentityLink> links;
};

/// Every chain of these hosts, in their order.
[[nodiscard]] std::vector<IdentityChain> identity_chains(const std::vector<MailHost>& hosts,
                                                         const EvidenceInput& evidence);
/// Broken links as findings, one for each fact with all addresses that it concerns; links that are not known as notes
/// (EL903), what the readers could not read as EL901 and EL903.
[[nodiscard]] std::vector<Finding> identity_findings(const std::vector<MailHost>& hosts,
                                                     const std::vector<IdentityChain>& chains,
                                                     const EvidenceInput& evidence,
                                                     const std::function<bool(std::string_view)>& selected);

// -- parts, for their tests
/// Whether a name is one that providers give to addresses in bulk, and why: "it spells the address"; "" if not.
[[nodiscard]] std::string generic_name(const std::string& name, const base::Address& address);
/// Why a name is none by which the world knows a host: "it has one label only"; "" if it may be.
[[nodiscard]] std::string not_public_name(const std::string& name);

}  // namespace egresslint::lint
