// SPDX-License-Identifier: Apache-2.0
#include "evidence/utf16.hpp"

namespace egresslint::evidence {
namespace {

void append(std::string& out, char32_t c) {
    const auto byte = [&](char32_t b) { out += static_cast<char>(static_cast<unsigned char>(b)); };
    if (c < 0x80) return byte(c);
    if (c < 0x800) {
        byte(0xc0 | (c >> 6));
    } else {
        if (c < 0x10000) {
            byte(0xe0 | (c >> 12));
        } else {
            byte(0xf0 | (c >> 18));
            byte(0x80 | ((c >> 12) & 0x3f));
        }
        byte(0x80 | ((c >> 6) & 0x3f));
    }
    byte(0x80 | (c & 0x3f));
}

}  // namespace

bool is_utf16(std::string_view text) { return text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff"); }

std::string utf8_of(std::string_view utf16) {
    std::string out;
    const bool little = utf16.starts_with("\xff\xfe");
    const auto unit = [&](std::size_t i) -> char32_t {
        const auto a = static_cast<unsigned char>(utf16[i]), b = static_cast<unsigned char>(utf16[i + 1]);
        return little ? static_cast<char32_t>(a | (b << 8)) : static_cast<char32_t>(b | (a << 8));
    };
    for (std::size_t i = 2; i + 1 < utf16.size(); i += 2) {
        char32_t c = unit(i);
        if (c >= 0xd800 && c < 0xdc00 && i + 3 < utf16.size()) {
            const char32_t low = unit(i + 2);
            if (low >= 0xdc00 && low < 0xe000) {
                c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
                i += 2;
            }
        }
        append(out, c >= 0xd800 && c < 0xe000 ? char32_t{0xfffd} : c);
    }
    return out;
}

}  // namespace egresslint::evidence
