// SPDX-License-Identifier: Apache-2.0
// What a dialect is to the rest of the program: a name, a detector and a reader. One constant a dialect, listed in
// registry.cpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/edit.hpp"
#include "base/io.hpp"
#include "base/source.hpp"
#include "model/amendment.hpp"
#include "model/device.hpp"

namespace egresslint::dialects {

/// Why a text is thought to be of a dialect; score 0 = not at all, 100 = certain (a header only this dialect writes).
struct Evidence {
    int score = 0;
    std::string because;
};

/// One input of a device with what the reader may do about includes.
struct Input {
    base::FileId file;
    std::string path;  ///< for includes; "" for standard input
    bool allow_includes_outside = false;
    const base::Files* files = nullptr;  ///< where includes are; nullptr: the disk
};

struct Read {
    /// Several for multi-context exports; usually one. Unresolved (see model/resolve.hpp).
    std::vector<model::Device> devices;
};

struct Dialect {
    std::string_view name;
    /// What begins a comment, for suppressions: words separated by blanks. Signs count anywhere ("#", "!", "<!--"), and
    /// so does the tag of an element whose text is the administrator's ("<descr>"); a word in letters ("remark") makes
    /// the line that it stands on a comment.
    std::string_view comment;
    /// May look at the whole text, but must be fast and never fail.
    Evidence (*detect)(std::string_view text);
    /// Reads all inputs of ONE device together (ruleset plus sets, IPv4 plus IPv6 dump …). Never throws. Whatever could
    /// not be understood is in `diagnostics` and over-approximated in the model. Includes are added to `sources`.
    Read (*read)(base::Sources& sources, const std::vector<Input>& inputs, base::Diagnostics& diagnostics);
    /// A companion holds no ruleset of its own and joins another dialect's device (ipset): name of the main dialect.
    std::string_view joins = "";
    /// File name extensions, separated by blanks, that only this dialect uses: they decide where the text does not
    /// (a file of comments only).
    std::string_view extensions = "";
    /// Writes a change of a device that `read` made as edits of its text, in the file's own style. nullopt: it cannot
    /// be said there (another form of the text, a rule on a line with others). Whoever asks reads the result again:
    /// what is written here is a proposal. nullptr: the dialect writes nothing.
    std::optional<std::vector<base::TextEdit>> (*write)(const base::Sources& sources, const model::Device& device,
                                                        const model::Amendment& amendment) = nullptr;
};

[[nodiscard]] const std::vector<Dialect>& all();
[[nodiscard]] const Dialect* find(std::string_view name);

/// The dialect with the highest score; a tie or no evidence at all is an answer too, with the reason.
struct Detected {
    const Dialect* dialect = nullptr;
    std::string because;
};
[[nodiscard]] Detected detect(std::string_view text);

}  // namespace egresslint::dialects
