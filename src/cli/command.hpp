// SPDX-License-Identifier: Apache-2.0
// A command is a row of a table: its name, which groups of options it takes, and what it does. One file a command.
#pragma once

#include <string_view>
#include <vector>

#include "cli/session.hpp"

namespace egresslint::cli {

/// Groups of options, so that the same thing is spelt alike in every command.
enum Takes : unsigned {
    takes_paths = 1u << 0,        ///< PATH…, --dialect, --stdin-filename, includes, ip dumps, --live, --via-kernel
    takes_intent = 1u << 1,       ///< --config, --isolated
    takes_rules = 1u << 2,        ///< --select, --ignore, suppressions
    takes_findings = 1u << 3,     ///< --fail-on, --exit-zero, --min-certainty, --statistics, --output
    takes_expression = 1u << 4,   ///< query's EXPR
    takes_packets = 1u << 5,      ///< trace's --packets
    takes_ports = 1u << 6,        ///< --dport of egress and matrix
    takes_code = 1u << 7,         ///< explain's CODE
    takes_after = 1u << 8,        ///< model's --after
    takes_rule_files = 1u << 12,  ///< --rules DIR
    takes_service = 1u << 9,      ///< matrix' --path, --proto, --sport, --unknown, --family
    takes_change = 1u << 14,      ///< check's --changed
    takes_config = 1u << 15,      ///< config's ACTION, --config
    takes_shell = 1u << 16,       ///< completions' SHELL
    takes_versions = 1u << 17,    ///< diff's BASE HEAD, --git
    takes_fixes = 1u << 18,       ///< --fix, --diff, --baseline
    takes_jobs = 1u << 21,        ///< --jobs
    takes_shard = 1u << 22,       ///< --shard, and the format "part" of --output
    takes_parts = 1u << 23,       ///< merge's FILE…
    takes_evidence = 1u << 24,    ///< --live-dns, --live-dnsbl, --live-smtp
    takes_writing = 1u << 20,     ///< --force, --stdout of init
};

struct Command {
    std::string_view name;
    std::string_view summary;
    unsigned takes = 0;
    std::vector<std::string_view> formats;  ///< what --format accepts; the first is the default
    Expected<int> (*run)(Session&) = nullptr;
};

[[nodiscard]] const std::vector<Command>& commands();

Expected<int> run_check(Session& session);
Expected<int> run_audit(Session& session);
Expected<int> run_baseline(Session& session);
Expected<int> run_merge(Session& session);
Expected<int> run_identity(Session& session);
Expected<int> run_init(Session& session);
Expected<int> run_egress(Session& session);
Expected<int> run_trace(Session& session);
Expected<int> run_query(Session& session);
Expected<int> run_matrix(Session& session);
Expected<int> run_model(Session& session);
Expected<int> run_rules(Session& session);
Expected<int> run_explain(Session& session);
Expected<int> run_diff(Session& session);
Expected<int> run_config(Session& session);
Expected<int> run_completions(Session& session);

}  // namespace egresslint::cli
