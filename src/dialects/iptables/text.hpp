// SPDX-License-Identifier: Apache-2.0
// The texts of one device as tables of chains of rules: commands replayed in order, rules still as text. Words are
// split when a rule is lowered.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/source.hpp"
#include "model/device.hpp"

namespace egresslint::dialects::iptables {

struct Word {
    std::string_view text;
    base::Span span;
    bool quoted = false;
};

/// One rule: the text after `-A CHAIN`.
struct RuleText {
    base::Span line;          ///< what a message shows: the command without counters
    std::uint32_t begin = 0;  ///< where the rule's own words begin
    bool cut = false;         ///< the file ends inside this line
};

struct ChainText {
    std::string name;
    base::Span defined;
    bool built_in = false;
    model::Verdict policy = model::Verdict::accept;
    std::vector<RuleText> rules;
};

/// Finds by string_view what is kept as std::string.
struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

using TextSet = std::unordered_set<std::string, TextHash, std::equal_to<>>;

struct TableText {
    base::Family family = base::Family::v4;
    std::string back_end;  ///< "legacy", "nf_tables" or "" when the file does not say
    std::string name;
    base::Span span;
    std::vector<ChainText> chains;
    std::unordered_map<std::string, std::size_t, TextHash, std::equal_to<>> index;

    ChainText* find(std::string_view chain);
    [[nodiscard]] const ChainText* find(std::string_view chain) const;
    ChainText& chain(std::string_view name, base::Span where);
};

class Texts {
public:
    explicit Texts(const base::Sources& sources) : sources_(sources) {}

    /// Adds one file. A shell script or anything that is no save file ends in one fatal diagnostic.
    void read(base::FileId file, std::string_view path, base::Diagnostics& diagnostics);
    [[nodiscard]] const std::deque<TableText>& tables() const { return tables_; }
    [[nodiscard]] const base::Sources& sources() const { return sources_; }
    [[nodiscard]] std::size_t rule_count() const;
    /// Lines of `ipset save` that stand among the rules, as generators write them.
    [[nodiscard]] const std::vector<base::Span>& set_lines() const { return set_lines_; }

private:
    friend class TextReader;
    const base::Sources& sources_;
    std::deque<TableText> tables_;
    std::vector<base::Span> set_lines_;
};

/// Splits `text`, which begins at `offset` of `file`. Quoted words with backslashes are unescaped into `unescaped`.
/// false: a quote is not closed.
[[nodiscard]] bool split_words(std::string_view text, base::FileId file, std::uint32_t offset, std::vector<Word>& words,
                               std::deque<std::string>& unescaped);

/// Finds `word` in a long text, as std::string_view::find does, at the speed of memmem(3).
[[nodiscard]] std::size_t find_word(std::string_view text, std::string_view word, std::size_t from = 0);

/// A line that calls a firewall tool from a shell, or that only a shell understands.
[[nodiscard]] bool looks_like_shell(std::string_view line);
/// "iptables" or "ip6tables" as the header of a dump says it; "" if the text has none.
struct Header {
    bool found = false;
    bool v6 = false;
    std::string_view back_end;
};
[[nodiscard]] Header header(std::string_view comment);

/// Built-in chains of a table; empty for a table that does not exist.
[[nodiscard]] std::vector<std::string_view> built_in_chains(std::string_view table);

}  // namespace egresslint::dialects::iptables
