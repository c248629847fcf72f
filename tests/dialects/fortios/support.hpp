// SPDX-License-Identifier: Apache-2.0
// Texts in, printed model or traced packets out: the cases of this folder are tables of text, expectation and source.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dialects/fortios/read.hpp"
#include "flow/trace.hpp"
#include "model/resolve.hpp"
#include "tests/support/reading.hpp"

namespace egresslint::test::fortios {

inline ReadResult read(const std::string& text) {
    ReadResult out;
    const auto file = out.sources.add("fw.conf", text);
    out.devices = dialects::fortios::read(out.sources, {{file, "fw.conf", false}}, out.diagnostics).devices;
    return out;
}

/// The office: lan 10.0.0.0/24 behind wan1 203.0.113.2; a second uplink wan2 and a network dmz.
inline std::string office(const std::string& version = "7.2.8") {
    return "#config-version=FGT60F-" + version + R"(-FW-build1639-240313:opmode=0:vdom=0:user=admin
config system interface
    edit "wan1"
        set ip 203.0.113.2 255.255.255.0
    next
    edit "wan2"
        set ip 198.51.100.2 255.255.255.0
    next
    edit "lan"
        set ip 10.0.0.1 255.255.255.0
    next
    edit "dmz"
        set ip 10.1.0.1 255.255.255.0
    next
end
config firewall address
    edit "mailserver"
        set subnet 10.0.0.25 255.255.255.255
    next
    edit "office"
        set subnet 10.0.0.0 255.255.255.0
    next
end
config router static
    edit 1
        set gateway 203.0.113.1
        set device "wan1"
    next
end
)";
}

/// "lan tcp 10.0.0.25:40000 > 198.18.0.9:25" answered as "accept wan1 203.0.113.25 > 198.18.0.9:25", "drop", "reject",
/// "unknown"; what is open prints as LOW-HIGH.
std::string traced(const std::string& config, const std::string& packet);

}  // namespace egresslint::test::fortios
