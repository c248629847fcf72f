// SPDX-License-Identifier: Apache-2.0
// What the tests of every reader do: a text read, the rules of a chain as printed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "model/print.hpp"

namespace egresslint::test {

struct ReadResult {
    base::Sources sources;
    base::Diagnostics diagnostics;
    std::vector<model::Device> devices;

    [[nodiscard]] bool fatal() const { return base::has_fatal(diagnostics); }
    /// All messages, one a line, with code and place.
    [[nodiscard]] std::string messages() const {
        std::string out;
        for (const auto& d : diagnostics) out += d.code + " " + sources.where(d.span) + " " + d.message + "\n";
        return out;
    }
};

/// The rules of a chain as printed, without the origins, joined by "\n".
inline std::string chain_text(const model::Device& device, std::string_view chain) {
    std::string out;
    for (const auto& c : device.chains) {
        if (c.name != chain) continue;
        for (auto id : c.rules) {
            const auto& rule = device.rules[id.index()];
            if (!out.empty()) out += "\n";
            out += (rule.active ? "" : "(inactive) ") + model::print_expr(device, rule.match) + " => " +
                   model::print_action(device, rule);
        }
    }
    return out;
}

}  // namespace egresslint::test
