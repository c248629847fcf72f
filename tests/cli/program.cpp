// SPDX-License-Identifier: Apache-2.0
#include "program.hpp"

#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace egresslint::tests {
namespace fs = std::filesystem;

const char* const clean_nft = R"(table inet fw {
	chain forward {
		type filter hook forward priority filter; policy drop;
		ct state established,related accept
		iifname "lan0" oifname "wan0" ip saddr 10.20.0.0/16 tcp dport 443 accept
	}
	chain output {
		type filter hook output priority filter; policy drop;
	}
}
table ip nat {
	chain postrouting {
		type nat hook postrouting priority srcnat;
		oifname "wan0" ip saddr 10.20.0.0/16 snat to 198.51.100.2
	}
}
)";
const char* const open_nft = R"(table inet fw {
	chain forward {
		type filter hook forward priority filter; policy drop;
		ct state established,related accept
		iifname "lan0" oifname "wan0" ip saddr 10.20.0.0/16 accept
	}
	chain output {
		type filter hook output priority filter; policy drop;
	}
}
table ip nat {
	chain postrouting {
		type nat hook postrouting priority srcnat;
		oifname "wan0" ip saddr 10.20.0.0/16 snat to 198.51.100.2
	}
}
)";

namespace {
std::string slurp(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}
}  // namespace

Scratch::Scratch(const Files& files) {
    static int count = 0;
    path_ = (fs::path(EGRESSLINT_BINARY_DIR) / "scratch" / ("cli-" + std::to_string(++count))).string();
    fs::remove_all(path_);
    fs::create_directories(fs::path(path_) / ".git");  // the upward search for an intent file ends here
    for (const auto& [name, text] : files) write(name, text);
}

Scratch::~Scratch() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

void Scratch::write(const std::string& name, const std::string& text) const {
    const fs::path path = fs::path(path_) / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
}

std::string Scratch::read(const std::string& name) const { return slurp(fs::path(path_) / name); }

Ran Scratch::run(const std::string& arguments, const std::string& environment) const {
    const std::string line = "cd '" + path_ + "' && exec env -i PATH=/usr/bin:/bin HOME=/nonexistent TERM=xterm " +
                             environment + " '" EGRESSLINT_PROGRAM "' " + arguments + " >.git/stdout 2>.git/stderr";
    const int raw = std::system(line.c_str());
    return {WIFEXITED(raw) ? WEXITSTATUS(raw) : -1, read(".git/stdout"), read(".git/stderr")};
}

}  // namespace egresslint::tests
