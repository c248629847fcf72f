// SPDX-License-Identifier: Apache-2.0
// One resource record from its presentation form (RFC 1035, 5.1; the types' own documents), by ldns.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "evidence/dns.hpp"

namespace egresslint::evidence {

/// Whether the mnemonic is one of a type, "TYPE257" included; any case.
[[nodiscard]] bool is_record_type(std::string_view word);
/// "5", "1h30m" (RFC 1035 has the number alone; the units are BIND's, and everybody's).
[[nodiscard]] bool is_ttl(std::string_view word);

/// `owner`: absolute, with or without the trailing dot. `rdata`: names in it are relative to `origin` unless they end
/// in a dot. An error is a clause: "the address is no IPv4 address".
[[nodiscard]] tl::expected<Record, std::string> parse_record(std::string_view owner, std::string_view type,
                                                             std::string_view rdata, std::string_view origin);
/// A name as written, made absolute and plain (domain_name.hpp).
[[nodiscard]] tl::expected<std::string, std::string> parse_name(std::string_view text, std::string_view origin);

}  // namespace egresslint::evidence
