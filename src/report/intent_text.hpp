// SPDX-License-Identifier: Apache-2.0
// An egresslint.toml made of what was inferred. What the configuration proves is a value with its reason as a comment;
// what was only guessed, or would change findings by being declared, is commented out.
#pragma once

#include <string>
#include <vector>

#include "lint/prepare.hpp"

namespace egresslint::report {

struct InferredDevice {
    const lint::Prepared* prepared = nullptr;
    std::vector<std::string> config;               ///< paths, relative to where the file will be
    std::string dialect;                           ///< "" unless it was told
    std::string addresses, routes, routing_rules;  ///< dumps, "" if none
};

/// TOML 1.0. Empty when a name is no UTF-8, which TOML cannot hold.
[[nodiscard]] std::string intent_text(const std::vector<InferredDevice>& devices);

/// A TOML basic string; "" for text that is no UTF-8.
[[nodiscard]] std::string toml_string(std::string_view text);

}  // namespace egresslint::report
