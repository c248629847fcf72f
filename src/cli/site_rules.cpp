// SPDX-License-Identifier: Apache-2.0
#include "cli/site_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/io.hpp"
#include "cli/paths.hpp"

namespace egresslint::cli {
namespace fs = std::filesystem;
namespace {

base::Span span_of(const base::Sources& sources, base::FileId file, const lint::RuleFileError& error) {
    if (error.end > error.begin)
        return {file, static_cast<std::uint32_t>(error.begin), static_cast<std::uint32_t>(error.end)};
    // The line, without its end.
    const std::string_view line = sources.line(file, std::max(1u, error.line));
    const auto begin = line.data() == nullptr ? 0 : static_cast<std::uint32_t>(line.data() - sources.text(file).data());
    return {file, begin, begin + static_cast<std::uint32_t>(std::max<std::size_t>(1, line.size()))};
}

/// Alphabetical; README.md is about the rules and none of them.
Expected<std::vector<std::string>> rule_files(const std::string& directory) {
    std::error_code error;
    std::vector<std::string> paths;
    for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error)) {
        const std::string name = at->path().filename().string();
        if (at->path().extension() == ".md" && name != "README.md" && name.front() != '.')
            paths.push_back(at->path().string());
    }
    if (error)
        return tl::unexpected(
            failure(Status::config, fmt::format("--rules {}: {}", shown_path(directory), error.message())));
    if (paths.empty())
        return tl::unexpected(
            failure(Status::config, fmt::format("--rules {}: no rule file, *.md, is there", shown_path(directory))));
    std::sort(paths.begin(), paths.end());
    return paths;
}

}  // namespace

Expected<void> read_site_rules(Session& session) {
    std::vector<report::Problem> problems;
    for (const std::string& directory : session.options.rule_directories) {
        const auto paths = rule_files(directory);
        if (!paths) return tl::unexpected(paths.error());
        for (const std::string& path : *paths) {
            auto text = base::read_file(path);
            if (!text)
                return tl::unexpected(
                    failure(Status::config, fmt::format("{}: {}", shown_path(path), text.error().message)));
            const base::FileId file = session.sources.add(shown_path(path), std::move(*text));
            auto rule = lint::parse_rule_file(shown_path(path), session.sources.text(file), lint::Whose::site);
            if (!rule) {
                problems.push_back({rule.error().message, span_of(session.sources, file, rule.error()), {}});
                continue;
            }
            lint::RuleFileError twice{rule->path, 1, ""};
            for (const lint::RuleFile& other : session.site_rules)
                if (other.code == rule->code || other.name == rule->name)
                    twice.message = fmt::format("{} has this code or name already", other.path);
            if (lint::find_rule(rule->name) != nullptr)
                twice.message = fmt::format("\"{}\" is the name of a rule of egresslint", rule->name);
            if (!twice.message.empty())
                problems.push_back({twice.message, span_of(session.sources, file, twice), {}});
            else
                session.site_rules.push_back(std::move(*rule));
        }
    }
    if (!problems.empty()) return tl::unexpected(Failure{Status::config, std::move(problems)});
    return {};
}

Expected<void> check_selectors(Session& session, const lint::Intent& intent) {
    for (const lint::Policy& policy : intent.policies)
        if (lint::find_rule(policy.code, session.site_rules) != nullptr)
            return tl::unexpected(
                failure(Status::config, fmt::format("{} is the code of a rule of --rules", policy.code), policy.span));
    const auto check = [&](std::string_view option, std::vector<std::string>& words) -> std::string {
        for (std::string& word : words) {
            const auto begins = [&](const auto& rule) { return rule.code.starts_with(word); };
            if (const lint::RuleFile* rule = lint::find_rule(word, session.site_rules))
                word = rule->code;
            else if (std::none_of(lint::rules().begin(), lint::rules().end(), begins) &&
                     std::none_of(session.site_rules.begin(), session.site_rules.end(), begins) &&
                     std::none_of(intent.policies.begin(), intent.policies.end(), begins)) {
                std::string near = lint::nearest_rule(word, session.site_rules);
                if (near.empty()) near = lint::nearest_rule(word);
                return fmt::format(
                    "{}: no such rule '{}'{}", option, word,
                    near.empty() ? "; `egresslint rules` lists them" : fmt::format("; did you mean '{}'?", near));
            }
        }
        return "";
    };
    std::string problem = check("--select", session.options.select);
    if (problem.empty()) problem = check("--extend-select", session.options.extend_select);
    if (problem.empty()) problem = check("--ignore", session.options.ignore);
    if (!problem.empty()) return tl::unexpected(failure(Status::usage, problem));
    return {};
}

}  // namespace egresslint::cli
