// SPDX-License-Identifier: Apache-2.0
// An MTA read from texts, and one line a sender that says everything the reader says of it.
#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "evidence/mta.hpp"

namespace egresslint::tests {

using MtaTexts = std::vector<std::pair<std::string, std::string>>;

struct MtaReading {
    base::Sources sources;
    base::Diagnostics diagnostics;
    std::vector<evidence::Mta> mtas;

    explicit MtaReading(const MtaTexts& texts) {
        std::vector<base::FileId> files;
        for (const auto& [path, text] : texts) files.push_back(sources.add(path, text));
        mtas = evidence::read_mtas(sources, files, diagnostics);
    }

    /// "main.cf:3:1 message" of everything the reader complained about, "fatal" in front where nothing can be believed.
    [[nodiscard]] std::vector<std::string> problems() const {
        std::vector<std::string> out;
        for (const auto& d : diagnostics)
            out.push_back(fmt::format("{} {} {}", d.code.empty() ? "fatal" : d.code, sources.where(d.span), d.message));
        return out;
    }

    /// "smtp helo=mail.example.com@main.cf:1 bind=192.0.2.25 relay=mx v4 v6"; unknowns as "helo?(why)".
    [[nodiscard]] std::vector<std::string> senders(std::size_t mta = 0) const {
        std::vector<std::string> out;
        if (mta >= mtas.size()) return out;
        for (const auto& s : mtas[mta].senders) {
            std::string line = s.name;
            for (const auto& f : s.helo) line += " helo=" + f.value + at(f.span);
            unknowns(line, "helo", s.unknown_helo);
            for (const auto& b : s.bind) line += " bind=" + base::to_string(b.address) + at(b.span);
            unknowns(line, "bind", s.unknown_bind);
            for (const auto& f : s.relay_hosts) line += " relay=" + f.value + at(f.span);
            unknowns(line, "relay", s.unknown_relay);
            line += protocol(" v4", s.uses_v4) + protocol(" v6", s.uses_v6);
            out.push_back(line);
        }
        return out;
    }
    [[nodiscard]] std::string sender(std::size_t n = 0) const {
        const auto all = senders();
        return n < all.size() ? all[n] : "";
    }

private:
    [[nodiscard]] std::string at(const base::Span& span) const {
        return span.valid() ? fmt::format("@{}", sources.begin(span).line) : "";
    }
    static void unknowns(std::string& line, const char* what, const std::vector<evidence::Unknown>& unknowns) {
        for (const auto& u : unknowns) line += fmt::format(" {}?({})", what, u.what);
    }
    static std::string protocol(const char* name, evidence::Answer answer) {
        return answer == evidence::Answer::yes ? name : answer == evidence::Answer::no ? "" : std::string(name) + "?";
    }
};

}  // namespace egresslint::tests
