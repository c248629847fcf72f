// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <filesystem>
#include <list>
#include <optional>

#include "base/address.hpp"
#include "cli/shard.hpp"
#include "cli/version.hpp"
#include "dialects/dialect.hpp"
#include "lint/change.hpp"
#include "lint/rule_file.hpp"
#include "lint/suggest.hpp"
#include "report/report.hpp"

namespace egresslint::cli {
namespace {

using Words = std::vector<std::string_view>;

std::string did_you_mean(std::string_view word, const Words& words) {
    const std::string near = lint::nearest(word, words);
    return near.empty() ? "" : fmt::format("; did you mean '{}'?", near);
}

std::string listed(const Words& words) { return fmt::format("{}", fmt::join(words, ", ")); }

/// An error text unless `word` is one of `words`.
std::string one_of(std::string_view option, const std::string& word, const Words& words) {
    if (std::find(words.begin(), words.end(), word) != words.end()) return "";
    const std::string near = did_you_mean(word, words);
    return fmt::format("{}: no such value '{}'{}", option, word,
                       near.empty() ? fmt::format("; it takes {}", listed(words)) : near);
}

Words format_names() {
    Words out;
    for (const report::Format& format : report::formats()) out.push_back(format.name);
    return out;
}

Words dialect_names() {
    Words out;
    for (const dialects::Dialect& dialect : dialects::all()) out.push_back(dialect.name);
    return out;
}

/// Codes, prefixes of codes ("EL1"), names, or ALL.
/// What a site's rules or policies may be called is looked up when they have been read.
std::string check_rule_selector(std::string_view option, std::string& word, bool with_rules) {
    const bool may_be_site =
        !word.starts_with("EL") && !word.starts_with("el") && (with_rules || lint::wrong_site_code(word).empty());
    if (word == "ALL") {
        word = "EL";
        return "";
    }
    if (const lint::RuleFile* rule = lint::find_rule(word)) {
        word = rule->code;
        return "";
    }
    std::string upper = word;
    std::transform(upper.begin(), upper.end(), upper.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    for (const lint::RuleFile& rule : lint::rules())
        if (!upper.empty() && rule.code.starts_with(upper)) {
            word = upper;
            return "";
        }
    if (may_be_site) return "";
    const std::string near = lint::nearest_rule(word);
    return fmt::format("{}: no such rule '{}'{}", option, word,
                       near.empty() ? "; `egresslint rules` lists them" : fmt::format("; did you mean '{}'?", near));
}

std::vector<std::string> rule_codes() {
    std::vector<std::string> out;
    for (const lint::RuleFile& rule : lint::rules()) out.push_back(rule.code);
    return out;
}

/// The words that an option takes, where those are few. --format differs from command to command.
Words values_of(std::string_view option) {
    if (option == "--color") return {"auto", "always", "never"};
    if (option == "--fail-on") return {"error", "warning", "note", "never"};
    if (option == "--min-certainty") return {"possible", "proven"};
    if (option == "--after") return {"read", "resolve"};
    if (option == "--path") return {"forward", "input", "output"};
    if (option == "--unknown") return {"may", "must"};
    if (option == "--proto") return {"tcp", "udp", "sctp", "dccp", "udplite"};
    if (option == "--family") return {"ipv4", "ipv6", "4", "6"};
    if (option == "--dialect") return dialect_names();
    return {};
}

std::string one_of(std::string_view option, const std::string& word) { return one_of(option, word, values_of(option)); }

constexpr std::string_view exit_status_text = "0 nothing at or above --fail-on, 1 findings, 2 no verdict.";

/// What the parser writes into before it is translated into Options.
struct Raw {
    std::vector<std::string> outputs;
    std::string color = "auto";
    std::string fail_on = "error";
    std::string min_certainty = "possible";
    std::vector<std::string> dports;
    std::string sport;
    std::string live_dns;
    std::string jobs, shard;
    std::string family;
    bool ipv4 = false, ipv6 = false;
    std::vector<std::string> interfaces;
};

class Parser {
public:
    Parser() : app_("Proves who leaves the network as which address.", "egresslint") {
        app_.set_help_flag("-h,--help", "print this");
        app_.set_version_flag("-V,--version", version_text(), "print the version");
        app_.require_subcommand(0, 1);
        app_.allow_extras();
        app_.footer(
            fmt::format("Exit status: {}\n`egresslint COMMAND --help` lists a command's options.", exit_status_text));
        add_global(app_);
        for (const Command& command : commands()) {
            CLI::App* sub = app_.add_subcommand(std::string(command.name), std::string(command.summary));
            sub->set_help_flag("-h,--help", "print this");
            sub->allow_extras();
            add_options(*sub, command);
        }
    }

    Parsed parse(int argc, const char* const* argv) {
        Parsed out;
        try {
            app_.parse(argc, argv);
        } catch (const CLI::CallForHelp&) {
            out.text = app_.help("", CLI::AppFormatMode::Normal);
            for (CLI::App* sub : app_.get_subcommands()) out.text = sub->help("egresslint");
            return out;
        } catch (const CLI::CallForVersion&) {
            out.text = version_text() + "\n";
            return out;
        } catch (const CLI::ParseError& error) {
            out.problem = error.what();
        }
        const auto chosen = app_.get_subcommands();
        if (!chosen.empty()) {
            const std::string name = chosen.front()->get_name();
            options_.command = name;
            const auto& table = commands();
            out.command = &*std::find_if(table.begin(), table.end(), [&](const Command& c) { return c.name == name; });
        }
        // An unknown word explains more than what the parser tripped over because of it.
        if (std::string unknown = unknown_words(out.command); !unknown.empty()) out.problem = std::move(unknown);
        if (out.problem.empty() && out.command == nullptr)
            out.problem = "no command given; `egresslint --help` lists them";
        if (out.problem.empty()) out.problem = translate(*out.command);
        if (!out.problem.empty()) translate_format(argc, argv);
        out.options = options_;
        return out;
    }

    [[nodiscard]] ProgramPage describe() {
        ProgramPage out;
        out.summary = app_.get_description();
        out.exit_status = exit_status_text;
        out.options = describe_options(app_, nullptr);
        for (const Command& command : commands())
            out.commands.push_back({std::string(command.name), std::string(command.summary),
                                    describe_options(*app_.get_subcommand(std::string(command.name)), &command)});
        return out;
    }

private:
    static std::vector<OptionPage> describe_options(CLI::App& app, const Command* command) {
        std::vector<OptionPage> out;
        for (const CLI::Option* option : app.get_options()) {
            OptionPage page;
            page.describes = option->get_description();
            page.positional = option->get_positional();
            if (page.positional) {
                page.names = {option->get_name(true)};
                page.value = page.names.front();
            } else {
                for (const std::string& name : option->get_snames()) page.names.push_back("-" + name);
                for (const std::string& name : option->get_lnames()) page.names.push_back("--" + name);
                if (option->get_items_expected_max() > 0) page.value = option->get_type_name();
            }
            const std::string& name = page.names.back();
            const Words words = name == "--format" && command != nullptr ? command->formats : values_of(name);
            page.values.assign(words.begin(), words.end());
            if (page.value == "CODE" || page.value == "CODE,...") page.values = rule_codes();
            if (page.value == "ACTION") page.values = {"verify"};
            if (page.value == "SHELL") page.values = {"bash", "zsh", "fish"};
            out.push_back(std::move(page));
        }
        return out;
    }

    void add_global(CLI::App& app) {
        app.add_option("--color", raw_.color, "auto, always or never")->type_name("WHEN");
        app.add_flag("-q,--quiet", options_.quiet, "no remarks, no summary");
        app.add_flag("--no-progress", options_.no_progress, "no progress line on a terminal");
    }

    static Words change_kinds() {
        Words out;
        for (std::size_t i = 0; i < lint::flow_kinds; ++i) out.push_back(kind_name(static_cast<lint::FlowKind>(i)));
        return out;
    }

    void add_options(CLI::App& sub, const Command& command) {
        add_global(sub);
        const auto flag = [&](const char* name, bool& target, const char* help) { sub.add_flag(name, target, help); };
        const auto text = [&](const char* name, std::string& target, const char* type, const char* help) {
            return sub.add_option(name, target, help)->type_name(type);
        };
        const auto outside = [&] {
            flag("--allow-includes-outside", options_.allow_includes_outside,
                 "follow includes out of the directory of the file");
        };
        text("--format", options_.format, "NAME", "form of standard output")
            ->description(fmt::format("form of standard output: {}", listed(command.formats)));
        if (command.takes & takes_expression)
            text("EXPR", options_.expression, "", "the question, in the query language");
        if (command.takes & takes_code) text("CODE", options_.code, "", "a rule's code or name");
        if (command.takes & takes_paths) {
            sub.add_option("PATH", options_.paths, "files, directories, globs; - is standard input")->type_name("");
            text("--dialect", options_.dialect, "NAME", "instead of recognising it")
                ->description(fmt::format("instead of recognising it: {}", listed(dialect_names())));
            text("--stdin-filename", options_.stdin_filename, "PATH", "name of standard input in reports");
            text("--addresses", options_.addresses, "FILE", "`ip -j addr` of the device");
            text("--routes", options_.routes, "FILE", "`ip -j route show table all` of the device");
            text("--routing-rules", options_.routing_rules, "FILE", "`ip -j rule` of the device");
            outside();
            flag("--live", options_.live, "the running nftables ruleset of this host (needs egresslint-nft)");
            text("--via-kernel", options_.via_kernel, "FILE",
                 "what the kernel makes of FILE, in a private namespace (needs egresslint-nft)");
            flag("--show-files", options_.show_files, "print which files form which device, and stop");
        }
        if (command.takes & takes_versions) {
            sub.add_option("PATH", options_.paths, "BASE and HEAD, files or directories; with --git, what to compare")
                ->type_name("");
            text("--git", options_.git, "REV[..REV]",
                 "two revisions of this repository; REV alone: against the working directory; REV...REV: against where "
                 "the second left the first");
            flag("--config-from-base", options_.config_from_base,
                 "judge both by the old version's intent file, for changes by people who may not change it");
            sub.add_option("--map-interface", raw_.interfaces, "an interface of BASE is that one of HEAD")
                ->type_name("OLD=NEW,...")
                ->allow_extra_args(false)
                ->delimiter(',');
            sub.add_option("--fail-on-change", options_.fail_on_change,
                           fmt::format("status 1 also when such flows change: {} or any", listed(change_kinds())))
                ->type_name("KIND,...")
                ->allow_extra_args(false)
                ->delimiter(',');
            text("--dialect", options_.dialect, "NAME", "of both versions, instead of recognising it");
            outside();
        }
        if (command.takes & takes_change)
            flag("--changed", options_.changed, "PATHs are the files of a change: check the devices that they concern");
        if (command.takes & takes_evidence) {
            sub.add_option("--live-dns", raw_.live_dns,
                           "ask a resolver what no text says: ADDRESS[@PORT], or those of the system")
                ->type_name("SERVER")
                ->expected(0, 1);
            sub.add_option("--live-smtp", options_.live_smtp, "ask these mail servers what they call themselves")
                ->type_name("HOST[:PORT],...")
                ->allow_extra_args(false)
                ->delimiter(',');
            sub.add_option("--live-dnsbl", options_.live_dnsbl,
                           "ask these block lists about the addresses that mail servers send from")
                ->type_name("ZONE,...")
                ->allow_extra_args(false)
                ->delimiter(',');
        }
        if (command.takes & takes_jobs)
            text("--jobs", raw_.jobs, "N", "look at N devices at once; default: one for each processor");
        if (command.takes & takes_shard)
            text("--shard", raw_.shard, "I/N",
                 "look at part I of N only, and print it for `merge`; auto[/N]: I is the task's of a Slurm array or "
                 "Kubernetes job");
        if (command.takes & takes_parts)
            sub.add_option("FILE", options_.paths, "parts of a run, as --shard made them; all of them")->type_name("");
        if (command.takes & takes_config) {
            text("ACTION", options_.action, "", "what to do: verify");
            text("--config", options_.config, "FILE", "the intent file, egresslint.toml");
        }
        if (command.takes & takes_shell) text("SHELL", options_.shell, "", "bash, zsh or fish");
        if (command.takes & takes_intent) {
            text("--config", options_.config, "FILE", "the intent file, egresslint.toml");
            flag("--isolated", options_.isolated, "use no intent file");
            flag("--show-settings", options_.show_settings, "print what the options and the intent file say, and stop");
        }
        if (command.takes & takes_rules) {
            sub.add_option("--select", options_.select, "only these rules: codes, prefixes, names")
                ->type_name("CODE,...")
                ->allow_extra_args(false)
                ->delimiter(',');
            sub.add_option("--extend-select", options_.extend_select, "these rules too, though they do not run unasked")
                ->type_name("CODE,...")
                ->allow_extra_args(false)
                ->delimiter(',');
            sub.add_option("--ignore", options_.ignore, "not these rules")
                ->type_name("CODE,...")
                ->allow_extra_args(false)
                ->delimiter(',');
        }
        if (command.takes & takes_rule_files)
            sub.add_option("--rules", options_.rule_directories,
                           "a directory of rule files, *.md, asked too; may be repeated")
                ->type_name("DIR")
                ->allow_extra_args(false);
        if (command.takes & takes_findings) {
            sub.add_option("--output", raw_.outputs, "a further report into a file; may be repeated")
                ->type_name("FORMAT=PATH")
                ->allow_extra_args(false);
            text("--fail-on", raw_.fail_on, "LEVEL", "status 1 from this severity on: error, warning, note or never");
            flag("--exit-zero", options_.exit_zero, "status 0 even with findings");
            flag("--sarif-suppressed", options_.sarif_suppressed,
                 "SARIF lists what comments and [[allow]] suppress, marked as suppressed");
            flag("--no-suppressions", options_.no_suppressions, "show what comments and [[allow]] suppress");
            text("--min-certainty", raw_.min_certainty, "LEVEL", "possible (default) or proven");
            flag("--statistics", options_.statistics, "count findings by rule");
        }
        if (command.takes & takes_fixes) {
            text("--baseline", options_.baseline, "FILE", "leave out the findings that FILE lists");
            text("--write-baseline", options_.write_baseline, "FILE",
                 "list everything that is found in FILE; status 0");
            flag("--fix", options_.fix, "write the fixes that are proven to mend a finding and to change nothing else");
            flag("--diff", options_.diff, "print what --fix would write, as a unified diff; write nothing");
            flag("--unsafe-fixes", options_.unsafe_fixes, "with --fix or --diff: also those that need a person's look");
        }
        if (command.takes & takes_writing) {
            flag("--force", options_.force, "overwrite egresslint.toml");
            flag("--stdout", options_.to_stdout, "print it instead of writing it");
        }
        if (command.takes & takes_packets) {
            text("--packets", options_.packets, "FILE", "a JSON packet a line; - is standard input");
            text("--in", options_.in, "NAME", "interface that packets without \"in\" come in by");
            text("--out", options_.out, "NAME", "interface that routed packets leave by, when no routes are given");
            flag("--summary", options_.summary, "counts by verdict, way out and rule in place of a line a packet");
        }
        if (command.takes & takes_ports)
            sub.add_option("--dport", raw_.dports,
                           command.takes & takes_service ? "destination ports, a matrix each; default 25"
                                                         : "destination ports, or any; default 25")
                ->type_name("PORT,...")
                ->allow_extra_args(false)
                ->delimiter(',');
        if (command.takes & takes_service) {
            text("--path", options_.path, "PATH", "forward (default), input or output: which packets of the device");
            text("--proto", options_.proto, "NAME", "tcp (default), udp, sctp, dccp or udplite");
            text("--sport", raw_.sport, "PORT", "source port; default 10000");
            text("--unknown", options_.unknown, "DOUBT", "what unknown matches do: may allow (default) or must not");
            text("--family", raw_.family, "VERSION", "ipv4 (default) or ipv6");
            sub.add_flag("-4,--ipv4", raw_.ipv4, "IPv4");
            sub.add_flag("-6,--ipv6", raw_.ipv6, "IPv6");
        }
        if (command.takes & takes_after)
            text("--after", options_.after, "STEP", "read (as lowered) or resolve (default, as analysed)");
    }

    std::string unknown_words(const Command* command) {
        std::vector<std::string> words;
        if (command == nullptr) {
            words = app_.remaining();
        } else {
            words = app_.get_subcommand(std::string(command->name))->remaining();
            const auto more = app_.remaining(false);
            words.insert(words.begin(), more.begin(), more.end());
        }
        for (const std::string& word : words) {
            if (word == "--") continue;
            if (word.size() > 1 && word.front() == '-') return unknown_option(word, command);
            if (command == nullptr) return unknown_command(word);
            return fmt::format("unexpected argument '{}'", word);
        }
        return "";
    }

    std::string unknown_option(const std::string& word, const Command* command) {
        const CLI::App* app = command == nullptr ? &app_ : app_.get_subcommand(std::string(command->name));
        std::vector<std::string> names;
        for (const CLI::Option* option : app->get_options())
            for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
        const std::string bare = word.substr(0, word.find('='));
        return fmt::format("unknown option '{}'{}", bare, did_you_mean(bare, Words(names.begin(), names.end())));
    }

    static std::string unknown_command(const std::string& word) {
        Words names;
        for (const Command& command : commands()) names.push_back(command.name);
        const std::string near = did_you_mean(word, names);
        std::error_code ignored;
        if (near.empty() && std::filesystem::exists(word, ignored))
            return fmt::format("unknown command '{}'; did you mean `egresslint audit {}`?", word, word);
        return fmt::format("unknown command '{}'{}", word,
                           near.empty() ? fmt::format("; commands are {}", listed(names)) : near);
    }

    std::string translate(const Command& command) {
        const CLI::App& sub = *app_.get_subcommand(std::string(command.name));
        options_.format_given = sub.count("--format") != 0;
        if (!options_.format_given) options_.format = command.formats.front();
        std::string problem = one_of("--format", options_.format, command.formats);
        if (problem.empty()) problem = translate_shares(command, sub);
        if (problem.empty()) problem = translate_outputs();
        if (problem.empty()) problem = one_of("--color", raw_.color);
        if (problem.empty()) problem = one_of("--fail-on", raw_.fail_on);
        if (problem.empty()) problem = one_of("--min-certainty", raw_.min_certainty);
        if (problem.empty() && !options_.dialect.empty()) problem = one_of("--dialect", options_.dialect);
        if (problem.empty() && !options_.after.empty()) problem = one_of("--after", options_.after);
        for (std::string& word : options_.select)
            if (problem.empty()) problem = check_rule_selector("--select", word, !options_.rule_directories.empty());
        for (std::string& word : options_.extend_select)
            if (problem.empty())
                problem = check_rule_selector("--extend-select", word, !options_.rule_directories.empty());
        for (std::string& word : options_.ignore)
            if (problem.empty()) problem = check_rule_selector("--ignore", word, !options_.rule_directories.empty());
        if (problem.empty()) problem = translate_ports();
        if (problem.empty()) problem = translate_service(command);
        if (problem.empty() && (command.takes & takes_versions) != 0) problem = translate_versions();
        if ((command.takes & takes_evidence) != 0 && sub.count("--live-dns") != 0) {
            options_.live_dns = true;
            // The server may be left out; a word behind the option that is none is a PATH.
            if (const std::string& word = raw_.live_dns; !base::parse_address(word.substr(0, word.find('@'))))
                options_.paths.insert(options_.paths.begin(), word);
            else
                options_.live_dns_server = word;
            std::erase(options_.paths, "");
        }
        if (problem.empty()) problem = contradictions();
        if (!problem.empty()) return problem;
        if (raw_.color != "auto")
            options_.color = raw_.color == "always" ? report::ColorChoice::always : report::ColorChoice::never;
        constexpr std::array<std::string_view, 4> levels{"note", "warning", "error", "never"};
        options_.fail_on = static_cast<FailOn>(std::find(levels.begin(), levels.end(), raw_.fail_on) - levels.begin());
        options_.proven_only = raw_.min_certainty == "proven";
        return "";
    }

    std::string translate_outputs() {
        for (const std::string& text : raw_.outputs) {
            const std::size_t equals = text.find('=');
            if (equals == std::string::npos || equals + 1 == text.size())
                return fmt::format("--output: '{}' is not of the form FORMAT=PATH", text);
            OutputTarget target{text.substr(0, equals), text.substr(equals + 1)};
            if (options_.shards != 0 && (target.format != "part" || !options_.outputs.empty()))
                return "--shard makes a part, once: --output part=FILE, or standard output";
            if (options_.shards != 0) {
                options_.outputs.push_back(std::move(target));
                continue;
            }
            if (target.format == "part") return "--output: a part is what --shard makes";
            if (std::string problem = one_of("--output", target.format, format_names()); !problem.empty())
                return problem;
            for (const OutputTarget& other : options_.outputs)
                if (other.path == target.path)
                    return fmt::format("--output: {} would be written twice",
                                       target.path == "-" ? "standard output" : target.path);
            options_.outputs.push_back(std::move(target));
        }
        return "";
    }

    std::string translate_shares(const Command& command, const CLI::App& sub) {
        if (!raw_.jobs.empty()) {
            const auto [end, error] =
                std::from_chars(raw_.jobs.data(), raw_.jobs.data() + raw_.jobs.size(), options_.jobs);
            if (error != std::errc{} || end != raw_.jobs.data() + raw_.jobs.size() || options_.jobs == 0 ||
                options_.jobs > 1024)
                return fmt::format("--jobs: '{}' is no number from 1 to 1024", raw_.jobs);
        }
        if ((command.takes & takes_parts) != 0 && (options_.fix || options_.diff))
            return "merge has no files to mend: --fix and --diff go with check";
        // An empty word is a variable that a script did not set, and no wish for everything.
        if ((command.takes & takes_shard) == 0 || sub.count("--shard") == 0) return "";
        if (options_.format_given || !options_.write_baseline.empty() || options_.fix || options_.diff)
            return "--shard makes a part of a run; reports, baselines and fixes are of the whole: see merge";
        return read_shard(raw_.shard, options_.shard, options_.shards);
    }

    std::string translate_ports() {
        for (const std::string& text : raw_.dports) {
            if (text == "any") {
                options_.all_ports = true;
                continue;
            }
            if (std::string problem = port("--dport", text, options_.dports.emplace_back()); !problem.empty())
                return problem;
        }
        return "";
    }

    static std::string port(std::string_view option, const std::string& text, std::uint16_t& out) {
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
        return error == std::errc{} && end == text.data() + text.size()
                   ? ""
                   : fmt::format("{}: '{}' is no port number", option, text);
    }

    std::string translate_service(const Command& command) {
        if ((command.takes & takes_service) == 0) return "";
        if (options_.all_ports) return "--dport: a matrix is of one port; name it";
        std::string problem = one_of("--path", options_.path);
        if (problem.empty()) problem = one_of("--unknown", options_.unknown);
        if (problem.empty()) problem = one_of("--proto", options_.proto);
        if (problem.empty() && !raw_.family.empty()) problem = one_of("--family", raw_.family);
        if (problem.empty() && !raw_.sport.empty()) problem = port("--sport", raw_.sport, options_.sport);
        const bool ipv4 = raw_.ipv4 || raw_.family == "ipv4" || raw_.family == "4";
        options_.ipv6 = raw_.ipv6 || raw_.family == "ipv6" || raw_.family == "6";
        if (problem.empty() && ipv4 && options_.ipv6) return "one IP version at a time";
        return problem;
    }

    std::string translate_versions() {
        for (const std::string& pair : raw_.interfaces) {
            const std::size_t equals = pair.find('=');
            if (equals == std::string::npos || equals == 0 || equals + 1 == pair.size())
                return fmt::format("--map-interface: '{}' is not of the form OLD=NEW", pair);
            options_.interfaces[pair.substr(0, equals)] = pair.substr(equals + 1);
        }
        Words kinds = change_kinds();
        kinds.emplace_back("any");
        for (const std::string& kind : options_.fail_on_change)
            if (std::string problem = one_of("--fail-on-change", kind, kinds); !problem.empty()) return problem;
        if (std::count(options_.paths.begin(), options_.paths.end(), "-") != 0) return "diff reads files only";
        if (!options_.git.empty()) return "";
        if (options_.config_from_base) return "--config-from-base needs --git";
        if (options_.paths.size() != 2) return "diff needs BASE and HEAD, or --git REV[..REV]";
        return "";
    }

    std::string contradictions() const {
        if (options_.isolated && !options_.config.empty()) return "--isolated and --config exclude each other";
        if (options_.live && !options_.via_kernel.empty()) return "--live and --via-kernel exclude each other";
        if ((options_.live || !options_.via_kernel.empty()) && !options_.paths.empty())
            return "--live and --via-kernel take the place of PATH";
        if (!options_.write_baseline.empty() && (options_.fix || options_.diff))
            return "--write-baseline goes with neither --fix nor --diff";
        if (options_.fix && options_.diff) return "--fix and --diff exclude each other";
        if (options_.unsafe_fixes && !options_.fix && !options_.diff) return "--unsafe-fixes goes with --fix or --diff";
        if ((options_.fix || options_.diff) && (options_.live || !options_.via_kernel.empty()))
            return "--fix and --diff work on files, not on the kernel's ruleset";
        if (options_.fix && std::count(options_.paths.begin(), options_.paths.end(), "-") != 0)
            return "--fix cannot write standard input";
        const auto dashes = std::count(options_.paths.begin(), options_.paths.end(), "-");
        if (dashes > 1 || (dashes == 1 && options_.packets == "-")) return "standard input can be read only once";
        if (options_.changed && (options_.paths.empty() || dashes != 0))
            return "--changed needs the files of the change as PATH";
        if (!options_.stdin_filename.empty() && dashes == 0) return "--stdin-filename needs the PATH -";
        return "";
    }

    /// After a usage error only one thing still matters: whether a machine wants to be told in its own form.
    void translate_format(int argc, const char* const* argv) {
        options_.format = "text";
        options_.outputs.clear();
        for (int i = 1; i < argc; ++i) {
            const std::string_view word = argv[i];
            std::string_view value;
            if (word == "--format" && i + 1 < argc) value = argv[i + 1];
            if (word.starts_with("--format=")) value = word.substr(9);
            if (const report::Format* known = report::find_format(value)) options_.format = known->name;
        }
        options_.format_given = true;
    }

    CLI::App app_;
    Options options_;
    Raw raw_;
};

}  // namespace

Parsed parse_arguments(int argc, const char* const* argv) { return Parser().parse(argc, argv); }

ProgramPage describe_program() { return Parser().describe(); }

}  // namespace egresslint::cli
