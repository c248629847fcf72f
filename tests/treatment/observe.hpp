// SPDX-License-Identifier: Apache-2.0
// What the readers make of an example, found by reading it: the tables src/dialects/*/TREATMENT.md are written from
// this, so they say what happens and nothing else.
#pragma once

#include <string>
#include <vector>

namespace egresslint::treatment {

/// One line of a .examples file.
struct Example {
    std::string section;
    std::string pattern;  ///< of the section: "% accept"
    std::string name;
    std::string place;
    std::string text;
};
/// Empty where the file cannot be read.
[[nodiscard]] std::vector<Example> read_examples(const std::string& path);

struct Observed {
    enum class How {
        exact,      ///< no unknown is involved
        exact_new,  ///< unknowns decide for packets of connections that exist already, and for them only
        unknown,    ///< the answer for new flows hangs on unknown predicates
        inert,      ///< nothing that decides a packet: the model is that of the rule without it
        reported,   ///< EL901 or EL903 that may matter
        refused,    ///< the file is not read: exit status 2
    };
    How how = How::exact;
    std::vector<std::string> names;  ///< of the predicates, or what was said
};
[[nodiscard]] Observed observe(const std::string& dialect, const Example& example);
[[nodiscard]] std::string to_string(const Observed& observed);

/// The whole table, Markdown.
[[nodiscard]] std::string table(const std::string& dialect, const std::vector<Example>& examples);

}  // namespace egresslint::treatment
