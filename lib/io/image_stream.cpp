#include "io/image_stream.h"

#include "base/error.h"
#include "io/digest.h"
#include "io/image_meta.h"
#include "io/input.h"
#include "io/output.h"

#include <algorithm>
#include <archive.h>
#include <archive_entry.h>
#include <cstdio>
#include <exception>
#include <new>
#include <string_view>
#include <unordered_set>

namespace nonna {

namespace {

constexpr std::uint64_t member_limit = std::uint64_t{256} << 20;
constexpr std::string_view hexadecimal = "0123456789abcdef";

bool is_key(std::string_view key)
{
    if (key.size() != 16 && key.size() != 23)
        return false;
    if (key.substr(0, 16).find_first_not_of(hexadecimal) != std::string_view::npos)
        return false;
    return key.size() == 16 ||
           (key[16] == '-' && key.substr(17).find_first_not_of("0123456789") == std::string_view::npos);
}

bool is_picture_extension(std::string_view extension)
{
    return extension == "jpg" || extension == "png" || extension == "webp";
}

// All keys so far, 16 bytes each rather than a string: sets have millions.
class KeySet
{
  public:
    bool insert(const std::string& key)    // false: it was there
    {
        const Packed packed{std::stoull(key.substr(0, 16), nullptr, 16),
                            key.size() > 16 ? 1 + std::stoull(key.substr(17)) : 0};
        return keys_.insert(packed).second;
    }

  private:
    struct Packed {
        std::uint64_t digest, sequence;
        bool operator==(const Packed&) const = default;
    };
    struct Hash {
        std::size_t operator()(const Packed& p) const { return p.digest ^ p.sequence * 0x9e3779b97f4a7c15; }
    };
    std::unordered_set<Packed, Hash> keys_;
};

std::string printable(std::string_view name)
{
    std::string text;
    for (const char c : name.substr(0, 100))
        text += c < 0x20 || c == 0x7f ? '?' : c;
    return text;
}

// What libarchive reads from, watched: libarchive takes a stream cut between two members for a complete one, and
// ignores whatever follows the end marker. So the tail is judged here.
struct WatchedInput {
    Input input;
    std::vector<std::byte> piece = std::vector<std::byte>(256 * 1024);
    std::uint64_t total = 0;          // bytes read
    std::uint64_t content_end = 0;    // offset behind the last byte that is not zero
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
        total += n;
        return n;
    }

    // Judged by the first piece, while it is the last one read.
    bool looks_compressed() const
    {
        const std::string_view start(reinterpret_cast<const char*>(piece.data()), std::min<std::uint64_t>(total, 4));
        return start.starts_with("\x1f\x8b") || start.starts_with("\x28\xb5\x2f\xfd") ||
               start.starts_with("\xfd"
                                 "7zX") ||
               start.starts_with("BZh");
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
    void operator()(archive* a) const { archive_free(a); }
};
struct EntryDeleter {
    void operator()(archive_entry* e) const { archive_entry_free(e); }
};

}    // namespace

struct ImageReader::State {
    WatchedInput watched;
    std::unique_ptr<archive, ArchiveDeleter> tar{archive_read_new()};
    KeySet keys;
    Sha256 sum;
    bool ended = false;

    struct Member {
        std::string name, key, extension;
        Bytes bytes;
    };

    explicit State(const std::string& path) : watched(path)
    {
        if (!tar)
            throw std::bad_alloc();
        archive_read_support_format_tar(tar.get());
        const int status = archive_read_open(tar.get(), &watched, nullptr, &WatchedInput::on_read, nullptr);
        if (watched.total == 0 && !watched.failure)
            throw Error(name(), "empty file, not an image set");
        if (status != ARCHIVE_OK)
            throw failure("");
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
        if (reason.starts_with("Unrecognized archive format"))
            return {name(), watched.looks_compressed() ? "compressed; an image set is a plain tar archive"
                                                       : "not an image set (no tar archive)"};
        if (reason.find("runcated") != std::string::npos)
            return {name(), where + "truncated"};
        if (reason.starts_with("Damaged tar archive"))
            return {name(), where + "damaged tar archive"};
        reason[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(reason[0])));
        return {name(), where + reason};
    }

    // The end marker is two blocks of zeros; nothing but zeros may follow.
    void check_end()
    {
        const auto at = static_cast<std::uint64_t>(archive_read_header_position(tar.get()));
        const std::uint64_t marker = (at + 511) / 512 * 512;
        while (watched.fill() > 0)
            ;
        if (watched.content_end > marker)
            throw Error(name(), "data after the end of the archive");
        if (watched.total < marker + 1024)
            throw Error(name(), "truncated");
    }

    std::optional<Member> next_member()
    {
        for (;;) {
            archive_entry* entry = nullptr;
            const int status = archive_read_next_header(tar.get(), &entry);
            if (status == ARCHIVE_EOF) {
                check_end();
                return std::nullopt;
            }
            if (status != ARCHIVE_OK)
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
            read_content(member, entry);
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
        if (!is_key(member.key))
            throw refuse("not named by a key of 16 hexadecimal digits");
        if (!is_picture_extension(member.extension) && member.extension != "json")
            throw refuse("neither a picture (jpg, png, webp) nor json");
    }

    void read_content(Member& member, archive_entry* entry) const
    {
        const la_int64_t announced = archive_entry_size(entry);
        if (announced < 0 || static_cast<std::uint64_t>(announced) > member_limit)
            throw Error(name(), printable(member.name) + ": larger than 256 MiB");
        const auto size = static_cast<std::size_t>(announced);
        while (member.bytes.size() < size) {    // grows with what is really there, not with what is announced
            const std::size_t before = member.bytes.size();
            member.bytes.resize(std::min(size, std::max<std::size_t>(2 * before, 1 << 20)));
            const std::size_t wanted = member.bytes.size() - before;
            const la_ssize_t n = archive_read_data(tar.get(), member.bytes.data() + before, wanted);
            if (n < 0)
                throw failure(member.name);
            if (static_cast<std::size_t>(n) < wanted)
                throw Error(name(), printable(member.name) + ": truncated");
        }
    }

    std::optional<Sample> next()
    {
        if (ended)
            return std::nullopt;
        auto first = next_member();
        if (!first) {
            ended = true;
            return std::nullopt;
        }
        auto second = next_member();
        if (!second || second->key != first->key)
            throw Error(name(), first->name + (first->extension == "json" ? ": no picture" : ": no json") +
                                    " of the same key next to it");
        if ((first->extension == "json") == (second->extension == "json"))
            throw Error(name(), second->name + ": a sample is one picture and one json");
        if (first->extension == "json")
            std::swap(first, second);
        Member &picture = *first, &json = *second;
        if (!keys.insert(picture.key))
            throw Error(name(), picture.name + ": the key occurs twice");
        if (picture.bytes.empty())
            throw Error(name(), picture.name + ": empty");
        const std::string_view text(reinterpret_cast<const char*>(json.bytes.data()), json.bytes.size());
        Sample sample{picture.key, picture.extension, {}, meta_from_json(text, name(), json.name)};
        sum.add(std::as_bytes(std::span(picture.key)));
        sum.add(picture.bytes);
        sum.add(json.bytes);
        sample.picture = std::move(picture.bytes);
        return sample;
    }
};

ImageReader::ImageReader(const std::string& path) : state_(std::make_unique<State>(path)) {}
ImageReader::~ImageReader() = default;
ImageReader::ImageReader(ImageReader&&) noexcept = default;

std::optional<Sample> ImageReader::next() { return state_->next(); }
const std::string& ImageReader::name() const { return state_->name(); }
std::string ImageReader::digest() const { return Sha256(state_->sum).hex(); }

namespace {

// Samples to archive members: libarchive's ustar writer, unblocked, into a string that the owner empties.
class Archiver
{
  public:
    std::string bytes;

    explicit Archiver(std::string name) : name_(std::move(name))
    {
        if (!tar_)
            throw std::bad_alloc();
        archive_write_set_format_ustar(tar_.get());
        archive_write_set_bytes_per_block(tar_.get(), 0);
        check(archive_write_open(tar_.get(), this, nullptr, &on_write, nullptr));
    }
    Archiver(const Archiver&) = delete;
    Archiver& operator=(const Archiver&) = delete;
    ~Archiver() { closing_ = true; }    // freeing an open archive writes an end marker: archive_end says where it belongs

    void add(const Sample& sample)
    {
        const std::string picture = sample.key + "." + sample.extension, json = sample.key + ".json";
        if (!is_key(sample.key))
            throw Error(name_, printable(sample.key) + ": not a key of 16 hexadecimal digits");
        if (!is_picture_extension(sample.extension))
            throw Error(name_, printable(picture) + ": not a picture (jpg, png, webp)");
        if (sample.picture.empty() || sample.picture.size() > member_limit)
            throw Error(name_, picture + (sample.picture.empty() ? ": empty" : ": larger than 256 MiB"));
        const std::string text = meta_to_json(sample.meta, name_, json);
        member(picture, sample.picture);
        member(json, std::as_bytes(std::span(text)));
    }

  private:
    std::string name_;
    bool closing_ = false;
    std::unique_ptr<archive, ArchiveDeleter> tar_{archive_write_new()};

    static la_ssize_t on_write(archive*, void* self, const void* buffer, std::size_t size)
    {
        auto& archiver = *static_cast<Archiver*>(self);
        try {
            if (!archiver.closing_)
                archiver.bytes.append(static_cast<const char*>(buffer), size);
            return static_cast<la_ssize_t>(size);
        } catch (...) {    // out of memory; must not cross C
            return -1;
        }
    }

    void check(int status)
    {
        if (status != ARCHIVE_OK) {
            const char* text = archive_error_string(tar_.get());
            throw Error(name_, text ? text : "archive not writable");
        }
    }

    void member(const std::string& name, std::span<const std::byte> content)
    {
        const std::unique_ptr<archive_entry, EntryDeleter> entry(archive_entry_new());
        if (!entry)
            throw std::bad_alloc();
        archive_entry_set_pathname(entry.get(), name.c_str());
        archive_entry_set_filetype(entry.get(), AE_IFREG);
        archive_entry_set_perm(entry.get(), 0644);
        archive_entry_set_uid(entry.get(), 0);
        archive_entry_set_gid(entry.get(), 0);
        archive_entry_set_mtime(entry.get(), 0, 0);
        archive_entry_set_size(entry.get(), static_cast<la_int64_t>(content.size()));
        check(archive_write_header(tar_.get(), entry.get()));
        const la_ssize_t n = archive_write_data(tar_.get(), content.data(), content.size());
        check(n == static_cast<la_ssize_t>(content.size()) ? ARCHIVE_OK : ARCHIVE_FATAL);
        check(archive_write_finish_entry(tar_.get()));
    }
};

}    // namespace

std::string archive_bytes(const Sample& sample, const std::string& archive)
{
    Archiver archiver(archive);
    archiver.add(sample);
    return std::move(archiver.bytes);
}

std::string archive_end(std::uint64_t size)
{
    constexpr std::uint64_t record = 10240;    // as tar(1) does
    return std::string((size + 1024 + record - 1) / record * record - size, '\0');
}

struct ImageWriter::State {
    Output output;
    Archiver archiver;
    KeySet keys;
    std::uint64_t count = 0, size = 0;

    explicit State(const std::string& path) : output(path, Output::Kind::binary), archiver(output.name()) {}
};

ImageWriter::ImageWriter(const std::string& path) : state_(std::make_unique<State>(path)) {}
ImageWriter::~ImageWriter() = default;

void ImageWriter::write(const Sample& sample)
{
    State& s = *state_;
    s.archiver.bytes.clear();
    s.archiver.add(sample);
    if (!s.keys.insert(sample.key))
        throw Error(s.output.name(), sample.key + "." + sample.extension + ": the key occurs twice");
    s.output.write(s.archiver.bytes);
    s.size += s.archiver.bytes.size();
    ++s.count;
}

void ImageWriter::commit()
{
    state_->output.write(archive_end(state_->size));
    state_->output.commit();
}

std::uint64_t ImageWriter::count() const { return state_->count; }

std::string sample_key(const std::string& digest, std::uint64_t sequence)
{
    if (digest.size() < 16 || sequence > 999'999)
        throw Error(digest, "no key: digest too short, or more than 999999 samples of one source");
    std::string key = digest.substr(0, 16);
    if (sequence > 0) {
        char suffix[24];
        std::snprintf(suffix, sizeof suffix, "-%06llu", static_cast<unsigned long long>(sequence));
        key += suffix;
    }
    return key;
}

}    // namespace nonna
