// SPDX-License-Identifier: Apache-2.0
// Text to commands. Secrets are blotted out here, before anybody can quote them.
#include <array>

#include "dialects/fortios/tree.hpp"
#include "grammars/fortios.hpp"

namespace egresslint::dialects::fortios {
namespace {

namespace pegtl = tao::pegtl;
namespace grammar = grammar::fortios;

bool contains_any(std::string_view name, const auto& stems) {
    for (const std::string_view stem : stems)
        if (name.find(stem) != std::string_view::npos) return true;
    return false;
}

/// Names of settings whose value may be a secret. Generous: a hidden certificate name costs nothing.
constexpr std::array<std::string_view, 18> secret_stems{
    "passw",       "passphrase", "passcode", "secret",   "psk",  "pwd",  "community", "hash",  "private",
    "certificate", "token",      "cred",     "auth-key", "salt", "pin-", "-pin",      "nonce", "key"};
/// … and those that hold such a word but no secret.
constexpr std::array<std::string_view, 6> harmless{"keylife", "keepalive", "keyword", "monkey", "hotkey", "key-usage"};

bool is_secret(std::string_view setting) {
    return contains_any(setting, secret_stems) && !contains_any(setting, harmless);
}

class Reader {
public:
    Reader(base::Sources& sources, base::FileId file, std::vector<Command>& commands, Config& config)
        : sources_(sources), file_(file), commands_(commands), config_(config), text_(sources.text(file)) {}

    void fragment(std::string_view text) { current().text += text; }
    void escape(char c) {
        // "\n" is the letter n: only quotes, backslashes and blanks need escaping.
        current().text += c;
    }
    void double_text(std::string_view text) {
        auto& word = current().text;
        for (std::size_t i = 0; i < text.size(); ++i) {
            if (text[i] == '\\' && i + 1 < text.size()) {
                ++i;
                if (text[i] == '\n' || (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n')) {
                    i += text[i] == '\r';
                    continue;
                }
            }
            word += text[i];
        }
    }
    void word(const char* begin, const char* end) {
        auto& w = current();
        w.span = span(begin, end);
        command_.words.push_back(std::move(w));
        word_ = {};
    }
    void unterminated(const char* begin) {
        if (!unterminated_) unterminated_ = begin;
    }
    void comment(const char* begin, const char* end) {
        std::string_view line(begin, static_cast<std::size_t>(end - begin));
        if (line.starts_with("#config-version=")) header(line.substr(16));
        const std::size_t equals = line.find('=');
        if (equals != std::string_view::npos && is_secret(line.substr(0, equals)))
            sources_.hide(span(begin + equals + 1, end));
    }
    void command() {
        // A pager that was recorded along with the text.
        if (!command_.words.empty() && command_.words.front().text == "--More--")
            command_.words.erase(command_.words.begin());
        if (command_.words.empty()) return;
        command_.span = {file_, command_.words.front().span.begin, command_.words.back().span.end};
        hide_secrets();
        note_path();
        commands_.push_back(std::move(command_));
        command_ = {};
    }
    [[nodiscard]] const char* where_unterminated() const { return unterminated_; }
    [[nodiscard]] Span span(const char* begin, const char* end) const {
        return {file_, static_cast<std::uint32_t>(begin - text_.data()),
                static_cast<std::uint32_t>(end - text_.data())};
    }
    void hide(const char* begin, const char* end) { sources_.hide(span(begin, end)); }
    [[nodiscard]] const char* text_end() const { return text_.data() + text_.size(); }

private:
    Word& current() { return word_; }

    /// "FGVM64-6.4.2-FW-build1723-200730:opmode=1:vdom=0:user=admin"; before 6.2 with two digits, "5.02".
    void header(std::string_view line) {
        const std::size_t dash = line.find('-');
        if (dash == std::string_view::npos) return;
        config_.product = line.substr(0, dash);
        std::uint32_t parts[3] = {0, 0, 0};
        std::size_t part = 0, at = dash + 1;
        for (; at < line.size() && part < 3; ++at) {
            const char c = line[at];
            if (c >= '0' && c <= '9' && parts[part] < 1000)
                parts[part] = parts[part] * 10 + static_cast<std::uint32_t>(c - '0');
            else if (c == '.')
                ++part;
            else
                break;
        }
        if (parts[0] > 0 && parts[0] < 100 && parts[1] < 100 && parts[2] < 100)
            config_.version = parts[0] * 10000 + parts[1] * 100 + parts[2];
    }

    void blot(Word& word) {
        Span inside = word.span;
        const auto text = sources_.text(inside);
        if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front())
            ++inside.begin, --inside.end;
        sources_.hide(inside);
        word.text.assign(word.text.size(), '*');
    }
    void hide_secrets() {
        auto& w = command_.words;
        if (w.size() < 3 || (w[0].text != "set" && w[0].text != "append" && w[0].text != "select")) {
            for (std::size_t i = 1; i < w.size(); ++i)
                if (w[i - 1].text == "ENC") blot(w[i]);
            return;
        }
        // The name of an SNMP community is its password.
        const bool community = in_community_ && w[1].text == "name";
        const bool switch_only = w.size() == 3 && (w[2].text == "enable" || w[2].text == "disable");
        bool all = (is_secret(w[1].text) || community) && !switch_only;
        for (std::size_t i = 2; i < w.size(); ++i) {
            if (w[i].text == "ENC") {
                all = true;
                continue;
            }
            if (all || w[i].text.find("PRIVATE KEY") != std::string::npos ||
                w[i].text.find("BEGIN CERTIFICATE") != std::string::npos)
                blot(w[i]);
        }
    }
    void note_path() {
        const auto& w = command_.words;
        if (w[0].text != "config") return;
        // Its own blocks (hosts) do not end the table.
        if (w.size() == 2 && in_community_) return;
        in_community_ = w.size() > 3 && w[1].text == "system" && w[2].text == "snmp" && w[3].text == "community";
    }

    base::Sources& sources_;
    base::FileId file_;
    std::vector<Command>& commands_;
    Config& config_;
    std::string_view text_;
    Command command_;
    Word word_;
    const char* unterminated_ = nullptr;
    bool in_community_ = false;
};

template <class Rule>
struct Action : pegtl::nothing<Rule> {};
template <>
struct Action<grammar::double_text> {
    template <class Input>
    static void apply(const Input& in, Reader& reader) {
        reader.double_text(in.string_view());
    }
};
template <>
struct Action<grammar::single_text> {
    template <class Input>
    static void apply(const Input& in, Reader& reader) {
        reader.fragment(in.string_view());
    }
};
template <>
struct Action<grammar::plain> {
    template <class Input>
    static void apply(const Input& in, Reader& reader) {
        reader.fragment(in.string_view());
    }
};
template <>
struct Action<grammar::escaped> {
    template <class Input>
    static void apply(const Input& in, Reader& reader) {
        reader.escape(in.end()[-1]);
    }
};
template <>
struct Action<grammar::unterminated> {
    template <class Input>
    static void apply(const Input& in, Reader& reader) {
        reader.unterminated(in.begin());
    }
};
template <>
struct Action<grammar::word> {
    template <class Input>
    static void apply(const Input& in, Reader& reader) {
        reader.word(in.begin(), in.end());
    }
};
template <>
struct Action<grammar::comment> {
    template <class Input>
    static void apply(const Input& in, Reader& reader) {
        reader.comment(in.begin(), in.end());
    }
};
template <>
struct Action<grammar::command> {
    static void apply0(Reader& reader) { reader.command(); }
};

}  // namespace

void fatal(base::Diagnostics& diagnostics, Span span, std::string message) {
    base::Diagnostic d;
    d.kind = base::Diagnostic::Kind::fatal;
    d.span = span;
    d.message = std::move(message);
    diagnostics.push_back(std::move(d));
}

void not_understood(base::Diagnostics& diagnostics, Span span, std::string message, base::Influence influence) {
    base::Diagnostic d;
    d.kind = base::Diagnostic::Kind::not_understood;
    d.code = "EL901";
    d.span = span;
    d.message = std::move(message);
    d.influence = influence;
    diagnostics.push_back(std::move(d));
}

bool read_commands(base::Sources& sources, base::FileId file, std::vector<Command>& commands, Config& config,
                   base::Diagnostics& diagnostics) {
    const std::string_view text = sources.text(file);
    const std::size_t begin = text.find_first_not_of(" \t\r\n");
    if (begin != std::string_view::npos && text.substr(begin).starts_with("#FGBK")) {
        const auto at = static_cast<std::uint32_t>(begin);
        fatal(diagnostics, {file, at, at + 5},
              "this backup is encrypted; make one without a password, or give the output of `show`");
        return false;
    }
    Reader reader(sources, file, commands, config);
    pegtl::memory_input<pegtl::tracking_mode::lazy> in(text.data(), text.data() + text.size(), "");
    pegtl::parse<grammar::file, Action>(in, reader);
    if (const char* at = reader.where_unterminated()) {
        // What follows may hold anything, a password among it.
        reader.hide(at + 1, reader.text_end());
        fatal(diagnostics, reader.span(at, at + 1),
              *at == '\\' ? "the text ends in the middle of a word" : "this quotation mark is never closed");
        return false;
    }
    return true;
}

}  // namespace egresslint::dialects::fortios
