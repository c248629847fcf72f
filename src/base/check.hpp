// SPDX-License-Identifier: Apache-2.0
// Assertions about our own contracts. Never reachable from input: hostile text ends in a Diagnostic, not here.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace egresslint::base {
[[noreturn]] inline void check_failed(const char* what, const char* file, int line) {
    std::fprintf(stderr, "egresslint: broken contract: %s (%s:%d); please report this\n", what, file, line);
    std::abort();
}
}  // namespace egresslint::base

#define EGL_CHECK(condition) \
    ((condition) ? static_cast<void>(0) : ::egresslint::base::check_failed(#condition, __FILE__, __LINE__))
