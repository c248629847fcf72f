// SPDX-License-Identifier: Apache-2.0
// UCI as it is written: /etc/config files, `uci export`, `uci show`. Source: OpenWrt, "The UCI System" (file syntax).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/source.hpp"

namespace egresslint::dialects::openwrt {

using base::Span;

struct Value {
    std::string text;
    Span span;
};
/// `config TYPE ['name']` with its options and lists; an option set twice is as it was set last.
struct Section {
    std::string package, type, name;
    std::map<std::string, std::vector<Value>> options;
    Span span;
    mutable std::map<std::string, bool> read;

    [[nodiscard]] const std::vector<Value>& values(const std::string& key) const;
    [[nodiscard]] std::string value(const std::string& key, const std::string& otherwise = "") const;
    /// Values of a list, or the words of an option that is one.
    [[nodiscard]] std::vector<Value> words(const std::string& key) const;
    [[nodiscard]] bool flag(const std::string& key, bool otherwise) const;
    [[nodiscard]] Span span_of(const std::string& key) const;
};

struct Uci {
    std::vector<Section> sections;
};

/// Which package a file of /etc/config is, by what it holds: "firewall", "network", "".
[[nodiscard]] std::string package_of(std::string_view text);
/// Secrets are hidden in `sources` first. False after a fatal diagnostic: an open quotation mark.
[[nodiscard]] bool read_uci(base::Sources& sources, base::FileId file, Uci& out, base::Diagnostics& diagnostics);

void not_understood(base::Diagnostics& diagnostics, Span where, std::string message,
                    base::Influence influence = base::Influence::everything);

}  // namespace egresslint::dialects::openwrt
