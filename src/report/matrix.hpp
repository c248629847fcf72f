// SPDX-License-Identifier: Apache-2.0
// Reachability matrices, for people and for machines.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "flow/matrix.hpp"
#include "report/style.hpp"

namespace egresslint::report {

/// The matrix of one port of one device, with what was asked, in words.
struct MatrixAnswer {
    std::string device;
    base::Family family = base::Family::v4;
    std::string path, proto, unknown;  ///< "forward", "tcp", "may"
    std::uint16_t sport = 0;
    flow::Matrix matrix;
    std::vector<std::string> depends_on;  ///< unknown matches that decide somewhere
};

/// {"dport":25,"classes":[{"addresses":["10.0.0.0/8"]}],"edges":[[0,1]], …}. One answer is the object itself, beside
/// "schema" and "status"; several are the list "matrices".
[[nodiscard]] std::string matrices_json(const std::vector<MatrixAnswer>& answers, std::string_view status);
/// An answer a line.
[[nodiscard]] std::string matrices_jsonl(const std::vector<MatrixAnswer>& answers);
[[nodiscard]] std::string matrices_text(const std::vector<MatrixAnswer>& answers, const Style& style);

}  // namespace egresslint::report
