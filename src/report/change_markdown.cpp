// SPDX-License-Identifier: Apache-2.0
// A change for a review comment: the answer first, then what changes, then the findings.
#include <fmt/format.h>

#include "report/change.hpp"
#include "report/details.hpp"
#include "report/escape.hpp"
#include "report/words.hpp"

namespace egresslint::report {
namespace {

using lint::DeviceChange;

constexpr std::size_t most_boxes = 4;

std::string block(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    return markdown_block(text, "text");
}

std::string flow_markdown(const lint::FlowChange& flow, const Context& context) {
    std::string out = fmt::format("\n**{}{}** ({})\n\n", flow.certainty == lint::Certainty::possible ? "possibly " : "",
                                  kinds_text(flow), flow.family);
    std::vector<std::string> lines = box_lines(flow, most_boxes);
    out += block(lines);
    if (!flow.causes.empty()) {
        std::string text;
        for (const std::string& line : cause_lines(flow, context.sources)) text += line + "\n";
        out += "\n" + markdown_block(text, "diff");
    }
    if (flow.witness)
        out +=
            fmt::format("\n| witness | {} |\n|---|---|\n| before | {} |\n| after | {} |\n",
                        markdown_code(packet_text(*flow.witness), true), markdown_code(outcome_text(flow.before), true),
                        markdown_code(outcome_text(flow.after), true));
    for (const std::string& what : flow.depends_on) out += fmt::format("\n- depends on: {}", markdown_words(what));
    if (!flow.depends_on.empty()) out += "\n";
    return out;
}

std::string device_markdown(const DeviceChange& device, const Context& context) {
    std::string out = fmt::format("\n### {}\n\n", markdown_code(escaped(device.name)));
    if (device.is == DeviceChange::Is::added) return out + "The device is new; its findings are new ones.\n";
    if (device.is == DeviceChange::Is::removed) return out + "The device is gone.\n";
    if (device.dialect_before != device.dialect_after)
        out += fmt::format("{} before, {} now. ", markdown_words(device.dialect_before),
                           markdown_words(device.dialect_after));
    if (device.flows.empty())
        out += device.undecided.empty() ? "No flow changes: proven.\n"
                                        : "No change of a flow is known, but that is not proven.\n";
    else
        out += fmt::format("{} change{} of flows.\n", device.flows.size(), device.flows.size() == 1 ? "" : "s");
    for (const std::string& why : device.undecided) out += fmt::format("- not decided: {}\n", markdown_words(why));
    for (const std::string& note : device.notes) out += fmt::format("- note: {}\n", markdown_words(note));
    for (const lint::FlowChange& flow : device.flows) out += flow_markdown(flow, context);
    return out;
}

std::string remarks_markdown(std::string_view what, const lint::RemarkChanges& changes, const Context& context) {
    std::string text;
    const auto list = [&](const std::vector<lint::Remark>& remarks, char sign) {
        for (const lint::Remark& remark : remarks)
            text += fmt::format("{} {}: {}\n", sign, escaped(context.sources.where(remark.span)),
                                shortened(remark.text, 200));
    };
    list(changes.removed, '-');
    list(changes.added, '+');
    return text.empty() ? text : fmt::format("\n### {}\n\n", what) + markdown_block(text, "diff");
}

std::string finding_line(const lint::Finding& f, const Context& context) {
    const std::string where = context.sources.where(f.span);
    return fmt::format("- {} {} {}{}\n", markdown_words(f.rule),
                       where.empty() ? "" : markdown_code(escaped(where)) + ": ", markdown_words(f.message),
                       f.certainty == lint::Certainty::possible ? " (possible)" : "");
}

}  // namespace

std::string change_markdown_within(std::size_t bytes, const lint::ChangeReport& change, const Context& context) {
    if (!context.problems.empty()) return markdown_within(bytes, change.report, context);
    // Room for the sentence that says what was left out.
    constexpr std::size_t reserve = 200;
    std::string out = fmt::format("## egresslint: {}\n\n{} to {}: {} new, {} gone, {} as before.\n",
                                  markdown_words(verdict_of(change)), markdown_code(escaped(change.before)),
                                  markdown_code(escaped(change.after)), count_text(change.report), change.gone.size(),
                                  change.unchanged);
    std::size_t left_out = 0;
    const auto add = [&](const std::string& section) {
        if (out.size() + section.size() + reserve > bytes)
            ++left_out;
        else
            out += section;
    };
    const auto list = [&](std::string_view what, const auto& findings, const auto& finding_of) {
        std::string text;
        for (const auto& f : findings) text += finding_line(finding_of(f), context);
        if (!text.empty()) add(fmt::format("\n### {}\n\n", what) + text);
    };
    std::string rows;
    for (const lint::Finding& f : change.report.findings) rows += finding_markdown(f, change.report, context).row;
    if (!rows.empty()) add("\n### New findings\n\n| level | rule | place | finding |\n|---|---|---|---|\n" + rows);
    add(remarks_markdown("Suppressions", change.suppressions, context));
    for (const DeviceChange& device : change.devices) add(device_markdown(device, context));
    for (const lint::Finding& f : change.report.findings) add(finding_markdown(f, change.report, context).details);
    const auto itself = [](const lint::Finding& f) -> const lint::Finding& { return f; };
    list("Findings that are gone", change.gone, itself);
    list("Findings that are suppressed now", change.hidden,
         [](const lint::SuppressedFinding& s) -> const lint::Finding& { return s.finding; });
    add(remarks_markdown("Assumptions", change.assumptions, context));
    add(remarks_markdown("Intent file", change.intent, context));
    if (left_out != 0) out += fmt::format("\n{} sections are not shown here, for lack of room.\n", left_out);
    return out;
}

}  // namespace egresslint::report
