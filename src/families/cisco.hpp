// SPDX-License-Identifier: Apache-2.0
// The text of Cisco's command lines: a line is words, and what is indented below a line is its block. Which lines are
// comments, which words open a block and what is a secret is for each dialect to say.
#pragma once

#include <functional>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/source.hpp"

namespace egresslint::families::cisco {

struct Statement {
    base::Span span;                      ///< the line, without blanks at either end
    std::vector<std::string_view> words;  ///< never empty
    std::vector<Statement> block;         ///< in order, deeper blocks flattened
    unsigned indent = 0;

    /// "" where there is no such word.
    [[nodiscard]] std::string_view word(std::size_t i) const {
        return i < words.size() ? words[i] : std::string_view();
    }
    [[nodiscard]] bool begins(std::initializer_list<std::string_view> with) const;
    [[nodiscard]] std::string text() const;
    /// From this word to the end of the line.
    [[nodiscard]] std::string text_from(std::size_t word) const;
};

struct Line {
    std::string_view text;  ///< without blanks at either end
    std::uint32_t begin = 0;
    unsigned indent = 0;
};

/// Visits each line; pagers ("<--- More --->", "--More--") in front of a line are cut off.
void each_line(std::string_view text, const std::function<void(const Line&)>& visit);
/// Words; "(inside, outside)" is one.
[[nodiscard]] std::vector<std::string_view> split(std::string_view line);
/// A prompt with or without a command that shows something: "edge/act# show running-config", "edge>".
[[nodiscard]] bool is_prompt(std::string_view line);
/// `list` is words with a blank on either side of each.
[[nodiscard]] bool one_of(std::string_view word, std::string_view list);

/// Blots out secrets of one text.
class Hider {
public:
    Hider(base::Sources& sources, base::FileId file) : sources_(sources), file_(file), text_(sources.text(file)) {}
    [[nodiscard]] std::string_view text() const { return text_; }
    void hide(std::string_view word);
    /// What stands behind a word that announces a secret ("password 7 …"), in the whole line.
    void behind_words(std::span<const std::string_view> words);
    /// ftp://user:secret@host
    void urls(std::string_view line);
    /// Lines of hexadecimal numbers, as certificates are written.
    [[nodiscard]] static bool hexadecimal(std::string_view line);

private:
    base::Sources& sources_;
    base::FileId file_;
    std::string_view text_;
};

}  // namespace egresslint::families::cisco
