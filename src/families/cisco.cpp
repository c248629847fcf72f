// SPDX-License-Identifier: Apache-2.0
#include "families/cisco.hpp"

#include <algorithm>
#include <array>

namespace egresslint::families::cisco {
namespace {

bool blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\0'; }

constexpr std::string_view secret_words =
    " password passwd secret key community pre-shared-key hash psk passphrase auth priv authentication-key md5 "
    "key-string "
    "message-digest-key ldap-login-password certificate private-key sha sha256 encryption-key authenticator "
    "keypair-password token idtoken shared-secret http-proxy-password wpa-psk server-key local-key ";
/// Words between such a word and the secret.
constexpr std::string_view between =
    " config-key password-encryption password-encrypt 0 4 5 6 7 8 9 md5 sha sha1 sha-1 sha224 sha256 sha384 sha512 aes "
    "des "
    "3des 128 192 256 auth priv encrypted hexadecimal ascii-text hex ascii ";

}  // namespace

bool Statement::begins(std::initializer_list<std::string_view> with) const {
    return words.size() >= with.size() && std::equal(with.begin(), with.end(), words.begin());
}
std::string Statement::text_from(std::size_t word) const {
    std::string out;
    for (std::size_t i = word; i < words.size(); ++i) out += (out.empty() ? "" : " ") + std::string(words[i]);
    return out;
}
std::string Statement::text() const { return text_from(0); }

void each_line(std::string_view text, const std::function<void(const Line&)>& visit) {
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        std::size_t from = at, to = end;
        at = end + 1;
        constexpr std::string_view pager = "--->", other_pager = "--More--";
        std::string_view line = text.substr(from, to - from);
        const std::size_t lead = std::min(line.find_first_not_of(' '), line.size());
        std::size_t behind = std::string_view::npos;
        if (line.starts_with("<---"))
            behind = line.find(pager, 4);
        else if (line.substr(lead).starts_with(other_pager))
            behind = lead;
        if (behind != std::string_view::npos) {
            from += behind + (line.front() == '<' ? pager : other_pager).size();
            while (from < to && (blank(text[from]) || text[from] == '\b')) ++from;
        }
        const std::size_t start = from;
        while (from < to && blank(text[from])) ++from;
        while (to > from && blank(text[to - 1])) --to;
        visit(
            Line{text.substr(from, to - from), static_cast<std::uint32_t>(from), static_cast<unsigned>(from - start)});
    }
}

std::vector<std::string_view> split(std::string_view line) {
    std::vector<std::string_view> out;
    std::size_t at = 0;
    while (at < line.size()) {
        while (at < line.size() && blank(line[at])) ++at;
        const std::size_t begin = at;
        // "(inside, outside)" is one word
        const bool pair = at < line.size() && line[at] == '(';
        while (at < line.size() && (!blank(line[at]) || (pair && line[at - 1] == ','))) ++at;
        if (at > begin) out.push_back(line.substr(begin, at - begin));
    }
    return out;
}

bool is_prompt(std::string_view line) {
    const std::size_t mark = line.find_first_of("#>");
    if (mark == std::string_view::npos || mark == 0 || line.substr(0, mark).find(' ') != std::string_view::npos)
        return false;
    std::string_view command = line.substr(mark + 1);
    while (!command.empty() && command.front() == ' ') command.remove_prefix(1);
    if (command.empty()) return true;
    return std::ranges::any_of(
        std::to_array<std::string_view>({"sh", "term", "more", "exit", "en", "changeto", "write"}),
        [&](std::string_view word) { return command.starts_with(word); });
}

bool one_of(std::string_view word, std::string_view list) {
    for (std::size_t at = list.find(word); at != std::string_view::npos && !word.empty(); at = list.find(word, at + 1))
        if (at > 0 && list[at - 1] == ' ' && at + word.size() < list.size() && list[at + word.size()] == ' ')
            return true;
    return false;
}

void Hider::hide(std::string_view word) {
    const auto begin = static_cast<std::uint32_t>(word.data() - text_.data());
    sources_.hide({file_, begin, begin + static_cast<std::uint32_t>(word.size())});
}

void Hider::behind_words(std::span<const std::string_view> words) {
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {
        if (!one_of(words[i], secret_words)) continue;
        std::size_t at = i + 1;
        while (at + 1 < words.size() && one_of(words[at], between)) ++at;
        hide(words[at]);
    }
}

void Hider::urls(std::string_view line) {
    std::size_t at = 0;
    while ((at = line.find("://", at)) != std::string_view::npos) {
        at += 3;
        const std::size_t end = std::min(line.find(' ', at), line.size());
        const std::size_t host = line.substr(0, end).rfind('@');
        if (host != std::string_view::npos && host > at) hide(line.substr(at, host - at));
    }
}

bool Hider::hexadecimal(std::string_view line) {
    return line.find_first_not_of("0123456789abcdefABCDEF ") == std::string_view::npos;
}

}  // namespace egresslint::families::cisco
