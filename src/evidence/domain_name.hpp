// SPDX-License-Identifier: Apache-2.0
// Domain names as this room writes them: lower case (RFC 4343), without the trailing dot, other bytes escaped as RFC
// 1035, 5.1 has it; the root is "".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.hpp"

namespace egresslint::evidence {

/// "Mail.Example.COM." -> "mail.example.com". Shape only: nothing is checked.
[[nodiscard]] std::string plain_name(std::string_view text);
/// Labels of at most 63 bytes of letters, digits, hyphens and underscores, 253 bytes in all (RFC 1035, 2.3.4).
[[nodiscard]] bool is_domain_name(std::string_view name);
/// The same without underscores and without hyphens at the ends of labels: a host (RFC 1123, 2.1).
[[nodiscard]] bool is_host_name(std::string_view name);
/// "mail.example.com" -> "example.com"; "com" -> "". Escaped dots are no ends of labels.
[[nodiscard]] std::string parent_name(std::string_view name);
[[nodiscard]] std::vector<std::string> labels_of(std::string_view name);
/// `name` is `zone` or stands below it.
[[nodiscard]] bool is_within(std::string_view name, std::string_view zone);
/// "5.100.51.198.in-addr.arpa" (RFC 1035, 3.5), nibbles under ip6.arpa for IPv6 (RFC 3596, 2.5).
[[nodiscard]] std::string reverse_name(const base::Address& address);
/// The address of which this is the reverse name.
[[nodiscard]] std::optional<base::Address> address_of_reverse(std::string_view name);

}  // namespace egresslint::evidence
