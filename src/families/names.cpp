// SPDX-License-Identifier: Apache-2.0
// Sources: IANA protocol and service name registries; the lists of `iptables -p icmp -h` and `ip6tables -p icmpv6 -h`
// (1.8.9); RFC 2710 for the MLD names of ipset(8).
#include "families/names.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace egresslint::families::names {
namespace {

using Named = std::pair<std::string_view, std::uint16_t>;

// Sorted by name.
constexpr auto protocols = std::to_array<Named>({
    {"ah", 51},          {"ax.25", 93},
    {"carp", 112},       {"cbt", 7},
    {"dccp", 33},        {"ddp", 37},
    {"egp", 8},          {"eigrp", 88},
    {"encap", 98},       {"esp", 50},
    {"etherip", 97},     {"ethernet", 143},
    {"fc", 133},         {"ggp", 3},
    {"gre", 47},         {"hip", 139},
    {"hmp", 20},         {"hopopt", 0},
    {"icmp", 1},         {"icmp6", 58},
    {"icmpv6", 58},      {"idpr-cmtp", 38},
    {"idrp", 45},        {"igmp", 2},
    {"igp", 9},          {"ip", 0},
    {"ip-encap", 4},     {"ipcomp", 108},
    {"ipencap", 4},      {"ipip", 94},
    {"ipv4", 4},         {"ipv6", 41},
    {"ipv6-auth", 51},   {"ipv6-crypt", 50},
    {"ipv6-frag", 44},   {"ipv6-icmp", 58},
    {"ipv6-mh", 135},    {"ipv6-nonxt", 59},
    {"ipv6-opts", 60},   {"ipv6-route", 43},
    {"isis", 124},       {"iso-tp4", 29},
    {"l2tp", 115},       {"manet", 138},
    {"mh", 135},         {"mobility-header", 135},
    {"mpls-in-ip", 137}, {"ospf", 89},
    {"ospfigp", 89},     {"pim", 103},
    {"pup", 12},         {"rdp", 27},
    {"rohc", 142},       {"rspf", 73},
    {"rsvp", 46},        {"sctp", 132},
    {"shim6", 140},      {"skip", 57},
    {"st", 5},           {"tcp", 6},
    {"udp", 17},         {"udplite", 136},
    {"vmtp", 81},        {"vrrp", 112},
    {"wesp", 141},       {"xns-idp", 22},
    {"xtp", 36},
});
constexpr auto services = std::to_array<Named>({
    {"acr-nema", 104},
    {"afpovertcp", 548},
    {"afs3-callback", 7001},
    {"afs3-fileserver", 7000},
    {"amanda", 10080},
    {"amqp", 5672},
    {"amqps", 5671},
    {"asf-rmcp", 623},
    {"auth", 113},
    {"authentication", 113},
    {"babel", 6696},
    {"bacula-dir", 9101},
    {"bacula-fd", 9102},
    {"bacula-sd", 9103},
    {"bbs", 7000},
    {"bgp", 179},
    {"biff", 512},
    {"bootpc", 68},
    {"bootps", 67},
    {"cfengine", 5308},
    {"chargen", 19},
    {"cisco-sccp", 2000},
    {"cmd", 514},
    {"cmip-man", 163},
    {"codasrv", 2432},
    {"codasrv-se", 2433},
    {"comsat", 512},
    {"cvspserver", 2401},
    {"daap", 3689},
    {"datametrics", 1645},
    {"daytime", 13},
    {"db-lsp", 17500},
    {"dcap", 22125},
    {"dhcpc", 68},
    {"dhcps", 67},
    {"dhcpv6-client", 546},
    {"dhcpv6-server", 547},
    {"dicom", 11112},
    {"dict", 2628},
    {"discard", 9},
    {"distcc", 3632},
    {"domain", 53},
    {"domain-s", 853},
    {"echo", 7},
    {"epmap", 135},
    {"epmd", 4369},
    {"exec", 512},
    {"f5-globalsite", 2792},
    {"f5-iquery", 4353},
    {"finger", 79},
    {"freeciv", 5556},
    {"ftp", 21},
    {"ftp-data", 20},
    {"ftps", 990},
    {"ftps-data", 989},
    {"gdomap", 538},
    {"gds-db", 3050},
    {"gnunet", 2086},
    {"gnutella-rtr", 6347},
    {"gnutella-svc", 6346},
    {"gopher", 70},
    {"gpsd", 2947},
    {"gris", 2135},
    {"groupwise", 1677},
    {"gsidcap", 22128},
    {"gsiftp", 2811},
    {"gsigatekeeper", 2119},
    {"hkp", 11371},
    {"http", 80},
    {"http-alt", 8080},
    {"https", 443},
    {"iax", 4569},
    {"icpv2", 3130},
    {"ident", 113},
    {"imap", 143},
    {"imap2", 143},
    {"imaps", 993},
    {"ingreslock", 1524},
    {"ipp", 631},
    {"ipsec-nat-t", 4500},
    {"ipx", 213},
    {"irc", 194},
    {"ircs-u", 6697},
    {"isakmp", 500},
    {"iscsi-target", 3260},
    {"iso-tsap", 102},
    {"kerberos", 88},
    {"kerberos-adm", 749},
    {"kerberos5", 88},
    {"kermit", 1649},
    {"klogin", 543},
    {"kpasswd", 464},
    {"krb5", 88},
    {"kshell", 544},
    {"l2f", 1701},
    {"l2tp", 1701},
    {"ldap", 389},
    {"ldaps", 636},
    {"ldp", 646},
    {"login", 513},
    {"lotusnote", 1352},
    {"lotusnotes", 1352},
    {"mail", 25},
    {"mdns", 5353},
    {"memcached", 11211},
    {"microsoft-ds", 445},
    {"mon", 2583},
    {"mongodb", 27017},
    {"ms-sql-m", 1434},
    {"ms-sql-s", 1433},
    {"ms-wbt-server", 3389},
    {"mtn", 4691},
    {"mysql", 3306},
    {"mysql-proxy", 6446},
    {"nbd", 10809},
    {"netbios-dgm", 138},
    {"netbios-ns", 137},
    {"netbios-ssn", 139},
    {"netstat", 15},
    {"nfs", 2049},
    {"nicname", 43},
    {"nntp", 119},
    {"nntps", 563},
    {"nqs", 607},
    {"ntalk", 518},
    {"ntp", 123},
    {"ntske", 4460},
    {"nut", 3493},
    {"openvpn", 1194},
    {"pop-3", 110},
    {"pop3", 110},
    {"pop3s", 995},
    {"portmapper", 111},
    {"postgresql", 5432},
    {"printer", 515},
    {"proofd", 1093},
    {"puppet", 8140},
    {"qmqp", 628},
    {"qmtp", 209},
    {"qotd", 17},
    {"radius", 1812},
    {"radius-acct", 1813},
    {"radmin-port", 4899},
    {"redis", 6379},
    {"remctl", 4373},
    {"rmiregistry", 1099},
    {"rootd", 1094},
    {"route", 520},
    {"routed", 520},
    {"router", 520},
    {"rpcbind", 111},
    {"rsync", 873},
    {"rtcm-sc104", 2101},
    {"rtelnet", 107},
    {"rtsp", 554},
    {"sa-msg-port", 1646},
    {"saft", 487},
    {"sge-execd", 6445},
    {"sge-qmaster", 6444},
    {"shell", 514},
    {"sieve", 4190},
    {"silc", 706},
    {"sip", 5060},
    {"sip-tls", 5061},
    {"smtp", 25},
    {"smtps", 465},
    {"smux", 199},
    {"snmp", 161},
    {"snmp-trap", 162},
    {"snmptrap", 162},
    {"snpp", 444},
    {"socks", 1080},
    {"spooler", 515},
    {"squid", 3128},
    {"ssh", 22},
    {"ssmtp", 465},
    {"submission", 587},
    {"submissions", 465},
    {"sunrpc", 111},
    {"suucp", 4031},
    {"svn", 3690},
    {"svrloc", 427},
    {"syslog", 514},
    {"sysrqd", 4094},
    {"systat", 11},
    {"tacacs", 49},
    {"talk", 517},
    {"tcpmux", 1},
    {"telnet", 23},
    {"telnets", 992},
    {"tftp", 69},
    {"time", 37},
    {"tinc", 655},
    {"urd", 465},
    {"uucp", 540},
    {"venus", 2430},
    {"venus-se", 2431},
    {"webcache", 8080},
    {"who", 513},
    {"whod", 513},
    {"whois", 43},
    {"wireguard", 51820},
    {"wnn6", 22273},
    {"www", 80},
    {"x11", 6000},
    {"xdmcp", 177},
    {"xmms2", 9667},
    {"xmpp-client", 5222},
    {"xmpp-server", 5269},
    {"z3950", 210},
    {"zabbix-agent", 10050},
    {"zabbix-trapper", 10051},
});

struct NamedIcmp {
    std::string_view name;
    IcmpType type;
};
constexpr auto icmp_types = std::to_array<NamedIcmp>({
    {"TOS-host-redirect", {5, 3, 3}},
    {"TOS-host-unreachable", {3, 12, 12}},
    {"TOS-network-redirect", {5, 2, 2}},
    {"TOS-network-unreachable", {3, 11, 11}},
    {"address-mask-reply", {18, 0, 255}},
    {"address-mask-request", {17, 0, 255}},
    {"communication-prohibited", {3, 13, 13}},
    {"destination-unreachable", {3, 0, 255}},
    {"echo-reply", {0, 0, 255}},
    {"echo-request", {8, 0, 255}},
    {"fragmentation-needed", {3, 4, 4}},
    {"host-precedence-violation", {3, 14, 14}},
    {"host-prohibited", {3, 10, 10}},
    {"host-redirect", {5, 1, 1}},
    {"host-unknown", {3, 7, 7}},
    {"host-unreachable", {3, 1, 1}},
    {"ip-header-bad", {12, 0, 0}},
    {"network-prohibited", {3, 9, 9}},
    {"network-redirect", {5, 0, 0}},
    {"network-unknown", {3, 6, 6}},
    {"network-unreachable", {3, 0, 0}},
    {"parameter-problem", {12, 0, 255}},
    {"ping", {8, 0, 255}},
    {"pong", {0, 0, 255}},
    {"port-unreachable", {3, 3, 3}},
    {"precedence-cutoff", {3, 15, 15}},
    {"protocol-unreachable", {3, 2, 2}},
    {"redirect", {5, 0, 255}},
    {"required-option-missing", {12, 1, 1}},
    {"router-advertisement", {9, 0, 255}},
    {"router-solicitation", {10, 0, 255}},
    {"source-quench", {4, 0, 255}},
    {"source-route-failed", {3, 5, 5}},
    {"time-exceeded", {11, 0, 255}},
    {"timestamp-reply", {14, 0, 255}},
    {"timestamp-request", {13, 0, 255}},
    {"ttl-exceeded", {11, 0, 255}},
    {"ttl-zero-during-reassembly", {11, 1, 1}},
    {"ttl-zero-during-transit", {11, 0, 0}},
});
constexpr auto icmpv6_types = std::to_array<NamedIcmp>({
    {"address-unreachable", {1, 3, 3}},
    {"bad-header", {4, 0, 0}},
    {"beyond-scope", {1, 2, 2}},
    {"communication-prohibited", {1, 1, 1}},
    {"destination-unreachable", {1, 0, 255}},
    {"echo-reply", {129, 0, 255}},
    {"echo-request", {128, 0, 255}},
    {"failed-policy", {1, 5, 5}},
    {"mld-listener-done", {132, 0, 255}},
    {"mld-listener-query", {130, 0, 255}},
    {"mld-listener-reduction", {132, 0, 255}},
    {"mld-listener-report", {131, 0, 255}},
    {"neighbor-advertisement", {136, 0, 255}},
    {"neighbor-solicitation", {135, 0, 255}},
    {"neighbour-advertisement", {136, 0, 255}},
    {"neighbour-solicitation", {135, 0, 255}},
    {"no-route", {1, 0, 0}},
    {"packet-too-big", {2, 0, 255}},
    {"parameter-problem", {4, 0, 255}},
    {"ping", {128, 0, 255}},
    {"pong", {129, 0, 255}},
    {"port-unreachable", {1, 4, 4}},
    {"redirect", {137, 0, 255}},
    {"reject-route", {1, 6, 6}},
    {"router-advertisement", {134, 0, 255}},
    {"router-solicitation", {133, 0, 255}},
    {"time-exceeded", {3, 0, 255}},
    {"ttl-exceeded", {3, 0, 255}},
    {"ttl-zero-during-reassembly", {3, 1, 1}},
    {"ttl-zero-during-transit", {3, 0, 0}},
    {"unknown-header-type", {4, 1, 1}},
    {"unknown-option", {4, 2, 2}},
});

template <class Table>
std::optional<std::uint16_t> find(const Table& table, std::string_view name) {
    const auto it = std::lower_bound(table.begin(), table.end(), name,
                                     [](const Named& row, std::string_view n) { return row.first < n; });
    if (it == table.end() || it->first != name) return std::nullopt;
    return it->second;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// iptables takes ICMP names in any case and any unambiguous beginning of one.
template <class Table>
std::optional<IcmpType> find_icmp(const Table& table, std::string_view text) {
    auto begins = [](std::string_view name, std::string_view with) {
        return with.size() <= name.size() &&
               std::equal(with.begin(), with.end(), name.begin(), [](char a, char b) { return lower(a) == lower(b); });
    };
    std::optional<IcmpType> found;
    for (const auto& row : table) {
        if (!begins(row.name, text)) continue;
        if (row.name.size() == text.size()) return row.type;
        if (found) return std::nullopt;
        found = row.type;
    }
    return found;
}

template <class Table>
std::optional<IcmpType> icmp_in(const Table& table, std::string_view text) {
    if (text.empty()) return std::nullopt;
    if (text.front() < '0' || text.front() > '9') return find_icmp(table, text);
    const auto slash = text.find('/');
    const auto type = number(text.substr(0, slash));
    if (!type || *type > 255) return std::nullopt;
    IcmpType out{static_cast<std::uint8_t>(*type), 0, 255};
    if (slash != std::string_view::npos) {
        const auto code = number(text.substr(slash + 1));
        if (!code || *code > 255) return std::nullopt;
        out.code_first = out.code_last = static_cast<std::uint8_t>(*code);
    }
    return out;
}

}  // namespace

std::optional<std::uint64_t> number(std::string_view text) {
    unsigned base = 10;
    if (text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        base = 16;
        text.remove_prefix(2);
    } else if (text.size() > 1 && text[0] == '0') {
        base = 8;
        text.remove_prefix(1);
    }
    if (text.empty()) return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : text) {
        unsigned digit = 99;
        if (c >= '0' && c <= '9')
            digit = static_cast<unsigned>(c - '0');
        else if (c >= 'a' && c <= 'f')
            digit = static_cast<unsigned>(c - 'a') + 10;
        else if (c >= 'A' && c <= 'F')
            digit = static_cast<unsigned>(c - 'A') + 10;
        if (digit >= base || value > (~std::uint64_t{0} - digit) / base) return std::nullopt;
        value = value * base + digit;
    }
    return value;
}

std::optional<std::uint8_t> protocol(std::string_view text) {
    if (const auto n = number(text)) {
        if (*n > 255) return std::nullopt;
        return static_cast<std::uint8_t>(*n);
    }
    std::string lowered;
    for (const char c : text) lowered += lower(c);
    if (const auto n = find(protocols, lowered)) return static_cast<std::uint8_t>(*n);
    return std::nullopt;
}

std::optional<std::uint16_t> service(std::string_view text) {
    if (const auto n = number(text)) {
        if (*n > 65535) return std::nullopt;
        return static_cast<std::uint16_t>(*n);
    }
    return find(services, text);
}

std::optional<IcmpType> icmp(std::string_view text) { return icmp_in(icmp_types, text); }
std::optional<IcmpType> icmpv6(std::string_view text) { return icmp_in(icmpv6_types, text); }

}  // namespace egresslint::families::names
