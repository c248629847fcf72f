// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pugixml.hpp>

#include "base/diagnostic.hpp"
#include "base/source.hpp"

namespace egresslint::evidence {

/// Reads the text of a file as XML in UTF-8: false after one fatal diagnostic with its place. Document types are
/// refused, and so is more than 64 levels: the tree is walked and freed by recursion.
[[nodiscard]] bool load_xml(pugi::xml_document& document, const base::Sources& sources, base::FileId file,
                            base::Diagnostics& diagnostics);

}  // namespace egresslint::evidence
