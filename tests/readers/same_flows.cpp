// SPDX-License-Identifier: Apache-2.0
// same_flows A B: whether two nftables rulesets (text or JSON) give the same flow table; for tests/corpus/run.
// Prints one line. Exit status: 0 the same, 1 different, 2 one of them was not read.
#include <fmt/format.h>

#include <cstdio>

#include "base/io.hpp"
#include "compare.hpp"

int main(int argc, char** argv) {
    using namespace egresslint;
    if (argc != 3) {
        std::fputs("usage: same_flows A B\n", stderr);
        return 2;
    }
    std::unique_ptr<readers::Reading> reading[2];
    for (int i = 0; i < 2; ++i) {
        auto text = base::read_file(argv[i + 1]);
        if (!text) {
            fmt::print("{}: {}\n", argv[i + 1], text.error().message);
            return 2;
        }
        reading[i] = readers::read(argv[i + 1], std::move(*text));
        if (!reading[i]->refused.empty()) {
            fmt::print("{}: {}\n", argv[i + 1], reading[i]->refused);
            return 2;
        }
    }
    const auto found = readers::compare(reading[0]->device, reading[1]->device);
    constexpr const char* scopes[] = {"all new flows", "tcp/25", "packets"};
    fmt::print("{} ({}, {} ends, {} packets){}{}; remarks {} {}\n", found.difference.empty() ? "same" : "different",
               scopes[static_cast<int>(found.scope)], found.rows, found.packets, found.difference.empty() ? "" : ": ",
               found.difference, reading[0]->remarks.size(), reading[1]->remarks.size());
    for (int i = 0; i < 2; ++i)
        for (const auto& remark : reading[i]->remarks)
            fmt::print(stderr, "{}: {}\n", i == 0 ? "first" : "second", remark);
    return found.difference.empty() ? 0 : 1;
}
