// SPDX-License-Identifier: Apache-2.0
// A change of a configuration in the words of the model. lint says what is to change, the dialect that the text is
// written in turns it into edits of that text (dialects::Dialect::write), and what comes of it is read and proven like
// any other text: an amendment is a proposal, never a promise.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/device.hpp"

namespace egresslint::model {

/// A rule that does not exist yet. What is empty is not asked.
struct NewRule {
    std::optional<Family> family;  ///< of the addresses; needed when there are any
    std::vector<Prefix> src, dst;  ///< one of each at most is written; several: a rule each
    std::string in, out;           ///< interface names
    std::vector<std::uint16_t> tcp_dports;
    enum class Action : std::uint8_t {
        accept,            ///< decides: goes on (a filter), or passes untranslated (a translation stage)
        reject,            ///< with a TCP reset
        log,               ///< and goes on
        translate_source,  ///< to `to`
    } action = Action::accept;
    Address to;
    std::string log_prefix;
};

struct Amendment {
    enum class Kind : std::uint8_t {
        insert_before,  ///< `add`, in front of `rule`, in its chain
        append,         ///< `add`, at the end of `chain`
        remove,         ///< `rule`
        move_before,    ///< `rule` in front of `other`, which stands in the same chain
        log_too,        ///< `rule` logs with `add.log_prefix` what it decides
        limit_source,   ///< `rule` asks for `source` as well, or in place of the source it asks for
        close_forward,  ///< a filter that drops every forwarded packet of `add.family`, which has none so far
    } kind = Kind::insert_before;
    RuleId rule;
    RuleId other;
    ChainId chain;
    NewRule add;
    Prefix source;
};

}  // namespace egresslint::model
