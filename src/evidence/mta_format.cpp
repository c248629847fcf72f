// SPDX-License-Identifier: Apache-2.0
// Which MTA a text is of: by lines that only that format has. Names of files decide nothing.
#include <algorithm>
#include <array>

#include "evidence/mta.hpp"
#include "evidence/plain_text.hpp"
#include "evidence/utf16.hpp"

namespace egresslint::evidence {
namespace {

/// What recognising looks at: the format shows early, and a big file of something else is not read to its end.
constexpr std::size_t looked_at = 524'288;

// Parameters that postconf(5) has and no other program.
constexpr std::array<std::string_view, 26> postfix_names{"myhostname",
                                                         "mydomain",
                                                         "mydestination",
                                                         "myorigin",
                                                         "mynetworks",
                                                         "relayhost",
                                                         "smtp_helo_name",
                                                         "smtp_bind_address",
                                                         "smtp_bind_address6",
                                                         "inet_interfaces",
                                                         "inet_protocols",
                                                         "smtpd_banner",
                                                         "alias_maps",
                                                         "queue_directory",
                                                         "command_directory",
                                                         "daemon_directory",
                                                         "mail_owner",
                                                         "compatibility_level",
                                                         "transport_maps",
                                                         "default_transport",
                                                         "smtpd_tls_security_level",
                                                         "smtp_tls_security_level",
                                                         "smtpd_relay_restrictions",
                                                         "smtpd_recipient_restrictions",
                                                         "virtual_alias_maps",
                                                         "recipient_delimiter"};

bool one_of(std::string_view word, std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

std::string_view setting_name(std::string_view line) {
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos || line.starts_with(' ') || line.starts_with('\t')) return {};
    return trim(line.substr(0, equals));
}

bool postfix_main(std::string_view line) {
    const std::string_view name = setting_name(line);
    return !name.empty() && std::find(postfix_names.begin(), postfix_names.end(), name) != postfix_names.end();
}
bool postfix_service(std::string_view line) {
    if (line.starts_with(' ') || line.starts_with('\t')) return false;
    const auto words = split(line, " \t");
    if (words.size() < 8 || !one_of(words[1], {"inet", "unix", "unix-dgram", "fifo", "pass"})) return false;
    return std::all_of(words.begin() + 2, words.begin() + 5, [](std::string_view w) {
        return one_of(w, {"-", "y", "n"});
    });
}
bool postfix_override(std::string_view line) {
    const auto parts = split(setting_name(line), "/");
    return parts.size() >= 3 && one_of(parts[parts.size() - 2], {"inet", "unix", "unix-dgram", "fifo", "pass"});
}

bool exim_section(std::string_view line) {
    const auto words = split(line, " \t");
    return words.size() == 2 && words[0] == "begin" &&
           one_of(words[1], {"acl", "routers", "transports", "retry", "rewrite", "authenticators"});
}
bool exim_option(std::string_view line) {
    return one_of(setting_name(line),
                  {"primary_hostname", "smtp_active_hostname", "acl_smtp_rcpt", "local_interfaces"});
}
/// `exim -bP transports` heads each with "remote_smtp transport:".
bool exim_listing(std::string_view line) {
    const auto words = split(line, " \t");
    return words.size() == 2 && one_of(words[1], {"transport:", "router:"});
}

bool sendmail_macro(std::string_view line) {
    return line.starts_with("MAILER(") || line.starts_with("OSTYPE(") || line.starts_with("FEATURE(") ||
           line.starts_with("define(`conf") || line.starts_with("VERSIONID(");
}
bool sendmail_setting(std::string_view line) {
    if (line.starts_with('V') && line.find("/Berkeley") != std::string_view::npos) return true;
    return line.starts_with('M') && line.find("P=[IPC]") != std::string_view::npos;
}

bool exchange_property(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return false;
    return one_of(trim(line.substr(0, colon)), {"AddressSpaces", "SourceTransportServers", "DNSRoutingEnabled",
                                                "RemoteIPRanges", "PermissionGroups"});
}

}  // namespace

std::string mta_format(std::string_view text) {
    std::string converted;
    if (is_utf16(text)) {
        converted = utf8_of(text.substr(0, looked_at));
        text = converted;
    }
    text = text.substr(0, looked_at);
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    const std::string_view start = trim(text.substr(0, 4096));
    if (start.starts_with('<')) {
        if (text.find("schemas.microsoft.com/powershell/2004/04") != std::string_view::npos &&
            (text.find("\"SourceTransportServers\"") != std::string_view::npos ||
             text.find("\"RemoteIPRanges\"") != std::string_view::npos))
            return "connectors of Exchange (CliXML)";
        if (text.find("<BackupInformation") != std::string_view::npos &&
            text.find("smtpdeliverybindtoip") != std::string_view::npos)
            return "backup of hMailServer";
        return {};
    }
    if (start.starts_with('{') || start.starts_with('[')) {
        const bool send = text.find("\"SourceTransportServers\"") != std::string_view::npos;
        const bool receive = text.find("\"RemoteIPRanges\"") != std::string_view::npos;
        return (send || receive) && text.find("\"Fqdn\"") != std::string_view::npos ? "connectors of Exchange (JSON)"
                                                                                    : "";
    }
    bool part = false;  // of a configuration of Exim: what exim -bP prints has no directives and no macros
    bool main = false, sections = false, exim = false, listing = false, property = false, fqdn = false;
    for (const std::string_view line : lines(text)) {
        if (line.empty() || line.front() == '#') continue;
        if (postfix_service(line)) return "master.cf of Postfix";
        if (postfix_override(line)) return "services of postconf -P";
        if (sendmail_macro(line)) return "configuration of Sendmail (m4)";
        if (sendmail_setting(line)) return "sendmail.cf";
        main |= postfix_main(line);
        sections |= exim_section(line);
        exim |= exim_option(line);
        listing |= exim_listing(line);
        part |= line.starts_with(".ifdef ") || line.starts_with(".ifndef ") || line.starts_with(".include");
        property |= exchange_property(line);
        fqdn |= line.starts_with("Fqdn ") && line.find(':') != std::string_view::npos;
    }
    if (sections) return "configuration of Exim";
    if (listing || (exim && !part)) return "options of exim -bP";
    if (property && fqdn) return "connectors of Exchange (Format-List)";
    return main ? "main.cf of Postfix" : "";
}

}  // namespace egresslint::evidence
