// SPDX-License-Identifier: Apache-2.0
#include "manual.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <string_view>

namespace egresslint::treatment {
namespace {

void replace_all(std::string& text, std::string_view from, std::string_view to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> out;
    for (std::string_view rest = text; !rest.empty();) {
        const auto line = rest.substr(0, rest.find('\n'));
        out.emplace_back(line);
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    }
    return out;
}

/// `.SS "LOG STATEMENT"`, `.SS ah (IPv6-specific)`.
std::string heading(const std::string& line) {
    if (line.rfind(".SS ", 0) != 0 && line.rfind(".SH ", 0) != 0) return {};
    auto name = line.substr(4);
    if (name.size() > 1 && name.front() == '"') name = name.substr(1, name.size() - 2);
    return name;
}

/// How the words of a section's table are called in ours; "" as prefix: the word alone.
const std::map<std::string, std::string>& prefixes() {
    static const std::map<std::string, std::string> known = {
        {"META EXPRESSIONS", "meta %"},
        {"SOCKET EXPRESSION", "socket %"},
        {"OSF EXPRESSION", "osf %"},
        {"FIB EXPRESSIONS", "fib %"},
        {"ROUTING EXPRESSIONS", "rt %"},
        {"IPSEC EXPRESSIONS", "ipsec %"},
        {"ETHERNET HEADER EXPRESSION", "ether %"},
        {"VLAN HEADER EXPRESSION", "vlan %"},
        {"ARP HEADER EXPRESSION", "arp %"},
        {"IPV4 HEADER EXPRESSION", "ip %"},
        {"ICMP HEADER EXPRESSION", "icmp %"},
        {"IGMP HEADER EXPRESSION", "igmp %"},
        {"IPV6 HEADER EXPRESSION", "ip6 %"},
        {"ICMPV6 HEADER EXPRESSION", "icmpv6 %"},
        {"TCP HEADER EXPRESSION", "tcp %"},
        {"UDP HEADER EXPRESSION", "udp %"},
        {"UDP-LITE HEADER EXPRESSION", "udplite %"},
        {"SCTP HEADER EXPRESSION", "sctp %"},
        {"DCCP HEADER EXPRESSION", "dccp %"},
        {"AUTHENTICATION HEADER EXPRESSION", "ah %"},
        {"ENCRYPTED SECURITY PAYLOAD HEADER EXPRESSION", "esp %"},
        {"IPCOMP HEADER EXPRESSION", "comp %"},
        {"RAW PAYLOAD EXPRESSION", "raw payload @%"},
        {"EXTENSION HEADER EXPRESSIONS", "exthdr %"},
        {"CONNTRACK EXPRESSIONS", "ct %"},
        {"VERDICT STATEMENT", "%"},
        {"LOG STATEMENT", "log %"},
        {"REJECT STATEMENT", "reject with %"},
        {"CONNTRACK STATEMENT", "ct % set"},
        {"META STATEMENT", "meta % set"},
        {"NAT STATEMENTS", "snat %"},
    };
    return known;
}

/// Words of those tables that name types or values of the syntax and no construct.
bool is_type(const std::string& word) {
    static const std::set<std::string> types = {"iface_index",   "ifname",   "iface_type", "uid",     "gid", "realm",
                                                "devgroup_type", "pkt_type", "ifkind",     "address", "port"};
    return types.contains(word);
}

std::string renamed(const std::string& section, const std::string& word, bool& in_chunks) {
    if (section == "SCTP HEADER EXPRESSION") {
        if (in_chunks) return "chunk " + word;
        in_chunks = word == "chunk";
    }
    return word;
}

}  // namespace

std::string read_manual(const std::string& page) {
    // zcat, because Debian packs its pages; a page that is not there gives nothing.
    const std::string command = "zcat -f /usr/share/man/man8/" + page + ".gz 2>/dev/null";
    std::string out;
    if (FILE* pipe = popen(command.c_str(), "r")) {
        std::array<char, 1 << 14> buffer{};
        while (const auto got = fread(buffer.data(), 1, buffer.size(), pipe)) out.append(buffer.data(), got);
        pclose(pipe);
    }
    replace_all(out, "\\-", "-");
    for (const char* font : {"\\fB", "\\fR", "\\fI", "\\fP"}) replace_all(out, font, "");
    return out;
}

std::set<std::string> nft_keywords(const std::string& manual) {
    static const std::set<std::string> tcp_options = {"eol",   "nop",   "maxseg", "window", "sack-perm", "sack",
                                                      "sack0", "sack1", "sack2",  "sack3",  "timestamp"};
    static const std::set<std::string> ip_options = {"lsrr", "ra", "rr", "ssrr"};
    std::set<std::string> out;
    std::string section;
    bool in_chunks = false;
    const auto lines = lines_of(manual);
    for (std::size_t i = 0; i + 3 < lines.size(); ++i) {
        if (const auto name = heading(lines[i]); !name.empty()) {
            section = name;
            in_chunks = false;
        }
        // The first cell of a row.
        if (lines[i] != "T{" || lines[i + 1] != ".sp" || lines[i + 3] != "T}:T{") continue;
        const auto prefix = prefixes().find(section);
        if (prefix == prefixes().end() || is_type(lines[i + 2])) continue;
        auto word = renamed(section, lines[i + 2], in_chunks);
        auto name = prefix->second;
        if (section == "EXTENSION HEADER EXPRESSIONS") {
            if (tcp_options.contains(word)) name = "tcp option %";
            if (ip_options.contains(word)) name = "ip option %";
        }
        if (section == "VERDICT STATEMENT") word = word.substr(0, word.find(' '));
        name.replace(name.find('%'), 1, word);
        out.insert(std::move(name));
    }
    return out;
}

std::set<std::string> nft_sections(const std::string& manual) {
    std::set<std::string> out;
    for (const auto& line : lines_of(manual)) {
        const auto name = heading(line);
        for (const std::string end :
             {" STATEMENT", " STATEMENTS", "SOCKET EXPRESSION", "OSF EXPRESSION", "FIB EXPRESSIONS", "META EXPRESSIONS",
              "ROUTING EXPRESSIONS", "IPSEC EXPRESSIONS", "NUMGEN EXPRESSION", "HASH EXPRESSIONS",
              "PAYLOAD EXPRESSIONS", "CONNTRACK EXPRESSIONS", "EXTENSION HEADER EXPRESSIONS", "RAW PAYLOAD EXPRESSION"})
            if (name.size() >= end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0)
                out.insert(name);
    }
    return out;
}

std::vector<std::pair<std::string, std::string>> iptables_options(const std::string& manual) {
    std::vector<std::pair<std::string, std::string>> out;
    std::string extension;
    bool inside = false, heads = false;
    for (const auto& line : lines_of(manual)) {
        if (const auto name = heading(line); !name.empty()) {
            inside = line.rfind(".SS", 0) == 0;
            extension = inside ? name.substr(0, name.find(' ')) : "";
            if (inside) out.emplace_back(extension, "");
            continue;
        }
        if (line.rfind(".TP", 0) == 0) {
            heads = true;
            continue;
        }
        if (!inside || !heads) continue;
        heads = false;
        // "[!] --dport, --destination-port port": the words of a head before its description.
        std::size_t at = line.find("--");
        const auto before = line.substr(0, at);
        if (at == std::string::npos || before.find_first_not_of("[]! ") != std::string::npos) continue;
        const auto end = line.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-", at);
        const auto option = line.substr(at, end == std::string::npos ? end : end - at);
        if (option.size() > 3) out.emplace_back(extension, option);
    }
    return out;
}

}  // namespace egresslint::treatment
