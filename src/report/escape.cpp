// SPDX-License-Identifier: Apache-2.0
#include "report/escape.hpp"

#include <fmt/format.h>

#include <array>

#include "base/utf8.hpp"

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
// the tag block, which can carry a whole hidden text, and two noncharacters that XML forbids.
constexpr std::array<Range, 13> hidden{{{0x0080, 0x009f},
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
                                        {0xfff9, 0xfffb},
                                        {0xfffe, 0xffff}}};
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

std::size_t width_of(char32_t code) {
    if (in_any(code, combining)) return 0;
    return in_any(code, wide) ? 2 : 1;
}

/// Text after which "[" would begin a command: "##[error]" anywhere on a line is one for GitHub's runner
/// (actions/runner, ActionCommand.TryParse), "##vso[…]" for Azure Pipelines, "##teamcity[…]" for TeamCity.
bool begins_command(std::string_view before) {
    while (!before.empty() && before.back() >= 'a' && before.back() <= 'z') before.remove_suffix(1);
    return before.ends_with("##");
}

bool is_blank(char32_t code) {
    return code == ' ' || code == 0xa0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200a) || code == 0x202f ||
           code == 0x205f || code == 0x3000;
}

}  // namespace

std::string escaped(std::string_view untrusted) {
    std::string out;
    out.reserve(untrusted.size());
    while (!untrusted.empty()) {
        const base::CodePoint point = base::first_code_point(untrusted);
        const std::size_t bytes = point.valid ? point.bytes : 1;
        if (!point.valid || point.code < 0x20 || point.code == 0x7f || (point.code == '[' && begins_command(out)))
            fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(untrusted[0]));
        else if (in_any(point.code, hidden) || in_any(point.code, hidden_high))
            fmt::format_to(std::back_inserter(out), "\\u{{{:x}}}", static_cast<std::uint32_t>(point.code));
        else
            out.append(untrusted.substr(0, bytes));
        untrusted.remove_prefix(bytes);
    }
    return out;
}

std::size_t display_width(std::string_view text) {
    std::size_t columns = 0;
    while (!text.empty()) {
        const base::CodePoint point = base::first_code_point(text);
        columns += point.valid ? width_of(point.code) : 1;
        text.remove_prefix(point.valid ? point.bytes : 1);
    }
    return columns;
}

std::string_view clipped(std::string_view text, std::size_t columns) {
    std::size_t used = 0;
    std::size_t end = 0;
    while (end < text.size()) {
        const base::CodePoint point = base::first_code_point(text.substr(end));
        used += point.valid ? width_of(point.code) : 1;
        if (used > columns) break;
        end += point.valid ? point.bytes : 1;
    }
    return text.substr(0, end);
}

std::string escaped_path(std::string_view untrusted) {
    std::string out = escaped(untrusted);
    // The runner trims blanks before it looks for "::" (actions/runner, ActionCommand.TryParseV2).
    for (std::string_view rest = out; !rest.empty();) {
        const base::CodePoint point = base::first_code_point(rest);
        if (!is_blank(point.code)) return rest.starts_with("::") ? "./" + out : out;
        rest.remove_prefix(point.bytes);
    }
    return out;
}

}  // namespace egresslint::report
