// SPDX-License-Identifier: Apache-2.0
// SARIF 2.1.0 (OASIS) as GitHub's code scanning reads it: one run; rules with their pages; the line hash by which it
// follows an alert beside our own fingerprint, which does not move with the lines; the trace of the witness as a code
// flow; further places linked from the message, since it shows no others. Nothing stands in it twice by index, because
// code scanning does not follow indexes into run.artifacts or run.threadFlowLocations.
// What it reads and its limits: github/docs, "SARIF support for code scanning" and "SARIF results exceed limits".
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "report/escape.hpp"
#include "report/json_values.hpp"
#include "report/line_hash.hpp"
#include "report/place.hpp"
#include "report/report.hpp"
#include "report/sarif_rule.hpp"
#include "report/sentences.hpp"

namespace egresslint::report {
namespace {

constexpr std::size_t most_results = 25'000;  ///< of a run; a file with more is refused
constexpr std::size_t most_related = 99;      ///< shown of a result, beside its own place
constexpr std::size_t most_steps = 1'000;     ///< shown of a code flow
constexpr std::size_t longest_message = 8'000;

/// Escaped text in a message in which "[text](1)" is a link: what is not ours makes none.
std::string plain(std::string_view untrusted) {
    std::string out;
    for (const char c : escaped(untrusted)) {
        if (c == '(' && out.ends_with(']')) out += ' ';
        out += c;
    }
    return out;
}

/// The text of a link (SARIF 2.1.0, section 3.11.6).
std::string link_text(std::string_view untrusted) {
    std::string out;
    for (const char c : escaped(untrusted)) {
        if (c == '[' || c == ']' || c == '\\') out += '\\';
        out += c;
    }
    return out;
}

Json region_json(const Place& place) {
    return Json{{"startLine", place.line},
                {"startColumn", place.column},
                {"endLine", place.end_line},
                {"endColumn", place.end_column}};
}

Json physical_json(const Place& place) {
    return Json{{"artifactLocation", Json{{"uri", uri_of(place.path)}, {"uriBaseId", "%SRCROOT%"}}},
                {"region", region_json(place)}};
}

Json logical_json(const std::string& device, const std::string& stage) {
    Json out{{"name", escaped(stage.empty() ? device : stage)},
             {"fullyQualifiedName", escaped(stage.empty() ? device : device + "/" + stage)},
             {"kind", stage.empty() ? "device" : "stage"}};
    return Json::array({std::move(out)});
}

std::string_view level_name(base::Severity severity) {
    return severity == base::Severity::error ? "error" : severity == base::Severity::warning ? "warning" : "note";
}

/// A witness or an outcome as the state that a viewer shows beside a step.
Json state_json(const Json& values) {
    Json out = Json::object();
    for (const auto& [key, value] : values.items()) {
        if (value.is_null() || value == "") continue;
        out[key] = Json{{"text", value.is_string() ? escaped(value.get<std::string>()) : value.dump()}};
    }
    return out;
}

class Log {
public:
    Log(const lint::Report& report, const Context& context)
        : context_(context), places_(report, context, Columns::utf16) {
        for (const lint::Finding* finding : most_severe_first(report.findings)) {
            if (shown_.size() == most_results) break;
            shown_.push_back(finding);
        }
        left_out_ = report.findings.size() - shown_.size();
        // Only where something is left out does the order change.
        if (left_out_ == 0) {
            shown_.clear();
            for (const lint::Finding& finding : report.findings) shown_.push_back(&finding);
        }
        if (context.suppressed)
            for (const lint::SuppressedFinding& silent : report.suppressed)
                if (shown_.size() + silent_.size() < most_results) silent_.push_back(&silent);
        hash_lines();
    }

    Json json() {
        std::vector<const lint::Finding*> all = shown_;
        for (const lint::SuppressedFinding* silent : silent_) all.push_back(&silent->finding);
        const SarifRules rules(all, context_);
        Json results = Json::array();
        for (const lint::Finding* finding : shown_) {
            Json result = result_json(*finding, rules);
            // All results of a run say something about suppressions, or none does (section 3.27.23).
            if (context_.suppressed) result["suppressions"] = Json::array();
            results.push_back(std::move(result));
        }
        for (const lint::SuppressedFinding* silent : silent_) {
            Json result = result_json(silent->finding, rules);
            result["suppressions"] = Json::array({suppression_json(*silent)});
            results.push_back(std::move(result));
        }
        Json driver{{"name", "egresslint"},
                    {"version", context_.version},
                    {"semanticVersion", context_.version},
                    {"rules", rules.json()}};
        Json run{{"tool", Json{{"driver", std::move(driver)}}},
                 {"invocations", Json::array({invocation_json(rules)})},
                 {"columnKind", "utf16CodeUnits"},
                 {"results", std::move(results)}};
        return Json{
            {"$schema", "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"},
            {"version", "2.1.0"},
            {"runs", Json::array({std::move(run)})}};
    }

private:
    /// The hashes of all lines that results stand on, file by file in one pass each. The texts are those without
    /// secrets: a hash over the hundred characters around a password would help to guess it.
    void hash_lines() {
        std::map<base::FileId, std::set<std::uint32_t>> wanted;
        const auto want = [&](const lint::Finding& finding) {
            const Place place = places_.of(finding);
            if (place.file.valid()) wanted[place.file].insert(place.line);
        };
        for (const lint::Finding* finding : shown_) want(*finding);
        for (const lint::SuppressedFinding* silent : silent_) want(silent->finding);
        for (const auto& [file, lines] : wanted) hashes_[file] = line_hashes(context_.sources.text(file), lines);
    }

    [[nodiscard]] Json location_json(const Place& place, const std::string& device, const std::string& stage,
                                     std::string message) const {
        Json out{{"physicalLocation", physical_json(place)}};
        if (!device.empty()) out["logicalLocations"] = logical_json(device, stage);
        if (!message.empty()) out["message"] = Json{{"text", std::move(message)}};
        return out;
    }

    [[nodiscard]] std::string message(const lint::Finding& finding) const {
        // The first sentence is what lists of alerts show.
        std::string out = sentence(plain(finding.message));
        std::size_t number = 0;
        for (const lint::Related& related : finding.related) {
            const std::string label = related.label.empty() ? "another place" : related.label;
            if (related.span.valid() && ++number <= most_related)
                out += fmt::format(" See [{}]({}).", link_text(label), number);
            else if (!related.span.valid())
                out += " " + sentence(plain(label));
        }
        for (const std::string& more : explanation(finding)) out += " " + plain(more);
        return shortened_to(out, longest_message);
    }

    [[nodiscard]] Json result_json(const lint::Finding& finding, const SarifRules& rules) {
        Json out{{"ruleId", finding.rule},
                 {"ruleIndex", rules.index_of(finding.rule)},
                 {"level", level_name(finding.severity)},
                 {"message", Json{{"text", message(finding)}}}};
        const Place place = places_.of(finding);
        out["locations"] = Json::array({location_json(place, finding.device, "", escaped(finding.label))});
        Json related = Json::array();
        for (const lint::Related& other : finding.related) {
            if (!other.span.valid() || related.size() == most_related) continue;
            Json location{{"id", related.size() + 1}};
            location.update(location_json(places_.of(other.span), "", "",
                                          other.label.empty() ? "another place" : escaped(other.label)));
            related.push_back(std::move(location));
        }
        if (!related.empty()) out["relatedLocations"] = std::move(related);
        if (!finding.trace.empty()) out["codeFlows"] = Json::array({flow_json(finding)});
        if (finding.fix) out["fixes"] = Json::array({fix_json(*finding.fix)});
        Json prints{{"egresslint/v1", finding.fingerprint}};
        if (const auto file = hashes_.find(place.file); file != hashes_.end())
            if (const auto line = file->second.find(place.line); line != file->second.end())
                prints["primaryLocationLineHash"] = line->second;
        out["partialFingerprints"] = std::move(prints);
        Json properties{{"certainty", certainty_name(finding.certainty)}, {"device", finding.device}};
        if (!finding.sources.empty()) properties["sources"] = finding.sources;
        for (const auto& [name, value] : finding.flows) properties[name] = value;
        out["properties"] = std::move(properties);
        return out;
    }

    [[nodiscard]] Json flow_json(const lint::Finding& finding) const {
        Json steps = Json::array();
        const std::size_t count = std::min(finding.trace.size(), most_steps);
        for (std::size_t i = 0; i < count; ++i) {
            const lint::TraceStep& step = finding.trace[i];
            std::string text = escaped(step.stage) + ": " + escaped(step.effect);
            if (!step.span.valid()) text += ", by " + (step.text.empty() ? "default" : escaped(step.text));
            if (step.uncertain) text += " (if it matches)";
            const bool last = i + 1 == count;
            Json one{
                {"location", location_json(places_.of(step, finding), finding.device, step.stage, std::move(text))},
                {"executionOrder", i + 1},
                {"importance", last ? "essential" : "important"}};
            if (last && finding.outcome) one["state"] = state_json(outcome_json(*finding.outcome));
            steps.push_back(std::move(one));
        }
        Json thread{{"locations", std::move(steps)}};
        if (finding.witness) thread["initialState"] = state_json(packet_json(*finding.witness));
        Json out{{"threadFlows", Json::array({std::move(thread)})}};
        if (finding.witness) out["message"] = Json{{"text", "The way of " + packet_text(*finding.witness) + "."}};
        return out;
    }

    [[nodiscard]] Json fix_json(const lint::Fix& fix) const {
        std::map<std::string, Json> files;
        for (const lint::Edit& edit : fix.edits) {
            // Not the place of a finding: a line end that goes is part of what goes.
            Place place = places_.of(base::Span{edit.span.file, edit.span.begin, edit.span.begin});
            const Place end = places_.of(base::Span{edit.span.file, edit.span.end, edit.span.end});
            place.end_line = end.line;
            place.end_column = end.column;
            files[place.path].push_back(
                Json{{"deletedRegion", region_json(place)}, {"insertedContent", Json{{"text", edit.replacement}}}});
        }
        Json changes = Json::array();
        for (auto& [path, replacements] : files)
            changes.push_back(Json{{"artifactLocation", Json{{"uri", uri_of(path)}, {"uriBaseId", "%SRCROOT%"}}},
                                   {"replacements", std::move(replacements)}});
        return Json{{"description", Json{{"text", sentence(escaped(fix.description))}}},
                    {"artifactChanges", std::move(changes)}};
    }

    [[nodiscard]] Json suppression_json(const lint::SuppressedFinding& silent) const {
        Json out{{"kind", silent.in_comment ? "inSource" : "external"},
                 {"status", "accepted"},
                 {"justification", escaped(silent.reason)}};
        if (silent.by.valid()) out["location"] = location_json(places_.of(silent.by), "", "", "");
        return out;
    }

    /// What went wrong with the run itself. Code scanning shows results only: what was not understood is one as well.
    [[nodiscard]] Json invocation_json(const SarifRules& rules) const {
        Json notes = Json::array();
        for (const lint::Finding* finding : shown_) {
            if (!finding->rule.starts_with("EL9")) continue;
            notes.push_back(
                Json{{"level", level_name(finding->severity)},
                     {"message", Json{{"text", sentence(plain(finding->message))}}},
                     {"associatedRule", Json{{"id", finding->rule}, {"index", rules.index_of(finding->rule)}}},
                     {"locations", Json::array({location_json(places_.of(*finding), finding->device, "", "")})}});
        }
        if (left_out_ > 0)
            notes.push_back(
                Json{{"level", "warning"},
                     {"message", Json{{"text", fmt::format("{} further results, the least severe, are left out: code "
                                                           "scanning refuses a run of more than {}.",
                                                           left_out_, most_results)}}}});
        for (const Problem& problem : context_.problems) {
            Json note{{"level", "error"}, {"message", Json{{"text", sentence(plain(problem.message))}}}};
            if (problem.span.valid()) note["locations"] = Json::array({location_json(places_.of(problem), "", "", "")});
            notes.push_back(std::move(note));
        }
        Json out{{"executionSuccessful", context_.problems.empty()}};
        if (!notes.empty()) out["toolExecutionNotifications"] = std::move(notes);
        return out;
    }

    const Context& context_;
    Places places_;
    std::vector<const lint::Finding*> shown_;
    std::vector<const lint::SuppressedFinding*> silent_;
    std::size_t left_out_ = 0;
    std::map<base::FileId, std::map<std::uint32_t, std::string>> hashes_;
};

}  // namespace

std::string write_sarif(const lint::Report& report, const Context& context) {
    return dumped(Log(report, context).json(), 2);
}

}  // namespace egresslint::report
