// SPDX-License-Identifier: Apache-2.0
// Zone files: RFC 1035, 5, with $TTL (RFC 2308, 4) and BIND's $GENERATE. A mistake ends the reading of the file, as it
// does in every server: a zone with a hole in it would deny what it does not hold.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "evidence/domain_name.hpp"
#include "evidence/reader.hpp"
#include "evidence/record_text.hpp"

namespace egresslint::evidence {
namespace {

constexpr std::size_t deepest_include = 16;
constexpr std::uint64_t most_generated = 65'536;

std::string directory_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

std::string unquoted(std::string_view word) {
    if (word.size() >= 2 && word.front() == '"' && word.back() == '"') word = word.substr(1, word.size() - 2);
    return std::string(word);
}

std::optional<std::int64_t> number(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// "1-10" or "1-100/2".
struct Range {
    std::int64_t first = 0, last = 0, step = 1;
};
std::optional<Range> range_of(std::string_view text) {
    Range out;
    const std::size_t dash = text.find('-'), slash = text.find('/');
    if (dash == std::string_view::npos || (slash != std::string_view::npos && slash < dash)) return std::nullopt;
    const auto first = number(text.substr(0, dash));
    const auto last = number(text.substr(dash + 1, slash == std::string_view::npos ? slash : slash - dash - 1));
    const auto step = slash == std::string_view::npos ? std::optional<std::int64_t>(1) : number(text.substr(slash + 1));
    if (!first || !last || !step || *first < 0 || *last < *first || *step < 1 || *last > 0x7fffffff)
        return std::nullopt;
    return Range{*first, *last, *step};
}

/// `$`, `${offset,width,base}`, `$$` and `\$` of $GENERATE (BIND's reference manual). nullopt: it does not read.
std::optional<std::string> generated(std::string_view pattern, std::int64_t value) {
    std::string out;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] == '\\' && i + 1 < pattern.size()) {
            if (pattern[i + 1] != '$') out += '\\';
            out += pattern[++i];
            continue;
        }
        if (pattern[i] != '$') {
            out += pattern[i];
            continue;
        }
        if (i + 1 < pattern.size() && pattern[i + 1] == '$') {
            out += '$';
            ++i;
            continue;
        }
        std::int64_t shown = value, width = 0;
        char base = 'd';
        if (i + 1 < pattern.size() && pattern[i + 1] == '{') {
            const std::size_t close = pattern.find('}', i);
            if (close == std::string_view::npos) return std::nullopt;
            std::string_view inside = pattern.substr(i + 2, close - i - 2);
            const std::size_t comma = inside.find(',');
            const auto offset = number(inside.substr(0, comma));
            if (!offset || *offset < -0x7fffffff || *offset > 0x7fffffff) return std::nullopt;
            shown += *offset;
            if (comma != std::string_view::npos) {
                inside.remove_prefix(comma + 1);
                const std::size_t second = inside.find(',');
                const auto wide = number(inside.substr(0, second));
                if (!wide || *wide < 0 || *wide > 64) return std::nullopt;
                width = *wide;
                if (second != std::string_view::npos) {
                    if (inside.size() != second + 2) return std::nullopt;
                    base = inside[second + 1];
                }
            }
            i = close;
        }
        if (shown < 0) return std::nullopt;
        const auto w = static_cast<int>(width);
        switch (base) {
            case 'd': out += fmt::format("{:0{}d}", shown, w); break;
            case 'o': out += fmt::format("{:0{}o}", shown, w); break;
            case 'x': out += fmt::format("{:0{}x}", shown, w); break;
            case 'X': out += fmt::format("{:0{}X}", shown, w); break;
            // Nibbles, lowest first, dots counted in the width: for ip6.arpa.
            case 'n':
            case 'N': {
                std::string digits;
                auto left = static_cast<std::uint64_t>(shown);
                do {
                    if (!digits.empty()) digits += '.';
                    digits += base == 'n' ? fmt::format("{:x}", left & 15) : fmt::format("{:X}", left & 15);
                    left >>= 4;
                } while (left != 0 || static_cast<std::int64_t>(digits.size()) < width);
                out += digits;
                break;
            }
            default: return std::nullopt;
        }
        if (out.size() > 1024) return std::nullopt;
    }
    return out;
}

/// One zone file with what it includes.
class ZoneFile {
public:
    /// `guessed`: the file's name says the origin, and nothing else does.
    ZoneFile(DnsReader& reader, const DnsFile& main, const std::string* origin, bool guessed)
        : r_(reader), main_(main), jail_(directory_of(main.path), false, &reader.files), guessed_(guessed) {
        if (origin != nullptr) origin_ = *origin;
    }

    void read() {
        const bool whole = file(main_.file, main_.path, 0);
        if (!whole) return;
        if (soa_ == nullptr) {
            for (const Record& record : records_) r_.dns.add(record, nullptr);
        } else {
            const std::string apex = soa_->owner;
            r_.begin_zone(apex, soa_->span);
            if (missing_) r_.dns.mark_incomplete(apex);
            for (const Record& record : records_) {
                if (is_within(record.owner, apex))
                    r_.dns.add(record, &apex);
                else
                    r_.not_understood(record.span, fmt::format("{} is outside of the zone {} that this file holds: "
                                                               "servers leave the record out, and so did this run",
                                                               record.owner, apex.empty() ? "." : apex));
            }
        }
        for (const auto& [name, why] : obscured_) r_.dns.obscure(name, why);
    }

private:
    bool fail(base::Span span, std::string message) {
        r_.fatal(span, std::move(message));
        return false;
    }
    [[nodiscard]] static base::Span span(base::FileId id, const ZoneEntry& entry) {
        return {id, entry.begin, entry.end};
    }
    [[nodiscard]] static base::Span span(base::FileId id, const ZoneWord& word) { return {id, word.begin, word.end}; }

    /// What names are relative to; without it names must be absolute.
    [[nodiscard]] bool need_origin(std::string_view name, base::Span where) {
        const bool absolute = name.ends_with('.') && !name.ends_with("\\.");
        if (guessed_ && !absolute) {
            guessed_ = false;
            r_.incomplete(where, fmt::format("nothing but the name of the file says that its names are relative to {}; "
                                             "$ORIGIN states it",
                                             *origin_));
        }
        if (origin_ || absolute) return true;
        return fail(where, fmt::format("\"{}\" is a relative name, and nothing says relative to what: add $ORIGIN, or "
                                       "give the server's configuration that names the zone of this file",
                                       name));
    }

    bool file(base::FileId id, const std::string& path, std::size_t depth) {
        const std::string real = path.empty() || path == "-" ? "" : r_.files.real_path(path);
        if (!real.empty()) stack_.push_back(real);
        ZoneLines lines(r_.sources.text(id));
        ZoneEntry entry;
        bool fine = true;
        while (fine && lines.next(entry)) fine = statement(id, path, entry, depth);
        if (!real.empty()) stack_.pop_back();
        if (!fine) return false;
        if (!lines.error.empty()) return fail({id, lines.error_at, lines.error_at + 1}, lines.error);
        return true;
    }

    bool statement(base::FileId id, const std::string& path, const ZoneEntry& entry, std::size_t depth) {
        if (!r_.count(span(id, entry))) return false;
        const std::string& first = entry.words.front().text;
        if (!entry.indented && first.starts_with('$')) {
            std::string name = first;
            std::transform(name.begin(), name.end(), name.begin(),
                           [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
            if (name == "$ORIGIN") return set_origin(id, entry);
            if (name == "$TTL")
                return (entry.words.size() == 2 && is_ttl(entry.words[1].text)) ||
                       fail(span(id, entry), "$TTL is followed by a number of seconds");
            if (name == "$INCLUDE") return include(id, path, entry, depth);
            if (name == "$GENERATE") return generate(id, entry);
            return fail(span(id, entry.words.front()), fmt::format("there is no directive {}", first));
        }
        return record(id, entry);
    }

    bool set_origin(base::FileId id, const ZoneEntry& entry) {
        if (entry.words.size() != 2) return fail(span(id, entry), "$ORIGIN is followed by one name");
        const std::string& text = entry.words[1].text;
        if (!need_origin(text, span(id, entry.words[1]))) return false;
        auto name = parse_name(text, origin_.value_or(""));
        if (!name) return fail(span(id, entry.words[1]), name.error());
        origin_ = *name;
        guessed_ = false;
        return true;
    }

    bool include(base::FileId id, const std::string& path, const ZoneEntry& entry, std::size_t depth) {
        if (entry.words.size() < 2 || entry.words.size() > 3)
            return fail(span(id, entry), "$INCLUDE is followed by a file and, if need be, an origin");
        const base::Span where = span(id, entry);
        const std::optional<std::string> origin = origin_;
        const std::string owner = owner_;
        if (entry.words.size() == 3) {
            if (!need_origin(entry.words[2].text, span(id, entry.words[2]))) return false;
            auto name = parse_name(entry.words[2].text, origin_.value_or(""));
            if (!name) return fail(span(id, entry.words[2]), name.error());
            origin_ = *name;
        }
        if (depth + 1 >= deepest_include) return fail(where, "zone files include each other too deeply");
        const std::string wanted = unquoted(entry.words[1].text);
        // Beside the including file; servers use their working directory, which is often the same.
        const auto resolved = path.empty() || path == "-" ? base::IncludeJail::Resolved{{}, "the text has no directory"}
                                                          : jail_.resolve(beside(path, wanted));
        bool fine = true;
        if (resolved.paths.size() != 1) {
            missing_ = true;
            r_.incomplete(where, fmt::format("{} is not read: {}; nothing is denied that it may hold", wanted,
                                             resolved.refused.empty() ? "it is not one file" : resolved.refused));
        } else {
            const std::string real = r_.files.real_path(resolved.paths.front());
            if (std::find(stack_.begin(), stack_.end(), real) != stack_.end())
                return fail(where, fmt::format("{} includes itself", wanted));
            auto text = r_.files.read(resolved.paths.front());
            if (!text) return fail(where, fmt::format("{}: {}", wanted, text.error().message));
            const base::FileId file_id = r_.sources.add(resolved.paths.front(), std::move(*text));
            for (const DnsFile& g : r_.given)
                if (!g.path.empty() && r_.files.real_path(g.path) == real) r_.consumed.insert(g.file.value);
            fine = file(file_id, resolved.paths.front(), depth + 1);
        }
        // RFC 1035, 5.1: an inclusion changes neither the origin nor the owner of what follows it.
        origin_ = origin;
        owner_ = owner;
        return fine;
    }

    /// The path as the jail takes it: relative to the main file's directory.
    [[nodiscard]] std::string beside(const std::string& path, const std::string& wanted) const {
        if (wanted.starts_with('/')) return wanted;
        const std::string root = directory_of(main_.path), here = directory_of(path);
        if (here == root || !here.starts_with(root + "/")) return wanted;
        return here.substr(root.size() + 1) + "/" + wanted;
    }

    bool generate(base::FileId id, const ZoneEntry& entry) {
        if (entry.words.size() < 5 && !(entry.words.size() == 4))
            return fail(span(id, entry), "$GENERATE is followed by a range, a name, a type and its data");
        if (entry.words.size() < 5) return fail(span(id, entry), "$GENERATE lacks a part: range, name, type, data");
        const auto range = range_of(entry.words[1].text);
        if (!range) return fail(span(id, entry.words[1]), "this is no range such as 1-15 or 0-254/2");
        if (static_cast<std::uint64_t>((range->last - range->first) / range->step) >= most_generated)
            return fail(span(id, entry.words[1]), fmt::format("more than {} records", most_generated));
        ZoneEntry one = entry;
        one.words.erase(one.words.begin(), one.words.begin() + 2);
        one.indented = false;
        const std::vector<ZoneWord> patterns = one.words;
        for (std::int64_t i = range->first; i <= range->last; i += range->step) {
            for (std::size_t w = 0; w < patterns.size(); ++w) {
                auto text = generated(patterns[w].text, i);
                if (!text) return fail(span(id, patterns[w]), "what stands for the number does not read");
                one.words[w].text = std::move(*text);
            }
            if (!r_.count(span(id, entry)) || !record(id, one)) return false;
        }
        return true;
    }

    bool record(base::FileId id, const ZoneEntry& entry) {
        const RecordWords words = record_words(entry);
        const base::Span where = span(id, entry);
        if (!words.error.empty()) return fail(where, words.error);
        if (words.owner.empty()) {
            if (owner_.empty() && !owner_known_) return fail(where, "the first record has no owner");
        } else {
            if (!need_origin(words.owner, span(id, entry.words.front()))) return false;
            auto name = parse_name(words.owner, origin_.value_or(""));
            if (!name) return fail(span(id, entry.words.front()), name.error());
            owner_ = std::move(*name);
            owner_known_ = true;
        }
        if (words.other_class) return true;  // CHAOS and Hesiod are other name spaces
        if (!is_record_type(words.type)) {
            const std::string what = fmt::format("the record type {} is not known", words.type);
            r_.not_understood(where, fmt::format("{}; nothing is said about {}", what, owner_));
            obscured_.emplace_back(owner_, what);
            return true;
        }
        // Without an origin only absolute names may stand in the data.
        auto parsed = parse_record(owner_, words.type, words.rdata, origin_.value_or("relative-name.invalid"));
        if (!parsed) return fail(where, parsed.error());
        if (!origin_ && parsed->value.ends_with("relative-name.invalid")) return need_origin(words.rdata, where);
        parsed->span = where;
        if (parsed->type == RecordType::soa) {
            const auto same = [&] { return soa_->owner == parsed->owner; };
            if (soa_ && !same()) return fail(where, "a second SOA record: one file holds one zone");
            if (!soa_) soa_ = std::make_unique<Record>(*parsed);
        }
        records_.push_back(std::move(*parsed));
        return true;
    }

    DnsReader& r_;
    const DnsFile& main_;
    base::IncludeJail jail_;
    std::optional<std::string> origin_;
    std::string owner_;
    bool owner_known_ = false;
    bool missing_ = false;
    bool guessed_ = false;
    std::unique_ptr<Record> soa_;
    std::vector<Record> records_;
    std::vector<std::pair<std::string, std::string>> obscured_;
    std::vector<std::string> stack_;
};

/// "example.com" for example.com.zone, db.example.com and the like; nullopt where the name does not say it.
std::optional<std::string> zone_of_name(const std::string& path) {
    std::string name = plain_name(path.substr(path.rfind('/') + 1));
    for (const std::string_view end : {".zone", ".db", ".dns", ".hosts"})
        if (name.ends_with(end)) name.resize(name.size() - end.size());
    for (const std::string_view begin : {"db.", "zone.", "named.", "pri."})
        if (name.starts_with(begin)) name.erase(0, begin.size());
    const auto labels = labels_of(name);
    const bool letters = !labels.empty() && std::any_of(labels.back().begin(), labels.back().end(),
                                                        [](char c) { return c >= 'a' && c <= 'z'; });
    if (labels.size() < 2 || !letters || !is_domain_name(name)) return std::nullopt;
    // db.198.51.100 is the reverse zone by custom, in an order that nothing states.
    if (std::all_of(labels.front().begin(), labels.front().end(), [](char c) { return c >= '0' && c <= '9'; }) &&
        !name.ends_with(".arpa"))
        return std::nullopt;
    return name;
}

}  // namespace

void DnsReader::zone_file(const DnsFile& file, const std::string* origin) {
    std::optional<std::string> by_name;
    if (origin == nullptr) {
        by_name = zone_of_name(file.path);
        if (by_name) origin = &*by_name;
    }
    ZoneFile(*this, file, origin, by_name.has_value()).read();
}

}  // namespace egresslint::evidence
