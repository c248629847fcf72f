// SPDX-License-Identifier: Apache-2.0
#include "cli/line_diff.hpp"

#include <algorithm>
#include <dtl/dtl.hpp>
#include <string>

namespace egresslint::cli {
namespace {

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> out;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        out.push_back(text.substr(0, end));
        if (!out.back().empty() && out.back().back() == '\r') out.back().remove_suffix(1);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return out;
}

}  // namespace

LineDiff line_diff(std::string_view first, std::string_view second) {
    const std::vector<std::string_view> a = lines_of(first), b = lines_of(second);
    // What both begin and end with costs nothing then.
    std::size_t head = 0;
    while (head < a.size() && head < b.size() && a[head] == b[head]) ++head;
    std::size_t tail = 0;
    while (tail < a.size() - head && tail < b.size() - head && a[a.size() - 1 - tail] == b[b.size() - 1 - tail]) ++tail;
    const auto middle = [&](const std::vector<std::string_view>& lines) {
        return std::vector<std::string>(lines.begin() + static_cast<std::ptrdiff_t>(head),
                                        lines.end() - static_cast<std::ptrdiff_t>(tail));
    };
    using Diff = dtl::Diff<std::string, std::vector<std::string>>;
    Diff diff(middle(a), middle(b));
    diff.onHuge();
    diff.compose();
    LineDiff out;
    auto at = static_cast<std::uint32_t>(head), there = at;
    bool pending = false;  // lines were removed here
    bool replaced = false;
    const auto close = [&] {
        if (pending && !replaced) out.gaps.push_back(there + 1);
        pending = replaced = false;
    };
    for (const auto& [line, info] : diff.getSes().getSequence()) {
        switch (info.type) {
            case dtl::SES_DELETE:
                out.removed.push_back(++at);
                pending = true;
                break;
            case dtl::SES_ADD:
                out.added.push_back(++there);
                replaced = true;
                break;
            default:
                close();
                ++at;
                ++there;
        }
    }
    close();
    return out;
}

}  // namespace egresslint::cli
