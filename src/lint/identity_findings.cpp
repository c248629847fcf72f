// SPDX-License-Identifier: Apache-2.0
// Chains, and the findings that follow from their links.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "lint/address_space.hpp"
#include "lint/device_check.hpp"
#include "lint/identity_judge.hpp"

namespace egresslint::lint {

using State = IdentityLink::State;

namespace {

/// Of a pool so many addresses are looked at one by one.
constexpr base::u128 most_of_a_pool = 256;

}  // namespace

std::vector<IdentityChain> identity_chains(const std::vector<MailHost>& hosts, const EvidenceInput& evidence) {
    const IdentityJudge judge(hosts, evidence);
    std::vector<IdentityChain> out;
    for (const MailHost& host : hosts) {
        std::set<std::pair<base::Family, base::u128>> seen;
        for (const Egress& egress : host.egress) {
            const auto chain_of = [&](base::IntervalSet addresses, IdentityLink::State state, std::string because) {
                IdentityChain chain{
                    host.device, host.server.name, egress.family, std::move(addresses), egress.certain && !host.guessed,
                    {}};
                chain.links.push_back(judge.rule_link(egress));
                IdentityLink link;
                link.kind = "egress";
                link.value =
                    chain.addresses.empty() ? egress.text : base::addresses_to_string(chain.addresses, egress.family);
                link.state = state;
                link.because = std::move(because);
                chain.links.push_back(std::move(link));
                return chain;
            };
            if (egress.addresses.empty()) {
                out.push_back(chain_of({}, State::not_known, fmt::format("nothing states {}", egress.text)));
                continue;
            }
            if (const evidence::Sender* sender = judge.never_over(host, egress.family)) {
                // The firewall would let it through; the server never asks for it, so nobody looks these addresses up.
                IdentityChain chain = chain_of(egress.addresses, State::holds, "");
                IdentityLink link;
                link.kind = "unused";
                link.value = fmt::format("{} opens no connections over IPv{}", sender->name,
                                         egress.family == base::Family::v4 ? 4 : 6);
                link.span = sender->protocols;
                chain.links.push_back(std::move(link));
                out.push_back(std::move(chain));
                continue;
            }
            base::u128 looked_at = 0;
            for (const base::Interval& interval : egress.addresses.intervals())
                for (base::u128 bits = interval.first; looked_at < most_of_a_pool; ++bits) {
                    ++looked_at;
                    const base::Address address{egress.family, bits};
                    if (!contains(global_addresses(), address)) {
                        out.push_back(chain_of(base::IntervalSet::single(bits), State::not_known,
                                               "it leaves with an address that the internet does not see (EL111)"));
                    } else if (seen.insert({egress.family, bits}).second) {
                        IdentityChain chain = chain_of(base::IntervalSet::single(bits), State::holds, "");
                        judge.reverse_links(host, egress, address, chain.links);
                        judge.greeting_links(host, egress, address, chain.links);
                        judge.spf_links(host, egress, address, chain.links);
                        judge.holder_link(host, egress, address, chain.links);
                        judge.list_links(host, egress, address, chain.links);
                        out.push_back(std::move(chain));
                    }
                    if (bits == interval.last) break;
                }
            if (egress.addresses.size() > most_of_a_pool) {
                base::IntervalSet rest = egress.addresses;
                out.push_back(chain_of({}, State::not_known,
                                       fmt::format("of {} addresses the first {} were looked at",
                                                   base::to_decimal(rest.size()), base::to_decimal(most_of_a_pool))));
            }
        }
        // What is about the server and not about one address.
        IdentityChain whole{host.device, host.server.name, base::Family::v4, {}, !host.guessed, {}};
        judge.exchange_links(host, whole.links);
        judge.bind_links(host, whole.links);
        if (!whole.links.empty()) out.push_back(std::move(whole));
    }
    return out;
}

namespace {

/// What is missing, in one sentence.
std::string missing(const IdentityChain& chain, const IdentityLink& link) {
    const std::string of = chain.addresses.empty() ? "" : base::addresses_to_string(chain.addresses, chain.family);
    if (link.kind == "egress")
        return fmt::format("as which addresses {} sends is not known: {}", chain.server, link.because);
    if (link.kind == "PTR") return fmt::format("whether {{addresses}} has a PTR record is not known: {}", link.because);
    if (link.kind == "forward")
        return fmt::format("whether the PTR record of {{addresses}} is confirmed is not known: {}", link.because);
    if (link.kind == "HELO")
        return link.value.empty()
                   ? fmt::format("what {} greets with is not known: {}", chain.server, link.because)
                   : fmt::format("whether {} leads to {{addresses}} is not known: {}", link.value, link.because);
    if (link.kind == "SPF")
        return fmt::format("what SPF of {} says of {{addresses}} is not known: {}", link.value, link.because);
    if (link.kind == "holder") return fmt::format("who holds {{addresses}} is not known: {}", link.because);
    if (link.kind == "list")
        return fmt::format("whether {} lists {{addresses}} is not known: {}", link.value, link.because);
    if (link.kind == "MX") return fmt::format("where MX of {} leads is not known: {}", link.value, link.because);
    return fmt::format("{} {}: {}", link.kind, link.value, link.because);
}

/// One finding for all addresses of which the same is true.
struct Group {
    Finding finding;
    std::string message;
    std::map<base::Family, base::IntervalSet> addresses;
};

}  // namespace

std::vector<Finding> identity_findings(const std::vector<MailHost>& hosts, const std::vector<IdentityChain>& chains,
                                       const EvidenceInput& evidence,
                                       const std::function<bool(std::string_view)>& selected) {
    std::vector<Group> groups;
    const auto group = [&](const IdentityChain& chain, const std::string& code, const std::string& message,
                           base::Span span) -> std::pair<Group*, bool> {
        for (Group& g : groups)
            if (g.finding.rule == code && g.message == message && g.finding.device == chain.device &&
                g.finding.span == span)
                return {&g, false};
        Group g;
        g.finding.rule = code;
        g.finding.device = chain.device;
        g.finding.subject = chain.server;
        g.finding.span = span;
        g.message = message;
        groups.push_back(std::move(g));
        return {&groups.back(), true};
    };
    for (const IdentityChain& chain : chains)
        for (const IdentityLink& link : chain.links) {
            if (link.state != State::broken && link.state != State::not_known) continue;
            if (link.kind == "egress" && !chain.addresses.empty()) continue;  // another rule's matter
            const bool broken = link.state == State::broken;
            const std::string code = broken ? link.rule : "EL903";
            if (!selected(code)) continue;
            const auto [g, fresh] = group(chain, code, broken ? link.message : missing(chain, link), link.span);
            Finding& f = g->finding;
            const bool certain = chain.certain && link.certainty == Certainty::proven;
            if (fresh) {
                f.severity = broken ? link.severity : Severity::note;
                f.certainty = certain ? Certainty::proven : Certainty::possible;
                f.label = link.label;
                f.related = link.related;
                if (const RuleFile* rule = find_rule(code)) {
                    f.name = rule->name;
                    if (broken) f.help = rule->help;
                }
                if (!broken) f.help = "no finding rests on it; give the text that says it, or ask with --live-dns";
            } else if (certain) {
                f.certainty = Certainty::proven;
            }
            if (!chain.addresses.empty())
                g->addresses[chain.family] = g->addresses[chain.family].unite(chain.addresses);
        }
    for (const MailHost& host : hosts)
        if (host.guessed)
            for (Group& g : groups)
                if (g.finding.subject == host.server.name && g.finding.depends_on.empty())
                    g.finding.depends_on.push_back(fmt::format(
                        "that {} is a mail server behind that interface, which is a guess", host.server.name));
    std::vector<Finding> out;
    for (Group& g : groups) {
        std::string addresses;
        for (const auto& [family, set] : g.addresses)
            addresses += (addresses.empty() ? "" : ", ") + base::addresses_to_string(set, family, 4);
        Finding& f = g.finding;
        f.message = g.message;
        for (std::size_t at = f.message.find("{addresses}"); at != std::string::npos;
             at = f.message.find("{addresses}"))
            f.message.replace(at, 11, addresses);
        if (!addresses.empty()) f.flows.emplace_back("leaves_as", addresses);
        f.fingerprint = fingerprint(fmt::format("{}|{}|{}|{}", f.rule, f.device, f.subject, f.message));
        out.push_back(std::move(f));
    }
    for (const base::Diagnostic& d : evidence.diagnostics) {
        if (d.code.empty() || !selected(d.code)) continue;
        Finding f;
        f.rule = d.code;
        if (const RuleFile* rule = find_rule(d.code)) f.name = rule->name;
        // What is missing hides no fault: a link that needs it is "not known", and is named above.
        f.severity = Severity::note;
        f.device = hosts.empty() ? "" : hosts.front().device;
        f.message = d.message;
        f.span = d.span;
        for (const base::Note& note : d.notes) f.related.push_back({note.span, note.text});
        f.fingerprint = fingerprint(fmt::format("{}|evidence|{}", f.rule, d.message));
        out.push_back(std::move(f));
    }
    return out;
}

}  // namespace egresslint::lint
