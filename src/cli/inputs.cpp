// SPDX-License-Identifier: Apache-2.0
#include "cli/inputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>
#include <utility>

#include "base/io.hpp"
#include "cli/change.hpp"
#include "cli/helper.hpp"
#include "cli/paths.hpp"
#include "cli/reader.hpp"
#include "dialects/iproute/read.hpp"
#include "report/escape.hpp"

namespace egresslint::cli {
namespace fs = std::filesystem;

/// `ip -j` dumps of the block, or of the command line.
Expected<void> read_surroundings(const Options& options, const base::Files& files, const lint::Intent& intent,
                                 base::Sources& sources, lint::DeviceInput& device, std::vector<PlanLine>& plan) {
    using ReadDump = void (*)(const base::Sources&, base::FileId, model::Device&, base::Diagnostics&);
    struct Dump {
        std::string option, declared;
        ReadDump read;
    };
    const lint::DeviceIntent* block = device.intent;
    const std::array<Dump, 3> dumps{
        {{options.addresses, block ? block->addresses : "", dialects::iproute::read_addresses},
         {options.routes, block ? block->routes : "", dialects::iproute::read_routes},
         {options.routing_rules, block ? block->rules : "", dialects::iproute::read_rules}}};
    for (const Dump& dump : dumps) {
        const bool declared = dump.option.empty();
        const std::string path = !declared ? dump.option : dump.declared.empty() ? "" : beside(intent, dump.declared);
        if (path.empty()) continue;
        const std::string shown = shown_path(files, path);
        auto text = files.read(files.plain(path));
        if (!text)
            return tl::unexpected(failure(declared ? Status::config : Status::unreadable,
                                          fmt::format("{}: {}", shown, text.error().message),
                                          declared ? block->span : base::Span{}));
        const base::FileId id = sources.add(shown, std::move(*text));
        base::Diagnostics diagnostics;
        dump.read(sources, id, device.device, diagnostics);
        if (base::has_fatal(diagnostics))
            return tl::unexpected(Failure{Status::not_understood, fatal_problems(diagnostics)});
        device.diagnostics.insert(device.diagnostics.end(), diagnostics.begin(), diagnostics.end());
        plan.push_back({fmt::format("{}: ip dump, device {}", shown, device.device.name), device.device.name});
    }
    return {};
}

namespace {

/// Files that nobody declared as a device: grouped by rule. Files of a walked directory that another one includes are
/// read there and not a second time by themselves.
Expected<void> read_undeclared(Session& session, Inputs& inputs, Reader& reader, const std::vector<NamedFile>& named) {
    auto files = reader.recognise(named, session.options.dialect);
    if (!files) return tl::unexpected(files.error());
    auto groups = group_files(session.sources, *files);
    if (!groups) return tl::unexpected(groups.error());
    struct ReadGroup {
        std::string walked;  ///< real path of the only file, if it was found by walking
        std::string shown;
        Expected<std::vector<lint::DeviceInput>> devices;
    };
    std::vector<ReadGroup> read;
    std::set<std::string> included;
    for (const Group& group : *groups) {
        const RecognisedFile& first = (*files)[group.files.front()];
        const bool alone = group.files.size() == 1 && first.from_directory;
        const std::size_t before = session.sources.size();
        read.push_back({alone ? session.files->real_path(first.path) : "", first.shown,
                        reader.read(group, *files, block_named(*inputs.intent, group.name))});
        included.merge(reader.texts_since(before));
    }
    Failure problems{Status::not_understood, {}};
    for (ReadGroup& group : read) {
        if (!group.walked.empty() && included.contains(group.walked)) {
            session.remark(fmt::format("{} is read where it is included", group.shown));
            continue;
        }
        if (!group.devices) {
            problems.status = group.devices.error().status;
            append(problems.problems, std::move(group.devices.error().problems));
        } else {
            append(inputs.devices, std::move(*group.devices));
        }
    }
    if (auto judged = reader.judge_strangers(included); !judged)
        append(problems.problems, std::move(judged.error().problems));
    if (!problems.problems.empty()) return tl::unexpected(std::move(problems));
    return {};
}

/// A device is judged with those that its way to the internet leads through, and with those whose way leads through it.
void add_ways(const lint::Intent& intent, std::set<std::string>& chosen) {
    for (std::size_t before = 0; before != chosen.size();) {
        before = chosen.size();
        for (const lint::DeviceIntent& block : intent.devices) {
            if (block.upstream.empty()) continue;
            const std::string upstream = block.upstream.substr(0, block.upstream.find('/'));
            if (chosen.contains(block.name) || chosen.contains(upstream)) {
                chosen.insert(block.name);
                chosen.insert(upstream);
            }
        }
    }
}

/// Where no [[device]] names files, `check --changed` reads what is there and keeps the devices with a changed file.
Expected<void> read_surrounding_devices(Session& session, Inputs& inputs, Reader& reader, const Change& change) {
    if (change.files.empty() && !change.everything) return {};
    const auto all = surroundings_of(change);
    if (!all) return tl::unexpected(all.error());
    if (auto read = read_undeclared(session, inputs, reader, *all); !read) return read;
    if (change.everything) return {};
    std::set<std::string> changed;
    for (const NamedFile& file : change.files) changed.insert(real_path(file.path));
    std::erase_if(inputs.devices, [&](const lint::DeviceInput& device) {
        return std::none_of(device.files.begin(), device.files.end(),
                            [&](const std::string& shown) { return changed.contains(real_path(shown)); });
    });
    return {};
}

/// With an intent file a PATH stands for the device that it belongs to: a configuration, a dump, something that a
/// configuration includes; the intent file itself stands for all devices.
Expected<void> read_named(Session& session, Inputs& inputs, Reader& reader) {
    const lint::Intent& intent = *inputs.intent;
    const auto real_path = [&](const std::string& path) { return session.files->real_path(path); };
    Change change;
    Expected<std::vector<NamedFile>> named;
    if (session.options.changed) {
        auto read = read_change(session.options, intent);
        if (!read) return tl::unexpected(read.error());
        change = std::move(*read);
        if (std::all_of(intent.devices.begin(), intent.devices.end(),
                        [](const lint::DeviceIntent& block) { return block.config.empty(); }))
            return read_surrounding_devices(session, inputs, reader, change);
        named = change.files;
    } else {
        named = expand(*session.files, session.options.paths, Status::unreadable, session.options.stdin_filename);
    }
    if (!named) return tl::unexpected(named.error());
    std::vector<NamedFile> left;
    std::set<std::string> wanted;
    for (const NamedFile& file : *named) wanted.insert(real_path(file.path));
    const std::string intent_path = intent.path.empty() ? "" : real_path(intent.path);
    bool all = change.everything || (!intent_path.empty() && wanted.contains(intent_path));
    std::set<std::string> covered;  // real paths; a path that does not exist covers nothing and is covered by nothing
    if (!intent_path.empty()) covered.insert(intent_path);
    // Evidence is about the mail servers of every device.
    const auto evidence = evidence_paths(session, intent);
    if (!evidence) return tl::unexpected(evidence.error());
    for (const std::string& path : *evidence) {
        const std::string real = real_path(path);
        all |= !real.empty() && wanted.contains(real);
        covered.insert(real);
    }
    std::vector<const lint::DeviceIntent*> unchosen;
    std::set<std::string> chosen;  // names
    for (const lint::DeviceIntent& block : intent.devices) {
        if (block.config.empty()) continue;
        std::set<std::string> belongs;
        if (auto files = reader.block_files(block))
            for (const NamedFile& file : *files) belongs.insert(real_path(file.path));
        else if (all)
            return tl::unexpected(files.error());
        for (const std::string& dump : {block.addresses, block.routes, block.rules})
            if (!dump.empty()) belongs.insert(real_path(beside(intent, dump)));
        if (!all && !lost_a_file(change, intent, block) &&
            std::none_of(belongs.begin(), belongs.end(),
                         [&](const std::string& path) { return !path.empty() && wanted.contains(path); }))
            continue;
        chosen.insert(block.name);
        belongs.erase("");
        covered.insert(belongs.begin(), belongs.end());
    }
    add_ways(intent, chosen);
    for (const lint::DeviceIntent& block : intent.devices) {
        if (block.config.empty()) continue;
        if (!chosen.contains(block.name)) {
            unchosen.push_back(&block);
            continue;
        }
        auto devices = reader.read_block(block);
        if (!devices) return tl::unexpected(devices.error());
        append(inputs.devices, std::move(*devices));
    }
    for (NamedFile& file : *named)
        if (const std::string real = real_path(file.path); real.empty() || !covered.contains(real))
            left.push_back(std::move(file));
    for (const lint::DeviceIntent* block : unchosen) {
        if (left.empty()) break;
        const std::size_t before = session.sources.size();
        auto devices = reader.read_block(*block);
        const std::set<std::string> included = reader.texts_since(before);
        const auto covers = [&](const NamedFile& file) {
            return file.path != "-" && included.contains(real_path(file.path));
        };
        if (std::none_of(left.begin(), left.end(), covers)) continue;
        if (!devices) return tl::unexpected(devices.error());
        append(inputs.devices, std::move(*devices));
        left.erase(std::remove_if(left.begin(), left.end(), covers), left.end());
    }
    if (left.empty() && inputs.devices.empty() && !session.options.changed)
        return tl::unexpected(
            failure(Status::usage, fmt::format("nothing to read: no [[device]] of {} has a `config`", intent.path)));
    if (left.empty()) return {};
    return read_undeclared(session, inputs, reader, left);
}

Expected<void> read_from_helper(Session& session, Inputs& inputs, Reader& reader) {
    const Options& options = session.options;
    const std::vector<std::string> arguments =
        options.live ? std::vector<std::string>{"list"} : std::vector<std::string>{"via-kernel", options.via_kernel};
    auto text = run_helper(arguments);
    if (!text) return tl::unexpected(text.error());
    const std::string shown = options.live ? "<live>" : options.via_kernel + " (kernel)";
    const std::vector<RecognisedFile> files{{session.sources.add(shown, std::move(*text)), "-", shown,
                                             dialects::find("nftables"), "nftables: read back from the kernel", false,
                                             shown}};
    Group group{options.live ? "live" : device_name(options.via_kernel), files[0].dialect, {0}, ""};
    auto devices = reader.read(group, files, block_named(*inputs.intent, group.name));
    if (!devices) return tl::unexpected(devices.error());
    inputs.devices = std::move(*devices);
    return {};
}

}  // namespace

Expected<lint::Intent> read_intent_file(Session& session, IntentSearch search) {
    const Options& options = session.options;
    std::string path = options.config;
    if (path.empty() && search == IntentSearch::upward && !options.isolated) path = find_intent_upward(*session.files);
    if (path.empty()) return lint::Intent{};
    const std::string shown = shown_path(*session.files, path);
    auto text = session.files->read(path);
    if (!text) return tl::unexpected(failure(Status::config, fmt::format("{}: {}", shown, text.error().message)));
    const base::FileId id = session.sources.add(shown, std::move(*text));
    base::Diagnostics diagnostics;
    auto intent = lint::read_intent(session.sources, id, diagnostics);
    if (!intent || base::has_fatal(diagnostics))
        return tl::unexpected(Failure{Status::config, fatal_problems(diagnostics)});
    // A label may hold slashes of its own.
    intent->directory = fs::path(session.files->plain(shown)).parent_path().string();
    return std::move(*intent);
}

Expected<Inputs> read_inputs(Session& session, IntentSearch search) {
    auto intent = read_intent_file(session, search);
    if (!intent) return tl::unexpected(intent.error());
    return read_inputs(session, std::move(*intent));
}

Expected<Inputs> read_inputs(Session& session, lint::Intent intent) {
    Inputs inputs;
    *inputs.intent = std::move(intent);
    const Options& options = session.options;
    Reader reader(session, inputs);

    Expected<void> read;
    if (options.live || !options.via_kernel.empty()) {
        read = read_from_helper(session, inputs, reader);
    } else if (!options.paths.empty()) {
        read = read_named(session, inputs, reader);
    } else if (!inputs.intent->devices.empty()) {
        for (const lint::DeviceIntent& block : inputs.intent->devices) {
            auto devices = reader.read_block(block);
            if (!devices) return tl::unexpected(devices.error());
            append(inputs.devices, std::move(*devices));
        }
    } else {
        return tl::unexpected(failure(
            Status::usage, inputs.intent->declared ? fmt::format("nothing to read: {} names no [[device]]; give a PATH",
                                                                 inputs.intent->path)
                                                   : "nothing to read: give a PATH"));
    }
    if (!read) return tl::unexpected(read.error());
    if (options.changed && inputs.devices.empty()) return inputs;
    if (inputs.devices.empty() && !inputs.evidence_files.empty())
        return tl::unexpected(
            failure(Status::not_understood,
                    "evidence is about the mail servers of a firewall, and no firewall's configuration is given"));
    const bool dumps = !options.addresses.empty() || !options.routes.empty() || !options.routing_rules.empty();
    if (dumps && inputs.devices.size() != 1)
        return tl::unexpected(
            failure(Status::usage, fmt::format("--addresses, --routes and --routing-rules describe one "
                                               "device, but there are {}; use egresslint.toml",
                                               inputs.devices.size())));
    for (lint::DeviceInput& device : inputs.devices)
        if (auto done = reader.read_surroundings(device); !done) return tl::unexpected(done.error());
    if (auto done = read_evidence(session, inputs); !done) return tl::unexpected(done.error());
    return inputs;
}

std::optional<lint::Reread> reread(const Session& session, const Inputs& inputs, std::size_t number,
                                   const std::vector<base::TextEdit>& edits) {
    const Recipe& recipe = inputs.recipes[number];
    for (const base::TextEdit& edit : edits)
        if (std::none_of(recipe.files.begin(), recipe.files.end(),
                         [&](const RecognisedFile& f) { return f.file == edit.span.file && f.path != "-"; }))
            return std::nullopt;
    lint::Reread out;
    out.sources = std::make_unique<base::Sources>();
    for (std::size_t i = 0; i < session.sources.size(); ++i) {
        const base::FileId id(i);
        auto text = base::apply_edits(session.sources.raw(id), id, edits);
        if (!text) return std::nullopt;
        out.sources->add(session.sources.file(id).path, std::move(*text));
    }
    std::vector<dialects::Input> list;
    for (const RecognisedFile& file : recipe.files)
        list.push_back(
            {file.file, file.path == "-" ? "" : file.path, session.options.allow_includes_outside, session.files});
    base::Diagnostics diagnostics;
    dialects::Read read = recipe.dialect->read(*out.sources, list, diagnostics);
    if (base::has_fatal(diagnostics) || recipe.index >= read.devices.size()) return std::nullopt;
    out.input.device = std::move(read.devices[recipe.index]);
    out.input.device.name = recipe.name;
    out.input.dialect = std::string(recipe.dialect->name);
    out.input.files = recipe.shown;
    out.input.intent = recipe.block;
    out.input.number = number;
    for (const base::Diagnostic& diagnostic : diagnostics)
        if (diagnostic.device < 0 || diagnostic.device == static_cast<std::int64_t>(recipe.index))
            out.input.diagnostics.push_back(diagnostic);
    std::vector<PlanLine> plan;
    if (!read_surroundings(session.options, *session.files, *inputs.intent, *out.sources, out.input, plan))
        return std::nullopt;
    return out;
}

Expected<void> take_block(Session& session, Inputs& inputs, lint::DeviceInput& device, const lint::DeviceIntent& block,
                          const lint::Intent& intent) {
    device.intent = &block;
    return read_surroundings(session.options, *session.files, intent, session.sources, device, inputs.plan);
}

bool shown_instead(const Session& session, const Inputs& inputs) {
    const Options& options = session.options;
    std::string out;
    if (options.show_files) {
        // Some were read only to see whether they include what was named.
        std::set<std::string> names;
        for (const lint::DeviceInput& device : inputs.devices) {
            const std::string& name = device.device.name;
            for (std::size_t end = name.find('/'); end != std::string::npos; end = name.find('/', end + 1))
                names.insert(name.substr(0, end));
            names.insert(name);
        }
        for (const PlanLine& line : inputs.plan)
            if (line.device.empty() || names.contains(line.device)) out += report::escaped(line.text) + "\n";
    }
    if (options.show_settings) {
        const lint::Intent& intent = *inputs.intent;
        const auto line = [&](std::string_view name, std::string_view value) {
            out += fmt::format("{}: {}\n", name, report::escaped(value));
        };
        line("intent file", intent.declared ? intent.path : "none, everything is inferred");
        line("select", options.select.empty() ? "all" : fmt::format("{}", fmt::join(options.select, ", ")));
        line("ignore", options.ignore.empty() ? "none" : fmt::format("{}", fmt::join(options.ignore, ", ")));
        constexpr std::array<std::string_view, 4> levels{"note", "warning", "error", "never"};
        line("fail on", levels[static_cast<std::size_t>(options.fail_on)]);
        line("min certainty", options.proven_only ? "proven" : "possible");
        line("smtp ports", fmt::format("{}", fmt::join(intent.smtp_ports, ", ")));
        for (const lint::DeviceInput& device : inputs.devices)
            line("device",
                 fmt::format("{}: {}, {}", device.device.name, device.dialect, fmt::join(device.files, ", ")));
    }
    if (!out.empty()) static_cast<void>(session.print(out));
    return options.show_files || options.show_settings;
}

}  // namespace egresslint::cli
