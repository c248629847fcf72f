// SPDX-License-Identifier: Apache-2.0
// What the device contributes to a chain: as which addresses a server's SMTP leaves, on which rows of the flow table.
#include <fmt/format.h>

#include <algorithm>

#include "lint/address_space.hpp"
#include "lint/device_check.hpp"
#include "lint/guards.hpp"
#include "lint/identity.hpp"
#include "model/print.hpp"

namespace egresslint::lint {

using namespace model;
using flow::HeaderSet;

/// Rows of an answer as ways out; one for each rule and result.
void DeviceCheck::egress_of(query::Evaluation& e, const query::Answer& answer, std::vector<Egress>& out) {
    flow::Analysis& a = e.analysis();
    for (const query::Part& part : answer.parts) {
        RuleId by;
        for (const flow::Decision& d : part.row->decisions)
            if (d.rule.valid())
                for (const Translate& t : translations(p_.device.rules[d.rule.index()]))
                    if (t.field == Field::src && !std::holds_alternative<Keep>(t.to)) by = d.rule;
        Egress one;
        one.family = e.family();
        one.out = interface_name(p_.device, part.row->out_if);
        one.rule = rule_span(p_.device, by);
        one.rule_text = rule_text(p_.device, by);
        one.certain = !e.surely(part.headers).empty();
        if (part.row->src.form == flow::Rewritten::Form::unchanged) {
            one.addresses = a.project(part.headers, Field::src);
        } else if (part.row->src.form == flow::Rewritten::Form::chosen) {
            one.addresses = p_.device.choices[part.row->src.choice.index()].candidates.of(Field::src, e.family());
        } else {
            one.addresses = a.values_after(*part.row, Field::src);
        }
        // Sixteen bits of candidates and more are no pool but an address that nobody stated.
        if (one.addresses.size() > 65'536) {
            one.addresses = {};
            one.text = leaves_as(e, *part.row);
        } else {
            one.text = base::addresses_to_string(one.addresses, e.family(), 4);
        }
        const auto same = std::find_if(out.begin(), out.end(), [&](const Egress& other) {
            return other.family == one.family && other.addresses == one.addresses && other.text == one.text &&
                   other.rule == one.rule && other.out == one.out;
        });
        if (same == out.end())
            out.push_back(std::move(one));
        else
            same->certain = same->certain || one.certain;
    }
}

void DeviceCheck::mail_hosts(std::vector<MailHost>& hosts) {
    const auto from_server =
        query::parse("for each mail server m: from m and tcp dport in smtp.ports and accepted and to internet");
    if (!from_server) return;
    for (const ServerView& server : p_.network.mail_servers) {
        MailHost host;
        host.device = p_.device.name;
        host.server = server.server;
        host.guessed = server.guessed || external_guessed_;
        host.publication = server.publication;
        host.own = p_.network.own;
        for (auto& e : families_) {
            const auto published = e->published(server);
            if (published)
                (e->family() == Family::v4 ? host.published_v4 : host.published_v6) = *published;
            else
                too_large(published.error());
            if (query::addresses_of(server.server.address, e->family()).empty()) continue;
            const auto answer = e->run(from_server->root, &server, false);
            if (answer)
                egress_of(*e, *answer, host.egress);
            else
                too_large(answer.error());
        }
        if (options_.evidence != nullptr) bound_addresses(host);
        hosts.push_back(std::move(host));
    }
}

/// What the MTA binds besides the server's own addresses leaves by rules of its own (EL309).
void DeviceCheck::bound_addresses(MailHost& host) {
    for (const evidence::Mta& mta : options_.evidence->mtas)
        for (const evidence::Sender& sender : mta.senders)
            for (const evidence::BindAddress& bind : sender.bind) {
                const auto& address = bind.address;
                const bool loopback = address.family == Family::v4 ? (address.bits >> 24) == 127 : address.bits <= 1;
                if (loopback || address.bits == 0 || host.bound.size() >= 64) continue;
                if (std::any_of(host.server.address.begin(), host.server.address.end(),
                                [&](const Prefix& p) { return p.contains(address); }))
                    continue;
                for (auto& e : families_) {
                    if (e->family() != address.family) continue;
                    const auto query =
                        query::parse(fmt::format("src in {} and tcp dport in smtp.ports and accepted and to internet",
                                                 base::to_string(address)));
                    if (!query) continue;
                    const auto answer = e->run(query->root, nullptr, false);
                    if (!answer) {
                        too_large(answer.error());
                        continue;
                    }
                    MailHost::Bound bound{bind, {}};
                    egress_of(*e, *answer, bound.egress);
                    host.bound.push_back(std::move(bound));
                }
            }
}

}  // namespace egresslint::lint
