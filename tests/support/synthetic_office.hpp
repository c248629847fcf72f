// SPDX-License-Identifier: Apache-2.0
// Text of a synthetic office, for benchmarks and for tests that need many rules: a ruleset of about N rules, the
// addresses and routes of its device, and packets for it.
//
// Shape: a forward base chain dispatches by in interface into one chain a department, each holding accept and drop
// rules on random hosts, prefixes and ports; sets of servers; N/10 source translations; a mail server with its own
// address and port 25 closed to everybody else, so that the audit ends clean. `flat` puts the departments' rules into
// the forward chain itself. Same seed, same text.
#pragma once

#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace egresslint::testing::office {

[[gnu::format(printf, 2, 3)]] inline void print(std::string& out, const char* format, ...) {
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    const int length = std::vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    out.append(line, static_cast<std::size_t>(length));
}

class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15ull + 1) {}
    std::uint32_t below(std::uint32_t bound) {
        state_ ^= state_ << 13;
        state_ ^= state_ >> 7;
        state_ ^= state_ << 17;
        return static_cast<std::uint32_t>(state_ >> 33) % bound;
    }

private:
    std::uint64_t state_;
};

inline constexpr unsigned departments = 16;
inline constexpr const char* ports[] = {"22",  "53",  "80",  "110",  "143",  "443",
                                        "465", "587", "993", "3306", "5432", "8080"};

inline std::string inside(Random& random, unsigned department) {
    char text[32];
    std::snprintf(text, sizeof text, "10.%u.%u.%u", department + 1, random.below(256), random.below(254) + 1);
    return text;
}
inline std::string inside_prefix(Random& random, unsigned department) {
    char text[32];
    std::snprintf(text, sizeof text, "10.%u.%u.0/24", department + 1, random.below(256));
    return text;
}
inline std::string outside(Random& random) {
    char text[32];
    std::snprintf(text, sizeof text, "%u.%u.%u.0/24", random.below(90) + 100, random.below(256), random.below(256));
    return text;
}

inline std::string nft(unsigned rules, std::uint64_t seed = 1, bool flat = false) {
    Random random(seed);
    std::string out;
    print(out,
          "table ip nat {\n chain prerouting {\n  type nat hook prerouting priority dstnat; policy accept;\n"
          "  iifname \"wan0\" ip daddr 198.51.100.5 tcp dport 25 dnat to 10.1.0.25\n }\n chain postrouting {\n"
          "  type nat hook postrouting priority srcnat; policy accept;\n"
          "  ip saddr 10.1.0.25 oifname \"wan0\" snat to 198.51.100.5\n");
    for (unsigned i = 0; i < rules / 10; ++i)
        print(out, "  ip saddr %s oifname \"wan0\" snat to 198.51.%u.%u\n", inside(random, i % departments).c_str(),
              101 + random.below(50), random.below(254) + 1);
    print(out,
          "  oifname \"wan0\" snat to 198.51.100.2\n }\n}\ntable inet filter {\n set servers {\n"
          "  type ipv4_addr\n  flags interval\n  elements = { ");
    for (unsigned i = 0; i < 64; ++i) print(out, "%s10.%u.200.%u", i ? ", " : "", i % departments + 1, i + 1);
    print(out, " }\n }\n");
    const unsigned each = (rules - rules / 10) / departments;
    const auto department = [&](unsigned d) {
        for (unsigned i = 0; i < each; ++i) {
            const char* port = ports[random.below(12)];
            switch (random.below(6)) {
                case 0:
                    print(out, "  ip saddr %s ip daddr %s drop\n", inside_prefix(random, d).c_str(),
                          outside(random).c_str());
                    break;
                case 1: print(out, "  ip saddr %s udp dport %s accept\n", inside(random, d).c_str(), port); break;
                case 2:
                    print(out, "  ip saddr %s ip daddr @servers tcp dport { %s, 8443 } accept\n",
                          inside(random, d).c_str(), port);
                    break;
                case 3:
                    print(out, "  ip saddr %s ip daddr %s tcp dport %s accept\n", inside_prefix(random, d).c_str(),
                          outside(random).c_str(), port);
                    break;
                default: print(out, "  ip saddr %s tcp dport %s accept\n", inside(random, d).c_str(), port); break;
            }
        }
    };
    for (unsigned d = 0; d < departments && !flat; ++d) {
        print(out, " chain department%u {\n", d);
        department(d);
        print(out, " }\n");
    }
    print(out,
          " chain forward {\n  type filter hook forward priority filter; policy drop;\n"
          "  ct state established,related accept\n  ip saddr 10.1.0.25 oifname \"wan0\" tcp dport 25 accept\n"
          "  iifname \"wan0\" ip daddr 10.1.0.25 tcp dport 25 accept\n"
          "  tcp dport 25 log prefix \"smtp \" drop\n");
    for (unsigned d = 0; d < departments; ++d) {
        if (flat)
            department(d);
        else
            print(out, "  iifname \"lan%u\" jump department%u\n", d, d);
    }
    print(out, " }\n}\n");
    return out;
}

inline std::string iptables(unsigned rules, std::uint64_t seed = 1) {
    Random random(seed);
    std::string out;
    print(out,
          "*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n"
          "-A PREROUTING -i wan0 -d 198.51.100.5/32 -p tcp -m tcp --dport 25 -j DNAT --to-destination 10.1.0.25\n"
          "-A POSTROUTING -s 10.1.0.25/32 -o wan0 -j SNAT --to-source 198.51.100.5\n");
    for (unsigned i = 0; i < rules / 10; ++i)
        print(out, "-A POSTROUTING -s %s/32 -o wan0 -j SNAT --to-source 198.51.%u.%u\n",
              inside(random, i % departments).c_str(), 101 + random.below(50), random.below(254) + 1);
    print(out,
          "-A POSTROUTING -o wan0 -j SNAT --to-source 198.51.100.2\nCOMMIT\n*filter\n:INPUT ACCEPT [0:0]\n"
          ":FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n");
    for (unsigned d = 0; d < departments; ++d) print(out, ":DEPARTMENT%u - [0:0]\n", d);
    print(out,
          "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n"
          "-A FORWARD -s 10.1.0.25/32 -o wan0 -p tcp -m tcp --dport 25 -j ACCEPT\n"
          "-A FORWARD -d 10.1.0.25/32 -i wan0 -p tcp -m tcp --dport 25 -j ACCEPT\n"
          "-A FORWARD -p tcp -m tcp --dport 25 -j LOG --log-prefix \"smtp \"\n-A FORWARD -p tcp -m tcp --dport 25 -j "
          "DROP\n");
    for (unsigned d = 0; d < departments; ++d) print(out, "-A FORWARD -i lan%u -j DEPARTMENT%u\n", d, d);
    const unsigned each = (rules - rules / 10) / departments;
    for (unsigned d = 0; d < departments; ++d)
        for (unsigned i = 0; i < each; ++i) {
            const char* port = ports[random.below(12)];
            switch (random.below(5)) {
                case 0:
                    print(out, "-A DEPARTMENT%u -s %s -d %s -j DROP\n", d, inside_prefix(random, d).c_str(),
                          outside(random).c_str());
                    break;
                case 1:
                    print(out, "-A DEPARTMENT%u -s %s/32 -p udp -m udp --dport %s -j ACCEPT\n", d,
                          inside(random, d).c_str(), port);
                    break;
                case 2:
                    print(out, "-A DEPARTMENT%u -s %s -d %s -p tcp -m tcp --dport %s -j ACCEPT\n", d,
                          inside_prefix(random, d).c_str(), outside(random).c_str(), port);
                    break;
                default:
                    print(out, "-A DEPARTMENT%u -s %s/32 -p tcp -m tcp --dport %s -j ACCEPT\n", d,
                          inside(random, d).c_str(), port);
                    break;
            }
        }
    print(out, "COMMIT\n");
    return out;
}

/// `ip -j addr` and `ip -j route show table main` of the device: a network a department, the internet behind wan0.
inline std::string addresses() {
    std::string out =
        "[{\"ifname\":\"lo\",\"addr_info\":[{\"family\":\"inet\",\"local\":\"127.0.0.1\",\"prefixlen\":8,\"scope\":"
        "\"host\"}]}";
    for (unsigned d = 0; d < departments; ++d)
        print(out,
              ",{\"ifname\":\"lan%u\",\"addr_info\":[{\"family\":\"inet\",\"local\":\"10.%u.0.1\",\"prefixlen\":16,"
              "\"scope\":\"global\"}]}",
              d, d + 1);
    print(out,
          ",{\"ifname\":\"wan0\",\"addr_info\":[{\"family\":\"inet\",\"local\":\"198.51.100.2\",\"prefixlen\":24,"
          "\"scope\":\"global\"}]}]\n");
    return out;
}
inline std::string routes() {
    std::string out =
        "[{\"dst\":\"default\",\"gateway\":\"198.51.100.1\",\"dev\":\"wan0\"},{\"dst\":\"198.51.100.0/"
        "24\",\"dev\":\"wan0\",\"scope\":\"link\"}";
    for (unsigned d = 0; d < departments; ++d)
        print(out, ",{\"dst\":\"10.%u.0.0/16\",\"dev\":\"lan%u\",\"scope\":\"link\"}", d + 1, d);
    return out + "]\n";
}

struct Sample {
    unsigned department = 0;  ///< == departments: from the internet, by wan0
    std::uint32_t src = 0, dst = 0;
    bool tcp = true;
    std::uint16_t sport = 0, dport = 0;
};

/// Packets for a ruleset: two thirds meet some rule of a department, the others come from random hosts inside or (a
/// tenth) from the internet.
class Samples {
public:
    explicit Samples(const std::string& ruleset, std::uint64_t seed = 1) : random_(seed) {
        for (std::size_t begin = 0; begin < ruleset.size();) {
            const std::size_t end = ruleset.find('\n', begin);
            aim_at(ruleset.substr(begin, end - begin));
            begin = end + 1;
        }
    }

    Sample next() {
        static constexpr std::uint16_t numbers[] = {22, 53, 80, 110, 143, 443, 465, 587, 993, 3306, 5432, 8080, 25};
        Sample out;
        const bool aimed = !aims_.empty() && random_.below(3) != 0;
        if (aimed) out = aims_[random_.below(static_cast<std::uint32_t>(aims_.size()))];
        out.sport = static_cast<std::uint16_t>(random_.below(28000) + 32768);
        if (out.dport == 0) out.dport = numbers[random_.below(13)];
        if (aimed) {
            if (out.dst == 0) out.dst = random_.below(4) == 0 ? host(random_.below(departments)) : far();
            return out;
        }
        out.tcp = random_.below(5) != 0;
        if (random_.below(10) == 0) {
            out.department = departments;
            out.src = far();
            out.dst = random_.below(2) ? 0xc6336405u : 0xc6336400u | random_.below(256);
            return out;
        }
        out.department = random_.below(departments);
        out.src = host(out.department);
        out.dst = random_.below(4) == 0 ? host(random_.below(departments)) : far();
        return out;
    }

private:
    std::uint32_t host(unsigned department) {
        return 10u << 24 | (department + 1) << 16 | random_.below(256) << 8 | (random_.below(254) + 1);
    }
    std::uint32_t far() {
        return (random_.below(90) + 100) << 24 | random_.below(256) << 16 | random_.below(256) << 8 |
               random_.below(256);
    }

    /// The first packet that a rule line of either dialect speaks of, if it is a department's.
    void aim_at(const std::string& line) {
        const auto address = [&](const char* nft, const char* iptables, std::uint32_t& out) {
            std::size_t at = line.find(nft);
            std::size_t skip = std::char_traits<char>::length(nft);
            if (at == std::string::npos) at = line.find(iptables), skip = std::char_traits<char>::length(iptables);
            unsigned a = 0, b = 0, c = 0, d = 0;
            if (at == std::string::npos || std::sscanf(line.c_str() + at + skip, "%u.%u.%u.%u", &a, &b, &c, &d) != 4)
                return false;
            out = a << 24 | b << 16 | c << 8 | (d == 0 ? 9 : d);
            return true;
        };
        Sample out;
        if (line.find("snat") != std::string::npos || line.find("SNAT") != std::string::npos) return;
        if (!address("ip saddr ", "-s ", out.src) || out.src >> 24 != 10) return;
        address("ip daddr ", "-d ", out.dst);
        out.department = (out.src >> 16 & 0xff) - 1;
        out.tcp = line.find("udp") == std::string::npos;
        const std::size_t at = line.find("dport ");
        unsigned port = 0;
        if (at != std::string::npos && (std::sscanf(line.c_str() + at, "dport %u", &port) == 1 ||
                                        std::sscanf(line.c_str() + at, "dport { %u", &port) == 1))
            out.dport = static_cast<std::uint16_t>(port);
        aims_.push_back(out);
    }

    Random random_;
    std::vector<Sample> aims_;
};

/// The packets as `egresslint trace` reads them.
inline std::string packets(unsigned count, Samples samples) {
    std::string out;
    for (unsigned i = 0; i < count; ++i) {
        const Sample s = samples.next();
        const auto byte = [](std::uint32_t address, unsigned n) { return address >> (24 - 8 * n) & 0xff; };
        const std::string in = s.department == departments ? "wan0" : "lan" + std::to_string(s.department);
        print(out,
              "{\"in\":\"%s\",\"src\":\"%u.%u.%u.%u\",\"dst\":\"%u.%u.%u.%u\",\"proto\":\"%s\",\"sport\":%u,\"dport\":%"
              "u}\n",
              in.c_str(), byte(s.src, 0), byte(s.src, 1), byte(s.src, 2), byte(s.src, 3), byte(s.dst, 0),
              byte(s.dst, 1), byte(s.dst, 2), byte(s.dst, 3), s.tcp ? "tcp" : "udp", s.sport, s.dport);
    }
    return out;
}

}  // namespace egresslint::testing::office
