// SPDX-License-Identifier: Apache-2.0
// The flows that two versions of a device treat differently: exact sets, split by the rules that decide on either side,
// each with a packet that both versions were made to handle.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "flow/difference.hpp"
#include "lint/address_space.hpp"
#include "lint/change.hpp"
#include "lint/flow_words.hpp"
#include "model/print.hpp"

namespace egresslint::lint {

using namespace model;
using flow::Analysis;
using flow::Difference;
using flow::HeaderSet;

namespace {

constexpr std::size_t most_pairs = 60'000;  ///< rows of one version times rows of the other, for one difference
constexpr std::size_t most_parts = 200;     ///< flow changes of one device and IP version
constexpr std::size_t most_boxes = 16;
constexpr std::uint32_t none = 0xffffffffu;

std::vector<FlowKind> kinds_of(const Difference& d) {
    std::vector<FlowKind> out;
    const auto when = [&](bool is, FlowKind kind) {
        if (is) out.push_back(kind);
    };
    const bool accepted_both = d.before.verdict == Verdict::accept && d.after.verdict == Verdict::accept;
    when(d.accepted, FlowKind::accepted);
    when(d.source, FlowKind::source);
    when(d.way, FlowKind::interface);
    when(d.destination, FlowKind::destination);
    when(d.blocked, FlowKind::blocked);
    when(d.before.logged && !d.after.logged, FlowKind::unlogged);
    when(!d.before.logged && d.after.logged, FlowKind::logged);
    when(d.port, FlowKind::port);
    when((accepted_both && (d.before.limited != d.after.limited || d.before.inspected != d.after.inspected)) ||
             (!accepted_both && !d.accepted && !d.blocked && d.before.verdict != d.after.verdict),
         FlowKind::treatment);
    return out;
}

/// Where a thing of the second device is, the other way round.
std::vector<std::uint32_t> inverse(const std::vector<std::uint32_t>& to, std::size_t size) {
    std::vector<std::uint32_t> out(size, none);
    for (std::uint32_t i = 0; i < to.size(); ++i) out[to[i]] = i;
    return out;
}

/// Handles packets of the combined device in each of the versions by itself.
class Replay {
public:
    Replay(const Alike& versions, const Combined& combined)
        : before_(versions.before.device),
          after_(versions.after.device),
          combined_(combined),
          interfaces_(inverse(combined.interfaces, combined.device.interfaces.size())),
          predicates_(inverse(combined.predicates, combined.device.predicates.size())),
          choices_(inverse(combined.choices, combined.device.choices.size())) {}

    [[nodiscard]] flow::Trace before(const flow::Packet& packet, const flow::Valuation& valuation) const {
        if (packet.in_if >= before_.interfaces.size()) return refused();
        flow::Valuation mine;
        for (const auto& [id, value] : valuation.predicates)
            if (id < before_.predicates.size()) mine.predicates[id] = value;
        for (const auto& [id, value] : valuation.choices)
            if (id < before_.choices.size()) mine.choices[id] = value;
        return flow::trace(before_, packet, mine);
    }
    /// Interfaces in the outcome are those of the combined device.
    [[nodiscard]] flow::Trace after(flow::Packet packet, const flow::Valuation& valuation) const {
        if (interfaces_[packet.in_if] == none) return refused();
        packet.in_if = interfaces_[packet.in_if];
        flow::Valuation theirs;
        for (const auto& [id, value] : valuation.predicates)
            if (predicates_[id] != none) theirs.predicates[predicates_[id]] = value;
        for (const auto& [id, value] : valuation.choices)
            if (choices_[id] != none) theirs.choices[choices_[id]] = value;
        flow::Trace trace = flow::trace(after_, packet, theirs);
        trace.outcome.out_if = combined_.interfaces[trace.outcome.out_if];
        return trace;
    }

private:
    static flow::Trace refused() {
        flow::Trace trace;
        trace.answer = flow::Answer::drop;
        trace.outcome.verdict = Verdict::drop;
        trace.branches.push_back(trace.outcome);
        return trace;
    }

    const Device& before_;
    const Device& after_;
    const Combined& combined_;
    std::vector<std::uint32_t> interfaces_, predicates_, choices_;
};

/// Text of a rule that does not hang on its place, so that a moved rule is the same rule.
std::string rule_text(const Device& d, RuleId rule) {
    const OriginId origin = d.rules[rule.index()].origin;
    return origin.valid() ? d.origins[origin.index()].text : print_action(d, d.rules[rule.index()]);
}

class Changes {
public:
    Changes(const Alike& versions, const base::Sources& sources, const ChangedLines& lines, const Combined& combined,
            Family family, flow::Budget budget, DeviceChange& out)
        : versions_(versions),
          sources_(sources),
          lines_(lines),
          combined_(combined),
          replay_(versions, combined),
          analysis_(combined.device, family, budget),
          out_(out) {}

    void run() {
        const auto found =
            flow::differences(analysis_, combined_, analysis_.meet(analysis_.new_flows(), real_interfaces()));
        if (!found) {
            out_.undecided.push_back(
                fmt::format("{}: the comparison exceeds its budget ({})", family_name(), found.error().what));
            return;
        }
        std::map<Key, HeaderSet> parts;
        for (const Difference& d : *found) split(d, parts);
        std::size_t shown = 0;
        for (auto& [key, headers] : parts) {
            if (++shown > most_parts) {
                out_.undecided.push_back(fmt::format("{}: {} further groups of changed flows are not shown",
                                                     family_name(), parts.size() - most_parts));
                break;
            }
            report(key, headers);
        }
    }

private:
    struct Key {
        std::vector<FlowKind> kinds;
        std::vector<std::string> before, after;  ///< what decides on one side only
        std::string old_end, new_end;            ///< what becomes of the packets
        friend auto operator<=>(const Key&, const Key&) = default;
    };

    /// No packet of another host comes in by the loopback interface.
    HeaderSet real_interfaces() {
        std::vector<base::Interval> ids{{self_interface, self_interface}};
        for (std::uint32_t i = first_interface; i < combined_.device.interfaces.size(); ++i)
            if (combined_.device.interfaces[i].role != Role::loopback) ids.push_back({i, i});
        return analysis_.where(Field::in_if, IntervalSet(std::move(ids)));
    }

    [[nodiscard]] std::string family_name() const { return analysis_.family() == Family::v4 ? "IPv4" : "IPv6"; }

    /// By the rules that decide on one side and not on the other.
    void split(const Difference& d, std::map<Key, HeaderSet>& parts) {
        Key key;
        key.kinds = kinds_of(d);
        key.old_end = end_of(d.before);
        key.new_end = end_of(d.after);
        flow::Interest first, second;
        first.start = {{combined_.version, 0}};
        second.start = {{combined_.version, 1}};
        const auto before = analysis_.run(d.headers, flow::Detail::rules, first);
        const auto after = analysis_.run(d.headers, flow::Detail::rules, second);
        if (!before || !after || before->rows.size() * after->rows.size() > most_pairs)
            return put(key, d.headers, parts);
        for (const flow::Row& a : before->rows)
            for (const flow::Row& b : after->rows) {
                if (parts.size() > 4 * most_parts) return put(key, d.headers, parts);
                const HeaderSet both = analysis_.meet(analysis_.meet(a.headers, b.headers), d.headers);
                if (both.empty()) continue;
                const auto old_rules = deciders(a), new_rules = deciders(b);
                key.before = only_in(old_rules, new_rules);
                key.after = only_in(new_rules, old_rules);
                put(key, both, parts);
            }
    }
    void put(const Key& key, const HeaderSet& headers, std::map<Key, HeaderSet>& parts) {
        const auto [at, fresh] = parts.emplace(key, headers);
        if (!fresh) at->second = analysis_.join(at->second, headers);
    }

    [[nodiscard]] std::vector<std::string> deciders(const flow::Row& row) const {
        std::vector<std::string> out;
        for (const flow::Decision& d : row.decisions)
            if (d.rule.valid() && !synthetic(d.rule)) out.push_back(rule_text(combined_.device, d.rule));
        std::sort(out.begin(), out.end());
        out.erase(std::unique(out.begin(), out.end()), out.end());
        return out;
    }
    [[nodiscard]] bool synthetic(RuleId rule) const {
        const OriginId origin = combined_.device.rules[rule.index()].origin;
        return !origin.valid() || combined_.device.origins[origin.index()].synthetic;
    }
    static std::vector<std::string> only_in(const std::vector<std::string>& a, const std::vector<std::string>& b) {
        std::vector<std::string> out;
        std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
        return out;
    }
    /// Flows that end alike are one change; a pool is one end.
    [[nodiscard]] std::string end_of(const flow::Row& row) const {
        if (row.verdict != Verdict::accept) return row.verdict == Verdict::drop ? "drop" : "reject";
        const auto value = [](const flow::Rewritten& r) {
            return fmt::format("{}:{}:{}", static_cast<int>(r.form), base::to_decimal(r.value), r.choice.value);
        };
        return fmt::format("{} {} {}", row.out_if, value(row.src), value(row.dst));
    }

    void report(const Key& key, const HeaderSet& headers) {
        FlowChange change;
        change.kinds = key.kinds;
        change.device = out_.name;
        change.family = family_name();
        FlowWords words = service_words(analysis_, headers, most_boxes);
        change.flows = std::move(words.boxes);
        change.complete = words.complete;
        change.sources = std::move(words.sources);
        change.destinations = std::move(words.destinations);
        const HeaderSet certain = surely(headers);
        change.certainty = certain.empty() ? Certainty::possible : Certainty::proven;
        for (const PredicateId id : analysis_.predicates_of(headers)) {
            const Predicate& p = combined_.device.predicates[id.index()];
            // What occurs both ways makes a change that is seen at times.
            if (certain.empty() ? !asks_for_own_destination(p) : occurs_both_ways(p.kind))
                change.depends_on.push_back(p.text);
        }
        if (certain.empty()) {
            for (const ChoiceId id : analysis_.choices_of(headers))
                change.depends_on.push_back(combined_.device.choices[id.index()].text);
        }
        HeaderSet shown = analysis_.meet(headers, certain);
        if (shown.empty()) shown = headers;
        if (const auto witness = analysis_.witness(shown, likely(shown))) show(*witness, change);
        out_.flows.push_back(std::move(change));
    }

    /// Whether a destination is one of the device's own addresses is the sender's choice and no doubt about the device.
    HeaderSet surely(const HeaderSet& set) {
        HeaderSet out = analysis_.must(set);
        for (const std::uint16_t own : {std::uint16_t{1}, std::uint16_t{0}}) {
            HeaderSet widened = set;
            for (std::size_t i = 0; i < combined_.device.predicates.size(); ++i)
                if (asks_for_own_destination(combined_.device.predicates[i]))
                    widened = analysis_.join(widened, analysis_.predicate(PredicateId(i), own));
            out = analysis_.join(out, analysis_.meet(analysis_.must(widened), analysis_.may(set)));
        }
        return out;
    }

    void show(const Analysis::Witness& witness, FlowChange& change) {
        const Device& d = combined_.device;
        const flow::Trace before = replay_.before(witness.packet, witness.valuation);
        const flow::Trace after = replay_.after(witness.packet, witness.valuation);
        change.witness = packet_text(d, witness.packet);
        change.before = outcome_text(d, witness.packet, before);
        change.after = outcome_text(d, witness.packet, after);
        change.trace_before = trace_steps(versions_.before.device, before.outcome);
        change.trace_after = trace_steps(versions_.after.device, after.outcome);
        change.causes =
            causes_of(versions_.before.device, before.outcome, versions_.after.device, after.outcome, sources_, lines_);
        const bool accepts_before = before.answer == flow::Answer::accept,
                   accepts = after.answer == flow::Answer::accept;
        const auto is = [&](FlowKind k) {
            return std::find(change.kinds.begin(), change.kinds.end(), k) != change.kinds.end();
        };
        const bool contradicts = (is(FlowKind::accepted) && (accepts_before || !accepts)) ||
                                 (is(FlowKind::blocked) && (!accepts_before || accepts));
        if (contradicts && before.answer != flow::Answer::unknown && after.answer != flow::Answer::unknown) {
            change.certainty = Certainty::possible;
            change.depends_on.emplace_back(
                "internal disagreement: the tracer handles the witness otherwise; please report this");
        }
    }

    /// Packets that people recognise, as far as the set has them.
    std::vector<HeaderSet> likely(const HeaderSet& set) {
        const bool v4 = analysis_.family() == Family::v4;
        const auto one = [&](Field field, base::u128 value) {
            return analysis_.where(field, IntervalSet::single(value));
        };
        std::vector<HeaderSet> out;
        out.push_back(one(Field::proto, 6));
        out.push_back(one(Field::dport, 25));
        out.push_back(one(Field::dst, base::parse_address(v4 ? "198.18.0.9" : "2001:db8:198:18::9")->bits));
        std::vector<base::Interval> real;
        for (std::uint32_t i = first_interface; i < combined_.device.interfaces.size(); ++i)
            if (!combined_.device.interfaces[i].representative) real.push_back({i, i});
        out.push_back(analysis_.where(Field::in_if, IntervalSet(std::move(real))));
        IntervalSet sources = analysis_.project(set, Field::src);
        const IntervalSet inside = of(private_addresses(), analysis_.family());
        if (sources.intersects(inside) && !v4) sources = sources.intersect(inside);
        if (v4)
            for (const char* lan : {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"}) {
                const Prefix p = *base::parse_prefix(lan);
                if (const IntervalSet some = sources.intersect(IntervalSet::range(p.first(), p.last()));
                    !some.empty()) {
                    sources = some;
                    break;
                }
            }
        if (!sources.empty()) {
            const base::Interval& i = sources.intervals().front();
            const base::u128 room = i.last - i.first;
            out.push_back(one(Field::src, i.first + (room > 100 ? 99 - (i.first & 31) : room > 1 ? 1 : 0)));
        }
        out.push_back(one(Field::sport, 40000));
        for (const unsigned port : {443u, 53u}) out.push_back(one(Field::dport, port));
        return out;
    }

    const Alike& versions_;
    const base::Sources& sources_;
    const ChangedLines& lines_;
    const Combined& combined_;
    Replay replay_;
    Analysis analysis_;
    DeviceChange& out_;
};

/// The most telling kind first, then the larger set.
bool before_in_report(const FlowChange& a, const FlowChange& b) {
    const auto rank = [](const FlowChange& c) {
        return std::tuple(c.kinds.empty() ? FlowKind::treatment : c.kinds.front(), c.certainty == Certainty::possible,
                          c.family);
    };
    return rank(a) < rank(b);
}

/// What is not understood and no predicate stands for may do anything, in either version.
void name_unread(const Prepared& p, const char* version, DeviceChange& out) {
    std::size_t unread = 0;
    for (const base::Diagnostic& d : p.diagnostics)
        if ((d.kind == base::Diagnostic::Kind::not_understood || d.kind == base::Diagnostic::Kind::incomplete) &&
            d.predicate < 0 && d.influence != base::Influence::nothing)
            ++unread;
    if (unread > 0)
        out.undecided.push_back(fmt::format("{} construct{} of the {} version {} not understood (EL901, EL903)", unread,
                                            unread == 1 ? "" : "s", version, unread == 1 ? "was" : "were"));
}

}  // namespace

void changed_flows(const Alike& versions, const base::Sources& sources, const ChangedLines& lines, flow::Budget budget,
                   DeviceChange& out) {
    if (!versions.before.violations.empty() || !versions.after.violations.empty()) {
        out.undecided.emplace_back("internal: a model breaks a contract; please report this");
        return;
    }
    name_unread(versions.before, "old", out);
    name_unread(versions.after, "new", out);
    const Combined combined = combine(versions.before.device, versions.after.device);
    const auto note = [&](const std::vector<std::uint32_t>& interfaces, const char* version) {
        for (const std::uint32_t id : interfaces)
            if (combined.device.interfaces[id].role != Role::loopback)
                out.notes.push_back(fmt::format("the interface {} is in the {} version only",
                                                interface_name(combined.device, id), version));
    };
    note(combined.only_first, "old");
    note(combined.only_second, "new");
    for (const Family family : {Family::v4, Family::v6})
        Changes(versions, sources, lines, combined, family, budget, out).run();
    std::stable_sort(out.flows.begin(), out.flows.end(), before_in_report);
}

}  // namespace egresslint::lint
