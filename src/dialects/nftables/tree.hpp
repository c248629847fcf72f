// SPDX-License-Identifier: Apache-2.0
// The nftables syntax tree, as written. Node names and shapes follow libnftables-json(5), so that the JSON reader is a
// near-identity and the text parser (nft(8)) produces the same tree. No meaning here: names, numbers and keywords are
// still text; `$variables` and includes are already expanded by the text parser.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/source.hpp"

namespace egresslint::dialects::nftables {

struct Expression;
/// Owning, never null once the tree is complete.
using ExpressionPtr = std::unique_ptr<Expression>;

/// A symbol, number, address, quoted string … exactly as written, quotes removed: `22`, `smtp`, `10.0.0.1`, `"eth0"`,
/// `established`, `0x1`, `1h`, a MAC address. Lowering decides by the type of the other side.
struct Symbol {
    std::string text;
    bool quoted = false;
};
struct SetReference {  ///< @name
    std::string name;
};
struct Concatenation {  ///< a . b
    std::vector<ExpressionPtr> parts;
};
struct PrefixExpression {  ///< 10.0.0.0/8
    ExpressionPtr address;
    std::uint32_t length = 0;
};
struct Range {  ///< a-b
    ExpressionPtr first, last;
};
struct Wildcard {};  ///< `*` as an element
/// One element of a set or map, with its options.
struct Element {
    ExpressionPtr key;
    ExpressionPtr data;  ///< null in sets; a verdict in verdict maps
    std::string comment;
    std::string timeout, expires;
    bool has_statements = false;  ///< counter, limit … attached: `limit`/`quota`/`ct count` decide packets
    std::vector<std::string> statement_names;
    base::Span span;
};
struct AnonymousSet {  ///< { … } ; also anonymous maps when elements carry data
    std::vector<Element> elements;
};
struct MapLookup {  ///< key map @m | key map { … } | key vmap …
    ExpressionPtr key;
    ExpressionPtr map;  ///< SetReference or AnonymousSet
    bool verdict = false;
};
/// `ip saddr` -> protocol "ip", field "saddr"; also ether, vlan, arp, icmp, icmpv6, igmp, tcp, udp, udplite, sctp,
/// dccp, th, ah, esp, comp, gre, vxlan …
struct Payload {
    std::string protocol, field;
};
struct RawPayload {  ///< @nh,offset,length
    std::string base;
    std::uint32_t offset = 0, length = 0;
};
struct ExtensionHeader {  ///< exthdr, tcp option, ip option, sctp chunk
    std::string kind;     ///< "exthdr", "tcp option", "ip option", "sctp chunk"
    std::string name, field;
};
struct Meta {
    std::string key;  ///< also the unqualified forms: iifname, mark, l4proto …
};
struct Routing {  ///< rt classid | nexthop | mtu | ipsec
    std::string key, family;
};
struct Conntrack {
    std::string key;        ///< state, status, mark, saddr, proto-dst, l3proto, helper, zone, …
    std::string family;     ///< "", "ip", "ip6"
    std::string direction;  ///< "", "original", "reply"
};
struct Fib {
    std::vector<std::string> tuple;  ///< saddr, daddr, mark, iif, oif
    std::string result;              ///< oif, oifname, type
    bool check = false;              ///< `fib … exists|missing` compares presence
};
struct Socket {
    std::string key;
};
struct Osf {
    std::string text;
};
struct Ipsec {
    std::string text;
};
struct NumberGenerator {  ///< numgen inc|random mod N offset M ; jhash/symhash have hash = true
    std::string mode;
    std::uint32_t modulus = 0, offset = 0;
    bool hash = false;
    std::string text;
};
struct BinaryOperation {
    std::string op;  ///< & | ^ << >>
    ExpressionPtr left, right;
};
struct FlagList {  ///< syn,ack or new,established: a comma list without braces
    std::vector<ExpressionPtr> parts;
    ExpressionPtr mask;  ///< `tcp flags syn / fin,syn,rst,ack`; null otherwise
};
struct Verdict {
    std::string kind;    ///< accept drop continue return jump goto queue
    std::string target;  ///< chain of jump and goto
};
/// Read but of no known shape; text as written.
struct UnknownExpression {
    std::string text;
};

struct Expression {
    std::variant<Symbol, SetReference, Concatenation, PrefixExpression, Range, Wildcard, AnonymousSet, MapLookup,
                 Payload, RawPayload, ExtensionHeader, Meta, Routing, Conntrack, Fib, Socket, Osf, Ipsec,
                 NumberGenerator, BinaryOperation, FlagList, Verdict, UnknownExpression>
        is;
    base::Span span;
};

// -- statements ----------------------------------------------------------------------------------------------------

struct Match {
    ExpressionPtr left;
    std::string op;  ///< "" (implicit), ==, !=, <, >, <=, >=, in
    ExpressionPtr right;
};
struct VerdictStatement {
    Verdict verdict;
};
struct VerdictMapStatement {
    MapLookup lookup;
};
struct Mangle {  ///< meta mark set …, ct mark set …, ip dscp set …
    ExpressionPtr target, value;
};
struct Nat {
    std::string kind;       ///< snat dnat masquerade redirect
    std::string family;     ///< "", ip, ip6
    ExpressionPtr address;  ///< null: none. May be a map, a concatenation (`addr . port to … map`), a range, a prefix
    ExpressionPtr port;     ///< null: none
    bool prefix = false;    ///< `ip prefix to`: netmap
    bool address_and_port = false;  ///< `addr . port`: data of the map is a concatenation
    bool interval = false;
    std::vector<std::string> flags;  ///< random, fully-random, persistent
};
struct Reject {
    std::string with;  ///< "", "tcp reset", "icmp", "icmpv6", "icmpx"
    std::string code;
};
struct Limit {  ///< inline or `limit name "x"`
    bool over = false;
    std::string text;
    std::string object;  ///< named limit
};
struct Quota {
    bool over = false;
    std::string text;
    std::string object;
};
struct ConnectionLimit {  ///< ct count [over] N
    bool over = false;
    std::string text;
};
struct Counter {
    std::string object;
};
struct LogStatement {
    std::string prefix;
    std::string text;
};
struct Queue {
    bool bypass = false;
    std::string text;
};
struct Notrack {};
struct SetUpdate {  ///< add|update|delete @set { key … [: data] }; meter
    std::string operation, set;
    ExpressionPtr key, data;
    std::vector<std::string> statement_names;  ///< limit rate over … inside the braces decides the packet
    std::string text;
};
struct FlowOffload {
    std::string flowtable;
};
struct TransparentProxy {  ///< tproxy
    std::string family;
    ExpressionPtr address, port;
};
struct Synproxy {
    std::string text;
};
struct Duplicate {  ///< dup to, fwd to (netdev)
    std::string kind, text;
};
/// ct helper set, ct timeout set, secmark, last, … : `kind` says which; decide no packet by themselves.
struct ObjectStatement {
    std::string kind, text;
};
struct XtStatement {  ///< `xt target "NETMAP"`, `xt match "…"`: iptables-nft compatibility
    std::string kind, name;
};
struct UnknownStatement {
    std::string text;
    std::string message;  ///< why it could not be read; may be empty
};

struct Statement {
    std::variant<Match, VerdictStatement, VerdictMapStatement, Mangle, Nat, Reject, Limit, Quota, ConnectionLimit,
                 Counter, LogStatement, Queue, Notrack, SetUpdate, FlowOffload, TransparentProxy, Synproxy, Duplicate,
                 ObjectStatement, XtStatement, UnknownStatement>
        is;
    base::Span span;
};

class FoldedText;

struct RuleNode {
    std::vector<Statement> statements;
    std::string comment;
    std::string text;  ///< as written, one line, for messages
    std::optional<std::uint64_t> handle, position, index;
    base::Span span;
    std::uint32_t first_token = 0;  ///< of a folded rule: where it begins
    FoldedText* folded = nullptr;   ///< statements, comment and text were let go: whole() has them
};

/// A tree takes thirty times the bytes of its text, so the text reader lets the statements of a rule go when it has
/// read them without fault, and reads them again when the rule's turn comes. Folded is only a rule that matches,
/// counts, logs, limits, translates and decides: jumps, maps, set updates and marks concern more than their rule, and
/// so does a rule with variables, whose values nobody keeps.
class FoldedText {
public:
    virtual ~FoldedText() = default;
    [[nodiscard]] virtual RuleNode read(const RuleNode& folded) = 0;
};

/// The rule with its statements; `scratch` holds what had to be read again.
[[nodiscard]] inline const RuleNode& whole(const RuleNode& rule, RuleNode& scratch) {
    if (rule.folded == nullptr) return rule;
    return scratch = rule.folded->read(rule);
}

// -- blocks and commands -------------------------------------------------------------------------------------------

struct BaseChainSpec {
    std::string type;         ///< filter nat route
    std::string hook;         ///< prerouting … ingress egress
    std::string device;       ///< netdev
    std::string priority;     ///< number or name
    std::int64_t offset = 0;  ///< `srcnat + 10`
    base::Span span;
};
struct ChainNode {
    std::string name;
    std::optional<BaseChainSpec> base;
    std::string policy;  ///< "", accept, drop
    std::vector<RuleNode> rules;
    std::vector<std::string> flags;
    std::string comment;
    base::Span span, name_span;
};
struct SetNode {  ///< set or map
    std::string name;
    bool map = false;
    std::vector<std::string> key_type;    ///< ipv4_addr, inet_service, …; one a concatenation part
    std::vector<std::string> data_type;   ///< maps; {"verdict"}
    ExpressionPtr type_of, data_type_of;  ///< `typeof ip saddr : meta mark`; null otherwise
    std::vector<std::string> flags;       ///< interval, timeout, dynamic, constant
    bool auto_merge = false;
    bool data_interval = false;  ///< `: interval ipv4_addr`
    std::string timeout, gc_interval, size, policy, comment;
    std::vector<Element> elements;
    bool has_statements = false;
    base::Span span, name_span;
};
struct ObjectNode {  ///< counter, quota, limit, ct helper, ct timeout, ct expectation, secmark, synproxy, flowtable
    std::string kind, name, text;
    base::Span span;
};
struct TableNode {
    std::string family;  ///< ip ip6 inet arp bridge netdev
    std::string name;
    std::vector<std::string> flags;  ///< dormant, owner, persist
    std::vector<ChainNode> chains;
    std::vector<SetNode> sets;
    std::vector<ObjectNode> objects;
    std::string comment;
    base::Span span, name_span;
};

/// One top-level command, in file order. A `table … { }` block is `add` with everything inside; the command form
/// (`add rule ip t c …`, `insert rule`, `flush ruleset`, `delete element` …) fills only what it names.
struct Command {
    std::string verb;                 ///< add create insert replace delete destroy flush rename reset list …
    std::string object;               ///< table chain rule set map element ruleset counter …
    std::string family, table, name;  ///< name: chain, set or object the command is about
    std::optional<std::uint64_t> handle, position, index;
    TableNode table_node;           ///< object == "table"
    ChainNode chain_node;           ///< object == "chain"
    RuleNode rule_node;             ///< object == "rule"
    std::vector<RuleNode> more;     ///< `add rule` only: more rules for the end of that chain, by commands that follow
    SetNode set_node;               ///< object == "set", "map"
    std::vector<Element> elements;  ///< object == "element"
    ObjectNode object_node;
    std::string new_name;
    base::Span span;
};

/// What a reader could not parse: becomes an opaque rule where it stood in a chain, else EL901 over everything.
struct Unparsed {
    base::Span span;
    std::string message;
};

struct Tree {
    std::vector<Command> commands;
    std::vector<Unparsed> unparsed;
    std::shared_ptr<FoldedText> text;  ///< what folded rules are read from
};

}  // namespace egresslint::dialects::nftables
