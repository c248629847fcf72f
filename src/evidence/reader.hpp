// SPDX-License-Identifier: Apache-2.0
// What the readers of DNS texts share. Inside this room only; the door is dns.hpp.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "evidence/dns.hpp"

namespace egresslint::evidence {

class DnsReader {
public:
    DnsReader(base::Sources& texts, const base::Files& where, base::Diagnostics& problems)
        : sources(texts), files(where), diagnostics(problems) {}

    /// `origin`: what a server's configuration calls the zone; "" if nothing says it.
    void zone_file(const DnsFile& file, const std::string* origin);
    void dig(const DnsFile& file);
    void bind(const DnsFile& file);
    void nsd(const DnsFile& file);
    void unbound(const DnsFile& file);

    void fatal(base::Span span, std::string message) {
        diagnostics.push_back({base::Diagnostic::Kind::fatal, "", span, std::move(message)});
    }
    void not_understood(base::Span span, std::string message) {
        diagnostics.push_back({base::Diagnostic::Kind::not_understood, "EL901", span, std::move(message)});
    }
    void incomplete(base::Span span, std::string message) {
        diagnostics.push_back({base::Diagnostic::Kind::incomplete, "EL903", span, std::move(message)});
    }
    /// A zone file that a server's configuration names; false and said so if it cannot be had.
    bool named_zone(const DnsFile& from, const std::string& directory, const std::string& path, const std::string& apex,
                    base::Span span);
    /// Once for each zone, with its SOA record.
    void begin_zone(const std::string& apex, base::Span soa);
    /// Records, directives and generated ones together; false and said so where there are too many.
    bool count(base::Span span);

    base::Sources& sources;
    const base::Files& files;
    base::Diagnostics& diagnostics;
    Dns dns;
    std::vector<DnsFile> given;        ///< every file of this run
    std::set<std::uint32_t> consumed;  ///< files that a configuration named: by their numbers

private:
    std::size_t records_ = 0;
};

/// A statement of a master file: its words, comments and parentheses removed.
struct ZoneWord {
    std::string text;  ///< as written, quotation marks and escapes included
    std::uint32_t begin = 0, end = 0;
};
struct ZoneEntry {
    std::vector<ZoneWord> words;
    bool indented = false;  ///< it has no owner of its own
    std::uint32_t begin = 0, end = 0;
};
class ZoneLines {
public:
    explicit ZoneLines(std::string_view text) : text_(text) {}
    /// False at the end, and where `error` says what is wrong at `error_at`.
    bool next(ZoneEntry& entry);
    std::string error;
    std::uint32_t error_at = 0;

private:
    bool word(ZoneEntry& entry);
    std::string_view text_;
    std::size_t at_ = 0;
};
/// A record's words in its parts. `rdata` has the words with one space between them.
struct RecordWords {
    std::string owner;  ///< "" if the entry is indented
    std::string type;
    std::string rdata;
    std::string error;  ///< of a line that is no record
    bool other_class = false;
};
[[nodiscard]] RecordWords record_words(const ZoneEntry& entry);

}  // namespace egresslint::evidence
