#include "dataset/verify.h"

#include "base/error.h"
#include "base/interrupt.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "dataset/manifest_check.h"
#include "io/built_set.h"
#include "io/digest.h"
#include "io/key_set.h"
#include "io/shard_index.h"
#include "io/shard_pass.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

namespace nonna
{

namespace
{

// One archive's book-keeping, shared by the samples that are under way.
struct Book {
    std::string tar;    // as named in messages
    std::optional<std::vector<ShardEntry>> index;
    std::string digest;    // by the .sha256 beside it; empty: there is none
    bool built = false;    // a shard of a built set: the toolkit's own bytes, index and digest are there
};

constexpr std::uint64_t header_bytes = 512;    // of a tar archive's member

struct Job {
    std::shared_ptr<const Book> book;
    std::size_t number = 0;    // of the sample in its archive
    RawSample raw;
    std::string source, digest;    // of the unit, in a built set
};

struct Result {
    std::shared_ptr<const Book> book;
    std::string foreign;    // where it differs from what the toolkit writes; empty: it does not
};

std::string at_byte(std::uint64_t offset) { return " at byte " + std::to_string(offset); }

// The index or the archive: the archive's own digest tells whose fault it is that they disagree about a member.
Error disagreement(const Book& book, std::size_t number, const std::string& reason)
{
    std::error_code error;
    if (!book.digest.empty() && std::filesystem::is_regular_file(book.tar, error) &&
        sha256_file(book.tar) == book.digest)
        return {shard_index_path(book.tar),
                "line " + std::to_string(number + 2) + ": wrong; the archive is as its own digest says"};
    return {book.tar, reason};
}

// The first byte of a sample that is not what the toolkit would write, in words.
std::string difference(const RawSample& raw, const std::string& own)
{
    const std::string_view bytes = raw.bytes;
    const auto at = raw.begin + std::uint64_t(std::mismatch(bytes.begin(), bytes.end(), own.begin(), own.end()).first -
                                              bytes.begin());
    const bool picture_first = raw.entry.picture_offset < raw.entry.json_offset;
    const std::uint64_t second = std::max(raw.entry.picture_offset, raw.entry.json_offset) - header_bytes;
    const bool picture = picture_first == (at < second);
    const std::uint64_t offset = picture ? raw.entry.picture_offset : raw.entry.json_offset;
    const std::uint64_t size = picture ? raw.entry.picture_bytes : raw.entry.json_bytes;
    const char* what = "not as it was written,";
    if (at < offset)
        what = "header not as it was written,";
    else if (at >= offset + size)
        what = "bytes other than zero after it,";
    return (picture ? raw.picture_name : raw.json_name) + ": " + what + at_byte(at);
}

// The sample against its row of the index: places and sizes, and unless `quick` the digests of both members.
void check_index(const Job& job, bool quick)
{
    const Book& book = *job.book;
    const RawSample& raw = job.raw;
    if (job.number >= book.index->size())
        throw disagreement(book, job.number, raw.picture_name + ": not in the index" + at_byte(raw.begin));
    ShardEntry expected = (*book.index)[job.number];
    // A pass computes no digests: the entry it makes has none, so these are taken out of the comparison.
    const std::string picture = std::exchange(expected.picture_sha256, "");
    const std::string json = std::exchange(expected.json_sha256, "");
    if (expected != raw.entry)
        throw disagreement(book, job.number,
                           raw.picture_name + ": the index has something else here," + at_byte(raw.begin));
    if (!quick && sha256(std::as_bytes(std::span(raw.picture()))) != picture)
        throw disagreement(book, job.number, raw.picture_name + ": its digest is not the one in the index");
    if (!quick && sha256(std::as_bytes(std::span(raw.json()))) != json)
        throw disagreement(book, job.number, raw.json_name + ": its digest is not the one in the index");
}

// The picture against its name and its json: it decodes, is of the format and of the size that they say.
void check_picture(const Job& job, const Sample& sample, long max_pixels)
{
    const std::string& tar = job.book->tar;
    PictureInfo info;
    Picture picture;
    try {
        info = inspect_picture(sample.picture, tar);
        picture = decode_picture(sample.picture, tar, max_pixels);
    } catch (const Error& e) {
        throw Error(tar, job.raw.picture_name + ": " + e.reason());
    }
    if (info.extension != sample.extension)
        throw Error(tar, job.raw.picture_name + ": a picture of another format (" + info.extension + ")");
    if (picture.width != sample.meta.width || picture.height != sample.meta.height)
        throw Error(tar, job.raw.json_name + ": says " + std::to_string(sample.meta.width) + "x" +
                             std::to_string(sample.meta.height) + ", the picture has " + std::to_string(picture.width) +
                             "x" + std::to_string(picture.height));
}

// Everything that can be asked of a sample by itself, from the outside in: so the fault named is the one nearest to
// the bytes. What it should be is known by writing it anew: the same sample gives the same bytes.
Result look_at(const Job& job, const VerifyOptions& options)
{
    const Book& book = *job.book;
    Result result{job.book, ""};
    if (book.index)
        check_index(job, options.quick);
    if (options.quick)
        return result;
    const Sample sample = job.raw.sample(book.tar);
    const std::string own = archive_bytes(sample, book.tar);
    if (job.raw.bytes != own) {
        result.foreign = difference(job.raw, own);
        if (book.built)
            throw Error(book.tar, result.foreign);
    }
    if (book.built && sample.meta.sha256 != job.digest)
        throw Error(book.tar, job.raw.json_name + ": its sha256 is not the manifest's");
    if (book.built && sample.meta.source != job.source)
        throw Error(book.tar, job.raw.json_name + ": its source is not the manifest's");
    check_picture(job, sample, options.max_pixels);
    return result;
}

// Bytes from front to end: archive after archive, with what is written about them.
class Source
{
  public:
    Source(const std::string& path, const VerifyOptions& options, VerifyCounts& counts)
        : options_(options), counts_(counts)
    {
        if (path != "-" && std::filesystem::is_directory(path)) {
            manifest_ = std::make_unique<ManifestCheck>(path);
            archives_ = manifest_->shards();
        } else {
            archives_ = {path};
        }
        std::error_code error;
        for (const std::string& archive : archives_)
            if (const auto size = std::filesystem::file_size(archive, error); archive != "-" && !error)
                whole_ += size;
    }

    ReadSoFar so_far() const { return {counts_.bytes + (pass_ ? pass_->size() : 0), whole_}; }

    bool next(Job& job)
    {
        for (;;) {
            throw_if_interrupted();
            if (!pass_) {
                if (opened_ == archives_.size())
                    return finish();
                open(archives_[opened_++]);
                continue;
            }
            std::optional<RawSample> raw = read();
            if (!raw) {
                close();
                continue;
            }
            job.book = book_;
            job.number = number_++;
            if (manifest_) {
                const UnitRecord& unit =
                    manifest_->take(raw->entry.key, raw->picture_name, std::int64_t(opened_ - 1), book_->tar);
                job.source = unit.source;
                job.digest = unit.digest;
            }
            end_ = raw->begin + raw->bytes.size();
            job.raw = std::move(*raw);
            ++counts_.pictures;
            return true;
        }
    }

  private:
    const VerifyOptions& options_;
    VerifyCounts& counts_;
    std::unique_ptr<ManifestCheck> manifest_;    // of a built set
    std::vector<std::string> archives_;
    std::size_t opened_ = 0, number_ = 0;
    std::uint64_t whole_ = 0;    // bytes of all archives; 0: a stream
    std::uint64_t end_ = 0;
    KeySet keys_;
    std::shared_ptr<Book> book_;
    std::unique_ptr<ImageShardPass> pass_;

    void open(const std::string& tar)
    {
        book_ = std::make_shared<Book>();
        book_->built = manifest_ != nullptr;
        number_ = 0;
        end_ = 0;
        std::error_code error;
        if (tar != "-") {
            if (manifest_ || std::filesystem::exists(shard_digest_path(tar), error))
                book_->digest = read_digest_file(tar);
            if (manifest_ || std::filesystem::exists(shard_index_path(tar), error))
                book_->index = read_index_table(shard_index_path(tar));
        }
        book_->tar = tar;
        if (manifest_ && options_.quick)
            return structure();
        pass_ = std::make_unique<ImageShardPass>(tar, keys_, !book_->digest.empty() && !options_.quick);
        book_->tar = pass_->name();
    }

    // A built shard by its index and headers alone.
    void structure()
    {
        try {
            check_shard_layout(book_->tar, *book_->index);
        } catch (const Error& e) {
            throw disagreement(*book_, number_, e.reason());
        }
        for (const ShardEntry& e : *book_->index) {
            const std::string picture = e.key + "." + e.extension;
            if (!keys_.insert(e.key))
                throw Error(book_->tar, picture + ": the key occurs twice");
            manifest_->take(e.key, picture, std::int64_t(opened_ - 1), book_->tar);
        }
        manifest_->end_shard(std::int64_t(opened_ - 1), book_->tar);
        counts_.pictures += book_->index->size();
        counts_.bytes += std::filesystem::file_size(book_->tar);
        ++counts_.shards;
    }

    std::optional<RawSample> read()
    {
        try {
            return pass_->next();
        } catch (const Error& e) {
            const std::uint64_t at = pass_->reached();
            check_header(at);
            if (e.reason() == "damaged tar archive")
                throw Error(e.subject(), "damaged header at byte " + std::to_string(at) +
                                             (pass_->last().empty() ? "" : ", after " + pass_->last()));
            throw Error(e.subject(), e.reason() + at_byte(at));
        }
    }

    // Where the pass stopped at a member's header that is not as it was written: a better Error than the pass had. A
    // damaged header has no name to be trusted, but the index knows which member it is, and what should stand there.
    void check_header(std::uint64_t at) const
    {
        if (!book_->index || number_ >= book_->index->size())
            return;
        const std::string_view header = pass_->bytes_at(at, header_bytes);
        const ShardEntry& entry = (*book_->index)[number_];
        for (const auto& [name, offset, size] :
             {std::tuple(entry.key + "." + entry.extension, entry.picture_offset, entry.picture_bytes),
              std::tuple(entry.key + ".json", entry.json_offset, entry.json_bytes)}) {
            const std::string own = archive_header(name, size);
            if (offset != at + header_bytes || header == own)
                continue;
            const auto same =
                std::mismatch(header.begin(), header.end(), own.begin(), own.end()).first - header.begin();
            throw Error(book_->tar, name + (header.size() < header_bytes ? ": truncated" : ": damaged header") +
                                        at_byte(at + std::uint64_t(same)));
        }
    }

    void close()
    {
        if (book_->index && number_ < book_->index->size())
            throw disagreement(*book_, number_,
                               (*book_->index)[number_].key + ": in the index, but not in the archive");
        if (book_->built && pass_->size() != end_ + archive_end(end_).size())
            throw Error(book_->tar, "not the end that the toolkit writes," + at_byte(end_));
        if (!options_.quick && !book_->digest.empty() && pass_->digest() != book_->digest)
            throw Error(shard_digest_path(book_->tar), "not the archive's digest");
        if (manifest_)
            manifest_->end_shard(std::int64_t(opened_ - 1), book_->tar);
        counts_.bytes += pass_->size();
        ++counts_.shards;
        pass_.reset();
    }

    bool finish()
    {
        if (manifest_)
            counts_.units = manifest_->finish();
        return false;
    }
};

}    // namespace

VerifyCounts verify_set(const std::string& path, const VerifyOptions& options)
{
    VerifyCounts counts;
    Source source(path, options, counts);
    Progress progress("verifying", 0, "pictures");
    // An archive that is in part as the toolkit writes it and in part not was changed.
    std::shared_ptr<const Book> book;
    bool own = false;
    std::string foreign;
    in_order<Job, Result>(
        options.threads,
        [&](Job& job) {
            const bool more = source.next(job);
            progress.read(source.so_far().bytes, source.so_far().whole);
            return more;
        },
        [&](Job& job, int) { return look_at(job, options); },
        [&](Result& result) {
            throw_if_interrupted();
            book = result.book;
            own = own || result.foreign.empty();
            if (foreign.empty())
                foreign = result.foreign;
            if (own && !foreign.empty() && !options.quick)
                throw Error(book->tar, foreign);
            progress.advance();
        });
    return counts;
}

}    // namespace nonna
