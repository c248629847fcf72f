// SPDX-License-Identifier: Apache-2.0
// Every command, one line each.
#include "cli/command.hpp"
#include "report/report.hpp"

namespace egresslint::cli {
namespace {

std::vector<std::string_view> format_names() {
    std::vector<std::string_view> out;
    for (const report::Format& format : report::formats()) out.push_back(format.name);
    return out;
}

}  // namespace

const std::vector<Command>& commands() {
    constexpr unsigned judges = takes_intent | takes_rules | takes_rule_files | takes_findings;
    constexpr unsigned lints = takes_paths | judges | takes_fixes;
    static const std::vector<Command> table{
        {"check", "lint; finds egresslint.toml upward, infers what it does not say",
         lints | takes_change | takes_jobs | takes_shard | takes_evidence, format_names(), run_check},
        {"audit", "one-off audit without an intent file: assumptions, egress map, findings",
         lints | takes_jobs | takes_shard | takes_evidence, format_names(), run_audit},
        {"diff", "what a change of configurations does to flows, proven, and the findings that it brings",
         takes_versions | judges, format_names(), run_diff},
        {"baseline",
         "list what is found in egresslint-baseline.json, to be told of new findings only",
         lints | takes_jobs,
         {"text"},
         run_baseline},
        {"merge", "one report of the parts that --shard made", takes_parts | takes_findings | takes_fixes,
         format_names(), run_merge},
        {"init", "write an egresslint.toml from what is inferred", takes_paths | takes_writing, {"text"}, run_init},
        {"egress",
         "the egress map: original sources, public address, translating rule",
         takes_paths | takes_intent | takes_ports,
         {"text", "json"},
         run_egress},
        {"identity",
         "who the world takes each mail server for: PTR, HELO, SPF, MX and holder of the addresses that it sends from",
         takes_paths | takes_intent | takes_evidence,
         {"text", "json"},
         run_identity},
        {"query",
         "any flow question; status 1 when packets answer it",
         takes_paths | takes_intent | takes_expression,
         {"text", "json"},
         run_query},
        {"trace",
         "concrete packets through the model, rule by rule",
         takes_paths | takes_intent | takes_packets,
         {"text", "jsonl"},
         run_trace},
        {"matrix",
         "who can open a connection to whom: classes of addresses and the allowed pairs",
         takes_paths | takes_intent | takes_ports | takes_service,
         {"text", "json", "jsonl"},
         run_matrix},
        {"model", "the vendor-neutral model", takes_paths | takes_intent | takes_after, {"json", "text"}, run_model},
        {"rules", "the list of rules", takes_rule_files, {"text", "json"}, run_rules},
        {"explain", "one rule's page: why, example, fix", takes_code | takes_rule_files, {"text", "json"}, run_explain},
        {"config",
         "verify: whether egresslint.toml reads, and what it names is there",
         takes_config | takes_rule_files,
         {"text"},
         run_config},
        {"completions", "a script for bash, zsh or fish, to complete words", takes_shell, {"text"}, run_completions},
    };
    return table;
}

}  // namespace egresslint::cli
