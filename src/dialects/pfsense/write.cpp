// SPDX-License-Identifier: Apache-2.0
#include "dialects/pfsense/read.hpp"

namespace egresslint::dialects::pfsense {
std::optional<std::vector<base::TextEdit>> write(const base::Sources&, const model::Device&, const model::Amendment&) {
    return std::nullopt;
}
}  // namespace egresslint::dialects::pfsense
