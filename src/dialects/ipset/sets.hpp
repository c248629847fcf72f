// SPDX-License-Identifier: Apache-2.0
// The sets of `ipset save` and what a match on one of them means. iptables joins them: this room knows no ruleset.
// Sources: ipset(8); facts marked LAB in NOTES.md of the iptables dialect.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/source.hpp"
#include "model/builder.hpp"

namespace egresslint::dialects::ipset {

/// One dimension of a set type, in the order of its name: hash:ip,port,net has three.
enum class Part : std::uint8_t { ip, net, port, mac, mark, iface, set };

struct Element {
    base::Interval address;   ///< first ip or net
    base::Interval address2;  ///< second one, for hash:ip,port,ip and relatives
    std::uint8_t length = 0;  ///< prefix length of a net; what is more specific decides
    std::uint8_t length2 = 0;
    std::uint8_t proto = 0;
    std::uint16_t port_first = 0;
    std::uint16_t port_last = 0;
    std::uint32_t mark = 0;
    std::uint32_t name = 0;  ///< interface or member set: index into SetDefinition::names
    bool nomatch = false;
    bool timed = false;     ///< has a remaining life time: may be gone
    bool physical = false;  ///< interface is a bridge port
    bool wildcard = false;  ///< interface is a prefix
    bool has_mac = false;
};

struct SetDefinition {
    std::string name;
    std::string type;
    std::vector<Part> parts;
    base::Family family = base::Family::v4;
    bool any_family = false;      ///< bitmap:port, hash:mac, list:set
    bool timeout = false;         ///< created with a timeout: elements come and go
    bool not_understood = false;  ///< type or contents could not be read: nothing is known about it
    std::uint32_t mark_mask = 0xffffffffu;
    std::uint8_t netmask = 0;  ///< hash:ip and bitmap:ip netmask; 0: full length
    base::Span span;
    std::vector<Element> elements;
    std::vector<std::string> names;
};

class Sets {
public:
    [[nodiscard]] const SetDefinition* find(std::string_view name) const;
    [[nodiscard]] SetDefinition* find(std::string_view name);
    /// nullptr when the name is taken.
    SetDefinition* add(SetDefinition set);
    void remove(std::string_view name);
    [[nodiscard]] const std::vector<SetDefinition>& all() const { return sets_; }

private:
    std::vector<SetDefinition> sets_;
    std::unordered_map<std::string, std::size_t> index_;
};

/// Reads one `ipset save` text into `sets`; what was not understood is reported and marks its set.
void parse(const base::Sources& sources, base::FileId file, Sets& sets, base::Diagnostics& diagnostics);
/// The same for a part of a file.
void parse(const base::Sources& sources, base::Span part, Sets& sets, base::Diagnostics& diagnostics);

/// `--match-set NAME src,dst …` as the rule that uses it sees it.
struct Use {
    std::string name;
    std::vector<bool> source;  ///< one a dimension: true = src
    base::Family family = base::Family::v4;
    bool return_nomatch = false;
    bool written_by_rules = false;  ///< a SET target changes it: contents are not what the file says
    std::string place;              ///< of the rule: what rules write may differ from one to the next
    model::ChainId chain;
    model::ObjectId object;
    model::RegisterId mark;
    base::Span span;
};
/// Unknown predicates stand for what cannot be told; each of them that is not dynamic by nature is reported.
[[nodiscard]] model::ExprId match(model::Builder& builder, const Sets& sets, const Use& use,
                                  base::Diagnostics& diagnostics);

}  // namespace egresslint::dialects::ipset
