// SPDX-License-Identifier: Apache-2.0
// The only file that knows how ldns sees records.
#include "evidence/record_text.hpp"

#include <fmt/format.h>
#include <ldns/ldns.h>

#include <algorithm>
#include <memory>

#include "evidence/domain_name.hpp"

namespace egresslint::evidence {
namespace {

struct FreeName {
    void operator()(ldns_rdf* p) const { ldns_rdf_deep_free(p); }
};
struct FreeRecord {
    void operator()(ldns_rr* p) const { ldns_rr_free(p); }
};
using Name = std::unique_ptr<ldns_rdf, FreeName>;
using Rr = std::unique_ptr<ldns_rr, FreeRecord>;

std::string text_of(const ldns_rdf* rdf) {
    char* text = ldns_rdf2str(rdf);
    std::string out = text != nullptr ? text : "";
    LDNS_FREE(text);
    return out;
}

std::string with_dot(std::string_view name) {
    std::string out(name);
    if (!out.ends_with('.') || out.ends_with("\\.")) out += '.';
    return out;
}

/// Strings of a TXT record, joined without anything between them (RFC 7208, 3.3).
std::string joined(const ldns_rr* rr) {
    std::string out;
    for (std::size_t i = 0; i < ldns_rr_rd_count(rr); ++i) {
        const ldns_rdf* rdf = ldns_rr_rdf(rr, i);
        const std::size_t size = ldns_rdf_size(rdf);
        // One byte of length, then the string.
        if (size > 1) out.append(reinterpret_cast<const char*>(ldns_rdf_data(rdf)) + 1, size - 1);
    }
    return out;
}

std::string why(ldns_status status) {
    const char* text = ldns_get_errorstr_by_id(status);
    return text != nullptr ? text : "it does not read";
}

}  // namespace

bool is_ttl(std::string_view word) {
    if (word.empty() || word.size() > 20 || word[0] < '0' || word[0] > '9') return false;
    return std::all_of(word.begin(), word.end(), [](char c) {
        return (c >= '0' && c <= '9') || std::string_view("sSmMhHdDwW").find(c) != std::string_view::npos;
    });
}

bool is_record_type(std::string_view word) {
    if (word.empty() || word.size() > 16) return false;
    const char first = word[0];
    if (!((first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z'))) return false;
    return ldns_get_rr_type_by_name(std::string(word).c_str()) != static_cast<ldns_rr_type>(0);
}

tl::expected<std::string, std::string> parse_name(std::string_view text, std::string_view origin) {
    std::string full(text);
    if (full == "@")
        full = with_dot(origin);
    else if (!full.ends_with('.') || full.ends_with("\\."))
        full += origin.empty() ? "." : "." + with_dot(origin);
    ldns_rdf* rdf = nullptr;
    const ldns_status status = ldns_str2rdf_dname(&rdf, full.c_str());
    const Name name(rdf);
    if (status != LDNS_STATUS_OK) return tl::unexpected(fmt::format("\"{}\" is no domain name: {}", text, why(status)));
    return plain_name(text_of(name.get()));
}

tl::expected<Record, std::string> parse_record(std::string_view owner, std::string_view type, std::string_view rdata,
                                               std::string_view origin) {
    ldns_rdf* base = nullptr;
    if (ldns_str2rdf_dname(&base, with_dot(origin).c_str()) != LDNS_STATUS_OK)
        return tl::unexpected(fmt::format("the origin \"{}\" is no domain name", origin));
    const Name base_owner(base);
    ldns_rr* raw = nullptr;
    const std::string line = fmt::format("{} 0 IN {} {}", with_dot(owner), type, rdata);
    const ldns_status status = ldns_rr_new_frm_str(&raw, line.c_str(), 0, base_owner.get(), nullptr);
    const Rr rr(raw);
    if (status != LDNS_STATUS_OK || rr == nullptr)
        return tl::unexpected(fmt::format("this {} record does not read: {}", type, why(status)));
    Record out;
    out.owner = plain_name(text_of(ldns_rr_owner(rr.get())));
    out.type = static_cast<RecordType>(ldns_rr_get_type(rr.get()));
    const std::size_t count = ldns_rr_rd_count(rr.get());
    const auto rd = [&](std::size_t i) { return ldns_rr_rdf(rr.get(), i); };
    switch (out.type) {
        case RecordType::a:
        case RecordType::aaaa:
            if (count == 1) {
                out.address = base::parse_address(text_of(rd(0)));
                if (!out.address) return tl::unexpected(fmt::format("this {} record has no address", type));
                out.value = base::to_string(*out.address);
            }
            break;
        case RecordType::ns:
        case RecordType::cname:
        case RecordType::dname:
        case RecordType::ptr:
            if (count == 1) out.value = plain_name(text_of(rd(0)));
            break;
        case RecordType::mx:
            if (count == 2) {
                out.preference = ldns_rdf2native_int16(rd(0));
                out.value = plain_name(text_of(rd(1)));
            }
            break;
        case RecordType::txt: out.value = joined(rr.get()); break;
        default: break;
    }
    return out;
}

}  // namespace egresslint::evidence
