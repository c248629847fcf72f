// SPDX-License-Identifier: Apache-2.0
#include "evidence/smtp_live.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "base/address.hpp"
#include "evidence/plain_text.hpp"

namespace egresslint::evidence {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t longest = 16'384;

class Connection {
public:
    Connection(Connection&& other) noexcept : socket_(std::exchange(other.socket_, -1)), until_(other.until_) {}
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    Connection& operator=(Connection&&) = delete;
    ~Connection() {
        if (socket_ >= 0) close(socket_);
    }

    static tl::expected<Connection, std::string> open(const addrinfo& to, Clock::time_point until) {
        Connection c(socket(to.ai_family, to.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, to.ai_protocol), until);
        if (c.socket_ < 0) return tl::unexpected(std::string(std::strerror(errno)));
        if (connect(c.socket_, to.ai_addr, to.ai_addrlen) != 0) {
            if (errno != EINPROGRESS) return tl::unexpected(std::string(std::strerror(errno)));
            if (!c.wait(POLLOUT)) return tl::unexpected(std::string("no answer in time"));
            int error = 0;
            socklen_t size = sizeof error;
            getsockopt(c.socket_, SOL_SOCKET, SO_ERROR, &error, &size);
            if (error != 0) return tl::unexpected(std::string(std::strerror(error)));
        }
        return c;
    }

    bool send_all(std::string_view text) {
        while (!text.empty()) {
            if (!wait(POLLOUT)) return false;
            const ssize_t n = send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
            if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
            if (n <= 0) return false;
            text.remove_prefix(static_cast<std::size_t>(n));
        }
        return true;
    }

    /// A reply: lines "250-…" up to one "250 …" (RFC 5321, 4.2.1). nullopt: time is up, the end, too much.
    std::optional<std::string> reply() {
        std::string out;
        while (true) {
            const std::size_t end = pending_.find('\n');
            if (end != std::string::npos) {
                const std::string line = pending_.substr(0, end + 1);
                pending_.erase(0, end + 1);
                out += line;
                if (line.size() < 4 || line[3] != '-') return out;
                continue;
            }
            if (out.size() + pending_.size() > longest || !wait(POLLIN)) return std::nullopt;
            std::array<char, 4096> buffer{};
            const ssize_t n = recv(socket_, buffer.data(), buffer.size(), 0);
            if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
            if (n <= 0) return std::nullopt;
            pending_.append(buffer.data(), static_cast<std::size_t>(n));
        }
    }

    /// The address of this end as EHLO wants it where there is no name: "[192.0.2.1]", "[IPv6:2001:db8::1]".
    [[nodiscard]] std::string own_literal() const {
        sockaddr_storage own{};
        socklen_t size = sizeof own;
        std::array<char, NI_MAXHOST> text{};
        if (getsockname(socket_, reinterpret_cast<sockaddr*>(&own), &size) != 0 ||
            getnameinfo(reinterpret_cast<sockaddr*>(&own), size, text.data(), text.size(), nullptr, 0,
                        NI_NUMERICHOST) != 0)
            return "[127.0.0.1]";
        // A zone ("%eth0") is nobody's business.
        std::string address = text.data();
        address = address.substr(0, address.find('%'));
        return own.ss_family == AF_INET6 ? "[IPv6:" + address + "]" : "[" + address + "]";
    }

private:
    Connection(int socket, Clock::time_point until) : socket_(socket), until_(until) {}

    [[nodiscard]] bool wait(short events) const {
        while (true) {
            const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until_ - Clock::now()).count();
            if (left <= 0) return false;
            pollfd entry{socket_, events, 0};
            const int ready = poll(&entry, 1, static_cast<int>(std::min<long long>(left, 60'000)));
            if (ready > 0) return true;
            if (ready < 0 && errno != EINTR) return false;
        }
    }

    int socket_;
    Clock::time_point until_;
    std::string pending_;
};

bool code(const std::optional<std::string>& reply, std::string_view wanted) {
    return reply && reply->starts_with(wanted);
}

/// The first word behind the code of a reply's first line: the server's name (RFC 5321, 4.2 and 4.1.1.1).
std::string_view name_in(std::string_view reply) {
    const auto words =
        split(reply.substr(0, reply.find_first_of("\r\n")).substr(std::min<std::size_t>(4, reply.size())), " ");
    return words.empty() ? std::string_view() : without_dot(words.front());
}

}  // namespace

tl::expected<SmtpServer, std::string> parse_smtp_server(std::string_view text) {
    SmtpServer out;
    std::string_view host = text, port;
    if (text.starts_with('[')) {
        const std::size_t close = text.find(']');
        if (close == std::string_view::npos) return tl::unexpected(fmt::format("\"{}\": ] is missing", text));
        host = text.substr(1, close - 1);
        const std::string_view rest = text.substr(close + 1);
        if (!rest.empty() && !rest.starts_with(':'))
            return tl::unexpected(fmt::format("\"{}\": behind ] stands :PORT or nothing", text));
        if (!rest.empty()) port = rest.substr(1);
        if (!base::parse_ipv6(host))
            return tl::unexpected(fmt::format("\"{}\": no IPv6 address in the brackets", text));
    } else if (const std::size_t colon = text.find(':');
               colon != std::string_view::npos && text.find(':', colon + 1) == std::string_view::npos) {
        host = text.substr(0, colon);
        port = text.substr(colon + 1);
        if (port.empty()) return tl::unexpected(fmt::format("\"{}\": the port is missing", text));
    } else if (colon != std::string_view::npos && !base::parse_ipv6(text)) {
        return tl::unexpected(
            fmt::format("\"{}\" is neither a host nor an IPv6 address; [ADDRESS]:PORT has both", text));
    }
    if (host.empty() || host.find_first_of(" \t/@") != std::string_view::npos || host.starts_with('-'))
        return tl::unexpected(fmt::format("\"{}\" names no host", text));
    out.host = host;
    if (!port.empty()) {
        const bool digits =
            port.size() <= 5 && std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; });
        const int number = digits ? std::stoi(std::string(port)) : 0;
        if (number < 1 || number > 65535) return tl::unexpected(fmt::format("\"{}\": no port from 1 to 65535", text));
        out.port = std::to_string(number);
    }
    return out;
}

tl::expected<Mta, std::string> ask_smtp(const SmtpServer& server, std::chrono::milliseconds timeout,
                                        base::Sources& sources) {
    const Clock::time_point until = Clock::now() + timeout;
    const bool v6 = server.host.find(':') != std::string::npos;
    const std::string host = v6 ? "[" + server.host + "]" : server.host;
    const std::string path = fmt::format("smtp://{}:{}", host, server.port);
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int error = getaddrinfo(server.host.c_str(), server.port.c_str(), &hints, &found); error != 0)
        return tl::unexpected(fmt::format("{}: {}", path, gai_strerror(error)));
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, freeaddrinfo);
    std::string why = "no address";
    for (const addrinfo* to = found; to != nullptr; to = to->ai_next) {
        auto connection = Connection::open(*to, until);
        if (!connection) {
            why = connection.error();
            continue;
        }
        const auto banner = connection->reply();
        if (!banner) return tl::unexpected(fmt::format("{}: no greeting in time", path));
        // 554 is a greeting, too: of a server that takes no mail (RFC 5321, 3.1).
        if (!code(banner, "220") && !code(banner, "554"))
            return tl::unexpected(fmt::format("{}: the answer is no greeting of SMTP", path));
        const std::string ehlo = fmt::format("EHLO {}\r\n", connection->own_literal());
        std::optional<std::string> answer;
        if (connection->send_all(ehlo)) answer = connection->reply();
        (void)connection->send_all("QUIT\r\n");
        const std::string transcript = *banner + ehlo + answer.value_or("");
        const base::FileId file = sources.add(path, transcript);
        Mta out;
        out.product = "SMTP";
        out.files.push_back(path);
        out.span = {file, 0, static_cast<std::uint32_t>(banner->size())};
        const std::string_view text = sources.text(file);
        std::string_view name = name_in(text.substr(0, banner->size()));
        // Some greetings are blotted out by what stands in between; EHLO's answer begins with the name as well.
        if (code(answer, "250") && name.find('.') == std::string_view::npos)
            name = name_in(text.substr(banner->size() + ehlo.size()));
        if (!name.empty()) out.host_name = {std::string(name), span_of(sources, file, name)};
        Sender sender;
        sender.name = "SMTP";
        sender.unknown_helo.push_back(
            {"what a server greets with need not be what it says when it connects", out.span});
        sender.unknown_bind.push_back({"nobody sees from outside which address a server binds", out.span});
        sender.unknown_relay.push_back({"nobody sees from outside whom a server hands mail to", out.span});
        out.senders.push_back(std::move(sender));
        return out;
    }
    return tl::unexpected(fmt::format("{}: {}", path, why));
}

}  // namespace egresslint::evidence
