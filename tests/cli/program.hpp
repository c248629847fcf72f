// SPDX-License-Identifier: Apache-2.0
// Runs the program in a scratch directory, as a shell would.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace egresslint::tests {

struct Ran {
    int status = -1;
    std::string out, err;
};

/// Name and text of each file.
using Files = std::vector<std::pair<std::string, std::string>>;

/// A directory of its own for one test, with the given files in it; gone afterwards.
class Scratch {
public:
    explicit Scratch(const Files& files = {});
    ~Scratch();
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    /// `arguments` as a shell would read them; `environment` is VAR=value words.
    [[nodiscard]] Ran run(const std::string& arguments, const std::string& environment = "") const;
    [[nodiscard]] std::string read(const std::string& name) const;
    void write(const std::string& name, const std::string& text) const;
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
};

/// A ruleset in which nothing is wrong and one in which tcp/25 is open to everyone.
extern const char* const clean_nft;
extern const char* const open_nft;

}  // namespace egresslint::tests
