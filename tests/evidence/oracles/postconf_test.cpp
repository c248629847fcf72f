// SPDX-License-Identifier: Apache-2.0
// Postfix's own postconf is asked what every form of main.cf and master.cf comes to, and the reader must say the same:
// `postconf -c DIR -x` for main.cf, `-P -x` for services. What postconf refuses, the reader must refuse.
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "../mta_reading.hpp"
#include "command.hpp"

namespace {

namespace fs = std::filesystem;
using egresslint::kernel::run;
using egresslint::tests::MtaReading;
using egresslint::tests::MtaTexts;

class Folder {
public:
    Folder(const std::string& main, const std::string& master) {
        fs::create_directories(path_);
        std::ofstream(path_ / "main.cf") << main;
        std::ofstream(path_ / "master.cf") << master;
        // Postfix waits until a file has not been written to for two seconds: it might be half-written.
        for (const char* name : {"main.cf", "master.cf"})
            fs::last_write_time(path_ / name, fs::file_time_type::clock::now() - std::chrono::hours(1));
    }
    ~Folder() { fs::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    [[nodiscard]] std::string path() const { return path_.string(); }

private:
    fs::path path_ = fs::path(EGRESSLINT_BINARY_DIR) / "postconf-test";
};

/// postconf folds runs of blanks in what it prints.
std::string folded(const std::string& text) {
    std::string out;
    for (const char c : text) {
        const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
        if (!blank)
            out += c;
        else if (!out.empty() && out.back() != ' ')
            out += ' ';
    }
    while (out.ends_with(' ')) out.pop_back();
    return out;
}

const std::string head =
    "a = x\ne =\nn = $a\nlong =\n  one\n# a comment\n\n two\nmyhostname = host.example.com\ncompatibility_level = "
    "3.6\n";
const std::string master = "smtp unix - - n - - smtp\n";

void compare(const std::string& main) {
    INFO(main);
    const Folder folder(main, master);
    const auto theirs = run({"postconf", "-c", folder.path(), "-xh", "smtp_helo_name"});
    const MtaReading ours(MtaTexts{{"main.cf", main}, {"master.cf", master}});
    if (theirs.status != 0) {
        INFO(theirs.error);
        REQUIRE_FALSE(ours.diagnostics.empty());
        CHECK(ours.diagnostics.front().kind == egresslint::base::Diagnostic::Kind::fatal);
        return;
    }
    REQUIRE(ours.mtas.size() == 1);
    REQUIRE(ours.mtas[0].senders.size() == 1);
    const auto& sender = ours.mtas[0].senders[0];
    INFO("ours " << ours.sender());
    if (folded(theirs.output).empty()) {
        // Postfix's SMTP client does not start with an empty name.
        CHECK(sender.helo.empty());
        CHECK_FALSE(sender.unknown_helo.empty());
        return;
    }
    REQUIRE(sender.helo.size() == 1);
    std::string expected = folded(theirs.output);
    if (expected.size() > 1 && expected.ends_with('.')) expected.pop_back();
    CHECK(folded(sender.helo[0].value) == expected);
}

}  // namespace

TEST_CASE("macros come to what postconf says", "[postconf]") {
    for (const char* form : {"$a",
                             "${a}",
                             "$(a)",
                             "$$a",
                             "$a.d",
                             "${n}.$n",
                             "$myhostname",
                             "$mydomain",
                             "out.$mydomain",
                             "${a?yes}",
                             "${e?yes}|",
                             "${e:no}",
                             "${a:no}|",
                             "${a?{yes}:{no}}",
                             "${e?{yes}:{no}}",
                             "${e ? {yes} : {no}}",
                             "${a ?y}",
                             "${ a }",
                             "${a?y:z}",
                             "${e?y:z}|",
                             "${a?{x}}z${e?{x}}",
                             "${e:{x}}",
                             "${a?${e:{nest}}}",
                             "${a?{x}:no}",
                             "${e?{x}:no}",
                             "${e?x:{y}}|",
                             "$(a?{x})",
                             "${a?(x)}",
                             "${a}}",
                             "a#b",
                             "${e:}|",
                             "${a?$(n)}",
                             "(${a?{$(n)}:{$e}})",
                             "${{$a} == {x} ? {eq} : {ne}}",
                             "${{$a} != {x}?{eq}}|",
                             "${{3} > {20} ? {gt} : {le}}",
                             "${{abc} < {abd}?{lt}:{ge}}",
                             "${{}=={}?{both}:{x}}",
                             "${{a}=={A}?{ci}:{cs}}",
                             "${{1}<={1}?{y}}",
                             "${{03}=={3}?{number}:{text}}",
                             "${{$compatibility_level} <level {2} ? {old} : {new}}",
                             "${{3.5} <level {3.6} ? {y} : {n}}",
                             "${{3.10} >level {3.9} ? {y} : {n}}",
                             "${{3} ==level {3.0} ? {y} : {n}}",
                             "${{$a}=={x}:{ne}}|",
                             "$long",
                             "$mydestination",
                             "$smtpd_banner",
                             "$syslog_name",
                             "trailing.dot.",
                             "",
                             "Mixed.Example.COM",
                             "$smtp_helo_name",
                             "${a",
                             "$",
                             "$.x",
                             "${}",
                             "${a-b}",
                             "${a:{x}?{y}}",
                             "${a?{x}y}",
                             "${{a}>=level{2}?{y}}",
                             "${{a}~{b}?{y}}",
                             "${{a}=={b}}",
                             "${{a}==b?{y}}",
                             "${a?{x}",
                             "$(a",
                             "${a?{x}:{y}z}"}) {
        compare(head + "smtp_helo_name = " + form + "\n");
    }
}

TEST_CASE("lines of main.cf are put together as postconf does", "[postconf]") {
    for (const char* rest :
         {"smtp_helo_name=first\nsmtp_helo_name =   second   \n", "smtp_helo_name =\n   $long.x\n",
          "smtp_helo_name = a.\n# between\n  \t\n  b\n", "smtp_helo_name = a.\r\n", "smtp_helo_name\t=\ta.b\n",
          "  # indented comment\nsmtp_helo_name = y\n", "smtp_helo_name = y # not a comment\n", "smtp_helo_name = y",
          "myhostname = mail\nsmtp_helo_name = $mydomain\n", "mydomain = example.org\nsmtp_helo_name = x.$mydomain\n",
          "mydomain = d.example\nmyhostname = m.$mydomain\nsmtp_helo_name = $myhostname\n",
          "myhostname = $mydomain\nmydomain = $myhostname\n", "nonsense\n", "= x\n", "two words = x\n",
          "smtp_helo_name = z\n\n\n \nrelayhost =\n"}) {
        compare(head + rest);
    }
}

TEST_CASE("options of services come to what postconf says", "[postconf]") {
    const std::string main = head + "default_transport = out\n";
    for (const char* options :
         {"-o smtp_helo_name=o.$mydomain", "-o { smtp_helo_name = o.$mydomain }", "-o {smtp_helo_name=o.$a}",
          "-o smtp_helo_name=1 -o smtp_helo_name=2", "-v -o smtp_helo_name=x -v",
          "-o myhostname=other.example.org -o smtp_helo_name=$myhostname", "-o a=b -o smtp_helo_name=$n",
          "\n  -o smtp_helo_name=x\n# c\n\n  -o inet_protocols=ipv4"}) {
        INFO(options);
        const std::string services = master + "out unix - - n - - smtp " + options + "\n";
        const Folder folder(main, services);
        const auto theirs = run({"postconf", "-c", folder.path(), "-Pxh", "out/unix/smtp_helo_name"});
        INFO(theirs.error);
        REQUIRE(theirs.status == 0);
        const MtaReading ours(MtaTexts{{"main.cf", main}, {"master.cf", services}});
        INFO(ours.sender());
        REQUIRE(ours.mtas.at(0).senders.size() == 1);
        REQUIRE(ours.mtas[0].senders[0].helo.size() == 1);
        CHECK(ours.mtas[0].senders[0].helo[0].value == folded(theirs.output));
        CHECK(ours.problems().empty());
        // And what postconf prints of the same files says the same.
        const MtaReading printed(MtaTexts{{"n", run({"postconf", "-c", folder.path(), "-n"}).output},
                                          {"M", run({"postconf", "-c", folder.path(), "-M"}).output}});
        REQUIRE(printed.mtas.at(0).senders.size() == 1);
        CHECK(printed.mtas[0].senders[0].helo.at(0).value == folded(theirs.output));
    }
}

int main(int argc, char** argv) {
    if (!egresslint::kernel::have("postconf")) {
        std::fprintf(stderr, "SKIPPED: postconf is not installed\n");
        return 77;
    }
    return Catch::Session().run(argc, argv);
}
