// SPDX-License-Identifier: Apache-2.0
#include "evidence/registry.hpp"

#include "evidence/plain_text.hpp"
#include "evidence/registry_readers.hpp"
#include "evidence/utf16.hpp"

namespace egresslint::evidence {
namespace {

bool names_range(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return false;
    const std::string key = lower(trim(line.substr(0, colon)));
    return key == "inetnum" || key == "inet6num" || key == "netrange";
}

}  // namespace

std::string registry_format(std::string_view text) {
    constexpr std::size_t looked_at = 524'288;
    text = text.substr(0, looked_at);
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    const std::string_view start = trim(text.substr(0, 4096));
    if (start.starts_with('{') || start.starts_with('['))
        return text.find("\"rdapConformance\"") != std::string_view::npos ||
                       text.find("\"ip network\"") != std::string_view::npos
                   ? "RDAP answer"
                   : "";
    for (const std::string_view line : lines(text))
        if (names_range(line) || short_arin_line(line)) return "whois text";
    return {};
}

const Registration* Registry::of(const base::Address& address) const {
    const Registration* best = nullptr;
    for (const Registration& r : ranges) {
        if (r.family != address.family || address.bits < r.range.first || address.bits > r.range.last) continue;
        const auto size = r.range.last - r.range.first;
        const auto best_size = best == nullptr ? size : best->range.last - best->range.first;
        // Of two records of one range, the one that names somebody.
        if (best == nullptr || size < best_size || (size == best_size && best->holders.empty())) best = &r;
    }
    return best;
}

Registry read_registry(base::Sources& sources, const std::vector<base::FileId>& files, base::Diagnostics& diagnostics) {
    Registry out;
    for (base::FileId file : files) {
        if (is_utf16(sources.text(file))) {
            const std::string path = sources.file(file).path;
            file = sources.add(path, utf8_of(sources.text(file)));
        }
        const std::string format = registry_format(sources.text(file));
        if (format == "RDAP answer") {
            read_rdap(sources, file, out, diagnostics);
        } else if (format == "whois text") {
            read_whois(sources, file, out, diagnostics);
        } else {
            fatal(diagnostics, {file, 0, std::min(1u, static_cast<std::uint32_t>(sources.text(file).size()))},
                  "no record of a range of addresses: neither an RDAP answer nor whois text");
        }
    }
    return out;
}

}  // namespace egresslint::evidence
