// SPDX-License-Identifier: Apache-2.0
// A FortiOS configuration as written: tables of entries of settings, after every command (set, append, unset, rename,
// move, delete, clone …) took effect. No meaning yet.
//
//   config firewall policy        Table "firewall policy"
//       edit 1                      Entry "1"
//           set srcintf "lan"         Setting "srcintf", values {lan}
//       next
//   end
//
// Unread by default: reading a setting through Entry::find marks it; what nobody asked for is reported (see inert.hpp).
#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/source.hpp"

namespace egresslint::dialects::fortios {

using base::Span;

struct Word {
    std::string text;
    Span span;  ///< with its quotes
};

struct Setting {
    std::string name;
    std::vector<Word> values;
    Span span;  ///< the command
    mutable bool read = false;
};

struct Table;

struct Entry {
    Word key;   ///< "" for the settings of a table without entries
    Span span;  ///< from `edit` to `next`; of a table without entries: from `config` to `end`
    std::vector<Setting> settings;
    std::list<Table> tables;
    mutable bool read = false;

    /// Marks the setting as read.
    [[nodiscard]] const Setting* find(std::string_view name) const;
    /// First value, "" when it is not set.
    [[nodiscard]] std::string_view value(std::string_view name) const;
    /// `set NAME enable`; `otherwise` when it is not set.
    [[nodiscard]] bool enabled(std::string_view name, bool otherwise = false) const;
    [[nodiscard]] const std::vector<Word>& values(std::string_view name) const;
    /// nullptr when there is none. Marks the table as read.
    [[nodiscard]] const Table* table(std::string_view path) const;
    [[nodiscard]] Span span_of(std::string_view name) const;  ///< of the setting, else of the entry; marks nothing
};

struct Table {
    std::string path;  ///< "firewall policy"
    Span span;         ///< of the first `config` line
    Entry own;         ///< settings that stand in the table itself
    std::list<Entry> entries;
    std::unordered_map<std::string, std::list<Entry>::iterator> index;
    mutable bool read = false;

    [[nodiscard]] const Entry* find(const std::string& key) const;
};

/// What one VDOM holds, or what is global.
struct Scope {
    std::string name;  ///< of the VDOM; "" for the whole device or the global part
    Span span;
    Entry root;
};

struct Config {
    Scope global;               ///< everything, when there are no VDOMs
    std::deque<Scope> vdoms;    ///< in order of first mention
    std::string product;        ///< "FGVM64" from `#config-version=`; "" when unknown
    std::uint32_t version = 0;  ///< 60402 for 6.4.2; 0: the text does not say
    bool anything = false;      ///< at least one `config` block was seen

    /// true: at least that version, or the version is not stated (recent behaviour is taken).
    [[nodiscard]] bool since(std::uint32_t v) const { return version == 0 || version >= v; }
};

/// One command line.
struct Command {
    std::vector<Word> words;
    Span span;
};

/// Cuts a text into commands and hides its secrets. False: a fatal diagnostic was written.
bool read_commands(base::Sources& sources, base::FileId file, std::vector<Command>& commands, Config& config,
                   base::Diagnostics& diagnostics);
/// Lets the commands act on `config`. False: a fatal diagnostic was written.
bool apply_commands(const base::Sources& sources, std::vector<Command>& commands, Config& config,
                    base::Diagnostics& diagnostics);

/// Deeper nesting of blocks is refused.
inline constexpr std::size_t most_nested = 32;

void fatal(base::Diagnostics& diagnostics, Span span, std::string message);
void not_understood(base::Diagnostics& diagnostics, Span span, std::string message,
                    base::Influence influence = base::Influence::everything);

}  // namespace egresslint::dialects::fortios
