// SPDX-License-Identifier: Apache-2.0
// Files: blocks, commands, variables, includes, places, and what happens to text that is none of it. The forms are
// those of nft(8), sections INPUT FILE FORMATS, TABLES, CHAINS, RULES, SETS, MAPS, ELEMENTS, STATEFUL OBJECTS, and of
// `nft list ruleset`.
#include "dialects/nftables/parse.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "shape.hpp"

namespace egresslint::dialects::nftables {
namespace {

struct Parsed {
    base::Sources sources;
    base::FileId file;
    base::Diagnostics diagnostics;
    Tree tree;

    explicit Parsed(std::string text, const IncludeOptions& options = {}) {
        file = sources.add(options.path.empty() ? "a.nft" : options.path, std::move(text));
        tree = parse(sources, file, options, diagnostics);
    }
    [[nodiscard]] std::string unparsed() const {
        std::string out;
        for (const auto& each : tree.unparsed) out += sources.where(each.span) + ": " + each.message + "\n";
        return out;
    }
    [[nodiscard]] std::string messages() const {
        std::string out;
        for (const auto& each : diagnostics)
            out += each.code + " " + sources.where(each.span) + ": " + each.message + "\n";
        return out;
    }
    [[nodiscard]] const TableNode& table(std::size_t index = 0) const { return tree.commands.at(index).table_node; }
    [[nodiscard]] std::string rules(std::size_t chain = 0) const {
        std::string out;
        for (const auto& rule : table().chains.at(chain).rules) out += shape::of(rule) + "\n";
        return out;
    }
};

std::string in_chain(const std::string& body) { return "table ip t {\n chain c {\n" + body + "\n }\n}\n"; }

/// A directory of its own, removed at the end.
struct Directory {
    std::filesystem::path path;
    explicit Directory(const char* name) : path(std::filesystem::temp_directory_path() / name) {
        std::filesystem::remove_all(path);
        std::filesystem::create_directories(path);
    }
    ~Directory() { std::filesystem::remove_all(path); }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;
    [[nodiscard]] std::string write(const std::string& name, const std::string& text) const {
        std::filesystem::create_directories((path / name).parent_path());
        std::ofstream(path / name) << text;
        return (path / name).string();
    }
};

}  // namespace

TEST_CASE("nftables: a listing with everything a table holds") {
    const Parsed p(R"(table inet filter { # handle 7
	comment "office"
	flags dormant
	set mail { # handle 3
		type ipv4_addr . inet_service
		flags interval,timeout
		auto-merge
		size 65535
		timeout 1h30m
		gc-interval 10s
		policy memory
		comment "may send"
		elements = { 10.0.0.25 . 25 counter packets 0 bytes 0 timeout 5m expires 4m59s comment "mx",
			     10.0.1.0/24 . 465-587 }
	}
	map public {
		typeof ip saddr : interval ip daddr
		elements = { 10.0.0.25 : 203.0.113.25 }
	}
	map zones {
		type ifname : verdict
		elements = { "lan*" : jump lan, "wan" : drop }
	}
	counter hits {
		packets 12 bytes 800
	}
	quota q { over 25 mbytes used 0 bytes }
	limit slow { rate 10/second burst 5 packets }
	ct helper ftp { type "ftp" protocol tcp; l3proto ip; }
	ct timeout long { protocol tcp; l3proto ip; policy = { established : 2m, close : 20s } }
	synproxy s { mss 1460; wscale 7; timestamp sack-perm }
	flowtable fast { hook ingress priority filter; devices = { eth0, eth1 }; counter }
	chain forward { # handle 1
		type filter hook forward priority filter - 5; policy drop;
		ct state established,related accept # handle 9
		tcp dport 25 counter packets 1 bytes 60 drop comment "closed" # handle 10
	}
	chain ingress { type filter hook ingress device "eth0" priority -500; }
	chain plain {
	}
}
)");
    CHECK(p.messages() == "");
    CHECK(p.unparsed() == "");
    const auto& table = p.table();
    CHECK(table.family == "inet");
    CHECK(table.name == "filter");
    CHECK(table.comment == "office");
    CHECK(table.flags == std::vector<std::string>{"dormant"});

    REQUIRE(table.sets.size() == 3);
    const auto& mail = table.sets[0];
    CHECK_FALSE(mail.map);
    CHECK(mail.key_type == std::vector<std::string>{"ipv4_addr", "inet_service"});
    CHECK(mail.flags == std::vector<std::string>{"interval", "timeout"});
    CHECK(mail.auto_merge);
    CHECK(mail.size == "65535");
    CHECK(mail.timeout == "1h30m");
    CHECK(mail.gc_interval == "10s");
    CHECK(mail.policy == "memory");
    CHECK(mail.comment == "may send");
    REQUIRE(mail.elements.size() == 2);
    CHECK(shape::of(mail.elements[0]) == "concat(10.0.0.25 25) timeout=5m expires=4m59s comment=mx +counter");
    CHECK(shape::of(mail.elements[1]) == "concat(prefix(10.0.1.0 24) range(465 587))");
    const auto& map = table.sets[1];
    CHECK(map.map);
    CHECK(shape::of(map.type_of) == "ip.saddr");
    CHECK(shape::of(map.data_type_of) == "ip.daddr");
    CHECK(map.data_interval);
    CHECK(table.sets[2].data_type == std::vector<std::string>{"verdict"});
    CHECK(shape::of(table.sets[2].elements.at(0)) == "\"lan*\": jump lan");

    std::string objects;
    for (const auto& object : table.objects) objects += object.kind + " " + object.name + "; ";
    CHECK(objects == "counter hits; quota q; limit slow; ct helper ftp; ct timeout long; synproxy s; flowtable fast; ");
    CHECK(table.objects[2].text == "rate 10/second burst 5 packets");

    REQUIRE(table.chains.size() == 3);
    const auto& forward = table.chains[0];
    REQUIRE(forward.base.has_value());
    CHECK(forward.base->type == "filter");
    CHECK(forward.base->hook == "forward");
    CHECK(forward.base->priority == "filter");
    CHECK(forward.base->offset == -5);
    CHECK(forward.policy == "drop");
    CHECK(p.rules() ==
          "match(ct.state list(established related)); accept\n"
          "match(tcp.dport 25); counter; drop # closed\n");
    CHECK(forward.rules[0].handle == 9u);
    CHECK(forward.rules[1].handle == 10u);
    CHECK(table.chains[1].base->device == "eth0");
    CHECK(table.chains[1].base->priority == "-500");
    CHECK_FALSE(table.chains[2].base.has_value());
}

TEST_CASE("nftables: lines, comments, continuations and CRLF") {
    CHECK(Parsed(in_chain("tcp dport \\\n 25 \\\n accept")).rules() == "match(tcp.dport 25); accept\n");
    CHECK(Parsed(in_chain("counter;drop ; accept")).rules() == "counter\ndrop\naccept\n");
    CHECK(Parsed(in_chain("# tcp dport 25 drop\naccept # trailing { brace")).rules() == "accept\n");
    CHECK(Parsed("table ip t{chain c{tcp dport 25 accept}}").rules() == "match(tcp.dport 25); accept\n");
    CHECK(Parsed("table ip t {\r\n chain c {\r\n tcp dport 25 accept\r\n }\r\n}\r\n").rules() ==
          "match(tcp.dport 25); accept\n");
    CHECK(Parsed("\xEF\xBB\xBF" + in_chain("accept")).rules() == "accept\n");
    CHECK(Parsed(in_chain("ip saddr {\n # first\n 192.0.2.1, # one\n\n 192.0.2.2\n} drop")).rules() ==
          "match(ip.saddr {192.0.2.1, 192.0.2.2}); drop\n");
    CHECK(Parsed(in_chain("log prefix \"a # b { ; \" drop")).rules() ==
          "log(\"a # b { ; \" log prefix \"a # b { ; \"); drop\n");
    CHECK(Parsed("").tree.commands.empty());
    CHECK(Parsed("#!/usr/sbin/nft -f\n\n;;\n").messages().empty());
}

TEST_CASE("nftables: priorities and policies") {
    const auto priority = [](const std::string& text) {
        const Parsed p("define p = -20\ndefine n = mangle\n" +
                       in_chain("type nat hook postrouting priority " + text + ";"));
        if (!p.unparsed().empty()) return std::string("unparsed");
        const auto& base = *p.table().chains.at(0).base;
        return base.priority + (base.offset != 0 ? " " + std::to_string(base.offset) : "");
    };
    CHECK(priority("0") == "0");
    CHECK(priority("-150") == "-150");
    CHECK(priority("srcnat") == "srcnat");
    CHECK(priority("srcnat + 10") == "srcnat 10");
    CHECK(priority("srcnat-5") == "srcnat -5");
    CHECK(priority("$p") == "-20");
    CHECK(priority("$n + 1") == "mangle 1");
    CHECK(priority("99999999999") == "unparsed");
    CHECK(Parsed("define p = drop\n" + in_chain("type filter hook input priority 0; policy $p;"))
              .table()
              .chains[0]
              .policy == "drop");
    CHECK(Parsed(in_chain("type filter hook input priority 0; policy maybe")).unparsed() ==
          "a.nft:3:36: expected 'accept' or 'drop', not 'maybe'\n");
    CHECK(Parsed(in_chain("type filter hook input")).unparsed() ==
          "a.nft:3:1: expected 'priority', but the line ends\n");
}

TEST_CASE("nftables: commands") {
    const auto one = [](const std::string& text) {
        const Parsed p(text);
        if (!p.unparsed().empty()) return p.unparsed();
        std::string out;
        for (const auto& c : p.tree.commands) {
            if (!out.empty()) out += " | ";
            out += c.verb + " " + c.object + " [" + c.family + "," + c.table + "," + c.name + "]";
            if (c.handle) out += " handle " + std::to_string(*c.handle);
            if (c.position) out += " position " + std::to_string(*c.position);
            if (c.index) out += " index " + std::to_string(*c.index);
            if (!c.new_name.empty()) out += " -> " + c.new_name;
            if (c.object == "rule" && !c.rule_node.statements.empty()) out += " " + shape::of(c.rule_node);
            for (const auto& e : c.elements) out += " <" + shape::of(e) + ">";
        }
        return out;
    };
    CHECK(one("flush ruleset") == "flush ruleset [,,]");
    CHECK(one("flush ruleset ip6") == "flush ruleset [ip6,,]");
    CHECK(one("add table inet t") == "add table [inet,t,t]");
    CHECK(one("table t") == "add table [ip,t,t]");
    CHECK(one("add chain t c { type nat hook postrouting priority 100; }") == "add chain [ip,t,c]");
    CHECK(one("add rule inet t c tcp dport 25 accept") == "add rule [inet,t,c] match(tcp.dport 25); accept");
    CHECK(one("add inet t c accept") == "add rule [inet,t,c] accept");
    CHECK(one("t c accept") == "add rule [ip,t,c] accept");
    CHECK(one("insert rule t c index 2 drop") == "insert rule [ip,t,c] index 2 drop");
    CHECK(one("add rule t c position 4 drop") == "add rule [ip,t,c] position 4 drop");
    CHECK(one("replace rule t c handle 4 drop") == "replace rule [ip,t,c] handle 4 drop");
    CHECK(one("delete rule t c handle 4") == "delete rule [ip,t,c] handle 4");
    CHECK(one("delete table inet t") == "delete table [inet,t,t]");
    CHECK(one("delete table ip handle 3") == "delete table [ip,,] handle 3");
    CHECK(one("destroy chain t c") == "destroy chain [ip,t,c]");
    CHECK(one("flush chain t c") == "flush chain [ip,t,c]");
    CHECK(one("flush set inet t s") == "flush set [inet,t,s]");
    CHECK(one("rename chain t c d") == "rename chain [ip,t,c] -> d");
    CHECK(one("add set t s { type ipv4_addr; }") == "add set [ip,t,s]");
    CHECK(one("add element t s { 192.0.2.1, 192.0.2.9 }") == "add element [ip,t,s] <192.0.2.1> <192.0.2.9>");
    CHECK(one("add element t m { 25 : accept }") == "add element [ip,t,m] <25: accept>");
    CHECK(one("delete element t s { 192.0.2.1 }") == "delete element [ip,t,s] <192.0.2.1>");
    CHECK(one("add counter t hits") == "add counter [ip,t,hits]");
    CHECK(one("add ct helper t h { type \"ftp\" protocol tcp; }") == "add ct helper [ip,t,h]");
    CHECK(one("list ruleset") == "list ruleset [,,]");
    CHECK(one("add table t; add chain t c") == "add table [ip,t,t] | add chain [ip,t,c]");

    CHECK(one("delete rule t c") == "a.nft:1:1: expected 'handle', but the file ends\n");
    CHECK(one("insert chain t c") == "a.nft:1:1: only a rule can be inserted or replaced\n");
    CHECK(one("list garbage") == "a.nft:1:1: expected what to list, not 'garbage'\n");
    CHECK(one("flush everything") == "a.nft:1:1: expected what to flush, not 'everything'\n");
    CHECK(one("add set t s { flags interval; }") == "a.nft:1:11: the set or map has no type\n");
    CHECK(one("table inet {\n}\n") == "a.nft:1:1: expected the name of a table, not '{'\n");
    CHECK(one("frobnicate") == "a.nft:1:1: expected a name, but the file ends\n");
    CHECK(one("frobnicate the firewall") == "add rule [ip,frobnicate,the] UNKNOWN(firewall)");
}

TEST_CASE("nftables: variables are expanded where they are used") {
    const auto with = [](const std::string& definitions, const std::string& body) {
        return Parsed(definitions + "\n" + in_chain(body)).rules();
    };
    CHECK(with("define mx = 192.0.2.25", "ip saddr $mx accept") == "match(ip.saddr 192.0.2.25); accept\n");
    CHECK(with("define net = 192.0.2.0", "ip saddr $net/24") == "match(ip.saddr prefix(192.0.2.0 24))\n");
    CHECK(with("define a = 1\ndefine b = 9", "tcp dport $a-$b") == "match(tcp.dport range(1 9))\n");
    CHECK(with("define wan-if = \"eth0\"", "oifname $wan-if") == "match(meta.oifname \"eth0\")\n");
    CHECK(with("define p = { 25, 465-587 }", "tcp dport $p") == "match(tcp.dport {25, range(465 587)})\n");
    CHECK(with("define p = { 25, 465 }\ndefine q = { $p, 80 }", "tcp dport { $q, 1 }") ==
          "match(tcp.dport {25, 465, 80, 1})\n");
    CHECK(with("define s = new, related", "ct state $s") == "match(ct.state list(new related))\n");
    CHECK(with("define m = { 25 : jump mail }", "tcp dport vmap $m") == "vmap(tcp.dport {25: jump mail})\n");
    CHECK(with("define c = mail", "jump $c") == "jump mail\n");
    CHECK(with("define a = 1\nredefine a = 2", "mark $a") == "match(meta.mark 2)\n");
    CHECK(with("define a = 1\ndefine b = $a\nredefine a = 2", "mark $b") == "match(meta.mark 1)\n");
    CHECK(with("define e = {}", "tcp dport $e") == "match(tcp.dport {})\n");

    // Block scope: the inner definition ends with its block.
    const Parsed scoped(
        "define a = 1\ntable ip t {\n define a = 2\n chain c { mark $a; }\n}\ntable ip u { chain c { mark $a; } }\n");
    CHECK(scoped.rules() == "match(meta.mark 2)\n");
    CHECK(shape::of(scoped.table(1).chains.at(0).rules.at(0)) == "match(meta.mark 1)");

    // nft refuses these; the rule that uses the name must not look as if it had been read.
    CHECK(with("", "tcp dport $p accept") == "match(tcp.dport unknown($p)); accept\n");
    CHECK(with("define a = 1\nundefine a", "mark $a") == "match(meta.mark unknown($a))\n");
    CHECK(with("define a = $a", "mark $a") == "match(meta.mark unknown($a))\n");
    CHECK(with("", "jump $c") == "UNKNOWN(jump $c)\n");
    CHECK(Parsed("define a = 1\ndefine a = 2\n").unparsed() == "a.nft:2:1: the variable 'a' is defined twice\n");
    CHECK(Parsed("define a = 1 2\n").unparsed() == "a.nft:1:1: expected the end of the definition, not '2'\n");
}

TEST_CASE("nftables: places are those of the text, of a variable the place of its use") {
    const Parsed p("define mx = 192.0.2.25\n" + in_chain("\t\tip saddr  $mx\ttcp dport 25 accept"));
    const auto& rule = p.table().chains.at(0).rules.at(0);
    CHECK(rule.text == "ip saddr $mx tcp dport 25 accept");
    CHECK(p.sources.where(rule.span) == "a.nft:4:3");
    CHECK(p.sources.text(rule.span) == "ip saddr  $mx\ttcp dport 25 accept");
    REQUIRE(rule.statements.size() == 3);
    CHECK(p.sources.text(rule.statements[0].span) == "ip saddr  $mx");
    CHECK(p.sources.text(rule.statements[1].span) == "tcp dport 25");
    const auto& match = std::get<Match>(rule.statements[0].is);
    CHECK(p.sources.text(match.left->span) == "ip saddr");
    CHECK(p.sources.text(match.right->span) == "$mx");
    CHECK(p.sources.text(p.table().name_span) == "t");
    CHECK(p.sources.text(p.table().chains[0].name_span) == "c");

    const Parsed set(
        "table ip t {\n set s {\n  type ipv4_addr\n  elements = { 192.0.2.1 timeout 1s,\n   192.0.2.2 }\n }\n}\n");
    CHECK(set.sources.text(set.table().sets.at(0).elements.at(0).span) == "192.0.2.1 timeout 1s");
    CHECK(set.sources.where(set.table().sets.at(0).elements.at(1).span) == "a.nft:5:4");
}

TEST_CASE("nftables: a block in place of a chain's name becomes a chain of the table") {
    const Parsed p(in_chain("tcp dport 25 jump { ip saddr 192.0.2.25 accept; drop; }\naccept"));
    CHECK(p.rules() == "match(tcp.dport 25); jump __chain0\naccept\n");
    REQUIRE(p.table().chains.size() == 2);
    CHECK(p.table().chains[1].name == "__chain0");
    CHECK(p.rules(1) == "match(ip.saddr 192.0.2.25); accept\ndrop\n");
    const Parsed command("add rule ip t c goto { drop; }");
    REQUIRE(command.tree.commands.size() == 2);
    CHECK(command.tree.commands[0].object == "chain");
    CHECK(command.tree.commands[0].name == "__chain0");
    CHECK(shape::of(command.tree.commands[1].rule_node) == "goto __chain0");
}

TEST_CASE("nftables: what cannot be read is reported where it stands, and reading goes on") {
    const Parsed p(R"(table ip t {
 chain c {
  type filter hook forward priority 0; policy drop; tcp frob 25 accept
  tcp dport 26 accept
 }
 widget w { size 1 }
 set s { type ipv4_addr; colour red; elements = { 192.0.2.1 } }
 counter n { pakets 1 }
 chain d { drop; }
}
)");
    CHECK(p.rules() == "UNKNOWN(tcp frob 25 accept)\nmatch(tcp.dport 26); accept\n");
    CHECK(std::get<UnknownStatement>(p.table().chains[0].rules[0].statements[0].is).message ==
          "expected a field of tcp, not 'frob'");
    CHECK(p.unparsed() ==
          "a.nft:6:2: expected a chain, a set, a map or an object, not 'widget'\n"
          "a.nft:7:26: expected an item of a set, not 'colour'\n"
          "a.nft:8:14: expected an item of a counter, not 'pakets'\n");
    CHECK(p.table().sets.at(0).elements.size() == 1);
    CHECK(Parsed("table ip t {\n flags domant\n}\n").unparsed() ==
          "a.nft:2:2: expected one of the flags dormant owner persist, not 'domant'\n");
    CHECK(Parsed(in_chain("type nut hook input priority 0")).unparsed() ==
          "a.nft:3:1: expected 'filter', 'nat' or 'route', not 'nut'\n");
    CHECK(Parsed(in_chain("type nat hook imput priority 0")).unparsed() == "a.nft:3:1: expected a hook, not 'imput'\n");
    CHECK(Parsed("add limit ip t l rate 10").unparsed() == "a.nft:1:1: expected '/', but the file ends\n");
    CHECK(p.table().chains.size() == 2);
    CHECK(Parsed(in_chain("type filter hook input priority 0 policy drop")).unparsed() ==
          "a.nft:3:35: this does not belong here\n");
}

TEST_CASE("nftables: without the block structure there is one fatal diagnostic and no tree") {
    const auto fatal = [](const std::string& text) {
        const Parsed p(text);
        CHECK(p.tree.commands.empty());
        CHECK(base::has_fatal(p.diagnostics));
        return p.messages();
    };
    CHECK(fatal("table ip t {\n chain c {\n  accept\n") == " a.nft:2:10: this '{' is never closed\n");
    CHECK(fatal("table ip t {\n}\n}\n") == " a.nft:3:1: this '}' closes nothing\n");
    CHECK(fatal("table ip t {\n chain c { log prefix \"x\n }\n}\n") == " a.nft:2:23: this string is never closed\n");
}

TEST_CASE("nftables: includes stay in the directory of the file") {
    const Directory directory("egresslint-nftables-include-test");
    (void)directory.write("rules/20.nft", "tcp dport $port drop\n");
    (void)directory.write("rules/10.nft", "define port = 25\ncounter\n");
    (void)directory.write("rules/.hidden.nft", "accept\n");
    (void)directory.write("tables.nft", "include \"rules/sub.nft\"\n");
    (void)directory.write("rules/sub.nft", "table ip sub {\n}\n");
    (void)directory.write("self.nft", "include \"self.nft\"\n");
    (void)directory.write("cut.nft", "table ip t {\n");
    const auto main = directory.write("main.nft", "");
    const auto read = [&](const std::string& text) { return Parsed(text, {main, false}); };

    // Globs in alphabetical order; a definition of an included file belongs to the block that includes it.
    const auto globbed = read(in_chain("include \"rules/[12]*.nft\"\naccept"));
    CHECK(globbed.messages() == "");
    CHECK(globbed.rules() == "counter\nmatch(tcp.dport 25); drop\naccept\n");
    const auto& included = globbed.table().chains.at(0).rules.at(1);
    CHECK(globbed.sources.text(included.span) == "tcp dport $port drop");
    CHECK(globbed.sources.file(included.span.file).path == (directory.path / "rules/20.nft").string());

    CHECK(read("include \"tables.nft\"\n").table().name == "sub");
    CHECK(read("include \"none/*.nft\"\n").messages() == "");
    CHECK(read("include \"/dev/null\"\n").messages() == "");

    const auto message = [&](const std::string& text) {
        const auto p = read(text);
        REQUIRE(p.diagnostics.size() == 1);
        CHECK(p.diagnostics[0].kind == base::Diagnostic::Kind::incomplete);
        CHECK(p.diagnostics[0].code == "EL903");
        return p.diagnostics[0].message;
    };
    CHECK(message("include \"none.nft\"\n") == "the include \"none.nft\" was not read: no such file");
    CHECK(message("include \"../x.nft\"\n").find("outside the directory") != std::string::npos);
    CHECK(message("include \"/etc/passwd\"\n").find("outside the directory") != std::string::npos);
    CHECK(message("include \"self.nft\"\n").find("nested too deeply") != std::string::npos);

    CHECK(base::has_fatal(read("include \"cut.nft\"\n").diagnostics));
    CHECK(Parsed("include \"main.nft\"\n").messages() ==
          "EL903 a.nft:1:1: the include \"main.nft\" was not read: this input has no directory to look in\n");
}

TEST_CASE("nftables: hostile text ends in an error soon") {
    const auto repeat = [](const std::string& text, std::size_t times) {
        std::string out;
        for (std::size_t i = 0; i < times; ++i) out += text;
        return out;
    };
    const auto unknown = [&](const std::string& rule) {
        return Parsed(in_chain(rule)).rules().compare(0, 8, "UNKNOWN(") == 0;
    };
    CHECK(unknown("mark " + repeat("(", 100'000) + "1" + repeat(")", 100'000)));
    CHECK(unknown("tcp dport " + repeat("{", 100'000) + "1" + repeat("}", 100'000)));
    CHECK(unknown("mark & " + repeat("1 | ", 100'000) + "1 == 1"));
    CHECK(unknown("mark & " + repeat("(1 | 1 | ", 90) + "1" + repeat(")", 90) + " == 1"));
    CHECK(Parsed(in_chain(repeat("jump { ", 10'000) + "accept" + repeat(" }", 10'000))).table().chains.size() < 200);
    CHECK_FALSE(Parsed(repeat("table ip t { ", 10'000) + repeat("}", 10'000)).unparsed().empty());

    // Each definition doubles the one before.
    std::string doubling = "define v0 = { 1, 2 }\n";
    for (int i = 1; i < 64; ++i) {
        const auto before = "$v" + std::to_string(i - 1);
        doubling += "define v" + std::to_string(i) + " = { " + before + ", " + before + " }\n";
    }
    const Parsed exploding(doubling);
    CHECK(base::has_fatal(exploding.diagnostics));
    CHECK(exploding.tree.commands.empty());

    // Each definition is one operator deeper.
    std::string deep = "define d0 = 1\n";
    for (int i = 1; i < 300; ++i) deep += "define d" + std::to_string(i) + " = $d" + std::to_string(i - 1) + " | 1\n";
    CHECK_FALSE(Parsed(deep).unparsed().empty());
}

}  // namespace egresslint::dialects::nftables
