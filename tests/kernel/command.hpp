// SPDX-License-Identifier: Apache-2.0
// Running the system's own tools (nft, ip, iptables-restore) in the namespace we are in: a program with arguments, a
// text for its standard input, and what it answered. No shell in between.
#pragma once

#include <string>
#include <vector>

namespace egresslint::kernel {

struct Finished {
    int status = -1;  ///< exit status; 127 when the program could not be started, 128 + signal when it was killed
    std::string output;
    std::string error;
};

Finished run(const std::vector<std::string>& arguments, const std::string& input = {});
/// Whether a program of that name can be started.
[[nodiscard]] bool have(const std::string& program);

}  // namespace egresslint::kernel
