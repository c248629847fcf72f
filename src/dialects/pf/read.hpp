// SPDX-License-Identifier: Apache-2.0
// pf.conf of OpenBSD (4.7 and later: match, nat-to, rdr-to) and of FreeBSD (nat, rdr, binat), and what pfctl -sr
// prints.
#pragma once

#include "dialects/dialect.hpp"

namespace egresslint::dialects::pf {

[[nodiscard]] Evidence detect(std::string_view text);
[[nodiscard]] Read read(base::Sources& sources, const std::vector<Input>& inputs, base::Diagnostics& diagnostics);

inline constexpr Dialect dialect{"pf", "#", detect, read};

}  // namespace egresslint::dialects::pf
