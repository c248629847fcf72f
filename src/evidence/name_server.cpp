// SPDX-License-Identifier: Apache-2.0
// Configurations of name servers: which zone each file holds (BIND, NSD), and data that stands in the configuration
// itself (Unbound). Nothing else of them is evidence, and keys are blotted out.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "evidence/domain_name.hpp"
#include "evidence/reader.hpp"
#include "evidence/record_text.hpp"

namespace egresslint::evidence {
namespace {

struct Token {
    std::string text;
    std::uint32_t begin = 0, end = 0;
    bool quoted = false;
};

/// named.conf: words, strings, braces and semicolons; comments of C, C++ and the shell.
std::vector<Token> bind_tokens(std::string_view text, std::string& error, std::uint32_t& error_at) {
    std::vector<Token> out;
    for (std::size_t i = 0; i < text.size();) {
        const char c = text[i];
        const std::string_view two = text.substr(i, 2);
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
            ++i;
        } else if (c == '#' || two == "//") {
            i = std::min(text.find('\n', i), text.size());
        } else if (two == "/*") {
            const std::size_t end = text.find("*/", i + 2);
            if (end == std::string_view::npos) {
                error = "the comment is not closed";
                error_at = static_cast<std::uint32_t>(i);
                return out;
            }
            i = end + 2;
        } else if (c == '"') {
            const std::size_t end = text.find('"', i + 1);
            if (end == std::string_view::npos) {
                error = "the quotation mark is not closed";
                error_at = static_cast<std::uint32_t>(i);
                return out;
            }
            out.push_back({std::string(text.substr(i + 1, end - i - 1)), static_cast<std::uint32_t>(i),
                           static_cast<std::uint32_t>(end + 1), true});
            i = end + 1;
        } else if (c == '{' || c == '}' || c == ';') {
            out.push_back({std::string(1, c), static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(i + 1), false});
            ++i;
        } else {
            const std::size_t begin = i;
            while (i < text.size() && std::string_view(" \t\r\n{};\"").find(text[i]) == std::string_view::npos) ++i;
            out.push_back({std::string(text.substr(begin, i - begin)), static_cast<std::uint32_t>(begin),
                           static_cast<std::uint32_t>(i), false});
        }
    }
    return out;
}

std::string directory_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}
std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

/// "key: value" lines of NSD and Unbound; a value may be quoted, `#` begins a comment.
struct Line {
    std::string key, value;
    base::Span span, value_span;
};
std::vector<Line> server_lines(std::string_view text, base::FileId file) {
    std::vector<Line> out;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string_view line = text.substr(at, end - at);
        const std::size_t first = line.find_first_not_of(" \t\r");
        const std::size_t colon = line.find(':');
        if (first != std::string_view::npos && line[first] != '#' && colon != std::string_view::npos) {
            Line one;
            one.key = std::string(line.substr(first, colon - first));
            std::size_t begin = line.find_first_not_of(" \t\r", colon + 1), stop = line.size();
            if (begin != std::string_view::npos && line[begin] != '#') {
                const char quote = line[begin] == '"' || line[begin] == '\'' ? line[begin] : '\0';
                if (quote != '\0') {
                    stop = std::min(line.find(quote, begin + 1), line.size());
                    ++begin;
                } else {
                    stop = std::min(line.find('#', begin), line.size());
                    while (stop > begin && (line[stop - 1] == ' ' || line[stop - 1] == '\t' || line[stop - 1] == '\r'))
                        --stop;
                }
                begin = std::min(begin, stop);
                one.value = std::string(line.substr(begin, stop - begin));
                one.value_span = {file, static_cast<std::uint32_t>(at + begin), static_cast<std::uint32_t>(at + stop)};
            }
            one.span = {file, static_cast<std::uint32_t>(at + first), static_cast<std::uint32_t>(at + line.size())};
            out.push_back(std::move(one));
        }
        at = end + 1;
    }
    return out;
}

}  // namespace

bool DnsReader::named_zone(const DnsFile& from, const std::string& directory, const std::string& path,
                           const std::string& apex, base::Span span) {
    const std::string here = from.path.empty() || from.path == "-" ? "" : directory_of(from.path);
    const base::IncludeJail jail(here, false, &files);
    std::string why = "the configuration has no directory";
    if (!here.empty()) {
        // As the server finds it, then beside the configuration: a copy of both lies in one directory.
        for (const std::string& candidate : {path, directory + "/" + path, base_name(path)}) {
            const auto resolved = jail.resolve(candidate);
            why = resolved.refused.empty() ? "it is not one file" : resolved.refused;
            if (resolved.paths.size() != 1 || candidate.find_first_of("*?[") != std::string::npos) continue;
            const std::string real = files.real_path(resolved.paths.front());
            for (const DnsFile& g : given)
                if (!g.path.empty() && files.real_path(g.path) == real) {
                    if (!consumed.insert(g.file.value).second) continue;
                    zone_file(g, &apex);
                    return true;
                }
            auto text = files.read(resolved.paths.front());
            if (!text) {
                why = text.error().message;
                continue;
            }
            zone_file({sources.add(resolved.paths.front(), std::move(*text)), resolved.paths.front()}, &apex);
            return true;
        }
    }
    for (const DnsFile& g : given)
        if (base_name(g.path) == base_name(path) && consumed.insert(g.file.value).second) {
            zone_file(g, &apex);
            return true;
        }
    incomplete(span, fmt::format("the zone {} is not read: {}: {}", apex, path, why));
    return false;
}

void DnsReader::bind(const DnsFile& file) {
    std::string error;
    std::uint32_t error_at = 0;
    const std::vector<Token> tokens = bind_tokens(sources.text(file.file), error, error_at);
    if (!error.empty()) return fatal({file.file, error_at, error_at + 1}, error);
    std::string directory = ".";
    for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
        if (tokens[i].text == "secret" && !tokens[i].quoted)
            sources.hide({file.file, tokens[i + 1].begin, tokens[i + 1].end});
        if (tokens[i].text == "directory" && !tokens[i].quoted && tokens[i + 1].quoted) directory = tokens[i + 1].text;
    }
    const auto opens = [&](std::size_t i) { return !tokens[i].quoted && tokens[i].text == "{"; };
    const auto closes = [&](std::size_t i) { return !tokens[i].quoted && tokens[i].text == "}"; };
    for (std::size_t i = 0; i + 2 < tokens.size(); ++i) {
        if (tokens[i].text != "zone" || tokens[i].quoted) continue;
        // `zone "example.com" IN {`; a zone inside of `update-policy` or `in-view` has no block.
        std::size_t at = i + 2;
        if (at < tokens.size() && !opens(at)) ++at;
        if (at >= tokens.size() || !opens(at)) continue;
        auto name = parse_name(tokens[i + 1].text, "");
        if (!name) return fatal({file.file, tokens[i + 1].begin, tokens[i + 1].end}, name.error());
        std::string type, path;
        base::Span where{file.file, tokens[i].begin, tokens[i + 1].end};
        std::size_t depth = 0;
        for (; at < tokens.size(); ++at) {
            if (opens(at)) ++depth;
            if (closes(at) && --depth == 0) break;
            if (depth != 1 || tokens[at].quoted || at + 1 >= tokens.size()) continue;
            if (tokens[at].text == "type") type = tokens[at + 1].text;
            if (tokens[at].text == "file") path = tokens[at + 1].text;
        }
        i = at;
        // Copies of other servers' zones count as well; hints and forwarders hold no zone.
        const bool holds = type == "master" || type == "primary" || type == "slave" || type == "secondary";
        if (holds && path.empty())
            incomplete(where, fmt::format("the zone {} has no file", *name));
        else if (holds)
            named_zone(file, directory, path, *name, where);
    }
}

void DnsReader::nsd(const DnsFile& file) {
    struct Clause {
        std::string name, path, pattern;
        base::Span span;
        bool is_pattern = false;
    };
    std::vector<Clause> clauses;
    std::string directory = ".";
    bool open = false;
    for (const Line& line : server_lines(sources.text(file.file), file.file)) {
        if (line.key == "secret") sources.hide(line.value_span);
        if (line.key == "zonesdir") directory = line.value;
        if (line.value.empty() && line.key != "name" && line.key != "zonefile") {
            open = line.key == "zone" || line.key == "pattern";
            if (open) clauses.push_back({"", "", "", line.span, line.key == "pattern"});
            continue;
        }
        if (!open) continue;
        if (line.key == "name") clauses.back().name = line.value;
        if (line.key == "zonefile") clauses.back().path = line.value;
        if (line.key == "include-pattern") clauses.back().pattern = line.value;
    }
    for (Clause& clause : clauses) {
        if (clause.is_pattern) continue;
        for (const Clause& p : clauses)
            if (p.is_pattern && clause.path.empty() && p.name == clause.pattern) clause.path = p.path;
        auto name = parse_name(clause.name, "");
        if (!name) return fatal(clause.span, name.error());
        std::string path = clause.path;
        for (std::size_t at = path.find("%s"); at != std::string::npos; at = path.find("%s", at + name->size()))
            path.replace(at, 2, *name);
        if (path.empty())
            incomplete(clause.span, fmt::format("the zone {} has no file", *name));
        else
            named_zone(file, directory, path, *name, clause.span);
    }
}

void DnsReader::unbound(const DnsFile& file) {
    struct Local {
        std::string name, type;
    };
    std::vector<Local> redirects;
    std::vector<std::pair<std::string, base::Span>> whole;
    std::vector<Record> records;
    for (const Line& line : server_lines(sources.text(file.file), file.file)) {
        if (line.key == "local-zone") {
            // `local-zone: "example.com" static`; only such a zone denies what it does not hold.
            const std::string_view text = sources.text(line.span);
            const std::size_t end = text.find_last_not_of(" \t\r");
            const std::string_view type = text.substr(0, end + 1);
            auto name = parse_name(line.value.substr(0, line.value.find_first_of(" \t")), "");
            if (!name) return fatal(line.span, name.error());
            if (type.ends_with("static")) whole.emplace_back(*name, line.span);
            if (type.ends_with("redirect")) redirects.push_back({*name, "redirect"});
        } else if (line.key == "local-data") {
            if (!count(line.span)) return;
            ZoneLines lines(line.value);
            ZoneEntry entry;
            if (!lines.next(entry)) return fatal(line.span, lines.error.empty() ? "no record" : lines.error);
            const RecordWords words = record_words(entry);
            if (!words.error.empty() || words.owner.empty())
                return fatal(line.span, words.error.empty() ? "the record has no owner" : words.error);
            if (words.other_class) continue;
            if (!is_record_type(words.type)) {
                not_understood(line.span, fmt::format("the record type {} is not known", words.type));
                continue;
            }
            auto record = parse_record(words.owner, words.type, words.rdata, "");
            if (!record) return fatal(line.span, record.error());
            record->span = line.span;
            records.push_back(std::move(*record));
        } else if (line.key == "local-data-ptr") {
            if (!count(line.span)) return;
            const std::size_t space = std::min(line.value.find_first_of(" \t"), line.value.size());
            const auto address = base::parse_address(line.value.substr(0, space));
            std::string rest = line.value.substr(space);
            rest.erase(0, std::min(rest.find_last_of(" \t") == std::string::npos ? 0 : rest.find_last_of(" \t") + 1,
                                   rest.size()));
            auto name = parse_name(rest, "");
            if (!address || !name || rest.empty()) return fatal(line.span, "this is no address with a name");
            records.push_back({reverse_name(*address), RecordType::ptr, *name, std::nullopt, 0, line.span});
        }
    }
    std::sort(whole.begin(), whole.end(), [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
    for (const auto& [apex, span] : whole) begin_zone(apex, span);
    for (Record& record : records) {
        const auto zone =
            std::find_if(whole.begin(), whole.end(), [&](const auto& w) { return is_within(record.owner, w.first); });
        const std::string* apex = zone != whole.end() ? &zone->first : nullptr;
        dns.add(record, apex);
        for (const Local& redirect : redirects)
            if (record.owner == redirect.name) {
                begin_zone(redirect.name, record.span);
                dns.add(record, &redirect.name);
                Record below = record;
                below.owner = "*." + record.owner;
                dns.add(std::move(below), &redirect.name);
            }
    }
}

}  // namespace egresslint::evidence
