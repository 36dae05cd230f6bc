#include "dataset/picture_source.h"

#include "base/interrupt.h"
#include "io/built_set.h"
#include "io/file_kind.h"
#include "io/output.h"

#include <algorithm>
#include <cctype>
#include <filesystem>

namespace nonna
{

namespace fs = std::filesystem;

// Also an empty, cut or compressed one: the reader then says what is wrong with it.
static bool is_image_set(const std::string& path)
{
    std::error_code error;
    if (is_built_set(path))
        return true;
    if (!fs::is_regular_file(path, error))
        return false;
    std::string name = fs::path(path).filename().string();
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    for (const char* const ending : {".tar", ".tar.gz", ".tgz", ".tar.zst", ".tar.xz", ".tar.bz2"})
        if (name.ends_with(ending))
            return true;
    return fs::file_size(path, error) > 0 && !error && detect_file_kind(path) == FileKind::image_set;
}

// All bytes of a file or a built set; none: nobody knows.
static std::optional<std::uint64_t> bytes_of(const std::string& path)
{
    std::error_code error;
    if (path != "-" && fs::is_regular_file(path, error))
        return fs::file_size(path, error);
    if (path == "-" || !is_built_set(path))
        return std::nullopt;
    std::uint64_t bytes = 0;
    for (const std::string& shard : built_set_shards(path))
        bytes += fs::file_size(shard, error);
    return bytes;
}

PictureSource::PictureSource(const std::vector<PictureInput>& inputs) : waiting_(inputs.begin(), inputs.end())
{
    constexpr std::size_t worth_asking = 1000;
    for (std::size_t i = 0; i < inputs.size() && inputs.size() <= worth_asking; ++i) {
        const std::optional<std::uint64_t> bytes = bytes_of(inputs[i].path);
        taken_.whole = bytes ? taken_.whole + *bytes : 0;
        if (!bytes)
            break;
    }
}

ReadSoFar PictureSource::so_far() const
{
    const std::uint64_t present = reader_ ? reader_->so_far().bytes : foreign_ ? foreign_->read_so_far() : 0;
    return {taken_.bytes + present, taken_.whole};
}

// Of "cat/young/a.jpg": cat. What lies in no folder has no label, and is refused rather than mixed in without.
static std::optional<std::string> folder_label(const fs::path& within, PictureJob& job)
{
    const auto first = within.begin();
    if (first != within.end() && std::next(first) != within.end() && *first != "..")
        return first->string();
    if (!job.refusal)
        job.refusal.emplace(job.file.path, Reason::bad_name, "lies in no folder that could be its class");
    return std::nullopt;
}

// Whatever was opened last is asked first, and only when it has no more is the next name looked at: so there is never
// more than one folder or set open.
bool PictureSource::next(PictureJob& job)
{
    throw_if_interrupted();
    job = {};
    for (;;) {
        if (reader_) {
            if ((job.sample = reader_->next())) {
                job.file = current_;
                for (const auto& [name, cell] : current_.columns)
                    job.sample->meta.columns[name] = cell;
                job.file.path = reader_->name() + ": " + job.sample->key;
                return true;
            }
            reader_.reset();
        }
        if (foreign_) {
            if (std::optional<ForeignPicture> found = foreign_->next()) {
                job.file = {foreign_->name() + ": " + found->member, foreign_->name() + "/" + found->member,
                            current_.label ? current_.label : found->label, false, current_.columns};
                if (!found->plain)
                    job.refusal.emplace(job.file.path, Reason::not_regular);
                else if (current_.labels_from_folders)
                    job.file.label = folder_label(found->member, job);
                else if (!current_.label && !found->label_fault.empty())
                    job.refusal.emplace(job.file.path, Reason::damaged, "its label: " + found->label_fault);
                job.bytes = std::move(found->bytes);
                return true;
            }
            left_out_.emplace_back(current_.path, std::exchange(not_pictures_, {}));
            foreign_.reset();
        }
        if (walk_) {
            if (std::optional<Walk::Found> found = walk_->next()) {
                job.file = {std::move(found->path), "", current_.label, false, current_.columns};
                job.refusal = std::move(found->refusal);
                if (current_.labels_from_folders)
                    job.file.label = folder_label(fs::path(job.file.path).lexically_relative(current_.path), job);
                return true;
            }
            left_out_.emplace_back(current_.path, walk_->left_out());
            walk_.reset();
        }
        if (waiting_.empty())
            return false;
        current_ = waiting_.front();
        waiting_.pop_front();
        taken_.bytes += std::exchange(present_, taken_.whole ? bytes_of(current_.path).value_or(0) : 0);
        std::error_code error;
        if (current_.path.ends_with(".parquet"))
            throw Error(current_.path, "a Parquet file, which is not read: write its pictures as files, or as a tar");
        const bool set = current_.path == "-" || is_image_set(current_.path);
        if (set && current_.path != "-" && !is_built_set(current_.path) && ForeignArchive::is_one(current_.path)) {
            foreign_ = std::make_unique<ForeignArchive>(current_.path, named_like_picture,
                                                        [&](std::string_view name) { not_pictures_.add(name); });
        } else if (set) {
            if (current_.labels_from_folders)
                throw Error("--labels-from-folders",
                            current_.path + " is an image set, whose pictures lie in no folders", ExitStatus::usage);
            reader_ = std::make_unique<ImageReader>(current_.path);
        } else if (fs::is_directory(current_.path, error)) {
            walk_.emplace(current_.path, named_like_picture);
        } else {
            job.file = current_;
            return true;
        }
    }
}

void PictureSource::tell_left_out() const
{
    for (const auto& [folder, some] : left_out_)
        some.tell(folder);
}

std::string read_picture_file(const std::string& path)
{
    std::error_code error;
    if (fs::exists(path, error) && !fs::is_regular_file(path, error))
        throw Refusal(path, Reason::not_regular);
    return read_whole_file(path, std::size_t(1) << 30);
}

}    // namespace nonna
