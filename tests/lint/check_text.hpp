// SPDX-License-Identifier: Apache-2.0
// For the tests of lint: a configuration as text through its reader and all rules.
#pragma once

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "dialects/dialect.hpp"
#include "dialects/iproute/read.hpp"
#include "lint/identity.hpp"
#include "lint/lint.hpp"

namespace egresslint::lint::testing {

struct Run {
    base::Sources sources;
    Intent intent;
    base::Diagnostics problems;
    Report report;
};

inline std::string dialect_name(const std::string& fence) {
    if (fence == "nft") return "nftables";
    if (fence == "ip6tables") return "iptables";
    return fence;
}

/// Reads one text as a device named "edge" (the first [[device]] of the intent applies to it).
inline std::vector<DeviceInput> read(Run& run, const std::string& fence, const std::string& text,
                                     const std::string& intent_text) {
    if (!intent_text.empty()) {
        const auto file = run.sources.add("egresslint.toml", intent_text);
        const auto intent = read_intent(run.sources, file, run.problems);
        REQUIRE(intent);
        run.intent = *intent;
    }
    const dialects::Dialect* dialect = dialects::find(dialect_name(fence));
    REQUIRE(dialect != nullptr);
    dialects::Input input;
    input.path = "edge." + fence;
    input.file = run.sources.add(input.path, text);
    base::Diagnostics diagnostics;
    auto read = dialect->read(run.sources, {input}, diagnostics);
    std::vector<DeviceInput> devices;
    for (model::Device& d : read.devices) {
        DeviceInput one;
        d.name = "edge";
        one.device = std::move(d);
        one.dialect = std::string(dialect->name);
        one.diagnostics = diagnostics;
        if (!run.intent.devices.empty()) one.intent = &run.intent.devices.front();
        devices.push_back(std::move(one));
    }
    return devices;
}

/// Pairs of a kind ("zone", "mta", "registry") and a text.
inline EvidenceInput read_evidence(Run& run, const std::vector<std::pair<std::string, std::string>>& texts) {
    EvidenceInput out;
    std::vector<evidence::DnsFile> zones;
    std::vector<base::FileId> mta, registry;
    for (const auto& [kind, text] : texts) {
        REQUIRE((kind == "zone" || kind == "mta" || kind == "registry"));
        const std::string path = kind + std::to_string(run.sources.size());
        const base::FileId file = run.sources.add(path, text);
        if (kind == "zone")
            zones.push_back({file, path});
        else
            (kind == "mta" ? mta : registry).push_back(file);
    }
    out.dns = evidence::read_dns(run.sources, zones, base::disk(), out.diagnostics);
    if (!mta.empty()) out.mtas = evidence::read_mtas(run.sources, mta, out.diagnostics);
    if (!registry.empty()) out.registry = evidence::read_registry(run.sources, registry, out.diagnostics);
    out.has_mta = !mta.empty();
    out.has_registry = !registry.empty();
    for (const base::Diagnostic& d : out.diagnostics) {
        INFO(run.sources.where(d.span) << " " << d.message);
        REQUIRE(d.kind != base::Diagnostic::Kind::fatal);
    }
    return out;
}

inline void check_with(Run& run, const std::string& fence, const std::string& text, const std::string& intent_text,
                       Options options, const std::string& addresses = {},
                       const std::vector<std::pair<std::string, std::string>>& evidence = {}) {
    EvidenceInput facts = read_evidence(run, evidence);
    auto devices = read(run, fence, text, intent_text);
    for (DeviceInput& d : devices)
        if (!addresses.empty())
            dialects::iproute::read_addresses(run.sources, run.sources.add("addresses.json", addresses), d.device,
                                              d.diagnostics);
    facts.organisation = run.intent.evidence.organisation;
    if (!evidence.empty()) options.evidence = &facts;
    run.report = check(std::move(devices), run.intent, run.sources, options);
}

/// The rules that run unasked in `check`, but for hygiene, and `too`.
inline void check_text(Run& run, const std::string& fence, const std::string& text, const std::string& intent_text = {},
                       const std::string& too = {}) {
    Options options;
    options.ignore = {"EL2"};
    if (!too.empty()) options.extend_select = {too};
    check_with(run, fence, text, intent_text, options);
}

/// "EL101@4", sorted; line 0 without a place.
inline std::vector<std::string> places(const Run& run) {
    std::vector<std::string> list;
    for (const Finding& f : run.report.findings)
        list.push_back(f.rule + "@" + (f.span.valid() ? std::to_string(run.sources.begin(f.span).line) : "0"));
    std::sort(list.begin(), list.end());
    return list;
}

inline const Finding* finding(const Run& run, const std::string& code) {
    for (const Finding& f : run.report.findings)
        if (f.rule == code) return &f;
    return nullptr;
}

inline std::string told(const Run& run) {
    std::string text;
    for (const Finding& f : run.report.findings) {
        text += f.rule + " " + (f.certainty == Certainty::proven ? "" : "(possible) ") + run.sources.where(f.span) +
                " " + f.message + "\n";
        if (f.witness) text += "    witness: " + f.witness->in + " " + f.witness->src + " -> " + f.witness->dst + "\n";
        if (f.outcome)
            text += "    outcome: " + f.outcome->verdict + " " + f.outcome->out + " " + f.outcome->src + "\n";
        for (const TraceStep& s : f.trace)
            text +=
                "    step: " + run.sources.where(s.span) + " [" + s.stage + "] " + s.text + " => " + s.effect + "\n";
        for (const std::string& b : f.because) text += "    because: " + b + "\n";
        for (const std::string& d : f.depends_on) text += "    depends: " + d + "\n";
        if (!f.help.empty()) text += "    help: " + f.help + "\n";
    }
    for (const Assumption& a : run.report.assumptions)
        text +=
            std::string("assumed") + (a.guessed ? " (guess)" : "") + ": " + a.what + ", because " + a.because + "\n";
    return text;
}

}  // namespace egresslint::lint::testing
