// SPDX-License-Identifier: Apache-2.0
// What a service policy does to connections: `inspect esmtp` (before that `fixup protocol smtp`) takes part in the
// dialogue; `police` and the limits of `set connection` bound how many there are.
// Sources: Firewall CLI Configuration Guide 9.x, "SMTP and Extended SMTP Inspection", defaults: the server's banner is
// masked, STARTTLS is removed, other commands are replaced; "Default Inspections": TCP 25. Command Reference 6.3,
// "fixup protocol": port 25 unless told.
#include <charconv>

#include "dialects/asa/lower.hpp"
#include "dialects/asa/surroundings.hpp"

namespace egresslint::dialects::asa {
namespace {

using model::ExprId;
using model::Field;

class Inspections {
public:
    Inspections(Context& x, const Config& c, Surroundings& around) : x_(x), b_(x.b), c_(c), around_(around) {}

    void run() {
        for (const Statement* fixup : c_.fixups) {
            const std::string_view ports = fixup->word(3);
            add(*fixup, b_.yes(), b_.dport(ports.empty() ? IntervalSet::single(25) : range(ports)));
        }
        for (const Statement* service : c_.service_policies) {
            const auto policy = c_.policy_maps.find(service->word(1));
            if (policy == c_.policy_maps.end()) {
                x_.incomplete(service->span, "there is no policy-map " + std::string(service->word(1)),
                              base::Influence::nothing);
                continue;
            }
            ExprId where = b_.yes();
            if (service->word(2) == "interface")
                where = b_.either({around_.in(service->word(3)), around_.out(service->word(3))});
            std::string_view in_class;
            for (const Statement& line : policy->second->block) {
                if (line.words[0] == "class") in_class = line.word(1);
                if (line.words[0] == "inspect" && (line.word(1) == "esmtp" || line.word(1) == "smtp"))
                    add(line, where, of_class(in_class, line));
                if (limits(line)) limit(line, where, of_class(in_class, line));
            }
        }
        if (limits_.valid())
            b_.stage("connection limits", model::Label::classify, around_.forwarded(), limits_, model::Verdict::accept);
        if (chain_.valid())
            b_.stage("inspect esmtp", model::Label::classify, around_.forwarded(), chain_, model::Verdict::accept);
    }

private:
    void add(const Statement& s, ExprId where, ExprId what) {
        if (!chain_.valid()) chain_ = b_.chain("inspect esmtp");
        model::Rule rule;
        rule.match = b_.all({where, b_.proto(6), what});
        rule.effects.emplace_back(model::Inspected{});
        rule.control = model::Decide{model::Verdict::accept, {}, true};
        b_.rule(chain_, std::move(rule), s.span, s.text());
    }

    /// A limit of 0 is none. Command Reference, "set connection", "police". embryonic-conn-max is about connections
    /// that never come about: it slows nobody down who completes them, as whoever sends mail does.
    static bool limits(const Statement& s) {
        if (s.words[0] == "police") return true;
        if (s.words[0] != "set" || s.word(1) != "connection") return false;
        for (std::size_t i = 2; i + 1 < s.words.size(); ++i)
            if ((s.word(i) == "conn-max" || s.word(i) == "per-client-max") && s.word(i + 1) != "0") return true;
        return false;
    }
    void limit(const Statement& s, ExprId where, ExprId what) {
        if (!limits_.valid()) limits_ = b_.chain("connection limits");
        model::Rule rule;
        rule.match = b_.all({where, b_.proto(6), what});
        rule.effects.emplace_back(model::Limited{});
        b_.rule(limits_, std::move(rule), s.span, s.text());
    }

    /// "25", "25-30"; every port where it is no range, so that nothing is missed.
    static IntervalSet range(std::string_view text) {
        const auto number = [](std::string_view word) {
            unsigned out = 65536;
            std::from_chars(word.data(), word.data() + word.size(), out);
            return word == "smtp" ? 25u : out;
        };
        const std::size_t dash = text.find('-');
        const unsigned first = number(text.substr(0, dash));
        const unsigned last = dash == std::string_view::npos ? first : number(text.substr(dash + 1));
        if (first > last || last > 65535) return IntervalSet::range(0, 65535);
        return IntervalSet::range(first, last);
    }

    /// What a class map holds; what it matches otherwise is a predicate.
    ExprId of_class(std::string_view name, const Statement& s) {
        if (name == "inspection_default" || name == "class-default") return smtp();
        const auto found = c_.class_maps.find(name);
        if (found == c_.class_maps.end()) {
            // EL206 names it; which packets it would hold, nobody knows.
            (void)b_.use("class-map", name, s.span);
            return b_.unknown(b_.predicate("class-map " + std::string(name) + ": not defined",
                                           model::PredicateKind::packet, Field::proto));
        }
        std::vector<ExprId> all;
        for (const Statement& line : found->second->block) {
            if (line.words[0] != "match") continue;
            if (line.word(1) == "default-inspection-traffic" || line.word(1) == "any")
                all.push_back(smtp());
            else if (line.word(1) == "port" && line.word(2) == "tcp" && line.word(3) == "eq")
                all.push_back(b_.dport(range(line.word(4))));
            else if (line.word(1) == "port" && line.word(2) == "tcp" && line.word(3) == "range")
                all.push_back(b_.dport(range(std::string(line.word(4)) + "-" + std::string(line.word(5)))));
            else
                all.push_back(b_.unknown(b_.predicate("class-map " + std::string(name) + ": " + line.text(),
                                                      model::PredicateKind::packet, Field::proto)));
        }
        return b_.all(all);
    }
    /// The engine looks at port 25 unless a class names others.
    ExprId smtp() { return b_.dport(IntervalSet::single(25)); }

    Context& x_;
    model::Builder& b_;
    const Config& c_;
    Surroundings& around_;
    model::ChainId chain_, limits_;
};

}  // namespace

void inspect_stage(Context& context, const Config& config, Surroundings& around) {
    Inspections(context, config, around).run();
}

}  // namespace egresslint::dialects::asa
