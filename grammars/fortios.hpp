// SPDX-License-Identifier: Apache-2.0
// FortiOS CLI text, as a backup, `show` and a script hold it: one command a line, words separated by blanks. Quoted
// words may span lines ("…" knows backslash escapes, '…' does not); a backslash at the end of a line joins lines.
// Blocks (config … end, edit … next) are not part of the grammar: they nest to any depth, and a stack reads them.
// Source: FortiOS Administration Guide, "CLI basics", sections Quotation marks and Escape characters.
#pragma once

#include <tao/pegtl.hpp>

namespace egresslint::grammar::fortios {

using namespace tao::pegtl;

struct line_break : seq<opt<one<'\r'>>, one<'\n'>> {};
struct joined_line : seq<one<'\\'>, line_break> {};
struct blank : sor<one<' ', '\t'>, joined_line, seq<one<'\r'>, not_at<sor<one<'\n'>, eof>>>> {};

struct escaped : seq<one<'\\'>, not_one<'\r', '\n'>> {};
struct double_text : star<sor<seq<one<'\\'>, any>, not_one<'"', '\\'>>> {};
struct double_quoted : seq<one<'"'>, double_text, one<'"'>> {};
struct single_text : star<not_one<'\''>> {};
struct single_quoted : seq<one<'\''>, single_text, one<'\''>> {};
struct plain : plus<not_one<' ', '\t', '\r', '\n', '"', '\'', '\\'>> {};
/// A quote that nothing closes, or a backslash at the very end: takes the rest of the text.
struct unterminated : seq<one<'"', '\'', '\\'>, star<any>> {};

/// "new"_name is one word.
struct word : plus<sor<double_quoted, single_quoted, escaped, joined_line, plain, unterminated>> {};
struct line_end : sor<line_break, seq<opt<one<'\r'>>, eof>> {};
struct comment : seq<one<'#'>, star<not_one<'\r', '\n'>>, star<one<'\r'>, not_at<one<'\n'>>>> {};
struct command : seq<word, star<plus<blank>, opt<word>>> {};
struct line : seq<not_at<eof>, star<blank>, opt<sor<comment, command>>, star<not_one<'\n'>>, line_end> {};
struct byte_order_mark : string<'\xEF', '\xBB', '\xBF'> {};
struct file : seq<opt<byte_order_mark>, star<line>, eof> {};

}  // namespace egresslint::grammar::fortios
