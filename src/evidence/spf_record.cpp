// SPDX-License-Identifier: Apache-2.0
#include "evidence/spf_record.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "evidence/domain_name.hpp"

namespace egresslint::evidence {
namespace {

constexpr std::string_view macro_letters = "slodipvhcrt";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alpha(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }
std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), [](char c) { return lower(c); });
    return out;
}

/// "%{" letter [digits] ["r"] delimiters "}" at `at`; 0 if it is none, else its length.
std::size_t macro_length(std::string_view text, std::size_t at) {
    if (text.substr(at, 2) != "%{") return 0;
    const std::size_t close = text.find('}', at);
    if (close == std::string_view::npos || close < at + 3) return 0;
    if (macro_letters.find(lower(text[at + 2])) == std::string_view::npos) return 0;
    std::size_t i = at + 3, digits = 0;
    while (is_digit(text[i])) ++i, ++digits;
    if (digits > 3 || (digits > 0 && text.substr(at + 3, digits).find_first_not_of('0') == std::string_view::npos))
        return 0;
    if (lower(text[i]) == 'r') ++i;
    while (i < close && std::string_view(".-+,/_=").find(text[i]) != std::string_view::npos) ++i;
    return i == close ? close - at + 1 : 0;
}

/// macro-string (RFC 7208, 7.1): visible characters, `%` only in its four forms.
bool is_macro_string(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        if (text[i] < '!' || text[i] > '~') return false;
        if (text[i] != '%') {
            ++i;
        } else if (i + 1 < text.size() && std::string_view("%_-").find(text[i + 1]) != std::string_view::npos) {
            i += 2;
        } else {
            const std::size_t length = macro_length(text, i);
            if (length == 0) return false;
            i += length;
        }
    }
    return true;
}

/// domain-spec: a macro-string that ends in a macro, or in a dot and a label that is no number.
bool is_domain_spec(std::string_view text) {
    if (text.empty() || !is_macro_string(text)) return false;
    if (text.back() == '}') return true;
    if (text.back() == '.') text.remove_suffix(1);
    const std::size_t dot = text.rfind('.');
    if (dot == std::string_view::npos) return false;
    const std::string_view top = text.substr(dot + 1);
    if (top.empty() || top.front() == '-' || top.back() == '-') return false;
    return std::all_of(top.begin(), top.end(), [](char c) { return is_alpha(c) || is_digit(c) || c == '-'; }) &&
           !std::all_of(top.begin(), top.end(), is_digit);
}

std::optional<unsigned> cidr(std::string_view text, unsigned most) {
    if (text.empty() || text.size() > 3 || (text.size() > 1 && text[0] == '0')) return std::nullopt;
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value > most) return std::nullopt;
    return value;
}

/// Takes "/24//64" off the end; false if it does not read.
bool take_dual_cidr(std::string_view& text, SpfTerm& term) {
    std::size_t digits = text.size();
    while (digits > 0 && is_digit(text[digits - 1])) --digits;
    if (digits > 1 && text.substr(digits - 2, 2) == "//") {
        const auto length = cidr(text.substr(digits), 128);
        if (!length) return false;
        term.v6 = *length;
        text = text.substr(0, digits - 2);
        digits = text.size();
        while (digits > 0 && is_digit(text[digits - 1])) --digits;
    }
    if (digits > 0 && text[digits - 1] == '/') {
        const auto length = cidr(text.substr(digits), 32);
        if (!length) return false;
        term.v4 = *length;
        text = text.substr(0, digits - 1);
    }
    return true;
}

std::string network(std::string_view text, SpfTerm& term, base::Family family) {
    const std::size_t slash = text.find('/');
    const auto address =
        family == base::Family::v4 ? base::parse_ipv4(text.substr(0, slash)) : base::parse_ipv6(text.substr(0, slash));
    if (!address) return fmt::format("\"{}\" is no IPv{} address", text, family == base::Family::v4 ? 4 : 6);
    unsigned length = base::address_bits(family);
    if (slash != std::string_view::npos) {
        const auto stated = cidr(text.substr(slash + 1), length);
        if (!stated) return fmt::format("\"{}\" is no length of a prefix", text.substr(slash + 1));
        length = *stated;
    }
    term.network = base::make_prefix(*address, length);
    return "";
}

/// "" or what is wrong.
std::string mechanism(std::string_view word, SpfTerm& term) {
    term.text = std::string(word);
    if (std::string_view("+-?~").find(word.front()) != std::string_view::npos) {
        term.qualifier = word.front();
        word.remove_prefix(1);
    }
    const std::size_t end = std::min(word.find_first_of(":/"), word.size());
    const std::string name = lower(word.substr(0, end));
    std::string_view rest = word.substr(end);
    using Kind = SpfTerm::Kind;
    struct Known {
        std::string_view name;
        Kind kind;
    };
    static constexpr Known known[] = {{"all", Kind::all}, {"include", Kind::include}, {"a", Kind::a},
                                      {"mx", Kind::mx},   {"ptr", Kind::ptr},         {"ip4", Kind::ip4},
                                      {"ip6", Kind::ip6}, {"exists", Kind::exists}};
    const auto* at = std::find_if(std::begin(known), std::end(known), [&](const Known& k) { return k.name == name; });
    if (at == std::end(known)) return fmt::format("there is no mechanism \"{}\"", name);
    term.kind = at->kind;
    if (term.kind == Kind::all) return rest.empty() ? "" : "\"all\" takes nothing";
    const bool dual = term.kind == Kind::a || term.kind == Kind::mx;
    if (dual && !take_dual_cidr(rest, term)) return fmt::format("\"{}\" has no such prefix length", term.text);
    if (rest.empty() && (dual || term.kind == Kind::ptr)) return "";
    if (rest.empty() || rest.front() != ':') return fmt::format("\"{}\" lacks what it is about", term.text);
    rest.remove_prefix(1);
    if (term.kind == Kind::ip4) return network(rest, term, base::Family::v4);
    if (term.kind == Kind::ip6) return network(rest, term, base::Family::v6);
    if (!is_domain_spec(rest)) return fmt::format("\"{}\" is no domain", rest);
    term.domain = std::string(rest);
    return "";
}

/// Where a modifier's name ends (RFC 7208, 12: name "=" macro-string); npos if the word is none.
std::size_t modifier(std::string_view word) {
    const std::size_t equal = word.find('=');
    if (equal == std::string_view::npos || equal == 0 || !is_alpha(word[0])) return std::string_view::npos;
    const std::string_view name = word.substr(0, equal);
    const bool good = std::all_of(name.begin(), name.end(), [](char c) {
        return is_alpha(c) || is_digit(c) || c == '-' || c == '_' || c == '.';
    });
    return good ? equal : std::string_view::npos;
}

}  // namespace

bool is_spf(std::string_view text) {
    return text.size() >= 6 && lower(text.substr(0, 6)) == "v=spf1" && (text.size() == 6 || text[6] == ' ');
}

tl::expected<SpfRecord, std::string> parse_spf(std::string_view text) {
    SpfRecord out;
    bool redirect = false, exp = false;
    text.remove_prefix(std::min<std::size_t>(6, text.size()));
    while (true) {
        text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
        if (text.empty()) return out;
        const std::string_view word = text.substr(0, text.find(' '));
        text.remove_prefix(word.size());
        if (const std::size_t equal = modifier(word); equal != std::string_view::npos) {
            const std::string name = lower(word.substr(0, equal));
            const std::string_view value = word.substr(equal + 1);
            if (name == "redirect" || name == "exp") {
                bool& seen = name == "exp" ? exp : redirect;
                if (seen) return tl::unexpected(fmt::format("\"{}\" stands there twice", name));
                seen = true;
                if (!is_domain_spec(value)) return tl::unexpected(fmt::format("\"{}\" is no domain", value));
                if (name == "redirect") out.redirect = std::string(value);
            } else if (!is_macro_string(value)) {
                return tl::unexpected(fmt::format("\"{}\" does not read", word));
            }
            continue;
        }
        SpfTerm term;
        if (std::string wrong = mechanism(word, term); !wrong.empty()) return tl::unexpected(std::move(wrong));
        out.terms.push_back(std::move(term));
    }
}

bool names_address(std::string_view spec) {
    for (std::size_t i = spec.find("%{"); i != std::string_view::npos; i = spec.find("%{", i + 2))
        if (i + 2 < spec.size() && lower(spec[i + 2]) == 'i') return true;
    return false;
}

namespace {

/// Dotted nibbles for IPv6 (RFC 7208, 7.3).
std::string address_macro(const base::Address& address) {
    if (address.family == base::Family::v4) return base::to_string(address);
    std::string out;
    for (unsigned i = 32; i-- > 0;) {
        out += "0123456789abcdef"[static_cast<std::size_t>(address.bits >> (4 * i)) & 15];
        if (i > 0) out += '.';
    }
    return out;
}

std::optional<std::string> macro_value(char letter, const SpfMacros& macros) {
    switch (letter) {
        case 'd': return macros.domain;
        case 'o': return macros.origin;
        case 'v': return macros.family == base::Family::v4 ? "in-addr" : "ip6";
        case 'i': return macros.address ? std::optional(address_macro(*macros.address)) : std::nullopt;
        case 'h': return macros.helo.empty() ? std::nullopt : std::optional(macros.helo);
        default: return std::nullopt;  // who sends (s, l); what a receiver finds out (p, c, r, t)
    }
}

/// "%{i4r-}": splits at the delimiters, turns around, keeps the rightmost parts, joins with dots.
std::string transformed(const std::string& value, std::string_view how) {
    std::size_t keep = 0, i = 0;
    while (i < how.size() && is_digit(how[i])) keep = keep * 10 + static_cast<std::size_t>(how[i++] - '0');
    const bool reversed = i < how.size() && lower(how[i]) == 'r';
    if (reversed) ++i;
    const std::string delimiters = i < how.size() ? std::string(how.substr(i)) : ".";
    std::vector<std::string> parts(1);
    for (const char c : value) {
        if (delimiters.find(c) != std::string::npos)
            parts.emplace_back();
        else
            parts.back() += c;
    }
    if (reversed) std::reverse(parts.begin(), parts.end());
    if (keep > 0 && keep < parts.size()) parts.erase(parts.begin(), parts.end() - static_cast<std::ptrdiff_t>(keep));
    return fmt::format("{}", fmt::join(parts, "."));
}

}  // namespace

std::optional<std::string> expand(std::string_view spec, const SpfMacros& macros) {
    std::string out;
    for (std::size_t i = 0; i < spec.size();) {
        if (spec[i] != '%') {
            out += spec[i++];
        } else if (const std::size_t length = macro_length(spec, i); length > 0) {
            const auto value = macro_value(lower(spec[i + 2]), macros);
            if (!value) return std::nullopt;
            out += transformed(*value, spec.substr(i + 3, length - 4));
            i += length;
        } else {
            const char c = spec[i + 1];
            out += c == '%' ? "%" : c == '_' ? " " : "%20";
            i += 2;
        }
    }
    out = plain_name(out);
    while (out.size() > 253) {
        const std::size_t dot = out.find('.');
        if (dot == std::string::npos) break;
        out.erase(0, dot + 1);
    }
    return out;
}

}  // namespace egresslint::evidence
