// SPDX-License-Identifier: Apache-2.0
// Address text: RFC 4291 section 2.2 (input forms), RFC 5952 section 4 (output form), RFC 5737 and 3849 addresses.
#include "base/address.hpp"

#include <catch2/catch.hpp>

using namespace egresslint::base;

TEST_CASE("IPv4 text is four decimal octets and nothing else") {
    CHECK(parse_ipv4("192.0.2.1")->bits == 0xc0000201u);
    CHECK(parse_ipv4("0.0.0.0")->bits == 0u);
    CHECK(parse_ipv4("255.255.255.255")->bits == 0xffffffffu);
    for (const char* bad : {"", "1", "1.2.3", "1.2.3.4.5", "256.0.0.1", "1.2.3.", ".1.2.3", "1..2.3", "010.0.0.1",
                            "1.2.3.04", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4a", "0x1.2.3.4", "1.2.3.1000", "-1.2.3.4"}) {
        INFO(bad);
        CHECK_FALSE(parse_address(bad));
    }
}

TEST_CASE("IPv6 text is read in every form of RFC 4291") {
    const auto same = [](const char* a, const char* b) {
        INFO(a);
        REQUIRE(parse_ipv6(a));
        CHECK(parse_ipv6(a) == parse_ipv6(b));
    };
    same("2001:DB8:0:0:8:800:200C:417A", "2001:db8::8:800:200c:417a");
    same("FF01:0:0:0:0:0:0:101", "ff01::101");
    same("0:0:0:0:0:0:0:1", "::1");
    same("0:0:0:0:0:0:0:0", "::");
    same("::FFFF:192.0.2.1", "::ffff:c000:201");
    same("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0");
    same("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8");
    same("1::8", "1:0:0:0:0:0:0:8");
    CHECK(parse_ipv6("2001:db8::1")->bits == (static_cast<u128>(0x20010db800000000ull) << 64 | 1));
    for (const char* bad : {"",
                            ":",
                            ":::",
                            "1",
                            "1:2",
                            "1:2:3:4:5:6:7",
                            "1:2:3:4:5:6:7:8:9",
                            "1:2:3:4:5:6:7:8::",
                            "::1::",
                            "1::2::3",
                            ":1:2:3:4:5:6:7:8",
                            "1:2:3:4:5:6:7:8:",
                            "12345::",
                            "::g",
                            "fe80::1%eth0",
                            "[::1]",
                            "::192.0.2",
                            "::192.0.2.256",
                            "1:2:3:4:5:6:7:192.0.2.1",
                            "::192.0.2.1:1",
                            "192.0.2.1"}) {
        INFO(bad);
        CHECK_FALSE(parse_ipv6(bad));
    }
}

TEST_CASE("addresses print as RFC 5952 says") {
    const auto printed = [](const char* text) { return to_string(*parse_address(text)); };
    CHECK(printed("192.0.2.1") == "192.0.2.1");
    CHECK(printed("2001:db8:0:0:1:0:0:1") == "2001:db8::1:0:0:1");     // 4.2.3: the first of equal runs
    CHECK(printed("2001:0:0:1:0:0:0:1") == "2001:0:0:1::1");           // 4.2.3: the longest run
    CHECK(printed("2001:db8:0:1:1:1:1:1") == "2001:db8:0:1:1:1:1:1");  // 4.2.2: not one group alone
    CHECK(printed("2001:0DB8::0001") == "2001:db8::1");                // 4.1, 4.3
    CHECK(printed("::") == "::");
    CHECK(printed("::1") == "::1");
    CHECK(printed("1::") == "1::");
    CHECK(printed("::ffff:192.0.2.1") == "::ffff:192.0.2.1");  // 5
}

TEST_CASE("printing and parsing are inverse") {
    u128 bits = 0x9e3779b97f4a7c15ull;
    for (int i = 0; i < 20000; ++i) {
        bits = bits * 0xd1342543de82ef95ull + 0x2545f4914f6cdd1dull;
        // Blank out groups so that runs of zeros of every shape occur.
        u128 value = bits;
        for (unsigned g = 0; g < 8; ++g)
            if (bits >> (g + 40) & 1) value &= ~(static_cast<u128>(0xffff) << (16 * g));
        const Address v6{Family::v6, value};
        REQUIRE(parse_address(to_string(v6)) == v6);
        const Address v4{Family::v4, value & 0xffffffffu};
        REQUIRE(parse_address(to_string(v4)) == v4);
    }
}

TEST_CASE("prefixes clear host bits and take contiguous masks only") {
    CHECK(to_string(*parse_prefix("10.1.2.3/8")) == "10.0.0.0/8");
    CHECK(to_string(*parse_prefix("10.1.2.3/255.255.0.0")) == "10.1.0.0/16");
    CHECK(to_string(*parse_prefix("10.1.2.3")) == "10.1.2.3/32");
    CHECK(to_string(*parse_prefix("2001:db8::1/64")) == "2001:db8::/64");
    CHECK(to_string(*parse_prefix("2001:db8::/ffff:ffff::")) == "2001:db8::/32");
    CHECK(parse_prefix("0.0.0.0/0")->last() == 0xffffffffu);
    CHECK(parse_prefix("::/0")->last() == low_mask(128));
    CHECK(parse_prefix("192.0.2.0/24")->contains(*parse_address("192.0.2.255")));
    CHECK_FALSE(parse_prefix("192.0.2.0/24")->contains(*parse_address("192.0.3.0")));
    CHECK_FALSE(parse_prefix("0.0.0.0/0")->contains(*parse_address("::1")));
    for (const char* bad : {"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/255.0.255.0",
                            "10.0.0.0/ffff::", "::/129", "10.0.0.0/8/8", "10.0.0.0/0x8", "/8", "10.0.0.0/8 "}) {
        INFO(bad);
        CHECK_FALSE(parse_prefix(bad));
    }
    CHECK(mask_length(Family::v4, 0xffffff00u) == 24u);
    CHECK(mask_length(Family::v4, 0u) == 0u);
    CHECK(mask_length(Family::v4, 0xffffffffu) == 32u);
    CHECK_FALSE(mask_length(Family::v4, 0xffffff01u));
    CHECK(mask_length(Family::v6, low_mask(128)) == 128u);
}

TEST_CASE("128-bit numbers print in decimal") {
    CHECK(to_decimal(0) == "0");
    CHECK(to_decimal(65535) == "65535");
    CHECK(to_decimal(low_mask(128)) == "340282366920938463463374607431768211455");
}
