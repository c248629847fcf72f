// SPDX-License-Identifier: Apache-2.0
// A router in a network namespace of its own and, in a second one, the far ends of its wires, where packets are
// injected and captured by packet sockets. The far ends have no addresses and answer nothing; the router's interfaces
// resolve no neighbours (NOARP), so every routed packet leaves, whatever its next hop.
//
//   lan0  10.0.0.1/24      fd00:a::1/64           10.20.0.0/16 via 10.0.0.254
//   dmz0  10.0.1.1/24      fd00:d::1/64           10.66.0.0/16 blackhole
//   wan0  203.0.113.2/24, .25, .26                default via 203.0.113.1
//         2001:db8:1::2/64, ::25                  default via 2001:db8:1::1
//   wan1  198.51.100.2/24, 192.0.2.2/24           198.18.128.0/17 via 198.51.100.1, 198.18.64.0/20 via 192.0.2.1
//         2001:db8:2::2/64                        2001:db8:88::/48 via 2001:db8:2::1
//                                                 table 100: default via 198.51.100.1, 2001:db8:2::1
#pragma once

#include <map>
#include <string>
#include <vector>

#include "command.hpp"
#include "packet.hpp"

namespace egresslint::kernel {

/// What became of one probe.
struct Seen {
    enum class What : std::uint8_t { nothing, left, delivered };
    What what = What::nothing;
    std::string out;
    base::Address src;
    base::Address dst;
    std::uint16_t sport = 0;
    std::uint16_t dport = 0;
    bool answered = false;  ///< nothing came out, but a reset or an ICMP error went back
    unsigned copies = 0;    ///< more than one is a fault of the test itself
};
[[nodiscard]] std::string to_string(const Seen& seen);

class Lab {
public:
    /// Builds the router and makes its namespace the current one. That takes a good part of a second (the kernel's link
    /// watcher), so a long test uses one lab for many rulesets.
    Lab();
    ~Lab();
    Lab(const Lab&) = delete;
    Lab& operator=(const Lab&) = delete;

    /// Makes the router's namespace the current one again, after another lab was used.
    void enter() const;
    /// Commands for `ip -batch`, one a line.
    void configure(const std::string& batch);
    /// Policy routing becomes the kernel's own rules and these: "fwmark 7 lookup 100", "-6 from fd00:a::25 lookup 100".
    /// "" or the complaint of `ip`.
    [[nodiscard]] std::string route_by(const std::vector<std::string>& rules);
    /// Forgets every connection.
    void forget_connections();
    /// Sends all probes, then reports one Seen each. Probes of one call must differ in their tuples.
    [[nodiscard]] std::vector<Seen> send(const std::vector<Probe>& probes);

    /// `ip -j addr`, `ip -j route show table all` (both families in one array), `ip -j rule` (an array for each
    /// family).
    [[nodiscard]] std::string addresses() const;
    [[nodiscard]] std::string routes() const;
    [[nodiscard]] std::string rules() const;
    /// Numbers for packets are running out: make another lab.
    [[nodiscard]] bool worn_out() const { return next_number_ > (1u << 23); }

private:
    void inject(const Probe& probe, std::uint32_t number);
    void send_locally(const Probe& probe, std::uint32_t number);
    void settle();
    void collect(std::vector<Seen>& seen, std::uint32_t first);

    int router_ = -1;  ///< namespace descriptors
    int world_ = -1;
    int wire_ = -1;  ///< packet socket on all far ends
    int bell_ = -1;  ///< packet socket that hears the sentinel frames
    int ring_index_ = 0;
    int tracking_ = -1;  ///< netlink socket of the router's connection tracking
    std::vector<std::string> routing_;
    mutable std::string addresses_, routes_, rules_;    ///< dumps, "" when something was configured since
    std::vector<std::pair<std::uint8_t, int>> local4_;  ///< protocol, raw socket of the router
    std::vector<std::pair<std::uint8_t, int>> local6_;
    std::map<std::string, int> far_;  ///< interface -> index of its far end
    std::map<int, std::string> near_;
    std::uint32_t next_number_ = 1;
};

}  // namespace egresslint::kernel
