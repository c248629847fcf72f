// SPDX-License-Identifier: Apache-2.0
// What the evidence says about one egress address.
#include "lint/identity_judge.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "evidence/domain_name.hpp"
#include "evidence/spf.hpp"

namespace egresslint::lint {

using evidence::Answer;
using evidence::Lookup;
using evidence::Record;
using evidence::RecordType;
using State = IdentityLink::State;

evidence::RecordType address_type(base::Family family) {
    return family == base::Family::v4 ? RecordType::a : RecordType::aaaa;
}

namespace {

bool leads_to(const Lookup& found, const base::Address& address) {
    return std::any_of(found.records.begin(), found.records.end(),
                       [&](const Record* r) { return r->address == address; });
}

std::string values(const Lookup& found) {
    std::string out;
    for (std::size_t i = 0; i < found.records.size() && i < 4; ++i)
        out += (i == 0 ? "" : ", ") + found.records[i]->value;
    if (found.records.size() > 4) out += fmt::format(" and {} more", found.records.size() - 4);
    return out;
}

/// Aliases and what denies: the places behind a lookup.
void relate(IdentityLink& link, const Lookup& found, const std::string& label) {
    for (const Record* alias : found.aliases) link.related.push_back({alias->span, "an alias on the way"});
    if (found.answer == Answer::no && found.span.valid()) link.related.push_back({found.span, label});
}

void relate(IdentityLink& link, const Egress& egress) {
    if (egress.rule.valid() && !(egress.rule == link.span))
        link.related.push_back({egress.rule, "this rule makes it the source of outbound mail"});
}

IdentityLink link_of(std::string kind, std::string value, State state, base::Span span = {}, std::string because = {}) {
    IdentityLink out;
    out.kind = std::move(kind);
    out.value = std::move(value);
    out.state = state;
    out.span = span;
    out.because = std::move(because);
    return out;
}

}  // namespace

IdentityLink IdentityJudge::rule_link(const Egress& egress) const {
    return link_of("rule", egress.rule_text.empty() ? "no translation" : egress.rule_text, State::holds, egress.rule);
}

void IdentityJudge::reverse_links(const MailHost& host, const Egress& egress, const base::Address& address,
                                  std::vector<IdentityLink>& links) const {
    if (evidence_.dns.empty()) {
        links.push_back(link_of("PTR", "", State::absent, {}, "no DNS evidence is given"));
        return;
    }
    const std::string reverse = evidence::reverse_name(address);
    const Lookup pointers = evidence_.dns.lookup(reverse, RecordType::ptr);
    if (pointers.answer == Answer::not_known) {
        links.push_back(link_of("PTR", reverse, State::not_known, {}, pointers.because));
        return;
    }
    if (pointers.answer == Answer::no) {
        IdentityLink link =
            link_of("PTR", reverse, State::broken, egress.rule.valid() ? egress.rule : pointers.span, pointers.because);
        link.rule = "EL301";
        link.message = fmt::format("{{addresses}}, as which {} sends mail, has no PTR record", host.server.name);
        link.label = egress.rule.valid() ? "this rule makes it the source of outbound mail" : "nothing here names it";
        if (egress.rule.valid()) relate(link, pointers, "the zone in which the name is missing");
        links.push_back(std::move(link));
        return;
    }
    links.push_back(link_of("PTR", values(pointers), State::holds, pointers.records.front()->span));

    // Any of the names may lead back (RFC 8601, 3: "iprev"); usual is one.
    IdentityLink forward = link_of("forward", "", State::broken, pointers.records.front()->span);
    std::string unknown;
    const Record* confirmed = nullptr;
    for (std::size_t i = 0; i < pointers.records.size() && i < 32; ++i) {
        const Record* pointer = pointers.records[i];
        const Lookup found = evidence_.dns.lookup(pointer->value, address_type(address.family));
        if (leads_to(found, address)) {
            confirmed = pointer;
            forward.value = fmt::format("{} -> {}", pointer->value, base::to_string(address));
            forward.span = found.records.front()->span;
            forward.related.clear();
            break;
        }
        if (found.answer == Answer::not_known) unknown = found.because;
        forward.because += forward.because.empty() ? "" : "; ";
        forward.because +=
            found.answer == Answer::yes ? fmt::format("{} leads to {}", pointer->value, values(found)) : found.because;
        if (found.answer == Answer::yes)
            forward.related.push_back({found.records.front()->span, "where the name leads"});
        relate(forward, found, "the zone in which the name has no such address");
    }
    if (confirmed != nullptr) {
        forward.state = State::holds;
        forward.because.clear();
    } else if (!unknown.empty()) {
        forward = link_of("forward", values(pointers), State::not_known, {}, unknown);
    } else {
        forward.value = values(pointers);
        forward.rule = "EL302";
        forward.message = fmt::format("the PTR record of {{addresses}}, as which {} sends mail, is not confirmed: {}",
                                      host.server.name, forward.because);
        forward.label = "the name does not lead back to the address";
        relate(forward, egress);
    }
    links.push_back(std::move(forward));

    std::string generic;
    for (const Record* pointer : pointers.records) {
        generic = generic_name(pointer->value, address);
        if (generic.empty()) break;  // one name of its own is enough
    }
    if (generic.empty()) return;
    IdentityLink name = link_of("name", values(pointers), State::broken, pointers.records.front()->span, generic);
    name.rule = "EL303";
    name.severity = Severity::warning;
    name.message = fmt::format("the PTR record of {{addresses}}, as which {} sends mail, is a generic name, {}: {}",
                               host.server.name, values(pointers), generic);
    name.label = "receivers take such a name for an office or household line";
    relate(name, egress);
    links.push_back(std::move(name));
}

std::vector<const evidence::Mta*> IdentityJudge::mtas_of(const MailHost& host, std::string& unknown) const {
    std::vector<const evidence::Mta*> out;
    std::vector<std::string> servers;
    for (const MailHost& h : hosts_)
        if (std::find(servers.begin(), servers.end(), h.server.name) == servers.end()) servers.push_back(h.server.name);
    for (const evidence::Mta& mta : evidence_.mtas) {
        if (servers.size() == 1) {
            out.push_back(&mta);
            continue;
        }
        // Several servers: by what ties the texts to one of them.
        bool its = evidence::plain_name(mta.host_name.value) == evidence::plain_name(host.server.name) ||
                   (!host.server.helo.empty() &&
                    evidence::plain_name(mta.host_name.value) == evidence::plain_name(host.server.helo)) ||
                   evidence::labels_of(evidence::plain_name(mta.host_name.value) + ".").front() ==
                       evidence::plain_name(host.server.name);
        for (const evidence::Sender& sender : mta.senders)
            for (const evidence::BindAddress& bind : sender.bind)
                its |= std::any_of(host.server.address.begin(), host.server.address.end(),
                                   [&](const base::Prefix& p) { return p.contains(bind.address); });
        if (its) out.push_back(&mta);
    }
    if (out.empty() && !evidence_.mtas.empty())
        unknown = fmt::format("nothing says which of the MTA configurations is {}'s", host.server.name);
    return out;
}

const evidence::Sender* IdentityJudge::never_over(const MailHost& host, base::Family family) const {
    std::string unknown;
    const evidence::Sender* says = nullptr;
    for (const evidence::Mta* mta : mtas_of(host, unknown))
        for (const evidence::Sender& sender : mta->senders) {
            if (mta->product == "SMTP") continue;
            if ((family == base::Family::v4 ? sender.uses_v4 : sender.uses_v6) != Answer::no) return nullptr;
            says = &sender;
        }
    return says;
}

std::vector<Greeting> IdentityJudge::greetings(const MailHost& host, std::string& unknown, base::Span& where) const {
    std::vector<Greeting> out;
    const auto add = [&](const std::string& name, base::Span span) {
        if (std::none_of(out.begin(), out.end(), [&](const Greeting& g) { return g.name == name; }))
            out.push_back({name, span});
    };
    for (const evidence::Mta* mta : mtas_of(host, unknown))
        for (const evidence::Sender& sender : mta->senders) {
            // What is handed to a relay is greeted there, and the relay greets the world.
            if (!sender.relay_hosts.empty() && sender.unknown_relay.empty()) continue;
            for (const evidence::Fact& fact : sender.helo) add(fact.value, fact.span.valid() ? fact.span : mta->span);
            // A live answer says nothing about what a server says itself: it opens nothing that a text settles.
            if (mta->product == "SMTP" && (!out.empty() || !unknown.empty())) continue;
            for (const evidence::Unknown& u : sender.unknown_helo) {
                unknown = u.what;
                where = u.span;
            }
        }
    // Declared is what counts where the MTA's text leaves something open.
    if (!host.server.helo.empty()) {
        add(host.server.helo, host.server.span);
        unknown.clear();
    }
    return out;
}

void IdentityJudge::greeting_links(const MailHost& host, const Egress& egress, const base::Address& address,
                                   std::vector<IdentityLink>& links) const {
    std::string unknown;
    base::Span where;
    const std::vector<Greeting> all = greetings(host, unknown, where);
    if (!unknown.empty())
        links.push_back(link_of("HELO", "", State::not_known, where, unknown));
    else if (all.empty())
        links.push_back(link_of("HELO", "", State::absent, {}, "neither `helo` nor an MTA's configuration is given"));
    const Lookup pointers = evidence_.dns.lookup(evidence::reverse_name(address), RecordType::ptr);
    for (const Greeting& greeting : all) {
        IdentityLink link = link_of("HELO", greeting.name, State::broken, greeting.span);
        if (const std::string why = not_public_name(greeting.name); !why.empty()) {
            link.because = why;
            link.rule = "EL304";
            link.message = fmt::format("{} greets with \"{}\": {}", host.server.name, greeting.name, why);
            link.label = "this is what it says in HELO";
            links.push_back(std::move(link));
            continue;
        }
        const std::string name = evidence::plain_name(greeting.name);
        const Lookup found = evidence_.dns.lookup(name, address_type(address.family));
        const bool pointed = std::any_of(pointers.records.begin(), pointers.records.end(),
                                         [&](const Record* r) { return r->value == name; });
        link.rule = "EL305";
        link.label = "this is what it says in HELO";
        if (found.answer == Answer::not_known) {
            link = link_of("HELO", greeting.name, evidence_.dns.empty() ? State::absent : State::not_known,
                           greeting.span, evidence_.dns.empty() ? "no DNS evidence is given" : found.because);
        } else if (!leads_to(found, address)) {
            link.because =
                found.answer == Answer::yes ? fmt::format("{} leads to {}", name, values(found)) : found.because;
            link.message = fmt::format("{} greets with {} and sends from {{addresses}}: {}", host.server.name,
                                       greeting.name, link.because);
            if (found.answer == Answer::yes)
                link.related.push_back({found.records.front()->span, "where the name leads"});
            relate(link, found, "the zone in which the name has no such address");
            relate(link, egress);
        } else if (pointers.answer == Answer::yes && !pointed) {
            link.severity = Severity::warning;
            link.because = fmt::format("the PTR record of {} names {}", base::to_string(address), values(pointers));
            link.message = fmt::format("{} greets with {} and sends from {{addresses}}, whose PTR record names {}",
                                       host.server.name, greeting.name, values(pointers));
            link.related.push_back({pointers.records.front()->span, "another name"});
            relate(link, egress);
        } else {
            link = link_of("HELO", greeting.name, State::holds, greeting.span);
        }
        links.push_back(std::move(link));
    }
}

void IdentityJudge::spf_links(const MailHost& host, const Egress& egress, const base::Address& address,
                              std::vector<IdentityLink>& links) const {
    if (evidence_.dns.empty()) {
        links.push_back(link_of("SPF", "", State::absent, {}, "no DNS evidence is given"));
        return;
    }
    std::string unknown;
    base::Span where;
    const auto names = greetings(host, unknown, where);
    const std::string helo = names.size() == 1 && unknown.empty() ? evidence::plain_name(names.front().name) : "";
    for (const std::string& domain : domains_of(host)) {
        const auto parts =
            evidence::check_host(evidence_.dns, domain, address.family, base::IntervalSet::single(address.bits), helo);
        if (parts.empty()) continue;
        const evidence::SpfPart& part = parts.front();
        const std::string value = fmt::format("{}: {}", domain, evidence::to_string(part.result));
        const base::Span span = part.records.empty() ? base::Span{} : part.records.front()->span;
        switch (part.result) {
            case evidence::SpfResult::pass: links.push_back(link_of("SPF", value, State::holds, span)); continue;
            case evidence::SpfResult::none:
                links.push_back(link_of("SPF", value, State::absent, span, part.because));
                continue;
            case evidence::SpfResult::not_known:
                links.push_back(link_of("SPF", domain, State::not_known, span, part.because));
                continue;
            default: break;
        }
        IdentityLink link = link_of("SPF", value, State::broken, span, part.because);
        link.rule = "EL307";
        link.message =
            part.result == evidence::SpfResult::permerror
                ? fmt::format("SPF of {} is in error for {{addresses}}, as which {} sends mail: {}", domain,
                              host.server.name, part.because)
                : fmt::format("SPF of {} does not name {{addresses}}, as which {} sends mail: the result is \"{}\"",
                              domain, host.server.name, evidence::to_string(part.result));
        link.label = "this record decides it";
        for (std::size_t i = 1; i < part.records.size() && i < 8; ++i)
            link.related.push_back({part.records[i]->span, "a record that it refers to"});
        relate(link, egress);
        links.push_back(std::move(link));
    }
}

void IdentityJudge::holder_link(const MailHost& host, const Egress& egress, const base::Address& address,
                                std::vector<IdentityLink>& links) const {
    if (!evidence_.has_registry) {
        links.push_back(link_of("holder", "", State::absent, {}, "no registry record is given"));
        return;
    }
    const evidence::Registration* range = evidence_.registry.of(address);
    if (range == nullptr) {
        links.push_back(link_of("holder", "", State::not_known, {},
                                fmt::format("no registry record is about {}", base::to_string(address))));
        return;
    }
    std::string holders;
    for (const evidence::Holder& h : range->holders)
        // Contacts and descriptions hold nothing.
        if (std::find(h.roles.begin(), h.roles.end(), "registrant") != h.roles.end() &&
            holders.find(h.name) == std::string::npos)
            holders += (holders.empty() ? "" : ", ") + h.name;
    if (holders.empty()) holders = range->net_name;
    if (evidence_.organisation.empty()) {
        links.push_back(link_of("holder", holders, State::absent, range->span, "`organisation` is not declared"));
        return;
    }
    const evidence::SameHolder same = evidence::same_holder(*range, evidence_.organisation);
    IdentityLink link = link_of("holder", holders,
                                same.answer == Answer::yes  ? State::holds
                                : same.answer == Answer::no ? State::broken
                                                            : State::not_known,
                                same.span.valid() ? same.span : range->span, same.because);
    if (link.state == State::broken) {
        link.rule = "EL308";
        link.message =
            fmt::format("the registry says that {{addresses}}, as which {} sends mail, is held by {}, not by {}",
                        host.server.name, holders.empty() ? "nobody" : holders, evidence_.organisation);
        link.label = "the registered holder";
        if (!(range->span == link.span)) link.related.push_back({range->span, "the range that holds the address"});
        relate(link, egress);
    }
    links.push_back(std::move(link));
}

void IdentityJudge::list_links(const MailHost& host, const Egress& egress, const base::Address& address,
                               std::vector<IdentityLink>& links) const {
    if (!evidence_.listings) return;
    for (const Listing& listing : evidence_.listings(address)) {
        IdentityLink link = link_of("list", listing.list, State::holds, listing.answer.span);
        if (listing.answer.answer == Answer::not_known) {
            link.state = State::not_known;
            link.because = listing.answer.because;
        } else if (listing.answer.answer == Answer::yes) {
            link.state = State::broken;
            link.span = listing.answer.records.front()->span;
            link.because = fmt::format("it answers {}", values(listing.answer));
            link.rule = "EL310";
            link.message = fmt::format("{{addresses}}, as which {} sends mail, is listed by {}{}", host.server.name,
                                       listing.list, listing.text.empty() ? "" : ": " + listing.text);
            link.label = "the list's answer";
            relate(link, egress);
        }
        links.push_back(std::move(link));
    }
}

}  // namespace egresslint::lint
