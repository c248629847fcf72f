// SPDX-License-Identifier: Apache-2.0
#include "dialects/ios/words.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace egresslint::dialects::ios::words {
namespace {

using Named = std::pair<std::string_view, std::uint16_t>;

constexpr auto ports = std::to_array<Named>({
    {"bgp", 179},         {"biff", 512},         {"bootpc", 68},
    {"bootps", 67},       {"chargen", 19},       {"cmd", 514},
    {"daytime", 13},      {"discard", 9},        {"dnsix", 195},
    {"domain", 53},       {"drip", 3949},        {"echo", 7},
    {"exec", 512},        {"finger", 79},        {"ftp", 21},
    {"ftp-data", 20},     {"gopher", 70},        {"hostname", 101},
    {"ident", 113},       {"irc", 194},          {"isakmp", 500},
    {"klogin", 543},      {"kshell", 544},       {"login", 513},
    {"lpd", 515},         {"mobile-ip", 434},    {"msrpc", 135},
    {"nameserver", 42},   {"netbios-dgm", 138},  {"netbios-ns", 137},
    {"netbios-ss", 139},  {"nntp", 119},         {"non500-isakmp", 4500},
    {"ntp", 123},         {"onep-plain", 15001}, {"onep-tls", 15002},
    {"pim-auto-rp", 496}, {"pop2", 109},         {"pop3", 110},
    {"rip", 520},         {"smtp", 25},          {"snmp", 161},
    {"snmptrap", 162},    {"sunrpc", 111},       {"syslog", 514},
    {"tacacs", 49},       {"tacacs-ds", 49},     {"talk", 517},
    {"telnet", 23},       {"tftp", 69},          {"time", 37},
    {"uucp", 540},        {"who", 513},          {"whois", 43},
    {"www", 80},          {"xdmcp", 177},
});
constexpr auto protocols = std::to_array<Named>({
    {"ahp", 51},
    {"eigrp", 88},
    {"esp", 50},
    {"gre", 47},
    {"icmp", 1},
    {"igmp", 2},
    {"igrp", 9},
    {"ipinip", 4},
    {"nos", 94},
    {"ospf", 89},
    {"pcp", 108},
    {"pim", 103},
    {"sctp", 132},
    {"tcp", 6},
    {"udp", 17},
});

struct Message {
    std::string_view name;
    std::uint8_t type;
    int code = -1;
};
constexpr auto messages4 = std::to_array<Message>({
    {"administratively-prohibited", 3, 13},
    {"alternate-address", 6},
    {"conversion-error", 31},
    {"dod-host-prohibited", 3, 10},
    {"dod-net-prohibited", 3, 9},
    {"echo", 8},
    {"echo-reply", 0},
    {"general-parameter-problem", 12, 0},
    {"host-isolated", 3, 8},
    {"host-precedence-unreachable", 3, 14},
    {"host-redirect", 5, 1},
    {"host-tos-redirect", 5, 3},
    {"host-tos-unreachable", 3, 12},
    {"host-unknown", 3, 7},
    {"host-unreachable", 3, 1},
    {"information-reply", 16},
    {"information-request", 15},
    {"mask-reply", 18},
    {"mask-request", 17},
    {"mobile-redirect", 32},
    {"net-redirect", 5, 0},
    {"net-tos-redirect", 5, 2},
    {"net-tos-unreachable", 3, 11},
    {"net-unreachable", 3, 0},
    {"network-unknown", 3, 6},
    {"no-room-for-option", 12, 2},
    {"option-missing", 12, 1},
    {"packet-too-big", 3, 4},
    {"parameter-problem", 12},
    {"port-unreachable", 3, 3},
    {"precedence-unreachable", 3, 15},
    {"protocol-unreachable", 3, 2},
    {"reassembly-timeout", 11, 1},
    {"redirect", 5},
    {"router-advertisement", 9},
    {"router-solicitation", 10},
    {"source-quench", 4},
    {"source-route-failed", 3, 5},
    {"time-exceeded", 11},
    {"timestamp-reply", 14},
    {"timestamp-request", 13},
    {"traceroute", 30},
    {"ttl-exceeded", 11, 0},
    {"unreachable", 3},
});
constexpr auto messages6 = std::to_array<Message>({
    {"beyond-scope", 1, 2},
    {"destination-unreachable", 1, 3},
    {"dhaad-reply", 145},
    {"dhaad-request", 144},
    {"echo-reply", 129},
    {"echo-request", 128},
    {"header", 4, 0},
    {"hop-limit", 3, 0},
    {"mld-query", 130},
    {"mld-reduction", 132},
    {"mld-report", 131},
    {"mpd-advertisement", 147},
    {"mpd-solicitation", 146},
    {"nd-na", 136},
    {"nd-ns", 135},
    {"next-header", 4, 1},
    {"no-admin", 1, 1},
    {"no-route", 1, 0},
    {"packet-too-big", 2},
    {"parameter-option", 4, 2},
    {"parameter-problem", 4},
    {"port-unreachable", 1, 4},
    {"reassembly-timeout", 3, 1},
    {"redirect", 137},
    {"renum-command", 138, 0},
    {"renum-result", 138, 1},
    {"renum-seq-number", 138, 255},
    {"router-advertisement", 134},
    {"router-renumbering", 138},
    {"router-solicitation", 133},
    {"time-exceeded", 3},
    {"unreachable", 1},
});

enum : unsigned { T = 1, U = 2 };
struct Mapped {
    std::string_view name;
    std::uint16_t port;
    unsigned on;
};
constexpr auto applications = std::to_array<Mapped>({
    {"bgp", 179, T | U},     {"bootpc", 68, U},
    {"bootps", 67, U},       {"cddbp", 888, T},
    {"citrix", 1494, T},     {"citriximaclient", 2598, T},
    {"cuseeme", 7648, T},    {"daytime", 13, T | U},
    {"discard", 9, T | U},   {"dns", 53, T | U},
    {"echo", 7, T | U},      {"esmtp", 25, T},
    {"exec", 512, T},        {"finger", 79, T},
    {"ftp", 21, T},          {"ftps", 990, T},
    {"gopher", 70, T},       {"h323", 1720, T},
    {"hsrp", 1985, U},       {"http", 80, T},
    {"https", 443, T},       {"ident", 113, T},
    {"imap", 143, T},        {"imap3", 220, T},
    {"imaps", 993, T},       {"irc", 194, T | U},
    {"ircs", 994, T},        {"isakmp", 500, U},
    {"kerberos", 88, T | U}, {"l2tp", 1701, U},
    {"ldap", 389, T | U},    {"ldaps", 636, T},
    {"login", 513, T},       {"lotusnote", 1352, T},
    {"ms-sql", 1433, T},     {"ms-sql-m", 1434, U},
    {"msrpc", 135, T},       {"mysql", 3306, T},
    {"netbios-dgm", 138, U}, {"netbios-ns", 137, U},
    {"netbios-ssn", 139, T}, {"nfs", 2049, T | U},
    {"nntp", 119, T},        {"ntp", 123, U},
    {"oracle", 1521, T},     {"pcanywheredata", 5631, T},
    {"pop3", 110, T},        {"pop3s", 995, T},
    {"pptp", 1723, T},       {"radius", 1812, U},
    {"rtsp", 554, T},        {"sip", 5060, T | U},
    {"skinny", 2000, T},     {"smtp", 25, T},
    {"snmp", 161, U},        {"snmptrap", 162, U},
    {"socks", 1080, T},      {"sqlnet", 1521, T},
    {"ssh", 22, T},          {"sunrpc", 111, T | U},
    {"syslog", 514, U},      {"tacacs", 49, T},
    {"telnet", 23, T},       {"telnets", 992, T},
    {"tftp", 69, U},         {"time", 37, T | U},
    {"uucp", 540, T},        {"vdolive", 7000, T},
    {"who", 513, U},         {"whois", 43, T},
    {"x11", 6000, T},
});

std::optional<std::uint16_t> look(std::span<const Named> table, std::string_view text, std::uint32_t most) {
    if (const auto n = number(text, most)) return static_cast<std::uint16_t>(*n);
    const auto at = std::ranges::find(table, text, &Named::first);
    return at == table.end() ? std::nullopt : std::optional(at->second);
}

}  // namespace

std::optional<std::uint32_t> number(std::string_view text, std::uint32_t most) {
    if (text.empty() || text.size() > 10) return std::nullopt;
    std::uint64_t n = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        n = n * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return n <= most ? std::optional(static_cast<std::uint32_t>(n)) : std::nullopt;
}
std::optional<std::uint16_t> port(std::string_view text) { return look(ports, text, 65535); }
std::optional<std::uint8_t> protocol(std::string_view text, bool v6) {
    if (v6 && text == "icmp") return std::uint8_t{58};
    const auto n = look(protocols, text, 255);
    return n ? std::optional(static_cast<std::uint8_t>(*n)) : std::nullopt;
}
std::optional<Icmp> icmp(std::string_view text, bool v6) {
    if (const auto n = number(text, 255)) return Icmp{static_cast<std::uint8_t>(*n), {}};
    const std::span<const Message> table =
        v6 ? std::span<const Message>(messages6) : std::span<const Message>(messages4);
    const auto at = std::ranges::find(table, text, &Message::name);
    if (at == table.end()) return std::nullopt;
    Icmp out{at->type, {}};
    if (at->code >= 0) out.code = static_cast<std::uint8_t>(at->code);
    return out;
}
std::optional<Application> application(std::string_view text) {
    if (text == "tcp") return Application{{}, true, false, false};
    if (text == "udp") return Application{{}, false, true, false};
    if (text == "icmp") return Application{{}, false, false, true};
    const auto at = std::ranges::find(applications, text, &Mapped::name);
    if (at == applications.end()) return std::nullopt;
    return Application{at->port, (at->on & T) != 0, (at->on & U) != 0, false};
}

}  // namespace egresslint::dialects::ios::words
