// SPDX-License-Identifier: Apache-2.0
// OpenWrt: /etc/config/firewall with /etc/config/network, `uci export` and `uci show` of both.
#pragma once

#include "dialects/dialect.hpp"

namespace egresslint::dialects::openwrt {

[[nodiscard]] Evidence detect(std::string_view text);
[[nodiscard]] Evidence detect_network(std::string_view text);
[[nodiscard]] Read read(base::Sources& sources, const std::vector<Input>& inputs, base::Diagnostics& diagnostics);

inline constexpr Dialect dialect{"openwrt", "#", detect, read};
/// The network's file alone has no ruleset: it joins the firewall's.
inline constexpr Dialect network{"openwrt-network", "#", detect_network, read, "openwrt"};

}  // namespace egresslint::dialects::openwrt
