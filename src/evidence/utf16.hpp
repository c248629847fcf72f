// SPDX-License-Identifier: Apache-2.0
// Windows PowerShell writes UTF-16 with a byte order mark; everything here reads UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace egresslint::evidence {

/// It begins with a byte order mark of UTF-16, of either order.
[[nodiscard]] bool is_utf16(std::string_view text);
/// The text as UTF-8 without the mark; what is no UTF-16 becomes U+FFFD (RFC 2781).
[[nodiscard]] std::string utf8_of(std::string_view utf16);

}  // namespace egresslint::evidence
