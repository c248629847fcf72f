// SPDX-License-Identifier: Apache-2.0
// A change for people:
//
//   edge: flows change
//     newly accepted: tcp 10.20.0.0/16 -> any port 25, in lan0
//       + edge.nft:61: iifname "lan0" tcp dport 25 accept
//       witness: tcp 10.20.7.99:40000 -> 198.18.0.9:25, in lan0
//       before:  drop
//       after:   accept, out wan0, leaves as 198.51.100.2:40000
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "report/change.hpp"
#include "report/details.hpp"
#include "report/escape.hpp"
#include "report/words.hpp"

namespace egresslint::report {
namespace {

using lint::DeviceChange;
using lint::FlowKind;

constexpr std::size_t most_boxes = 6;
constexpr std::size_t widest_box = 220;

std::string counted(std::size_t n, std::string_view one, std::string_view several) {
    return fmt::format("{} {}", n, n == 1 ? one : several);
}

std::string value_of(const std::vector<std::pair<std::string, std::string>>& box, std::string_view name) {
    for (const auto& [field, value] : box)
        if (field == name) return value;
    return "";
}

std::string device_text(const DeviceChange& device, const Context& context) {
    const Style& style = context.style;
    const std::string name = style.bold(escaped(device.name));
    if (device.is == DeviceChange::Is::added)
        return fmt::format("{}: new, from {}; its findings are new ones\n\n", name,
                           joined(device.files_after, ", ", 6));
    if (device.is == DeviceChange::Is::removed)
        return fmt::format("{}: gone, was {}\n\n", name, joined(device.files_before, ", ", 6));
    std::string out = name;
    if (device.dialect_before != device.dialect_after)
        out += fmt::format(" ({} -> {})", escaped(device.dialect_before), escaped(device.dialect_after));
    if (device.flows.empty())
        out += device.undecided.empty() ? ": " + style.good("no flow changes, proven")
                                        : std::string(": no change of a flow is known, but that is not proven");
    else
        out += ": " + counted(device.flows.size(), "change of flows", "changes of flows");
    out += "\n";
    for (const std::string& note : device.notes) out += "  " + style.faint("note: " + escaped(note)) + "\n";
    for (const std::string& why : device.undecided) out += "  not decided: " + escaped(why) + "\n";
    for (const lint::FlowChange& flow : device.flows) {
        const bool possible = flow.certainty == lint::Certainty::possible;
        const bool worse = !flow.kinds.empty() && flow.kinds.front() != FlowKind::blocked;
        const std::string head = (possible ? "possibly " : "") + kinds_text(flow) + ", " + flow.family;
        out += fmt::format("  {}\n", worse ? style.severity(base::Severity::warning, head) : style.bold(head));
        for (const std::string& line : box_lines(flow, most_boxes)) out += "    " + line + "\n";
        for (const std::string& line : cause_lines(flow, context.sources)) out += "      " + line + "\n";
        if (flow.witness) out += "      witness: " + packet_text(*flow.witness) + "\n";
        if (flow.witness)
            out += fmt::format("      before:  {}\n      after:   {}\n", outcome_text(flow.before),
                               outcome_text(flow.after));
        for (const std::string& what : flow.depends_on) out += "      depends on: " + escaped(what) + "\n";
    }
    return out + "\n";
}

std::string remarks_text(std::string_view what, const lint::RemarkChanges& changes, const Context& context) {
    std::string out;
    const auto list = [&](const std::vector<lint::Remark>& remarks, char sign) {
        for (const lint::Remark& remark : remarks) {
            const std::string where = context.sources.where(remark.span);
            out += fmt::format("  {} {}{}{}\n", sign, escaped(where), where.empty() ? "" : ": ",
                               shortened(remark.text, 160));
        }
    };
    list(changes.removed, '-');
    list(changes.added, '+');
    return out.empty() ? out : context.style.bold(what) + "\n" + out + "\n";
}

}  // namespace

std::string kinds_text(const lint::FlowChange& flow) {
    static constexpr std::array<std::string_view, lint::flow_kinds> words{"newly accepted",
                                                                          "leaves with another source",
                                                                          "leaves by another interface",
                                                                          "arrives at another destination",
                                                                          "newly blocked",
                                                                          "no longer logged",
                                                                          "newly logged",
                                                                          "leaves with another source port",
                                                                          "treated otherwise"};
    std::string out;
    for (const FlowKind kind : flow.kinds)
        out += (out.empty() ? "" : ", ") + std::string(words[static_cast<std::size_t>(kind)]);
    return out;
}

std::vector<std::string> box_lines(const lint::FlowChange& flow, std::size_t limit) {
    std::vector<std::string> out;
    for (const auto& box : flow.flows) {
        if (out.size() == limit) break;
        const auto or_any = [](const std::string& value, const char* any) { return value.empty() ? any : value; };
        std::string line = fmt::format("{}: {} -> {}", or_any(value_of(box, "service"), "any protocol"),
                                       or_any(value_of(box, "src"), "any"), or_any(value_of(box, "dst"), "any"));
        if (const std::string in = value_of(box, "in"); !in.empty()) line += ", in " + in;
        out.push_back(shortened(line, widest_box));
    }
    if (flow.flows.size() > limit || !flow.complete)
        out.push_back(flow.complete ? fmt::format("and {} more", flow.flows.size() - limit) : "and more");
    return out;
}

std::vector<std::string> cause_lines(const lint::FlowChange& flow, const base::Sources& sources) {
    std::vector<std::string> out;
    for (const lint::Cause& cause : flow.causes) {
        const bool changed = cause.what.starts_with("added") || cause.what.starts_with("removed");
        const char sign = changed ? (cause.after ? '+' : '-') : ' ';
        const bool plain = cause.what == "added" || cause.what == "removed";
        out.push_back(fmt::format("{} {}: {}{}", sign, escaped(sources.where(cause.span)),
                                  shortened(cause.text, widest_rule),
                                  plain ? "" : "  (" + shortened(cause.what, 60) + ")"));
    }
    return out;
}

std::string verdict_of(const lint::ChangeReport& change) {
    std::size_t compared = 0, changed = 0, added = 0, removed = 0, undecided = 0;
    for (const DeviceChange& d : change.devices) {
        compared += d.is == DeviceChange::Is::compared;
        added += d.is == DeviceChange::Is::added;
        removed += d.is == DeviceChange::Is::removed;
        changed += !d.flows.empty();
        undecided += !d.undecided.empty();
    }
    std::string out;
    const auto also = [&](bool when, const std::string& what) {
        if (when) out += (out.empty() ? "" : ", ") + what;
    };
    if (change.devices.empty()) return "nothing changes: no device's files differ";
    if (change.nothing_changes())
        return fmt::format("nothing changes for the first packet of any flow: proven for {}",
                           counted(compared, "device", "devices"));
    also(changed != 0, fmt::format("flows change on {}", counted(changed, "device", "devices")));
    also(added != 0, counted(added, "new device", "new devices"));
    also(removed != 0, fmt::format("{} gone", counted(removed, "device", "devices")));
    also(undecided != 0, fmt::format("{} not wholly decided", counted(undecided, "device", "devices")));
    if (compared > changed + undecided)
        also(true, fmt::format("nothing changes on {}", counted(compared - changed - undecided, "other", "others")));
    return out;
}

std::string change_text(const lint::ChangeReport& change, const Context& context) {
    const Style& style = context.style;
    if (!context.problems.empty()) return "";  // standard error carries them
    std::string out = fmt::format("{} -> {}: {}\n\n", escaped(change.before), escaped(change.after),
                                  style.bold(escaped(verdict_of(change))));
    for (const DeviceChange& device : change.devices) out += device_text(device, context);
    if (!change.report.findings.empty()) out += style.bold("new findings") + "\n\n";
    for (const lint::Finding& finding : change.report.findings) out += finding_text(finding, context);
    const auto one_line = [&](const lint::Finding& f) {
        const std::string where = context.sources.where(f.span);
        return fmt::format("  {} {}: {}{}{}\n", severity_name(f.severity), escaped(f.rule), escaped(where),
                           where.empty() ? "" : ": ", shortened(f.message, 160));
    };
    if (!change.gone.empty()) out += style.bold("findings that are gone") + "\n";
    for (const lint::Finding& finding : change.gone) out += one_line(finding);
    if (!change.gone.empty()) out += "\n";
    if (!change.hidden.empty()) out += style.bold("findings that are still there, but suppressed now") + "\n";
    for (const lint::SuppressedFinding& hidden : change.hidden) {
        out += one_line(hidden.finding);
        out += fmt::format("    by {}: {}\n", escaped(context.sources.where(hidden.by)), escaped(hidden.reason));
    }
    if (!change.hidden.empty()) out += "\n";
    out += remarks_text("suppressions", change.suppressions, context);
    out += remarks_text("assumptions", change.assumptions, context);
    out += remarks_text("intent file", change.intent, context);
    if (context.quiet) return out;
    std::string tail = fmt::format("{} new, {} gone, {} as before", change.report.findings.size(), change.gone.size(),
                                   change.unchanged);
    if (!change.same.empty()) tail += fmt::format("; {} not touched", counted(change.same.size(), "device", "devices"));
    return out + "findings: " + tail + "\n";
}

std::string write_change(const lint::ChangeReport& change, const Format& format, const Context& context) {
    if (format.name == "text") return change_text(change, context);
    if (format.name == "json") return change_json(change, context);
    if (format.name == "markdown") return change_markdown_within(static_cast<std::size_t>(-1), change, context);
    return format.write(change.report, context);
}

}  // namespace egresslint::report
