// SPDX-License-Identifier: Apache-2.0
// Chains of identity as a table, with a mark at each link that breaks, and as JSON.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/source.hpp"
#include "lint/finding.hpp"
#include "lint/identity.hpp"
#include "report/style.hpp"

namespace egresslint::report {

[[nodiscard]] bool is_broken(const lint::IdentityChain& chain);
[[nodiscard]] std::string identity_text(const std::vector<lint::IdentityChain>& chains, const lint::Report& report,
                                        const base::Sources& sources, const Style& style);
/// {"schema": 1, "status": …, "chains": [{"device", "server", "family", "address", "certainty", "links": [{"kind",
/// "value", "state", "rule", "because", "location"}]}]}; `address` null: the links are about the server as a whole.
[[nodiscard]] std::string identity_json(const std::vector<lint::IdentityChain>& chains, const base::Sources& sources,
                                        std::string_view status);

}  // namespace egresslint::report
