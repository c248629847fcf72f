// SPDX-License-Identifier: Apache-2.0
// The site's own rules, --rules DIR, and whether --select and --ignore name rules that there are.
#pragma once

#include "cli/session.hpp"
#include "lint/intent.hpp"

namespace egresslint::cli {

/// Reads every *.md of the directories that --rules names into `session.site_rules`.
[[nodiscard]] Expected<void> read_site_rules(Session& session);
/// Turns names of the site's rules in --select, --extend-select and --ignore into codes; what is no code or prefix of
/// one, nor of a [[policy]], is a failure.
[[nodiscard]] Expected<void> check_selectors(Session& session, const lint::Intent& intent);

}  // namespace egresslint::cli
