// SPDX-License-Identifier: Apache-2.0
// Objects that every FortiGate has from the factory. Source: the configurations of FortiOS 5.2 to 7.4 that their
// backups hold, and FortiOS CLI Reference, `firewall service custom`.
#pragma once

#include <string_view>

namespace egresslint::dialects::fortios {

struct FactoryService {
    std::string_view name;
    std::string_view tcp, udp;  ///< port ranges, separated by blanks
    int protocol = -1;          ///< instead of ports; 0: any
    int icmp_type = -1;
};

[[nodiscard]] const FactoryService* factory_service(std::string_view name);
[[nodiscard]] bool is_factory_address(std::string_view name);
[[nodiscard]] bool is_factory_group(std::string_view name);

}  // namespace egresslint::dialects::fortios
