// SPDX-License-Identifier: Apache-2.0
// The parser's inside, shared by parse_*.cpp: a cursor over tokens and one function a phrase of nft(8).
//
// Errors need no exceptions and few checks: fail() notes the first reason and parks the cursor on a token that fits
// nowhere, so every phrase and every loop ends by itself. Whoever can recover (a rule, a block item, a command) looks
// at failed() once and goes on from a place of its choice.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/io.hpp"
#include "base/source.hpp"
#include "dialects/nftables/parse.hpp"
#include "dialects/nftables/tokens.hpp"
#include "dialects/nftables/tree.hpp"
#include "dialects/nftables/words.hpp"

namespace egresslint::dialects::nftables {

/// Where an expression stands decides what a bare word is.
enum class Side : std::uint8_t {
    left,      ///< of a match: must begin with something that reads the packet
    value,     ///< of `set`, `to`, a set update: reads the packet or is a constant
    constant,  ///< right of a match, in set elements: never reads the packet
    define,    ///< of a variable: a constant that may be spelled like a keyword
};

class Parser {
public:
    /// `sources` null: a fragment without includes.
    Parser(base::Sources* sources, const IncludeOptions& options, base::Diagnostics& diagnostics);

    void file(base::FileId id, std::string_view text, const std::string& path);
    [[nodiscard]] Tree take();
    [[nodiscard]] RuleNode rule_fragment(base::FileId id, std::string_view text);
    [[nodiscard]] ExpressionPtr expression_fragment(base::FileId id, std::string_view text);

private:
    using Kind = Token::Kind;
    /// Deeper phrases are refused: every later step walks the tree recursively.
    static constexpr unsigned max_depth = 100;
    static constexpr unsigned max_operators = 100;
    /// Expressions copied from variables; a set of 100,000 addresses may still be used in twenty rules.
    static constexpr std::size_t max_expansion = 2'000'000;
    static constexpr unsigned max_include_depth = 16;  // as nft
    static constexpr unsigned max_includes = 4096;
    static constexpr std::uint64_t max_included_bytes = 512ull << 20;

    struct Stream {
        base::FileId file;
        std::string_view text;
        Tokens tokens;
        std::string path;
    };
    class Folded;
    struct Variable {
        std::shared_ptr<const Expression> value;
        unsigned depth = 0;
    };
    struct Nested {
        explicit Nested(Parser& parser) : parser_(parser) {
            if (++parser_.depth_ > max_depth) parser_.fail("nested too deeply");
        }
        ~Nested() { --parser_.depth_; }
        Nested(const Nested&) = delete;
        Nested& operator=(const Nested&) = delete;

    private:
        Parser& parser_;
    };
    struct Name {
        std::string text;
        base::Span span;
    };
    struct Path {  ///< `[family] table [name]`
        std::string family, table, name;
        base::Span table_span, name_span;
    };

    // -- cursor: parser.cpp
    [[nodiscard]] const Token& peek(unsigned ahead = 0) const;
    void advance();
    [[nodiscard]] std::string_view text(const Token& token) const;
    [[nodiscard]] std::string_view word(unsigned ahead = 0) const;
    [[nodiscard]] bool is(std::string_view expected) const { return word() == expected; }
    [[nodiscard]] bool is(Kind kind) const { return now_->kind == kind; }
    [[nodiscard]] bool is_sign(char sign, unsigned ahead = 0) const;
    [[nodiscard]] bool accept(std::string_view expected);
    [[nodiscard]] bool accept(Kind kind);
    [[nodiscard]] bool accept_sign(char sign);
    void expect(std::string_view expected);
    void expect(Kind kind, std::string_view what);
    void expect_sign(char sign);
    [[nodiscard]] bool at_separator() const;
    [[nodiscard]] bool at_end_of_statement() const;  ///< separator, closing brace or end of the text
    void skip_lines();
    void skip_separators();
    void skip_statement();  ///< to the end of this statement, over whole blocks
    [[nodiscard]] base::Span span(std::uint32_t begin) const { return {stream_->file, begin, last_end_}; }
    [[nodiscard]] base::Span here() const;
    [[nodiscard]] std::string written(std::uint32_t begin, std::uint32_t end) const;
    [[nodiscard]] std::string written(std::uint32_t begin) const { return written(begin, last_end_); }
    [[nodiscard]] std::optional<std::uint64_t> handle_here() const;
    void fail(std::string message);
    void fail_here(std::string_view expected);
    [[nodiscard]] bool failed() const { return failed_; }
    void recover(const Token* at);
    void keep(std::unique_ptr<Stream> stream);  ///< for as long as the tree has folded rules
    void unparsed(base::Span where, std::string message);
    [[nodiscard]] std::optional<std::uint64_t> number();
    [[nodiscard]] std::string name(std::string_view what);        ///< word, string or variable
    [[nodiscard]] std::string identifier(std::string_view what);  ///< no number
    [[nodiscard]] Name spanned_name(std::string_view what);

    // -- variables and includes: parse_define.cpp
    bool common_item(const std::function<void()>& item);
    void items(const std::function<void()>& item);
    void define(bool again);
    void undefine();
    void include(const std::function<void()>& item);
    [[nodiscard]] const Variable* variable(const Token& token) const;
    [[nodiscard]] ExpressionPtr variable_expression();
    [[nodiscard]] ExpressionPtr copy(const Expression& original, const base::Span& where);
    [[nodiscard]] ExpressionPtr copy(const ExpressionPtr& original, const base::Span& where);
    void open_scope() { scopes_.emplace_back(); }
    void close_scope() { scopes_.pop_back(); }

    // -- commands and blocks: parse_command.cpp, parse_block.cpp
    void command();
    void add_command(Command& command);
    void remove_command(Command& command);
    void finish(Command&& command, std::uint32_t begin);
    [[nodiscard]] std::string object_kind();
    [[nodiscard]] Path path(bool with_name, std::string_view what);
    void rule_position(Command& command);
    void table_block(TableNode& table);
    void table_item(TableNode& table);
    void chain_block(ChainNode& chain);
    void chain_item(ChainNode& chain);
    void base_chain(ChainNode& chain);
    void priority(BaseChainSpec& base);
    [[nodiscard]] std::string devices();
    void set_block(SetNode& set);
    void set_item(SetNode& set);
    void set_type(SetNode& set);
    void set_typeof(SetNode& set);
    [[nodiscard]] std::vector<Element> element_list();
    void object_body(ObjectNode& object);
    void object_block(ObjectNode& object);
    void object_item(const std::string& kind);
    void flag_list(std::vector<std::string>& flags, std::string_view known);

    // -- rules: parse_statement.cpp, parse_nat.cpp
    [[nodiscard]] RuleNode rule();
    [[nodiscard]] bool can_fold(const Token* begin, std::size_t first_statement) const;
    [[nodiscard]] Statement statement();
    void match_or_set(Statement& out);
    void match_or_set(Statement& out, ExpressionPtr left);
    [[nodiscard]] bool keyword_statement(Statement& out, std::string_view keyword);
    [[nodiscard]] Verdict verdict();
    [[nodiscard]] std::string anonymous_chain();
    [[nodiscard]] bool stateful(std::string& kind);
    [[nodiscard]] Limit limit();
    [[nodiscard]] Quota quota();
    [[nodiscard]] ConnectionLimit connection_limit();
    [[nodiscard]] Counter counter();
    void counter_values();
    bool limit_values();
    bool quota_values();
    void last();
    [[nodiscard]] std::string object_reference();
    [[nodiscard]] LogStatement log();
    [[nodiscard]] Reject reject();
    [[nodiscard]] Queue queue();
    [[nodiscard]] Nat nat(std::string_view kind);
    void nat_flags(std::vector<std::string>& flags);
    [[nodiscard]] TransparentProxy tproxy();
    [[nodiscard]] Synproxy synproxy();
    [[nodiscard]] Duplicate duplicate(std::string_view kind);
    [[nodiscard]] SetUpdate set_update(std::string_view operation);
    [[nodiscard]] SetUpdate old_set_update();
    [[nodiscard]] SetUpdate meter();

    // -- expressions: parse_expression.cpp, parse_selector.cpp
    template <class T>
    [[nodiscard]] ExpressionPtr make(T node, std::uint32_t begin) {
        return std::make_unique<Expression>(Expression{std::move(node), span(begin)});
    }
    [[nodiscard]] ExpressionPtr expression(Side side);  ///< with `map`
    [[nodiscard]] ExpressionPtr list(Side side);        ///< `a,b` as well
    [[nodiscard]] ExpressionPtr right_hand_side();
    [[nodiscard]] ExpressionPtr concatenation(Side side);
    [[nodiscard]] ExpressionPtr multiton(Side side);  ///< prefix, range
    [[nodiscard]] ExpressionPtr operation(Side side, unsigned weakest);
    [[nodiscard]] ExpressionPtr primary(Side side);
    [[nodiscard]] ExpressionPtr word_expression(Side side);
    [[nodiscard]] ExpressionPtr class_id();
    [[nodiscard]] ExpressionPtr set_literal(Side side);
    [[nodiscard]] ExpressionPtr map_argument(bool verdict);
    void element(std::vector<Element>& elements, Side side);
    void element_options(Element& element);
    [[nodiscard]] bool opens(const Header& header) const;
    [[nodiscard]] ExpressionPtr selector(const Header& header);
    [[nodiscard]] ExpressionPtr payload(const Header& header);
    [[nodiscard]] ExpressionPtr raw_payload();
    [[nodiscard]] ExpressionPtr tcp_option(std::uint32_t begin);
    [[nodiscard]] ExpressionPtr ip_option(std::uint32_t begin);
    [[nodiscard]] ExpressionPtr sctp_chunk(std::uint32_t begin);
    [[nodiscard]] ExpressionPtr extension(const Header& header);
    [[nodiscard]] ExpressionPtr conntrack();
    [[nodiscard]] ExpressionPtr routing(const Header& header);
    [[nodiscard]] ExpressionPtr fib();
    [[nodiscard]] ExpressionPtr ipsec();
    [[nodiscard]] ExpressionPtr generator(const Header& header);

    base::Sources* sources_;
    base::Diagnostics& diagnostics_;
    const base::Files& files_;
    base::IncludeJail jail_;
    bool includes_;

    std::shared_ptr<FoldedText> folded_;  ///< a Folded; null: every rule keeps its statements
    Stream* stream_ = nullptr;
    const Token* now_ = nullptr;
    std::uint32_t last_end_ = 0;
    Token parked_{Kind::stray, 0, 0, 0};
    bool failed_ = false;
    std::string failure_;
    unsigned depth_ = 0, parentheses_ = 0, operators_ = 0;
    bool class_ids_ = false;  ///< `1:10` is one value here

    std::vector<std::unordered_map<std::string, Variable>> scopes_{1};
    std::size_t expanded_ = 0;
    bool fatal_ = false;
    unsigned include_depth_ = 0, include_count_ = 0;
    std::uint64_t included_bytes_ = 0;

    Tree tree_;
    std::vector<Statement> statements_;  ///< of the rules being read: a stack, as chains nest
    std::vector<ChainNode> anonymous_;   ///< chains written as `jump { … }`, until their table takes them
    unsigned anonymous_count_ = 0;
};

}  // namespace egresslint::dialects::nftables
