// SPDX-License-Identifier: Apache-2.0
// Which files form which device when nobody said so. The rule, printed by --show-files:
//
//   Each configuration is a device of its own, except dumps of one host that complement each other: one iptables-save,
//   one ip6tables-save, and any number of ipset saves, given together, are one device. When there are two dumps of the
//   same kind, the rule is applied to each directory by itself.
#pragma once

#include <string>
#include <vector>

#include "cli/session.hpp"
#include "dialects/dialect.hpp"

namespace egresslint::cli {

struct RecognisedFile {
    base::FileId file;
    std::string path;  ///< as opened
    std::string shown;
    const dialects::Dialect* dialect = nullptr;
    std::string because;
    bool from_directory = false;
    std::string bare;  ///< `shown` without the label of the files: what devices are called after
};

struct Group {
    std::string name;
    const dialects::Dialect* dialect = nullptr;  ///< of the main file
    std::vector<std::size_t> files;              ///< indices into the recognised files; main files first
    std::string because;
};

[[nodiscard]] Expected<std::vector<Group>> group_files(const base::Sources& sources,
                                                       const std::vector<RecognisedFile>& files);

/// "edge" for edge.nft and for edge/ruleset.nft.
[[nodiscard]] std::string device_name(const std::string& shown);

}  // namespace egresslint::cli
