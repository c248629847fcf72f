// SPDX-License-Identifier: Apache-2.0
// What the configuration of a mail server says about the SMTP connections that it opens: the name it greets with, the
// source address it binds, whom it hands mail to, and over which IP versions. What cannot be evaluated (a lookup table,
// an expansion at run time) is an Unknown with its place, never a guess.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/address.hpp"
#include "base/diagnostic.hpp"
#include "base/source.hpp"
#include "evidence/evidence.hpp"

namespace egresslint::evidence {

struct BindAddress {
    base::Address address;
    base::Span span;
};

/// One way by which an MTA hands mail to other hosts: a transport, a send connector, a mailer. Values with an Unknown
/// beside them are what the texts say as far as they go; it may be something else.
struct Sender {
    std::string name;  ///< as the MTA calls it: "smtp", "remote_smtp", "Internet"
    /// What it says in HELO or EHLO, without a trailing dot; one value where the configuration decides it, several
    /// where it may be any of them, none where `unknown_helo` says why.
    std::vector<Fact> helo;
    /// Source addresses that it binds; none: the system chooses, unless `unknown_bind` says why that is not known.
    std::vector<BindAddress> bind;
    /// "[relay.example.net]:587", as written; none: mail goes to the MX hosts of the recipients, unless
    /// `unknown_relay`.
    std::vector<Fact> relay_hosts;
    Answer uses_v4 = Answer::not_known;
    Answer uses_v6 = Answer::not_known;
    base::Span protocols;  ///< the text that decides uses_v4 and uses_v6; may be invalid
    std::vector<Unknown> unknown_helo, unknown_bind, unknown_relay;
};

struct Mta {
    std::string product;  ///< "Postfix", "Exim", "Sendmail", "Exchange", "hMailServer", "SMTP" for a live answer
    Fact host_name;       ///< what it calls itself; value "" if nothing says it
    std::vector<Sender> senders;
    std::vector<std::string> files;
    base::Span span;  ///< its first text
};

/// "main.cf of Postfix" for a text that one of the readers knows, "" for any other: by content, never by name alone.
[[nodiscard]] std::string mta_format(std::string_view text);

/// Every MTA that these texts configure; files of one MTA (main.cf with master.cf) are one. Errors are fatal
/// diagnostics; what was not understood is EL901 where it could decide a name or an address. Secrets are hidden in
/// `sources` first.
[[nodiscard]] std::vector<Mta> read_mtas(base::Sources& sources, const std::vector<base::FileId>& files,
                                         base::Diagnostics& diagnostics);

}  // namespace egresslint::evidence
