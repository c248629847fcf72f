// SPDX-License-Identifier: Apache-2.0
// The text of a running configuration as statements:
//
//   interface GigabitEthernet0/0       statement with the block
//    ip address 203.0.113.2 …            "ip address 203.0.113.2 …"
//    ip nat outside                      "ip nat outside"
//
// Comments (!), prompts, pagers, banners and certificates are no statements. Secrets are blotted out before anything is
// read.
#pragma once

#include <vector>

#include "base/source.hpp"
#include "families/cisco.hpp"

namespace egresslint::dialects::ios {

using families::cisco::Statement;

/// Blots out passwords, keys, hashes, communities and certificates.
void hide_secrets(base::Sources& sources, base::FileId file);
/// Never fails.
[[nodiscard]] std::vector<Statement> read_text(const base::Sources& sources, base::FileId file);

}  // namespace egresslint::dialects::ios
