// SPDX-License-Identifier: Apache-2.0
// The cursor of the parser, and parse() itself.
#include "dialects/nftables/parser.hpp"

#include <algorithm>
#include <charconv>

namespace egresslint::dialects::nftables {
namespace {

std::string directory_of(const std::string& path) {
    const auto slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

}  // namespace

/// Texts whose rules are folded, and a parser that reads them again. It meets neither variables nor errors there.
class Parser::Folded final : public FoldedText {
public:
    Folded() : parser_(nullptr, {}, ignored_) {}
    void keep(std::unique_ptr<Stream> stream) {
        const auto file = stream->file.value;
        streams_.emplace(file, std::move(stream));
    }
    RuleNode read(const RuleNode& folded) override {
        if (last_ == nullptr || last_->file != folded.span.file) last_ = streams_.at(folded.span.file.value).get();
        parser_.stream_ = last_;
        parser_.now_ = last_->tokens.tokens.data() + folded.first_token;
        RuleNode out = parser_.rule();
        out.handle = folded.handle;
        out.position = folded.position;
        out.index = folded.index;
        return out;
    }

private:
    std::unordered_map<std::uint32_t, std::unique_ptr<Stream>> streams_;  ///< by file
    Stream* last_ = nullptr;
    base::Diagnostics ignored_;
    Parser parser_;
};

Parser::Parser(base::Sources* sources, const IncludeOptions& options, base::Diagnostics& diagnostics)
    : sources_(sources),
      diagnostics_(diagnostics),
      files_(options.files != nullptr ? *options.files : base::disk()),
      jail_(directory_of(options.path), options.allow_outside, &files_),
      includes_(sources != nullptr && !options.path.empty() && options.path != "-") {
    if (options.fold) folded_ = std::make_shared<Folded>();
}

void Parser::keep(std::unique_ptr<Stream> stream) {
    if (folded_) static_cast<Folded&>(*folded_).keep(std::move(stream));
}

Tree Parser::take() {
    tree_.text = std::move(folded_);
    return std::move(tree_);
}

void Parser::file(base::FileId id, std::string_view content, const std::string& path) {
    auto stream = std::make_unique<Stream>(Stream{id, content, tokenize(content), path});
    if (!stream->tokens.error.empty()) {
        base::Diagnostic diagnostic;
        diagnostic.kind = base::Diagnostic::Kind::fatal;
        diagnostic.span = {id, stream->tokens.error_begin, stream->tokens.error_end};
        diagnostic.message = stream->tokens.error;
        diagnostics_.push_back(std::move(diagnostic));
        return;
    }
    stream_ = stream.get();
    now_ = stream_->tokens.tokens.data();
    last_end_ = 0;
    items([this] { command(); });
    keep(std::move(stream));
    if (fatal_) tree_ = Tree{};
}

RuleNode Parser::rule_fragment(base::FileId id, std::string_view content) {
    Stream stream{id, content, tokenize(content), ""};
    stream_ = &stream;
    last_end_ = 0;
    RuleNode node;
    if (stream.tokens.error.empty()) {
        now_ = stream.tokens.tokens.data();
        skip_separators();
        node = rule();
        skip_separators();
        if (is(Kind::end) && anonymous_.empty()) return node;
    }
    const auto size = static_cast<std::uint32_t>(content.size());
    const base::Span all{id, 0, size};
    node = RuleNode{};
    node.statements.push_back({UnknownStatement{written(0, size), "this is not one rule"}, all});
    node.text = written(0, size);
    node.span = all;
    return node;
}

ExpressionPtr Parser::expression_fragment(base::FileId id, std::string_view content) {
    Stream stream{id, content, tokenize(content), ""};
    stream_ = &stream;
    last_end_ = 0;
    if (stream.tokens.error.empty()) {
        now_ = stream.tokens.tokens.data();
        skip_separators();
        auto out = list(Side::value);
        skip_separators();
        if (!failed() && is(Kind::end)) return out;
    }
    const auto size = static_cast<std::uint32_t>(content.size());
    return std::make_unique<Expression>(Expression{UnknownExpression{written(0, size)}, {id, 0, size}});
}

// -- cursor

const Token& Parser::peek(unsigned ahead) const {
    const Token* token = now_;
    if (token == &parked_) return *token;
    for (; ahead > 0 && token->kind != Kind::end; --ahead) ++token;
    return *token;
}

void Parser::advance() {
    if (now_ == &parked_ || now_->kind == Kind::end) return;
    last_end_ = now_->end();
    ++now_;
}

std::string_view Parser::text(const Token& token) const {
    if (&token == &parked_) return {};
    auto out = stream_->text.substr(token.begin, token.end() - token.begin);
    if (token.kind == Kind::quoted) out = out.substr(1, out.size() - 2);
    return out;
}

std::string_view Parser::word(unsigned ahead) const {
    const auto& token = peek(ahead);
    return token.kind == Kind::word ? text(token) : std::string_view{};
}

bool Parser::is_sign(char sign, unsigned ahead) const {
    const auto& token = peek(ahead);
    return token.kind == Kind::sign && token.sign == sign;
}

bool Parser::accept(std::string_view expected) {
    if (!is(expected)) return false;
    advance();
    return true;
}

bool Parser::accept(Kind kind) {
    if (!is(kind)) return false;
    advance();
    return true;
}

bool Parser::accept_sign(char sign) {
    if (!is_sign(sign)) return false;
    advance();
    return true;
}

void Parser::expect(std::string_view expected) {
    if (!accept(expected)) fail_here("'" + std::string(expected) + "'");
}

void Parser::expect(Kind kind, std::string_view what) {
    if (!accept(kind)) fail_here(what);
}

void Parser::expect_sign(char sign) {
    if (!accept_sign(sign)) fail_here(std::string{'\'', sign, '\''});
}

bool Parser::at_separator() const { return is(Kind::line_end) || is_sign(';'); }

bool Parser::at_end_of_statement() const { return at_separator() || is(Kind::close_brace) || is(Kind::end); }

void Parser::skip_lines() {
    while (is(Kind::line_end)) advance();
}

void Parser::skip_separators() {
    while (at_separator()) advance();
}

void Parser::skip_statement() {
    while (!at_end_of_statement() && now_ != &parked_) {
        if (is(Kind::open_brace)) now_ = stream_->tokens.tokens.data() + now_->tail;
        advance();
    }
}

base::Span Parser::here() const { return {stream_->file, now_->begin, now_->end()}; }

std::string Parser::written(std::uint32_t begin, std::uint32_t end) const {
    // Enough for a message; a set of thousands of elements is read in the file itself.
    constexpr std::size_t enough = 4096;
    const auto source = stream_->text.substr(begin, std::max(begin, end) - begin);
    std::string out;
    out.reserve(std::min(source.size(), enough));
    bool space = false, quoted = false;
    for (std::size_t i = 0; i < source.size(); ++i) {
        const char c = source[i];
        if (out.size() >= enough) return out + " …";
        if (!quoted && c == '#') {  // a comment between the lines of a set
            i = std::min(source.find('\n', i), source.size()) - 1;
            continue;
        }
        if (!quoted && (is_space(c) || (c == '\\' && i + 1 < source.size() && is_space(source[i + 1])))) {
            space = !out.empty();
            continue;
        }
        if (space) out += ' ';
        space = false;
        if (c == '"') quoted = !quoted;
        out += c == '\n' ? ' ' : c;
    }
    return out;
}

std::optional<std::uint64_t> Parser::handle_here() const {
    const auto& handles = stream_->tokens.handles;
    if (handles.empty() || now_ == &parked_) return std::nullopt;
    const auto index = static_cast<std::uint32_t>(now_ - stream_->tokens.tokens.data());
    const auto found =
        std::lower_bound(handles.begin(), handles.end(), std::pair<std::uint32_t, std::uint64_t>{index, 0});
    if (found == handles.end() || found->first != index) return std::nullopt;
    return found->second;
}

void Parser::fail(std::string message) {
    if (failed_) return;
    failed_ = true;
    failure_ = std::move(message);
    now_ = &parked_;
}

void Parser::fail_here(std::string_view expected) {
    if (failed_) return;
    std::string message = "expected ";
    message += expected;
    if (is(Kind::end)) {
        message += ", but the file ends";
    } else if (is(Kind::line_end)) {
        message += ", but the line ends";
    } else {
        // At most a few characters of hostile text.
        message += ", not '" + std::string(text(*now_).substr(0, 40)) + "'";
    }
    fail(std::move(message));
}

void Parser::recover(const Token* at) {
    failed_ = false;
    now_ = at;
}

void Parser::unparsed(base::Span where, std::string message) { tree_.unparsed.push_back({where, std::move(message)}); }

std::optional<std::uint64_t> Parser::number() {
    std::uint64_t value = 0;
    const auto digits = text(*now_);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (!is(Kind::number) || error != std::errc() || end != digits.data() + digits.size()) {
        fail_here("a number");
        return std::nullopt;
    }
    advance();
    return value;
}

std::string Parser::name(std::string_view what) {
    if (is(Kind::word) || is(Kind::quoted) || is(Kind::number)) {
        std::string out(text(*now_));
        advance();
        return out;
    }
    if (is(Kind::variable)) {
        const auto value = variable_expression();
        if (const auto* symbol = std::get_if<Symbol>(&value->is)) return symbol->text;
        fail("the variable does not hold a name");
        return {};
    }
    fail_here(what);
    return {};
}

std::string Parser::identifier(std::string_view what) {
    // nft takes an address for a name, but no integer.
    if (!is(Kind::number) || text(*now_).find('.') != std::string_view::npos) return name(what);
    fail_here(what);
    return {};
}

Parser::Name Parser::spanned_name(std::string_view what) {
    const auto begin = now_->begin;
    auto out = identifier(what);
    return {std::move(out), span(begin)};
}

Tree parse(base::Sources& sources, base::FileId file, const IncludeOptions& options, base::Diagnostics& diagnostics) {
    Parser parser(&sources, options, diagnostics);
    parser.file(file, sources.text(file), options.path);
    return parser.take();
}

RuleNode parse_rule(const base::Sources& sources, base::FileId file) {
    base::Diagnostics ignored;
    return Parser(nullptr, {}, ignored).rule_fragment(file, sources.text(file));
}

ExpressionPtr parse_expression(const base::Sources& sources, base::FileId file) {
    base::Diagnostics ignored;
    return Parser(nullptr, {}, ignored).expression_fragment(file, sources.text(file));
}

}  // namespace egresslint::dialects::nftables
