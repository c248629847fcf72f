// SPDX-License-Identifier: GPL-2.0-only
// Creating interfaces by rtnetlink(7).
#include "links.hpp"

#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace egresslint::nft {
namespace {

/// A message that grows attribute by attribute, in a buffer large enough for all that is put here.
class Message {
public:
    Message() {
        header()->nlmsg_len = NLMSG_LENGTH(sizeof(ifinfomsg));
        header()->nlmsg_type = RTM_NEWLINK;
        header()->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
        header()->nlmsg_seq = 1;
    }
    [[nodiscard]] nlmsghdr* header() { return reinterpret_cast<nlmsghdr*>(buffer_.data()); }
    rtattr* attribute(unsigned short type, std::string_view value) {
        auto* place = reinterpret_cast<rtattr*>(buffer_.data() + NLMSG_ALIGN(header()->nlmsg_len));
        place->rta_type = type;
        place->rta_len = static_cast<unsigned short>(RTA_LENGTH(value.size()));
        if (!value.empty()) std::memcpy(RTA_DATA(place), value.data(), value.size());
        header()->nlmsg_len = static_cast<std::uint32_t>(NLMSG_ALIGN(header()->nlmsg_len) + RTA_ALIGN(place->rta_len));
        return place;
    }
    void end(rtattr* nest) {
        nest->rta_len =
            static_cast<unsigned short>(buffer_.data() + header()->nlmsg_len - reinterpret_cast<char*>(nest));
    }

private:
    alignas(NLMSG_ALIGNTO) std::array<char, 512> buffer_{};
};

/// 0 or an errno.
int request(Message& message) {
    const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0) return errno;
    int result = 0;
    alignas(NLMSG_ALIGNTO) std::array<char, 1024> reply{};
    if (send(fd, message.header(), message.header()->nlmsg_len, 0) < 0) {
        result = errno;
    } else if (const ssize_t got = recv(fd, reply.data(), reply.size(), 0);
               got < static_cast<ssize_t>(sizeof(nlmsghdr))) {
        result = got < 0 ? errno : EPROTO;
    } else if (const auto* header = reinterpret_cast<const nlmsghdr*>(reply.data());
               header->nlmsg_type == NLMSG_ERROR) {
        nlmsgerr error{};
        std::memcpy(&error, NLMSG_DATA(header), sizeof error);
        result = -error.error;
    } else {
        result = EPROTO;
    }
    close(fd);
    return result;
}

}  // namespace

std::string create_interface(const std::string& name) {
    if (name.empty() || name.size() >= IFNAMSIZ || name.find_first_of("/ \t\n:") != std::string::npos || name == "." ||
        name == "..") {
        return "'" + name + "' cannot be the name of an interface";
    }
    if (if_nametoindex(name.c_str()) != 0) return {};  // lo is there already
    int error = 0;
    for (const std::string_view kind : {"dummy", "bridge", "veth"}) {
        Message message;
        message.attribute(IFLA_IFNAME, std::string_view(name.c_str(), name.size() + 1));
        rtattr* info = message.attribute(IFLA_LINKINFO, {});
        message.attribute(IFLA_INFO_KIND, kind);
        message.end(info);
        error = request(message);
        if (error == 0) return {};
        if (error != EOPNOTSUPP) break;
    }
    return "interface '" + name + "' could not be created: " + std::strerror(error);
}

}  // namespace egresslint::nft
