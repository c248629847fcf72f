// SPDX-License-Identifier: Apache-2.0
#include "dialects/pf/tokens.hpp"

#include <fmt/format.h>

#include <map>

namespace egresslint::dialects::pf {
namespace {

constexpr std::size_t most_tokens = 4'000'000;
constexpr std::size_t most_in_macro = 100'000;
constexpr unsigned deepest_braces = 64;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
bool is_word(char c) {
    return !is_blank(c) && c != '\n' && c != '{' && c != '}' && c != '(' && c != ')' && c != ',' && c != '=' &&
           c != '!' && c != '<' && c != '>' && c != '"' && c != '#' && c != '\\' && c != ';';
}
bool is_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
}

class Lexer {
public:
    Lexer(std::string_view text, base::FileId file, std::vector<Token>& out, base::Diagnostics& diagnostics)
        : text_(text), file_(file), out_(out), diagnostics_(diagnostics) {}

    bool run() {
        while (at_ < text_.size()) {
            if (!statement()) return false;
            if (out_.size() > most_tokens) return fatal(at_, "the file is too large");
        }
        return true;
    }

private:
    [[nodiscard]] Span span(std::size_t begin, std::size_t end) const {
        return {file_, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
    }
    bool fatal(std::size_t where, std::string message) {
        base::Diagnostic d;
        d.kind = base::Diagnostic::Kind::fatal;
        d.span = span(std::min(where, text_.size()), std::min(where + 1, text_.size()));
        d.message = std::move(message);
        diagnostics_.push_back(std::move(d));
        return false;
    }

    /// Words up to the line end that no brace and no backslash hides.
    bool statement() {
        std::vector<Token> words;
        unsigned braces = 0;
        std::size_t opened = 0;
        bool ended = false;
        while (at_ < text_.size() && !ended) {
            const char c = text_[at_];
            if (is_blank(c)) {
                ++at_;
            } else if (c == '\n') {
                ++at_;
                if (braces == 0) ended = true;
            } else if (c == '#') {
                while (at_ < text_.size() && text_[at_] != '\n') ++at_;
            } else if (c == '\\') {
                ++at_;
                while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
                if (at_ < text_.size() && text_[at_] == '\n') ++at_;
            } else if (c == '"') {
                if (!string(words)) return false;
            } else if (c == '$') {
                if (!macro(words)) return false;
            } else if (c == '<' && table(words)) {
            } else if (c == '-' && at_ + 1 < text_.size() && text_[at_ + 1] == '>') {
                words.push_back({"->", span(at_, at_ + 2)});
                at_ += 2;
            } else if (std::string_view("{}(),=!<>;").find(c) != std::string_view::npos) {
                if (c == '{') {
                    if (braces++ == 0) opened = at_;
                    if (!words.empty() && is_anchor(words)) {
                        // The block's rules are statements of their own.
                        words.push_back({"{", span(at_, at_ + 1)});
                        ++at_;
                        ended = true;
                        continue;
                    }
                    if (braces > deepest_braces) return fatal(at_, "braces are nested too deeply");
                }
                if (c == '}') {
                    if (braces > 0) {
                        --braces;
                    } else {
                        // The end of an anchor's block, a statement of its own.
                        if (!words.empty()) words.push_back({"", span(at_, at_), false, false, true});
                        words.push_back({"}", span(at_, at_ + 1)});
                        ++at_;
                        ended = true;
                        continue;
                    }
                }
                std::size_t length = 1;
                if (at_ + 1 < text_.size()) {
                    const std::string_view two = text_.substr(at_, 2);
                    if (two == "!=" || two == "<=" || two == ">=" || two == "<>" || two == "><") length = 2;
                }
                words.push_back({std::string(text_.substr(at_, length)), span(at_, at_ + length)});
                at_ += length;
            } else {
                const std::size_t begin = at_;
                while (at_ < text_.size() && is_word(text_[at_])) ++at_;
                if (at_ == begin) return fatal(at_, "this character has no meaning here");
                words.push_back({std::string(text_.substr(begin, at_ - begin)), span(begin, at_)});
            }
        }
        if (braces > 0 && !ended) return fatal(opened, "this brace does not end: the text is cut");
        if (words.empty()) return true;
        if (define(words)) return true;
        for (Token& w : words) out_.push_back(std::move(w));
        out_.push_back({"", span(at_, at_), false, false, true});
        return true;
    }

    static bool is_anchor(const std::vector<Token>& words) {
        return words.front().text == "anchor" ||
               (words.size() > 1 && words[0].text == "pass" && words[1].text == "anchor");
    }

    bool string(std::vector<Token>& words) {
        const std::size_t begin = at_++;
        std::string text;
        while (at_ < text_.size() && text_[at_] != '"') {
            if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
                ++at_;
                if (text_[at_] == '\n') {
                    ++at_;
                    continue;
                }
            }
            text += text_[at_++];
        }
        if (at_ >= text_.size()) return fatal(begin, "this string does not end: the text is cut");
        ++at_;
        words.push_back({std::move(text), span(begin, at_), true});
        return true;
    }

    bool table(std::vector<Token>& words) {
        std::size_t end = at_ + 1;
        while (end < text_.size() && is_blank(text_[end])) ++end;
        const std::size_t begin = end;
        while (end < text_.size() && is_name(text_[end])) ++end;
        const std::size_t stop = end;
        while (end < text_.size() && is_blank(text_[end])) ++end;
        if (stop == begin || end >= text_.size() || text_[end] != '>') return false;
        // `port 1 < 5 > …` is no table; names do not begin with a digit there.
        if (text_[begin] >= '0' && text_[begin] <= '9') return false;
        words.push_back({std::string(text_.substr(begin, stop - begin)), span(at_, end + 1), false, true});
        at_ = end + 1;
        return true;
    }

    bool macro(std::vector<Token>& words) {
        const std::size_t begin = at_++;
        std::size_t end = at_;
        while (end < text_.size() && (is_name(text_[end]) && text_[end] != '.' && text_[end] != '-')) ++end;
        const std::string name(text_.substr(at_, end - at_));
        at_ = end;
        const auto known = macros_.find(name);
        if (known == macros_.end()) return fatal(begin, fmt::format("the macro ${} is not defined", name));
        // What hangs on the end of the name: $ext_if:network.
        std::size_t more = at_;
        while (more < text_.size() && is_word(text_[more])) ++more;
        const std::string tail(text_.substr(at_, more - at_));
        at_ = more;
        for (const Token& t : known->second) {
            words.push_back(t);
            words.back().span = span(begin, at_);
        }
        if (!tail.empty()) {
            if (known->second.empty())
                words.push_back({tail, span(begin, at_)});
            else
                words.back().text += tail;
        }
        return true;
    }

    /// `name = value`
    bool define(const std::vector<Token>& words) {
        if (words.size() < 2 || words[1].text != "=" || words[1].string || words[0].string || words[0].table)
            return false;
        for (const char c : words[0].text)
            if (!is_name(c)) return false;
        std::vector<Token> value;
        for (std::size_t i = 2; i < words.size() && value.size() < most_in_macro; ++i) {
            if (!words[i].string) {
                value.push_back(words[i]);
                continue;
            }
            std::vector<Token> inner;
            base::Diagnostics ignored;
            Lexer lexer(words[i].text, file_, inner, ignored);
            if (!lexer.words_of(inner)) {
                value.push_back(words[i]);
                continue;
            }
            for (Token& t : inner) value.push_back(std::move(t));
        }
        macros_[words[0].text] = std::move(value);
        return true;
    }
    /// The text of a macro's string as words; macros are not expanded there.
    bool words_of(std::vector<Token>& out) {
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (is_blank(c) || c == '\n') {
                ++at_;
            } else if (c == '<' && table(out)) {
            } else if (std::string_view("{}(),=!<>;").find(c) != std::string_view::npos) {
                std::size_t length = 1;
                const std::string_view two = text_.substr(at_, 2);
                if (two == "!=" || two == "<=" || two == ">=" || two == "<>" || two == "><") length = 2;
                out.push_back({std::string(text_.substr(at_, length)), {}});
                at_ += length;
            } else {
                const std::size_t begin = at_;
                while (at_ < text_.size() && is_word(text_[at_])) ++at_;
                if (at_ == begin) return false;
                out.push_back({std::string(text_.substr(begin, at_ - begin)), {}});
            }
        }
        return true;
    }

    std::string_view text_;
    base::FileId file_;
    std::vector<Token>& out_;
    base::Diagnostics& diagnostics_;
    std::size_t at_ = 0;
    std::map<std::string, std::vector<Token>> macros_;
};

}  // namespace

bool tokenize(const base::Sources& sources, base::FileId file, std::vector<Token>& out,
              base::Diagnostics& diagnostics) {
    return Lexer(sources.text(file), file, out, diagnostics).run();
}

void not_understood(base::Diagnostics& diagnostics, Span where, std::string message, base::Influence influence) {
    base::Diagnostic d;
    d.code = "EL901";
    d.span = where;
    d.message = std::move(message);
    d.influence = influence;
    diagnostics.push_back(std::move(d));
}

}  // namespace egresslint::dialects::pf
