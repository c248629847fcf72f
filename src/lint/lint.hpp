// SPDX-License-Identifier: Apache-2.0
// The door to this room: devices and intent in, report out.
//   check      everything: inference, resolve, every selected rule, the EL9xx bookkeeping, the egress map
//   identity   who the world takes the mail servers for
//   run_query  one expression of the query language over devices that `prepare` made
//   rules: see rule_file.hpp;  inference and trace texts: see prepare.hpp
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/source.hpp"
#include "flow/analysis.hpp"
#include "lint/finding.hpp"
#include "lint/intent.hpp"
#include "lint/prepare.hpp"
#include "lint/repair.hpp"
#include "lint/rule_file.hpp"
#include "model/device.hpp"

namespace egresslint::lint {

struct EvidenceInput;
struct IdentityChain;

struct Options {
    std::vector<std::string> select, ignore;  ///< codes, names or prefixes; empty select = those that run unasked
    std::vector<std::string> extend_select;   ///< these too
    bool audit = false;                       ///< also the rules that run in audits only
    std::string today;                        ///< "2026-11-27", for `until`; "": the clock's
    const std::vector<RuleFile>* site_rules = nullptr;  ///< further rule files, asked like ours; may be null
    bool egress_map = false;                            ///< fill Report::egress
    std::size_t first_text = 0, end_text = SIZE_MAX;    ///< texts of `sources` whose comments may suppress
    bool suppressions = true;                           ///< false: comments and [[allow]] count for nothing
    std::vector<std::uint16_t> egress_ports = {25};
    flow::Budget budget;
    const EvidenceInput* evidence = nullptr;                             ///< of the EL3xx rules; null: there is none
    const Workshop* workshop = nullptr;                                  ///< findings get the fixes that can be proven
    std::function<void(const std::string& what, double done)> progress;  ///< may be empty
};

/// Runs inference, resolve, every selected rule and the EL9xx bookkeeping over all devices. Never throws on input.
[[nodiscard]] Report check(std::vector<DeviceInput> devices, const Intent& intent, const base::Sources& sources,
                           const Options& options);

/// What is known about some devices of a run before its end, at which it is judged what only the whole run can tell:
/// suppressions, and questions of the site that no device could answer. `gather` is check without that end, so that the
/// devices of a run can be looked at in several threads, processes or machines; `conclude` is the end.
struct Gathered {
    /// Whether some device knew the names of a question, and else which one it lacked.
    struct Asked {
        bool asked = false;
        std::string unknown;
    };
    Report report;                                ///< neither sorted nor suppressed
    std::vector<Asked> site;                      ///< the site's questions, the same in every part of a run
    std::map<std::string, std::string> comments;  ///< DeviceInput::comment by file
};
[[nodiscard]] Gathered gather(std::vector<DeviceInput> devices, const Intent& intent, const base::Sources& sources,
                              const Options& options);
/// Puts `part` behind `whole`. Both have seen the same first `shared` texts; further ones of `part` now lie `offset`
/// further on.
void append(Gathered& whole, Gathered part, std::size_t shared, std::size_t offset);
[[nodiscard]] Report conclude(Gathered whole, const Intent& intent, const base::Sources& sources,
                              const Options& options);

/// The egress map alone: who leaves as what on `options.egress_ports` (empty: every port).
[[nodiscard]] Report egress(std::vector<DeviceInput> devices, const Intent& intent, const base::Sources& sources,
                            const Options& options);

/// The chain of every egress address of every mail server (identity.hpp), and the report that `egress` gives.
[[nodiscard]] Report identity(std::vector<DeviceInput> devices, const Intent& intent, const base::Sources& sources,
                              const Options& options, std::vector<IdentityChain>& chains);

/// What is wrong with a query: a byte range of its text, one sentence, and a word that was probably meant.
struct QueryError {
    std::string message;
    std::size_t begin = 0;
    std::size_t end = 0;
    std::string suggestion;  ///< "" if none
    bool too_large = false;  ///< the query is fine, the answer exceeds the budget
};
/// Three lines: the query, a caret line under the range, and the sentence with the suggestion.
[[nodiscard]] std::string render(const QueryError& error, std::string_view query);

/// The answer for one device and IP version (and one mail server, with `for each mail server`).
struct QueryAnswer {
    std::string device;
    std::string family;                       ///< "IPv4", "IPv6"
    std::string subject;                      ///< "mail server exchange" or ""
    bool empty = true;                        ///< no packet can be in the set
    Certainty certainty = Certainty::proven;  ///< of a non-empty set
    bool complete = true;                     ///< false: `flows` was cut
    /// The set as boxes in words: {"src", "10.20.7.0/24"}, {"dst", "any"}, {"proto", "tcp"}, {"dport", "25"}, {"in",
    /// "lan"}.
    std::vector<std::vector<std::pair<std::string, std::string>>> flows;
    std::vector<std::string> sources;       ///< all original sources, prefixes
    std::vector<std::string> destinations;  ///< all original destinations, prefixes
    std::string ports;                      ///< destination ports, "25, 465-587", "any"
    std::optional<PacketText> witness;
    std::optional<OutcomeText> outcome;
    std::vector<TraceStep> trace;
    std::vector<std::string> depends_on;
};
/// Runs `text` on every device, IPv4 and IPv6. Exit status of `query` is 1 when some answer is not empty.
[[nodiscard]] tl::expected<std::vector<QueryAnswer>, QueryError> run_query(std::string_view text,
                                                                           const std::vector<Prepared>& devices,
                                                                           const Intent& intent,
                                                                           flow::Budget budget = {});

}  // namespace egresslint::lint
