// SPDX-License-Identifier: Apache-2.0
// `nft -j list ruleset`, libnftables-json(5), to tree.hpp. The command forms ({"add": {…}}) are read as well. What has
// no known shape becomes UnknownStatement, UnknownExpression or Tree::unparsed; a text that is no JSON is one fatal
// diagnostic.
#pragma once

#include "base/diagnostic.hpp"
#include "base/source.hpp"
#include "dialects/nftables/tree.hpp"

namespace egresslint::dialects::nftables {

[[nodiscard]] Tree read_json(const base::Sources& sources, base::FileId file, base::Diagnostics& diagnostics);

}  // namespace egresslint::dialects::nftables
