// SPDX-License-Identifier: Apache-2.0
// Writes a synthetic office ruleset of about N rules to standard output, for benchmarks only.
//
//   generate_ruleset nft|iptables N [SEED]
//
// Shape: a forward base chain dispatches by in interface into one chain a department, each holding accept and drop
// rules on random hosts, prefixes and ports; sets of servers; N/10 source translations; a mail server with its own
// address and port 25 closed to everybody else, so that the audit ends clean. Same seed, same text.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

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

constexpr unsigned departments = 16;
constexpr const char* ports[] = {"22", "53", "80", "110", "143", "443", "465", "587", "993", "3306", "5432", "8080"};

std::string inside(Random& random, unsigned department) {
    char text[32];
    std::snprintf(text, sizeof text, "10.%u.%u.%u", department + 1, random.below(256), random.below(254) + 1);
    return text;
}
std::string inside_prefix(Random& random, unsigned department) {
    char text[32];
    std::snprintf(text, sizeof text, "10.%u.%u.0/24", department + 1, random.below(256));
    return text;
}
std::string outside(Random& random) {
    char text[32];
    std::snprintf(text, sizeof text, "%u.%u.%u.0/24", random.below(90) + 100, random.below(256), random.below(256));
    return text;
}

void nft(unsigned rules, Random& random) {
    std::printf(
        "table ip nat {\n chain prerouting {\n  type nat hook prerouting priority dstnat; policy accept;\n"
        "  iifname \"wan0\" ip daddr 198.51.100.5 tcp dport 25 dnat to 10.1.0.25\n }\n chain postrouting {\n"
        "  type nat hook postrouting priority srcnat; policy accept;\n"
        "  ip saddr 10.1.0.25 oifname \"wan0\" snat to 198.51.100.5\n");
    for (unsigned i = 0; i < rules / 10; ++i)
        std::printf("  ip saddr %s oifname \"wan0\" snat to 198.51.%u.%u\n", inside(random, i % departments).c_str(),
                    101 + random.below(50), random.below(254) + 1);
    std::printf(
        "  oifname \"wan0\" snat to 198.51.100.2\n }\n}\ntable inet filter {\n set servers {\n"
        "  type ipv4_addr\n  flags interval\n  elements = { ");
    for (unsigned i = 0; i < 64; ++i) std::printf("%s10.%u.200.%u", i ? ", " : "", i % departments + 1, i + 1);
    std::printf(" }\n }\n");
    const unsigned each = (rules - rules / 10) / departments;
    for (unsigned d = 0; d < departments; ++d) {
        std::printf(" chain department%u {\n", d);
        for (unsigned i = 0; i < each; ++i) {
            const char* port = ports[random.below(12)];
            switch (random.below(6)) {
                case 0:
                    std::printf("  ip saddr %s ip daddr %s drop\n", inside_prefix(random, d).c_str(),
                                outside(random).c_str());
                    break;
                case 1: std::printf("  ip saddr %s udp dport %s accept\n", inside(random, d).c_str(), port); break;
                case 2:
                    std::printf("  ip saddr %s ip daddr @servers tcp dport { %s, 8443 } accept\n",
                                inside(random, d).c_str(), port);
                    break;
                case 3:
                    std::printf("  ip saddr %s ip daddr %s tcp dport %s accept\n", inside_prefix(random, d).c_str(),
                                outside(random).c_str(), port);
                    break;
                default: std::printf("  ip saddr %s tcp dport %s accept\n", inside(random, d).c_str(), port); break;
            }
        }
        std::printf(" }\n");
    }
    std::printf(
        " chain forward {\n  type filter hook forward priority filter; policy drop;\n"
        "  ct state established,related accept\n  ip saddr 10.1.0.25 oifname \"wan0\" tcp dport 25 accept\n"
        "  iifname \"wan0\" ip daddr 10.1.0.25 tcp dport 25 accept\n"
        "  tcp dport 25 log prefix \"smtp \" drop\n");
    for (unsigned d = 0; d < departments; ++d) std::printf("  iifname \"lan%u\" jump department%u\n", d, d);
    std::printf(" }\n}\n");
}

void iptables(unsigned rules, Random& random) {
    std::printf(
        "*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n"
        "-A PREROUTING -i wan0 -d 198.51.100.5/32 -p tcp -m tcp --dport 25 -j DNAT --to-destination 10.1.0.25\n"
        "-A POSTROUTING -s 10.1.0.25/32 -o wan0 -j SNAT --to-source 198.51.100.5\n");
    for (unsigned i = 0; i < rules / 10; ++i)
        std::printf("-A POSTROUTING -s %s/32 -o wan0 -j SNAT --to-source 198.51.%u.%u\n",
                    inside(random, i % departments).c_str(), 101 + random.below(50), random.below(254) + 1);
    std::printf(
        "-A POSTROUTING -o wan0 -j SNAT --to-source 198.51.100.2\nCOMMIT\n*filter\n:INPUT ACCEPT [0:0]\n"
        ":FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n");
    for (unsigned d = 0; d < departments; ++d) std::printf(":DEPARTMENT%u - [0:0]\n", d);
    std::printf(
        "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n"
        "-A FORWARD -s 10.1.0.25/32 -o wan0 -p tcp -m tcp --dport 25 -j ACCEPT\n"
        "-A FORWARD -d 10.1.0.25/32 -i wan0 -p tcp -m tcp --dport 25 -j ACCEPT\n"
        "-A FORWARD -p tcp -m tcp --dport 25 -j LOG --log-prefix \"smtp \"\n-A FORWARD -p tcp -m tcp --dport 25 -j "
        "DROP\n");
    for (unsigned d = 0; d < departments; ++d) std::printf("-A FORWARD -i lan%u -j DEPARTMENT%u\n", d, d);
    const unsigned each = (rules - rules / 10) / departments;
    for (unsigned d = 0; d < departments; ++d)
        for (unsigned i = 0; i < each; ++i) {
            const char* port = ports[random.below(12)];
            switch (random.below(5)) {
                case 0:
                    std::printf("-A DEPARTMENT%u -s %s -d %s -j DROP\n", d, inside_prefix(random, d).c_str(),
                                outside(random).c_str());
                    break;
                case 1:
                    std::printf("-A DEPARTMENT%u -s %s/32 -p udp -m udp --dport %s -j ACCEPT\n", d,
                                inside(random, d).c_str(), port);
                    break;
                case 2:
                    std::printf("-A DEPARTMENT%u -s %s -d %s -p tcp -m tcp --dport %s -j ACCEPT\n", d,
                                inside_prefix(random, d).c_str(), outside(random).c_str(), port);
                    break;
                default:
                    std::printf("-A DEPARTMENT%u -s %s/32 -p tcp -m tcp --dport %s -j ACCEPT\n", d,
                                inside(random, d).c_str(), port);
                    break;
            }
        }
    std::printf("COMMIT\n");
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3 || (std::strcmp(argv[1], "nft") != 0 && std::strcmp(argv[1], "iptables") != 0)) {
        std::fprintf(stderr, "usage: generate_ruleset nft|iptables N [SEED]\n");
        return 2;
    }
    const auto rules = static_cast<unsigned>(std::strtoul(argv[2], nullptr, 10));
    Random random(argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1);
    if (std::strcmp(argv[1], "nft") == 0)
        nft(rules, random);
    else
        iptables(rules, random);
    return 0;
}
