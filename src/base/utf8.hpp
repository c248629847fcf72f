// SPDX-License-Identifier: Apache-2.0
// Reading UTF-8 that nobody has checked.
#pragma once

#include <cstddef>
#include <string_view>

namespace egresslint::base {

struct CodePoint {
    char32_t code = 0xfffd;  ///< U+FFFD for bytes that are no UTF-8
    std::size_t bytes = 1;   ///< how many it takes, at least one
    bool valid = false;
};

/// The first code point of a text that is not empty. Strict: no overlong forms, no surrogates, nothing above U+10FFFF.
/// Bytes that are no UTF-8 are taken as far as they could have begun a code point, as browsers and JavaScript do
/// (WHATWG Encoding, "UTF-8 decoder"; Unicode 15, table 3-7).
[[nodiscard]] CodePoint first_code_point(std::string_view text);

}  // namespace egresslint::base
