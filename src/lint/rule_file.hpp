// SPDX-License-Identifier: Apache-2.0
// A rule is one literate file, rules/ELnnn-name.md: TOML front matter between `+++` lines, then a page with fixed
// heads and fenced examples that run as tests. The files are embedded in the program (embed_rules.cmake).
//
//   +++
//   code = "EL101"
//   name = "mail-source-not-own"
//   severity = "error"
//   kind = "forbid"                     # forbid, require, several; or native: a check in C++
//   query = 'for each mail server m: from m and ... leaves as not in m.outbound'
//   message = "{server} sends SMTP as {leaves_as}, not as its own {outbound}"
//   needs = ["m.outbound"]
//   +++
//   ```nft expect=EL101@4        an example that must give exactly these findings, code@line of the block
//   ```nft clean                 one that must give none
//   ```toml intent               egresslint.toml for the examples that follow on the page
//   ```zone evidence             a zone file, for the examples that follow; likewise ```mta and ```registry. They are
//                                together until the next ```toml intent
//   ```json addresses            the device's addresses, as `addresses` of egresslint.toml names them, likewise
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "base/diagnostic.hpp"

namespace egresslint::lint {

struct RuleExample {
    std::string dialect;  ///< "nft", "iptables", "ip6tables"
    std::string text;
    std::string intent;                                         ///< "" = inference only
    std::vector<std::pair<std::string, std::string>> evidence;  ///< kind ("zone", "mta", "registry") and text
    std::string addresses;                                      ///< a dump of the device's addresses; "" = none
    std::vector<std::pair<std::string, unsigned>>
        expect;         ///< code, line in `text`; line 0 = no location. Empty = clean
    unsigned line = 0;  ///< of the fence in the rule file
};

enum class RuleKind : std::uint8_t {
    forbid,   ///< the query's set must be empty
    require,  ///< the query's set must not be empty
    several,  ///< the flows of the query must all leave with one source
    native,   ///< decided by bookkeeping in C++ (EL9xx)
};

/// When a rule is asked that nobody selected.
enum class RuleRuns : std::uint8_t {
    always,
    audit,     ///< by `audit`, not by `check`: worth a look once, no fault of a change
    selected,  ///< never: a matter of taste
};

struct RuleFile {
    std::string code;
    std::string name;
    base::Severity severity = base::Severity::error;
    RuleKind kind = RuleKind::forbid;
    std::string query;
    std::string message;             ///< {placeholders}: see rules/README.md
    std::vector<std::string> needs;  ///< "m.outbound", "m.published"; without them the rule does not apply
    /// An interface address that nobody stated is presumed global and not a mail server's own.
    bool presume_interface_address = false;
    std::string help;
    RuleRuns runs = RuleRuns::always;
    /// A second question of the same rule at another severity ("" = none): keys also_query, also_message,
    /// also_severity.
    std::string also_query;
    std::string also_message;
    base::Severity also_severity = base::Severity::warning;
    std::string summary;  ///< first sentence of "What it does"
    std::string page;     ///< Markdown, front matter removed; `explain` prints it
    std::vector<RuleExample> examples;
    std::string path;  ///< "rules/EL101-mail-source-not-own.md"
};

struct RuleFileError {
    std::string path;
    unsigned line = 0;
    std::string message;
    std::size_t begin = 0, end = 0;  ///< in the text, where more than the line is known
};
/// Ours have every head on their page and may be native. A site's may be as short as its front matter, its query is
/// read here, and its code is not one of ours.
enum class Whose : std::uint8_t { ours, site };
[[nodiscard]] tl::expected<RuleFile, RuleFileError> parse_rule_file(std::string_view path, std::string_view text,
                                                                    Whose whose = Whose::ours);
/// What is wrong with a code of a site's own rule or policy; "" if nothing.
[[nodiscard]] std::string wrong_site_code(std::string_view code);

/// Built-in rules by code. Parsed once.
[[nodiscard]] const std::vector<RuleFile>& rules();
/// By code ("EL101", any case) or name; nullptr if there is none.
[[nodiscard]] const RuleFile* find_rule(std::string_view code_or_name, const std::vector<RuleFile>& among = rules());
/// The nearest code or name, for "did you mean"; "" if nothing is near.
[[nodiscard]] std::string nearest_rule(std::string_view text, const std::vector<RuleFile>& among = rules());

}  // namespace egresslint::lint
