#include "dataset/verify.h"

#include "base/error.h"
#include "base/interrupt.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "dataset/set_folder.h"
#include "io/digest.h"
#include "io/key_set.h"
#include "io/shard.h"

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
        return {book.tar + ".idx", "line " + std::to_string(number + 2) + ": wrong, the archive has its digest"};
    return {book.tar, reason};
}

// The first byte of a sample that is not what the toolkit would write, in words.
std::string difference(const RawSample& raw, const std::string& own)
{
    const std::string_view bytes = raw.bytes;
    const auto at = raw.begin + std::uint64_t(std::mismatch(bytes.begin(), bytes.end(), own.begin(), own.end()).first -
                                              bytes.begin());
    const bool picture_first = raw.entry.picture_offset < raw.entry.json_offset;
    const std::uint64_t second = std::max(raw.entry.picture_offset, raw.entry.json_offset) - 512;
    const bool picture = picture_first == (at < second);
    const std::uint64_t offset = picture ? raw.entry.picture_offset : raw.entry.json_offset;
    const std::uint64_t size = picture ? raw.entry.picture_bytes : raw.entry.json_bytes;
    const char* const what = at < offset           ? "header not as it was written,"
                             : at >= offset + size ? "bytes other than zero behind it,"
                                                   : "not as it was written,";
    return (picture ? raw.picture_name : raw.json_name) + ": " + what + at_byte(at);
}

Result look_at(const Job& job, const VerifyOptions& options)
{
    const Book& book = *job.book;
    const RawSample& raw = job.raw;
    Result result{job.book, ""};
    if (book.index) {
        if (job.number >= book.index->size())
            throw disagreement(book, job.number, raw.picture_name + ": not in the index" + at_byte(raw.begin));
        ShardEntry expected = (*book.index)[job.number];
        const std::string picture = std::exchange(expected.picture_sha256, ""),
                          json = std::exchange(expected.json_sha256, "");
        if (expected != raw.entry)
            throw disagreement(book, job.number,
                               raw.picture_name + ": not what the index has here," + at_byte(raw.begin));
        if (!options.quick && sha256(std::as_bytes(std::span(raw.picture()))) != picture)
            throw disagreement(book, job.number, raw.picture_name + ": content has another digest than in the index");
        if (!options.quick && sha256(std::as_bytes(std::span(raw.json()))) != json)
            throw disagreement(book, job.number, raw.json_name + ": content has another digest than in the index");
    }
    if (options.quick)
        return result;
    const Sample sample = raw.sample(book.tar);
    const std::string own = archive_bytes(sample, book.tar);
    if (raw.bytes != own) {
        result.foreign = difference(raw, own);
        if (book.built)
            throw Error(book.tar, result.foreign);
    }
    const auto refuse = [&](const std::string& member, const std::string& reason) {
        return Error(book.tar, member + ": " + reason);
    };
    if (book.built && sample.meta.sha256 != job.digest)
        throw refuse(raw.json_name, "another sha256 than in the manifest");
    if (book.built && sample.meta.source != job.source)
        throw refuse(raw.json_name, "another source than in the manifest");
    Picture picture;
    PictureInfo info;
    try {
        info = inspect_picture(sample.picture, book.tar);
        picture = decode_picture(sample.picture, book.tar, options.max_pixels);
    } catch (const Error& e) {
        throw refuse(raw.picture_name, e.reason());
    }
    if (info.extension != sample.extension)
        throw refuse(raw.picture_name, "a picture of another format (" + info.extension + ")");
    if (picture.width != sample.meta.width || picture.height != sample.meta.height)
        throw refuse(raw.json_name, "says " + std::to_string(sample.meta.width) + "x" +
                                        std::to_string(sample.meta.height) + ", the picture has " +
                                        std::to_string(picture.width) + "x" + std::to_string(picture.height));
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
            folder_ = std::make_unique<SetFolder>(path);
            archives_ = folder_->shards();
        } else {
            archives_ = {path};
        }
    }

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
            if (folder_)
                folder_->take(raw->entry.key, raw->picture_name, std::int64_t(opened_ - 1), book_->tar, job.source,
                              job.digest);
            end_ = raw->begin + raw->bytes.size();
            job.raw = std::move(*raw);
            ++counts_.pictures;
            return true;
        }
    }

  private:
    const VerifyOptions& options_;
    VerifyCounts& counts_;
    std::unique_ptr<SetFolder> folder_;
    std::vector<std::string> archives_;
    std::size_t opened_ = 0, number_ = 0;
    std::uint64_t end_ = 0;
    KeySet keys_;
    std::shared_ptr<Book> book_;
    std::unique_ptr<ShardPass> pass_;

    void open(const std::string& tar)
    {
        book_ = std::make_shared<Book>();
        book_->built = folder_ != nullptr;
        number_ = 0;
        end_ = 0;
        std::error_code error;
        if (tar != "-") {
            if (folder_ || std::filesystem::exists(tar + ".sha256", error))
                book_->digest = read_digest_file(tar);
            if (folder_ || std::filesystem::exists(tar + ".idx", error))
                book_->index = read_index_table(tar + ".idx");
        }
        book_->tar = tar;
        if (folder_ && options_.quick)
            return structure();
        pass_ = std::make_unique<ShardPass>(tar, keys_, !book_->digest.empty() && !options_.quick);
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
        std::string source, digest;
        for (const ShardEntry& e : *book_->index) {
            const std::string picture = e.key + "." + e.extension;
            if (!keys_.insert(e.key))
                throw Error(book_->tar, picture + ": the key occurs twice");
            folder_->take(e.key, picture, std::int64_t(opened_ - 1), book_->tar, source, digest);
        }
        folder_->end_shard(std::int64_t(opened_ - 1), book_->tar);
        counts_.pictures += book_->index->size();
        counts_.bytes += std::filesystem::file_size(book_->tar);
        ++counts_.shards;
    }

    // A damaged header has no name to be trusted: the index knows which member it is, and what should stand there.
    std::optional<RawSample> read()
    {
        try {
            return pass_->next();
        } catch (const Error& e) {
            const std::uint64_t at = pass_->reached();
            const std::string_view header = pass_->bytes_at(at, 512);
            if (book_->index && number_ < book_->index->size()) {
                const ShardEntry& entry = (*book_->index)[number_];
                for (const auto& [name, offset, size] :
                     {std::tuple(entry.key + "." + entry.extension, entry.picture_offset, entry.picture_bytes),
                      std::tuple(entry.key + ".json", entry.json_offset, entry.json_bytes)}) {
                    const std::string own = archive_header(name, size);
                    if (offset == at + 512 && header != own) {
                        const auto same =
                            std::mismatch(header.begin(), header.end(), own.begin(), own.end()).first - header.begin();
                        throw Error(book_->tar, name + (header.size() < 512 ? ": truncated" : ": damaged header") +
                                                    at_byte(at + std::uint64_t(same)));
                    }
                }
            }
            if (e.reason() == "damaged tar archive")
                throw Error(e.subject(), "damaged header at byte " + std::to_string(at) +
                                             (pass_->last().empty() ? "" : ", behind " + pass_->last()));
            throw Error(e.subject(), e.reason() + at_byte(at));
        }
    }

    void close()
    {
        if (book_->index && number_ < book_->index->size())
            throw disagreement(*book_, number_,
                               (*book_->index)[number_].key + ": in the index, but not in the archive");
        if (book_->built && pass_->size() != end_ + archive_end(end_).size())
            throw Error(book_->tar, "not the end the toolkit writes," + at_byte(end_));
        if (!options_.quick && !book_->digest.empty() && pass_->digest() != book_->digest)
            throw Error(book_->tar + ".sha256", "not the archive's digest");
        if (folder_)
            folder_->end_shard(std::int64_t(opened_ - 1), book_->tar);
        counts_.bytes += pass_->size();
        ++counts_.shards;
        pass_.reset();
    }

    bool finish()
    {
        if (folder_)
            folder_->finish(counts_.ok, counts_.rejected, counts_.failed);
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
        options.threads, [&](Job& job) { return source.next(job); },
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
