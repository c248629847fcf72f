// SPDX-License-Identifier: Apache-2.0
// Variables and includes. A variable is bound where it is used to what it held there (nft resolves names while it
// reads), so its expression is copied at each use; a later redefine changes nothing before it, and cycles cannot arise.
#include "dialects/nftables/parser.hpp"

namespace egresslint::dialects::nftables {
namespace {

/// Depth of a tree, to keep definitions of definitions of … within the limit of one expression.
unsigned depth_of(const Expression& expression);
unsigned depth_of(const ExpressionPtr& expression) { return expression ? depth_of(*expression) : 0; }
unsigned depth_of(const Expression& expression) {
    unsigned out = 0;
    const auto see = [&out](const ExpressionPtr& child) { out = std::max(out, depth_of(child)); };
    if (const auto* node = std::get_if<Concatenation>(&expression.is)) {
        for (const auto& part : node->parts) see(part);
    } else if (const auto* prefix = std::get_if<PrefixExpression>(&expression.is)) {
        see(prefix->address);
    } else if (const auto* range = std::get_if<Range>(&expression.is)) {
        see(range->first);
        see(range->last);
    } else if (const auto* set = std::get_if<AnonymousSet>(&expression.is)) {
        for (const auto& element : set->elements) {
            see(element.key);
            see(element.data);
        }
    } else if (const auto* map = std::get_if<MapLookup>(&expression.is)) {
        see(map->key);
        see(map->map);
    } else if (const auto* binary = std::get_if<BinaryOperation>(&expression.is)) {
        see(binary->left);
        see(binary->right);
    } else if (const auto* flags = std::get_if<FlagList>(&expression.is)) {
        for (const auto& part : flags->parts) see(part);
        see(flags->mask);
    }
    return out + 1;
}

std::string directory_within(const std::string& path, const std::string& root) {
    const auto slash = path.rfind('/');
    if (slash == std::string::npos || path.compare(0, root.size(), root) != 0 || slash <= root.size()) return {};
    return path.substr(root.size() + 1, slash - root.size() - 1);
}

}  // namespace

// -- block items

void Parser::items(const std::function<void()>& item) {
    while (!fatal_) {
        skip_separators();
        if (is(Kind::end) || is(Kind::close_brace) || now_ == &parked_) return;
        const Token* const start = now_;
        if (!common_item(item)) item();
        if (failed()) {
            // The item did not recover by itself: what it is made of is reported as one piece.
            const auto message = failure_;
            recover(start);
            skip_statement();
            unparsed(span(start->begin), message);
        } else if (!at_end_of_statement() && !(now_ > start && now_[-1].kind == Kind::close_brace)) {
            const auto* rest = now_;
            skip_statement();
            unparsed(span(rest->begin), "this does not belong here");
        } else if (now_ == start) {
            advance();
            unparsed(span(start->begin), "this does not belong here");
        }
    }
}

bool Parser::common_item(const std::function<void()>& item) {
    const auto w = word();
    if (w == "include" && peek(1).kind == Kind::quoted) {
        include(item);
    } else if (w == "define" && peek(1).kind == Kind::word) {
        define(false);
    } else if (w == "redefine" && peek(1).kind == Kind::word) {
        define(true);
    } else if (w == "undefine" && peek(1).kind == Kind::word) {
        undefine();
    } else {
        return false;
    }
    return true;
}

// -- variables

void Parser::define(bool again) {
    const auto begin = now_->begin;
    advance();
    std::string name(word());
    advance();
    expect_sign('=');
    auto value = list(Side::define);
    if (!failed() && !at_end_of_statement()) fail_here("the end of the definition");
    if (failed()) {
        scopes_.back().erase(name);  // rather unknown than the value of an outer definition that was meant to be hidden
        scopes_.back()[name] = {std::make_shared<const Expression>(Expression{UnknownExpression{"$" + name}, {}}), 1};
        return;
    }
    const auto depth = depth_of(*value);
    if (depth > max_depth) {
        fail("nested too deeply");
        return;
    }
    auto& scope = scopes_.back();
    const bool known = scope.count(name) != 0;
    if (known && !again) unparsed(span(begin), "the variable '" + name + "' is defined twice");
    scope[std::move(name)] = {std::shared_ptr<const Expression>(std::move(value)), depth};
}

void Parser::undefine() {
    const auto begin = now_->begin;
    advance();
    const std::string name(word());
    advance();
    if (scopes_.back().erase(name) == 0) unparsed(span(begin), "no variable '" + name + "' is defined here");
}

const Parser::Variable* Parser::variable(const Token& token) const {
    const std::string name(text(token).substr(1));
    for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope)
        if (const auto found = scope->find(name); found != scope->end()) return &found->second;
    return nullptr;
}

ExpressionPtr Parser::variable_expression() {
    const auto& token = *now_;
    const auto* found = variable(token);
    const auto begin = token.begin;
    advance();
    if (found == nullptr) return make(UnknownExpression{written(begin)}, begin);
    return copy(*found->value, span(begin));
}

ExpressionPtr Parser::copy(const ExpressionPtr& original, const base::Span& where) {
    return original ? copy(*original, where) : nullptr;
}

ExpressionPtr Parser::copy(const Expression& original, const base::Span& where) {
    auto out = std::make_unique<Expression>();
    out->span = where;
    if (++expanded_ > max_expansion) {
        if (!fatal_) {
            base::Diagnostic diagnostic;
            diagnostic.kind = base::Diagnostic::Kind::fatal;
            diagnostic.span = where;
            diagnostic.message = "the variables expand to more than " + std::to_string(max_expansion) + " values";
            diagnostics_.push_back(std::move(diagnostic));
            fatal_ = true;
        }
        return out;
    }
    const auto each = [&](const std::vector<ExpressionPtr>& parts) {
        std::vector<ExpressionPtr> copies;
        copies.reserve(parts.size());
        for (const auto& part : parts) copies.push_back(copy(part, where));
        return copies;
    };
    if (const auto* symbol = std::get_if<Symbol>(&original.is)) {
        out->is = *symbol;
    } else if (const auto* concatenation_node = std::get_if<Concatenation>(&original.is)) {
        out->is = Concatenation{each(concatenation_node->parts)};
    } else if (const auto* prefix = std::get_if<PrefixExpression>(&original.is)) {
        out->is = PrefixExpression{copy(prefix->address, where), prefix->length};
    } else if (const auto* range = std::get_if<Range>(&original.is)) {
        out->is = Range{copy(range->first, where), copy(range->last, where)};
    } else if (const auto* set = std::get_if<AnonymousSet>(&original.is)) {
        AnonymousSet copied;
        copied.elements.reserve(set->elements.size());
        for (const auto& element : set->elements) {
            if (fatal_) break;
            copied.elements.push_back({copy(element.key, where), copy(element.data, where), element.comment,
                                       element.timeout, element.expires, element.has_statements,
                                       element.statement_names, where});
        }
        out->is = std::move(copied);
    } else if (const auto* flags = std::get_if<FlagList>(&original.is)) {
        out->is = FlagList{each(flags->parts), copy(flags->mask, where)};
    } else if (const auto* binary = std::get_if<BinaryOperation>(&original.is)) {
        out->is = BinaryOperation{binary->op, copy(binary->left, where), copy(binary->right, where)};
    } else if (const auto* map = std::get_if<MapLookup>(&original.is)) {
        out->is = MapLookup{copy(map->key, where), copy(map->map, where), map->verdict};
    } else if (const auto* reference = std::get_if<SetReference>(&original.is)) {
        out->is = *reference;
    } else if (const auto* decided = std::get_if<Verdict>(&original.is)) {
        out->is = *decided;
    } else if (std::holds_alternative<Wildcard>(original.is)) {
        out->is = Wildcard{};
    } else {
        // A definition holds constants only, see Side::define; whatever else is there is not understood.
        out->is = UnknownExpression{written(where.begin, where.end)};
    }
    return out;
}

// -- includes

void Parser::include(const std::function<void()>& item) {
    const auto begin = now_->begin;
    advance();
    const std::string pattern(text(*now_));
    advance();
    const auto where = span(begin);
    if (!at_end_of_statement()) {
        fail_here("the end of the include");
        return;
    }
    if (pattern == "/dev/null") return;
    const auto incomplete = [&](const std::string& why) {
        base::Diagnostic diagnostic;
        diagnostic.kind = base::Diagnostic::Kind::incomplete;
        diagnostic.code = "EL903";
        diagnostic.span = where;
        diagnostic.message = "the include \"" + pattern.substr(0, 200) + "\" was not read: " + why;
        diagnostics_.push_back(std::move(diagnostic));
    };
    if (!includes_) return incomplete("this input has no directory to look in");
    auto resolved = jail_.resolve(pattern);
    if (resolved.paths.empty() && pattern.front() != '/') {
        // nft looks beside the main file; people who split a ruleset into directories mean the including file.
        const auto directory = directory_within(stream_->path, jail_.root());
        if (!directory.empty()) {
            auto beside = jail_.resolve(directory + "/" + pattern);
            if (!beside.paths.empty()) resolved = std::move(beside);
        }
    }
    if (!resolved.refused.empty()) return incomplete(resolved.refused);
    if (include_depth_ >= max_include_depth) return incomplete("includes are nested too deeply");
    for (const auto& path : resolved.paths) {
        if (fatal_) return;
        if (++include_count_ > max_includes)
            return incomplete("more than " + std::to_string(max_includes) + " includes");
        auto content = files_.read(path);
        if (!content) {
            incomplete(content.error().message);
            continue;
        }
        included_bytes_ += content->size();
        if (included_bytes_ > max_included_bytes) return incomplete("the included files are too large together");
        const auto id = sources_->add(std::string(files_.label()) + path, std::move(*content));
        auto inner = std::make_unique<Stream>(Stream{id, sources_->text(id), tokenize(sources_->text(id)), path});
        if (!inner->tokens.error.empty()) {
            base::Diagnostic diagnostic;
            diagnostic.kind = base::Diagnostic::Kind::fatal;
            diagnostic.span = {id, inner->tokens.error_begin, inner->tokens.error_end};
            diagnostic.message = inner->tokens.error;
            diagnostic.notes.push_back({where, "included here"});
            diagnostics_.push_back(std::move(diagnostic));
            fatal_ = true;
            return;
        }
        Stream* const outer = stream_;
        const Token* const outer_now = now_;
        const auto outer_end = last_end_;
        stream_ = inner.get();
        now_ = inner->tokens.tokens.data();
        last_end_ = 0;
        ++include_depth_;
        items(item);
        --include_depth_;
        keep(std::move(inner));
        stream_ = outer;
        now_ = outer_now;
        last_end_ = outer_end;
    }
}

}  // namespace egresslint::dialects::nftables
