// SPDX-License-Identifier: Apache-2.0
// Sources: RFC 3629; Unicode 15, table 3-7 and "U+FFFD Substitution of Maximal Subparts"; WHATWG Encoding.
#include "base/utf8.hpp"

#include <catch2/catch.hpp>

using egresslint::base::first_code_point;

namespace {

/// "41 20ac fffd/2": code points, with the bytes that were no UTF-8.
std::string read(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const auto point = first_code_point(text);
        char word[32];
        std::snprintf(word, sizeof word, point.valid ? "%x" : "%x/%zu", static_cast<unsigned>(point.code), point.bytes);
        out += (out.empty() ? "" : " ") + std::string(word);
        text.remove_prefix(point.bytes);
    }
    return out;
}

}  // namespace

TEST_CASE("UTF-8 of one to four bytes is read") {
    CHECK(read("A\xc3\xbc\xe2\x82\xac\xf0\x9f\x90\x87") == "41 fc 20ac 1f407");
    CHECK(read("\xf4\x8f\xbf\xbf\xed\x9f\xbf\xee\x80\x80") == "10ffff d7ff e000");
}

TEST_CASE("what is no UTF-8 is taken as far as it could have begun a code point") {
    CHECK(read("\xc0\xaf") == "fffd/1 fffd/1");                        // overlong
    CHECK(read("\xe0\x80\x80") == "fffd/1 fffd/1 fffd/1");             // overlong
    CHECK(read("\xed\xa0\x80") == "fffd/1 fffd/1 fffd/1");             // surrogate
    CHECK(read("\xf4\x90\x80\x80") == "fffd/1 fffd/1 fffd/1 fffd/1");  // above U+10FFFF
    CHECK(read("\xf1\x80\x80\x41\xe2\x82") == "fffd/3 41 fffd/2");     // cut short
    CHECK(read("\x80\xff") == "fffd/1 fffd/1");
}
