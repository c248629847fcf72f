// SPDX-License-Identifier: Apache-2.0
// What a change of configurations does: the flows that both versions treat differently, exactly and with their cause,
// and the findings that are new. Two versions are two lists of devices in one base::Sources.
//
//   compare          everything, for `egresslint diff`
//   changed_flows    the flows of one device
//   prepare_alike    both versions of a device with the same interfaces and surroundings
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/source.hpp"
#include "flow/analysis.hpp"
#include "lint/finding.hpp"
#include "lint/intent.hpp"
#include "lint/lint.hpp"
#include "lint/prepare.hpp"

namespace egresslint::lint {

/// In the order in which a reviewer wants them.
enum class FlowKind : std::uint8_t {
    accepted,     ///< newly accepted
    source,       ///< leaves with another source address
    interface,    ///< leaves by another interface
    destination,  ///< arrives at another address or port
    blocked,      ///< newly blocked
    unlogged,     ///< newly unlogged
    logged,       ///< newly logged
    port,         ///< leaves with another source port
    treatment,    ///< limited, inspected, or rejected instead of dropped
};
inline constexpr std::size_t flow_kinds = 9;
/// "accepted", "source", …: as --fail-on-change and JSON spell it.
[[nodiscard]] std::string_view kind_name(FlowKind kind);

/// A line or rule that makes the difference.
struct Cause {
    base::Span span;
    bool after = true;  ///< it stands in the new version
    std::string what;   ///< "removed", "added", "decides now", "decided before", "changed: define", …
    std::string text;   ///< as written, on one line
};

/// Flows that one cause changes in one way.
struct FlowChange {
    std::vector<FlowKind> kinds;
    Certainty certainty = Certainty::proven;
    std::string device, family;
    std::vector<std::vector<std::pair<std::string, std::string>>>
        flows;             ///< boxes: in, src, dst, service; what is not there is any
    bool complete = true;  ///< false: `flows` was cut
    std::vector<std::string> sources, destinations;
    std::optional<PacketText> witness;
    OutcomeText before, after;  ///< of the witness
    std::vector<TraceStep> trace_before, trace_after;
    std::vector<Cause> causes;
    std::vector<std::string> depends_on;
};

struct DeviceChange {
    enum class Is : std::uint8_t { compared, added, removed } is = Is::compared;
    std::string name;
    std::vector<std::string> files_before, files_after;
    std::string dialect_before, dialect_after;
    bool same_text = false;
    std::vector<FlowChange> flows;
    std::vector<std::string> notes;  ///< what was taken to be the same: "inside is lan0: they have the same address"
    std::vector<std::string> undecided;  ///< why "nothing changes" is not proven
};

/// Something that stands in one version only: a suppression, an assumption, a line of the intent file.
struct Remark {
    std::string text;
    base::Span span;
};
struct RemarkChanges {
    std::vector<Remark> added, removed;
};

struct ChangeReport {
    std::string before, after;  ///< what the versions are called: "HEAD~1", "edge.old.nft"
    std::vector<DeviceChange> devices;
    Report report;                          ///< of the new version, with the new findings only
    std::vector<Finding> gone;              ///< findings of the old version that the new one does not have
    std::vector<SuppressedFinding> hidden;  ///< found before, suppressed now
    std::size_t unchanged = 0;              ///< findings of both
    std::vector<std::string> same;          ///< devices of which no text changed: not compared
    RemarkChanges suppressions, assumptions, intent;
    /// Every device was compared, no flow changes, nothing is undecided.
    [[nodiscard]] bool nothing_changes() const;
    [[nodiscard]] bool has(FlowKind kind) const;
};

/// Lines that the change takes away (of texts of the old version) or brings (of texts of the new one).
class ChangedLines {
public:
    void change(base::FileId file, std::uint32_t line);
    /// Where lines were taken away: the line of the new text that follows.
    void gap(base::FileId file, std::uint32_t line);
    /// No other version of the text is known: nothing can be said about its lines.
    void incomparable(base::FileId file) { incomparable_[file.value] = true; }

    [[nodiscard]] bool comparable(base::FileId file) const { return !incomparable_.contains(file.value); }
    [[nodiscard]] bool touches(const base::Sources& sources, const base::Span& span) const;
    [[nodiscard]] bool covers(const base::Sources& sources, const base::Span& span) const;
    /// The changed lines of a text, and the gaps; sorted.
    [[nodiscard]] std::vector<std::uint32_t> lines(base::FileId file) const;
    [[nodiscard]] std::vector<std::uint32_t> gaps(base::FileId file) const;

private:
    std::map<std::uint32_t, std::map<std::uint32_t, bool>> changed_, gaps_;
    std::map<std::uint32_t, bool> incomparable_;
};

struct Version {
    std::string name;
    std::vector<DeviceInput> devices;
    const Intent* intent = nullptr;
    Options options;  ///< its texts are options.first_text … end_text
};

struct ChangeOptions {
    std::map<std::string, std::string>
        interfaces;  ///< --map-interface: names of the old version as the new one has them
    flow::Budget budget;
    std::function<void(const std::string& what, double done)> progress;  ///< may be empty
};

[[nodiscard]] ChangeReport compare(Version before, Version after, const ChangedLines& lines,
                                   const base::Sources& sources, const ChangeOptions& options);

// -- inside

struct Alike {
    Prepared before, after;
    std::vector<std::string> notes;
};
/// What both versions do not say about their surroundings is the same in both: interfaces, addresses and routes that
/// one of them states, else everything that inference assumes of either.
[[nodiscard]] Alike prepare_alike(DeviceInput before, const Intent& before_intent, DeviceInput after,
                                  const Intent& after_intent, const base::Sources& sources,
                                  const std::map<std::string, std::string>& told);

void changed_flows(const Alike& versions, const base::Sources& sources, const ChangedLines& lines, flow::Budget budget,
                   DeviceChange& out);

/// Where a packet is treated differently, and why: of the steps that only one version takes, those on changed lines,
/// else what their rules refer to, else the steps themselves.
[[nodiscard]] std::vector<Cause> causes_of(const model::Device& before, const flow::Outcome& old_way,
                                           const model::Device& after, const flow::Outcome& new_way,
                                           const base::Sources& sources, const ChangedLines& lines);

/// Moves the primary location of a device's findings in the new version to the changed line that brought them.
void place_on_change(std::vector<Finding>& findings, const std::string& device, const Alike& versions,
                     const base::Sources& sources, const ChangedLines& lines);

}  // namespace egresslint::lint
