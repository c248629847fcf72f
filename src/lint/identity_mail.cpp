// SPDX-License-Identifier: Apache-2.0
// What is said about the server as a whole: the domains that it is for, where their MX records lead (EL306), and the
// source addresses that its MTA binds (EL309).
#include <fmt/format.h>

#include <algorithm>

#include "evidence/domain_name.hpp"
#include "evidence/spf.hpp"
#include "lint/address_space.hpp"
#include "lint/identity_judge.hpp"

namespace egresslint::lint {

using evidence::Answer;
using evidence::Lookup;
using evidence::Record;
using evidence::RecordType;
using State = IdentityLink::State;

namespace {

constexpr std::size_t most_domains = 64, most_names = 256;

const base::IntervalSet& published(const MailHost& host, base::Family family) {
    return family == base::Family::v4 ? host.published_v4 : host.published_v6;
}

}  // namespace

bool IdentityJudge::is_published(const base::Address& address, const MailHost* by) const {
    return std::any_of(hosts_.begin(), hosts_.end(), [&](const MailHost& host) {
        return (by == nullptr || host.server.name == by->server.name) &&
               published(host, address.family).contains(address.bits);
    });
}

bool IdentityJudge::is_own(const base::Address& address) const {
    return std::any_of(hosts_.begin(), hosts_.end(), [&](const MailHost& host) { return contains(host.own, address); });
}

IdentityJudge::IdentityJudge(const std::vector<MailHost>& hosts, const EvidenceInput& evidence)
    : hosts_(hosts), evidence_(evidence) {
    for (const MailHost& host : hosts) domains_.push_back(find_domains(host));
}

const std::vector<std::string>& IdentityJudge::domains_of(const MailHost& host) const {
    return domains_[static_cast<std::size_t>(&host - hosts_.data())];
}

std::vector<std::string> IdentityJudge::find_domains(const MailHost& host) const {
    std::vector<std::string> out;
    const auto add = [&](const std::string& domain) {
        if (out.size() < most_domains && std::find(out.begin(), out.end(), domain) == out.end()) out.push_back(domain);
    };
    // Names by which the server is known.
    std::vector<std::string> names;
    std::string unknown;
    base::Span where;
    for (const Greeting& g : greetings(host, unknown, where)) names.push_back(evidence::plain_name(g.name));
    for (const Record* mx : evidence_.dns.all(RecordType::mx)) {
        for (const base::Family family : {base::Family::v4, base::Family::v6})
            for (const Record* r : evidence_.dns.lookup(mx->value, address_type(family)).records)
                if (r->address && is_published(*r->address, &host)) {
                    add(mx->owner);
                    if (names.size() < most_names) names.push_back(mx->value);
                }
    }
    for (const RecordType type : {RecordType::mx, RecordType::txt})
        for (const Record* record : evidence_.dns.all(type)) {
            if (type == RecordType::txt && !record->value.starts_with("v=spf1")) continue;
            if (record->owner.starts_with("_") || record->owner.starts_with("*")) continue;
            if (std::any_of(names.begin(), names.end(),
                            [&](const std::string& n) { return evidence::is_within(n, record->owner); }))
                add(record->owner);
        }
    return out;
}

void IdentityJudge::exchange_link(const MailHost& host, const Record& mx, bool& ours, bool& known,
                                  std::vector<IdentityLink>& links) const {
    IdentityLink link;
    link.kind = "MX";
    link.value = fmt::format("{} -> {}", mx.owner, mx.value);
    link.span = mx.span;
    const auto broken = [&](std::string because) {
        link.state = State::broken;
        link.rule = "EL306";
        link.because = because;
        link.message = fmt::format("MX of {} names {}: {}", mx.owner, mx.value, because);
        link.label = "mail for the domain is sent there";
    };
    if (base::parse_address(mx.value)) {
        broken("an MX record names a host, not an address (RFC 1035, 3.3.9)");
        links.push_back(std::move(link));
        return;
    }
    std::string unknown, denied;
    std::vector<const Record*> addresses;
    base::Span denial;
    for (const base::Family family : {base::Family::v4, base::Family::v6}) {
        const Lookup found = evidence_.dns.lookup(mx.value, address_type(family));
        if (!found.aliases.empty() && link.state != State::broken) {
            broken("the name is an alias (RFC 5321, 5.1; RFC 2181, 10.3)");
            for (const Record* alias : found.aliases) link.related.push_back({alias->span, "an alias"});
        }
        if (found.answer == Answer::not_known) unknown = found.because;
        if (found.answer == Answer::no) {
            denied = found.no_name ? found.because : fmt::format("{} has no address", mx.value);
            denial = found.span;
        }
        addresses.insert(addresses.end(), found.records.begin(), found.records.end());
    }
    for (const Record* r : addresses) ours |= is_published(*r->address, nullptr);
    known &= unknown.empty();
    if (link.state == State::broken) {
        // said already
    } else if (addresses.empty() && unknown.empty()) {
        broken(denied);
        if (denial.valid()) link.related.push_back({denial, "the zone in which it is missing"});
    } else if (addresses.empty()) {
        link.state = State::not_known;
        link.because = unknown;
    }
    if (link.state == State::holds)
        for (const Record* r : addresses) {
            link.value += (r == addresses.front() ? " -> " : ", ") + r->value;
            // Addresses elsewhere are other people's servers: a second MX, a filter in front.
            if (!is_own(*r->address) || is_published(*r->address, nullptr)) continue;
            broken(fmt::format("{} is an address of {} on which tcp/{} reaches no mail server", r->value, host.device,
                               25));
            link.related.push_back({r->span, "the address"});
            ours = true;
        }
    if (link.state == State::broken && host.publication.valid())
        link.related.push_back({host.publication, "this rule publishes the mail server"});
    links.push_back(std::move(link));
}

void IdentityJudge::exchange_links(const MailHost& host, std::vector<IdentityLink>& links) const {
    const auto& domains = domains_of(host);
    const bool first = !hosts_.empty() && &host == &hosts_.front();
    // Every domain once: with its server, those of no server with the first.
    std::vector<std::string> owners;
    for (const Record* mx : evidence_.dns.all(RecordType::mx)) {
        if (std::find(owners.begin(), owners.end(), mx->owner) != owners.end()) continue;
        const bool its = std::find(domains.begin(), domains.end(), mx->owner) != domains.end();
        const bool somebodys = std::any_of(hosts_.begin(), hosts_.end(), [&](const MailHost& h) {
            if (&h == &host) return false;
            const auto& theirs = domains_of(h);
            return std::find(theirs.begin(), theirs.end(), mx->owner) != theirs.end();
        });
        if (!its && (!first || somebodys)) continue;
        owners.push_back(mx->owner);
        if (owners.size() >= most_domains) break;
    }
    for (const std::string& domain : owners) {
        const Lookup found = evidence_.dns.lookup(domain, RecordType::mx);
        bool ours = false, known = true;
        const std::size_t before = links.size();
        for (const Record* mx : found.records)
            if (mx->type == RecordType::mx && !mx->value.empty())  // "." takes no mail (RFC 7505)
                exchange_link(host, *mx, ours, known, links);
        const bool broken = std::any_of(links.begin() + static_cast<std::ptrdiff_t>(before), links.end(),
                                        [](const IdentityLink& l) { return l.state == State::broken; });
        const bool its = std::find(domains.begin(), domains.end(), domain) != domains.end();
        const bool has_publication = !host.published_v4.empty() || !host.published_v6.empty();
        if (ours || !known || broken || !its || !has_publication || links.size() == before) continue;
        // The domain's name is the server's, but its mail goes elsewhere: a service in front, or a stale record.
        IdentityLink& link = links[before];
        link.state = State::broken;
        link.rule = "EL306";
        link.certainty = Certainty::possible;
        link.because =
            fmt::format("none of its MX records leads to an address on which {} is published", host.server.name);
        link.message = fmt::format("MX of {}: {}", domain, link.because);
        link.label = "mail for the domain is sent there";
        if (host.publication.valid()) link.related.push_back({host.publication, "this rule publishes the mail server"});
    }
}

void IdentityJudge::bind_links(const MailHost& host, std::vector<IdentityLink>& links) const {
    std::string unknown;
    const auto mtas = mtas_of(host, unknown);
    for (const MailHost::Bound& bound : host.bound) {
        const bool its = std::any_of(mtas.begin(), mtas.end(), [&](const evidence::Mta* mta) {
            return std::any_of(mta->senders.begin(), mta->senders.end(), [&](const evidence::Sender& s) {
                return std::any_of(s.bind.begin(), s.bind.end(), [&](const evidence::BindAddress& b) {
                    return b.span == bound.bind.span && b.address == bound.bind.address;
                });
            });
        });
        if (!its) continue;
        const std::string text = base::to_string(bound.bind.address);
        IdentityLink link;
        link.kind = "bind";
        link.value = text;
        link.span = bound.bind.span;
        base::IntervalSet own;
        std::vector<base::Interval> stated;
        for (const base::Prefix& p : host.server.outbound)
            if (p.base.family == bound.bind.address.family) stated.push_back({p.first(), p.last()});
        own = base::IntervalSet(std::move(stated));
        if (own.empty())
            for (const Egress& e : host.egress)
                if (e.family == bound.bind.address.family) own = own.unite(e.addresses);
        std::string because;
        if (bound.egress.empty()) {
            because = "the firewall lets none of its SMTP through";
        } else {
            for (const Egress& e : bound.egress)
                if (e.addresses.empty() || !own.contains_all(e.addresses)) {
                    because = fmt::format("SMTP from there leaves as {}", e.text);
                    if (e.rule.valid()) link.related.push_back({e.rule, "this rule translates it"});
                    if (!e.certain) link.certainty = Certainty::possible;
                    break;
                }
        }
        if (!because.empty() && !own.empty()) {
            link.state = State::broken;
            link.rule = "EL309";
            link.because = because;
            link.message =
                fmt::format("the MTA of {} binds {}, for which no translation to {} is meant: {}", host.server.name,
                            text, base::addresses_to_string(own, bound.bind.address.family, 4), because);
            link.label = "the address that it binds";
        } else if (own.empty()) {
            link.state = State::not_known;
            link.because = fmt::format("the outbound address of {} is not known", host.server.name);
        }
        links.push_back(std::move(link));
    }
}

}  // namespace egresslint::lint
