// SPDX-License-Identifier: Apache-2.0
// `egresslint completions SHELL`: what a shell offers behind <Tab>, made from the same description of the command line
// as --help. Each script stands alone; bash needs no bash-completion.
//
//   bash  a function that looks at the words so far     source <(egresslint completions bash)
//   zsh   `_arguments` for each command                 egresslint completions zsh >DIRECTORY-OF-fpath/_egresslint
//   fish  a `complete` line for each option             egresslint completions fish
//   >~/.config/fish/completions/egresslint.fish
#include <fmt/format.h>

#include <algorithm>

#include "cli/arguments.hpp"
#include "cli/command.hpp"

namespace egresslint::cli {
namespace {

std::string joined(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, " ")); }

std::string replaced(std::string text, std::string_view what, std::string_view by) {
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
        text.replace(at, what.size(), by);
    return text;
}

/// In single quotes, as bash and zsh read them.
std::string quoted(const std::string& text) { return "'" + replaced(text, "'", "'\\''") + "'"; }

std::vector<std::string> command_names(const ProgramPage& program) {
    std::vector<std::string> out;
    for (const CommandPage& command : program.commands) out.push_back(command.name);
    return out;
}

const OptionPage* positional(const CommandPage& command) {
    for (const OptionPage& option : command.options)
        if (option.positional && !option.values.empty()) return &option;
    return nullptr;
}

class Bash {
public:
    [[nodiscard]] std::string write(const ProgramPage& program) const {
        std::string values, options, words;
        add_options("", program.options, values, options);
        for (const CommandPage& command : program.commands) {
            add_options(command.name, command.options, values, options);
            if (const OptionPage* word = positional(command))
                words += fmt::format("        {}) mapfile -t COMPREPLY < <(compgen -W {} -- \"$current\") ;;\n",
                                     command.name, quoted(joined(word->values)));
        }
        const std::string names = fmt::format("{}", fmt::join(command_names(program), "|"));
        return fmt::format(R"(# Completion of egresslint for bash; written by `egresslint completions bash`.
_egresslint() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} option=${{COMP_WORDS[COMP_CWORD-1]}} command='' i
    # bash takes --option=value for three words.
    if [[ $current == = ]]; then
        current=''
    elif [[ $option == = ]]; then
        option=${{COMP_WORDS[COMP_CWORD-2]}}
    fi
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${{COMP_WORDS[i]}} in
        {}) command=${{COMP_WORDS[i]}} && break ;;
        esac
    done
    local files='' list=0 values=''
    COMPREPLY=()
    case "$command $option" in
{}    esac
    if [[ -n $files ]]; then
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen "$files" -- "$current")
        return
    fi
    if [[ -n $values ]]; then
        local before=''
        [[ $list == 1 && $current == *,* ]] && before=${{current%,*}},
        mapfile -t COMPREPLY < <(compgen -P "$before" -W "$values" -- "${{current##*,}}")
        return
    fi
    if [[ $current == -* ]]; then
        local options=''
        case $command in
{}        esac
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
        return
    fi
    case $command in
        '') mapfile -t COMPREPLY < <(compgen -W {} -- "$current") ;;
{}        *)
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -f -- "$current")
            ;;
    esac
}}
complete -F _egresslint egresslint
)",
                           names, values, options, quoted(joined(command_names(program))), words);
    }

private:
    static void add_options(const std::string& command, const std::vector<OptionPage>& list, std::string& values,
                            std::string& options) {
        std::vector<std::string> names;
        for (const OptionPage& option : list) {
            if (option.positional) continue;
            names.insert(names.end(), option.names.begin(), option.names.end());
            if (option.value.empty()) continue;
            std::vector<std::string> patterns;
            for (const std::string& name : option.names) patterns.push_back(fmt::format("\"{} {}\"", command, name));
            std::string effect = "return";
            if (option.takes_files()) effect = "files=-f";
            if (option.value == "DIR") effect = "files=-d";
            if (!option.values.empty())
                effect =
                    fmt::format("{}values={}", option.takes_list() ? "list=1 " : "", quoted(joined(option.values)));
            values += fmt::format("        {}) {} ;;\n", fmt::join(patterns, " | "), effect);
        }
        options += fmt::format("            {}) options={} ;;\n", quoted(command), quoted(joined(names)));
    }
};

class Zsh {
public:
    [[nodiscard]] std::string write(const ProgramPage& program) const {
        std::string commands, cases;
        for (const CommandPage& command : program.commands) {
            commands += fmt::format("                {}\n", quoted(command.name + ":" + command.summary));
            cases += fmt::format("                {})\n                    _arguments -S{}\n                    ;;\n",
                                 command.name, specs(command.options, "                        "));
        }
        return fmt::format(R"(#compdef egresslint
# Completion of egresslint for zsh; written by `egresslint completions zsh`.
_egresslint() {{
    local curcontext=$curcontext state line
    typeset -A opt_args
    _arguments -C -S{} \
        '1: :->command' '*:: :->rest'
    case $state in
        command)
            local -a commands=(
{}            )
            _describe command commands
            ;;
        rest)
            case $words[1] in
{}            esac
            ;;
    esac
}}
if [[ $funcstack[1] == _egresslint ]]; then _egresslint "$@"; else compdef _egresslint egresslint; fi
)",
                           specs(program.options, "        "), commands, cases);
    }

private:
    static std::string specs(const std::vector<OptionPage>& options, const std::string& indent) {
        std::string out;
        for (const OptionPage& option : options)
            for (const std::string& name : option.names) out += " \\\n" + indent + quoted(spec(option, name));
        return out;
    }
    static std::string spec(const OptionPage& option, const std::string& name) {
        std::string action;
        if (option.takes_files())
            action = "_files";
        else if (option.takes_list())
            action = option.values.empty() ? "" : fmt::format("_sequence compadd - {}", joined(option.values));
        else if (!option.values.empty())
            action = fmt::format("({})", joined(option.values));
        else if (option.value == "DIR")
            action = "_files -/";
        if (option.positional) return fmt::format("{}:{}:{}", option.value == "PATH" ? "*" : "1", name, action);
        const std::string help =
            replaced(replaced(replaced(replaced(option.describes, "\\", "\\\\"), "[", "\\["), "]", "\\]"), ":", "\\:");
        // Many may be given more than once; offering one again does no harm.
        const std::string head =
            fmt::format("*{}{}[{}]", name, option.value.empty() || name.size() == 2 ? "" : "=", help);
        return option.value.empty() ? head : fmt::format("{}:{}:{}", head, replaced(option.value, ":", "\\:"), action);
    }
};

class Fish {
public:
    [[nodiscard]] std::string write(const ProgramPage& program) const {
        std::string out =
            "# Completion of egresslint for fish; written by `egresslint completions fish`.\n"
            "complete -c egresslint -f -n __fish_use_subcommand\n";
        add_options("__fish_use_subcommand", program.options, out);
        for (const CommandPage& command : program.commands)
            out += fmt::format("complete -c egresslint -n __fish_use_subcommand -f -a {} -d {}\n", command.name,
                               fish_quoted(command.summary));
        for (const CommandPage& command : program.commands) {
            const std::string when = fmt::format("'__fish_seen_subcommand_from {}'", command.name);
            add_options(when, command.options, out);
            if (const OptionPage* word = positional(command))
                out += fmt::format("complete -c egresslint -n {} -f -a '{}'\n", when, joined(word->values));
        }
        return out;
    }

private:
    static std::string fish_quoted(const std::string& text) {
        return "'" + replaced(replaced(text, "\\", "\\\\"), "'", "\\'") + "'";
    }
    static void add_options(const std::string& when, const std::vector<OptionPage>& options, std::string& out) {
        for (const OptionPage& option : options) {
            if (option.positional) continue;
            out += fmt::format("complete -c egresslint -n {}", when);
            for (const std::string& name : option.names)
                out += name.size() == 2 ? " -s " + name.substr(1) : " -l " + name.substr(2);
            if (option.takes_files())
                out += " -r -F";
            else if (option.value == "DIR")
                out += " -x -a '(__fish_complete_directories)'";
            else if (!option.value.empty())
                out += option.values.empty() ? " -x" : fmt::format(" -x -a '{}'", joined(option.values));
            out += fmt::format(" -d {}\n", fish_quoted(option.describes));
        }
    }
};

}  // namespace

Expected<int> run_completions(Session& session) {
    const std::string& shell = session.options.shell;
    std::string text;
    if (shell == "bash") text = Bash().write(describe_program());
    if (shell == "zsh") text = Zsh().write(describe_program());
    if (shell == "fish") text = Fish().write(describe_program());
    if (text.empty())
        return tl::unexpected(failure(
            Status::usage, shell.empty()
                               ? "completions needs a shell; it knows: bash, zsh, fish"
                               : fmt::format("completions: no such shell '{}'; it knows: bash, zsh, fish", shell)));
    if (!session.print(text))
        return tl::unexpected(failure(Status::unreadable, "standard output could not be written"));
    return 0;
}

}  // namespace egresslint::cli
