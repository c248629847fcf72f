// SPDX-License-Identifier: Apache-2.0
// A packet from a line of JSON, as `egresslint trace` reads them:
//
//   {"in":"lan0","src":"10.1.0.25","dst":"198.18.0.9","proto":"tcp","sport":40000,"dport":25}
//
// `in` may be absent (a packet of the device itself); optional: icmp_type, icmp_code, state, mark. Lines of the plain
// form (no escapes, numbers of digits only) are read in one pass without memory; every other one by the JSON library,
// and so is every line with a fault, for the words of the message.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <unordered_map>

#include "flow/trace.hpp"
#include "model/device.hpp"

namespace egresslint::cli {

class PacketReader {
public:
    explicit PacketReader(const model::Device& device) : device_(device) {}
    /// The packet, or what is wrong with the line.
    [[nodiscard]] tl::expected<flow::Packet, std::string> read(std::string_view line);
    /// Where packets come in that do not say it; without, they are the device's own.
    [[nodiscard]] std::string assume_in(const std::string& interface);

private:
    [[nodiscard]] bool read_plain(std::string_view line, flow::Packet& out) const;
    [[nodiscard]] tl::expected<flow::Packet, std::string> read_json(std::string_view line);

    const model::Device& device_;
    std::string in_;
    std::uint32_t in_if_ = model::self_interface;
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
    };
    std::unordered_map<std::string, std::uint32_t, Hash, std::equal_to<>> interfaces_;  ///< by the names read so far
};

}  // namespace egresslint::cli
