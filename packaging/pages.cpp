// SPDX-License-Identifier: Apache-2.0
// Writes what a package ships as pages, from what the program itself knows. A tool of the build, not shipped.
//
//   pages manual DATE    egresslint(1) as man(7) source, from the command line's own description and the rules
//   pages rules          every rule's page as one Markdown text, for cmark to make egresslint-rules(7) of
#include <fmt/format.h>

#include <cstdio>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cli/arguments.hpp"
#include "cli/version.hpp"
#include "lint/rule_file.hpp"

namespace {

using namespace egresslint;

/// Text that troff prints as it is: no macros at the beginning of a line, no escapes, hyphens that can be copied.
std::string roff(std::string_view text) {
    std::string out;
    if (text.starts_with('.') || text.starts_with('\'')) out = "\\&";
    for (const char c : text) {
        switch (c) {
            case '\\': out += "\\e"; break;
            case '-': out += "\\-"; break;
            case '`':
            case '\'': out += c == '`' ? "\\(ga" : "\\(aq"; break;
            default: out += c;
        }
    }
    return out;
}

std::string bold(std::string_view text) { return "\\fB" + roff(text) + "\\fR"; }

std::string option_head(const cli::OptionPage& option) {
    std::vector<std::string> names;
    for (const std::string& name : option.names) names.push_back(option.positional ? roff(name) : bold(name));
    std::string out = fmt::format("{}", fmt::join(names, ", "));
    if (!option.positional && !option.value.empty()) out += " \\fI" + roff(option.value) + "\\fR";
    return out;
}

/// An option that several commands share is described once, with the commands that have it.
struct Shared {
    const cli::OptionPage* option;
    std::vector<std::string> commands;
};

std::vector<Shared> shared_options(const cli::ProgramPage& program) {
    std::vector<Shared> out;
    std::map<std::string, std::size_t> known;
    const auto add = [&](const std::string& name, const std::vector<cli::OptionPage>& options) {
        for (const cli::OptionPage& option : options) {
            const std::string key =
                fmt::format("{}\n{}\n{}", fmt::join(option.names, " "), option.value, option.describes);
            const auto [at, first] = known.emplace(key, out.size());
            if (first) out.push_back({&option, {}});
            out[at->second].commands.push_back(name);
        }
    };
    for (const cli::CommandPage& command : program.commands) add(command.name, command.options);
    add("without a command", program.options);
    return out;
}

void options_section(const cli::ProgramPage& program, std::string& out) {
    out += ".SH OPTIONS\nEach option is followed by the commands that take it.\n";
    for (const Shared& shared : shared_options(program)) {
        const bool everywhere = shared.commands.size() > program.commands.size();
        out += fmt::format(".TP\n{}\n{}\n.br\n({})\n", option_head(*shared.option), roff(shared.option->describes),
                           everywhere ? "every command" : roff(fmt::format("{}", fmt::join(shared.commands, ", "))));
    }
}

std::string manual(std::string_view date) {
    const cli::ProgramPage program = cli::describe_program();
    std::string out = fmt::format(".TH EGRESSLINT 1 {} \"{}\" \"User Commands\"\n", date, cli::version_text());
    out +=
        ".SH NAME\negresslint \\- reads firewall and NAT configurations and proves who leaves the network as which "
        "address\n";
    out += ".SH SYNOPSIS\n.B egresslint\n.I COMMAND\n.RI [ OPTIONS ]\n.RI [ PATH ...]\n";
    out += ".SH DESCRIPTION\n" + roff(program.summary) + "\n";
    out +=
        "A finding is a set of packets, computed exactly through filter, translation and routing, with a packet that\n"
        "shows it, the rules that handled that packet, and the line to change. What was not understood is a finding\n"
        "itself.\n.PP\n"
        "Files only are read; no privileges are needed, and nothing is sent over a network unless an option asks for "
        "it\n"
        "whose name begins with \\fB\\-\\-live\\fR.\n";
    out += ".SH COMMANDS\n";
    for (const cli::CommandPage& command : program.commands) {
        out += fmt::format(".TP\n{}", bold(command.name));
        for (const cli::OptionPage& option : command.options)
            if (option.positional)
                out += fmt::format(" \\fI{}\\fR{}", roff(option.names.front()), option.value == "PATH" ? "..." : "");
        out += "\n" + roff(command.summary) + "\n";
    }
    options_section(program, out);
    out += ".SH EXIT STATUS\n" + roff(program.exit_status) + "\n";
    out +=
        ".SH ENVIRONMENT\n.TP\n.BR NO_COLOR \", \" CLICOLOR_FORCE \", \" FORCE_COLOR \", \" TERM\n"
        "decide about colour where \\fB\\-\\-color\\fR does not.\n";
    out +=
        ".SH FILES\n.TP\n.I egresslint.toml\nwhat the site wants, in the working directory or the nearest directory "
        "above "
        "it;\n\\fBegresslint init\\fR writes one.\n.TP\n.I egresslint\\-baseline.json\n"
        "findings that are known; \\fBegresslint baseline\\fR writes it.\n";
    out += ".SH RULES\nEach has a page in\n.BR egresslint\\-rules (7),\nwhich \\fBegresslint explain\\fR prints too.\n";
    for (const lint::RuleFile& rule : lint::rules())
        out += fmt::format(".TP\n{} {}\n{}\n", bold(rule.code), roff(rule.name), roff(rule.summary));
    out +=
        ".SH SEE ALSO\n.BR egresslint\\-rules (7),\n.BR egresslint\\-nft (1),\n.BR nft (8),\n.BR iptables\\-save (8)\n";
    return out;
}

std::string rule_pages() {
    std::string out =
        "# NAME\n\negresslint-rules - what egresslint looks for, a page for each rule\n\n"
        "# DESCRIPTION\n\n`egresslint explain CODE` prints a single page.\n\n";
    for (const lint::RuleFile& rule : lint::rules()) out += rule.page + "\n\n";
    return out;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view what = argc > 1 ? argv[1] : "";
    std::string text;
    if (what == "manual" && argc == 3) text = manual(argv[2]);
    if (what == "rules" && argc == 2) text = rule_pages();
    if (text.empty()) {
        std::fprintf(stderr, "usage: pages manual DATE | pages rules\n");
        return 2;
    }
    const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
    return written ? 0 : 2;
}
