// SPDX-License-Identifier: Apache-2.0
#include "report/line_hash.hpp"

#include <fmt/format.h>

#include <array>
#include <unordered_map>

#include "base/utf8.hpp"

namespace egresslint::report {
namespace {

constexpr std::size_t block = 100;
constexpr std::uint64_t base_number = 37;
constexpr std::uint64_t end_of_text = 0xffff;  ///< stands behind the last character, as a code unit of its own

constexpr std::uint64_t power_of_block() {
    std::uint64_t out = 1;
    for (std::size_t i = 0; i < block; ++i) out *= base_number;  // modulo 2^64
    return out;
}

/// A window of the last hundred code units, with the hash of what is in it; where a line began stands beside its first
/// code unit, and the line's hash is known when that one is about to leave the window.
class Window {
public:
    Window(const std::set<std::uint32_t>& wanted, std::map<std::uint32_t, std::string>& out)
        : wanted_(wanted), out_(out) {}

    void unit(std::uint64_t unit) {
        if (unit == ' ' || unit == '\t') {
            after_cr_ = false;
            return;
        }
        if (after_cr_ && unit == '\n') {
            after_cr_ = false;
            return;
        }
        after_cr_ = unit == '\r';
        if (after_cr_) unit = '\n';
        leave();
        if (line_begins_) lines_[at_] = ++line_;
        line_begins_ = unit == '\n';
        push(unit);
    }

    void end() {
        unit(end_of_text);
        for (std::size_t i = 0; i < block; ++i) {
            leave();
            push(0);
        }
    }

private:
    void push(std::uint64_t unit) {
        hash_ = base_number * hash_ + unit - power_of_block() * units_[at_];
        units_[at_] = unit;
        at_ = (at_ + 1) % block;
    }

    void leave() {
        if (lines_[at_] == 0) return;
        const std::uint32_t count = ++seen_[hash_];
        if (wanted_.contains(lines_[at_])) out_[lines_[at_]] = fmt::format("{:x}:{}", hash_, count);
        lines_[at_] = 0;
    }

    const std::set<std::uint32_t>& wanted_;
    std::map<std::uint32_t, std::string>& out_;
    std::array<std::uint64_t, block> units_{};
    std::array<std::uint32_t, block> lines_{};  ///< 0: no line begins here
    std::unordered_map<std::uint64_t, std::uint32_t> seen_;
    std::uint64_t hash_ = 0;
    std::size_t at_ = 0;
    std::uint32_t line_ = 0;
    bool line_begins_ = true;
    bool after_cr_ = false;
};

}  // namespace

std::map<std::uint32_t, std::string> line_hashes(std::string_view text, const std::set<std::uint32_t>& wanted) {
    std::map<std::uint32_t, std::string> out;
    if (wanted.empty()) return out;
    Window window(wanted, out);
    while (!text.empty()) {
        const base::CodePoint point = base::first_code_point(text);
        if (point.code > 0xffff) {
            window.unit(0xd800 + ((point.code - 0x10000) >> 10));
            window.unit(0xdc00 + ((point.code - 0x10000) & 0x3ff));
        } else {
            window.unit(point.code);
        }
        text.remove_prefix(point.bytes);
    }
    window.end();
    return out;
}

}  // namespace egresslint::report
