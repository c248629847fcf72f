// SPDX-License-Identifier: Apache-2.0
// Asks a mail server what it calls itself: the greeting and the answer to EHLO (RFC 5321, 3.1 and 4.1.1.1). For
// `--live-smtp` alone: nothing else of the evidence touches the network.
//
// What it can know: the name that the server greets with, as whoever connects from here sees it. What it cannot: the
// name that it says itself when it connects to others, the address that it binds then, and whether the greeting is that
// of another program in between (a proxy, a load balancer, an inspecting firewall). Those stay Unknown.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "evidence/mta.hpp"

namespace egresslint::evidence {

struct SmtpServer {
    std::string host;  ///< name or address, without brackets
    std::string port = "25";
};
/// "mail.example.com", "192.0.2.25:587", "[2001:db8::25]:25", "2001:db8::25"; the error says what is wrong with it.
[[nodiscard]] tl::expected<SmtpServer, std::string> parse_smtp_server(std::string_view text);

/// Connects, reads, says EHLO and QUIT. What both sides said becomes a text of `sources`, "smtp://HOST:PORT", so that
/// facts have places. The error is one sentence: the name is unknown, nobody answers in `timeout` (for everything
/// together), the answer is no SMTP. At most 16 KiB are read.
[[nodiscard]] tl::expected<Mta, std::string> ask_smtp(const SmtpServer& server, std::chrono::milliseconds timeout,
                                                      base::Sources& sources);

}  // namespace egresslint::evidence
