// SPDX-License-Identifier: Apache-2.0
#include "dialects/nftables/tokens.hpp"

#include <charconv>
#include <limits>

#include "grammars/nftables.hpp"

namespace egresslint::dialects::nftables {
namespace {

namespace grammar = grammars::nftables;
using Kind = Token::Kind;

struct Building {
    const char* start;
    Tokens out;
    std::vector<std::uint32_t> open;  ///< braces not closed yet

    [[nodiscard]] std::uint32_t offset(const char* at) const { return static_cast<std::uint32_t>(at - start); }
    void refuse(std::string why, std::uint32_t begin, std::uint32_t end) {
        if (!out.error.empty()) return;
        out.error = std::move(why);
        out.error_begin = begin;
        out.error_end = end;
    }
};

template <Kind K>
struct Emit {
    template <class Input>
    static void apply(const Input& in, Building& b) {
        b.out.tokens.push_back({K, 0, b.offset(in.begin()), b.offset(in.end())});
    }
};

template <class Rule>
struct Action : tao::pegtl::nothing<Rule> {};
template <>
struct Action<grammar::end_of_line> : Emit<Kind::line_end> {};
template <>
struct Action<grammar::word> : Emit<Kind::word> {};
template <>
struct Action<grammar::number> : Emit<Kind::number> {};
template <>
struct Action<grammar::colon_address> : Emit<Kind::address> {};
template <>
struct Action<grammar::quoted> : Emit<Kind::quoted> {};
template <>
struct Action<grammar::variable> : Emit<Kind::variable> {};
template <>
struct Action<grammar::double_equal> : Emit<Kind::double_equal> {};
template <>
struct Action<grammar::not_equal> : Emit<Kind::not_equal> {};
template <>
struct Action<grammar::less_equal> : Emit<Kind::less_equal> {};
template <>
struct Action<grammar::greater_equal> : Emit<Kind::greater_equal> {};
template <>
struct Action<grammar::shift_left> : Emit<Kind::shift_left> {};
template <>
struct Action<grammar::shift_right> : Emit<Kind::shift_right> {};
template <>
struct Action<grammar::stray> : Emit<Kind::stray> {};
template <>
struct Action<grammar::sign> {
    template <class Input>
    static void apply(const Input& in, Building& b) {
        b.out.tokens.push_back({Kind::sign, *in.begin(), b.offset(in.begin()), b.offset(in.end())});
    }
};
template <>
struct Action<grammar::opening_brace> {
    template <class Input>
    static void apply(const Input& in, Building& b) {
        b.open.push_back(static_cast<std::uint32_t>(b.out.tokens.size()));
        b.out.tokens.push_back({Kind::open_brace, '{', b.offset(in.begin()), 0});
    }
};
template <>
struct Action<grammar::closing_brace> {
    template <class Input>
    static void apply(const Input& in, Building& b) {
        const auto at = b.offset(in.begin());
        if (b.open.empty()) {
            b.refuse("this '}' closes nothing", at, at + 1);
            return;
        }
        b.out.tokens[b.open.back()].tail = static_cast<std::uint32_t>(b.out.tokens.size());
        b.out.tokens.push_back({Kind::close_brace, '}', at, b.open.back()});
        b.open.pop_back();
    }
};
template <>
struct Action<grammar::handle_comment> {
    template <class Input>
    static void apply(const Input& in, Building& b) {
        const std::string_view comment(in.begin(), in.size());
        std::uint64_t number = 0;
        if (std::from_chars(in.begin() + comment.find_first_of("0123456789"), in.end(), number).ec == std::errc())
            b.out.handles.emplace_back(static_cast<std::uint32_t>(b.out.tokens.size()), number);
    }
};
template <>
struct Action<grammar::open_quote> {
    template <class Input>
    static void apply(const Input& in, Building& b) {
        const auto at = b.offset(in.begin());
        b.refuse("this string is never closed", at, at + 1);
    }
};

}  // namespace

Tokens tokenize(std::string_view text) {
    Building b{text.data(), {}, {}};
    if (text.size() >= std::numeric_limits<std::uint32_t>::max()) {
        b.refuse("the file is larger than 4 GiB", 0, 0);
        return std::move(b.out);
    }
    b.out.tokens.reserve(text.size() / 4 + 16);
    tao::pegtl::memory_input<tao::pegtl::tracking_mode::lazy> in(text.data(), text.size(), "");
    tao::pegtl::parse<grammar::file, Action>(in, b);
    if (!b.open.empty()) {
        const auto at = b.out.tokens[b.open.back()].begin;
        b.refuse("this '{' is never closed", at, at + 1);
    }
    const auto size = static_cast<std::uint32_t>(text.size());
    b.out.tokens.push_back({Kind::end, 0, size, size});
    return std::move(b.out);
}

}  // namespace egresslint::dialects::nftables
