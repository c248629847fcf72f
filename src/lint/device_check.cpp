// SPDX-License-Identifier: Apache-2.0
// Questions to findings: the answer's set is split by the rule that decided, each part gets a witness that the tracer
// has replayed, the root cause, and the words of the rule file.
#include "lint/device_check.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "lint/address_space.hpp"
#include "lint/guards.hpp"
#include "model/print.hpp"

namespace egresslint::lint {

using namespace model;
using base::u128;
using flow::HeaderSet;

struct DeviceCheck::Group {
    RuleId rule;  ///< invalid: nothing translated, or a policy accepted
    StageId stage;
    HeaderSet headers;
    const flow::Row* row = nullptr;
    bool inward = false;  ///< of an inspection: not towards the internet
};

namespace {

constexpr std::size_t max_groups = 24;

bool rewrites(const Device& d, RuleId rule, Question::By by) {
    if (!rule.valid()) return false;
    for (const Translate& t : translations(d.rules[rule.index()])) {
        const bool source = t.field == Field::src;
        const bool destination = t.field == Field::dst || t.field == Field::dport;
        if ((by == Question::By::source ? source : destination) && !std::holds_alternative<Keep>(t.to)) return true;
    }
    return false;
}
bool rewrites_source(const Device& d, RuleId rule) { return rewrites(d, rule, Question::By::source); }

std::string collapsed(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
        if (!space)
            out += c;
        else if (!out.empty() && out.back() != ' ')
            out += ' ';
    }
    while (!out.empty() && out.back() == ' ') out.pop_back();
    return out;
}

void replace_all(std::string& text, std::string_view what, std::string_view by) {
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
        text.replace(at, what.size(), by);
}

}  // namespace

std::string fingerprint(std::string_view text) {
    std::uint64_t h = 1469598103934665603ull;
    for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 1099511628211ull;
    return fmt::format("{:016x}", h);
}

std::string server_words(const ServerView& server, Family family) {
    std::string addresses;
    for (const Prefix& a : server.server.address)
        if (a.base.family == family)
            addresses += (addresses.empty() ? "" : ", ") +
                         (a.length == base::address_bits(family) ? base::to_string(a.base) : base::to_string(a));
    if (addresses.empty() || addresses == server.server.name) return server.server.name;
    return fmt::format("{} ({})", server.server.name, addresses);
}

std::vector<HeaderSet> preferred(query::Evaluation& e, const Prepared& p, const HeaderSet& set) {
    flow::Analysis& a = e.analysis();
    std::vector<HeaderSet> list;
    const bool v4 = e.family() == Family::v4;
    list.push_back(
        a.where(Field::dst, IntervalSet::single(base::parse_address(v4 ? "198.18.0.9" : "2001:db8:198:18::9")->bits)));
    list.push_back(a.where(Field::proto, IntervalSet::single(6)));
    list.push_back(a.where(Field::dport, IntervalSet::single(25)));
    list.push_back(a.where(Field::sport, IntervalSet::single(40000)));
    IntervalSet sources = a.project(set, Field::src);
    if (const IntervalSet inside = sources.intersect(of(p.network.inside, e.family())); !inside.empty())
        sources = inside;
    const base::Interval* widest = nullptr;
    for (const base::Interval& i : sources.intervals())
        if (widest == nullptr || i.last - i.first > widest->last - widest->first) widest = &i;
    if (widest != nullptr) {
        const u128 room = widest->last - widest->first;
        list.push_back(a.where(Field::src, IntervalSet::single(widest->first + (room > 100 ? 99 - (widest->first & 31)
                                                                                : room > 2 ? 1
                                                                                           : 0))));
    }
    return list;
}

DeviceCheck::DeviceCheck(const Prepared& prepared, const Intent& intent, const base::Sources& sources,
                         const Options& options)
    : p_(prepared), intent_(intent), sources_(sources), options_(options) {
    // A configuration that says nothing about an IP version is not asked about it (EL108 is); an empty one is about
    // IPv4.
    const bool v6 = p_.device.filters_v6, v4 = p_.device.filters_v4 || !v6;
    for (const Family f : {Family::v4, Family::v6})
        if (f == Family::v4 ? v4 : v6)
            families_.push_back(std::make_unique<query::Evaluation>(p_, intent_, f, options_.budget));
    for (const Assumption& a : p_.assumptions)
        if (a.guessed && a.what.find("the internet") != std::string::npos) external_guessed_ = true;
}

void DeviceCheck::too_large(const flow::TooLarge& why) {
    if (std::find(too_large_.begin(), too_large_.end(), why.what) == too_large_.end()) too_large_.push_back(why.what);
}

void DeviceCheck::warm_up() {
    for (auto& e : families_) {
        query::Slice slice;
        slice.box[Field::proto] = IntervalSet::single(6);
        std::vector<base::Interval> ports;
        for (const std::uint16_t port : intent_.smtp_ports) ports.push_back({port, port});
        slice.box[Field::dport] = IntervalSet(std::move(ports));
        slice.box[Field::dst] = of(p_.network.internet, e->family());
        std::vector<base::Interval> in;
        for (const std::uint32_t id : p_.network.internal) in.push_back({id, id});
        for (const ServerView& s : p_.network.mail_servers)
            for (const std::uint32_t id : s.in_interfaces) in.push_back({id, id});
        slice.box[Field::in_if] = IntervalSet(std::move(in));
        slice.accepted_only = true;
        slice.to_internet = true;
        if (auto t = e->table(slice); !t) too_large(t.error());
    }
}

bool DeviceCheck::applies(const Question& q, const ServerView* server, query::Evaluation& e) {
    if (server != nullptr && query::addresses_of(server->server.address, e.family()).empty()) return false;
    for (const std::string& need : q.needs) {
        if (server == nullptr) continue;
        if (need == "m.outbound" && query::addresses_of(server->server.outbound, e.family()).empty()) return false;
        if (need == "m.outbound declared" && !server->outbound_declared) return false;
        if (need == "m.published") {
            const auto set = e.published(*server);
            if (!set) {
                too_large(set.error());
                return false;
            }
            if (set->empty()) return false;
        }
    }
    return true;
}

void DeviceCheck::ask(const Question& question) {
    std::vector<const ServerView*> servers;
    if (question.query.each_server)
        for (const ServerView& s : p_.network.mail_servers) servers.push_back(&s);
    else
        servers.push_back(nullptr);
    for (const ServerView* server : servers) {
        switch (question.kind) {
            case RuleKind::forbid: forbid(question, server); break;
            case RuleKind::require: require(question, server); break;
            case RuleKind::several: several(question, server); break;
            case RuleKind::native: break;
        }
    }
}

void DeviceCheck::forbid(const Question& q, const ServerView* server) {
    for (auto& e : families_) {
        if (!applies(q, server, *e)) continue;
        const auto answer = e->run(q.query.root, server, q.presume);
        if (!answer) {
            too_large(answer.error());
            continue;
        }
        if (answer->headers.empty()) continue;
        const HeaderSet surely = e->surely(answer->headers);
        for (const Group& group : groups(q, *e, *answer)) report(q, server, *e, *answer, group, surely);
    }
}

namespace {
flow::Step inspecting_step(const Device& d, const flow::Outcome& outcome) {
    for (const flow::Step& s : outcome.steps)
        if (s.rule.valid())
            for (const Effect& effect : d.rules[s.rule.index()].effects)
                if (std::holds_alternative<Inspected>(effect)) return s;
    return {};
}
}  // namespace

std::vector<DeviceCheck::Group> DeviceCheck::groups(const Question& q, query::Evaluation& e,
                                                    const query::Answer& answer) {
    std::vector<Group> list;
    flow::Analysis& a = e.analysis();
    // Thousands of rows may end in one group (a map of translations): joined once, and only a group needs its sample.
    std::vector<std::vector<HeaderSet>> pieces;
    // One rule of the text may be several of the model: a pool for protocols with ports and one for the others.
    const auto same_text = [&](RuleId one, RuleId other) {
        if (one == other) return true;
        const base::Span span = rule_span(p_.device, one);
        return span.valid() && span == rule_span(p_.device, other) && p_.device.rules[one.index()].name.empty() &&
               !p_.device.origins[p_.device.rules[one.index()].origin.index()].element;
    };
    // An engine acts in both directions: what comes in and what goes out are two matters.
    const auto add = [&](RuleId rule, StageId stage, const HeaderSet& headers, const auto& sample,
                         bool inward = false) {
        std::size_t at = 0;
        while (at < list.size() && !(same_text(list[at].rule, rule) && (rule.valid() || list[at].stage == stage) &&
                                     list[at].inward == inward))
            ++at;
        if (at == list.size() && at == max_groups) --at;
        if (at == list.size()) {
            list.push_back({rule, stage, headers, sample(), inward});
            pieces.emplace_back();
        }
        pieces[at].push_back(headers);
    };
    const auto joined = [&] {
        for (std::size_t i = 0; i < list.size(); ++i) list[i].headers = a.join_all(pieces[i]);
        return std::move(list);
    };
    if (q.by == Question::By::source || q.by == Question::By::destination) {
        for (const query::Part& part : answer.parts) {
            RuleId by;
            for (const flow::Decision& d : part.row->decisions)
                if (rewrites(p_.device, d.rule, q.by)) by = d.rule;
            add(by, {}, part.headers, [&] { return part.row; });
        }
        return joined();
    }
    // Who let it through: ask again about the answer alone, with every deciding rule.
    flow::Interest interest;
    const auto detailed = a.run(answer.headers, flow::Detail::rules, interest);
    if (!detailed) {
        add({}, {}, answer.headers, [&] { return answer.parts.front().row; });
        return joined();
    }
    for (const flow::Row& row : detailed->rows) {
        HeaderSet part = a.meet(row.headers, answer.headers);
        if (part.empty()) continue;
        flow::Outcome steps;
        for (const flow::Decision& d : row.decisions) {
            flow::Step s;
            s.stage = d.stage;
            s.rule = d.rule;
            steps.steps.push_back(std::move(s));
        }
        const flow::Step by = q.by == Question::By::inspection ? inspecting_step(p_.device, steps)
                              : row.verdict == Verdict::accept ? accepting_step(p_.device, steps)
                                                               : blocking_step(p_.device, steps);
        add(
            by.rule, by.rule.valid() ? StageId{} : by.stage, part,
            [&] {
                const auto met = std::find_if(answer.parts.begin(), answer.parts.end(),
                                              [&](const query::Part& p) { return !a.disjoint(p.headers, part); });
                return met == answer.parts.end() ? answer.parts.front().row : met->row;
            },
            q.by == Question::By::inspection && std::find(p_.network.external.begin(), p_.network.external.end(),
                                                          row.out_if) == p_.network.external.end());
    }
    return joined();
}

std::string DeviceCheck::leaves_as(query::Evaluation& e, const flow::Row& row) const {
    if (row.src.form == flow::Rewritten::Form::unchanged) return "its original source";
    if (row.src.form == flow::Rewritten::Form::chosen) {
        const Choice& c = p_.device.choices[row.src.choice.index()];
        const IntervalSet& candidates = c.candidates.of(Field::src, e.family());
        if (candidates.size() > 65536)
            return row.out_if >= first_interface ? "the address of " + interface_name(p_.device, row.out_if) : c.text;
        return base::addresses_to_string(candidates, e.family(), 4);
    }
    return base::addresses_to_string(e.analysis().values_after(row, Field::src), e.family(), 4);
}

IntervalSet DeviceCheck::shown_sources(query::Evaluation& e, const HeaderSet& set, bool server) const {
    IntervalSet sources = e.analysis().project(set, Field::src);
    if (server) return sources;
    // Without declared networks the set runs over the whole address space; what people know is the inside part.
    if (const IntervalSet inside = sources.intersect(of(p_.network.inside, e.family())); !inside.empty()) return inside;
    return sources;
}

std::string DeviceCheck::fill_in(const std::string& message, const ServerView* server, query::Evaluation& e,
                                 const HeaderSet& headers, const std::string& leaves, const std::string& out,
                                 const std::string& who) const {
    std::string text = message;
    const Family family = e.family();
    if (server != nullptr) {
        replace_all(text, "{server}", server_words(*server, family));
        std::string own;
        for (const Prefix& o : server->server.outbound)
            if (o.base.family == family)
                own += (own.empty() ? "" : " or ") +
                       (o.length == base::address_bits(family) ? base::to_string(o.base) : base::to_string(o));
        replace_all(text, "{outbound}", own.empty() ? "an address of its own" : own);
        if (text.find("{published}") != std::string::npos)
            if (const auto set = e.published(*server))
                replace_all(text, "{published}", base::addresses_to_string(*set, family, 4));
    }
    replace_all(text, "{leaves_as}", leaves);
    replace_all(text, "{out}", out);
    if (text.find("{sources}") != std::string::npos) replace_all(text, "{sources}", who);
    if (text.find("{ports}") != std::string::npos) {
        const IntervalSet ports = e.analysis().project(headers, Field::dport);
        replace_all(text, "{ports}",
                    ports.size() > 60000 ? "every port"
                    : ports.size() == 1  ? "port " + base::numbers_to_string(ports)
                                         : "ports " + base::numbers_to_string(ports, 8));
    }
    replace_all(text, "{family}", family == Family::v4 ? "IPv4" : "IPv6");
    return text;
}

Finding DeviceCheck::fresh(const Question& q) const {
    Finding f;
    f.rule = q.code;
    f.name = q.name;
    f.severity = q.severity;
    f.device = p_.device.name;
    f.help = q.help;
    return f;
}

void DeviceCheck::stamp(Finding& f, std::string_view key) {
    const std::string base = fmt::format("{}|{}|{}", f.rule, f.device, key);
    f.fingerprint = fingerprint(base);
    if (stamps_.insert(f.fingerprint).second) return;
    // The next number is kept: thousands of findings may say the same of thousands of lines.
    unsigned& n = repeated_.try_emplace(f.fingerprint, 1).first->second;
    do f.fingerprint = fingerprint(fmt::format("{}|{}", base, ++n));
    while (!stamps_.insert(f.fingerprint).second);
}

void DeviceCheck::keep(Finding finding, std::string_view key) {
    finding.device = p_.device.name;
    stamp(finding, key);
    findings_.push_back(std::move(finding));
}

std::vector<std::string> DeviceCheck::unknowns(query::Evaluation& e, const HeaderSet& set) {
    std::vector<std::string> list;
    for (const PredicateId id : e.analysis().predicates_of(set)) {
        if (std::find(p_.own_destination.begin(), p_.own_destination.end(), id) != p_.own_destination.end()) continue;
        decisive_.insert(id.value);
        if (const auto of = p_.device.predicates[id.index()].version_of; of.valid()) decisive_.insert(of.value);
        list.push_back(p_.device.predicates[id.index()].text);
    }
    for (const ChoiceId id : e.analysis().choices_of(set)) list.push_back(p_.device.choices[id.index()].text);
    return list;
}

void DeviceCheck::guessed_facts(Finding& f, const ServerView* server) {
    if (server != nullptr && server->guessed) {
        f.certainty = Certainty::possible;
        f.depends_on.push_back(fmt::format("that {} is a mail server, guessed from its name", server->server.name));
    }
    if (external_guessed_)
        for (const Assumption& a : p_.assumptions)
            if (a.guessed && a.what.find("the internet") != std::string::npos)
                f.depends_on.push_back(fmt::format("that {} ({})", a.what, a.because));
    if (server == nullptr && p_.network.mail_servers.empty() && f.rule == "EL102") {
        f.certainty = Certainty::possible;
        f.depends_on.push_back(
            "that none of these hosts is a mail server: none is declared and none could be inferred");
    }
}

void DeviceCheck::fill_witness(Finding& f, const Question& q, const ServerView* server, query::Evaluation& e,
                               const HeaderSet& set, flow::Packet& packet, flow::Trace& trace) {
    const auto prefer = preferred(e, p_, set);
    const auto witness = e.analysis().witness(set, prefer);
    if (!witness) return;
    packet = witness->packet;
    trace = flow::trace(p_.device, packet, witness->valuation);
    f.witness = packet_text(p_.device, packet);
    f.outcome = outcome_text(p_.device, packet, trace);
    f.trace = trace_steps(p_.device, trace.outcome);
    const bool confirmed = std::any_of(trace.branches.begin(), trace.branches.end(), [&](const flow::Outcome& o) {
        return e.holds(q.query.root, server, q.presume, packet, o);
    });
    if (confirmed || q.kind == RuleKind::require) return;
    f.certainty = Certainty::possible;
    Finding alarm;
    alarm.rule = "EL901";
    alarm.name = "construct-not-understood";
    alarm.device = f.device;
    alarm.severity = base::Severity::error;
    alarm.certainty = Certainty::possible;
    alarm.message = fmt::format(
        "internal disagreement: the packet that shows {} is handled otherwise by the tracer; please report this",
        q.code);
    alarm.witness = f.witness;
    alarm.outcome = f.outcome;
    alarm.trace = f.trace;
    stamp(alarm, "disagreement " + q.code);
    findings_.push_back(std::move(alarm));
}

void DeviceCheck::report(const Question& q, const ServerView* server, query::Evaluation& e, const query::Answer& answer,
                         const Group& group, const HeaderSet& surely) {
    flow::Analysis& a = e.analysis();
    Finding f = fresh(q);
    if (server != nullptr) f.subject = server->server.name;
    const HeaderSet certain = a.meet(surely, a.may(group.headers));
    f.certainty = certain.empty() ? Certainty::possible : Certainty::proven;
    // The witness comes from the certain part if there is one.
    HeaderSet shown = a.meet(group.headers, certain);
    if (shown.empty()) shown = group.headers;
    flow::Packet packet;
    flow::Trace trace;
    fill_witness(f, q, server, e, shown, packet, trace);

    const IntervalSet sources = shown_sources(e, group.headers, server != nullptr && q.code != "EL103");
    const auto prefixes = to_prefixes(sources, e.family());
    for (std::size_t i = 0; i < prefixes.size() && i < 64; ++i)
        f.sources.push_back(prefixes[i].length == base::address_bits(e.family()) ? base::to_string(prefixes[i].base)
                                                                                 : base::to_string(prefixes[i]));
    std::string who = base::addresses_to_string(sources, e.family(), 4);
    const IntervalSet inside = of(p_.network.inside, e.family());
    if (const IntervalSet missing = inside.minus(sources);
        sources.size() > 4096 && missing.size() <= 64 && inside.contains_all(sources))
        who = missing.empty()
                  ? "every inside host"
                  : fmt::format("every inside host except {}", base::addresses_to_string(missing, e.family(), 4));
    // The row that the witness belongs to says best what it leaves as.
    const flow::Row* row = group.row;
    const std::string leaves = f.outcome && !f.outcome->src.empty() && f.outcome->src.find('-') == std::string::npos &&
                                       row->src.form != flow::Rewritten::Form::chosen
                                   ? f.outcome->src
                                   : leaves_as(e, *row);
    const std::string out = row->out_if == self_interface ? "the device"
                            : row->out_if == no_interface ? ""
                                                          : interface_name(p_.device, row->out_if);
    f.message = fill_in(q.message, server, e, group.headers, leaves, out, who);
    const std::string reaches = f.outcome ? f.outcome->dst : "";
    replace_all(f.message, "{reaches}",
                reaches.empty() || reaches.find('-') != std::string::npos ? std::string("the device itself") : reaches);
    f.flows.emplace_back("family", e.family() == Family::v4 ? "IPv4" : "IPv6");
    const IntervalSet ports = a.project(group.headers, Field::dport);
    f.flows.emplace_back("ports", ports.size() > 60000 ? "any" : base::numbers_to_string(ports));
    if (!out.empty()) f.flows.emplace_back("out", out);
    f.flows.emplace_back("leaves_as", leaves);

    Cause cause;
    if (q.by == Question::By::destination) {
        const flow::Step by = accepting_step(p_.device, trace.outcome);
        f.span = rule_span(p_.device, group.rule.valid() ? group.rule : by.rule);
        f.label = group.rule.valid() ? "this rule redirects it" : "this rule lets it through";
    } else if (q.by == Question::By::inspection) {
        f.span = rule_span(p_.device, group.rule);
        f.label = "takes part in the dialogue";
    } else if (q.by == Question::By::source) {
        f.span = rule_span(p_.device, group.rule);
        f.label = group.rule.valid() ? "this rule translates it" : "";
        if (q.code == "EL103" ||
            (server != nullptr && q.query.root.kind == query::Node::Kind::all_of && q.code == "EL103"))
            cause = why_shared(p_, sources_, *server, packet, trace.outcome, group.rule);
        else if (server != nullptr && q.code == "EL104")
            cause.because.push_back(fmt::format("{}: everything that is translated to it shares it",
                                                leaves == "the address of " + out
                                                    ? fmt::format("that is {}'s own address", out)
                                                    : fmt::format("{} is {}'s own address", leaves, out)));
        else if (server != nullptr && q.code == "EL106") {
            // Nothing went wrong on the way out: the other half is where it is published.
            if (server->publication.valid())
                cause.related.push_back({server->publication, "inbound SMTP reaches it here"});
        } else if (server != nullptr && q.from_server)
            cause = why_not_own_source(p_, sources_, *server, packet, trace.outcome, group.rule);
        if (!f.span.valid()) {
            // Nothing translates it: the rule that lets it out is the place to look at.
            const flow::Step by = accepting_step(p_.device, trace.outcome);
            f.span = rule_span(p_.device, by.rule);
            f.label = "lets it out untranslated";
            if (!f.span.valid() && server != nullptr)
                f.span = server->publication, f.label = "the server is published here";
        }
    } else {
        f.span = rule_span(p_.device, group.rule);
        const bool blocked = row->verdict != Verdict::accept;
        f.label = blocked ? "this rule blocks it" : "this rule lets it through";
        if (!f.span.valid() && group.stage.valid()) {
            const OriginId o = p_.device.pipeline[group.stage.index()].origin;
            if (o.valid()) f.span = p_.device.origins[o.index()].span;
            f.label = blocked ? "the policy of this chain blocks it"
                              : "nothing in this chain stops it, and its policy accepts";
        }
        if (q.code == "EL102") cause = why_open(p_, sources_, packet, trace.outcome, group.rule);
    }
    f.because = std::move(cause.because);
    f.related = std::move(cause.related);
    if (!cause.help.empty()) f.help = cause.help;
    f.help = fill_in(f.help, server, e, group.headers, leaves, out, who);
    if (f.certainty == Certainty::possible) f.depends_on = unknowns(e, answer.headers);
    guessed_facts(f, server);
    stamp(f, fmt::format("{}|{}|{}", server != nullptr ? server->server.name : "",
                         collapsed(rule_text(p_.device, group.rule)), leaves));
    findings_.push_back(std::move(f));
}

void DeviceCheck::require(const Question& q, const ServerView* server) {
    // Where the internet is nobody knows: EL903 says so, and that there is no way there would say nothing.
    if (q.code == "EL105" && p_.network.external.empty()) return;
    query::Evaluation* shown = nullptr;
    bool maybe = false;
    std::vector<std::string> depends;
    for (auto& e : families_) {
        if (!applies(q, server, *e)) continue;
        const auto answer = e->run(q.query.root, server, q.presume);
        if (!answer) return too_large(answer.error());
        if (!answer->headers.empty()) {
            if (!e->surely(answer->headers).empty()) return;
            // That nobody knows the order of uplinks or addresses is no reason to think that all of them block it.
            const auto open = e->analysis().predicates_of(answer->headers);
            if (std::all_of(open.begin(), open.end(), [&](PredicateId id) {
                    return p_.device.predicates[id.index()].kind == PredicateKind::ambiguity;
                }))
                return;
            maybe = true;
            depends = unknowns(*e, answer->headers);
        }
        if (shown == nullptr) shown = e.get();
    }
    if (shown == nullptr) return;
    Finding f = fresh(q);
    if (server != nullptr) f.subject = server->server.name;
    f.certainty = maybe ? Certainty::possible : Certainty::proven;
    f.depends_on = depends;
    // A packet that ought to pass: the box of the question, whatever becomes of it.
    flow::Analysis& a = shown->analysis();
    const query::Slice slice = shown->slice_of(q.query.root, server);
    HeaderSet box =
        a.meet(a.new_flows(), a.cube(std::vector<std::pair<Field, IntervalSet>>(slice.box.begin(), slice.box.end())));
    if (slice.to_internet) box = a.meet(box, shown->not_own());
    flow::Packet packet;
    flow::Trace trace;
    fill_witness(f, q, server, *shown, box, packet, trace);
    flow::Outcome blocked = trace.outcome;
    for (const flow::Outcome& branch : trace.branches)
        if (branch.verdict != Verdict::accept && blocked.verdict == Verdict::accept) blocked = branch;
    if (trace.answer == flow::Answer::unknown)
        for (const flow::Outcome& branch : trace.branches)
            if (branch.verdict != Verdict::accept) {
                blocked = branch;
                break;
            }
    const flow::Step by = blocking_step(p_.device, blocked);
    f.span = rule_span(p_.device, by.rule);
    f.label = "this rule blocks it";
    if (!f.span.valid() && by.stage.valid()) {
        const OriginId o = p_.device.pipeline[by.stage.index()].origin;
        if (o.valid()) f.span = p_.device.origins[o.index()].span;
        f.label = "the policy of this chain blocks it";
    }
    if (server != nullptr) {
        Cause cause = why_blocked(p_, sources_, *server, packet, blocked, by.rule);
        f.because = std::move(cause.because);
        f.related = std::move(cause.related);
    }
    f.message = fill_in(q.message, server, *shown, box, "", "", "");
    guessed_facts(f, server);
    stamp(f, server != nullptr ? server->server.name : "");
    findings_.push_back(std::move(f));
}

void DeviceCheck::several(const Question& q, const ServerView* server) {
    for (auto& e : families_) {
        if (!applies(q, server, *e)) continue;
        const auto answer = e->run(q.query.root, server, q.presume);
        if (!answer) {
            too_large(answer.error());
            continue;
        }
        if (answer->headers.empty()) continue;
        flow::Analysis& a = e->analysis();
        // Host by host: a cluster behind a 1:1 translation has one source a host.
        IntervalSet hosts = a.project(answer->headers, Field::src);
        std::vector<IntervalSet> each;
        if (hosts.size() <= 16)
            for (const base::Interval& i : hosts.intervals())
                for (u128 n = 0; n <= i.last - i.first; ++n) each.push_back(IntervalSet::single(i.first + n));
        else
            each.push_back(hosts);
        struct Source {
            std::string text;
            IntervalSet values;
            HeaderSet headers;
            RuleId rule;
            const flow::Row* row = nullptr;
            bool pool = false;
        };
        for (const IntervalSet& host : each) {
            std::vector<Source> found;
            const HeaderSet from_host = a.where(Field::src, host);
            for (const query::Part& part : answer->parts) {
                const HeaderSet headers = a.meet(part.headers, from_host);
                if (headers.empty()) continue;
                Source s;
                s.headers = headers;
                s.row = part.row;
                for (const flow::Decision& d : part.row->decisions)
                    if (rewrites_source(p_.device, d.rule)) s.rule = d.rule;
                const flow::Rewritten& to = part.row->src;
                if (to.form == flow::Rewritten::Form::unchanged)
                    s.values = host;
                else if (to.form == flow::Rewritten::Form::shifted)
                    s.values = host.shifted(to.delta, base::address_bits(e->family()));
                else
                    s.values = a.values_after(*part.row, Field::src);
                s.text = to.form == flow::Rewritten::Form::unchanged ? base::addresses_to_string(host, e->family(), 3)
                                                                     : leaves_as(*e, *part.row);
                if (to.form == flow::Rewritten::Form::chosen)
                    s.pool = p_.device.choices[to.choice.index()].varies && s.values.size() > 1;
                const auto same =
                    std::find_if(found.begin(), found.end(), [&](const Source& o) { return o.text == s.text; });
                if (same != found.end())
                    same->headers = a.join(same->headers, headers);
                else
                    found.push_back(std::move(s));
            }
            const bool pool = std::any_of(found.begin(), found.end(), [](const Source& s) { return s.pool; });
            if (found.size() < 2 && !pool) continue;
            // Declared as its own, all of them: what the site wants.
            const IntervalSet own =
                query::addresses_of(server != nullptr ? server->server.outbound : std::vector<Prefix>{}, e->family());
            if (server != nullptr && server->outbound_declared &&
                std::all_of(found.begin(), found.end(), [&](const Source& s) { return own.contains_all(s.values); }))
                continue;
            std::size_t certain = 0;
            for (const Source& s : found)
                if (!e->surely(s.headers).empty()) certain += s.pool ? 2 : 1;
            // The source that is not the server's own is the one to show.
            const Source* shown = &found.front();
            for (const Source& s : found)
                if (s.pool || (!shown->pool && own.contains_all(shown->values) && !own.contains_all(s.values)))
                    shown = &s;
            Finding f = fresh(q);
            if (server != nullptr) f.subject = server->server.name;
            f.certainty = certain >= 2 ? Certainty::proven : Certainty::possible;
            flow::Packet packet;
            flow::Trace trace;
            fill_witness(f, q, server, *e, shown->headers, packet, trace);
            f.span = rule_span(p_.device, shown->rule);
            f.label =
                shown->pool ? "this rule picks one of several addresses" : "this rule gives it one of its sources";
            std::string all;
            for (const Source& s : found) {
                all += (all.empty() ? "" : ", ") + s.text +
                       (s.row->out_if >= first_interface && found.size() > 1
                            ? " by " + interface_name(p_.device, s.row->out_if)
                            : "");
                if (s.rule.valid() && s.rule != shown->rule)
                    f.related.push_back({rule_span(p_.device, s.rule), "another source: " + s.text});
            }
            f.sources.push_back(base::addresses_to_string(host, e->family()));
            f.flows.emplace_back("family", e->family() == Family::v4 ? "IPv4" : "IPv6");
            f.flows.emplace_back("leaves_as", all);
            f.message = fill_in(q.message, server, *e, shown->headers, all, "", "");
            if (pool) f.because.push_back("a pool or range gives each connection one of its addresses");
            std::set<std::uint32_t> outs;
            for (const Source& s : found) outs.insert(s.row->out_if);
            if (outs.size() > 1)
                f.because.push_back("connections leave by more than one interface, and each has its own translation");
            if (f.certainty == Certainty::possible) f.depends_on = unknowns(*e, answer->headers);
            guessed_facts(f, server);
            stamp(f, fmt::format("{}|{}", server != nullptr ? server->server.name : "", all));
            findings_.push_back(std::move(f));
        }
    }
}

}  // namespace egresslint::lint
