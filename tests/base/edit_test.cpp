// SPDX-License-Identifier: Apache-2.0
#include "base/edit.hpp"

#include <catch2/catch.hpp>

using namespace egresslint::base;

TEST_CASE("edits are applied in the order of the text, insertions at one place in the order given", "[edit]") {
    const FileId file(std::size_t{0}), other(std::size_t{1});
    CHECK(apply_edits("one two three", file, {{{file, 8, 13}, "3"}, {{file, 0, 3}, "1"}}) == "1 two 3");
    CHECK(apply_edits("ab", file, {{{file, 1, 1}, "x"}, {{file, 1, 1}, "y"}, {{other, 0, 2}, ""}}) == "axyb");
    CHECK(apply_edits("ab", file, {{{file, 2, 2}, "\n"}}) == "ab\n");
}

TEST_CASE("edits that overlap or leave the text are refused", "[edit]") {
    const FileId file(std::size_t{0});
    CHECK_FALSE(apply_edits("abc", file, {{{file, 0, 2}, "x"}, {{file, 1, 3}, "y"}}));
    CHECK_FALSE(apply_edits("abc", file, {{{file, 2, 4}, ""}}));
    CHECK_FALSE(apply_edits("abc", file, {{{file, 2, 1}, ""}}));
}
