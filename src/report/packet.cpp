// SPDX-License-Identifier: Apache-2.0
// A packet and counts in words, shared by the text formats.
#include <fmt/format.h>

#include "report/escape.hpp"
#include "report/report.hpp"

namespace egresslint::report {
namespace {

std::string endpoint(const std::string& address, const std::optional<std::uint16_t>& port) {
    const std::string text = escaped(address);
    if (!port) return text;
    return address.find(':') == std::string::npos ? fmt::format("{}:{}", text, *port)
                                                  : fmt::format("[{}]:{}", text, *port);
}

std::string counted(std::size_t count, std::string_view word) {
    return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
}

}  // namespace

std::string packet_text(const lint::PacketText& packet) {
    std::string out = fmt::format("{} {} -> {}", escaped(packet.proto), endpoint(packet.src, packet.sport),
                                  endpoint(packet.dst, packet.dport));
    if (packet.icmp_type) out += fmt::format(" type {} code {}", *packet.icmp_type, packet.icmp_code.value_or(0));
    if (packet.in.empty() || packet.in == "(self)")
        out += ", sent by the device itself";
    else
        out += ", in " + escaped(packet.in);
    return out;
}

std::string count_text(const lint::Report& report) {
    std::size_t errors = 0;
    std::size_t warnings = 0;
    std::size_t notes = 0;
    std::size_t possible = 0;
    for (const lint::Finding& finding : report.findings) {
        switch (finding.severity) {
            case base::Severity::error: ++errors; break;
            case base::Severity::warning: ++warnings; break;
            case base::Severity::note: ++notes; break;
        }
        if (finding.certainty == lint::Certainty::possible) ++possible;
    }
    std::string out;
    const auto add = [&](std::size_t count, std::string_view word) {
        if (count != 0) out += (out.empty() ? "" : ", ") + counted(count, word);
    };
    add(errors, "error");
    add(warnings, "warning");
    add(notes, "note");
    if (out.empty()) out = "no findings";
    if (possible != 0) out += fmt::format(" ({} possible)", possible);
    if (!report.suppressed.empty()) out += fmt::format(", {} suppressed", report.suppressed.size());
    if (report.in_baseline != 0) out += fmt::format(", {} in the baseline", report.in_baseline);
    return out;
}

}  // namespace egresslint::report
