// SPDX-License-Identifier: Apache-2.0
// Which reader a text is for, and in which order they run: configurations of servers first, for they say which zone a
// file holds.
#include <fmt/format.h>

#include <algorithm>

#include "evidence/domain_name.hpp"
#include "evidence/reader.hpp"
#include "evidence/record_text.hpp"

namespace egresslint::evidence {
namespace {

constexpr std::size_t most_records = 1'000'000;

/// The first lines that are neither empty nor a comment in the manner of any of these languages.
std::vector<std::string_view> first_lines(std::string_view text, std::size_t limit) {
    std::vector<std::string_view> out;
    while (!text.empty() && out.size() < limit) {
        const std::size_t end = text.find('\n');
        std::string_view line = text.substr(0, end);
        const std::size_t first = line.find_first_not_of(" \t\r");
        if (first != std::string_view::npos && line[first] != ';' && line[first] != '#') out.push_back(line);
        if (end == std::string_view::npos) break;
        text.remove_prefix(end + 1);
    }
    return out;
}

bool is_zone_file(std::string_view text) {
    ZoneLines lines(text.substr(0, 65'536));
    ZoneEntry entry;
    for (std::size_t seen = 0; seen < 16 && lines.next(entry); ++seen) {
        const std::string& first = entry.words.front().text;
        if (first == "$ORIGIN" || first == "$TTL" || first == "$INCLUDE" || first == "$GENERATE") return true;
        const RecordWords words = record_words(entry);
        if (!words.error.empty() || !is_record_type(words.type)) return false;
        if (words.type == "SOA") return true;
    }
    return false;
}

/// A line `key:` of a clause, and one of the keys that this room reads.
bool has_key(std::string_view text, std::string_view key) {
    for (std::size_t at = text.find(key); at != std::string_view::npos; at = text.find(key, at + 1)) {
        const std::size_t line = text.rfind('\n', at);
        const std::string_view before = text.substr(line == std::string_view::npos ? 0 : line + 1,
                                                    at - (line == std::string_view::npos ? 0 : line + 1));
        if (before.find_first_not_of(" \t") == std::string_view::npos) return true;
    }
    return false;
}

bool is_named_conf(std::string_view text) {
    const auto lines = first_lines(text, 1);
    if (lines.empty()) return false;
    const std::string_view line = lines.front().substr(lines.front().find_first_not_of(" \t\r"));
    for (const std::string_view word :
         {"options", "zone ", "view ", "acl ", "key ", "logging", "include ", "controls", "//", "/*"})
        if (line.starts_with(word)) {
            for (std::size_t at = text.find("zone"); at != std::string_view::npos; at = text.find("zone", at + 1)) {
                const std::string_view rest = text.substr(at + 4, 400);
                const std::size_t next = rest.find_first_not_of(" \t");
                if (next != std::string_view::npos && next > 0 && rest[next] == '"' && rest.find('{') < rest.find(';'))
                    return true;
            }
        }
    return false;
}

}  // namespace

std::string dns_format(std::string_view text) {
    if (text.starts_with("; <<>> DiG") || text.starts_with("\n; <<>> DiG") || text.starts_with("\r\n; <<>> DiG") ||
        text.starts_with(";; ->>HEADER<<-") || text.starts_with(";; Got answer:"))
        return "answers of dig";
    const std::string_view head = text.substr(0, 1u << 20);
    if (has_key(head, "local-data:") || has_key(head, "local-data-ptr:")) return "configuration of Unbound";
    if (has_key(head, "zonefile:") && (has_key(head, "zone:") || has_key(head, "pattern:")))
        return "configuration of NSD";
    if (is_named_conf(head)) return "configuration of BIND";
    return is_zone_file(text) ? "zone file" : "";
}

void DnsReader::begin_zone(const std::string& apex, base::Span soa) {
    if (!dns.add_zone({apex, soa, true, false}))
        incomplete(soa, fmt::format("the zone {} is given twice, and which of the two the internet sees is not stated: "
                                    "neither says anything",
                                    apex));
}

bool DnsReader::count(base::Span span) {
    if (++records_ <= most_records) return true;
    fatal(span, fmt::format("more than {} records", most_records));
    return false;
}

Dns read_dns(base::Sources& sources, const std::vector<DnsFile>& list, const base::Files& files,
             base::Diagnostics& diagnostics) {
    DnsReader reader(sources, files, diagnostics);
    reader.given = list;
    std::vector<std::string> formats;
    for (const DnsFile& file : list) formats.push_back(dns_format(sources.text(file.file)));
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (formats[i] == "configuration of BIND") reader.bind(list[i]);
        if (formats[i] == "configuration of NSD") reader.nsd(list[i]);
        if (formats[i] == "configuration of Unbound") reader.unbound(list[i]);
    }
    // What a zone file includes is read there. Which file includes which is known once all of them have been looked at,
    // so files that nothing includes go first.
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < list.size(); ++i)
        if (!formats[i].starts_with("configuration")) order.push_back(i);
    std::stable_partition(order.begin(), order.end(), [&](std::size_t i) {
        return sources.text(list[i].file).find("$INCLUDE") != std::string_view::npos;
    });
    for (const std::size_t i : order) {
        if (reader.consumed.contains(list[i].file.value)) continue;
        if (formats[i] == "answers of dig")
            reader.dig(list[i]);
        else
            reader.zone_file(list[i], nullptr);
    }
    return std::move(reader.dns);
}

}  // namespace egresslint::evidence
