// SPDX-License-Identifier: Apache-2.0
// The query language: what rule files, `[[policy]]` and `egresslint query` are written in.
//
//   for each mail server m: from m and tcp dport in smtp.ports and accepted and to internet
//                           and leaves as not in m.outbound
//   forbid src in 10.20.7.0/24 and accepted and to internet
//
// Words are separated by white space; `#` starts a comment that ends with the line. No actions here.
#pragma once

#include <tao/pegtl.hpp>

namespace egresslint::grammar::query {

namespace peg = tao::pegtl;

struct comment : peg::seq<peg::one<'#'>, peg::star<peg::not_one<'\n'>>> {};
struct ws : peg::star<peg::sor<peg::space, comment>> {};
struct word_char : peg::sor<peg::alnum, peg::one<'_', '-', '.'>> {};
template <char... C>
struct word : peg::seq<peg::string<C...>, peg::not_at<word_char>, ws> {};

struct w_and : word<'a', 'n', 'd'> {};
struct w_or : word<'o', 'r'> {};
struct w_not : word<'n', 'o', 't'> {};
struct w_in : word<'i', 'n'> {};
struct w_zone : word<'z', 'o', 'n', 'e'> {};
struct w_set : word<'s', 'e', 't'> {};

// -- values
struct quoted_text : peg::star<peg::not_one<'"', '\n'>> {};
struct closing_quote : peg::one<'"'> {};
struct quoted : peg::seq<peg::one<'"'>, quoted_text, peg::must<closing_quote>> {};
struct plain : peg::plus<peg::sor<peg::alnum, peg::one<'_', '.', ':', '/', '*', '-', '+'>>> {};
struct mail_servers : peg::seq<word<'m', 'a', 'i', 'l'>, word<'s', 'e', 'r', 'v', 'e', 'r', 's'>> {};
struct interface_address
    : peg::seq<word<'i', 'n', 't', 'e', 'r', 'f', 'a', 'c', 'e'>, word<'a', 'd', 'd', 'r', 'e', 's', 's'>> {};
struct set_name : peg::sor<quoted, plain> {};
struct set_by_sign : peg::seq<peg::one<'@'>, peg::must<set_name>, ws> {};
struct set_by_word : peg::seq<w_set, peg::at<peg::one<'"'>>, peg::must<set_name>, ws> {};
struct quoted_value : peg::seq<quoted, ws> {};
struct plain_value : peg::seq<plain, ws> {};
struct value : peg::sor<mail_servers, interface_address, set_by_sign, set_by_word, quoted_value, plain_value> {};
struct open_brace : peg::seq<peg::one<'{'>, ws> {};
struct close_brace : peg::seq<peg::one<'}'>, ws> {};
struct comma : peg::seq<peg::one<','>, ws> {};
struct value_list : peg::seq<open_brace, peg::must<value>, peg::star<comma, peg::must<value>>, peg::must<close_brace>> {
};
struct values : peg::sor<value_list, value> {};

// -- comparisons
struct f_nat_src : peg::sor<peg::seq<word<'n', 'a', 't'>, word<'s', 'r', 'c'>>,
                            peg::seq<word<'l', 'e', 'a', 'v', 'e', 's'>, word<'a', 's'>>> {};
struct f_nat_dst : peg::seq<word<'n', 'a', 't'>, word<'d', 's', 't'>> {};
struct f_nat_sport : peg::seq<word<'n', 'a', 't'>, word<'s', 'p', 'o', 'r', 't'>> {};
struct f_nat_dport : peg::seq<word<'n', 'a', 't'>, word<'d', 'p', 'o', 'r', 't'>> {};
struct f_tcp_sport : peg::seq<word<'t', 'c', 'p'>, word<'s', 'p', 'o', 'r', 't'>> {};
struct f_tcp_dport : peg::seq<word<'t', 'c', 'p'>, word<'d', 'p', 'o', 'r', 't'>> {};
struct f_udp_sport : peg::seq<word<'u', 'd', 'p'>, word<'s', 'p', 'o', 'r', 't'>> {};
struct f_udp_dport : peg::seq<word<'u', 'd', 'p'>, word<'d', 'p', 'o', 'r', 't'>> {};
struct f_src : word<'s', 'r', 'c'> {};
struct f_dst : word<'d', 's', 't'> {};
struct f_sport : word<'s', 'p', 'o', 'r', 't'> {};
struct f_dport : word<'d', 'p', 'o', 'r', 't'> {};
struct f_proto : word<'p', 'r', 'o', 't', 'o'> {};
struct f_family : word<'f', 'a', 'm', 'i', 'l', 'y'> {};
struct f_in_zone : peg::seq<w_in, w_zone> {};
struct f_out_zone : peg::seq<word<'o', 'u', 't'>, w_zone> {};
struct f_in : w_in {};
struct f_out : word<'o', 'u', 't'> {};
struct field
    : peg::sor<f_nat_src, f_nat_dst, f_nat_sport, f_nat_dport, f_tcp_sport, f_tcp_dport, f_udp_sport, f_udp_dport,
               f_src, f_dst, f_sport, f_dport, f_proto, f_family, f_in_zone, f_out_zone, f_in, f_out> {};

struct op_not_in : peg::seq<w_not, w_in> {};
struct op_in : w_in {};
struct op_not_equal : peg::seq<peg::string<'!', '='>, ws> {};
struct op_equal : peg::seq<peg::one<'='>, peg::opt<peg::one<'='>>, ws> {};
struct op_at_most : peg::seq<peg::string<'<', '='>, ws> {};
struct op_at_least : peg::seq<peg::string<'>', '='>, ws> {};
struct op_below : peg::seq<peg::one<'<'>, ws> {};
struct op_above : peg::seq<peg::one<'>'>, ws> {};
struct op : peg::sor<op_not_in, op_in, op_not_equal, op_equal, op_at_most, op_at_least, op_below, op_above> {};
struct comparison : peg::seq<field, peg::opt<op>, peg::must<values>> {};

// -- facts that are one word or two
struct accepted : word<'a', 'c', 'c', 'e', 'p', 't', 'e', 'd'> {};
struct blocked : word<'b', 'l', 'o', 'c', 'k', 'e', 'd'> {};
struct dropped : word<'d', 'r', 'o', 'p', 'p', 'e', 'd'> {};
struct rejected : word<'r', 'e', 'j', 'e', 'c', 't', 'e', 'd'> {};
struct logged : word<'l', 'o', 'g', 'g', 'e', 'd'> {};
struct limited : word<'l', 'i', 'm', 'i', 't', 'e', 'd'> {};
struct inspected : word<'i', 'n', 's', 'p', 'e', 'c', 't', 'e', 'd'> {};
struct forwarded : word<'f', 'o', 'r', 'w', 'a', 'r', 'd', 'e', 'd'> {};
struct tcp : word<'t', 'c', 'p'> {};
struct udp : word<'u', 'd', 'p'> {};
struct everything : word<'a', 'n', 'y'> {};
struct w_from : word<'f', 'r', 'o', 'm'> {};
struct w_to : word<'t', 'o'> {};
struct place_device : word<'d', 'e', 'v', 'i', 'c', 'e'> {};
struct place_internet : word<'i', 'n', 't', 'e', 'r', 'n', 'e', 't'> {};
struct place_inside : word<'i', 'n', 's', 'i', 'd', 'e'> {};
struct variable_name : peg::identifier {};
struct place_variable : peg::seq<variable_name, ws> {};
struct from_place : peg::sor<place_device, place_internet, place_inside, place_variable> {};
struct to_place : peg::sor<place_device, place_internet> {};
struct from : peg::seq<w_from, peg::must<from_place>> {};
struct to : peg::seq<w_to, peg::must<to_place>> {};
struct known_what : peg::seq<peg::identifier, peg::one<'.'>, peg::identifier> {};
struct known : peg::seq<known_what, ws, word<'k', 'n', 'o', 'w', 'n'>> {};
struct inside_known : peg::seq<place_inside, word<'k', 'n', 'o', 'w', 'n'>> {};
struct fact : peg::sor<accepted, blocked, dropped, rejected, logged, limited, inspected, forwarded, from, to,
                       inside_known, known, everything> {};

// -- the path: by rule "text", by rule at edge.nft:53, by rule in chain "forward", by policy, through "inet fw forward"
struct w_by : word<'b', 'y'> {};
struct w_rule : word<'r', 'u', 'l', 'e'> {};
struct path_name : peg::seq<peg::sor<quoted, plain>, ws> {};
struct rule_at : peg::seq<word<'a', 't'>, peg::must<path_name>> {};
struct rule_in_chain : peg::seq<w_in, word<'c', 'h', 'a', 'i', 'n'>, peg::must<path_name>> {};
struct rule_by_text : peg::seq<path_name> {};
struct which_rule : peg::sor<rule_at, rule_in_chain, rule_by_text> {};
struct by_rule : peg::seq<w_rule, peg::must<which_rule>> {};
struct by_policy : word<'p', 'o', 'l', 'i', 'c', 'y'> {};
struct by_what : peg::sor<by_policy, by_rule> {};
struct by : peg::seq<w_by, peg::must<by_what>> {};
struct through : peg::seq<word<'t', 'h', 'r', 'o', 'u', 'g', 'h'>, peg::must<path_name>> {};

// -- logic
struct disjunction;
struct open_paren : peg::seq<peg::one<'('>, ws> {};
struct close_paren : peg::seq<peg::one<')'>, ws> {};
struct group : peg::seq<open_paren, peg::must<disjunction>, peg::must<close_paren>> {};
struct operand;
struct negation : peg::seq<w_not, peg::must<operand>> {};
struct w_never : word<'n', 'e', 'v', 'e', 'r'> {};
struct never : peg::seq<w_never, peg::must<operand>> {};
struct protocol : peg::sor<tcp, udp> {};
struct operand : peg::sor<negation, never, group, comparison, fact, by, through, protocol> {};
struct and_tail : peg::seq<w_and, peg::must<operand>> {};
struct conjunction : peg::seq<operand, peg::star<and_tail>> {};
struct or_tail : peg::seq<w_or, peg::must<conjunction>> {};
struct disjunction : peg::seq<conjunction, peg::star<or_tail>> {};

// -- head
struct k_forbid : word<'f', 'o', 'r', 'b', 'i', 'd'> {};
struct k_require : word<'r', 'e', 'q', 'u', 'i', 'r', 'e'> {};
struct colon : peg::seq<peg::one<':'>, ws> {};
struct each_server
    : peg::seq<word<'m', 'a', 'i', 'l'>, word<'s', 'e', 'r', 'v', 'e', 'r'>, peg::must<variable_name>, ws> {};
struct each_device : word<'d', 'e', 'v', 'i', 'c', 'e'> {};
struct each_what : peg::sor<each_server, each_device> {};
struct for_each
    : peg::seq<word<'f', 'o', 'r'>, peg::must<word<'e', 'a', 'c', 'h'>>, peg::must<each_what>, peg::must<colon>> {};
struct end : peg::eof {};
struct query : peg::seq<ws, peg::opt<peg::sor<k_forbid, k_require>>, peg::opt<for_each>, peg::must<disjunction>,
                        peg::must<end>> {};

}  // namespace egresslint::grammar::query
