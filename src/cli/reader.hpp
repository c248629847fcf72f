// SPDX-License-Identifier: Apache-2.0
// How files become devices, for inputs.cpp (all of a run) and units.cpp (one part of it). Included by .cpp files only.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>
#include <utility>

#include "base/io.hpp"
#include "cli/change.hpp"
#include "cli/evidence.hpp"
#include "cli/inputs.hpp"
#include "cli/paths.hpp"
#include "cli/units.hpp"

namespace egresslint::cli {

/// `ip -j` dumps of the block, or of the command line.
Expected<void> read_surroundings(const Options& options, const base::Files& files, const lint::Intent& intent,
                                 base::Sources& sources, lint::DeviceInput& device, std::vector<PlanLine>& plan);

class Reader {
public:
    Reader(Session& session, Inputs& inputs) : session_(session), inputs_(inputs) {}

    [[nodiscard]] Expected<std::vector<RecognisedFile>> recognise(const std::vector<NamedFile>& named,
                                                                  const std::string& dialect) {
        std::vector<RecognisedFile> out;
        Failure problems{Status::unreadable, {}};
        for (const NamedFile& file : named) {
            const auto edited = session_.overlay.find(file.path);
            auto text = edited != session_.overlay.end() ? tl::expected<std::string, base::IoError>(edited->second)
                                                         : files().read(file.path);
            if (!text) {
                problems.problems.push_back({fmt::format("{}: {}", file.shown, text.error().message), {}, {}});
                continue;
            }
            const base::FileId id = session_.sources.add(file.shown, std::move(*text));
            RecognisedFile recognised{
                id, file.path, file.shown, nullptr, "", file.from_directory, files().plain(file.shown)};
            std::string problem = recognise_one(recognised, dialect);
            if (const std::string kind = problem.empty() ? "" : evidence_kind(session_.sources.text(id));
                !kind.empty()) {
                inputs_.evidence_files.push_back({id, file.path, kind});
            } else if (problem.empty()) {
                out.push_back(std::move(recognised));
            } else if (file.from_directory) {
                strangers_.push_back({file, std::move(problem)});
            } else {
                if (problems.problems.empty()) problems.status = Status::not_understood;
                problems.problems.push_back({std::move(problem), {}, {}});
            }
        }
        if (!problems.problems.empty()) return tl::unexpected(std::move(problems));
        if (out.empty() && !strangers_.empty() && !session_.options.changed) {
            if (auto judged = judge_strangers({}); !judged) return tl::unexpected(judged.error());
            return tl::unexpected(failure(Status::not_understood, "no configuration was recognised among the files"));
        }
        return out;
    }

    /// Files found in directories that no dialect recognises: a part that another file includes is none of them, one
    /// that is called like a configuration ends the run, the others are named. `included`: real paths.
    [[nodiscard]] Expected<void> judge_strangers(const std::set<std::string>& included) {
        return cli::judge_strangers(session_, take_strangers(), included);
    }

    /// The same files, to be judged by whoever knows what all of the run includes.
    [[nodiscard]] std::vector<Stranger> take_strangers() {
        std::vector<Stranger> out;
        for (UnknownFile& stranger : std::exchange(strangers_, {}))
            if (!stranger.file.context)
                out.push_back(
                    {files().real_path(stranger.file.path), stranger.file.shown, std::move(stranger.problem)});
        return out;
    }

    [[nodiscard]] Expected<std::vector<lint::DeviceInput>> read(const Group& group,
                                                                const std::vector<RecognisedFile>& files,
                                                                const lint::DeviceIntent* block) {
        std::vector<dialects::Input> inputs;
        std::vector<std::string> shown;
        std::vector<base::FileId> texts;
        for (const std::size_t i : group.files) {
            const RecognisedFile& file = files[i];
            inputs.push_back({file.file, file.path == "-" ? "" : file.path, session_.options.allow_includes_outside,
                              session_.files});
            shown.push_back(file.shown);
            texts.push_back(file.file);
            inputs_.plan.push_back({fmt::format("{}: {}, device {}{}", file.shown, file.because, group.name,
                                                group.because.empty() ? "" : " (" + group.because + ")"),
                                    group.name});
        }
        const std::size_t before = session_.sources.size();
        base::Diagnostics diagnostics;
        dialects::Read read = group.dialect->read(session_.sources, inputs, diagnostics);
        for (std::size_t i = before; i < session_.sources.size(); ++i) {
            const std::string path = session_.sources.file(base::FileId(i)).path;
            shown.push_back(path);
            texts.emplace_back(i);
            inputs_.plan.push_back({fmt::format("{}: included, device {}", path, group.name), group.name});
        }
        if (base::has_fatal(diagnostics))
            return tl::unexpected(Failure{Status::not_understood, fatal_problems(diagnostics)});
        if (read.devices.empty())
            return tl::unexpected(failure(Status::not_understood, fmt::format("{}: nothing was understood", shown[0])));

        std::vector<lint::DeviceInput> out;
        for (std::size_t i = 0; i < read.devices.size(); ++i) {
            lint::DeviceInput device;
            device.device = std::move(read.devices[i]);
            const std::string own = device.device.name;
            device.device.name = read.devices.size() == 1 || own.empty() ? group.name : group.name + "/" + own;
            device.dialect = std::string(group.dialect->name);
            device.comment = std::string(group.dialect->comment);
            device.files = shown;
            device.intent = block;
            device.number = inputs_.recipes.size();
            Recipe recipe{group.dialect, {}, i, device.device.name, shown, block, texts};
            for (const std::size_t f : group.files) recipe.files.push_back(files[f]);
            inputs_.recipes.push_back(std::move(recipe));
            for (const base::Diagnostic& diagnostic : diagnostics)
                if (diagnostic.device < 0 || diagnostic.device == static_cast<std::int64_t>(i))
                    device.diagnostics.push_back(diagnostic);
            out.push_back(std::move(device));
        }
        return out;
    }

    [[nodiscard]] Expected<void> read_surroundings(lint::DeviceInput& device) {
        const std::size_t before = session_.sources.size();
        auto done =
            cli::read_surroundings(session_.options, files(), *inputs_.intent, session_.sources, device, inputs_.plan);
        for (std::size_t i = before; i < session_.sources.size(); ++i)
            inputs_.recipes[device.number].texts.emplace_back(i);
        return done;
    }

    /// The files of one [[device]] block, as one device.
    [[nodiscard]] Expected<std::vector<lint::DeviceInput>> read_block(const lint::DeviceIntent& block) {
        if (block.config.empty())
            return tl::unexpected(
                failure(Status::config,
                        fmt::format("device {} has no `config`, and no PATH is given for it", block.name), block.span));
        auto named = block_files(block);
        if (!named) return tl::unexpected(named.error());
        auto files = recognise(*named, block.dialect.empty() ? session_.options.dialect : block.dialect);
        if (!files) return tl::unexpected(files.error());
        if (files->empty())
            return tl::unexpected(failure(Status::not_understood,
                                          fmt::format("device {}: no configuration was recognised", block.name),
                                          block.span));
        Group group;
        group.name = block.name;
        group.because = "[[device]] of the intent file";
        std::stable_sort(files->begin(), files->end(), [](const RecognisedFile& a, const RecognisedFile& b) {
            return a.dialect->joins.empty() && !b.dialect->joins.empty();
        });
        group.dialect = files->front().dialect;
        for (std::size_t i = 0; i < files->size(); ++i) {
            const dialects::Dialect* dialect = (*files)[i].dialect;
            if (dialect != group.dialect && dialect->joins != group.dialect->name)
                return tl::unexpected(
                    failure(Status::config,
                            fmt::format("device {}: {} is {}, but {} is {}; files of two dialects cannot be one device",
                                        block.name, (*files)[i].shown, dialect->name, files->front().shown,
                                        group.dialect->name),
                            block.span));
            group.files.push_back(i);
        }
        const std::size_t before = session_.sources.size();
        auto devices = read(group, *files, &block);
        if (!devices) return devices;
        if (auto judged = judge_strangers(texts_since(before)); !judged) return tl::unexpected(judged.error());
        return devices;
    }
    /// Real paths of the texts that were added since there were `before`: what a configuration includes.
    [[nodiscard]] std::set<std::string> texts_since(std::size_t before) const {
        std::set<std::string> out;
        for (std::size_t i = before; i < session_.sources.size(); ++i)
            out.insert(files().real_path(session_.sources.file(base::FileId(i)).path));
        out.erase("");
        return out;
    }

    [[nodiscard]] Expected<std::vector<NamedFile>> block_files(const lint::DeviceIntent& block) const {
        std::vector<std::string> paths;
        for (const std::string& path : block.config) paths.push_back(beside(*inputs_.intent, path));
        auto found = expand(files(), paths, Status::config);
        if (!found)
            for (report::Problem& problem : found.error().problems) problem.span = block.span;
        return found;
    }

private:
    [[nodiscard]] const base::Files& files() const { return *session_.files; }

    /// Blank lines and comments only, in the comment syntax that most dialects share. A file without any byte of
    /// meaning is another matter: more likely an export that failed.
    static bool only_comments(std::string_view text) {
        bool comment = false;
        while (!text.empty()) {
            const std::string_view line = text.substr(0, text.find('\n'));
            const std::size_t first = line.find_first_not_of(" \t\r");
            if (first != std::string_view::npos && line[first] != '#') return false;
            comment |= first != std::string_view::npos;
            text.remove_prefix(std::min(line.size() + 1, text.size()));
        }
        return comment;
    }

    /// The dialect whose files alone are called so.
    static const dialects::Dialect* by_extension(const std::string& shown) {
        const std::string extension = std::filesystem::path(shown).extension().string() + " ";
        if (extension.size() < 2) return nullptr;
        for (const dialects::Dialect& dialect : dialects::all())
            if ((std::string(dialect.extensions) + " ").find(extension) != std::string::npos) return &dialect;
        return nullptr;
    }

    /// An error text, or "".
    std::string recognise_one(RecognisedFile& file, const std::string& dialect) const {
        dialects::Detected detected = dialects::detect(session_.sources.text(file.file));
        if (detected.dialect == nullptr && only_comments(session_.sources.text(file.file)))
            if (const dialects::Dialect* named = by_extension(file.shown))
                detected = {named, "by its name; it holds comments only"};
        file.dialect = detected.dialect;
        file.because = detected.dialect == nullptr ? detected.because
                                                   : fmt::format("{}: {}", detected.dialect->name, detected.because);
        if (!dialect.empty() && (detected.dialect == nullptr || detected.dialect->joins != dialect)) {
            file.dialect = dialects::find(dialect);
            file.because = dialect + ": as told";
            if (file.dialect == nullptr) return fmt::format("{}: there is no dialect '{}'", file.shown, dialect);
        }
        if (file.dialect != nullptr) return "";
        return fmt::format("{}: {}; name it with --dialect", file.shown, file.because);
    }

    struct UnknownFile {
        NamedFile file;
        std::string problem;
    };

    Session& session_;
    Inputs& inputs_;
    std::vector<UnknownFile> strangers_;
};

template <class T>
void append(std::vector<T>& to, std::vector<T>&& from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

/// A [[device]] without `config` says more about the device of its name, wherever that is read from.
inline const lint::DeviceIntent* block_named(const lint::Intent& intent, const std::string& name) {
    for (const lint::DeviceIntent& block : intent.devices)
        if (block.config.empty() && block.name == name) return &block;
    return nullptr;
}

}  // namespace egresslint::cli
