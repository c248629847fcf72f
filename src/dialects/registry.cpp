// SPDX-License-Identifier: Apache-2.0
// Every dialect, one line each. The order means nothing: detect.cpp compares scores.
#include "dialects/asa/read.hpp"
#include "dialects/dialect.hpp"
#include "dialects/fortios/read.hpp"
#include "dialects/ios/read.hpp"
#include "dialects/ipset/read.hpp"
#include "dialects/iptables/read.hpp"
#include "dialects/nftables/read.hpp"
#include "dialects/openwrt/read.hpp"
#include "dialects/pf/read.hpp"
#include "dialects/pfsense/read.hpp"
#include "dialects/routeros/read.hpp"

namespace egresslint::dialects {

const std::vector<Dialect>& all() {
    static const std::vector<Dialect> table{
        nftables::dialect, iptables::dialect,         ipset::dialect,    asa::dialect, asa::classic, fortios::dialect,
        pfsense::dialect,  pfsense::opnsense_dialect, routeros::dialect, pf::dialect,  ios::dialect, openwrt::dialect,
        openwrt::network,
    };
    return table;
}

const Dialect* find(std::string_view name) {
    for (const Dialect& dialect : all())
        if (dialect.name == name) return &dialect;
    return nullptr;
}

}  // namespace egresslint::dialects
