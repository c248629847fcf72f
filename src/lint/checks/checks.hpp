// SPDX-License-Identifier: Apache-2.0
// Rules that are code and not a query: hygiene (EL2xx). One row of a table for each file of this folder; the door is
// `run`. What the rules know about dead and needless rules comes from flow::Shadow, made once when the first one asks.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "flow/shadow.hpp"
#include "lint/device_check.hpp"
#include "lint/finding.hpp"
#include "lint/intent.hpp"
#include "lint/prepare.hpp"

namespace egresslint::lint::checks {

/// Where a stage stands on the way of a packet, read off its guard; `other` where several apply (before routing).
enum class Path : std::uint8_t { forwarded, to_device, from_device, other };
[[nodiscard]] Path path_of(const model::Device& device, const model::Stage& stage);
/// The stage may see packets of the family.
[[nodiscard]] bool sees(const model::Device& device, const model::Stage& stage, base::Family family);

/// A stage that accepts what its chain does not decide, as a rule of its own for every family: dead, where the chain
/// leaves nothing.
struct Default {
    model::StageId stage;
    Path path = Path::other;
    base::Family family = base::Family::v4;
    model::RuleId rule;  ///< of Context::extended
};

/// Every part of a match, itself included.
template <class Visit>
void each_part(const model::Device& device, model::ExprId match, const Visit& visit) {
    std::vector<model::ExprId> todo{match};
    while (!todo.empty()) {
        const auto& is = device.exprs[todo.back().index()].is;
        todo.pop_back();
        visit(is);
        if (const auto* n = std::get_if<model::Not>(&is)) todo.push_back(n->e);
        if (const auto* a = std::get_if<model::And>(&is)) todo.insert(todo.end(), a->e.begin(), a->e.end());
        if (const auto* o = std::get_if<model::Or>(&is)) todo.insert(todo.end(), o->e.begin(), o->e.end());
    }
}

class Context {
public:
    using Selected = std::function<bool(std::string_view)>;
    Context(DeviceCheck& check, const Prepared& prepared, const Intent& intent, const base::Sources& sources,
            const Options& options, const Selected& selected);

    /// The device with the helpers behind its own rules: `defaults`, and `complement` of translating rules.
    [[nodiscard]] const model::Device& extended();
    [[nodiscard]] flow::Shadow& shadow();
    [[nodiscard]] const std::vector<flow::Shadow::Written>& written();
    [[nodiscard]] const std::vector<Default>& defaults();
    /// A rule that matches what `rule` does not; invalid where there are too many translations.
    [[nodiscard]] model::RuleId complement(model::RuleId rule);
    [[nodiscard]] bool is_helper(model::RuleId rule) const { return rule.index() >= device.rules.size(); }

    /// Written by people, with a place to point at, and not an element of a map.
    [[nodiscard]] bool is_written(model::RuleId rule) const;
    [[nodiscard]] bool is_translation(model::RuleId rule) const;
    /// Names of interfaces that the rule compares with and that the complete list of interfaces lacks.
    [[nodiscard]] std::vector<std::string> absent_interfaces(model::RuleId rule) const;
    /// Where rules stand, as a subject of a sentence: "line 14", "lines 14, 16, 18 and 3 more"; with the file where it
    /// is not the one that the sentence is about: "other.nft:14". Rules at one place count once.
    struct Places {
        std::string text;  ///< "" if none has a place
        bool several = false;
    };
    [[nodiscard]] Places places(const std::vector<model::RuleId>& rules, base::Span about) const;
    /// One further place for each rule, eight at most.
    void relate(Finding& finding, const std::vector<model::RuleId>& rules, const std::string& label) const;

    /// A packet that acts on the rule (or, for a default, that no rule decides), and how it fares; none if none is
    /// found.
    void show_packet(Finding& finding, model::RuleId rule);

    /// With name, severity and help of the rule file.
    [[nodiscard]] Finding finding(std::string_view code, base::Span span) const;
    /// `key`: what the finding is about, free of line numbers.
    void report(Finding finding, std::string_view key);

    const Prepared& prepared;
    const model::Device& device;
    const Intent& intent;
    const base::Sources& sources;
    const Options& options;
    const Selected& selected;

private:
    void extend();

    DeviceCheck& check_;
    std::optional<model::Device> extended_;
    std::vector<Default> defaults_;
    std::vector<std::pair<model::RuleId, model::RuleId>> complements_;
    std::optional<flow::Shadow> shadow_;
    std::optional<std::vector<flow::Shadow::Written>> written_;
    std::vector<std::pair<model::SetId, std::string>> absent_;
};

struct Check {
    std::vector<std::string_view> codes;
    /// Asks flow::Shadow, whose time grows with the rules.
    bool needs_shadow = false;
    void (*run)(Context&) = nullptr;
};
[[nodiscard]] std::span<const Check> table();

/// Beyond so many rules the checks that need flow::Shadow run only if they are selected by code; a finding says so.
inline constexpr std::size_t most_rules_unasked = 20'000;

/// Every selected check of the table over one device.
void run(DeviceCheck& check, const Prepared& prepared, const Intent& intent, const base::Sources& sources,
         const Options& options, const Context::Selected& selected);

// -- the files of this folder, one function each
void dead_rules(Context&);                ///< EL201, EL202, EL203, EL209
void chains(Context&);                    ///< EL204
void objects(Context&);                   ///< EL205, EL206, EL212, EL213
void accepts(Context&);                   ///< EL207, EL208
void overlapping_translations(Context&);  ///< EL210
void interfaces(Context&);                ///< EL211
void disabled_rules(Context&);            ///< EL214
void foreign_addresses(Context&);         ///< EL215

}  // namespace egresslint::lint::checks
