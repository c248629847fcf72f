// SPDX-License-Identifier: Apache-2.0
#include "dialects/routeros/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace egresslint::dialects::routeros {
namespace {

constexpr std::size_t longest_statement = 1u << 20;
constexpr unsigned deepest_brackets = 64;

constexpr std::array<std::string_view, 22> verbs{"add",
                                                 "set",
                                                 "remove",
                                                 "enable",
                                                 "disable",
                                                 "print",
                                                 "move",
                                                 "export",
                                                 "edit",
                                                 "reset",
                                                 "unset",
                                                 "find",
                                                 "comment",
                                                 "get",
                                                 "import",
                                                 "reboot",
                                                 "shutdown",
                                                 "monitor",
                                                 "reset-configuration",
                                                 "reset-counters",
                                                 "run",
                                                 "force-update"};
bool is_verb(std::string_view word) { return std::find(verbs.begin(), verbs.end(), word) != verbs.end(); }

/// Properties whose value nobody may read in a report.
bool is_secret(std::string_view path, std::string_view key) {
    for (const std::string_view word : {"password",       "secret",        "passphrase",
                                        "pre-shared-key", "preshared-key", "private-key",
                                        "auth-key",       "md5-key",       "authentication-key",
                                        "encryption-key", "shared-key",    "sim-pin",
                                        "wpa-",           "wpa2-",         "wpa3-",
                                        "wep-",           "static-key",    "sta-private-key",
                                        "eap-password",   "tls-key",       "token",
                                        "api-key"})
        if (key.find(word) != std::string_view::npos) return key.find("-enabled") == std::string_view::npos;
    if (key == "pin" || key == "key") return true;
    // The community is the password of SNMP, versions 1 and 2.
    return path == "snmp community" && key == "name";
}

class Reader {
public:
    Reader(base::Sources& sources, base::FileId file, Script& out, base::Diagnostics& diagnostics)
        : sources_(sources), file_(file), text_(sources.text(file)), out_(out), diagnostics_(diagnostics) {}

    bool run() {
        if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
        while (at_ < text_.size()) {
            skip_blanks();
            if (at_ >= text_.size()) break;
            const char c = text_[at_];
            if (c == '\n' || c == '\r' || c == ';') {
                ++at_;
            } else if (c == '#') {
                comment();
            } else if (!statement()) {
                return false;
            }
        }
        return true;
    }

private:
    struct Word {
        std::string text;
        std::size_t begin = 0, end = 0;
        std::size_t equals = std::string::npos;  ///< in `text`
        std::size_t value_begin = 0;             ///< in the file
        bool quoted = false, bracket = false;
    };

    [[nodiscard]] Span span(std::size_t begin, std::size_t end) const {
        return {file_, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
    }
    bool fatal(std::size_t where, std::string message) {
        base::Diagnostic d;
        d.kind = base::Diagnostic::Kind::fatal;
        d.span = span(where, std::min(where + 1, text_.size()));
        d.message = std::move(message);
        diagnostics_.push_back(std::move(d));
        return false;
    }

    /// Blanks and continued lines: a backslash at the end of a line.
    void skip_blanks() {
        while (at_ < text_.size()) {
            if (text_[at_] == ' ' || text_[at_] == '\t') {
                ++at_;
            } else if (const std::size_t n = continued(at_)) {
                at_ += n;
            } else {
                return;
            }
        }
    }
    /// Length of a backslash with the line end behind it, and the blanks that the next line begins with; else 0.
    [[nodiscard]] std::size_t continued(std::size_t i) const {
        if (text_[i] != '\\') return 0;
        std::size_t n = i + 1;
        if (n < text_.size() && text_[n] == '\r') ++n;
        if (n >= text_.size() || text_[n] != '\n') return 0;
        ++n;
        while (n < text_.size() && (text_[n] == ' ' || text_[n] == '\t')) ++n;
        return n - i;
    }
    [[nodiscard]] bool at_end() const {
        return at_ >= text_.size() || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == ';';
    }

    void comment() {
        const std::size_t end = std::min(text_.find('\n', at_), text_.size());
        const std::string_view line = text_.substr(at_, end - at_);
        if (const auto by = line.find("by RouterOS "); by != std::string_view::npos) {
            out_.header = true;
            const char digit = by + 12 < line.size() ? line[by + 12] : '0';
            if (digit >= '1' && digit <= '9') out_.version = digit - '0';
        }
        at_ = end;
    }

    bool string(Word& w) {
        const std::size_t begin = at_++;
        w.quoted = true;
        while (at_ < text_.size() && text_[at_] != '"') {
            if (w.text.size() > longest_statement) return fatal(begin, "this string is too long");
            if (text_[at_] != '\\') {
                w.text += text_[at_++];
                continue;
            }
            if (const std::size_t n = continued(at_)) {
                at_ += n;
                continue;
            }
            if (at_ + 1 >= text_.size()) break;
            const char c = text_[at_ + 1];
            at_ += 2;
            switch (c) {
                case 'n': w.text += '\n'; break;
                case 'r': w.text += '\r'; break;
                case 't': w.text += '\t'; break;
                case '_': w.text += ' '; break;
                case 'a':
                case 'b':
                case 'f':
                case 'v': w.text += ' '; break;
                default:
                    if (const auto byte = hex(c); byte && at_ < text_.size() && hex(text_[at_])) {
                        w.text += static_cast<char>(*byte * 16 + *hex(text_[at_]));
                        ++at_;
                    } else {
                        w.text += c;
                    }
            }
        }
        if (at_ >= text_.size()) return fatal(begin, "this string does not end: the text is cut");
        ++at_;
        return true;
    }
    static std::optional<int> hex(char c) {
        if (c >= '0' && c <= '9') return c - '0';
        if (c >= 'A' && c <= 'F') return c - 'A' + 10;
        return std::nullopt;
    }

    /// Everything up to the bracket that closes this one, as it is written.
    bool brackets(Word& w) {
        const std::size_t begin = at_;
        std::string open;
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == '"') {
                const std::size_t from = at_;
                Word inner;
                if (!string(inner)) return false;
                w.text.append(text_.substr(from, at_ - from));
                continue;
            }
            w.text += c;
            ++at_;
            if (c == '[' || c == '{' || c == '(') {
                open += c;
                if (open.size() > deepest_brackets) return fatal(begin, "brackets are nested too deeply");
            }
            if ((c == ']' || c == '}' || c == ')') && !open.empty()) open.pop_back();
            if (open.empty()) return true;
            if (w.text.size() > longest_statement) return fatal(begin, "this bracket is too long");
        }
        return fatal(begin, "this bracket does not end: the text is cut");
    }

    bool word(Word& w) {
        w.begin = at_;
        w.value_begin = at_;
        while (!at_end()) {
            const char c = text_[at_];
            if (c == ' ' || c == '\t') break;
            if (const std::size_t n = continued(at_)) {
                // A line may be broken inside a word.
                at_ += n;
                continue;
            }
            if (c == '"') {
                if (!string(w)) return false;
                continue;
            }
            if (c == '[' || c == '{' || c == '(') {
                w.bracket = true;
                if (!brackets(w)) return false;
                continue;
            }
            if (c == '=' && w.equals == std::string::npos) {
                w.equals = w.text.size();
                w.value_begin = at_ + 1;
            }
            w.text += c;
            ++at_;
            if (w.text.size() > longest_statement) return fatal(w.begin, "this word is too long");
        }
        w.end = at_;
        return true;
    }

    bool statement() {
        const std::size_t begin = at_;
        std::vector<Word> words;
        while (true) {
            skip_blanks();
            if (at_end()) break;
            Word w;
            if (!word(w)) return false;
            words.push_back(std::move(w));
            if (words.size() > 10'000) return fatal(begin, "this command has too many words");
        }
        if (words.empty()) return true;
        std::size_t end = words.back().end;
        Statement s;
        s.span = span(begin, end);
        if (words.front().text.starts_with(':')) {
            script(s, words);
            return true;
        }
        std::string path;
        const bool absolute = words.front().text.starts_with('/');
        std::size_t i = 0;
        for (; i < words.size(); ++i) {
            const Word& w = words[i];
            if (w.bracket || w.quoted || w.equals != std::string::npos || is_verb(w.text)) break;
            std::string part = w.text;
            std::replace(part.begin(), part.end(), '/', ' ');
            // "/ip/firewall/nat/add" is path and command in one word.
            path += " " + part;
        }
        path = collapsed(path);
        if (const auto last = path.rfind(' '); i == words.size() || !is_verb(words[i].text)) {
            const std::string tail = last == std::string::npos ? path : path.substr(last + 1);
            if (is_verb(tail)) {
                s.command = tail;
                path = last == std::string::npos ? "" : path.substr(0, last);
            }
        }
        if (s.command.empty() && i < words.size() && is_verb(words[i].text)) s.command = words[i++].text;
        s.path = absolute ? path : collapsed(context_ + " " + path);
        const Span here = span(begin, i > 0 ? words[i - 1].end : words.front().end);
        if (s.command.empty() && i == words.size()) {
            context_ = s.path;
            menu_ = here;
            return true;
        }
        s.menu = absolute ? here : menu_;
        for (; i < words.size(); ++i) argument(words[i], s);
        out_.statements.push_back(std::move(s));
        return true;
    }

    void argument(const Word& w, Statement& s) {
        if (w.bracket && w.equals == std::string::npos) {
            s.has_find = true;
            s.find = w.text;
            return;
        }
        Argument a;
        a.span = span(w.begin, w.end);
        a.value_span = span(w.value_begin, w.end);
        if (w.equals == std::string::npos) {
            a.bare = w.text.starts_with('!');
            a.key = a.bare ? w.text.substr(1) : "";
            a.value = a.bare ? "" : w.text;
        } else {
            a.key = w.text.substr(0, w.equals);
            a.value = w.text.substr(w.equals + 1);
            if (!a.value.empty() && a.value.front() == '!') {
                a.negated = true;
                a.value.erase(0, 1);
            }
            if (is_secret(s.path, a.key) && !a.value.empty()) sources_.hide(a.value_span);
        }
        s.arguments.push_back(std::move(a));
    }

    /// `:if`, `:foreach`, `:local`: nobody knows what a script does without running it. `:put` and the like print.
    void script(Statement& s, const std::vector<Word>& words) {
        s.path = "script";
        s.command = words.front().text;
        for (const Word& w : words) {
            // What a script says in passing may be a secret as well.
            for (const std::string_view key : {"password=", "secret=", "passphrase="})
                if (const auto at = w.text.find(key); at != std::string::npos) sources_.hide(span(w.begin, w.end));
        }
        out_.statements.push_back(std::move(s));
    }

    static std::string collapsed(std::string_view text) {
        std::string out;
        for (const char c : text) {
            if (c != ' ')
                out += c;
            else if (!out.empty() && out.back() != ' ')
                out += ' ';
        }
        while (!out.empty() && out.back() == ' ') out.pop_back();
        return out;
    }

    base::Sources& sources_;
    base::FileId file_;
    std::string_view text_;
    Script& out_;
    base::Diagnostics& diagnostics_;
    std::size_t at_ = 0;
    std::string context_;
    Span menu_;
};

}  // namespace

const Argument* Statement::get(std::string_view key) const {
    for (const Argument& a : arguments)
        if (a.key == key && !a.bare) {
            a.read = true;
            return &a;
        }
    return nullptr;
}

std::string Statement::value(std::string_view key, std::string_view otherwise) const {
    const Argument* a = get(key);
    return a != nullptr ? a->value : std::string(otherwise);
}

Span Statement::span_of(std::string_view key) const {
    const Argument* a = get(key);
    return a != nullptr ? a->span : span;
}

bool read_script(base::Sources& sources, base::FileId file, Script& out, base::Diagnostics& diagnostics) {
    return Reader(sources, file, out, diagnostics).run();
}

Signs signs_of(std::string_view text) {
    Signs out;
    for (std::size_t lines = 0; !text.empty() && lines < 20'000; ++lines) {
        const auto end = text.find('\n');
        std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        const auto first = line.find_first_not_of(" \t\xEF\xBB\xBF");
        if (first == std::string_view::npos) continue;
        line.remove_prefix(first);
        if (line.starts_with('#') && line.find("by RouterOS ") != std::string_view::npos) out.header = true;
        for (const std::string_view path : {"/ip ", "/ip/", "/ipv6 ", "/ipv6/", "/interface ", "/interface/",
                                            "/system ", "/routing ", "/queue ", "/tool ", "/user", "/ppp "})
            if (line.starts_with(path)) ++out.paths;
        for (const std::string_view path : {"/ip firewall", "/ip/firewall", "/ipv6 firewall", "/ipv6/firewall",
                                            "/ip address", "/ip/address", "/ip route"})
            if (line.starts_with(path)) ++out.firewall;
        if (line.starts_with("add ") || line.starts_with("set ")) ++out.commands;
    }
    return out;
}

void not_understood(base::Diagnostics& diagnostics, Span where, std::string message, base::Influence influence) {
    base::Diagnostic d;
    d.code = "EL901";
    d.span = where;
    d.message = std::move(message);
    d.influence = influence;
    diagnostics.push_back(std::move(d));
}

}  // namespace egresslint::dialects::routeros
