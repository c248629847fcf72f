// SPDX-License-Identifier: Apache-2.0
#include "dialects/nftables/lower_names.hpp"

#include <algorithm>
#include <array>

namespace egresslint::dialects::nftables {
namespace {

struct Row {
    std::string_view name;
    std::uint32_t number;
};

template <std::size_t n>
std::optional<std::uint32_t> in_sorted(const std::array<Row, n>& rows, std::string_view name) {
    const auto at = std::lower_bound(rows.begin(), rows.end(), name,
                                     [](const Row& row, std::string_view key) { return row.name < key; });
    if (at == rows.end() || at->name != name) return std::nullopt;
    return at->number;
}
template <std::size_t n>
std::optional<std::uint32_t> in_short(const std::array<Row, n>& rows, std::string_view name) {
    for (const auto& row : rows)
        if (row.name == name) return row.number;
    return std::nullopt;
}

// Sorted by name. IANA Service Name and Transport Protocol Port Number Registry, and the local names that Debian adds.
// clang-format off
constexpr std::array<Row, 338> services{{
    {"Clearcase", 371}, {"acr-nema", 104}, {"afpovertcp", 548}, {"afs3-bos", 7007}, {"afs3-callback", 7001},
    {"afs3-fileserver", 7000}, {"afs3-kaserver", 7004}, {"afs3-prserver", 7002}, {"afs3-rmtsys", 7009},
    {"afs3-update", 7008}, {"afs3-vlserver", 7003}, {"afs3-volser", 7005}, {"amanda", 10080}, {"amandaidx", 10082},
    {"amidxtape", 10083}, {"amqp", 5672}, {"amqps", 5671}, {"asf-rmcp", 623}, {"asp", 27374}, {"auth", 113},
    {"authentication", 113}, {"babel", 6696}, {"bacula-dir", 9101}, {"bacula-fd", 9102}, {"bacula-sd", 9103},
    {"bbs", 7000}, {"bgp", 179}, {"bgpd", 2605}, {"biff", 512}, {"binkp", 24554}, {"bootpc", 68}, {"bootps", 67},
    {"canna", 5680}, {"cfengine", 5308}, {"chargen", 19}, {"cisco-sccp", 2000}, {"clc-build-daemon", 8990},
    {"clearcase", 371}, {"cmd", 514}, {"cmip-agent", 164}, {"cmip-man", 163}, {"codaauth2", 370}, {"codasrv", 2432},
    {"codasrv-se", 2433}, {"comsat", 512}, {"csync2", 30865}, {"cvspserver", 2401}, {"daap", 3689},
    {"datametrics", 1645}, {"daytime", 13}, {"db-lsp", 17500}, {"dcap", 22125}, {"dhcpv6-client", 546},
    {"dhcpv6-server", 547}, {"dicom", 104}, {"dict", 2628}, {"dircproxy", 57000}, {"discard", 9}, {"distcc", 3632},
    {"domain", 53}, {"domain-s", 853}, {"echo", 7}, {"epmap", 135}, {"epmd", 4369}, {"exec", 512},
    {"f5-globalsite", 2792}, {"f5-iquery", 4353}, {"fax", 4557}, {"fido", 60179}, {"finger", 79},
    {"font-service", 7100}, {"freeciv", 5556}, {"fsp", 21}, {"fspd", 21}, {"ftp", 21}, {"ftp-data", 20},
    {"ftps", 990}, {"ftps-data", 989}, {"gdomap", 538}, {"gds-db", 3050}, {"gds_db", 3050}, {"git", 9418},
    {"gnunet", 2086}, {"gnutella-rtr", 6347}, {"gnutella-svc", 6346}, {"gopher", 70}, {"gpsd", 2947}, {"gris", 2135},
    {"groupwise", 1677}, {"gsidcap", 22128}, {"gsiftp", 2811}, {"gsigatekeeper", 2119}, {"hkp", 11371},
    {"hprop", 754}, {"http", 80}, {"http-alt", 8080}, {"https", 443}, {"hylafax", 4559}, {"iax", 4569}, {"icp", 3130},
    {"icpv2", 3130}, {"ident", 113}, {"imap", 143}, {"imap2", 143}, {"imaps", 993}, {"ingreslock", 1524},
    {"ipp", 631}, {"iprop", 2121}, {"ipsec-nat-t", 4500}, {"ipx", 213}, {"ircd", 6667}, {"ircs-u", 6697},
    {"isakmp", 500}, {"iscsi-target", 3260}, {"isisd", 2608}, {"isns", 3205}, {"iso-tsap", 102},
    {"jabber-client", 5222}, {"jabber-server", 5269}, {"kamanda", 10081}, {"kdc", 750}, {"kerberos", 88},
    {"kerberos-adm", 749}, {"kerberos-iv", 750}, {"kerberos-master", 751}, {"kerberos-sec", 88}, {"kerberos4", 750},
    {"kerberos5", 88}, {"kerberos_master", 751}, {"kermit", 1649}, {"klogin", 543}, {"kpasswd", 464},
    {"krb-prop", 754}, {"krb5", 88}, {"krb5_prop", 754}, {"krb_prop", 754}, {"krcmd", 544}, {"kshell", 544},
    {"l2f", 1701}, {"l2tp", 1701}, {"ldap", 389}, {"ldaps", 636}, {"ldp", 646}, {"loc-srv", 135}, {"login", 513},
    {"lotusnote", 1352}, {"lotusnotes", 1352}, {"lrrd", 4949}, {"mail", 25}, {"mailq", 174}, {"mdns", 5353},
    {"microsoft-ds", 445}, {"moira-db", 775}, {"moira-update", 777}, {"moira-ureg", 779}, {"moira_db", 775},
    {"moira_update", 777}, {"moira_ureg", 779}, {"mon", 2583}, {"ms-sql-m", 1434}, {"ms-sql-s", 1433},
    {"ms-wbt-server", 3389}, {"mtn", 4691}, {"munin", 4949}, {"mysql", 3306}, {"mysql-proxy", 6446}, {"nbd", 10809},
    {"nbp", 2}, {"netbios-dgm", 138}, {"netbios-ns", 137}, {"netbios-ssn", 139}, {"netstat", 15}, {"nfs", 2049},
    {"nicname", 43}, {"nntp", 119}, {"nntps", 563}, {"nqs", 607}, {"nrpe", 5666}, {"nsca", 5667}, {"ntalk", 518},
    {"ntp", 123}, {"ntske", 4460}, {"null", 9}, {"nut", 3493}, {"old-radacct", 1646}, {"old-radius", 1645},
    {"omniorb", 8088}, {"openvpn", 1194}, {"ospf6d", 2606}, {"ospfapi", 2607}, {"ospfd", 2604},
    {"passwd-server", 752}, {"passwd_server", 752}, {"pawserv", 345}, {"pop-3", 110}, {"pop3", 110}, {"pop3s", 995},
    {"poppassd", 106}, {"portmapper", 111}, {"postgres", 5432}, {"postgresql", 5432}, {"predict", 1210},
    {"printer", 515}, {"proofd", 1093}, {"ptp-event", 319}, {"ptp-general", 320}, {"puppet", 8140}, {"qmqp", 628},
    {"qmtp", 209}, {"qotd", 17}, {"quote", 17}, {"radacct", 1813}, {"radius", 1812}, {"radius-acct", 1813},
    {"radmin-port", 4899}, {"readnews", 119}, {"redis", 6379}, {"remctl", 4373}, {"ripd", 2602}, {"ripngd", 2603},
    {"rmiregistry", 1099}, {"rmtcfg", 1236}, {"rootd", 1094}, {"route", 520}, {"routed", 520}, {"router", 520},
    {"rpc2portmap", 369}, {"rplay", 5555}, {"rptp", 5556}, {"rsync", 873}, {"rtcm-sc104", 2101}, {"rtmp", 1},
    {"rtsp", 554}, {"sa-msg-port", 1646}, {"saft", 487}, {"sane", 6566}, {"sane-port", 6566}, {"saned", 6566},
    {"sge-execd", 6445}, {"sge-qmaster", 6444}, {"sge_execd", 6445}, {"sge_qmaster", 6444}, {"sgi-cad", 17004},
    {"sgi-cmsd", 17001}, {"sgi-crsd", 17002}, {"sgi-gcd", 17003}, {"shell", 514}, {"sieve", 4190}, {"silc", 706},
    {"sink", 9}, {"sip", 5060}, {"sip-tls", 5061}, {"skkserv", 1178}, {"smtp", 25}, {"smtps", 465}, {"smux", 199},
    {"snmp", 161}, {"snmp-trap", 162}, {"snmptrap", 162}, {"snntp", 563}, {"snpp", 444}, {"socks", 1080},
    {"source", 19}, {"spamd", 783}, {"spooler", 515}, {"ssh", 22}, {"ssmtp", 465}, {"submission", 587},
    {"submissions", 465}, {"subversion", 3690}, {"sunrpc", 111}, {"supfiledbg", 1127}, {"supfilesrv", 871},
    {"suucp", 4031}, {"svn", 3690}, {"svrloc", 427}, {"syslog", 514}, {"syslog-tls", 6514}, {"sysrqd", 4094},
    {"systat", 11}, {"tacacs", 49}, {"talk", 517}, {"tap", 113}, {"tcpmux", 1}, {"telnet", 23}, {"telnets", 992},
    {"tfido", 60177}, {"tftp", 69}, {"time", 37}, {"timserver", 37}, {"tinc", 655}, {"tproxy", 8081}, {"tsap", 102},
    {"ttytst", 19}, {"untp", 119}, {"urd", 465}, {"users", 11}, {"uucp", 540}, {"uucpd", 540}, {"venus", 2430},
    {"venus-se", 2431}, {"wais", 210}, {"webcache", 8080}, {"webmin", 10000}, {"who", 513}, {"whod", 513},
    {"whois", 43}, {"wnn6", 22273}, {"www", 80}, {"x11", 6000}, {"x11-0", 6000}, {"x11-1", 6001}, {"x11-2", 6002},
    {"x11-3", 6003}, {"x11-4", 6004}, {"x11-5", 6005}, {"x11-6", 6006}, {"x11-7", 6007}, {"xdmcp", 177},
    {"xfs", 7100}, {"xinetd", 9098}, {"xmms2", 9667}, {"xmpp-client", 5222}, {"xmpp-server", 5269}, {"xtel", 1313},
    {"xtelw", 1314}, {"z3950", 210}, {"zabbix-agent", 10050}, {"zabbix-trapper", 10051}, {"zebra", 2601},
    {"zebrasrv", 2600}, {"zephyr-clt", 2103}, {"zephyr-hm", 2104}, {"zephyr-srv", 2102}, {"zip", 6}, {"zope", 9673},
    {"zope-ftp", 8021}, {"zserv", 346},
}};

// Sorted by name. IANA Assigned Internet Protocol Numbers; `nft describe meta l4proto`.
constexpr std::array<Row, 59> protocols{{
    {"ah", 51}, {"ax.25", 93}, {"comp", 108}, {"dccp", 33}, {"ddp", 37}, {"egp", 8}, {"eigrp", 88}, {"encap", 98},
    {"esp", 50}, {"etherip", 97}, {"ethernet", 143}, {"fc", 133}, {"ggp", 3}, {"gre", 47}, {"hip", 139}, {"hmp", 20},
    {"hopopt", 0}, {"icmp", 1}, {"icmpv6", 58}, {"idpr-cmtp", 38}, {"idrp", 45}, {"igmp", 2}, {"igp", 9}, {"ip", 0},
    {"ipcomp", 108}, {"ipencap", 4}, {"ipip", 94}, {"ipv6", 41}, {"ipv6-frag", 44}, {"ipv6-icmp", 58},
    {"ipv6-nonxt", 59}, {"ipv6-opts", 60}, {"ipv6-route", 43}, {"isis", 124}, {"iso-tp4", 29}, {"l2tp", 115},
    {"manet", 138}, {"mobility-header", 135}, {"mpls-in-ip", 137}, {"mptcp", 262}, {"ospf", 89}, {"pim", 103},
    {"pup", 12}, {"rdp", 27}, {"rohc", 142}, {"rspf", 73}, {"rsvp", 46}, {"sctp", 132}, {"shim6", 140}, {"skip", 57},
    {"st", 5}, {"tcp", 6}, {"udp", 17}, {"udplite", 136}, {"vmtp", 81}, {"vrrp", 112}, {"wesp", 141}, {"xns-idp", 22},
    {"xtp", 36},
}};
// clang-format on

// The following as printed by `nft describe` (icmp type, icmp code, icmpv6 type, icmpv6 code, tcp flags, ct state,
// ct status, ct direction, meta nfproto, meta protocol, fib saddr type).
constexpr std::array<Row, 15> icmp_types{{{"echo-reply", 0},
                                          {"destination-unreachable", 3},
                                          {"source-quench", 4},
                                          {"redirect", 5},
                                          {"echo-request", 8},
                                          {"router-advertisement", 9},
                                          {"router-solicitation", 10},
                                          {"time-exceeded", 11},
                                          {"parameter-problem", 12},
                                          {"timestamp-request", 13},
                                          {"timestamp-reply", 14},
                                          {"info-request", 15},
                                          {"info-reply", 16},
                                          {"address-mask-request", 17},
                                          {"address-mask-reply", 18}}};
constexpr std::array<Row, 8> icmp_codes{{{"net-unreachable", 0},
                                         {"host-unreachable", 1},
                                         {"prot-unreachable", 2},
                                         {"port-unreachable", 3},
                                         {"frag-needed", 4},
                                         {"net-prohibited", 9},
                                         {"host-prohibited", 10},
                                         {"admin-prohibited", 13}}};
constexpr std::array<Row, 19> icmpv6_types{{{"destination-unreachable", 1},
                                            {"packet-too-big", 2},
                                            {"time-exceeded", 3},
                                            {"parameter-problem", 4},
                                            {"echo-request", 128},
                                            {"echo-reply", 129},
                                            {"mld-listener-query", 130},
                                            {"mld-listener-report", 131},
                                            {"mld-listener-done", 132},
                                            {"mld-listener-reduction", 132},
                                            {"nd-router-solicit", 133},
                                            {"nd-router-advert", 134},
                                            {"nd-neighbor-solicit", 135},
                                            {"nd-neighbor-advert", 136},
                                            {"nd-redirect", 137},
                                            {"router-renumbering", 138},
                                            {"ind-neighbor-solicit", 141},
                                            {"ind-neighbor-advert", 142},
                                            {"mld2-listener-report", 143}}};
constexpr std::array<Row, 6> icmpv6_codes{{{"no-route", 0},
                                           {"admin-prohibited", 1},
                                           {"addr-unreachable", 3},
                                           {"port-unreachable", 4},
                                           {"policy-fail", 5},
                                           {"reject-route", 6}}};
constexpr std::array<Row, 8> tcp_flags{
    {{"fin", 1}, {"syn", 2}, {"rst", 4}, {"psh", 8}, {"ack", 16}, {"urg", 32}, {"ecn", 64}, {"cwr", 128}}};
constexpr std::array<Row, 5> states{
    {{"invalid", 1}, {"established", 2}, {"related", 4}, {"new", 8}, {"untracked", 64}}};
constexpr std::array<Row, 7> statuses{
    {{"expected", 1}, {"seen-reply", 2}, {"assured", 4}, {"confirmed", 8}, {"snat", 16}, {"dnat", 32}, {"dying", 512}}};
constexpr std::array<Row, 2> directions{{{"original", 0}, {"reply", 1}}};
constexpr std::array<Row, 2> families{{{"ipv4", 2}, {"ipv6", 10}}};
constexpr std::array<Row, 6> ether_types{
    {{"ip", 0x0800}, {"arp", 0x0806}, {"ip6", 0x86dd}, {"8021q", 0x8100}, {"8021ad", 0x88a8}, {"vlan", 0x8100}}};
constexpr std::array<Row, 9> address_types{{{"unspec", 0},
                                            {"unicast", 1},
                                            {"local", 2},
                                            {"broadcast", 3},
                                            {"anycast", 4},
                                            {"multicast", 5},
                                            {"blackhole", 6},
                                            {"unreachable", 7},
                                            {"prohibit", 8}}};

}  // namespace

std::optional<base::u128> number(std::string_view text) {
    if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
    unsigned radix = 10;
    if (text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        radix = 16;
        text.remove_prefix(2);
    } else if (text.size() > 1 && text[0] == '0') {
        radix = 8;
        text.remove_prefix(1);
    }
    if (text.size() > 39) return std::nullopt;
    base::u128 value = 0;
    for (char c : text) {
        unsigned digit = 99;
        if (c >= '0' && c <= '9') digit = static_cast<unsigned>(c - '0');
        if (c >= 'a' && c <= 'f') digit = static_cast<unsigned>(c - 'a') + 10;
        if (c >= 'A' && c <= 'F') digit = static_cast<unsigned>(c - 'A') + 10;
        if (digit >= radix) return std::nullopt;
        const auto next = value * radix + digit;
        if (next < value || (value != 0 && next / radix != value)) return std::nullopt;
        value = next;
    }
    return value;
}

std::optional<std::uint32_t> named_constant(Value value, std::string_view name) {
    switch (value) {
        case Value::port: return in_sorted(services, name);
        case Value::protocol: return in_sorted(protocols, name);
        case Value::icmp_type: return in_short(icmp_types, name);
        case Value::icmp_code: return in_short(icmp_codes, name);
        case Value::icmpv6_type: return in_short(icmpv6_types, name);
        case Value::icmpv6_code: return in_short(icmpv6_codes, name);
        case Value::tcp_flags: return in_short(tcp_flags, name);
        case Value::state: return in_short(states, name);
        case Value::status: return in_short(statuses, name);
        case Value::direction: return in_short(directions, name);
        case Value::family: return in_short(families, name);
        case Value::ether_type: return in_short(ether_types, name);
        case Value::address_type: return in_short(address_types, name);
        case Value::ipv4:
        case Value::ipv6:
        case Value::interface:
        case Value::mark:
        case Value::other: return std::nullopt;
    }
    return std::nullopt;
}

std::optional<std::int32_t> named_priority(std::string_view name) {
    // nft(8), "Standard priority names, family and hook compatibility matrix".
    constexpr std::array<std::pair<std::string_view, std::int32_t>, 6> names{
        {{"raw", -300}, {"mangle", -150}, {"dstnat", -100}, {"filter", 0}, {"security", 50}, {"srcnat", 100}}};
    for (const auto& [key, value] : names)
        if (key == name) return value;
    return std::nullopt;
}

}  // namespace egresslint::dialects::nftables
