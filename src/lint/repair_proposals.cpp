// SPDX-License-Identifier: Apache-2.0
// What would mend a finding, rule by rule. A proposal may be wrong: repair.cpp proves it or drops it, so the simplest
// one comes first and one that changes more comes after it.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "lint/address_space.hpp"
#include "lint/cause.hpp"
#include "lint/guards.hpp"
#include "lint/repair.hpp"
#include "model/print.hpp"

namespace egresslint::lint {
namespace {

using namespace model;
using Action = NewRule::Action;

constexpr std::size_t most_steps = 32;  ///< a longer fix is no fix that a person would read

class Planner {
public:
    Planner(const Finding& finding, const Prepared& prepared, const Intent& intent, const base::Sources& sources)
        : f_(finding), p_(prepared), d_(prepared.device), intent_(intent), sources_(sources) {
        for (const auto& [name, value] : f_.flows)
            if (name == "family" && value == "IPv6") family_ = Family::v6;
        for (std::size_t i = 0; i < d_.rules.size() && !rule_.valid(); ++i)
            if (f_.span.valid() && rule_span(d_, RuleId(i)) == f_.span) rule_ = RuleId(i);
        for (const ServerView& s : p_.network.mail_servers)
            if (s.server.name == f_.subject) server_ = &s;
    }

    std::vector<Proposal> plan() {
        if (f_.rule == "EL101") own_source();
        if (f_.rule == "EL102") close_smtp();
        if (f_.rule == "EL103") own_address_alone();
        if (f_.rule == "EL107") keep_client();
        if (f_.rule == "EL108") close_forward();
        if (f_.rule == "EL109") log_blocked();
        if (f_.rule == "EL202") remove(true);
        if (f_.rule == "EL201" || f_.rule == "EL203" || f_.rule == "EL209") remove(false);
        return std::move(out_);
    }

private:
    [[nodiscard]] std::string at(RuleId rule) const { return place(sources_, rule_span(d_, rule)); }
    [[nodiscard]] std::string name(std::uint32_t interface) const {
        const Interface& i = d_.interfaces[interface];
        return i.representative ? i.name + "*" : i.name;
    }
    [[nodiscard]] std::vector<Prefix> of_family(const std::vector<Prefix>& list) const {
        std::vector<Prefix> out;
        for (const Prefix& p : list)
            if (p.base.family == family_) out.push_back(p);
        return out;
    }
    static std::string words(const std::vector<Prefix>& list) {
        std::string out;
        for (const Prefix& p : list)
            out += (out.empty() ? "" : ", ") +
                   (p.length == base::address_bits(p.base.family) ? base::to_string(p.base) : base::to_string(p));
        return out;
    }
    static LiteralSet set_of(const std::vector<Prefix>& list) {
        LiteralSet set;
        for (const Prefix& p : list) add(set, p);
        return set;
    }
    [[nodiscard]] std::string smtp() const { return fmt::format("tcp/{}", fmt::join(intent_.smtp_ports, ",")); }
    [[nodiscard]] StageId stage_of(RuleId rule) const {
        StageId found;
        for_each_way(d_, [&](const Way& way) {
            if (way.rule == rule && !found.valid()) found = way.stage;
        });
        return found;
    }
    [[nodiscard]] Amendment before(RuleId rule, NewRule add) const {
        Amendment a;
        a.kind = Amendment::Kind::insert_before;
        a.rule = rule;
        a.add = std::move(add);
        return a;
    }

    // EL101: the rule that was meant for the server moves up, or a rule of its own is written.
    void own_source() {
        if (server_ == nullptr) return;
        const auto own = of_family(server_->server.outbound), hosts = of_family(server_->server.address);
        if (own.size() != 1 || own[0].length != base::address_bits(family_) || hosts.empty()) return;
        Permission permits;
        permits.sources = true;
        permits.src = set_of(hosts);
        permits.out = p_.network.external;
        const std::string who = words(hosts), as = words(own);
        move_up(permits, fmt::format("what {} opens to the internet leaves as {}", who, as));
        const bool translated = f_.label.find("translates") != std::string::npos && rule_.valid();
        for (const bool any_way : {false, true}) {
            Proposal p;
            p.permits = permits;
            std::vector<std::string> ways;
            if (any_way)
                ways.emplace_back();
            else
                for (const std::uint32_t id : p_.network.external) ways.push_back(name(id));
            for (const Prefix& host : hosts) {
                for (const std::string& way : ways) {
                    NewRule add;
                    add.family = family_;
                    add.src = {host};
                    add.out = way;
                    add.action = Action::translate_source;
                    add.to = own[0].base;
                    if (translated) {
                        p.steps.push_back(before(rule_, std::move(add)));
                    } else if (const ChainId chain = translating_chain(); chain.valid()) {
                        Amendment a;
                        a.kind = Amendment::Kind::append;
                        a.chain = chain;
                        a.add = std::move(add);
                        p.steps.push_back(std::move(a));
                    }
                }
            }
            p.description = fmt::format("translate what {} opens to the internet to {}{}", who, as,
                                        translated ? ", before the rule at " + at(rule_) : "");
            if (!p.steps.empty()) out_.push_back(std::move(p));
        }
    }

    [[nodiscard]] ChainId translating_chain() const {
        for (const Stage& stage : d_.pipeline)
            if (stage.label == Label::source_translation) return stage.entry;
        return {};
    }

    /// The rule that was meant, and comes too late, goes in front of the one that decides.
    void move_up(const Permission& permits, const std::string& effect) {
        for (const Related& r : f_.related) {
            if (!rule_.valid() || r.label.find("never reached") == std::string::npos) continue;
            for (std::size_t i = 0; i < d_.rules.size(); ++i) {
                if (!(rule_span(d_, RuleId(i)) == r.span) || RuleId(i) == rule_) continue;
                Amendment move;
                move.kind = Amendment::Kind::move_before;
                move.rule = RuleId(i);
                move.other = rule_;
                out_.push_back({fmt::format("move the rule at {} above {}: {}", at(move.rule), at(rule_), effect),
                                {move},
                                permits,
                                true});
                break;
            }
        }
    }

    // EL102: blocked for everybody, or for everybody but those who may; logged, so that a trojan shows.
    void close_smtp() {
        if (!rule_.valid()) return;
        std::vector<Prefix> allowed = intent_.smtp_allowed;
        for (const ServerView& s : p_.network.mail_servers)
            allowed.insert(allowed.end(), s.server.address.begin(), s.server.address.end());
        Permission permits;
        permits.blocks = permits.logs = true;
        permits.not_src = set_of(allowed);
        permits.tcp_dports = intent_.smtp_ports;
        permits.out = p_.network.external;
        move_up(permits, fmt::format("{} to the internet is blocked for all but {}", smtp(),
                                     allowed.empty() ? "nobody" : words(allowed)));
        const std::vector<Amendment> stop = stopping("");
        out_.push_back({fmt::format("reject and log {} to the internet before the rule at {}", smtp(), at(rule_)), stop,
                        permits, true});
        // A text of both IP versions needs both kinds of addresses, one of a single version takes no other.
        // Where the rule asks for one way in, accepting on others would open something.
        std::vector<std::uint32_t> in = p_.network.internal;
        for (const ServerView& s : p_.network.mail_servers)
            for (const std::uint32_t id : s.in_interfaces)
                if (std::find(in.begin(), in.end(), id) == in.end()) in.push_back(id);
        std::vector<std::uint32_t> shown;
        for (const std::uint32_t id : in)
            if (f_.witness && interface_name(d_, id) == f_.witness->in) shown.push_back(id);
        const std::array<std::vector<std::uint32_t>, 2> choices{in, shown};
        const auto& shown_only = choices[1];
        for (const auto& ways : choices)
            for (const std::vector<Prefix>& who : {allowed, of_family(allowed)}) {
                std::vector<Amendment> steps = accepting(who, ways);
                if (steps.empty() || steps.size() > most_steps) continue;
                const auto end = &ways == &shown_only ? stopping(name(shown.front())) : stop;
                steps.insert(steps.end(), end.begin(), end.end());
                out_.push_back(
                    {fmt::format(
                         "accept {} to the internet from {} alone, reject and log it for everybody else, before "
                         "the rule at {}",
                         smtp(), words(who), at(rule_)),
                     std::move(steps), permits, true});
            }
    }
    /// Log and reject on the way out, of what comes in by `in` (empty: anything).
    [[nodiscard]] std::vector<Amendment> stopping(const std::string& in) const {
        std::vector<Amendment> stop;
        for (const std::uint32_t id : p_.network.external) {
            NewRule log, reject;
            log.in = reject.in = in;
            log.out = reject.out = name(id);
            log.tcp_dports = reject.tcp_dports = intent_.smtp_ports;
            log.action = Action::log;
            log.log_prefix = "smtp blocked: ";
            reject.action = Action::reject;
            stop.push_back(before(rule_, std::move(log)));
            stop.push_back(before(rule_, std::move(reject)));
        }
        return stop;
    }
    [[nodiscard]] std::vector<Amendment> accepting(const std::vector<Prefix>& allowed,
                                                   const std::vector<std::uint32_t>& in) const {
        std::vector<Amendment> steps;
        for (const std::uint32_t out : p_.network.external)
            for (const std::uint32_t from : in)
                for (const Prefix& who : allowed) {
                    if (!comes_in_by(who, from)) continue;
                    NewRule accept;
                    accept.family = who.base.family;
                    accept.src = {who};
                    accept.in = name(from);
                    accept.out = name(out);
                    accept.tcp_dports = intent_.smtp_ports;
                    steps.push_back(before(rule_, std::move(accept)));
                }
        return steps;
    }
    /// A mail server's packets come in where it is; of other hosts nobody knows.
    [[nodiscard]] bool comes_in_by(const Prefix& who, std::uint32_t interface) const {
        for (const ServerView& s : p_.network.mail_servers)
            if (std::find(s.server.address.begin(), s.server.address.end(), who) != s.server.address.end() &&
                !s.in_interfaces.empty())
                return std::find(s.in_interfaces.begin(), s.in_interfaces.end(), interface) != s.in_interfaces.end();
        return true;
    }

    // EL103: the rule is for the server alone; the others fall to what follows.
    void own_address_alone() {
        if (server_ == nullptr || !rule_.valid()) return;
        const auto hosts = of_family(server_->server.address), own = of_family(server_->server.outbound);
        if (hosts.size() != 1 || own.empty()) return;
        Amendment a;
        a.kind = Amendment::Kind::limit_source;
        a.rule = rule_;
        a.source = hosts[0];
        Permission permits;
        permits.sources = true;
        permits.not_src = set_of(hosts);
        permits.left_as = set_of(own);
        out_.push_back({fmt::format("limit the rule at {} to source {}: other hosts no longer leave as {}", at(rule_),
                                    words(hosts), words(own)),
                        {a},
                        permits,
                        true});
    }

    // EL107: what is for the server passes untranslated.
    void keep_client() {
        if (server_ == nullptr || !rule_.valid()) return;
        const auto hosts = of_family(server_->server.address);
        if (hosts.empty()) return;
        Proposal p;
        p.permits.sources = p.permits.untranslated = true;
        p.permits.tcp_dports = intent_.smtp_ports;
        for (const Prefix& host : hosts) {
            NewRule pass;
            pass.family = family_;
            pass.dst = {host};
            pass.tcp_dports = intent_.smtp_ports;
            p.steps.push_back(before(rule_, std::move(pass)));
        }
        p.description =
            fmt::format("let {} to {} pass untranslated, before the rule at {}", smtp(), words(hosts), at(rule_));
        out_.push_back(std::move(p));
    }

    // EL108: only a person knows which IPv6 may pass; until that is written, none does.
    void close_forward() {
        Amendment a;
        a.kind = Amendment::Kind::close_forward;
        a.add.family = family_;
        Permission permits;
        permits.blocks = true;
        out_.push_back({fmt::format("drop every forwarded {} packet until there is a policy for it",
                                    family_ == Family::v6 ? "IPv6" : "IPv4"),
                        {a},
                        permits,
                        false});
    }

    // EL109: the rule that blocks logs too, or a rule before it does.
    void log_blocked() {
        if (rule_.valid()) {
            Proposal p;
            p.permits.logs = true;
            p.permits.tcp_dports = intent_.smtp_ports;
            Amendment a;
            a.kind = Amendment::Kind::log_too;
            a.rule = rule_;
            a.add.log_prefix = "smtp blocked: ";
            p.steps = {std::move(a)};
            p.description = fmt::format("log what the rule at {} blocks", at(rule_));
            out_.push_back(std::move(p));
        }
        Proposal p;
        p.permits.logs = true;
        p.permits.tcp_dports = intent_.smtp_ports;
        for (const std::uint32_t id : p_.network.external) {
            NewRule log;
            log.out = name(id);
            log.tcp_dports = intent_.smtp_ports;
            log.action = Action::log;
            log.log_prefix = "smtp blocked: ";
            Amendment a;
            if (rule_.valid()) {
                a = before(rule_, std::move(log));
            } else {
                a.kind = Amendment::Kind::append;
                for (const Stage& stage : d_.pipeline)
                    if (stage.origin.valid() && d_.origins[stage.origin.index()].span == f_.span) a.chain = stage.entry;
                a.add = std::move(log);
                if (!a.chain.valid()) return;
            }
            p.steps.push_back(std::move(a));
        }
        p.description = fmt::format("log {} that is blocked", smtp());
        if (!p.steps.empty()) out_.push_back(std::move(p));
    }

    // EL2xx: a rule that changes nothing goes. Where it says something else than what happens, a person must decide.
    void remove(bool safe) {
        if (!rule_.valid()) return;
        Amendment a;
        a.kind = Amendment::Kind::remove;
        a.rule = rule_;
        out_.push_back({fmt::format("remove the rule at {}: no flow changes", at(rule_)), {a}, {}, safe});
    }

    const Finding& f_;
    const Prepared& p_;
    const Device& d_;
    const Intent& intent_;
    const base::Sources& sources_;
    Family family_ = Family::v4;
    RuleId rule_;
    const ServerView* server_ = nullptr;
    std::vector<Proposal> out_;
};

}  // namespace

std::vector<Proposal> proposals(const Finding& finding, const Prepared& prepared, const Intent& intent,
                                const base::Sources& sources) {
    return Planner(finding, prepared, intent, sources).plan();
}

}  // namespace egresslint::lint
