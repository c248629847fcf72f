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
        {"sarif", "SARIF 2.1.0, as GitHub's code scanning reads it", write_sarif},
        {"github", "annotations of a GitHub workflow, and its job summary", write_github},
        {"gitlab", "GitLab Code Quality", write_gitlab},
        {"junit", "JUnit XML: a test case a finding", write_junit},
        {"rdjson", "reviewdog's diagnostic format", write_rdjson},
        {"checkstyle", "Checkstyle XML", write_checkstyle},
        {"markdown", "for a comment, a ticket or a job summary", write_markdown},
    };
    return table;
}

const Format* find_format(std::string_view name) {
    for (const Format& format : formats())
        if (format.name == name) return &format;
    return nullptr;
}

}  // namespace egresslint::report
