// SPDX-License-Identifier: Apache-2.0
#include "evidence/resolver.hpp"

#include <fmt/format.h>
#include <ldns/ldns.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <map>

#include "evidence/domain_name.hpp"
#include "evidence/reader.hpp"
#include "evidence/record_text.hpp"

namespace egresslint::evidence {
namespace {

using Clock = std::chrono::steady_clock;

struct FreeResolver {
    void operator()(ldns_resolver* p) const { ldns_resolver_deep_free(p); }
};
struct FreePacket {
    void operator()(ldns_pkt* p) const { ldns_pkt_free(p); }
};
struct FreeName {
    void operator()(ldns_rdf* p) const { ldns_rdf_deep_free(p); }
};

class Resolver : public LiveNames {
public:
    Resolver(base::Sources& sources, ResolverOptions options, std::unique_ptr<ldns_resolver, FreeResolver> resolver)
        : sources_(sources), options_(std::move(options)), resolver_(std::move(resolver)) {}

    Lookup ask(const std::string& name, RecordType type) override {
        const auto key = std::pair(name, static_cast<std::uint16_t>(type));
        if (const auto known = cache_.find(key); known != cache_.end()) return known->second;
        return cache_.emplace(key, query(name, type)).first->second;
    }

private:
    [[nodiscard]] std::string called() const { return options_.server.empty() ? "the resolver" : options_.server; }

    Lookup query(const std::string& name, RecordType type) {
        Lookup out;
        if (queries_ == 0) begun_ = Clock::now();
        if (++queries_ > options_.most_queries || Clock::now() - begun_ > std::chrono::seconds(options_.most_seconds)) {
            out.because = fmt::format("{} was not asked about {}: too many questions", called(), name);
            return out;
        }
        ldns_rdf* rdf = nullptr;
        if (ldns_str2rdf_dname(&rdf, (name + ".").c_str()) != LDNS_STATUS_OK) {
            out.because = fmt::format("{} is no domain name", name);
            return out;
        }
        const std::unique_ptr<ldns_rdf, FreeName> owner(rdf);
        ldns_pkt* raw = nullptr;
        const ldns_status status = ldns_resolver_query_status(
            &raw, resolver_.get(), owner.get(), static_cast<ldns_rr_type>(type), LDNS_RR_CLASS_IN, LDNS_RD);
        const std::unique_ptr<ldns_pkt, FreePacket> packet(raw);
        if (status != LDNS_STATUS_OK || packet == nullptr) {
            out.because = fmt::format("{} did not answer about {}", called(), name);
            return out;
        }
        const ldns_pkt_rcode rcode = ldns_pkt_get_rcode(packet.get());
        if ((rcode != LDNS_RCODE_NOERROR && rcode != LDNS_RCODE_NXDOMAIN) || ldns_pkt_tc(packet.get())) {
            out.because = fmt::format("{} answered {} about {}", called(), rcode_text(rcode), name);
            return out;
        }
        return answer(name, type, rcode, *packet);
    }

    static std::string rcode_text(ldns_pkt_rcode rcode) {
        char* text = ldns_pkt_rcode2str(rcode);
        std::string out = text != nullptr ? text : "nothing";
        LDNS_FREE(text);
        return out;
    }

    /// The answer as a text, in the manner of dig, and what it says in one step.
    Lookup answer(const std::string& name, RecordType type, ldns_pkt_rcode rcode, const ldns_pkt& packet) {
        std::string text = fmt::format(";; status: {}\n;{}. IN {}\n", rcode_text(rcode), name, to_string(type));
        struct Line {
            std::size_t begin, end;
        };
        std::vector<Line> lines;
        const ldns_rr_list* list = ldns_pkt_answer(&packet);
        const std::size_t count = list == nullptr ? 0 : std::min<std::size_t>(ldns_rr_list_rr_count(list), 1024);
        for (std::size_t i = 0; i < count; ++i) {
            char* shown = ldns_rr2str(ldns_rr_list_rr(list, i));
            if (shown == nullptr) continue;
            const std::size_t begin = text.size();
            text += shown;
            LDNS_FREE(shown);
            lines.push_back({begin, text.size()});
        }
        const base::FileId file = sources_.add(fmt::format("<dns {} {}>", name, to_string(type)), text);
        Lookup out;
        for (const Line& line : lines) {
            ZoneLines words(std::string_view(text).substr(line.begin, line.end - line.begin));
            ZoneEntry entry;
            if (!words.next(entry)) continue;
            const RecordWords parts = record_words(entry);
            if (!parts.error.empty() || parts.owner.empty()) continue;
            auto record = parse_record(parts.owner, parts.type, parts.rdata, "");
            if (!record || record->owner != name || (record->type != type && record->type != RecordType::cname))
                continue;
            record->span = {file, static_cast<std::uint32_t>(line.begin), static_cast<std::uint32_t>(line.end - 1)};
            records_.push_back(std::move(*record));
            out.records.push_back(&records_.back());
        }
        if (!out.records.empty()) {
            out.answer = Answer::yes;
            return out;
        }
        out.answer = Answer::no;
        out.no_name = rcode == LDNS_RCODE_NXDOMAIN;
        out.span = {file, 0, static_cast<std::uint32_t>(text.find('\n'))};
        out.because = out.no_name ? fmt::format("{} says that there is no name {}", called(), name)
                                  : fmt::format("{} says that {} has no {} record", called(), name, to_string(type));
        return out;
    }

    base::Sources& sources_;
    ResolverOptions options_;
    std::unique_ptr<ldns_resolver, FreeResolver> resolver_;
    std::deque<Record> records_;
    std::map<std::pair<std::string, std::uint16_t>, Lookup> cache_;
    std::size_t queries_ = 0;
    Clock::time_point begun_;
};

}  // namespace

tl::expected<std::shared_ptr<LiveNames>, std::string> live_names(base::Sources& sources,
                                                                 const ResolverOptions& options) {
    ldns_resolver* raw = nullptr;
    if (options.server.empty()) {
        if (ldns_resolver_new_frm_file(&raw, nullptr) != LDNS_STATUS_OK || raw == nullptr)
            return tl::unexpected(std::string("/etc/resolv.conf names no resolver; give --live-dns a server"));
    } else {
        raw = ldns_resolver_new();
    }
    std::unique_ptr<ldns_resolver, FreeResolver> resolver(raw);
    if (resolver == nullptr) return tl::unexpected(std::string("no resolver could be made"));
    if (!options.server.empty()) {
        const std::size_t at = options.server.find('@');
        const auto address = base::parse_address(options.server.substr(0, at));
        unsigned port = 53;
        if (at != std::string::npos) {
            const std::string_view text = std::string_view(options.server).substr(at + 1);
            const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
            if (error != std::errc{} || end != text.data() + text.size() || port == 0 || port > 65535) port = 0;
        }
        if (!address || port == 0)
            return tl::unexpected(fmt::format("'{}' is no server: write an address, or ADDRESS@PORT", options.server));
        ldns_rdf* server =
            ldns_rdf_new_frm_str(address->family == base::Family::v4 ? LDNS_RDF_TYPE_A : LDNS_RDF_TYPE_AAAA,
                                 base::to_string(*address).c_str());
        const std::unique_ptr<ldns_rdf, FreeName> owned(server);
        if (server == nullptr || ldns_resolver_push_nameserver(resolver.get(), server) != LDNS_STATUS_OK)
            return tl::unexpected(fmt::format("'{}' is no server", options.server));
        ldns_resolver_set_port(resolver.get(), static_cast<std::uint16_t>(port));
    }
    ldns_resolver_set_timeout(resolver.get(), {static_cast<time_t>(options.timeout_seconds), 0});
    ldns_resolver_set_retry(resolver.get(), static_cast<std::uint8_t>(options.attempts));
    ldns_resolver_set_recursive(resolver.get(), true);
    ldns_resolver_set_dnsrch(resolver.get(), false);
    ldns_resolver_set_defnames(resolver.get(), false);
    ldns_resolver_set_fallback(resolver.get(), true);
    ldns_resolver_set_edns_udp_size(resolver.get(), 1232);
    return std::make_shared<Resolver>(sources, options, std::move(resolver));
}

std::string listing_name(const base::Address& address, const std::string& list) {
    const std::string reverse = reverse_name(address);
    const std::string_view tail = address.family == base::Family::v4 ? ".in-addr.arpa" : ".ip6.arpa";
    return reverse.substr(0, reverse.size() - tail.size()) + "." + plain_name(list);
}

Lookup listing(LiveNames& live, const base::Address& address, const std::string& list) {
    Lookup found = live.ask(listing_name(address, list), RecordType::a);
    if (found.answer != Answer::yes) return found;
    for (const Record* record : found.records) {
        const auto bits = record->address ? static_cast<std::uint32_t>(record->address->bits) : 0u;
        const bool means = record->address && bits >> 24 == 127;
        if (means && bits >> 8 != 0x7fffff) continue;
        found.answer = Answer::not_known;
        found.because = means ? fmt::format("{} refuses to answer ({})", list, record->value)
                              : fmt::format("{} answers {}, which is no answer of a block list", list, record->value);
        break;
    }
    return found;
}

}  // namespace egresslint::evidence
