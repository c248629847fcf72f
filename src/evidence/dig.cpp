// SPDX-License-Identifier: Apache-2.0
// What dig prints: records in presentation form under comments that say what was asked and with what result. A
// transfer (AXFR) begins and ends with the SOA record and is a whole zone (RFC 5936, 2.2).
#include <fmt/format.h>

#include <algorithm>

#include "evidence/domain_name.hpp"
#include "evidence/reader.hpp"
#include "evidence/record_text.hpp"

namespace egresslint::evidence {
namespace {

struct Answered {
    std::string name;  ///< of the question
    std::string type;
    std::string status;
    base::Span span;  ///< of the line that states the status
    std::vector<Record> records;
    bool cut = false;  ///< the TC flag: a part of the answer
};

std::string upper(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    return out;
}

std::string after(std::string_view line, std::string_view key) {
    const std::size_t at = line.find(key);
    if (at == std::string_view::npos) return {};
    line.remove_prefix(at + key.size());
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    return std::string(line.substr(0, line.find_first_of(" ,;\t\r")));
}

class Dig {
public:
    Dig(DnsReader& reader, const DnsFile& file) : r_(reader), file_(file) {}

    void read() {
        const std::string_view text = r_.sources.text(file_.file);
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t end = std::min(text.find('\n', at), text.size());
            std::string_view line = text.substr(at, end - at);
            if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
            const base::Span span{file_.file, static_cast<std::uint32_t>(at),
                                  static_cast<std::uint32_t>(at + std::max<std::size_t>(line.size(), 1))};
            if (!this->line(line, span)) return;
            at = end + 1;
        }
        finish();
        transfer();
    }

private:
    bool line(std::string_view line, base::Span span) {
        if (line.starts_with("; <<>> DiG")) {
            finish();
            section_ = "";
            // "; <<>> DiG 9.18 <<>> example.com MX": what was asked stands in the question section, but for AXFR.
            return true;
        }
        if (line.starts_with(";; ->>HEADER<<-")) {
            finish();
            open_ = true;
            now_.status = upper(after(line, "status:"));
            now_.span = span;
            section_ = "";
            return true;
        }
        if (line.starts_with(";; flags:")) {
            const std::string_view flags = line.substr(0, line.find("QUERY"));
            now_.cut = flags.find(" tc") != std::string_view::npos;
            return true;
        }
        if (line.starts_with(";; ") && line.find(" SECTION:") != std::string_view::npos) {
            section_ = std::string(line.substr(3, line.find(' ', 3) - 3));
            return true;
        }
        if (line.starts_with("; Transfer failed")) {
            r_.incomplete(span, "the transfer failed: what it holds is a part of the zone, or nothing");
            failed_transfer_ = true;
            return true;
        }
        if (line.starts_with(';')) {
            if (section_ == "QUESTION" && line.size() > 1 && line[1] != ';') question(line.substr(1));
            return true;
        }
        if (line.find_first_not_of(" \t") == std::string_view::npos) return true;
        return record(line, span);
    }

    void question(std::string_view line) {
        ZoneLines lines(line);
        ZoneEntry entry;
        if (!lines.next(entry) || entry.words.size() < 3) return;
        if (auto name = parse_name(entry.words[0].text, "")) now_.name = *name;
        now_.type = upper(entry.words.back().text);
    }

    bool record(std::string_view line, base::Span span) {
        if (!r_.count(span)) return false;
        ZoneLines lines(line);
        ZoneEntry entry;
        if (!lines.next(entry)) {
            if (!lines.error.empty()) r_.fatal(span, lines.error);
            return lines.error.empty();
        }
        const RecordWords words = record_words(entry);
        if (!words.error.empty() || words.owner.empty()) {
            r_.fatal(span, words.error.empty() ? "an indented line: not what dig prints; without +multiline it is one "
                                                 "record a line"
                                               : words.error);
            return false;
        }
        if (words.other_class || !is_record_type(words.type)) return true;
        auto parsed = parse_record(words.owner, words.type, words.rdata, "");
        if (!parsed) {
            r_.fatal(span, parsed.error());
            return false;
        }
        parsed->span = span;
        // What stands under AUTHORITY and ADDITIONAL is said in passing, and need not be whole.
        if (open_ && section_ == "ANSWER")
            now_.records.push_back(std::move(*parsed));
        else if (!open_ || section_.empty())
            loose_.push_back(std::move(*parsed));
        return true;
    }

    /// The answer that ends here.
    void finish() {
        if (!open_) return;
        open_ = false;
        Answered done = std::move(now_);
        now_ = {};
        if (done.cut) {
            r_.incomplete(done.span, "the answer was cut (TC): a part of it says nothing");
            return;
        }
        if (done.status == "NXDOMAIN" && done.records.empty()) {
            if (!done.name.empty()) r_.dns.deny(done.name, std::nullopt, done.span);
            return;
        }
        if (done.status != "NOERROR" && done.status != "NXDOMAIN") {
            r_.incomplete(done.span, fmt::format("the answer about {} is {}: it says nothing", done.name, done.status));
            return;
        }
        // Along the aliases to the name that has, or lacks, what was asked for.
        std::string at = done.name;
        for (std::size_t i = 0; i <= done.records.size(); ++i) {
            const auto alias = std::find_if(done.records.begin(), done.records.end(), [&](const Record& r) {
                return r.type == RecordType::cname && r.owner == at && done.type != "CNAME";
            });
            if (alias == done.records.end()) break;
            at = alias->value;
        }
        for (const Record& r : done.records) r_.dns.add(r, nullptr);
        if (done.status == "NXDOMAIN") {
            r_.dns.deny(at, std::nullopt, done.span);
            return;
        }
        if (done.type == "ANY" || at.empty()) return;
        for (const RecordType type : {RecordType::a, RecordType::ns, RecordType::cname, RecordType::soa,
                                      RecordType::ptr, RecordType::mx, RecordType::txt, RecordType::aaaa})
            if (done.type == to_string(type) &&
                std::none_of(done.records.begin(), done.records.end(),
                             [&](const Record& r) { return r.owner == at && r.type == type; }))
                r_.dns.deny(at, type, done.span);
    }

    /// Records without a header: a transfer if they begin and end with one SOA record, else answers of +short's kin
    /// (`dig +noall +answer`).
    void transfer() {
        if (loose_.empty()) return;
        for (std::size_t i = 0; i < loose_.size();) {
            std::size_t end = i;
            if (loose_[i].type == RecordType::soa)
                for (std::size_t j = i + 1; j < loose_.size(); ++j)
                    if (loose_[j].type == RecordType::soa && loose_[j].owner == loose_[i].owner) {
                        end = j;
                        break;
                    }
            if (end == i || failed_transfer_) {
                r_.dns.add(loose_[i++], nullptr);
                continue;
            }
            const std::string apex = loose_[i].owner;
            r_.begin_zone(apex, loose_[i].span);
            for (; i <= end; ++i) r_.dns.add(loose_[i], is_within(loose_[i].owner, apex) ? &apex : nullptr);
        }
    }

    DnsReader& r_;
    const DnsFile& file_;
    Answered now_;
    bool open_ = false, failed_transfer_ = false;
    std::string section_;
    std::vector<Record> loose_;
};

}  // namespace

void DnsReader::dig(const DnsFile& file) { Dig(*this, file).read(); }

}  // namespace egresslint::evidence
