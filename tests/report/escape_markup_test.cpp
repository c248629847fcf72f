// SPDX-License-Identifier: Apache-2.0
// Sources: actions/runner, src/Runner.Common/ActionCommand.cs (what is a command, what is unescaped); XML 1.0 sections
// 2.2 and 2.4; GitHub Flavored Markdown, sections 6.1 (code spans) and 4.10 (tables, "|" in cells).
#include <catch2/catch.hpp>

#include "report/escape.hpp"
#include "sample.hpp"

using namespace egresslint::report;

TEST_CASE("no text is a command of a build service") {
    CHECK(escaped("##[error]x") == "##\\x5berror]x");
    CHECK(escaped("a ##vso[task]") == "a ##vso\\x5btask]");
    CHECK(escaped("#[x] ## [x]") == "#[x] ## [x]");
    CHECK(escaped_path("::error::x") == "./::error::x");
    CHECK(escaped_path("  \xc2\xa0::error::x") == "./  \xc2\xa0::error::x");
    CHECK(escaped_path("fe80::1") == "fe80::1");
}

TEST_CASE("workflow commands keep their data and properties apart") {
    CHECK(command_data("100% ::x\na,b:c\r") == "100%25 ::x%0Aa,b:c%0D");
    CHECK(command_property("100% ::x\na,b:c\r") == "100%25 %3A%3Ax%0Aa%2Cb%3Ac%0D");
}

TEST_CASE("XML text and attributes hold no markup and no forbidden character") {
    CHECK(xml_escaped("<a b='c' d=\"e\">&") == "&lt;a b=&#39;c&#39; d=&quot;e&quot;&gt;&amp;");
    CHECK(escaped("\xef\xbf\xbe\xef\xbf\xbf") == "\\u{fffe}\\u{ffff}");
}

TEST_CASE("Markdown text renders as itself") {
    CHECK(markdown_text("tcp/25 is open for 10.20.0.0-10.20.0.24 (IPv4)") ==
          "tcp/25 is open for 10.20.0.0-10.20.0.24 (IPv4)");
    CHECK(markdown_text("a_b *c* `d` [e](f) <g> |h| ~i~ \\") ==
          "a\\_b \\*c\\* \\`d\\` \\[e\\](f) &lt;g&gt; \\|h\\| \\~<!-- -->i\\~ \\\\");
    // Mentions, references and links are found in the rendered text: an empty comment parts them.
    CHECK(markdown_text("@admin #12") == "@<!-- -->admin #<!-- -->12");
    CHECK(markdown_text("http://x www.x") == "http:<!-- -->//x www.<!-- -->x");
    CHECK(markdown_text("2001:db8:100:1") == "2001:<!-- -->db8:<!-- -->100:1");  // :100: is an emoji
    CHECK(markdown_text("edge.nft:72 a: b c::d") == "edge.nft:72 a: b c::d");
    CHECK(markdown_text("$x$ !1 &x") == "&#36;x&#36; !<!-- -->1 &amp;<!-- -->x");
}

TEST_CASE("code spans and blocks cannot be left from inside") {
    CHECK(markdown_code("a") == "`a`");
    CHECK(markdown_code("a `` b") == "```a `` b```");
    CHECK(markdown_code("`a`") == "`` `a` ``");
    CHECK(markdown_code("") == "");
    CHECK(markdown_code("a|b") == "`a|b`");
    CHECK(markdown_code("a|b", true) == "`a\\|b`");
    CHECK(markdown_block("a\n````\n", "text") == "`````text\na\n````\n`````\n");
    CHECK(markdown_block("a") == "```\na\n```\n");
}

TEST_CASE("long text is cut between characters") {
    CHECK(shortened_to("abcdef", 6) == "abcdef");
    CHECK(shortened_to("abcdefg", 6) == "abc...");
    CHECK(shortened_to("ab\xc3\xbc\xc3\xbc\xc3\xbc", 6) == "ab...");
}
