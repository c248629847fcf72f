// SPDX-License-Identifier: Apache-2.0
// The kernel tests run inside a private user namespace; without one there is nothing to test, and that is said loudly.
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#include <cstdio>

#include "command.hpp"
#include "enter.hpp"

int main(int argc, char** argv) {
    using namespace egresslint::kernel;
    if (const std::string reason = enter_namespaces(); !reason.empty()) {
        std::fprintf(stderr, "SKIPPED: namespaces are denied here (%s)\n", reason.c_str());
        return skipped;
    }
    for (const char* tool : {"nft", "ip"}) {
        if (!have(tool)) {
            std::fprintf(stderr, "SKIPPED: %s is not installed\n", tool);
            return skipped;
        }
    }
    return Catch::Session().run(argc, argv);
}
