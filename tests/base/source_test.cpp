// SPDX-License-Identifier: Apache-2.0
// Positions: 1-based lines, columns in bytes, LF and CRLF ends, offsets at and past the end.
#include "base/source.hpp"

#include <catch2/catch.hpp>

#include "base/diagnostic.hpp"

using namespace egresslint::base;

TEST_CASE("lines and columns are those an editor shows") {
    Sources sources;
    const auto id = sources.add("edge.nft", "one\r\n\ttwo\n\nlast");
    const auto at = [&](std::uint32_t offset) {
        const auto p = sources.position(id, offset);
        return std::to_string(p.line) + ":" + std::to_string(p.column);
    };
    CHECK(at(0) == "1:1");
    CHECK(at(3) == "1:4");
    CHECK(at(4) == "1:5");  // the line feed belongs to the line it ends
    CHECK(at(5) == "2:1");
    CHECK(at(6) == "2:2");
    CHECK(at(10) == "3:1");
    CHECK(at(11) == "4:1");
    CHECK(at(15) == "4:5");
    CHECK(at(4000) == "4:5");
    CHECK(sources.line(id, 1) == "one");
    CHECK(sources.line(id, 2) == "\ttwo");
    CHECK(sources.line(id, 3).empty());
    CHECK(sources.line(id, 4) == "last");
    CHECK(sources.line(id, 0).empty());
    CHECK(sources.line(id, 5).empty());
    CHECK(sources.where(Span{id, 6, 9}) == "edge.nft:2:2");
    CHECK(sources.text(Span{id, 6, 9}) == "two");
    CHECK(sources.text(Span{id, 11, 4000}) == "last");
    CHECK(sources.text(Span{id, 9, 6}).empty());
    CHECK(sources.where(Span{}).empty());
    CHECK(sources.text(Span{}).empty());
}

TEST_CASE("an empty file has one empty line, and views outlive later files") {
    Sources sources;
    const auto empty = sources.add("empty", "");
    CHECK(sources.position(empty, 0).line == 1);
    CHECK(sources.line(empty, 1).empty());
    const auto small = sources.add("small", "abc");  // short enough for the small-string buffer
    const auto view = sources.text(small);
    for (int i = 0; i < 1000; ++i) sources.add("more", "x");
    CHECK(view == "abc");
    CHECK(view.data() == sources.text(small).data());
}

TEST_CASE("only a fatal diagnostic is fatal") {
    Diagnostics diagnostics;
    CHECK_FALSE(has_fatal(diagnostics));
    diagnostics.push_back({});
    CHECK_FALSE(has_fatal(diagnostics));
    diagnostics.push_back({});
    diagnostics.back().kind = Diagnostic::Kind::fatal;
    CHECK(has_fatal(diagnostics));
}

TEST_CASE("a secret is gone from everything but what is written back") {
    Sources sources;
    const auto id = sources.add("edge.conf", "enable password hunter2\nset key \"a\nb\"\nhostname fw");
    const std::string_view before = sources.text(id);
    sources.hide(Span{id, 16, 23});
    sources.hide(Span{id, 33, 36});
    CHECK(sources.text(id).data() == before.data());  // views made earlier show the blots as well
    CHECK(sources.line(id, 1) == "enable password *******");
    CHECK(sources.line(id, 4) == "hostname fw");
    CHECK(sources.text(Span{id, 33, 36}) == "*\n*");
    CHECK(sources.raw(id) == "enable password hunter2\nset key \"a\nb\"\nhostname fw");
    sources.hide(Span{id, 4000, 5000});
    sources.hide(Span{});
    CHECK(sources.raw(sources.add("other", "text")) == "text");
}
