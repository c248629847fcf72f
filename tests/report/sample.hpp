// SPDX-License-Identifier: Apache-2.0
// One made-up report that every format is tried on.
#pragma once

#include "report/report.hpp"

namespace egresslint::tests {

struct Sample {
    base::Sources sources;
    lint::Report report;
    base::FileId file;

    [[nodiscard]] base::Span find(std::string_view text) const {
        const std::size_t at = sources.text(file).find(text);
        return {file, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + text.size())};
    }

    Sample() {
        file = sources.add("edge.nft",
                           "table ip nat {\n"
                           "\tchain post {\n"
                           "\t\toifname wan0 snat to 198.51.100.2\n"
                           "\t}\n"
                           "}\n");
        report.devices.push_back(
            {"edge", "nftables", {"edge.nft"}, {"exchange 10.20.0.25 -> 198.51.100.5"}, {"wan0"}, 1});
        report.assumptions.push_back({"edge", "wan0 faces the internet", "its name says so", true, {}});
        lint::EgressRow row;
        row.device = "edge";
        row.family = "IPv4";
        row.sources = {"10.20.0.0/16"};
        row.ports = "25";
        row.out = "wan0";
        row.leaves_as = "198.51.100.2";
        row.rule = "oifname wan0 snat to 198.51.100.2";
        row.span = find("oifname wan0 snat to 198.51.100.2");
        report.egress.push_back(row);

        lint::Finding finding;
        finding.rule = "EL101";
        finding.name = "mail-source-not-own";
        finding.device = "edge";
        finding.message = "mail leaves as 198.51.100.2";
        finding.span = row.span;
        finding.label = "this rule translates it";
        finding.sources = {"10.20.0.25"};
        finding.flows = {{"leaves_as", "198.51.100.2"}};
        finding.witness = lint::PacketText{
            "lan0", "10.20.0.25", "198.18.0.9", "tcp", std::uint16_t{40000}, std::uint16_t{25}, {}, {}};
        finding.outcome = lint::OutcomeText{"accept", "wan0", "198.51.100.2", "198.18.0.9", "40000", "25", false};
        finding.trace.push_back({row.span, "ip nat post", row.rule, "src:=198.51.100.2", false});
        finding.because = {"no rule translates outbound mail of 10.20.0.25"};
        finding.related.push_back({find("chain post"), "the rule belongs here"});
        finding.help = "translate 10.20.0.25 to 198.51.100.5 first";
        finding.fingerprint = "00ff";
        report.findings.push_back(finding);
        report.status = "findings";
    }
};

/// Text that tries to be a command, markup, or a line of its own wherever it is shown.
inline constexpr const char* hostile =
    "x\"'<script>alert(1)</script>\n::error::forged\r##[error]forged %0A \xe2\x80\xae @admin #1 `code` |cell| "
    "[link](http://example.org) \xff ]]> &amp; $x$";

}  // namespace egresslint::tests
