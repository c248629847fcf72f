// SPDX-License-Identifier: Apache-2.0
#include "report/escape.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>

namespace egresslint::report {
namespace {

struct Range {
    char32_t first, last;
};

template <std::size_t N>
bool in_any(char32_t c, const std::array<Range, N>& ranges) {
    for (const auto& range : ranges)
        if (c >= range.first && c <= range.last) return true;
    return false;
}

// Unicode 15: Bidi_Control, default-ignorable format characters, separators that some terminals honour as line ends,
// and the tag block, which can carry a whole hidden text.
constexpr std::array<Range, 12> hidden{{{0x0080, 0x009f},
                                        {0x00ad, 0x00ad},
                                        {0x061c, 0x061c},
                                        {0x180e, 0x180e},
                                        {0x200b, 0x200f},
                                        {0x2028, 0x202e},
                                        {0x2060, 0x206f},
                                        {0x115f, 0x1160},
                                        {0x3164, 0x3164},
                                        {0xfe00, 0xfe0f},
                                        {0xfeff, 0xfeff},
                                        {0xfff9, 0xfffb}}};
constexpr std::array<Range, 2> hidden_high{{{0xe0000, 0xe0fff}, {0x1d173, 0x1d17a}}};
constexpr std::array<Range, 9> wide{{{0x1100, 0x115e},
                                     {0x2e80, 0xa4cf},
                                     {0xac00, 0xd7a3},
                                     {0xf900, 0xfaff},
                                     {0xfe30, 0xfe6f},
                                     {0xff00, 0xff60},
                                     {0xffe0, 0xffe6},
                                     {0x1f300, 0x1faff},
                                     {0x20000, 0x3fffd}}};
constexpr std::array<Range, 4> combining{{{0x0300, 0x036f}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x20d0, 0x20ff}}};

struct Decoded {
    char32_t code = 0;
    std::size_t bytes = 1;
};

/// Strict: no overlong forms, no surrogates, nothing above U+10FFFF.
std::optional<Decoded> decode(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte(0);
    if (lead < 0x80) return Decoded{lead, 1};
    std::size_t bytes = 0;
    char32_t code = 0;
    if ((lead & 0xe0) == 0xc0) {
        bytes = 2;
        code = lead & 0x1fu;
    } else if ((lead & 0xf0) == 0xe0) {
        bytes = 3;
        code = lead & 0x0fu;
    } else if ((lead & 0xf8) == 0xf0) {
        bytes = 4;
        code = lead & 0x07u;
    } else {
        return std::nullopt;
    }
    if (text.size() < bytes) return std::nullopt;
    for (std::size_t i = 1; i < bytes; ++i) {
        if ((byte(i) & 0xc0) != 0x80) return std::nullopt;
        code = (code << 6) | (byte(i) & 0x3fu);
    }
    constexpr std::array<char32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
    if (code < least[bytes] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return std::nullopt;
    return Decoded{code, bytes};
}

std::size_t width_of(char32_t code) {
    if (in_any(code, combining)) return 0;
    return in_any(code, wide) ? 2 : 1;
}

}  // namespace

std::string escaped(std::string_view untrusted) {
    std::string out;
    out.reserve(untrusted.size());
    while (!untrusted.empty()) {
        const auto decoded = decode(untrusted);
        const std::size_t bytes = decoded ? decoded->bytes : 1;
        if (!decoded || decoded->code < 0x20 || decoded->code == 0x7f)
            fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(untrusted[0]));
        else if (in_any(decoded->code, hidden) || in_any(decoded->code, hidden_high))
            fmt::format_to(std::back_inserter(out), "\\u{{{:x}}}", static_cast<std::uint32_t>(decoded->code));
        else
            out.append(untrusted.substr(0, bytes));
        untrusted.remove_prefix(bytes);
    }
    return out;
}

std::size_t display_width(std::string_view text) {
    std::size_t columns = 0;
    while (!text.empty()) {
        const auto decoded = decode(text);
        columns += decoded ? width_of(decoded->code) : 1;
        text.remove_prefix(decoded ? decoded->bytes : 1);
    }
    return columns;
}

std::string_view clipped(std::string_view text, std::size_t columns) {
    std::size_t used = 0;
    std::size_t end = 0;
    while (end < text.size()) {
        const auto decoded = decode(text.substr(end));
        used += decoded ? width_of(decoded->code) : 1;
        if (used > columns) break;
        end += decoded ? decoded->bytes : 1;
    }
    return text.substr(0, end);
}

std::string escaped_path(std::string_view untrusted) {
    std::string out = escaped(untrusted);
    return out.starts_with("::") ? "./" + out : out;
}

}  // namespace egresslint::report
