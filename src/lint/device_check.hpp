// SPDX-License-Identifier: Apache-2.0
// One device under all rules. Inside this room only; the door is lint.hpp.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "lint/cause.hpp"
#include "lint/finding.hpp"
#include "lint/intent.hpp"
#include "lint/lint.hpp"
#include "lint/prepare.hpp"
#include "lint/query.hpp"
#include "lint/query_eval.hpp"
#include "lint/rule_file.hpp"

namespace egresslint::lint {

struct Egress;
struct MailHost;

/// A question with everything that makes its answer a finding.
struct Question {
    std::string code, name;
    base::Severity severity = base::Severity::error;
    RuleKind kind = RuleKind::forbid;
    query::Query query;
    std::string message;
    std::string help;
    std::vector<std::string> needs;
    bool presume = false;
    /// The deciding rule is the one that translates the source or the destination, not the one that accepts.
    /// … or that gives it to an inspection engine.
    enum class By : std::uint8_t { verdict, source, destination, inspection } by = By::verdict;
    bool from_server = false;  ///< it asks about what mail servers open
};

class DeviceCheck {
public:
    DeviceCheck(const Prepared& prepared, const Intent& intent, const base::Sources& sources, const Options& options);

    void ask(const Question& question);
    /// The slice that most rules share: SMTP to the internet from anywhere inside.
    void warm_up();
    void egress_map(std::vector<EgressRow>& rows);
    /// As which addresses each mail server's SMTP leaves, for the EL3xx rules.
    void mail_hosts(std::vector<MailHost>& hosts);
    /// EL901, EL902, EL903; after all questions.
    void bookkeeping(const std::function<bool(std::string_view)>& selected);
    /// A finding of a check in C++ (checks/): the device's name and the fingerprint are filled in.
    void keep(Finding finding, std::string_view key);

    [[nodiscard]] std::vector<Finding>& findings() { return findings_; }
    [[nodiscard]] std::vector<std::unique_ptr<query::Evaluation>>& families() { return families_; }

private:
    struct Group;
    void forbid(const Question& q, const ServerView* server);
    void require(const Question& q, const ServerView* server);
    void several(const Question& q, const ServerView* server);
    [[nodiscard]] bool applies(const Question& q, const ServerView* server, query::Evaluation& e);
    [[nodiscard]] std::vector<Group> groups(const Question& q, query::Evaluation& e, const query::Answer& answer);
    void report(const Question& q, const ServerView* server, query::Evaluation& e, const query::Answer& answer,
                const Group& group, const flow::HeaderSet& surely);
    void fill_witness(Finding& f, const Question& q, const ServerView* server, query::Evaluation& e,
                      const flow::HeaderSet& set, flow::Packet& packet, flow::Trace& trace);
    void egress_of(query::Evaluation& e, const query::Answer& answer, std::vector<Egress>& out);
    void bound_addresses(MailHost& host);
    void too_large(const flow::TooLarge& why);
    [[nodiscard]] std::string fill_in(const std::string& message, const ServerView* server, query::Evaluation& e,
                                      const flow::HeaderSet& headers, const std::string& leaves_as,
                                      const std::string& out, const std::string& who) const;
    [[nodiscard]] std::string leaves_as(query::Evaluation& e, const flow::Row& row) const;
    [[nodiscard]] Finding fresh(const Question& q) const;
    void stamp(Finding& f, std::string_view key);
    [[nodiscard]] std::vector<std::string> unknowns(query::Evaluation& e, const flow::HeaderSet& set);
    [[nodiscard]] base::IntervalSet shown_sources(query::Evaluation& e, const flow::HeaderSet& set, bool server) const;
    void guessed_facts(Finding& f, const ServerView* server);

    const Prepared& p_;
    const Intent& intent_;
    const base::Sources& sources_;
    const Options& options_;
    std::vector<std::unique_ptr<query::Evaluation>> families_;
    std::vector<Finding> findings_;
    std::set<std::string> stamps_;
    std::map<std::string, unsigned> repeated_;  ///< by the first fingerprint: the last number given to a repetition
    std::vector<std::string> too_large_;
    std::set<std::uint32_t> decisive_;  ///< predicates that make some finding only possible
    bool external_guessed_ = false;
};

/// Rule files (and policies) as questions; the query of a built-in rule always parses, a policy's may not.
[[nodiscard]] std::vector<Question> questions_of(const RuleFile& rule);
[[nodiscard]] std::string server_words(const ServerView& server, base::Family family);
/// 16 hexadecimal digits of FNV-1a.
[[nodiscard]] std::string fingerprint(std::string_view text);
/// Packets that people recognise: dst 198.18.0.9, sport 40000, a source from the middle of the set.
[[nodiscard]] std::vector<flow::HeaderSet> preferred(query::Evaluation& e, const Prepared& p,
                                                     const flow::HeaderSet& set);

}  // namespace egresslint::lint
