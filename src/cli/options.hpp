// SPDX-License-Identifier: Apache-2.0
// What the command line said, as values. arguments.cpp fills it and is the only file that knows the argument parser.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "report/style.hpp"

namespace egresslint::cli {

enum class FailOn : std::uint8_t { note, warning, error, never };

/// FORMAT=PATH of --output; path "-" is standard output.
struct OutputTarget {
    std::string format;
    std::string path;
};

struct Options {
    std::string command;

    // what is read
    std::vector<std::string> paths;
    std::string dialect;
    std::string stdin_filename;
    std::string addresses, routes, routing_rules;  ///< ip -j dumps
    bool changed = false;                          ///< paths are the files of a change
    bool allow_includes_outside = false;
    bool live = false;
    std::string via_kernel;
    bool live_dns = false;
    std::string live_dns_server;  ///< "": the system's
    std::vector<std::string> live_dnsbl;
    std::vector<std::string> live_smtp;

    // two versions
    std::string git;                                ///< REV, A..B, A...B
    bool config_from_base = false;                  ///< the old version's intent file judges both
    std::map<std::string, std::string> interfaces;  ///< names of the old version as the new one has them
    std::vector<std::string> fail_on_change;        ///< kinds of flow changes

    // what is wanted of it
    std::string config;
    bool isolated = false;
    std::vector<std::string> select, extend_select, ignore;
    std::vector<std::string> rule_directories;  ///< the site's own rules

    // what comes out
    std::string format = "text";
    bool format_given = false;
    std::vector<OutputTarget> outputs;
    FailOn fail_on = FailOn::error;
    bool exit_zero = false;
    bool no_suppressions = false;
    bool proven_only = false;
    bool sarif_suppressed = false;  ///< SARIF lists suppressed findings too
    std::string baseline;           ///< findings that are known
    std::string write_baseline;     ///< file that becomes the list of what is found
    bool fix = false;               ///< write the fixes
    bool diff = false;              ///< print them
    bool unsafe_fixes = false;      ///< those too that a person should look at
    bool statistics = false;
    bool show_files = false;
    bool show_settings = false;
    bool no_progress = false;
    bool quiet = false;
    report::ColorChoice color = report::ColorChoice::automatic;

    // how many devices at once, and which of them
    std::size_t jobs = 0;               ///< threads; 0 = one for each processor
    std::size_t shard = 0, shards = 0;  ///< this run is about part `shard` (1-based) of `shards`; 0 = all

    // of single commands
    bool force = false;                 ///< init: overwrite
    bool to_stdout = false;             ///< init: print
    std::string expression;             ///< query
    std::string packets;                ///< trace
    bool summary = false;               ///< trace
    std::string in, out;                ///< trace: interfaces where nothing says them
    std::vector<std::uint16_t> dports;  ///< egress, matrix; empty = 25
    bool all_ports = false;             ///< egress --dport any
    std::string code;                   ///< explain
    std::string action;                 ///< config: verify
    std::string shell;                  ///< completions: bash, zsh or fish
    std::string path = "forward";       ///< matrix: forward, input or output
    std::string proto = "tcp";          ///< matrix: a protocol with ports
    std::uint16_t sport = 10000;        ///< matrix
    std::string unknown = "may";        ///< matrix: may or must
    bool ipv6 = false;                  ///< matrix
    std::string after;                  ///< model: "read" or "resolve"
};

}  // namespace egresslint::cli
