// SPDX-License-Identifier: Apache-2.0
// The links of one chain. Inside this room only; the door is identity.hpp.
#pragma once

#include <string>
#include <vector>

#include "lint/identity.hpp"

namespace egresslint::lint {

/// A name that a server greets with, and where it is stated.
struct Greeting {
    std::string name;
    base::Span span;
};

class IdentityJudge {
public:
    IdentityJudge(const std::vector<MailHost>& hosts, const EvidenceInput& evidence);

    /// One link: which rule translates.
    [[nodiscard]] IdentityLink rule_link(const Egress& egress) const;
    /// PTR and forward (EL301, EL302, EL303).
    void reverse_links(const MailHost& host, const Egress& egress, const base::Address& address,
                       std::vector<IdentityLink>& links) const;
    /// HELO (EL304, EL305).
    void greeting_links(const MailHost& host, const Egress& egress, const base::Address& address,
                        std::vector<IdentityLink>& links) const;
    /// SPF of each of the server's domains (EL307).
    void spf_links(const MailHost& host, const Egress& egress, const base::Address& address,
                   std::vector<IdentityLink>& links) const;
    /// EL308.
    void holder_link(const MailHost& host, const Egress& egress, const base::Address& address,
                     std::vector<IdentityLink>& links) const;
    /// EL310.
    void list_links(const MailHost& host, const Egress& egress, const base::Address& address,
                    std::vector<IdentityLink>& links) const;
    /// MX of each of the server's domains (EL306); with `host` the first one, also those that are nobody's.
    void exchange_links(const MailHost& host, std::vector<IdentityLink>& links) const;
    /// EL309.
    void bind_links(const MailHost& host, std::vector<IdentityLink>& links) const;

    /// What the server greets with: declared, or what its MTA says; `unknown`: why there may be others.
    [[nodiscard]] std::vector<Greeting> greetings(const MailHost& host, std::string& unknown, base::Span& where) const;
    /// Of an MTA that opens no connections over this IP version, as all that are the server's say: one that says it;
    /// nullptr: it may open some.
    [[nodiscard]] const evidence::Sender* never_over(const MailHost& host, base::Family family) const;

private:
    [[nodiscard]] std::vector<const evidence::Mta*> mtas_of(const MailHost& host, std::string& unknown) const;
    /// Domains whose mail the server sends: it is their MX, or its name stands in them.
    [[nodiscard]] const std::vector<std::string>& domains_of(const MailHost& host) const;
    [[nodiscard]] std::vector<std::string> find_domains(const MailHost& host) const;
    [[nodiscard]] bool is_published(const base::Address& address, const MailHost* by) const;
    [[nodiscard]] bool is_own(const base::Address& address) const;
    void exchange_link(const MailHost& host, const evidence::Record& mx, bool& ours, bool& known,
                       std::vector<IdentityLink>& links) const;

    const std::vector<MailHost>& hosts_;
    const EvidenceInput& evidence_;
    std::vector<std::vector<std::string>> domains_;  ///< by host
};

[[nodiscard]] evidence::RecordType address_type(base::Family family);

}  // namespace egresslint::lint
