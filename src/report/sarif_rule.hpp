// SPDX-License-Identifier: Apache-2.0
// What a SARIF log says about the rules of its results. Included by .cpp files only: it brings the JSON library.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lint/finding.hpp"
#include "report/json_values.hpp"
#include "report/report.hpp"

namespace egresslint::report {

/// The rules of some findings: reportingDescriptor objects in the order of their codes, and where each stands.
class SarifRules {
public:
    SarifRules(const std::vector<const lint::Finding*>& findings, const Context& context);
    [[nodiscard]] std::size_t index_of(const std::string& code) const { return index_.at(code); }
    [[nodiscard]] const Json& json() const { return json_; }

private:
    std::map<std::string, std::size_t> index_;
    Json json_ = Json::array();
};

}  // namespace egresslint::report
