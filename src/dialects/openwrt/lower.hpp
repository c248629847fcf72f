// SPDX-License-Identifier: Apache-2.0
// The firewall as fw4 generates it for nftables, on families/netfilter.
#pragma once

#include "dialects/openwrt/uci.hpp"
#include "model/builder.hpp"

namespace egresslint::dialects::openwrt {

[[nodiscard]] model::Device lower(const base::Sources& sources, const Uci& uci, std::string name,
                                  base::Diagnostics& diagnostics);

}  // namespace egresslint::dialects::openwrt
