// SPDX-License-Identifier: Apache-2.0
// Hostile names. Sources: ECMA-48 (C0, C1, CSI), Unicode 15 Bidi_Control (UAX #9) and the tag block, RFC 3629 for what
// is no UTF-8, GitHub's workflow commands for "::" at the start of a line.
#include "report/escape.hpp"

#include <catch2/catch.hpp>

using namespace egresslint::report;

TEST_CASE("text without tricks is unchanged") {
    CHECK(escaped("oifname \"wan0\" snat to 198.51.100.2") == "oifname \"wan0\" snat to 198.51.100.2");
    CHECK(escaped("B\xc3\xbcro \xe2\x82\xac \xe6\x97\xa5\xe6\x9c\xac") ==
          "B\xc3\xbcro \xe2\x82\xac \xe6\x97\xa5\xe6\x9c\xac");
}

TEST_CASE("a name cannot move the cursor, colour the screen or start a line") {
    CHECK(escaped("\x1b[2J\x1b]0;title\x07") == "\\x1b[2J\\x1b]0;title\\x07");
    CHECK(escaped("a\nerror[EL101]: forged\r") == "a\\x0aerror[EL101]: forged\\x0d");
    CHECK(escaped("a\tb\x7f") == "a\\x09b\\x7f");
    CHECK(escaped(std::string_view("a\0b", 3)) == "a\\x00b");
    // C1 control sequence introducer, as UTF-8 and as a bare byte.
    CHECK(escaped("\xc2\x9b"
                  "31m") == "\\u{9b}31m");
    CHECK(escaped("\x9b"
                  "31m") == "\\x9b31m");
}

TEST_CASE("a name cannot be read in another order or hide a part of itself") {
    CHECK(escaped("drop\xe2\x80\xae tpecca") == "drop\\u{202e} tpecca");   // right-to-left override
    CHECK(escaped("\xe2\x81\xa6x\xe2\x81\xa9") == "\\u{2066}x\\u{2069}");  // isolates
    CHECK(escaped("a\xe2\x80\x8b"
                  "b") == "a\\u{200b}b");                  // zero width space
    CHECK(escaped("\xef\xbb\xbf") == "\\u{feff}");         // byte order mark
    CHECK(escaped("x\xf3\xa0\x81\xa1") == "x\\u{e0061}");  // tag letter a
    CHECK(escaped("a\xe2\x80\xa8"
                  "b") == "a\\u{2028}b");  // line separator
}

TEST_CASE("what is no UTF-8 is shown byte by byte") {
    CHECK(escaped("\xff\xfe") == "\\xff\\xfe");
    CHECK(escaped("\xc0\xaf") == "\\xc0\\xaf");                    // overlong '/'
    CHECK(escaped("\xed\xa0\x80") == "\\xed\\xa0\\x80");           // surrogate
    CHECK(escaped("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");  // above U+10FFFF
    CHECK(escaped("caf\xe9") == "caf\\xe9");                       // Latin-1
    CHECK(escaped("\xe2\x82") == "\\xe2\\x82");                    // cut short
}

TEST_CASE("escaping twice changes nothing more") {
    std::string every;
    for (int c = 0; c < 256; ++c) every.push_back(static_cast<char>(c));
    CHECK(escaped(escaped(every)) == escaped(every));
}

TEST_CASE("widths count what a terminal shows") {
    CHECK(display_width("abc") == 3);
    CHECK(display_width("B\xc3\xbcro") == 4);
    CHECK(display_width("\xe6\x97\xa5\xe6\x9c\xac") == 4);  // two wide characters
    CHECK(display_width("e\xcc\x81") == 1);                 // combining acute accent
    CHECK(clipped("\xe6\x97\xa5\xe6\x9c\xac", 3) == "\xe6\x97\xa5");
    CHECK(clipped("abc", 2) == "ab");
    CHECK(clipped("abc", 9) == "abc");
}

TEST_CASE("a path at the start of a line is never a workflow command") {
    CHECK(escaped_path("::error file=x::owned") == "./::error file=x::owned");
    CHECK(escaped_path("edge.nft") == "edge.nft");
}
