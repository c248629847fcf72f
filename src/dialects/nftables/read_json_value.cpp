// SPDX-License-Identifier: Apache-2.0
#include "dialects/nftables/read_json_value.hpp"

namespace egresslint::dialects::nftables {
namespace {

void append_utf8(std::string& out, std::uint32_t code) {
    auto byte = [&](std::uint32_t b) { out += static_cast<char>(b); };
    if (code < 0x80) {
        byte(code);
    } else if (code < 0x800) {
        byte(0xc0 | code >> 6);
        byte(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        byte(0xe0 | code >> 12);
        byte(0x80 | (code >> 6 & 0x3f));
        byte(0x80 | (code & 0x3f));
    } else {
        byte(0xf0 | code >> 18);
        byte(0x80 | (code >> 12 & 0x3f));
        byte(0x80 | (code >> 6 & 0x3f));
        byte(0x80 | (code & 0x3f));
    }
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

bool JsonScanner::fail(std::string message) {
    if (error_.empty()) error_ = std::move(message);
    return false;
}

void JsonScanner::skip_space() {
    while (at_ < text_.size()) {
        const char c = text_[at_];
        if (c != ' ' && c != '\t' && c != '\n' && c != '\r') return;
        ++at_;
    }
}

bool JsonScanner::at_end() {
    skip_space();
    return at_ >= text_.size();
}

bool JsonScanner::take(char c) {
    skip_space();
    if (peek() != c || at_ >= text_.size()) return false;
    ++at_;
    return true;
}

bool JsonScanner::word(std::string_view expected) {
    if (text_.substr(at_, expected.size()) != expected) return fail("not a JSON value");
    at_ += expected.size();
    return true;
}

bool JsonScanner::number(std::string& out) {
    const auto start = at_;
    if (peek() == '-') ++at_;
    if (!is_digit(peek())) return fail("not a JSON value");
    while (is_digit(peek())) ++at_;
    if (peek() == '.') {
        ++at_;
        if (!is_digit(peek())) return fail("a digit is missing after the decimal point");
        while (is_digit(peek())) ++at_;
    }
    if (peek() == 'e' || peek() == 'E') {
        ++at_;
        if (peek() == '+' || peek() == '-') ++at_;
        if (!is_digit(peek())) return fail("a digit is missing in the exponent");
        while (is_digit(peek())) ++at_;
    }
    out.assign(text_.substr(start, at_ - start));
    return true;
}

bool JsonScanner::hex4(std::uint32_t& out) {
    out = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
        const char c = peek();
        std::uint32_t digit = 0;
        if (is_digit(c))
            digit = static_cast<std::uint32_t>(c - '0');
        else if (c >= 'a' && c <= 'f')
            digit = static_cast<std::uint32_t>(c - 'a') + 10;
        else if (c >= 'A' && c <= 'F')
            digit = static_cast<std::uint32_t>(c - 'A') + 10;
        else
            return fail("four hexadecimal digits must follow \\u");
        out = out << 4 | digit;
    }
    return true;
}

bool JsonScanner::string(std::string& out) {
    out.clear();
    if (!take('"')) return fail("a string in double quotes is missing");
    for (;;) {
        const auto stop = text_.find_first_of("\"\\", at_);
        if (stop == std::string_view::npos) {
            at_ = text_.size();
            return fail("a string is not closed");
        }
        out.append(text_.substr(at_, stop - at_));
        at_ = stop + 1;
        if (text_[stop] == '"') return true;
        const char c = peek();
        ++at_;
        switch (c) {
            case '"':
            case '\\':
            case '/': out += c; break;
            case 'b': out += '\b'; break;
            case 'f': out += '\f'; break;
            case 'n': out += '\n'; break;
            case 'r': out += '\r'; break;
            case 't': out += '\t'; break;
            case 'u': {
                std::uint32_t code = 0;
                if (!hex4(code)) return false;
                if (code >= 0xd800 && code < 0xdc00 && text_.substr(at_, 2) == "\\u") {
                    at_ += 2;
                    std::uint32_t low = 0;
                    if (!hex4(low)) return false;
                    if (low < 0xdc00 || low > 0xdfff) return fail("half of a surrogate pair");
                    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
                }
                append_utf8(out, code);
                break;
            }
            // nft writes an escaped asterisk as `\*` (libnftables-json(5), IMMEDIATES).
            case '*': out += "\\*"; break;
            default: return fail("an unknown escape in a string");
        }
    }
}

bool JsonScanner::value(JsonValue& out, unsigned depth) {
    if (depth > max_depth) return fail("nested deeper than 200 levels");
    skip_space();
    out.begin = offset();
    bool fine = false;
    switch (peek()) {
        case '{':
            ++at_;
            out.kind = JsonValue::Kind::object;
            if (take('}')) {
                fine = true;
                break;
            }
            do {
                auto& [name, member] = out.members.emplace_back();
                if (!string(name)) return false;
                if (!take(':')) return fail("a colon is missing after a member name");
                if (!value(member, depth + 1)) return false;
            } while (take(','));
            fine = take('}') || fail("a brace is not closed");
            break;
        case '[':
            ++at_;
            out.kind = JsonValue::Kind::array;
            if (take(']')) {
                fine = true;
                break;
            }
            do {
                if (!value(out.items.emplace_back(), depth + 1)) return false;
            } while (take(','));
            fine = take(']') || fail("a bracket is not closed");
            break;
        case '"':
            out.kind = JsonValue::Kind::string;
            fine = string(out.text);
            break;
        case 't':
            out.kind = JsonValue::Kind::boolean;
            out.truth = true;
            fine = word("true");
            break;
        case 'f':
            out.kind = JsonValue::Kind::boolean;
            fine = word("false");
            break;
        case 'n': fine = word("null"); break;
        default:
            out.kind = JsonValue::Kind::number;
            fine = at_ < text_.size() ? number(out.text) : fail("the text ends in the middle of a value");
    }
    out.end = offset();
    return fine;
}

}  // namespace egresslint::dialects::nftables
