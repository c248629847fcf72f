// SPDX-License-Identifier: Apache-2.0
#include "cli/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <numeric>
#include <set>

#include "base/io.hpp"
#include "cli/paths.hpp"
#include "cli/reader.hpp"

namespace egresslint::cli {
namespace fs = std::filesystem;
namespace {

/// Extensions that only a firewall configuration has. A file with one of them that was found in a directory and is not
/// recognised ends the run; other strangers are named and left out.
constexpr std::array<std::string_view, 10> telling_extensions{
    ".nft", ".nftables", ".rules", ".iptables", ".ip6tables", ".ipset", ".v4", ".v6", ".save", ".fw"};

bool tells(const std::string& shown) {
    const std::string extension = fs::path(shown).extension().string();
    return std::find(telling_extensions.begin(), telling_extensions.end(), extension) != telling_extensions.end();
}

}  // namespace

Expected<void> judge_strangers(const Session& session, const std::vector<Stranger>& strangers,
                               const std::set<std::string>& included) {
    Failure problems{Status::not_understood, {}};
    for (const Stranger& stranger : strangers) {
        if (included.contains(stranger.real)) continue;
        if (tells(stranger.shown))
            problems.problems.push_back({stranger.problem, {}, {}});
        else
            session.remark(fmt::format("not read: {}", stranger.problem));
    }
    if (!problems.problems.empty()) return tl::unexpected(std::move(problems));
    return {};
}

namespace {

/// The blocks of the intent file, those together that a way to the internet joins; in the order of their first one.
std::vector<Unit> units_of(const lint::Intent& intent) {
    std::map<std::string, std::size_t> number;
    for (std::size_t i = 0; i < intent.devices.size(); ++i) number.emplace(intent.devices[i].name, i);
    std::vector<std::size_t> parent(intent.devices.size());
    std::iota(parent.begin(), parent.end(), std::size_t{0});
    const auto root = [&](std::size_t i) {
        while (parent[i] != i) i = parent[i] = parent[parent[i]];
        return i;
    };
    for (std::size_t i = 0; i < intent.devices.size(); ++i) {
        const std::string& upstream = intent.devices[i].upstream;
        if (upstream.empty()) continue;
        const auto to = number.find(upstream.substr(0, upstream.find('/')));
        if (to == number.end()) continue;
        const std::size_t a = root(i), b = root(to->second);
        parent[std::max(a, b)] = std::min(a, b);
    }
    std::vector<Unit> units;
    std::map<std::size_t, std::size_t> unit_of;  // by root
    for (std::size_t i = 0; i < intent.devices.size(); ++i) {
        const auto [at, fresh] = unit_of.emplace(root(i), units.size());
        if (fresh) units.emplace_back();
        units[at->second].blocks.push_back(i);
    }
    return units;
}

std::uint64_t size_of(const std::vector<std::string>& paths) {
    std::uint64_t bytes = 0;
    for (const std::string& path : paths) bytes += base::size_of_file(path);
    return bytes;
}

Expected<void> plan_files(Session& session, Plan& plan, Reader& reader) {
    const Options& options = session.options;
    auto named = expand(*session.files, options.paths, Status::unreadable, options.stdin_filename);
    if (!named) return tl::unexpected(named.error());
    // Texts are looked at here, and read again when their turn comes.
    auto files = reader.recognise(*named, options.dialect);
    if (!files) return tl::unexpected(files.error());
    auto groups = group_files(session.sources, *files);
    if (!groups) return tl::unexpected(groups.error());
    for (Group& group : *groups) {
        Unit unit;
        for (const std::size_t i : group.files) {
            unit.bytes += session.sources.text((*files)[i].file).size();
            unit.files.push_back((*files)[i]);
        }
        if (unit.files.size() == 1 && unit.files.front().from_directory)
            unit.walked = session.files->real_path(unit.files.front().path);
        std::iota(group.files.begin(), group.files.end(), std::size_t{0});
        unit.group = std::move(group);
        plan.units.push_back(std::move(unit));
    }
    plan.strangers = reader.take_strangers();
    return {};
}

}  // namespace

Expected<std::optional<Plan>> plan_run(const Session& session, IntentSearch search) {
    const Options& options = session.options;
    if (options.live || !options.via_kernel.empty() || options.changed || options.fix || options.diff ||
        options.show_files || options.show_settings || !options.addresses.empty() || !options.routes.empty() ||
        !options.routing_rules.empty() || std::count(options.paths.begin(), options.paths.end(), "-") != 0)
        return std::nullopt;
    // Texts that are only looked at are gone with this copy.
    Session look = session;
    auto intent = read_intent_file(look, search);
    if (!intent) return tl::unexpected(std::move(intent.error()));
    Plan plan;
    plan.sources = look.sources;
    // Evidence joins the devices of a run.
    if (asks_for_evidence(options, *intent)) return std::nullopt;
    Inputs inputs;
    *inputs.intent = std::move(*intent);
    plan.intent = inputs.intent;
    const auto declared = [](const lint::DeviceIntent& block) { return !block.config.empty(); };
    if (options.paths.empty()) {
        if (plan.intent->devices.empty()) return std::nullopt;
        plan.units = units_of(*plan.intent);
        Reader reader(look, inputs);
        for (Unit& unit : plan.units)
            for (const std::size_t block : unit.blocks) {
                std::vector<std::string> paths;
                // A block whose files are not there is a failure when its turn comes.
                if (const auto files = reader.block_files(plan.intent->devices[block]))
                    for (const NamedFile& file : *files) paths.push_back(file.path);
                unit.bytes += size_of(paths);
            }
        return plan;
    }
    // PATHs stand for devices of the intent file then.
    if (std::any_of(plan.intent->devices.begin(), plan.intent->devices.end(), declared)) return std::nullopt;
    const std::string intent_path = plan.intent->path.empty() ? "" : session.files->real_path(plan.intent->path);
    for (const std::string& path : options.paths)
        if (!intent_path.empty() && session.files->real_path(path) == intent_path) return std::nullopt;
    Reader reader(look, inputs);
    if (auto planned = plan_files(look, plan, reader); !planned) return tl::unexpected(planned.error());
    if (!inputs.evidence_files.empty()) return std::nullopt;
    return plan;
}

Expected<Inputs> read_unit(Session& session, const Plan& plan, const Unit& unit, std::vector<std::string>& included) {
    Inputs inputs;
    inputs.intent = plan.intent;
    Reader reader(session, inputs);
    for (const std::size_t block : unit.blocks) {
        auto devices = reader.read_block(plan.intent->devices[block]);
        if (!devices) return tl::unexpected(devices.error());
        append(inputs.devices, std::move(*devices));
    }
    if (!unit.files.empty()) {
        std::vector<RecognisedFile> files = unit.files;
        for (RecognisedFile& file : files) {
            auto text = session.files->read(file.path);
            if (!text)
                return tl::unexpected(
                    failure(Status::unreadable, fmt::format("{}: {}", file.shown, text.error().message)));
            file.file = session.sources.add(file.shown, std::move(*text));
        }
        const std::size_t before = session.sources.size();
        auto devices = reader.read(unit.group, files, block_named(*inputs.intent, unit.group.name));
        const std::set<std::string> others = reader.texts_since(before);
        included.assign(others.begin(), others.end());
        if (!devices) return tl::unexpected(devices.error());
        append(inputs.devices, std::move(*devices));
    }
    for (lint::DeviceInput& device : inputs.devices)
        if (auto done = reader.read_surroundings(device); !done) return tl::unexpected(done.error());
    return inputs;
}

}  // namespace egresslint::cli
