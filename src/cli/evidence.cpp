// SPDX-License-Identifier: Apache-2.0
#include "cli/evidence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "cli/change.hpp"
#include "cli/paths.hpp"
#include "evidence/domain_name.hpp"
#include "evidence/resolver.hpp"
#include "evidence/smtp_live.hpp"
#include "lint/identity.hpp"

namespace egresslint::cli {
namespace {

struct Named {
    EvidenceFile file;
    std::string declared;  ///< "zones", "mta", "registry": which key names it; "" if none
};

Expected<void> declared_files(Session& session, const lint::Intent& intent, std::set<std::string>& seen,
                              std::vector<Named>& out) {
    const lint::Evidence& evidence = intent.evidence;
    for (const auto& [key, patterns] : {std::pair{"zones", &evidence.zones}, std::pair{"mta", &evidence.mta},
                                        std::pair{"registry", &evidence.registry}}) {
        std::vector<std::string> paths;
        for (const std::string& pattern : *patterns) paths.push_back(beside(intent, pattern));
        if (paths.empty()) continue;
        auto files = expand(*session.files, paths, Status::config);
        if (!files) return tl::unexpected(std::move(files.error()));
        for (const NamedFile& file : *files) {
            if (!seen.insert(session.files->real_path(file.path)).second) continue;
            auto text = session.files->read(file.path);
            if (!text)
                return tl::unexpected(
                    failure(Status::unreadable, fmt::format("{}: {}", file.shown, text.error().message)));
            out.push_back({{session.sources.add(file.shown, std::move(*text)), file.path, ""}, key});
        }
    }
    return {};
}

/// The mail servers of --live-smtp; one that does not answer is missing evidence.
Expected<void> ask_servers(Session& session, lint::EvidenceInput& evidence) {
    constexpr std::chrono::seconds patience{10};
    for (const std::string& text : session.options.live_smtp) {
        const auto server = evidence::parse_smtp_server(text);
        if (!server) return tl::unexpected(failure(Status::usage, "--live-smtp: " + server.error()));
        auto mta = evidence::ask_smtp(*server, patience, session.sources);
        if (mta) {
            evidence.mtas.push_back(std::move(*mta));
            evidence.has_mta = true;
        } else {
            evidence.diagnostics.push_back(
                {base::Diagnostic::Kind::incomplete, "EL903", {}, "--live-smtp: " + mta.error()});
        }
    }
    return {};
}

/// The resolver of --live-dns, which --live-dnsbl uses as well.
Expected<void> ask_live(Session& session, lint::EvidenceInput& evidence) {
    const Options& options = session.options;
    if (!options.live_dns && options.live_dnsbl.empty()) return {};
    evidence::ResolverOptions wanted;
    wanted.server = options.live_dns_server;
    auto live = evidence::live_names(session.sources, wanted);
    if (!live) return tl::unexpected(failure(Status::usage, "--live-dns: " + live.error()));
    if (options.live_dns) evidence.dns.ask_live(*live);
    if (options.live_dnsbl.empty()) return {};
    evidence.listings = [live = *live, lists = options.live_dnsbl](const base::Address& address) {
        std::vector<lint::Listing> out;
        for (const std::string& list : lists) {
            lint::Listing one{list, evidence::listing(*live, address, list), ""};
            if (one.answer.answer == evidence::Answer::yes) {
                const auto text = live->ask(evidence::listing_name(address, list), evidence::RecordType::txt);
                if (!text.records.empty()) one.text = text.records.front()->value;
            }
            out.push_back(std::move(one));
        }
        return out;
    };
    return {};
}

}  // namespace

std::string evidence_kind(std::string_view text) {
    if (const std::string format = evidence::dns_format(text); !format.empty()) return "dns: " + format;
    if (const std::string format = evidence::registry_format(text); !format.empty()) return "registry: " + format;
    if (const std::string format = evidence::mta_format(text); !format.empty()) return "mta: " + format;
    return {};
}

bool asks_for_evidence(const Options& options, const lint::Intent& intent) {
    const lint::Evidence& evidence = intent.evidence;
    return options.live_dns || !options.live_dnsbl.empty() || !options.live_smtp.empty() || !evidence.zones.empty() ||
           !evidence.mta.empty() || !evidence.registry.empty();
}

Expected<std::vector<std::string>> evidence_paths(const Session& session, const lint::Intent& intent) {
    std::vector<std::string> paths, out;
    for (const auto* patterns : {&intent.evidence.zones, &intent.evidence.mta, &intent.evidence.registry})
        for (const std::string& pattern : *patterns) paths.push_back(beside(intent, pattern));
    if (paths.empty()) return out;
    auto files = expand(*session.files, paths, Status::config);
    if (!files) return tl::unexpected(std::move(files.error()));
    for (const NamedFile& file : *files) out.push_back(file.path);
    return out;
}

Expected<void> read_evidence(Session& session, Inputs& inputs) {
    std::vector<Named> all;
    std::set<std::string> seen;
    for (EvidenceFile& file : inputs.evidence_files)
        if (seen.insert(file.path == "-" ? "-" : session.files->real_path(file.path)).second) all.push_back({file, ""});
    if (auto declared = declared_files(session, *inputs.intent, seen, all); !declared) return declared;
    if (all.empty() && !asks_for_evidence(session.options, *inputs.intent)) return {};

    auto out = std::make_shared<lint::EvidenceInput>();
    std::vector<evidence::DnsFile> zones;
    std::vector<base::FileId> mta, registry;
    for (const Named& one : all) {
        const std::string kind = evidence_kind(session.sources.text(one.file.file));
        const std::string shown = session.sources.file(one.file.file).path;
        // What is declared as a zone may be one without a directive or SOA record: a part, a list of records.
        if (one.declared == "zones" ? kind.empty() || kind.starts_with("dns") : kind.starts_with("dns")) {
            zones.push_back({one.file.file, one.file.path == "-" ? "" : one.file.path});
            out->files.push_back(shown);
        } else if (kind.starts_with("mta") || (one.declared == "mta" && kind.empty())) {
            // What is declared and of no known form may be a part that another text includes.
            mta.push_back(one.file.file);
        } else if (kind.starts_with("registry")) {
            registry.push_back(one.file.file);
        } else {
            return tl::unexpected(
                failure(Status::not_understood,
                        fmt::format("{}: named as `{}` in [evidence], and no reader knows it", shown, one.declared)));
        }
        inputs.plan.push_back({fmt::format("{}: evidence, {}", shown,
                                           !kind.empty()           ? kind
                                           : one.declared == "mta" ? "mta: a part"
                                                                   : "dns: records"),
                               ""});
    }
    out->dns = evidence::read_dns(session.sources, zones, *session.files, out->diagnostics);
    if (!mta.empty()) out->mtas = evidence::read_mtas(session.sources, mta, out->diagnostics);
    if (!registry.empty()) out->registry = evidence::read_registry(session.sources, registry, out->diagnostics);
    out->has_mta = !mta.empty();
    out->has_registry = !registry.empty();
    out->organisation = inputs.intent->evidence.organisation;
    if (base::has_fatal(out->diagnostics))
        return tl::unexpected(Failure{Status::not_understood, fatal_problems(out->diagnostics)});
    if (auto live = ask_live(session, *out); !live) return live;
    if (auto asked = ask_servers(session, *out); !asked) return asked;
    inputs.evidence = std::move(out);
    return {};
}

}  // namespace egresslint::cli
