// SPDX-License-Identifier: Apache-2.0
// Every field of what a run gathers, listed once: for whoever writes it, reads it, or walks through its places.
// `visit(name, field)` is called for each; a visitor knows texts, numbers, enumerations, spans, lists and optional
// values, and calls `fields` again for structures.
#pragma once

#include <type_traits>

#include "lint/lint.hpp"

namespace egresslint::lint {

/// Holds neither places nor structures: texts, numbers, enumerations, and pairs of texts, alone or by name.
template <class T>
inline constexpr bool is_plain =
    std::is_same_v<T, std::string> || std::is_arithmetic_v<T> || std::is_enum_v<T> ||
    std::is_same_v<T, std::pair<std::string, std::string>> || std::is_same_v<T, std::map<std::string, std::string>>;

template <class V>
void fields(V& visit, PacketText& x) {
    visit("in", x.in);
    visit("src", x.src);
    visit("dst", x.dst);
    visit("proto", x.proto);
    visit("sport", x.sport);
    visit("dport", x.dport);
    visit("icmp_type", x.icmp_type);
    visit("icmp_code", x.icmp_code);
}

template <class V>
void fields(V& visit, OutcomeText& x) {
    visit("verdict", x.verdict);
    visit("out", x.out);
    visit("src", x.src);
    visit("dst", x.dst);
    visit("sport", x.sport);
    visit("dport", x.dport);
    visit("logged", x.logged);
}

template <class V>
void fields(V& visit, TraceStep& x) {
    visit("span", x.span);
    visit("stage", x.stage);
    visit("text", x.text);
    visit("effect", x.effect);
    visit("uncertain", x.uncertain);
}

template <class V>
void fields(V& visit, Related& x) {
    visit("span", x.span);
    visit("label", x.label);
}

template <class V>
void fields(V& visit, Edit& x) {
    visit("span", x.span);
    visit("replacement", x.replacement);
}

template <class V>
void fields(V& visit, Fix& x) {
    visit("description", x.description);
    visit("edits", x.edits);
    visit("safe", x.safe);
}

template <class V>
void fields(V& visit, Finding& x) {
    visit("rule", x.rule);
    visit("name", x.name);
    visit("severity", x.severity);
    visit("certainty", x.certainty);
    visit("device", x.device);
    visit("subject", x.subject);
    visit("message", x.message);
    visit("span", x.span);
    visit("label", x.label);
    visit("sources", x.sources);
    visit("flows", x.flows);
    visit("witness", x.witness);
    visit("outcome", x.outcome);
    visit("trace", x.trace);
    visit("because", x.because);
    visit("related", x.related);
    visit("help", x.help);
    visit("fix", x.fix);
    visit("depends_on", x.depends_on);
    visit("fingerprint", x.fingerprint);
}

template <class V>
void fields(V& visit, Assumption& x) {
    visit("device", x.device);
    visit("what", x.what);
    visit("because", x.because);
    visit("guessed", x.guessed);
    visit("span", x.span);
}

template <class V>
void fields(V& visit, EgressRow& x) {
    visit("device", x.device);
    visit("family", x.family);
    visit("sources", x.sources);
    visit("ports", x.ports);
    visit("out", x.out);
    visit("leaves_as", x.leaves_as);
    visit("rule", x.rule);
    visit("span", x.span);
    visit("certainty", x.certainty);
}

template <class V>
void fields(V& visit, DeviceReport& x) {
    visit("name", x.name);
    visit("dialect", x.dialect);
    visit("files", x.files);
    visit("mail_servers", x.mail_servers);
    visit("external", x.external);
    visit("rules", x.rules);
}

template <class V>
void fields(V& visit, Gathered::Asked& x) {
    visit("asked", x.asked);
    visit("unknown", x.unknown);
}

/// Before its end a run has neither suppressed findings nor a status.
template <class V>
void fields(V& visit, Gathered& x) {
    visit("devices", x.report.devices);
    visit("assumptions", x.report.assumptions);
    visit("egress", x.report.egress);
    visit("findings", x.report.findings);
    visit("site", x.site);
    visit("comments", x.comments);
}

}  // namespace egresslint::lint
