// Why a video or picture gave nothing: a closed set of codes, one table of code and text.
//
// Model to hold in mind: the code is what programs compare (manifests, --retry), never renamed; the text is for people
// and may carry detail. Refusal is the Error that carries one. Any other Error about a file is a system call's, so
// reason_of says `unreadable`.
#pragma once

#include "base/error.h"

#include <string>
#include <string_view>
#include <vector>

namespace nonna
{

enum class Reason {
    unreadable,    // a system call's reason stands in the text
    bad_name,
    not_regular,
    empty,
    unknown_format,
    still_picture,
    playlist,
    truncated,
    damaged,
    no_video_stream,
    encrypted,
    unsupported_codec,
    unsupported_format,
    no_frames,
    no_whole_frame,
    no_frame_in_span,
    too_large,
    too_small,
    out_of_memory,
    timeout,
    crashed,
    duplicate,
    near_duplicate,
    removed,
};

const std::vector<Reason>& all_reasons();    // in the order above
const char* reason_code(Reason reason);      // the enumerator's name
const char* reason_text(Reason reason);
bool is_reason_code(std::string_view code);

class Refusal : public Error
{
  public:
    Refusal(std::string subject, Reason reason) : Refusal(std::move(subject), reason, reason_text(reason)) {}
    Refusal(std::string subject, Reason reason, std::string text)
        : Error(std::move(subject), std::move(text)), reason_(reason)
    {
    }
    Reason code() const { return reason_; }

  private:
    Reason reason_;
};

Reason reason_of(const Error& error);

// "not a known video container [unknown_format], skipped": what is said of a file that is left out.
std::string skipped_text(const std::string& text, const std::string& code);
std::string skipped_text(const Error& error);

}    // namespace nonna
