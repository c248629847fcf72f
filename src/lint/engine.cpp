// SPDX-License-Identifier: Apache-2.0
// The order of a run: prepare each device, ask every selected rule, then the policies of the site, then keep the books.
#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "lint/address_space.hpp"
#include "lint/chain.hpp"
#include "lint/checks/checks.hpp"
#include "lint/checks/ipv6_unfiltered.hpp"
#include "lint/device_check.hpp"
#include "lint/flow_words.hpp"
#include "lint/identity.hpp"
#include "lint/lint.hpp"
#include "lint/suppress.hpp"
#include "model/print.hpp"

namespace egresslint::lint {

using namespace model;
using flow::HeaderSet;

namespace {

bool starts_with_any(std::string_view code, std::string_view name, const std::vector<std::string>& list) {
    return std::any_of(list.begin(), list.end(), [&](const std::string& p) {
        return p == "ALL" || code.starts_with(p) || (!name.empty() && name == p);
    });
}

bool selected(const Options& options, std::string_view code) {
    const RuleFile* rule = find_rule(code);
    if (rule == nullptr && options.site_rules != nullptr) rule = find_rule(code, *options.site_rules);
    const std::string_view name = rule != nullptr ? std::string_view(rule->name) : std::string_view{};
    if (starts_with_any(code, name, options.ignore)) return false;
    if (starts_with_any(code, name, options.extend_select)) return true;
    if (!options.select.empty()) return starts_with_any(code, name, options.select);
    return rule == nullptr || rule->runs == RuleRuns::always || (rule->runs == RuleRuns::audit && options.audit);
}

DeviceReport describe(const Prepared& p) {
    DeviceReport r;
    r.name = p.device.name;
    r.dialect = p.dialect;
    r.files = p.files;
    for (const ServerView& v : p.network.mail_servers) {
        const auto list = [](const std::vector<Prefix>& prefixes) {
            std::string text;
            for (const Prefix& a : prefixes)
                text += (text.empty() ? "" : ", ") +
                        (a.length == base::address_bits(a.base.family) ? base::to_string(a.base) : base::to_string(a));
            return text;
        };
        const std::string addresses = list(v.server.address), own = list(v.server.outbound);
        r.mail_servers.push_back((addresses == v.server.name ? addresses : v.server.name + " " + addresses) + " -> " +
                                 (own.empty() ? "unknown" : own));
    }
    for (const std::uint32_t id : p.network.external) r.external.push_back(interface_name(p.device, id));
    for (const Rule& rule : p.device.rules)
        if (rule.origin.valid() && !p.device.origins[rule.origin.index()].synthetic &&
            !p.device.origins[rule.origin.index()].element)
            ++r.rules;
    return r;
}

/// A question that the site asks: of its rule files, or a [[policy]].
struct SiteQuestion {
    Question question;
    std::string what;  ///< "the policy SITE1"
    base::Span span;
    std::string unknown;  ///< a name in it that a device does not know
    bool asked = false;   ///< of some device
};

std::vector<SiteQuestion> site_questions(const Intent& intent, const Options& options) {
    std::vector<SiteQuestion> list;
    if (options.site_rules != nullptr)
        for (const RuleFile& rule : *options.site_rules)
            if (selected(options, rule.code))
                for (Question& q : questions_of(rule))
                    list.push_back(
                        {std::move(q), fmt::format("the rule {} ({})", rule.code, rule.path), {}, "", false});
    for (const Policy& policy : intent.policies) {
        if (!selected(options, policy.code)) continue;
        RuleFile rule;
        rule.code = policy.code;
        rule.name = "policy";
        rule.severity = policy.severity == "warning" ? base::Severity::warning
                        : policy.severity == "note"  ? base::Severity::note
                                                     : base::Severity::error;
        rule.kind = policy.kind == "require"   ? RuleKind::require
                    : policy.kind == "several" ? RuleKind::several
                                               : RuleKind::forbid;
        rule.query = policy.query;
        rule.message =
            policy.message.empty() ? fmt::format("the policy {} does not hold", policy.code) : policy.message;
        rule.help = policy.help;
        // A query that does not read was refused with the intent file.
        for (Question& q : questions_of(rule))
            list.push_back({std::move(q), fmt::format("the policy {}", policy.code), policy.span, "", false});
    }
    return list;
}

/// What the site asks of one device; a device that lacks a name of the question has no answer to it.
void ask_site(DeviceCheck& check, const Prepared& p, const Intent& intent, std::vector<SiteQuestion>& questions) {
    for (SiteQuestion& site : questions) {
        if (const auto unknown = query::check_names(site.question.query, {&p}, intent)) {
            site.unknown = unknown->message;
            if (!unknown->suggestion.empty())
                site.unknown += fmt::format("; did you mean \"{}\"?", unknown->suggestion);
            continue;
        }
        site.asked = true;
        check.ask(site.question);
    }
}

/// What of the rules is asked: of a device, of a device that stands on a way of several, of the way. What a device
/// blocks never comes to the end of a way: who logs it is each device's own matter.
enum class Asked : std::uint8_t { alone, on_a_way, way };
bool belongs(std::string_view code, Asked of) {
    const bool each = code == "EL109";
    return of == Asked::alone || each == (of == Asked::on_a_way);
}

/// Every selected rule that is a question.
void ask_all(DeviceCheck& check, const Options& options, Asked of) {
    check.warm_up();
    for (const RuleFile& rule : rules())
        if (selected(options, rule.code) && belongs(rule.code, of))
            for (const Question& q : questions_of(rule)) check.ask(q);
}

/// A rule on the way of two devices stands in one of them: that is the one to change.
void name_owner(Finding& f, const Prepared& p, const Chained& way) {
    for (const Origin& origin : p.device.origins) {
        if (!f.span.valid() || !(origin.span == f.span)) continue;
        f.device = way.owner(OriginId(static_cast<std::size_t>(&origin - p.device.origins.data())));
        if (f.rule.starts_with("EL9")) return;
        f.because.insert(f.because.begin(),
                         fmt::format("on the way {}: the rule to change is {}'s", p.device.name, f.device));
        return;
    }
}

/// The devices of one run, one by one and along their ways to the internet.
class Run {
public:
    Run(const Intent& intent, const base::Sources& sources, const Options& options, bool rules_too)
        : intent_(intent), sources_(sources), options_(options), rules_too_(rules_too) {
        if (rules_too) site = site_questions(intent, options);
    }

    void device(DeviceInput input, bool on_a_way) {
        const std::string name = input.device.name;
        const std::size_t number = input.number;
        Prepared p = prepare(std::move(input), intent_, sources_);
        report.devices.push_back(describe(p));
        report.assumptions.insert(report.assumptions.end(), p.assumptions.begin(), p.assumptions.end());
        DeviceCheck check(p, intent_, sources_, options_);
        if (!p.violations.empty()) {
            // Flow may not read a device that breaks its contracts.
            check.bookkeeping(asked());
            take(check.findings());
            return;
        }
        for (const auto& e : check.families())
            if (check.families().size() == 1)
                report.assumptions.push_back(
                    {name,
                     fmt::format("{} is not looked at", e->family() == Family::v4 ? "IPv6" : "IPv4"),
                     fmt::format("the configuration says nothing about {}",
                                 e->family() == Family::v4 ? "IPv6" : "IPv4"),
                     false,
                     {}});
        if (rules_too_) {
            // What passes two devices is judged by what comes of it at the end.
            ask_all(check, options_, on_a_way ? Asked::on_a_way : Asked::alone);
            if (is_asked("EL108")) ipv6_unfiltered(p, intent_, sources_, check.findings());
            ask_site(check, p, intent_, site);
            checks::run(check, p, intent_, sources_, options_, asked());
        }
        if ((options_.egress_map || !rules_too_) && !on_a_way) check.egress_map(report.egress);
        if (options_.evidence != nullptr && !on_a_way) check.mail_hosts(hosts);
        if (rules_too_ && !on_a_way) check.bookkeeping(asked());
        if (rules_too_ && options_.workshop != nullptr)
            offer_fixes(
                check.findings(), p, intent_, sources_, number, *options_.workshop,
                [&](const Prepared& after, const base::Sources& texts, bool hygiene) {
                    DeviceCheck again(after, intent_, texts, options_);
                    ask_all(again, options_, on_a_way ? Asked::on_a_way : Asked::alone);
                    if (is_asked("EL108")) ipv6_unfiltered(after, intent_, texts, again.findings());
                    std::vector<SiteQuestion> once_more = site;
                    ask_site(again, after, intent_, once_more);
                    if (hygiene) checks::run(again, after, intent_, texts, options_, asked());
                    return std::move(again.findings());
                },
                options_.budget);
        take(check.findings());
        if (on_a_way) kept_.emplace(name, std::move(p));
    }

    /// `[[device]] upstream`. The second device's own hosts are looked at on the first way that leads through it.
    void way(const DeviceIntent& from) {
        const auto first = kept_.find(from.name);
        const Prepared* second = ways_.contains(from.upstream)   ? &ways_.at(from.upstream).prepared
                                 : kept_.contains(from.upstream) ? &kept_.at(from.upstream)
                                                                 : nullptr;
        if (first == kept_.end() || second == nullptr) return;
        const bool second_too = !ways_.contains(from.upstream) && seen_.insert(from.upstream).second;
        auto chained = chain(first->second, *second, from, intent_.smtp_ports.front(), second_too);
        if (!chained) return no_way(from, chained.error());
        const Prepared& p = chained->prepared;
        DeviceCheck check(p, intent_, sources_, options_);
        report.assumptions.insert(report.assumptions.end(), p.assumptions.begin(), p.assumptions.end());
        if (p.violations.empty()) {
            if (rules_too_) ask_all(check, options_, Asked::way);
            if (options_.egress_map || !rules_too_) check.egress_map(report.egress);
            if (options_.evidence != nullptr) check.mail_hosts(hosts);
        }
        if (rules_too_) check.bookkeeping(asked());
        for (Finding& f : check.findings()) name_owner(f, p, *chained);
        take(check.findings());
        ways_.emplace(from.name, std::move(*chained));
    }

    /// Devices of the run whose upstream is not part of it, or is several devices.
    void broken_ways(const std::vector<const DeviceIntent*>& whole) {
        for (const DeviceIntent& block : intent_.devices) {
            const bool here = std::any_of(report.devices.begin(), report.devices.end(), [&](const DeviceReport& d) {
                return d.name == block.name || d.name.starts_with(block.name + "/");
            });
            if (block.upstream.empty() || !here || std::find(whole.begin(), whole.end(), &block) != whole.end())
                continue;
            no_way(block, "the two are not two single devices of this run");
        }
    }

    Report report;
    std::vector<SiteQuestion> site;
    std::vector<MailHost> hosts;  ///< if there is evidence about them

private:
    void no_way(const DeviceIntent& from, const std::string& why) {
        Finding f;
        f.rule = "EL903";
        f.name = "input-incomplete";
        f.span = from.span;
        f.device = from.name;
        f.message = fmt::format("the way from {} through {} was not looked at: {}", from.name, from.upstream, why);
        f.fingerprint = fingerprint(fmt::format("{}|{}", f.rule, f.message));
        if (is_asked(f.rule)) report.findings.push_back(std::move(f));
    }

    [[nodiscard]] bool is_asked(std::string_view code) const { return selected(options_, code); }
    [[nodiscard]] std::function<bool(std::string_view)> asked() const {
        return [this](std::string_view code) { return is_asked(code); };
    }
    void take(std::vector<Finding>& findings) {
        for (Finding& f : findings) report.findings.push_back(std::move(f));
    }

    const Intent& intent_;
    const base::Sources& sources_;
    const Options& options_;
    bool rules_too_;
    std::map<std::string, Prepared> kept_;  ///< devices on a way, by name
    std::map<std::string, Chained> ways_;   ///< by the name of the first device
    std::set<std::string> seen_;            ///< second devices whose own hosts are looked at
};

Gathered run(std::vector<DeviceInput> devices, const Intent& intent, const base::Sources& sources,
             const Options& options, bool rules_too, std::vector<IdentityChain>* chains_wanted = nullptr) {
    Run all(intent, sources, options, rules_too);
    Gathered out;
    std::vector<std::string> names;
    for (const DeviceInput& d : devices) names.push_back(d.device.name);
    const auto ways = ways_of(names, intent);
    const auto on_a_way = [&](const std::string& name) {
        return std::any_of(ways.begin(), ways.end(),
                           [&](const DeviceIntent* w) { return w->name == name || w->upstream == name; });
    };
    const std::size_t count = devices.size();
    for (std::size_t at = 0; at < count; ++at) {
        DeviceInput& input = devices[at];
        if (!input.comment.empty())
            for (const std::string& file : input.files) out.comments[file] = input.comment;
        if (options.progress) options.progress(input.device.name, static_cast<double>(at) / static_cast<double>(count));
        const bool way = on_a_way(input.device.name);
        all.device(std::move(input), way);
    }
    for (const DeviceIntent* way : ways) all.way(*way);
    all.broken_ways(ways);
    if (options.evidence != nullptr) {
        std::vector<IdentityChain> chains = identity_chains(all.hosts, *options.evidence);
        if (rules_too) {
            auto found = identity_findings(all.hosts, chains, *options.evidence,
                                           [&](std::string_view code) { return selected(options, code); });
            std::move(found.begin(), found.end(), std::back_inserter(all.report.findings));
        }
        if (chains_wanted != nullptr) *chains_wanted = std::move(chains);
        for (const std::string& file : options.evidence->files) out.comments.emplace(file, ";");
    }
    out.report = std::move(all.report);
    for (SiteQuestion& question : all.site) out.site.push_back({question.asked, std::move(question.unknown)});
    return out;
}

Report end_of(Gathered whole, const Intent& intent, const base::Sources& sources, const Options& options,
              bool rules_too) {
    Report report = std::move(whole.report);
    const std::vector<SiteQuestion> site = rules_too ? site_questions(intent, options) : std::vector<SiteQuestion>{};
    // A name that no device of the run knows is a mistake, or the wrong files were given.
    for (std::size_t i = 0; i < std::min(site.size(), whole.site.size()); ++i) {
        const SiteQuestion& question = site[i];
        if (whole.site[i].asked || whole.site[i].unknown.empty()) continue;
        Finding f;
        f.rule = "EL903";
        f.name = "input-incomplete";
        f.span = question.span;
        f.device = report.devices.size() == 1 ? report.devices.front().name : "";
        f.message = fmt::format("{} cannot be asked: {}", question.what, whole.site[i].unknown);
        f.fingerprint = fingerprint(fmt::format("policy|{}|{}", f.device, question.question.code));
        report.findings.push_back(std::move(f));
    }
    if (rules_too && options.suppressions) {
        SuppressionRules by;
        by.selected = [&](std::string_view code) { return selected(options, code); };
        by.known = [&](std::string_view code) {
            return find_rule(code) != nullptr ||
                   (options.site_rules != nullptr && find_rule(code, *options.site_rules) != nullptr) ||
                   std::any_of(intent.policies.begin(), intent.policies.end(),
                               [&](const Policy& p) { return p.code == code; });
        };
        by.comments = std::move(whole.comments);
        by.first_text = options.first_text;
        by.end_text = options.end_text;
        by.today = options.today;
        for (const DeviceReport& d : report.devices) by.devices.push_back(d.name);
        report.suppressed = apply_suppressions(report.findings, intent, sources, by);
    }
    const auto place_of = [&](const Finding& f) {
        const bool has = f.span.valid();
        return std::tuple(has ? sources.file(f.span.file).path : std::string{}, has ? sources.begin(f.span).line : 0u);
    };
    const auto before = [&](const Finding& a, const Finding& b) {
        return std::tuple(a.device, place_of(a), a.rule) < std::tuple(b.device, place_of(b), b.rule);
    };
    std::stable_sort(report.findings.begin(), report.findings.end(), before);
    std::stable_sort(
        report.suppressed.begin(), report.suppressed.end(),
        [&](const SuppressedFinding& a, const SuppressedFinding& b) { return before(a.finding, b.finding); });
    if (std::any_of(report.findings.begin(), report.findings.end(),
                    [](const Finding& f) { return f.severity == Severity::error; }))
        report.status = "findings";
    if (options.progress) options.progress("done", 1.0);
    return report;
}

}  // namespace

Report check(std::vector<DeviceInput> devices, const Intent& intent, const base::Sources& sources,
             const Options& options) {
    return conclude(gather(std::move(devices), intent, sources, options), intent, sources, options);
}

Gathered gather(std::vector<DeviceInput> devices, const Intent& intent, const base::Sources& sources,
                const Options& options) {
    return run(std::move(devices), intent, sources, options, true);
}

Report conclude(Gathered whole, const Intent& intent, const base::Sources& sources, const Options& options) {
    return end_of(std::move(whole), intent, sources, options, true);
}

Report egress(std::vector<DeviceInput> devices, const Intent& intent, const base::Sources& sources,
              const Options& options) {
    return end_of(run(std::move(devices), intent, sources, options, false), intent, sources, options, false);
}

Report identity(std::vector<DeviceInput> devices, const Intent& intent, const base::Sources& sources,
                const Options& options, std::vector<IdentityChain>& chains) {
    return end_of(run(std::move(devices), intent, sources, options, false, &chains), intent, sources, options, false);
}

// -- queries ---------------------------------------------------------------------------------------------------------

namespace {

QueryAnswer answer_of(const Prepared& p, query::Evaluation& e, const query::Query& q, const ServerView* server,
                      const query::Answer& answer) {
    QueryAnswer out;
    flow::Analysis& a = e.analysis();
    const Family family = e.family();
    out.device = p.device.name;
    out.family = family == Family::v4 ? "IPv4" : "IPv6";
    if (server != nullptr) out.subject = "mail server " + server->server.name;
    out.empty = answer.headers.empty();
    if (out.empty) return out;
    const HeaderSet surely = e.surely(answer.headers);
    out.certainty = surely.empty() ? Certainty::possible : Certainty::proven;
    FlowWords words = flow_words(a, answer.headers);
    out.sources = std::move(words.sources);
    out.destinations = std::move(words.destinations);
    out.ports = std::move(words.ports);
    out.flows = std::move(words.boxes);
    out.complete = words.complete;
    HeaderSet shown = a.meet(answer.headers, surely);
    if (shown.empty()) shown = answer.headers;
    const auto prefer = preferred(e, p, shown);
    if (const auto witness = a.witness(shown, prefer)) {
        const flow::Trace trace = flow::trace(p.device, witness->packet, witness->valuation);
        out.witness = packet_text(p.device, witness->packet);
        out.outcome = outcome_text(p.device, witness->packet, trace);
        out.trace = trace_steps(p.device, trace.outcome);
        const bool confirmed = std::any_of(trace.branches.begin(), trace.branches.end(), [&](const flow::Outcome& o) {
            return e.holds(q.root, server, false, witness->packet, o);
        });
        if (!confirmed) {
            out.certainty = Certainty::possible;
            out.depends_on.emplace_back(
                "internal disagreement: the tracer handles the witness otherwise; please report this");
        }
    }
    if (out.certainty == Certainty::possible) {
        for (const PredicateId id : a.predicates_of(answer.headers))
            out.depends_on.push_back(p.device.predicates[id.index()].text);
        for (const ChoiceId id : a.choices_of(answer.headers))
            out.depends_on.push_back(p.device.choices[id.index()].text);
    }
    return out;
}

}  // namespace

tl::expected<std::vector<QueryAnswer>, QueryError> run_query(std::string_view text,
                                                             const std::vector<Prepared>& devices, const Intent& intent,
                                                             flow::Budget budget) {
    const auto q = query::parse(text);
    if (!q) return tl::unexpected(q.error());
    std::vector<const Prepared*> all;
    for (const Prepared& p : devices) all.push_back(&p);
    if (auto unknown = query::check_names(*q, all, intent)) return tl::unexpected(*unknown);
    std::vector<QueryAnswer> answers;
    for (const Prepared& p : devices) {
        if (!p.violations.empty())
            return tl::unexpected(QueryError{
                "the model of " + p.device.name + " breaks a contract: " + p.violations.front(), 0, 1, {}, false});
        for (const Family family : {Family::v4, Family::v6}) {
            const bool about = family == Family::v4 ? p.device.filters_v4 || !p.device.filters_v6 : p.device.filters_v6;
            if (!about) continue;
            query::Evaluation e(p, intent, family, budget);
            std::vector<const ServerView*> servers;
            if (q->each_server)
                for (const ServerView& s : p.network.mail_servers) servers.push_back(&s);
            else
                servers.push_back(nullptr);
            for (const ServerView* server : servers) {
                if (server != nullptr)
                    if (const auto set = e.published(*server); !set)
                        return tl::unexpected(QueryError{set.error().what, 0, 1, {}, true});
                const auto answer = e.run(q->root, server, false);
                if (!answer)
                    return tl::unexpected(
                        QueryError{"the answer exceeds the budget: " + answer.error().what, 0, 1, {}, true});
                answers.push_back(answer_of(p, e, *q, server, *answer));
            }
        }
    }
    return answers;
}

}  // namespace egresslint::lint
