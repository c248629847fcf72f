// SPDX-License-Identifier: Apache-2.0
// pf.conf as rules: what each says, lists kept as lists. Source: pf.conf(5), GRAMMAR, of OpenBSD and FreeBSD 14.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dialects/pf/tokens.hpp"

namespace egresslint::dialects::pf {

/// One item of a list of hosts: "10.0.0.0/24", "(egress:0)", "<mail>", "any".
struct Host {
    std::string text;
    bool negated = false, table = false, dynamic = false;  ///< dynamic: in parentheses
    std::string last;                                      ///< "10.0.0.1 - 10.0.0.9"
    Span span;
};
/// "= 25", "1024:65535", "> 1023"; operators as they are written, "=" where there is none.
struct Port {
    std::string op = "=", first, last;
    Span span;
};
struct Item {
    std::string text;
    bool negated = false;
    Span span;
};
/// Where packets are rewritten to.
struct Target {
    std::vector<Host> hosts;
    std::optional<Port> port;
    bool static_port = false;
    Span span;
};
struct Doubt {
    std::string text;
    Span span;
    std::string kind;  ///< "user", "balance", "packet"; "" not understood
};

struct Rule {
    std::string action;     ///< pass block match nat rdr binat antispoof anchor
    bool no = false;        ///< no nat, no rdr, no binat
    bool pass = false;      ///< nat pass, rdr pass
    std::string block;      ///< drop, return; "" the policy
    std::string direction;  ///< in, out, ""
    bool log = false, quick = false;
    std::vector<Item> interfaces;
    std::string family;  ///< inet, inet6, ""
    std::vector<Item> protocols;
    std::vector<Host> from, to;  ///< empty: any
    std::vector<Port> from_ports, to_ports;
    std::vector<std::string> icmp_types, icmp6_types;
    std::string flags;  ///< "S/SA", "any"; "" the default
    bool stateless = false;
    std::string tag, tagged;
    bool not_tagged = false;
    std::optional<Target> nat_to, rdr_to, binat_to;
    std::vector<Item> received_on;
    std::vector<Item> route_to;       ///< interfaces or gateways
    std::vector<std::string> limits;  ///< state options that bound how many or how fast
    std::vector<Doubt> doubts;
    std::string name;  ///< of an anchor
    std::vector<Rule> rules;
    bool has_block = false;
    Span span;
};

struct Table {
    std::vector<Host> members;
    bool unknown = false;  ///< files, or addresses that are added at run time
    std::string why;
    Span span;
};

struct Ruleset {
    std::vector<Rule> rules;
    std::map<std::string, Table> tables;
    std::vector<Item> skipped;  ///< set skip on
    bool block_returns = false;
};

/// Rules that cannot be read are doubts or reported; false after a fatal diagnostic.
[[nodiscard]] bool parse(const base::Sources& sources, base::FileId file, Ruleset& out, base::Diagnostics& diagnostics);

}  // namespace egresslint::dialects::pf
