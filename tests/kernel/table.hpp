// SPDX-License-Identifier: Apache-2.0
// Kernel experiments as tables: a ruleset, what it is loaded with, and one line a packet.
//
//   lan0 10.0.0.25 > 198.18.0.9 tcp 25          = wan0 203.0.113.25
//   self 203.0.113.2 > 198.18.0.9 udp 53 mark 7 = wan1
//   wan0 198.18.0.9 > 203.0.113.25 tcp 25:4000  = lan0 > 10.0.0.25 :2525
//   lan0 10.0.0.99 > 198.18.0.9 tcp 25          =? drop
//
// Left: where from (self: the router), addresses, protocol, destination port and, if it matters, source port (tcp,
// udp), type/code (icmp) or a bare number (proto 50), the mark of a packet of the router. Right: drop, reject, or where
// it leaves (self: delivered to the router) and with what; what is not named is unchanged. An address may be a range.
// `=?` allows the model to be undecided; with `=` it must give one answer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/interval_set.hpp"
#include "lab.hpp"

namespace egresslint::kernel {

struct Expected {
    bool passes = false;
    bool rejected = false;
    bool undecided_allowed = false;
    bool any = false;  ///< "= any": whatever the kernel does
    std::string out;
    base::Interval src, dst, sport, dport;
};
struct Line {
    std::string text;
    Probe probe;
    Expected expected;
};
/// Throws std::invalid_argument on a line that is none: a fault of the test.
[[nodiscard]] Line parse_line(std::string_view text);
[[nodiscard]] bool matches(const Expected& expected, const Seen& seen);

/// Texts of one device and how they get into the kernel.
struct Ruleset {
    enum class Loader : std::uint8_t { nft, iptables_legacy, iptables_nft, ip6tables_legacy, ip6tables_nft, ipset };
    struct Part {
        Loader loader = Loader::nft;
        std::string text;
    };
    std::vector<Part> parts;
};
/// "" or the loader's complaint.
[[nodiscard]] std::string load(const Ruleset& ruleset);
/// The complaint says that the kernel lacks something, not that the text is wrong.
[[nodiscard]] bool is_missing_support(const std::string& complaint);

struct Experiment {
    const char* name;    ///< what it shows
    const char* source;  ///< where the fact is documented
    Ruleset ruleset;
    std::vector<const char*> lines;
    const char* setup = "";  ///< further `ip -batch` commands, before the ruleset
};
/// All experiments of the cases_*.cpp files.
[[nodiscard]] std::vector<Experiment> nft_experiments();
[[nodiscard]] std::vector<Experiment> nft_nat_experiments();
[[nodiscard]] std::vector<Experiment> nft_local_experiments();
[[nodiscard]] std::vector<Experiment> iptables_experiments();

}  // namespace egresslint::kernel
