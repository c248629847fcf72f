// SPDX-License-Identifier: Apache-2.0
// What the evidence says about DNS: records with the place that states each, and answers to lookups as a resolver
// would give them (aliases, wildcards, delegations, RFC 1034, 4.3.2), with a third answer beside yes and no: the
// evidence does not say. A name is denied only by a text that is complete for it: a whole zone, or an answer that says
// so. Read from
//   zone files     RFC 1035 master files, with $TTL (RFC 2308) and $GENERATE
//   dig            what it prints, answers and whole zones (AXFR)
//   named.conf, nsd.conf   which zone each file holds; the files are read
//   unbound.conf   local-data, local-data-ptr, local-zone
// Two texts that contradict each other say nothing.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/address.hpp"
#include "base/diagnostic.hpp"
#include "base/files.hpp"
#include "base/source.hpp"
#include "evidence/evidence.hpp"

namespace egresslint::evidence {

/// The types that somebody asks for, by their numbers (IANA); any other number is kept for denials only.
enum class RecordType : std::uint16_t {
    a = 1,
    ns = 2,
    cname = 5,
    soa = 6,
    ptr = 12,
    mx = 15,
    txt = 16,
    aaaa = 28,
    dname = 39
};
/// "A", "PTR", "TYPE257".
[[nodiscard]] std::string to_string(RecordType type);

struct Record {
    std::string owner;  ///< see domain_name.hpp
    RecordType type = RecordType::a;
    /// The name that CNAME, DNAME, NS, PTR or MX gives; of TXT its strings joined (RFC 7208, 3.3), of A and AAAA the
    /// address; "" for other types.
    std::string value;
    std::optional<base::Address> address;  ///< of A and AAAA
    std::uint16_t preference = 0;          ///< of MX
    base::Span span;
};

struct Lookup {
    Answer answer = Answer::not_known;  ///< no: there is no record of this type
    std::vector<const Record*> records;
    std::vector<const Record*> aliases;  ///< CNAME records that led there, in order
    bool no_name = false;                ///< of "no": the name does not exist (NXDOMAIN)
    std::string because;                 ///< of "no" and "not known", a clause: "no text is about example.net"
    base::Span span;                     ///< of "no": what denies it
};

/// Answers that are not in any text: src/evidence/resolver.hpp.
class LiveNames {
public:
    LiveNames() = default;
    LiveNames(const LiveNames&) = delete;
    LiveNames& operator=(const LiveNames&) = delete;
    virtual ~LiveNames() = default;
    /// One step: records of the type or a CNAME, or a denial; never follows aliases.
    [[nodiscard]] virtual Lookup ask(const std::string& name, RecordType type) = 0;
};

class Dns {
public:
    struct Zone {
        std::string apex;
        base::Span span;        ///< of the SOA record
        bool complete = true;   ///< false: a part is missing
        bool disputed = false;  ///< two texts hold it
    };

    /// As a resolver answers, aliases followed (16 at most). A name with a CNAME has no other records.
    [[nodiscard]] Lookup lookup(const std::string& name, RecordType type) const;
    /// Every record of the type, in the order of reading.
    [[nodiscard]] std::vector<const Record*> all(RecordType type) const;
    [[nodiscard]] const std::map<std::string, Zone>& zones() const { return zones_; }
    [[nodiscard]] bool empty() const { return records_.empty() && denied_.empty() && live_ == nullptr; }
    [[nodiscard]] bool is_live() const { return live_ != nullptr; }

    // -- for readers
    /// `within`: apex of the zone file that states it; nullptr: a single statement (dig, local-data).
    void add(Record record, const std::string* within);
    /// False: there is one already; it is disputed now.
    bool add_zone(Zone zone);
    void mark_incomplete(const std::string& apex);
    /// `type` nullopt: the name does not exist.
    void deny(const std::string& name, std::optional<RecordType> type, base::Span span);
    /// Nothing is known about this name: it has a record that could not be read.
    void obscure(const std::string& name, std::string why);
    void ask_live(std::shared_ptr<LiveNames> live) { live_ = std::move(live); }

private:
    struct Entry {
        std::vector<std::uint32_t> in_zone;  ///< records of zone files
        std::vector<std::uint32_t> single;   ///< of answers and the like: whole sets of their types
    };
    [[nodiscard]] Lookup step(const std::string& name, RecordType type) const;
    [[nodiscard]] Lookup from_zone(const Zone& zone, const std::string& name, RecordType type) const;
    [[nodiscard]] Lookup from_answers(const std::string& name, RecordType type) const;
    [[nodiscard]] const Zone* zone_of(const std::string& name) const;
    [[nodiscard]] std::vector<const Record*> of(const std::vector<std::uint32_t>& list, RecordType type) const;

    std::deque<Record> records_;
    std::unordered_map<std::string, Entry> names_;
    std::unordered_map<std::string, std::uint32_t> exists_;  ///< names and what stands above them, in zone files
    std::map<std::string, Zone> zones_;
    std::map<std::pair<std::string, std::uint16_t>, base::Span> denied_;  ///< type 0: the name
    std::unordered_map<std::string, std::string> obscured_;
    std::shared_ptr<LiveNames> live_;
};

/// "zone file", "answers of dig", "configuration of BIND", "… of NSD", "… of Unbound" for a text that a reader knows,
/// "" for any other. A zone file is recognised by a directive or its SOA record.
[[nodiscard]] std::string dns_format(std::string_view text);

struct DnsFile {
    base::FileId file;
    std::string path;  ///< as opened; "" or "-": nothing can be included from there
};

/// Reads all of them, and what they include (within the directory of each file; through `files`). A malformed text is
/// a fatal diagnostic, the first of each file; what is missing or unread EL903 or EL901, and no answer of "no" or
/// "yes" rests on it.
[[nodiscard]] Dns read_dns(base::Sources& sources, const std::vector<DnsFile>& list, const base::Files& files,
                           base::Diagnostics& diagnostics);

}  // namespace egresslint::evidence
