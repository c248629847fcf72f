// SPDX-License-Identifier: Apache-2.0
// iptables-save(8) and iptables -S, line by line. The words of a rule are split as iptables-restore(8) does it: blanks
// separate, double quotes protect, a backslash inside quotes takes the next character as it is.
#pragma once

#include <tao/pegtl.hpp>

namespace egresslint::grammar::iptables {

using namespace tao::pegtl;

struct blank : one<' ', '\t'> {};
struct blanks : star<blank> {};
/// CRLF, LF, stray CR before the line end, or the end of the file.
struct line_end : seq<blanks, opt<one<'\r'>>, sor<one<'\n'>, eof>> {};

// -- words of a rule
struct escaped : seq<one<'\\'>, not_at<one<'\n'>>, any> {};
struct quoted_text : star<sor<escaped, not_one<'"', '\n', '\\'>>> {};
struct quoted : seq<one<'"'>, quoted_text, one<'"'>> {};
/// A quote that the line does not close.
struct unclosed : seq<one<'"'>, star<not_one<'\n'>>> {};
struct plain : plus<sor<not_one<' ', '\t', '\r', '\n', '"'>, seq<one<'\r'>, not_at<sor<one<'\n'>, eof>>>>> {};
struct words : seq<blanks, star<sor<quoted, unclosed, plain>, blanks>, opt<one<'\r'>>, opt<one<'\n'>>, eof> {};

// -- lines
struct name : plus<not_one<' ', '\t', '\r', '\n'>> {};
struct counters : seq<one<'['>, plus<digit>, one<':'>, plus<digit>, one<']'>> {};
struct comment_text : star<not_one<'\n'>> {};
struct comment : seq<one<'#'>, comment_text, opt<one<'\n'>>> {};
struct table : seq<one<'*'>, name, line_end> {};
struct policy : name {};
struct chain : seq<one<':'>, name, plus<blank>, policy, opt<plus<blank>, counters>, line_end> {};
struct commit : seq<string<'C', 'O', 'M', 'M', 'I', 'T'>, line_end> {};
struct command_text : plus<not_one<'\n'>> {};
/// -A, -I, -P, -N … with what follows; also `-t table -A …`.
struct command : seq<opt<counters, plus<blank>>, at<one<'-'>>, command_text, opt<one<'\n'>>> {};
struct empty : sor<seq<blanks, opt<one<'\r'>>, one<'\n'>>, seq<plus<sor<blank, one<'\r'>>>, eof>> {};
struct other : seq<plus<not_one<'\n'>>, opt<one<'\n'>>> {};

struct line : seq<not_at<eof>, sor<empty, seq<blanks, sor<comment, table, chain, commit, command>>, other>> {};
/// A file is lines, behind a byte order mark if it has one. The reader takes it apart so that `-A CHAIN …`, nearly
/// every line of a large dump, can go a shorter way.

}  // namespace egresslint::grammar::iptables
