// SPDX-License-Identifier: Apache-2.0
// A text as tokens: the actions on grammars/nftables.hpp. A token is its kind and its place; its characters stay in
// the text. Braces are paired here, once, so that the parser can step over a block it does not understand, and a text
// that is cut in the middle is refused before anything is read from it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace egresslint::dialects::nftables {

struct Token {
    enum class Kind : std::uint8_t {
        end,  ///< of the text
        line_end,
        word,     ///< `tcp`, `eth0.5`, `br-*`
        number,   ///< starts with a digit: `25`, `0x1f`, `10.0.0.1`, `1h30m`
        address,  ///< with colons: IPv6, link layer
        quoted,
        variable,  ///< `$name`
        open_brace,
        close_brace,
        double_equal,
        not_equal,
        less_equal,
        greater_equal,
        shift_left,
        shift_right,
        sign,   ///< any other single character, see Token::sign
        stray,  ///< a character that no token starts with
    };
    Kind kind = Kind::end;
    char sign = 0;
    std::uint32_t begin = 0;
    std::uint32_t tail = 0;  ///< one past the last byte; for braces the index of the partner's token

    [[nodiscard]] bool brace() const { return kind == Kind::open_brace || kind == Kind::close_brace; }
    [[nodiscard]] std::uint32_t end() const { return brace() ? begin + 1 : tail; }
};

/// A text without tokens has `error` and its place instead.
struct Tokens {
    std::vector<Token> tokens;  ///< the last one is Kind::end
    /// `# handle N` comments: index of the token that follows, N; ascending.
    std::vector<std::pair<std::uint32_t, std::uint64_t>> handles;
    std::string error;
    std::uint32_t error_begin = 0, error_end = 0;
};

/// Linear; at most 4 GiB - 1 of text.
[[nodiscard]] Tokens tokenize(std::string_view text);

}  // namespace egresslint::dialects::nftables
