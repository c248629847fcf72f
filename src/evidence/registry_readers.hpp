// SPDX-License-Identifier: Apache-2.0
// One function a format. Inside this room only; the door is registry.hpp.
#pragma once

#include "evidence/registry.hpp"

namespace egresslint::evidence {

void read_rdap(const base::Sources& sources, base::FileId file, Registry& out, base::Diagnostics& diagnostics);
void read_whois(const base::Sources& sources, base::FileId file, Registry& out, base::Diagnostics& diagnostics);

/// ARIN's answer where several networks hold an address: "Example Net EXAMPLE (NET-192-0-2-0-1) 192.0.2.0 -
/// 192.0.2.255"
[[nodiscard]] bool short_arin_line(std::string_view line);

/// "192.0.2.0 - 192.0.2.255", "2001:db8::/32", or LACNIC's "200.1/16"; false for anything else.
[[nodiscard]] bool set_range(std::string_view text, Registration& registration);

}  // namespace egresslint::evidence
