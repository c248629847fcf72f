// SPDX-License-Identifier: Apache-2.0
// Shapes that several text languages share: lines and blanks. No actions, no meaning; included by grammars only.
#pragma once

#include <tao/pegtl.hpp>

namespace egresslint::grammars {

namespace p = tao::pegtl;

/// A carriage return is a blank, so that files with CRLF line ends read like those with LF.
struct blank : p::one<' ', '\t', '\r', '\f', '\v'> {};
struct newline : p::one<'\n'> {};
struct rest_of_line : p::star<p::not_one<'\n'>> {};
/// A backslash as the last character of a line joins the next line to it.
struct line_continuation : p::seq<p::one<'\\'>, p::opt<p::one<'\r'>>, p::one<'\n'>> {};
struct byte_order_mark : p::string<'\xEF', '\xBB', '\xBF'> {};

}  // namespace egresslint::grammars
