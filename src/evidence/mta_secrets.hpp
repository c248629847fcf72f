// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "evidence/mta_readers.hpp"

namespace egresslint::evidence {

/// Blots out passwords and keys in the text itself, before anything else looks at it. Generous: what is blotted out in
/// vain costs nothing, for no name and no address is made of it.
void hide_secrets_of_mta(base::Sources& sources, const MtaText& text);

}  // namespace egresslint::evidence
