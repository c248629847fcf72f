// SPDX-License-Identifier: Apache-2.0
#include "dialects/fortios/factory.hpp"

#include <algorithm>
#include <array>

namespace egresslint::dialects::fortios {
namespace {

constexpr std::array services{
    FactoryService{"ALL", "", "", 0},
    FactoryService{"ANY", "", "", 0},  // before 5.0
    FactoryService{"ALL_TCP", "1-65535", ""},
    FactoryService{"ALL_UDP", "", "1-65535"},
    FactoryService{"ALL_ICMP", "", "", 1},
    FactoryService{"ALL_ICMP6", "", "", 58},
    FactoryService{"GRE", "", "", 47},
    FactoryService{"AH", "", "", 51},
    FactoryService{"ESP", "", "", 50},
    FactoryService{"OSPF", "", "", 89},
    FactoryService{"PING", "", "", 1, 8},
    FactoryService{"PING6", "", "", 58, 128},
    FactoryService{"TIMESTAMP", "", "", 1, 13},
    FactoryService{"INFO_REQUEST", "", "", 1, 15},
    FactoryService{"INFO_ADDRESS", "", "", 1, 17},
    FactoryService{"AOL", "5190-5194", ""},
    FactoryService{"BGP", "179", ""},
    FactoryService{"DHCP", "", "67-68"},
    FactoryService{"DHCP6", "", "546 547"},
    FactoryService{"DNS", "53", "53"},
    FactoryService{"FINGER", "79", ""},
    FactoryService{"FTP", "21", ""},
    FactoryService{"FTP_GET", "21", ""},
    FactoryService{"FTP_PUT", "21", ""},
    FactoryService{"GOPHER", "70", ""},
    FactoryService{"H323", "1720 1503", "1719"},
    FactoryService{"HTTP", "80", ""},
    FactoryService{"HTTPS", "443", ""},
    FactoryService{"IKE", "", "500 4500"},
    FactoryService{"IMAP", "143", ""},
    FactoryService{"IMAPS", "993", ""},
    FactoryService{"Internet-Locator-Service", "389", ""},
    FactoryService{"IRC", "6660-6669", ""},
    FactoryService{"L2TP", "1701", "1701"},
    FactoryService{"LDAP", "389", ""},
    FactoryService{"LDAP_UDP", "", "389"},
    FactoryService{"NetMeeting", "1720", ""},
    FactoryService{"NFS", "111 2049", "111 2049"},
    FactoryService{"NNTP", "119", ""},
    FactoryService{"NTP", "123", "123"},
    FactoryService{"PC-Anywhere", "5631", "5632"},
    FactoryService{"ONC-RPC", "111", "111"},
    FactoryService{"DCE-RPC", "135", "135"},
    FactoryService{"POP3", "110", ""},
    FactoryService{"POP3S", "995", ""},
    FactoryService{"PPTP", "1723", ""},
    FactoryService{"QUAKE", "", "26000 27000 27910 27960"},
    FactoryService{"RAUDIO", "", "7070"},
    FactoryService{"REXEC", "512", ""},
    FactoryService{"RIP", "", "520"},
    FactoryService{"RLOGIN", "513:512-1023", ""},
    FactoryService{"RSH", "514:512-1023", ""},
    FactoryService{"SCCP", "2000", ""},
    FactoryService{"SIP", "5060", "5060"},
    FactoryService{"SIP-MSNmessenger", "1863", ""},
    FactoryService{"SAMBA", "139", ""},
    FactoryService{"SMTP", "25", ""},
    FactoryService{"SMTPS", "465", ""},
    FactoryService{"SNMP", "161-162", "161-162"},
    FactoryService{"SSH", "22", ""},
    FactoryService{"SYSLOG", "", "514"},
    FactoryService{"TALK", "", "517-518"},
    FactoryService{"TELNET", "23", ""},
    FactoryService{"TFTP", "", "69"},
    FactoryService{"MGCP", "", "2427 2727"},
    FactoryService{"UUCP", "540", ""},
    FactoryService{"VDOLIVE", "7000-7010", ""},
    FactoryService{"WAIS", "210", ""},
    FactoryService{"WINFRAME", "1494 2598", ""},
    FactoryService{"X-WINDOWS", "6000-6063", ""},
    FactoryService{"MS-SQL", "1433 1434", ""},
    FactoryService{"MYSQL", "3306", ""},
    FactoryService{"RDP", "3389", ""},
    FactoryService{"VNC", "5900", ""},
    FactoryService{"SQUID", "3128", ""},
    FactoryService{"SOCKS", "1080", "1080"},
    FactoryService{"WINS", "1512", "1512"},
    FactoryService{"RADIUS", "", "1812 1813"},
    FactoryService{"RADIUS-OLD", "", "1645 1646"},
    FactoryService{"CVSPSERVER", "2401", "2401"},
    FactoryService{"AFS3", "7000-7009", "7000-7009"},
    FactoryService{"TRACEROUTE", "", "33434-33535"},
    FactoryService{"RTSP", "554 7070 8554", "554"},
    FactoryService{"MMS", "1755", "1024-5000"},
    FactoryService{"KERBEROS", "88 464", "88 464"},
    FactoryService{"SMB", "445", ""},
    FactoryService{"NONE", "0", ""},
    FactoryService{"webproxy", "", ""},  // for the explicit proxy alone
};

constexpr std::array<std::string_view, 44> addresses{
    "all",
    "none",
    "SSLVPN_TUNNEL_ADDR1",
    "SSLVPN_TUNNEL_IPv6_ADDR1",
    "FIREWALL_AUTH_PORTAL_ADDRESS",
    "FABRIC_DEVICE",
    "EMS_ALL_UNKNOWN_CLIENTS",
    "EMS_ALL_UNMANAGEABLE_CLIENTS",
    "FCTEMS_ALL_FORTICLOUD_SERVERS",
    "login.microsoftonline.com",
    "login.microsoft.com",
    "login.windows.net",
    "gmail.com",
    "wildcard.google.com",
    "wildcard.dropbox.com",
    "adobe",
    "Adobe Login",
    "android",
    "apple",
    "appstore",
    "auth.gfx.ms",
    "citrix",
    "dropbox.com",
    "eease",
    "firefox update server",
    "fortinet",
    "googleapis.com",
    "google-drive",
    "google-play",
    "google-play2",
    "google-play3",
    "Gotomeeting",
    "icloud",
    "itunes",
    "skype",
    "all_ipv6",
    "swscan.apple.com",
    "update.microsoft.com",
    "microsoft",
    "verisign",
    "Windows update 2",
    "*.live.com",
    "autoupdate.opera.com",
    "softwareupdate.vmware.com",
};

constexpr std::array<std::string_view, 9> groups{
    "Email Access", "Web Access",      "Windows AD",           "Exchange Server",       "G Suite",
    "VoIP Access",  "RDP Application", "Microsoft Office 365", "Fortinet_Wildcard_FQDN"};

}  // namespace

const FactoryService* factory_service(std::string_view name) {
    const auto* it = std::find_if(services.begin(), services.end(), [&](const auto& s) { return s.name == name; });
    return it == services.end() ? nullptr : it;
}
bool is_factory_address(std::string_view name) {
    return std::find(addresses.begin(), addresses.end(), name) != addresses.end();
}
bool is_factory_group(std::string_view name) { return std::find(groups.begin(), groups.end(), name) != groups.end(); }

}  // namespace egresslint::dialects::fortios
