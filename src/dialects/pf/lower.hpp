// SPDX-License-Identifier: Apache-2.0
// From rules to the model, on families/pf.
#pragma once

#include "dialects/pf/rules.hpp"
#include "model/builder.hpp"

namespace egresslint::dialects::pf {

[[nodiscard]] model::Device lower(const base::Sources& sources, const Ruleset& rules, std::string name,
                                  base::Diagnostics& diagnostics);

}  // namespace egresslint::dialects::pf
