// SPDX-License-Identifier: Apache-2.0
// The evidence of a run: files that `[evidence]` names, files among those given that are no configuration of a
// firewall, and, with --live-…, what a resolver answers.
#pragma once

#include <string>

#include "cli/inputs.hpp"

namespace egresslint::cli {

/// "dns: zone file", "mta: main.cf of Postfix", "registry: RDAP answer"; "" for a text that is no evidence.
[[nodiscard]] std::string evidence_kind(std::string_view text);
/// Whether the run has evidence, before any of it is read: the intent file or the options say so.
[[nodiscard]] bool asks_for_evidence(const Options& options, const lint::Intent& intent);
/// Files of `[evidence]`, by their paths.
[[nodiscard]] Expected<std::vector<std::string>> evidence_paths(const Session& session, const lint::Intent& intent);
/// Reads all of it into `inputs.evidence`; nothing where there is none.
[[nodiscard]] Expected<void> read_evidence(Session& session, Inputs& inputs);

}  // namespace egresslint::cli
