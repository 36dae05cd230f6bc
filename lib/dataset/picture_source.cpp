#include "dataset/picture_source.h"

#include "base/error.h"
#include "base/interrupt.h"
#include "io/file_kind.h"
#include "io/output.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <filesystem>

namespace nonna {

namespace fs = std::filesystem;

namespace {

bool named_like_picture(const fs::path& path)
{
    std::string extension = path.extension().string();
    std::transform(extension.begin(), extension.end(), extension.begin(), [](unsigned char c) { return std::tolower(c); });
    for (const char* const known : {".jpg", ".jpeg", ".png", ".webp", ".ppm", ".pgm", ".pnm"})
        if (extension == known)
            return true;
    return false;
}

bool is_image_set(const std::string& path)
{
    std::error_code error;
    return fs::is_regular_file(path, error) && fs::file_size(path, error) > 0 &&
           detect_file_kind(path) == FileKind::image_set;
}

}    // namespace

bool PictureSource::next(PictureJob& job)
{
    throw_if_interrupted();
    for (;;) {
        if (reader_) {
            if ((job.sample = reader_->next())) {
                job.file = current_;
                job.file.path = reader_->name() + ": " + job.sample->key;
                return true;
            }
            reader_.reset();
        }
        if (waiting_.empty())
            return false;
        current_ = waiting_.front();
        waiting_.pop_front();
        std::error_code error;
        if (current_.path != "-" && fs::is_directory(current_.path, error)) {
            list(current_);
        } else if (current_.path == "-" || is_image_set(current_.path)) {
            reader_ = std::make_unique<ImageReader>(current_.path);
        } else {
            job = {current_, std::nullopt};
            return true;
        }
    }
}

void PictureSource::list(const PictureInput& folder)
{
    std::vector<PictureInput> found;
    try {
        for (auto i = fs::recursive_directory_iterator(folder.path, fs::directory_options::follow_directory_symlink);
             i != fs::recursive_directory_iterator(); ++i) {
            throw_if_interrupted();
            if (i->path().filename().string().starts_with('.')) {
                i.disable_recursion_pending();
                continue;
            }
            if (i->is_regular_file() && named_like_picture(i->path()))
                found.push_back({i->path().string(), "", folder.label});
        }
    } catch (const fs::filesystem_error& e) {
        errno = e.code().value();
        throw Error(e.path1().empty() ? folder.path : e.path1().string(), errno_reason());
    }
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
    waiting_.insert(waiting_.begin(), found.begin(), found.end());
}

std::string read_picture_file(const std::string& path)
{
    std::error_code error;
    if (fs::exists(path, error) && !fs::is_regular_file(path, error))
        throw Error(path, "not a regular file");
    return read_whole_file(path, std::size_t(1) << 30);
}

}    // namespace nonna
