// SPDX-License-Identifier: Apache-2.0
#include "dialects/asa/read.hpp"

namespace egresslint::dialects::asa {

std::optional<std::vector<base::TextEdit>> write(const base::Sources&, const model::Device&, const model::Amendment&) {
    return std::nullopt;
}

}  // namespace egresslint::dialects::asa
