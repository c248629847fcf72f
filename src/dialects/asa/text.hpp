// SPDX-License-Identifier: Apache-2.0
// The text of a running configuration as statements: a line is words, and what is indented below a line is its block.
//
//   object network MAIL            statement "object network MAIL" with the block
//    host 10.0.0.25                  "host 10.0.0.25"
//    nat (inside,outside) static …   "nat (inside,outside) static …"
//
// Comments (! and :), prompts, pagers and banners are no statements. Secrets are blotted out before anything is read.
#pragma once

#include <vector>

#include "base/diagnostic.hpp"
#include "base/source.hpp"
#include "families/cisco.hpp"

namespace egresslint::dialects::asa {

using families::cisco::Statement;

/// One configuration: a file can hold several, one behind the other (contexts, a support bundle).
struct Part {
    std::vector<Statement> statements;
};

/// Blots out passwords, keys, hashes, communities and certificates.
void hide_secrets(base::Sources& sources, base::FileId file);
/// Splits where another version header begins. Never fails.
[[nodiscard]] std::vector<Part> read_text(const base::Sources& sources, base::FileId file);

}  // namespace egresslint::dialects::asa
