// SPDX-License-Identifier: Apache-2.0
#include "evidence/plain_text.hpp"

#include <algorithm>

namespace egresslint::evidence {
namespace {

constexpr std::string_view blanks = " \t\r\n\v\f";

char lower_letter(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

void add(base::Diagnostics& diagnostics, base::Diagnostic::Kind kind, std::string code, const base::Span& span,
         std::string message) {
    base::Diagnostic d;
    d.kind = kind;
    d.code = std::move(code);
    d.span = span;
    d.message = std::move(message);
    diagnostics.push_back(std::move(d));
}

}  // namespace

std::string_view trim(std::string_view text) {
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return text.substr(0, 0);
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), lower_letter);
    return out;
}

bool same_word(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower_letter(x) == lower_letter(y); });
}

bool contains_word(std::string_view text, std::string_view part) {
    return std::search(text.begin(), text.end(), part.begin(), part.end(),
                       [](char x, char y) { return lower_letter(x) == lower_letter(y); }) != text.end();
}

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
    std::vector<std::string_view> out;
    std::size_t at = 0;
    while ((at = text.find_first_not_of(separators, at)) != std::string_view::npos) {
        const std::size_t end = std::min(text.find_first_of(separators, at), text.size());
        out.push_back(text.substr(at, end - at));
        at = end;
    }
    return out;
}

std::vector<std::string_view> lines(std::string_view text) {
    std::vector<std::string_view> out;
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        std::string_view line = text.substr(at, end - at);
        if (line.ends_with('\r')) line.remove_suffix(1);
        out.push_back(line);
        at = end + 1;
    }
    return out;
}

base::Span span_of(const base::Sources& sources, base::FileId file, std::string_view part) {
    const auto begin = static_cast<std::uint32_t>(part.data() - sources.text(file).data());
    return {file, begin, begin + static_cast<std::uint32_t>(part.size())};
}

std::string_view without_dot(std::string_view name) {
    if (name.size() > 1 && name.ends_with('.')) name.remove_suffix(1);
    return name;
}

bool names_secret(std::string_view name) {
    const std::string n = lower(name);
    for (const std::string_view part : {"passw", "passphrase", "secret", "token", "credential", "client_send", "pwd"})
        if (n.find(part) != std::string::npos) return true;
    return n.ends_with("_pass") || n.ends_with("_servers") || n == "pass" || n.ends_with("apikey");
}

void not_understood(base::Diagnostics& diagnostics, const base::Span& span, std::string message) {
    add(diagnostics, base::Diagnostic::Kind::not_understood, "EL901", span, std::move(message));
}
void incomplete(base::Diagnostics& diagnostics, const base::Span& span, std::string message) {
    add(diagnostics, base::Diagnostic::Kind::incomplete, "EL903", span, std::move(message));
}
void fatal(base::Diagnostics& diagnostics, const base::Span& span, std::string message) {
    add(diagnostics, base::Diagnostic::Kind::fatal, "", span, std::move(message));
}

}  // namespace egresslint::evidence
