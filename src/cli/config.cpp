// SPDX-License-Identifier: Apache-2.0
// `egresslint config verify`: whether the intent file reads, and whether what it names is there. No configuration is
// read; every mistake is shown, not the first alone.
#include <fmt/format.h>

#include "cli/change.hpp"
#include "cli/command.hpp"
#include "cli/inputs.hpp"
#include "cli/paths.hpp"
#include "lint/rule_file.hpp"
#include "lint/suggest.hpp"
#include "report/escape.hpp"

namespace egresslint::cli {
namespace {

class Verifier {
public:
    explicit Verifier(const lint::Intent& intent) : intent_(intent) {}

    void files(const std::vector<std::string>& patterns, base::Span span) {
        std::vector<std::string> paths;
        for (const std::string& pattern : patterns)
            if (!pattern.empty()) paths.push_back(beside(intent_, pattern));
        for (const std::string& path : paths) {
            auto found = expand(base::disk(), {path}, Status::config);
            if (!found) {
                wrong(found.error().problems.front().message, span);
                continue;
            }
            for (const NamedFile& file : *found) {
                if (real_path(file.path).empty())
                    wrong(fmt::format("{}: there is no such file", file.shown), span);
                else
                    ++count_;
            }
        }
    }
    void dialect(const std::string& name, base::Span span) {
        if (name.empty() || dialects::find(name) != nullptr) return;
        std::vector<std::string_view> known;
        for (const dialects::Dialect& dialect : dialects::all()) known.push_back(dialect.name);
        const std::string near = lint::nearest(name, known);
        wrong(fmt::format("there is no dialect '{}'{}", name,
                          near.empty() ? "" : fmt::format("; did you mean '{}'?", near)),
              span);
    }
    void rule(const std::string& code, const std::vector<lint::RuleFile>& site, base::Span span) {
        if (lint::find_rule(code) != nullptr || lint::find_rule(code, site) != nullptr) return;
        for (const lint::Policy& policy : intent_.policies)
            if (policy.code == code) return;
        const std::string near = lint::nearest_rule(code);
        wrong(
            fmt::format("there is no rule '{}'{}", code, near.empty() ? "" : fmt::format("; did you mean '{}'?", near)),
            span);
    }
    [[nodiscard]] std::vector<report::Problem>& problems() { return problems_; }
    [[nodiscard]] std::size_t count() const { return count_; }

private:
    void wrong(std::string message, base::Span span) { problems_.push_back({std::move(message), span, {}}); }

    const lint::Intent& intent_;
    std::vector<report::Problem> problems_;
    std::size_t count_ = 0;
};

std::string counted(std::size_t n, std::string_view one, std::string_view several) {
    return fmt::format("{} {}", n, n == 1 ? one : several);
}

Expected<int> verify(Session& session) {
    const auto intent = read_intent_file(session, IntentSearch::upward);
    if (!intent) return tl::unexpected(intent.error());
    if (!intent->declared)
        return tl::unexpected(
            failure(Status::config, "there is no egresslint.toml here or above; `egresslint init` writes one"));
    Verifier verifier(*intent);
    for (const lint::DeviceIntent& device : intent->devices) {
        verifier.files(device.config, device.span);
        verifier.files({device.addresses, device.routes, device.rules}, device.span);
        verifier.dialect(device.dialect, device.span);
    }
    for (const auto* evidence : {&intent->evidence.zones, &intent->evidence.mta, &intent->evidence.registry})
        verifier.files(*evidence, {});
    for (const lint::Allow& allow : intent->allows) verifier.rule(allow.rule, session.site_rules, allow.span);
    if (!verifier.problems().empty()) return tl::unexpected(Failure{Status::config, std::move(verifier.problems())});
    if (session.options.quiet) return 0;
    if (!session.print(fmt::format("{}: {} with {}, {}, {}\n", report::escaped(intent->path),
                                   counted(intent->devices.size(), "device", "devices"),
                                   counted(verifier.count(), "file", "files"),
                                   counted(intent->mail_servers.size(), "mail server", "mail servers"),
                                   counted(intent->policies.size(), "policy", "policies"))))
        return tl::unexpected(failure(Status::unreadable, "standard output could not be written"));
    return 0;
}

}  // namespace

Expected<int> run_config(Session& session) {
    const std::string& action = session.options.action;
    if (action == "verify") return verify(session);
    return tl::unexpected(
        failure(Status::usage, action.empty() ? "config needs what to do; it knows: verify"
                                              : fmt::format("config: no such action '{}'; it knows: verify", action)));
}

}  // namespace egresslint::cli
