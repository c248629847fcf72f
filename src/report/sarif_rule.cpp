// SPDX-License-Identifier: Apache-2.0
// Which properties GitHub's code scanning shows, and their limits: github/docs, "SARIF support for code scanning".
#include "report/sarif_rule.hpp"

#include "lint/rule_file.hpp"
#include "report/escape.hpp"
#include "report/sentences.hpp"

namespace egresslint::report {
namespace {

constexpr std::size_t longest_description = 1024;

const lint::RuleFile* rule_file(const std::string& code, const Context& context) {
    if (const lint::RuleFile* rule = lint::find_rule(code)) return rule;
    return context.site_rules == nullptr ? nullptr : lint::find_rule(code, *context.site_rules);
}

/// The text below a head of a rule's page, on one line.
std::string section(std::string_view page, std::string_view head) {
    const std::string wanted = "\n## " + std::string(head) + "\n";
    const std::size_t at = page.find(wanted);
    if (at == std::string_view::npos) return "";
    std::string_view text = page.substr(at + wanted.size());
    text = text.substr(0, text.find("\n## "));
    std::string out;
    for (const char c : text) {
        const bool blank = c == '\n' || c == ' ';
        if (!blank)
            out += c;
        else if (!out.empty() && out.back() != ' ')
            out += ' ';
    }
    while (!out.empty() && out.back() == ' ') out.pop_back();
    return out;
}

/// What a rule is about, by the hundred of its code. Other codes are a site's own.
std::string_view subject(const std::string& code) {
    if (code.starts_with("EL1") || code.starts_with("EL3")) return "mail";
    if (code.starts_with("EL2")) return "hygiene";
    return code.starts_with("EL9") ? "input" : "policy";
}

struct Level {
    std::string_view level, problem, security;
};
Level level_of(base::Severity severity) {
    switch (severity) {
        case base::Severity::error: return {"error", "error", "8.1"};
        case base::Severity::warning: return {"warning", "warning", "5.0"};
        case base::Severity::note: break;
    }
    return {"note", "recommendation", "2.0"};
}

/// `proven`: all of the rule's results are.
Json descriptor(const lint::Finding& finding, bool proven, const Context& context) {
    const lint::RuleFile* rule = rule_file(finding.rule, context);
    const base::Severity severity = rule == nullptr ? finding.severity : rule->severity;
    const std::string name = escaped(rule == nullptr ? finding.name : rule->name);
    const std::string about = rule != nullptr && !rule->summary.empty() ? rule->summary : sentence(finding.message);
    const std::string why = rule == nullptr ? "" : section(rule->page, "Why is this bad");
    const std::string page = rule != nullptr && !rule->page.empty() ? rule->page : sentence(about);

    Json out{{"id", finding.rule}};
    if (!name.empty()) out["name"] = name;
    out["shortDescription"] = Json{{"text", shortened_to(escaped(about), longest_description)}};
    out["fullDescription"] = Json{{"text", shortened_to(escaped(why.empty() ? about : why), longest_description)}};
    out["help"] = Json{{"text", page}, {"markdown", page}};
    const Level level = level_of(severity);
    out["defaultConfiguration"] = Json{{"level", level.level}};
    const std::string_view on = subject(finding.rule);
    const bool security = on == "mail" || on == "policy";
    Json tags = Json::array({on});
    if (security) tags.push_back("security");
    Json properties{
        {"tags", std::move(tags)}, {"precision", proven ? "very-high" : "medium"}, {"problem.severity", level.problem}};
    // With it an alert is one of security; a rule that never acts or an input that was not understood is none.
    if (security) properties["security-severity"] = level.security;
    out["properties"] = std::move(properties);
    return out;
}

}  // namespace

SarifRules::SarifRules(const std::vector<const lint::Finding*>& findings, const Context& context) {
    struct Seen {
        const lint::Finding* first = nullptr;
        bool proven = true;
    };
    std::map<std::string, Seen> rules;
    for (const lint::Finding* finding : findings) {
        Seen& seen = rules[finding->rule];
        if (seen.first == nullptr) seen.first = finding;
        seen.proven = seen.proven && finding->certainty == lint::Certainty::proven;
    }
    for (const auto& [code, seen] : rules) {
        index_[code] = json_.size();
        json_.push_back(descriptor(*seen.first, seen.proven, context));
    }
}

}  // namespace egresslint::report
