#include "io/tar_stream.h"

#include "base/error.h"
#include "base/shown_text.h"
#include "io/digest.h"
#include "io/input.h"

#include <algorithm>
#include <archive.h>
#include <archive_entry.h>
#include <charconv>
#include <exception>
#include <new>
#include <vector>

namespace nonna
{

bool is_sample_key(std::string_view key)
{
    if (key.size() != 16 && key.size() != 23)
        return false;
    if (key.substr(0, 16).find_first_not_of("0123456789abcdef") != std::string_view::npos)
        return false;
    return key.size() == 16 ||
           (key[16] == '-' && key.substr(17).find_first_not_of("0123456789") == std::string_view::npos);
}

bool is_picture_extension(std::string_view extension)
{
    return extension == "jpg" || extension == "png" || extension == "webp";
}

std::string printable(std::string_view name) { return shown_text(name.substr(0, 100)); }

bool is_compressed(std::string_view start)
{
    return start.starts_with("\x1f\x8b") || start.starts_with("\x28\xb5\x2f\xfd") ||
           start.starts_with("\xfd"
                             "7zX") ||
           start.starts_with("BZh");
}

std::string_view member_name(std::string_view archive, std::uint64_t offset, std::uint64_t size)
{
    if (offset < tar_block || offset > archive.size() || size > archive.size() - offset)
        return {};
    const std::string_view header = archive.substr(offset - tar_block, tar_block);
    std::uint64_t announced = 0;
    const char* const digits = header.data() + 124;
    const auto [stop, failure] = std::from_chars(digits, digits + 12, announced, 8);
    if (failure != std::errc() || stop == digits || announced != size)
        return {};
    std::string_view name = header.substr(0, 100);
    name = name.substr(0, name.find('\0'));
    return name.substr(name.starts_with("./") ? 2 : 0);
}

namespace
{

// What libarchive reads from, watched: libarchive takes a stream cut between two members for a complete one, and
// ignores whatever follows the end marker. So the tail is judged here, and the bytes of the present pair are kept.
struct WatchedInput {
    Input input;
    std::vector<std::byte> piece = std::vector<std::byte>(256 * 1024);
    std::uint64_t total = 0;          // bytes read
    std::uint64_t content_end = 0;    // offset after the last byte that is not zero
    std::string kept;                 // [kept_begin, total)
    std::uint64_t kept_begin = 0;
    bool keeping = true;
    std::optional<Sha256> sum;
    std::exception_ptr failure;

    explicit WatchedInput(const std::string& path) : input(path) {}

    std::size_t fill()
    {
        const std::size_t n = input.read(piece);
        for (std::size_t i = n; i > 0; --i)
            if (piece[i - 1] != std::byte{0}) {
                content_end = total + i;
                break;
            }
        if (sum)
            sum->add(std::span(piece).first(n));
        if (keeping)
            kept.append(reinterpret_cast<const char*>(piece.data()), n);
        total += n;
        return n;
    }

    void forget(std::uint64_t before)
    {
        // Bytes move to the front when they are the lesser part: each moves about once.
        const std::uint64_t passed = before - kept_begin;
        if (passed >= kept.size() - passed || passed > (std::uint64_t(1) << 20)) {
            kept.erase(0, passed);
            kept_begin = before;
            if (kept.capacity() > (std::size_t(16) << 20) && kept.size() < kept.capacity() / 8)
                kept.shrink_to_fit();    // after one huge picture
        }
    }

    static la_ssize_t on_read(archive*, void* self, const void** buffer)
    {
        auto& watched = *static_cast<WatchedInput*>(self);
        *buffer = watched.piece.data();
        try {
            return static_cast<la_ssize_t>(watched.fill());
        } catch (...) {    // must not cross C
            watched.failure = std::current_exception();
            return -1;
        }
    }
};

struct ArchiveDeleter {
    void operator()(archive* a) const { archive_read_free(a); }
};

}    // namespace

struct TarStream::State {
    WatchedInput watched;
    std::unique_ptr<archive, ArchiveDeleter> tar{archive_read_new()};
    std::uint64_t end = 0, reached = 0;
    std::string last;
    bool opened = false, ended = false;

    struct Member : TarMember {
        std::string key, extension;
    };

    State(const std::string& path, bool digested) : watched(path)
    {
        if (digested)
            watched.sum.emplace();
        if (!tar)
            throw std::bad_alloc();
        archive_read_support_format_tar(tar.get());
    }

    // At the first call of next, so that the bytes can be looked at also where they are not an archive.
    void open()
    {
        const int status = archive_read_open(tar.get(), &watched, nullptr, &WatchedInput::on_read, nullptr);
        if (watched.total == 0 && !watched.failure)
            throw Error(name(), "empty file, not an image set");
        if (status != ARCHIVE_OK)
            throw failure("");
        opened = true;
    }

    const std::string& name() const { return watched.input.name(); }

    // What libarchive's last refusal means to the user.
    Error failure(const std::string& member) const
    {
        if (watched.failure)
            std::rethrow_exception(watched.failure);
        const std::string where = member.empty() ? "" : printable(member) + ": ";
        const char* text = archive_error_string(tar.get());
        std::string reason = text ? text : "not readable";
        if (reason.starts_with("Unrecognized archive format")) {
            if (is_compressed(watched.kept))
                return {name(), "compressed; an image set is a plain tar archive"};
            const bool cut = watched.total < tar_block && is_sample_key(watched.kept.substr(0, 16));
            return {name(), cut ? "truncated" : "not an image set (no tar archive)"};
        }
        if (reason.find("runcated") != std::string::npos)
            return {name(), where + "truncated"};
        if (reason.starts_with("Damaged tar archive"))
            return {name(), where + "damaged tar archive"};
        reason[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(reason[0])));
        return {name(), where + reason};
    }

    // Names of owners and groups that the locale cannot hold ("Jörg" in C), which nobody asks for.
    bool owner_warning() const
    {
        const char* const text = archive_error_string(tar.get());
        const std::string_view warning = text ? text : "";
        return warning.starts_with("Uname ") || warning.starts_with("Gname ");
    }

    // The end marker is two blocks of zeros; nothing but zeros may follow.
    void check_end()
    {
        watched.keeping = false;
        const std::uint64_t marker = whole_blocks(static_cast<std::uint64_t>(archive_read_header_position(tar.get())));
        const std::size_t at = watched.kept.find_first_not_of('\0', marker - watched.kept_begin);
        bool found = at != std::string::npos;
        if (found)
            reached = watched.kept_begin + at;
        while (const std::size_t n = watched.fill())
            if (!found && watched.content_end > watched.total - n) {
                found = true;
                reached = watched.total - n;
                for (std::size_t i = 0; watched.piece[i] == std::byte{0}; ++i)
                    ++reached;
            }
        if (watched.content_end > marker)
            throw Error(name(), "data after the end of the archive");
        reached = watched.total;
        if (watched.total < marker + 2 * tar_block)
            throw Error(name(), "truncated");
    }

    // The next header and, skipped over, what it announces. Names are checked first, so that every other refusal has a
    // name to say; sizes before libarchive is asked for the bytes, so that a header's lie costs no memory.
    std::optional<Member> next_member()
    {
        for (;;) {
            archive_entry* entry = nullptr;
            const int status = archive_read_next_header(tar.get(), &entry);
            reached = static_cast<std::uint64_t>(std::max<la_int64_t>(0, archive_read_header_position(tar.get())));
            if (status == ARCHIVE_EOF) {
                check_end();
                return std::nullopt;
            }
            if (status != ARCHIVE_OK && !(status == ARCHIVE_WARN && owner_warning()))
                throw failure("");
            const char* path = archive_entry_pathname(entry);
            Member member;
            member.name = path ? path : "";
            const bool link = archive_entry_hardlink(entry) || archive_entry_symlink(entry);
            if (!link && archive_entry_filetype(entry) == AE_IFDIR && (member.name == "./" || member.name == "."))
                continue;    // "tar -C folder -c ." puts it in front
            parse_name(member);
            if (link || archive_entry_filetype(entry) != AE_IFREG)
                throw Error(name(), printable(member.name) + ": not a regular file");
            if (archive_entry_sparse_count(entry) > 0)
                throw Error(name(), printable(member.name) + ": stored with holes (sparse)");
            const la_int64_t announced = archive_entry_size(entry);
            if (announced < 0 || static_cast<std::uint64_t>(announced) > member_limit)
                throw Error(name(), printable(member.name) + ": larger than 256 MiB");
            member.bytes = static_cast<std::uint64_t>(announced);
            member.offset = static_cast<std::uint64_t>(archive_filter_bytes(tar.get(), -1));    // behind the header
            if (archive_read_data_skip(tar.get()) != ARCHIVE_OK || watched.failure)
                throw failure(member.name);
            if (watched.total < whole_blocks(member.offset + member.bytes))
                throw Error(name(), printable(member.name) + ": truncated");
            last = member.name;
            return member;
        }
    }

    void parse_name(Member& member) const
    {
        const auto refuse = [&](const std::string& reason) {
            return Error(name(), printable(member.name) + ": " + reason);
        };
        std::string_view rest = member.name;
        if (rest.starts_with("./"))
            rest.remove_prefix(2);
        if (rest.find('/') != std::string_view::npos)
            throw refuse("member in a folder");
        const auto dot = rest.find('.');
        member.key = rest.substr(0, dot);
        member.extension = dot == std::string_view::npos ? "" : rest.substr(dot + 1);
        if (!is_sample_key(member.key))
            throw refuse("not named by a key of 16 hexadecimal digits");
        if (!is_picture_extension(member.extension) && member.extension != "json")
            throw refuse("neither a picture (jpg, png, webp) nor json");
    }

    // Two members that are a sample. Whoever gets the pair need not know which of them came first.
    std::optional<TarPair> next(KeySet& keys)
    {
        if (!opened)
            open();
        watched.forget(end);
        auto first = ended ? std::nullopt : next_member();
        if (!first) {
            ended = true;
            return std::nullopt;
        }
        const std::uint64_t begin = end, first_reached = reached;
        auto second = next_member();
        if (!second || second->key != first->key) {
            reached = first_reached;
            throw Error(name(), first->name + (first->extension == "json" ? ": no picture" : ": no json") +
                                    " of the same key next to it");
        }
        if ((first->extension == "json") == (second->extension == "json"))
            throw Error(name(), second->name + ": a sample is one picture and one json");
        end = whole_blocks(second->offset + second->bytes);
        if (first->extension == "json")
            std::swap(first, second);
        if (!keys.insert(first->key))
            throw Error(name(), first->name + ": the key occurs twice");
        if (first->bytes == 0)
            throw Error(name(), first->name + ": empty");
        return TarPair{first->key, first->extension, std::move(*first), std::move(*second), begin, end};
    }
};

TarStream::TarStream(const std::string& path, bool digested) : state_(std::make_unique<State>(path, digested)) {}
TarStream::~TarStream() = default;
std::optional<TarPair> TarStream::next(KeySet& keys) { return state_->next(keys); }
const std::string& TarStream::name() const { return state_->name(); }
std::uint64_t TarStream::reached() const { return state_->reached; }
const std::string& TarStream::last() const { return state_->last; }
std::uint64_t TarStream::size() const { return state_->watched.total; }
std::uint64_t TarStream::whole() const { return state_->watched.input.regular() ? state_->watched.input.size() : 0; }
std::string TarStream::digest() const { return Sha256(*state_->watched.sum).hex(); }

std::string_view TarStream::bytes(std::uint64_t offset, std::uint64_t size) const
{
    const WatchedInput& watched = state_->watched;
    if (offset < watched.kept_begin || offset - watched.kept_begin > watched.kept.size())
        return {};
    return std::string_view(watched.kept).substr(offset - watched.kept_begin, size);
}

}    // namespace nonna
