// SPDX-License-Identifier: Apache-2.0
#include "dialects/asa/text.hpp"

#include <algorithm>
#include <array>

namespace egresslint::dialects::asa {
namespace {

/// Lines of blocks that some exports do not indent: they go on with the block that is open.
constexpr std::array<std::string_view, 16> block_words{
    "network-object", "port-object", "group-object",    "service-object", "protocol-object", "icmp-object",
    "subnet",         "host",        "range",           "fqdn",           "security-level",  "description",
    "quit",           "exit",        "management-only", "security-group"};
constexpr std::array<std::string_view, 9> block_heads{
    "object", "object-group", "interface", "class-map", "policy-map", "time-range", "crypto", "router", "route-map"};

template <std::size_t N>
bool one_of(std::string_view word, const std::array<std::string_view, N>& words) {
    return std::ranges::find(words, word) != words.end();
}

struct Line {
    std::string_view text;  ///< without blanks at either end
    std::uint32_t begin = 0;
    unsigned indent = 0;
};

bool blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\0'; }

/// Visits each line; pagers in front of a line are cut off.
template <class Visit>
void each_line(std::string_view text, const Visit& visit) {
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        std::size_t from = at, to = end;
        at = end + 1;
        constexpr std::string_view pager = "--->";
        if (text.substr(from, to - from).starts_with("<---")) {
            const std::size_t behind = text.substr(from, to - from).find(pager, 4);
            if (behind != std::string_view::npos) from += behind + pager.size();
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

/// "edge/pri/act# show running-config", "edge>"
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

// -- secrets

/// Commands whose words are names of the administrator's own: "key" there is a name.
constexpr std::array<std::string_view, 17> plain_commands{
    "access-list",  "object",          "object-group",   "nat",         "static",       "global",
    "access-group", "route",           "network-object", "port-object", "group-object", "service-object",
    "nameif",       "protocol-object", "icmp-object",    "name",        "conduit"};
constexpr std::array<std::string_view, 27> secret_words{"password",
                                                        "passwd",
                                                        "secret",
                                                        "key",
                                                        "community",
                                                        "pre-shared-key",
                                                        "hash",
                                                        "psk",
                                                        "passphrase",
                                                        "auth",
                                                        "priv",
                                                        "authentication-key",
                                                        "md5",
                                                        "key-string",
                                                        "message-digest-key",
                                                        "ldap-login-password",
                                                        "certificate",
                                                        "private-key",
                                                        "sha",
                                                        "sha256",
                                                        "encryption-key",
                                                        "authenticator",
                                                        "keypair-password",
                                                        "token",
                                                        "idtoken",
                                                        "shared-secret",
                                                        "http-proxy-password"};
/// Words between such a word and the secret.
constexpr std::array<std::string_view, 28> between{"config-key",  "password-encryption",
                                                   "0",           "5",
                                                   "6",           "7",
                                                   "8",           "md5",
                                                   "sha",         "sha1",
                                                   "sha-1",       "sha224",
                                                   "sha256",      "sha384",
                                                   "sha512",      "aes",
                                                   "des",         "3des",
                                                   "128",         "192",
                                                   "256",         "auth",
                                                   "priv",        "encrypted",
                                                   "hexadecimal", "ascii-text",
                                                   "hex",         "ascii"};

class Hider {
public:
    Hider(base::Sources& sources, base::FileId file) : sources_(sources), file_(file), text_(sources.text(file)) {}

    void run() {
        bool certificate = false;
        each_line(text_, [&](const Line& line) {
            const auto words = split(line.text);
            if (words.empty()) return;
            if (certificate && hexadecimal(line.text)) {
                hide(line.text);
                return;
            }
            certificate = words[0] == "certificate" && line.indent > 0;
            urls(line.text);
            const bool remark = std::ranges::find(words, "remark") != words.end();
            if (one_of(words[0], plain_commands) && !remark) return;
            positions(words);
            for (std::size_t i = 0; i + 1 < words.size(); ++i) {
                if (!one_of(words[i], secret_words)) continue;
                std::size_t at = i + 1;
                while (at + 1 < words.size() && one_of(words[at], between)) ++at;
                hide(words[at]);
            }
        });
    }

private:
    static bool hexadecimal(std::string_view text) {
        return text.find_first_not_of("0123456789abcdefABCDEF ") == std::string_view::npos;
    }
    void hide(std::string_view word) {
        const auto begin = static_cast<std::uint32_t>(word.data() - text_.data());
        sources_.hide({file_, begin, begin + static_cast<std::uint32_t>(word.size())});
    }
    /// Secrets that only their place gives away.
    void positions(const std::vector<std::string_view>& words) {
        const auto has = [&](std::size_t i, std::string_view word) { return i < words.size() && words[i] == word; };
        // aaa-server TACACS+ (inside) host 10.0.0.9 KEY timeout 10
        if (has(0, "aaa-server"))
            for (std::size_t i = 1; i + 2 < words.size(); ++i)
                if (words[i] == "host" && words[i + 2] != "timeout") hide(words[i + 2]);
        // snmp-server host inside 10.0.0.9 poll COMMUNITY, or COMMUNITY right behind the address
        if (has(0, "snmp-server") && has(1, "host"))
            for (std::size_t i = 4; i < words.size(); ++i)
                if (words[i] != "community" && words[i] != "version" && words[i] != "poll" && words[i] != "trap" &&
                    words[i] != "udp-port" && words[i].size() > 2 && words[i - 1] != "udp-port")
                    hide(words[i]);
        if (has(0, "failover") && has(1, "key") && words.size() > 2) hide(words.back());
        if (has(0, "enable") && words.size() > 2) hide(words[2]);
    }
    /// ftp://user:secret@host
    void urls(std::string_view line) {
        std::size_t at = 0;
        while ((at = line.find("://", at)) != std::string_view::npos) {
            at += 3;
            const std::size_t end = std::min(line.find(' ', at), line.size());
            const std::size_t host = line.substr(0, end).rfind('@');
            if (host != std::string_view::npos && host > at) hide(line.substr(at, host - at));
        }
    }

    base::Sources& sources_;
    base::FileId file_;
    std::string_view text_;
};

// -- statements

/// A support bundle holds much more than the configuration: only the section that does is read.
std::string_view configuration_of(std::string_view text, std::uint32_t& offset) {
    offset = 0;
    for (const std::string_view heading : {"------------------ show running-config ------------------",
                                           "------------------ show startup-config ------------------"}) {
        const std::size_t at = text.find(heading);
        if (at == std::string_view::npos) continue;
        const std::size_t begin = at + heading.size();
        const std::size_t end = std::min(text.find("\n------------------ ", begin), text.size());
        offset = static_cast<std::uint32_t>(begin);
        return text.substr(begin, end - begin);
    }
    return text;
}

bool is_version(const Statement& s) {
    return s.indent == 0 && s.words.size() >= 3 && s.words[1] == "Version" &&
           (s.words[0] == "ASA" || s.words[0] == "PIX" || s.words[0] == "FWSM");
}

class TextReader {
public:
    TextReader(const base::Sources& sources, base::FileId file) : sources_(sources), file_(file) {}

    std::vector<Part> run() {
        std::uint32_t offset = 0;
        const std::string_view text = configuration_of(sources_.text(file_), offset);
        parts_.emplace_back();
        each_line(text, [&](const Line& line) { take({line.text, line.begin + offset, line.indent}); });
        return std::move(parts_);
    }

private:
    void take(const Line& line) {
        if (!banner_end_.empty()) {  // the text of a banner is anything at all
            if (line.text.find(banner_end_) != std::string_view::npos) banner_end_.clear();
            return;
        }
        if (line.text.empty() || line.text.front() == '!' || line.text.front() == ':') {
            // A comment in the first column ends the block, like any other command.
            if (!line.text.empty() && line.indent == 0) open_ = false;
            return;
        }
        Statement s;
        s.words = split(line.text);
        s.span = {file_, line.begin, line.begin + static_cast<std::uint32_t>(line.text.size())};
        s.indent = line.indent;
        auto& list = parts_.back().statements;
        const bool inside = open_ && !list.empty() &&
                            (s.indent > list.back().indent ||
                             (one_of(s.words[0], block_words) && one_of(list.back().words[0], block_heads)) ||
                             object_nat(list.back(), s));
        if (inside) {
            if (s.words[0] == "quit" || s.words[0] == "exit") {
                open_ = s.indent > list.back().indent;
                return;
            }
            list.back().block.push_back(std::move(s));
            return;
        }
        if (is_prompt(line.text) || s.words[0] == "quit" || s.words[0] == "exit" || s.words[0] == "end") return;
        if (is_version(s) && versions_++ > 0) parts_.emplace_back();
        if (s.words[0] == "banner" && s.words.size() > 2 && s.words[2].size() >= 2 && s.words[2].front() == '^' &&
            s.text_from(2).find(s.words[2].substr(0, 2), 2) == std::string::npos)
            banner_end_ = std::string(s.words[2].substr(0, 2));
        open_ = true;
        parts_.back().statements.push_back(std::move(s));
    }
    /// `nat (a,b) static …` without an indent belongs to the object above it, `nat (a,b) source …` does not.
    static bool object_nat(const Statement& head, const Statement& s) {
        if (!head.begins({"object", "network"}) || s.words[0] != "nat") return false;
        const std::string_view kind = s.word(s.word(1).starts_with('(') ? 2 : 1);
        return kind == "static" || kind == "dynamic";
    }

    const base::Sources& sources_;
    base::FileId file_;
    std::vector<Part> parts_;
    std::string banner_end_;
    unsigned versions_ = 0;
    bool open_ = false;
};

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

void hide_secrets(base::Sources& sources, base::FileId file) { Hider(sources, file).run(); }

std::vector<Part> read_text(const base::Sources& sources, base::FileId file) { return TextReader(sources, file).run(); }

}  // namespace egresslint::dialects::asa
