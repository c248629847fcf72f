// SPDX-License-Identifier: Apache-2.0
// --live-smtp against a real Postfix on the loopback interface, and against servers that say nothing, too much or
// something else. RFC 5321, 3.1, 4.1.1.1 and 4.2.
#define CATCH_CONFIG_RUNNER
#include "evidence/smtp_live.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

#include "command.hpp"

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using egresslint::evidence::ask_smtp;
using egresslint::evidence::parse_smtp_server;
using egresslint::kernel::run;

/// A listening socket on a free port of 127.0.0.1.
int listener(int& port) {
    const int s = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    bind(s, reinterpret_cast<sockaddr*>(&at), size);
    listen(s, 4);
    getsockname(s, reinterpret_cast<sockaddr*>(&at), &size);
    port = ntohs(at.sin_port);
    return s;
}

/// Answers one connection with fixed texts: at once, and after each line that comes.
tl::expected<egresslint::evidence::Mta, std::string> ask(const std::vector<std::string>& says,
                                                         egresslint::base::Sources& sources,
                                                         std::chrono::milliseconds timeout = 3000ms) {
    int port = 0;
    const int s = listener(port);
    std::thread server([&] {
        const int c = accept(s, nullptr, nullptr);
        for (const std::string& text : says) {
            (void)!write(c, text.data(), text.size());
            char buffer[512];
            if (read(c, buffer, sizeof buffer) <= 0) break;
        }
        close(c);
    });
    auto out = ask_smtp({"127.0.0.1", std::to_string(port)}, timeout, sources);
    server.join();
    close(s);
    return out;
}

}  // namespace

TEST_CASE("names of servers", "[smtp]") {
    const auto text = [](const char* t) {
        const auto s = parse_smtp_server(t);
        return s ? s->host + " " + s->port : "error " + s.error();
    };
    CHECK(text("mail.example.com") == "mail.example.com 25");
    CHECK(text("192.0.2.25:587") == "192.0.2.25 587");
    CHECK(text("[2001:db8::25]:2525") == "2001:db8::25 2525");
    CHECK(text("[2001:db8::25]") == "2001:db8::25 25");
    CHECK(text("2001:db8::25") == "2001:db8::25 25");
    for (const char* wrong :
         {"", ":25", "a:", "a:0", "a:70000", "a:x", "[::1", "[x]:1", "[::1]25", "a:b:c", "a b", "-x", "http://a"})
        CHECK(text(wrong).starts_with("error "));
}

TEST_CASE("a server of our own", "[smtp]") {
    egresslint::base::Sources sources;
    const auto mta = ask({"220 mail.example.com. ESMTP\r\n", "250-mail.example.com hello\r\n250 SIZE 1\r\n"}, sources);
    REQUIRE(mta);
    CHECK(mta->host_name.value == "mail.example.com");
    CHECK(sources.text(mta->host_name.span) == "mail.example.com");
    CHECK(mta->senders.at(0).helo.empty());
    CHECK(mta->senders.at(0).unknown_helo.size() == 1);
    CHECK(mta->files.at(0).starts_with("smtp://127.0.0.1:"));
    // A greeting that a firewall has blotted out: EHLO's answer has the name.
    const auto masked = ask({"220 ****************\r\n", "250 mail.example.com\r\n"}, sources);
    REQUIRE(masked);
    CHECK(masked->host_name.value == "mail.example.com");
    const auto refuses = ask({"554-mail.example.com\r\n554 no mail here\r\n", "503 no\r\n"}, sources);
    REQUIRE(refuses);
    CHECK(refuses->host_name.value == "mail.example.com");
}

TEST_CASE("servers that do not speak", "[smtp]") {
    egresslint::base::Sources sources;
    const auto error = [&](const std::vector<std::string>& says) { return ask(says, sources, 400ms).error(); };
    CHECK(error({"HTTP/1.1 400 Bad Request\r\n"}).ends_with(": the answer is no greeting of SMTP"));
    CHECK(error({"220-" + std::string(40000, 'x')}).ends_with(": no greeting in time"));
    CHECK(error({}).ends_with(": no greeting in time"));
    // Silence is waited for no longer than was asked; the connection is closed by our side then.
    int port = 0;
    const int s = listener(port);
    const auto begin = std::chrono::steady_clock::now();
    const auto silent = ask_smtp({"127.0.0.1", std::to_string(port)}, 300ms, sources);
    CHECK_FALSE(silent);
    CHECK(std::chrono::steady_clock::now() - begin < 5s);
    close(s);
    CHECK_FALSE(ask_smtp({"127.0.0.1", std::to_string(port)}, 300ms, sources));
}

TEST_CASE("a real Postfix", "[smtp]") {
    if (geteuid() != 0 || !egresslint::kernel::have("postfix")) {
        std::fprintf(stderr, "SKIPPED in part: Postfix is not installed, or only root may start it\n");
        return;
    }
    int port = 0;
    close(listener(port));
    const fs::path folder = fs::temp_directory_path() / ("egresslint-postfix-" + std::to_string(getpid()));
    fs::create_directories(folder / "spool");
    fs::create_directories(folder / "data");
    run({"chown", "postfix", (folder / "data").string()});
    std::ofstream(folder / "main.cf")
        << "compatibility_level = 3.6\nmyhostname = mail.example.com\nqueue_directory = " << (folder / "spool").string()
        << "\ndata_directory = " << (folder / "data").string()
        << "\ninet_interfaces = 127.0.0.1\ninet_protocols = ipv4\nmaillog_file = /dev/stdout\n"
           "alias_maps =\nalias_database =\nsmtpd_peername_lookup = no\n";
    std::ofstream(folder / "master.cf")
        << "127.0.0.1:" << port
        << " inet n - n - - smtpd\ncleanup unix n - n - 0 cleanup\nrewrite unix - - n - - trivial-rewrite\n"
           "anvil unix - - n - 1 anvil\nproxymap unix - - n - - proxymap\npostlog unix-dgram n - n - 1 postlogd\n"
           "qmgr unix n - n 300 1 qmgr\npickup unix n - n 60 1 pickup\n";
    const pid_t child = fork();
    if (child == 0) {
        const std::string log = (folder / "log").string();
        if (std::freopen(log.c_str(), "w", stdout) == nullptr || std::freopen(log.c_str(), "a", stderr) == nullptr)
            _exit(1);
        execlp("postfix", "postfix", "-c", folder.c_str(), "start-fg", nullptr);
        _exit(127);
    }
    egresslint::base::Sources sources;
    tl::expected<egresslint::evidence::Mta, std::string> mta = tl::unexpected(std::string("not asked"));
    for (int i = 0; i < 150 && !mta; ++i) {
        mta = ask_smtp({"127.0.0.1", std::to_string(port)}, 20s, sources);
        if (!mta) std::this_thread::sleep_for(200ms);
    }
    run({"postfix", "-c", folder.string(), "stop"});
    kill(child, SIGTERM);
    waitpid(child, nullptr, 0);
    std::ifstream log(folder / "log");
    const std::string said((std::istreambuf_iterator<char>(log)), {});
    fs::remove_all(folder);
    INFO(said);
    INFO((mta ? std::string() : mta.error()));
    REQUIRE(mta);
    CHECK(mta->host_name.value == "mail.example.com");
    const std::string_view transcript = sources.text(mta->span.file);
    CHECK(transcript.starts_with("220 mail.example.com ESMTP Postfix"));
    CHECK(transcript.find("EHLO [127.0.0.1]\r\n250-mail.example.com\r\n") != std::string_view::npos);
}

int main(int argc, char** argv) { return Catch::Session().run(argc, argv); }
