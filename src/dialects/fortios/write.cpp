// SPDX-License-Identifier: Apache-2.0
#include "dialects/fortios/read.hpp"

namespace egresslint::dialects::fortios {

std::optional<std::vector<base::TextEdit>> write(const base::Sources&, const model::Device&, const model::Amendment&) {
    return std::nullopt;
}

}  // namespace egresslint::dialects::fortios
