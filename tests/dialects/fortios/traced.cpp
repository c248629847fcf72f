// SPDX-License-Identifier: Apache-2.0
#include "tests/support/traced.hpp"

#include "tests/dialects/fortios/support.hpp"

namespace egresslint::test::fortios {

std::string traced(const std::string& config, const std::string& packet) {
    auto result = read(config);
    if (result.devices.empty()) return "no device: " + result.messages();
    return test::traced(result.devices[0], result.diagnostics, packet);
}

}  // namespace egresslint::test::fortios
