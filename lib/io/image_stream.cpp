#include "io/image_stream.h"

#include "base/error.h"
#include "io/built_set.h"
#include "io/digest.h"
#include "io/file_kind.h"
#include "io/image_meta.h"
#include "io/key_set.h"
#include "io/output.h"
#include "io/tar_stream.h"

#include <archive.h>
#include <archive_entry.h>
#include <cstdio>
#include <filesystem>
#include <new>
#include <string_view>

namespace nonna
{

namespace
{

struct ArchiveDeleter {
    void operator()(archive* a) const { archive_write_free(a); }
};
struct EntryDeleter {
    void operator()(archive_entry* e) const { archive_entry_free(e); }
};

}    // namespace

// A set of several archives (a built set's shards) is one stream: keys are unique and the digest runs over all of it.
struct ImageReader::State {
    std::string name;
    std::vector<std::string> archives;
    std::size_t opened = 0;
    std::unique_ptr<TarStream> tar;
    ReadSoFar closed;    // bytes: of the archives before
    KeySet keys;
    Sha256 sum;

    explicit State(const std::string& path) : name(path)
    {
        require_image_set(path);
        std::error_code error;
        if (path != "-" && std::filesystem::is_directory(path, error))
            archives = built_set_shards(path);
        else
            archives = {path};
        for (const std::string& archive : archives)
            if (const auto size = std::filesystem::file_size(archive, error); path != "-" && !error)
                closed.whole += size;
        open_next();
        if (tar && archives.front() == path)
            name = tar->name();
    }

    void open_next()
    {
        if (tar)
            closed.bytes += tar->size();
        tar.reset();    // the one before is closed first: sets have thousands of shards
        if (opened < archives.size())
            tar = std::make_unique<TarStream>(archives[opened++]);
    }

    std::optional<Sample> next()
    {
        for (; tar; open_next())
            if (const std::optional<TarPair> pair = tar->next(keys))
                return read(*pair);
        return std::nullopt;
    }

    Sample read(const TarPair& pair)
    {
        const std::string_view picture = tar->bytes(pair.picture), json = tar->bytes(pair.json);
        Sample sample = make_sample(pair.key, pair.extension, picture, json, tar->name(), pair.json.name);
        sum.add(std::as_bytes(std::span(pair.key)));
        sum.add(std::as_bytes(std::span(picture)));
        sum.add(std::as_bytes(std::span(json)));
        return sample;
    }
};

ImageReader::ImageReader(const std::string& path) : state_(std::make_unique<State>(path)) {}
ImageReader::~ImageReader() = default;
ImageReader::ImageReader(ImageReader&&) noexcept = default;

std::optional<Sample> ImageReader::next() { return state_->next(); }
const std::string& ImageReader::name() const { return state_->name; }
ReadSoFar ImageReader::so_far() const
{
    return {state_->closed.bytes + (state_->tar ? state_->tar->size() : 0), state_->closed.whole};
}
std::string ImageReader::digest() const { return Sha256(state_->sum).hex(); }

namespace
{

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
    ~Archiver()
    {
        closing_ = true;
    }    // freeing an open archive writes an end marker: archive_end says where it belongs

    // All that can be wrong with a sample is found before its first byte: an archive never ends in half a sample.
    void add(const Sample& sample)
    {
        const std::string picture = sample.key + "." + sample.extension, json = sample.key + ".json";
        if (!is_sample_key(sample.key))
            throw Error(name_, printable(sample.key) + ": not a key of 16 hexadecimal digits");
        if (!is_picture_extension(sample.extension))
            throw Error(name_, printable(picture) + ": not a picture (jpg, png, webp)");
        if (sample.picture.empty() || sample.picture.size() > member_limit)
            throw Error(name_, picture + (sample.picture.empty() ? ": empty" : ": larger than 256 MiB"));
        const std::string text = meta_to_json(sample.meta, name_, json);
        member(picture, sample.picture);
        member(json, std::as_bytes(std::span(text)));
    }

    void header(const std::string& name, std::uint64_t size)
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
        archive_entry_set_size(entry.get(), static_cast<la_int64_t>(size));
        check(archive_write_header(tar_.get(), entry.get()));
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
        header(name, content.size());
        const la_ssize_t n = archive_write_data(tar_.get(), content.data(), content.size());
        check(n == static_cast<la_ssize_t>(content.size()) ? ARCHIVE_OK : ARCHIVE_FATAL);
        check(archive_write_finish_entry(tar_.get()));
    }
};

}    // namespace

std::string archive_header(const std::string& member, std::uint64_t size)
{
    Archiver archiver(member);
    archiver.header(member, size);
    return std::move(archiver.bytes);
}

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
    // Into memory first: a sample that is refused leaves nothing in the output.
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
        throw Error(digest, "no key can be made: digest too short, or more than 999999 samples of one source");
    std::string key = digest.substr(0, 16);
    if (sequence > 0) {
        char suffix[24];
        std::snprintf(suffix, sizeof suffix, "-%06llu", static_cast<unsigned long long>(sequence));
        key += suffix;
    }
    return key;
}

}    // namespace nonna
