// SPDX-License-Identifier: Apache-2.0
// The words of nft(8), LEXICAL CONVENTIONS: a text is a run of tokens. What the tokens mean depends on what stands
// before them (`ip` is a family, a protocol, a header or a value), so sentences are read above this grammar, by
// src/dialects/nftables/parse_*.cpp, and this one stays linear: no alternative looks further than one address ahead.
#pragma once

#include "grammars/common.hpp"

namespace egresslint::grammars::nftables {

// -- between tokens

struct space : p::plus<p::sor<blank, line_continuation>> {};
/// `nft -a list ruleset` writes handles as comments. Only a comment that holds nothing else counts.
struct handle_number : p::plus<p::digit> {};
struct handle_comment : p::seq<p::one<'#'>, p::plus<blank>, p::string<'h', 'a', 'n', 'd', 'l', 'e'>, p::plus<blank>,
                               handle_number, p::star<blank>, p::at<p::eolf>> {};
struct comment : p::seq<p::one<'#'>, rest_of_line> {};
struct end_of_line : newline {};

// -- addresses with colons: IPv6 and link layer

struct word_character : p::ranges<'a', 'z', 'A', 'Z', '0', '9', '_'> {};
/// Must end where the digits end, or `::1:accept` would swallow `acce`; and is no IPv4 tail.
struct group : p::seq<p::rep_min_max<1, 4, p::xdigit>, p::not_at<word_character>, p::not_at<p::one<'.'>, p::digit>> {};
struct dotted : p::seq<p::plus<p::digit>, p::rep<3, p::one<'.'>, p::plus<p::digit>>> {};
struct groups : p::seq<group, p::star<p::one<':'>, group>> {};
struct address_tail : p::sor<p::seq<p::star<group, p::one<':'>>, dotted>, groups> {};
struct compressed_address : p::seq<p::opt<groups>, p::two<':'>, p::opt<address_tail>> {};
/// Six groups and more: a link-layer address or an IPv6 address without `::`; fewer are a number, a colon, a number.
struct full_address
    : p::seq<group, p::rep<5, p::one<':'>, group>, p::star<p::one<':'>, group>, p::opt<p::one<':'>, dotted>> {};
struct colon_address : p::seq<p::at<p::sor<p::seq<p::rep_min_max<1, 4, p::xdigit>, p::one<':'>>, p::two<':'>>>,
                              p::sor<compressed_address, full_address>> {};

// -- words, numbers, strings

/// A digit first: numbers, IPv4 addresses, times (`1h30m`), amounts without a blank (`25mbytes`).
struct number : p::seq<p::digit, p::star<word_character>, p::star<p::one<'.'>, p::digit, p::star<word_character>>> {};
/// A name may hold `-`, `.` and `/`, and may end in `*` (interface names).
struct word : p::seq<p::sor<p::alpha, p::one<'_'>>, p::star<p::sor<word_character, p::one<'-', '.', '/'>>>,
                     p::opt<p::opt<p::one<'\\'>>, p::one<'*'>>> {};
struct quoted : p::seq<p::one<'"'>, p::star<p::not_one<'"'>>, p::one<'"'>> {};
/// `$net/24` and `$low-$high` are two tokens more than `$wan-if`.
struct variable : p::seq<p::one<'$'>, p::sor<p::alpha, p::one<'_'>>,
                         p::star<p::sor<word_character, p::seq<p::one<'-', '.'>, p::at<word_character>>,
                                        p::seq<p::one<'/'>, p::at<p::alpha>>>>> {};

// -- signs

struct double_equal : p::string<'=', '='> {};
struct not_equal : p::string<'!', '='> {};
struct less_equal : p::string<'<', '='> {};
struct greater_equal : p::string<'>', '='> {};
struct shift_left : p::string<'<', '<'> {};
struct shift_right : p::string<'>', '>'> {};
struct double_sign : p::seq<p::at<p::one<'=', '!', '<', '>'>>,
                            p::sor<double_equal, not_equal, less_equal, greater_equal, shift_left, shift_right>> {};
struct opening_brace : p::one<'{'> {};
struct closing_brace : p::one<'}'> {};
struct sign
    : p::one<'(', ')', '[', ']', ',', ':', ';', '.', '=', '-', '/', '&', '|', '^', '!', '@', '<', '>', '*', '+'> {};

// -- what is none of these

struct open_quote : p::one<'"'> {};
struct stray : p::any {};

struct token : p::sor<space, colon_address, word, number, opening_brace, closing_brace, double_sign, sign, end_of_line,
                      quoted, variable, handle_comment, comment, open_quote, stray> {};
struct file : p::seq<p::opt<byte_order_mark>, p::star<token>> {};

}  // namespace egresslint::grammars::nftables
