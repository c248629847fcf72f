// SPDX-License-Identifier: Apache-2.0
// Namespaces, wires, packet sockets. veth(4), packet(7), raw(7), network_namespaces(7).
#include "lab.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace egresslint::kernel {
namespace {

using base::Address;
using base::Family;

constexpr std::array interfaces = {"lan0", "dmz0", "wan0", "wan1"};
constexpr std::uint16_t sentinel_type = 0x88b5;  // IEEE 802 local experimental

/// The test itself cannot go on; never a finding about the model.
[[noreturn]] void fail(const std::string& what) { throw std::runtime_error("kernel lab: " + what); }
int checked(int result, const char* what) {
    if (result < 0) fail(fmt::format("{}: {}", what, std::strerror(errno)));
    return result;
}

int new_namespace() {
    checked(unshare(CLONE_NEWNET), "unshare");
    return checked(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), "/proc/self/ns/net");
}

void sysctl(const std::string& path, const char* value) {
    const std::string file = "/proc/sys/net/" + path;
    const int fd = open(file.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, value, std::strlen(value)) < 0) {
        if (fd >= 0) close(fd);
        fail(file + ": " + std::strerror(errno));
    }
    close(fd);
}

/// For settings that this kernel may not have.
void sysctl_if_there(const std::string& path, const char* value) {
    if (access(("/proc/sys/net/" + path).c_str(), W_OK) == 0) sysctl(path, value);
}

void batch(const std::string& commands) {
    const Finished finished = run({"ip", "-batch", "-"}, commands);
    if (finished.status != 0) fail("ip: " + finished.error + "\n" + commands);
}

/// A new wire is up only when the kernel's link watcher has run; until then IPv6 addresses may still change state.
void wait_until_running(const char* name) {
    const int fd = checked(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
    for (unsigned tries = 0; tries < 5000; ++tries) {
        ifreq request{};
        std::strncpy(request.ifr_name, name, IFNAMSIZ - 1);
        if (ioctl(fd, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_RUNNING) != 0) {
            close(fd);
            return;
        }
        usleep(1000);
    }
    close(fd);
    fail(std::string(name) + " does not come up");
}

/// IPv6 addresses get their local routes from a worker of the kernel's, after the command has returned: on a busy
/// machine the first packets would find no address of ours, and leave by the default route.
void wait_until_local(std::size_t addresses) {
    for (unsigned tries = 0; tries < 5000; ++tries) {
        std::ifstream file("/proc/net/ipv6_route");
        std::size_t found = 0;
        for (std::string line; std::getline(file, line);) {
            // destination, length, source, length, next hop, metric, references, uses, flags, device
            std::istringstream words(line);
            std::string destination, length, word, flags;
            words >> destination >> length;
            for (int i = 0; i < 6; ++i) words >> word;
            words >> flags;
            // RTF_LOCAL; not ::1, and not what the links give themselves.
            if (length == "80" && flags.starts_with("80") && destination != "00000000000000000000000000000001" &&
                !destination.starts_with("fe80"))
                ++found;
        }
        if (found >= addresses) return;
        usleep(1000);
    }
    fail("the IPv6 addresses of the laboratory do not become local");
}

std::string mac_of(std::size_t index) { return fmt::format("02:00:00:00:00:{:02x}", index + 1); }

void enlarge(int fd) {
    const int large = 8 << 20;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &large, sizeof large) != 0) {
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &large, sizeof large);
    }
}

int packet_socket(std::uint16_t protocol, int index) {
    const int fd = checked(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "packet socket");
    enlarge(fd);
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(protocol);
    address.sll_ifindex = index;
    checked(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
    return fd;
}

sockaddr_in to_sockaddr4(const Address& address) {
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_addr.s_addr = htonl(static_cast<std::uint32_t>(address.bits));
    return out;
}
sockaddr_in6 to_sockaddr6(const Address& address) {
    sockaddr_in6 out{};
    out.sin6_family = AF_INET6;
    for (unsigned i = 0; i < 16; ++i)
        out.sin6_addr.s6_addr[i] = static_cast<unsigned char>(address.bits >> (120 - 8 * i));
    return out;
}
Address from_in6(const in6_addr& in) {
    Address out{Family::v6, 0};
    for (const unsigned char byte : in.s6_addr) out.bits = out.bits << 8 | byte;
    return out;
}

}  // namespace

Lab::Lab() {
    // Everything on one CPU: a frame sent on a wire then waits in that CPU's queue in order, and the sentinel frames of
    // `settle` arrive only after everything that was sent before them.
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET(static_cast<unsigned>(sched_getcpu()), &cpus);
    sched_setaffinity(0, sizeof cpus, &cpus);

    world_ = new_namespace();
    sysctl("ipv6/conf/all/disable_ipv6", "1");
    sysctl("ipv6/conf/default/disable_ipv6", "1");
    batch("link add bell0 type veth peer name bell1\nlink set bell0 arp off up\nlink set bell1 arp off up\n");

    router_ = new_namespace();
    for (const char* scope : {"all", "default"}) {
        for (const char* off : {"rp_filter", "send_redirects", "accept_redirects"}) {
            sysctl(fmt::format("ipv4/conf/{}/{}", scope, off), "0");
        }
        sysctl(fmt::format("ipv6/conf/{}/accept_dad", scope), "0");
        sysctl(fmt::format("ipv6/conf/{}/accept_ra", scope), "0");
        sysctl(fmt::format("ipv6/conf/{}/router_solicitations", scope), "0");
        sysctl(fmt::format("ipv6/conf/{}/addr_gen_mode", scope), "1");
        sysctl(fmt::format("ipv6/conf/{}/forwarding", scope), "1");
    }
    sysctl("ipv4/ip_forward", "1");
    sysctl("ipv4/icmp_ratelimit", "0");
    sysctl("ipv6/icmp/ratelimit", "0");
    sysctl("ipv4/icmp_echo_ignore_all", "1");
    sysctl("ipv6/icmp/echo_ignore_all", "1");
    sysctl_if_there("ipv4/icmp_msgs_per_sec", "1000000");
    sysctl_if_there("ipv4/icmp_msgs_burst", "1000000");

    std::string links = "link set lo up\n";
    for (std::size_t i = 0; i < interfaces.size(); ++i) {
        links += fmt::format("link add {0} address {1} type veth peer name {0} netns /proc/{2}/fd/{3}\n", interfaces[i],
                             mac_of(i), getpid(), world_);
        links += fmt::format("link set {} arp off up\n", interfaces[i]);
    }
    batch(links);

    checked(setns(world_, CLONE_NEWNET), "setns");
    std::string ups;
    for (const char* name : interfaces) ups += fmt::format("link set {} arp off up\n", name);
    batch(ups);
    for (const char* name : interfaces) {
        const int index = static_cast<int>(if_nametoindex(name));
        far_[name] = index;
        near_[index] = name;
    }
    wire_ = packet_socket(ETH_P_ALL, 0);
    const int yes = 1;
    setsockopt(wire_, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof yes);
    bell_ = packet_socket(sentinel_type, static_cast<int>(if_nametoindex("bell1")));
    ring_index_ = static_cast<int>(if_nametoindex("bell0"));

    enter();
    tracking_ = checked(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER), "netlink");
    batch(
        "addr add 10.0.0.1/24 dev lan0\naddr add fd00:a::1/64 dev lan0 nodad\n"
        "addr add 10.0.1.1/24 dev dmz0\naddr add fd00:d::1/64 dev dmz0 nodad\n"
        "addr add 203.0.113.2/24 dev wan0\naddr add 203.0.113.25/24 dev wan0\naddr add 203.0.113.26/24 dev wan0\n"
        "addr add 2001:db8:1::2/64 dev wan0 nodad\naddr add 2001:db8:1::25/64 dev wan0 nodad\n"
        "addr add 198.51.100.2/24 dev wan1\naddr add 192.0.2.2/24 dev wan1\n"
        "addr add 2001:db8:2::2/64 dev wan1 nodad\n"
        "route add default via 203.0.113.1\nroute add default via 2001:db8:1::1\n"
        "route add 10.20.0.0/16 via 10.0.0.254\nroute add blackhole 10.66.0.0/16\n"
        "route add 198.18.128.0/17 via 198.51.100.1\nroute add 198.18.64.0/20 via 192.0.2.1\n"
        "route add 2001:db8:88::/48 via 2001:db8:2::1\n"
        "route add default via 198.51.100.1 table 100\nroute add default via 2001:db8:2::1 table 100\n");
    for (const char* name : interfaces) wait_until_running(name);
    wait_until_local(5);
    for (const std::uint8_t proto : {proto_tcp, proto_udp, proto_icmp, std::uint8_t{50}}) {
        local4_.emplace_back(proto, checked(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, proto), "raw"));
        enlarge(local4_.back().second);
    }
    for (const std::uint8_t proto : {proto_tcp, proto_udp, proto_icmpv6, std::uint8_t{50}}) {
        const int fd = checked(socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, proto), "raw");
        setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &yes, sizeof yes);
        enlarge(fd);
        local6_.emplace_back(proto, fd);
    }
}

Lab::~Lab() {
    for (const auto& [proto, fd] : local4_) close(fd);
    for (const auto& [proto, fd] : local6_) close(fd);
    for (const int fd : {wire_, bell_, tracking_, world_, router_}) close(fd);
}

void Lab::enter() const { checked(setns(router_, CLONE_NEWNET), "setns"); }

void Lab::configure(const std::string& commands) {
    batch(commands);
    addresses_.clear();
    routes_.clear();
    rules_.clear();
}

std::string Lab::route_by(const std::vector<std::string>& rules) {
    if (rules == routing_) return {};
    std::string complaint;
    for (const bool v6 : {false, true}) {
        std::string commands;
        const auto add = [&](const std::vector<std::string>& list, const char* verb) {
            for (const std::string& rule : list) {
                if (rule.starts_with("-6 ") == v6)
                    commands += fmt::format("rule {} {}\n", verb, rule.substr(v6 ? 3 : 0));
            }
        };
        add(routing_, "del");
        add(rules, "add");
        if (commands.empty()) continue;
        const Finished finished = run({"ip", v6 ? "-6" : "-4", "-force", "-batch", "-"}, commands);
        if (finished.status != 0) complaint = "ip: " + finished.error;
    }
    routing_ = rules;
    rules_.clear();
    return complaint;
}

/// An IPCTNL_MSG_CT_DELETE that names no connection deletes all.
void Lab::forget_connections() {
    struct {
        nlmsghdr header;
        nfgenmsg family;
    } request{};
    request.header.nlmsg_len = sizeof request;
    request.header.nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE;
    request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    request.family.version = NFNETLINK_V0;
    checked(static_cast<int>(::send(tracking_, &request, sizeof request, 0)), "conntrack");
    std::array<char, 256> buffer{};
    const auto got = recv(tracking_, buffer.data(), buffer.size(), 0);
    nlmsghdr answer{};
    nlmsgerr error{};
    if (got < static_cast<ssize_t>(NLMSG_HDRLEN + sizeof error)) fail("conntrack: no answer");
    std::memcpy(&answer, buffer.data(), sizeof answer);
    std::memcpy(&error, buffer.data() + NLMSG_HDRLEN, sizeof error);
    if (answer.nlmsg_type != NLMSG_ERROR || error.error != 0)
        fail(fmt::format("conntrack: {}", std::strerror(-error.error)));
}

void Lab::inject(const Probe& probe, std::uint32_t number) {
    const auto far = far_.find(probe.in);
    if (far == far_.end()) fail("no interface " + probe.in);
    std::size_t index = 0;
    while (interfaces[index] != probe.in) ++index;
    const bool v6 = probe.dst.family == Family::v6;
    Bytes frame = {2, 0, 0, 0, 0, static_cast<unsigned char>(index + 1), 2, 0, 0, 0, 1, 1};
    frame.push_back(v6 ? 0x86 : 0x08);
    frame.push_back(v6 ? 0xdd : 0x00);
    const Bytes packet = to_bytes(probe, number);
    frame.insert(frame.end(), packet.begin(), packet.end());
    sockaddr_ll to{};
    to.sll_family = AF_PACKET;
    to.sll_ifindex = far->second;
    if (sendto(wire_, frame.data(), frame.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to) < 0) {
        fail(std::string("inject: ") + std::strerror(errno));
    }
}

void Lab::send_locally(const Probe& probe, std::uint32_t number) {
    const bool v6 = probe.dst.family == Family::v6;
    const int fd = checked(socket(v6 ? AF_INET6 : AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW), "raw socket");
    if (probe.mark != 0) setsockopt(fd, SOL_SOCKET, SO_MARK, &probe.mark, sizeof probe.mark);
    const Bytes packet = to_bytes(probe, number);
    // A refusal is an answer: dropped in output, or no route.
    ssize_t sent = 0;
    if (v6) {
        const sockaddr_in6 from = to_sockaddr6(probe.src);
        const sockaddr_in6 to = to_sockaddr6(probe.dst);
        checked(bind(fd, reinterpret_cast<const sockaddr*>(&from), sizeof from), to_string(probe).c_str());
        sent = sendto(fd, packet.data(), packet.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
    } else {
        const sockaddr_in from = to_sockaddr4(probe.src);
        const sockaddr_in to = to_sockaddr4(probe.dst);
        checked(bind(fd, reinterpret_cast<const sockaddr*>(&from), sizeof from), to_string(probe).c_str());
        sent = sendto(fd, packet.data(), packet.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
    }
    static_cast<void>(sent);
    close(fd);
}

void Lab::settle() {
    // Each round lets every queued packet take one more hop: into the router, out of it, and once more for answers and
    // for what went through lo.
    for (unsigned round = 0; round < 4; ++round) {
        const Bytes frame = {2,
                             0,
                             0,
                             0,
                             9,
                             9,
                             2,
                             0,
                             0,
                             0,
                             9,
                             8,
                             sentinel_type >> 8,
                             sentinel_type & 0xff,
                             static_cast<unsigned char>(round)};
        sockaddr_ll to{};
        to.sll_family = AF_PACKET;
        to.sll_ifindex = ring_index_;
        if (sendto(bell_, frame.data(), frame.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to) < 0) {
            fail(std::string("sentinel: ") + std::strerror(errno));
        }
        std::array<unsigned char, 64> heard{};
        while (recv(bell_, heard.data(), heard.size(), 0) < 0) {
            pollfd wait{bell_, POLLIN, 0};
            if (poll(&wait, 1, 5000) == 0) fail("the sentinel frame did not arrive");
        }
    }
}

namespace {

void record(std::vector<Seen>& seen, std::uint32_t first, const Captured& captured, Seen::What what,
            const std::string& out) {
    const std::uint32_t index = captured.number - first;
    if (index >= seen.size()) return;
    Seen& item = seen[index];
    if (captured.answer) {
        item.answered = true;
        return;
    }
    ++item.copies;
    item.what = what;
    item.out = out;
    item.src = captured.src;
    item.dst = captured.dst;
    item.sport = captured.sport;
    item.dport = captured.dport;
}

}  // namespace

void Lab::collect(std::vector<Seen>& seen, std::uint32_t first) {
    std::array<unsigned char, 2048> buffer{};
    for (;;) {
        sockaddr_ll from{};
        socklen_t length = sizeof from;
        const ssize_t got =
            recvfrom(wire_, buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&from), &length);
        if (got < 0) break;
        if (from.sll_pkttype == PACKET_OUTGOING || got < ETH_HLEN) continue;
        const auto name = near_.find(from.sll_ifindex);
        if (name == near_.end()) continue;
        if (const auto captured = from_bytes(buffer.data() + ETH_HLEN, static_cast<std::size_t>(got) - ETH_HLEN)) {
            record(seen, first, *captured, Seen::What::left, name->second);
        }
    }
    for (const auto& [proto, fd] : local4_) {
        for (;;) {
            const ssize_t got = recv(fd, buffer.data(), buffer.size(), 0);
            if (got < 0) break;
            const auto captured = from_bytes(buffer.data(), static_cast<std::size_t>(got));
            if (captured && !captured->answer) record(seen, first, *captured, Seen::What::delivered, "self");
        }
    }
    for (const auto& [proto, fd] : local6_) {
        for (;;) {
            sockaddr_in6 from{};
            iovec part{buffer.data(), buffer.size()};
            alignas(cmsghdr) std::array<char, 256> control{};
            msghdr message{};
            message.msg_name = &from;
            message.msg_namelen = sizeof from;
            message.msg_iov = &part;
            message.msg_iovlen = 1;
            message.msg_control = control.data();
            message.msg_controllen = control.size();
            const ssize_t got = recvmsg(fd, &message, 0);
            if (got < 0) break;
            Address to{Family::v6, 0};
            for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
                if (c->cmsg_level != IPPROTO_IPV6 || c->cmsg_type != IPV6_PKTINFO) continue;
                in6_pktinfo info{};
                std::memcpy(&info, CMSG_DATA(c), sizeof info);
                to = from_in6(info.ipi6_addr);
            }
            const auto captured =
                from_transport(proto, from_in6(from.sin6_addr), to, buffer.data(), static_cast<std::size_t>(got));
            if (captured && !captured->answer) record(seen, first, *captured, Seen::What::delivered, "self");
        }
    }
}

std::vector<Seen> Lab::send(const std::vector<Probe>& probes) {
    std::vector<Seen> seen(probes.size());
    const std::uint32_t first = next_number_;
    // 24 bits fit a TCP sequence number beside the payload's length.
    if (first + probes.size() >= 1u << 24) fail("too many packets for one lab");
    constexpr std::size_t at_once = 200;  // well below net.core.netdev_max_backlog
    for (std::size_t i = 0; i < probes.size(); ++i) {
        const auto number = static_cast<std::uint32_t>(first + i);
        if (probes[i].in.empty()) {
            send_locally(probes[i], number);
        } else {
            inject(probes[i], number);
        }
        if (i + 1 == probes.size() || (i + 1) % at_once == 0) {
            settle();
            collect(seen, first);
        }
    }
    next_number_ += static_cast<std::uint32_t>(probes.size());
    return seen;
}

std::string Lab::addresses() const {
    if (addresses_.empty()) addresses_ = run({"ip", "-j", "addr"}).output;
    return addresses_;
}

std::string Lab::routes() const {
    if (!routes_.empty()) return routes_;
    std::string joined;
    for (const char* family : {"-4", "-6"}) {
        const std::string text = run({"ip", "-j", family, "route", "show", "table", "all"}).output;
        const std::size_t open = text.find('[');
        const std::size_t close = text.rfind(']');
        if (open == std::string::npos || close <= open + 1) continue;
        if (!joined.empty()) joined += ",\n";
        joined += text.substr(open + 1, close - open - 1);
    }
    return routes_ = "[" + joined + "]";
}

std::string Lab::rules() const {
    if (rules_.empty()) rules_ = run({"ip", "-j", "-4", "rule"}).output + run({"ip", "-j", "-6", "rule"}).output;
    return rules_;
}

std::string to_string(const Seen& seen) {
    std::string text;
    if (seen.what == Seen::What::nothing) {
        text = seen.answered ? "reject" : "drop";
    } else {
        text = fmt::format("{} {}:{} > {}:{}", seen.out, base::to_string(seen.src), seen.sport,
                           base::to_string(seen.dst), seen.dport);
    }
    if (seen.copies > 1) text += fmt::format(" ({} copies)", seen.copies);
    return text;
}

}  // namespace egresslint::kernel
