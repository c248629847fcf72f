// SPDX-License-Identifier: Apache-2.0
// For the tests of DNS evidence: texts into a Dns, and answers into one line.
#pragma once

#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

#include "evidence/dns.hpp"

namespace egresslint::evidence::testing {

struct Texts {
    base::Sources sources;
    base::Diagnostics diagnostics;
    Dns dns;

    /// "yes 198.51.100.5", "no", "no name", "not known".
    [[nodiscard]] std::string ask(const std::string& name, RecordType type) const {
        const Lookup found = dns.lookup(name, type);
        if (found.answer == Answer::not_known) return "not known";
        if (found.answer == Answer::no) return found.no_name ? "no name" : "no";
        std::string out = "yes";
        for (const Record* r : found.records) out += " " + r->value;
        return out;
    }
    /// "x.zone:3:1 a message" of each diagnostic.
    [[nodiscard]] std::string problems() const {
        std::string out;
        for (const base::Diagnostic& d : diagnostics)
            out += (d.kind == base::Diagnostic::Kind::fatal ? "fatal " : d.code + " ") + sources.where(d.span) + " " +
                   d.message + "\n";
        return out;
    }
};

/// Pairs of a path and a text.
inline Texts read_texts(const std::vector<std::pair<std::string, std::string>>& texts) {
    Texts out;
    std::vector<DnsFile> list;
    for (const auto& [path, text] : texts) list.push_back({out.sources.add(path, text), path});
    out.dns = read_dns(out.sources, list, base::disk(), out.diagnostics);
    return out;
}

}  // namespace egresslint::evidence::testing
