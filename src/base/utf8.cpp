// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.hpp"

namespace egresslint::base {

CodePoint first_code_point(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte(0);
    if (lead < 0x80) return {lead, 1, true};
    if (lead < 0xc2 || lead > 0xf4) return {};
    const std::size_t bytes = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    char32_t code = lead & (0x7fu >> bytes);
    // The second byte alone tells overlong forms, surrogates and what lies above U+10FFFF.
    unsigned char least = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    unsigned char most = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    for (std::size_t i = 1; i < bytes; ++i) {
        if (i >= text.size() || byte(i) < least || byte(i) > most) return {0xfffd, i, false};
        code = (code << 6) | (byte(i) & 0x3fu);
        least = 0x80;
        most = 0xbf;
    }
    return {code, bytes, true};
}

}  // namespace egresslint::base
