// SPDX-License-Identifier: Apache-2.0
// The synthetic office read, with its addresses and routes, and resolved: a device of any size for tests and
// benchmarks.
#pragma once

#include <stdexcept>

#include "dialects/dialect.hpp"
#include "dialects/iproute/read.hpp"
#include "flow/trace.hpp"
#include "model/resolve.hpp"
#include "tests/support/synthetic_office.hpp"

namespace egresslint::testing::office {

/// `known`: with the dumps of addresses and routes, so that nothing about them is open.
inline model::Device device(const std::string& dialect, std::string ruleset, bool known = true) {
    base::Sources sources;
    base::Diagnostics diagnostics;
    const dialects::Dialect* reader = dialects::find(dialect);
    if (reader == nullptr) throw std::logic_error("no such dialect: " + dialect);
    const auto file = sources.add("office", std::move(ruleset));
    auto read = reader->read(sources, {dialects::Input{file, "", false}}, diagnostics);
    if (read.devices.size() != 1) throw std::logic_error("the office was not read");
    model::Device device = std::move(read.devices.front());
    if (known) {
        dialects::iproute::read_addresses(sources, sources.add("addresses", addresses()), device, diagnostics);
        dialects::iproute::read_routes(sources, sources.add("routes", routes()), device, diagnostics);
    }
    for (const auto& d : diagnostics)
        if (d.kind == base::Diagnostic::Kind::fatal) throw std::logic_error(d.message);
    model::resolve(device, diagnostics);
    return device;
}

inline flow::Packet packet(const model::Device& device, const Sample& s) {
    flow::Packet out;
    const std::string in = s.department == departments ? "wan0" : "lan" + std::to_string(s.department);
    for (std::size_t i = 0; i < device.interfaces.size(); ++i)
        if (device.interfaces[i].name == in) out.in_if = static_cast<std::uint32_t>(i);
    out.src = s.src;
    out.dst = s.dst;
    out.proto = s.tcp ? 6 : 17;
    out.sport = s.sport;
    out.dport = s.dport;
    out.tcp_flags = s.tcp ? 2 : 0;
    return out;
}

}  // namespace egresslint::testing::office
