// SPDX-License-Identifier: Apache-2.0
// EL201, EL202, EL203, EL209: rules that no packet reaches, and rules that could go. All facts are flow::Shadow's; here
// they get a code, a sentence and the places to look at.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "lint/checks/checks.hpp"
#include "lint/guards.hpp"

namespace egresslint::lint::checks {

using namespace model;
using flow::Agreement;
using flow::Standing;
using flow::Why;

namespace {

/// What the rules do with a packet, where all do the same: "accepts"; else "takes".
std::string verb(const Device& d, const std::vector<RuleId>& rules, bool several) {
    const Decide* common = nullptr;
    for (const RuleId r : rules) {
        const auto* decide = std::get_if<Decide>(&d.rules[r.index()].control);
        if (decide == nullptr || !translations(d.rules[r.index()]).empty()) return several ? "take" : "takes";
        if (common != nullptr && common->verdict != decide->verdict) return several ? "take" : "takes";
        common = decide;
    }
    if (common == nullptr) return several ? "take" : "takes";
    const std::string word = common->verdict == Verdict::accept ? "accept"
                             : common->verdict == Verdict::drop ? "drop"
                                                                : "reject";
    return several ? word : word + "s";
}

bool uses_empty_object(const Device& d, const Rule& rule) {
    return std::any_of(rule.uses.begin(), rule.uses.end(), [&](ObjectId o) {
        return d.objects[o.index()].state == ObjectState::empty || d.objects[o.index()].state == ObjectState::undefined;
    });
}

class Writer {
public:
    explicit Writer(Context& c) : c_(c), d_(c.device) {}

    void write(const flow::Shadow::Written& w) {
        if (std::none_of(w.rules.begin(), w.rules.end(), [&](RuleId r) { return c_.is_written(r); })) return;
        const auto& t = w.together;
        if (const auto map = dead_map(w))
            covered(*map);
        else if (t.standing == Standing::covered)
            covered(w);
        else if (t.standing == Standing::never)
            never(w);
        else if (t.redundant)
            redundant(w);
    }

private:
    void covered(const flow::Shadow::Written& w) {
        const auto& t = w.together;
        const bool translates =
            std::any_of(w.rules.begin(), w.rules.end(), [&](RuleId r) { return c_.is_translation(r); });
        const bool same = t.agreement == Agreement::same || does_nothing(w);
        const auto [where, several] = c_.places(t.cover, d_.origins[w.origin.index()].span);
        if (where.empty()) return;
        Finding f = c_.finding(same ? "EL202" : translates ? "EL209" : "EL201", d_.origins[w.origin.index()].span);
        f.message =
            fmt::format("this rule never acts: {} {} all of its packets first", where, verb(d_, t.cover, several));
        if (t.agreement == Agreement::same) f.message += several ? ", and do the same" : ", and does the same";
        f.label = "no packet comes this far";
        c_.relate(f, t.cover,
                  several ? fmt::format("{} a part of its packets first", verb(d_, t.cover, false))
                          : fmt::format("{} all of its packets first", verb(d_, t.cover, false)));
        say(std::move(f), w);
    }

    /// A rule that looks its packets up in a map acts by the elements only: dead when all of them are.
    [[nodiscard]] std::optional<flow::Shadow::Written> dead_map(const flow::Shadow::Written& w) {
        if (w.together.standing != Standing::live) return std::nullopt;
        flow::Shadow::Written out = w;
        out.together = {};
        bool same = true;
        for (const RuleId r : w.rules) {
            const auto* jump = std::get_if<Jump>(&d_.rules[r.index()].control);
            if (jump == nullptr || !d_.rules[r.index()].effects.empty()) return std::nullopt;
            for (const RuleId element : d_.chains[jump->to.index()].rules) {
                const OriginId o = d_.rules[element.index()].origin;
                const auto& one = c_.shadow().of(element);
                if (!o.valid() || !d_.origins[o.index()].element || one.standing != Standing::covered)
                    return std::nullopt;
                out.together.cover.insert(out.together.cover.end(), one.cover.begin(), one.cover.end());
                same = same && one.agreement == Agreement::same;
            }
        }
        if (out.together.cover.empty()) return std::nullopt;
        auto& cover = out.together.cover;
        std::sort(cover.begin(), cover.end());
        cover.erase(std::unique(cover.begin(), cover.end()), cover.end());
        std::erase_if(cover, [&](RuleId r) { return !c_.is_helper(r) && !c_.is_written(r); });
        out.together.chain = w.together.chain;
        out.together.standing = Standing::covered;
        out.together.agreement = same ? Agreement::same : Agreement::mixed;
        return out;
    }

    void never(const flow::Shadow::Written& w) {
        const auto& t = w.together;
        // The empty set, the missing object and the missing interface have a rule of their own that says it once.
        for (const RuleId r : w.rules)
            if (uses_empty_object(d_, d_.rules[r.index()]) || !c_.absent_interfaces(r).empty()) return;
        Finding f = c_.finding("EL203", d_.origins[w.origin.index()].span);
        switch (t.why) {
            case Why::callers:
                f.message = "this rule matches no packet: no call of its chain lets one through that it asks for";
                c_.relate(f, c_.shadow().of(t.chain).calls, "the chain is called for other packets only");
                break;
            case Why::surroundings:
                // What gives packets a mark or a status may be no part of this input.
                f.severity = base::Severity::note;
                f.message = "this rule matches no packet: nothing on this device gives a packet what it asks for";
                break;
            case Why::none:
            case Why::match: f.message = "this rule matches no packet: its conditions exclude each other"; break;
        }
        f.label = "can never match";
        say(std::move(f), w);
    }

    void redundant(const flow::Shadow::Written& w) {
        const auto& t = w.together;
        // `return` at the end of a chain and the final `drop` before a policy of drop are written for the reader.
        for (const RuleId r : w.rules) {
            const Rule& rule = d_.rules[r.index()];
            if (std::holds_alternative<Return>(rule.control)) return;
        }
        std::vector<RuleId> by;
        for (const RuleId r : t.same_by)
            if (!c_.is_helper(r)) by.push_back(r);
        const bool by_default = t.same_default || by.size() != t.same_by.size();
        const auto [where, several] = c_.places(by, d_.origins[w.origin.index()].span);
        if (by_default || where.empty()) return;
        Finding f = c_.finding("EL202", d_.origins[w.origin.index()].span);
        f.severity = base::Severity::note;
        f.message = fmt::format("without this rule nothing changes: {} {} the same with its packets", where,
                                several ? "do" : "does");
        f.label = "could go";
        c_.relate(f, by, "does the same with its packets");
        say(std::move(f), w);
    }

    [[nodiscard]] bool does_nothing(const flow::Shadow::Written& w) const {
        return std::all_of(w.rules.begin(), w.rules.end(), [&](RuleId r) {
            const Rule& rule = d_.rules[r.index()];
            return std::holds_alternative<Continue>(rule.control) && rule.effects.empty();
        });
    }

    void say(Finding f, const flow::Shadow::Written& w) {
        if (!c_.selected(f.rule)) return;
        const std::string key =
            fmt::format("{}|{}", d_.chains[w.together.chain.index()].name, d_.origins[w.origin.index()].text);
        c_.report(std::move(f), key);
    }

    Context& c_;
    const Device& d_;
};

}  // namespace

void dead_rules(Context& c) {
    Writer writer(c);
    for (const auto& w : c.written()) writer.write(w);
}

}  // namespace egresslint::lint::checks
