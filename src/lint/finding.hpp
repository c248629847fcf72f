// SPDX-License-Identifier: Apache-2.0
// What lint hands to report: findings, assumptions and the egress map, as plain values. Everything a format needs is
// here; formats compute nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/edit.hpp"
#include "base/source.hpp"

namespace egresslint::lint {

using base::Severity;
enum class Certainty : std::uint8_t { proven, possible };

/// A packet as product.md prints it; addresses and interface names as text.
struct PacketText {
    std::string in, src, dst, proto;
    std::optional<std::uint16_t> sport, dport;
    std::optional<std::uint8_t> icmp_type, icmp_code;
};
struct OutcomeText {
    std::string verdict;   ///< accept drop reject unknown
    std::string out;       ///< "(self)" for local delivery; "" when not known, or stopped before it was routed
    std::string src, dst;  ///< "LOW-HIGH" for an open choice
    std::string sport, dport;
    bool logged = false;
};
struct TraceStep {
    base::Span span;     ///< invalid for synthetic rules
    std::string stage;   ///< "inet fw forward"
    std::string text;    ///< the rule as written
    std::string effect;  ///< "accept", "src:=198.51.100.2"
    bool uncertain = false;
};
/// A second place that the reader should look at, with what there is to see: root cause, covering rule, definition.
struct Related {
    base::Span span;
    std::string label;
};
using Edit = base::TextEdit;
struct Fix {
    std::string description;
    std::vector<Edit> edits;
    bool safe = true;
};

struct Finding {
    std::string rule;  ///< "EL101"
    std::string name;  ///< "mail-source-not-own"
    Severity severity = Severity::error;
    Certainty certainty = Certainty::proven;
    std::string device;
    std::string subject;               ///< name of the mail server that it is about, or ""
    std::string message;               ///< one sentence
    base::Span span;                   ///< primary location; may be invalid (a fact about the whole device)
    std::string label;                 ///< short text under the primary span: "this rule translates it"
    std::vector<std::string> sources;  ///< original sources as prefixes
    std::vector<std::pair<std::string, std::string>>
        flows;  ///< further facts of the set: {"ports", "25"}, {"leaves_as", …}
    std::optional<PacketText> witness;
    std::optional<OutcomeText> outcome;
    std::vector<TraceStep> trace;
    std::vector<std::string> because;  ///< root cause, one sentence each
    std::vector<Related> related;
    std::string help;  ///< what to do, one or two sentences
    std::optional<Fix> fix;
    std::vector<std::string> depends_on;  ///< assumptions and unknown predicates it hangs on
    std::string fingerprint;              ///< hex, stable under moved lines
};

/// A finding that somebody decided to live with.
struct SuppressedFinding {
    Finding finding;
    bool in_comment = false;  ///< a comment in the configuration; false: [[allow]] of the intent file
    std::string reason;
    base::Span by;  ///< the comment or the entry
};

struct Assumption {
    std::string device;
    std::string what;     ///< "mail server 10.20.0.25"
    std::string because;  ///< "inbound tcp/25 to 198.51.100.5 is translated to it (edge.nft:21)"
    /// false: declared evidence in the configuration carries it; true: guessed (names only), can decide nothing
    /// silently.
    bool guessed = false;
    base::Span span;
};

/// One line of the egress map: who leaves as what, by which rule.
struct EgressRow {
    std::string device;
    std::string family;                ///< "IPv4", "IPv6"
    std::vector<std::string> sources;  ///< original sources, prefixes
    std::string ports;                 ///< destination ports of this row, "25", "any"
    std::string out;                   ///< interface
    std::string leaves_as;  ///< "198.51.100.5", "198.51.100.8-198.51.100.15 (pool)", "address of wan0", "unchanged"
    std::string rule;       ///< text of the translating rule, "" if none
    base::Span span;
    Certainty certainty = Certainty::proven;
};

struct DeviceReport {
    std::string name;
    std::string dialect;
    std::vector<std::string> files;
    std::vector<std::string> mail_servers;  ///< "exchange 10.20.0.25 -> 198.51.100.5"
    std::vector<std::string> external;      ///< interfaces
    std::size_t rules = 0;
};

struct Report {
    std::vector<DeviceReport> devices;
    std::vector<Assumption> assumptions;
    std::vector<EgressRow> egress;              ///< audit and egress only
    std::vector<Finding> findings;              ///< sorted: device, file, line, code
    std::vector<SuppressedFinding> suppressed;  ///< what comments and [[allow]] silence, sorted likewise
    std::size_t in_baseline = 0;                ///< findings that the baseline has already
    std::string status = "ok";                  ///< ok findings usage config unreadable not-understood
};

}  // namespace egresslint::lint
