// SPDX-License-Identifier: Apache-2.0
// Which features of the rulesets really met packets, by the kernel's own counters: a generator that writes what no
// packet reaches tests nothing.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "generated.hpp"
#include "lab.hpp"

namespace egresslint::kernel {

class Coverage {
public:
    /// `listing`: `nft list ruleset`, or the dumps of iptables with counters.
    void count_rules(Generated::Backend backend, std::string_view listing);
    void count_structure(const Generated& ruleset, std::size_t packets);
    void count_packets(const std::vector<Probe>& probes, const std::vector<Seen>& seen);
    /// One line a group of features, each with the number of rulesets and of packets.
    [[nodiscard]] std::string text() const;
    /// Features that no packet met.
    [[nodiscard]] std::vector<std::string> missing() const;

private:
    struct Count {
        std::uint64_t rulesets = 0, packets = 0;
    };
    using Found = std::map<std::string, std::uint64_t>;
    void count_line(Found& now, std::string_view group, std::string_view line, std::uint64_t packets);
    void add(const Found& now);

    std::map<std::string, Count> counts_;
};

}  // namespace egresslint::kernel
