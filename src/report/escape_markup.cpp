// SPDX-License-Identifier: Apache-2.0
// What single kinds of markup need besides `escaped`.
#include <algorithm>

#include "base/utf8.hpp"
#include "report/escape.hpp"

namespace egresslint::report {
namespace {

bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '+' ||
           c == '-';
}

std::size_t longest_run(std::string_view text, char of) {
    std::size_t longest = 0;
    std::size_t run = 0;
    for (const char c : text) {
        run = c == of ? run + 1 : 0;
        longest = std::max(longest, run);
    }
    return longest;
}

/// "www." begins a link.
bool is_www(std::string_view text) {
    text.remove_suffix(1);
    if (text.size() > 3) text.remove_prefix(text.size() - 3);
    return text.size() == 3 && std::all_of(text.begin(), text.end(), [](char c) { return c == 'w' || c == 'W'; });
}

/// What follows a colon makes it the beginning of ":name:".
bool is_emoji(std::string_view rest) {
    const auto end = std::find_if_not(rest.begin(), rest.end(), is_word);
    return end != rest.begin() && end != rest.end() && *end == ':';
}

std::string percent(std::string_view text, bool property) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (c == '%')
            out += "%25";
        else if (c == '\r')
            out += "%0D";
        else if (c == '\n')
            out += "%0A";
        else if (property && c == ':')
            out += "%3A";
        else if (property && c == ',')
            out += "%2C";
        else
            out += c;
    }
    return out;
}

}  // namespace

std::string shortened_to(std::string_view text, std::size_t bytes) {
    if (text.size() <= bytes) return std::string(text);
    std::size_t end = 0;
    while (true) {
        const std::size_t next = base::first_code_point(text.substr(end)).bytes;
        if (end + next > bytes - 3) break;
        end += next;
    }
    return std::string(text.substr(0, end)) + "...";
}

std::string xml_escaped(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            case '\'': out += "&#39;"; break;
            default: out += c;
        }
    }
    return out;
}

std::string command_data(std::string_view text) { return percent(text, false); }
std::string command_property(std::string_view text) { return percent(text, true); }

std::string markdown_text(std::string_view text) {
    // Mentions, references, links and emoji are looked for in the rendered text, where a backslash is gone already; an
    // empty comment parts what must not meet.
    constexpr std::string_view part = "<!-- -->";
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const std::string_view rest = text.substr(i + 1);
        const bool before_word = !rest.empty() && is_word(rest.front());
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '$': out += "&#36;"; break;
            case '\\':
            case '`':
            case '*':
            case '_':
            case '[':
            case ']':
            case '|':
            case '~':
                out += '\\';
                out += c;
                break;
            default: out += c;
        }
        const bool refers = before_word && std::string_view("!%&~").find(c) != std::string_view::npos;
        const bool links = (c == ':' && (rest.starts_with("//") || is_emoji(rest))) || (c == '.' && is_www(out));
        if (c == '@' || c == '#' || refers || links) out += part;
    }
    return out;
}

std::string markdown_code(std::string_view text, bool in_table) {
    if (text.empty()) return "";
    const std::string fence(longest_run(text, '`') + 1, '`');
    // One blank at each end is taken away again by the reader if both are there.
    const bool pad = text.front() == '`' || text.back() == '`' || (text.front() == ' ' && text.back() == ' ');
    std::string out = fence + (pad ? " " : "");
    for (const char c : text) {
        if (c == '|' && in_table) out += '\\';
        out += c;
    }
    return out + (pad ? " " : "") + fence;
}

std::string markdown_block(std::string_view lines, std::string_view language) {
    const std::string fence(std::max<std::size_t>(3, longest_run(lines, '`') + 1), '`');
    std::string out = fence + std::string(language) + "\n" + std::string(lines);
    if (!lines.empty() && lines.back() != '\n') out += '\n';
    return out + fence + "\n";
}

}  // namespace egresslint::report
