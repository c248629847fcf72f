// SPDX-License-Identifier: Apache-2.0
// EL9xx: what the answer hangs on. A construct that was not read is an error when some table of this run depends on it
// or when nobody can tell, else a note; the same for missing inputs; a guess that carries the answer is named.
#include <fmt/format.h>

#include <algorithm>

#include "lint/device_check.hpp"

namespace egresslint::lint {

using namespace model;

void DeviceCheck::bookkeeping(const std::function<bool(std::string_view)>& selected) {
    using Kind = base::Diagnostic::Kind;
    // Predicates that some row of some table depends on.
    std::set<std::uint32_t> support;
    const bool needed = std::any_of(p_.diagnostics.begin(), p_.diagnostics.end(),
                                    [](const base::Diagnostic& d) { return d.predicate >= 0; });
    if (needed)
        for (auto& e : families_)
            for (const auto& table : e->tables())
                for (const flow::Row& row : table->flows.rows)
                    for (const PredicateId id : e->analysis().predicates_of(row.headers)) {
                        support.insert(id.value);
                        // Diagnostics know the question as it was read, not the versions that resolve made of it.
                        if (const auto of = p_.device.predicates[id.index()].version_of; of.valid())
                            support.insert(of.value);
                    }

    const auto add = [&](std::string code, std::string name, base::Severity severity, std::string message,
                         base::Span span, std::string label, std::string help) {
        if (!selected(code)) return;
        Finding f;
        f.rule = std::move(code);
        f.name = std::move(name);
        f.severity = severity;
        f.device = p_.device.name;
        f.message = std::move(message);
        f.span = span;
        f.label = std::move(label);
        f.help = std::move(help);
        stamp(f, fmt::format("{}|{}", f.message, span.valid() ? sources_.text(span) : std::string_view{}));
        findings_.push_back(std::move(f));
    };

    std::set<std::string> said;
    for (const base::Diagnostic& d : p_.diagnostics) {
        const bool inert = d.influence == base::Influence::nothing;
        const bool matters = d.predicate >= 0 ? support.contains(static_cast<std::uint32_t>(d.predicate)) : !inert;
        const base::Severity severity = matters ? base::Severity::error : base::Severity::note;
        if (d.kind == Kind::not_understood) {
            add("EL901", "construct-not-understood", severity, d.message, d.span, "",
                matters ? "both outcomes were followed; findings and their absence hang on it"
                        : "it cannot change a verdict of this run");
        } else if (d.kind == Kind::incomplete) {
            // Without a place it is about dumps that nobody gave. The assumptions say so already; it is worth an error
            // only where a finding would be certain with them.
            if (!d.span.valid() && d.predicate >= 0) {
                if (!decisive_.contains(static_cast<std::uint32_t>(d.predicate)) || !said.insert(d.message).second)
                    continue;
            }
            add("EL903", "input-incomplete", severity, d.message, d.span, "",
                matters ? "" : "it cannot change a verdict of this run");
        } else if (d.kind == Kind::lint && !d.code.empty()) {
            const RuleFile* rule = find_rule(d.code);
            add(d.code, rule != nullptr ? rule->name : "", rule != nullptr ? rule->severity : base::Severity::warning,
                d.message, d.span, "", rule != nullptr ? rule->help : "");
        } else {
            continue;
        }
        for (const base::Note& note : d.notes)
            if (!findings_.empty()) findings_.back().related.push_back({note.span, note.text});
    }
    for (const std::string& what : too_large_)
        add("EL903", "input-incomplete", base::Severity::error,
            fmt::format("the analysis exceeds its budget ({}); this part has no answer", what), {}, "",
            "ask a narrower question, or raise the budget");
    for (const std::string& violation : p_.violations)
        add("EL901", "construct-not-understood", base::Severity::error,
            "internal: the model breaks a contract: " + violation + "; please report this", {}, "", "");
    if (p_.network.external.empty())
        add("EL903", "input-incomplete", base::Severity::error,
            "no interface is known to face the internet, so nothing can be said about mail that leaves", {}, "",
            "declare `external` for the device in egresslint.toml");

    // Guesses that carry everything: which interface is outside, and hosts known by their name only.
    for (const Assumption& a : p_.assumptions) {
        if (!a.guessed) continue;
        const bool outside = a.what.find("the internet") != std::string::npos;
        const bool server = a.what.starts_with("mail server ");
        if (!outside && !server) continue;
        add("EL902", "assumption-decisive", base::Severity::error,
            fmt::format("the findings of this run, and what it does not find, hang on the guess that {}: {}",
                        server ? a.what.substr(12) + " is a mail server" : a.what, a.because),
            a.span, "",
            outside ? "declare `external` for the device in egresslint.toml, or give its routes"
                    : "declare it as [[mail_server]] in egresslint.toml");
    }
}

}  // namespace egresslint::lint
