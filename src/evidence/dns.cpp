// SPDX-License-Identifier: Apache-2.0
// Lookups. Zones answer first (RFC 1034, 4.3.2, and RFC 4592 on wildcards), then single answers, then, if asked for, a
// live resolver.
#include "evidence/dns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "evidence/domain_name.hpp"

namespace egresslint::evidence {

std::string to_string(RecordType type) {
    switch (type) {
        case RecordType::a: return "A";
        case RecordType::ns: return "NS";
        case RecordType::cname: return "CNAME";
        case RecordType::soa: return "SOA";
        case RecordType::ptr: return "PTR";
        case RecordType::mx: return "MX";
        case RecordType::txt: return "TXT";
        case RecordType::aaaa: return "AAAA";
        case RecordType::dname: return "DNAME";
    }
    return fmt::format("TYPE{}", static_cast<unsigned>(type));
}

namespace {
/// Of one name; more are kept, repetitions and all.
constexpr std::size_t most_compared = 256;
}  // namespace

void Dns::add(Record record, const std::string* within) {
    const auto number = static_cast<std::uint32_t>(records_.size());
    Entry& entry = names_[record.owner];
    auto& list = within != nullptr ? entry.in_zone : entry.single;
    // A set has no repetitions (RFC 2181, 5); a transfer gives its SOA record twice.
    if (list.size() <= most_compared)
        for (const std::uint32_t i : list)
            if (records_[i].type == record.type && records_[i].value == record.value &&
                records_[i].preference == record.preference)
                return;
    list.push_back(number);
    if (within != nullptr)
        for (std::string name = record.owner;; name = parent_name(name)) {
            if (++exists_[name] > 1 || name == *within || name.empty()) break;
        }
    records_.push_back(std::move(record));
}

bool Dns::add_zone(Zone zone) {
    const auto [at, fresh] = zones_.emplace(zone.apex, zone);
    if (!fresh) at->second.disputed = true;
    return fresh;
}

void Dns::mark_incomplete(const std::string& apex) {
    if (const auto at = zones_.find(apex); at != zones_.end()) at->second.complete = false;
}

void Dns::deny(const std::string& name, std::optional<RecordType> type, base::Span span) {
    denied_.emplace(std::pair(name, type ? static_cast<std::uint16_t>(*type) : std::uint16_t{0}), span);
}

void Dns::obscure(const std::string& name, std::string why) { obscured_.emplace(name, std::move(why)); }

std::vector<const Record*> Dns::of(const std::vector<std::uint32_t>& list, RecordType type) const {
    std::vector<const Record*> out;
    for (const std::uint32_t i : list)
        if (records_[i].type == type) out.push_back(&records_[i]);
    return out;
}

std::vector<const Record*> Dns::all(RecordType type) const {
    std::vector<const Record*> out;
    for (const Record& record : records_)
        if (record.type == type) out.push_back(&record);
    return out;
}

const Dns::Zone* Dns::zone_of(const std::string& name) const {
    for (std::string at = name;; at = parent_name(at)) {
        if (const auto zone = zones_.find(at); zone != zones_.end()) return &zone->second;
        if (at.empty()) return nullptr;
    }
}

Lookup Dns::from_zone(const Zone& zone, const std::string& name, RecordType type) const {
    Lookup out;
    const auto where = [&] { return zone.apex.empty() ? std::string("the root zone") : "the zone " + zone.apex; };
    if (zone.disputed) {
        out.because = fmt::format("two texts hold {}, and which of them the internet sees is not stated", where());
        return out;
    }
    // From the apex down: a delegation hands the name over to servers that nobody asked, a DNAME renames it.
    std::vector<std::string> path;
    for (std::string at = name; at != zone.apex; at = parent_name(at)) path.push_back(at);
    for (auto at = path.rbegin(); at != path.rend(); ++at) {
        const auto entry = names_.find(*at);
        if (entry == names_.end()) continue;
        if (!of(entry->second.in_zone, RecordType::ns).empty()) {
            out.because = fmt::format("{} is delegated to other name servers, whose zone is not given", *at);
            return out;
        }
        const auto renamed = of(entry->second.in_zone, RecordType::dname);
        if (!renamed.empty() && *at != name) {
            out.answer = Answer::yes;
            out.records = renamed;
            return out;
        }
    }
    const auto found = [&](const std::string& owner) {
        const auto entry = names_.find(owner);
        if (entry == names_.end()) return;
        out.records = of(entry->second.in_zone, type);
        if (out.records.empty()) out.records = of(entry->second.in_zone, RecordType::cname);
    };
    found(name);
    if (out.records.empty() && !exists_.contains(name)) {
        // The closest name that exists decides which wildcard applies, and whether one does (RFC 4592, 3.3.1).
        std::string encloser = name;
        while (encloser != zone.apex && !exists_.contains(encloser)) encloser = parent_name(encloser);
        const std::string wildcard = encloser.empty() ? "*" : "*." + encloser;
        found(wildcard);
        out.no_name = !exists_.contains(wildcard);
    }
    if (!out.records.empty()) {
        out.answer = Answer::yes;
    } else if (zone.complete) {
        out.answer = Answer::no;
        out.span = zone.span;
        out.because = out.no_name ? fmt::format("{} has no name {}", where(), name)
                                  : fmt::format("{} has no {} record for {}", where(), to_string(type), name);
    } else {
        out.because = fmt::format("a part of {} is missing", where());
    }
    return out;
}

Lookup Dns::from_answers(const std::string& name, RecordType type) const {
    Lookup out;
    if (const auto entry = names_.find(name); entry != names_.end()) {
        out.records = of(entry->second.single, type);
        if (out.records.empty()) out.records = of(entry->second.single, RecordType::cname);
    }
    if (!out.records.empty()) {
        out.answer = Answer::yes;
        return out;
    }
    for (const std::uint16_t asked : {std::uint16_t{0}, static_cast<std::uint16_t>(type)})
        if (const auto denied = denied_.find({name, asked}); denied != denied_.end()) {
            out.answer = Answer::no;
            out.no_name = asked == 0;
            out.span = denied->second;
            out.because = asked == 0 ? fmt::format("the answer is that there is no name {}", name)
                                     : fmt::format("the answer is that {} has no {} record", name, to_string(type));
            return out;
        }
    out.because = fmt::format("no text is about {}", name);
    return out;
}

Lookup Dns::step(const std::string& name, RecordType type) const {
    if (const auto why = obscured_.find(name); why != obscured_.end()) {
        Lookup out;
        out.because = why->second;
        return out;
    }
    const auto values = [](const Lookup& of) {
        std::set<std::string> out;
        for (const Record* r : of.records)
            out.insert(fmt::format("{} {} {}", to_string(r->type), r->preference, r->value));
        return out;
    };
    Lookup answers = from_answers(name, type);
    const Zone* zone = zone_of(name);
    if (zone == nullptr || answers.answer != Answer::not_known) {
        if (zone != nullptr) {
            const Lookup zoned = from_zone(*zone, name, type);
            if (zoned.answer != Answer::not_known && values(zoned) != values(answers)) {
                Lookup out;
                out.because =
                    fmt::format("two texts contradict each other about {} records of {}", to_string(type), name);
                return out;
            }
            if (zoned.answer != Answer::not_known) return zoned;
        }
        if (answers.answer == Answer::not_known && live_ != nullptr) return live_->ask(name, type);
        return answers;
    }
    Lookup zoned = from_zone(*zone, name, type);
    if (zoned.answer == Answer::not_known && live_ != nullptr) return live_->ask(name, type);
    return zoned;
}

Lookup Dns::lookup(const std::string& name, RecordType type) const {
    std::string at = name;
    std::vector<const Record*> aliases;
    std::set<std::string> seen;
    while (true) {
        Lookup out = step(at, type);
        const Record* first = out.records.empty() ? nullptr : out.records.front();
        const bool alias = first != nullptr && first->type == RecordType::cname && type != RecordType::cname;
        const bool renamed = first != nullptr && first->type == RecordType::dname && type != RecordType::dname;
        if (!alias && !renamed) {
            out.aliases = std::move(aliases);
            return out;
        }
        aliases.push_back(first);
        std::string next = first->value;
        if (renamed) next = at.substr(0, at.size() - first->owner.size()) + next;
        if (alias && out.records.size() > 1) {
            out = {};
            out.because = fmt::format("{} has several CNAME records", at);
        } else if (!seen.insert(at).second || aliases.size() > 16 || next.size() > 255) {
            // A resolver gives up as well (SERVFAIL): there is no such record to be had.
            out = {};
            out.answer = Answer::no;
            out.span = first->span;
            out.because = seen.size() < aliases.size() ? fmt::format("the aliases of {} lead in a circle", name)
                                                       : fmt::format("the aliases of {} lead too far", name);
        } else {
            at = std::move(next);
            continue;
        }
        out.aliases = std::move(aliases);
        return out;
    }
}

}  // namespace egresslint::evidence
