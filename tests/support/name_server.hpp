// SPDX-License-Identifier: Apache-2.0
// Name servers of the loopback interface for tests of the --live options; each ends with its object.
#pragma once

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
#include <string>
#include <utility>
#include <vector>

namespace egresslint::test {

namespace fs = std::filesystem;

/// A UDP socket of the loopback interface; its port is free for others once it is closed.
struct Port {
    int fd = -1;
    unsigned number = 0;
    Port() {
        fd = ::socket(AF_INET, SOCK_DGRAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0);
        REQUIRE(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
        number = ntohs(address.sin_port);
    }
    ~Port() { close(); }
    void close() {
        if (fd >= 0) ::close(fd);
        fd = -1;
    }
};

/// A server that ends with this object.
struct Server {
    fs::path directory;
    pid_t process = -1;
    Port port;

    Server() {
        std::string pattern = (fs::temp_directory_path() / "egresslint-live-XXXXXX").string();
        directory = ::mkdtemp(pattern.data());
        fs::permissions(directory, fs::perms::others_read | fs::perms::others_exec, fs::perm_options::add);
    }
    ~Server() {
        if (process > 0) {
            ::kill(process, SIGTERM);
            ::waitpid(process, nullptr, 0);
        }
        fs::remove_all(directory);
    }
    void write(const std::string& name, const std::string& text) const {
        std::ofstream(directory / name, std::ios::binary) << text;
    }
    void start(const std::vector<std::string>& command) {
        port.close();
        process = ::fork();
        if (process == 0) {
            std::vector<char*> arguments;
            for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
            arguments.push_back(nullptr);
            if (std::freopen("/dev/null", "w", stderr) == nullptr || std::freopen("/dev/null", "w", stdout) == nullptr)
                ::_exit(126);
            ::execv(arguments[0], arguments.data());
            ::_exit(127);
        }
    }
    /// NSD with these zones, each the name of a file that was written.
    void serve(const std::vector<std::pair<std::string, std::string>>& zones) {
        const std::string here = directory.string();
        std::string text = "server:\n  ip-address: " + address() + "\n  username: \"\"\n  zonesdir: \"" + here +
                           "\"\n  pidfile: \"" + here + "/pid\"\n  zonelistfile: \"" + here +
                           "/list\"\n  xfrdfile: \"" + here + "/state\"\n  xfrdir: \"" + here +
                           "\"\n  cookie-secret-file: \"\"\n  server-count: 1\nremote-control:\n  control-enable: no\n";
        for (const auto& [name, file] : zones) text += "zone:\n  name: " + name + "\n  zonefile: " + file + "\n";
        write("nsd.conf", text);
        start({"/usr/sbin/nsd", "-d", "-c", here + "/nsd.conf"});
    }
    [[nodiscard]] std::string address() const { return "127.0.0.1@" + std::to_string(port.number); }
};

}  // namespace egresslint::test
