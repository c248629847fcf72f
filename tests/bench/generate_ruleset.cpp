// SPDX-License-Identifier: Apache-2.0
// Writes a synthetic office to standard output, for benchmarks only (tests/support/synthetic_office.hpp).
//
//   generate_ruleset nft|nft-flat|iptables N [SEED]     a ruleset of about N rules
//   generate_ruleset packets N < RULESET                N packets for `egresslint trace --packets`
//   generate_ruleset addresses|routes                   `ip -j` dumps of its device
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tests/support/synthetic_office.hpp"

int main(int argc, char** argv) {
    namespace office = egresslint::testing::office;
    const std::string_view what = argc > 1 ? argv[1] : "";
    const auto count = static_cast<unsigned>(argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 0);
    const std::uint64_t seed = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1;
    std::string text;
    if (what == "addresses")
        text = office::addresses();
    else if (what == "routes")
        text = office::routes();
    else if (argc > 2 && (what == "nft" || what == "nft-flat"))
        text = office::nft(count, seed, what == "nft-flat");
    else if (argc > 2 && what == "iptables")
        text = office::iptables(count, seed);
    else if (argc > 2 && what == "packets") {
        std::string ruleset;
        for (int c = std::getchar(); c != EOF; c = std::getchar()) ruleset += static_cast<char>(c);
        text = office::packets(count, office::Samples(ruleset, seed));
    }
    if (text.empty()) {
        std::fprintf(stderr,
                     "usage: generate_ruleset nft|nft-flat|iptables N [SEED]\n"
                     "       generate_ruleset packets N [SEED] < RULESET\n"
                     "       generate_ruleset addresses|routes\n");
        return 2;
    }
    std::fwrite(text.data(), 1, text.size(), stdout);
    return 0;
}
