// SPDX-License-Identifier: Apache-2.0
// Every output format, one line each.
#include "report/report.hpp"

namespace egresslint::report {

const std::vector<Format>& formats() {
    static const std::vector<Format> table{
        {"text", "for people: excerpt, witness, cause and fix", write_text},
        {"concise", "one line a finding: file:line:column: CODE severity: message", write_concise},
        {"json", "one object, schema 1", write_json},
        {"jsonl", "one JSON object a finding", write_jsonl},
    };
    return table;
}

const Format* find_format(std::string_view name) {
    for (const Format& format : formats())
        if (format.name == name) return &format;
    return nullptr;
}

}  // namespace egresslint::report
