// SPDX-License-Identifier: Apache-2.0
#include "cli/git_files.hpp"

#include <fmt/format.h>
#include <git2.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "cli/paths.hpp"

namespace egresslint::cli {
namespace fs = std::filesystem;
namespace {

constexpr unsigned most_links = 40;  // as Linux

template <class T, void (*Free)(T*)>
struct Freed {
    void operator()(T* thing) const { Free(thing); }
};
using RepositoryPtr = std::unique_ptr<git_repository, Freed<git_repository, git_repository_free>>;
using TreePtr = std::unique_ptr<git_tree, Freed<git_tree, git_tree_free>>;
using ObjectPtr = std::unique_ptr<git_object, Freed<git_object, git_object_free>>;
using BlobPtr = std::unique_ptr<git_blob, Freed<git_blob, git_blob_free>>;
using EntryPtr = std::unique_ptr<git_tree_entry, Freed<git_tree_entry, git_tree_entry_free>>;
using CommitPtr = std::unique_ptr<git_commit, Freed<git_commit, git_commit_free>>;

struct Library {
    Library() { git_libgit2_init(); }
    ~Library() { git_libgit2_shutdown(); }
    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;
};

std::string last_error() {
    const git_error* error = git_error_last();
    return error != nullptr && error->message != nullptr ? error->message : "unknown error";
}

std::string name_of(const git_oid& oid) {
    std::string text(GIT_OID_HEXSZ, '\0');
    git_oid_fmt(text.data(), &oid);
    return text;
}

std::vector<std::string> parts_of(const std::string& path) {
    std::vector<std::string> out;
    for (const fs::path& part : fs::path(path))
        if (!part.empty() && part != "." && part != "/") out.push_back(part.string());
    return out;
}

class TreeFiles final : public base::Files {
public:
    TreeFiles(git_repository* repository, TreePtr tree, std::string root, std::string label)
        : repository_(repository), tree_(std::move(tree)), root_(std::move(root)), label_(std::move(label)) {}

    [[nodiscard]] std::string_view label() const override { return label_; }

    [[nodiscard]] Kind kind(const std::string& path) const override {
        const auto found = find(path, true);
        if (!found) return Kind::none;
        if (found->parts.empty()) return Kind::directory;
        switch (git_tree_entry_type(found->entry.get())) {
            case GIT_OBJECT_TREE: return Kind::directory;
            case GIT_OBJECT_BLOB: return Kind::file;
            default: return Kind::other;
        }
    }
    [[nodiscard]] bool is_link(const std::string& path) const override {
        const auto found = find(path, false);
        return found && found->entry && git_tree_entry_filemode(found->entry.get()) == GIT_FILEMODE_LINK;
    }
    [[nodiscard]] tl::expected<std::string, base::IoError> read(const std::string& path) const override {
        const auto fail = [&](std::string message) { return tl::unexpected(base::IoError{path, std::move(message)}); };
        const auto found = find(path, true);
        if (!found) return fail("no such file");
        if (!found->entry || git_tree_entry_type(found->entry.get()) == GIT_OBJECT_TREE) return fail("is a directory");
        if (git_tree_entry_type(found->entry.get()) != GIT_OBJECT_BLOB) return fail("is not a regular file");
        return text_of(*found->entry, path);
    }
    [[nodiscard]] tl::expected<std::vector<std::string>, base::IoError> list(
        const std::string& directory) const override {
        const auto fail = [&](std::string message) {
            return tl::unexpected(base::IoError{directory, std::move(message)});
        };
        const auto found = find(directory, true);
        if (!found) return fail("no such file");
        const git_tree* tree = tree_.get();
        TreePtr own;
        if (found->entry) {
            own = tree_of(*found->entry);
            if (!own) return fail("is not a directory");
            tree = own.get();
        }
        std::vector<std::string> out;
        for (std::size_t i = 0; i < git_tree_entrycount(tree); ++i)
            out.emplace_back(git_tree_entry_name(git_tree_entry_byindex(tree, i)));
        std::sort(out.begin(), out.end());
        return out;
    }
    [[nodiscard]] std::string real_path(const std::string& path) const override {
        const auto found = find(path, true);
        if (!found) return "";
        std::string out = root_;
        for (const std::string& part : found->parts) out += "/" + part;
        return out;
    }

private:
    struct Found {
        std::vector<std::string> parts;  ///< from the root, without links
        EntryPtr entry;                  ///< null: the root itself
    };

    /// Components from the root of the repository; nullopt: outside of it.
    [[nodiscard]] std::optional<std::vector<std::string>> below_root(const std::string& path) const {
        fs::path whole(path);
        std::error_code error;
        if (whole.is_relative()) whole = fs::current_path(error) / whole;
        if (error) return std::nullopt;
        const fs::path inside = whole.lexically_normal().lexically_relative(root_);
        if (inside.empty() || *inside.begin() == "..") return std::nullopt;
        return parts_of(inside.string());
    }

    [[nodiscard]] std::optional<Found> find(const std::string& given, bool follow) const {
        auto wanted = below_root(plain(given));
        if (!wanted) return std::nullopt;
        unsigned links = 0;
        std::vector<std::string> left(wanted->rbegin(), wanted->rend()), done;
        EntryPtr entry;
        while (!left.empty()) {
            const std::string part = std::move(left.back());
            left.pop_back();
            if (part == "..") {
                if (done.empty()) return std::nullopt;
                done.pop_back();
                if (left.empty() && !(entry = entry_at(done)) && !done.empty()) return std::nullopt;
                continue;
            }
            done.push_back(part);
            entry = entry_at(done);
            if (!entry) return std::nullopt;
            if (git_tree_entry_filemode(entry.get()) != GIT_FILEMODE_LINK || (left.empty() && !follow)) continue;
            if (++links > most_links) return std::nullopt;
            const auto target = text_of(*entry, given);
            if (!target) return std::nullopt;
            done.pop_back();
            std::vector<std::string> next = parts_of(*target);
            if (target->starts_with('/')) {
                const auto inside = below_root(*target);
                if (!inside) return std::nullopt;
                next = *inside;
                done.clear();
            }
            left.insert(left.end(), next.rbegin(), next.rend());
            entry.reset();
        }
        return Found{std::move(done), std::move(entry)};
    }

    [[nodiscard]] EntryPtr entry_at(const std::vector<std::string>& parts) const {
        std::string path;
        for (const std::string& part : parts) path += (path.empty() ? "" : "/") + part;
        git_tree_entry* entry = nullptr;
        if (path.empty() || git_tree_entry_bypath(&entry, tree_.get(), path.c_str()) != 0) return nullptr;
        return EntryPtr(entry);
    }
    [[nodiscard]] TreePtr tree_of(const git_tree_entry& entry) const {
        git_tree* tree = nullptr;
        if (git_tree_entry_type(&entry) != GIT_OBJECT_TREE ||
            git_tree_lookup(&tree, repository_, git_tree_entry_id(&entry)) != 0)
            return nullptr;
        return TreePtr(tree);
    }
    [[nodiscard]] tl::expected<std::string, base::IoError> text_of(const git_tree_entry& entry,
                                                                   const std::string& path) const {
        git_blob* raw = nullptr;
        if (git_blob_lookup(&raw, repository_, git_tree_entry_id(&entry)) != 0)
            // A partial clone has the name of the object only.
            return tl::unexpected(base::IoError{path, "is not in this clone: " + last_error()});
        const BlobPtr blob(raw);
        const auto size = static_cast<std::uint64_t>(git_blob_rawsize(blob.get()));
        if (size > base::default_max_file_size) return tl::unexpected(base::IoError{path, "is larger than 512 MiB"});
        return std::string(static_cast<const char*>(git_blob_rawcontent(blob.get())), static_cast<std::size_t>(size));
    }

    git_repository* repository_;
    TreePtr tree_;
    std::string root_;
    std::string label_;
};

}  // namespace

struct Repository::Impl {
    Library library;
    RepositoryPtr repository;
    std::string root;  ///< of the working directory, without links

    [[nodiscard]] std::string shallow_hint() const {
        return git_repository_is_shallow(repository.get()) == 1
                   ? "; this clone is shallow: fetch the history (`git fetch --unshallow`, or `fetch-depth: 0`)"
                   : "";
    }

    [[nodiscard]] Expected<git_oid> commit(const std::string& revision) const {
        git_object* raw = nullptr;
        if (git_revparse_single(&raw, repository.get(), revision.c_str()) != 0)
            return tl::unexpected(failure(
                Status::usage, fmt::format("--git: there is no revision '{}' here{}", revision, shallow_hint())));
        const ObjectPtr object(raw);
        git_object* peeled = nullptr;
        if (git_object_peel(&peeled, object.get(), GIT_OBJECT_COMMIT) != 0)
            return tl::unexpected(failure(Status::usage, fmt::format("--git: '{}' is no commit", revision)));
        const ObjectPtr as_commit(peeled);
        return *git_object_id(as_commit.get());
    }
};

Repository::Repository(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Repository::Repository(Repository&&) noexcept = default;
Repository& Repository::operator=(Repository&&) noexcept = default;
Repository::~Repository() = default;

Expected<Repository> Repository::find() {
    auto impl = std::make_unique<Impl>();
    std::error_code error;
    const fs::path here = fs::current_path(error);
    git_repository* raw = nullptr;
    if (error || git_repository_open_ext(&raw, here.c_str(), 0, nullptr) != 0)
        return tl::unexpected(failure(Status::usage, "--git: " + last_error()));
    impl->repository.reset(raw);
    const char* directory = git_repository_workdir(raw);
    // A bare repository has no files but those of its revisions: they are where the working directory is.
    impl->root = directory != nullptr ? real_path(directory) : here.string();
    return Repository(std::move(impl));
}

Expected<Range> Repository::range(const std::string& text) const {
    const std::size_t dots = text.find("..");
    const bool three = dots != std::string::npos && text.compare(dots, 3, "...") == 0;
    const auto or_head = [](std::string name) { return name.empty() ? std::string("HEAD") : name; };
    Range out;
    out.before_name = dots == std::string::npos ? text : or_head(text.substr(0, dots));
    if (out.before_name.empty()) return tl::unexpected(failure(Status::usage, "--git needs a revision"));
    const auto before = impl_->commit(out.before_name);
    if (!before) return tl::unexpected(before.error());
    out.before = name_of(*before);
    if (dots == std::string::npos) {
        out.working_directory = true;
        out.after_name = "the working directory";
        return out;
    }
    out.after_name = or_head(text.substr(dots + (three ? 3 : 2)));
    const auto after = impl_->commit(out.after_name);
    if (!after) return tl::unexpected(after.error());
    out.after = name_of(*after);
    if (!three) return out;
    git_oid base;
    if (git_merge_base(&base, impl_->repository.get(), &*before, &*after) != 0)
        return tl::unexpected(
            failure(Status::usage, fmt::format("--git: {} and {} have no common ancestor here{}", out.before_name,
                                               out.after_name, impl_->shallow_hint())));
    out.before = name_of(base);
    out.before_name = out.before.substr(0, 12);
    return out;
}

Expected<std::unique_ptr<base::Files>> Repository::files(const std::string& commit, std::string label) const {
    git_oid oid;
    git_commit* raw = nullptr;
    git_tree* tree = nullptr;
    if (git_oid_fromstr(&oid, commit.c_str()) != 0 || git_commit_lookup(&raw, impl_->repository.get(), &oid) != 0)
        return tl::unexpected(failure(Status::unreadable, "--git: " + last_error() + impl_->shallow_hint()));
    const CommitPtr found(raw);
    if (git_commit_tree(&tree, found.get()) != 0)
        return tl::unexpected(failure(Status::unreadable, "--git: " + last_error()));
    return std::make_unique<TreeFiles>(impl_->repository.get(), TreePtr(tree), impl_->root, std::move(label));
}

}  // namespace egresslint::cli
