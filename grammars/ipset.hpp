// SPDX-License-Identifier: Apache-2.0
// ipset save (ipset(8)): one command a line, words separated by blanks, comments of elements in double quotes.
#pragma once

#include <tao/pegtl.hpp>

namespace egresslint::grammar::ipset {

using namespace tao::pegtl;

struct blank : one<' ', '\t'> {};
struct quoted_text : star<not_one<'"', '\n'>> {};
struct quoted : seq<one<'"'>, quoted_text, one<'"'>> {};
struct plain : plus<not_one<' ', '\t', '\r', '\n'>> {};
struct line_end : seq<opt<one<'\r'>>, sor<one<'\n'>, eof>> {};
struct comment : seq<one<'#'>, star<not_one<'\n'>>> {};
struct words : star<sor<plus<blank>, quoted, plain, seq<one<'\r'>, not_at<sor<one<'\n'>, eof>>>>> {};
struct command : seq<words, line_end> {};
struct line : seq<not_at<eof>, star<blank>, sor<seq<comment, line_end>, command>> {};
struct byte_order_mark : string<'\xEF', '\xBB', '\xBF'> {};
struct file : seq<opt<byte_order_mark>, star<line>, eof> {};

}  // namespace egresslint::grammar::ipset
