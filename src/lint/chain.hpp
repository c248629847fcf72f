// SPDX-License-Identifier: Apache-2.0
// `[[device]] upstream = "edge"`: an inside device and the one that its way to the internet leads through, as one.
// Rules about mail are asked of the whole way; hygiene stays with each device.
#pragma once

#include <string>
#include <tl/expected.hpp>

#include "lint/prepare.hpp"

namespace egresslint::lint {

struct Chained {
    Prepared prepared;  ///< named "office -> edge"; the diagnostics and assumptions of both
    std::string first, second;
    std::uint32_t second_origins = 0;  ///< origins from this index on are the second's

    /// The device that a rule of the chain stands in; by its origin.
    [[nodiscard]] const std::string& owner(model::OriginId origin) const {
        return origin.valid() && origin.index() >= second_origins ? second : first;
    }
};

/// `port`: of SMTP. `second_too`: what enters the second device directly is looked at as well. Error: where the two are
/// connected is not known.
[[nodiscard]] tl::expected<Chained, std::string> chain(const Prepared& first, const Prepared& second,
                                                       const DeviceIntent& first_intent, std::uint16_t port,
                                                       bool second_too);

/// The blocks of devices whose upstream is part of the run as well, those that are nearer to the internet first. The
/// intent file has no circles.
[[nodiscard]] std::vector<const DeviceIntent*> ways_of(const std::vector<std::string>& devices, const Intent& intent);

/// Every device of the run, and every way of two or more after them.
[[nodiscard]] std::vector<Prepared> prepare_all(std::vector<DeviceInput> devices, const Intent& intent,
                                                const base::Sources& sources);

}  // namespace egresslint::lint
