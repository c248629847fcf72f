// SPDX-License-Identifier: Apache-2.0
// From the command line and the intent file to devices: which files are read, what dialect each is, which of them form
// one device. Nothing that was named is left out: what cannot be read or recognised is a failure.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cli/group.hpp"
#include "cli/session.hpp"
#include "lint/identity.hpp"
#include "lint/intent.hpp"
#include "lint/lint.hpp"

namespace egresslint::cli {

/// What it takes to read one device again.
struct Recipe {
    const dialects::Dialect* dialect = nullptr;
    std::vector<RecognisedFile> files;
    std::size_t index = 0;  ///< among the devices that these files hold
    std::string name;
    std::vector<std::string> shown;
    const lint::DeviceIntent* block = nullptr;
    std::vector<base::FileId> texts;  ///< of the files, of what they include, and of dumps
};

/// A file among those given that is no configuration of a firewall but evidence about a mail server.
struct EvidenceFile {
    base::FileId file;
    std::string path;  ///< as opened
    std::string kind;  ///< evidence_kind
};

/// A line of --show-files: which file, which dialect, why, which device.
struct PlanLine {
    std::string text;
    std::string device;  ///< "": of no device, evidence. Without the part behind the slash, where a file holds several
};

struct Inputs {
    /// Owned here because devices point into it; the parts of one run share it.
    std::shared_ptr<lint::Intent> intent = std::make_shared<lint::Intent>();
    std::vector<lint::DeviceInput> devices;
    std::vector<Recipe> recipes;  ///< by lint::DeviceInput::number
    std::vector<PlanLine> plan;
    std::vector<EvidenceFile> evidence_files;
    std::shared_ptr<lint::EvidenceInput> evidence;  ///< null: none is given
};

enum class IntentSearch : unsigned char { upward, only_when_named };

/// --config, or egresslint.toml found upward.
[[nodiscard]] Expected<lint::Intent> read_intent_file(Session& session, IntentSearch search);
[[nodiscard]] Expected<Inputs> read_inputs(Session& session, IntentSearch search);
/// The same with an intent that has been read already.
[[nodiscard]] Expected<Inputs> read_inputs(Session& session, lint::Intent intent);
/// A device that no [[device]] names gets what a block says about it: addresses, routes, roles.
[[nodiscard]] Expected<void> take_block(Session& session, Inputs& inputs, lint::DeviceInput& device,
                                        const lint::DeviceIntent& block, const lint::Intent& intent);
/// A device as it would be read if its texts were edited so. nullopt: the edits touch another text than those files, or
/// the reader refuses the result. Every text keeps its number.
[[nodiscard]] std::optional<lint::Reread> reread(const Session& session, const Inputs& inputs, std::size_t number,
                                                 const std::vector<base::TextEdit>& edits);
/// Prints `plan` or the settings when asked for; true when that was all.
[[nodiscard]] bool shown_instead(const Session& session, const Inputs& inputs);

}  // namespace egresslint::cli
