// SPDX-License-Identifier: Apache-2.0
// The report for people. A finding reads from top to bottom: what is wrong, where, the packet that shows it, what
// happened to that packet, why, and what to do.
//
//   error[EL101]: mail of exchange leaves as 198.51.100.2, not as its own 198.51.100.5
//     --> edge.nft:61:9
//      |
//   61 |         oifname "wan0" snat to 198.51.100.2
//      |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this rule translates it
//      |
//      = witness: tcp 10.20.0.25:40000 -> 198.18.0.9:25, in lan0
//      = outcome: accept, out wan0, leaves as 198.51.100.2:40000
//      = trace:   inet nat postrouting  edge.nft:61:9  oifname "wan0" …  src:=198.51.100.2
//      = because: no rule translates outbound mail of 10.20.0.25
//      = help: add `ip saddr 10.20.0.25 snat to 198.51.100.5` before this line
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "report/details.hpp"
#include "report/escape.hpp"
#include "report/excerpt.hpp"
#include "report/report.hpp"
#include "report/words.hpp"

namespace egresslint::report {
namespace {

using lint::Certainty;

/// `   = name: first line` with further lines indented below it.
class Notes {
public:
    Notes(std::size_t gutter, const Style& style) : pad_(gutter, ' '), style_(style) {}
    void add(std::string_view name, const std::vector<std::string>& lines) {
        if (lines.empty()) return;
        for (std::size_t i = 0; i < lines.size(); ++i) {
            if (i == 0)
                text_ += fmt::format("{} {} {}: {}\n", pad_, style_.frame("="), style_.bold(name), lines[i]);
            else
                text_ += fmt::format("{}   {}  {}\n", pad_, std::string(name.size(), ' '), lines[i]);
        }
    }
    void add(std::string_view name, const std::string& line) { add(name, std::vector<std::string>{line}); }
    [[nodiscard]] const std::string& text() const { return text_; }

private:
    std::string pad_;
    const Style& style_;
    std::string text_;
};

}  // namespace

std::string finding_text(const lint::Finding& finding, const Context& context) {
    const Style& style = context.style;
    const base::Sources& sources = context.sources;
    const bool possible = finding.certainty == Certainty::possible;
    std::string head =
        fmt::format("{}{}[{}]", possible ? "possible " : "", severity_name(finding.severity), escaped(finding.rule));
    std::string out =
        fmt::format("{}{}\n", style.severity(finding.severity, head), style.bold(": " + escaped(finding.message)));

    std::size_t gutter = gutter_width(sources, finding.span);
    for (const lint::Related& related : finding.related) gutter = std::max(gutter, gutter_width(sources, related.span));
    out += excerpt_text({finding.span, finding.label, true, finding.severity}, sources, style, gutter);
    Notes notes(gutter, style);
    for (const lint::Related& related : finding.related) {
        if (related.span.valid())
            out += excerpt_text({related.span, related.label, false, finding.severity}, sources, style, gutter);
        else
            notes.add("note", escaped(related.label));
    }
    if (finding.span.valid()) out += fmt::format("{} {}\n", std::string(gutter, ' '), style.frame("|"));

    if (!finding.span.valid() && !finding.device.empty()) notes.add("device", escaped(finding.device));
    if (!finding.sources.empty()) notes.add("sources", joined(finding.sources, ", ", 12));
    for (const auto& [name, value] : finding.flows) {
        std::string spoken = escaped(name);
        std::replace(spoken.begin(), spoken.end(), '_', ' ');
        notes.add(spoken, escaped(value));
    }
    if (finding.witness) notes.add("witness", packet_text(*finding.witness));
    if (finding.outcome) notes.add("outcome", outcome_text(*finding.outcome));
    notes.add("trace", trace_lines(finding.trace, sources));
    if (possible) {
        std::vector<std::string> lines;
        for (const std::string& what : finding.depends_on) lines.push_back(escaped(what));
        if (lines.empty()) lines.push_back("something that egresslint could not decide");
        notes.add("possible, depends on", lines);
    } else {
        for (const std::string& what : finding.depends_on) notes.add("assumes", escaped(what));
    }
    for (const std::string& reason : finding.because) notes.add("because", escaped(reason));
    if (!finding.help.empty()) notes.add("help", escaped(finding.help));
    if (finding.fix && finding.fix->description != finding.help) {
        std::vector<std::string> lines = edit_lines(*finding.fix, sources);
        lines.insert(lines.begin(), escaped(finding.fix->description));
        if (!finding.fix->safe) lines.emplace_back("a person should look at it: --unsafe-fixes");
        notes.add("fix", lines);
    }
    return out + notes.text() + "\n";
}

namespace {

std::string heading(const Style& style, std::string_view text) { return style.bold(text) + "\n"; }

std::string surroundings_text(const lint::Report& report, const Context& context) {
    const Style& style = context.style;
    std::string out;
    for (const lint::DeviceReport& device : report.devices) {
        out += fmt::format("{} {}: {}, {} rule{}, from {}\n", style.bold("device"), escaped(device.name),
                           escaped(device.dialect), device.rules, device.rules == 1 ? "" : "s",
                           joined(device.files, ", ", 6));
        if (!device.mail_servers.empty()) out += "  mail servers: " + joined(device.mail_servers, ", ", 6) + "\n";
        if (!device.external.empty()) out += "  outside: " + joined(device.external, ", ", 12) + "\n";
    }
    if (!report.devices.empty()) out += "\n";
    if (!report.assumptions.empty()) {
        out += heading(style, "assumptions");
        for (const lint::Assumption& assumption : report.assumptions) {
            out += fmt::format("  {}{}", assumption.guessed ? "(guessed) " : "", escaped(assumption.what));
            if (!assumption.because.empty()) out += ": " + escaped(assumption.because);
            out += "\n";
        }
        out += "\n";
    }
    if (!report.egress.empty()) {
        out += heading(style, "egress map (who leaves as what)");
        std::vector<std::vector<std::string>> rows{{"sources", "ports", "out", "leaves as", "rule"}};
        const bool several = report.devices.size() > 1;
        if (several) rows[0].insert(rows[0].begin(), "device");
        for (const lint::EgressRow& row : report.egress) {
            std::string rule = escaped(context.sources.where(row.span));
            if (!row.rule.empty()) rule += (rule.empty() ? "" : "  ") + shortened(row.rule, widest_rule);
            std::string leaves = escaped(row.leaves_as);
            if (row.certainty == Certainty::possible) leaves += " (possible)";
            rows.push_back({joined(row.sources, ", ", 6), escaped(row.ports), escaped(row.out), leaves, rule});
            if (several) rows.back().insert(rows.back().begin(), escaped(row.device));
        }
        const std::vector<std::string> lines = aligned(rows);
        for (std::size_t i = 0; i < lines.size(); ++i) out += "  " + (i == 0 ? style.faint(lines[i]) : lines[i]) + "\n";
        out += "\n";
    }
    return out;
}

std::string statistics_text(const lint::Report& report) {
    std::map<std::pair<std::string, std::string>, std::size_t> counts;
    for (const lint::Finding& finding : report.findings) ++counts[{finding.rule, finding.name}];
    std::vector<std::vector<std::string>> rows;
    for (const auto& [rule, count] : counts)
        rows.push_back({fmt::format("{:>6}", count), escaped(rule.first), escaped(rule.second)});
    std::string out;
    for (const std::string& line : aligned(rows)) out += line + "\n";
    return out;
}

std::string summary_text(const lint::Report& report, const Context& context) {
    std::size_t files = 0;
    for (const lint::DeviceReport& device : report.devices) files += device.files.size();
    const std::string counts = count_text(report);
    const std::string tail = fmt::format(" in {} file{} ({} device{})", files, files == 1 ? "" : "s",
                                         report.devices.size(), report.devices.size() == 1 ? "" : "s");
    if (report.findings.empty()) return context.style.good(counts) + tail + "\n";
    const auto worst = std::max_element(report.findings.begin(), report.findings.end(),
                                        [](const auto& a, const auto& b) { return a.severity < b.severity; });
    return context.style.severity(worst->severity, counts) + tail + "\n";
}

}  // namespace

std::string write_text(const lint::Report& report, const Context& context) {
    std::string out;
    if (!context.problems.empty()) return out;  // standard error carries them
    if (context.assumptions) out += surroundings_text(report, context);
    for (const lint::Finding& finding : report.findings) out += finding_text(finding, context);
    if (context.statistics) out += statistics_text(report);
    if (!context.quiet) out += summary_text(report, context);
    return out;
}

}  // namespace egresslint::report
